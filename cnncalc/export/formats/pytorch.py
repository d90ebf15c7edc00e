"""PyTorch: a module in Python, as a person would write it."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from cnncalc.export.code.torch_source import TorchSource
from cnncalc.export.exporter import Exporter as Base


class Exporter(Base):
    """A class for each block of the network, and one for the network."""

    SUFFIXES: ClassVar[Sequence[str]] = (".py",)

    def pieces(self) -> Iterator[str]:
        for line in TorchSource(self.report).lines():
            yield f"{line}\n"
