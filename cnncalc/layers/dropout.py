"""Dropout: values left out at random in training; in inference, nothing."""

from __future__ import annotations

from typing import ClassVar

from cnncalc.layers.support.base import Example, Layer, Shape, layer
from cnncalc.layers.support.code import Part, Source
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import fraction, option


@layer
class Dropout(Layer):
    """The identity, once trained. Source: Srivastava et al. (2014)."""

    short_option: ClassVar[str] = "rate"
    compact: ClassVar[tuple[str, str]] = ("rate", "")
    keeps_values: ClassVar[bool] = True
    in_place: ClassVar[bool] = True
    one_operation: ClassVar[bool] = True
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "dropout0.5",
            "4096",
            "4096",
            {"params": 0, "connections": 0},
            "Krizhevsky et al. (2012), after fc6",
        ),
    )

    rate: float = option(fraction, 0.5, help="the share of values left out")

    def output(self, x: Shape) -> Shape:
        return x

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return x

    def torch_code(self, x: Source) -> Part | None:
        from cnncalc.layers.support.pytorch_code import module

        return Part((module("Dropout", p=(self.rate, 0.5)),), last=x.last)

    def keras_code(self, x: Source) -> Part | None:
        from cnncalc.layers.support.keras_code import keras_layer

        return Part((keras_layer("Dropout", ("rate", self.rate)),), last=True)
