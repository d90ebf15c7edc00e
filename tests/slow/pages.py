"""Pages in Chromium driven by playwright: several at once, light and dark, and held to axe-core."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from system_packages import program

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
)  # fmt: skip


class Watched:
    """A page of the browser, and what it asked for and complained of so far."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(dialog.message))

    def elsewhere(self, own: str) -> list[str]:
        """The addresses asked for that don't begin with `own`."""
        return [url for url in self.requests if not url.startswith(own)]

    def violations(self) -> list[str]:
        """What axe-core finds that keeps people from using the page."""
        from axe_playwright_python.sync_playwright import Axe

        found = Axe().run(self.page).response["violations"]
        return [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]]

    def overflow(self) -> int:
        """By how many px the page is wider than its window."""
        width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        return int(self.page.evaluate(width))


@contextmanager
def launched() -> Iterator[Any]:
    """A browser with a profile of its own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = program(
            "chromium", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"
        )
        found = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield found
        found.close()


def opened(browser: Any, url: str, width: int = 1400, height: int = 1000, scheme: str = "light") -> Watched:
    """A page in a window of a size, light or dark, with a memory of its own."""
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    context.set_default_timeout(30_000)
    watched = Watched(context.new_page())
    watched.page.goto(url)
    return watched
