"""Keras models, of version 2 and 3, read from their configuration, without Keras.

Nothing in a file is run: the meaning of a class is looked up by its name in `classes` and `operators`.
"""

import os
from collections.abc import Mapping
from typing import Any

from cnncalc.errors import brief
from cnncalc.interop.keras.call import KERAS_3
from cnncalc.interop.keras.config import (
    INPUT,
    ConfigReader,
    LayerConfig,
    input_shape,
)
from cnncalc.interop.keras.scope import spec_name
from cnncalc.interop.keras.spec_builder import Fetch, SpecBuilder
from cnncalc.interop.model import Model, Reading, Size
from cnncalc.layers.support.base import Shape
from cnncalc.layers.support.options import LARGEST


class KerasModel(Model):
    """A Keras model: its configuration, and a way to its arrays where the file holds any."""

    def __init__(
        self, file: str, config: Any, version: str = "", fetch: Fetch | None = None, backend: str = ""
    ) -> None:
        self.file, self.fetch = file, fetch
        reader = ConfigReader(file)
        self.config = reader.model(config)
        said = version or config.get("keras_version") or ("3" if "module" in config else "2")
        self.keras = 2 if str(said)[:1] in "12" else KERAS_3
        backend = backend or (config.get("backend") or "") if isinstance(config, Mapping) else ""
        self.backend = backend or (os.environ.get("KERAS_BACKEND", "") if self.keras >= KERAS_3 else "")
        self.name = self.config.name
        said_formats = [
            each.config.get("data_format") for each in self.config.walk() if each.cls != "Flatten"
        ]
        formats = {said for said in said_formats if isinstance(said, str)}
        if {"channels_first", "channels_last"} <= formats:
            raise reader.fault(
                "bad_model", "has layers with the channels first and others with the channels last"
            )
        self.layout = "chw" if "channels_first" in formats else "hwc"
        self.inputs = {}
        for reference in self.config.inputs:
            layer = self.config.layers[reference.layer]
            if layer.cls != INPUT:
                raise reader.fault("bad_model", f"{brief(layer.name)} is no input", layer.name)
            name = spec_name(layer.name)
            if name in self.inputs:
                raise reader.fault("bad_model", f"has the input {brief(name)} twice", layer.name)
            self.inputs[name] = _sizes(layer, reader)
        if not self.inputs:
            raise reader.fault("bad_model", "has no inputs", "input_layers")

    def reading(self, inputs: Mapping[str, Shape], *, opaque: bool = False) -> Reading:
        return SpecBuilder(self, inputs, opaque=opaque).read()


def _sizes(layer: LayerConfig, reader: ConfigReader) -> tuple[Size, ...]:
    """The shape of an input without its batch, as the file says it."""
    given = input_shape(layer.config)
    if given is None:
        help = "build the model before it is saved: model.build(shape), or an Input layer first"
        message = f"the model says no shape of its input {brief(layer.name)}"
        raise reader.fault("no_input", message, "", help)
    sizes: list[Any] = list(given[1:]) if isinstance(given, list | tuple) else ["?"]
    if not all(size is None or (type(size) is int and 0 < size <= LARGEST) for size in sizes):
        raise reader.fault("bad_model", f"{brief(given)} is no shape of an input", layer.name)
    return tuple(sizes) or (1,)
