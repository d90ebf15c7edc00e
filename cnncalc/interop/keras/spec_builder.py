"""The spec of a Keras model, written layer by layer from its configuration."""

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.errors import Fault, LayerError, Place, SpecError, brief
from cnncalc.interop.keras import exported
from cnncalc.interop.keras.call import KERAS_3, Found, LayerCall, Made, Slot, SpecLayer, UnreadError
from cnncalc.interop.keras.classes import LAYERS
from cnncalc.interop.keras.config import (
    INPUT,
    TIME_DISTRIBUTED,
    LayerConfig,
    ModelConfig,
    Reference,
)
from cnncalc.interop.keras.operators import OLDER, operator
from cnncalc.interop.keras.scope import FAILED, LONGEST_NAME, LayerTensor, Scope
from cnncalc.interop.keras.sequences import at_each_step
from cnncalc.interop.keras.traversal import needed_calls, recorded_shapes, weight_paths
from cnncalc.interop.model import Origin, Reading, StoredArray
from cnncalc.languages import Message
from cnncalc.layers import build, find
from cnncalc.layers.support.base import Layer, Shape, fields, from_layout
from cnncalc.spec.document import is_name
from cnncalc.spec.source import MOST_FAULTS

if TYPE_CHECKING:
    from cnncalc.interop.keras.reader import KerasModel

KEPT = ("moving_mean", "moving_variance", "mean", "variance", "count")
"""Variables that are kept and not learned."""
MOST_TOLD = 20
"""The most classes that one error names."""

Fetch = Callable[["Variable"], Any]
"""Reads an array that Keras keeps."""


class Variable(NamedTuple):
    """An array that Keras keeps.

    `path` is its place in a weights file of Keras 3. In an .h5 of `model.save` an array is known by the
    layer of the whole model that it belongs to, `top`, and by its number there, the learned first.
    """

    path: str
    top: str
    number: int = 0


class _First(NamedTuple):
    """Where the first call of a layer stands: the full names of its parts, or the layers of a model."""

    names: Mapping[str, str]
    inner: "dict[str, _First]"


class _Place(NamedTuple):
    """Where a layer keeps its arrays: its path in a weights file, the top layer, its place in the model."""

    path: str
    top: str
    order: tuple[int, ...]


class _Kept(NamedTuple):
    """A weight of the spec: the variables that it is made of, how, and its shape."""

    made: Made
    shape: tuple[int, ...]
    variables: Mapping[str, Variable]


class SpecBuilder:
    """Writes the spec of a model, layer by layer."""

    def __init__(self, model: "KerasModel", inputs: Mapping[str, Shape], *, opaque: bool) -> None:
        self.model, self.opaque = model, opaque
        self.written_inputs = inputs
        self.given = {name: from_layout(shape, model.layout) for name, shape in inputs.items()}
        # the shapes that the file records hold for the sizes that the file fixes
        self.as_recorded = all(
            own in (None, given)
            for name in inputs
            for own, given in zip(model.inputs[name], inputs[name], strict=True)
        )
        self.shapes: dict[str, Shape] = {}
        self.origins: dict[str, Origin] = {}
        self.kept: dict[str, _Kept] = {}
        self.variables: list[tuple[str, bool, tuple[int, ...], Variable]] = []
        self.faults: list[Fault] = []
        self.unknown: dict[str, list[str]] = {}
        self.why: dict[str, str] = {}

    def read(self) -> Reading:
        config = self.model.config
        names = list(self.given)
        scope = Scope("", names[0], names)
        sources = [LayerTensor(name, self.given[name]) for name in names]
        ends, _ = self.network(config, scope, sources, {}, _Place("", "", ()))
        self.tell_unknown()
        if self.faults:
            raise SpecError(*self.faults[:MOST_FAULTS])
        if not scope.items:
            raise self.model.no_layers()
        value: dict[str, Any] = {"name": config.name} if config.name else {}
        value["input"] = {name: list(shape) for name, shape in self.written_inputs.items()}
        if self.model.layout != "hwc":
            value["layout"] = self.model.layout
        value["layers"] = scope.items
        outputs = list(dict.fromkeys(end.name for end in ends))
        if outputs != [scope.at]:
            value["outputs"] = outputs
        return Reading(
            value,
            shapes=self.shapes if self.as_recorded else {},
            origins=self.origins,
            weights=self.stored() if self.model.fetch else {},
            notes=tuple(self.notes()),
        )

    def notes(self) -> Iterator[Message]:
        """Notes for a reader of the values."""
        layers = list(self.model.config.walk())
        masking = [_word(layer.name) for layer in layers if _makes_masks(layer)]
        if masking:
            yield Message("note.keras_masks", layers=", ".join(masking[:MOST_TOLD]))
        edges = [name for name in self.origins if name.endswith(".edge")]
        if edges and not self.model.backend:
            yield Message("note.keras_edges", layers=", ".join(edges[:MOST_TOLD]))

    def stored(self) -> dict[str, StoredArray]:
        """The weights of the spec, each with a way to its array."""
        numbers: Counter[str] = Counter()
        placed: dict[str, Variable] = {}
        # in an .h5 the arrays of a top layer stand in the order of its layers, the learned ones first
        for top, _, _, variable in sorted(self.variables, key=lambda entry: entry[:3]):
            placed[variable.path] = variable._replace(number=numbers[top])
            numbers[top] += 1
        return {name: self._stored(kept, placed) for name, kept in self.kept.items()}

    def _stored(self, kept: _Kept, placed: Mapping[str, Variable]) -> StoredArray:
        sources = [placed[kept.variables[name].path] for name in kept.made.variables]
        fetch, convert = self.model.fetch, kept.made.convert
        assert fetch is not None

        def read() -> Any:
            arrays = [fetch(source) for source in sources]
            return convert(*arrays) if convert else arrays[0]

        return StoredArray(sources[0].path, kept.shape, read)

    # ---- models

    def network(
        self,
        config: ModelConfig,
        scope: Scope,
        sources: Sequence[LayerTensor],
        before: Mapping[str, _First],
        place: _Place,
    ) -> tuple[list[LayerTensor], dict[str, _First]]:
        """Writes the layers of a model into a scope; returns the outputs, and the calls of the layers."""
        found = {
            (reference.layer, reference.call): [source]
            for reference, source in zip(config.inputs, sources, strict=True)
        }
        first = dict(before)
        needed = needed_calls(config)
        recorded = recorded_shapes(config, self.model.layout)
        paths = weight_paths(config, place.path)
        orders = {name: (*place.order, number) for number, name in enumerate(config.layers)}
        for layer, number in self.in_order(config, needed, found):
            key = layer.name, number
            inputs = [self.tensor(reference, found) for reference in layer.calls[number].tensors()]
            found[key] = []
            if any(tensor.shape is None for tensor in inputs):
                continue  # the fault before is told
            own = _Place(paths[layer.name], place.top or layer.name, orders[layer.name])
            # of a model at each step the file records the shapes of one step
            shapes = {} if layer.each_step else recorded.get(key, {})
            try:
                found[key], called = self.call(
                    layer, number, inputs, scope, first.get(layer.name), own, shapes
                )
            except LayerError as error:
                self.blame(error, layer)
                continue
            if called is not None:
                first.setdefault(layer.name, called)
            for output, shape in shapes.items():
                if output < len(found[key]) and found[key][output].name not in self.given:
                    self.shapes[found[key][output].name] = shape
        return [self.tensor(reference, found) for reference in config.outputs], first

    def in_order(
        self, config: ModelConfig, needed: Iterable[tuple[str, int]], known: Iterable[tuple[str, int]]
    ) -> Iterator[tuple[LayerConfig, int]]:
        """The calls of a model that are needed, each after those that it reads, else in the file's order."""
        done = set(known)
        places = {name: place for place, name in enumerate(config.layers)}
        waiting: dict[tuple[str, int], int] = {}
        readers: dict[tuple[str, int], list[tuple[str, int]]] = {}
        ready: list[tuple[int, int, str]] = []
        for name, number in set(needed) - done:
            reads = {(read.layer, read.call) for read in config.layers[name].calls[number].tensors()} - done
            waiting[name, number] = len(reads)
            for read in reads:
                readers.setdefault(read, []).append((name, number))
            if not reads:
                heapq.heappush(ready, (places[name], number, name))
        while ready:
            _, number, name = heapq.heappop(ready)
            del waiting[name, number]
            yield config.layers[name], number
            for reader in readers.get((name, number), ()):
                waiting[reader] -= 1
                if not waiting[reader]:
                    heapq.heappush(ready, (places[reader[0]], reader[1], reader[0]))
        if waiting:
            left = sorted(waiting, key=lambda key: (places[key[0]], key[1]))[:10]
            names = ", ".join(brief(name) for name in dict.fromkeys(name for name, _ in left))
            self.fault("cyclic_model", f"these layers read in a circle, or what is never computed: {names}")

    def tensor(self, reference: Reference, found: Mapping[tuple[str, int], list[LayerTensor]]) -> LayerTensor:
        """A tensor that was computed; FAILED where its layer failed."""
        results = found.get((reference.layer, reference.call))
        if results is None and not self.faults:
            self.fault("unknown_name", f"{brief(reference.layer)} has no call {reference.call}")
        if not results:
            return FAILED
        if reference.output >= len(results):
            self.fault("unknown_name", f"{brief(reference.layer)} has no output {reference.output}")
            return FAILED
        return results[reference.output]

    # ---- layers

    def call(
        self,
        layer: LayerConfig,
        number: int,
        inputs: list[LayerTensor],
        scope: Scope,
        before: _First | None,
        place: _Place,
        recorded: Mapping[int, Shape],
    ) -> tuple[list[LayerTensor], _First | None]:
        """Writes a call of a layer; returns the outputs of the call, and the places of its parts."""
        if layer.cls == INPUT:
            raise LayerError("bad_model", "is an input, and none of the model's")
        if layer.model is not None:
            wanted = len(layer.model.inputs)
            if len(inputs) != wanted:
                raise LayerError("bad_model", f"takes {wanted} inputs, and reads {len(inputs)}")
            name = scope.name(layer.name)
            inner = scope.block(name, inputs)
            known = before.inner if before else {}
            inside = "/layer/" if layer.cls == TIME_DISTRIBUTED else "/"
            ends, called = self.network(
                layer.model, inner, inputs, known, place._replace(path=place.path + inside)
            )
            scope.close(inner, name, inputs)
            return ends, _First({}, called)
        numbers = iter(range(len(inputs)))
        args = _slots(layer.calls[number].args, numbers)
        kwargs = _slots(layer.calls[number].kwargs, numbers)
        shapes = tuple(tensor.shape for tensor in inputs if tensor.shape is not None)
        asked = LayerCall(
            layer.cls,
            layer.config,
            shapes,
            args,
            kwargs,
            channels_first=self.model.layout == "chw",
            keras=self.model.keras,
            repeats_edges=self.model.keras >= KERAS_3 and self.model.backend in ("", "torch"),
            again=before is not None,
        )
        found = self.meaning(layer, asked)
        if found is None:
            shape = recorded.get(0)
            if not self.opaque or shape is None:
                self.unknown.setdefault(layer.cls, []).append(layer.name)
                # goes on where the file says the shape, to tell of all such layers at once
                return [LayerTensor(layer.name, recorded[at]) for at in sorted(recorded)], None
            found = Found((SpecLayer("opaque", {"shape": list(shape), "op": layer.cls}),))
        if not found.parts:
            return inputs[:1], None
        return self.write(layer, found, inputs, scope, before, place)

    def meaning(self, layer: LayerConfig, call: LayerCall) -> Found | None:
        """The parts of a spec that stand for a layer; None where there are none."""
        read = _reader_of(layer)
        if read is None:
            return None
        try:
            if layer.each_step:
                return at_each_step(call, operator=layer.operator)
            return read(call)
        except UnreadError as why:
            self.why.setdefault(layer.cls, str(why))
            return None
        except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
            # options or inputs that no layer of the class can have
            message = f"its options or inputs can't be: {brief(str(error), 80)}"
            raise LayerError("bad_value", message) from None

    def write(
        self,
        layer: LayerConfig,
        found: Found,
        inputs: list[LayerTensor],
        scope: Scope,
        before: _First | None,
        place: _Place,
    ) -> tuple[list[LayerTensor], _First]:
        """Writes the parts of a layer, in a block of its name where they are several."""
        trainable = layer.config.get("trainable") is not False
        variables = {name: Variable(f"{place.path}/{at}", place.top) for name, at in found.variables.items()}
        if before is None:
            for index, (name, variable) in enumerate(variables.items()):
                kept = name in KEPT or not trainable
                self.variables.append((place.top, kept, (*place.order, index), variable))
        name = scope.name(layer.name)
        several = len(found.parts) > 1
        inside = scope.block(name, inputs) if several else scope
        done: dict[str, LayerTensor] = {}
        names: dict[str, str] = {}
        last = list(inputs)
        for part in found.parts:
            if part.reads is not None:
                last = [done[read] if isinstance(read, str) else _read(inputs, read) for read in part.reads]
            own = inside.name(part.name or part.kind) if several else name
            share = before.names.get(part.name) if before and part.weights else None
            tensor, arrays = self.item(part, own, last, inside, share, trainable=trainable)
            done[part.name] = tensor
            names[part.name] = share or tensor.name
            last = [tensor]
            self.origins[tensor.name] = Origin(layer.cls, layer.name)
            if share is None:
                for weight, made in part.weights.items():
                    self.kept[f"{tensor.name}.{weight}"] = _Kept(made, arrays.get(weight, ()), variables)
        if several:
            scope.close(inside, name, inputs)
        return [done[result] for result in found.results] or last, _First(names, {})

    def item(
        self,
        part: SpecLayer,
        name: str,
        sources: Sequence[LayerTensor],
        scope: Scope,
        share: str | None,
        *,
        trainable: bool,
    ) -> tuple[LayerTensor, dict[str, tuple[int, ...]]]:
        """Writes one layer of the spec; returns the layer's outputs, and the shapes of its weights."""
        kind = find(part.kind)
        assert kind is not None, part.kind
        built = build(
            kind, part.options, defaults={"layout": self.model.layout} if "layout" in fields(kind) else {}
        )
        shapes = [source.shape for source in sources if source.shape is not None]
        if (kind.inputs == "one" and len(shapes) != 1) or (kind.inputs in ("many", "any") and not shapes):
            raise LayerError("one_input", f"reads {len(shapes)} tensors")
        shape, arrays = _computed(built, shapes)
        options: dict[str, Any] = {"name": name}
        if kind.inputs == "many" or len(sources) > 1:
            options["from"] = [source.name for source in sources]
        else:
            options = scope.reading(options, sources)
        if share is not None:
            options["share"] = share
        elif not trainable and part.weights:
            options["trainable"] = False
        scope.items.append({part.kind: {**options, **part.options}})
        scope.at = f"{scope.prefix}{name}"
        return LayerTensor(scope.at, shape), arrays

    # ---- faults

    def fault(self, code: str, message: str, help: str = "", path: str = "") -> None:
        self.faults.append(Fault(code, message, help, Place(self.model.file, path=path)))
        if len(self.faults) >= MOST_FAULTS:
            raise SpecError(*self.faults)

    def blame(self, error: LayerError, layer: LayerConfig) -> None:
        """Notes the faults of a layer."""
        for each in (error, *error.others):
            fault = each.fault
            self.fault(
                fault.code, f"{_word(layer.cls)}: {fault.message}", fault.help, layer.name[:LONGEST_NAME]
            )

    def tell_unknown(self) -> None:
        """One fault for all classes that can't be read: how often, where first, with the odd option."""
        if not self.unknown:
            return
        for layer in self.model.config.walk():
            known = layer.model or layer.cls == INPUT or _reader_of(layer)
            if not known and layer.name not in self.unknown.setdefault(layer.cls, []):
                self.unknown[layer.cls].append(layer.name)
        told = []
        for cls, names in sorted(self.unknown.items(), key=lambda entry: -len(entry[1])):
            often = f"{len(names)}, first at" if len(names) > 1 else "at"
            why = f", which {self.why[cls]}" if cls in self.why else ""
            told.append(f"{_word(cls)}: {often} {_word(names[0])}{why}")
        classes = "a class is no layer" if len(told) == 1 else f"{len(told)} classes are no layers"
        more = f"; and {len(told) - MOST_TOLD} more" if len(told) > MOST_TOLD else ""
        message = f"{classes} that cnncalc has: {'; '.join(told[:MOST_TOLD])}{more}"
        self.fault("unknown_operator", message, "--opaque takes them as layers that count nothing")


def _word(name: str) -> str:
    """A class or a name as errors show it: quoted where it is no plain word."""
    return name if is_name(name) else brief(name)


def _reader_of(layer: LayerConfig) -> Callable[[LayerCall], Found] | None:
    """The reader of a class or an operator; None where there is none."""
    if layer.own:
        return exported.read if layer.exported else None
    return operator(layer.cls) if layer.operator or layer.cls in OLDER else LAYERS.get(layer.cls)


def _makes_masks(layer: LayerConfig) -> bool:
    """Whether a layer tells those behind it which steps are padding."""
    return layer.cls == "Masking" or layer.config.get("mask_zero") is True


def _read(inputs: Sequence[LayerTensor], number: int) -> LayerTensor:
    """An input by its number; raises LayerError where there are fewer."""
    if number >= len(inputs):
        raise LayerError("bad_value", f"reads {len(inputs)} tensors, and input {number + 1} is missing")
    return inputs[number]


def _slots(value: Any, numbers: Iterator[int]) -> Any:
    """Arguments with a `Slot` for each tensor."""
    if isinstance(value, Reference):
        return Slot(next(numbers))
    if isinstance(value, Mapping):
        return {key: _slots(each, numbers) for key, each in value.items()}
    return [_slots(each, numbers) for each in value] if isinstance(value, list | tuple) else value


def _computed(built: Layer, shapes: Sequence[Shape]) -> tuple[Shape, dict[str, tuple[int, ...]]]:
    """The output of a layer for inputs of these shapes, and the shapes of its weights."""
    arrays: dict[str, tuple[int, ...]] = {}
    for part, layer in built.parts() or (("", built),):
        prefix = f"{part}." if part else ""
        shape = layer.output(*shapes)
        arrays |= {f"{prefix}{name}": weight.shape for name, weight in layer.weights(*shapes).items()}
        shapes = [shape]
    return shapes[0], arrays
