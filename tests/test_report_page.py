"""The page of a network, without a browser: what it holds, how large it is, and that names stay text."""

import json
import re
from html import escape, unescape
from pathlib import Path
from typing import Any

import pytest

import cnncalc
from cnncalc.cli import main
from cnncalc.languages import language
from cnncalc.page import report_page
from cnncalc.page.packed import Packed

MARKUP = "</script><script>alert(1)</script><img src=x onerror=alert(1)>'\"&amp;"


def page(spec: Any, code: str = "en") -> str:
    return report_page(cnncalc.load(spec).analyze(), language(code))


def repeated(times: int) -> Any:
    return {"input": "8x8x4", "layers": [{"repeat": {"times": times, "layers": ["conv3-4 p1"]}}]}


def data(text: str) -> dict[str, Any]:
    (held,) = re.findall(r'<script id="data" type="application/json">(.*?)</script>', text, re.DOTALL)
    found: dict[str, Any] = json.loads(held)
    found["rows"] = [dict(zip(found["columns"], row, strict=True)) for row in found["rows"]]
    for row in found["rows"]:
        row["label"] = row["label"] or row["name"].rpartition(".")[2]
    return found


def unpacked(found: dict[str, Any], number: int) -> str:
    """A piece as the page's script puts it together."""
    pattern, *numbers = found["pieces"][number].split(" ")
    firsts = next(p.split(" ")[1:] for p in found["pieces"] if p.split(" ")[0] == pattern)
    numbers = [own or first for own, first in zip(numbers, firsts, strict=True)]
    first, *others = found["patterns"][int(pattern)].split("~")
    return str(first + "".join(number + text for number, text in zip(numbers, others, strict=True)))


def said(found: dict[str, Any], row: dict[str, Any]) -> str:
    """The working of a row as text."""
    return unescape(re.sub("<[^>]*>", "", "".join(unpacked(found, number) for number in row["working"])))


def test_the_page_has_every_layer_with_its_numbers_and_loads_nothing() -> None:
    text = page("densenet121")
    assert len(text.encode()) < 270_000  # 300 kB were promised
    assert not re.search(r"https?:|url\(|@import|<link|\bsrc=", text)
    found = data(text)
    report = cnncalc.load("densenet121").analyze()
    rows = {row["name"]: row for row in found["rows"]}
    for layer in report.layers:
        row = rows[layer.name]
        assert (row["params"], row["macs"]) == (layer.params, layer.macs)
        assert row["output"] == "×".join(map(str, layer.output_shape))
    assert "= 7,978,856" not in text
    assert "<dd>7,978,856</dd>" in text


def test_what_a_layer_sees_is_told_for_every_position() -> None:
    """The script adds spans and jumps; the truth is the layer's own field, with its phases."""
    spec = {
        "input": "20x24x1",
        "layers": [
            {"conv": {"kernel": 3, "filters": 2}},
            {"upsample": {"scale": 2}},
            {"conv": {"kernel": 3, "filters": 2, "stride": 3}},
        ],
    }
    report = cnncalc.load(spec).analyze()
    found = data(report_page(report, language("en")))
    for row in found["rows"]:
        layer = report[row["name"]]
        for axis, field in zip(
            json.loads(unpacked(found, row["field"])), layer.view.fields or (), strict=True
        ):
            for output in range(axis["outputs"]):
                span = axis["spans"][output % len(axis["spans"])]
                numerator, denominator = axis["jump"]
                ahead = (output - output % len(axis["spans"])) * numerator // denominator
                assert tuple(end + ahead for end in span) == field.seen(output)


def test_workings_are_stored_once_and_put_together_again() -> None:
    found = data(page("lenet5"))
    rows = {row["name"]: row for row in found["rows"]}
    told = said(found, rows["CONV2"])
    assert "=(F⋅F⋅C+1)⋅K =(5⋅5⋅6+1)⋅16" in told
    assert told.count("=2416") == 1
    assert "stride 1" in told
    alike = data(page(repeated(9)))
    layers = [row for row in alike["rows"] if not row["group"]]
    assert len(layers) == 9
    # the receptive field alone grows: what is given tells the field before, and the last piece works it out
    assert len({tuple(row["working"][2:-1]) for row in layers}) == 1


def test_equal_units_fold_and_each_is_there() -> None:
    rows = data(page("resnet50"))["rows"]
    folded = [row for row in rows if row["times"] > 1]
    assert [(row["label"], row["times"]) for row in folded] == [
        ("bottleneck", 2), ("bottleneck", 3), ("bottleneck", 5), ("bottleneck", 2),
    ]  # fmt: skip
    assert any(row["path"] == "shortcut" for row in rows)
    assert [row["label"] for row in rows if row["level"] == 0][:5] == [
        "conv1", "batch_norm1", "relu1", "max_pool1", "conv2_x",
    ]  # fmt: skip


def test_a_block_has_its_graph() -> None:
    found = data(page("resnet50"))
    rows = {row["name"]: row for row in found["rows"]}
    graph = unpacked(found, rows["conv3_x.bottleneck1"]["graph"])
    assert 'data-layer="conv3_x.bottleneck1.add1.1.conv2"' in graph
    assert "3×3 conv, 128" in graph
    assert rows["conv3_x"]["graph"] is None


def test_a_very_long_network_shows_the_first_of_equal_units(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(data(page(repeated(40)))["rows"]) > 80
    monkeypatch.setattr("cnncalc.page.report.MOST_LAYERS", 30)
    rows = data(page(repeated(40)))["rows"]
    assert len(rows) < 8
    assert max(row["times"] for row in rows) >= 39


def named(*names: str) -> str:
    """A Keras model whose layers have these names, and the model too."""
    layers: list[Any] = [
        {"class_name": "InputLayer", "config": {"name": "i", "batch_shape": [None, 8, 8, 1]}}
    ]
    layers += [{"class_name": "ReLU", "config": {"name": name}} for name in names]
    config = {"name": names[0], "layers": layers}
    return json.dumps({"class_name": "Sequential", "config": config, "keras_version": "3.0.0"})


def test_names_are_text(tmp_path: Path) -> None:
    (tmp_path / "net.json").write_text(named(MARKUP, "x" * 10_000, "~1 &#126; ~"))
    text = page(tmp_path / "net.json")
    assert text.count("</script>") == 2
    assert "<img" not in text
    found = data(text)
    names = [row["name"] for row in found["rows"]]
    assert len(names[1]) <= 200
    assert not re.search("[<>]", "".join(names))
    assert f"<h1>{escape(MARKUP)}</h1>" in text


def test_a_piece_comes_back_as_it_was() -> None:
    packed = Packed()
    pieces = [
        "<b>5</b> of 20",
        "<b>5</b> of 21",
        "<b>6</b> of 20",
        "~1 &amp;#126; ~",
        "<mo>&#8970;</mo>&#x27;7&#39;",
        "",
        "1 2  3",
    ]
    numbers = [packed.add(piece) for piece in pieces]
    found = {"pieces": packed.pieces, "patterns": packed.patterns}
    assert [unescape(unpacked(found, number)) for number in numbers] == list(map(unescape, pieces))


def test_the_page_speaks_the_reader_s_language() -> None:
    text = page("lenet5", "zh")
    assert '<html lang="zh">' in text
    assert "参数量" in text
    found = data(text)
    assert found["words"]["close"] == "关闭"
    assert "卷积" in found["rows"][0]["does"]


def test_every_built_in_kind_of_axis_has_a_page() -> None:
    """Signals, volumes and several inputs."""
    for spec in (
        {"input": "64x2", "layers": [{"conv": {"kernel": 3, "filters": 4}}]},
        {"input": "8x8x8x1", "layers": [{"conv": {"kernel": 3, "filters": 4}}]},
        {
            "input": {"a": "8x8x1", "b": "16x16x1"},
            "layers": [{"conv": {"kernel": 3, "filters": 2, "from": "b"}}],
        },
    ):
        found = data(page(spec))
        assert found["rows"][-1]["field"] is not None


@pytest.mark.parametrize("name", ["lenet5", "resnet50"])
def test_a_notebook_shows_the_page_and_the_table_below(name: str) -> None:
    html = cnncalc.load(name)._repr_html_()
    (held,) = re.findall(r"srcdoc='([^']*)'", html)
    assert unescape(held).startswith("<!DOCTYPE html>")
    assert data(unescape(held))["rows"]


def test_the_page_says_what_to_change_first() -> None:
    text = page("lenet5")
    assert "What to change first" in text
    # (400 + 1)*120 parameters of 62,006, and with 16 values in place of 400: 17*120
    assert "Of the 62,006 parameters FC3 has 77.6%" in text
    assert f"would leave {62006 - 48120 + 2040:,} (25.7%)" in text
    assert "先改哪里" in page("lenet5", "zh")


def test_a_page_is_not_written_under_the_name_of_another_format(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["report", "lenet5", "-o", str(tmp_path / "lenet5.pdf")])
    assert left.value.code == 2
    assert "lenet5.pdf: a page is HTML" in capsys.readouterr().err
    assert [*tmp_path.iterdir()] == []


def test_the_page_says_where_the_field_is_that_of_the_first_output_alone() -> None:
    """One path has a jump of 2, the other, cut to its size, a jump of 1."""
    paths = [[{"conv": {"kernel": 3, "filters": 2, "stride": 2, "padding": 1}}], ["crop2"]]
    found = data(page({"input": "8x8x2", "layers": [{"add": paths}]}))
    axes = [json.loads(unpacked(found, row["field"]))[0] for row in found["rows"] if row["field"] is not None]
    assert [(axis["outputs"], axis["others"]) for axis in axes] == [(4, False), (4, False), (1, True)]
    assert "Paths of different strides meet" in found["words"]["uneven"]
