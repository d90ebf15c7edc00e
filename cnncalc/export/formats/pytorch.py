"""PyTorch: a module in Python, as a person would write it, and its weights in a file beside it."""

from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any, ClassVar

from cnncalc.export.code.exporter import CodeExporter
from cnncalc.export.code.torch_source import TorchSource


class Exporter(CodeExporter):
    """A class for each block of the network, and one for the network."""

    SUFFIXES: ClassVar[Sequence[str]] = (".py",)
    BESIDE: ClassVar[str] = ".safetensors"

    def source(self, weights: str = "") -> TorchSource:
        return TorchSource(self.report, weights)

    def writer(self, arrays: Mapping[str, Any]) -> Callable[[IO[bytes]], object]:
        from cnncalc.execute.files import safetensors_of

        return lambda stream: stream.writelines(safetensors_of(arrays))
