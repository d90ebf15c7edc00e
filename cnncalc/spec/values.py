"""The values of `$` while a spec is unfolded."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from cnncalc.errors import LayerError
from cnncalc.spec.expressions import ExpressionError, substitute

MOST_VALUES = 100_000
"""The most values that the options of one layer may hold."""
DEEPEST_OPTION = 10
"""How deeply the lists and mappings of an option may nest."""

Values = Mapping[str, Any]


class Captured(NamedTuple):
    """A list handed to a block: a `$name` in the list has the value of where the list was written."""

    items: Any
    values: Values
    blocks_in_use: tuple[str, ...]
    """The blocks of the author's own that were being unfolded where the list was written."""


def put_in(value: Any, values: Values, option: str = "") -> Any:
    """A scalar with its `$` put in; raises LayerError telling of `option`."""
    if type(value) is not str or "$" not in value:
        return value
    try:
        return substitute(value, values)
    except ExpressionError as error:
        raise LayerError(error.code, error.message, error.help, option, error.offset) from None


def argument(value: Any, values: Values, option: str, blocks_in_use: Sequence[str]) -> Any:
    """A value handed to a block; a list keeps the values of the place where the list was written."""
    if isinstance(value, list | tuple | Mapping) and not isinstance(value, Captured):
        return Captured(value, values, tuple(blocks_in_use))
    return put_in(value, values, option)


def put_in_all(options: Mapping[str, Any], values: Values) -> dict[str, Any]:
    """The options of a layer, however deep, with every `$` put in."""
    budget = [MOST_VALUES]
    return {name: _deep(value, values, str(name), budget, 0) for name, value in options.items()}


def opened(value: Any, option: str = "") -> Any:
    """A captured list as plain values."""
    return _deep(value, {}, option, [MOST_VALUES], 0) if isinstance(value, Captured) else value


def _deep(value: Any, values: Values, option: str, budget: list[int], depth: int) -> Any:
    budget[0] -= 1
    if budget[0] < 0 or depth > DEEPEST_OPTION:
        raise LayerError("too_large", f"{option} holds too much", f"at most {MOST_VALUES:,} values", option)
    if isinstance(value, Captured):
        return _deep(value.items, value.values, option, budget, depth)
    if isinstance(value, list | tuple):
        return [_deep(entry, values, option, budget, depth + 1) for entry in value]
    if isinstance(value, Mapping):
        return {key: _deep(entry, values, option, budget, depth + 1) for key, entry in value.items()}
    result = put_in(value, values, option)
    return _deep(result, values, option, budget, depth + 1) if isinstance(result, Captured) else result
