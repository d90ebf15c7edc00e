"""The inputs of a network: their names and shapes, from the spec or from the command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnncalc.errors import Fault, LayerError, SpecError
from cnncalc.graph import Input
from cnncalc.spec.document import Document, bad_name, is_name, read_shape
from cnncalc.spec.expressions import ExpressionError, substitute


def read_inputs(document: Document, given: Any, layout: str) -> list[Input]:
    """The inputs that `given` says in place of the spec's own; raises SpecError with each fault."""
    written = document.input if given is None else given
    if not written and not isinstance(written, int):
        error = LayerError("no_input", "the spec says no input", "such as input: 32x32x3, or --input 32x32x3")
        raise SpecError(document.fault(error, document.top, "input"))
    named = written if isinstance(written, Mapping) else {"input": written}
    holder = written if isinstance(written, Mapping) else document.top
    inputs, faults = [], list[Fault]()
    for name, value in named.items():
        try:
            inputs.append(_read(name, value, document, layout))
        except LayerError as error:
            told = error.about("input")
            faults.append(
                told.fault if given is not None else document.fault(told, holder, name, offset=error.offset)
            )
    if faults:
        raise SpecError(*faults)
    return inputs


def _read(name: Any, value: Any, document: Document, layout: str) -> Input:
    if not is_name(name):
        raise bad_name(name)
    try:
        value = substitute(value, document.variables) if isinstance(value, str) and "$" in value else value
    except ExpressionError as error:
        raise LayerError(error.code, error.message, error.help, offset=error.offset) from None
    return Input(name, read_shape(value, layout))
