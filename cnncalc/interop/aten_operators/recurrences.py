"""PyTorch's operators as layers: recurrences."""

from collections.abc import Mapping
from typing import Any

from cnncalc.interop.aten_operators import OperatorCall, operator
from cnncalc.interop.operations import Operations


def _kind_of(op: str) -> tuple[str, dict[str, Any]]:
    """The kind that an operator such as rnn_relu is, with the option that its name says."""
    return ("rnn", {"nonlinearity": op[4:]}) if op.startswith("rnn") else (op, {})


@operator("lstm", "gru", "rnn_tanh", "rnn_relu")
def recurrence(ops: Operations, call: "OperatorCall") -> Any:
    kind, options = _kind_of(call.op)
    params, layers, biases = call("params"), call("num_layers"), call("has_biases", default=True)
    ways = ("", "_reverse") if call("bidirectional", default=False) else ("",)
    each = len(params) // (layers * len(ways))
    names = ["weight_ih", "weight_hh", *(["bias_ih", "bias_hh"] if biases else [])]
    names += ["weight_hr"] * (each > len(names))
    full = [f"{name}_l{layer}{way}" for layer in range(layers) for way in ways for name in names]
    weights = dict(zip(full, params, strict=True))
    options |= {"layers": layers, "biases": 2 if biases else 0}
    second = [name for name in full if name.startswith("bias_hh")]
    if second and all(weights[name].zero for name in second):
        # zeros that the program makes are no parameters: a gate has one bias
        options["biases"] = 1
        weights = {n.replace("bias_ih", "bias"): each for n, each in weights.items() if n not in second}
    if len(ways) > 1:
        options["direction"] = "both"
    if "weight_hr" in names:
        options["projection"] = weights["weight_hr_l0"].shape[0]
    return _run(ops, call, kind, weights, options, time=1 if call("batch_first", default=False) else 0)


@operator("lstm_cell", "gru_cell", "rnn_tanh_cell", "rnn_relu_cell")
def cell(ops: Operations, call: "OperatorCall") -> Any:
    kind, options = _kind_of(call.op.removesuffix("_cell"))
    names = {"weight_ih_l0": "w_ih", "weight_hh_l0": "w_hh", "bias_ih_l0": "b_ih", "bias_hh_l0": "b_hh"}
    weights = {ours: call(theirs) for ours, theirs in names.items() if call(theirs) is not None}
    options["biases"] = 2 if len(weights) == 4 else 0
    return _run(ops, call, kind, weights, options, time=None)


def _run(
    ops: Operations,
    call: "OperatorCall",
    kind: str,
    weights: Mapping[str, Any],
    options: Mapping[str, Any],
    time: int | None,
) -> Any:
    """The recurrence from the states that the call gives; its last states where anything reads them."""
    hx = call("hx")
    states, last = hx if isinstance(hx, list) else [hx], any(call.wanted[1:])
    return ops.recurrence(kind, call("input"), states, weights, options=options, time=time, last=last)
