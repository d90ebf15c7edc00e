"""LSTM, GRU and plain recurrence."""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from cnncalc.interop.builder import Builder, Operand
from cnncalc.interop.outline import OutlineSource
from cnncalc.interop.tensors import Array, Tensor, UnsupportedError


class RecurrenceOperations(Builder):
    """LSTM, GRU and plain recurrence."""

    def recurrence(
        self,
        kind: str,
        x: Operand,
        states: Sequence[Operand],
        weights: Mapping[str, Array],
        *,
        options: Mapping[str, Any],
        time: int | None,
        last: bool,
    ) -> list[Operand]:
        """An LSTM, a GRU or an RNN: the sequence, and with `last` the last states of each layer.

        The values of a sequence are (batch, time, channels), or (time, batch, channels) where `time` is 0; of
        one step, where it is None, (batch, channels). States are (layers, batch, channels).
        """
        x = self.tensor(x)
        if time is not None and x.batch == 1 - time and x.sizes[x.batch] > 1:
            return [self._each_sequence(kind, x, states, weights, options, time, last)]
        order = [x.rank - 1] if time is None else [time, x.rank - 1]
        sources = [self.arranged(x, order), *self._states(states)]
        units = weights["weight_hh_l0"].shape[0] // {"lstm": 4, "gru": 3, "rnn": 1}[kind]
        ways = 2 if options.get("direction") == "both" else 1
        rows, size = options.get("layers", 1) * ways, options.get("projection", units)
        given = {"units": units, **options}
        steps = 1 if time is None else x.sizes[time]
        sequence = (size * ways,) if time is None else (steps, size * ways)
        if not last:
            given["returns"] = "last" if time is None else "sequence"
            sizes = tuple(size * ways if axis == x.rank - 1 else n for axis, n in enumerate(x.sizes))
            return [self.layer(kind, given, sources, sizes, order, x.batch, weights)]
        # everything comes in one line: the sequence, then the states
        shapes = [sequence, (rows, size), (rows, units)][: 3 if kind == "lstm" else 2]
        total = sum(prod(shape) for shape in shapes)
        flat = self.layer(kind, {**given, "returns": "all"}, sources, (1, total), [1], 0, weights)
        made: list[Operand] = []
        start = 0
        for number, shape in enumerate(shapes):
            own = shape[1:] if time is None and number else shape
            part = self.view(self.part(flat, 1, start, start + prod(shape)), (self.samples, *own))
            made.append(part if time is None or (number == 0 and time) else self.transpose(part, [1, 0, 2]))
            start += prod(shape)
        return made[1:] if time is None else made

    def _each_sequence(
        self,
        kind: str,
        x: Tensor,
        states: Sequence[Operand],
        weights: Mapping[str, Array],
        options: Mapping[str, Any],
        time: int,
        last: bool,
    ) -> Tensor:
        """The sequences of a recurrence over parts of a sample that stand in the batch."""
        if last or (self.samples > 1 and not all(isinstance(each, Array) and each.zero for each in states)):
            raise UnsupportedError("states of parts of each sample that are put into the batch")

        def each(part: Tensor, number: int) -> Tensor:
            own = [
                state if isinstance(state, Array) and state.zero else self.part(state, 1, number, number + 1)
                for state in states
            ]
            made = self.recurrence(kind, part, own, weights, options=options, time=1, last=False)
            return self.tensor(made[0])

        order = [1 - time, time, 2]
        return self.of_each_part(x.transposed(order), each).transposed(order)

    def _states(self, states: Sequence[Operand]) -> list[OutlineSource]:
        """The states that a recurrence starts from; none where they are zero."""
        if all(isinstance(state, Array) and state.zero for state in states):
            return []
        given = [self.tensor(state) for state in states]
        return [self.arranged(x, [axis for axis in range(x.rank) if axis != x.batch]) for x in given]
