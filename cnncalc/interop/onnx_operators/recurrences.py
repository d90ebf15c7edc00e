"""ONNX's operators as layers: recurrences."""

from collections.abc import Sequence
from typing import Any

from cnncalc.interop.onnx_operators import NodeCall, operator
from cnncalc.interop.operations import Operations
from cnncalc.interop.tensors import Array, UnsupportedError

_GATES = {"LSTM": (0, 2, 3, 1), "GRU": (1, 0, 2), "RNN": (0,)}
"""Where each of our gates stands among the operator's: i, f, g, o in i, o, f, c; r, z, n in z, r, h."""


@operator("LSTM", "GRU", "RNN")
def recurrence(ops: Operations, call: "NodeCall") -> Any:
    kind, gates = call.op.lower(), _GATES[call.op]
    x, w, r, b = (call[n] for n in range(4))
    if (
        call[4] is not None
        or call("clip") is not None
        or call("layout", 0)
        or call("input_forget", 0)
        or (call.op == "LSTM" and call[7] is not None)
    ):
        raise UnsupportedError("lengths of each sequence, clipping or peepholes")
    if not isinstance(w, Array) or not isinstance(r, Array):
        raise UnsupportedError("weights that the network computes")
    direction = call("direction", "forward")
    units = call("hidden_size") or r.shape[2]
    ways = ("", "_reverse") if direction == "bidirectional" else ("",)
    weights: dict[str, Array] = {}
    wholes: list[tuple[str, Array, int | None]] = [("weight_ih", w, None), ("weight_hh", r, None)]
    wholes += [("bias_ih", b, 0), ("bias_hh", b, 1)] if isinstance(b, Array) else []
    for n, way in enumerate(ways):
        for name, whole, half in wholes:
            part = weights[f"{name}_l0{way}"] = _gate_rows(whole, n, gates, units, half)
            ops.parts[part.name] = whole.name
    options: dict[str, Any] = {"biases": 2 if b is not None else 0, **_activations(call, len(ways))}
    if call.op == "GRU" and not call("linear_before_reset", 0):
        options["reset"] = "before"
    if len(ways) > 1:
        options["direction"] = "both"
    elif direction == "reverse":
        options["direction"] = "backward"
    states = [state for state in call.inputs[5:7] if state is not None]
    states = [] if all(map(_is_zero, states)) else states
    read = 1 + any(call.wanted[1:]) * (len(call.outs) - 1)
    made = ops.recurrence(kind, x, states, weights, options=options, time=0, last=read > 1)
    sequence = made[0]
    steps, batch = ops.shape(x)[:2]
    # (time, batch, ways * units) becomes (time, ways, batch, units)
    y = ops.transpose(ops.view(sequence, (steps, batch, len(ways), units)), [0, 2, 1, 3])
    return [y, *made[1:]][: max(read, 1)] if read > 1 else y


def _activations(call: "NodeCall", ways: int) -> dict[str, str]:
    """The option that the names of the activations come to; those of a gated cell are the usual ones."""
    usual = {"LSTM": ["Sigmoid", "Tanh", "Tanh"], "GRU": ["Sigmoid", "Tanh"], "RNN": ["Tanh"]}[call.op] * ways
    given = [name.decode() for name in call("activations", ())] or usual
    if call.op == "RNN" and given == ["Relu"] * ways:
        return {"nonlinearity": "relu"}
    if given != usual:
        raise UnsupportedError("other activations")
    return {}


def _is_zero(state: Any) -> bool:
    return isinstance(state, Array) and state.role == "constant" and not state.read().any()


def _gate_rows(array: Array, way: int, gates: Sequence[int], units: int, half: int | None = None) -> Array:
    """The rows of one direction, gate by gate in our order; of a bias, its input or its state half."""
    rows = len(gates) * units

    def read() -> Any:
        import numpy as np

        values = array.read()[way]
        if half is not None:
            values = values[half * rows : (half + 1) * rows]
        return np.concatenate([values[gate * units : (gate + 1) * units] for gate in gates])

    name = f"{array.name}[{way}]" + ("" if half is None else f"[{half}]")
    return Array(name, (rows, *array.shape[2:]) if half is None else (rows,), array.role, read)
