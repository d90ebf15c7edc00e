"""The calculator as a static site, built from nothing and used in a headless Chromium."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from pages import Watched, launched, opened

from cnncalc.web.server import Server

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
ROWS = "#table tbody tr"
FAULTS = "#faults li"
COMING = 200_000
"""The most milliseconds that Python may take to come."""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Tests print nothing."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("npm") is None:
        pytest.skip("make site needs npm")
    folder = tmp_path_factory.mktemp("made") / "site"
    subprocess.run([sys.executable, ROOT / "docs" / "make_site.py", folder], check=True)
    return folder


@pytest.fixture
def blank() -> Iterator[Watched]:
    """An empty page of a new browser, which has complained of nothing at the end."""
    with launched() as chromium:
        watched = opened(chromium, "about:blank")
        watched.page.set_default_timeout(20_000)
        yield watched
        assert watched.complaints == []


def use(watched: Watched, address: str) -> None:
    """What a reader does: reads the table, opens a working by keyboard, makes and mends a mistake."""
    from playwright.sync_api import expect

    page = watched.page
    page.locator(ROWS).nth(7).wait_for(timeout=COMING)
    assert page.locator(ROWS).count() == 8
    assert page.locator("tfoot").inner_text().split() == ["Total", "62,006", "664,542", "651,720"]
    assert page.locator("figure svg title").first.text_content()
    page.focus("button.layer")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.locator("tr.working").wait_for()
    assert page.evaluate("document.activeElement.dataset.layer") == "POOL1"
    assert page.locator("tr.working math").count() > 3
    page.keyboard.press("Escape")
    page.locator("tr.working").wait_for(state="detached")

    page.fill("#text", "input: 32x32x3\nlayers:\n  - conv: {name: C1, filters: 6, kernal: 5}\n")
    page.locator(FAULTS).wait_for()
    assert page.locator("#lines .bad").inner_text() == "3"
    assert "did you mean kernel?" in page.locator("#faults").inner_text()
    page.click("#faults button")
    selected = "(t => t.value.slice(t.selectionStart).startsWith('kernal'))(document.activeElement)"
    assert page.evaluate(selected)
    page.click("#tab-check")
    page.locator("#mend", has_text="Mend the network first").wait_for()
    assert not page.locator("#mark").is_enabled()
    page.click("#tab-numbers")
    page.fill("#text", "import torch.nn as nn\nnn.Sequential(nn.Conv2d(3, 6, 5), nn.ReLU(), nn.Flatten())")
    page.locator(FAULTS, has_text="input").wait_for()
    page.fill("#text", "input 32x32x3\n卷积=conv5-6 relu\nfc-10\n")
    page.click("button.layer[data-layer=卷积]")
    expect(page).to_have_url(re.compile("layer="))

    # the address alone says it all
    shared = page.url
    page.goto("about:blank")
    page.goto(shared)
    page.locator("tr.working").wait_for(timeout=COMING)
    assert page.input_value("#text") == "input 32x32x3\n卷积=conv5-6 relu\nfc-10\n"

    page.click("#tab-check")
    page.fill("#blank tbody tr:first-child td:nth-child(4) input", "450")
    page.click("#mark")
    page.locator("#marked", has_text="the biases are left out").wait_for()
    page.click("details summary")
    page.fill("#pasted", "<table><tr><th>Layer<th>Params<tr><td>卷积<td>1,350</table>")
    page.click("#mark")
    page.locator("#marked", has_text="1,350").wait_for()
    assert watched.elsewhere(address) == []
    assert watched.violations() == []


def test_the_site_is_small_and_is_used_and_works_offline_afterwards(site: Path, blank: Watched) -> None:
    # an archive is sent as the archive is, WebAssembly and scripts about 0.37 and 0.21 of their sizes
    sizes = {path.name: path.stat().st_size for path in site.rglob("*") if path.is_file()}
    assert sizes["python_stdlib.zip"] + sizes["library.zip"] < 2_400_000
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=site))
    Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/"
    page = blank.page
    try:
        page.goto(address)
        use(blank, address)
        # the worker that keeps the files is ready once it has them
        page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    finally:
        server.shutdown()
        server.server_close()
    page.goto("about:blank")
    page.goto(f"{address}#example=lenet5-1998")
    page.locator(ROWS).nth(5).wait_for(timeout=COMING)
    assert page.title().startswith("LeNet-5")


def test_the_local_server_is_used_in_the_same_way(blank: Watched) -> None:
    from playwright.sync_api import expect

    page = blank.page
    with Server() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        page.goto(server.address)
        use(blank, server.address)
        page.evaluate("location.hash = 'example=resnet50'")
        expect(page).to_have_title(re.compile("ResNet"), timeout=20_000)
        # a unit that is folded into another's row
        unit = "figure [data-layer='conv3_x.repeat1.3.bottleneck1'] *"
        page.locator(unit).first.dispatch_event("click")
        page.locator("tr.working").wait_for()
        expect(page).to_have_url(re.compile("layer=conv3_x"))
        page.set_viewport_size({"width": 400, "height": 900})
        page.emulate_media(color_scheme="dark")
        assert blank.overflow() == 0
        server.shutdown()
