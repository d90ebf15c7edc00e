"""Every regular expression of the package takes time in proportion to the text, whoever wrote the text.

The expressions are found in the sources, and each is given long texts that are made from its own parts: what
it repeats, repeated, and then something that it can't end in. A text that takes a second of processor time,
where its like takes milliseconds, is a fault of the expression.
"""

import ast
import importlib
import re
import re._constants as sre  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import pytest

PACKAGE = Path(__file__).parents[1] / "cnncalc"
METHODS = {"match", "fullmatch", "search", "sub", "split", "findall", "finditer"}
USED = re.compile(rf"\bre\.|\.(?:{'|'.join(sorted(METHODS))})\(")
SECONDS = 1.0
LONG = 30_000
"""Characters of a text: of a thousand, what a quadratic expression does to it is not seen."""
BESIDE = 40
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


def hostile(one: Found) -> Iterator[str]:
    parsed = parser.parse(one.pattern, one.flags)
    signs = sorted({sign for pick in range(8) for sign in example(parsed, pick)} | set(USUAL))
    made: dict[str, None] = {}
    for before, part in [*repeats(parsed), ("", parsed)]:
        for pick in range(8):
            if pumped := example(part, pick):
                for end in ("", "\x00", "-", "a", ")"):
                    made[before + pumped * BESIDE + end] = None
                    made[before + pumped * (LONG // len(pumped)) + end] = None
                made[(before + pumped) * (LONG // len(before + pumped))] = None
                for sign in signs:
                    made[before + (pumped + sign) * BESIDE + "\x00"] = None
                    made[before + (pumped + sign) * (LONG // len(pumped + sign)) + "\x00"] = None
    for sign in signs:
        made[sign * LONG + "\x00"] = None
    return iter(made)


class TooSlowError(Exception):
    pass


def too_slow(_signal: int, _frame: FrameType | None) -> None:
    raise TooSlowError


@pytest.fixture
def alarm() -> Iterator[Callable[[float], None]]:
    def set_alarm(seconds: float) -> None:
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds)

    before = signal.signal(signal.SIGVTALRM, too_slow)
    yield set_alarm
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    signal.signal(signal.SIGVTALRM, before)


FOUND = {f"{one.place} {one.pattern}"[:90]: one for one in found()}


@pytest.mark.parametrize("name", FOUND)
def test_an_expression_takes_linear_time(name: str, alarm: Callable[[float], None]) -> None:
    one = FOUND[name]
    pattern = re.compile(one.pattern, one.flags)
    slow = []
    for method in sorted(one.methods):
        use = (lambda text: pattern.sub("", text)) if method == "sub" else getattr(pattern, method)
        for text in hostile(one):
            alarm(SECONDS)
            try:
                found = use(text)
                if method == "finditer":
                    list(found)
            except TooSlowError:
                slow.append(f"{method} of {text[:60]!r} ... {text[-5:]!r} ({len(text)} characters)")
                break
            finally:
                alarm(0)
    assert not slow, "\n".join(slow)


@pytest.mark.parametrize("pattern", [r"\s*\((?:\s*[nhwc]\s*[x,*]?)+\)$", r"\s+x", r"(a|a)+b", r"a+a+a+b"])
def test_a_slow_expression_is_caught(pattern: str, alarm: Callable[[float], None]) -> None:
    one = Found("", pattern, 0, frozenset({"search"}))

    def is_slow(text: str) -> bool:
        alarm(SECONDS)
        try:
            re.search(pattern, text)
        except TooSlowError:
            return True
        finally:
            alarm(0)
        return False

    assert any(map(is_slow, hostile(one)))
