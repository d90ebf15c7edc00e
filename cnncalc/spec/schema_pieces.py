"""The pieces of which the JSON Schema of the spec language is built."""

from collections.abc import Iterable, Mapping
from typing import Any

Schema = dict[str, Any]
DOLLAR = r"\$"
"""The pattern of a text that is filled in later, which may stand wherever a value does."""


def ref(name: str) -> Schema:
    """A reference to a definition of the schema."""
    return {"$ref": f"#/$defs/{name}"}


def refs(names: Iterable[str]) -> dict[str, Schema]:
    """Name -> the definition of that name."""
    return {name: ref(name) for name in names}


def pattern_text(pattern: str, wrong: str) -> Schema:
    """A text of a pattern, with an editor's message for another text."""
    return {"type": "string", "pattern": pattern, "patternErrorMessage": f"This is {wrong}."}


LATER = pattern_text(DOLLAR, "not what stands here, nor a $name")
NOTHING: Schema = {"type": "null"}


def either(*forms: Schema) -> Schema:
    """One of several forms; put in one where they speak of different types, of which editors tell best."""
    keys = [key for form in forms for key in form if key != "type"]
    if not all("type" in form for form in forms) or len(keys) > len(set(keys)):
        return {"anyOf": list(forms)}
    merged = {key: value for form in forms for key, value in form.items()}
    return {**merged, "type": [each for form in forms for each in _types(form)]}


def _types(form: Schema) -> list[str]:
    given = form["type"]
    return [given] if isinstance(given, str) else list(given)


def read_by(read: Any) -> Schema:
    """The values that a reader takes."""
    return dict(read.schema)


def taken_by(read: Any) -> Schema:
    """The values that a reader takes, or a text with a `$`, which may stand for any value."""
    result = or_later(read.schema)
    if "pattern" in result:
        result["patternErrorMessage"] = f"This is not {read.form}."
    return result


def or_later(given: Mapping[str, Any]) -> Schema:
    """A form, or a text with a `$` that is filled in later."""
    if "anyOf" in given:
        return {"anyOf": [*map(or_later, given["anyOf"]), LATER]}
    result: Schema = dict(given)
    if "items" in result:
        result["items"] = or_later(result["items"])
    if "pattern" in result:
        result["pattern"] = f"{DOLLAR}|{result['pattern']}"
        return result
    return either(result, LATER)
