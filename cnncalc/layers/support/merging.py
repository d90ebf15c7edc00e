"""The common base of the merges of paths."""

from collections.abc import Mapping
from functools import reduce
from typing import Any, ClassVar

from cnncalc.errors import LayerError
from cnncalc.expr import product
from cnncalc.layers.support.base import Layer, Shape, Weight, Work, options_of
from cnncalc.layers.support.code import Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.reach import ITSELF, Reading
from cnncalc.layers.support.windows import Axes


@options_of
class Merge(Layer):
    """A kind that reads several inputs. It makes no new units, learns nothing and has no connections."""

    family = "Paths that meet"
    inputs = "many"
    reason_family = "merge"

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array, *more: Array) -> Array:
        raise NotImplementedError

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any, *more: Any) -> Any:
        return None

    def torch_code(self, x: Source, *more: Source) -> Part | None:
        return None

    def keras_code(self, x: Source, *more: Source) -> Part | None:
        return None

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any, *more: Any) -> Any:
        return None

    def weights(self, x: Shape, *more: Shape) -> dict[str, Weight]:
        return {}

    def connections(self, x: Shape, *more: Shape) -> int:
        return 0

    def connections_real(self, x: Shape, *more: Shape) -> int:
        return self.connections(x, *more)

    def macs(self, x: Shape, *more: Shape) -> int:
        return 0

    def work(self, x: Shape, *more: Shape) -> Work:
        return {}

    def geometry(self, x: Shape, *more: Shape) -> Axes:
        return ()

    def reach(self, x: Shape, *more: Shape) -> Reading:
        return ((ITSELF,) * (len(x) - 1) or None) if self.has_positions else None


@options_of
class Elementwise(Merge):
    """Inputs agree in shape; a size of 1 is stretched, and fewer dimensions have 1s before them."""

    operation: ClassVar[str]
    torch_merge: ClassVar[str] = ""
    """The operator or the function of PyTorch that takes two inputs together: "+", "torch.maximum"."""
    keras_merge: ClassVar[str] = ""
    """The layer of Keras that takes the inputs together."""

    def output(self, x: Shape, *more: Shape) -> Shape:
        result = stretched(x, *more)
        if result is None:
            raise unlike(self.kind, (x, *more))
        return result

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array, *more: Array) -> Array:
        return reduce(lambda total, other: self.pair(tool, total, other), self.aligned(tool, x, *more))

    def pair(self, tool: Toolkit[Array, Windows], x: Array, y: Array) -> Array:
        """The result for two inputs; with more inputs, the result so far is merged with the next."""
        raise NotImplementedError

    def aligned(self, tool: Toolkit[Array, Windows], *xs: Array) -> list[Array]:
        """The inputs, a vector of C values as one position."""
        rank = max(len(x.shape) for x in xs)
        return [tool.reshape(x, *(1,) * (rank - len(x.shape)), *x.shape) for x in xs]

    def torch_code(self, x: Source, *more: Source) -> Part | None:
        return pytorch.merged((x, *more), self.torch_merge) if self.torch_merge else None

    def keras_code(self, x: Source, *more: Source) -> Part | None:
        if self.keras_merge and all(source.rank == x.rank for source in more):
            return keras.merging(self.keras_merge, (x, *more))
        # the operators of tensors are those of PyTorch
        return self.torch_code(x, *more) if self.torch_merge and "." not in self.torch_merge else None

    def work(self, x: Shape, *more: Shape) -> Work:
        return {self.operation: len(more) * product(self.output(x, *more))}


def stretched(*shapes: Shape) -> Shape | None:
    """The shape that all are stretched to, as NumPy's arrays are; None where they don't agree."""
    rank = max(map(len, shapes))
    result = []
    for sizes in zip(*((1,) * (rank - len(shape)) + shape for shape in shapes), strict=True):
        size = max(sizes)
        if any(other not in (size, 1) for other in sizes):
            return None
        result.append(size)
    return tuple(result)


def unlike(kind: str, shapes: tuple[Shape, ...]) -> LayerError:
    """The error for inputs whose shapes don't agree."""
    told = " and ".join("x".join(map(str, map(int, shape))) for shape in shapes[:6])
    sizes = {shape[:-1] for shape in shapes}
    help = "their channels must agree: a 1x1 convolution on one path makes them"
    if len({len(shape) for shape in shapes}) > 1:
        help = "they must have as many dimensions each"
    elif len(sizes) > 1:
        help = "their positions must agree: a stride or a padding differs between the paths"
    return LayerError("unlike_shapes", f"{kind} can't join {told}", help)
