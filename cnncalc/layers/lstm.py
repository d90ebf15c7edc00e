"""Long short-term memory: a recurrent layer with a cell that three gates guard."""

from collections.abc import Sequence
from typing import Any

from cnncalc.layers.support.base import Example, Weight, Work, layer
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import count, option
from cnncalc.layers.support.recurrence import SAYS, Cell, Recurrent, gate, hidden, sigmoid


@layer
class Lstm(Recurrent):
    """c = f*c + i*g and h = o*tanh(c), gates i, f, g, o in order. Source: Hochreiter, Schmidhuber (1997)."""

    gates = 4
    states = 2
    keras_cell = """
class TwoBiasLSTMCell(layers.LSTMCell):
    \"""A cell whose gates have a second bias, as in cuDNN.\"""

    def build(self, shape):
        super().build(shape)
        self.recurrent_bias = self.add_weight(
            (4 * self.units,), initializer="zeros", name="recurrent_bias"
        )

    def call(self, inputs, states, training=False):
        h, c = states
        gates = ops.matmul(inputs, self.kernel) + self.bias
        gates += ops.matmul(h, self.recurrent_kernel) + self.recurrent_bias
        i, f, g, o = ops.split(gates, 4, axis=-1)
        c = ops.sigmoid(f) * c + ops.sigmoid(i) * ops.tanh(g)
        h = ops.sigmoid(o) * ops.tanh(c)
        return h, [h, c]
"""
    messages = SAYS | {
        "why.params": {
            "en": "Four gates: each unit has a weight for every value that comes in or came out before.",
            "zh": "四个门：每个单元对每个输入值以及上一步的每个输出值各有一个权重。",
        },
        "why.params.bias": {
            "en": "Each gate has a bias for each unit.",
            "zh": "每个门的每个单元有一个偏置。",
        },
    }
    examples = (
        Example(
            {"lstm": 256},
            "26x512",
            "26x256",
            {"params": 787456, "macs": 20447232, "connections": 20473856},
            "by hand: 4*((512 + 256)*256 + 256) parameters, 26 steps of 4*(512 + 256)*256 products",
        ),
        Example(
            {"lstm": {"units": 12, "direction": "both", "biases": 2, "returns": "last"}},
            "20x16",
            "24",
            {"params": 2880, "macs": 53760},
            "by hand, PyTorch's: 2*4*12*(16 + 12 + 2), and 20 steps of 2*4*12*(16 + 12)",
        ),
    )

    projection: int | None = option(
        count, None, help="how many values come out of a unit's step, by a matrix"
    )

    @property
    def out(self) -> int:
        return self.units if self.projection is None else self.projection

    def projected(self, cell: Cell) -> dict[str, Weight]:
        return {} if self.projection is None else {f"weight_hr{cell.ending}": Weight((self.out, self.units))}

    def step_work(self) -> Work:
        m = self.units
        work = {"exp": 3 * m, "divide": 3 * m, "tanh": 2 * m, "multiply": 3 * m, "add": 3 * m + m}
        if self.projection is None:
            return work
        products = self.out * m
        return {**work, "multiply": work["multiply"] + products, "add": work["add"] + products - self.out}

    def step(
        self, tool: Toolkit[Array, Windows], own: Arrays[Array], x: Array, states: Sequence[Array]
    ) -> list[Array]:
        h, c = states
        gates = x + hidden(tool, own, h)
        i, f, o = (sigmoid(tool, gate(tool, gates, number, 4)) for number in (0, 1, 3))
        c = f * c + i * tool.tanh(gate(tool, gates, 2, 4))
        h = o * tool.tanh(c)
        return [tool.product(h, own["hr"]) if "hr" in own else h, c]

    def torch_run(self, torch: Any, x: Any, states: Any, arrays: Any) -> tuple[Any, list[Any]]:
        y, h, c = torch.lstm(x, states, arrays, True, 1, 0.0, False, False, True)
        return y, [h[0], c[0]]

    def turned(self, array: Any) -> Any:
        return array.reshape(4, self.units, *array.shape[1:])[[0, 3, 1, 2]].reshape(array.shape)

    def onnx_run(
        self, onnx: Any, x: Any, arrays: Sequence[Any], bias: Any, states: Sequence[Any], way: str
    ) -> Any:
        given = states or (None, None)
        return onnx.several(
            3, "LSTM", x, *arrays, bias, None, *given, hidden_size=int(self.units), direction=way
        )
