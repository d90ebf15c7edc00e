"""A headless Chromium for the tests of pages, driven through its pipe for developers' tools."""

import json
import os
import subprocess
import tempfile
import time
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from select import select
from typing import Any

from system_packages import program

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
    "--remote-debugging-pipe",
)  # fmt: skip


def chromium() -> str:
    """The browser's command."""
    return program("chromium", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class Page:
    """A page of the browser: what it shows, asks for and complains of.

    `requests` are the addresses that were asked for, `complaints` the errors of the console and of scripts.
    """

    def __init__(self, browser: "_Pipe", session: str) -> None:
        self._browser, self._session = browser, session
        self.requests: list[str] = []
        self.complaints: list[str] = []

    def send(self, method: str, **parameters: Any) -> Any:
        """What a command of the protocol comes to."""
        return self._browser.send(method, parameters, self._session)

    def go(self, address: str) -> None:
        """Opens an address, and waits until all that the page names is loaded."""
        loaded = self._browser.count("Page.loadEventFired")
        self.send("Page.navigate", url=address)
        self._browser.until(lambda: self._browser.count("Page.loadEventFired") > loaded)

    def do(self, script: str) -> Any:
        """The value of an expression of JavaScript, or what its promise comes to; raises AssertionError."""
        reply = self.send("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in reply, reply["exceptionDetails"]
        return reply["result"].get("value")

    def wait(self, condition: str, seconds: float = 60) -> None:
        """Waits until an expression is true; raises AssertionError."""
        end = time.monotonic() + seconds
        while not self.do(f"Boolean({condition})"):
            assert time.monotonic() < end, f"not within {seconds} s: {condition}; {self.complaints}"
            self._browser.listen(0.05)

    def press(self, key: str) -> None:
        """Presses a key, such as Tab, Enter or ArrowDown, where the focus is."""
        codes = {
            "Tab": 9,
            "Enter": 13,
            "Escape": 27,
            " ": 32,
            "ArrowLeft": 37,
            "ArrowUp": 38,
            "ArrowRight": 39,
        }
        codes |= {"ArrowDown": 40}
        own = {"key": key, "code": key, "windowsVirtualKeyCode": codes.get(key, 0)}
        text = {"text": "\r"} if key == "Enter" else {}
        self.send("Input.dispatchKeyEvent", type="keyDown", **own, **text)
        self.send("Input.dispatchKeyEvent", type="keyUp", **own)

    def size(self, width: int, height: int = 900) -> None:
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def prefer(self, scheme: str = "light", **features: str) -> None:
        """A dark or a light scheme of colours, and other features of media."""
        wanted = {"prefers-color-scheme": scheme, **features}
        self.send(
            "Emulation.setEmulatedMedia",
            features=[{"name": name, "value": value} for name, value in wanted.items()],
        )

    def offline(self, off: bool = True) -> None:
        """Takes the network away."""
        self.send(
            "Network.emulateNetworkConditions",
            offline=off,
            latency=0,
            downloadThroughput=-1,
            uploadThroughput=-1,
        )

    def picture(self, file: Path, whole: bool = False) -> None:
        """Writes what the page shows, or the whole of the page, as PNG."""
        reply = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        file.write_bytes(b64decode(reply["data"]))

    def heard(self, method: str, told: Mapping[str, Any]) -> None:
        if method == "Network.requestWillBeSent":
            self.requests.append(told["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(str(told["exceptionDetails"])[:500])
        elif method == "Runtime.consoleAPICalled" and told["type"] in ("error", "warning", "assert"):
            self.complaints.append(str(told["args"])[:500])
        elif method == "Log.entryAdded" and told["entry"]["level"] in ("error", "warning"):
            self.complaints.append(f"{told['entry']['text']} {told['entry'].get('url', '')}")


class _Pipe:
    """The protocol over two pipes: JSON, each piece ended by a zero byte."""

    def __init__(self, to: int, back: int) -> None:
        self._to, self._back = to, back
        self._number = 0
        self._buffer = b""
        self._replies: dict[int, Any] = {}
        self._events: list[str] = []
        self.pages: dict[str, Page] = {}

    def send(self, method: str, parameters: Mapping[str, Any], session: str = "") -> Any:
        self._number += 1
        own = self._number
        message = {"id": own, "method": method, "params": parameters} | (
            {"sessionId": session} if session else {}
        )
        os.write(self._to, json.dumps(message).encode() + b"\0")
        self.until(lambda: own in self._replies)
        reply = self._replies.pop(own)
        assert "error" not in reply, (method, reply["error"])
        return reply["result"]

    def until(self, condition: Any, seconds: float = 120) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"Chromium does not answer within {seconds} s"
            self.listen(0.5)

    def count(self, event: str) -> int:
        return self._events.count(event)

    def listen(self, seconds: float) -> None:
        """Takes in what the browser says within so many seconds."""
        if not select([self._back], [], [], seconds)[0]:
            return
        piece = os.read(self._back, 2**20)
        assert piece, "Chromium has ended"
        *messages, self._buffer = (self._buffer + piece).split(b"\0")
        for message in map(json.loads, messages):
            if "id" in message:
                self._replies[message["id"]] = message
            elif (page := self.pages.get(message.get("sessionId", ""))) is not None:
                self._events.append(message["method"])
                page.heard(message["method"], message["params"])


@contextmanager
def browser() -> Iterator[Page]:
    """A page of a new Chromium, which knows nothing of former visits."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        read_by_it, to = os.pipe()
        back, written_by_it = os.pipe()
        # the browser reads its file 3 and writes its file 4
        command = f'exec "$0" "$@" 3<&{read_by_it} 4>&{written_by_it}'
        child = subprocess.Popen(
            ["/bin/bash", "-c", command, chromium(), *FLAGS, f"--user-data-dir={folder}", "about:blank"],
            pass_fds=(read_by_it, written_by_it),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(read_by_it)
        os.close(written_by_it)
        try:
            pipe = _Pipe(to, back)
            target = pipe.send("Target.createTarget", {"url": "about:blank"})["targetId"]
            session = pipe.send("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
            page = pipe.pages[session] = Page(pipe, session)
            for domain in ("Page", "Runtime", "Network", "Log"):
                page.send(f"{domain}.enable")
            yield page
        finally:
            child.kill()
            child.wait()
            os.close(to)
            os.close(back)
