"""Coverage-guided fuzzing of what cnncalc reads: `fuzz.py KIND`, such as `fuzz.py spec`.

The kinds are `spec`, `line` (layers in words and pasted), `value` (one answer), `written` (specs as figures,
pages, quizzes and in other formats), `sheet`, `marking` (files of marks), `device`, `model` (files of weights
and data), `keras` (configurations), `keras_file` (.keras and .h5), `pt2` and `onnx`. Of models, half are read
with the values of their arrays.

A find is an exception that is not the package's own, or more than SECONDS of the processor; each is written
to .fuzz/KIND-finds/ once, and the run goes on. More memory than LIMITS gives, or no end, ends the run. The
exit code says whether there was a find. Options behind the kind are libFuzzer's: -max_total_time=600, or
-runs=100000. `fuzz.py KIND plain SECONDS` needs no atheris, watches no coverage, and is faster for that: what
was kept is changed in the same ways.

`make fuzz` runs all. The corpus grows in .fuzz/, and is where the next run starts. A find becomes a
test in the file of what it is about, and is mended.
"""

from __future__ import annotations

import hashlib
import os
import random
import re
import resource
import signal
import sys
import tempfile
import time
import traceback
import zlib
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from math import prod
from pathlib import Path

from instrumented import WATCHED, atheris
from seeds import ASKED, SEEDS, plant, words
from structured import archive_changed, hdf5_changed, onnx_changed, text_changed

import cnncalc
from cnncalc import errors
from cnncalc.analysis import conventions, devices
from cnncalc.convert.specs import spec_of
from cnncalc.errors import CnncalcError
from cnncalc.execute.files import read_array, read_weights
from cnncalc.execute.weights import expected
from cnncalc.export.exporter import Choices, exporter
from cnncalc.figures import draw, write
from cnncalc.homework.answers import Rules, read_columns, read_marks, read_share
from cnncalc.homework.key import Key
from cnncalc.homework.marking import mark_sheet
from cnncalc.homework.marking_file import read_marking
from cnncalc.homework.numbers import read_number
from cnncalc.homework.quiz import Quiz, Wish, network_quiz
from cnncalc.homework.shapes import read_shape
from cnncalc.homework.sheets import read_sheet
from cnncalc.interop.contents import open_model
from cnncalc.interop.keras.files import HDF5, parsed
from cnncalc.interop.keras.reader import KerasModel
from cnncalc.interop.model import Model
from cnncalc.languages import language
from cnncalc.loading import load_compact, load_model, load_text
from cnncalc.number_text import read_bytes, read_count
from cnncalc.page import report_page
from cnncalc.render.homework.marking import marked_document
from cnncalc.render.homework.quiz_files import write_quiz
from cnncalc.render.problems import told
from cnncalc.render.writer import written
from cnncalc.spec import expand, groups, layer_bound
from cnncalc.spec.expressions import ExpressionError, evaluate
from cnncalc.spec.source import decode

HERE = Path(".fuzz")
SECONDS = 2.0
STRUCTURED = {"keras": 0.9, "keras_file": 0.8, "pt2": 0.95, "onnx": 0.95}
"""How often an input is changed within what it is made of; half of the time for the other kinds."""
SLOWER = 3
"""How many times slower code is whose coverage is watched."""
MOST_READ = 10**6
"""Arrays of more values are not read."""
LONGEST = {"value": 300, "sheet": 16384, "keras": 16384, "keras_file": 65536, "pt2": 32768, "onnx": 16384}
"""The most bytes of an input, 4096 of the other kinds."""
BYTES = 2**31
"""The most room of an address space, without atheris."""
LIMITS = ["-timeout=60", "-rss_limit_mb=700", "-malloc_limit_mb=500"]

# a spec may say in a line that it is huge, and then takes its time: what is fuzzed is how it is read
expand.MOST_LAYERS = groups.MOST_LAYERS = layer_bound.MOST_LAYERS = 500  # type: ignore[attr-defined]
expand.MOST_EMPTY = 500


def read_spec(data: bytes) -> None:
    """A spec, through analysis to its table, its working or its JSON."""
    net = load_text(decode(data, "fuzz.yaml"), "fuzz.yaml")
    chance = zlib.crc32(data)
    way = chance % 16
    if way == 0:
        str(net.explain(lang="en"))
    elif way == 1:
        str(net.explain(symbolic=True, lang="zh"))
    elif way == 2:
        net.analyze(convention=_CONVENTIONS[chance // 16 % len(_CONVENTIONS)]).to_dict()
    elif way == 3:
        net.check_expectations()
    elif way == 4:
        net.analyze(layout="chw", rounding="exact", batch=3, dtype="int8").to_dict()
    else:
        net.analyze().to_dict()


def read_written(data: bytes) -> None:
    """A spec, written as a figure, a page, a quiz, a spec or in the language of another program."""
    report = load_text(decode(data, "fuzz.yaml"), "fuzz.yaml").analyze()
    chance = zlib.crc32(data)
    way, other = chance % 8, chance // 8
    spoken = language(("en", "zh", "zh_TW")[other % 3])
    if way < 3:
        scene = draw(report, lang=spoken.code, theme=("light", "dark")[other % 2])
        write(scene, ("svg", "tikz", "json")[other % 3])
    elif way == 3:
        report_page(report, spoken)
    elif way == 4:
        spec_of(report.graph, name="fuzz", layout="hwc", fold=other % 2 == 0)
    elif way == 5:
        kind = ("choice", "number", "table")[other % 3]
        quiz = Quiz("fuzz", "1", network_quiz(report, other, Wish(type=kind)))
        write_quiz(
            quiz, _QUIZZES[other // 3 % len(_QUIZZES)], str(Path(_FOLDER.name, "quiz")), spoken, key=True
        )
    else:
        "".join(exporter(report, ("mermaid", "dot", "pytorch", "keras")[other % 4], Choices()).pieces())


def read_device(data: bytes) -> None:
    """The file of a device, and the roofline of a network on the device."""
    file = Path(_FOLDER.name, "device.yaml")
    file.write_bytes(data)
    _KEY.report.bounds(devices.find(str(file))).to_dict()


def read_rules(data: bytes) -> None:
    """A file that says how sheets are marked, and a sheet that is marked so."""
    file = Path(_FOLDER.name, "marking.yaml")
    file.write_bytes(data)
    rules = read_marking(str(file), _KEY, Rules())
    "".join(written(marked_document(mark_sheet(_KEY, read_sheet("sheet", SHEET), rules)), "table"))


def read_value(data: bytes) -> None:
    """One answer: as a number, a shape, an expression, a size and a count, and as options say marks."""
    text = decode(data, "-").strip()
    for read in _VALUES:
        try:
            read(text)
        except (ExpressionError, CnncalcError):
            continue


def read_line(data: bytes) -> None:
    """Layers as a command takes them in the place of a spec, through analysis to its JSON."""
    load_compact(decode(data, "-"), "12x12x3").analyze().to_dict()


def read_answers(data: bytes) -> None:
    """An answer sheet, its format guessed, marked and written as a table."""
    name = "sheet.html" if data[:1] == b"<" else "sheet.ipynb" if b'"nbformat"' in data[:40] else "sheet"
    marked = mark_sheet(_KEY, read_sheet(name, data))
    "".join(written(marked_document(marked), "table"))
    marked.to_dict()


def read_model(data: bytes) -> None:
    """Weights or data, run through a network that some of the seeds fit."""
    suffix = next((end for start, end in _MAGIC.items() if data.startswith(start)), "")
    if not suffix:
        suffix = ".safetensors" if data[4:8] == bytes(4) else ".txt"
    file = Path(_FOLDER.name, f"model{suffix}")
    file.write_bytes(data)
    if suffix in (".npz", ".safetensors"):
        _NET.run(weights=read_weights(str(file)))
    else:
        _NET.run(read_array(str(file), 1))


def read_keras(data: bytes) -> None:
    """The configuration of a Keras model, through analysis to its JSON."""
    _analyze(KerasModel("net.json", parsed(decode(data, "net.json"), "net.json")), data)


def read_file(data: bytes) -> None:
    """A file of another framework's, known by its contents, through analysis to its JSON."""
    file = Path(_FOLDER.name, "net.bin")
    file.write_bytes(data)
    model = open_model(file, "net.bin")
    if model is not None:
        _analyze(model, data)


def read_onnx(data: bytes) -> None:
    """A model of ONNX, through analysis to its JSON."""
    file = Path(_FOLDER.name, "net.onnx")
    file.write_bytes(data)
    model = open_model(file, "net.onnx")
    assert model is not None
    _analyze(model, data)


def _analyze(model: Model, data: bytes) -> None:
    chance = zlib.crc32(data)
    report = load_model(model, opaque=chance % 2 == 0).analyze()
    report.to_dict()
    if chance // 2 % 2 == 0:
        weights = report.graph.provenance.weights or {}
        for name, wanted in list(expected(report.graph, report.facts).items())[:20]:
            if name in weights and prod(wanted) < MOST_READ:
                weights[name]


_CONVENTIONS = conventions.names()
_KEY = Key(cnncalc.load(ASKED, input="12x12x3").analyze())
_NET = cnncalc.load("conv2-2", input="3x3x1")
_MEMORY = Path("/dev/shm")  # noqa: S108 - no disk is worn where there is a folder in memory
_FOLDER = tempfile.TemporaryDirectory(prefix="cnncalc-fuzz-", dir=_MEMORY if _MEMORY.is_dir() else None)
_VALUES: tuple[Callable[[str], object], ...] = (
    read_number,
    partial(read_number, whole=False, memory=True),
    read_shape,
    partial(evaluate, names={"w": 3}),
    read_bytes,
    read_count,
    partial(read_share, "--partial"),
    read_marks,
    read_columns,
)
_QUIZZES = ("gift", "moodle", "blackboard", "qti12", "qti21", "qti30", "rexams", "nbgrader", "html", "latex")
SHEET = b"Layer,# Parameters,Shape\nCONV1,456,8x8x6\nPOOL1,0,4x4x7\nFC,(96+1)*10,10\nTotal,1,\n"
_MAGIC = {b"PK": ".npz", b"\x93NUMPY": ".npy", b"\x89PNG": ".png"}
TARGETS: dict[str, Callable[[bytes], None]] = {
    "spec": read_spec,
    "line": read_line,
    "value": read_value,
    "written": read_written,
    "sheet": read_answers,
    "marking": read_rules,
    "device": read_device,
    "model": read_model,
    "keras": read_keras,
    "keras_file": read_file,
    "pt2": read_file,
    "onnx": read_onnx,
}


class Run:
    """What has been tried, and what was found."""

    def __init__(self, kind: str) -> None:
        self.kind, self.target = kind, TARGETS[kind]
        self.finds = HERE / f"{kind}-finds"
        self.finds.mkdir(parents=True, exist_ok=True)
        self.known: set[str] = set()
        self.tried = self.refused = 0
        self.began = time.monotonic()
        self.count()

    def one(self, data: bytes) -> None:
        """Tries one input."""
        start = time.process_time()
        self.tried += 1
        trouble = ""
        try:
            self.target(data)
        except CnncalcError as error:
            self.refused += 1
            for fault in error.faults[:3]:
                told(fault)
        except Exception as error:  # noqa: BLE001 - this is what is looked for
            where = traceback.extract_tb(error.__traceback__)[-1]
            trouble = f"{type(error).__name__} in {Path(where.filename).name}:{where.lineno}"
        if (took := time.process_time() - start) > SECONDS * SLOWER and not trouble:
            trouble = f"slow: {took:.0f} s"
        if trouble:
            self.note(trouble, data)
        if self.tried % 1000 == 0:
            self.count()

    def note(self, trouble: str, data: bytes) -> None:
        """Keeps an input that shows a fault not seen before."""
        if trouble in self.known:
            return
        self.known.add(trouble)
        file = self.finds / hashlib.sha256(data).hexdigest()[:16]
        file.write_bytes(data)
        sys.stderr.write(f"FIND {trouble}: {file}\n")

    def count(self) -> None:
        """Writes how far the run has come."""
        seconds = time.monotonic() - self.began
        told = f"{self.tried:,} tried, {self.refused:,} refused, {len(self.known)} finds, {seconds:.0f} s"
        (HERE / f"{self.kind}.count").write_text(f"{self.kind}: {told}\n", "ascii")


_TOKEN = re.compile(rb"[A-Za-z_]+|[0-9]+|[ ]+|.", re.DOTALL)
_NUMBERS = (b"0", b"1", b"2", b"3", b"7", b"-1", b"0.5", b"64", b"1000000", b"999999999989", b"1000000000001")


def rewritten(data: bytes, words: Sequence[bytes], rng: random.Random) -> bytes:
    """A text with a word, a number or a line in another's place: mostly a text that says something still."""
    if rng.random() < 0.3:
        lines = data.splitlines(keepends=True) or [b""]
        at, other = rng.randrange(len(lines)), rng.randrange(len(lines))
        lines[at : at + rng.randrange(2)] = [lines[other]] * rng.choice((0, 1, 1, 3))
        return b"".join(lines)
    tokens = _TOKEN.findall(data) or [b""]
    for _ in range(rng.choice((1, 1, 2, 4))):
        at = rng.randrange(len(tokens))
        token = tokens[at]
        if token.isdigit():
            number = int(token[:9])
            tokens[at] = rng.choice((*_NUMBERS, b"%d" % (number + 1), b"%d" % (number // 2)))
        elif token.isalpha() or rng.random() < 0.1:
            tokens[at] = rng.choice((rng.choice(words), rng.choice(tokens)))
    return b"".join(tokens)


def changed(kind: str, data: bytes, seeds: list[bytes], most: int, rng: random.Random) -> bytes:
    """An input changed within what it is made of; as it is, where it is made of nothing that is known."""
    if kind == "onnx":
        return onnx_changed(data, seeds, rng)
    if data[:4] == b"PK\x03\x04":
        return archive_changed(data, seeds, lambda part: bytes_changed(part, max(most, 8), rng), rng)
    if data[:8] == HDF5:
        return hdf5_changed(data, rng)
    return text_changed(data, seeds, rng) if kind == "keras" else data


def mutator(kind: str) -> Callable[[bytes, int, int], bytes]:
    """How inputs are changed: within what they are made of, or byte by byte."""
    known = sorted(word.encode() for word in words(kind))
    seeds = list(SEEDS[kind]())

    def mutated(data: bytes, most: int, seed: int) -> bytes:
        rng = random.Random(seed)  # noqa: S311 - a run is to be repeatable, not secret
        if rng.random() < 0.3:
            # most of what has been kept is wrong, each in a way of its own: begin again with what is right
            data = rng.choice(seeds)
        if rng.random() < STRUCTURED.get(kind, 0.5):
            found = changed(kind, data, seeds, most, rng)
            if found == data and b"\0" not in data:
                found = rewritten(data, known, rng)
            if found != data and len(found) <= most:
                return found
        return bytes_changed(data, most, rng)

    return mutated


def bytes_changed(data: bytes, most: int, rng: random.Random) -> bytes:
    """An input changed byte by byte: by libFuzzer, where it is there."""
    if WATCHED:
        return bytes(atheris.Mutate(data, most))
    found = bytearray(data or b"\n")
    for _ in range(rng.choice((1, 1, 2, 4))):
        at, other = sorted(rng.randrange(len(found) + 1) for _ in range(2))
        way = rng.randrange(5)
        if way == 0:
            found[at : at + 1] = rng.randbytes(1)
        elif way == 1:
            found[at : at + 4] = rng.choice((bytes(4), b"\xff" * 4, b"\x01\0\0\0", b"\0\0\0\x80"))
        elif way == 2:
            del found[at : at + rng.choice((1, 1, 4, 64))]
        elif way == 3:
            found[at:at] = found[other : other + rng.choice((1, 4, 64))]
        else:
            found[at:at] = rng.randbytes(rng.choice((1, 1, 4)))
    return bytes(found[:most])


class TooLongError(Exception):
    """An input that has not ended after a minute."""


def plain(kind: str, seconds: float) -> None:
    """Tries what has been kept, and what the changes make of that, as fast as the readers go."""

    def stop(*_: object) -> None:
        raise TooLongError

    run, mutated, most = Run(kind), mutator(kind), LONGEST.get(kind, 4096)
    kept = [path.read_bytes() for path in sorted((HERE / kind).iterdir())]
    first = time.time_ns()
    signal.signal(signal.SIGALRM, stop)
    for number in count():
        if time.monotonic() - run.began > seconds:
            break
        rng = random.Random(first + number)  # noqa: S311 - no secret
        if number % 1000 == 0:
            errors.nearest = nearest if rng.random() < SUGGESTED else no_suggestion
        data = rng.choice(kept)
        for _ in range(rng.choice((1, 1, 1, 1, 2))):
            data = mutated(data, most, rng.randrange(2**32))
        signal.setitimer(signal.ITIMER_REAL, 60)
        run.one(data)
        signal.setitimer(signal.ITIMER_REAL, 0)
    run.count()


nearest = errors.nearest
SUGGESTED = 0.1
"""How often a wrong word's nearest is looked for: most of what is tried is wrong, and the search is slow."""


def no_suggestion(name: str, names: object) -> str:  # noqa: ARG001 - as nearest
    """In the place of `nearest`: nothing was meant."""
    return ""


def main() -> None:
    """Fuzzes one kind of input."""
    kind, *options = sys.argv[1:] or [""]
    if kind not in TARGETS:
        sys.exit(__doc__)
    corpus = HERE / kind
    dictionary = plant(kind, corpus)
    before = len(list(HERE.glob(f"{kind}-finds/*")))
    # libFuzzer ends its process, at the end as well as at a find of its own
    if (child := os.fork()) == 0:
        limits = [*LIMITS, f"-max_len={LONGEST.get(kind, 4096)}", f"-artifact_prefix={HERE / kind}-finds/"]
        if not WATCHED:
            resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
            plain(kind, float(options[1]))
            os._exit(0)
        arguments = [sys.argv[0], *limits, f"-dict={dictionary}", *options, str(corpus)]
        atheris.Setup(arguments, Run(kind).one, custom_mutator=mutator(kind))
        atheris.Fuzz()
    _, status = os.waitpid(child, 0)
    count = (HERE / f"{kind}.count").read_text("ascii")
    with (HERE / "log").open("a") as log:
        log.write(count)
    sys.stderr.write(count)
    found = len(list(HERE.glob(f"{kind}-finds/*"))) > before
    sys.exit(1 if found or status else 0)


if __name__ == "__main__":
    main()
