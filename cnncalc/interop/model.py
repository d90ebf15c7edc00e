"""The result of every reader of a foreign model: the inputs, and the model as a spec.

Nothing behind a reader knows of frameworks: a `Reading` holds the value that a YAML spec would hold.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from cnncalc.errors import Fault, Place, SpecError, brief
from cnncalc.languages import Message

Size = int | None
"""A size of an input that the model fixes, or None for one that it leaves open."""


class Origin(NamedTuple):
    """Where a layer comes from: the operator or class, the node's name, the line of the model's own code."""

    op: str = ""
    node: str = ""
    line: str = ""

    def to_dict(self) -> dict[str, str]:
        return {name: value for name, value in self._asdict().items() if value}


class StoredArray(NamedTuple):
    """An array that the model's file holds: its name there, and how its values are read.

    `read` gives a NumPy array of the shape that the layer's weight has, and is called when a run needs the
    values; `shape` is the shape in the layer.
    """

    name: str
    shape: tuple[int, ...]
    read: Callable[[], Any]


class StoredWeights(Mapping[str, Any]):
    """The arrays of a model, named `layer.weight` as the network has them; each is read when asked for."""

    def __init__(self, stored: Mapping[str, StoredArray], file: str) -> None:
        self.stored, self.file = stored, file

    def __getitem__(self, name: str) -> Any:
        array = self.stored[name]
        try:
            return array.read()
        except (ValueError, IndexError, OverflowError):  # an array in a file may be of any shape
            message = f"{brief(array.name)} is of a shape that {brief(name)} can't have"
            raise SpecError(Fault("unreadable_file", message, place=Place(self.file))) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self.stored)

    def __len__(self) -> int:
        return len(self.stored)


@dataclass(frozen=True)
class Reading:
    """A model on inputs of certain sizes, as a spec."""

    value: dict[str, Any]
    """The value of the model's spec in YAML. Every layer has a name; modules are `block` items."""
    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """A layer's full name -> its output (positions ..., channels), as the file records it: a witness."""
    axes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """The name of an input or a layer -> its axes in the source's order; sizes of 1 may be left out."""
    origins: Mapping[str, Origin] = field(default_factory=dict)
    """A layer's full name -> where it comes from."""
    weights: Mapping[str, StoredArray] = field(default_factory=dict)
    """`layer.weight`, by the layer's full name -> the array in the file; empty where the file holds none."""
    batches: Mapping[str, int] = field(default_factory=dict)
    """The name of an input whose batch is not the first axis -> the axis of its batch."""
    notes: tuple[Message, ...] = ()
    """What a reader of the numbers should know, such as a batch that the file fixes."""


class Model(ABC):
    """A model that was opened: its graph is known, and its weights are left where they are."""

    file: str
    """The model's name in errors."""
    name: str = ""
    """Its own name, where it has one."""
    layout: str = "hwc"
    """How the source writes shapes, and how arrays lie."""
    inputs: Mapping[str, tuple[Size, ...]]
    """Input name -> its shape as the layout writes it, without the batch."""

    @abstractmethod
    def reading(self, inputs: Mapping[str, tuple[int, ...]], *, opaque: bool = False) -> Reading:
        """The spec of the model on inputs of these shapes, written in its layout and all known.

        With `opaque`, a node that no kind says becomes a layer of kind `opaque` where its shape is known.
        Raises SpecError with every fault; one fault lists all unknown operators.
        """

    def fault(self, code: str, message: str, help: str = "", path: str = "") -> SpecError:
        """The error for something that is wrong with the model."""
        return SpecError(Fault(code, message, help, Place(self.file, path=path)))

    def no_layers(self) -> SpecError:
        """The error for a model that computes nothing."""
        return self.fault("unreadable_file", "holds no layers: what it returns is its input, or nothing")
