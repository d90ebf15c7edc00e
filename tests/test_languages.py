"""The catalogues of messages, and where their language comes from."""

import ast
import io
import json
import os
import pickle
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import cnncalc
from cnncalc.cli import main
from cnncalc.errors import UsageError
from cnncalc.explain import OF_LAYERS, solve_network
from cnncalc.languages import Joined, Message, Words, check, codes, english, language, word
from cnncalc.languages.errors import told as told_in
from cnncalc.layers import find, names
from cnncalc.layers.support.base import fields
from cnncalc.render.explained.explanation import Explanation
from cnncalc.render.explained.sections import legend
from cnncalc.render.reports.cost import cost_document
from cnncalc.render.wrapping import width, wrapped

FOLDER = Path(cnncalc.__file__).parent / "languages"


CODES = sorted(file.stem for file in FOLDER.glob("*.json"))


def catalogue(code: str) -> dict[str, str]:
    pairs: list[tuple[str, str]] = []
    json.loads((FOLDER / f"{code}.json").read_text("utf-8"), object_pairs_hook=pairs.extend)
    assert len(pairs) == len(dict(pairs)), "a key stands twice"
    return dict(pairs)


def placeholders(message: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", message))


@pytest.mark.parametrize("code", CODES)
def test_catalogues_have_the_same_keys_and_placeholders(code: str) -> None:
    english, other = catalogue("en"), catalogue(code)
    assert check(FOLDER / f"{code}.json", other) == other
    # a message that Traditional Chinese lacks is told in English, so that a new one needs two languages alone
    assert [key for key in other if key in english] == [key for key in english if key in other]
    own = {f"{key}.{name}" for name in names() for key in find(name).messages}  # type: ignore[union-attr]
    assert set(other) - set(english) <= (own if code == "zh_TW" else set())
    assert code == "zh_TW" or set(other) == set(english)
    # an English sentence may leave out what another language needs, and the other way round
    optional = {"line", "count", "called"}
    for key, message in english.items():
        if key not in other:
            continue
        assert placeholders(message) - optional == placeholders(other[key]) - optional, key
        assert not re.search(r"\s$|^\s", other[key].strip(" ")), key


def test_figures_and_pages_are_in_one_language_for_taiwan_too() -> None:
    english, simplified, traditional = map(catalogue, ("en", "zh", "zh_TW"))
    shown = {key for key in english if key.startswith(("figure.", "page.", "walk.", "roofline."))}
    assert {key for key in shown if english[key] != simplified[key]} <= set(traditional)


def test_terms_are_those_of_the_textbooks() -> None:
    chinese = " ".join(catalogue("zh").values())
    for term in ("卷积核", "步长", "填充", "汇聚", "池化", "感受野", "特征映射", "全连接"):
        assert term in chinese


def test_taiwan_has_terms_of_its_own() -> None:
    """Rows and columns have each other's signs there; filters, activations and pixels have other words."""
    told = catalogue("zh_TW")
    assert (told["word.rows"], told["word.columns"]) == ("列", "行")
    assert "一列與第二個矩陣的一行" in told["why.output.matmul"]
    text = " ".join(told.values())
    for term in [
        "卷積核",
        "步長",
        "填充",
        "池化",
        "感受野",
        "特徵圖",
        "全連接",
        "參數",
        "活化",
        "像素",
        "位元組",
    ]:
        assert term in text
    for wrong in ("引數", "啟用", "對映", "連線", "畫素", "匯聚", "區域性", "全域性", "例項", "一箇"):
        assert wrong not in text
    assert not set("参层输权图视频积为这维习计数") & set(text)


@pytest.mark.parametrize(
    "message",
    [
        Message("list.more", names=Joined(["a", Message("word.total")]), count=2),
        Words({"en": "{count} layers deep", "zh": "深 {count} 层"}, count=Joined(["5"])),
    ],
)
def test_a_message_travels_between_processes(message: Message) -> None:
    again = pickle.loads(pickle.dumps(message))  # noqa: S301 - of our own making
    assert (again, type(again)) == (message, type(message))
    assert language("zh").tell(again) == language("zh").tell(message) != message


def test_every_sentence_of_every_kind_is_there() -> None:
    for name in names():
        cls = find(name)
        assert cls is not None
        for example in cls.examples:
            if not isinstance(example.input, str):
                continue
            report = cnncalc.load({"input": example.input, "layers": [example.layer]}).analyze(batch=2)
            for quantities in (tuple(quantity.name for quantity in OF_LAYERS), ()):
                solution = solve_network(report, (), quantities)
                for code in CODES:
                    text = str(Explanation(solution, code))
                    assert not re.search(r"\b(why|word|quantity|legend|symbol)\.\w", text), text


@pytest.mark.parametrize("name", names())
def test_what_a_kind_says_itself_is_said_in_every_language(name: str) -> None:
    cls = find(name)
    assert cls is not None
    known = catalogue("en")
    for key, sentences in cls.messages.items():
        assert set(sentences) == {"en", "zh"}, key
        assert key in known or key.startswith("legend."), key
        for sentence in sentences.values():
            assert placeholders(sentence) <= placeholders(known.get(key, "")), key


def test_a_kind_may_have_words_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"why.params": {"en": "Own words.", "xx": "xyz"}, "legend.K": {"en": "own letters"}}
    monkeypatch.setattr(find("dense"), "messages", said)
    solution = solve_network(cnncalc.load("fc-10", input="5").analyze(), (), ("params",))
    text = str(Explanation(solution, "en"))
    assert "Own words." in text
    assert "K own letters" in text
    monkeypatch.setattr(find("rms_norm"), "messages", said)
    normed = solve_network(cnncalc.load("rms_norm", input="5").analyze(), (), ("params",))
    assert "Own words." in str(Explanation(normed, "zh"))  # what is not translated is said in English
    assert "filters or units" in str(Explanation(solve_network(cnncalc.load("lenet5").analyze()), "en"))


def test_a_letter_that_no_catalogue_knows_is_told_by_its_option(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = {"embedding": {"vocabulary": 9, "size": 2}}
    solution = solve_network(cnncalc.load({"input": "7", "layers": [layer]}).analyze())
    option = fields(find("embedding"))["vocabulary"]  # type: ignore[arg-type]
    assert legend(solution)["V"] == english().messages["legend.V"] != option.metadata["help"]
    monkeypatch.delitem(english().messages, "legend.V")
    assert legend(solution)["V"] == option.metadata["help"]


@pytest.mark.parametrize(
    ("environment", "code"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "C.UTF-8", "LANGUAGE": "fr:zh_CN:en"}, "zh"),
        ({"LC_MESSAGES": "zh_SG", "LANG": "de_DE"}, "zh"),
        ({"LC_MESSAGES": "zh_TW", "LANG": "de_DE"}, "zh_TW"),
        ({"LANG": "zh_HK.UTF-8"}, "zh_TW"),
        ({"LANG": "zh_Hant_MO"}, "zh_TW"),
        ({"LANG": "ja_JP.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, "zh"),
        ({"LC_ALL": "zh_CN.GB18030", "LC_MESSAGES": "en_US.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LANGUAGE": "en"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C", "LANGUAGE": "zh_CN"}, "en"),
    ],
)
def test_the_environment_chooses(
    environment: dict[str, str], code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    assert language().code == code
    assert language("zh-Hans").code == "zh"
    assert language("zh-hant-HK").code == "zh_TW"
    with pytest.raises(UsageError, match="not a language"):
        language("xx")


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit):
        main(arguments)
    return capsys.readouterr().out


def test_slips_headings_and_data(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    one = ("check", "--conv", "5x5x3", "--filters", "6", "--answer", "params=450")
    assert "漏了偏置" in printed(capsys, *one, "--lang", "zh")
    assert "激活值形状" in printed(capsys, "shapes", "lenet5", "--lang", "zh")
    monkeypatch.setenv("LANGUAGE", "zh")
    assert "Activation shape" in printed(capsys, "shapes", "lenet5")
    assert "每个卷积核" in printed(capsys, "explain", "lenet5", "CONV1")
    for format in ("json", "csv"):
        for code in ((), ("--lang", "zh")):
            assert printed(capsys, "shapes", "lenet5", "--format", format, *code).isascii()
    sheet = tmp_path / "sheet.csv"
    params = {"CONV1": 456, "CONV2": 2416, "FC3": 48001, "FC4": 10164, "Softmax": 850, "Total": 62000}
    pooled = {"POOL1": 0, "POOL2": 0}
    rows = "".join(f"{name},{value},many\n" for name, value in (pooled | params).items())
    sheet.write_text(f"Layer,Params,Size\n{rows}")
    marked = printed(capsys, "check", "lenet5", str(sheet), "--lang", "zh")
    assert "合计" in marked
    assert "不是常见的错误；你自己" in marked  # noqa: RUF001 - the sign of Chinese
    assert "'many' 不是数" in marked
    answer: Any = json.loads(printed(capsys, *one, "--format", "json"))
    assert answer["answers"][0]["message"].startswith("the biases are left out")


SAID = [
    ("shapes", "lenet5"),
    ("params", "lenet5", "--convention", "torchinfo"),
    ("connections", "lenet5"),
    ("cost", "lenet5", "--batch", "4", "--optimizer", "adam", "--fit", "1MiB"),
    ("cost", "lenet5", "--symbolic"),
    ("cost", "--conv", "5x5x3", "--filters", "6", "--input", "32x32x3"),
    ("receptive-field", "resnet18"),
    ("summary", "resnet18", "--columns", "kind,shape,from,flops,buffers,rf"),
    ("params", "--conv", "5x5x3", "--filters", "6"),
    ("compare", "lenet5", "lenet5-1998"),
    ("diff", "lenet5", "lenet5"),
    ("reconcile", "resnet18", "thop", "calflops"),
    ("verify", "lenet5"),
    ("run", "lenet5", "--show"),
    ("convolve", "1 1 1; 0 1 1; 0 0 1", "1 0; 0 1", "--gradient", "1"),
    ("size", "7", "--kernel", "3", "--stride", "3", "--coverage"),
    ("solve", "--kernel", "5", "--same"),
    ("explain", "lenet5"),
    ("check", "--conv", "5x5x3", "--filters", "6", "--answer", "params=450", "--explain"),
]


@pytest.mark.parametrize("arguments", SAID, ids=lambda arguments: arguments[0])
def test_every_verb_speaks_the_language_that_is_asked_for(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """Words of the program that are left in English; names, letters, units and the spec's own words stay."""
    with pytest.raises(SystemExit):
        main([*arguments, "--lang", "zh"])
    told = "".join(capsys.readouterr())
    assert re.search("[\u4e00-\u9fff]", told)
    assert not re.search(
        r"(?i)\b(the|of|and|layer|parameters?|weights|biases|memory|total|input size|output|sum|never|"
        r"warning|puts|counts?|leaves|kernel|padding|stride|values|shape|marks|answers?|pixels)\b(?! \d)",
        re.sub(r"weights +\d", "", told),
    ), told


def test_kinds_have_names_and_the_words_of_a_spec_stay(capsys: pytest.CaptureFixture[str]) -> None:
    told = printed(capsys, "explain", "lenet5", "CONV1", "POOL1", "FC3", "--lang", "zh")
    assert "CONV1：卷积，输入来自 input" in told
    assert "POOL1：最大汇聚，输入来自 CONV1" in told
    assert "FC3：全连接，输入来自 POOL2" in told
    assert "max_pool" in printed(capsys, "layers", "--lang", "zh")
    assert word("kind", "kind_of_my_own") == "kind_of_my_own"
    kinds = {key.removeprefix("kind.") for key in catalogue("en") if key.startswith("kind.")}
    assert kinds - {*names(), "block", "path", "repeat", "round"} == set()


def test_warnings_are_explanations(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = ("shapes", "--input", "7x8x1", "conv3-4 s3")
    unread = "7 行中有 1 行、8 列中有 2 列没有被任何窗口覆盖"
    for said, arguments in ((unread, ("--lang", "zh")), ("1 of 7 rows and 2 of 8 columns never read", ())):
        with pytest.raises(SystemExit):
            main([*spec, *arguments])
        assert said in capsys.readouterr().err
    monkeypatch.setenv("LANGUAGE", "zh")
    with pytest.raises(SystemExit):
        main([*spec])
    assert unread in capsys.readouterr().err
    data = json.loads(printed(capsys, *spec, "--format", "json", "--lang", "zh"))
    assert data["warnings"] == [
        {"layer": "conv1", "message": "1 of 7 rows and 2 of 8 columns never read"},
    ]


def write(folder: Path, messages: Any, code: str = "de") -> None:
    text = messages if isinstance(messages, str) else json.dumps(messages, ensure_ascii=False)
    (folder / f"{code}.json").write_text(text, "utf-8")


def test_a_third_language_is_one_more_file(tmp_path: Path) -> None:
    """In a copy of the package: nothing of the code is touched."""
    root = Path(cnncalc.__file__).parents[1]
    for folder in ("cnncalc", "architectures"):
        shutil.copytree(root / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    messages = {key: f"DE {message}" for key, message in catalogue("en").items()}
    write(tmp_path / "cnncalc" / "languages", messages)

    def told(*arguments: str, **environment: str) -> str:
        run = subprocess.run(
            [sys.executable, "-m", "cnncalc", *arguments],
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(tmp_path), "COLUMNS": "200", **environment},
            check=False,
        )
        return run.stdout + run.stderr

    assert "DE Layer " in told("shapes", "lenet5", "--lang", "de")
    assert "DE Each filter has one bias." in told("explain", "lenet5", "CONV1", LC_ALL="de_AT.UTF-8")
    assert "DE the biases" in told(
        "check", "--conv", "5x5x3", "--filters", "6", "--answer", "params=450", "--lang", "de"
    )
    assert "de, en, zh, zh_tw" in told("shapes", "--help")
    assert "known: de, en, zh, zh_tw" in told("shapes", "lenet5", "--lang", "xx")


def test_a_catalogue_of_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CNNCALC_LANGUAGES", str(tmp_path))
    write(tmp_path, {"name": "Deutsch", "heading.layer": "Schicht"})
    write(tmp_path, {"word.rows": "lines"}, "en")
    assert codes() == ("de", "en", "zh", "zh_tw")
    told = printed(capsys, "shapes", "lenet5", "--lang", "de_DE.UTF-8")
    assert "Schicht" in told
    assert "Activation shape" in told, "what it lacks is said in English"
    # English is what data is written in, and no file changes it
    spec = {"input": "7x7x1", "layers": [{"conv": {"filters": 1, "kernel": 3, "stride": 3}}]}
    assert "rows" in cnncalc.load(spec).analyze().warnings[0].message


@pytest.mark.parametrize(
    ("messages", "complaint"),
    [
        ('{"a": "b",\n "c" "d"}', "bad.json:2:6: error[bad_catalogue]: is not JSON"),
        (["a"], "is not an object of messages"),
        ({"heading.layer": 3}, "heading.layer is not a text"),
        ({"heading.layer": "{0.__class__}"}, "heading.layer has a brace that is no {placeholder}"),
        ({"heading.layer": "{"}, "heading.layer has a brace that is no {placeholder}"),
        ({"why.unread": "{nothing}"}, "why.unread asks for 'nothing'"),
        ("\ud800", "can't be read"),
    ],
)
def test_a_catalogue_that_cannot_be_used_is_one_clear_error(
    messages: Any,
    complaint: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("CNNCALC_LANGUAGES", str(tmp_path))
    if messages == "\ud800":
        (tmp_path / "bad.json").write_bytes(b'{"a": "\xff"}')
    else:
        write(tmp_path, messages, "bad")
    with pytest.raises(SystemExit) as stopped:
        main(
            [
                "explain",
                "--conv",
                "3x3x1",
                "--stride",
                "3",
                "--filters",
                "1",
                "--input",
                "7x7x1",
                "--lang",
                "bad",
            ]
        )
    told = capsys.readouterr().err
    assert stopped.value.code == 2
    assert complaint in told
    assert told.count("error[") == 1


ALIGNED = [
    ("summary", "lenet5"),
    ("cost", "lenet5", "--convention", "thop"),
    ("receptive-field", "lenet5"),
    ("compare", "lenet5", "alexnet"),
    ("verify", "lenet5"),
]


@pytest.mark.parametrize("arguments", ALIGNED, ids=lambda arguments: arguments[0])
def test_columns_of_wide_characters_stay_aligned(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    lines = printed(capsys, *arguments, "--lang", "zh").splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("---"))
    gaps = [i for i, mark in enumerate(lines[at]) if mark == " "]
    # the captions beneath are no part of the table
    last = max(i for i, line in enumerate(lines) if line.startswith(("---", "合计", "Softmax", "训练")))
    body = lines[at - 1 : last + 1]
    assert len(body) > 6
    for line in body:
        # a wide character fills two columns
        cells = "".join(c if width(c) == 1 else c * 2 for c in line)
        assert not "".join(cells[i] for i in gaps if i < len(cells)).strip(), line


@pytest.mark.parametrize("columns", [80, 140])
def test_a_terminal_is_as_wide_as_it_is(columns: int) -> None:
    from rich.console import Console

    from cnncalc.render.terminal import Writer

    file = io.StringIO()
    writer = Writer(language("zh"), Console(width=columns, file=file, no_color=True))
    file.writelines(writer.pieces(cost_document(cnncalc.load("lenet5").analyze())))
    told = file.getvalue()
    assert "乘加次数" in told
    assert "占空间" in told
    assert all(width(line.rstrip()) <= columns for line in told.splitlines())


def test_wide_characters_are_measured() -> None:
    for line in wrapped(
        "每个卷积核对窗口中的每个像素、所读的每个通道各有一个权重，另有一个偏置。" * 4, 40, "  "
    ):
        assert width(line) <= 40
        assert not line.strip().startswith(("，", "。", "、"))
    lines = list(wrapped("计算时同时保留的数值最多：input（3,072）、CONV1（4,704）。" * 9, 41, ""))
    assert not [line for line in lines if line.endswith("（") or line.startswith(("，", "。", "）", "、"))]


# ---- errors

OF_ERRORS = {file.stem: json.loads(file.read_text("utf-8")) for file in (FOLDER / "of_errors").glob("*.json")}
OF_OTHERS = (
    "No such option", "Option '{}'", "Invalid value", "Missing argument", "Got unexpected extra",
    "{} is not a whole number.", "no such file or directory", "permission denied", "is a directory",
)  # fmt: skip
"""How sentences of typer and of the system begin."""
JOINED = (
    "{}: {}", "{}; {}", "{}, {} times as much", "{}; or was padding: same meant?",
    "{} input channels are not divisible by {} = {}", "{} filters are not divisible by {} = {}",
    "known: {}", "cnncalc {} --help says more", "an operator is no layer that cnncalc has: {}",
    "{} operators are no layers that cnncalc has: {}", "a class is no layer that cnncalc has: {}",
    "{} classes are no layers that cnncalc has: {}", "{}: at {}, which {}", "{}: {}, first at {}, which {}",
)  # fmt: skip
"""Sentences that the code puts together."""
SAYS_AN_ERROR = {
    "LayerError", "UsageError", "Fault", "bad_sheet", "UnreadError", "UnsupportedError", "OpenSizeError",
    "unreadable", "fault",
}  # fmt: skip
NEARLY_NOTHING = {"is {}", "from {}", "{} is {}", "{} with {}"}
"""Sentences that would fit any other."""


def sentences(room: Path, callers: set[str] | None = None) -> set[str]:
    """A room's texts, with {} for what is filled in: all, or those that these functions are given."""
    found: set[str] = set()
    for file in room.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if callers is None:
                found.update(templates(node))
            elif isinstance(node, ast.Call):
                called = getattr(node.func, "id", getattr(node.func, "attr", ""))
                if called in callers:
                    found.update(text for argument in node.args for text in templates(argument))
    return found


def templates(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.JoinedStr):
        return ["".join(str(v.value) if isinstance(v, ast.Constant) else "{}" for v in node.values)]
    if isinstance(node, ast.IfExp):
        return templates(node.body) + templates(node.orelse)
    return []


@pytest.mark.parametrize("code", OF_ERRORS)
def test_sentences_of_errors_have_the_placeholders_of_the_english_ones(code: str) -> None:
    assert set(OF_ERRORS[code]) == set(OF_ERRORS["zh"])
    for english_one, words in OF_ERRORS[code].items():
        assert len(re.findall(r"\{\}", english_one)) == len(re.findall(r"\{\d?\}", words)), english_one


def test_sentences_of_errors_are_those_that_the_code_says() -> None:
    said = sentences(FOLDER.parent)
    ours = {text for text in OF_ERRORS["zh"] if not text.startswith(OF_OTHERS)}
    assert ours - said - set(JOINED) == set()


ROOMS = (
    "analysis", "cli", "convert", "execute", "export", "figures", "homework", "interop", "layers", "page",
    "render", "solve", "spec",
)  # fmt: skip


@pytest.mark.parametrize("room", ROOMS)
def test_every_error_of_a_room_is_said_in_chinese(room: str) -> None:
    said = sentences(FOLDER.parent / room, SAYS_AN_ERROR)
    sayings = {
        text for text in said if re.search("[a-z]{2}", re.sub(r"^--view \w+", "", text)) and " " in text
    }
    assert sayings - set(OF_ERRORS["zh"]) - NEARLY_NOTHING == set()


def test_sentences_within_sentences_of_a_model_are_said_in_chinese() -> None:
    unknown = "2 operators are no layers that cnncalc has: If: divides by 0: at /a; Scan: 2, first at /b"
    assert told_in(unknown, "zh") == (
        "2 个运算不是 cnncalc 具有的层：If：除以 0：在 /a；Scan：2 处，第一处在 /b"  # noqa: RUF001
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["shapes", "nothere"], "nothere: 错误[no_such_spec]: 没有这个文件，也没有这个名字的内置网络"),
        (["shapes", "lenet5", "--batch", "x"], "错误[usage]: '--batch' 的值不对：'x' 不是整数"),
        (["shapes", "--input", "8x8x6", "conv3-64 g4"], "6 个输入通道不能被 groups = 4 整除"),
        (["explain", "lenet5", "CONV9"], "没有名为 CONV9 的层\n  帮助: 是不是 CONV2"),
        (["summary", "lenet5", "--max-params", "1k"], "超过上限 1,000，多出 61,006，是其 62 倍"),
    ],
)
def test_an_error_is_told_in_the_language(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([*arguments, "--lang", "zh"])
    assert told in capsys.readouterr().err


def test_a_sheet_without_known_headings_is_told_in_the_language(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = tmp_path / "sheet.csv"
    sheet.write_text("aa,bb\ncc,dd\n", "utf-8")
    with pytest.raises(SystemExit):
        main(["check", "lenet5", str(sheet), "--lang", "zh"])
    assert "没有认得的表头" in capsys.readouterr().err
