"""Sheets as students hand them in: other words, other orders, other files, and the same right answers."""

import base64
import io
import json
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

import cnncalc
from cnncalc.errors import CnncalcError
from cnncalc.homework.answers import Marked, Rules
from cnncalc.homework.key import Key
from cnncalc.homework.marking import mark_sheet
from cnncalc.homework.readers.xlsx_sheet import openpyxl
from cnncalc.homework.sheets import decode, read_sheet
from cnncalc.homework.told import told

# 3*3*1*4 + 4; 13*13*4; 3*3*4*8 + 8; 5*5*8*10 + 10
NETWORK = "conv3-4, maxpool2, conv3-8 s2, fc-10"
ROWS = [
    ("conv1", "26x26x4", "2704", "40"),
    ("pool1", "13x13x4", "676", "0"),
    ("conv2", "6x6x8", "288", "296"),
    ("dense1", "10", "10", "2890"),
]
TOTAL = 3226
RULES = Rules(columns=("shape", "activation_size", "params"), totals=("params",))


@pytest.fixture(scope="module")
def key() -> Key:
    return Key(cnncalc.load(NETWORK, input="28x28x1").analyze())


def table(
    headings: str = "Layer;Output shape;Activation size;# Parameters",
    labels: str = "conv1;pool1;conv2;dense1",
    total: str = "Total",
) -> str:
    lines = [headings]
    lines += [";".join([label, *row[1:]]) for label, row in zip(labels.split(";"), ROWS, strict=True)]
    return "\n".join([*lines, f"{total};;;{TOTAL}"])


def mark(key: Key, data: bytes | str, name: str = "sheet.csv", rules: Rules = RULES) -> Marked:
    return mark_sheet(key, read_sheet(name, data.encode() if isinstance(data, str) else data), rules)


def not_right(marked: Marked) -> list[tuple[str, str, str, str]]:
    return [(a.layer, a.quantity, a.text, a.verdict) for a in marked.answers if a.verdict != "right"]


HEADINGS = [
    "Layer;Output volume dimensions (W x H x D);No. of activations;How many parameters?",
    "Type;H x W x C;# elements;Number of weights and biases",
    "layerName;outputShape;numValues;num_params",
    "1. Layer;2. Size after layer;3. Number of outputs;4. Paramters",
    "层;输出特征图尺寸;神经元个数;可训练参数数量",
    "層;輸出形狀;激活值大小;參數量",
    "層;出力サイズ;サイズ;パラメータ数",
    "층;출력 크기;뉴런 수;매개변수 수",
    "Schicht;Größe der Ausgabe;Anzahl der Werte;Anzahl der Parameter",
    "Couche;Dimension de sortie;Nombre de neurones;Nombre de paramètres",
    "Capa;Forma de salida;Número de neuronas;Número de parámetros",
    "Слой;Размер выхода;Число нейронов;Число параметров",
    "Schicht;Ausgabegröße;Anz. Werte;Anz. Parameter",
    "Couche;Taille en sortie;Nbre de neurones;Nbre de paramètres",
    "Capa;Tamaño de salida;N.º de neuronas;N.º de parámetros",
    ";Volume;Total neurons;Params per layer",
]
LABELS = [
    "Convolution 1;Max pooling;Convolution 2;Fully connected", "conv;pool;conv;fc", "1st conv;pool;2nd conv;output",
    "c0nv1;p00l1;c0nv2;dense1", "CONV I;POOL I;CONV II;FC I", "Conv2d-1;MaxPool2d-2;Conv2d-3;Linear-4",
    "第一层卷积;池化层;第二层卷积;全连接层1", "Faltung 1;Pooling;Faltung 2;Dense", "畳み込み層1;プーリング層;畳み込み層2;全結合層",
    "Convolución;Pooling;Convolución;Densa", "A;B;C;D", "1;2;3;4", "conv1 (3x3);pool1;conv2 (s=2);Classifier",
]  # fmt: skip
TOTALS = [
    "TOTAL",
    "Σ",
    "Overall",
    "Whole network",
    "总参数量",
    "合計",
    "Gesamt",
    "Totale",
    "All layers",
    "",
    "Total params:",
]


@pytest.mark.parametrize("headings", HEADINGS)
def test_headings_in_words_of_eight_languages(key: Key, headings: str) -> None:
    assert not_right(mark(key, table(headings))) == []


@pytest.mark.parametrize("labels", LABELS)
def test_layers_by_name_kind_and_order(key: Key, labels: str) -> None:
    marked = mark(key, table(labels=labels))
    assert not_right(marked) == []
    taken = not all(key.row(label) for label in labels.split(";"))
    assert any("order" in note for note in marked.notes) == taken


@pytest.mark.parametrize("total", TOTALS)
def test_labels_of_the_total(key: Key, total: str) -> None:
    assert not_right(mark(key, table(total=total))) == []


def test_what_a_label_says_is_not_guessed_against(key: Key) -> None:
    # one row of two convolutions: the first of its kind, and that is told
    marked = mark(key, "Layer;# Parameters\nConv;40\n", rules=Rules(only_given=True))
    assert [(a.layer, a.verdict) for a in marked.answers] == [("conv1", "right")]
    assert marked.notes == ["taken by kind and order: Conv for conv1"]
    marked = mark(key, "Layer;# Parameters\nlunch;40\npool1;0\n", rules=Rules(only_given=True))
    assert [a.layer for a in marked.answers] == ["max_pool1"]


def test_labels_that_say_no_kind_are_taken_by_their_place(key: Key) -> None:
    for labels in (
        "features.0;features.1;features.2;classifier.0",
        "Cnov1;pool1;conv2;dense1",
        "C1;S2;C3;C4",
    ):
        marked = mark(key, table(labels=labels))
        assert not_right(marked) == [], labels
        assert any("taken by kind and order" in note for note in marked.notes)
    # a row of another kind takes no layer's place
    marked = mark(key, table(labels="conv1;pool1;conv2;dropout1"))
    assert ("dense1", "params", "", "missing") in not_right(marked)


def test_columns_and_totals_that_are_known_by_their_numbers_alone(key: Key) -> None:
    marked = mark(key, table("Layer;Answer A;Activation size;What I get", total="Grand sum of it"))
    assert not_right(marked) == []
    assert marked.notes[1:] == [
        "row 6: 'Grand sum of it' is taken for the total",
        "taken by the numbers, as the heading is not known: column Answer A as shape, column What I get as params",
    ]
    # of numbers that are mostly no answer nobody says what they are
    moods = table("Layer;Output shape;Activation size;Mood").replace("2890", "1").replace("296", "2")
    marked = mark(key, moods.replace("3226", "7"))
    assert "not read, as their headings are not known: Mood" in marked.notes


def test_answers_beside_their_working_and_in_other_words(key: Key) -> None:
    for params in (
        "40 - (3*3*1+1)*4", "40 [(3*3*1+1)*4]", "(3*3*1+1)*4 gives 40", "40, since (3*3*1+1)*4", "(3*3*1+1)*4: 40",
        "W=36, b=4", "36 (weights) + 4 (bias)", "36 weights plus 4 biases", "36 weights and 4 biases, so 40",
        "~~41~~ 40", "<b>40</b>", "40 ✓", "#40", "40 paramètres", "40パラメータ", "40 (~0.04k)", "共40个",
    ):  # fmt: skip
        assert not_right(mark(key, table().replace("2704;40", f"2704;{params}"))) == [], params
    for shape in (
        "(26x26)x4", "26(H) x 26(W) x 4(C)", "26|26|4", "26*26=676, 4 maps", "Bx26x26x4", "4장의 26x26",
        "26x26x4 because (28-3)+1=26", "26-by-26-by-4", "Height: 26 Width: 26 Channels: 4",
    ):  # fmt: skip
        assert not_right(mark(key, table().replace("26x26x4", shape))) == [], shape
    for nothing in (
        "none (pooling)",
        "pas de paramètres",
        "sin parámetros",
        "パラメータなし",
        "零",
        "doesn't have any",
    ):
        assert not_right(mark(key, table().replace("676;0", f"676;{nothing}"))) == [], nothing
    marked = mark(key, table().replace("26x26x4", "2016-10-10 00:00:00"))
    assert marked.answers[0].verdict == "unreadable"
    assert "a date" in marked.answers[0].message
    # of commas of two kinds the plain ones part the cells
    wide = table().replace(";", ",").replace("26x26x4", "26x26，4个通道")
    assert not_right(mark(key, wide)) == []
    assert not_right(mark(key, table().replace(";", "，"))) == []
    # what is subtracted and comes to another number is no working
    assert not_right(mark(key, table().replace("2704;40", "2704;50 - (3+2)"))) != []


RIGHT = {
    "layers as columns": "\n".join(map(";".join, zip(("", "Shape", "Size", "# Parameters"), *ROWS, strict=True))),
    "title rows": "Homework 4\nName: Ada\nPoints: 13;Output\n\n" + table(),
    "two rows of headings": "Layer;Output;;;Size;Parameters;;\n;H;W;C;;weights;biases;total\n"
    "conv1;26;26;4;2704;36;4;40\npool1;13;13;4;676;0;0;0\nconv2;6;6;8;288;288;8;296\ndense1;-;-;10;10;2880;10;2890\n",
    "height, width, depth": "Layer;Height;Width;Depth;Size;Params\n"
    + "\n".join(f"{a};{';'.join(b.split('x')) if 'x' in b else ';;' + b};{c};{d}" for a, b, c, d in ROWS),
    "hauteur, largeur, canaux": "Couche;Forme de sortie;;;Taille;Nombre de paramètres\n;H;L;C;;\n"
    + "\n".join(f"{a};{';'.join(b.split('x')) if 'x' in b else ';;' + b};{c};{d}" for a, b, c, d in ROWS),
    "layers by L": "L;H;W;C;Size;Params\n"
    + "\n".join(f"{a};{';'.join(b.split('x')) if 'x' in b else ';;' + b};{c};{d}" for a, b, c, d in ROWS),
    "weights and biases alone": "Layer;Shape;Size;Weights;Biases\nconv1;26x26x4;2704;36;4\npool1;13x13x4;676;none;none\n"
    "conv2;6x6x8;288;288;8\ndense1;10;10;2880;10\n",
    "weights and biases in rows": "Layer;Shape;Size;What;# Parameters\nconv1;26x26x4;2704;weights;36\n;;;biases;4\n"
    "pool1;13x13x4;676;weights;0\n;;;biases;0\nconv2;6x6x8;288;weights;288\n;;;biases;8\n"
    "dense1;10;10;weights;2880\n;;;biases;10\n",
    "weights and biases in rows by their labels": "Layer;Shape;Size;# Parameters\nconv1 weights;26x26x4;2704;36\n"
    "conv1 biases;;;4\npool1;13x13x4;676;0\nconv2 (weights);6x6x8;288;288\nconv2 (biases);;;8\n"
    "dense1 weights;10;10;2880\ndense1 biases;;;10\n",
    "arrows and counts": table().replace("26x26x4;2704", "26x26x4 (2704 values);26x26x4 => 2704 activations"),
    "counts behind commas": table().replace("26x26x4", "26x26x4, 2704 values").replace("6x6x8", "**6x6x8**"),
    "words with colons": table().replace("dense1;10;", "dense1;Answer: 10;"),
    "numbers and colons before names": table(labels="Layer 1: conv1;Layer 1: pool1;Layer 2: conv2;Layer 3: dense1"),
    "sous-échantillonnage": table(labels="Convolution 1;Sous-échantillonnage;Convolution 2;Sortie"),
    "no headings": "\n".join(map(";".join, ROWS)),
    "a block before the layer": "Block;Layer;Shape;Size;Params\nA;conv1;26x26x4;2704;40\n;pool1;13x13x4;676;0\n"
    "B;conv2;6x6x8;288;296\n;dense1;10;10;2890\nTotal;;;;3226\n",
    "numbers and types": "Layer;Type;Shape;Size;Params\n1;Conv;26x26x4;2704;40\n2;Pool;13x13x4;676;0\n"
    "3;Conv;6x6x8;288;296\n4;FC;10;10;2890\n;Total;;;3226\n",
    "rows that ask nothing": "Layer;Shape;Size;Params\nInput;28x28x1;784;0\nConv;26x26x4;2704;40\nReLU;26x26x4;2704;0\n"
    "Pool;13x13x4;676;0\nConv;6x6x8;288;296\nFC;10;10;2890\n",
    "the architecture above": "Layer;Type;Size;Stride\nconv1;conv;3x3x4;1\npool1;pool;2x2;2\n\n" + table(),
    "two tables": "Layer;Shape\n"
    + "\n".join(f"{row[0]};{row[1]}" for row in ROWS)
    + "\n\nLayer;Size;Params\n"
    + "\n".join(f"{row[0]};{row[2]};{row[3]}" for row in ROWS),
    "a drawing": "┌───────┬───────┐\n"
    + "\n".join(
        "│ " + " │ ".join(row) + " │\n├───────┼───────┤" for row in [("Layer", "Shape", "Size", "Params"), *ROWS]
    ),
    "a drawing in ASCII": "+------+\n"
    + "\n".join("| " + " | ".join(row) + " |\n+------+" for row in [("Layer", "Shape", "Size", "Params"), *ROWS]),
    "LaTeX": "\\begin{tabular}{l|rrr}\n\\hline\nLayer & Shape & Size & \\# Parameters \\\\ \\hline\n"
    + "\n".join(f"{a} & ${b}$ & {c} & \\num{{{d}}} \\\\".replace("x", r"\times ") for a, b, c, d in ROWS)
    + "\n\\end{tabular}",
    "HTML": "<table><tr><th>Layer<th>Shape<th>Size<th>Params</tr>"
    + "".join(f"<tr><td>{'</td><td>'.join(row)}</td></tr>" for row in ROWS)
    + "</table>",
    "HTML with cells over rows": "<table><tr><th rowspan=2>Layer</th><th>Shape</th><th>Size</th><th colspan=2>Parameters"
    "</th></tr><tr><th></th><th></th><th>weights</th><th>biases</th></tr>"
    "<tr><td>conv1<td>26&times;26&times;4<td>2704<td>36<td>4</tr><tr><td>pool1<td>13x13x4<td>676<td>0<td>0</tr>"
    "<tr><td>conv2<td>6x6x8<td>288<td>288<td>8</tr><tr><td>dense1<td>10<td>10<td>2880<td>10</tr></table>",
    "column by column": json.dumps(
        {
            name: {str(at): row[column] for at, row in enumerate(ROWS)}
            for column, name in enumerate(("Layer", "Shape", "Size", "Params"))
        }
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_tables_of_all_sorts(key: Key, name: str) -> None:
    suffix = {"LaTeX": "a.tex", "HTML": "a.html", "column by column": "a.json"}.get(
        name.partition(" with")[0], "a.csv"
    )
    rules = RULES if "Total" in RIGHT[name] else Rules(columns=RULES.columns)
    assert not_right(mark(key, RIGHT[name], suffix, rules)) == []


def test_what_a_heading_means_may_be_said(key: Key) -> None:
    data = table("Layer;Wie sie aussieht;Wie viele;Was sie lernt").replace("296", "297").encode()
    known = {"wie sie aussieht": "shape", "wie viele": "activation_size", "was sie lernt": "params"}
    marked = mark_sheet(key, read_sheet("a.csv", data, known), RULES)
    assert not_right(marked) == [("conv2", "params", "297", "wrong")]
    with pytest.raises(CnncalcError, match="no heading that is known"):
        mark(key, "Laune;Wie viele\nlunch;3\n")


def workbook() -> bytes:
    book = openpyxl().Workbook()
    first, second, old = book.active, book.create_sheet("Parameters"), book.create_sheet("Old")
    first.append(["Layer", "Shape", "Size"])
    second.append(["Layer", "# Parameters"])
    old.append(["Layer", "Shape", "Size", "# Parameters"])
    for at, (name, shape, size, params) in enumerate(ROWS):
        first.append([name, shape, int(size)])
        second.append([name, f"={params}"])
        old.append([name, "1x1x1", 1, at])
    second.append(["Total", "=SUM(B2:B5)"])
    old.sheet_state = "hidden"
    return saved(book.save)


def saved(save: Callable[[Any], object]) -> bytes:
    buffer = io.BytesIO()
    save(buffer)
    return buffer.getvalue()


def document() -> bytes:
    docx = pytest.importorskip("docx")
    written = docx.Document()
    written.add_paragraph("My answers")
    rows = [("Layer", "Shape", "Size", "# Parameters"), *ROWS, ("Total", "", "", str(TOTAL))]
    filled = written.add_table(len(rows), 4)
    for row, texts in zip(filled.rows, rows, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    return saved(written.save)


def open_document() -> bytes:
    """A spreadsheet of LibreOffice: an archive of XML."""
    pytest.importorskip("python_calamine")
    rows = [("Layer", "Shape", "Size", "# Parameters"), *ROWS, ("Total", "", "", str(TOTAL))]
    spaces = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    cells = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{c}</text:p></table:table-cell>'
            for c in row
        )
        + "</table:table-row>"
        for row in rows
    )
    content = (
        f'<?xml version="1.0"?><office:document-content{spaces}><office:body><office:spreadsheet>'
        f'<table:table table:name="A">{cells}</table:table></office:spreadsheet></office:body></office:document-content>'
    )
    manifest = f'<m:manifest xmlns:m="{spaces.split(chr(34))[1].replace("office", "manifest")}"/>'
    return archive(
        mimetype="application/vnd.oasis.opendocument.spreadsheet",
        **{"META-INF/manifest.xml": manifest, "content.xml": content},
    )


def archive(**members: Any) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as written:
        for name, data in members.items():
            written.writestr(name, data)
    return buffer.getvalue()


def notebook(*cells: dict[str, Any]) -> bytes:
    return json.dumps({"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


MARKDOWN = "\n".join(f"| {line.replace(';', ' | ')} |" for line in table().splitlines()).replace(
    "\n", "\n|---|---|---|---|\n", 1
)
FILES: dict[str, Callable[[], bytes]] = {
    "a.xlsx": workbook,
    "a.docx": document,
    "a.ods": open_document,
    "a.zip": lambda: archive(
        **{"work/sheet.csv": table(), "__MACOSX/._sheet.csv": "junk", "notes.png": b"\x89PNG"}
    ),
    "markdown.ipynb": lambda: notebook(
        {"cell_type": "markdown", "source": MARKDOWN.splitlines(keepends=True)}
    ),
    "frame.ipynb": lambda: notebook(
        {
            "cell_type": "code",
            "source": "df",
            "outputs": [
                {
                    "data": {
                        "text/html": [RIGHT["HTML"].replace("</table>", f"<tr><td>Total<td><td><td>{TOTAL}")]
                    }
                }
            ],
        }
    ),
    "big5.csv": lambda: table("層;輸出形狀;激活值大小;參數量", total="總計").encode("big5"),
    "shift-jis.csv": lambda: table("層;出力サイズ;サイズ;パラメータ数", total="合計").encode("cp932"),
    "korean.csv": lambda: table("층;출력 크기;뉴런 수;매개변수 수", total="합계").encode("cp949"),
    "spaces.csv": lambda: table().replace(";", "\u200b ;\xa0").encode(),
}


@pytest.mark.parametrize("name", FILES)
def test_files_of_all_sorts(key: Key, name: str) -> None:
    assert not_right(mark(key, FILES[name](), name)) == []


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("a.pdf", b"%PDF-1.7 ...", "is a PDF"), ("a.png", b"\x89PNG\r\n", "is a picture"), ("a.csv", b"\xff\xd8\xff\xe0", "is a picture"),
        ("a.heic", b"\0\0\0\x18ftypheic", "is a picture"), ("a.url", b"[InternetShortcut]\nURL=x", "is a shortcut"),
        ("a.gsheet", b'{"doc_id": "x"}', "is a shortcut"), ("a.rtf", b"{\\rtf1 x}", "is rich text"),
        ("a.txt", b"Model: x\n Layer (type)      Output Shape      Param #\n===\n", "is the printed summary of a model"),
        ("a.zip", archive(**{"photo.jpg": b"\xff\xd8\xff"}), "is a zip archive without a sheet: photo.jpg"),
        ("a.numbers", archive(**{"Index/Document.iwa": b""}), "is a document of Apple Numbers"),
        ("a.ipynb", b"{}", "is not a notebook"), ("a.docx", archive(**{"word/x.xml": b"<x>"}), "is not a document"),
        ("a.zip", b"PK\x03\x04junk", "is not an archive"), ("a.xls", b"\xd0\xcf\x11\xe0junk", "is not a spreadsheet"),
    ],
)  # fmt: skip
def test_what_is_no_sheet_is_said_plainly(name: str, data: bytes, told: str) -> None:
    pytest.importorskip("docx")
    pytest.importorskip("python_calamine")
    with pytest.raises(CnncalcError, match=told):
        read_sheet(name, data)


def test_encodings_by_the_words_of_headings() -> None:
    for text, encoding in (
        ("輸出形狀,參數量", "big5"),
        ("パラメータ数,出力", "cp932"),
        ("参数量,输出", "gbk"),
    ):
        assert decode(text.encode(encoding)) == text


LISTS = {
    "list.txt": "{0}: {1}, {2}, {3} parameters",
    "list.md": "- **{0}**: output ({1}), size {2}; parameters = {3}",
    "numbered.md": "1. **{0}:** {1}, {2}, {3}",
    "nested.md": "1. {0}\n   - Output shape: {1}\n   - Size: {2}\n   - Parameters: {3}\n",
    "under.txt": "## {0}:\nOutput: {1}\nActivation size: {2}\nParameters: {3}\n",
    "sentences.txt": "{0}: the output shape is {1}, the size is {2} and there are {3} parameters.",
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_of_layers_with_their_answers(key: Key, name: str) -> None:
    text = "My solution\n\n" + "\n".join(LISTS[name].format(*row) for row in ROWS)
    rules = replace(RULES, totals=())
    assert not_right(mark(key, text, name, rules)) == []
    # two lines with a colon are no list of layers
    with pytest.raises(CnncalcError, match="no heading"):
        mark(key, "Name: Ada 17\nDate: 3 May\n", name, rules)


def test_lines_within_a_table_and_none_around(key: Key) -> None:
    rows = "\n".join(f"{name:7}│ {shape:8}│ {size:5}│ {params}" for name, shape, size, params in ROWS)
    text = f"Layer  │ Output  │ Size │ Params\n───────┼─────────┼──────┼───────\n{rows}\nTotal  │         │      │ {TOTAL}\n"
    assert not_right(mark(key, text, "sheet.txt")) == []


def test_letters_for_kinds_doubts_and_the_stride_of_a_layer(key: Key) -> None:
    text = table(labels="C1;S2;C3;F4").replace("26x26x4", "[26 x 26 x 4]?")
    assert not_right(mark(key, text)) == []
    # the stride is given beside the answers, that in all is the jump
    stride = "\n".join(f"{row[0]};{row[3]};{at}" for row, at in zip(ROWS, (1, 2, 2, ""), strict=True))
    rows = "conv1 weights;36\nconv1 biases;4\npool1;none\nconv2 weights;288\nconv2 biases;8\ndense1;2890\n"
    marked = mark(key, f"Layer;# Parameters\n{rows}", rules=Rules())
    assert [(answer.quantity, answer.verdict) for answer in marked.answers] == [("params", "right")] * 4
    marked = mark(key, f"Layer;# Parameters;Stride\n{stride}", rules=Rules())
    assert {answer.quantity for answer in marked.answers} == {"params"}


@pytest.mark.parametrize(
    "lines",
    [
        (
            "**Q1** conv1 output: 26x26x4\n**Q2** conv1 params: 40\n**Q3** max_pool1 output: 13x13x4\n"
            "**Q4** conv2 number of parameters: 296"
        ),
        (
            "1. Output of conv1 = 26x26x4\n2. Parameters of conv1 = 40\n3. Output of max_pool1 = 13x13x4\n"
            "4. Parameters for conv2 = 296"
        ),
        (
            "conv1 output shape: (26, 26, 4)\nconv1 parameters: 40\n\nmax_pool1 output shape: (13, 13, 4)\n\n"
            "conv2 # parameters: 296"
        ),
    ],
)
def test_lines_that_name_a_layer_and_a_quantity(key: Key, lines: str) -> None:
    rules = Rules(asks=(("conv1", "shape"), ("conv1", "params"), ("max_pool1", "shape"), ("conv2", "params")))
    for name in ("a.txt", "a.md"):
        found = mark(key, lines, name, rules)
        assert not_right(found) == []
        assert found.notes == []


@pytest.mark.parametrize(
    "lines",
    [
        "# Homework\n- conv1: 26x26x4, 40 parameters\n- max_pool1: 13x13x4",
        "- conv1: 26x26x4 (40 parameters)\n- max_pool1: (13, 13, 4)",
        "conv1 output = 26x26x4; params = 40\nmax_pool1 output = 13x13x4",
        "* **conv1**: `26x26x4`, **40** parameters\n* **max_pool1**: `13x13x4`",
        "- conv1: 40 parameters\n- max_pool1: 13x13x4\n- conv1: 26x26x4",
        "The output of conv1 is 26x26x4. It has 40 parameters.\nmax_pool1 has output 13x13x4.",
    ],
)
def test_short_lists_and_sentences(key: Key, lines: str) -> None:
    docx = pytest.importorskip("docx")
    rules = Rules(asks=(("conv1", "shape"), ("conv1", "params"), ("max_pool1", "shape")))
    document = docx.Document()
    for line in lines.splitlines():
        document.add_paragraph(line)
    document.save(word := io.BytesIO())
    cells = [{"cell_type": "markdown", "source": line} for line in lines.splitlines()]
    html = "".join(f"<p>{line}</p>" for line in lines.splitlines())
    files = {
        "a.txt": lines.encode(),
        "a.md": lines.encode(),
        "<stdin>": lines.encode(),
        "a.docx": word.getvalue(),
        "a.ipynb": json.dumps({"cells": cells, "nbformat": 4}).encode(),
        "a.html": f"<html>{html}</html>".encode(),
    }
    for name, data in files.items():
        found = mark(key, data, name, rules)
        assert (name, not_right(found)) == (name, [])


def test_layers_that_are_called_no_more_than_layers(key: Key) -> None:
    found = mark(key, table(labels="Layer 1;Layer 1 pool;Layer 2;Layer 3"))
    assert not_right(found) == []
    assert found.notes == [
        (
            "taken by kind and order: Layer 1 for conv1, Layer 1 pool for max_pool1, Layer 2 for conv2, "
            "Layer 3 for dense1"
        )
    ]


def test_columns_that_blanks_set_apart(key: Key) -> None:
    table = [
        ("Layer", "Activation Shape", "# Parameters"), ("-" * 40, "", ""),
        ("conv1", "26x26x4", "40"), ("pool1", "13 x 13 x 4", ""), ("conv2", "", "296"),
    ]  # fmt: skip
    text = "My answers\n\n" + "\n".join(f"{label:11}{shape:20}{count:>12}" for label, shape, count in table)
    sheet = read_sheet("a.txt", text.encode())
    cells = [{name: cell.text for name, cell in row.cells.items()} for row in sheet.rows]
    assert cells == [
        {"shape": "26x26x4", "params": "40"},
        {"shape": "13 x 13 x 4", "params": ""},
        {"shape": "", "params": "296"},
    ]
    assert mark_sheet(key, sheet, Rules(columns=("params",), only_given=True)).answers


PANIC = (
    "eNq7cF7wwcKNUg8Z0IAdAzPDv/+cDGxIYoxQDAYCDED5//9BTBg9CoYe+AuMu39QPApGHghiyAfCEgYFBleGPCBdxF"
    "BJUvoRY2BlgJnFSKQe5PIiHGh7EUM2QxLYHdkkp18hBiYGZP8Qo4cJTowCTg5gQc7GiiLWysAHZbExBGekppYYco0G"
    "1DAFAOanL4U="
)
"""An .xls, packed, whose table of sectors is none: the library in Rust that reads such files panics."""


def test_a_panic_of_the_library_is_a_fault_of_the_sheet() -> None:
    pytest.importorskip("python_calamine")
    with pytest.raises(CnncalcError, match="is not a spreadsheet that can be read"):
        read_sheet("a.xls", zlib.decompress(base64.b64decode(PANIC)))


def test_a_sentence_among_the_items_of_a_list_is_read() -> None:
    text = "CONV1: 28x28x6 (456 parameters)\nCONV2 has 2416 parameters\nPOOL1: 14x14x6\n"
    rows = [row for row in told(text) if row]
    assert rows[0] == ["", "shape", "parameters"]
    assert ["CONV1", "28x28x6", "456 parameters"] in rows
    assert ["CONV2", "", "2416 parameters"] in rows
