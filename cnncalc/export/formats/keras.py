"""Keras 3: a model in Python, as a person would write it, and its weights in a file beside it."""

from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any, ClassVar

from cnncalc.export.code.exporter import CodeExporter
from cnncalc.export.code.keras_source import KerasSource


class Exporter(CodeExporter):
    """A function for each block of the network, and one that makes the model."""

    SUFFIXES: ClassVar[Sequence[str]] = ()
    # .py says PyTorch
    BESIDE: ClassVar[str] = ".npz"

    def source(self, weights: str = "") -> KerasSource:
        return KerasSource(self.report, weights)

    def writer(self, arrays: Mapping[str, Any]) -> Callable[[IO[bytes]], object]:
        from cnncalc.execute.files import write_npz

        return lambda stream: write_npz(stream, arrays)
