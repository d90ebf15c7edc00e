"""Every regular expression of the package takes time in proportion to the text, whoever wrote the text.

The expressions are found in the sources, and each is given long texts that are made from its own parts: what
it repeats, repeated, and then something that it can't end in. Where a text takes more than milliseconds, one
of four times its length is timed as well: it takes four times as long on any machine, and sixteen times where
the time grows with the square.
"""

import ast
import importlib
import re
import re._constants as sre  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
import signal
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from time import thread_time
from types import FrameType
from typing import Any, NamedTuple

import pytest

PACKAGE = Path(__file__).parents[1] / "cnncalc"
METHODS = {"match", "fullmatch", "search", "sub", "split", "findall", "finditer"}
USED = re.compile(rf"\bre\.|\.(?:{'|'.join(sorted(METHODS))})\(")
LONG = 4000
"""Characters of a text: of a thousand, what a quadratic expression does to it is not seen."""
LONGER = 4
"""How many times as long the text is that a doubtful one is compared with."""
DOUBTFUL = 0.002
"""Seconds of processor time from which two lengths are compared: a quadratic expression takes five times as
many with a long text, and a linear one a fifth."""
ENDLESS = 1.0
"""Seconds that a linear expression takes on no machine: a hundred times what the longer text may take."""
FEW = 40
"""Repetitions at which an exponential expression never ends."""
CATEGORIES = {
    sre.CATEGORY_DIGIT: "1",
    sre.CATEGORY_NOT_DIGIT: "a",
    sre.CATEGORY_SPACE: " ",
    sre.CATEGORY_NOT_SPACE: "a",
    sre.CATEGORY_WORD: "a",
    sre.CATEGORY_NOT_WORD: "-",
}
USUAL = " 1a-\n\x00"


class Found(NamedTuple):
    """An expression, where it stands, and the methods that it is used with."""

    place: str
    pattern: str
    flags: int
    methods: frozenset[str]


def found() -> Iterator[Found]:
    files = (file for file in sorted(PACKAGE.rglob("*.py")) if USED.search(file.read_text("utf-8")))
    for file in files:
        tree = ast.parse(file.read_text("utf-8"))
        place = str(file.relative_to(PACKAGE.parent))
        uses: dict[str, set[str]] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in METHODS and isinstance(node.value, ast.Name):
                uses.setdefault(node.value.id, set()).add(node.attr)
        module = importlib.import_module(
            place.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        )
        for node in ast.walk(tree):
            called = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            if called and ast.unparse(node.func.value) == "re" and node.func.attr in {*METHODS, "compile"}:  # type: ignore[attr-defined]
                first = node.args[0]  # type: ignore[attr-defined]
                named = isinstance(first, ast.Name)
                written: Any = vars(module).get(first.id) if named else getattr(first, "value", None)
                written = written.decode() if isinstance(written, bytes) else written
                method = node.func.attr  # type: ignore[attr-defined]
                if method == "compile":
                    if not named or written is None:
                        continue  # it stands in a variable of the module, or in a list
                    method = "match"
                assert isinstance(written, str), f"{place}:{first.lineno}: name the expression"
                flags = re.IGNORECASE if "IGNORECASE" in ast.unparse(node) else 0
                yield Found(f"{place}:{first.lineno}", written, flags, frozenset({method}))
        of_lists = {
            method
            for name, methods in uses.items()
            if name != "re" and name not in vars(module)
            for method in methods
        }
        for name, value in vars(module).items():
            for pattern in compiled(value):
                # an expression in a list is used under the name of a loop's variable
                methods = uses.get(name) or of_lists & METHODS or {"search", "fullmatch"}
                yield Found(f"{place} {name}", pattern.pattern, pattern.flags, frozenset(methods))


def compiled(value: Any) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, list | tuple):
        for each in value:
            yield from compiled(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from compiled(each)


def example(items: Any, pick: int = 0) -> str:
    """A text that a part of an expression takes, by its `pick`-th choices."""
    said = ""
    for op, value in items:
        if op is sre.LITERAL:
            said += chr(value)
        elif op is sre.NOT_LITERAL:
            said += "a" if value != ord("a") else "b"
        elif op is sre.ANY:
            said += "a"
        elif op is sre.IN:
            said += member(value, pick)
        elif op is sre.BRANCH:
            said += example(value[1][pick % len(value[1])], pick)
        elif op is sre.SUBPATTERN:
            said += example(value[3], pick)
        elif op in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
            said += example(value[2], pick) * max(value[0], min(1, value[1]))
        elif op is sre.ATOMIC_GROUP:
            said += example(value, pick)
    return said


def member(items: Any, pick: int) -> str:
    """A character of a set."""
    signs = "".join(sorted(set().union(*(of_set(item) for item in items if item[0] is not sre.NEGATE))))
    if items[0][0] is sre.NEGATE:
        signs = "".join(sign for sign in USUAL + "b!,(" if sign not in signs)
    return signs[pick % len(signs)] if signs else ""


def of_set(item: Any) -> set[str]:
    op, value = item
    if op is sre.LITERAL:
        return {chr(value)}
    if op is sre.RANGE:
        return {chr(value[0])}
    return {CATEGORIES[value]} if op is sre.CATEGORY else set()


def repeats(items: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """Each part that may be repeated without end, and a text that leads to it."""
    for op, value in items:
        if op in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
            if value[1] is sre.MAXREPEAT or value[1] > 20:
                yield before, value[2]
            yield from repeats(value[2], before)
        elif op is sre.SUBPATTERN:
            yield from repeats(value[3], before)
        elif op is sre.ATOMIC_GROUP:
            yield from repeats(value, before)
        elif op is sre.BRANCH:
            for branch in value[1]:
                yield from repeats(branch, before)
        before += example([(op, value)])


class Text(NamedTuple):
    """A text that repeats something, of any length."""

    before: str
    repeated: str
    end: str

    def of(self, length: int) -> str:
        return self.before + self.repeated * max(length // len(self.repeated), FEW) + self.end


def hostile(one: Found) -> Iterator[Text]:
    parsed = parser.parse(one.pattern, one.flags)
    signs = sorted({sign for pick in range(8) for sign in example(parsed, pick)} | set(USUAL))
    made: dict[Text, None] = {}
    for before, part in [*repeats(parsed), ("", parsed)]:
        for pick in range(8):
            if pumped := example(part, pick):
                for end in ("", "\x00", "-", "a", ")"):
                    made[Text(before, pumped, end)] = None
                made[Text("", before + pumped, "")] = None
                for sign in signs:
                    made[Text(before, pumped + sign, "\x00")] = None
    for sign in signs:
        made[Text("", sign, "\x00")] = None
    return iter(made)


class TooSlowError(Exception):
    pass


def too_slow(_signal: int, _frame: FrameType | None) -> None:
    raise TooSlowError


@pytest.fixture
def alarm() -> Iterator[None]:
    before = signal.signal(signal.SIGVTALRM, too_slow)
    yield
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    signal.signal(signal.SIGVTALRM, before)


def seconds(use: Callable[[str], Any], text: str, times: int = 1) -> float:
    """Processor time of the quickest of so many uses; without end for one that never ends.

    The clock is that of the thread: an alarm of processor time makes the clock of the process a coarse one.
    """
    best = float("inf")
    for _ in range(times):
        signal.setitimer(signal.ITIMER_VIRTUAL, ENDLESS)
        start = thread_time()
        try:
            use(text)
        except TooSlowError:
            return float("inf")
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        best = min(best, thread_time() - start)
    return best


def slow_text(one: Found, method: str) -> Text | None:
    """The first text whose time grows faster than its length."""
    pattern = re.compile(one.pattern, one.flags)
    use: Callable[[str], Any] = getattr(pattern, method)
    if method == "sub":
        use = partial(pattern.sub, "")
    elif method == "finditer":
        use = pattern.findall
    for text in hostile(one):
        took = seconds(use, text.of(LONG))
        if took == float("inf"):
            return text
        if took > DOUBTFUL:
            most = seconds(use, text.of(LONG), 3) * LONGER * 2
            # what else the machine does may disturb one use, and hardly two
            if all(seconds(use, text.of(LONG * LONGER)) > most for _ in range(2)):
                return text
    return None


FOUND = {f"{one.place} {one.pattern}"[:90]: one for one in found()}


@pytest.mark.usefixtures("alarm")
@pytest.mark.parametrize("name", FOUND)
def test_an_expression_takes_linear_time(name: str) -> None:
    one = FOUND[name]
    slow = {method: slow_text(one, method) for method in sorted(one.methods)}
    assert not any(slow.values()), slow


@pytest.mark.usefixtures("alarm")
@pytest.mark.parametrize(
    ("method", "pattern"),
    [
        ("search", r"\s*\((?:\s*[nhwc]\s*[x,*]?)+\)$"),
        ("search", r"\s+x"),
        ("search", r"a+a+a+b"),
        ("search", r'the text `"(.+?)"` could not be displayed'),
        ("fullmatch", r"(?P<name>.+?)_(?P<id>\d++)_assignsubmission_(?:file|onlinetext|\w+?_)(?:_.*)?"),
    ],
)
def test_a_slow_expression_is_caught(method: str, pattern: str) -> None:
    assert slow_text(Found("", pattern, 0, frozenset({method})), method)


@pytest.mark.usefixtures("alarm")
def test_an_expression_that_never_ends_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "ENDLESS", 0.1)
    assert slow_text(Found("", r"(a|a)+b", 0, frozenset({"search"})), "search")
