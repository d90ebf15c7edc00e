"""PyTorch's operators as layers: values laid out, cut, joined and moved."""

from collections.abc import Sequence
from math import prod
from typing import Any

from cnncalc.interop.aten_operators import OperatorCall, operator
from cnncalc.interop.operations import Operations
from cnncalc.interop.tensors import Array, UnsupportedError, axis_of

LAST = 2**63 - 1


@operator(
    "view",
    "reshape",
    "_unsafe_view",
    "view_copy",
    "flatten",
    "unflatten",
    "unsqueeze",
    "squeeze",
    "ravel",
    "reshape_as",
    "view_as",
)
def view(ops: Operations, call: OperatorCall) -> Any:
    return ops.view(call("self"), call.out)


@operator("permute", "permute_copy", "transpose", "t", "numpy_T", "mT", "movedim")
def transpose(ops: Operations, call: OperatorCall) -> Any:
    x = call("self")
    rank = len(ops.shape(x))
    if call.op.startswith("permute"):
        order = [axis_of(axis, rank) for axis in call("dims")]
    elif call.op in ("t", "numpy_T"):
        order = list(range(rank))[::-1]
    elif call.op == "mT":
        order = [*range(rank - 2), rank - 1, rank - 2]
    elif call.op == "movedim":
        moved, places = ([axis_of(axis, rank) for axis in _each(call(n))] for n in ("source", "destination"))
        order = [axis for axis in range(rank) if axis not in moved]
        for place, axis in sorted(zip(places, moved, strict=True)):
            order.insert(place, axis)
    else:
        order = list(range(rank))
        a, b = (axis_of(call(n, call(m)), rank) for n, m in (("dim0", "axis0"), ("dim1", "axis1")))
        order[a], order[b] = order[b], order[a]
    return ops.transpose(x, order)


@operator("expand", "expand_copy", "broadcast_to", "expand_as")
def expand(ops: Operations, call: OperatorCall) -> Any:
    return ops.expand(call("self"), call.out)


@operator("slice", "slice_copy")
def slices(ops: Operations, call: OperatorCall) -> Any:
    x = call("self")
    axis = axis_of(call("dim", 0), len(ops.shape(x)))
    return ops.part(x, axis, call("start", 0), call("end", LAST), call("step", 1))


@operator("narrow")
def narrow(ops: Operations, call: OperatorCall) -> Any:
    return ops.part(call("self"), call("dim"), call("start"), call("start") + call("length"))


@operator("select", "select_copy")
def select(ops: Operations, call: OperatorCall) -> Any:
    return ops.chosen(call("self"), call("dim"), call("index"))


@operator("chunk", "split", "split_with_sizes", "tensor_split", "split_copy")
def split(ops: Operations, call: OperatorCall) -> Any:
    return ops.split(call("self"), call("dim", 0), call.outs)


@operator("unbind")
def unbind(ops: Operations, call: OperatorCall) -> Any:
    return [ops.chosen(call("self"), call("dim", 0), index) for index in range(len(call.outs))]


@operator("cat", "concat")
def concat(ops: Operations, call: OperatorCall) -> Any:
    return ops.concat(call("tensors"), call("dim", 0))


@operator("hstack", "vstack", "dstack", "row_stack", "column_stack")
def stacked(ops: Operations, call: OperatorCall) -> Any:
    rank = len(call.out)
    if any(len(ops.shape(x)) != rank for x in call("tensors")):
        raise UnsupportedError("values of fewer dimensions than come out")
    axis = {"h": min(1, rank - 1), "c": 1, "d": 2}.get(call.op[0], 0)
    return ops.concat(call("tensors"), axis)


@operator("stack")
def stack(ops: Operations, call: OperatorCall) -> Any:
    axis = axis_of(call("dim", 0), len(call.out))
    shape = (*call.out[:axis], 1, *call.out[axis + 1 :])
    return ops.concat([ops.view(x, shape) for x in call("tensors")], axis)


@operator("roll")
def roll(ops: Operations, call: OperatorCall) -> Any:
    x = ops.tensor(call("self"))
    if not call("dims"):
        raise UnsupportedError("a roll of all values in one line")
    axes = [ops.axis(x, axis_of(axis, x.rank)) for axis in call("dims")]
    return ops.same("roll", x, {"shift": _flat_list(call("shifts")), "axis": _flat_list(axes)})


@operator("flip", "fliplr", "flipud")
def flip(ops: Operations, call: OperatorCall) -> Any:
    x = ops.tensor(call("self"))
    dims = call("dims", {"fliplr": [1], "flipud": [0]}.get(call.op))
    axes = [ops.axis(x, axis_of(axis, x.rank)) for axis in dims]
    return ops.same("flip", x, {"axis": _flat_list(axes)})


def _each(axes: int | Sequence[int]) -> Sequence[int]:
    return [axes] if isinstance(axes, int) else axes


def _flat_list(values: Sequence[Any]) -> Any:
    return values[0] if len(values) == 1 else list(values)


@operator("repeat", "tile")
def tile(ops: Operations, call: OperatorCall) -> Any:
    return ops.tiled(call("self"), call("repeats", call("dims")), call.out)


@operator("repeat_interleave")
def repeat_interleave(ops: Operations, call: OperatorCall) -> Any:
    x, repeats, axis = call("self"), call("repeats"), call("dim")
    if not isinstance(repeats, int) or x is None:
        raise UnsupportedError("values that are repeated unequally often")
    if axis is None:
        x, axis = ops.view(x, [prod(ops.shape(x))]), 0
    return ops.repeated(x, axis, repeats)


@operator("constant_pad_nd", "pad")
def pad(ops: Operations, call: OperatorCall) -> Any:
    return ops.padded(call("self"), call("pad"), call("mode", "constant"), call("value", 0), call.out)


@operator("reflection_pad1d", "reflection_pad2d", "replication_pad1d", "replication_pad2d")
def pad_by_image(ops: Operations, call: OperatorCall) -> Any:
    mode = "reflect" if "reflection" in call.op else "replicate"
    return ops.padded(call("self"), call("padding"), mode, 0, call.out)


@operator("index", "index_select")
def index(ops: Operations, call: OperatorCall) -> Any:
    if call.op == "index_select":
        return ops.gathered(call("self"), call("dim"), call("index"), call.out)
    given = [(axis, each) for axis, each in enumerate(call("indices")) if each is not None]
    axis, indices = given[0]
    if len(given) == 1:
        return ops.gathered(call("self"), axis, indices, call.out)
    if given[-1][0] != axis + len(given) - 1:
        raise UnsupportedError("indices for axes that are apart")
    return ops.picked(call("self"), axis, [each for _, each in given], call.out)


@operator("gather")
def gather(ops: Operations, call: OperatorCall) -> Any:
    return ops.gathered_each(call("self"), call("dim"), call("index"), call.out)


@operator("unfold")
def slide(ops: Operations, call: OperatorCall) -> Any:
    """Windows along one axis, the values of each in a new last axis."""
    x, size, step = call("self"), call("size"), call("step")
    shape = ops.shape(x)
    axis = axis_of(call("dimension"), len(shape))
    count = (shape[axis] - size) // step + 1

    def places() -> Any:
        import numpy as np

        return np.arange(count)[:, None] * step + np.arange(size)

    windows = (*shape[:axis], count, size, *shape[axis + 1 :])
    made = ops.gathered(x, axis, Array(f"windows {axis}", (count, size), "constant", places), windows)
    return ops.transpose(made, [*(a for a in range(len(windows)) if a != axis + 1), axis + 1])


@operator("pixel_shuffle")
def pixel_shuffle(ops: Operations, call: OperatorCall) -> Any:
    return ops.windowed("pixel_shuffle", {"scale": call("upscale_factor")}, call("self"), 2, call.out)


@operator("pixel_unshuffle")
def pixel_unshuffle(ops: Operations, call: OperatorCall) -> Any:
    return ops.windowed("pixel_unshuffle", {"scale": call("downscale_factor")}, call("self"), 2, call.out)


@operator("channel_shuffle", "native_channel_shuffle")
def channel_shuffle(ops: Operations, call: OperatorCall) -> Any:
    options = {"groups": call("groups")}
    return ops.windowed("channel_shuffle", options, call("self"), len(call.out) - 2, call.out)


@operator("fill")
def fill(ops: Operations, call: OperatorCall) -> Any:
    return ops.filled(call("self"), call.plain("value"))


@operator("zero")
def zero(ops: Operations, call: OperatorCall) -> Any:
    return ops.filled(call("self"), 0.0)


@operator("copy")
def copy(ops: Operations, call: OperatorCall) -> Any:
    return ops.expand(call("src"), ops.shape(call("self")))
