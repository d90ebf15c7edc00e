"""Any layer, by its readable definition."""

from collections.abc import Mapping, Sequence

import numpy as np

from cnncalc.execute.fast.arrays import Array, Scratch, Step, Unbordered
from cnncalc.execute.numpy_kernels import NumpyKernels
from cnncalc.layers.support.base import Layer, Shape


class Defined(Unbordered):
    """A layer without its activation, as its `forward` has it."""

    def __init__(self, layer: Layer, shapes: Sequence[Shape], weights: Mapping[str, Array]) -> None:
        """shapes are those of its inputs."""
        self.layer = layer
        self.shapes = shapes
        self.weights = weights

    def bind(self, xs: Sequence[Array], out: Array, scratch: Scratch) -> list[Step]:
        """Each x (N, H, W, C) -> out (N, H', W', C'), whatever the number of axes that the layer knows."""
        images = len(out)

        def step() -> None:
            tool = NumpyKernels()
            values = [tool.value(x.reshape(images, *shape)) for x, shape in zip(xs, self.shapes, strict=True)]
            weights = {name: tool.value(weight[None]) for name, weight in self.weights.items()}
            y = self.layer.forward(tool, weights, *values)
            # a layer without inputs has one sample for all
            np.copyto(out, y.array.reshape(len(y.array), *out.shape[1:]))

        return [step]
