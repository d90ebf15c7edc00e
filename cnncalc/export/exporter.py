"""The base of all that a network is exported to. The formats are the files of `formats`."""

from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from cnncalc.errors import UsageError, unknown_choice
from cnncalc.export.formats import names
from cnncalc.languages import some_of
from cnncalc.whole_file import write_whole

if TYPE_CHECKING:
    from cnncalc.analysis.report import Report


class Choices(NamedTuple):
    """The choices beside the network, by the names of the command's options; each has its default."""

    weights: str | None = None
    """A file of weights."""
    weights_by: str = "name"
    seed: int | None = None
    depth: int | None = None
    all: bool = False
    """Whether each layer is drawn: repeats are not folded."""


class Exporter:
    """Writes a network in a format; raises UsageError for a network that the format can't say."""

    SUFFIXES: ClassVar[Sequence[str]]
    """How the names of files in the format end."""

    IS_TEXT: ClassVar[bool] = True
    """Whether the format is text, which is printed where no file is given."""

    CHOICES: ClassVar[frozenset[str]] = frozenset()
    """The names of the choices that say something to the format."""

    def __init__(self, report: "Report", choices: Choices) -> None:
        self.report, self.choices = report, choices

    def pieces(self) -> Iterator[str]:
        """The text of the export, in pieces."""
        raise NotImplementedError

    def chunks(self) -> Iterator[bytes | memoryview]:
        """The bytes of the export, in pieces: those of the text, unless the format is no text."""
        return (piece.encode() for piece in self.pieces())

    def refuse(self, layers: Sequence[str], reason: str) -> None:
        """Raises UsageError for layers that the format can't say, if there are any."""
        if layers:
            raise UsageError(f"{some_of(layers)}: {reason}", "", "not_exportable")

    def write(self, file: str) -> None:
        """Writes a file, whole or not at all; raises CnncalcError."""
        chunks = self.chunks()
        write_whole(file, lambda stream: stream.writelines(chunks))


def find(name: str) -> type[Exporter]:
    """The class of a format; raises UsageError for a format that there isn't."""
    if name not in names():
        raise unknown_choice(name, "what a network is exported to", names())
    found: type[Exporter] = import_module(f"cnncalc.export.formats.{name}").Exporter
    return found


def of_file(file: str) -> str:
    """The format of a file by how its name ends; raises UsageError where the ending says none."""
    ending = Path(file).suffix.lower()
    for name in names():
        if ending in find(name).SUFFIXES:
            return name
    raise UsageError(f"{file}: {ending or 'no ending'} says no format", f"--to {', '.join(names())}")


def exporter(report: "Report", to: str, choices: Choices) -> Exporter:
    """The exporter of a network; raises UsageError for a choice that says nothing to the format."""
    cls = find(to)
    for name, value in choices._asdict().items():
        if name not in cls.CHOICES and value != Choices._field_defaults[name]:
            raise UsageError(f"--{name.replace('_', '-')} says nothing to --to {to}", "leave it out")
    return cls(report, choices)
