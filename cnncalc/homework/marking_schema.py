"""The JSON Schema of a marking file, by which an editor completes and checks the file."""

from cnncalc.analysis import conventions
from cnncalc.homework.answers import SHOWN, TOTAL
from cnncalc.homework.headings import ASKED
from cnncalc.homework.marking_file import BY_HAND, KEYS, OTHERWISE
from cnncalc.homework.slips import OTHERS, slips
from cnncalc.layers.support.sliding import ROUNDINGS
from cnncalc.quantity import QUANTITIES, names_of
from cnncalc.spec.schema_pieces import Schema, ref


def marking_schema() -> Schema:
    """The JSON Schema of a marking file (draft 2020-12)."""
    text: Schema = {"type": "string"}
    share: Schema = {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": "[0-9]"}]}
    quantities = names_of(QUANTITIES[name] for name in ASKED)
    sums = [f"{TOTAL} {name}" for each in ASKED if QUANTITIES[each].sums for name in QUANTITIES[each].names]
    columns: Schema = {"anyOf": [{"type": "array", "items": ref("column")}, text]}
    value: Schema = {"type": ["integer", "number", "string"]}
    words: dict[str, Schema] = {
        name: {"anyOf": [{"enum": list(known)}, {"type": "array", "items": {"enum": list(known)}}]}
        for name, known in (
            ("conventions", conventions.names()), ("roundings", ROUNDINGS), ("show", SHOWN),
        )
    }  # fmt: skip
    slip: Schema = {"enum": [*(each.name for each in slips()), *OTHERS]}
    own: dict[str, Schema] = {
        "$schema": text,
        "columns": columns,
        "layers": {
            "anyOf": [
                {"type": "array", "items": text},
                {
                    "type": "object",
                    "additionalProperties": {
                        "anyOf": [
                            columns,
                            {"type": "null"},
                            {
                                "type": "object",
                                "propertyNames": ref("quantity"),
                                "additionalProperties": {"anyOf": [share, {"type": "null"}]},
                            },
                        ]
                    },
                },
                text,
            ]
        },
        "given": {"anyOf": [*columns["anyOf"], {"type": "object", "additionalProperties": columns}]},
        "marks": {"type": "object", "propertyNames": ref("column"), "additionalProperties": share},
        "out_of": share,
        "partial": {
            "anyOf": [
                *share["anyOf"],
                {
                    "type": "object",
                    "propertyNames": {"enum": [*slip["enum"], OTHERWISE]},
                    "additionalProperties": share,
                },
            ]
        },
        "once": {"type": ["boolean", "string", "array"], "items": slip},
        "tolerance": share,
        "exact": {"type": ["boolean", "string", "array"], "items": ref("quantity")},
        "accept": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "propertyNames": ref("quantity"),
                "additionalProperties": {"anyOf": [value, {"type": "array", "items": value}]},
            },
        },
        **words,
        "strict_layout": {"type": ["boolean", "string"]},
        "only_given": {"type": ["boolean", "string"]},
        "matrices": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "properties": dict.fromkeys(BY_HAND, True),
                "required": ["input", "kernel"],
                "additionalProperties": False,
            },
        },
        "headings": {"type": "object", "additionalProperties": ref("quantity")},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "description": "How cnncalc marks answer sheets",
        "type": "object",
        "properties": {
            name: {"description": told, "anyOf": [own[name], {"type": "null"}]} for name, told in KEYS.items()
        },
        "additionalProperties": False,
        "$defs": {
            "quantity": {"enum": [*dict.fromkeys(quantities)]},
            "column": {"enum": [*dict.fromkeys([*quantities, TOTAL, *sums])]},
        },
    }
