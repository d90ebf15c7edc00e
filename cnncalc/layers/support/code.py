"""A layer as code of a framework: how the framework's own object is made, and how a value goes through it.

Nothing here knows a framework, and nothing imports one.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.layers.support.base import Shape

if TYPE_CHECKING:
    from cnncalc.layers.support import keras_code, pytorch_code

    keras, pytorch = keras_code, pytorch_code
else:

    class Deferred:
        """A module that is imported when something of it is first used: counting needs no code."""

        def __init__(self, name: str) -> None:
            self.name = name

        def __getattr__(self, name: str) -> Any:
            return getattr(import_module(self.name), name)

    keras = Deferred("cnncalc.layers.support.keras_code")
    pytorch = Deferred("cnncalc.layers.support.pytorch_code")

FIRST, LAST = "first", "last"
"""The places where a layer reads the channels: before the positions, or behind them."""


class Source(NamedTuple):
    """A value that a layer reads: its shape (..., channels), and whether its channels lie last in the code.

    A value that isn't `batched` is the same for all samples.
    """

    shape: Shape
    last: bool = False
    batched: bool = True

    @property
    def rank(self) -> int:
        """Number of axes of positions."""
        return len(self.shape) - 1

    def dim(self, axis: int) -> int:
        """The dimension of the tensor (N, ...) that an axis of the shape is.

        >>> Source((8, 8, 3)).dim(-1), Source((8, 8, 3), last=True).dim(-1)
        (1, 3)
        """
        axis %= len(self.shape)
        if self.last or len(self.shape) == 1:
            return 1 + axis
        return 1 if axis == self.rank else 2 + axis

    @property
    def tensor(self) -> Shape:
        """The shape of the tensor without its batch."""
        return self.shape if self.last else (self.shape[-1], *self.shape[:-1])


class Call(NamedTuple):
    """A call in code: a function, and its arguments by name, the first of them written without.

    An argument at its default is left out.
    """

    function: str
    values: Mapping[str, Any] = {}
    positional: int = 0
    defaults: Mapping[str, Any] = {}


class Step(NamedTuple):
    """One operation. `make` makes an object of the framework that does it; None where a function does it.

    `apply` is the expression of the result: {0}, {1} are what is read, {made} the object, {name} a value of
    `values`. Without `{made}` the function can stand for the object; "" applies the object to all inputs.
    `infix` says that the expression is one of operators.
    """

    make: Call | None = None
    apply: str = ""
    values: Mapping[str, Any] = {}
    infix: bool = False


class Part(NamedTuple):
    """A layer in code: the steps one after another, the first of which reads all inputs.

    `own` is the number of the step whose object has the layer's name and arrays. `reads` says where the
    channels of the inputs must lie: FIRST, LAST, or "" where the first input says it; `last` whether the
    channels of the result lie last. `support` is the source of classes that the code needs besides.
    """

    steps: tuple[Step, ...]
    own: int = 0
    reads: str = ""
    last: bool = False
    support: tuple[str, ...] = ()


class Plain(str):
    """A value that is written as it stands."""

    __slots__ = ()

    __repr__ = str.__str__


def call(function: str, *values: tuple[str, Any], **options: tuple[Any, Any]) -> Call:
    """A call: `values` in order without their names, then options by name, each with its default."""
    given = dict(values) | {name: value for name, (value, _) in options.items()}
    return Call(function, given, len(values), {name: default for name, (_, default) in options.items()})


def alike(sizes: tuple[int, ...] | list[int]) -> int | tuple[int, ...]:
    """One number for axes that have the same, else one for each.

    >>> alike([3, 3]), alike([1, 7])
    (3, (1, 7))
    """
    plain = tuple(int(size) for size in sizes)
    return plain[0] if len(set(plain)) == 1 else plain
