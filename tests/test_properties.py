"""Laws that hold for every network, tried on drawn ones: few here, many in slow/test_many_networks.py."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import Spec, chains, compact, kind, scalable, single, specs

import cnncalc
from cnncalc.analysis.report import Report
from cnncalc.analysis.rows import LayerReport
from cnncalc.execute.files import read_weights, write_arrays
from cnncalc.homework.headings import ASKED
from cnncalc.homework.key import Key
from cnncalc.homework.marking import mark_sheet
from cnncalc.homework.sheets import read_sheet
from cnncalc.layers import find, names
from cnncalc.layers.support.base import fields
from cnncalc.loading import load_text
from cnncalc.spec.document import ITEM_WORDS

FEW = 50
MEASURES = ("params", "weights", "biases", "buffers", "macs", "flops", "connections", "activation_size")


def analyzed(spec: Spec, **options: Any) -> Report:
    return cnncalc.load(spec).analyze(**options)


def numbers(row: LayerReport) -> Any:
    """What is said of a layer, but for its names."""
    return (row.kind, row.facts.output, row.receptive_field, *(getattr(row, name) for name in MEASURES))


# ---- the laws


def arrays_have_the_shapes_that_the_engine_says(spec: Spec) -> None:
    """And every other number is as it was measured while the network ran."""
    net = cnncalc.load(spec)
    assert [check for check in net.verify().checks if not check.ok] == []
    outputs = net.run(seed=1)
    report = net.analyze()
    assert {name: array.shape for name, array in outputs.items()} == {
        report.graph.name(number): report[report.graph.name(number)].output_shape
        for number in report.graph.outputs
    }


def a_layout_changes_how_shapes_are_written_and_nothing_else(spec: Spec) -> None:
    said = _with_layouts(spec["layers"])
    last = analyzed({**spec, "layers": said})
    shape = spec["input"]
    first = analyzed({"layout": "chw", "input": [shape[-1], *shape[:-1]], "layers": said})
    assert first.totals == last.totals
    assert list(map(numbers, first)) == list(map(numbers, last))


def the_order_of_branches_changes_no_total(spec: Spec) -> None:
    one, other = analyzed(spec), analyzed({**spec, "layers": _turned(spec["layers"])})
    assert one.layers[-1].facts.output == other.layers[-1].facts.output
    assert sorted(map(str, map(numbers, one))) == sorted(map(str, map(numbers, other)))
    for name in ("params", "trainable", "buffers", "macs", "flops", "connections", "connections_real"):
        assert getattr(one.totals, name) == getattr(other.totals, name), name


def a_repeat_is_its_unfolding(spec: Spec) -> None:
    """And a block is what stands in it."""
    folded, written = analyzed(spec), analyzed({**spec, "layers": _unfolded(spec["layers"])})
    assert list(map(numbers, folded)) == list(map(numbers, written))
    assert folded.totals == written.totals


def what_is_saved_is_what_is_loaded(spec: Spec) -> None:
    """A spec as YAML and as JSON, a report, weights, and a sheet that was filled in right."""
    report = analyzed(spec)
    told = report.to_dict()
    assert json.loads(json.dumps(told)) == told
    for text in (yaml.safe_dump(spec), json.dumps(spec), yaml.safe_dump(spec, default_flow_style=True)):
        assert load_text(text, "<mapping>").analyze().to_dict() == told
    with TemporaryDirectory() as folder:
        _saved_sheet_is_right(report, Path(folder))
        _saved_weights_do_the_same(cnncalc.load(spec), Path(folder))


def compact_text_and_a_mapping_say_the_same(spec: Spec) -> None:
    report = analyzed(spec)
    text = ", ".join(map(_compact, spec["layers"]))
    written = cnncalc.load(text, input=spec["input"]).analyze()
    assert list(map(numbers, written)) == list(map(numbers, report))
    assert [row.name for row in written] == [row.name for row in report]


def composed_layers_have_the_composed_receptive_field(spec: Spec) -> None:
    """Size r1 + (r2 - 1)*j1, jump j1*j2, start s1 + s2*j1 (Araujo, Norris, Sim, 2019)."""
    size, jump, start = 1.0, 1.0, 0.0
    shape = tuple(spec["input"])
    for item in spec["layers"]:
        (alone,) = analyzed({"input": list(shape), "layers": [item]})
        field = alone.receptive_field
        assert field is not None
        size += (field["size"][0] - 1) * jump
        start += field["start"][0] * jump
        jump *= field["jump"][0]
        shape = alone.facts.output
    together = analyzed(spec).layers[-1].receptive_field
    assert together is not None
    assert [together[name][0] for name in ("size", "jump", "start")] == [size, jump, start]


def counts_scale_as_their_formulas_say(spec: Spec) -> None:
    """Twice the filters, twice the numbers; n samples, n times the maps; half the bytes, half the memory."""
    report = analyzed(spec)
    (item,) = spec["layers"]
    ((name, given),) = item.items()
    option = "filters" if "filters" in given else "units" if "units" in given else "multiplier"
    more = analyzed({**spec, "layers": [{name: {**given, option: 2 * given.get(option, 1)}}]})
    if name != "separable_conv":  # two layers, of which one has the filters
        for measure in MEASURES:
            assert getattr(more.layers[0], measure) == 2 * getattr(report.layers[0], measure), measure
    several = analyzed(spec, batch=3)
    assert several.totals.memory.weights == report.totals.memory.weights
    assert several.totals.memory.forward == 3 * report.totals.memory.forward
    assert several.totals.params == report.totals.params
    half = analyzed(spec, dtype="float16").totals.memory
    assert (2 * half.weights, 2 * half.forward) == (
        report.totals.memory.weights,
        report.totals.memory.forward,
    )
    # a weight is used at every position, and a link is a use of a weight or a bias
    (row,) = report.layers if len(report.layers) == 1 else (None,)
    if row is not None and row.kind in ("conv", "depthwise_conv"):
        positions = row.activation_size // row.facts.output[-1]
        assert (row.macs, row.connections) == (row.weights * positions, row.params * positions)


LAWS: dict[Callable[[Spec], None], st.SearchStrategy[Spec]] = {
    arrays_have_the_shapes_that_the_engine_says: specs(),
    a_layout_changes_how_shapes_are_written_and_nothing_else: specs(),
    the_order_of_branches_changes_no_total: specs(),
    a_repeat_is_its_unfolding: specs(),
    what_is_saved_is_what_is_loaded: specs(),
    compact_text_and_a_mapping_say_the_same: compact(),
    composed_layers_have_the_composed_receptive_field: chains(),
    counts_scale_as_their_formulas_say: scalable(),
}


def hold(law: Callable[[Spec], None], examples: int, **options: Any) -> None:
    """Tries a law on so many networks; tells the simplest that breaks it."""
    unhurried = settings(
        max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), **options
    )
    unhurried(given(LAWS[law])(law))()


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_law(law: Callable[[Spec], None]) -> None:
    hold(law, FEW)


@pytest.mark.slow
def test_every_kind_is_drawn() -> None:
    drawn: set[str] = set()

    def note(spec: Spec) -> None:
        assert analyzed(spec).layers
        drawn.update(_kinds_of(spec["layers"]))

    for name in names():
        settings(max_examples=30, deadline=None)(given(single(name))(note))()
    settings(max_examples=FEW, deadline=None)(given(specs())(note))()
    assert drawn == set(names())


# ---- what they are made of


def _kinds_of(items: Sequence[Any]) -> set[str]:
    """The kinds that are written, of which some stand for several layers."""
    found: set[str] = set()

    def note(item: Any) -> Any:
        word = item if isinstance(item, str) else next(iter(item))
        if cls := find(word):
            found.add(cls.kind)
        return item

    _each(items, note)
    return found


def _with_layouts(items: Sequence[Any]) -> list[Any]:
    """The items, where a shape among their options says how it is written."""

    def change(item: Any) -> Any:
        if isinstance(item, dict):
            ((name, given),) = item.items()
            cls = None if name in ITEM_WORDS else find(name)
            if cls is not None and "layout" in fields(cls):
                own = given if isinstance(given, dict) else {kind(name).short_option: given}
                return {name: {"layout": "hwc", **own}}
        return item

    return _each(items, change)


def _turned(items: Sequence[Any]) -> list[Any]:
    """The items, the paths of every merge the other way round."""

    def change(item: Any) -> Any:
        if isinstance(item, dict):
            ((name, given),) = item.items()
            if name in ("add", "concat", "multiply"):
                return {name: given[::-1]}
        return item

    return _each(items, change)


def _unfolded(items: Sequence[Any]) -> list[Any]:
    """The items without repeats and blocks."""
    found: list[Any] = []
    for item in items:
        if isinstance(item, dict) and "repeat" in item:
            found += _unfolded(item["repeat"]["layers"]) * item["repeat"]["times"]
        elif isinstance(item, dict) and "block" in item:
            found += _unfolded(item["block"]["layers"])
        elif isinstance(item, dict) and (word := next(iter(item))) in ("add", "concat", "multiply"):
            found.append({word: [_unfolded(path) for path in item[word]]})
        elif isinstance(item, dict) and "head" in item:
            found.append({"head": {"layers": _unfolded(item["head"]["layers"])}})
        else:
            found.append(item)
    return found


def _each(items: Sequence[Any], change: Callable[[Any], Any]) -> list[Any]:
    """The items, each changed, and those in them."""
    found: list[Any] = []
    for item in map(change, items):
        name, given = next(iter(item.items())) if isinstance(item, dict) else (item, None)
        if isinstance(given, list) and name in ("add", "concat", "multiply"):
            found.append({name: [_each(path, change) for path in given]})
        elif isinstance(given, dict) and name in ("repeat", "block", "head"):
            found.append({name: {**given, "layers": _each(given["layers"], change)}})
        else:
            found.append(item)
    return found


def _saved_sheet_is_right(report: Report, folder: Path) -> None:
    rows = {row.name: row for row in report.layers}
    # a sheet has shares in percent
    asked = [name for name in ASKED if name not in ("memory", "receptive_field") and "share" not in name]
    answers = {
        name: {
            quantity: list(row.output_shape) if quantity == "shape" else _typed(getattr(row, quantity))
            for quantity in asked
            if quantity == "shape" or hasattr(row, quantity)
        }
        for name, row in rows.items()
    }
    file = folder / "sheet.json"
    file.write_text(json.dumps({"answers": answers}), "utf-8")
    marked = mark_sheet(Key(report), read_sheet(file))
    assert [each for each in marked.answers if each.verdict != "right"] == []


def _typed(value: Any) -> Any:
    """A number as a student writes it: a mean over units that differ is a fraction."""
    return str(value) if isinstance(value, Fraction) else value


def _saved_weights_do_the_same(net: cnncalc.Network, folder: Path) -> None:
    report = net.analyze()
    random = np.random.default_rng(7)
    weights = {
        f"{row.name}.{name}": random.random(weight.shape, np.float32)
        for row in report.layers
        for name, weight in row.facts.arrays.items()
    }
    file = str(folder / "weights.npz")
    write_arrays(file, weights)
    found = read_weights(file)
    assert found.keys() == weights.keys()
    ours, theirs = (net.run(None, given, seed=3) for given in (weights, found))
    assert ours.keys() == theirs.keys()
    for name, array in ours.items():
        np.testing.assert_array_equal(array, theirs[name])


def _compact(item: Any) -> str:
    """An item in compact text: what there is a letter or a word for."""
    if isinstance(item, str):
        return item
    ((name, given),) = item.items()
    cls = kind(name)
    left = dict(given)
    first, second = (left.pop(option, None) for option in cls.compact)
    word = name + ("" if first is None else str(first)) + ("" if second is None else f"-{second}")
    padding = left.pop("padding", 0)
    said = [padding if isinstance(padding, str) and padding.isalpha() else f"p{padding}"]
    said = said if "padding" in given and "padding" not in cls.compact else []
    letters = [option for option in ("stride", "dilation", "groups") if option in left]
    said += [f"{option[0]}{left.pop(option)}" for option in letters]
    if left.pop("bias", True) is False:
        said.append("nobias")
    if (after_it := left.pop("activation", None)) is not None:
        said.append(after_it)
    assert not left, item
    return " ".join([word, *said])
