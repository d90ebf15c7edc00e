"""Data as the text of JSON, which any reader of JSON takes, and which steers no terminal."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from math import isfinite
from typing import Any

_OUTSIDE = re.compile(r"[^ -~\n]")


def json_text(
    data: Any, *, indent: int | None = None, ascii: bool = False, default: Callable[[Any], Any] | None = None
) -> str:
    r"""The text, with a line end behind it.

    JSON has no NaN and no infinity: they are the texts "NaN", "Infinity" and "-Infinity", which readers of
    numbers know. A sign that can't be seen, such as one that turns the direction of writing, is escaped.

    >>> print(json_text({"a": [float("inf"), "\u202e李"]}), end="")
    {"a": ["Infinity", "\u202e李"]}
    """
    options: dict[str, Any] = {
        "ensure_ascii": ascii,
        "allow_nan": False,
        "indent": indent,
        "default": default,
    }
    try:
        text = json.dumps(data, **options)
    except ValueError:
        text = json.dumps(_finite(data, default), **options)
    return f"{text if text.isprintable() else _OUTSIDE.sub(_escaped, text)}\n"


def _escaped(found: re.Match[str]) -> str:
    sign = found[0]
    return sign if sign.isprintable() else json.dumps(sign)[1:-1] if sign != "\x7f" else r"\u007f"


def _finite(data: Any, default: Callable[[Any], Any] | None) -> Any:
    if isinstance(data, dict):
        return {key: _finite(value, default) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_finite(value, default) for value in data]
    if default is not None and not isinstance(data, str | int | float | None):
        return _finite(default(data), None)
    if isinstance(data, float) and not isfinite(data):
        return {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}[str(float(data))]
    return data
