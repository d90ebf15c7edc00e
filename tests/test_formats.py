"""Every format of every verb, read back; and no text of a document is markup in any format."""

import csv
import io
import json
import re
import shlex
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, get_args

import pytest
from markdown_it import MarkdownIt

from cnncalc.cli import Verbs, main, verbs
from cnncalc.explain.data import Equation
from cnncalc.expr import symbol
from cnncalc.languages import Message, language
from cnncalc.render.document import (
    Block,
    Code,
    Column,
    Document,
    Equations,
    List,
    LongFormula,
    Matrix,
    Paragraph,
    Row,
    Section,
    Sentences,
    Shown,
    Steps,
    Symbols,
    Table,
    Term,
    Title,
    Verbatim,
    gap,
    share,
)
from cnncalc.render.writer import written
from cnncalc.render.writers import formats

SHEET = "Layer,Activation Shape,# Parameters\nCONV1,28x28x6,450\nFC3,120,<b>\n"
VERBS = {
    "check": ["check lenet5 sheets/a.csv --explain --show-answers", "check --convolve 1 1 --answer 1"],
    "compare": ["compare lenet5 vgg16"],
    "diff": ["diff lenet5 lenet-28"],
    "connections": ["connections net.yaml", "connections --input 8x8x1 --conv 3x3x1 --filters 2"],
    "convolve": ["convolve '1 1 1; 0 1 1' '1 0; 0 1' --steps --gradient 1"],
    "cost": ["cost net.yaml --fit 1MiB", "cost net.yaml --symbolic", "cost --max-pool 2 --input 8x8x1"],
    "explain": ["explain net.yaml", "explain net.yaml --symbolic", "explain --conv 3x3x1 --filters 2"],
    "grade": ["grade lenet5 sheets"],
    "layers": ["layers", "layers conv", "layers add"],
    "list": ["list"],
    "params": ["params net.yaml --convention thop", "params --conv 5x5x3 --filters 6"],
    "quiz": ["quiz --seed 3"],
    "receptive-field": ["rf net.yaml", "rf --conv 3x3x1 --dilation 2"],
    "reconcile": ["reconcile net.yaml thop ptflops"],
    "run": ["run net.yaml --show"],
    "shapes": ["shapes net.yaml", "shapes net.yaml --symbolic", "shapes resnet50 --depth 2"],
    "size": ["size 7 --kernel 3 --stride 3 --coverage"],
    "solve": [
        "solve --kernel 5 --same", "solve net.yaml --output-of conv1 3x3",
        "solve --input 7 --kernel 9 --output 9",
    ],
    "sweep": ["sweep lenet5 --input 32x32x1,8x8x1"],
    "train": ["train '1 2; 3 4' 'conv2-1 relu, fc-1' --weight '1 0; 0 1' --weight 2 --target 1 --rate 1"],
    "summary": ["summary net.yaml", "summary resnet18 --columns kind,from,rf"],
    "verify": ["verify net.yaml"],
}  # fmt: skip
"""What is asked of a verb in place of the examples of its help."""
HOSTILE = (
    r"<b>_n_ *x* ~~y~~</b> | & 5% $z$ #1 {a} \q ^ `c` [l](http://x) ![i](j) &amp; ]]> -- => =1+1 "
    r"\end{document}"
)
LAYERS = [
    {"conv": {"name": "conv1", "filters": 2, "kernel": 3, "stride": 2}},
    {"relu": {"name": "_a_b_"}},
    "flatten",
    {"dense": {"name": "-1-", "units": 4}},
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(json.dumps({"name": HOSTILE, "input": "8x8x3", "layers": LAYERS}))
    Path("sheets").mkdir()
    for student in ("a", "<i>_b_"):
        Path(f"sheets/{student}.csv").write_text(SHEET)
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    out, error = capsys.readouterr()
    assert stopped.value.code in (0, 1), error
    return out


# ---- readers: each holds a text to its format, and gives what a reader sees


def read_json(text: str) -> str:
    return "\n".join(strings(json.loads(text)))


def strings(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict | list):
        for each in data.values() if isinstance(data, dict) else data:
            yield from strings(each)


def read_csv(text: str) -> str:
    """Tables with an empty line between two; a spreadsheet takes no cell for a formula."""
    rows = list(csv.reader(io.StringIO(text), strict=True))
    width = 0
    for row in rows:
        width = 0 if not row else width or len(row)
        assert len(row) == width, row
        for cell in row:
            assert not re.match(r"[=+@\t\r-]", cell) or re.fullmatch(r"[+-]?[\d.]+(e[+-]?\d+)?", cell), cell
    assert rows
    return "\n".join(cell for row in rows for cell in row)


HTML_TAGS = re.compile(
    "html|head|meta|title|style|body|h2|h3|p|ul|li|dl|dt|dd|table|caption|thead|tbody|tfoot|tr|th|td|pre|code"
    "|meter|math|mtable|mtr|mtd|mrow|mi|mn|mo|mtext|mfrac|msub|msup"
)
ATTRIBUTES = {"lang", "charset", "name", "content", "style", "class", "value", "displaystyle"}


def read_html(text: str) -> str:
    """A page that is XML too, whole in itself: nothing is loaded."""
    assert text.startswith("<!DOCTYPE html>\n")
    page = ET.fromstring(text.removeprefix("<!DOCTYPE html>\n"))  # noqa: S314 - of our own making
    tags = Tags()
    tags.feed(text)
    assert tags.found == [element.tag for element in page.iter()]
    assert [tag for tag in tags.found if not HTML_TAGS.fullmatch(tag)] == []
    assert page.find("head/meta").get("charset") == "utf-8"  # type: ignore[union-attr]
    assert page.find("head/title").text  # type: ignore[union-attr]
    assert not re.search(r"url|@import", page.findtext("head/style") or "")
    for table in page.iter("table"):
        assert len({len(row) for row in table.iter("tr")}) == 1
    body = page.find("body")
    assert body is not None
    assert len(body) > 0
    return "\n".join(body.itertext())


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(tag)
        assert {name for name, _ in attrs} <= ATTRIBUTES


def read_markdown(text: str) -> str:
    """No text is a link, an image, emphasis or HTML; the rows of a table are as long as its head."""
    # the formulas between dollar signs are LaTeX
    text = re.sub(r"(?<!\\)(\$\$?).+?(?<!\\)\1", "", text, flags=re.DOTALL)
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    inline = [token for outer in tokens for token in (outer.children or ())]
    kinds = {token.type for token in (*tokens, *inline)}
    assert not kinds & {"html_block", "html_inline", "link_open", "image", "em_open", "s_open", "hr"}, kinds
    assert not kinds & {"blockquote_open", "code_block", "hardbreak"}, kinds
    width = 0
    for line in re.sub(r"^(`{3,}).*?^\1$", "", text, flags=re.MULTILINE | re.DOTALL).splitlines():
        cells = len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) if line.startswith("| ") else 0
        assert cells in (0, width) or not width, line
        width = cells
    return "\n".join(token.content for token in (*inline, *tokens) if token.type != "inline")


TEX = {
    r"\textbackslash{}": "\\", r"\textasciicircum{}": "^", r"\textasciitilde{}": "~", r"\textless{}": "<",
    r"\textgreater{}": ">", r"\textbar{}": "|", r"\textasciigrave{}": "`", r"\_": "_", r"\%": "%", r"\#": "#",
    r"\&": "&", r"\$": "$", r"\{": "\0", r"\}": "\1", "-{}-": "--", "{[}": "[", "{]}": "]", "{*}": "*",
}  # fmt: skip
BROKEN = r">{\raggedright\arraybackslash}p{0.3\linewidth}"
"""A column whose texts are broken into lines."""
MATHS = r"\\begin\{align\*\}.*?\\end\{align\*\}|\\\[.*?\\\]|(?<!\\)\$.*?(?<!\\)\$"


def read_latex(text: str) -> str:
    """A document with its preamble, or a part of one; environments and braces are closed, rows are whole."""
    part = text.startswith("% a part of a document")
    assert part or re.match(r"% compile with .*\n\\documentclass", text)
    body = text if part else text.split("\\begin{document}\n")[1].removesuffix("\\end{document}\n")
    opened: list[str] = []
    for command, name in re.findall(r"\\(begin|end)\{([\w*]+)\}", body):
        if command == "begin":
            opened.append(name)
        else:
            assert opened.pop() == name
    assert opened == []
    body = re.sub(r"^%.*$", "", body.replace(BROKEN, "l"), flags=re.MULTILINE).replace(r"$\to$", "-> ")
    tables = re.findall(
        r"\\begin\{(?:tabular|longtable)\}\{@\{\}([lr]*)@\{\}\}\n(.*?)\\end\{(?:t|l)", body, re.DOTALL
    )
    assert len(tables) == len(re.findall(r"\\begin\{(?:tabular|longtable)\}", body))
    for columns, rows in tables:
        lines = [line for line in rows.splitlines() if line.endswith(r" \\")]
        assert {len(re.findall(r"(?<!\\)&", line)) + 1 for line in lines} == {len(columns)}
    plain = re.sub(r" & ", "  ", re.sub(MATHS, "", body, flags=re.DOTALL))
    for known, sign in TEX.items():
        plain = plain.replace(known, sign if sign not in "$%#&_^~<>|`\\" else f"\2{ord(sign)}\3")
    assert re.findall(r".*[$%#&_^|`<>].*", plain.replace("->", "").replace("~", "")) == []
    assert plain.count("{") == plain.count("}")
    assert set(re.findall(r"\\([a-zA-Z]+)", plain)) <= {
        "begin", "end", "textbf", "texttt", "ttfamily", "toprule", "midrule", "bottomrule", "endhead",
        "endfoot", "makebox", "rule", "quad", "item", "section", "subsection", "paragraph",
        "allowdisplaybreaks",
    }  # fmt: skip
    return re.sub("\2(\\d+)\3", lambda found: chr(int(found[1])), plain).replace("\0", "{").replace("\1", "}")


def read_text(text: str) -> str:
    assert "\x1b" not in text
    assert text.endswith("\n")
    return text


READERS = {
    "csv": read_csv, "html": read_html, "json": read_json, "latex": read_latex, "markdown": read_markdown,
    "table": read_text, "text": read_text,
}  # fmt: skip


def documented() -> dict[str, list[str]]:
    """The verbs that write documents, found from the command itself, each with the examples of its help."""
    group: Any = Verbs()
    commands = {verb: group.get_command(None, verb) for verb in verbs()}
    return {
        verb: re.findall(r"^ *cnncalc (.+)$", command.help, re.MULTILINE)
        for verb, command in commands.items()
        if any(option.name == "format" for option in command.params)
    }


DOCUMENTED = documented()
ASKED = [
    (line, format)
    for verb, examples in DOCUMENTED.items()
    for line in VERBS.get(verb, examples)
    for format in formats()
]


def test_every_reader_and_every_verb_is_of_the_command() -> None:
    assert set(READERS) <= set(formats())
    assert set(VERBS) <= set(DOCUMENTED)


@pytest.mark.parametrize(("line", "format"), ASKED)
def test_every_verb_has_every_format(line: str, format: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, *shlex.split(line), "--format", format)
    told = READERS.get(format, read_text)(text)
    # an explanation in plain text is broken into lines
    titled = "net.yaml" in line and format != "csv" and not line.startswith(("run", "solve"))
    titled = titled and not (line.startswith("explain") and format in ("table", "text"))
    assert (HOSTILE in told) == titled or format not in READERS
    if format in ("csv", "json"):
        assert said(capsys, *shlex.split(line), "--format", format, "--lang", "zh") == text


def hostile() -> Document:
    """Every block, with a text in every place that would be markup in one format or another."""
    message = Message("table.input_size_fixed", layers=HOSTILE)
    equation = Equation("params", symbol("N", 3) * 2)
    columns = [Column("layer", called=HOSTILE), Column("macs", True), Column("note", called=message)]
    rows = [
        Row([HOSTILE, 1200, None], 0, group=True),
        Row([Shown(HOSTILE, HOSTILE), share(1, 3), message], 1, tone="bad"),
        Row(["- 1", gap(-3), "1. x"]),
        Row(["# 1", 0.5, (1, 2)]),
    ]
    found: list[Block] = [
        Title((HOSTILE, Code(HOSTILE))),
        Table(columns, rows, HOSTILE, Row([HOSTILE, 1, HOSTILE])),
        *map(Paragraph, (HOSTILE, "# 1", "- 1", "+ 1", "1. x", "> x", "===", "| x", "[x]: y")),
        Sentences([message, HOSTILE]),
        List([HOSTILE, Code(HOSTILE), Term(HOSTILE, HOSTILE), (HOSTILE, Code("a`b`"))], HOSTILE),
        Symbols(HOSTILE, [("N", HOSTILE)]),
        Symbols(HOSTILE, [("N", 3)]),
        Equations([equation]),
        LongFormula(HOSTILE, HOSTILE),
        Matrix([["1", "-2.5"], ["3", "..."]]),
        Steps([(HOSTILE, HOSTILE)]),
        Verbatim([HOSTILE, "```", "  x"]),
        Section(HOSTILE, [Section(HOSTILE, [Paragraph(HOSTILE)], HOSTILE, level=2)], HOSTILE),
    ]
    assert {type(block) for block in found} == set(get_args(Block))
    return Document(found)


@pytest.mark.parametrize("code", ["en", "zh"])
@pytest.mark.parametrize("format", formats())
def test_no_text_is_markup(format: str, code: str) -> None:
    told = READERS.get(format, read_text)("".join(written(hostile(), format, language(code))))
    # data has the tables alone
    assert told.count(HOSTILE) >= (3 if format in ("csv", "json") else 15) or format not in READERS


@pytest.mark.slow
@pytest.mark.parametrize("line", [*(lines[0] for lines in VERBS.values()), ""])
def test_latex_compiles(line: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    engine = shutil.which("pdflatex")
    if engine is None:
        pytest.skip("there is no pdflatex here")
    if line:
        text = said(capsys, *shlex.split(line), "--format", "latex")
    else:
        text = "".join(written(hostile(), "latex"))
    if text.startswith("% a part"):
        head = "\\documentclass{article}\n\\usepackage{amsmath}\n\\begin{document}\n"
        text = f"{head}{text}\\end{{document}}\n"
    (tmp_path / "x.tex").write_text(text, "utf-8")
    command = [engine, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "x.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
