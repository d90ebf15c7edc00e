"""What a cell of a notebook shows: tables of HTML, formulas in MathML."""

import xml.etree.ElementTree as ET
from typing import Any

import pytest

import cnncalc

NETWORK = cnncalc.load("lenet5")
REPORT = NETWORK.analyze()


def shown(value: Any) -> ET.Element:
    """What is shown, well formed: the tags are closed and the text is escaped."""
    return ET.fromstring(f"<div>{value._repr_html_()}</div>")  # noqa: S314 - of our own making


def rows(value: Any) -> list[list[str]]:
    return [["".join(cell.itertext()) for cell in row] for row in shown(value).iter("tr")]


def test_a_network_is_its_activation_table() -> None:
    found = rows(NETWORK)
    assert found[0] == ["Layer", "Activation shape", "Activation size", "# parameters"]
    assert found[2] == ["CONV1 (f=5, s=1)", "(28, 28, 6)", "4,704", "456"]
    assert found[-1] == ["Total", "", "", "62,006"]


def test_a_report_its_rows_and_its_sums_are_tables() -> None:
    assert ["CONV2 (f=5, s=1)", "(10, 10, 16)", "1,600", "2,416", "241,600", "240,000", "14"] in rows(REPORT)
    assert rows(REPORT["CONV2"])[1][:2] == ["CONV2 (f=5, s=1)", "conv"]
    assert ["parameters", "62,006"] in rows(REPORT.totals)
    assert ["training, bytes", "540,712"] in rows(REPORT.totals)
    deep = cnncalc.load("resnet18").analyze()
    assert rows(deep.group("conv2_x"))[1][:5] == ["conv2_x", "repeat", "(56, 56, 64)", "2,007,040", "147,968"]
    assert "28 of 56 rows and 28 of 56 columns never read" in "".join(shown(deep).itertext())
    assert repr(REPORT["CONV1"]) == "<LayerReport CONV1: conv, (28, 28, 6), 456 parameters>"
    assert repr(REPORT) == "<Report LeNet-5: 7 layers, 62006 parameters, 651720 MACs>"
    with pytest.raises(KeyError, match=r"is called 'x'$"):
        cnncalc.load("resnet18").analyze()["x"]


def test_a_proof_is_a_table_and_says_what_is_not_so() -> None:
    assert rows(NETWORK.verify())[-1] == ["total", "124", "all are as worked out"]
    wrong = {"input": "4x4x1", "layers": ["flatten"], "expect": {"flatten1": {"activation_size": 3}}}
    found = cnncalc.load(wrong).verify()
    assert not found.ok
    assert "flatten1: activation_size is 16; expect has 3" in "".join(shown(found).itertext())


def test_a_deep_network_is_folded() -> None:
    assert len(rows(cnncalc.load("resnet152"))) < 50


def test_an_explanation_has_typeset_formulas() -> None:
    explained = NETWORK.explain("CONV1", "POOL1", lang="zh")
    page = shown(explained)
    assert len(list(page.iter("math"))) > 10
    assert list(page.iter("mfrac"))
    assert "卷积" in "".join(page.itertext())
    for colour in ("color:", "background"):
        assert colour not in explained._repr_html_(), "the notebook's own colours, light or dark"


def test_names_are_escaped() -> None:
    network = cnncalc.load({"name": "a<b>&c", "input": "4x4x1", "layers": ["flatten"]})
    for value in (network, network.analyze(), network.verify()):
        assert "a<b>&c" in "".join(shown(value).itertext())
    assert "flatten1" in "".join(shown(network.explain()).itertext())


def test_ipython_takes_them() -> None:
    formatters = pytest.importorskip("IPython.core.formatters")
    formatter = formatters.DisplayFormatter()
    for value in (
        NETWORK,
        REPORT,
        REPORT["CONV1"],
        REPORT.totals,
        NETWORK.verify(),
        NETWORK.explain("CONV1"),
    ):
        data, _ = formatter.format(value)
        assert data["text/html"].strip().startswith("<")
