"""The page of a network in a real browser: by keyboard, by address, on paper, at three widths."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pages import launched, opened

import cnncalc
from cnncalc.execute.convolve import convolve
from cnncalc.languages import language
from cnncalc.page import report_page
from cnncalc.page.walk_files import walk_html, walk_svg

pytestmark = pytest.mark.slow

MARKUP = "</script><script>alert(1)</script><img src=x onerror=alert(1)>'\"&amp;"
PHASES = {
    "input": "20x24x1",
    "layers": ["conv3-2", {"upsample": {"scale": 2}}, {"conv": {"kernel": 3, "filters": 2, "stride": 3}}],
}
SHOWN = "#layers tbody tr:not([hidden])"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with launched() as found:
        yield found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pages: two built-in networks, one in Chinese, one of hostile names, one whose outputs see in phases."""
    made: Path = tmp_path_factory.mktemp("pages")
    layers: list[Any] = [
        {"class_name": "InputLayer", "config": {"name": "i", "batch_shape": [None, 8, 8, 1]}}
    ]
    layers += [{"class_name": "ReLU", "config": {"name": name}} for name in (MARKUP, "x" * 10_000)]
    config = {"name": MARKUP, "layers": layers}
    hostile = made / "hostile.json"
    hostile.write_text(json.dumps({"class_name": "Sequential", "config": config, "keras_version": "3.0.0"}))
    specs = {"lenet5": "lenet5", "resnet50": "resnet50", "phases": PHASES, "hostile": hostile}
    for name, spec in specs.items():
        (made / f"{name}.html").write_text(report_page(cnncalc.load(spec).analyze(), language("en")))
    zh = report_page(cnncalc.load("lenet5").analyze(), language("zh"))
    (made / "zh.html").write_text(zh)
    frame = cnncalc.load("lenet5")._repr_html_()
    work = convolve([[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[1, 0], [0, 1]])
    (made / "walk.html").write_text(walk_html(work, language("en")))
    (made / "walk.svg").write_text(walk_svg(work, language("en")))
    (made / "notebook.html").write_text(f"<!DOCTYPE html><title>notebook</title>{frame}")
    return made


def url(folder: Path, name: str, layer: str = "") -> str:
    return (folder / f"{name}.html").as_uri() + (f"#{layer}" if layer else "")


def chosen(page: Any) -> str:
    return str(page.evaluate("document.querySelector('[aria-selected=true] .name').innerText"))


@pytest.mark.parametrize(
    ("name", "scheme", "width"),
    [
        ("lenet5", "dark", 900), ("zh", "light", 400), ("hostile", "light", 1400), ("hostile", "dark", 400),
        ("resnet50", "light", 400), ("resnet50", "dark", 1400),
    ],
)  # fmt: skip
def test_a_page_is_for_everybody_and_loads_nothing(
    chromium: Any, folder: Path, name: str, scheme: str, width: int
) -> None:
    watched = opened(chromium, url(folder, name), width, 900, scheme)
    page = watched.page
    page.click(f"{SHOWN} >> nth=-1")
    assert page.locator("#panel").is_visible()
    assert watched.overflow() == 0
    assert watched.violations() == []
    page.click("#open-all")
    assert page.locator(SHOWN).count() == page.locator("#layers tbody tr").count()
    assert watched.overflow() == 0
    assert watched.elsewhere("file:") == []
    assert len(watched.requests) == 1
    assert watched.complaints == []


def test_by_keyboard_alone(chromium: Any, folder: Path) -> None:
    watched = opened(chromium, url(folder, "resnet50"), 900)
    page = watched.page
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "TR":
            break
    assert chosen(page).startswith("conv1")
    for _ in range(4):
        page.keyboard.press("ArrowDown")
    assert "conv2_x" in chosen(page)
    before = page.locator(SHOWN).count()
    page.keyboard.press("ArrowRight")
    assert page.locator("[aria-selected=true]").get_attribute("aria-expanded") == "true"
    page.keyboard.press("ArrowRight")
    assert "bottleneck1" in chosen(page)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert page.locator(SHOWN).count() == before
    page.keyboard.press("End")
    assert "dense1" in chosen(page)
    assert not page.locator("#panel").is_visible()
    page.keyboard.press("Enter")
    assert page.locator("#panel").is_visible()
    assert page.evaluate("document.activeElement.id") == "panel"
    assert "2,049,000" in page.locator("#panel").inner_text()
    page.keyboard.press("Escape")
    assert not page.locator("#panel").is_visible()
    assert page.evaluate("document.activeElement.tagName") == "TR"
    page.keyboard.press("Home")
    assert chosen(page).startswith("conv1")
    assert page.url.endswith("#conv1")
    assert watched.complaints == []


def test_a_layer_is_found_by_its_name_and_by_the_address(chromium: Any, folder: Path) -> None:
    page = opened(chromium, url(folder, "resnet50", "conv3_x.repeat1.2.bottleneck1.add1.1.conv2")).page
    assert chosen(page).startswith("conv2")
    assert page.locator("#panel h2").inner_text() == "conv3_x.repeat1.2.bottleneck1.add1.1.conv2"
    page.evaluate("location.hash = 'conv5_x'")
    page.locator("#panel h2", has_text="conv5_x").wait_for()
    page.fill("#find", "max_pool")
    assert page.locator(SHOWN).count() == 1
    assert page.locator("#found").inner_text() == "1 found"
    page.keyboard.press("Enter")
    assert chosen(page).startswith("max_pool1")
    page.focus("#find")
    page.keyboard.press("Escape")
    assert page.locator(SHOWN).count() > 5


@pytest.mark.parametrize("width", [400, 1400])
def test_a_reader_who_knows_nothing_comes_to_a_working_in_two_steps(
    chromium: Any, folder: Path, width: int
) -> None:
    page = opened(chromium, url(folder, "resnet50"), width, 700).page
    assert page.evaluate("scrollY") == 0  # a page begins with its name
    assert "Choose a layer" in page.locator(".hint").inner_text()
    page.click(f"{SHOWN}:has-text('dense1')")
    page.locator("#panel h2", has_text="dense1").wait_for()
    assert page.locator("#panel .equation").first.is_visible()
    # a layer of a folded block: what it is called, and Enter
    page.reload()
    page.fill("#find", "conv4_x.bottleneck1.add1.1.conv3")
    page.keyboard.press("Enter")
    page.locator("#panel h2", has_text="conv4_x.bottleneck1.add1.1.conv3").wait_for()
    assert page.locator("#panel .equation").first.is_visible()


def test_a_row_and_the_figure_light_each_other_up(chromium: Any, folder: Path) -> None:
    page = opened(chromium, url(folder, "lenet5")).page
    page.locator("#figure [data-layer=CONV2]").first.click(position={"x": 8, "y": 8}, force=True)
    assert chosen(page).startswith("CONV2")
    assert page.locator("#figure [data-layer=CONV2]").first.get_attribute("class") == "chosen"
    page.hover(f"{SHOWN}:has-text('FC3')")
    assert "near" in str(page.locator("#figure [data-layer=FC3]").first.get_attribute("class"))


def test_a_click_in_the_graph_of_a_block_goes_to_the_layer(chromium: Any, folder: Path) -> None:
    page = opened(chromium, url(folder, "resnet50", "conv3_x.bottleneck1")).page
    assert page.locator("#panel svg[role=img]").get_attribute("aria-label") == "the graph of bottleneck1"
    page.locator("#panel [data-layer='conv3_x.bottleneck1.add1.1.conv2'] rect").click()
    assert page.locator("#panel h2").inner_text() == "conv3_x.bottleneck1.add1.1.conv2"


def test_the_working_and_what_an_output_sees_are_the_layer_s(chromium: Any, folder: Path) -> None:
    page = opened(chromium, url(folder, "lenet5", "CONV2")).page
    told = page.locator("#panel").inner_text()
    assert "5×5 conv: 14×14×6 → 10×10×16" in told
    assert page.locator("#panel .equation").count() > 5
    # Firefox breaks lines within a formula, behind an equals sign, unless told
    style = page.locator("#panel math").first.evaluate("math => getComputedStyle(math).whiteSpace")
    assert style == "nowrap"
    small = opened(chromium, url(folder, "resnet50", "conv1")).page
    # 9,408 of 25,557,032 is not nothing
    assert "9,408 · <0.1 %" in small.locator("#panel .shares").inner_text()
    # r = 14 and a jump of 2: the outputs in row 0 see rows 0 to 13, those in row 3 rows 6 to 19
    sliders = page.locator("#panel input[type=range]")
    for number, position in ((0, "3"), (1, "0")):
        sliders.nth(number).fill(position)
    assert page.locator("#panel .field [role=status]").inner_text() == (
        "output (3, 0) sees row 6 to 19, column 0 to 13"
    )
    page = opened(chromium, url(folder, "phases")).page
    page.keyboard.press("End")
    page.locator(SHOWN).last.click()
    rows = (cnncalc.load(PHASES).analyze().layers[-1].view.fields or ())[0]
    for output in range(5):
        page.locator("#panel input[type=range]").first.fill(str(output))
        first, last = rows.seen(output) or (0, 0)
        assert f"row {first} to {last}," in page.locator("#panel .field [role=status]").inner_text()


def test_names_stay_text(chromium: Any, folder: Path) -> None:
    watched = opened(chromium, url(folder, "hostile"), 400)
    assert watched.page.locator("h1").inner_text() == MARKUP
    assert watched.page.locator("script").count() == 2
    assert watched.page.locator("img").count() == 0
    assert watched.complaints == []


def test_on_paper_every_row_is_open(chromium: Any, folder: Path) -> None:
    page = opened(chromium, url(folder, "resnet50")).page
    assert page.pdf().startswith(b"%PDF")
    page.emulate_media(media="print")
    heights = "[...document.querySelectorAll('#layers tbody tr')].map(row => row.offsetHeight)"
    assert min(page.evaluate(heights)) > 0
    assert not page.locator("#panel").is_visible()


def test_a_notebook_shows_the_page(chromium: Any, folder: Path) -> None:
    watched = opened(chromium, url(folder, "notebook"))
    frame = watched.page.frame_locator("iframe")
    frame.locator("tbody tr").nth(2).click()
    assert frame.locator("#panel h2").inner_text() == "CONV2"
    assert watched.complaints == []
    assert watched.elsewhere("file:") in ([], ["about:srcdoc"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_reader_steps_through_a_convolution(chromium: Any, folder: Path, scheme: str) -> None:
    watched = opened(chromium, url(folder, "walk"), 400, 700, scheme)
    page = watched.page
    page.keyboard.press("Home")
    assert page.locator("#told").inner_text() == "(0, 0): 1·1 + 2·0 + 4·0 + 5·1 = 6"
    page.keyboard.press("ArrowRight")
    assert page.locator("#told").inner_text() == "(0, 1): 2·1 + 3·0 + 5·0 + 6·1 = 8"
    page.click("#forward")
    assert page.locator("#position").inner_text() == "step 3 of 4"
    page.click("#play")
    page.locator("#position", has_text="step 4 of 4").wait_for()
    page.click("#play")
    assert watched.overflow() == 0
    assert watched.violations() == []
    assert (watched.elsewhere("file:"), watched.complaints) == ([], [])


def test_the_drawing_moves_unless_motion_disturbs(chromium: Any, folder: Path) -> None:
    seen = (
        "[...document.querySelectorAll('g')].filter(g => getComputedStyle(g).visibility === 'visible').length"
    )
    page = opened(chromium, (folder / "walk.svg").as_uri()).page
    assert page.evaluate("document.getAnimations().length") > 4
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate("document.getAnimations().length") == 0
    # the last window with its line, the kernel, and the four numbers that came out
    assert page.evaluate(seen) >= 6
