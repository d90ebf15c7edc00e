"""The catalogues of messages, and where their language comes from."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

import cnncalc
from cnncalc.cli import main
from cnncalc.errors import UsageError
from cnncalc.explain import QUANTITIES, solve_network
from cnncalc.languages import Language, codes, language, speak, spoken
from cnncalc.layers import find, names
from cnncalc.layers.base import fields
from cnncalc.render.explanation import Explanation
from cnncalc.render.phrases import Phrases
from cnncalc.render.plain_table import width
from cnncalc.render.wrapping import wrapped

FOLDER = Path(cnncalc.__file__).parent / "languages"


def catalogue(code: str) -> dict[str, str]:
    pairs: list[tuple[str, str]] = []
    json.loads((FOLDER / f"{code}.json").read_text("utf-8"), object_pairs_hook=pairs.extend)
    assert len(pairs) == len(dict(pairs)), "a key stands twice"
    return dict(pairs)


def placeholders(message: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", message))


@pytest.mark.parametrize("code", codes())
def test_catalogues_have_the_same_keys_and_placeholders(code: str) -> None:
    english, other = catalogue("en"), catalogue(code)
    assert list(other) == list(english)
    # an English sentence may leave out what another language needs, and the other way round
    optional = {"line", "count"}
    for key, message in english.items():
        assert placeholders(message) - optional == placeholders(other[key]) - optional, key
        assert not re.search(r"\s$|^\s", other[key].strip(" ")), key


def test_terms_are_those_of_the_textbooks() -> None:
    chinese = " ".join(catalogue("zh").values())
    for term in ("卷积核", "步长", "填充", "汇聚", "池化", "感受野", "特征映射", "全连接"):
        assert term in chinese


@pytest.mark.parametrize("code", codes())
def test_every_sentence_of_every_kind_is_there(code: str) -> None:
    for name in names():
        cls = find(name)
        assert cls is not None
        for example in cls.examples:
            if not isinstance(example.input, str):
                continue
            report = cnncalc.load({"input": example.input, "layers": [example.layer]}).analyze(batch=2)
            for quantities in (tuple(QUANTITIES), ()):
                text = str(Explanation(solve_network(report, (), quantities), code))
                assert not re.search(r"\b(why|word|quantity|legend|symbol)\.\w", text), text


@pytest.mark.parametrize("name", names())
def test_what_a_kind_says_itself_is_said_in_every_language(name: str) -> None:
    cls = find(name)
    assert cls is not None
    known = catalogue("en")
    for key, sentences in cls.says.items():
        assert set(sentences) == set(codes()), key
        assert key in known or key.startswith("legend."), key
        for sentence in sentences.values():
            assert placeholders(sentence) <= placeholders(known.get(key, "")), key


def test_a_kind_may_have_words_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"why.params": {"en": "Own words.", "xx": "xyz"}, "legend.K": {"en": "own letters"}}
    monkeypatch.setattr(find("dense"), "says", said)
    solution = solve_network(cnncalc.load("fc-10", input="5").analyze(), (), ("params",))
    text = str(Explanation(solution, "en"))
    assert "Own words." in text
    assert "K own letters" in text
    assert "Own words." in str(Explanation(solution, "zh"))  # what is not translated is said in English
    assert "filters or units" in str(Explanation(solve_network(cnncalc.load("lenet5").analyze()), "en"))


def test_a_letter_that_no_catalogue_knows_is_told_by_its_option() -> None:
    layer = {"embedding": {"vocabulary": 9, "size": 2}}
    solution = solve_network(cnncalc.load({"input": "7", "layers": [layer]}).analyze())
    messages = {key: text for key, text in catalogue("en").items() if key != "legend.V"}
    assert "V" in Phrases(Language("en", catalogue("en"))).legend(solution)
    option = fields(find("embedding"))["vocabulary"]  # type: ignore[arg-type]
    assert Phrases(Language("en", messages)).legend(solution)["V"] == option.metadata["help"]


@pytest.mark.parametrize(
    ("environment", "code"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "C.UTF-8", "LANGUAGE": "fr:zh_CN:en"}, "zh"),
        ({"LC_MESSAGES": "zh_TW", "LANG": "de_DE"}, "zh"),
        ({"LANG": "ja_JP.UTF-8"}, "en"),
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
    with pytest.raises(UsageError, match="not a language"):
        language("xx")


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit):
        main(arguments)
    speak("en")
    return capsys.readouterr().out


def test_slips_headings_and_data(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    one = ("check", "--conv", "5x5x3", "--filters", "6", "--answer", "params=450")
    assert "漏了偏置" in printed(capsys, *one, "--lang", "zh")
    assert "激活值形状" in printed(capsys, "shapes", "lenet5", "--lang", "zh")
    monkeypatch.setenv("LANGUAGE", "zh")
    assert "Activation shape" in printed(capsys, "shapes", "lenet5")
    assert "每个卷积核" in printed(capsys, "explain", "lenet5", "CONV1")
    for format in ("json", "csv"):
        for code in ((), ("--lang", "zh")):
            assert printed(capsys, "shapes", "lenet5", "--format", format, *code).isascii()
    answer: Any = json.loads(printed(capsys, *one, "--format", "json"))
    assert answer["answers"][0]["message"].startswith("the biases are left out")
    assert spoken().code == "en"


def test_wide_characters_are_measured() -> None:
    for line in wrapped(
        "每个卷积核对窗口中的每个像素、所读的每个通道各有一个权重，另有一个偏置。" * 4, 40, "  "
    ):
        assert width(line) <= 40
        assert not line.strip().startswith(("，", "。", "、"))
