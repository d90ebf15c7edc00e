"""Figures written: the format by its name, or by how the name of a file ends."""

from importlib import import_module
from pathlib import Path
from typing import Any

from cnncalc.errors import UsageError, unknown_choice
from cnncalc.figures.scene import Scene
from cnncalc.whole_file import write_whole

_ENDINGS = {"svg": "svg"}


def formats() -> tuple[str, ...]:
    """The formats by name, which are the endings of their files."""
    return tuple(_ENDINGS)


def write(scene: Scene, format: str) -> str:
    """A figure as text; raises UsageError for a format that there isn't, or that is no text."""
    return "".join(_writer(format).pieces(scene))


def save(scene: Scene, file: str) -> None:
    """Writes a figure into a file, whole or not at all, in the format that the ending of its name says.

    Raises UsageError for another ending, CnncalcError for a file that can't be written.
    """
    text = write(scene, of_file(file)).encode()
    write_whole(file, lambda stream: stream.write(text))


def of_file(file: str) -> str:
    """The format of a file by how its name ends; raises UsageError where the ending says none."""
    ending = Path(file).suffix.lower().removeprefix(".")
    if ending not in _ENDINGS:
        known = ", ".join(f".{each}" for each in _ENDINGS)
        raise UsageError(f"{file}: {f'.{ending}' if ending else 'no ending'} says no format", known)
    return ending


def _writer(format: str) -> Any:
    if format not in _ENDINGS:
        raise unknown_choice(format, "a format of figures", formats())
    return import_module(f"cnncalc.figures.writers.{_ENDINGS[format]}")
