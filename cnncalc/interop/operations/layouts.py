"""Values padded, repeated, gathered, and put in the place of others."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import Any

from cnncalc.interop.builder import Builder, Operand
from cnncalc.interop.operations.options import LARGEST_FLOAT, array
from cnncalc.interop.tensors import Array, Tensor, UnsupportedError, axis_of
from cnncalc.layers.support.base import Shape

MOST_INDICES = 100_000
"""Of more indices it is not looked up whether they are simply all."""


class LayoutOperations(Builder):
    """Values padded, repeated, gathered, and put in the place of others."""

    def rearranged(self, x: Tensor, order: Sequence[int]) -> Tensor:
        """The value with our axes in this order of the source's."""
        source = self.arranged(x, order)
        if source is x.source:
            return x
        own = tuple(x.sizes[axis] for axis in order)
        axes = tuple(order.index(axis) if axis in order else None for axis in range(x.rank))
        return Tensor(source, own, x.sizes, axes, x.batch, x.outer)

    def resized(self, x: Tensor, axis: int, size: int, kind: str, options: Mapping[str, Any]) -> Tensor:
        """A layer that changes the size of one axis."""
        sizes = (*x.sizes[:axis], size, *x.sizes[axis + 1 :])
        own = self._own(x, axis, size)
        return Tensor(self._item(kind, options, (x.source,), own), own, sizes, x.axes, x.batch)

    def along(self, kind: str, x: Operand, axis: int) -> Tensor:
        """A layer that does something along one axis, and changes no shape."""
        x = self.tensor(x)
        return self.same(kind, x, {"axis": self.axis(x, axis_of(axis, x.rank))})

    def top_k(self, x: Operand, axis: int, size: int, *, largest: bool) -> list[Tensor]:
        """The largest values along an axis, or the smallest, and their places."""
        x = self.tensor(x)
        axis = axis_of(axis, x.rank)
        options = {"k": size, "axis": self.axis(x, axis), "smallest": not largest}
        return [
            self.resized(x, axis, size, "top_k", {**options, "returns": what})
            for what in ("values", "indices")
        ]

    def split(self, x: Operand, axis: int, outs: Sequence[Shape]) -> list[Operand]:
        """The parts along an axis, one after another, whose shapes are given."""
        axis = axis_of(axis, len(self.shape(x)))
        parts, start = [], 0
        for shape in outs:
            parts.append(self.part(x, axis, start, start + shape[axis]))
            start += shape[axis]
        return parts

    def prelu(self, x: Operand, weight: Any) -> Tensor:
        """A rectifier with learned slopes: of each channel, the source's axis 1, or one for all."""
        x, slopes = self.tensor(x), array(weight, "slopes")
        y = self.rearranged(x, [*(a for a in self.whole_order(x) if a != 1), 1]) if x.rank > 2 else x
        slopes = slopes.reshaped((prod(slopes.shape),))
        return self.same("prelu", y, {"shared": True} if slopes.shape == (1,) else {}, {"weight": slopes})

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
            # padding that a pooling never takes is the lowest number that there is
            options["value"] = min(max(float(value), -LARGEST_FLOAT), LARGEST_FLOAT)
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
        if places.batch is not None and y.batch not in (None, axis):
            raise UnsupportedError("indices of each sample")
        y = self.rearranged(y, self.whole_order(y)) if y.axes[axis] is None else y
        rank = places.rank
        place = y.axes[axis]
        if place is None:  # no value of the input has a place along this axis
            raise UnsupportedError("computed indices along an axis of size 1")
        kept = [a for a in range(rank) if a != places.batch or places.sizes[a] != 1]
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
        axes[axis : axis + 1] = [next(at) if a in kept else None for a in range(rank)]
        batch = (
            y.batch if y.batch is None or y.batch < axis else None if y.batch == axis else y.batch + rank - 1
        )
        if places.batch is not None:
            batch = axis + places.batch
        return Tensor(item, own, self.sizes(out, batch), tuple(axes), batch)

    def gathered_each(self, x: Operand, axis: int, indices: Operand, out: Shape) -> Tensor:
        """The values at places that are others for each line along an axis."""
        y, places = self.tensor(x), self.tensor(indices)
        axis = axis_of(axis, y.rank)
        if any(m != n for at, (m, n) in enumerate(zip(y.sizes, places.sizes, strict=True)) if at != axis):
            raise UnsupportedError("places for a part of the lines along an axis")
        batch = places.batch if y.batch is None else y.batch
        if axis == batch and self.samples > 1:
            raise UnsupportedError("samples of the batch by indices")
        order = self.whole_order(y)
        order = order if axis in order else [axis, *order]
        sources = [self.arranged(each, order) for each in (y, places)]
        place = order.index(axis)
        options = {"each": True, "axis": "channels" if place == len(order) - 1 else place}
        return self.layer("gather", options, sources, self.sizes(out, batch), order, batch)

    def picked(self, x: Operand, axis: int, indices: Sequence[Operand], out: Shape) -> Operand:
        """The values at places that have an index along each of several axes, from `axis` on."""
        where = out[axis : len(out) - len(self.shape(x)) + axis + len(indices)]
        while len(indices) > 1 and self.shape(x)[axis] == 1:
            x, indices = self.chosen(x, axis, 0), indices[1:]  # a place is the only one there
        if len(indices) == 1:
            return self.gathered(x, axis, self.expand(indices[0], where), out)
        fixed = [each for each in indices if isinstance(each, Array) and each.role == "constant"]
        if len(fixed) < len(indices):
            raise UnsupportedError("computed indices for several axes")
        shape = self.shape(x)
        sizes = shape[axis : axis + len(indices)]

        def read() -> Any:
            import numpy as np

            along = np.broadcast_arrays(*(each.read() for each in fixed))
            return np.ravel_multi_index([n % size for n, size in zip(along, sizes, strict=True)], sizes)

        flat = Array(fixed[0].name, where, "constant", read)
        joined = self.view(x, (*shape[:axis], prod(sizes), *shape[axis + len(sizes) :]))
        return self.gathered(joined, axis, flat, out)

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

    def reversed(self, x: Operand, axis: int, start: int, stop: int, step: int) -> Operand:
        """The values along an axis from the end, all of them."""
        y = self.tensor(x)
        size = y.sizes[axis_of(axis, y.rank)]
        if step != -1 or len(range(*slice(start, stop, step).indices(size))) != size:
            raise UnsupportedError("a part of an axis, backwards")
        return self.along("flip", y, axis)


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
