"""PyTorch's operators as layers: products with weights and of values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.interop.aten_operators.registry import operator
from cnncalc.interop.operations import Operations
from cnncalc.interop.tensors import Array, Tensor, UnsupportedError

if TYPE_CHECKING:
    from cnncalc.interop.aten import OperatorCall


@operator("linear")
def linear(ops: Operations, call: OperatorCall) -> Any:
    return ops.linear(call("input"), call("weight"), call("bias"), call.out)


@operator("addmm")
def addmm(ops: Operations, call: OperatorCall) -> Any:
    x, weight = call("mat1"), call("mat2")
    if call("beta", 1) != 1 or call("alpha", 1) != 1:
        raise UnsupportedError("factors")
    if isinstance(weight, Array) and weight.role == "learned":
        return ops.linear(x, weight.transposed([1, 0]), call("self"), call.out)
    return ops.merged("add", [ops.matmul(x, weight, call.out), call("self")])


@operator("mm", "bmm", "matmul")
def matmul(ops: Operations, call: OperatorCall) -> Any:
    a, b = call("self"), call("mat2", call("other"))
    if isinstance(b, Array) and len(b.shape) == 2 and b.role == "learned" and isinstance(a, Tensor):
        return ops.linear(a, b.transposed([1, 0]), None, call.out)
    return ops.matmul(a, b, call.out)


@operator("baddbmm")
def baddbmm(ops: Operations, call: OperatorCall) -> Any:
    y: Tensor = ops.matmul(call("batch1"), call("batch2"), call.out)
    if (scale := call("alpha", 1)) != 1:
        y = ops.same("rescale", y, {"scale": scale})
    return y if call("beta", 1) == 0 else ops.merged("add", [call("self"), y])


@operator("_weight_norm", "_weight_norm_interface")
def weight_norm(ops: Operations, call: OperatorCall) -> Any:
    v, g, axis = call("v"), call("g"), call("dim", 0)
    if not isinstance(v, Array) or not isinstance(g, Array):
        raise UnsupportedError("weights that the network computes")
    weight = ops.normed(v, g, axis)
    return [weight, None] if isinstance(call.out, list) else weight


@operator("tril", "triu")
def triangle(ops: Operations, call: OperatorCall) -> Any:
    rows, columns = call.out[-2:]
    return ops.merged(
        "multiply", [call("self"), ops.triangle(call.node.op[-4:], rows, columns, call("diagonal", 0))]
    )


@operator("einsum")
def einsum(ops: Operations, call: OperatorCall) -> Any:
    return ops.einsum(call("equation"), call("tensors"), call.out)


@operator("scaled_dot_product_attention", "_scaled_dot_product_flash_attention_for_cpu")
def attention(ops: Operations, call: OperatorCall) -> Any:
    options: dict[str, Any] = {"causal": call("is_causal", default=False)}
    if call("scale") is not None:
        options["scale"] = call.number("scale")
    out = call.out[0] if isinstance(call.out, list) else call.out
    q, k, v = call("query"), call("key"), call("value")
    if call("enable_gqa", default=False):
        # heads that share keys and values: each has a copy
        axis = len(out) - 3
        heads = ops.shape(q)[axis]
        k, v = (ops.repeated(x, axis, heads // ops.shape(x)[axis]) for x in (k, v))
    y = ops.attention(q, k, v, call("attn_mask"), out, options)
    return [y, None] if isinstance(call.out, list) else y


@operator("embedding")
def embedding(ops: Operations, call: OperatorCall) -> Any:
    weight, x = call("weight"), ops.tensor(call("indices"))
    if not isinstance(weight, Array):
        raise UnsupportedError("a table that the network computes")
    options = {"vocabulary": weight.shape[0], "size": weight.shape[1]}
    order = [axis for axis in x.order if axis != x.batch]
    return ops.layer(
        "embedding",
        options,
        (x.source,),
        ops.sizes(call.out, x.batch),
        [*order, x.rank],
        x.batch,
        {"weight": weight},
    )
