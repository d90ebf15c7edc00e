"""Figures written: the format by its name, or by how the name of a file ends."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from cnncalc.errors import UsageError, unknown_choice
from cnncalc.figures.scene import Scene
from cnncalc.whole_file import write_whole

PRINTED = "svg"
"""The format of a figure that is printed rather than saved."""


def formats() -> tuple[str, ...]:
    """The formats by name, which are the endings of their files: the modules in `writers`.

    >>> formats()
    ('json', 'pdf', 'png', 'svg', 'tex', 'tikz')
    """
    folder = Path(__file__).with_name("writers")
    return tuple(sorted(module.name for module in iter_modules([str(folder)])))


def write(scene: Scene, format: str = PRINTED) -> str:
    """A figure as text; raises UsageError for a format that there isn't, or that is no text."""
    writer = _writer(format)
    if not writer.IS_TEXT:
        raise UsageError(f"{format} is no text", "save the figure into a file")
    return "".join(writer.pieces(scene))


def save(scene: Scene, file: str) -> None:
    """Writes a figure into a file, whole or not at all, in the format that the ending of its name says.

    Raises UsageError for another ending or a library that is missing, CnncalcError for a file that can't be
    written.
    """
    made = b"".join(_chunks(scene, _writer(of_file(file))))
    write_whole(file, lambda stream: stream.write(made))


def of_file(file: str) -> str:
    """The format of a file by how its name ends; raises UsageError where the ending says none."""
    ending = Path(file).suffix.lower().removeprefix(".")
    if ending not in formats():
        known = ", ".join(f".{each}" for each in formats())
        raise UsageError(f"{file}: {f'.{ending}' if ending else 'no ending'} says no format", known)
    return ending


def _chunks(scene: Scene, writer: Any) -> Iterator[bytes]:
    if writer.IS_TEXT:
        return (piece.encode() for piece in writer.pieces(scene))
    chunks: Iterator[bytes] = writer.chunks(scene)
    return chunks


def _writer(format: str) -> Any:
    if format not in formats():
        raise unknown_choice(format, "a format of figures", formats())
    return import_module(f"cnncalc.figures.writers.{format}")
