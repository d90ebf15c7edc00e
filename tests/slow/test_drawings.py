"""Flowcharts and graphs that networks are exported to, read by the programs that draw them."""

import subprocess
import tarfile
from collections.abc import Iterator
from typing import Any

import pytest
from pages import launched, opened
from system_packages import program

import cnncalc
from cnncalc.built_in import builtin_names
from cnncalc.export.exporter import Choices, exporter

pytestmark = pytest.mark.slow

MERMAID = "mermaid@11.16.0"
NAMES = [
    'a"]; b',
    "`x`",
    "<script>",
    "end",
    "#quot;",
    "a --> b",
    "%%{init}%%",
    "\\N\\",
    "&lt;",
    "网络",
    "x-1",
]
"""Names that would be more than text in a flowchart, were they not quoted."""


def drawn(network: object, to: str) -> str:
    return "".join(exporter(cnncalc.load(network).analyze(), to, Choices()).pieces())


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A page that has loaded Mermaid."""
    folder = tmp_path_factory.mktemp("mermaid")
    subprocess.run([program("npm", "npm"), "pack", MERMAID], cwd=folder, check=True, capture_output=True)
    (packed,) = folder.glob("*.tgz")
    with tarfile.open(packed) as archive:
        script = archive.extractfile("package/dist/mermaid.min.js")
        assert script is not None
        (folder / "mermaid.js").write_bytes(script.read())
    (folder / "page.html").write_text(
        '<meta charset="utf-8"><script src="mermaid.js"></script><div id="at"></div>'
    )
    with launched() as chromium:
        yield opened(chromium, (folder / "page.html").as_uri()).page


def test_mermaid_reads_the_flowchart_of_every_network(page: Any) -> None:
    given = {name: drawn(name, "mermaid") for name in builtin_names()}
    for name in NAMES:
        layers = [{"conv": {"filters": 2, "kernel": 3}}, {"block": {"name": "b", "layers": ["relu"]}}]
        given[f"named {name}"] = drawn({"name": name, "input": "8x8x1", "layers": layers}, "mermaid")
    told = page.evaluate(
        """async (given) => {
            const told = {};
            for (const [name, text] of Object.entries(given))
                try { told[name] = (await mermaid.parse(text)).diagramType; }
                catch (error) { told[name] = String(error).slice(0, 300); }
            return told;
        }""",
        given,
    )
    assert told == dict.fromkeys(given, "flowchart-v2")


@pytest.mark.parametrize("name", ["lenet5", "googlenet", "resnet50"])
def test_mermaid_draws_every_box_and_arrow(name: str, page: Any) -> None:
    text = drawn(name, "mermaid")
    boxes, arrows = page.evaluate(
        """async (text) => {
            const { svg } = await mermaid.render("graph", text);
            document.getElementById("at").innerHTML = svg;
            return ["g.node", "path.flowchart-link"].map(each => document.querySelectorAll(each).length);
        }""",
        text,
    )
    assert arrows == text.count("-->")
    assert boxes == text.count(":::")


def test_graphviz_draws_every_network() -> None:
    for name in builtin_names():
        text = drawn(name, "dot")
        done = subprocess.run(
            [program("graphviz", "dot"), "-Tsvg"], input=text, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, ""), name
        assert done.stdout.count('class="edge"') == text.count(" -> "), name
