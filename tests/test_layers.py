"""Every layer kind, found and not listed, through all that a kind owes."""

import contextlib
import dataclasses
import inspect
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cnncalc
from cnncalc.analysis.report import Report
from cnncalc.analysis.rows import GroupReport, LayerReport
from cnncalc.errors import LayerError, SpecError
from cnncalc.explain import symbolic
from cnncalc.expr import symbol
from cnncalc.layers import aliases, build, find, names
from cnncalc.layers.support.base import Example, Layer, activation, fields
from cnncalc.layers.support.options import shape
from cnncalc.layers.support.pooling import widest
from cnncalc.layers.support.reach import EVERYTHING, ITSELF

OPERATIONS = {
    "add", "multiply", "divide", "compare", "exp", "log", "sqrt", "power", "tanh", "erf", "sine",
    "round",
}  # fmt: skip


def kind(name: str) -> type[Layer]:
    cls = find(name)
    assert cls is not None
    return cls


CASES = [
    pytest.param(example, id=f"{name}: {example.layer}"[:60])
    for name in names()
    for example in kind(name).examples
]


def analyzed(example: Example, **top: Any) -> Report:
    """A network of the layer alone."""
    return cnncalc.load({**example.spec(), **top}).analyze()


def channels_first(written: str) -> str:
    sizes = written.split("x")
    return "x".join(sizes[-1:] + sizes[:-1])


def test_kinds_are_found() -> None:
    assert {"conv", "dense", "max_pool", "add", "relu", "upsample"} <= set(names())
    assert not set(names()) & {"base", "norms", "options", "pooling", "sliding", "toolkit", "windows"}
    assert find("no_such_kind") is None
    assert {find(alias) for alias in aliases()} == {find(name) for name in aliases().values()}
    assert aliases()["bn"] == "batch_norm"
    assert aliases()["fc"] == aliases()["linear"] == "dense"


@pytest.mark.parametrize("name", names())
def test_is_documented(name: str) -> None:
    cls = kind(name)
    assert cls.kind == name
    for text in (cls.__doc__, inspect.getmodule(cls).__doc__):
        assert text
        assert text.rstrip().endswith(".")
    assert cls.examples
    assert all(example.source for example in cls.examples)
    for option, field in fields(cls).items():
        assert field.metadata["help"], option
        assert field.metadata["read"].form
        assert field.metadata["read"].schema
    assert {cls.short_option, *cls.compact} <= {"", *fields(cls)}


@pytest.mark.parametrize("name", names())
def test_defaults_are_values_that_may_be_written(name: str) -> None:
    for field in fields(kind(name)).values():
        if field.default not in (None, dataclasses.MISSING):
            assert field.metadata["read"](field.default) == field.default


@pytest.mark.parametrize("example", CASES)
def test_example(example: Example) -> None:
    report = analyzed(example)
    assert report.layers[-1].output_shape == shape(example.output)
    found = {quantity: sum(getattr(row, quantity) for row in report) for quantity in example.numbers}
    assert found == example.numbers


@pytest.mark.parametrize("example", CASES)
def test_layer_is_immutable(example: Example) -> None:
    layer = analyzed(example).layers[0].node.layer
    for name in [*fields(type(layer)), "anything"]:
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(layer, name, 1)


@pytest.mark.parametrize("example", CASES)
def test_layouts_differ_in_nothing_but_writing(example: Example) -> None:
    turned = (
        channels_first(example.input)
        if isinstance(example.input, str)
        else tuple(map(channels_first, example.input))
    )
    last, first = analyzed(example), analyzed(example._replace(input=turned), layout="chw")
    assert first.totals == last.totals
    if "layout" not in fields(type(last.layers[0].node.layer)):
        assert [row.facts.output for row in first] == [row.facts.output for row in last]
        assert [row.view for row in first] == [row.view for row in last]


def counted(layer: Layer, inputs: tuple[Any, ...]) -> dict[str, Any]:
    weights = layer.weights(*inputs)
    methods = (layer.output, layer.connections, layer.connections_real, layer.macs, layer.work, layer.reach)
    told: dict[str, Any] = {method.__name__: method(*inputs) for method in methods}
    return {**told, "weights": {name: (*weight.shape, weight.learned) for name, weight in weights.items()}}


@pytest.mark.parametrize("example", CASES)
def test_letters_come_to_the_same_as_numbers(example: Example) -> None:
    for row in analyzed(example):
        letters = tuple(tuple(symbol("n", size) for size in sizes) for sizes in row.facts.inputs)
        assert counted(symbolic(row.node.layer), letters) == counted(row.node.layer, row.facts.inputs)


@pytest.mark.parametrize("example", CASES)
def test_work_is_in_proportion(example: Example) -> None:
    for row in analyzed(example):
        layer, inputs = row.node.layer, row.facts.inputs
        work = layer.work(*inputs)
        assert set(work) <= OPERATIONS
        assert all(times >= 0 for times in work.values())
        assert layer.macs(*inputs) <= work.get("multiply", 0)
        assert layer.connections_real(*inputs) <= layer.connections(*inputs)
        # what has no weights multiplies its inputs by each other
        assert layer.weights(*inputs) or not layer.macs(*inputs) or layer.inputs in ("many", "any")


@pytest.mark.parametrize("example", CASES)
def test_activation_is_counted(example: Example) -> None:
    report = analyzed(example)
    row = report.layers[-1]
    if "activation" not in fields(type(row.node.layer)):
        assert row.node.layer.activation is None
        return
    rows = []
    for wanted in (None, "prelu"):
        layer = dataclasses.replace(row.node.layer, activation=activation(wanted))  # type: ignore[type-var]
        graph = report.graph._replace(nodes=(*report.graph.nodes[:-1], row.node._replace(layer=layer)))
        facts = [*report.facts[:-1], type(row.facts)(layer, row.facts.inputs)]
        rows.append(Report(graph, facts).layers[-1])
    plain, squashed = rows
    assert squashed.params == plain.params + row.output_shape[-1]
    assert squashed.work.get("compare", 0) == plain.work.get("compare", 0) + row.activation_size
    assert (squashed.macs, squashed.connections) == (plain.macs, plain.connections)


NEARLY: st.SearchStrategy[Any] = st.sampled_from(
    [
        "", " ", "3x", "x3", "3x0", "-1", "0x3", "1x2x3x4", "٣", "1e3", "same ", "sam", "nan", "true", "None",
        [[1, 2], [3]], [[]], [], [[1, -2]], [[0, 0]], [1, [2, 3]], {"relu": {"x": 1}}, {"prelu": 3}, {"": 1},
        {"softmax": {"over": []}}, 0, -1, 10**12, 10**12 + 1, 10**400, 1e308, 0.5, 1.5, True, None,
    ]
)  # fmt: skip
JUNK = NEARLY | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=6,
)


@pytest.mark.parametrize("name", names())
@settings(max_examples=25)
@given(data=st.data(), junk=JUNK)
def test_options_refuse_junk(name: str, data: st.DataObject, junk: Any) -> None:
    cls = kind(name)
    if not fields(cls):
        return
    option = data.draw(st.sampled_from([*fields(cls)]))
    with contextlib.suppress(LayerError):
        fields(cls)[option].metadata["read"](junk)
        return  # it is a value after all
    with pytest.raises(LayerError) as caught:
        build(cls, {option: junk})
    assert caught.value.option == option
    assert caught.value.fault.message


@pytest.mark.parametrize("name", names())
def test_unknown_options_are_told(name: str) -> None:
    with pytest.raises(LayerError, match="has no option kernal") as caught:
        build(kind(name), {"kernal": 3})
    assert caught.value.option == "kernal"


# What is wrong with a layer for its input: the option at fault, and some of what is said.
FAULTS: list[tuple[Any, str, str, str]] = [
    ("conv3-64 g3", "8x8x6", "groups", "64 filters are not divisible by groups = 3"),
    ("conv3-6 g4", "8x8x6", "groups", "1, 2, 3, 6 are"),
    ("conv5-6", "4x8x3", "", "was padding: same meant?"),
    ({"conv": {"filters": 6, "kernel": [3, 3]}}, "28x28", "kernel", "28x28x1 is a grey image"),
    ({"conv": {"filters": 2, "kernel": 1, "table": [[0], [3]]}}, "4x4x3", "table", "from 0 to 2"),
    ({"conv": {"filters": 2, "kernel": 1, "table": [[0]]}}, "4x4x3", "table", "1 rows, and there are 2"),
    ("conv3-6", "400", "", "reshape it first"),
    ("deconv3-6 s2 p9", "4x4x3", "padding", "crops all"),
    (
        {"deconv": {"filters": 6, "kernel": 3, "stride": 2, "output_padding": 2}},
        "4x4x3",
        "output_padding",
        "smaller than the stride",
    ),
    ("maxpool2 p2", "4x4x3", "padding", "nothing but padding"),
    ({"max_pool": {"kernel": 3, "stride": 2, "rounding": "exact"}}, "6x6x1", "", "an input of 5 or 7"),
    ("group_norm32", "8x8x48", "groups", "48 channels are not divisible by groups = 32"),
    ("instance_norm", "48", "", "a vector of 48 values"),
    ({"embedding": {"vocabulary": 9, "size": 4}}, "5x5x1", "", "reads a vector of tokens"),
    ({"reshape": "4x4x10"}, "5x5x16", "shape", "4x4x25 would"),
    ({"permute": [0, 2]}, "5x5x16", "order", "each of 0 to 2 once"),
    ({"permute": [0, 0, 1]}, "5x5x16", "order", "is not an order"),
    ("zero_pad1x2x3", "5x5x16", "padding", "3 numbers, and the input has 2 dimensions"),
    ("crop3", "6x9x2", "padding", "at most 5 together"),
    ({"slice": {"stop": 9}}, "5x5x8", "stop", "the input has 8 channels"),
    ({"slice": {"start": 8}}, "5x5x8", "start", "at most 7"),
    ({"slice": {"start": 3, "stop": 3}}, "5x5x8", "stop", "at least 4"),
    ("upsample", "5x5x8", "", "needs scale, size or like"),
    ({"upsample": {"scale": 2, "size": 9}}, "5x5x8", "size", "not both"),
    ({"upsample": {"size": "9x9x9"}}, "5x5x8", "size", "3 numbers"),
    ("pixel_shuffle2", "5x5x18", "scale", "a scale of 3 would do"),
    ("channel_shuffle4", "5x5x18", "groups", "not divisible"),
    ("position_bias", "361", "", "works on positions"),
]


@pytest.mark.parametrize(("layer", "written", "option", "told"), FAULTS)
def test_faults_are_told(layer: Any, written: str, option: str, told: str) -> None:
    with pytest.raises(SpecError) as caught:
        analyzed(Example(layer, written, ""))
    (fault,) = caught.value.faults
    assert told in f"{fault.message}; {fault.help}"
    assert fault.place is not None
    if option and isinstance(layer, dict) and isinstance(next(iter(layer.values())), dict):
        assert fault.place.path == f"layers[0].{option}"


def test_fault_stands_where_the_option_is_written() -> None:
    text = "input: 8x8x48\nlayers:\n  - relu\n  - group_norm: {affine: false, groups: 32}\n"
    with pytest.raises(SpecError) as caught:
        cnncalc.loading.load_text(text, "net.yaml").analyze()
    assert str(caught.value.faults[0].place) == "net.yaml:4:41"


def test_reshape_and_permute_are_written_in_the_layout() -> None:
    layers = [{"reshape": "2x6x10"}, {"permute": [1, 0, 2]}, "conv1-4"]
    last = cnncalc.load({"input": "120", "layers": layers}).analyze()
    assert [row.output_shape for row in last] == [(2, 6, 10), (6, 2, 10), (6, 2, 4)]
    first = cnncalc.load({"input": "120", "layout": "chw", "layers": layers}).analyze()
    assert [row.output_shape for row in first] == [(2, 6, 10), (6, 2, 10), (4, 2, 10)]
    own = cnncalc.load({"input": "120", "layers": [{"reshape": {"shape": "2x6x10", "layout": "chw"}}]})
    assert own.analyze().layers[0].output_shape == (6, 10, 2)


def test_norms_work_by_hand() -> None:
    # two sets of two values: the mean takes 1 addition, 2 subtract it, the sum of squares 1, epsilon 1
    row = analyzed(Example({"group_norm": {"groups": 2, "affine": False}}, "2x1x2", "")).layers[0]
    assert row.work == {"add": 10, "multiply": 8, "divide": 6, "sqrt": 2}
    row = analyzed(Example("layer_norm", "2x1x2", "")).layers[0]
    assert row.work == {"add": 14, "multiply": 12, "divide": 6, "sqrt": 2}


def test_interpolation_works_by_hand() -> None:
    def work(**options: Any) -> dict[str, int]:
        row = analyzed(Example({"upsample": {"scale": 2, **options}}, "2x2x1", "")).layers[0]
        return row.facts.work

    assert work() == {}
    # 16 values, each interpolated along two rows and then between them
    assert work(mode="bilinear") == {"multiply": 16 * 3 * 2, "add": 16 * 3}


@pytest.mark.parametrize("name", names())
def test_what_others_ask_of_a_kind_is_said(name: str) -> None:
    cls = find(name)
    assert cls is not None
    known = fields(cls)
    assert {cls.units_option, cls.groups_option} <= {"", *known}
    assert cls.pools in ("", "max", "avg", "sum")
    # an option of this name counts what comes out, and slips change it
    assert cls.units_option == next((option for option in ("filters", "units") if option in known), "")
    assert not (cls.groups_option and not cls.units_option)


def test_no_position_is_told_from_what_reads_everything() -> None:
    def reading(layer: Any, input: str = "6x6x4") -> Any:
        return analyzed(Example(layer, input, "")).layers[0].facts.reach

    everything = ("fc-10", "deform_conv3-8", {"softmax": {"over": "all"}}, {"group_norm": 2})
    assert {*map(reading, everything)} == {EVERYTHING}
    assert reading({"global_avg_pool": {"keep_dims": False}}) is EVERYTHING
    assert {*map(reading, ("flatten", {"permute": [2, 0, 1]}))} == {reading("relu", "10")} == {None}
    assert reading({"dense": {"units": 3, "each": "position"}}) == (ITSELF, ITSELF)


def reads(layer: Any, size: int, first: int, last: int) -> list[tuple[int, int]]:
    """The first and last position that each output first..last is said to read, where they are whole."""
    reading = analyzed(Example(layer, f"{size}x1", "")).layers[0].node.layer.reach((size, 1))
    assert isinstance(reading, tuple)
    (reach,) = reading
    starts = [output * reach.step + reach.offset for output in range(first, last)]
    return [(int(start), int(start) + reach.extent - 1) for start in starts if start == int(start)]


def test_what_is_read() -> None:
    assert reads("zero_pad2", 5, 0, 3) == [(-2, -2), (-1, -1), (0, 0)]
    assert reads({"crop": [[3, 1]]}, 9, 0, 2) == [(3, 3), (4, 4)]
    assert reads("upsample3", 5, 0, 7) == [(0, 0), (1, 1), (2, 2)]
    # (0 + 0.5)/2 - 0.5 lies between -1 and 0, (2 + 0.5)/2 - 0.5 between 0 and 1
    assert reads({"upsample": {"scale": 2, "mode": "bilinear"}}, 5, 0, 3) == [(-1, 0), (0, 1)]
    assert reads("pixel_shuffle1", 5, 2, 3) == [(2, 2)]
    assert reads("deconv3-1 s2", 5, 0, 3) == [(-1, 0), (0, 1)]


@given(n=st.integers(1, 60), s=st.integers(1, 60))
def test_widest_adaptive_window(n: int, s: int) -> None:
    assert widest(n, s) == max(-(-(i + 1) * n // s) - i * n // s for i in range(s))


def test_tokens_are_positions() -> None:
    layers = [{"embedding": {"vocabulary": 100, "size": 8}}, "conv3-4", "conv3-4", "relu"]
    field = cnncalc.load({"input": 20, "layers": layers}).analyze().layers[-1].receptive_field
    assert field is not None
    assert field["size"] == [5]


GROUPED = {
    "input": "8x8x4",
    "blocks": {"unit": {"layers": ["conv3-4 same", {"add": [["relu", "conv1-4", "relu"], []]}, "relu"]}},
    "layers": [
        {"block": {"name": "stage1", "layers": ["unit", {"repeat": {"times": 2, "layers": ["unit"]}}]}},
        "max_pool2",
        {"conv": {"name": "last", "filters": 2, "kernel": 1, "share": None}},
    ],
}


def test_groups_are_summed() -> None:
    report = cnncalc.load(GROUPED).analyze()
    unit = report["stage1.unit1"]
    assert isinstance(unit, GroupReport)
    assert unit.params == 4 * (9 * 4 + 1) + 4 * (4 + 1) == report["stage1"].params // 3
    assert (unit.output_shape, unit.sources, unit.block) == ((8, 8, 4), ["input"], "stage1")
    assert [report[name].kind for name in ("stage1", "stage1.unit1", "stage1.repeat1")] == [
        "block", "unit", "repeat",
    ]  # fmt: skip
    # two convolutions, the relu that a path and the identity read from one place, the sum
    assert unit.activation_size == 4 * 256
    merge = report.group("stage1.unit1.add1")
    assert (merge.kind, merge.params, merge.sources) == ("add", 20, ["stage1.unit1.conv1"])
    assert (report["stage1.unit1.add1"].kind, report["stage1.unit1.add1"].params) == ("add", 0)
    path = report["stage1.unit1.add1.1"]
    assert (path.kind, path.params, path.output_shape) == ("path", 20, (8, 8, 4))
    assert (report["stage1.repeat1.2"].kind, report["stage1.repeat1.2"].params) == ("round", unit.params)
    assert report["stage1"].receptive_field == report["stage1.repeat1.2.unit1.relu1"].receptive_field
    with pytest.raises(KeyError, match="did you mean stage1"):
        report["stage"]


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 5, 9])
def test_folded_rows_sum_to_the_whole(depth: int) -> None:
    report = cnncalc.load(GROUPED).analyze()
    rows = report.rows(depth)
    assert all(row.name.count(".") < depth for row in rows)
    for quantity in ("params", "trainable", "buffers", "connections", "connections_real", "macs", "flops"):
        assert sum(getattr(row, quantity) for row in rows) == getattr(report.totals, quantity)
    assert sum(row.activation_size for row in rows if not row.in_place) == report.totals.activations
    assert (len(rows) == 3) == (depth == 1)
    assert (rows == report.rows()) == (depth > 6)


def test_what_is_in_place() -> None:
    layers = ["conv3-4", {"reshape": "6x24"}, "flatten", "dropout", "fc-5", "relu"]
    report = cnncalc.load({"input": "8x8x4", "layers": layers}).analyze()
    assert [row.in_place for row in report] == [False, True, True, True, False, True]
    assert report.totals.activations == 144 + 5


def test_rows_of_a_report() -> None:
    report = cnncalc.load("squeezenet").analyze()
    assert isinstance(report["conv1"], LayerReport)
    assert report["fire2"].params == 11_920
    assert report["fire2"].to_dict(["name", "params"]) == {"name": "fire2", "params": 11_920}


def test_no_option_hides_what_every_layer_says_of_itself() -> None:
    """An option `role` of one kind had taken the place of a property of that name, and drawings stopped."""
    hidden = [
        f"{name}.{option}"
        for name in names()
        if (kind := find(name)) is not None
        for option in fields(kind)
        if isinstance(getattr(Layer, option, None), property)
    ]
    assert hidden == []
