"""The layers that say what a foreign operator does, whatever the format: arrangement, broadcasting, reshapes.

A shape is the source's with the batch divided out (`sizes`) unless it is called `own`, which is ours.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import Any

from cnncalc.interop.model import Origin, StoredArray
from cnncalc.interop.outline import Outline, OutlineLayer, OutlineSource
from cnncalc.interop.tensors import (
    Array,
    Tensor,
    UnsupportedError,
    axis_of,
    batch_after,
    groups_of,
)
from cnncalc.layers import find
from cnncalc.layers.support.base import Shape, fields, from_layout

Operand = Tensor | Array
MOST_PARTS = 64
"""The most parts of a sample in the batch that become a layer each, where no kind takes them together."""


class Builder:
    """Writes layers. `samples` is the batch in the source's shapes, `origin` the node that is being read."""

    def __init__(self, samples: int) -> None:
        self.samples = samples
        self.outline = Outline()
        self.origin = Origin()
        self._emitted: dict[Any, OutlineSource] = {}
        self._rows: dict[str, set[tuple[int, int]]] = {}
        """The name of an array that layers have in parts -> from which row to which."""
        self.parts: dict[str, str] = {}
        """The name of a part of an array -> the array, all of whose parts are weights of one layer."""
        self._kept: dict[str, OutlineLayer] = {}
        """The name of an array in the file -> the layer that has it."""

    # ---- values

    def input(
        self, name: str, sizes: Shape, own: Shape, axes: Sequence[int | None], batch: int | None
    ) -> Tensor:
        """An input of the network, whose shape is `own`."""
        source = OutlineSource(name, len(own))
        self.outline.sources.append(source)
        return Tensor(source, own, sizes, tuple(axes), batch)

    def shape(self, x: Operand) -> Shape:
        """A value's shape as the source has it, the batch counted."""
        if isinstance(x, Array):
            return x.shape
        return tuple(size * (self.samples if axis == x.batch else 1) for axis, size in enumerate(x.sizes))

    def sizes(self, shape: Shape, batch: int | None) -> Shape:
        """A source's shape with the batch divided out."""
        if batch is None:
            return shape
        if shape[batch] % self.samples:
            raise UnsupportedError(f"{shape}, whose axis {batch} should hold a batch of {self.samples}")
        return tuple(size // self.samples if axis == batch else size for axis, size in enumerate(shape))

    def tensor(self, value: Operand) -> Tensor:
        """A value as a layer puts it out: an array becomes a `parameter`."""
        if isinstance(value, Tensor):
            return value
        order = range(len(value.shape))
        return Tensor(self.parameter(value, order), value.shape or (1,), value.shape, tuple(order), None)

    def parameter(self, array: Array, order: Sequence[int | None]) -> OutlineSource:
        """An array as a layer that reads nothing, its axes in this order; None and others have size 1."""
        placed = [axis for axis in order if axis is not None]
        own = tuple(1 if axis is None else array.shape[axis] for axis in order) or (1,)
        key = (array.name, own, tuple(placed), array.read if array.role == "constant" else None)
        if key not in self._emitted and array.name in self._kept:
            array = replace(array, role="constant")  # another layer counts it
        if key not in self._emitted:
            rest = [axis for axis in range(len(array.shape)) if axis not in placed]
            arranged = array.transposed([*placed, *rest]).reshaped(own)
            options = {"shape": list(own), "layout": "hwc", "role": array.role}
            item = self._item("parameter", options, (), own, {"value": self.stored(arranged)})
            if array.role != "constant":
                item.name = array.name.rpartition(".")[2]
            self._emitted[key] = item
        return self._emitted[key]

    def unread(self, array: Array) -> None:
        """An array that no layer on the way to the outputs has, as a layer that nothing reads."""
        self._kept.pop(array.name, None)
        self._emitted = {key: item for key, item in self._emitted.items() if key[0] != array.name}
        self.parameter(array, range(len(array.shape)))

    def stored(self, array: Array) -> StoredArray:
        def numbers() -> Any:
            values = array.read()
            return values.astype("uint8") if values.dtype.kind == "b" else values  # a mask is 0 and 1

        return StoredArray(array.name, array.shape, numbers)

    # ---- layers

    def _item(
        self,
        kind: str,
        options: Mapping[str, Any],
        sources: Sequence[OutlineSource],
        own: Shape,
        weights: Mapping[str, StoredArray] | None = None,
        *,
        helper: bool = False,
    ) -> OutlineLayer:
        item = OutlineLayer(
            kind=kind,
            rank=len(own),
            options=self._given(kind, options),
            sources=tuple(sources),
            weights=dict(weights or {}),
            recorded=own,
            origin=self.origin,
            helper=helper,
        )
        self._share(item)
        return self.outline.add(item)

    def _given(self, kind: str, options: Mapping[str, Any]) -> dict[str, Any]:
        """The options that differ from the kind's defaults."""
        cls = find(kind)
        if cls is None:
            raise UnsupportedError(f"a layer of kind {kind}")
        known = fields(cls)
        for name in options:
            if name not in known:
                raise UnsupportedError(f"{kind} with {name}")
        return {name: value for name, value in options.items() if value != known[name].default}

    def is_taken(self, array: Array, kind: str) -> bool:
        """Whether a layer has an array already that a layer of a kind can't share with it as the array is."""
        first = self._kept.get(array.name)
        shapes = [stored.shape for stored in first.weights.values()] if first is not None else []
        return first is not None and (first.kind != kind or array.shape not in shapes)

    def shares_in_part(self, kind: str, arrays: Sequence[Array]) -> bool:
        """Whether other layers have some of these arrays, and no layer of the kind has just these."""
        names = [array.name for array in arrays]
        owners = [self._kept[name] for name in names if name in self._kept]
        return any(
            first.kind != kind or [stored.name for stored in first.weights.values()] != names
            for first in owners
        )

    def _share(self, item: OutlineLayer) -> None:
        """A layer whose weights another has already uses that one's."""
        if item.options.get("role") == "constant":
            return
        names = [stored.name for stored in item.weights.values()]
        first = self._kept.get(names[0]) if names else None
        if first is None:
            self._kept.update(dict.fromkeys(names, item))
            return
        if first.kind != item.kind:
            raise UnsupportedError("weights that layers of several kinds share")
        if [stored.name for stored in first.weights.values()] == names:
            item.share = first
            return
        # the same weights with other biases: each bias becomes a layer of its own
        if not set(first.weights) | set(item.weights) <= {"weight", "bias"}:
            raise UnsupportedError("weights that layers share in part")
        for each in (first, item):
            if "bias" in each.weights:
                self._part_bias(each, item)

    def _part_bias(self, layer: OutlineLayer, new: OutlineLayer) -> None:
        """Makes a layer the sum of its product and of its bias, which are layers before it."""
        bias = layer.weights.pop("bias")
        product = replace(layer, options={**layer.options, "bias": False}, weights=layer.weights)
        added = OutlineLayer(
            kind="parameter", rank=len(bias.shape), options={"shape": list(bias.shape)}, origin=layer.origin
        )
        added.weights, added.recorded = {"value": bias}, bias.shape
        layer.kind, layer.options, layer.weights, layer.sources = "add", {}, {}, (product, added)
        for item in (product, added):
            self._kept = {name: other for name, other in self._kept.items() if other is not layer}
            if layer is new:
                self._share(item)
                self.outline.add(item)
            else:
                self._kept.update({stored.name: item for stored in item.weights.values()})
                self.outline.insert_before(layer, item)

    def layer(
        self,
        kind: str,
        options: Mapping[str, Any],
        sources: Sequence[OutlineSource],
        sizes: Shape,
        order: Sequence[int],
        batch: int | None,
        weights: Mapping[str, Array] | None = None,
    ) -> Tensor:
        """A new layer, whose output has the source's axes in this order; the others have size 1."""
        own = tuple(sizes[axis] for axis in order) or (1,)
        stored = {name: self.stored(array) for name, array in (weights or {}).items()}
        item = self._item(kind, options, sources, own, stored)
        places = {axis: place for place, axis in enumerate(order) if axis != batch or sizes[axis] != 1}
        return Tensor(item, own, sizes, tuple(places.get(axis) for axis in range(len(sizes))), batch)

    def same(
        self,
        kind: str,
        x: Tensor,
        options: Mapping[str, Any] | None = None,
        weights: Mapping[str, Array] | None = None,
    ) -> Tensor:
        """A layer that keeps its input's shape."""
        stored = {name: self.stored(array) for name, array in (weights or {}).items()}
        item = self._item(kind, options or {}, (x.source,), x.own, stored)
        return replace(x, source=item)

    # ---- order

    def arranged(self, x: Tensor, want: Sequence[int | None], *, stretch: bool = False) -> OutlineSource:
        """The value with our axes in this order of the source's, None for an axis of size 1.

        With `stretch`, ones at the front may be left out, as broadcasting adds them.
        """
        sizes = tuple(1 if axis is None else x.sizes[axis] for axis in want) or (1,)
        have = [axis for axis in x.order if x.sizes[axis] != 1]
        wanted = [axis for axis in want if axis is not None and x.sizes[axis] != 1]
        if sorted(have) != sorted(wanted):
            raise UnsupportedError("values whose batch stands where channels or positions should")
        if have != wanted:
            x = self._permuted(x, wanted)
        fits = [sizes]
        while stretch and len(fits[-1]) > 1 and fits[-1][0] == 1:
            fits.append(fits[-1][1:])
        if x.own in fits:
            return x.source
        return self._item(
            "reshape", {"shape": list(fits[-1]), "layout": "hwc"}, (x.source,), fits[-1], helper=True
        )

    def _permuted(self, x: Tensor, wanted: Sequence[int]) -> Tensor:
        """The same with its axes of more than one value in this order."""
        places = [x.axes[axis] for axis in wanted]
        ones = [place for place in range(len(x.own)) if place not in places]
        order = [*ones, *(place for place in places if place is not None)]
        own = tuple(x.own[place] for place in order)
        item = self._item("permute", {"order": order, "layout": "hwc"}, (x.source,), own, helper=True)
        axes = tuple(None if place is None else order.index(place) for place in x.axes)
        return Tensor(item, own, x.sizes, axes, x.batch, x.outer)

    def written_so(self, x: Operand, layout: str) -> Tensor:
        """An output of the network, by a layer that turns the axes where the source has another order."""
        x = self.tensor(x)
        order = [place for place in x.axes if place is not None]
        wide, shown = ([at for at in axes or () if x.own[at] != 1] for axes in (order, x.source.axes))
        if wide == shown or not isinstance(x.source, OutlineLayer):
            return x
        order += [place for place in range(len(x.own)) if place not in order]
        order = list(from_layout(tuple(order), layout))
        own = tuple(x.own[place] for place in order)
        item = self._item("permute", {"order": order, "layout": "hwc"}, (x.source,), own)
        axes = [None if place is None else order.index(place) for place in x.axes]
        return Tensor(item, own, x.sizes, tuple(axes), x.batch, x.outer)

    def whole_order(self, x: Tensor) -> list[int]:
        """Our axes in order, before them the source's that have no place there; a lone batch is left out."""
        order = x.order
        missing = [axis for axis in range(x.rank) if axis not in order and axis != x.batch]
        return [*missing, *order]

    # ---- layouts

    def view(self, x: Operand, target: Sequence[int], kind: str = "reshape") -> Operand:
        """The same values in another shape, in the source's order of axes; one entry may be -1."""
        whole = prod(self.shape(x))
        if list(target).count(-1) > 1 or any(size < -1 for size in target):
            raise UnsupportedError(f"a shape of {tuple(target)}")
        if -1 in target:
            rest = -prod(target)
            target = [whole // max(rest, 1) if size == -1 else size for size in target]
        goal = tuple(target)
        if prod(goal) != whole:
            raise UnsupportedError(f"a reshape of {self.shape(x)} to {goal}")
        if isinstance(x, Array):
            return x.reshaped(goal)
        batch, outer = batch_after(x, goal, self.samples)
        sizes = self.sizes(goal, batch)
        if (
            len([axis for axis in range(len(sizes)) if axis != batch or sizes[axis] > 1]) == 1
            and len(x.own) > 1
        ):
            made = self._flattened(x, sizes, batch)
        else:
            made = self._reshaped(x, sizes, batch, kind)
        return replace(made, outer=outer)

    def _flattened(self, x: Tensor, sizes: Shape, batch: int | None) -> Tensor:
        """All values of a sample in one line."""
        axis = next(axis for axis in range(len(sizes)) if axis != batch or sizes[axis] > 1)
        own = [axis for axis in x.order if x.sizes[axis] != 1]
        if own == sorted(own):
            order = "hwc"
        elif own[-1:] + own[:-1] == sorted(own) and x.axes[own[-1]] == len(x.own) - 1:
            order = "chw"
        else:
            x, order = self._permuted(x, sorted(own)), "hwc"
        if prod(x.own) in (x.own[-1], 1):
            order = "chw"  # either is the same
        return self.layer("flatten", {"order": order}, (x.source,), sizes, [axis], batch)

    def _reshaped(self, x: Tensor, sizes: Shape, batch: int | None, kind: str) -> Tensor:
        groups = [
            ([a for a in own if x.sizes[a] != 1], [b for b in other if sizes[b] != 1], other)
            for own, other in groups_of(x.sizes, sizes)
        ]
        if all(len(own) == len(other) <= 1 for own, other, _ in groups):
            places: dict[int, int | None] = {
                b: x.axes[a] for own, other, _ in groups for a, b in zip(own, other, strict=True)
            }
            return x.relabelled(sizes, (places.get(axis) for axis in range(len(sizes))), batch)
        at = {axis: place for place, axis in enumerate(x.order)}
        together = [own for own, _, _ in groups if own]
        if any([at[a] for a in own] != list(range(at[own[0]], at[own[0]] + len(own))) for own in together):
            last = x.order[-1]
            ordered = sorted(together, key=lambda own: (last in own, min(at[a] for a in own)))
            x = self._permuted(x, [a for own in ordered for a in own])
            at = {axis: place for place, axis in enumerate(x.order)}
        ordered_groups = sorted((g for g in groups if g[0]), key=lambda g: at[g[0][0]])
        order = []
        for own, other, every in ordered_groups:
            # of a group that is parted, sizes of 1 are shown too, but for a lone batch
            order += (
                other if len(own) == len(other) == 1 else [b for b in every if b != batch or sizes[b] != 1]
            )
        return self.layer(
            kind, {"shape": [sizes[b] for b in order], "layout": "hwc"}, (x.source,), sizes, order, batch
        )

    def transpose(self, x: Operand, order: Sequence[int]) -> Operand:
        """The axes in another order: no layer, until one wants the values so."""
        return x.transposed(order)

    def expand(self, x: Operand, target: Sequence[int]) -> Operand:
        """Shape of 1 stretched; new axes come before; -1 keeps a size."""
        shape = self.shape(x)
        before = len(target) - len(shape)
        padded = (1,) * before + shape
        goal = tuple(own if size == -1 else size for own, size in zip(padded, target, strict=True))
        if goal == shape:
            return x
        if isinstance(x, Array) and goal[0] == self.samples and padded[0] == 1 and goal[1:] == padded[1:]:
            own = self.tensor(x)
            return own.relabelled((1,) * before + own.sizes, (None,) * before + own.axes, 0)
        y = self.tensor(x)
        axes: list[int | None] = [*(None for _ in range(before)), *y.axes]
        batch = None if y.batch is None else y.batch + before
        y = y.relabelled(padded if batch is None else self.sizes(padded, batch), axes, batch)
        if batch is None and goal[0] == self.samples and padded[0] == 1:
            batch, y = 0, y.relabelled(y.sizes, y.axes, 0)
        sizes = self.sizes(goal, batch)
        if sizes == y.sizes:
            return y
        order = [axis for axis in self.whole_order(y) if axis != batch or sizes[axis] != 1]
        source = self.arranged(y, order)
        options = {"shape": [sizes[axis] for axis in order], "layout": "hwc"}
        return self.layer("expand", options, (source,), sizes, order, batch)

    def axis(self, x: Tensor, axis: int) -> int | str:
        """Where one of the source's axes stands in ours, as options of layers say an axis."""
        place = x.axes[axis]
        if place is None:
            raise UnsupportedError("an axis that holds the batch alone")
        return "channels" if place == len(x.own) - 1 else place

    def part(self, x: Operand, axis: int, start: int, stop: int, step: int = 1) -> Operand:
        """The values start, start + step, ... before stop along an axis."""
        axis = axis_of(axis, len(self.shape(x)))
        size = self.shape(x)[axis]
        start, stop, step = slice(start, stop, step).indices(size)
        left = len(range(start, stop, step))
        if left == size and step == 1:
            return x
        if isinstance(x, Array):
            cut = (*(slice(None),) * axis, slice(start, stop, step))
            shape = (*x.shape[:axis], left, *x.shape[axis + 1 :])
            if x.role == "constant":
                return Array(x.name, shape, x.role, _part(x, cut))
            if axis == 0 and step == 1 and self._parts(x, start, stop):
                return Array(_rows_name(x.name, start, stop), shape, x.role, _part(x, cut))
            x = self.tensor(x)
        if axis == x.batch and self.samples > 1:
            raise UnsupportedError("a part of the batch")
        if left == 0:
            raise UnsupportedError("a slice that holds no values")
        sizes = (*x.sizes[:axis], left, *x.sizes[axis + 1 :])
        options = {"start": start, "stop": stop, "step": step, "axis": self.axis(x, axis)}
        item = self._item("slice", options, (x.source,), self._own(x, axis, left))
        return Tensor(item, self._own(x, axis, left), sizes, x.axes, x.batch, x.outer)

    def _parts(self, array: Array, start: int, stop: int) -> bool:
        """Whether rows of an array can be an array of their own: not where they overlap with others."""
        rows = self._rows.setdefault(array.name, set())
        apart = all(stop <= first or last <= start for first, last in rows - {(start, stop)})
        if apart and array.name not in self._kept:
            rows.add((start, stop))
        return (start, stop) in rows

    def _own(self, x: Tensor, axis: int, size: int) -> Shape:
        place = x.axes[axis]
        return tuple(size if at == place else own for at, own in enumerate(x.own))

    def chosen(self, x: Operand, axis: int, index: int) -> Operand:
        """One value along an axis, which goes."""
        axis = axis_of(axis, len(self.shape(x)))
        if isinstance(x, Array):
            if x.role == "constant":
                place = (*(slice(None),) * axis, index)
                left = (*x.shape[:axis], *x.shape[axis + 1 :])
                return Array(x.name, left, x.role, _part(x, place))
            x = self.tensor(x)
        sizes = (*x.sizes[:axis], *x.sizes[axis + 1 :])
        batch = x.batch
        if batch is not None:
            if axis == batch and self.samples > 1:
                raise UnsupportedError("one sample of the batch")
            batch = None if axis == batch else batch - (axis < batch)
        axes = (*x.axes[:axis], *x.axes[axis + 1 :])
        place_of = x.axes[axis]
        if x.sizes[axis] == 1:
            return x.relabelled(sizes, axes, batch)
        options = {"index": axis_of(index, x.sizes[axis]), "axis": self.axis(x, axis)}
        own = tuple(size for at, size in enumerate(x.own) if at != place_of) or (1,)
        item = self._item("select", options, (x.source,), own)
        moved = tuple(None if a is None else a - (place_of is not None and a > place_of) for a in axes)
        return Tensor(item, own, sizes, moved, batch, x.outer)

    def concat(self, xs: Sequence[Operand], axis: int) -> Operand:
        """Values one after another along an axis."""
        axis = axis_of(axis, len(self.shape(xs[0])))
        tensors = [self.tensor(x) for x in xs if prod(self.shape(x))]
        if len(tensors) == 1:
            return tensors[0]
        if axis in (x.batch for x in tensors) and self.samples > 1:
            raise UnsupportedError("values joined along the batch")
        first = max(tensors, key=lambda x: len(x.own))
        batch = next((x.batch for x in tensors if x.batch is not None), None)
        order = self.whole_order(first)
        if first.batch is None and batch in order and first.sizes[batch] == 1 and batch != axis:
            order.remove(batch)
        if axis not in order:
            order.insert(0, axis)
        sources = [self.arranged(x, order) for x in tensors]
        total = sum(x.sizes[axis] for x in tensors)
        sizes = (*first.sizes[:axis], total, *first.sizes[axis + 1 :])
        place = order.index(axis)
        options = {"axis": "channels" if place == len(order) - 1 else place}
        return self.layer("concat", options, sources, sizes, order, batch)

    def of_each_part(self, x: Tensor, layer: Callable[[Tensor, int], Tensor]) -> Tensor:
        """A layer for each part of a sample in axis 0, the batch, given the part and its number."""
        parts = x.sizes[0]
        if parts > MOST_PARTS:
            raise UnsupportedError(f"{parts} parts of each sample that are put into the batch")
        made = []
        for number in range(parts):
            y = layer(self.part_in_batch(x, number), number)
            made.append(y.relabelled((y.sizes[0], 1, *y.sizes[1:]), (y.axes[0], None, *y.axes[1:]), y.batch))
        joined = self.tensor(self.concat(made, 1))
        return joined.relabelled(joined.sizes[1:], joined.axes[1:], 0, x.outer)

    def part_in_batch(self, x: Tensor, number: int) -> Tensor:
        """One of the parts of each sample in axis 0, in the place of all of them."""
        part = self.chosen(x.relabelled((1, *x.sizes), (None, *x.axes), 0), 1, number)
        return self.tensor(part)

    def merged(
        self, kind: str, operands: Sequence[Operand], options: Mapping[str, Any] | None = None
    ) -> Tensor:
        """A merge of values that broadcast as NumPy's do, in the source's order of axes."""
        rank = max(len(self.shape(x)) for x in operands)
        tensors = [x for x in operands if isinstance(x, Tensor)]
        ahead = {id(x): rank - len(self.shape(x)) for x in operands}
        batch = next((x.batch + ahead[id(x)] for x in tensors if x.batch is not None), None)
        first = max(tensors, key=lambda x: (prod(x.own), len(x.own))) if tensors else self.tensor(operands[0])
        order = [axis + ahead.get(id(first), 0) for axis in first.order]
        sizes = [1] * rank
        for x in operands:
            own = x.shape if isinstance(x, Array) else x.sizes
            for axis, size in enumerate(own, ahead[id(x)]):
                sizes[axis] = max(sizes[axis], size)
        order = [axis for axis in range(rank) if axis not in order and sizes[axis] != 1] + order
        sources = []
        for x in operands:
            offset = ahead[id(x)]
            want = [axis - offset if axis >= offset else None for axis in order]
            if isinstance(x, Tensor):
                sources.append(self.arranged(x, want, stretch=x is not first))
                continue
            while len(want) > 1 and (want[0] is None or x.shape[want[0]] == 1):
                del want[0]
            sources.append(self.parameter(x, want))
        outer = max((x.outer for x in tensors), default=1)
        return replace(self.layer(kind, options or {}, sources, tuple(sizes), order, batch), outer=outer)

    def remaining(self, arrays: Mapping[str, Array]) -> Iterator[Array]:
        """The arrays that no layer has."""
        kept = {stored.name for item in self.outline.items() for stored in item.weights.values()}
        kept |= {self.parts[name] for name in kept if name in self.parts}
        for name, array in arrays.items():
            if name in kept:
                continue
            if name not in self._rows:
                yield array
                continue
            # of an array that layers have in parts, the rows that none has
            parts = [span for span in sorted(self._rows[name]) if _rows_name(name, *span) in kept]
            ends = [0, *(stop for _, stop in parts)]
            for first, (start, _) in zip(ends, [*parts, (array.shape[0], 0)], strict=True):
                if first < start:
                    shape = (start - first, *array.shape[1:])
                    read = _part(array, slice(first, start))
                    yield Array(_rows_name(name, first, start), shape, array.role, read)


def _rows_name(name: str, start: int, stop: int) -> str:
    """The name of some rows of an array."""
    return f"{name}[{start}:{stop}]"


def _part(array: Array, places: Any) -> Any:
    """The function that reads a part of an array."""
    return lambda: array.read()[places]
