"""Keras 3: a model in Python, as a person would write it."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from cnncalc.export.code.keras_source import KerasSource
from cnncalc.export.exporter import Exporter as Base


class Exporter(Base):
    """A function for each block of the network, and one that makes the model."""

    SUFFIXES: ClassVar[Sequence[str]] = ()
    # .py says PyTorch

    def pieces(self) -> Iterator[str]:
        for line in KerasSource(self.report).lines():
            yield f"{line}\n"
