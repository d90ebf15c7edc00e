"""Data as the text of JSON, which any reader of JSON takes, and which steers no terminal."""

import json
import re
from collections.abc import Callable
from functools import cache
from json.encoder import encode_basestring
from math import isfinite
from typing import Any

Default = Callable[[Any], Any] | None
_OUTSIDE = re.compile(r"[^ -~\n]")


def json_text(data: Any, *, indent: int | None = None, ascii: bool = False, default: Default = None) -> str:
    r"""Data in JSON, with a line end behind it.

    JSON has no NaN and no infinity: they are the texts "NaN", "Infinity" and "-Infinity", which readers of
    numbers know. A sign that can't be seen, such as one that turns the direction of writing, is escaped.

    >>> print(json_text({"a": [float("inf"), "\u202e李"]}), end="")
    {"a": ["Infinity", "\u202e李"]}
    """
    return f"{json_piece(data, indent, ascii, default)}\n"


def json_piece(data: Any, indent: int | None = None, ascii: bool = False, default: Default = None) -> str:
    """The same without the line end, to be put into more JSON."""
    encode = _encoder(indent, ascii, default)
    try:
        text = encode(data)
    except ValueError:
        text = encode(_finite(data, default))
    return text if text.isprintable() else _OUTSIDE.sub(_escaped, text)


def short_piece(value: Any) -> str:
    """The same, quicker for what most values of a report are: whole numbers, names and lists of these."""
    kind = type(value)
    if kind is int:
        return str(value)
    if value is None:
        return "null"
    if kind is str and value.isprintable():
        return encode_basestring(value)
    return f"[{', '.join(map(short_piece, value))}]" if kind is list else json_piece(value)


@cache
def _encoder(indent: int | None, ascii: bool, default: Default) -> Callable[[Any], str]:
    return json.JSONEncoder(ensure_ascii=ascii, allow_nan=False, indent=indent, default=default).encode


def _escaped(found: re.Match[str]) -> str:
    sign = found[0]
    return sign if sign.isprintable() else json.dumps(sign)[1:-1] if sign != "\x7f" else r"\u007f"


def _finite(data: Any, default: Default) -> Any:
    if isinstance(data, dict):
        return {key: _finite(value, default) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_finite(value, default) for value in data]
    if default is not None and not isinstance(data, str | int | float | None):
        return _finite(default(data), None)
    if isinstance(data, float) and not isfinite(data):
        return {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}[str(float(data))]
    return data
