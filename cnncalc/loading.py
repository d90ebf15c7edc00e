"""Networks from files, names, mappings, compact text, and models of other frameworks."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnncalc.built_in import builtin_names, find_spec, not_found
from cnncalc.errors import LayerError, SpecError, UsageError
from cnncalc.network import ForeignNetwork, Network, refuse_variables

if TYPE_CHECKING:
    from cnncalc.interop.model import Model

SPECS = (".yaml", ".yml", ".json")
"""The endings of files that hold specs, whatever the text looks like."""


def load(
    spec: str | os.PathLike[str] | Mapping[str, Any] | Any,
    *,
    input: Any = None,
    variables: Mapping[str, Any] | None = None,
    opaque: bool = False,
) -> Network:
    """A network from a path, a built-in architecture's name, a mapping, or (with `input`) compact text.

    Raises SpecError for what can't be read, with every fault's line and column. Of a model that a framework
    wrote, `opaque` takes operators that no kind says as layers that are counted as nothing.

    >>> import cnncalc
    >>> cnncalc.load("conv5-6, maxpool2, fc-10", input="32x32x3").analyze().totals.params
    12226
    """
    from cnncalc.spec.source import Source

    if isinstance(spec, Mapping):
        value = dict(spec) if input is None else {**spec, "input": input}
        return Network(value, Source("", "<mapping>"), variables)
    if not isinstance(spec, str | os.PathLike):
        from cnncalc.interop.contents import open_object

        model = open_object(spec, input)
        if model is None:
            raise UsageError(f"a {type(spec).__name__} is no network", "a path, a name, a mapping or a model")
        return load_model(model, input, variables, opaque=opaque)
    name = os.fsdecode(spec)
    path = find_spec(name)
    if path is None and ":" in name:
        from cnncalc.interop.references import is_reference, open_reference

        if is_reference(name):
            return load_model(open_reference(name, input), input, variables, opaque=opaque)
    if path is not None:
        return _load_path(path, name, input, variables, opaque=opaque)
    if input is not None:
        return load_compact(name, input, variables)
    raise not_found(name)


def load_compact(
    text: str, input: Any, variables: Mapping[str, Any] | None = None, file: str = "<compact text>"
) -> Network:
    """A network from compact text, of one line or several, or from the lines of a program.

    The text may say its input itself: `input` wins. Faults are told by their place in that text.
    """
    from cnncalc.spec.lines import LineSource, own_input, parted
    from cnncalc.spec.source import LocatedList, LocatedMap

    own, layer_text = own_input(text)
    given = input if input is not None else own
    if given is None:
        raise UsageError("which input?", "such as --input 32x32x3, or a first line: input 32x32x3")
    source = LineSource(text, file)
    if (error := _misfit(layer_text, given)) is not None:
        fault = error.fault
        mark = source.moved((1, 1), error.offset)
        raise SpecError(source.fault(fault.code, fault.message, fault.help, mark))
    layers, top = LocatedList([parted(layer_text)]), LocatedMap(input=given, layers=None)
    layers.mark, layers.marks = (1, 1), [(1, 1)]
    top["layers"] = layers
    top.mark, top.marks = (1, 1), {"layers": ((1, 1), (1, 1)), "input": ((1, 1), (1, 1))}
    return Network(top, source, variables)


def _misfit(text: str, given: Any) -> LayerError | None:
    """The error of pasted layers that read other channels than the input has."""
    from cnncalc.layers.support.options import shape
    from cnncalc.spec.pasted import misfit

    try:
        return misfit(text, shape(given))
    except LayerError:
        return None  # what can't be read is told at its place


def load_text(text: str, file: str, input: Any = None, variables: Mapping[str, Any] | None = None) -> Network:
    """A network from the text of a spec, or of layers line by line; `file` is what errors call it."""
    if not file.endswith(SPECS):
        from cnncalc.spec.lines import is_layers

        if file.endswith(".py") or is_layers(text):
            return load_compact(text, input, variables, file)
    return _load_spec(text, file, input, variables)


def _load_spec(text: str, file: str, input: Any, variables: Mapping[str, Any] | None) -> Network:
    from cnncalc.spec.parse import parse
    from cnncalc.spec.source import Source

    source = Source(text, file)
    value = parse(source, source.faults)
    if input is not None and isinstance(value, dict):
        value["input"] = input
        value.marks.pop("input", None)  # type: ignore[attr-defined]
    return Network(value, source, variables)


def _load_path(
    path: Path, name: str, input: Any, variables: Mapping[str, Any] | None, *, opaque: bool
) -> Network:
    from cnncalc.interop.contents import open_model
    from cnncalc.spec.source import read_text

    model = open_model(path, name)
    if model is not None:
        return load_model(model, input, variables, opaque=opaque)
    read = _load_spec if path.suffix in SPECS else load_text
    return read(read_text(path, name), name, input, variables)


def load_model(
    model: "Model", input: Any = None, variables: Mapping[str, Any] | None = None, *, opaque: bool = False
) -> Network:
    """A network from a model that a reader has opened."""
    refuse_variables(variables)
    return ForeignNetwork(model, input, opaque=opaque)


def builtins() -> Iterator[tuple[str, Network]]:
    """The built-in architectures, by name."""
    for name in builtin_names():
        yield name, load(name)
