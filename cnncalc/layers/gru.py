"""Gated recurrent unit: a recurrent layer with two gates and no cell."""

from collections.abc import Sequence
from typing import Any

from cnncalc.layers.support.base import Example, Work, layer
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import choice, option
from cnncalc.layers.support.recurrence import SAYS, Recurrent, gate, hidden, sigmoid


@layer
class Gru(Recurrent):
    """h = (1 - z)*n + z*h, gates r, z, n in order. Source: Cho et al. (2014)."""

    gates = 3
    keras_cell = """
class OneBiasGRUCell(layers.GRUCell):
    \"""A cell that resets the state behind the product, and whose gates have one bias.\"""

    def __init__(self, units, **options):
        super().__init__(units, **{**options, "use_bias": False})

    def build(self, shape):
        super().build(shape)
        sizes = (3 * self.units,)
        self.bias = self.add_weight(sizes, initializer="zeros", name="bias")

    def call(self, inputs, states, training=False):
        (h,) = states
        z, r, n = ops.split(ops.matmul(inputs, self.kernel) + self.bias, 3, axis=-1)
        uz, ur, un = ops.split(ops.matmul(h, self.recurrent_kernel), 3, axis=-1)
        z, r = ops.sigmoid(z + uz), ops.sigmoid(r + ur)
        h = z * h + (1 - z) * ops.tanh(n + r * un)
        return h, [h]
"""
    messages = SAYS | {
        "why.params": {
            "en": "Three gates: each unit has a weight for every value that comes in or came out before.",
            "zh": "三个门：每个单元对每个输入值以及上一步的每个输出值各有一个权重。",
        },
        "why.params.bias": {
            "en": "Each gate has a bias for each unit.",
            "zh": "每个门的每个单元有一个偏置。",
        },
    }
    examples = (
        Example(
            {"gru": 256},
            "26x512",
            "26x256",
            {"params": 590592, "macs": 15335424},
            "by hand: 3*((512 + 256)*256 + 256) parameters, 26 steps of 3*(512 + 256)*256 products",
        ),
    )

    reset: str = option(
        choice("after", "before"), "after", help="whether the gate r comes after the product with the state"
    )

    @property
    def torch_mode(self) -> str:
        return "gru" if self.reset == "after" else ""

    @property
    def gated_products(self) -> int:
        return self.units * self.out if self.reset == "before" else 0

    def step_work(self) -> Work:
        m = self.units
        return {"exp": 2 * m, "divide": 2 * m, "tanh": m, "multiply": 3 * m, "add": 2 * m + 2 * m}

    def step(
        self, tool: Toolkit[Array, Windows], own: Arrays[Array], x: Array, states: Sequence[Array]
    ) -> list[Array]:
        (h,) = states
        if self.reset == "after":
            products = hidden(tool, own, h)
            r, z = (
                sigmoid(tool, gate(tool, x, number, 3) + gate(tool, products, number, 3)) for number in (0, 1)
            )
            n = tool.tanh(gate(tool, x, 2, 3) + r * gate(tool, products, 2, 3))
        else:
            m = self.units
            first = {name: tool.part(array, 0, 0, 2 * m) for name, array in own.items() if name in _OF_STATE}
            last = {
                name: tool.part(array, 0, 2 * m, 3 * m) for name, array in own.items() if name in _OF_STATE
            }
            both = sigmoid(tool, tool.part(x, -1, 0, 2 * m) + hidden(tool, first, h))
            r, z = (gate(tool, both, number, 2) for number in (0, 1))
            n = tool.tanh(gate(tool, x, 2, 3) + hidden(tool, last, r * h))
        return [(1 + -z) * n + z * h]

    def torch_run(self, torch: Any, x: Any, states: Any, arrays: Any) -> tuple[Any, list[Any]]:
        if self.reset == "after":
            y, h = torch.gru(x, states[0], arrays, True, 1, 0.0, False, False, True)
            return y, [h[0]]
        h, found, linear = states[0][0], [], torch.nn.functional.linear
        (w, u, b, c), m = arrays, self.units
        for at in range(x.shape[1]):
            share = linear(x[:, at], w, b)
            r, z = torch.sigmoid(share[:, : 2 * m] + linear(h, u[: 2 * m], c[: 2 * m])).chunk(2, -1)
            n = torch.tanh(share[:, 2 * m :] + linear(r * h, u[2 * m :], c[2 * m :]))
            h = torch.lerp(n, h, z)
            found.append(h)
        return torch.stack(found, 1), [h]

    def turned(self, array: Any) -> Any:
        return array.reshape(3, self.units, *array.shape[1:])[[1, 0, 2]].reshape(array.shape)

    def onnx_run(
        self, onnx: Any, x: Any, arrays: Sequence[Any], bias: Any, states: Sequence[Any], way: str
    ) -> Any:
        options = {"linear_before_reset": int(self.reset == "after"), "direction": way}
        return onnx.several(2, "GRU", x, *arrays, bias, None, *states, hidden_size=int(self.units), **options)


_OF_STATE = ("hh", "bias_hh")
