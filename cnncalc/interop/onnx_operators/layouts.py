"""ONNX's operators as layers: values laid out, cut, joined and moved."""

from typing import Any

from cnncalc.interop.onnx_operators import NodeCall, operator
from cnncalc.interop.onnx_operators.values import told
from cnncalc.interop.operations import Operations
from cnncalc.interop.tensors import Array, Tensor, UnsupportedError, axis_of


@operator("Reshape", "Flatten", "Squeeze", "Unsqueeze")
def view(ops: Operations, call: NodeCall) -> Any:
    return ops.view(call[0], call.out)


@operator("Transpose")
def transpose(ops: Operations, call: NodeCall) -> Any:
    return ops.transpose(call[0], call("perm", list(range(len(call.out)))[::-1]))


@operator("Expand")
def expand(ops: Operations, call: NodeCall) -> Any:
    return ops.expand(call[0], call.out)


@operator("Tile")
def tile(ops: Operations, call: NodeCall) -> Any:
    return ops.tiled(call[0], call.numbers(1) or [], call.out)


@operator("Concat")
def concat(ops: Operations, call: NodeCall) -> Any:
    return ops.concat(call.inputs, call("axis"))


@operator("Slice")
def slices(ops: Operations, call: NodeCall) -> Any:
    if call.opset < 10:
        starts, ends, axes, steps = call("starts"), call("ends"), call("axes"), None
    else:
        starts, ends, axes, steps = (call.numbers(n) for n in range(1, 5))
    x = call[0]
    if starts is None or ends is None:
        raise UnsupportedError("a slice without its ends")
    for n, (start, end) in enumerate(zip(starts, ends, strict=True)):
        step = steps[n] if steps else 1
        axis = axes[n] if axes else n
        x = (ops.part if step > 0 else ops.reversed)(x, axis, start, end, step)
    return x


@operator("Split")
def split(ops: Operations, call: NodeCall) -> Any:
    return ops.split(call[0], call("axis", 0), call.outs)


@operator("Gather")
def gather(ops: Operations, call: NodeCall) -> Any:
    x, axis = call[0], call("axis", 0)
    indices = call[1]
    if isinstance(indices, Array) and indices.role == "constant" and not indices.shape:
        return ops.chosen(x, axis, int(indices.read()))
    if (
        isinstance(x, Array)
        and len(x.shape) == 2
        and axis == 0
        and isinstance(indices, Tensor)
        and x.role == "learned"
    ):
        return ops.embedding(x, indices, call.out)
    return ops.gathered(x, axis, indices, call.out)


@operator("GatherElements")
def gather_elements(ops: Operations, call: NodeCall) -> Any:
    return ops.gathered_each(call[0], call("axis", 0), call[1], call.out)


@operator("GatherND")
def gather_nd(ops: Operations, call: NodeCall) -> Any:
    if call("batch_dims", 0):
        raise UnsupportedError("places of each sample")
    count = ops.shape(call[1])[-1]
    return ops.picked(call[0], 0, [ops.chosen(call[1], -1, axis) for axis in range(count)], call.out)


@operator("ScatterND")
def scatter_nd(ops: Operations, call: NodeCall) -> Any:
    x, indices, new = call.inputs
    if call("reduction", "none") != "none":
        raise UnsupportedError("values that are added to those at their places")
    if not isinstance(indices, Array) or indices.role != "constant" or indices.shape[1:] != (1,):
        raise UnsupportedError("values put at places that the network computes, or along several axes")
    return ops.replaced(x, 0, [int(place) for place in indices.read().reshape(-1)], new)


@operator("Pad")
def pad(ops: Operations, call: NodeCall) -> Any:
    given = call("pads") or call.numbers(1)
    if given is None:
        raise UnsupportedError("padding without numbers")
    rank = len(call.out)
    axes = call.numbers(3) if call[3] is not None else list(range(rank))
    assert axes is not None
    pairs = dict(
        zip(
            [axis_of(axis, rank) for axis in axes],
            zip(given[: len(axes)], given[len(axes) :], strict=True),
            strict=True,
        )
    )
    from_last = [n for axis in reversed(range(rank)) for n in pairs.get(axis, (0, 0))]
    mode = {"constant": "constant", "reflect": "reflect", "edge": "replicate", "wrap": "circular"}[
        call("mode", "constant")
    ]
    value = call("value", 0) if call[2] is None else told(call[2])
    return ops.padded(call[0], from_last, mode, value, call.out)


@operator("TopK")
def topk(ops: Operations, call: NodeCall) -> Any:
    axis = call("axis", -1)
    return ops.top_k(call[0], axis, call.out[0][axis], largest=bool(call("largest", 1)))


@operator("CumSum")
def cumsum(ops: Operations, call: NodeCall) -> Any:
    axis = call.numbers(1)
    if not axis or call("exclusive", 0) or call("reverse", 0):
        raise UnsupportedError("sums that exclude or go backwards")
    return ops.along("cumsum", call[0], int(axis[0]))
