"""The base of the formats that are code, which may have a file of weights beside it."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, ClassVar, Protocol

from cnncalc.errors import UsageError
from cnncalc.export.exporter import Exporter
from cnncalc.whole_file import write_whole


class Code(Protocol):
    """The source of a network in a framework."""

    def lines(self) -> Iterator[str]:
        """The lines of the module."""

    def state(self, weights: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """The arrays as the framework has them, from the network's, by their names in the file."""


class CodeExporter(Exporter):
    """Code; beside it the weights that are asked for, or a model's own."""

    CHOICES: ClassVar[frozenset[str]] = frozenset({"weights", "weights_by", "seed"})
    BESIDE: ClassVar[str]
    """How the name of the file of weights ends."""

    def source(self, weights: str = "") -> Code:
        """The code; `weights` is the name of the file beside it, "" for none."""
        raise NotImplementedError

    def writer(self, arrays: Mapping[str, Any]) -> Callable[[IO[bytes]], object]:
        """Writes the file of weights."""
        raise NotImplementedError

    def pieces(self) -> Iterator[str]:
        if self.choices.weights is not None or self.choices.seed is not None:
            raise UsageError("the weights go into a file beside the code", "-o net.py")
        return _lines(self.source())

    def write(self, file: str) -> None:
        """Writes the code, and the weights where there are any: both or neither."""
        file_of_weights, by, seed = self.choices.weights, self.choices.weights_by, self.choices.seed
        if file_of_weights is None and seed is None and self.report.graph.provenance.weights is None:
            super().write(file)
            return
        from cnncalc.execute.session import all_weights

        beside = Path(file).with_suffix(self.BESIDE)
        if file_of_weights is not None and beside.absolute() == Path(file_of_weights).absolute():
            raise UsageError(f"{beside} would be written over", "another name for the code or the weights")
        source = self.source(beside.name)
        code = "".join(_lines(source)).encode()
        arrays = dict(source.state(all_weights(self.report, file_of_weights, by, seed or 0)))

        def write_both(stream: IO[bytes]) -> None:
            stream.write(code)
            # where either can't be written, neither is there
            write_whole(str(beside), self.writer(arrays))

        write_whole(file, write_both)


def _lines(source: Code) -> Iterator[str]:
    return (f"{line}\n" for line in source.lines())
