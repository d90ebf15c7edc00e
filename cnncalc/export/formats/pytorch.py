"""PyTorch: a module in Python, as a person would write it, and its weights in a file beside it."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, ClassVar

from cnncalc.errors import UsageError
from cnncalc.export.code.torch_source import TorchSource
from cnncalc.export.exporter import Exporter as Base
from cnncalc.whole_file import write_whole


class Exporter(Base):
    """A class for each block of the network, and one for the network."""

    SUFFIXES: ClassVar[Sequence[str]] = (".py",)
    CHOICES: ClassVar[frozenset[str]] = frozenset({"weights", "weights_by", "seed"})

    def pieces(self) -> Iterator[str]:
        if self.choices.weights is not None or self.choices.seed is not None:
            raise UsageError("the weights go into a file beside the code", "-o net.py")
        yield from self._lines(TorchSource(self.report))

    @staticmethod
    def _lines(source: TorchSource) -> Iterator[str]:
        return (f"{line}\n" for line in source.lines())

    def write(self, file: str) -> None:
        """Writes the code; beside it, as a .safetensors, the weights that are asked for or a model's own."""
        file_of_weights, by, seed = self.choices.weights, self.choices.weights_by, self.choices.seed
        if file_of_weights is None and seed is None and self.report.graph.provenance.weights is None:
            super().write(file)
            return
        from cnncalc.execute.files import safetensors_of
        from cnncalc.execute.session import all_weights

        beside = Path(file).with_suffix(".safetensors")
        if file_of_weights is not None and beside.absolute() == Path(file_of_weights).absolute():
            raise UsageError(f"{beside} would be written over", "another name for the code or the weights")
        source = TorchSource(self.report, beside.name)
        code = "".join(self._lines(source)).encode()
        arrays = dict(source.state(all_weights(self.report, file_of_weights, by, seed or 0)))

        def write_both(stream: IO[bytes]) -> None:
            stream.write(code)
            # where either can't be written, neither is there
            write_whole(str(beside), lambda own: own.writelines(safetensors_of(arrays)))

        write_whole(file, write_both)
