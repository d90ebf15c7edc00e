"""The inputs of a network: their names and shapes, from the spec or from the command line."""

from collections.abc import Mapping
from typing import Any

from cnncalc.errors import FOLLOWS, Fault, LayerError, SpecError, brief, did_you_mean
from cnncalc.graph import Input
from cnncalc.spec.document import SpecDocument, bad_name, is_name, read_shape
from cnncalc.spec.location import ItemFaultLog
from cnncalc.spec.values import put_in


def read_inputs(
    document: SpecDocument, given: Any, layout: str, log: ItemFaultLog
) -> tuple[list[Input], list[str]]:
    """The inputs, with what `given` says in place of the spec's own, and the names of those at fault.

    `given` is a shape, for a network of one input, or a mapping from names of inputs to shapes.
    """
    own = document.input
    if not own and not isinstance(own, int) and given is None:
        if not document.misspells("input"):
            help = "such as input: 32x32x3, or --input 32x32x3"
            log.refuse_top(LayerError("no_input", "the spec says no input", help), "input")
        return [], ["input"]
    named = dict(own) if isinstance(own, Mapping) else {"input": own} if own is not None else {}
    holder = own if isinstance(own, Mapping) else document.top
    try:
        other = _others(named, given)
    except SpecError as error:
        log.add(*error.faults)
        return [], [str(name) for name in named]
    inputs, failed = [], list[str]()
    for name in named | other:
        try:
            if name in other:
                inputs.append(_read(name, other[name], document, layout))
            else:
                inputs.append(_read(name, named[name], document, document.layout))
        except LayerError as error:
            told = error.about("input")
            failed.append(str(name))
            if error.fault.code != FOLLOWS:
                known = name not in other
                log.add(document.fault(told, holder, name, offset=error.offset) if known else told.fault)
    return inputs, failed


def _others(named: Mapping[Any, Any], given: Any) -> dict[Any, Any]:
    """The inputs whose shapes `given` sets in place of the spec's."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        if len(named) > 1:
            names = ", ".join(map(str, named))
            message = f"the network has {len(named)} inputs, {names}: which of them is meant?"
            raise SpecError(Fault("which_input", message, f"such as --input {next(iter(named))}=32x32x3"))
        return {next(iter(named), "input"): given}
    for name in given:
        if named and name not in named:
            help = did_you_mean(str(name), map(str, named), "its inputs")
            raise SpecError(Fault("unknown_name", f"the network has no input {brief(name)}", help))
    return dict(given)


def _read(name: Any, value: Any, document: SpecDocument, layout: str) -> Input:
    if not is_name(name):
        raise bad_name(name)
    values = document.variables
    if isinstance(value, list | tuple):
        value = [put_in(size, values) for size in value]
    return Input(name, read_shape(put_in(value, values), layout))
