"""The page of the calculator on this machine alone, answered by the installed package.

Answers come from one child process, as in a browser from one Worker: a spec that takes too long, or too much
memory, ends the child, and the next question has a new one.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Timer
from typing import Any, ClassVar

LOOPBACK = "127.0.0.1"
PAGE = Path(__file__).with_name("page")
LARGEST_REQUEST = 2**20
"""The most bytes of a question: a spec, a sheet and some words."""
SECONDS = 20
"""The most seconds that an answer may take."""
ROOM = 2**31
"""The most bytes of address space that the child takes."""

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
FILES = {
    "/": "index.html",
    # a static site asks a Worker, which this server stands in for
    "/ask.js": "ask_server.js",
    **{f"/{name}": name for name in ("index.html", "page.css", "page.js", "address.js", "icon.svg")},
}
HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Answerer:
    """Answers one question after another, each within the bounds of time and memory."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._lock = Lock()
        self._child: subprocess.Popen[bytes] | None = None

    def __call__(self, request: bytes) -> bytes:
        """The reply to a question, both JSON in one line; a child that ends before its reply is told of."""
        with self._lock:
            child = self._child = self._child or _start()
            timer = Timer(self._seconds, child.kill)
            timer.start()
            try:
                reply = _ask(child, request)
            finally:
                timer.cancel()
            if not reply:
                self.close()
                message = f"takes more than {self._seconds:g} s, or more memory than a page may"
                help = "a smaller network, or the command: cnncalc summary"
                fault = {"code": "too_large", "message": message, "help": help, "line": None, "column": None}
                reply = json.dumps({"faults": [{**fault, "chain": []}]}).encode()
            return reply

    def close(self) -> None:
        """Ends the child."""
        if self._child is not None:
            self._child.kill()
            self._child.communicate()
            self._child = None


def _start() -> subprocess.Popen[bytes]:
    # -P: no module in the folder of the caller stands in for one of Python
    command = [sys.executable, "-P", "-c", "from cnncalc.web.server import answer_lines; answer_lines()"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - our own


def _ask(child: subprocess.Popen[bytes], request: bytes) -> bytes:
    """The child's reply; nothing where the child has ended."""
    assert child.stdin
    assert child.stdout
    try:
        child.stdin.write(request.replace(b"\n", b" ").replace(b"\r", b" ") + b"\n")
        child.stdin.flush()
        return child.stdout.readline()
    except OSError:
        return b""


def answer_lines() -> None:
    """The work of the child process: a reply on standard output for each line of standard input."""
    import signal

    from cnncalc.web.answers import answer_json

    # an interrupt is for the server, whose end ends the child as well
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit_memory()
    for line in sys.stdin.buffer:
        sys.stdout.buffer.write(answer_json(line).encode("utf-8", "replace") + b"\n")
        sys.stdout.buffer.flush()


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:
        return  # Windows
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(
        resource.RLIMIT_AS, (ROOM if hard == resource.RLIM_INFINITY else min(ROOM, hard), hard)
    )


class Server(ThreadingHTTPServer):
    """The page at a port of the loopback address; port 0 is any free one. Raises OSError for a taken one."""

    daemon_threads = True

    def __init__(
        self, port: int = 0, start: Mapping[str, str] | None = None, seconds: float = SECONDS
    ) -> None:
        self.start = dict(start or {})
        self.answerer = Answerer(seconds)
        super().__init__((LOOPBACK, port), Handler)

    @property
    def address(self) -> str:
        """The address of the page in a browser."""
        return f"http://{LOOPBACK}:{self.server_port}/"

    @property
    def hosts(self) -> tuple[str, str]:
        """The names of this server for a browser that another name did not send here."""
        return f"{LOOPBACK}:{self.server_port}", f"localhost:{self.server_port}"

    def server_close(self) -> None:
        super().server_close()
        self.answerer.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that goes away in the middle of a reply is no fault."""


class Handler(BaseHTTPRequestHandler):
    """Gives the page's few files, and answers its questions; nothing else, and to no other page."""

    server: Server
    server_version = "cnncalc"
    sys_version = ""
    timeout = 30
    policy: ClassVar[str] = (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if not self._is_for_us():
            return
        if path == "/start.json":
            self._send(json.dumps(self.server.start).encode(), "application/json")
        elif path in FILES:
            file = PAGE / FILES[path]
            self._send(file.read_bytes(), TYPES[file.suffix])
        else:
            self._refuse(HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        if not self._is_for_us():
            return
        length = self.headers.get("Content-Length", "")
        if self.path != "/ask":
            self._refuse(HTTPStatus.NOT_FOUND)
        elif self.headers.get("Content-Type", "").partition(";")[0].strip() != "application/json":
            # another page can send a form without asking, and JSON only if the server allows it
            self._refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        elif not (length.isascii() and length.isdigit()):
            self._refuse(HTTPStatus.LENGTH_REQUIRED)
        elif len(length) > len(str(LARGEST_REQUEST)) or int(length) > LARGEST_REQUEST:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            self._send(self.server.answerer(self.rfile.read(int(length))), "application/json")

    def _is_for_us(self) -> bool:
        """Whether a request names this server, and comes from its own page; else it is refused.

        A name that leads to the loopback address makes any page of the web one of the same origin.
        """
        named, origins = (self.headers.get_all(name, []) for name in ("Host", "Origin"))
        ours = len(named) == 1 and named[0] in self.server.hosts
        if ours and (not origins or origins in [[f"http://{host}"] for host in self.server.hosts]):
            return True
        self._refuse(HTTPStatus.FORBIDDEN)
        return False

    def _send(self, content: bytes, type: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        self.send_response(status)
        for name, value in {**HEADERS, "Content-Security-Policy": self.policy}.items():
            self.send_header(name, value)
        self.send_header("Content-Type", type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def do_HEAD(self) -> None:
        self.do_GET()

    def _refuse(self, status: HTTPStatus) -> None:
        # what a refused request still sends is not read
        self.close_connection = True
        self._send(f"{status.phrase}\n".encode(), "text/plain; charset=utf-8", status)

    def log_message(self, *args: object) -> None:
        """The terminal stays quiet."""
