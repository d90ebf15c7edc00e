"""Operators that several formats have, as layers: what a reader of one maps its own onto."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import Any

from cnncalc.interop.builder import Builder, Operand
from cnncalc.interop.outline import OutlineSource
from cnncalc.interop.tensors import Array, Tensor, UnsupportedError, axis_of
from cnncalc.layers.support.base import Shape

Pads = Sequence[tuple[int, int]]
MOST_INDICES = 100_000
"""Of more indices it is not looked up whether they are simply all."""


def one_or_each(values: Sequence[int]) -> int | list[int]:
    """Numbers for each dimension as a spec writes them: one where all are equal.

    >>> one_or_each((3, 3)), one_or_each((1, 7))
    (3, [1, 7])
    """
    return values[0] if len(set(values)) == 1 else list(values)


def padding(pads: Pads) -> int | list[int] | list[list[int]]:
    """Pairs (before, after) as a spec writes them.

    >>> padding([(1, 1), (1, 1)]), padding([(0, 1), (0, 1)])
    (1, [[0, 1], [0, 1]])
    """
    if all(before == after for before, after in pads):
        return one_or_each([before for before, _ in pads])
    return [list(pair) for pair in pads]


def array(value: Any, what: str) -> Array:
    """A value that must be an array of the file."""
    if not isinstance(value, Array):
        raise UnsupportedError(f"{what} that the network computes")
    return value


def _learned(weight: Array, bias: Array | None) -> dict[str, Array]:
    return {"weight": weight} | ({"bias": bias} if bias is not None else {})


class Operations(Builder):
    """The operators. `out` is the shape that the source records for what comes out."""

    def spatial(self, x: Tensor, dims: int) -> tuple[Any, Tensor, list[int]]:
        """What a window slides over: the layer, the value, and its axes as (positions ..., channels)."""
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
        source, y, order = self.spatial(x, dims)
        whole = out if len(out) == y.rank else (self.samples, *out)
        made = self.layer(kind, options, (source,), self.sizes(whole, 0), order, 0, weights)
        if y is x:
            return made
        return made.relabelled(made.sizes[1:], made.axes[1:], None)

    def sampled(self, x: Operand, grid: Operand, out: Shape, options: Mapping[str, Any]) -> Tensor:
        """A map read at the places of a grid (batch, positions ..., coordinates)."""
        places = self.tensor(grid)
        source, y, order = self.spatial(self.tensor(x), places.rank - 2)
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
        learned = _learned(weight, None if bias is None else array(bias, "a bias"))
        kind = "conv" if transposed is None else "conv_transpose"
        return self.windowed(kind, options, x, len(kernel), out, learned)

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

    def linear(self, x: Operand, weight: Any, bias: Any, out: Shape) -> Operand:
        """The same weights for the values along the last axis."""
        if isinstance(x, Array) or not isinstance(weight, Array):
            y = self.matmul(x, self.transpose(weight, [1, 0]), out)
            return y if bias is None else self.merged("add", [y, bias])
        if self.is_taken(weight, "dense"):
            # the weights of a layer of another kind, or the same the other way round
            y = self.matmul(x, self.transpose(weight, [1, 0]), out)
            return y if bias is None else self.merged("add", [y, bias])
        learned = _learned(weight, None if bias is None else array(bias, "a bias"))
        options: dict[str, Any] = {"units": weight.shape[0], "bias": bias is not None}
        sizes = self.sizes(out, x.batch)
        last = x.rank - 1
        if last == x.batch and self.samples > 1:
            raise UnsupportedError("a product along the batch")
        if prod(x.own) == x.sizes[last]:
            made = self.layer("dense", options, (x.source,), sizes, [last], x.batch, learned)
            return replace(made, outer=x.outer)
        order = [axis for axis in self.whole_order(x) if axis != last]
        source = self.arranged(x, [*order, last])
        options["each"] = "position"
        made = self.layer("dense", options, (source,), sizes, [*order, last], x.batch, learned)
        return replace(made, outer=x.outer)

    def matmul(self, a: Operand, b: Operand, out: Shape) -> Tensor:
        """A product of matrices as torch.matmul has it; vectors are rows or columns."""
        x, y = self.tensor(a), self.tensor(b)
        if x.rank < 2 or y.rank < 2:
            if x.rank < 2:
                x = x.relabelled((1, *x.sizes), (None, *x.axes), None if x.batch is None else x.batch + 1)
            if y.rank < 2:
                y = y.relabelled((*y.sizes, 1), (*y.axes, None), y.batch)
        rank = max(x.rank, y.rank)
        ahead = [rank - x.rank, rank - y.rank]
        batch = next((t.batch + n for t, n in zip((x, y), ahead, strict=True) if t.batch is not None), None)
        along = x.batch == x.rank - 1 or y.batch == y.rank - 2
        both = x.batch is not None and y.batch is not None and batch is not None and batch >= rank - 2
        if (along or both) and self.samples > 1:
            raise UnsupportedError("a product along the batch")
        lead = [axis for axis in range(rank - 2) if self._wide(x, y, axis, rank)]
        sources, flags = [], {}
        for name, t, n in zip("ab", (x, y), ahead, strict=True):
            want: list[int | None] = [axis - n if axis >= n else None for axis in lead]
            pair = [t.rank - 2, t.rank - 1]
            places = [t.axes[axis] for axis in pair]
            if None not in places and places[0] > places[1]:  # type: ignore[operator]
                pair.reverse()
                flags[f"transpose_{name}"] = True
            sources.append(self.arranged(t, [*want, *pair], stretch=True))
        sizes = list(self.sizes(out, batch)) if len(out) == rank else None
        if sizes is None:
            sizes = [max(self._size(x, axis, rank), self._size(y, axis, rank)) for axis in range(rank - 2)]
            sizes += [x.sizes[-2], y.sizes[-1]]
        made = self.layer("matmul", flags, sources, tuple(sizes), [*lead, rank - 2, rank - 1], batch)
        return made if len(out) == rank else self._narrowed(made, out)

    def _narrowed(self, x: Tensor, out: Shape) -> Tensor:
        """Without the row or column that a vector was taken for."""
        keep = [axis for axis in range(x.rank) if x.sizes[axis] != 1 or axis == x.batch]
        if len(keep) != len(out):
            raise UnsupportedError("a product of a vector and a matrix of one row or column")
        batch = None if x.batch is None else keep.index(x.batch)
        return x.relabelled((x.sizes[a] for a in keep), (x.axes[a] for a in keep), batch)

    def _size(self, x: Tensor, axis: int, rank: int) -> int:
        own = axis - (rank - x.rank)
        return x.sizes[own] if own >= 0 else 1

    def _wide(self, x: Tensor, y: Tensor, axis: int, rank: int) -> bool:
        return self._size(x, axis, rank) > 1 or self._size(y, axis, rank) > 1

    def attention(
        self, q: Operand, k: Operand, v: Operand, mask: Operand | None, out: Shape, options: Mapping[str, Any]
    ) -> Tensor:
        """Scaled dot-product attention of (..., T, d)."""
        values = [self.tensor(x) for x in (q, k, v)]
        first = values[0]
        if any(x.rank != first.rank for x in values):
            raise UnsupportedError("attention of values of different ranks")
        lead = [axis for axis in range(first.rank - 2) if axis != first.batch or first.sizes[axis] > 1]
        order = [*lead, first.rank - 2, first.rank - 1]
        sources = [self.arranged(x, order) for x in values]
        if mask is not None:
            own = self.tensor(mask)
            n = first.rank - own.rank
            sources.append(self.arranged(own, [a - n if a >= n else None for a in order], stretch=True))
        return self.layer("attention", options, sources, self.sizes(out, first.batch), order, first.batch)

    def softmax(self, kind: str, x: Operand, axis: int) -> Tensor:
        x = self.tensor(x)
        place = self.axis(x, axis_of(axis, x.rank))
        return self.same(kind, x, {"over": place})

    def batch_norm(self, x: Operand, arrays: Mapping[str, Any], epsilon: float, *, running: bool) -> Tensor:
        """`arrays` are weight, bias, running_mean and running_var, None where there is none."""
        x = self.tensor(x)
        if x.rank < 2:
            raise UnsupportedError("batch normalisation without channels")
        order = [axis for axis in self.whole_order(x) if axis != 1]
        source = self.arranged(x, [*order, 1]) if x.axes[1] != len(x.own) - 1 else x.source
        y = (
            x
            if source is x.source
            else Tensor(
                source,
                (*(x.sizes[a] for a in order), x.sizes[1]),
                x.sizes,
                tuple([*order, 1].index(a) if a in (*order, 1) else None for a in range(x.rank)),
                x.batch,
            )
        )
        given = {name: array(value, f"a {name}") for name, value in arrays.items() if value is not None}
        options: dict[str, Any] = {"epsilon": epsilon}
        if "weight" not in given and "bias" not in given:
            options["affine"] = False
        elif "weight" not in given or "bias" not in given:
            options |= {"scale": "weight" in given, "shift": "bias" in given}
        if not running:
            options["statistics"] = "batch"
        return self.same("batch_norm", y, options, given)

    def layer_norm(self, kind: str, x: Operand, last: int, weight: Any, bias: Any, epsilon: float) -> Tensor:
        """Normalised over the last axes together."""
        x = self.tensor(x)
        axes = list(range(x.rank - last, x.rank))
        if x.batch in axes and self.samples > 1:
            raise UnsupportedError("normalisation over the batch")
        options: dict[str, Any] = {"epsilon": epsilon}
        given = {n: array(v, f"a {n}") for n, v in (("weight", weight), ("bias", bias)) if v is not None}
        if not given:
            options["affine"] = False
        elif "bias" not in given and kind == "layer_norm":
            options["bias"] = False
        if last == 1:
            order = [axis for axis in self.whole_order(x) if axis != axes[0]]
            y = self.rearranged(x, [*order, axes[0]])
            return self.same(kind, y, options, given)
        order = [axis for axis in self.whole_order(x) if axis not in axes]
        y = self.rearranged(x, [*order, *axes])
        options["over"] = list(range(-last, 0)) if order else "all"
        if not order:
            # the kind keeps what it learns with the channels first
            given = {n: a.transposed([last - 1, *range(last - 1)]) for n, a in given.items()}
        return self.same(kind, y, options, given)

    def rearranged(self, x: Tensor, order: Sequence[int]) -> Tensor:
        """The value with our axes in this order of the source's."""
        source = self.arranged(x, order)
        if source is x.source:
            return x
        own = tuple(x.sizes[axis] for axis in order)
        axes = tuple(order.index(axis) if axis in order else None for axis in range(x.rank))
        return Tensor(source, own, x.sizes, axes, x.batch, x.outer)

    def reduce(
        self,
        x: Operand,
        by: str,
        axes: Sequence[int] | None,
        out: Shape,
        *,
        keep: bool,
        more: Mapping[str, Any] | None = None,
    ) -> Tensor:
        """A mean, a sum, ... over some axes, or over all."""
        x = self.tensor(x)
        every = [axis_of(axis, x.rank) for axis in axes] if axes else list(range(x.rank))
        if x.batch in every and self.samples > 1:
            raise UnsupportedError("a reduction over the batch")
        places = [place for axis in every if (place := x.axes[axis]) is not None]
        left = [axis for axis in range(x.rank) if keep or axis not in every]
        batch = left.index(x.batch) if x.batch in left and x.batch is not None else None
        sizes = tuple(1 if axis in every else x.sizes[axis] for axis in left)
        if not places and by in ("mean", "sum", "max", "min", "product"):
            return x.relabelled(sizes, (x.axes[axis] for axis in left), batch)
        rank = len(x.own)
        positions = sorted(places) == list(range(rank - 1))
        if positions and by in ("mean", "max") and rank > 1:
            kind = {"mean": "global_avg_pool", "max": "global_max_pool"}[by]
            options: dict[str, Any] = {"keep_dims": keep}
        else:
            over: Any = "positions" if positions else "channels" if places == [rank - 1] else sorted(places)
            if len(places) == rank:
                over = "all"
            elif isinstance(over, list) and len(over) == 1:
                over = over[0]
            kind, options = "reduce", {"by": by, "over": over, "keep_dims": keep, **(more or {})}
        kept = [place for place in range(rank) if keep or place not in places]
        own = tuple(1 if place in places else x.own[place] for place in kept) or (1,)
        item = self._item(kind, options, (x.source,), own)
        moved = {place: at for at, place in enumerate(kept)}
        new = (None if x.axes[axis] is None else moved.get(x.axes[axis]) for axis in left)  # type: ignore[arg-type]
        return Tensor(item, own, sizes, tuple(new), batch)

    def by_channel(self, kind: str, x: Operand, weight: Any, bias: Any, options: Mapping[str, Any]) -> Tensor:
        """A normalisation whose factor and shift are of each channel, the source's axis 1."""
        x = self.tensor(x)
        y = self.rearranged(x, [*(axis for axis in self.whole_order(x) if axis != 1), 1])
        given = {n: array(v, f"a {n}") for n, v in (("weight", weight), ("bias", bias)) if v is not None}
        if not any(each.role == "constant" for each in given.values()):
            return self.same(kind, y, {**options, "affine": bool(given)}, given)
        # a factor and a shift that the exporter made up are none that are learned
        y = self.same(kind, y, {**options, "affine": False})
        beside = [1] * (x.rank - 2)
        for name, each, nothing in (("multiply", given.get("weight"), 1), ("add", given.get("bias"), 0)):
            if each is not None and set(each.read().reshape(-1).tolist()) != {nothing}:
                y = self.merged(name, [y, each.reshaped((*each.shape, *beside))])
        return y

    def resized(self, x: Tensor, axis: int, size: int, kind: str, options: Mapping[str, Any]) -> Tensor:
        """A layer that changes the size of one axis."""
        sizes = (*x.sizes[:axis], size, *x.sizes[axis + 1 :])
        own = self._own(x, axis, size)
        return Tensor(self._item(kind, options, (x.source,), own), own, sizes, x.axes, x.batch)

    def tiled(self, x: Operand, repeats: Sequence[int], out: Shape) -> Operand:
        """Values repeated so often along each axis; further axes come before."""
        shape = self.shape(x)
        padded = (1,) * (len(repeats) - len(shape)) + shape
        if all(n == 1 or size == 1 for n, size in zip(repeats, padded, strict=True)):
            return self.expand(x, out)
        y = self.view(x, padded)
        y = self.tensor(y)
        if y.batch is not None and repeats[y.batch] != 1:
            raise UnsupportedError("a batch that is repeated")
        order = [axis for axis in self.whole_order(y) if axis != y.batch or y.sizes[axis] != 1]
        options = {"repeats": [repeats[axis] for axis in order]}
        return self.layer(
            "tile", options, (self.arranged(y, order),), self.sizes(out, y.batch), order, y.batch
        )

    def repeated(self, x: Operand, axis: int, times: int) -> Operand:
        """Each value along an axis so often, one after another."""
        shape = self.shape(x)
        axis = axis_of(axis, len(shape))
        before, size, after = shape[:axis], shape[axis], shape[axis + 1 :]
        spread = self.expand(self.view(x, (*before, size, 1, *after)), (*before, size, times, *after))
        return self.view(spread, (*before, size * times, *after))

    def power(self, x: Operand, exponent: Operand) -> Tensor:
        """Values that are not negative, to the power of others: exp(exponent * log(x))."""
        logarithm = self.same("math", self.tensor(x), {"function": "log"})
        return self.same("math", self.merged("multiply", [logarithm, exponent]), {"function": "exp"})

    def padded(self, x: Operand, pads: Sequence[int], mode: str, value: Any, out: Shape) -> Tensor | Operand:
        """Padding as PyTorch says it: pairs (before, after) from the last axis on."""
        if not any(pads):
            return x
        x = self.tensor(x)
        pairs = {x.rank - 1 - n: (pads[2 * n], pads[2 * n + 1]) for n in range(len(pads) // 2)}
        pairs = {axis: pair for axis, pair in pairs.items() if any(pair)}
        if x.batch in pairs:
            raise UnsupportedError("padding of the batch")
        for axis, (before, after) in pairs.items():
            if before < 0 or after < 0:
                size = x.sizes[axis]
                cut = self.part(x, axis, max(-before, 0), size - max(-after, 0))
                assert isinstance(cut, Tensor)
                x = cut
        grown = {axis: (max(a, 0), max(b, 0)) for axis, (a, b) in pairs.items() if max(a, b) > 0}
        if not grown:
            return x
        if any(x.axes[axis] is None for axis in grown):
            x = self.rearranged(x, [*(axis for axis in self.whole_order(x))])
        last = len(x.own) - 1
        by_place = {x.axes[axis]: pair for axis, pair in grown.items()}
        options: dict[str, Any] = {}
        if set(by_place) != {last}:
            options["padding"] = [list(by_place.get(place, (0, 0))) for place in range(last)]
        if last in by_place:
            options["channels"] = list(by_place[last])
        words = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "circular"}
        word = words[mode]
        if word == "constant":
            options["value"] = float(value)
        else:
            options["mode"] = word
        own = tuple(size + sum(by_place.get(place, (0, 0))) for place, size in enumerate(x.own))
        item = self._item("pad", options, (x.source,), own)
        return Tensor(item, own, self.sizes(out, x.batch), x.axes, x.batch)

    def gathered(self, x: Operand, axis: int, indices: Operand, out: Shape) -> Operand:
        """The values at fixed or computed indices along an axis."""
        y = self.tensor(x)
        axis = axis_of(axis, y.rank)
        if (
            isinstance(indices, Array)
            and indices.role == "constant"
            and _counts_up(indices, self.shape(y)[axis])
        ):
            return self.view(x, out)  # every value, in order
        if axis == y.batch and self.samples > 1:
            raise UnsupportedError("samples of the batch by indices")
        places = self.tensor(indices)
        if places.batch is not None and y.batch is not None:
            raise UnsupportedError("indices of each sample")
        y = self.rearranged(y, self.whole_order(y)) if y.axes[axis] is None else y
        rank = places.rank
        place = y.axes[axis]
        assert place is not None
        kept = [a for a in range(rank) if a != places.batch]
        source, count = self.arranged(places, kept), len(kept)
        own = (
            *y.own[:place],
            *(places.sizes[a] for a in kept),
            *y.own[place + 1 :],
        ) or (1,)
        item = self._item(
            "gather", {"axis": place if place < len(y.own) - 1 else "channels"}, (y.source, source), own
        )
        axes: list[int | None] = [None if p is None else p + (count - 1) * (p > place) for p in y.axes]
        at = iter(range(place, place + count))
        axes[axis : axis + 1] = [None if a == places.batch else next(at) for a in range(rank)]
        batch = (
            y.batch if y.batch is None or y.batch < axis else None if y.batch == axis else y.batch + rank - 1
        )
        if places.batch is not None:
            batch = axis + places.batch
        return Tensor(item, own, self.sizes(out, batch), tuple(axes), batch)

    def replaced(self, x: Operand, axis: int, places: Sequence[int], new: Operand) -> Operand:
        """The values with those at some places along an axis replaced."""
        axis = axis_of(axis, len(self.shape(x)))
        size = self.shape(x)[axis]
        shape = (*self.shape(x)[:axis], len(places), *self.shape(x)[axis + 1 :])
        if isinstance(x, Array):
            return _rewritten(x, axis, places, new)
        new = self.expand(new, shape)
        if list(places) == list(range(size)):
            return new
        first, last = places[0], places[-1]
        if list(places) == list(range(first, last + 1)):
            parts = [self.part(x, axis, 0, first)] if first else []
            parts.append(new)
            return self.concat(
                [*parts, self.part(x, axis, last + 1, size)] if last + 1 < size else parts, axis
            )
        both = self.tensor(self.concat([x, new], axis))
        at = {place: size + number for number, place in enumerate(places)}
        indices = [at.get(place, place) for place in range(size)]
        return self.resized(both, axis, size, "gather", {"axis": self.axis(both, axis), "indices": indices})

    def einsum(self, equation: str, operands: Sequence[Operand], out: Shape) -> Operand:
        """A sum over products of two values, as a product of matrices."""
        left, arrow, right = equation.replace(" ", "").partition("->")
        names = left.split(",")
        if (
            len(operands) != 2
            or not arrow
            or "." in equation
            or any(len(set(n)) != len(n) for n in (*names, right))
        ):
            raise UnsupportedError(f"a sum {equation}")
        a, b = (self.tensor(x) for x in operands)
        sizes = {
            letter: self.shape(x)[n]
            for x, own in zip((a, b), names, strict=True)
            for n, letter in enumerate(own)
        }
        lead = [c for c in right if c in names[0] and c in names[1]]
        rows = [c for c in right if c in names[0] and c not in names[1]]
        columns = [c for c in right if c in names[1] and c not in names[0]]
        summed = [c for c in names[0] if c in names[1] and c not in right]
        if any(c not in right and c not in summed for c in sizes) or not summed:
            raise UnsupportedError(f"a sum {equation}")

        def matrix(x: Tensor, own: str, first: Sequence[str], second: Sequence[str]) -> Operand:
            order = [own.index(c) for c in (*lead, *first, *second)]
            shape = [*(sizes[c] for c in lead), prod(sizes[c] for c in first), prod(sizes[c] for c in second)]
            return self.view(self.transpose(x, order), shape)

        shape = (*(sizes[c] for c in lead), prod(sizes[c] for c in rows), prod(sizes[c] for c in columns))
        y = self.matmul(matrix(a, names[0], rows, summed), matrix(b, names[1], summed, columns), shape)
        made = [*lead, *rows, *columns]
        spread = self.view(y, [sizes[c] for c in made])
        return self.transpose(spread, [made.index(c) for c in right])

    def opaque(self, op: str, reads: Sequence[Tensor], out: Shape) -> Tensor:
        """A node that no kind says: its shape as the file records it."""
        batch = 0 if out and out[0] == self.samples and any(x.batch is not None for x in reads) else None
        sizes = self.sizes(out, batch)
        order = [axis for axis in range(len(sizes)) if axis != batch]
        if len(order) > 2:
            order = [*order[1:], order[0]]
        options = {"shape": [sizes[axis] for axis in order] or [1], "op": op}
        return self.layer("opaque", options, [x.source for x in reads], sizes, order, batch)

    def bounded(self, x: Tensor, low: float | None, high: float | None) -> Tensor:
        """The values from one bound to the other, either of which may be open."""
        if (low, high) == (0, 6):
            return self.same("relu6", x)
        if low is None or high is None:
            if low == 0:
                return self.same("relu", x)
            number, kind = (high, "minimum") if low is None else (low, "maximum")
            return x if number is None else self.merged(kind, [x, constant((1,), number)])
        return self.same("hard_tanh", x, {"low": low, "high": high})

    def normed(self, v: Array, g: Array, axis: int) -> Array:
        """Weight normalisation, Salimans and Kingma (2016): g*v/|v|, the length over all axes but one.

        The array counts as `v`; `g` is an array that no layer has.
        """

        def read() -> Any:
            import numpy as np

            direction = v.read()
            others = tuple(a for a in range(direction.ndim) if a != axis % direction.ndim)
            return g.read() * direction / np.sqrt(np.square(direction).sum(others, keepdims=True))

        return replace(v, read=read)

    def triangle(self, which: str, rows: int, columns: int, diagonal: int) -> Array:
        """Ones on one side of a diagonal and on it: tril or triu."""

        def read() -> Any:
            import numpy as np

            return getattr(np, which)(np.ones((rows, columns), np.float32), diagonal)

        return Array(f"{which} {diagonal}", (rows, columns), "constant", read)

    def filled(self, x: Operand, value: float) -> Operand:
        """A number in the place of every value."""
        return constant(x.shape if isinstance(x, Array) else x.sizes, value)

    def recurrence(
        self,
        kind: str,
        x: Operand,
        states: Sequence[Operand],
        weights: Mapping[str, Array],
        *,
        options: Mapping[str, Any],
        time: int | None,
        last: bool,
    ) -> list[Operand]:
        """An LSTM, a GRU or an RNN: the sequence, and with `last` the last states of each layer.

        The values of a sequence are (batch, time, channels), or (time, batch, channels) where `time` is 0; of
        one step, where it is None, (batch, channels). States are (layers, batch, channels).
        """
        x = self.tensor(x)
        order = [x.rank - 1] if time is None else [time, x.rank - 1]
        sources = [self.arranged(x, order), *self._states(states)]
        units = weights["weight_hh_l0"].shape[0] // {"lstm": 4, "gru": 3, "rnn": 1}[kind]
        ways = 2 if options.get("direction") == "both" else 1
        rows, size = options.get("layers", 1) * ways, options.get("projection", units)
        given = {"units": units, **options}
        steps = 1 if time is None else x.sizes[time]
        sequence = (size * ways,) if time is None else (steps, size * ways)
        if not last:
            given["returns"] = "last" if time is None else "sequence"
            sizes = tuple(size * ways if axis == x.rank - 1 else n for axis, n in enumerate(x.sizes))
            return [self.layer(kind, given, sources, sizes, order, x.batch, weights)]
        # everything comes in one line: the sequence, then the states
        shapes = [sequence, (rows, size), (rows, units)][: 3 if kind == "lstm" else 2]
        total = sum(prod(shape) for shape in shapes)
        flat = self.layer(kind, {**given, "returns": "all"}, sources, (1, total), [1], 0, weights)
        made: list[Operand] = []
        start = 0
        for number, shape in enumerate(shapes):
            own = shape[1:] if time is None and number else shape
            part = self.view(self.part(flat, 1, start, start + prod(shape)), (self.samples, *own))
            made.append(part if time is None or (number == 0 and time) else self.transpose(part, [1, 0, 2]))
            start += prod(shape)
        return made[1:] if time is None else made

    def _states(self, states: Sequence[Operand]) -> list[OutlineSource]:
        """The states that a recurrence starts from; none where they are zero."""
        if all(isinstance(state, Array) and state.zero for state in states):
            return []
        given = [self.tensor(state) for state in states]
        return [self.arranged(x, [axis for axis in range(x.rank) if axis != x.batch]) for x in given]

    def reversed(self, x: Operand, axis: int, start: int, stop: int, step: int) -> Operand:
        """The values along an axis from the end, all of them."""
        y = self.tensor(x)
        axis = axis_of(axis, y.rank)
        size = y.sizes[axis]
        if step != -1 or len(range(*slice(start, stop, step).indices(size))) != size:
            raise UnsupportedError("a part of an axis, backwards")
        return self.same("flip", y, {"axis": self.axis(y, axis)})


def constant(shape: Shape, value: float) -> Array:
    """An array of one value."""

    def read() -> Any:
        import numpy as np

        return np.full(shape, value, np.float32)

    return Array(f"{value}", shape, "constant", read)


def _rewritten(x: Array, axis: int, places: Sequence[int], new: Operand) -> Array:
    """An array of the file with the values at some places along an axis replaced; it counts as before."""
    if not isinstance(new, Array):
        raise UnsupportedError("computed values in an array of the file")

    def read() -> Any:
        values = x.read().copy()
        values[(*(slice(None),) * axis, list(places))] = new.read()
        return values

    return replace(x, read=read)


def _counts_up(indices: Array, size: int) -> bool:
    """Whether indices are 0, 1, ... to the last."""
    if prod(indices.shape) != size or size > MOST_INDICES:
        return False
    return bool(indices.read().reshape(-1).tolist() == list(range(size)))
