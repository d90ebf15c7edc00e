"""PyTorch's operators as layers: products with weights and of values."""

from string import ascii_lowercase, ascii_uppercase
from typing import Any

from cnncalc.interop.aten_operators import OperatorCall, operator
from cnncalc.interop.operations import Operations
from cnncalc.interop.tensors import Array, Tensor, UnsupportedError, axis_of


def weights(ops: Operations, value: Any) -> Any:
    """Weights that a layer learns as they are; an array that the model keeps is a layer of its own."""
    return ops.tensor(value) if isinstance(value, Array) and value.role != "learned" else value


@operator("linear")
def linear(ops: Operations, call: OperatorCall) -> Any:
    return ops.linear(call("input"), weights(ops, call("weight")), call("bias"), call.out)


@operator("addmm")
def addmm(ops: Operations, call: OperatorCall) -> Any:
    x, weight = call("mat1"), call("mat2")
    if call("beta", 1) != 1 or call("alpha", 1) != 1:
        raise UnsupportedError("factors")
    if isinstance(weight, Array) and weight.role == "learned":
        return ops.linear(x, weight.transposed([1, 0]), call("self"), call.out)
    return ops.merged("add", [ops.matmul(x, weight, call.out), call("self")])


@operator("mm", "bmm", "matmul", "mv", "dot", "vdot")
def matmul(ops: Operations, call: OperatorCall) -> Any:
    other = call("mat2", call("other", call("vec", call("tensor"))))
    return ops.product(call("self"), other, call.out)


@operator("tensordot")
def tensordot(ops: Operations, call: OperatorCall) -> Any:
    a, b = call("self"), call("other")
    first, second = ([axis_of(n, len(ops.shape(x))) for n in call(f"dims_{name}")]
                     for name, x in (("self", a), ("other", b)))  # fmt: skip
    left = [ascii_lowercase[n] for n in range(len(ops.shape(a)))]
    right = [ascii_uppercase[n] for n in range(len(ops.shape(b)))]
    for n, m in zip(first, second, strict=True):
        right[m] = left[n]
    rest = [c for c in left if c not in right] + [c for c in right if c not in left]
    return ops.einsum(f"{''.join(left)},{''.join(right)}->{''.join(rest)}", [a, b], call.out)


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
    return ops.normed(v, g, axis)


@operator("tril", "triu")
def triangle(ops: Operations, call: OperatorCall) -> Any:
    rows, columns = call.out[-2:]
    kept = ops.triangle(call.op, rows, columns, call("diagonal", 0))
    return ops.merged("multiply", [call("self"), kept])


@operator("einsum")
def einsum(ops: Operations, call: OperatorCall) -> Any:
    return ops.einsum(call("equation"), call("tensors"), call.out)


@operator("scaled_dot_product_attention", "_scaled_dot_product_flash_attention_for_cpu")
def attention(ops: Operations, call: OperatorCall) -> Any:
    options: dict[str, Any] = {"causal": call("is_causal", default=False)}
    if call("scale") is not None:
        options["scale"] = call.plain("scale")
    q, k, v = call("query"), call("key"), call("value")
    if call("enable_gqa", default=False):
        # heads that share keys and values: each has a copy
        axis = len(call.first) - 3
        heads = ops.shape(q)[axis]
        k, v = (ops.repeated(x, axis, heads // ops.shape(x)[axis]) for x in (k, v))
    return ops.attention(q, k, v, call("attn_mask"), call.first, options)


@operator("embedding")
def embedding(ops: Operations, call: OperatorCall) -> Any:
    table = weights(ops, call("weight"))
    if isinstance(table, Tensor):
        return ops.gathered(table, 0, call("indices"), call.out)
    return ops.embedding(table, call("indices"), call.out)
