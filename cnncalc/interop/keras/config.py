"""The configuration of a Keras model, of version 2 or 3, as layers and the calls of them.

What the versions write differently ends here: Sequential becomes a chain of calls, and a call says what it
reads by layer, call and output, all counted from 0.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from cnncalc.errors import Fault, Place, SpecError, brief
from cnncalc.layers.support.keras_code import PACKAGE
from cnncalc.plain_text import LONGEST_NAME, shortened

DEEPEST = 200
"""How deep the lists and mappings of a configuration may nest."""
MOST_CALLS = 1_000_000
"""The most calls of layers that a model may hold, those of models in it counted each time."""
INPUT = "InputLayer"
TIME_DISTRIBUTED = "TimeDistributed"
PACKAGES = ("keras", "tf_keras")
"""Where Keras's own classes stand, as Keras 3 says of each."""
MASKS = ("mask", "query_mask", "value_mask", "key_mask")
"""Arguments that say which steps are padding. Keras makes them of its own; they are not followed."""
_CONSTANT = "_CONSTANT_VALUE"
"""What Keras 2 writes in place of a layer's name where an operator reads a constant."""


class Reference(NamedTuple):
    """A tensor: output `output` of call `call` of a layer; `shape` with the batch, where the file says it."""

    layer: str
    call: int
    output: int
    shape: tuple[Any, ...] | None = None


class CallConfig(NamedTuple):
    """A call of a layer: its arguments, with a `Reference` for each tensor."""

    args: Sequence[Any] = ()
    kwargs: Mapping[str, Any] = {}

    def tensors(self) -> Iterator[Reference]:
        """The tensors that the call reads, in order."""
        yield from _references(self.args)
        yield from _references(list(self.kwargs.values()))


class LayerConfig(NamedTuple):
    """A layer: its class and options, its calls, and its own layers where it is a model."""

    cls: str
    name: str
    config: Mapping[str, Any]
    calls: Sequence[CallConfig]
    operator: bool = False
    model: "ModelConfig | None" = None
    own: bool = False
    """Whether the class is the user's, of whatever name."""
    exported: bool = False
    """Whether code that was exported has the class of its own."""
    each_step: bool = False
    """Whether the layer is of a model that a TimeDistributed applies to each step."""


class ModelConfig(NamedTuple):
    """A model: its layers in the file's order, and which tensors go in and come out."""

    name: str
    layers: Mapping[str, LayerConfig]
    inputs: tuple[Reference, ...]
    outputs: tuple[Reference, ...]
    sequential: bool = False

    def calls(self) -> int:
        """Number of calls of layers; those of a nested model are counted for each of its calls."""
        return sum(
            max(len(layer.calls), 1) * (1 + (layer.model.calls() if layer.model else 0))
            for layer in self.layers.values()
        )

    def walk(self) -> Iterator[LayerConfig]:
        """All layers, those of models in it too."""
        for layer in self.layers.values():
            yield layer
            if layer.model:
                yield from layer.model.walk()


class ConfigReader:
    """Reads one configuration. Raises SpecError, with the place in the file, for one that is no model."""

    def __init__(self, file: str) -> None:
        self.file = file

    def fault(self, code: str, message: str, path: str = "", help: str = "") -> SpecError:
        """The error for a configuration that can't be; `path` is the place in it."""
        return SpecError(Fault(code, message, help, Place(self.file, path=path)))

    def model(self, value: Any, *, root: bool = True, path: str = "") -> ModelConfig:
        """A model from `{class_name, config}`."""
        if root and _deep(value):
            raise self.fault("too_deep", f"nests more than {DEEPEST} deep")
        if not isinstance(value, Mapping) or not isinstance(value.get("class_name"), str):
            raise self.fault("bad_model", "is no configuration of a model: it has no class_name", path)
        cls, config = value["class_name"], value.get("config")
        if isinstance(config, list):  # Sequential, as Keras wrote it before 2.2.3
            config = {"layers": config}
        if not isinstance(config, Mapping) or not isinstance(config.get("layers"), list):
            message = f"{brief(cls)} holds no layers: its graph is in its program, and not in the file"
            help = "export it as ONNX, or build it of keras.Model(inputs, outputs)"
            raise self.fault("no_graph", message, path, help)
        name = config.get("name")
        name = shortened(name, LONGEST_NAME) if isinstance(name, str) else ""
        if isinstance(config.get("input_layers"), list | Mapping):
            found = self._functional(name, config, path)
        else:
            found = self._sequential(name, config, path)
        if root and found.calls() > MOST_CALLS:
            raise self.fault("too_large", f"calls more than {MOST_CALLS:,} layers")
        return found

    def _functional(self, name: str, config: Mapping[str, Any], path: str) -> ModelConfig:
        layers: dict[str, LayerConfig] = {}
        for number, value in enumerate(config["layers"]):
            layer = self._layer(value, f"{path}layers[{number}]")
            if layer.name in layers:
                raise self.fault(
                    "bad_model", f"two layers are called {brief(layer.name)}", f"{path}layers[{number}]"
                )
            layers[layer.name] = layer
        older = any(isinstance(node, list) for value in config["layers"] for node in _nodes(value))
        for number, (value, layer) in enumerate(zip(config["layers"], list(layers.values()), strict=True)):
            place = f"{path}layers[{number}].inbound_nodes"
            calls = [self._call(node, layers, older, place) for node in _nodes(value)]
            layers[layer.name] = layer._replace(calls=calls or ([CallConfig()] if layer.cls == INPUT else []))
        inputs = tuple(self._ends(config["input_layers"], layers, older, f"{path}input_layers"))
        outputs = tuple(self._ends(config.get("output_layers"), layers, older, f"{path}output_layers"))
        if not outputs:
            raise self.fault("bad_model", "the model puts out nothing", f"{path}output_layers")
        return ModelConfig(name, layers, inputs, outputs)

    def _sequential(self, name: str, config: Mapping[str, Any], path: str) -> ModelConfig:
        layers: dict[str, LayerConfig] = {}
        last = ""
        for number, value in enumerate(config["layers"]):
            place = f"{path}layers[{number}]"
            layer = self._layer(value, place)
            if layer.name in layers:
                raise self.fault("bad_model", f"two layers are called {brief(layer.name)}", place)
            if layer.cls == INPUT and layers:
                raise self.fault("bad_model", "an input stands behind other layers", place)
            if not layers and layer.cls != INPUT:
                shape = _first_shape(layer, config)
                last = f"{layer.name}_input"
                layers[last] = LayerConfig(INPUT, last, {"batch_shape": shape}, [CallConfig()])
            calls = [CallConfig([Reference(last, 0, 0)])] if layers else [CallConfig()]
            layers[layer.name] = layer._replace(calls=calls)
            last = layer.name
        if not layers:
            raise self.fault("bad_model", "the model has no layers", path)
        return ModelConfig(
            name, layers, (Reference(next(iter(layers)), 0, 0),), (Reference(last, 0, 0),), True
        )

    def _layer(self, value: Any, path: str) -> LayerConfig:
        """A layer, its calls left out."""
        if not isinstance(value, Mapping) or not isinstance(value.get("class_name"), str):
            raise self.fault("bad_model", "is no layer: it has no class_name", path)
        cls, config = value["class_name"], value.get("config")
        name = _name_of(value)
        if name is None:
            raise self.fault("bad_model", f"a {brief(cls)} has no name", path)
        module = value.get("module")
        # in an .h5 of Keras 3 an operator is known by the keys that it lacks
        plain = module is None and isinstance(config, Mapping) and not {"trainable", "dtype"} & config.keys()
        called = plain and any(isinstance(node, Mapping) for node in _nodes(value))
        operator = called or (isinstance(module, str) and ".ops." in f"{module}.")
        if isinstance(config, list):
            config = {"layers": config}
        if config is not None and not isinstance(config, Mapping):
            raise self.fault("bad_model", f"the config of {brief(name)} is {brief(config)}", path)
        model = None
        if config and isinstance(config.get("layers"), list) and not operator:
            model = self.model({**value, "config": config}, root=False, path=f"{path}.")
        elif cls == TIME_DISTRIBUTED and config and _holds_layers(config.get("layer")):
            model = _at_each_step(self.model(config["layer"], root=False, path=f"{path}.layer."))
        theirs = "module" not in value or str(module).partition(".")[0] in PACKAGES
        exported = value.get("registered_name") == f"{PACKAGE}>{cls}"
        return LayerConfig(cls, name, config or {}, [], operator, model, own=not theirs, exported=exported)

    def _call(self, node: Any, layers: Mapping[str, LayerConfig], older: bool, path: str) -> CallConfig:
        if isinstance(node, Mapping):
            args, kwargs = node.get("args", []), node.get("kwargs", {})
            if not isinstance(args, list) or not isinstance(kwargs, Mapping):
                raise self.fault("bad_model", "is no call of a layer", path)
            return CallConfig(
                [self._argument(each, layers, path) for each in args],
                {str(k): self._argument(v, layers, path) for k, v in kwargs.items() if k not in MASKS},
            )
        if not isinstance(node, list):
            raise self.fault("bad_model", f"{brief(node)} is no call of a layer", path)
        if node and isinstance(node[0], str):  # a call that reads one tensor, not put into a list
            node = [node]
        args, kwargs = [], dict[str, Any]()
        for entry in node:
            if isinstance(entry, list) and len(entry) in (3, 4) and entry[0] == _CONSTANT:
                args.append(entry[2])
            elif isinstance(entry, list) and len(entry) in (3, 4):
                args.append(self._reference(entry[:3], layers, older, path))
            else:
                raise self.fault("bad_model", f"{brief(entry)} is no tensor", path)
            if len(entry) == 4 and isinstance(entry[3], Mapping):
                kwargs |= {str(k): self._older_argument(v, layers, path) for k, v in entry[3].items()}
        return CallConfig(args, kwargs)

    def _argument(self, value: Any, layers: Mapping[str, LayerConfig], path: str) -> Any:
        """An argument of Keras 3, tensors as references."""
        if isinstance(value, Mapping):
            config = value.get("config")
            if value.get("class_name") == "__keras_tensor__" and isinstance(config, Mapping):
                shape = config.get("shape")
                found = self._reference(config.get("keras_history"), layers, False, path)
                return found._replace(shape=tuple(shape) if isinstance(shape, list) else None)
            return {key: self._argument(each, layers, path) for key, each in value.items()}
        return [self._argument(each, layers, path) for each in value] if isinstance(value, list) else value

    def _older_argument(self, value: Any, layers: Mapping[str, LayerConfig], path: str) -> Any:
        """An argument of Keras 2, in which a tensor is a list that begins with a layer's name."""
        if isinstance(value, list) and len(value) == 3 and isinstance(value[0], str) and value[0] in layers:
            return self._reference(value, layers, True, path)
        return [self._older_argument(v, layers, path) for v in value] if isinstance(value, list) else value

    def _reference(
        self, value: Any, layers: Mapping[str, LayerConfig], before_first: bool, path: str
    ) -> Reference:
        """A tensor. `before_first`: a model has a call before its first one, which Keras counts."""
        good = (
            isinstance(value, list)
            and len(value) == 3
            and isinstance(value[0], str)
            and all(type(number) is int and number >= 0 for number in value[1:])
        )
        if not good:
            raise self.fault("bad_model", f"{brief(value)} is no tensor", path)
        name, call, output = value
        if name not in layers:
            raise self.fault("unknown_name", f"reads {brief(name)}, and no layer is called so", path)
        if before_first and layers[name].model is not None and layers[name].cls != TIME_DISTRIBUTED:
            call = max(call - 1, 0)
        return Reference(name, call, output)

    def _ends(
        self, value: Any, layers: Mapping[str, LayerConfig], older: bool, path: str
    ) -> Iterator[Reference]:
        """The tensors of input_layers or output_layers: one, a list or a mapping."""
        if isinstance(value, Mapping):
            value = list(value.values())
        if not isinstance(value, list):
            raise self.fault("bad_model", f"{brief(value)} is no list of tensors", path)
        if len(value) == 3 and isinstance(value[0], str):
            name = value[0]
            # Keras 3 counts the call before the first one here alone, and of Functional models alone
            counted = name in layers and (older or layers[name].cls != "Sequential")
            yield self._reference(value, layers, counted, path)
            return
        for each in value:
            yield from self._ends(each, layers, older, path)


def _holds_layers(value: Any) -> bool:
    """Whether a configuration is a model's."""
    config = value.get("config") if isinstance(value, Mapping) else None
    return isinstance(config, Mapping) and isinstance(config.get("layers"), list)


def _at_each_step(model: ModelConfig) -> ModelConfig:
    """A model whose layers work at each step."""
    layers = {
        name: layer._replace(each_step=True, model=_at_each_step(layer.model) if layer.model else None)
        for name, layer in model.layers.items()
    }
    return model._replace(layers=layers)


def _name_of(value: Any) -> str | None:
    """The name of a layer: its own, else that of its configuration."""
    config = value.get("config") if isinstance(value, Mapping) else None
    given = (value.get("name") if isinstance(value, Mapping) else None) or (
        config.get("name") if isinstance(config, Mapping) else None
    )
    return given if isinstance(given, str) and given else None


def _nodes(value: Any) -> list[Any]:
    """The calls of a layer as they are written."""
    nodes = value.get("inbound_nodes")
    return nodes if isinstance(nodes, list) else []


def _first_shape(layer: LayerConfig, config: Mapping[str, Any]) -> Any:
    """What a Sequential without an input says of its shape: null where it says nothing."""
    if layer.model is not None and layer.model.inputs:
        first = layer.model.layers[layer.model.inputs[0].layer]
        return input_shape(first.config)
    own = input_shape(layer.config)
    return own if own is not None else config.get("build_input_shape")


def input_shape(config: Mapping[str, Any]) -> Any:
    """The shape of an input with its batch, as Keras 3 or 2 writes it; None where it is not said."""
    return config.get("batch_shape") or config.get("batch_input_shape")


def _references(value: Any) -> Iterator[Reference]:
    if isinstance(value, Reference):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _references(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _references(each)


def _deep(value: Any) -> bool:
    """Whether lists and mappings nest deeper than a model's do."""
    level = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for each in level
            if isinstance(each, list | dict)
            for inner in (each.values() if isinstance(each, dict) else each)
            if isinstance(inner, list | dict)
        ]
        if not level:
            return False
    return True
