"""Completion by a shell as the Tab key is pressed: an argument or option of a verb by its name.

Typer speaks with bash, zsh and fish; `cnncalc --install-completion` sets it up. Only then is this loaded.
"""

import os
import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

import typer
from typer.models import ParameterInfo

from cnncalc.errors import CnncalcError

if TYPE_CHECKING:
    from cnncalc.network import Network
    from cnncalc.quantity import Quantity

MOST_LAYERS = 5000
"""The largest network whose layers are completed: nobody waits long for a key."""

Completer = Callable[[typer.Context, str], Iterable[str]]


def complete(app: typer.Typer) -> int:
    """Answers the shell, or says nothing; the exit code is part of what fish is told."""
    # typer would load rich to take its markup out of help texts, which have none
    sys.modules["rich"] = None  # type: ignore[assignment]
    _join_equals()
    try:
        typer.main.get_command(app).main(args=[], prog_name="cnncalc", standalone_mode=False)
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else 0
    except Exception:  # noqa: BLE001 - a prompt is no place for errors, whatever they are
        return 1
    return 0


def attach(verb: str, run: Callable[..., Any]) -> None:
    """Gives a verb's function the completers of its parameters."""
    run.__annotations__ = get_type_hints(run, include_extras=True)
    for name, annotation in run.__annotations__.items():
        completer = _OF_VERB.get((verb, name)) or _OF_NAME.get(name)
        for info in getattr(annotation, "__metadata__", ()):
            if completer is not None and isinstance(info, ParameterInfo):
                info.autocompletion = _careful(completer)


def _careful(completer: Completer) -> Callable[[typer.Context, str], list[str]]:
    def careful(ctx: typer.Context, incomplete: str) -> list[str]:
        try:
            return [word for word in completer(ctx, incomplete) if word.startswith(incomplete)]
        except (CnncalcError, OSError):
            return []

    return careful


def _join_equals() -> None:
    """Bash makes three words of --format=json; here the = is left out, as if they were two."""
    words, at = os.environ.get("COMP_WORDS", "").split("\n"), os.environ.get("COMP_CWORD", "")
    if at.isdigit() and 1 < int(at) <= len(words) and words[int(at) - 1] == "=":
        del words[int(at) - 1]
        os.environ.update(COMP_WORDS="\n".join(words), COMP_CWORD=str(int(at) - 1))


# ---- the words


def _devices() -> list[str]:
    from cnncalc.analysis.devices import THIS, names

    return [*names(), THIS]


def _words(words: Callable[[], Iterable[str]]) -> Completer:
    """The same words, whatever the line says."""
    return lambda _ctx, _incomplete: words()


def _constant(module: str, name: str) -> Completer:
    """The words that a constant holds."""
    return _words(lambda: list(getattr(import_module(module), name)))


def _listed(completer: Completer) -> Completer:
    """Several words, parted by commas: the last is completed, and none is offered twice."""

    def listed(ctx: typer.Context, incomplete: str) -> Iterable[str]:
        before, comma, _ = incomplete.rpartition(",")
        given = before.split(",")
        return [f"{before}{comma}{word}" for word in completer(ctx, incomplete) if word not in given]

    return listed


def _builtins() -> Iterable[str]:
    from cnncalc.built_in import builtin_names

    return builtin_names()


def _specs(_ctx: typer.Context, incomplete: str) -> Iterable[str]:
    """Built-in networks, and the specs that lie here; a path is for the shell to complete."""
    if incomplete.startswith((".", "~")) or "/" in incomplete or "\\" in incomplete:
        return []
    here = (path.name for path in Path().iterdir() if path.suffix in (".yaml", ".yml", ".json"))
    return [*_builtins(), *sorted(here)]


def _kinds() -> Iterable[str]:
    from cnncalc.layers import all_aliases, all_names

    return sorted([*all_names(), *all_aliases()])


def _activations() -> Iterable[str]:
    from cnncalc.layers import all_names, find

    return [name for name in all_names() if (cls := find(name)) and cls.is_activation]


def _conventions() -> Iterable[str]:
    from cnncalc.analysis.conventions import names

    return names()


def _formats() -> Iterable[str]:
    from cnncalc.render.writers import formats

    return formats()


def _exports() -> Iterable[str]:
    from cnncalc.export.formats import names

    return names()


def _languages() -> Iterable[str]:
    from cnncalc.languages import codes

    return codes()


def _quantities(wanted: "Callable[[Quantity], Any]") -> Completer:
    """The quantities of which something holds, by the names that lists show."""

    def quantities() -> Iterable[str]:
        from cnncalc.quantity import RECORDS

        found = [quantity for quantity in RECORDS if wanted(quantity)]
        return dict.fromkeys(name for each in found for name in (each.short, each.word))

    return _words(quantities)


def _network(ctx: typer.Context) -> "Network | None":
    """The network that the line names; None where it names none, or what is no file."""
    from cnncalc.built_in import find_spec
    from cnncalc.loading import load

    # before an option that still lacks its value, arguments are no more than noted
    spec = ctx.params.get("spec") or next(iter(ctx.args), None)
    path = find_spec(spec) if isinstance(spec, str) else None
    return load(path) if path is not None and path.is_file() else None


def _variables(ctx: typer.Context, _incomplete: str) -> Iterable[str]:
    """The variables of the network, with the values that they have."""
    network = _network(ctx)
    return (
        [] if network is None else [f"{name}={value}" for name, value in network.document.variables.items()]
    )


def _layers(ctx: typer.Context, incomplete: str) -> Iterable[str]:
    """The layers and groups of the network: those of one level, then what is in them."""
    from cnncalc.spec.layer_bound import LayerBound

    network = _network(ctx)
    if network is None:
        return []
    bound = LayerBound(network.document)
    if sum(bound.item(item) for item in network.document.layers) > MOST_LAYERS:
        return []
    graph = network.graph()
    names = dict.fromkeys([*graph.groups, *(node.name for node in graph.nodes)])
    return [name for name in names if name.count(".") == incomplete.count(".")]


_OF_NAME: dict[str, Completer] = {
    "activation": _words(_activations),
    "against": _words(lambda: ["torch", "onnxruntime"]),
    "bytes_in": _constant("cnncalc.number_text", "BYTE_UNITS"),
    "columns": _listed(_quantities(lambda quantity: quantity.asked)),
    "convention": _words(_conventions),
    "device": _words(_devices),
    "dtype": _constant("cnncalc.analysis.memory", "DTYPES"),
    "feedback_format": _words(_formats),
    "first": _words(_conventions),
    "format": _words(_formats),
    "kind": _words(_kinds),
    "lang": _words(_languages),
    "layout": _constant("cnncalc.layers.support.base", "LAYOUTS"),
    "optimizer": _constant("cnncalc.analysis.memory", "OPTIMIZERS"),
    "pool": _words(lambda: ["max", "avg"]),
    "rounding": _constant("cnncalc.layers.support.sliding", "ROUNDINGS"),
    "second": _words(_conventions),
    "set": _variables,
    "spec": _specs,
    "specs": _specs,
    "to": _words(_exports),
    "weights_by": _words(lambda: ["name", "order"]),
}
_OF_VERB: dict[tuple[str, str], Completer] = {
    ("explain", "layers"): _layers,
    ("explain", "quantity"): _listed(_quantities(lambda quantity: quantity.explained)),
    ("quiz", "format"): _constant("cnncalc.render.homework.quiz_files", "FORMATS"),
    ("schema", "what"): _words(lambda: ["spec", "marking"]),
    ("show", "name"): _words(_builtins),
    ("summary", "columns"): _listed(
        _quantities(lambda quantity: quantity.is_column or quantity.name == "name")
    ),
}
"""The completers of names that mean something else in one verb."""
