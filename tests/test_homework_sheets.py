"""Answer sheets in every format, and what spreadsheets make of them."""

import contextlib
import io
import json
import re
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cnncalc
from cnncalc.errors import CnncalcError
from cnncalc.homework.answers import Marked, Rules
from cnncalc.homework.headings import quantity_of
from cnncalc.homework.key import Key
from cnncalc.homework.marking import mark_sheet
from cnncalc.homework.readers.xlsx_sheet import openpyxl
from cnncalc.homework.sheets import decode, read_sheet

ROWS = [
    ["Layer", "Activation Shape", "Activation Size", "# Parameters"],
    ["Input", "(32, 32, 3)", "3,072", "0"],
    ["CONV1 (f=5, s=1)", "(28, 28, 6)", "4,704", "456"],
    ["POOL1", "(14, 14, 6)", "1,176", "-"],
    ["CONV2", "10x10x16", "1600", "5*5*6*16+16"],
    ["POOL2", "[5, 5, 16]", "400", "0"],
    ["FC3", "(120, 1)", "120", "48,120 (=120*400+120)"],
    ["fc 4", "84", "84", "10,164"],
    ["Softmax", "10", "10", "850"],
    ["Total", "", "", "62k"],
]
CSV = "\n".join(",".join(f'"{cell}"' if "," in cell else cell for cell in row) for row in ROWS)
SEMICOLONS = "\n".join(";".join(row) for row in ROWS)
TABS = "\n".join("\t".join(row) for row in ROWS)
CHINESE = CSV.replace(
    "Layer,Activation Shape,Activation Size,# Parameters", "层,输出形状,激活大小,参数量"
).replace("Total", "合计")
MARKDOWN = "\n".join(f"| {' | '.join(row)} |" for row in [ROWS[0], ["---", ":-:", "--:", "---"], *ROWS[1:]])
MAPPING = {
    "answers": {
        row[0]: dict(zip(("shape", "activation_size", "params"), row[1:], strict=True)) for row in ROWS[1:]
    }
}
FILES = {
    "plain.csv": CSV.encode(),
    "bom.csv": CSV.encode("utf-8-sig"),
    "windows.csv": CSV.replace("\n", "\r\n").encode(),
    "old-mac.csv": CSV.replace("\n", "\r").encode(),
    "semicolons.csv": SEMICOLONS.encode(),
    "excel.csv": f"sep=;\r\n{SEMICOLONS}".encode(),
    "tabs.txt": TABS.encode("utf-16"),
    "utf16.csv": CSV.encode("utf-16"),
    "utf16-no-mark.csv": CSV.encode("utf-16-le"),
    "utf16-chinese.csv": CHINESE.encode("utf-16-be"),
    "bars.txt": "\n".join("|".join(row) for row in ROWS).encode(),
    "table.txt": MARKDOWN.encode(),
    "gbk.csv": CHINESE.encode("gbk"),
    "chinese.csv": CHINESE.encode(),
    "full-width.csv": CHINESE.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    .replace("CONV１", "CONV1").encode("gb18030"),
    "unquoted.csv": re.sub(r'"(\d+),(\d+)', r"\1\2", CSV).replace('"', "").encode(),
    "titled.csv": f"Homework 3\nName: Zhang San\n\n{CSV}\n".encode(),
    "table.md": f"# Answers\n\n{MARKDOWN}\n".encode(),
    "bold.md": MARKDOWN.replace("456 ", "**456** ").encode(),
    "bare.md": MARKDOWN.replace("\n| ", "\n").replace(" |\n", "\n").encode(),
    "answers.yaml": b"answers:\n" + "\n".join(
        f"  {json.dumps(name)}: {json.dumps(answers)}" for name, answers in MAPPING["answers"].items()
    ).encode(),
    "answers.json": json.dumps(MAPPING).encode(),
    "rows.json": json.dumps([{"layer": name, **row} for name, row in MAPPING["answers"].items()]).encode(),
    "noname": CSV.encode(),
}  # fmt: skip


@pytest.fixture(scope="module")
def key() -> Key:
    return Key(cnncalc.load("lenet5").analyze())


def spreadsheet(rows: list[list[Any]]) -> bytes:
    book = openpyxl().Workbook()
    for row in rows:
        book.active.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def mark(key: Key, data: bytes | str, name: str = "sheet.csv") -> Marked:
    return mark_sheet(key, read_sheet(name, data.encode() if isinstance(data, str) else data))


@pytest.mark.parametrize("name", FILES)
def test_the_same_answers_get_the_same_marks(key: Key, name: str) -> None:
    marked = mark(key, FILES[name], name)
    wrong = [
        (answer.layer, answer.quantity, answer.text, answer.message)
        for answer in marked.answers
        if answer.verdict != "right"
    ]
    assert wrong == []
    assert marked.marks == marked.out_of == 22


def test_a_spreadsheet(key: Key) -> None:
    typed: list[list[Any]] = [[int(cell) if cell.isdigit() else cell for cell in row] for row in ROWS]
    assert mark(key, spreadsheet(typed), "a.xlsx").marks == 22
    typed[4][3] = "=5*5*6*16+16"
    assert mark(key, spreadsheet(typed), "a.xlsx").marks == 22
    assert mark(key, spreadsheet(typed), "named.csv").marks == 22


def test_a_cell_that_cant_be_read_is_named_and_the_rest_marked(key: Key) -> None:
    marked = mark(key, CSV.replace('"4,704"', "lots"))
    (answer,) = [answer for answer in marked.answers if answer.verdict != "right"]
    assert (answer.verdict, answer.layer, answer.given) == ("unreadable", "CONV1", "lots")
    assert answer.place == "row 3, column 3 (Activation Size)"
    assert marked.marks == 21


def test_commas_that_part_a_number_are_put_together_or_told(key: Key) -> None:
    head = "Layer,Activation Shape,# Parameters\n"
    assert [a.verdict for a in mark(key, f"{head}FC3,120,48,120").answers if a.layer == "FC3"] == [
        "right"
    ] * 2
    torn = mark(key, f"{head}FC3,120,48120,what,is,this")
    assert {a.verdict for a in torn.answers if a.layer == "FC3"} == {"unreadable"}


def test_blanks_and_rows_left_out_are_missing(key: Key) -> None:
    marked = mark(key, "Layer,Params\nCONV1,456\nCONV2,\nTotal,?\n")
    verdicts = {answer.layer: answer.verdict for answer in marked.answers}
    assert verdicts == {
        "CONV1": "right", "POOL1": "missing", "CONV2": "missing", "POOL2": "missing", "FC3": "missing",
        "FC4": "missing", "Softmax": "missing", "total": "missing",
    }  # fmt: skip


def test_layers_that_only_work_in_place_may_be_left_out() -> None:
    key = Key(cnncalc.load("conv3-4, relu, fc-10", input="8x8x1").analyze())
    assert mark(key, "Layer,Params\nconv1,40\ndense1,1450").all_right
    assert [a.layer for a in mark(key, "Layer,Params\nconv1,40\nrelu1,0\ndense1,1450").answers] == [
        "conv1", "relu1", "dense1",
    ]  # fmt: skip


def test_unknown_names_and_headings_are_told(key: Key) -> None:
    marked = mark(key, "Layer,Params,Mood\nCONV1,456,good\nSoftmux,850,\n")
    assert marked.notes == ["row 3: 'Softmux' is not a layer; did you mean Softmax?"]
    with pytest.raises(CnncalcError, match="no heading that is known"):
        mark(key, "a,b\n1,2")


def test_columns_of_numbers_that_are_not_known_are_told(key: Key) -> None:
    marked = mark(key, "Layer,Laune,Parameter,Note,Preis\nCONV1,28x28,456,ok,450\n")
    assert marked.notes == ["not read, as their headings are not known: Laune, Preis"]


def test_umlauts_are_no_chinese() -> None:
    for name in ("Größe", "Maße der Ausgänge", "Übergang", "taille à la sortie, carrée", "tamaño"):
        assert decode(f"Layer;{name}\nCONV1;28x28x6\n".encode("cp1252")).startswith(f"Layer;{name}")
    for name in ("层", "输出形状", "１", "参数量（个）"):
        assert decode(f"Layer;{name}\nCONV1;6\n".encode("gbk")).startswith(f"Layer;{name}")


def test_a_shape_in_yaml_may_go_without_quotes(key: Key) -> None:
    text = "answers:\n  CONV1: {shape: (28, 28, 6), params: 456}\n  POOL1: {params: 0, shape: (14, 14, 6)}\n"
    marked = mark_sheet(key, read_sheet("a.yaml", text.encode()))
    assert marked.count("right") == 4
    assert not marked.notes
    marked = mark_sheet(key, read_sheet("a.yaml", b"CONV1: {shape: (28, params: 456}"))
    assert [answer.verdict for answer in marked.answers[:2]] == ["unreadable", "right"]


def test_own_names_are_taken_in_order(key: Key) -> None:
    names = ["甲", "乙", "丙", "丁", "戊", "己", "庚"]
    params = (456, 0, 2416, 0, 48120, 10164, 850)
    lines = [f"{name},{number}" for name, number in zip(names, params, strict=True)]
    marked = mark(key, "\n".join(["层,参数", *lines]))
    assert marked.all_right
    assert marked.notes == ["no name is that of a layer: the rows are taken in order"]


def test_an_answer_given_twice_is_told(key: Key) -> None:
    assert mark(key, "Layer,Params\nCONV1,456\nConv 1,450\n").notes
    assert mark(key, "Layer,Params,Parameters\nCONV1,456,450\n").notes


@pytest.mark.parametrize(
    "text",
    [
        "Layer,Weights,Biases,Params\nCONV1,450,6,456\n", "Layer,Params,Weights\nCONV1,456,450\n",
        "CONV1: {weights: 450, params: 456}", "CONV1: {Parameters: 456, weights: 450}",
    ],
)  # fmt: skip
def test_weights_beside_parameters_are_not_the_parameters(key: Key, text: str) -> None:
    marked = mark(key, text, "a.csv" if text[:5] == "Layer" else "a.yaml")
    assert marked.answers[0].verdict == "right", marked.answers[0]
    assert mark(key, "Layer,Weights\nCONV1,456\n").answers[0].verdict == "right"


@pytest.mark.parametrize(
    ("heading", "quantity"),
    [
        ("Output", "shape"), ("activation shape", "shape"), ("Output size", "shape"), ("输出", "shape"),
        ("形状", "shape"), ("Activation size", "activation_size"), ("Size", "activation_size"),
        ("# parameters", "params"), ("Params", "params"), ("weights", "weights"), ("参数", "params"),
        ("# Biases", "biases"), ("neurons", "neurons"),
        ("# of parameters", "params"), ("Total params", "params"), ("参数总数", "params"),
        ("No. of parameters", "params"), ("Number of Parameters", "params"), ("connections", "connections"),
        ("连接", "connections"), ("MACs", "macs"), ("multiplications", "multiplications"),
        ("缓冲数", "buffers"), ("FLOPs", "flops"),
        ("RF", "receptive_field"), ("Receptive Field", "receptive_field"), ("感受野", "receptive_field"),
        ("Memory (KB)", "memory"), ("activation_size", "activation_size"),
        ("receptive_field", "receptive_field"), ("激活值大小", "activation_size"),
        # what the tables of cnncalc itself have above them in Chinese
        ("激活值形状", "shape"), ("激活值个数", "activation_size"), ("参数量", "params"),
        ("连接数", "connections"), ("乘加次数", "macs"), ("浮点运算次数", "flops"),
        ("colour", None), ("", None),
    ],
)  # fmt: skip
def test_headings(heading: str, quantity: str | None) -> None:
    assert quantity_of(heading) == quantity


@pytest.mark.parametrize(
    ("heading", "numbers", "quantity"),
    [
        # CONV1 has 5*5*3*6 = 450 weights and 6 biases, CONV2 5*5*6*16 = 2,400 and 16
        ("Weights", "456 2416", "params"), ("Weights", "450 2400", "weights"),
        ("Weights", "456 2400", "params"), ("权重数", "450 2400", "weights"),
        ("Weights,Biases", "450,6 2400,16", "weights"), ("Params,Weights", "456,450 2416,2400", "weights"),
        ("Weights without biases", "450 2400", "weights"),
        # POOL1 puts 14*14*6 values out; its units are as many, those of a flattening none
        ("Neurons", "4704 1600", "activation_size"), ("Size,Neurons", "4704,4704 1600,1600", "neurons"),
        # a convolution adds as often as it multiplies, and the biases
        ("Multiplications", "352800 240000", "macs"),
        ("Multiplications,Additions", "352800,352800 240000,240000", "multiplications"),
    ],
)  # fmt: skip
def test_a_name_with_two_meanings_has_the_one_that_the_sheet_shows(
    key: Key, heading: str, numbers: str, quantity: str
) -> None:
    rows = "\n".join(f"{name},{each}" for name, each in zip(("CONV1", "CONV2"), numbers.split(), strict=True))
    marked = mark(key, f"Layer,{heading}\n{rows}\n")
    assert quantity in {answer.quantity for answer in marked.answers}
    wrong = [answer.given for answer in marked.answers if answer.verdict == "wrong"]
    assert wrong == ([2400] if numbers == "456 2400" else [])


def test_a_quantity_that_is_asked_by_name_is_that_one(key: Key) -> None:
    sheet = read_sheet("a.csv", b"Layer,Weights,Neurons\nCONV1,450,4704\n")
    rules = Rules(columns=("weights", "neurons"), only_given=True)
    first = [(each.quantity, each.verdict) for each in mark_sheet(key, sheet, rules).answers[:2]]
    assert first == [("weights", "right"), ("neurons", "right")]
    sheet = read_sheet("a.csv", b"Layer,Weights,Neurons\nCONV1,450,4704\n")
    marked = mark_sheet(key, sheet, Rules(columns=("params", "activation_size"), only_given=True))
    assert [(each.verdict, each.slips) for each in marked.answers[:2]] == [
        ("wrong", ("no_bias",)),
        ("right", ()),
    ]


def test_the_unit_of_a_heading_holds() -> None:
    key = Key(cnncalc.load("lenet5").analyze())
    for text in ("18.8", "18.816", "18,816 bytes", "18.375 KiB"):
        marked = mark(key, f'Layer,Memory (KB)\nCONV1,"{text}"\n')
        assert marked.answers[0].verdict == "right", text  # 4704*4 = 18,816 bytes


def test_what_has_no_receptive_field_need_not_be_told_so(key: Key) -> None:
    for text in ("n/a", "-", "", "all"):
        marked = mark(key, f"Layer,RF\nCONV1,5\nFC3,{text}\n")
        assert {answer.verdict for answer in marked.answers if answer.layer in ("CONV1", "FC3")} == {"right"}


def test_bounds(key: Key, tmp_path: Path) -> None:
    for data in (b"", b"\0" * 100, b"x" * (9 * 2**20), b"Layer,Params\n" + b"a,1\n" * 30_000):
        with pytest.raises(CnncalcError):
            mark(key, data)
    with pytest.raises(CnncalcError):
        mark(key, ",".join(["Layer", *["Params"] * 500]) + "\n")
    with pytest.raises(CnncalcError):
        read_sheet(tmp_path)
    with pytest.raises(CnncalcError):
        read_sheet(tmp_path / "none.csv")
    with pytest.raises(CnncalcError):
        mark(key, b"PK\x03\x04junk", "a.xlsx")


CELLS = st.text("0123456789x*(),;|.-=+ abcCONV1\"'\n\t层参", max_size=25) | st.sampled_from(
    ["Layer", "Params", "Shape", "CONV1", "Total", "456", "28x28x6", "(28, 28, 6)", "1/0", "9" * 50]
)


@settings(deadline=None)
@given(
    st.lists(st.lists(CELLS, max_size=5), max_size=6),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["a.csv", "a.md", "a.yaml", "a"]),
)
def test_junk_raises_nothing_else(rows: list[list[str]], delimiter: str, name: str) -> None:
    text = "\n".join(
        ["Layer", *map(delimiter.join, rows)] if len(rows) % 2 else [delimiter.join(row) for row in rows]
    )
    key = Key(cnncalc.load("conv3-4, fc-10", input="8x8x1").analyze())
    try:
        marked = mark(key, text, name)
    except CnncalcError:
        return
    assert json.dumps(marked.to_dict())


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_junk_bytes_raise_nothing_else(data: bytes) -> None:
    for name in ("a.csv", "a.md", "a.yaml", "a.xlsx", "a"):
        try:
            read_sheet(name, data)
        except CnncalcError as error:
            assert error.faults  # noqa: PT017 - it may, it need not


def workbook_with(**parts: bytes) -> bytes:
    """A spreadsheet of which some parts are others."""
    pytest.importorskip("openpyxl")
    book = openpyxl().Workbook()
    book.active.append(["Layer", "Params"])
    data, target = io.BytesIO(), io.BytesIO()
    book.save(data)
    with zipfile.ZipFile(data) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as written:
        for name in source.namelist():
            written.writestr(name, parts.get(Path(name).stem, source.read(name)))
    return target.getvalue()


HEAD = "Layer,Params\nCONV1,"
TABLE = "| Layer | Params |\n|---|---|\n| CONV1 | "
FLOODS: dict[str, str | bytes] = {
    "parentheses.csv": HEAD + "(," * 2_000_000,
    "thousands.csv": HEAD + "111," * 1_000_000,
    "quotes.csv": HEAD + '"' * 7_000_000,
    "headings.csv": (",".join(f"Foo{i}" for i in range(250)) + "\n") * 4000,
    "emphasis.md": TABLE + "*_" * 400_000 + "3" + "_*" * 400_000 + " |\n",
    "stars.md": TABLE + "*" * 4_000_000 + " |\n",
    "lists.yaml": "CONV1: {params: &a0 [1]}\n"
    + "".join(f"C{i}: {{params: &a{i} [*a{i - 1}, *a{i - 1}, *a{i - 1}]}}\n" for i in range(1, 60)),
    "mappings.yaml": "a0: &a0 {params: 1}\n"
    + "".join(f"a{i}: &a{i} {{params: *a{i - 1}, shape: [*a{i - 1}, *a{i - 1}]}}\n" for i in range(1, 60)),
    "names.yaml": "- &a0 [1]\n"
    + "".join(f"- &a{i} [*a{i - 1}, *a{i - 1}, *a{i - 1}]\n" for i in range(1, 60))
    + "- {layer: *a59, params: 3}\n",
    "unknown.yaml": "".join(f"CONV{i}: {{parms: 3}}\n" for i in range(15_000)),
    "styles.xlsx": workbook_with(
        styles=b'<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><fonts>'
        + b"<font/>" * 1_500_000
        + b"</fonts></styleSheet>"
    ),
}


@pytest.mark.parametrize("name", FLOODS)
def test_a_sheet_made_to_take_long_takes_no_time(name: str) -> None:
    start = time.process_time()
    data = FLOODS[name]
    with contextlib.suppress(CnncalcError):
        sheet = read_sheet(name, data if isinstance(data, bytes) else data.encode())
        mark_sheet(Key(cnncalc.load("lenet5").analyze()), sheet)
    # two seconds on a slow machine; these took minutes, or for ever
    assert time.process_time() - start < 10


def test_a_file_of_lists_in_lists_is_read_to_no_great_length() -> None:
    with pytest.raises(CnncalcError, match="is larger than 1 MiB"):
        read_sheet("a.yaml", b"answers: [" + b"[[0]]," * 2**18 + b"]")


def test_layers_called_a_b_and_c_are_no_breite_and_channels() -> None:
    """A column that begins with such names is one of layers, and no row of the parts of a shape."""
    key = Key(cnncalc.load({"input": "8x8x1", "layers": ["a=conv3-4", "b=conv3-2", "c=fc-5"]}).analyze())
    marked = mark_sheet(key, read_sheet("s.csv", b"Layer,# Parameters\na,40\nb,74\nc,165\n"))
    assert [answer.verdict for answer in marked.answers] == ["right"] * 3
