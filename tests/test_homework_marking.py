"""Marking: every slip by its name, the misprints of courses, what is right from a wrong earlier answer."""

import csv
import io
import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import each_network

import cnncalc
from cnncalc.cli import main
from cnncalc.errors import UsageError
from cnncalc.homework.answers import Answer, Marked, Rules, read_marks, read_share
from cnncalc.homework.headings import ASKED, quantity_of
from cnncalc.homework.key import Key
from cnncalc.homework.marking import mark_sheet
from cnncalc.homework.sentences import marking, slip
from cnncalc.homework.sheets import Sheet
from cnncalc.homework.slips import OTHERS, double_slips, single_slips, slips
from cnncalc.homework.tables import Cell
from cnncalc.homework.working import AnswerWorking
from cnncalc.languages import english


def mark(
    spec: Any,
    answers: dict[str, dict[str, str]],
    rules: Rules | None = None,
    layout: str | None = None,
    **options: Any,
) -> Marked:
    network = cnncalc.load(spec, **options)
    rows = {
        layer: {quantity: Cell(text, f"{layer} {quantity}", quantity) for quantity, text in row.items()}
        for layer, row in answers.items()
    }
    report = network.analyze(layout=layout)
    return mark_sheet(Key(report), Sheet.of_layers("test", rows), rules or Rules(only_given=True))


def one(layer: str, shape: str, quantity: str, text: str, rules: Rules | None = None) -> Answer:
    """The one answer of a layer in compact text."""
    network = cnncalc.load(layer, input=shape)
    name = network.analyze().layers[0].name
    return mark(layer, {name: {quantity: text}}, rules, input=shape).answers[0]


NAMES = (*(slip.name for slip in slips()), *OTHERS)
# each worked by hand
CASES = [
    ("no_bias", "conv5-6", "32x32x3", "params", "450"),
    ("no_bias", "subsample", "28x28x6", "params", "6"),
    ("no_bias", "conv5-6", "32x32x1", "connections", "117600"),
    ("no_bias", "subsample", "28x28x6", "connections", "4704"),  # 4*14*14*6
    ("one_bias", "fc-120", "400", "params", "48001"),
    ("no_bias", "conv5-6", "32x32x3", "accesses", "8226"),  # 3,072 and 4,704 values, 450 weights
    ("no_bias", "conv5-6", "32x32x3", "bytes_read", "14088"),
    ("bias_per_weight", "conv5-6", "32x32x3", "params", "900"),
    ("bias_per_weight", "conv5-6", "32x32x3", "params", "468"),  # (5*5 + 1)*3*6
    ("no_channels", "conv5-16", "14x14x6", "params", "416"),
    ("no_channels", "conv5-16", "14x14x6", "macs", "40000"),
    ("no_filters", "conv5-6", "32x32x3", "params", "76"),
    ("no_filters", "conv5-6", "32x32x3", "shape", "28x28x1"),
    ("swapped_channels", "conv5-6", "32x32x3", "params", "453"),  # 5*5*6*3 + 3
    ("swapped_channels", "conv5-6", "32x32x3", "shape", "28x28x3"),
    ("groups_ignored", "conv5-256 same g2", "27x27x96", "params", "614656"),
    ("groups_ignored", "depthwise_conv3 same nobias", "56x56x32", "params", "9216"),
    ("ceil_not_floor", "maxpool2", "7x7x4", "shape", "4x4x4"),
    ("not_rounded", "conv3-8 s3", "7x7x1", "shape", "2.33x2.33x8"),
    ("no_plus_one", "conv5-6", "32x32x3", "shape", "27x27x6"),
    ("no_plus_one", "conv5-6", "32x32x3", "activation_size", "4374"),
    ("no_padding", "conv3-8 p1", "16x16x4", "shape", "14x14x8"),
    ("no_padding", "conv3-8 same", "16x16x4", "macs", "56448"),  # 3*3*4*8*14*14
    ("padding_once", "conv5-8 p2", "16x16x4", "shape", "14x14x8"),
    ("no_stride", "conv3-8 s2", "15x15x4", "shape", "13x13x8"),
    ("no_stride", "maxpool2", "28x28x6", "shape", "27x27x6"),
    ("stride_as_kernel", "maxpool3 s2", "55x55x96", "shape", "18x18x96"),
    ("no_dilation", "conv3-8 d2", "16x16x4", "shape", "14x14x8"),
    ("pooling_changes_channels", "maxpool2", "28x28x6", "shape", "14x14x3"),
    ("pooling_changes_channels", "maxpool2", "28x28x6", "shape", "14x14x11"),
    ("pooling_has_weights", "maxpool2", "28x28x6", "params", "30"),
    ("pooling_has_weights", "avgpool2", "28x28x6", "params", "17"),
    ("pooled_inputs_as_weights", "subsample", "28x28x6", "params", "30"),
    ("input_not_output", "conv5-6", "32x32x1", "macs", "153600"),  # 5*5*1*6*32*32
    ("input_not_output", "conv5-6", "32x32x1", "connections", "159744"),
    ("no_positions", "conv5-6", "32x32x1", "connections", "156"),
    ("no_positions", "conv5-6", "32x32x1", "macs", "150"),
    ("no_spatial", "fc-120", "5x5x16", "params", "2040"),  # (16 + 1)*120
    ("no_flatten", "fc-120", "5x5x16", "shape", "5x5x120"),
    ("no_flatten", "flatten", "5x5x16", "shape", "5x5x16"),
    ("no_spatial", "flatten", "5x5x16", "shape", "16"),
    ("flops_for_macs", "conv5-6", "32x32x3", "macs", "705600"),
    ("macs_for_flops", "conv5-6", "32x32x3", "flops", "352800"),
    ("units_of_bytes", "conv5-6", "32x32x3", "memory", "4704"),
    ("units_of_bytes", "conv5-6", "32x32x3", "memory", "18.38 KB"),  # 18,816 bytes are 18.375 KiB
    ("floor_not_ceil", "conv3-8 same s2", "15x15x4", "shape", "7x7x8"),
    ("bias_added", "conv3-8 nobias", "8x8x4", "params", "296"),  # (3*3*4 + 1)*8
    ("bias_added", "conv3-8 nobias", "8x8x4", "connections", "10656"),
    ("bias_added", "rbf-10", "84", "connections", "850"),
    ("bias_added", "rbf-10", "84", "connections", "924"),  # 840 + 84: one for each value
    ("bias_added", "rbf-10", "84", "params", "10"),
    ("bias_per_weight", "conv5-6", "32x32x3", "connections", "366912"),  # (5*5 + 1)*3*6*28*28
    ("buffers_as_params", "batch_norm", "8x8x64", "params", "256"),
    ("buffers_as_params", "rbf-10", "84", "params", "840"),
    ("weights_shared", "local_conv3-1 nobias", "5x5x1", "params", "9"),  # 81 are right
    ("weights_shared", "local_conv3-4", "5x5x3", "params", "112"),  # (3*3*3 + 1)*4
    ("not_transposed", "deconv3-8 s2", "7x7x4", "shape", "3x3x8"),
    ("not_transposed", "deconv4-8 s2 p1", "7x7x4", "activation_size", "72"),  # 3*3*8
    ("output_not_input", "deconv3-8 s2", "7x7x4", "macs", "64800"),  # 3*3*4*8 at 15*15
    ("output_not_input", "deconv3-8 s2", "7x7x4", "connections", "66600"),
    ("no_window", "maxpool2", "16x16x2", "connections", "128"),  # 512 are right
    ("no_window", "avgpool3 s2", "9x9x4", "connections", "64"),
    ("no_window", "global_avg_pool", "7x7x64", "connections", "64"),
    ("bias_in_macs", "conv5-6", "32x32x3", "macs", "357504"),
    ("bias_in_macs", "conv5-6", "32x32x3", "flops", "715008"),
    ("bias_in_macs", "fc-120", "400", "macs", "48120"),
    *((slip.name, *slip.case) for slip in slips() if slip.case),
]


@pytest.mark.parametrize(("slip", "layer", "shape", "quantity", "text"), CASES)
def test_a_slip_is_named(slip: str, layer: str, shape: str, quantity: str, text: str) -> None:
    answer = one(layer, shape, quantity, text)
    assert answer.verdict == "wrong"
    assert (slip,) in (answer.slips, *answer.alternatives), answer
    assert answer.message


def test_training_is_marked_by_where_the_layer_stands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """LeNet-5's first layer needs no gradient of its input; the column was marked as that of MACs before."""
    sheet = tmp_path / "sheet.csv"
    sheet.write_text("Layer,Training MACs\nCONV1,705600\nCONV2,240000\nFC3,144000\n", "utf-8")
    with pytest.raises(SystemExit):
        main(["check", "lenet5", str(sheet), "--format", "json"])
    told = json.loads(capsys.readouterr().out)["answers"]
    verdicts = [(each["quantity"], each["verdict"]) for each in told if each["verdict"] != "missing"]
    assert verdicts == [("training_macs", verdict) for verdict in ("right", "wrong", "right")]
    sheet.write_text("Layer,Back to inputs,Back to weights\nCONV1,352800,352800\nCONV2,240000,1\n", "utf-8")
    with pytest.raises(SystemExit):
        main(["check", "lenet5", str(sheet), "--format", "json"])
    told = json.loads(capsys.readouterr().out)["answers"]
    said = [(each["verdict"], each["slips"]) for each in told if each["verdict"] != "missing"]
    assert said == [("wrong", ["gradient_of_the_data"]), ("right", []), ("right", []), ("wrong", [])]
    headings = ("MACs of training", "Training parameters", "Training memory", "Training FLOPs", "MACs")
    assert [quantity_of(each) for each in headings] == ["training_macs", "params", None, None, "macs"]


def test_every_slip_has_a_case_and_a_sentence() -> None:
    assert {case[0] for case in CASES} | set(OTHERS) == set(NAMES)
    said = {key.removeprefix("slip.") for key in english().messages if key.startswith("slip.")}
    of_matrices = {"flipped", "not_flipped", "bias_left_out", "no_activation", "other_pooling"}
    assert said - of_matrices == set(NAMES)
    assert len(set(NAMES)) == len(NAMES)


def test_every_slip_is_documented() -> None:
    page = (Path(__file__).parent.parent / "docs" / "marking.md").read_text("utf-8")
    table = page.partition("| slip |")[2].partition("##")[0]
    told = re.findall(
        r"`(\w+)`", "\n".join(line.split("|")[1] for line in table.splitlines() if line[:3] == "| `")
    )
    assert sorted(told) == sorted(NAMES)


def test_two_slips_together() -> None:
    answer = one("conv5-6", "32x32x3", "params", "150")
    assert answer.slips == ("no_bias", "no_channels")
    assert one("conv5-6", "32x32x3", "params", "455").slips == ()


@pytest.mark.parametrize(
    ("layer", "shape", "quantity", "text", "slips"),
    [
        ("local_conv3-4", "5x5x3", "params", "108", {"weights_shared", "no_bias"}),
        ("rbf-10", "84", "params", "850", {"buffers_as_params", "bias_added"}),
        ("maxpool2", "16x16x2", "connections", "64", {"no_window", "no_filters"}),
    ],
)
def test_two_slips_of_the_rarer_ones(
    layer: str, shape: str, quantity: str, text: str, slips: set[str]
) -> None:
    answer = one(layer, shape, quantity, text)
    assert slips in ({*answer.slips}, *map(set, answer.alternatives)), answer


def test_what_else_it_may_be_is_said_in_words() -> None:
    # no_spatial and no_flatten are one thing here: told once
    dense = one("fc-120", "5x5x16", "params", "2040")
    assert (dense.slips, dense.alternatives) == (("no_spatial",), (("no_flatten",),))
    assert dense.message == f"{slip('no_spatial')} ((16 + 1)*120 = 2,040)"
    both = one("conv5-6", "32x32x1", "params", "151")
    assert both.slips == ("one_bias",)
    assert both.alternatives[0] == ("swapped_channels",)
    assert both.message.endswith(f"; or: {slip('swapped_channels')}")
    # a dense layer has no positions at which a parameter would be used again
    macs = one("fc-120", "400", "macs", "48120")
    assert macs.slips == ("no_positions",)
    assert macs.message.startswith(slip("bias_in_macs"))
    assert one("conv5-6", "32x32x1", "macs", "156").message.startswith(slip("no_positions"))


def test_the_working_is_shown_with_the_slip() -> None:
    answer = one("conv5-6", "32x32x3", "params", "450")
    assert answer.message == f"{slip('no_bias')} (5*5*3*6 = 450)"


def test_what_no_slip_explains_is_said_to_be_so() -> None:
    answer = one("conv5-6", "32x32x3", "shape", "18x18x6")  # a set of notes has 18 for 28
    assert (answer.verdict, answer.slips, answer.message) == ("wrong", (), marking("unexplained"))


def test_channels_elsewhere_are_right_unless_the_layout_is_strict() -> None:
    answer = one("conv5-6", "32x32x3", "shape", "6x28x28")
    assert (answer.verdict, answer.slips) == ("right", ("transposed_shape",))
    assert answer.marks == 1
    strict = one("conv5-6", "32x32x3", "shape", "6x28x28", Rules(strict_layout=True))
    assert (strict.verdict, strict.slips) == ("wrong", ("transposed_shape",))
    assert strict.marks == 0
    assert one("conv5-6", "32x32x3", "shape", "6@28x28", Rules(strict_layout=True)).slips == ()


@pytest.mark.parametrize("text", ["120", "(120, 1)", "(120,)", "1x120", "1x1x120", "(None, 120)"])
def test_a_vector_in_any_form(text: str) -> None:
    assert one("fc-120", "400", "shape", text).verdict == "right"


def test_output_size_may_mean_the_positions() -> None:
    for text in ("28", "28x28", "28x28x6", "4704"):
        cell = {"conv1": {"shape": Cell(text, "", "Output size")}}
        key = Key(cnncalc.load("conv5-6", input="32x32x3").analyze())
        assert mark_sheet(key, Sheet.of_layers("", cell)).all_right, text
    assert one("conv5-6", "32x32x3", "shape", "28x28").message == marking("positions_only")


def test_the_older_table_of_lenet5() -> None:
    # an older printing of the courses' table: 8 filters, the channels left out, one bias for a dense layer
    rows = [
        ("CONV1", "(28,28,8)", "6272", "208"), ("POOL1", "(14,14,8)", "1568", "0"),
        ("CONV2", "(10,10,16)", "1600", "416"), ("POOL2", "(5,5,16)", "400", "0"),
        ("FC3", "(120,1)", "120", "48001"),
        ("FC4", "(84,1)", "84", "10081"), ("Softmax", "(10,1)", "10", "841"),
    ]  # fmt: skip
    names = ("shape", "activation_size", "params")
    marked = mark("lenet5", {row[0]: dict(zip(names, row[1:], strict=True)) for row in rows})
    found = {(a.layer, a.quantity): (a.verdict, a.slips) for a in marked.answers}
    assert {where: what for where, what in found.items() if what[0] == "wrong"} == {
        ("CONV1", "shape"): ("wrong", ()),
        ("CONV1", "params"): ("wrong", ("no_channels",)),  # (5*5 + 1)*8, with their 8 filters
        ("CONV2", "params"): ("wrong", ("no_channels",)),
        ("FC3", "params"): ("wrong", ("one_bias",)),
        ("FC4", "params"): ("wrong", ("one_bias",)),
        ("Softmax", "params"): ("wrong", ("one_bias",)),
    }
    carried = [where for where, what in found.items() if what[0] == "carried"]
    assert carried == [("CONV1", "activation_size"), ("POOL1", "shape"), ("POOL1", "activation_size")]
    # without their shape, 208 is wrong and no slip gives it
    assert mark("lenet5", {"CONV1": {"params": "208"}}).answers[0].slips == ()


@pytest.mark.parametrize(
    ("spec", "layer", "quantity", "quoted", "slip"),
    [
        ("lenet5-1998", "S2", "params", "30", "pooled_inputs_as_weights"),
        ("lenet5-1998", "S2", "params", "6", "no_bias"),  # another set of notes denies the bias
        ("lenet5-1998", "C3", "connections", "156000", "bias_per_weight"),  # (5*5 + 1)*60*10*10
        ("lenet5-1998", "C3", "params", "2416", "groups_ignored"),
        ("lenet5-1998", "OUTPUT", "params", "840", "buffers_as_params"),
        ("lenet5", "CONV2", "params", "416", "no_channels"),
        ("lenet5", "FC3", "params", "48001", "one_bias"),
        ("lenet5", "FC4", "params", "10081", "one_bias"),
        ("lenet5", "Softmax", "params", "841", "one_bias"),
        # what follows comes of no slip, nor of two: (5*5 + 1)*8 has filters that the layer has not,
        # 18 for 28 is a slip of the pen, 1641 counts 65 pairs of maps for 60, and in 345308 the slip of one
        # layer is in the sum of all
        ("lenet5", "CONV1", "params", "208", None),
        ("lenet5", "CONV1", "shape", "18x18x6", None),
        ("lenet5-1998", "C3", "params", "1641", None),
        ("lenet5-1998", "total", "connections", "345308", None),
    ],
)
def test_misprints_of_courses(spec: str, layer: str, quantity: str, quoted: str, slip: str | None) -> None:
    answer = mark(spec, {layer: {quantity: quoted}}).answers[0]
    assert answer.verdict == "wrong"
    assert answer.slips == ((slip,) if slip else ())
    if slip is None:
        assert answer.message.startswith(marking("unexplained"))


def test_a_misprint_is_carried_into_the_total() -> None:
    marked = mark("lenet5-1998", {"C3": {"connections": "156000"}, "total": {"connections": "345308"}})
    assert [answer.verdict for answer in marked.answers] == ["wrong", "carried"]


def test_pixels_never_read_and_padding_once_more() -> None:
    assert one("conv11-96 s4", "224x224x3", "shape", "55x55x96").slips == ("ceil_not_floor",)


def test_a_wrong_shape_is_carried_on() -> None:
    marked = mark(
        "lenet5",
        {
            "CONV1": {"shape": "32x32x6", "params": "456"},
            "POOL1": {"shape": "16x16x6", "activation_size": "1536"},
            "CONV2": {"shape": "12x12x16", "params": "2416", "macs": "345600"},
            "POOL2": {"shape": "6x6x16"},
            "FC3": {"shape": "120", "params": "69240"},
            "FC4": {"params": "10080"},
            "total": {"params": "83042"},
        },
    )
    verdicts = {(a.layer, a.quantity): a.verdict for a in marked.answers}
    assert verdicts == {
        ("CONV1", "shape"): "wrong", ("CONV1", "params"): "right", ("POOL1", "shape"): "carried",
        ("POOL1", "activation_size"): "carried", ("CONV2", "shape"): "carried", ("CONV2", "params"): "right",
        ("CONV2", "macs"): "carried", ("POOL2", "shape"): "carried", ("FC3", "shape"): "right",
        ("FC3", "params"): "carried", ("FC4", "params"): "wrong", ("total", "params"): "carried",
    }  # fmt: skip
    assert marked.marks == 10


@pytest.mark.parametrize("layout", ["hwc", "chw"])
@pytest.mark.parametrize("written", ["hwc", "chw"])
@pytest.mark.parametrize("others", [False, True])
def test_a_wrong_shape_is_carried_on_in_whichever_order_it_stands(
    layout: str, written: str, others: bool
) -> None:
    def shape(size: int, channels: int) -> str:
        return f"{size}x{size}x{channels}" if written == "hwc" else f"{channels}x{size}x{size}"

    # 8 maps rather than 6, and the rest worked out from them
    sheet = {
        "CONV1": {"shape": shape(28, 8), "activation_size": "6272", "params": "608", "macs": "470400"},
        "POOL1": {"shape": shape(14, 8), "activation_size": "1568", "params": "0"},
        "CONV2": {"params": "3216", "macs": "320000"},
    }
    if others:
        sheet["CONV2"]["shape"], sheet["POOL2"] = shape(10, 16), {"shape": shape(5, 16)}
    marked = mark("lenet5", sheet, layout=layout)
    verdicts = {(a.layer, a.quantity): a.verdict for a in marked.answers}
    wrong = {where for where, verdict in verdicts.items() if verdict == "wrong"}
    assert wrong == {("CONV1", "shape")}
    assert {where for where, verdict in verdicts.items() if verdict == "right"} <= {
        ("POOL1", "params"), ("CONV2", "shape"), ("POOL2", "shape"),
    }  # fmt: skip


def test_the_other_rows_say_in_which_order_a_shape_stands() -> None:
    # 14 maps of 16x16, or 16 of 14x16: alone it is taken as it is asked for
    def carried(first: str) -> list[str]:
        sheet = {"CONV1": {"shape": first}, "CONV2": {"shape": "14x16x16"}, "FC3": {"params": "107640"}}
        return [answer.verdict for answer in mark("lenet5", sheet).answers]

    assert carried("6x28x28") == ["right", "wrong", "carried"]  # (8*8*14 + 1)*120
    # no square: 16 rows and 10 columns
    oblong = "conv3-4, maxpool2, fc-10"
    for first, second in (("8x16x10", "8x8x5"), ("16x10x8", "8x5x8")):
        sheet = {"conv1": {"shape": first}, "max_pool1": {"shape": second}, "dense1": {"params": "3210"}}
        marked = mark(oblong, sheet, input="18x12x3")
        assert [answer.verdict for answer in marked.answers] == ["wrong", "carried", "carried"]


def test_what_is_carried_in_another_order_is_said_to_be_so() -> None:
    sheet = {"CONV1": {"shape": "28x28x8"}, "POOL1": {"shape": "8x14x14"}}
    answer = mark("lenet5", sheet).answers[1]
    assert (answer.verdict, answer.slips, int(answer.marks)) == ("carried", ("transposed_shape",), 1)
    strict = mark("lenet5", sheet, Rules(strict_layout=True, only_given=True)).answers[1]
    assert (strict.verdict, strict.slips, int(strict.marks)) == ("wrong", ("transposed_shape",), 0)


def test_a_layer_left_out_passes_the_shape_on() -> None:
    marked = mark("lenet5", {"CONV1": {"shape": "32x32x6"}, "CONV2": {"shape": "12x12x16"}})
    assert [answer.verdict for answer in marked.answers] == ["wrong", "carried"]


def test_flops_and_memory_from_the_student_s_own() -> None:
    marked = mark(
        "lenet5",
        {"CONV1": {"activation_size": "5000", "macs": "100", "flops": "200", "memory": "20000"}},
    )
    assert [answer.verdict for answer in marked.answers] == ["wrong", "wrong", "carried", "carried"]


def test_a_slip_on_the_student_s_own_numbers() -> None:
    marked = mark("lenet5", {"POOL2": {"shape": "6x6x16"}, "FC3": {"params": "69120"}})
    answer = marked.answers[1]
    assert answer.slips == ("no_bias",)
    assert answer.message.startswith("from your own")


def test_receptive_fields() -> None:
    marked = mark(
        "lenet5",
        {
            "CONV1": {"receptive_field": "5"}, "POOL1": {"receptive_field": "6x6"},
            "CONV2": {"receptive_field": "10"},
            "POOL2": {"receptive_field": "12"}, "FC3": {"receptive_field": "32x32"},
        },
    )  # fmt: skip
    assert [(a.verdict, a.slips) for a in marked.answers] == [
        ("right", ()), ("right", ()), ("wrong", ("no_stride",)), ("carried", ()), ("right", ()),
    ]  # fmt: skip


def test_a_shape_of_the_total_is_that_of_the_last_layer() -> None:
    told = mark("lenet5", {"total": {"shape": "10"}, "FC3": {"shape": "120"}}).answers
    assert [answer.verdict for answer in told] == ["right", "right"]
    (wrong,) = mark("lenet5", {"total": {"shape": "12"}}).answers
    assert (wrong.verdict, wrong.expected, wrong.slips) == ("wrong", [10], ())


def test_totals() -> None:
    assert mark("lenet5", {"total": {"params": "61770"}}).answers[0].slips == ("no_bias",)
    both = mark("lenet5", {"CONV1": {"params": "450"}, "total": {"params": "62000"}}).answers[1]
    assert both.message.endswith("your own column adds up to 62,000") or both.verdict == "carried"


def test_a_wrong_shape_of_the_whole_is_no_sum() -> None:
    (answer,) = mark("lenet5", {"total": {"shape": "11"}}).answers
    assert (answer.verdict, answer.slips) == ("wrong", ())


def test_a_network_of_blocks_and_shared_layers() -> None:
    marked = mark(
        "resnet18", {"conv1": {"params": "9408", "shape": "112x112x64"}, "Total": {"params": "11.7M"}}
    )
    assert marked.all_right


def test_marks_and_parts() -> None:
    rules = Rules({"params": Fraction(2)}, Fraction(1, 2), only_given=True)
    marked = mark("lenet5", {"CONV1": {"shape": "28x28x6", "params": "450"}, "FC4": {"params": "1"}}, rules)
    assert (int(marked.marks), int(marked.out_of)) == (2, 5)
    assert marked.to_dict()["marks"] == 2
    assert read_marks("params=2, shape=1/2") == {"params": 2, "shape": Fraction(1, 2)}
    for wrong in ("params", "foo=2", "params=-1", "params=x"):
        with pytest.raises(UsageError):
            read_marks(wrong)
    assert read_share("--tolerance", "1%") == Fraction(1, 100)
    with pytest.raises(UsageError):
        read_share("--partial", "2")


def test_a_tolerance() -> None:
    assert one("conv5-6", "32x32x3", "macs", "350000").verdict == "wrong"
    assert one("conv5-6", "32x32x3", "macs", "350000", Rules(tolerance=Fraction(1, 100))).verdict == "right"


def test_working_beside_that_comes_to_something_else_is_told() -> None:
    answer = one("conv5-6", "32x32x3", "params", "450 (=5*5*3*6+6)")
    assert answer.slips == ("no_bias",)
    assert answer.message.endswith("the working beside it comes to 456")
    assert one("conv5-6", "32x32x3", "params", "456 (=5*5*3*6+6)").message == ""


def test_the_json() -> None:
    (answer,) = mark("lenet5", {"CONV1": {"params": "450"}}).to_dict()["answers"]
    assert answer == {
        "layer": "CONV1", "quantity": "params", "given": 450, "expected": 456, "verdict": "wrong",
        "slips": ["no_bias"], "alternatives": [], "message": answer["message"],
    }  # fmt: skip
    assert set(mark("lenet5", {}).to_dict()) == {"marks", "out_of", "answers"}


# -- properties ----------------------------------------------------------------------------------------

LAYERS = st.one_of(
    st.builds(
        "conv{}-{} s{} p{}{}{}".format,
        st.integers(1, 5), st.sampled_from([2, 4, 6, 16]), st.integers(1, 3), st.integers(0, 3),
        st.sampled_from(["", " g2", " d2"]), st.sampled_from(["", " nobias"]),
    ),
    st.builds("maxpool{} s{}".format, st.integers(1, 3), st.integers(1, 3)),
    st.builds("fc-{}".format, st.sampled_from([2, 10, 84])),
    st.builds("depthwise_conv{} same".format, st.sampled_from([1, 3, 5])),
    st.just("subsample"),
)  # fmt: skip
SHAPES = st.builds("{0}x{0}x{1}".format, st.integers(9, 20), st.sampled_from([2, 4, 6]))
SLIPPED = ("shape", "activation_size", "params", "connections", "macs", "flops", "memory")


def written(value: Any) -> str:
    if isinstance(value, tuple):
        return "x".join(map(written, value))
    return str(value) if Fraction(value).denominator == 1 else f"{value.numerator}/{value.denominator}"


@settings(max_examples=15, deadline=None)
@given(LAYERS, SHAPES, st.sampled_from(SLIPPED))
def test_a_made_slip_is_named(layer: str, shape: str, quantity: str) -> None:
    row = cnncalc.load(layer, input=shape).analyze().layers[0]
    working = AnswerWorking(row.node.layer, row.facts.inputs, quantity)
    right = working.value()
    assert one(layer, shape, quantity, written(right)).verdict == "right"
    for made in [*single_slips(working), *double_slips(working)[:10]]:
        answer = one(layer, shape, quantity, written(made.value))
        if answer.verdict == "right":
            # the same size written another way: 4x4x1 for 4x4, or the channels elsewhere
            assert quantity == "shape"
            continue
        named = [set(slips) for slips in (answer.slips, *answer.alternatives)]
        assert answer.verdict == "wrong"
        assert set(made.slips) in named or len(named) == 5 or len(answer.slips) <= len(made.slips)
        assert answer.slips


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(["lenet5", "lenet5-1998", "mnist-cnn", "alexnet"]), st.randoms(use_true_random=False))
def test_right_answers_are_never_accused(name: str, chance: Any) -> None:
    report = cnncalc.load(name).analyze()
    forms = [
        str,
        "{:,}".format,
        lambda n: f"{n} ",
        lambda n: f"{n:,}".replace(",", " "),
        lambda n: f"{n - 1}+1",
    ]
    rows = []
    for row in report.layers:
        shape = chance.choice(["x".join(map(str, row.output_shape)), str(tuple(row.output_shape))])
        rows.append(
            [
                row.name,
                shape,
                *(chance.choice(forms)(getattr(row, q)) for q in ("params", "connections", "macs")),
            ]
        )
    buffer = io.StringIO()
    csv.writer(buffer).writerows([["Layer", "Shape", "Params", "Connections", "MACs"], *rows])
    from cnncalc.homework.sheets import read_sheet

    marked = mark_sheet(Key(report), read_sheet("a.csv", buffer.getvalue().encode()))
    assert [answer for answer in marked.answers if answer.verdict != "right"] == []
    assert len(marked.answers) == 4 * len(report.layers)


@pytest.mark.parametrize("name", each_network())
def test_the_right_answers_of_every_architecture(name: str) -> None:
    key = Key(cnncalc.load(name).analyze())
    rows: dict[tuple[str, ...], tuple[str, dict[str, Cell]]] = {}
    for row in [*(row.name for row in key.report.layers), "total"]:
        right = {quantity: key.expected(row, quantity) for quantity in ASKED}
        texts = {name: "all" if value is None else written(value) for name, value in right.items()}
        # a layer with the same answers as another shows nothing new
        cells = {name: Cell(text, "", name) for name, text in texts.items()}
        rows.setdefault(tuple(texts.values()), (row, cells))
    marked = mark_sheet(key, Sheet.of_layers(name, dict(rows.values())), Rules(only_given=True))
    assert len(marked.answers) > len(ASKED)
    assert [answer for answer in marked.answers if answer.verdict != "right"] == []
