"""Windows that slide over a value, and maps read at the places of a grid."""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from cnncalc.interop.builder import Operand
from cnncalc.interop.operations.options import Pads, array, learned_arrays, one_or_each, padding
from cnncalc.interop.operations.products import ProductOperations
from cnncalc.interop.tensors import Array, Tensor, UnsupportedError
from cnncalc.layers.support.base import Shape

ALONG_PARTS = {
    "kernel": 1, "stride": 1, "dilation": 1, "scale": 1, "size": 1, "padding": 0, "output_padding": 0,
}  # fmt: skip
"""An option of a window -> what it is along an axis that the window takes apart."""


class WindowOperations(ProductOperations):
    """Windows that slide over a value, and maps read at the places of a grid."""

    def spatial(self, x: Tensor, dims: int) -> tuple[Any, Tensor, list[int]]:
        """The input of a window: the layer, the value, and its axes as (positions ..., channels)."""
        if x.rank == dims + 1 and x.batch is None:
            x = x.relabelled((1, *x.sizes), (None, *x.axes), 0)  # without a batch
        if x.rank != dims + 2 or (x.batch not in (0, None)) or x.sizes[0] != 1:
            raise UnsupportedError(f"a window of {dims} dimensions over {x.rank}")
        order = [*range(2, x.rank), 1]
        return self.arranged(x, order), x, order

    def windowed(
        self,
        kind: str,
        options: Mapping[str, Any],
        x: Operand,
        dims: int,
        out: Shape,
        weights: Mapping[str, Array] | None = None,
    ) -> Tensor:
        x = self.tensor(x)
        if x.rank == dims + 2 and x.batch == 0 and x.sizes[0] > 1:
            return self._of_parts(kind, options, x, dims, out, weights or {})
        source, y, order = self.spatial(x, dims)
        whole = out if len(out) == y.rank else (self.samples, *out)
        made = self.layer(kind, options, (source,), self.sizes(whole, 0), order, 0, weights)
        if y is x:
            return made
        return made.relabelled(made.sizes[1:], made.axes[1:], None)

    def _of_parts(
        self,
        kind: str,
        options: Mapping[str, Any],
        x: Tensor,
        dims: int,
        out: Shape,
        weights: Mapping[str, Array],
    ) -> Tensor:
        """A window over parts of a sample that stand in the batch: along the axis of parts its size is 1."""
        if ALONG_PARTS.keys().isdisjoint(options):
            raise UnsupportedError("a window over parts of each sample that are put into the batch")
        if dims > 2:  # a window has three dimensions at most
            return self.of_each_part(
                x, lambda part, _: self.windowed(kind, options, part, dims, (self.samples, *out[1:]), weights)
            )
        parts, maps, *positions = x.sizes
        own, channels, *others = x.axes
        whole = x.relabelled((1, maps, parts, *positions), (None, channels, own, *others), 0)
        more = {
            name: [ALONG_PARTS[name], *(value if isinstance(value, list) else [value] * dims)]
            for name, value in options.items()
            if name in ALONG_PARTS and not isinstance(value, str)
        }
        if isinstance(more.get("padding", [0])[-1], list):
            more["padding"][0] = [0, 0]
        if "size" in more:
            more["size"][0] = parts
        placed = {
            name: each.reshaped((*each.shape[:2], 1, *each.shape[2:])) if len(each.shape) > 2 else each
            for name, each in weights.items()
        }
        shape = (self.samples, out[1], parts, *out[2:])
        made = self.windowed(kind, {**options, **more}, whole, dims + 1, shape, placed)
        _, channels, own, *others = made.axes
        _, maps, _, *positions = made.sizes
        made.source.axes = None  # the source writes the parts before the maps
        return made.relabelled((parts, maps, *positions), (own, channels, *others), 0, x.outer)

    def folded(self, x: Operand, out: Shape, options: Mapping[str, Any]) -> Tensor:
        """Windows (batch, values of a window, windows) back on the map that they were read from."""
        source, y, _ = self.spatial(self.tensor(x), 1)
        given = {"size": one_or_each(out[2:]), **options}
        return self.layer("fold", given, (source,), self.sizes(out, y.batch), [2, 3, 1], y.batch)

    def sampled(self, x: Operand, grid: Operand, out: Shape, options: Mapping[str, Any]) -> Tensor:
        """A map read at the places of a grid (batch, positions ..., coordinates)."""
        places, maps = self.tensor(grid), self.tensor(x)
        parted = [each.batch == 0 and each.sizes[0] == maps.sizes[0] > 1 for each in (maps, places)]
        if all(parted):
            return self.of_each_part(
                maps,
                lambda part, number: self.sampled(
                    part, self.part_in_batch(places, number), (self.samples, *out[1:]), options
                ),
            )
        source, y, order = self.spatial(maps, places.rank - 2)
        at = self.arranged(places, list(range(1, places.rank)))
        return self.layer("grid_sample", options, (source, at), self.sizes(out, y.batch), order, y.batch)

    def conv(
        self,
        x: Operand,
        weight: Any,
        bias: Any,
        out: Shape,
        *,
        stride: Sequence[int],
        pads: Pads | str,
        dilation: Sequence[int],
        groups: int,
        transposed: Sequence[int] | None = None,
    ) -> Tensor:
        """A convolution, or with the output padding `transposed` a transposed one."""
        if isinstance(weight, Tensor) and transposed is None:
            y = self._by_windows(x, weight, out, stride, pads, dilation, groups)
            return y if bias is None else self.merged("add", [y, self._of_channels(bias, len(out))])
        kernel = array(weight, "a kernel").shape[2:]
        options = {
            "filters": weight.shape[1] * groups if transposed is not None else weight.shape[0],
            "kernel": one_or_each(kernel),
            "stride": one_or_each(stride),
            "padding": pads if isinstance(pads, str) else padding(pads),
            "dilation": one_or_each(dilation),
            "groups": groups,
            "bias": bias is not None,
        }
        if transposed is not None and any(transposed):
            options["output_padding"] = one_or_each(transposed)
        learned = learned_arrays(weight, None if bias is None else array(bias, "a bias"))
        kind = "conv" if transposed is None else "conv_transpose"
        return self.windowed(kind, options, x, len(kernel), out, learned)

    def _by_windows(
        self,
        x: Operand,
        weight: Tensor,
        out: Shape,
        stride: Sequence[int],
        pads: Pads | str,
        dilation: Sequence[int],
        groups: int,
    ) -> Tensor:
        """A convolution whose kernel no layer learns as it is: the windows of the input times the kernel."""
        filters, maps, *kernel = self.shape(weight)
        if weight.batch is not None and self.samples > 1:
            raise UnsupportedError("a kernel of each sample")
        source, *_ = self.spatial(self.tensor(x), len(kernel))
        taps, places = maps * prod(kernel), prod(out[2:])
        options = {
            "kernel": one_or_each(kernel),
            "stride": one_or_each(stride),
            "padding": pads if isinstance(pads, str) else padding(pads),
            "dilation": one_or_each(dilation),
        }
        rows = self.layer("unfold", options, (source,), (1, groups * taps, places), [2, 1], 0)
        windows = self.view(rows, (self.samples, groups, taps, places))
        weights = self.view(weight, (1, groups, filters // groups, taps))
        product = self.matmul(weights, windows, (self.samples, groups, filters // groups, places))
        return self.tensor(self.view(product, out))

    def _of_channels(self, bias: Operand, rank: int) -> Operand:
        """A number for each channel as a value of so many axes."""
        return self.view(bias, (1, *self.shape(bias), *(1,) * (rank - 2)))

    def pool(
        self,
        kind: str,
        x: Operand,
        out: Shape,
        *,
        kernel: Sequence[int],
        stride: Sequence[int],
        pads: Pads,
        ceil: bool,
        more: Mapping[str, Any] | None = None,
    ) -> Tensor:
        options = {
            "kernel": one_or_each(kernel),
            "padding": padding(pads),
            "rounding": "ceil" if ceil else "floor",
            **(more or {}),
        }
        if list(stride) != list(kernel):
            options["stride"] = one_or_each(stride)
        return self.windowed(kind, options, x, len(kernel), out)

    def unpooled(self, x: Operand, places: Operand, dims: int, out: Shape) -> Tensor:
        """Values at the places that a pooling took them from, zeros elsewhere."""
        (source, y, order), (at, _, _) = (self.spatial(self.tensor(each), dims) for each in (x, places))
        options = {"size": one_or_each(out[-dims:])}
        return self.layer("max_unpool", options, (source, at), self.sizes(out, y.batch), order, y.batch)
