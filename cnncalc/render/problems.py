"""Errors and warnings on standard error: the place, its line with a caret, the chain of blocks, the help."""

import sys
from collections.abc import Iterable, Sequence
from typing import Any

from cnncalc.errors import Fault
from cnncalc.languages import Joined, Language, some_of
from cnncalc.languages.errors import told as in_language
from cnncalc.plain_text import shortened, visible
from cnncalc.render.json_text import json_text
from cnncalc.render.wrapping import width

MOST = 20
MOST_STEPS = 8
LONGEST = 2_000
"""The signs of a line of a message that are shown at most."""
WINDOW = 72
"""The columns of a line of a spec that are shown at most."""


def show_faults(
    faults: Sequence[Fault],
    as_json: bool = False,
    color: bool | None = None,
    language: Language | None = None,
) -> None:
    """Prints every fault, or the first of very many, in a language; in English unless said, as in JSON."""
    if as_json:
        sys.stderr.write(json_text({"errors": [fault.to_dict() for fault in faults]}))
        return
    paint = paints(color)
    for fault in faults[:MOST]:
        sys.stderr.write(told(fault, paint, language))
    if len(faults) > MOST:
        sys.stderr.write(f"and {len(faults) - MOST} more\n")


def told(fault: Fault, paint: bool = False, language: Language | None = None) -> str:
    """One fault as people read it; its code is the heading under which docs/errors.md tells more.

    >>> print(told(Fault("no_layers", "a spec needs layers", "such as layers: [conv5-6]")), end="")
    error[no_layers]: a spec needs layers
      help: such as layers: [conv5-6]
    """
    red, bold, cyan, off = ("\033[31m", "\033[1m", "\033[36m", "\033[0m") if paint else ("", "", "", "")
    # what goes wrong before the catalogues are found is told too
    code = language.code if language else "en"
    error, help_word = (language.say(f"problem.{of}") if language else of for of in ("error", "help"))
    where = f"{bold}{_short(str(fault.place))}: {off}" if fault.place else ""
    lines = [f"{where}{red}{error}[{fault.code}]:{off} {_short(in_language(fault.message, code))}"]
    if fault.source_line and fault.place and fault.place.column:
        line, caret = _excerpt(fault.source_line, fault.place.column, _room())
        number = f"{fault.place.line:>5}"
        lines += [f"{number} | {line}", f"      | {' ' * caret}{red}^{off}"]
    if fault.place:
        lines += [f"  {_short(step)}" for step in fault.place.chain[:MOST_STEPS]]
        if (more := len(fault.place.chain) - MOST_STEPS) > 0:
            lines.append(f"  and {more} more outwards")
    if fault.help:
        # an example may take some lines
        said = in_language(fault.help, code)
        help = "\n".join(map(_short, said.split("\n")[:MOST]))
        lines.append(f"  {cyan}{help_word}:{off} {help}")
    return "\n".join(lines) + "\n"


def _excerpt(line: str, column: int, room: int) -> tuple[str, int]:
    """The part of a line around a column that a terminal has room for, and where its caret stands.

    >>> _excerpt("layers: [relu, relu, 卷积=conv3-x, relu, relu]", 22, 24)
    ('...u, relu, 卷积=conv...', 12)
    """
    at, length = column - 1, len(line)
    # no more of a very long line than can be shown
    skipped = max(at - room, 0)
    line, at = line[skipped : at + room], at - skipped
    line = "".join(map(_shown, line))
    start, end = at, at
    whole = length <= room and width(line) <= room
    while start > 0 and (whole or width(line[start - 1 : at]) <= room // 2 - 3):
        start -= 1
    before = "..." if skipped + start else ""
    left = room if whole else room - len(before) - 3
    while end < len(line) and width(line[start : end + 1]) <= left:
        end += 1
    after = "..." if skipped + end < length else ""
    return before + line[start:end] + after, width(before + line[start:at])


def _shown(character: str) -> str:
    """One character for each of a line, so that the caret stands right: also where the terminal lacks it."""
    character = visible(character)
    try:
        character.encode(sys.stderr.encoding or "utf-8")
    except UnicodeEncodeError:
        return "?"
    return character


def _room() -> int:
    """The columns that a line of a spec may take, beside its number."""
    if not sys.stderr.isatty():
        return WINDOW
    import shutil

    return min(WINDOW, max(shutil.get_terminal_size().columns - 9, 20))


def _short(text: str) -> str:
    return visible(shortened(text, LONGEST))


def paints(color: bool | None, stream: Any = None) -> bool:
    """Whether a stream, standard error unless said, takes colours."""
    import os

    return (
        (stream or sys.stderr).isatty()
        and color is not False
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM") != "dumb"
    )


def by_message(warnings: Iterable[tuple[str, str]]) -> Sequence[str]:
    """Warnings, layer and message: one for those of the same message."""
    layers: dict[str, list[str]] = {}
    for layer, message in warnings:
        layers.setdefault(message, []).append(layer)
    return [Joined([some_of(named), message], "colon") for message, named in layers.items()]


def show_warnings(
    warnings: Sequence[str], language: Language, color: bool | None = None, most: int | None = None
) -> None:
    """Prints warnings in a language, or the first of very many."""
    yellow, off = ("\033[33m", "\033[0m") if paints(color) else ("", "")
    head = f"{yellow}{language.say('warning')}{language.say('colon')}{off}"
    for warning in warnings[:most]:
        sys.stderr.write(f"{head}{_short(language.tell(warning))}\n")
    if most is not None and len(warnings) > most:
        sys.stderr.write(f"and {len(warnings) - most} more\n")
