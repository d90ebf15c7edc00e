"""marking.yaml: what is asked, what counts, the marks, and what students see."""

import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

import cnncalc
from cnncalc.errors import CnncalcError
from cnncalc.homework.answers import Marked, Rules
from cnncalc.homework.key import Key
from cnncalc.homework.marking import mark_sheet
from cnncalc.homework.marking_file import KEYS, read_marking
from cnncalc.homework.marking_schema import marking_schema
from cnncalc.homework.sheets import read_sheet
from cnncalc.render.homework.sheet_template import Blanks, write

jsonschema = pytest.importorskip("jsonschema", reason="tests/requirements.txt has it")
ROOT = Path(__file__).parents[1]
LENET = cnncalc.load("lenet5")
SHEET = """\
Layer,Activation Shape,# Parameters,MACs
CONV1,30x30x6,450,352800
POOL1,15x15x6,0,
CONV2,11x11x16,2500,
FC3,,48k,
FC4,,10080,
Softmax,,840,
Total,,"62,006",
"""


def rules(text: str, folder: Path, usual: Rules | None = None, layout: str = "hwc") -> Rules:
    path = folder / "marking.yaml"
    path.write_text(text, "utf-8")
    return read_marking(str(path), Key(LENET.analyze(layout=layout)), usual or Rules())


def marked(text: str, folder: Path, sheet: str = SHEET) -> Marked:
    return mark_sheet(Key(LENET.analyze()), read_sheet("a.csv", sheet.encode()), rules(text, folder))


def verdicts(found: Marked) -> dict[tuple[str, str], tuple[str, Fraction]]:
    return {(each.layer, each.quantity): (each.verdict, each.marks) for each in found.answers}


def test_layers_are_asked_by_name_and_kind_with_marks_of_their_own(tmp_path: Path) -> None:
    found = rules(
        "columns: [shape, params, total, total macs]\n"
        "layers: {conv: , CONV1: {params: 3, macs: }, dense: [params], FC4: shape}\n"
        "marks: {params: 2, total: 4}\n"
        "given: {CONV2: [shape]}\n",
        tmp_path,
    )
    assert found.asks == (
        ("CONV1", "params"), ("CONV1", "macs"), ("CONV2", "params"), ("FC3", "params"), ("FC4", "shape"),
        ("Softmax", "params"), ("total", "params"), ("total", "macs"),
    )  # fmt: skip
    assert found.given == {("CONV2", "shape")}
    # 3 + 1, 2, 2, 1, 2; the total of the parameters 4, that of the MACs 1
    assert found.out_of(found.asks) == 16
    assert rules("columns: params\nlayers: [max_pool, FC3]\n", tmp_path).asks == (
        ("POOL1", "params"), ("POOL2", "params"), ("FC3", "params"),
    )  # fmt: skip


def test_alternatives_and_parts_of_marks_count_as_the_file_says(tmp_path: Path) -> None:
    text = """\
columns: [shape, params, total]
layers: {CONV1: , CONV2: [shape, params], dense: [params]}
accept: {CONV1: {shape: [[30, 30, 6], 31x31x6]}, CONV2: {params: [1, 2490..2510]}}
partial: {no_bias: 1/2, others: 1/4}
once: [no_bias]
exact: [params]
out_of: 18
"""
    found = verdicts(marked(text, tmp_path))
    # eight answers of 1 mark are 18 together: each is worth 9/4
    assert found == {
        ("CONV1", "shape"): ("right", Fraction(9, 4)),
        ("CONV1", "params"): ("wrong", Fraction(9, 8)),  # 456 without the biases
        ("CONV2", "shape"): ("carried", Fraction(9, 4)),  # (15 - 5) + 1 positions
        ("CONV2", "params"): ("right", Fraction(9, 4)),
        ("FC3", "params"): ("wrong", Fraction(9, 16)),  # 48,120 rounded
        ("FC4", "params"): ("wrong", Fraction(9, 4)),  # a slip that has cost marks before
        ("Softmax", "params"): ("wrong", Fraction(9, 4)),
        ("total", "params"): ("right", Fraction(9, 4)),
    }
    plain = verdicts(marked("columns: [params]\nlayers: [CONV1, FC3]\npartial: 0.5\nexact: no\n", tmp_path))
    assert plain == {
        ("CONV1", "params"): ("wrong", Fraction(1, 2)),
        ("FC3", "params"): ("right", Fraction(1)),
    }


def test_accepted_shapes_are_in_the_order_in_which_the_network_is_told(tmp_path: Path) -> None:
    found = rules("accept: {CONV1: {shape: 6x30x30}}", tmp_path, layout="chw")
    assert found.accepted["CONV1", "shape"][0].sizes == (30, 30, 6)


def test_the_numbers_of_other_conventions_and_roundings_are_right_too() -> None:
    network = cnncalc.load("conv3-4 s2 relu, fc-10", input="8x8x1")
    sheet = read_sheet("a.csv", b"Layer,Activation Shape,MACs\nconv1,4x4x4,576\n")
    others = {"ceil": network.analyze(rounding="ceil"), "tool": network.analyze(convention="thop")}
    asked = Rules(columns=("shape", "macs"), only_given=True)
    found = mark_sheet(Key(network.analyze(), others), sheet, asked).answers
    # floor((8 - 3)/2) + 1 = 3 and ceil(5/2) + 1 = 4; 3*3*1*4*4*4 = 576 multiply-accumulates
    assert [(each.verdict, each.message) for each in found[:2]] == [("right", "ceil"), ("right", "ceil")]


def test_a_template_has_blanks_where_something_is_asked(tmp_path: Path) -> None:
    text = "columns: [shape, params, total]\nlayers: [CONV1, max_pool]\ngiven: {POOL1: [shape, params]}\n"
    blanks = Blanks.asked_by(Key(LENET.analyze()), rules(text, tmp_path))
    for name in ("sheet.csv", "sheet.yaml", "sheet.json"):
        write(blanks, str(tmp_path / name), "table")
    assert (tmp_path / "sheet.csv").read_text("utf-8").splitlines() == [
        "Layer,Activation Shape,# Parameters",
        '"CONV1 (f=5, s=1)",,',
        '"POOL1 (f=2, s=2)",14x14x6,0',
        '"POOL2 (f=2, s=2)",,',
        "Total,n/a,",
    ]
    answers = {
        "CONV1": {"shape": None, "params": None},
        "POOL1": {"shape": "14x14x6", "params": "0"},
        "POOL2": {"shape": None, "params": None},
        "total": {"params": None},
    }
    assert json.loads((tmp_path / "sheet.json").read_text())["answers"] == answers
    written = yaml.safe_load((tmp_path / "sheet.yaml").read_text())["answers"]
    assert {name: {key: value if value is None else str(value) for key, value in row.items()}
            for name, row in written.items()} == answers  # fmt: skip
    filled = (tmp_path / "sheet.csv").read_text("utf-8").replace('s=1)",,', 's=1)",28x28x6,456')
    found = mark_sheet(Key(LENET.analyze()), read_sheet("a.csv", filled.encode()), rules(text, tmp_path))
    assert [each.verdict for each in found.answers] == ["right", "right", "missing", "missing", "missing"]


BAD = """\
columns: [shape, parms, total shape]
layer: [CONV1]
layers:
  CONV9: {params: 2}
  CONV1: {params: -2, paramz: 1}
given: {CONV1: true}
marks: 3
out_of: 0
partial: {no_bia: 0.5}
once: maybe
accept: {CONV2: {params: 3..1, shape: 1..2}}
conventions: [thopp]
roundings: up
show: [slip]
"""


OTHERS_BAD = """\
columns: {shape: 1}; layers: [CONV1]; layers: 3; exact: 7; given: [total]; headings: x; tolerance: 3; - 1
layers: {CONV1: [params]} + given: [params]; accept: {CONV1: 3}; accept: {CONV1: {params: [true]}}; a: [
once: [nothing]; accept: {CONV1: {shape: 0x3}}; layers: {CONV1: [total]}; layers: {fc: [params]} + show: 3
"""


def test_every_fault_is_told_at_its_place(tmp_path: Path) -> None:
    with pytest.raises(CnncalcError) as raised:
        rules(BAD, tmp_path)
    places = [(each.place.line, each.place.column, each.code) for each in raised.value.faults if each.place]
    assert places == [
        (1, 18, "unknown_quantity"), (1, 25, "bad_value"), (2, 1, "unknown_key"), (4, 3, "unknown_name"),
        (5, 19, "bad_value"), (5, 23, "unknown_quantity"), (6, 16, "unknown_quantity"), (7, 8, "bad_value"),
        (8, 9, "bad_value"), (9, 11, "bad_value"), (10, 7, "bad_value"), (11, 26, "bad_value"),
        (11, 39, "bad_value"), (12, 15, "bad_value"), (13, 12, "bad_value"), (14, 8, "bad_value"),
    ]  # fmt: skip
    assert all(each.help for each in raised.value.faults if each.code != "bad_value")
    for text in re.split("; |\n", OTHERS_BAD.strip()):
        with pytest.raises(CnncalcError) as raised:
            rules(text.replace(" + ", "\n"), tmp_path)
        assert raised.value.faults[0].place, text


def test_the_schema_is_fresh_and_takes_what_the_program_takes() -> None:
    schema = marking_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    stored = json.loads((ROOT / "docs/marking.schema.json").read_text("utf-8"))
    assert stored == schema, "make format, or cnncalc schema marking -o docs/marking.schema.json"
    valid = jsonschema.Draft202012Validator(schema)
    example = (ROOT / "docs/marking.md").read_text("utf-8").split("`marking.yaml`:\n\n```yaml\n")[1]
    told: Any = yaml.safe_load(example.partition("```")[0])
    assert [error.message for error in valid.iter_errors(told)] == []
    # the example has every key but those that are options of the same name
    assert set(KEYS) - set(told) == {"$schema", "tolerance", "strict_layout", "only_given"}
    wrong = yaml.safe_load(BAD)
    faulty = {error.path[0] for error in valid.iter_errors(wrong) if error.path}
    assert faulty >= {"columns", "marks", "partial", "conventions", "roundings", "show"}


MATRICES = """\
columns: params
layers: [CONV1]
out_of: 12
matrices:
  Y1: {input: 1 1 1; 0 1 1; 0 0 1, kernel: 1 0; 0 1, marks: 2}
  Y2: {input: [[1, 2], [3, 4]], kernel: [[1, 0], [0, -1]], padding: 1, true_convolution: true}
  pooled: {input: 1 3 2 1; 2 4 0 1, kernel: 2, pool: max}
  dW: {input: 1 2; 3 4, kernel: 1 0; 0 1, gradient: 2, of: dW}
"""
# worked out with pencil: the flipped kernel of Y2 is -1 0; 0 1
IN_TABLE = (
    'Layer,Params\nCONV1,456\nY1,"2 2; 0 2"\nY2,1,2,0\n,3,3,-2\n,0,-3,-4\npooled,4,2\ndW,"[[2,4],[6,8]]"\n'
)
IN_MARKDOWN = """\
| Layer | Params |
|---|---|
| CONV1 | 456 |

**Y1**

| 2 | 2 |
|---|---|
| 0 | 2 |

Y2:

|1|2|0|
|-|-|-|
|3|3|-2|
|0|-3|-4|

- pooled: 4 2
- dW = [[2, 4], [6, 8]]
"""
IN_YAML = """\
answers:
  CONV1: {params: 456}
  Y1: [[2, 2], [0, 2]]
  Y2: 1 2 0; 3 3 -2; 0 -3 -4
  pooled: {values: 4 2}
  dW: [[2, 4], [6, 8]]
"""
IN_TEXT = "Y1 = 2 2; 0 2\nY2\n1 2 0\n3 3 -2\n0 -3 -4\npooled: 4 2\ndW\n\n2,4\n6,8\n"


@pytest.mark.parametrize(
    ("file", "sheet", "marks"),
    [("a.csv", IN_TABLE, 12), ("a.md", IN_MARKDOWN, 12), ("a.yaml", IN_YAML, 12), ("a.txt", IN_TEXT, 10)],
)
def test_matrices_that_are_worked_out_by_hand(file: str, sheet: str, marks: int, tmp_path: Path) -> None:
    rule = rules(MATRICES, tmp_path)
    found = mark_sheet(Key(LENET.analyze()), read_sheet(file, sheet.encode(), None, rule.matrices), rule)
    assert [(each.verdict, int(each.marks)) for each in found.answers[1:]] == [
        ("right", 4),
        *[("right", 2)] * 3,
    ]
    assert (int(found.marks), int(found.out_of)) == (marks, 12)


def test_a_matrix_whose_name_stands_outside_of_its_table(tmp_path: Path) -> None:
    rule = rules("matrices: {Y1: {input: 1 1 1; 0 1 1; 0 0 1, kernel: 1 0; 0 1}}", tmp_path)
    layers = "<table><tr><th>Layer<th>Params<tr><td>CONV1<td>456</table>"
    for others in ("", layers):
        text = f"<h2>Y1</h2><table><tr><td>2<td>2<tr><td>0<td>2</table>{others}"
        found = mark_sheet(
            Key(LENET.analyze()), read_sheet("a.html", text.encode(), None, rule.matrices), rule
        )
        assert found.answers[-1].verdict == "right"
        assert found.notes == ["matrices without a name are taken in order: Y1"]


def test_a_wrong_matrix_is_marked_value_by_value_and_its_slip_named(tmp_path: Path) -> None:
    rule = rules(MATRICES + "partial: {kernel_flipped: 1/2}\n", tmp_path)
    sheet = "Y1,2,2\n,1,2\nY2,-1 -2 0; -3 -3 2; 0 3 4\npooled,-\ndW,2 4 x\n"
    found = mark_sheet(Key(LENET.analyze()), read_sheet("a.csv", sheet.encode(), None, rule.matrices), rule)
    told = [(each.layer, each.verdict, int(each.marks), each.slips) for each in found.answers]
    assert told == [
        ("CONV1", "missing", 0, ()),
        ("Y1", "wrong", 3, ()),
        ("Y2", "wrong", 1, ("kernel_flipped",)),
        ("pooled", "missing", 0, ()),
        ("dW", "unreadable", 0, ()),
    ]


def test_the_empty_sheet_has_room_for_matrices(tmp_path: Path) -> None:
    for name in ("a.csv", "a.yaml", "a.md"):
        rule = rules(MATRICES, tmp_path)
        write(Blanks.asked_by(Key(LENET.analyze()), rule), str(tmp_path / name), "table")
        text = (tmp_path / name).read_text("utf-8")
        assert all(each in text for each in rule.matrices)
        sheet = read_sheet(tmp_path / name, None, rule.known_headings, rule.matrices)
        assert not sheet.has_answers
        assert not any("not a layer" in note for note in sheet.notes)


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ("Y1: 5", "'Y1' needs input"),
        ("Y1: {input: 1 2; 3, kernel: 1}", "the rows have 2, 1 numbers"),
        ("Y1: {input: 1 2; 3 4, kernel: 1, strid: 2}", "'strid' is not a key of a matrix"),
        ("Y1: {input: 1 2; 3 4, kernel: 1, of: dZ}", "'dZ' is none of dX, dW, db"),
        ("Y1: {input: 1 2; 3 4, kernel: 1, of: dX}", "of and gradient go together"),
        ("Y1: {input: 1 2; 3 4, kernel: 1, pool: mid}", "mid"),
        ("Y1: {input: 1 2; 3 4, kernel: 1, output_padding: 1}", "output-padding says nothing"),
        ("Y1: {input: true, kernel: 1}", "True is no matrix"),
        ("CONV1: {input: 1 2; 3 4, kernel: 1}", "'CONV1' is no name for a matrix"),
        ("total: {input: 1 2; 3 4, kernel: 1}", "'total' is no name for a matrix"),
    ],
)
def test_a_matrix_that_cannot_be_asked(entry: str, fault: str, tmp_path: Path) -> None:
    with pytest.raises(CnncalcError) as caught:
        rules(f"matrices:\n  {entry}\n", tmp_path)
    (found,) = caught.value.faults
    assert fault in found.message
    assert found.place is not None
    assert found.place.line == 2


@pytest.mark.parametrize(
    ("side", "options", "said"),
    [
        (150, "kernel: 1", "a matrix of 45,148 characters"),
        (12, "kernel: 1 1, matrix: true", "19,008 values are asked"),
    ],
)
def test_a_matrix_is_no_larger_than_a_sheet_can_answer(
    side: int, options: str, said: str, tmp_path: Path
) -> None:
    image = "; ".join([" ".join(["1"] * side)] * side)
    with pytest.raises(CnncalcError) as caught:
        rules(f'matrices: {{Y1: {{input: "{image}", {options}}}}}', tmp_path)
    assert [fault.message for fault in caught.value.faults] == [said]
