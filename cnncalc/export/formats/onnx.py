"""ONNX: a model that onnxruntime and many other programs run."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from cnncalc.export.exporter import Exporter as Base


class Exporter(Base):
    """A model with the network's weights: given, those of the model that the network was, or drawn."""

    SUFFIXES: ClassVar[Sequence[str]] = (".onnx",)
    IS_TEXT: ClassVar[bool] = False
    CHOICES: ClassVar[frozenset[str]] = frozenset({"weights", "weights_by", "seed"})

    def chunks(self) -> Iterator[bytes | memoryview]:
        from cnncalc.execute.against import needed
        from cnncalc.execute.session import all_weights
        from cnncalc.export.onnx_model import onnx_model

        self.refuse(self.report.opaque, "what an opaque layer computes is not known, and can't be written")
        onnx = needed("onnx")
        file, by, seed = self.choices.weights, self.choices.weights_by, self.choices.seed
        weights = all_weights(self.report, file, by, seed or 0)
        return onnx_model(onnx, self.report, weights).chunks(onnx)
