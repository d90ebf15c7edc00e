"""`marking.yaml`: the questions, the accepted answers, the marks, and the feedback that students see."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from cnncalc.analysis import conventions
from cnncalc.errors import CnncalcError, Fault, LayerError, Place, UsageError, brief, did_you_mean
from cnncalc.homework.answers import MOST_MARKS, SHOWN, TOTAL, Alternative, Rules, read_share
from cnncalc.homework.convolving import ByHand, check_together, part_of
from cnncalc.homework.headings import ASKED, bare, plain_key
from cnncalc.homework.key import Key
from cnncalc.homework.marking import has_answer
from cnncalc.homework.numbers import Unreadable, read_number
from cnncalc.homework.shapes import read_shape
from cnncalc.homework.sheet_matrices import LONGEST_MATRIX, MOST_VALUES
from cnncalc.homework.slips import OTHERS, slips
from cnncalc.layers import all_aliases
from cnncalc.layers import find as kind_of
from cnncalc.layers.support.base import from_layout
from cnncalc.layers.support.options import flag, natural, number
from cnncalc.layers.support.sliding import ROUNDINGS
from cnncalc.quantity import NUMBERS, QUANTITIES, find, names_of
from cnncalc.spec.parse import parse
from cnncalc.spec.source import FaultLog, Source, read_text

KEYS = {
    "$schema": "Where an editor finds this schema, in JSON: YAML says it in a comment.",
    "columns": "The quantities that are asked of each layer, and the sums: [shape, params, total].",
    "layers": "The layers that are asked, by name, kind or group: a list, or a mapping to quantities of "
    "their own, with or without marks: {CONV1: {params: 2}, max_pool: [shape]}.",
    "given": "Answers that stand on the empty sheet already, and are not asked: quantities of all layers, or "
    "a mapping from layers to quantities.",
    "marks": "The marks of an answer by its quantity: {params: 2, total: 3}; 1 unless said.",
    "out_of": "The marks of a sheet whose answers are all right: those of single answers in proportion.",
    "partial": "The part of its marks that a wrong answer gets whose slip is named: 0.5, or by slip, "
    "{no_bias: 0.5, others: 0.25}.",
    "once": "Whether a slip that is repeated costs marks once: true, or a list of slips.",
    "tolerance": "How far off is still right, such as 1%.",
    "exact": "Whether rounded answers are wrong: true, false, or the quantities of which they are.",
    "accept": "Further answers that count as right, by layer and quantity: a value, a range such as "
    "2400..2416, or a list: {CONV2: {params: [2416, 2400..2410]}}.",
    "conventions": "The tools whose way of counting is right too, such as [torchinfo].",
    "roundings": "The rules by which sizes may be rounded too, such as [ceil].",
    "strict_layout": "Whether CxHxW is wrong where HxWxC is asked.",
    "only_given": "Whether what a sheet leaves out is not asked.",
    "matrices": "Convolutions by hand that are asked, by name: {Y1: {input: 1 2; 3 4, kernel: 1 0; 0 1}}, "
    "with the options of cnncalc convolve, marks, and of, the gradient that is asked: dX, dW or db.",
    "headings": "What headings of the sheets mean: {Wert: params}.",
    "show": f"What students see beside their marks, of {', '.join(SHOWN)}; slips unless said.",
}
"""The keys of the file, each with what an editor says of it."""
OTHERWISE = "others"
"""Under `partial`, the slips that are not named."""
_SETTINGS = tuple(name for name in KEYS if name not in ("$schema", "columns", "layers", "given"))


def read_marking(path: str, key: Key, usual: Rules) -> Rules:
    """The rules of a marking file for the network of a key; what the file leaves out is as usual.

    Raises CnncalcError with every fault, each at its line and column.
    """
    name = path
    source = Source(read_text(Path(path), name), name)
    value = parse(source, source.faults)
    if not isinstance(value, Mapping):
        message = "is empty" if value is None else f"is {brief(value)}, and no mapping"
        help = "such as:\n    columns: [shape, params, total]\n    marks: {params: 2}"
        raise CnncalcError(Fault("not_a_marking", message, help, Place(name)))
    return _Reader(value, source, key, usual).read()


class _Reader:
    """Reads the keys one by one, gathering the faults."""

    def __init__(self, value: Mapping[str, Any], source: Source, key: Key, usual: Rules) -> None:
        self.value, self.source, self.key, self.rules = value, source, key, usual
        self.faults = FaultLog(source.faults)
        kinds: dict[str, list[str]] = {}
        for row in key.report.layers:
            kinds.setdefault(row.kind, []).append(row.name)
        self.kinds = kinds

    def read(self) -> Rules:
        for name in self.value:
            if name not in KEYS:
                help = did_you_mean(str(name), [key for key in KEYS if key[0] != "$"], "the keys are")
                error = LayerError("unknown_key", f"{brief(name)} is not a key of a marking file", help)
                self.blame(error, self.value, name, on_key=True)
        self.questions()
        for name in _SETTINGS:
            if self.value.get(name) is not None:
                self.take(self.value, name, getattr(self, name))
        if self.faults:
            raise CnncalcError(*sorted(self.faults, key=_position))
        return self.rules

    # -- helpers -----------------------------------------------------------------------------

    def blame(self, error: LayerError, holder: Any, key: Any, *, on_key: bool = False) -> None:
        self.faults.add(self.source.fault_at(error, holder, key, on_key=on_key))

    def take(self, holder: Any, key: Any, read: Callable[[Any], Any], *, on_key: bool = False) -> Any:
        """A value or a key as a reader reads it; None and a fault at its place where the value is wrong."""
        try:
            return read(key if on_key else holder[key])
        except LayerError as error:
            self.blame(error, holder, key, on_key=on_key)
        except UsageError as error:
            fault = error.faults[0]
            self.blame(LayerError("bad_value", fault.message, fault.help), holder, key, on_key=on_key)
        return None

    def change(self, **changed: Any) -> None:
        self.rules = replace(self.rules, **changed)

    def each(self, holder: Any, key: Any, what: str) -> Iterator[tuple[Any, Any]]:
        """The items of a list as (holder, index); one value alone is a list of one."""
        given = holder[key]
        if isinstance(given, list | tuple):
            yield from ((given, at) for at in range(len(given)))
        elif isinstance(given, Mapping):
            self.blame(LayerError("bad_value", f"{key} is a mapping, and {what} are wanted"), holder, key)
        else:
            yield holder, key

    def mapping(self, name: str, such: str) -> Mapping[Any, Any]:
        """The mapping of a key; empty and a fault where the value is none."""
        given = self.value.get(name)
        if given is not None and not isinstance(given, Mapping):
            error = LayerError("bad_value", f"{name} is not a mapping", f"such as {such}")
            self.blame(error, self.value, name)
        return given if isinstance(given, Mapping) else {}

    def rows(self, label: Any) -> list[str]:
        """The layers, the group or the total that a name or a kind means; raises LayerError."""
        name = label if isinstance(label, str) else str(label)
        if name == TOTAL:
            return [TOTAL]
        if (found := self.key.row(name)) is not None:
            return [found]
        kind = all_aliases().get(name, name)
        if kind in self.kinds:
            return self.kinds[kind]
        known = [*self.key.report.numbers, *self.key.report.graph.groups, *self.kinds, TOTAL]
        if kind_of(name, installed=False):
            raise LayerError("unknown_name", f"the network has no layer of kind {name}")
        help = did_you_mean(name, known, "the layers are")
        raise LayerError("unknown_name", f"{brief(label)} is not a layer, a group or a kind here", help)

    def by_layer(self, name: str, such: str) -> Iterator[tuple[list[str], Mapping[Any, Any], Any]]:
        """The entries of a mapping by layer, kinds first: a layer's own entry comes after its kind's."""
        given = self.mapping(name, such)
        found = ((self.take(given, label, self.rows, on_key=True), label) for label in given)
        for rows, label in sorted(found, key=lambda each: -len(each[0] or ())):
            if rows is not None:
                yield rows, given, label

    # -- what is asked -----------------------------------------------------------------------

    def questions(self) -> None:
        columns, totals = self.columns()
        said = self.asked_of_layers(columns)
        given = self.given()
        if self.value.get("layers") is None:
            said = dict.fromkeys(self.key.asked, columns) if columns else {}
        if totals:
            said[TOTAL] = [*dict.fromkeys([*said.get(TOTAL, ()), *totals])]
        order = [*self.key.report.numbers, *self.key.report.graph.groups, TOTAL]
        asks = [
            (name, quantity)
            for name in order
            for quantity in said.get(name, ())
            if has_answer(self.key, name, quantity) and (name, quantity) not in given
        ]
        self.change(asks=tuple(asks), given=frozenset(given))
        if said and not asks and not self.faults:
            key = "layers" if self.value.get("layers") is not None else "columns"
            self.blame(LayerError("bad_value", "nothing is left to ask", "all is given"), self.value, key)

    def columns(self) -> tuple[list[str], list[str]]:
        """The quantities of each layer, and the sums."""
        columns: list[str] = []
        totals: list[str] = []
        if self.value.get("columns") is not None:
            for holder, at in self.each(self.value, "columns", "quantities"):
                for of_total, quantity in self.take(holder, at, _columns) or ():
                    (totals if of_total else columns).append(quantity)
        return [*dict.fromkeys(columns)], [*dict.fromkeys(totals)]

    def asked_of_layers(self, columns: list[str]) -> dict[str, list[str]]:
        """Layer -> the quantities that are asked of it, by `layers`."""
        said: dict[str, list[str]] = {}
        given = self.value.get("layers")
        if given is None:
            return said
        if not isinstance(given, Mapping):
            for holder, at in self.each(self.value, "layers", "layers"):
                for name in self.take(holder, at, self.rows) or ():
                    said[name] = columns
            if not columns:
                self.no_columns(self.value, "layers")
            return said
        marks_at: dict[tuple[str, str], Fraction] = {}
        for rows, holder, label in self.by_layer("layers", "{CONV1: [shape, params]}"):
            own, worth = self.own_columns(holder, label)
            if own is None and not columns:
                self.no_columns(holder, label)
            for name in rows:
                said[name] = columns if own is None else own
                marks_at |= {(name, quantity): marks for quantity, marks in worth.items()}
        self.change(marks_at=marks_at)
        return said

    def no_columns(self, holder: Any, key: Any) -> None:
        error = LayerError("bad_value", "no quantities are said", "such as columns: [shape, params]")
        self.blame(error, holder, key)

    def own_columns(self, holder: Any, label: Any) -> tuple[list[str] | None, dict[str, Fraction]]:
        """The quantities of an entry of `layers`, None for those of all; and their marks."""
        entry = holder[label]
        if entry is None:
            return None, {}
        if not isinstance(entry, Mapping):
            return self.quantities(holder, label), {}
        worth, own = {}, []
        for name in entry:
            quantity = self.take(entry, name, _quantity, on_key=True)
            if quantity is not None:
                own.append(quantity)
                if entry[name] is not None and (marks := self.take(entry, name, _marks)) is not None:
                    worth[quantity] = marks
        return own, worth

    def quantities(self, holder: Any, key: Any) -> list[str]:
        """A list of quantities, without sums."""
        found = []
        for place, at in self.each(holder, key, "quantities"):
            for of_total, quantity in self.take(place, at, _columns) or ():
                if of_total:
                    error = LayerError("bad_value", "a layer has no sum", "total goes under columns")
                    self.blame(error, place, at)
                else:
                    found.append(quantity)
        return found

    def given(self) -> set[tuple[str, str]]:
        """The answers that are given away."""
        if (given := self.value.get("given")) is None:
            return set()
        if not isinstance(given, Mapping):
            quantities = self.quantities(self.value, "given")
            pairs = [(name, each) for name in self.key.asked for each in quantities]
        else:
            pairs = [
                (name, quantity)
                for rows, holder, label in self.by_layer("given", "{CONV1: [shape]}")
                for quantity in self.quantities(holder, label)
                for name in rows
            ]
        return {pair for pair in pairs if has_answer(self.key, *pair)}

    # -- settings, each called with its value --------------------------------------------------

    def partial(self, given: Any) -> None:
        if not isinstance(given, Mapping):
            self.change(partial=_share("partial", given))
            return
        parts = {}
        for name in given:
            known = name == OTHERWISE or self.take(given, name, _slip, on_key=True)
            if known and (part := self.take(given, name, lambda part: _share("partial", part))) is not None:
                parts[name] = part
        self.change(partial=parts.pop(OTHERWISE, Fraction(0)), partial_of=parts)

    def marks(self, given: Any) -> None:
        found = {}
        for name in self.mapping("marks", "{params: 2, total: 3}"):
            column = self.take(given, name, _columns, on_key=True)
            worth = self.take(given, name, _marks)
            if column and worth is not None:
                of_total, quantity = column[0]
                found[f"{TOTAL} {quantity}" if of_total else quantity] = worth
        self.change(marks=found)

    def once(self, given: Any) -> None:
        if isinstance(given, list | tuple):
            names = [self.take(holder, at, _slip) for holder, at in self.each(self.value, "once", "slips")]
            self.change(once=frozenset(filter(None, names)))
        else:
            self.change(once=flag(given))

    def tolerance(self, given: Any) -> None:
        tolerance = _share("tolerance", given)
        self.change(tolerance=tolerance, exact_below=0 if tolerance else self.rules.exact_below)

    def exact(self, given: Any) -> None:
        if isinstance(given, list | tuple) or (isinstance(given, str) and find(given)):
            exact = frozenset(self.quantities(self.value, "exact"))
        else:
            exact = frozenset(ASKED if flag(given) else ())
        self.change(exact=exact)

    def out_of(self, given: Any) -> None:
        whole = _marks(given)
        if not whole:
            raise LayerError("bad_value", "a sheet out of 0 marks")
        self.change(whole=whole)

    def accept(self, _given: Any) -> None:
        found: dict[tuple[str, str], tuple[Alternative, ...]] = {}
        for rows, holder, label in self.by_layer("accept", "{CONV2: {params: 2416}}"):
            entry = holder[label]
            if not isinstance(entry, Mapping):
                error = LayerError("bad_value", f"accept.{label} is not a mapping", "such as {params: 2416}")
                self.blame(error, holder, label)
                continue
            for name in entry:
                quantity = self.take(entry, name, _quantity, on_key=True)
                if quantity is not None:
                    others = tuple(self.alternatives(entry, name, quantity))
                    found |= {(row, quantity): others for row in rows}
        self.change(accepted=found)

    def alternatives(self, holder: Any, key: Any, quantity: str) -> Iterator[Alternative]:
        """The alternatives to one answer; of a shape, a list of numbers is one shape."""
        given = holder[key]
        number = QUANTITIES[quantity].unit in (*NUMBERS, "share")
        one = not number and isinstance(given, list | tuple) and all(type(size) is int for size in given)
        places = [(holder, key)] if one else self.each(holder, key, "answers")
        for place, at in places:
            read = _numbers if number else lambda value: self.sizes(value, quantity)
            if (found := self.take(place, at, read)) is not None:
                yield found

    def sizes(self, value: Any, quantity: str) -> Alternative:
        text = "x".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        sizes = tuple(size.value for size in read_shape(text)[0].sizes)
        if any(size.denominator != 1 or size < 1 for size in sizes):
            raise LayerError("bad_value", f"{brief(value)} is not a shape", "such as 28x28x6")
        whole = tuple(map(int, sizes))
        return Alternative(sizes=from_layout(whole, self.key.layout) if quantity == "shape" else whole)

    def conventions(self, _given: Any) -> None:
        self.change(conventions=self.words("conventions", conventions.names()))

    def roundings(self, _given: Any) -> None:
        self.change(roundings=self.words("roundings", ROUNDINGS))

    def show(self, _given: Any) -> None:
        self.change(shown=frozenset(self.words("show", SHOWN)))

    def words(self, name: str, known: Any) -> tuple[str, ...]:
        """Words of a key, each one of those that are known."""

        def read(word: Any) -> str:
            if word not in known:
                raise LayerError("bad_value", f"{brief(word)} is none of {name}", did_you_mean(word, known))
            return str(word)

        found = (self.take(holder, at, read) for holder, at in self.each(self.value, name, "words"))
        return tuple(word for word in found if word is not None)

    def strict_layout(self, given: Any) -> None:
        self.change(strict_layout=flag(given))

    def only_given(self, given: Any) -> None:
        self.change(only_given=flag(given))

    def matrices(self, _given: Any) -> None:
        holder = self.mapping("matrices", "{Y1: {input: 1 2; 3 4, kernel: 1 0; 0 1}}")
        found, marks_at = {}, {**self.rules.marks_at}
        for label in holder:
            name = self.take(holder, label, self.new_name, on_key=True)
            asked, worth = self.by_hand(holder, label)
            if name is not None and asked is not None:
                found[name] = asked
                marks_at |= {(name, asked.quantity): worth} if worth is not None else {}
        self.change(matrices=found, marks_at=marks_at)

    def new_name(self, name: Any) -> str:
        """The name of a matrix; raises LayerError for one by which a sheet means something else."""
        if self.key.row(str(name)) is not None or bare(str(name)) in ("", TOTAL):
            raise LayerError("bad_value", f"{brief(name)} is no name for a matrix", "such as Y1, no layer's")
        return str(name)

    def by_hand(self, holder: Any, label: Any) -> tuple[ByHand | None, Fraction | None]:
        """A matrix that is asked, and its marks; None and a fault where the matrix can't be worked out."""
        entry = holder[label]
        missing = [
            name for name in ("input", "kernel") if not isinstance(entry, Mapping) or name not in entry
        ]
        if missing:
            error = LayerError("missing_option", f"{brief(label)} needs {missing[0]}", _BY_HAND)
            self.blame(error, holder, label)
            return None, None
        faults = len(self.faults)
        for name in entry:
            if name not in BY_HAND:
                help = did_you_mean(str(name), BY_HAND, "the keys are")
                error = LayerError("unknown_key", f"{brief(name)} is not a key of a matrix", help)
                self.blame(error, entry, name, on_key=True)
        given = {
            name: self.take(entry, name, read)
            for name, read in BY_HAND.items()
            if entry.get(name) is not None
        }
        if len(self.faults) > faults:
            return None, None
        if ("of" in given) != ("gradient" in given):
            self.blame(LayerError("bad_value", "of and gradient go together", _GRADIENT), holder, label)
            return None, None
        worth, part = given.pop("marks", None), given.pop("of", "output")
        asked = ByHand(given.pop("input"), (given.pop("kernel"),), given, part)
        try:
            check_together(given)
            if (count := asked.right.size) > MOST_VALUES:
                raise LayerError("bad_value", f"{count:,} values are asked", f"at most {MOST_VALUES:,}")
        except CnncalcError as error:
            fault = error.faults[0]
            self.blame(LayerError("bad_value", fault.message, fault.help), holder, label)
            return None, None
        return asked, worth

    def headings(self, given: Any) -> None:
        found = {}
        for heading in self.mapping("headings", "{Wert: params}"):
            quantity = self.take(given, heading, _quantity)
            if quantity is not None and (key := plain_key(str(heading))):
                found[key] = quantity
        self.change(headings=found)


def _matrix(given: Any) -> str:
    """A matrix as it is typed, from lists too."""
    if isinstance(given, bool) or not isinstance(given, int | float | str | list | tuple):
        raise LayerError("bad_value", f"{brief(given)} is no matrix", _BY_HAND)
    text = str(given).replace("'", "")
    if len(text) > LONGEST_MATRIX:
        raise LayerError(
            "too_large", f"a matrix of {len(text):,} characters", f"at most {LONGEST_MATRIX:,}, as on a sheet"
        )
    return text


def _part(given: Any) -> str:
    part = part_of(str(given))
    if part is None:
        raise LayerError(
            "bad_value", f"{brief(given)} is none of dX, dW, db", "of says which gradient is asked"
        )
    return part


_GRADIENT = "such as {gradient: 1 0; 0 1, of: dW}"
_BY_HAND = "such as {input: 1 2; 3 4, kernel: 1 0; 0 1}"


def _position(fault: Fault) -> tuple[int, int]:
    return (fault.place.line or 0, fault.place.column or 0) if fault.place else (0, 0)


def _quantity(name: Any) -> str:
    """The quantity of a name or an alias; raises LayerError."""
    found = find(name) if isinstance(name, str) else None
    if found is None or not found.asked:
        known = [QUANTITIES[quantity] for quantity in ASKED]
        help = did_you_mean(str(name), names_of(known)) or f"known: {', '.join(each.short for each in known)}"
        raise LayerError("unknown_quantity", f"{brief(name)} is not a quantity that is asked", help)
    return found.name


def _columns(text: Any) -> list[tuple[bool, str]]:
    """The quantities of a text, each with whether its sum is meant; raises LayerError."""
    found = []
    if not isinstance(text, str):
        return [(False, _quantity(text))]
    for part in text.split(","):
        first, _, rest = part.strip().partition(" ")
        quantity = _quantity((rest or "params") if first == TOTAL else part)
        if first == TOTAL and not QUANTITIES[quantity].sums:
            raise LayerError("bad_value", f"{brief(part)}: there is no such sum", "such as total macs")
        found.append((first == TOTAL, quantity))
    return found


def _marks(given: Any) -> Fraction:
    return _share("marks", given, MOST_MARKS)


def _share(name: str, given: Any, most: Fraction = Fraction(1)) -> Fraction:
    return read_share(name, brief(given) if isinstance(given, bool) else str(given), most)


def _slip(name: Any) -> str:
    known = [*(slip.name for slip in slips()), *OTHERS]
    if name not in known:
        help = did_you_mean(str(name), known) or "docs/marking.md lists them"
        raise LayerError("bad_value", f"{brief(name)} is not a slip", help)
    return str(name)


_RANGE = re.compile(r"\s*([^.\s][^\s]*?)\s*\.\.\s*([^.\s]\S*)\s*")


def _numbers(value: Any) -> Alternative:
    """A number or a range of numbers."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise LayerError("bad_value", f"{brief(value)} is not a number", "such as 2416 or 2400..2416")
    ends = _RANGE.fullmatch(value[:100]) if isinstance(value, str) else None
    try:
        low, high = (read_number(end).value for end in (ends.groups() if ends else (str(value),) * 2))
    except Unreadable as error:
        raise LayerError("bad_value", error.faults[0].message, "such as 2416 or 2400..2416") from None
    if low > high:
        raise LayerError("bad_value", f"{brief(value)}: the range is empty", "the smaller number comes first")
    return Alternative(low, high)


BY_HAND: dict[str, Callable[[Any], Any]] = {
    "input": _matrix, "kernel": _matrix, "stride": str, "padding": str, "dilation": str, "bias": number,
    "activation": str, "true_convolution": flag, "pool": str, "gradient": _matrix, "transposed": flag,
    "output_padding": natural, "matrix": flag, "im2col": flag, "of": _part, "marks": _marks,
}  # fmt: skip
"""The keys of a matrix, as `convolve` takes them, each with its reader."""
