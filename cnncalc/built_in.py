"""The built-in architectures: their files by name, and the file that a name means."""

import re
from pathlib import Path

from cnncalc.errors import Fault, Place, SpecError, UsageError, did_you_mean


def architectures() -> Path:
    """The folder of the built-in architectures: in the package when installed, beside it in a checkout."""
    here = Path(__file__).resolve().parent
    installed = here / "architectures"
    return installed if installed.is_dir() else here.parent / "architectures"


def error_entry(code: str) -> str:
    """The entry of docs/errors.md for the code of an error; raises UsageError for an unknown code."""
    here = Path(__file__).resolve().parent
    installed = here / "errors.md"
    page = installed if installed.is_file() else here.parent / "docs" / "errors.md"
    entries = dict(
        re.findall(r"^### `(\w+)`\n(.*?)(?=^##|\Z)", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    )
    name = re.sub(r"^error\[|\]:?$", "", code.strip()).lower().replace("-", "_")
    if name not in entries:
        raise UsageError(
            f"{code[:60]} is not the code of an error", did_you_mean(name, entries), "unknown_choice"
        )
    return f"{name}\n\n{entries[name].strip()}\n"


def builtin_names() -> list[str]:
    """The names of the built-in architectures, in alphabetical order."""
    return sorted(path.stem for path in architectures().glob("*.yaml"))


def builtin_path(name: str) -> Path:
    """The file of a built-in architecture; raises SpecError where there is none of that name."""
    known = builtin_names()
    stem = name.removesuffix(".yaml").lower()
    if stem not in known:
        help = did_you_mean(stem, known) or "cnncalc list names them"
        raise SpecError(Fault("no_such_spec", f"{name[:200]} is not a built-in architecture", help))
    return architectures() / f"{stem}.yaml"


def find_spec(name: str) -> Path | None:
    """The file that a name means: a file in the way wins, then a built-in architecture."""
    try:
        path = Path(name)
        if name and path.exists():
            return path
    except (OSError, ValueError):
        return None
    stem = name.removesuffix(".yaml")
    if stem and all(c.isalnum() or c in "-_." for c in stem):
        built_in = architectures() / f"{stem.lower()}.yaml"
        if built_in.is_file():
            return built_in
    return None


def looks_compact(name: str) -> bool:
    """Whether what is no file and no name is probably compact text, or a line of a program."""
    return any(mark in name.lower() for mark in (",", " ", "conv", "pool", "fc-", "("))


def _example(text: str) -> str:
    """An input that the layers of a text can have, and the text behind it as it is typed."""
    from shlex import quote

    from cnncalc.spec.compact import CALL
    from cnncalc.spec.pasted import example_of_input

    given = example_of_input(text) if CALL.search(text) else "32x32x3"
    return f"{given} {quote(text)}" if len(text) <= 60 and "\n" not in text else given


def not_found(name: str) -> SpecError:
    """The error for a name that is no file and no built-in architecture."""
    known = builtin_names()
    stem = name.rpartition("/")[2].rpartition("\\")[2].removesuffix(".yaml").removesuffix(".yml")
    help = did_you_mean(stem, known)
    if not help:
        help = (
            f"the layers need an input, such as --input {_example(name)}"
            if looks_compact(name)
            else "cnncalc list names the built-in ones"
        )
    return SpecError(
        Fault(
            "no_such_spec",
            "there is no such file, and no built-in architecture of that name",
            help,
            Place(name[:200] or '""'),
        )
    )
