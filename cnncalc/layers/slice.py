"""Slice: a part of one dimension, mostly of the channels."""

from cnncalc.errors import LayerError
from cnncalc.expr import ceil_div
from cnncalc.layers.support.axes import AxisOption, axis, place
from cnncalc.layers.support.base import Example, Layer, Shape, layer
from cnncalc.layers.support.code import Part, Source, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import count, integer, option
from cnncalc.layers.support.reach import ITSELF, Reach, Reading


@layer
class Slice(Layer):
    """The channels, or the places of `axis`, from `start`, counted from 0, up to but not including `stop`."""

    family = "Values laid out anew"
    one_operation = True
    takes_part = True
    examples = (
        Example(
            {"slice": {"stop": 58}},
            "28x28x116",
            "28x28x58",
            {"params": 0, "connections": 0, "macs": 0},
            "Ma et al. (2018), ShuffleNet V2: the channel split of stage 2",
        ),
        Example({"slice": {"start": 2, "stop": 5}}, "10", "3", {}, "values 2, 3, 4, by hand"),
        Example(
            {"slice": {"axis": 0, "step": 2, "start": 1}},
            "56x56x96",
            "28x56x96",
            {},
            "every odd row, by hand",
        ),
        Example({"slice": {"axis": 0, "start": -3}}, "20x8", "3x8", {}, "the last three positions, by hand"),
    )

    start: int = option(integer, 0, symbol="a", help="the first, from 0; below 0 counted from the end")
    stop: int | None = option(
        integer,
        None,
        symbol="b",
        help="the one after the last, below 0 from the end; all that are left unless said",
    )
    step: int = option(count, 1, help="every how many are taken")
    axis: AxisOption = option(axis, "channels", help="the dimension")

    def output(self, x: Shape) -> Shape:
        at, start, stop = self._ends(x)
        size = stop - start if self.step == 1 else ceil_div(stop - start, self.step)
        return (*x[:at], size, *x[at + 1 :])

    def _ends(self, x: Shape) -> tuple[int, int, int]:
        """The dimension, and where its part begins and ends."""
        at = place(x, self.axis)
        size, what = x[at], "channels" if at == len(x) - 1 else "positions along it"
        start = size + self.start if self.start < 0 else self.start
        stop = size if self.stop is None else size + self.stop if self.stop < 0 else self.stop
        if self.stop is not None and stop > size:
            raise _past(self.stop, size, "stop", size, what)
        if not 0 <= start < size:
            raise _past(self.start, size, "start", size - 1, what)
        if start >= stop:
            raise LayerError(
                "bad_value",
                f"start = {int(self.start)} to stop = {int(stop)} is no {what.split(maxsplit=1)[0][:-1]}",
                f"stop must be at least {int(start) + 1}",
                "stop",
            )
        return at, start, stop

    def reach(self, x: Shape) -> Reading:
        at, start, _ = self._ends(x)
        if at == len(x) - 1:
            return super().reach(x)
        return tuple(Reach(1, self.step, start) if axis == at else ITSELF for axis in range(len(x) - 1))

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        at, start, stop = self._ends(x.shape)
        if self.step > 1:
            return tool.take(x, at, range(start, stop, self.step))
        return tool.part(x, at - len(x.shape), start, stop)

    def torch_code(self, x: Source) -> Part | None:
        dim = x.dim(place(x.shape, self.axis))
        start = "" if self.start == 0 else "{start}"
        stop = "" if self.stop is None else "{stop}"
        step = "" if self.step == 1 else ":{step}"
        values = {"start": self.start, "stop": self.stop, "step": self.step}
        apply = f"{{0}}[{':, ' * dim}{start}:{stop}{step}]"
        used = {name: value for name, value in values.items() if f"{{{name}}}" in apply}
        return Part((pytorch.function(apply, **used),), last=x.last)

    def keras_code(self, x: Source) -> Part | None:
        return self.torch_code(x)  # Python writes slices, whatever has them


def _past(given: int, size: int, option: str, most: int, what: str) -> LayerError:
    message = f"{option} = {int(given)}, and the input has {int(size)} {what}"
    return LayerError("bad_value", message, f"at most {int(most)}", option)
