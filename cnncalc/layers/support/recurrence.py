"""The common base of recurrent layers: they go through a sequence step by step, and keep a state."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from cnncalc.errors import LayerError
from cnncalc.expr import product
from cnncalc.layers.support.base import Shape, Weight, Work, options_of
from cnncalc.layers.support.code import LAST, Part, Source, Step, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.merging import Merge
from cnncalc.layers.support.options import choice, count, natural, option
from cnncalc.layers.support.reach import EVERYTHING, Reading

MOST_STACKED = 1000
"""The most recurrent layers on one another in one layer of a network: each has weights of its own to list."""

DIRECTIONS = ("forward", "backward", "both")
MERGES = ("concat", "sum", "multiply", "average")
MERGED = {"concat": "concat", "sum": "sum", "multiply": "mul", "average": "ave"}
"""How both directions come together, in Keras's words."""
RETURNS = ("sequence", "last", "all")


SAYS = {
    "legend.m": {"en": "units", "zh": "单元数"},
    "why.output": {
        "en": "At each step of the sequence the layer puts out a value for each unit.",
        "zh": "序列的每一步，每个单元输出一个值。",
    },
    "why.macs": {
        "en": "Every step of the sequence takes each weight once.",
        "zh": "序列的每一步对每个权重做一次乘加。",
    },
    "why.connections": {
        "en": "At each step a gate has a link to each value that comes in and each that came out before.",
        "zh": "每一步，每个门与每个输入值以及上一步的每个输出值各有一条连接。",
    },
}
"""Sentences of explanations for every recurrent layer."""


class Cell(NamedTuple):
    """One direction of one layer: the values read at a step, and the ending of its arrays' names."""

    inputs: int
    ending: str
    backward: bool


@options_of
class Recurrent(Merge):
    """At each position, gates of the input and of what came out at the position before.

    Reads a sequence (T, C), or a vector as one step of it, and then the states to begin with, (layers *
    directions, units), which are zeros unless they are given. Weights are PyTorch's, a gate after another.
    """

    family = "Recurrence"
    inputs = "any"
    channels_last = True
    reason_family = "recurrence"
    short_option = "units"
    compact = ("", "units")
    counts_in_depth = True
    units_option = "units"
    gates: ClassVar[int]
    """How many gates a unit has."""
    states: ClassVar[int] = 1
    """How many states are kept from step to step; the first is the output."""
    keras_cell: ClassVar[str] = ""
    """The class of a cell in Keras whose gates have the other number of biases, one or two."""

    units: int = option(count, symbol="m", help="how many units each direction of a layer has")
    layers: int = option(count, 1, help="how many layers lie on one another")
    direction: str = option(
        choice(*DIRECTIONS), "forward", help="which way the sequence is read; both have weights of their own"
    )
    merge: str = option(choice(*MERGES), "concat", help="how both directions come together")
    returns: str = option(
        choice(*RETURNS),
        "sequence",
        help="the output: every step, the last, or steps and states in one row",
    )
    biases: int = option(natural, 1, help="bias vectors of a gate: 0, 1, or 2 as in PyTorch")

    # ---- sizes

    @property
    def torch_mode(self) -> str:
        """The function of PyTorch that runs the layer: lstm, gru, rnn_tanh; "" where there is none."""
        return self.kind

    @property
    def out(self) -> int:
        """Number of values that a direction puts out at a step."""
        return self.units

    @property
    def ways(self) -> int:
        """Number of directions."""
        return 2 if self.direction == "both" else 1

    @property
    def width(self) -> int:
        """Number of values that a layer puts out at a step."""
        return self.out * 2 if self.ways == 2 and self.merge == "concat" else self.out

    def cells(self, x: Shape) -> Iterator[Cell]:
        """The directions of the layers, in PyTorch's order."""
        for layer in range(self.layers):
            inputs = self.width if layer else x[-1]
            if self.direction != "backward":
                yield Cell(inputs, f"_l{layer}", False)
            if self.direction != "forward":
                # PyTorch calls the second of two directions backward
                yield Cell(inputs, f"_l{layer}{'_reverse' if self.ways == 2 else ''}", True)

    def _steps(self, x: Shape) -> int:
        return x[0] if len(x) == 2 else 1

    def output(self, x: Shape, *more: Shape) -> Shape:
        self._check(x, more)
        if self.returns == "last":
            return (self.width,)
        if self.returns == "all":
            kept = self.layers * self.ways
            return (self._steps(x) * self.width + kept * self.out + kept * self.units * (self.states - 1),)
        return (*x[:-1], self.width)

    def _check(self, x: Shape, states: tuple[Shape, ...]) -> None:
        if len(x) > 2:
            told = "x".join(map(str, map(int, x)))
            message = f"{self.kind} reads a sequence, and {told} has {len(x) - 1} dimensions of positions"
            raise LayerError("unlike_shapes", message, "reshape it to length x channels first")
        if self.layers > MOST_STACKED:
            message = f"layers: {self.layers} layers on one another are too many"
            raise LayerError("too_large", message, f"at most {MOST_STACKED:,}", "layers")
        if self.biases > 2:
            raise LayerError("bad_value", f"{self.biases} biases", "0, 1 or 2", "biases")
        if self.returns == "all" and self.merge != "concat":
            message = "returns: all has the directions side by side"
            raise LayerError("bad_value", message, "leave merge out", "merge")
        if states and len(states) != self.states:
            message = (
                f"{self.kind} has {self.states} state{'s' * (self.states > 1)}, and is given {len(states)}"
            )
            raise LayerError("bad_value", message, "all of them, or none", "from")
        kept = self.layers * self.ways
        for number, state in enumerate(states):
            wanted = (kept, self.units if number else self.out)
            if product(state) != product(wanted) or state[-1] != wanted[-1]:
                told, due = ("x".join(map(str, map(int, shape))) for shape in (state, wanted))
                raise LayerError("unlike_shapes", f"a state of {told}, and {due} is wanted", "", "from")

    def weights(self, x: Shape, *more: Shape) -> dict[str, Weight]:
        rows, found = self.gates * self.units, dict[str, Weight]()
        for cell in self.cells(x):
            found[f"weight_ih{cell.ending}"] = Weight((rows, cell.inputs))
            found[f"weight_hh{cell.ending}"] = Weight((rows, self.out))
            for name in (("bias",), ("bias_ih", "bias_hh"))[self.biases - 1] if self.biases else ():
                found[f"{name}{cell.ending}"] = Weight((rows,))
            found |= self.projected(cell)
        return found

    def projected(self, cell: Cell) -> dict[str, Weight]:
        """The weights of what a step's output goes through besides."""
        return {}

    def reach(self, x: Shape, *more: Shape) -> Reading:
        return EVERYTHING

    def macs(self, x: Shape, *more: Shape) -> int:
        return self._steps(x) * sum(
            self.gates * self.units * (cell.inputs + self.out) + product_of(self.projected(cell))
            for cell in self.cells(x)
        )

    @property
    def gated_products(self) -> int:
        """The products of one step with a state that a gate has multiplied, which is constant no more."""
        return 0

    def gradient_macs(self, wanted: Sequence[bool], *inputs: Shape) -> int:
        steps, total = self._steps(inputs[0]), 0
        for number, cell in enumerate(self.cells(inputs[0])):
            rows = self.gates * self.units
            # layers on the first read what is computed within; the first state is a constant unless given
            if wanted[0] or number >= self.ways:
                total += steps * rows * cell.inputs
            total += (steps if any(wanted[1:]) else steps - 1) * rows * self.out
            total += 0 if any(wanted[1:]) else self.gated_products
            total += steps * product_of(self.projected(cell))
        return total

    def connections(self, x: Shape, *more: Shape) -> int:
        biases = self.gates * self.units * self.biases if self.biases else 0
        return self.macs(x, *more) + self._steps(x) * sum(biases for _ in self.cells(x))

    def work(self, x: Shape, *more: Shape) -> Work:
        steps, work = self._steps(x), dict[str, int]()
        for cell in self.cells(x):
            rows = self.gates * self.units
            own = dict(self.step_work())
            # both sums of products of a gate, and their biases, come together
            own["multiply"] = own.get("multiply", 0) + rows * (cell.inputs + self.out)
            own["add"] = own.get("add", 0) + rows * (cell.inputs + self.out - 1 + self.biases)
            for operation, times in own.items():
                work[operation] = work.get(operation, 0) + times * steps
        if self.ways == 2 and self.merge != "concat":
            # the next layer reads every step of both directions; the output may be the last step alone
            met = ((self.layers - 1) * steps + (1 if self.returns == "last" else steps)) * self.out
            operation = "multiply" if self.merge == "multiply" else "add"
            work[operation] += met
            if self.merge == "average":
                work["divide"] = work.get("divide", 0) + met
        return work

    def step_work(self) -> Work:
        """The work of one step of one direction beside its gates' sums of products and biases."""
        raise NotImplementedError

    # ---- values

    def step(
        self, tool: Toolkit[Array, Windows], own: Arrays[Array], x: Array, states: Sequence[Array]
    ) -> list[Array]:
        """The states after a step. `x` is its share of the gates; `own` has hh, bias_hh and the like."""
        raise NotImplementedError

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array, *more: Array) -> Array:
        sequence = tool.reshape(x, 1, -1) if len(x.shape) == 1 else x
        steps, kept, last = sequence.shape[0], list[list[Array]](), list[Array]()
        given = [tool.reshape(state, -1, state.shape[-1]) for state in more]
        found = list[Array]()
        for cell in self.cells(sequence.shape):
            own = {
                name: weights[f"{long}{cell.ending}"]
                for name, long in _NAMES.items()
                if f"{long}{cell.ending}" in weights
            }
            gates = tool.product(sequence, own["ih"])
            for name in ("bias", "bias_ih"):
                gates = tool.biased(gates, own[name]) if name in own else gates
            number = len(kept)
            states = (
                [tool.reshape(tool.part(state, 0, number, number + 1), -1) for state in given]
                if given
                else [tool.constant([0.0] * size, x) for size in (self.out, self.units)[: self.states]]
            )
            outputs = list[Array]()
            for at in reversed(range(steps)) if cell.backward else range(steps):
                share = tool.reshape(tool.part(gates, 0, at, at + 1), -1)
                states = self.step(tool, own, share, states)
                outputs.append(tool.reshape(states[0], 1, -1))
            kept.append(states)
            found.append(tool.concat(outputs[::-1] if cell.backward else outputs, 0))
            last.append(states[0])
            if len(found) == self.ways and self._ends(len(kept)):
                return self._met(tool, last)
            if len(found) == self.ways:
                sequence, found, last = self._met(tool, found), [], []
        if self.returns == "all":
            rows = [tool.reshape(sequence, -1), *(states[at] for at in range(self.states) for states in kept)]
            return tool.concat(rows, 0)
        return tool.reshape(sequence, *x.shape[:-1], self.width)

    def _ends(self, cells: int) -> bool:
        """Whether the last layer has run, and only its last step comes out."""
        return self.returns == "last" and cells == self.layers * self.ways

    def _met(self, tool: Toolkit[Array, Windows], ways: Sequence[Array]) -> Array:
        """Both directions as one."""
        if len(ways) == 1 or self.merge == "concat":
            return tool.concat(ways, -1) if len(ways) > 1 else ways[0]
        first, second = ways
        if self.merge == "multiply":
            return first * second
        return (first + second) / 2.0 if self.merge == "average" else first + second

    # ---- counterparts

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any, *more: Any) -> Any:
        """PyTorch's own recurrence, layer by layer; a reversed sequence is read backwards."""
        if self.out >= self.units and any(map(self.projected, self.cells(tuple(x.shape[1:])))):
            return None  # PyTorch projects to fewer values alone
        sequence = x[:, None] if x.ndim == 2 else x
        kept, found, last = list[Any](), list[Any](), list[Any]()
        for number, cell in enumerate(self.cells(tuple(sequence.shape[1:]))):
            names = [f"{name}{cell.ending}" for name in ("weight_ih", "weight_hh")]
            arrays = [weights[name] for name in names]
            rows = len(arrays[0])
            zero = arrays[0].new_zeros(rows)
            if self.biases == 2:
                arrays += [weights[f"{name}{cell.ending}"] for name in ("bias_ih", "bias_hh")]
            else:
                arrays += [weights[f"bias{cell.ending}"] if self.biases else zero, zero]
            states = [
                state.reshape(len(x), -1, state.shape[-1])[:, number][None]
                if more
                else x.new_zeros(1, len(x), size)
                for state, size in zip(
                    more or (None,) * self.states, (self.out, self.units)[: self.states], strict=True
                )
            ]
            read = sequence.flip(1) if cell.backward else sequence
            more_arrays = [weights[f"weight_hr{cell.ending}"]] if self.projected(cell) else []
            y, after = self.torch_run(torch, read, states, [*arrays, *more_arrays])
            kept.append(after)
            found.append(y.flip(1) if cell.backward else y)
            last.append(after[0])
            if len(found) == self.ways and self._ends(len(kept)):
                return self._torch_met(torch, last)
            if len(found) == self.ways:
                sequence, found, last = self._torch_met(torch, found), [], []
        if self.returns == "all":
            ends = [ended[at] for at in range(self.states) for ended in kept]
            return torch.cat([sequence.flatten(1), *ends], 1)
        return sequence if x.ndim > 2 else sequence[:, 0]

    def torch_run(self, torch: Any, x: Any, states: Any, arrays: Any) -> tuple[Any, list[Any]]:
        """One direction of one layer: every step (N, T, P), and the states (N, P) after the last."""
        raise NotImplementedError

    def _torch_met(self, torch: Any, ways: Sequence[Any]) -> Any:
        if len(ways) == 1 or self.merge == "concat":
            return torch.cat(list(ways), -1)
        first, second = ways
        if self.merge == "multiply":
            return first * second
        return (first + second) / 2 if self.merge == "average" else first + second

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any, *more: Any) -> Any:
        """ONNX's own, a direction of a layer at a time."""
        if any(map(self.projected, self.cells(x.shape[1:]))):
            return None  # ONNX has no projection
        import numpy as np

        steps = int(self._steps(x.shape[1:]))
        sequence = onnx.Transpose(onnx.Reshape(x, [0, -1, int(x.shape[-1])]), perm=[1, 0, 2])
        kept, found, last = list[Any](), list[Any](), list[Any]()
        for number, cell in enumerate(self.cells((steps, x.shape[-1]))):
            arrays = [self.turned(weights[f"weight_{name}{cell.ending}"])[None] for name in ("ih", "hh")]
            zero = np.zeros(self.gates * self.units, np.float32)
            given = {0: zero, 1: weights.get(f"bias{cell.ending}"), 2: weights.get(f"bias_ih{cell.ending}")}
            biases = [given[self.biases], weights.get(f"bias_hh{cell.ending}", zero)]
            bias = onnx.Reshape(onnx.Concat(*map(self.turned, biases), axis=0), [1, -1])
            states = []
            for at, state in enumerate(more):
                size = self.units if at else self.out
                rows = onnx.Gather(onnx.Reshape(state, [0, -1, int(size)]), [number], axis=1)
                states.append(onnx.Transpose(rows, perm=[1, 0, 2]))
            way = "reverse" if cell.backward else "forward"
            y, *after = self.onnx_run(onnx, sequence, arrays, bias, states, way)
            found.append(onnx.Squeeze(y, [1]))
            kept.append([onnx.Squeeze(each, [0]) for each in after])
            last.append(kept[-1][0])
            if len(found) == self.ways and self._ends(len(kept)):
                return self._onnx_met(onnx, last)
            if len(found) == self.ways:
                sequence, found, last = self._onnx_met(onnx, found), [], []
        sequence = onnx.Transpose(sequence, perm=[1, 0, 2])
        if self.returns == "all":
            ends = [ended[at] for at in range(self.states) for ended in kept]
            return onnx.Concat(onnx.Flatten(sequence), *ends, axis=1)
        return onnx.Reshape(sequence, [0, *map(int, self.output(x.shape[1:]))])

    def _onnx_met(self, onnx: Any, ways: Sequence[Any]) -> Any:
        if len(ways) == 1:
            return ways[0]
        if self.merge == "concat":
            return onnx.Concat(*ways, axis=-1)
        operator = {"multiply": onnx.Mul, "average": onnx.Mean, "sum": onnx.Sum}[self.merge]
        return operator(*ways)

    def turned(self, array: Any) -> Any:
        """An array whose gates stand in ONNX's order."""
        return array

    def onnx_run(
        self, onnx: Any, x: Any, arrays: Sequence[Any], bias: Any, states: Sequence[Any], way: str
    ) -> Any:
        """One direction of one layer: every step, and the states after the last."""
        raise NotImplementedError

    def torch_code(self, x: Source, *more: Source) -> Part | None:
        one, both = self.biases == 1, self.ways == 2
        merged = both and self.merge != "concat"
        projects = any(map(self.projected, self.cells(x.shape)))
        if (
            not self.torch_mode
            or (merged and self.layers > 1)
            or (projects and (self.out >= self.units or one))
        ):
            return None
        if (self.returns == "all" and self.direction == "backward") or (
            one and (more or self.returns == "all")
        ):
            return None
        sizes = ("input_size", int(x.shape[-1])), ("hidden_size", int(self.units))
        options: dict[str, Any] = {"num_layers": (int(self.layers), 1), "bidirectional": (both, False)}
        support: tuple[str, ...] = ()
        if one:
            made = pytorch.own_module("SingleBias", ("mode", self.torch_mode), *sizes, **options)
            support = (_TORCH,)
        else:
            options |= {"bias": (self.biases == 2, True), "batch_first": (True, False)}
            if projects:
                options["proj_size"] = (int(self.out), 0)
            name, _, how = self.torch_mode.upper().partition("_")
            if how:
                options["nonlinearity"] = (how.lower(), "tanh")
            made = pytorch.module(name, *sizes, **options)
            if self.returns == "all":
                made = pytorch.own_module(f"AllOf{name}", *sizes, **options)
                support = (_TORCH_ALL.format(name=name),)
        return Part((made._replace(apply=self._torch_call(x, more)),), reads=LAST, last=True, support=support)

    def _torch_call(self, x: Source, more: Sequence[Source]) -> str:
        """The expression that calls PyTorch's module and takes what the layer puts out."""
        read = "{0}" if x.rank else "{0}[:, None]"
        turned = ".flip(1)" * (self.direction == "backward")
        states = [
            f"{{{number}}}.transpose(0, 1).contiguous()" if state.rank else f"{{{number}}}[None]"
            for number, state in enumerate(more, 1)
        ]
        given = f", ({', '.join(states)})" if len(states) > 1 else f", {states[0]}" if states else ""
        called = f"{{made}}({read}{turned}{given})"
        if self.returns == "all":
            return called
        met = {"sum": "sum", "multiply": "prod", "average": "mean"}.get(self.merge, "")
        if self.ways == 2 and self.returns == "last":
            # the last state of each direction: backwards, that of the first place
            state = "[1][0]" if self.states == 2 and self.biases != 1 else "[1]"
            return f"{called}{state}[-2:].transpose(0, 1).{met or 'flatten'}(1)"
        if self.ways == 2 and met:
            turned = f".unflatten(2, (2, -1)).{met}(2)"
        return f"{called}[0]{turned}" if x.rank and self.returns != "last" else f"{called}[0][:, -1]"

    def keras_code(self, x: Source, *more: Source) -> Part | None:
        from cnncalc.layers.support.code import Plain, call

        after = self.torch_mode == "gru"
        unlike = self.layers > 1 or self.out != self.units or self.returns == "all"
        # Keras's own cells have one bias a gate, that of a GRU whose reset stands behind the product two
        own_cell = self.keras_cell if self.biases == 2 - after and after == (self.kind == "gru") else ""
        if more or unlike or x.rank != 1 or not (own_cell or self.biases in (0, 1 + after)):
            return None
        name = {"lstm": "LSTM", "gru": "GRU", "rnn": "SimpleRNN"}[self.kind]
        options: dict[str, tuple[Any, Any]] = {
            "return_sequences": (self.returns != "last", False),
            "go_backwards": (self.direction == "backward", False),
            "use_bias": (bool(self.biases), True),
        }
        if self.kind == "gru":
            options["reset_after"] = (after, True)
        if self.torch_mode.endswith("relu"):
            options["activation"] = ("relu", "tanh")
        support: tuple[str, ...] = ()
        given: Any = int(self.units)
        if own_cell:
            options = {
                name: value for name, value in options.items() if name not in ("use_bias", "reset_after")
            }
            activation = options.pop("activation", None)
            relu = ', activation="relu"' if activation else ""
            cell = own_cell.partition("class ")[2].partition("(")[0]
            name, given = "RNN", Plain(f"{cell}({given}{relu})")
            support = (keras.REGISTERED + own_cell.lstrip("\n"),)
        made = call(f"layers.{name}", ("cell" if own_cell else "units", given), **options)
        if self.ways == 1:
            # Keras puts out the last step first
            turned = self.direction == "backward" and self.returns != "last"
            return Part(
                (Step(made, "ops.flip({made}({0}), 1)" if turned else ""),), last=True, support=support
            )
        said = [
            f"{key}={value!r}".replace("'", '"')
            for key, (value, default) in options.items()
            if value != default
        ]
        inner = Plain(f"layers.{name}({', '.join([str(given), *said])})")
        both = call("layers.Bidirectional", ("layer", inner), merge_mode=(MERGED[self.merge], "concat"))
        return Part((Step(both),), last=True, support=support)


_NAMES = {
    "ih": "weight_ih", "hh": "weight_hh", "hr": "weight_hr",
    "bias": "bias", "bias_ih": "bias_ih", "bias_hh": "bias_hh",
}  # fmt: skip


def product_of(weights: Mapping[str, Weight]) -> int:
    """Number of values of some weights together."""
    return sum(product(weight.shape) for weight in weights.values())


def hidden(tool: Toolkit[Array, Windows], own: Arrays[Array], h: Array) -> Array:
    """The share of the gates that comes from the step before."""
    y = tool.product(h, own["hh"])
    return tool.biased(y, own["bias_hh"]) if "bias_hh" in own else y


def sigmoid(tool: Toolkit[Array, Windows], x: Array) -> Array:
    """1/(1 + exp(-x))."""
    return 1 / (1 + tool.exp(-x))


def gate(tool: Toolkit[Array, Windows], x: Array, number: int, gates: int) -> Array:
    """One gate of several that stand side by side."""
    size = x.shape[-1] // gates
    return tool.part(x, -1, number * size, (number + 1) * size)


_TORCH = """
class SingleBias(nn.Module):
    def __init__(
        self, mode, input_size, hidden_size, num_layers=1, bidirectional=False
    ):
        super().__init__()
        self.run, self.size = getattr(torch, mode), hidden_size
        self.states = 2 if mode == "lstm" else 1
        self.layers, self.ways = num_layers, 1 + bidirectional
        rows = {"lstm": 4, "gru": 3}.get(mode, 1) * hidden_size
        self.endings = []
        for layer in range(num_layers):
            for way in range(self.ways):
                ending = f"_l{layer}" + "_reverse" * way
                inputs = self.ways * hidden_size if layer else input_size
                sizes = (rows, inputs), (rows, hidden_size), (rows,)
                for name, size in zip(("weight_ih", "weight_hh", "bias"), sizes):
                    value = nn.init.uniform_(torch.empty(size), -0.1, 0.1)
                    self.register_parameter(name + ending, nn.Parameter(value))
                self.endings.append(ending)

    def forward(self, x):
        weights = []
        for ending in self.endings:
            for name in ("weight_ih", "weight_hh", "bias"):
                weights.append(getattr(self, name + ending))
            weights.append(torch.zeros_like(weights[-1]))
        state = x.new_zeros(self.layers * self.ways, len(x), self.size)
        given = (state,) * 2 if self.states == 2 else state
        options = True, self.layers, 0.0, self.training, self.ways == 2, True
        return self.run(x, given, weights, *options)
"""
"""A recurrence with one bias a gate, which PyTorch's modules have not."""
_TORCH_ALL = """
class AllOf{name}(nn.{name}):
    def forward(self, *given):
        y, states = super().forward(*given)
        states = states if isinstance(states, tuple) else (states,)
        ends = [state.transpose(0, 1).flatten(1) for state in states]
        return torch.cat([y.flatten(1), *ends], 1)
"""
"""A recurrence that puts out every step and the states after the last in one row."""
