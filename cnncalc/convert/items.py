"""A layer as an item of `layers`: in compact text where that says all of it, else with its options."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from cnncalc.convert.tree import given_options
from cnncalc.layers import aliases
from cnncalc.layers.support.base import Layer
from cnncalc.spec import compact
from cnncalc.spec.write import WIDTH, Commented, InLine

LETTERS = {"stride": "s", "padding": "p", "dilation": "d", "groups": "g"}
_VALUE = re.compile(r"\$\w++|\$\([^)$]*+\)")


class Word(str):
    """A `$name` whose value may be a word, which compact text does not have in place of a number."""

    __slots__ = ()


def item_of(kind: type[Layer], name: str, options: Mapping[str, Any], links: Mapping[str, Any]) -> Any:
    """The item of a layer. `links` are the keys beside the layer's own options: from, share, trainable.

    An option may be a text with a `$` in place of a number. No name is one that the spec makes up.
    """
    if not links and (text := _compact(kind, name, options)) is not None:
        return text
    said = ({"name": as_name(name)} if name else {}) | {**links, **options}
    return {kind.kind: in_line(said)} if said else kind.kind


def in_line(value: Any) -> Any:
    """A value whose lists and mappings stand in a line."""
    if isinstance(value, list):
        return InLine([in_line(each) for each in value])
    if isinstance(value, Mapping):
        return InLine({name: in_line(each) for name, each in value.items()})
    return value


def as_name(name: str) -> Any:
    """A name as YAML has it: digits alone are a number."""
    return int(name) if name.isdecimal() and str(int(name)) == name else name


def _compact(kind: type[Layer], name: str, options: Mapping[str, Any]) -> str | None:
    """A layer in compact text; None where that can't say all of its options."""
    left = dict(options)
    first, second = (left.pop(option, None) if option else None for option in kind.compact)
    if first is None and second is not None and kind.compact[0]:
        return None
    before, behind = _size(first), _size(second)
    if before is None or behind is None:
        return None
    words = [_short(kind, kind.kind + before + (f"-{behind}" if behind else ""))]
    for option, letter in LETTERS.items():
        if option in left:
            value = left.pop(option)
            size = _size(value)
            if isinstance(value, str) and (isinstance(value, Word) or not value.startswith("$")):
                words.append(value)
            elif size is None:
                return None
            else:
                words.append(f"{letter}{size}")
    if left.get("bias") is False:
        del left["bias"]
        words.append("nobias")
    activation = left.pop("activation", None)
    if isinstance(activation, str):
        words.append(activation)
    elif activation is not None:
        return None
    text = f"{name}={' '.join(words)}" if name else " ".join(words)
    return None if left or not _says(text, kind, name, options) else text


def _short(kind: type[Layer], text: str) -> str:
    """The shorter name that people write: maxpool2, fc-10."""
    for alias in aliases():
        if aliases()[alias] == kind.kind and alias in ("fc", "maxpool", "avgpool", "bn"):
            return alias + text.removeprefix(kind.kind)
    return text


def _size(value: Any) -> str | None:
    """A number as compact text has it: 3, 1x7, 0.5 or $n; "" for none."""
    if value is None:
        return ""
    if isinstance(value, list):
        parts = [_size(each) for each in value]
        if None in parts or "" in parts or not 1 < len(parts) <= 3:
            return None
        return "x".join(map(str, parts))
    if isinstance(value, str):
        return value if _VALUE.fullmatch(value) and not isinstance(value, Word) else None
    return (
        str(value) if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0 else None
    )


def _says(text: str, kind: type[Layer], name: str, options: Mapping[str, Any]) -> bool:
    """Whether a compact text is read as this layer, 1 standing for each value that is put in."""
    from cnncalc.errors import LayerError
    from cnncalc.layers import build

    try:
        (item,) = compact.read(_VALUE.sub("1", text))
        if item.error is not None or item.kind != kind.kind or item.options.pop("name", "") != name:
            return False
        wanted = {key: _put_in(value) for key, value in options.items()}
        return given_options(build(kind, item.options), {}) == given_options(build(kind, wanted), {})
    except (LayerError, ValueError, TypeError):
        return False


def _put_in(value: Any) -> Any:
    if isinstance(value, list):
        return [_put_in(each) for each in value]
    return int(_VALUE.sub("1", value)) if isinstance(value, str) and _VALUE.fullmatch(value) else value


def packed(items: Sequence[Any]) -> list[Any]:
    """The items of a list, compact texts that follow one another in one line as far as it reaches."""
    found: list[Any] = []
    for item in items:
        before = found[-1] if found else None
        last = before.value if isinstance(before, Commented) else before
        if isinstance(item, str) and isinstance(last, str) and len(last) + len(item) + 12 <= WIDTH:
            text = f"{last}, {item}"
            found[-1] = Commented(text, before.comments) if isinstance(before, Commented) else text
        else:
            found.append(item)
    return found
