"""The calculator as a static site, built from nothing and used in a headless Chromium."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from browser import Page, browser

from cnncalc.web.server import Server

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
ROWS = "document.querySelectorAll('#table tbody tr').length"
OPEN = "document.querySelector('tr.working')"


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
def page() -> Iterator[Page]:
    with browser() as opened:
        yield opened
        assert not opened.complaints


def type_text(page: Page, text: str) -> None:
    page.do(
        f"(() => {{ const text = document.getElementById('text'); text.value = {json.dumps(text)};"
        "text.dispatchEvent(new Event('input')); })()"
    )


def use(page: Page, address: str) -> None:
    """What a reader does: reads the table, opens a working by keyboard, makes and mends a mistake."""
    page.wait(f"{ROWS} === 8", 200)
    assert page.do("document.querySelector('tfoot').textContent").startswith("Total62,006664,542651,720")
    assert page.do("document.querySelector('figure svg title').textContent")
    page.do("document.querySelector('button.layer').focus()")
    page.press("ArrowDown")
    page.press("Enter")
    page.wait(OPEN)
    assert "2×2" not in page.do("document.querySelector('button[aria-expanded=true]').textContent")
    assert page.do("document.activeElement.dataset.layer") == "POOL1"
    assert page.do("document.querySelectorAll('tr.working math').length") > 3
    page.press("Escape")
    page.wait(f"!{OPEN}")

    type_text(page, "input: 32x32x3\nlayers:\n  - conv: {name: C1, filters: 6, kernal: 5}\n")
    page.wait("document.querySelector('#faults li')")
    assert page.do("document.querySelector('#lines .bad').textContent") == "3"
    assert "did you mean kernel?" in page.do("document.getElementById('faults').textContent")
    page.do("document.querySelector('#faults button').click()")
    assert page.do("(t => t.value.slice(t.selectionStart).startsWith('kernal'))(document.activeElement)")
    type_text(page, "input 32x32x3\n卷积=conv5-6 relu\nfc-10\n")
    page.wait("!document.querySelector('#faults li')")
    page.wait("document.querySelector('button.layer[data-layer=卷积]')")
    page.do("document.querySelector('button.layer[data-layer=卷积]').click()")
    page.wait("location.hash.includes('layer=')")

    # the address alone says it all
    shared = page.do("location.href")
    page.go("about:blank")
    page.go(shared)
    page.wait(OPEN, 200)
    assert page.do("document.getElementById('text').value") == "input 32x32x3\n卷积=conv5-6 relu\nfc-10\n"

    page.do("document.getElementById('tab-check').click()")
    page.wait("document.querySelector('#blank input')")
    page.do("document.querySelector('#blank tbody tr td:nth-child(4) input').value = '450'")
    page.do("document.getElementById('mark').click()")
    page.wait("document.querySelector('#marked td')")
    assert "the biases are left out" in page.do("document.getElementById('marked').textContent")
    assert [asked for asked in page.requests if not asked.startswith((address, "about:"))] == []


def test_the_site_is_used_and_works_offline_afterwards(site: Path, page: Page) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=site))
    Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/"
    try:
        page.go(address)
        use(page, address)
        page.wait(
            "navigator.serviceWorker.ready.then(() => caches.keys()).then((names) => names.length)", 120
        )
    finally:
        server.shutdown()
        server.server_close()
    page.go("about:blank")
    page.go(f"{address}#example=lenet5-1998")
    page.wait(f"{ROWS} > 5", 200)
    assert page.do("document.title").startswith("LeNet-5")


def test_the_local_server_is_used_in_the_same_way(page: Page) -> None:
    with Server() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        page.go(server.address)
        use(page, server.address)
        page.do("location.hash = 'example=resnet50'")
        page.wait("document.title.startsWith('ResNet')")
        # a unit that is folded into another's row
        unit = "figure [data-layer='conv3_x.repeat1.3.bottleneck1']"
        page.do(
            f'document.querySelector("{unit} *").dispatchEvent(new MouseEvent("click", {{bubbles: true}}))'
        )
        page.wait(f"{OPEN} && location.hash.includes('layer=conv3_x')")
        page.size(400)
        page.prefer("dark")
        assert page.do("document.documentElement.scrollWidth") <= 400
        server.shutdown()
