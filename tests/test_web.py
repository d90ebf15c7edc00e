"""The calculator in a browser: its answers, and the server of `cnncalc serve`."""

import http.client
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.request import urlopen

import pytest

from cnncalc.built_in import builtin_names
from cnncalc.cli import main
from cnncalc.languages import english
from cnncalc.web import server as web_server
from cnncalc.web.answers import MOST_ROWS, answer, answer_json, spec_text
from cnncalc.web.server import FILES, LARGEST_REQUEST, PAGE, TYPES, Server

LENET = answer({"ask": "example", "name": "lenet5"})["text"]


def test_a_network_is_its_table() -> None:
    reply = answer({"ask": "network", "text": LENET, "language": "en"})
    assert reply["title"] == "LeNet-5"
    layers = {row["layer"]: row["cells"] for row in reply["rows"]}
    assert layers["CONV1"] == ["(28, 28, 6)", "4,704", "456", "357,504", "352,800", "5"]
    assert reply["total"]["cells"][2] == "62,006"
    assert not reply["folds"]
    assert reply["figure"].startswith("<svg")
    assert "CONV1" in reply["figure"]
    assert (reply["notes"], reply["warnings"]) == ([], [])


def test_a_long_network_is_folded_until_every_layer_is_asked_for() -> None:
    text = answer({"ask": "example", "name": "resnet50"})["text"]
    folded = answer({"ask": "network", "text": text, "language": "en"})
    every = answer({"ask": "network", "text": text, "language": "en", "every": True})
    assert (folded["folds"], every["folds"]) == (True, False)
    assert len(folded["rows"]) < 60
    assert len(every["rows"]) > 174
    assert folded["total"] == every["total"]
    # the page has no option to type
    assert "--" not in " ".join(folded["notes"])
    short, long = (
        answer({"ask": "working", "text": LENET, "layer": "CONV1", "long": each, "language": "en"})["html"]
        for each in (False, True)
    )
    assert ("connections" in short, "connections" in long) == (False, True)
    # each row can be asked about, blocks and folded repeats too
    for row in folded["rows"][1::7]:
        assert "<math>" in answer({"ask": "working", "text": text, "layer": row["layer"]})["html"]


def test_a_table_has_an_end() -> None:
    text = f"input: 8x8x1\nlayers: [{{repeat: {{times: {MOST_ROWS}, layers: [conv1-1, relu]}}}}]"
    reply = answer({"ask": "network", "text": text, "every": True, "language": "en"})
    assert len(reply["rows"]) == MOST_ROWS
    assert f"the first {MOST_ROWS:,} rows" in reply["notes"][-1]


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("input: 9x9x3\nlayers:\n  - conv: {filters: 2, kernal: 3}", "unknown_option", 3, 24),
        ("input 9x9x3\nconv3-6\nconvv3-6", "unknown_kind", 3, 1),
        ("input: 9x9x3\nlayers: [conv3-6", "bad_syntax", 2, 17),
        ("", "bad_spec", None, None),
        ("\0", "bad_character", 1, 1),
        ("[" * 5000, "too_deep", None, None),
        ("conv5-6", "usage", None, None),
        ("input: 9x9x3\nlayers: [{conv: {filters: !!python/object:os.system 3, kernel: 3}}]", "tag", 2, None),
    ],
)
def test_a_fault_has_its_place(text: str, code: str, line: int | None, column: int | None) -> None:
    (fault, *_) = answer({"ask": "network", "text": text})["faults"]
    assert fault["message"]
    if code != "bad_spec":
        assert fault["code"] == code
    if line is not None:
        assert fault["line"] == line
    if column is not None:
        assert fault["column"] == column


@pytest.mark.parametrize(
    "request_",
    [
        None, 3, [], {}, {"ask": "shutdown"}, {"ask": ["network"]}, {"ask": "network", "text": 5},
        {"ask": "example", "name": "../../etc/passwd"}, {"ask": "working", "text": LENET, "layer": "CONV9"},
        {"ask": "mark", "text": LENET, "sheet": ""}, {"ask": "mark", "text": LENET, "sheet": "%PDF-1.4"},
        {"ask": "mark", "text": LENET, "sheet": "a,b\nc,d"}, {"ask": "start", "language": "xx"},
    ],
)  # fmt: skip
def test_a_bad_question_is_told_in_a_fault(request_: Any) -> None:
    (fault, *_) = answer(request_)["faults"]
    assert fault["code"] != "internal", fault
    assert fault["message"]


def test_what_is_no_json_is_a_fault_too() -> None:
    for request in ("", "{", "\ud800", "[" * 100_000):
        assert json.loads(answer_json(request))["faults"]


def test_what_others_wrote_is_text_in_what_is_html() -> None:
    text = f"name: <script>x</script>\n{LENET.partition(chr(10))[2]}"
    assert answer({"ask": "network", "text": text})["title"] == "<script>x</script>"
    for layer in ("CONV1", "<b>CONV1</b>"):
        sheet = f'Layer,Shape,Params\n"{layer}",<img src=x>,<script>456</script>\nPOOL1,14x14x6,0'
        html = answer({"ask": "mark", "text": text, "sheet": sheet})["html"]
        assert not set(re.findall(r"</?(\w+)", html)) - {"table", "thead", "tbody", "tfoot", "tr", "th", "td"}
        assert "&lt;img" in html or layer != "CONV1"


def test_a_sheet_is_marked_and_its_slip_named() -> None:
    blank = answer({"ask": "blank", "text": LENET, "language": "en"})
    assert blank["columns"] == ["Layer", "Activation Shape", "Activation Size", "# Parameters"]
    assert blank["rows"][-1] == {"label": "Total", "asked": [False, False, True]}
    sheet = ",".join(blank["columns"]) + f"\n{blank['rows'][0]['label']},28x28x6,,450\n"
    reply = answer({"ask": "mark", "text": LENET, "sheet": sheet, "only_given": True, "language": "en"})
    assert "the biases are left out" in reply["html"]
    assert "1 of 2" in reply["html"]
    assert not reply["all_right"]
    right = answer({"ask": "mark", "text": LENET, "sheet": sheet.replace("450", "456"), "only_given": True})
    assert right["all_right"]


def test_every_language_has_the_words_of_the_page() -> None:
    page = (PAGE / "index.html").read_text("utf-8")
    script = (PAGE / "page.js").read_text("utf-8")
    shown = dict(re.findall(r'data-word="(\w+)"[^>]*>([^<]*)<', page))
    said = {"long", "short", *re.findall(r'word\("(\w+)"', script)}
    for code in ("en", "zh"):
        reply = answer({"ask": "start", "language": code})
        assert {f"calculator.{key}" for key in {*shown, *said}} <= {*reply["words"]}
        assert reply["examples"] == builtin_names()
        assert reply["first"] in reply["examples"]
    # the words that stand there until the library answers
    for key, text in shown.items():
        assert english().say(f"calculator.{key}") == text


def test_the_page_begins_with_what_a_file_holds(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("input: 8x8x1\nlayers: [convv3-2]\n")
    assert spec_text(str(broken)) == broken.read_text()
    assert spec_text("lenet5") == LENET
    assert "expect" not in LENET


def test_an_answer_needs_neither_numpy_nor_rich_nor_typer_nor_libyaml() -> None:
    script = """
import sys
for name in ("numpy", "rich", "typer", "_yaml", "yaml._yaml", "multiprocessing"):
    sys.modules[name] = None
from cnncalc.web.answers import answer
text = answer({"ask": "example", "name": "lenet5"})["text"]
sheet = "Layer,Params\\nCONV1,456\\n"
for question in ({"ask": "start"}, {"ask": "network", "text": text}, {"ask": "blank", "text": text},
                 {"ask": "working", "text": text, "layer": "CONV1"},
                 {"ask": "mark", "text": text, "sheet": sheet}):
    reply = answer(question)
    assert "faults" not in reply, reply
broken = "input: 9x9x3\\nlayers:\\n- conv: {filters: 2, kernal: 3}"
fault, = answer({"ask": "network", "text": broken})["faults"]
assert (fault["line"], fault["column"]) == (3, 22), fault
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# ---- the server


@pytest.fixture(scope="module")
def served() -> Iterator[Server]:
    with Server(start={"text": "begin"}) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def fetch(
    server: Server, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[int, bytes, http.client.HTTPMessage]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=60)
    try:
        connection.request(
            method, path, body, {name.replace("_", "-"): text for name, text in headers.items()}
        )
        reply = connection.getresponse()
        return reply.status, reply.read(), reply.headers
    finally:
        connection.close()


def test_the_page_and_each_file_that_it_names_is_there(served: Server) -> None:
    for path, file in FILES.items():
        status, content, headers = fetch(served, "GET", path)
        assert (status, content) == (200, (PAGE / file).read_bytes())
        assert headers["Content-Type"] == TYPES[Path(file).suffix]
        assert "default-src 'none'" in headers["Content-Security-Policy"]
    named = set(re.findall(r'(?:src|href)="([^"]+)"', (PAGE / "index.html").read_text("utf-8")))
    imported = re.findall(r'from "\./([^"]+)"', (PAGE / "page.js").read_text("utf-8"))
    assert {f"/{name}" for name in {*named, *imported}} <= {*FILES}
    assert json.loads(fetch(served, "GET", "/start.json")[1]) == {"text": "begin"}
    for path in ("/answers.py", "/../server.py", "/page/page.js", "/%2e%2e/server.py", "//etc/passwd"):
        assert fetch(served, "GET", path)[0] == 404


def test_a_question_is_answered(served: Server) -> None:
    question = json.dumps({"ask": "network", "text": LENET, "language": "en"}).encode()
    status, content, headers = fetch(served, "POST", "/ask", question, Content_Type="application/json")
    assert (status, headers["Content-Type"]) == (200, "application/json")
    assert json.loads(content) == answer(json.loads(question))
    assert json.loads(fetch(served, "POST", "/ask", b"{\n", Content_Type="application/json")[1])["faults"]


@pytest.mark.parametrize(
    ("status", "method", "path", "headers"),
    [
        (403, "GET", "/", {"Host": "cnncalc.example"}),
        (403, "GET", "/start.json", {"Host": "127.0.0.1:1"}),
        (403, "POST", "/ask", {"Content_Type": "application/json", "Origin": "http://cnncalc.example"}),
        (415, "POST", "/ask", {"Content_Type": "text/plain"}),
        (415, "POST", "/ask", {}),
        (404, "POST", "/", {"Content_Type": "application/json"}),
        (411, "POST", "/ask", {"Content_Type": "application/json", "Content_Length": "-1"}),
        (
            413,
            "POST",
            "/ask",
            {"Content_Type": "application/json", "Content_Length": str(LARGEST_REQUEST + 1)},
        ),
        (413, "POST", "/ask", {"Content_Type": "application/json", "Content_Length": "9" * 5000}),
        (501, "DELETE", "/", {}),
    ],
)
def test_what_no_page_of_ours_asks_is_refused(
    served: Server, status: int, method: str, path: str, headers: dict[str, str]
) -> None:
    assert fetch(served, method, path, None, **headers)[0] == status


def test_nobody_but_this_machine_is_answered(served: Server) -> None:
    assert served.server_address[0] == "127.0.0.1"
    # two headers of a name: which of them another program goes by is not known
    assert fetch(served, "GET", "/", Host=served.hosts[0], host="cnncalc.example")[0] == 403
    ours = f"http://{served.hosts[0]}"
    assert fetch(served, "GET", "/", Origin=ours)[0] == 200
    assert fetch(served, "GET", "/", Origin=ours, origin="http://cnncalc.example")[0] == 403


def test_what_takes_too_long_is_ended_and_the_next_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    answerer = web_server.Answerer(seconds=60)
    try:
        layers = "[{repeat: {times: 400, layers: [{repeat: {times: 400, layers: [conv3-8 same, relu]}}]}}]"
        slow = json.dumps({"ask": "network", "text": f"input: 8x8x1\nlayers: {layers}"}).encode()
        assert "faults" not in json.loads(answerer(b'{"ask": "start"}'))
        monkeypatch.setattr(answerer, "_seconds", 0.3)
        (fault,) = json.loads(answerer(slow))["faults"]
        assert (fault["code"], fault["message"]) == (
            "too_large",
            "takes more than 0.3 s, or more memory than a page may",
        )
        monkeypatch.setattr(answerer, "_seconds", 60)
        assert "faults" not in json.loads(answerer(b'{"ask": "start"}'))
    finally:
        answerer.close()


def test_the_command_tells_the_address_and_ends_quietly() -> None:
    command = [sys.executable, "-m", "cnncalc", "serve", "lenet5"]
    # a shell turns the interrupt off for what runs in its background, and so for these tests
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    signal.signal(signal.SIGINT, before)
    assert child.stdout is not None
    address = child.stdout.readline().split()[0]
    with urlopen(f"{address}start.json") as reply:  # noqa: S310 - the address is the child's own
        assert json.load(reply) == {"text": LENET}
    child.send_signal(signal.SIGINT)
    out, error = child.communicate(timeout=60)
    assert (child.returncode, out.strip(), error) == (0, "", "")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--port", "{port}"], "can't be had"),
        (["nothing.yaml"], "no such file"),
        (["--port", "99999"], "--port"),
    ],
)
def test_what_can_not_be_served_is_told(
    served: Server, words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["serve", *(word.format(port=served.server_port) for word in words)])
    assert stopped.value.code == 2
    assert told in capsys.readouterr().err
