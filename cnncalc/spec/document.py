"""The top of a spec: its keys read and checked, its layers not yet unfolded."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from cnncalc.errors import FOLLOWS, Fault, LayerError, Place, SpecError, as_text, brief, did_you_mean, nearest
from cnncalc.layers import aliases, names
from cnncalc.layers.support.base import LAYOUTS, from_layout
from cnncalc.layers.support.options import choice, natural, shape
from cnncalc.layers.support.sliding import ROUNDINGS
from cnncalc.plain_text import LONGEST_NAME
from cnncalc.quantity import NUMBERS, RECORDS, Quantity, find, names_of
from cnncalc.spec.expressions import FAILED_VALUE, ExpressionError, substitute
from cnncalc.spec.parse import LONGEST_NUMBER
from cnncalc.spec.source import FaultLog, Source

KEYS = (
    "$schema", "name", "family", "year", "source", "notes", "input", "layout", "rounding",
    "variables", "blocks", "layers", "outputs", "expect",
)  # fmt: skip
MODELS = (".onnx", ".pt2", ".keras", ".h5")
"""How the files of models end that `expect` may name."""
ITEM_WORDS = ("repeat", "block", "head")
EXPECTED = tuple(quantity for quantity in RECORDS if quantity.unit in (*NUMBERS, "shape", "field"))
"""The quantities that `expect` may give for a layer or the total."""


class Block(NamedTuple):
    """A block of the author's own: its options with their defaults (None: required), and its layers."""

    name: str
    options: dict[str, Any]
    layers: Sequence[Any]
    failed: bool = False
    """Whether its own fault is told already, so that its uses say nothing."""


@dataclass(repr=False, eq=False)
class SpecDocument:
    """A spec, read but not unfolded."""

    source: Source
    name: str = ""
    family: str = ""
    year: int | None = None
    cited: str = ""
    notes: str = ""
    input: Any = None
    layout: str = "hwc"
    rounding: str = "floor"
    variables: dict[str, Any] = field(default_factory=dict)
    blocks: dict[str, Block] = field(default_factory=dict)
    layers: Sequence[Any] = ()
    outputs: Any = None
    expect: dict[str, dict[str, Any]] = field(default_factory=dict)
    expected_model: str = ""
    """The path of the model that `expect` names, from the folder of the spec."""
    top: Mapping[str, Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    """The faults of the top, told together with the faults of the layers."""

    def fault(
        self, error: LayerError, holder: Any, key: Any, *, on_key: bool = False, offset: int = 0
    ) -> Fault:
        """A fault at what stands under `key` in `holder`, a mapping or a list of the document."""
        return self.source.fault_at(error, holder, key, on_key=on_key, offset=offset)

    def misspells(self, key: str) -> bool:
        """Whether one of its keys was probably meant to be this one, and is told of already."""
        return any(nearest(str(given), KEYS) == key for given in self.top if given not in KEYS)


class _Reader:
    """Reads the keys one by one, gathering the faults."""

    def __init__(self, value: Mapping[str, Any], source: Source) -> None:
        self.value, self.faults = value, FaultLog(source.faults)
        self.document = SpecDocument(source, top=value)

    def blame(
        self, error: LayerError, holder: Any, key: Any, *, on_key: bool = False, offset: int = 0
    ) -> None:
        if error.fault.code != FOLLOWS:
            self.faults.add(self.document.fault(error, holder, key, on_key=on_key, offset=offset))

    def read(self, overrides: Mapping[str, Any]) -> SpecDocument:
        document, value = self.document, self.value
        self.keys()
        self.texts()
        self.settings()
        self.variables(overrides)
        self.blocks()
        self.layers()
        self.expect()
        document.input, document.outputs = value.get("input"), value.get("outputs")
        document.faults = self.faults
        return document

    def keys(self) -> None:
        for key in self.value:
            if key not in KEYS:
                layer = key in names() or key in ITEM_WORDS
                help = "it goes under layers:" if layer else did_you_mean(str(key), KEYS, "the keys are")
                error = LayerError("unknown_key", f"{brief(key)} is not a key of a spec", help)
                self.blame(error, self.value, key, on_key=True)

    def texts(self) -> None:
        for key, attribute in {
            "name": "name",
            "family": "family",
            "source": "cited",
            "notes": "notes",
        }.items():
            given = self.value.get(key)
            if isinstance(given, Mapping | list | tuple):
                self.blame(LayerError("bad_value", f"{key} is not a text"), self.value, key)
            elif given is not None:
                text = as_text(given)
                if attribute in ("name", "family") and len(text) > LONGEST_NAME:
                    message = f"{key} is longer than {LONGEST_NAME:,} characters"
                    self.blame(LayerError("bad_value", message, "say more under notes"), self.value, key)
                setattr(self.document, attribute, text)

    def settings(self) -> None:
        readers = {"year": natural, "layout": choice(*LAYOUTS), "rounding": choice(*ROUNDINGS)}
        for key, read in readers.items():
            if (given := self.value.get(key)) is not None:
                try:
                    setattr(self.document, key, read(given))
                except LayerError as error:
                    self.blame(error.about(key), self.value, key)

    def layers(self) -> None:
        given = self.value.get("layers")
        if isinstance(given, list | tuple) and given:
            self.document.layers = given
            return
        if given is None and self.document.misspells("layers"):
            return
        message = (
            "a spec needs layers" if given is None else "layers is not a list" if given else "layers is empty"
        )
        help = "such as layers: [conv5-6, maxpool2, fc-10]"
        if isinstance(given, Mapping):
            first = next(iter(given), "conv")
            dash = "with a dash and a space" if str(first).startswith("-") else "with a dash"
            help = f"begin each layer {dash}: - {str(first)[:20].lstrip('-')}: ..."
        error = LayerError("no_layers", message, help)
        self.blame(error, self.value, "layers")

    def variables(self, overrides: Mapping[str, Any]) -> None:
        given = value if (value := self.value.get("variables")) is not None else {}
        if not isinstance(given, Mapping):
            self.blame(
                LayerError("bad_value", "variables is not a mapping name -> number"), self.value, "variables"
            )
            return
        found = self.document.variables
        for name, entry in given.items():
            if not (isinstance(name, str) and name.isidentifier()):
                error = LayerError(
                    "bad_name", f"{brief(name)} can't be the name of a variable", "letters, digits and _"
                )
                self.blame(error, given, name, on_key=True)
                continue
            if name in overrides:
                found[name] = other = overrides[name]
                if isinstance(other, str) and not isinstance(entry, str):
                    found[name] = FAILED_VALUE
                    message = f"variable {name} is {brief(other)}, and a number is wanted"
                    self.faults.append(Fault("bad_value", message, f"the spec's own is {brief(entry)}"))
                continue
            try:
                found[name] = substitute(entry, found) if isinstance(entry, str) and "$" in entry else entry
            except ExpressionError as error:
                found[name] = FAILED_VALUE
                self.blame(
                    LayerError(error.code, error.message, error.help), given, name, offset=error.offset
                )
            if isinstance(entry, int) and abs(entry) >= 10**LONGEST_NUMBER:
                found[name] = FAILED_VALUE
                self.blame(LayerError("bad_value", f"variable {name} is {brief(entry)}"), given, name)
            if isinstance(entry, Mapping | list | tuple) or entry is None:
                found[name] = FAILED_VALUE
                self.blame(LayerError("bad_value", f"variable {name} is not a number"), given, name)
        self.faults += unknown_variables((name for name in overrides if name not in given), given)

    def blocks(self) -> None:
        given = value if (value := self.value.get("blocks")) is not None else {}
        if not isinstance(given, Mapping):
            self.blame(LayerError("bad_value", "blocks is not a mapping name -> block"), self.value, "blocks")
            return
        for name, body in given.items():
            if isinstance(name, str) and name not in names():
                self.document.blocks[name] = Block(name, {}, (), failed=True)
            if not is_name(name):
                self.blame(bad_name(name), given, name, on_key=True)
            elif name in names() or name in aliases() or name in ITEM_WORDS:
                error = LayerError(
                    "taken_name", f"{name} is a layer kind already", "give the block a name of its own"
                )
                self.blame(error, given, name, on_key=True)
            elif not isinstance(body, Mapping) or not isinstance(body.get("layers"), list | tuple):
                self.blame(LayerError("bad_block", f"block {name} needs layers, a list"), given, name)
            else:
                self.block(name, body)

    def block(self, name: str, body: Mapping[str, Any]) -> None:
        for key in body:
            if key not in ("options", "layers", "notes"):
                help = did_you_mean(str(key), ("options", "layers"))
                error = LayerError("unknown_key", f"{brief(key)} is not a key of a block", help)
                self.blame(error, body, key, on_key=True)
        options = body.get("options") or {}
        if isinstance(options, list | tuple) and all(isinstance(option, str) for option in options):
            options = dict.fromkeys(options)
        if not isinstance(options, Mapping):
            self.blame(
                LayerError("bad_block", f"the options of {name} are not a mapping name -> default"),
                body,
                "options",
            )
            return
        for option in options:
            if not (isinstance(option, str) and option.isidentifier()) or option in ("name", "from"):
                error = LayerError(
                    "bad_name", f"{brief(option)} can't be the name of an option", "letters, digits and _"
                )
                self.blame(error, options, option, on_key=True)
        known = {option: default for option, default in options.items() if isinstance(option, str)}
        self.document.blocks[name] = Block(name, known, body["layers"])

    def expect(self) -> None:
        given = value if (value := self.value.get("expect")) is not None else {}
        if isinstance(given, str):
            if _is_near_model(given):
                self.document.expected_model = given
            else:
                message = f"expect: {brief(given)} is no model beside the spec"
                help = f"such as net.onnx: a path below the spec's folder, of a {', '.join(MODELS)}"
                self.blame(LayerError("bad_value", message, help), self.value, "expect")
            return
        if not isinstance(given, Mapping):
            message = "expect is neither a mapping nor the path of a model"
            self.blame(LayerError("bad_value", message), self.value, "expect")
            return
        for name, quantities in given.items():
            if not isinstance(quantities, Mapping):
                message = f"expect.{as_text(name)} is not a mapping"
                error = LayerError("bad_value", message, "such as {params: 456}")
                self.blame(error, given, name)
                continue
            for quantity, wanted in quantities.items():
                found = find(as_text(quantity))
                if found not in EXPECTED:
                    help = did_you_mean(as_text(quantity), names_of(EXPECTED))
                    error = LayerError("unknown_quantity", f"{brief(quantity)} is not a quantity", help)
                    self.blame(error, quantities, quantity, on_key=True)
                elif not _can_be(found, wanted):
                    what = {"shape": "shape", "field": "shape", "ratio": "number"}.get(
                        found.unit, "whole number"
                    )
                    message = f"{as_text(name)}.{as_text(quantity)}: {brief(wanted)} is not a {what}"
                    error = LayerError("bad_value", message)
                    self.blame(error, quantities, quantity)
        self.document.expect = {
            as_text(name): dict(entry) for name, entry in given.items() if isinstance(entry, Mapping)
        }


def _is_near_model(path: str) -> bool:
    """Whether a path names a model below the folder of the spec, by the words of the path alone."""
    parts = path.split("/")
    return path.endswith(MODELS) and not ({"", ".", ".."} & set(parts)) and not set(path) & set(":\\\0")


def unknown_variables(names: Iterable[str], known: Iterable[Any] = ()) -> list[Fault]:
    """A fault for each name that is none of a spec's variables."""
    known = [str(name) for name in known]
    return [
        Fault(
            "unknown_variable",
            f"the spec has no variable {as_text(name)}",
            did_you_mean(name, known, "its variables") or "the spec has no variables",
        )
        for name in names
    ]


def _can_be(quantity: Quantity, wanted: Any) -> bool:
    """Whether a quantity can have the value that a spec expects."""
    if quantity.unit == "ratio":
        return isinstance(wanted, int | float) and not isinstance(wanted, bool)
    if quantity.unit in NUMBERS:
        return type(wanted) is int
    try:
        shape(wanted)
    except LayerError:
        return False
    return True


def is_name(name: Any) -> bool:
    """Whether an author may give this name: letters, digits, _ and -."""
    if not isinstance(name, str) or not 0 < len(name) <= 100:
        return False
    return name.isidentifier() or f"_{name}".replace("-", "_").isidentifier()


def bad_name(name: Any) -> LayerError:
    """The error for a name that can't be."""
    return LayerError(
        "bad_name", f"{brief(name)} can't be a name", "letters, digits, _ and -, and no dot", "name"
    )


def read_document(value: Any, source: Source, overrides: Mapping[str, Any] | None = None) -> SpecDocument:
    """The top of a spec from its located value, or from a plain mapping.

    Its faults are kept for when the layers' are known.
    """
    if not isinstance(value, Mapping):
        what = (
            "is empty" if value is None else "is a list" if isinstance(value, list) else f"is {brief(value)}"
        )
        if source.faults:
            raise SpecError(*source.faults)
        help = "such as:\n    input: 32x32x3\n    layers: [conv5-6, maxpool2, fc-10]"
        raise SpecError(
            Fault("not_a_spec", f"{what}; a spec is a mapping with layers", help, Place(source.file))
        )
    return _Reader(value, source).read(overrides or {})


def read_shape(value: Any, layout: str) -> tuple[int, ...]:
    """A shape as (..., channels), from how it is written in a layout."""
    return from_layout(shape(value), layout)
