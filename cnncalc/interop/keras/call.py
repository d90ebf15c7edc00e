"""A call of a Keras layer, and the layers of a spec that stand for it."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from cnncalc.errors import LayerError, brief
from cnncalc.layers.support.base import Shape

KERAS_3 = 3
"""The first version whose activations are those of today."""

Convert = Callable[..., Any]
"""Makes the array of a weight from the arrays that Keras keeps, which are NumPy's."""


class Made(NamedTuple):
    """The Keras variables that a weight is made of, by their names in the layer, and how."""

    variables: tuple[str, ...]
    convert: Convert | None = None


class SpecLayer(NamedTuple):
    """A layer of a spec. `reads` are inputs of the Keras layer, by number, or parts before, by name.

    Without `reads` the first part reads all that the Keras layer reads, and each other part the one before.
    """

    kind: str
    options: Mapping[str, Any] = MappingProxyType({})
    weights: Mapping[str, Made] = MappingProxyType({})
    name: str = ""
    reads: tuple[int | str, ...] | None = None


class Found(NamedTuple):
    """The parts of a Keras layer: one mostly; none where values pass unchanged.

    `variables` are the layer's own in the order in which Keras made them, each with its place in a weights
    file, such as vars/0; `results` are the parts that are put out, where they are not the last alone.
    """

    parts: tuple[SpecLayer, ...] = ()
    variables: Mapping[str, str] = MappingProxyType({})
    results: tuple[str, ...] = ()


class Slot(NamedTuple):
    """The place of a tensor among the arguments of a call: the number of the input."""

    number: int


class UnreadError(Exception):
    """Raised for a configuration that no layer of a spec stands for; the text names the option."""


class LayerCall(NamedTuple):
    """A layer of a Keras model where the layer is called: class, options, and the values that are read."""

    cls: str
    config: Mapping[str, Any]
    shapes: tuple[Shape, ...]
    args: Sequence[Any] = ()
    kwargs: Mapping[str, Any] = MappingProxyType({})
    channels_first: bool = False
    keras: int = 3
    repeats_edges: bool = False
    """Whether uneven padding of an average pooling repeats the edge, as Keras does on PyTorch."""
    again: bool = False
    """Whether the layer was called before, so that its weights are those of the first call."""

    @property
    def x(self) -> Shape:
        """The shape of the first input."""
        if not self.shapes:
            raise UnreadError("reads nothing")
        return self.shapes[0]

    def option(self, name: str, default: Any = None) -> Any:
        """The value of the configuration under a name; `default` where the value is absent or null."""
        value = self.config.get(name)
        return default if value is None else value

    def flag(self, name: str, *, default: bool) -> bool:
        """An option that is true or false."""
        value = self.option(name, default)
        if not isinstance(value, bool):
            raise LayerError("bad_value", f"{name}: {brief(value)} is not true or false")
        return value

    def number(self, name: str, default: float) -> float:
        """An option that is a number."""
        return number(self.option(name, default), name)

    def whole(self, name: str, default: int | None = None) -> int:
        """An option that is a whole number."""
        return whole(self.option(name, default), name)

    def sizes(self, name: str, default: int | None = None) -> int | list[int]:
        """An option that is a number for each spatial dimension; one number where they are equal."""
        return sizes(self.option(name, default), name)

    def axis(self, value: Any, shape: Shape | None = None) -> int:
        """Our number, from 0, of an axis as Keras counts it; raises UnreadError for the batch's."""
        rank = len(self.x if shape is None else shape)
        axis = whole(value, "axis", lowest=-rank - 1)
        axis = axis + rank + 1 if axis < 0 else axis
        if not 1 <= axis <= rank:
            raise UnreadError(f"works along axis {brief(value)}, which is the batch's or none of its input's")
        return (axis - 2) % rank if self.channels_first else axis - 1

    def axes(self, value: Any, shape: Shape | None = None) -> list[int]:
        """`axis` of each of several, in our order; of one as well."""
        given = value if isinstance(value, list | tuple) else [value]
        return sorted({self.axis(each, shape) for each in given})

    def keras_shape(self, shape: Shape | None = None) -> list[int]:
        """A shape as Keras orders it, without the batch."""
        own = list(self.x if shape is None else shape)
        return [own[-1], *own[:-1]] if self.channels_first else own

    def own_order(self, given: Sequence[Any]) -> list[Any]:
        """Keras's values for the dimensions, the batch left out, in our order."""
        return [*given[1:], given[0]] if self.channels_first and given else list(given)

    def last_axis_only(self) -> None:
        """Raises UnreadError for a layer on the last axis where that is no channel axis of ours."""
        if self.channels_first and len(self.x) > 1:
            raise UnreadError("works on the last axis of a tensor whose channels come first")


def number(value: Any, what: str) -> float:
    """A number of a configuration; raises LayerError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise LayerError("bad_value", f"{what}: {brief(value)} is not a number")
    return value


def whole(value: Any, what: str, lowest: int = 0) -> int:
    """A whole number of a configuration; raises LayerError for anything else."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < lowest:
        raise LayerError("bad_value", f"{what}: {brief(value)} is not a whole number from {lowest}")
    return value


def sizes(value: Any, what: str) -> int | list[int]:
    """A whole number, or one for each of up to three dimensions; one where all are equal."""
    given = list(value) if isinstance(value, list | tuple) else [value]
    if not 1 <= len(given) <= 3:
        raise LayerError("bad_value", f"{what}: {brief(value)} is not a number for each dimension")
    each = [whole(entry, what) for entry in given]
    return each[0] if len(set(each)) == 1 else each


def each_of(value: int | list[int], rank: int, what: str) -> list[int]:
    """One number for each of `rank` dimensions."""
    found = [value] * rank if isinstance(value, int) else value
    if len(found) != rank:
        raise LayerError("bad_value", f"{what} has {len(found)} numbers, and there are {rank} dimensions")
    return found


def word(value: Any, what: str) -> str:
    """A text of a configuration; raises LayerError for anything else."""
    if not isinstance(value, str):
        raise LayerError("bad_value", f"{what}: {brief(value)} is not a word")
    return value


def said(**options: Any) -> dict[str, Any]:
    """The options that say something; those left at None are the kind's own defaults."""
    return {name: value for name, value in options.items() if value is not None}


def unless(value: Any, default: Any) -> Any:
    """A value, or None where it is the default, which need not be said."""
    return None if value == default else value


def kept(*names: str) -> dict[str, str]:
    """Variables with their places in a weights file, one after another."""
    return {name: f"vars/{number}" for number, name in enumerate(names)}


def one(kind: str, options: dict[str, Any] | None = None, **weights: Made) -> Found:
    """A Keras layer that is one layer of a spec, its variables those that its weights are made of."""
    names = dict.fromkeys(name for made in weights.values() for name in made.variables)
    return Found((SpecLayer(kind, options or {}, weights),), kept(*names))


PASSES = Found()
"""Values pass unchanged."""


def over(axes: list[int], shape: Shape) -> Any:
    """The option `over` for these axes; None for the channels alone, which are the default."""
    if axes == [len(shape) - 1]:
        return None
    return "all" if len(axes) == len(shape) else axes if len(axes) > 1 else axes[0]


def reshaped(call: LayerCall, target: Any) -> Found:
    """A reshape to dimensions as Keras orders them, one of which may be -1."""
    if not isinstance(target, list | tuple):
        raise LayerError("bad_value", f"target_shape: {brief(target)} is not a shape")
    shape = [whole(size, "target_shape", -1) for size in target] or [1]
    if shape == call.keras_shape():
        return PASSES
    return one("reshape", {"shape": shape})
