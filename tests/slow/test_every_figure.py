"""Every built-in network and the models of the tests in every view and theme; figures that LaTeX compiles."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from system_packages import program

import cnncalc
from cnncalc.analysis.report import Report
from cnncalc.built_in import builtin_names
from cnncalc.errors import UsageError
from cnncalc.figures import draw, save, views

sys.path.insert(0, str(Path(__file__).parents[1]))
from test_figures import faults

pytestmark = pytest.mark.slow

DATA = Path(__file__).parents[1] / "data"
MODELS = [file for kind in ("*.pt2", "onnx/*.onnx", "keras/*.keras") for file in sorted(DATA.glob(kind))]


def drawn(report: Report, name: str) -> int:
    """How many views show a report; none may have a fault of geometry."""
    shown = [draw(report, theme="dark", lang="zh")]  # a network has the view that is chosen by itself
    for view in views():
        try:
            shown.append(draw(report, view=view, lang="en"))
        except UsageError:
            continue
    assert {(name, scene.view, scene.theme): found for scene in shown if (found := faults(scene))} == {}
    return len(shown)


@pytest.mark.parametrize("name", builtin_names())
def test_a_network_is_drawn_in_every_view_that_it_has(name: str) -> None:
    assert drawn(cnncalc.load(name).analyze(), name) >= 2


@pytest.mark.parametrize("file", MODELS, ids=lambda file: file.name)
def test_a_model_is_drawn(file: Path) -> None:
    try:
        report = cnncalc.load(file).analyze()
    except cnncalc.SpecError:
        report = cnncalc.load(file, input="3x64x64").analyze()
    assert drawn(report, file.name) >= 2


@pytest.mark.parametrize("name", ["lenet5", "alexnet", "resnet50", "googlenet inception3a"])
def test_a_figure_is_a_document_of_one_page_for_latex(name: str, tmp_path: Path) -> None:
    network, _, part = name.partition(" ")
    report = cnncalc.load(network).analyze()
    report.settings = report.settings._replace(network=r"\\end{document} 100% $ _ # & ~ ^ { } \" < > | ' `")
    save(draw(report, part or None, lang="en"), str(tmp_path / "figure.tex"))
    done = subprocess.run(
        [program("texlive-pictures", "pdflatex"), "-halt-on-error", "-no-shell-escape", "figure.tex"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
        encoding="latin-1",
    )
    assert done.returncode == 0, done.stdout[-2000:]
    assert "(1 page," in done.stdout
