"""Plain recurrent layer: each step a function of the input and of the step before."""

from collections.abc import Sequence
from typing import Any

from cnncalc.layers.support.base import Example, Work, layer
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import choice, option
from cnncalc.layers.support.recurrence import SAYS, Recurrent, hidden


@layer
class Rnn(Recurrent):
    """h = tanh(W x + U h + b). Source: Elman (1990)."""

    aliases = ("simple_rnn",)
    gates = 1
    keras_cell = """
class TwoBiasSimpleRNNCell(layers.SimpleRNNCell):
    \"""A cell with a second bias, as in cuDNN.\"""

    def build(self, shape):
        super().build(shape)
        self.recurrent_bias = self.add_weight(
            (self.units,), initializer="zeros", name="recurrent_bias"
        )

    def call(self, sequence, states, training=False):
        x = ops.matmul(sequence, self.kernel) + self.bias
        x += ops.matmul(states[0], self.recurrent_kernel) + self.recurrent_bias
        x = self.activation(x)
        return x, [x]
"""
    messages = SAYS | {
        "why.params": {
            "en": "Each unit has a weight for every value that comes in or came out before.",
            "zh": "每个单元对每个输入值以及上一步的每个输出值各有一个权重。",
        },
        "why.params.bias": {"en": "Each unit has a bias.", "zh": "每个单元有一个偏置。"},
    }
    examples = (
        Example(
            {"rnn": {"units": 32, "returns": "last"}},
            "10x8",
            "32",
            {"params": 1312, "macs": 12800},
            "by hand: (8 + 32)*32 + 32 parameters, 10 steps of (8 + 32)*32 products",
        ),
    )

    nonlinearity: str = option(choice("tanh", "relu"), "tanh", help="the activation of a step's sums")

    @property
    def torch_mode(self) -> str:
        return f"rnn_{self.nonlinearity}"

    def step_work(self) -> Work:
        return {"tanh" if self.nonlinearity == "tanh" else "compare": self.units}

    def step(
        self, tool: Toolkit[Array, Windows], own: Arrays[Array], x: Array, states: Sequence[Array]
    ) -> list[Array]:
        sums = x + hidden(tool, own, states[0])
        return [tool.tanh(sums) if self.nonlinearity == "tanh" else tool.at_least(sums, 0)]

    def torch_run(self, torch: Any, x: Any, states: Any, arrays: Any) -> tuple[Any, list[Any]]:
        run = torch.rnn_tanh if self.nonlinearity == "tanh" else torch.rnn_relu
        y, h = run(x, states[0], arrays, True, 1, 0.0, False, False, True)
        return y, [h[0]]

    def onnx_run(
        self, onnx: Any, x: Any, arrays: Sequence[Any], bias: Any, states: Sequence[Any], way: str
    ) -> Any:
        options = {"activations": [self.nonlinearity.capitalize()], "direction": way}
        return onnx.several(2, "RNN", x, *arrays, bias, None, *states, hidden_size=int(self.units), **options)
