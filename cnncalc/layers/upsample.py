"""Upsampling: maps made larger by repeating values, or by interpolating between them."""

from collections.abc import Callable, Iterator, Mapping
from itertools import starmap
from typing import Any

from cnncalc.errors import LayerError
from cnncalc.expr import as_expr_like, ceil_div, fraction, product
from cnncalc.layers.support.base import Example, Shape, Work, layer, spatial
from cnncalc.layers.support.code import FIRST, Part, Source, alike, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.merging import Merge, unlike
from cnncalc.layers.support.options import choice, option, sizes, text
from cnncalc.layers.support.padding import per_axis
from cnncalc.layers.support.reach import ITSELF, Reach, Reading, Span, output_spans
from cnncalc.layers.support.sliding import Sizes
from cnncalc.layers.support.windows import named_along


@layer
class Upsample(Merge):
    """Position i comes from i/scale rounded down; bilinear, from the two around (i + 0.5)/scale - 0.5."""

    family = "Values laid out anew"
    inputs = "one"
    reason_family = ""
    short_option = "scale"
    compact = ("scale", "")
    examples = (
        Example(
            "upsample2",
            "7x7x256",
            "14x14x256",
            {"params": 0, "connections": 0, "macs": 0},
            "Lin et al. (2016), feature pyramid: nearest, by 2",
        ),
        Example(
            {"upsample": {"size": 520, "mode": "bilinear"}},
            "65x65x21",
            "520x520x21",
            {"params": 0},
            "torchvision's DeepLab v3",
        ),
        Example(
            {"upsample": {"like": "in1"}},
            ("7x7x256", "13x13x512"),
            "13x13x256",
            {},
            "by hand: the size of the map that it is to be added to, whatever that is",
        ),
        Example({"upsample": {"scale": [1, 3]}}, "4x4x2", "4x12x2", {}, "one number a dimension, by hand"),
    )

    scale: Sizes | None = option(sizes, None, symbol="r", help="how many times larger; or say size or like")
    size: Sizes | None = option(sizes, None, help="the spatial size that comes out; or say scale or like")
    like: str | None = option(text, None, help="the layer whose spatial size comes out; or say scale or size")
    mode: str = option(
        choice("nearest", "bilinear", "bicubic"),
        "nearest",
        help="values repeated, or interpolated along each dimension between two or four of them",
    )
    coordinates: str | None = option(
        choice("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"),
        None,
        help="where output i lies in the input; half_pixel unless said, asymmetric for nearest",
    )
    rounding: str = option(
        choice("floor", "ceil", "round_prefer_floor", "round_prefer_ceil"),
        "floor",
        help="which position nearest takes where output i lies between two",
    )

    def output(self, x: Shape, *more: Shape) -> Shape:
        positions, channels = spatial(self.kind, x)
        given = [name for name in ("scale", "size", "like") if getattr(self, name) is not None]
        if len(given) != 1:
            told = f"takes {given[0]} or {given[1]}, not both" if given else "needs scale, size or like"
            raise LayerError("bad_value", f"upsample {told}", "such as upsample: 2", (*given, "", "")[1])
        if more:
            if len(more[0]) != len(x):
                raise unlike(self.kind, (x, *more))
            return (*more[0][:-1], channels)
        if self.size is not None:
            return (*per_axis(self.size, len(positions), "size"), channels)
        scales = per_axis(self.scale or 1, len(positions), "scale")
        return (*(n * r for n, r in zip(positions, scales, strict=True)), channels)

    def reach(self, x: Shape, *more: Shape) -> Reading:
        sizes = list(zip(x[:-1], self.output(x, *more)[:-1], strict=True))
        if any(n == 1 < s or self._clamps(n, s) for n, s in sizes):
            return None  # all outputs along an axis read its one position, or some another than their own
        return tuple(starmap(self._reach, sizes))

    def _clamps(self, n: int, s: int) -> bool:
        """Whether nearest would take a position past a border, and takes the outermost instead."""
        return self.mode == "nearest" and (self._read(0, n, s)[0] < 0 or self._read(s - 1, n, s)[0] >= n)

    def _source(self, output: int, n: int, s: int) -> tuple[int, int]:
        """Where an output lies in the input: a numerator, and a denominator above 0."""
        how = self.coordinates or ("asymmetric" if self.mode == "nearest" else "half_pixel")
        if how == "asymmetric":
            return output * n, s
        if how == "align_corners":
            return (output * (n - 1), s - 1) if s > 1 else (0, 1)
        if how == "pytorch_half_pixel" and s == 1:
            return 0, 1
        return (2 * output + 1) * n - s, 2 * s

    def _read(self, output: int, n: int, s: int) -> Span:
        """From which position to which an output reads, past the borders too."""
        above, below = self._source(output, n, s)
        first, last = above // below, ceil_div(above, below)
        if self.mode == "nearest":
            half_down, half_up = ceil_div(2 * above - below, 2 * below), (2 * above + below) // (2 * below)
            taken = {"ceil": last, "round_prefer_floor": half_down, "round_prefer_ceil": half_up}
            found = taken.get(self.rounding, first)
            return found, found
        if self.mode == "bicubic" and first != last:
            return first - 1, last + 1
        return first, last

    def _reach(self, n: int, s: int) -> Reach:
        if n == s:
            return ITSELF
        s = named_along("M", s, n)
        # corner to corner there are N - 1 and S - 1 steps
        steps, outputs = (n - 1, s - 1) if self.coordinates == "align_corners" else (n, s)
        if self.coordinates == "align_corners" and s == 1:
            return Reach(1, n, 0)
        reads = output_spans(steps, outputs, lambda output: self._read(output, n, s)) or (
            self._read(0, n, s),
        )
        widest = max(last - first + 1 for first, last in reads)
        return Reach(widest, fraction(steps, outputs), reads[0][0], reads if len(reads) > 1 else ())

    def values_read(self, *inputs: Shape) -> int:
        x, *more = inputs
        sizes = zip(x[:-1], self.output(x, *more)[:-1], strict=True)
        return product(self._positions_read(n, s) for n, s in sizes) * x[-1]

    def _positions_read(self, n: int, s: int) -> int:
        """Number of positions along an axis that some output reads: all, but where fewer come out."""
        if s >= n:
            return n
        if self.mode == "nearest":
            read = {min(max(self._read(i, n, s)[0], 0), n - 1) for i in range(s)}
        else:
            read = {position for positions, _ in self._taps(n, s) for position in positions}
        return as_expr_like(len(read), n, "R")

    def work(self, x: Shape, *more: Shape) -> Work:
        if self.mode == "nearest":
            return {}
        # along each dimension a sum of so many values times their parts, each interpolated along the next
        taps, rank = 2 if self.mode == "bilinear" else 4, len(x) - 1
        steps = (taps**rank - 1) // (taps - 1) * product(self.output(x, *more))
        return {"multiply": taps * steps, "add": (taps - 1) * steps}

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array, *more: Array) -> Array:
        return self._along(tool, x, 0, self.output(x.shape, *(each.shape for each in more))[:-1])

    def _along(self, tool: Toolkit[Array, Windows], x: Array, axis: int, sizes: tuple[int, ...]) -> Array:
        """x made so large along this axis and those after it."""
        if axis == len(sizes):
            return x
        n, s = x.shape[axis], sizes[axis]
        if self.mode == "nearest":
            read = [min(max(self._read(i, n, s)[0], 0), n - 1) for i in range(s)]
            return self._along(tool, tool.take(x, axis, read), axis + 1, sizes)
        total: Array | None = None
        for read, parts in self._taps(n, s):
            one = self._along(tool, tool.take(x, axis, read), axis + 1, sizes)
            one = tool.scale_by(one, axis, parts)
            total = one if total is None else total + one
        assert total is not None
        return total

    def _taps(self, n: int, s: int) -> Iterator[tuple[list[int], list[float]]]:
        """For each value that goes into an output: which position that is, and its part, of all outputs."""
        sources = [self._source(i, n, s) for i in range(s)]
        if self.mode == "bilinear":
            # beyond the outermost pixels their values go on
            sources = [(min(max(above, 0), (n - 1) * below), below) for above, below in sources]
        floors = [above // below for above, below in sources]
        parts = [(above % below) / below for above, below in sources]
        ways, first = (_LINEAR, 0) if self.mode == "bilinear" else (_CUBIC, -1)
        for tap, weigh in enumerate(ways, first):
            yield [min(max(floor + tap, 0), n - 1) for floor in floors], [weigh(part) for part in parts]

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any, *more: Any) -> Any:
        how = self.coordinates
        if self.mode == "nearest" and (how not in (None, "asymmetric") or self.rounding != "floor"):
            return None
        if self.mode != "nearest" and how not in (None, "half_pixel", "align_corners"):
            return None
        if self.mode == "bicubic" and x.ndim != 4:
            return None
        mode = {"bilinear": ("linear", "bilinear", "trilinear")[x.ndim - 3]}.get(self.mode, self.mode)
        corners = {} if self.mode == "nearest" else {"align_corners": how == "align_corners"}
        sizes = {"scale_factor": self.scale} if self.size is None else {"size": self.size}
        if more:
            sizes = {"size": more[0].shape[2:]}
        return torch.nn.functional.interpolate(x, **sizes, **corners, mode=mode)

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any, *more: Any) -> Any:
        size = more[0].shape[2:] if more else self.size
        if (size is not None and self.mode == "nearest") or x.ndim == 3:
            return None  # Resize divides in float32, and interpolates over two dimensions or three
        rank = x.ndim - 2
        if self.mode == "bicubic" and rank != 2:
            return None
        how = {"mode": {"bilinear": "linear", "bicubic": "cubic"}.get(self.mode, self.mode)}
        if self.mode == "nearest":
            how |= {"coordinate_transformation_mode": "asymmetric", "nearest_mode": self.rounding}
        if self.coordinates:
            how |= {"coordinate_transformation_mode": self.coordinates}
        if size is not None:
            sizes = [int(size) for size in per_axis(size, rank, "size")]
            return onnx.Resize(x, None, None, sizes, axes=list(range(2, x.ndim)), **how)
        import numpy as np

        scales = per_axis(self.scale or 1, rank, "scale")
        return onnx.Resize(x, None, np.array([1.0, 1.0, *scales]), **how)

    def torch_code(self, x: Source, *more: Source) -> Part | None:
        how = self.coordinates
        if not 1 <= x.rank <= 3 or (self.mode == "bicubic" and x.rank != 2):
            return None
        if self.mode == "nearest" and (how not in (None, "asymmetric") or self.rounding != "floor"):
            return None
        if self.mode != "nearest" and how not in (None, "half_pixel", "align_corners"):
            return None
        linear = ("linear", "bilinear", "trilinear")[x.rank - 1]
        mode = linear if self.mode == "bilinear" else self.mode
        sizes: dict[str, tuple[Any, Any]] = {
            "scale_factor": (
                None if self.scale is None else alike(per_axis(self.scale, x.rank, "scale")),
                None,
            )
        }
        if self.scale is None:
            wanted = more[0].shape[:-1] if more else per_axis(self.size or 0, x.rank, "size")
            sizes = {"size": (alike(wanted), None)}
        corners = {} if self.mode == "nearest" else {"align_corners": (how == "align_corners", False)}
        made = pytorch.module("Upsample", **sizes, mode=(mode, "nearest"), **corners)
        # of the layer whose size is taken, the code needs the number alone
        return Part((made._replace(apply="{made}({0})") if more else made,), reads=FIRST)

    def keras_code(self, x: Source, *more: Source) -> Part | None:
        if not 1 <= x.rank <= 3 or self.coordinates is not None or self.rounding != "floor":
            return None
        wanted = more[0].shape[:-1] if more else self.output(x.shape)[:-1]
        whole = all(size % own == 0 for size, own in zip(wanted, x.shape[:-1], strict=True))
        if (whole and self.mode == "nearest") or (
            self.scale is not None and self.mode == "bilinear" and x.rank == 2
        ):
            size = alike([int(size // own) for size, own in zip(wanted, x.shape[:-1], strict=True)])
            mode = {"interpolation": (self.mode, "nearest")} if x.rank == 2 else {}
            made = keras.keras_layer(f"UpSampling{x.rank}D", ("size", size), **mode)
        elif self.mode == "bilinear" and x.rank == 2:
            made = keras.keras_layer("Resizing", ("height", int(wanted[0])), ("width", int(wanted[1])))
        else:
            return None
        return Part((made._replace(apply="{made}({0})") if more else made,), last=True)


_A = -0.75
"""The slope of the cubic in Keys (1981), as PyTorch and ONNX have it."""


def _near(distance: float) -> float:
    """The part of a value at a distance of at most 1."""
    return float((_A + 2) * distance**3 - (_A + 3) * distance**2 + 1)


def _far(distance: float) -> float:
    """The part of a value at a distance from 1 to 2."""
    return float(_A * distance**3 - 5 * _A * distance**2 + 8 * _A * distance - 4 * _A)


_LINEAR: tuple[Callable[[float], float], ...] = (lambda w: 1 - w, lambda w: w)
_CUBIC: tuple[Callable[[float], float], ...] = (
    lambda w: _far(1 + w), _near, lambda w: _near(1 - w), lambda w: _far(2 - w)
)  # fmt: skip
"""The parts of the values around an output that lies w after the last one before it."""
