"""The options of an item of `layers`, from the value after its first word; the error for a wrong item."""

from collections.abc import Mapping
from typing import Any

from cnncalc.errors import LayerError, brief, did_you_mean, nearest, together
from cnncalc.layers import find
from cnncalc.layers.support.base import Layer, fields
from cnncalc.layers.support.options import flag, natural
from cnncalc.spec.expressions import is_reference
from cnncalc.spec.layer_cache import COMMON_OPTIONS
from cnncalc.spec.values import Values, put_in

_NONE: Mapping[str, Any] = {}


def layer_options(cls: type[Layer], kind: str, options: Any) -> Mapping[str, Any]:
    """The options of a layer. `kind` is the name by which the spec calls the kind."""
    if isinstance(options, Mapping):
        return options
    if options is None:
        return _NONE
    if cls.short_option:
        return {cls.short_option: options}
    example = next(iter(fields(cls)), "")
    help = f"write {kind}: {{{example}: ...}}" if example else f"write {kind} alone"
    raise LayerError("bad_item", f"{kind} has no one option that {brief(options)} could be", help)


def names_several(options: Any) -> bool:
    """Whether the options of a layer that may read several name them, or have paths to them."""
    return isinstance(options, Mapping) and (
        "paths" in options or isinstance(options.get("from"), list | tuple)
    )


def merge_options(cls: type[Layer], options: Any) -> Mapping[str, Any]:
    """The options of a merge of paths; a list alone is its paths."""
    if not isinstance(options, Mapping):
        return {"paths": options}
    help = f"its paths are a list: - {cls.kind}: [[...], []]"
    errors = [
        LayerError("unknown_option", f"{cls.kind} has no option {brief(option)}", help, str(option))
        for option in options
        if option not in ("paths", *COMMON_OPTIONS) and option not in fields(cls)
    ]
    if errors:
        raise together(errors)
    return options


def group_options(word: str, options: Any, values: Values) -> Mapping[str, Any]:
    """The options of block, head or repeat, its layers a list."""
    help = f"such as {word}: {{layers: [conv3-64]}}"
    if isinstance(options, list | tuple) and word != "repeat":
        options = {"layers": options}
    if not isinstance(options, Mapping):
        raise LayerError("bad_item", f"{word} needs its layers", help)
    known = ("name", "from", "layers", *(("times", "first", "scope") if word == "repeat" else ()))
    errors = [
        LayerError(
            "unknown_option",
            f"{word} has no option {brief(option)}",
            did_you_mean(str(option), known, "its options"),
            str(option),
        )
        for option in options
        if option not in known
    ]
    if errors:
        raise together(errors)
    layers = options.get("layers")
    if isinstance(layers, str):
        # `$name` alone may stand for a list; any other text is an item, whose $index is set in each round
        layers = put_in(layers, values, "layers") if is_reference(layers) else [layers]
    if isinstance(layers, str):
        layers = [layers]
    if not isinstance(layers, list | tuple):
        raise LayerError("bad_item", f"{word} needs layers, a list", help, "layers")
    return {**options, "layers": layers}


def main_option(known: Mapping[str, Any]) -> str | None:
    """The option of a block whose value may stand alone: its one required option, or the only one."""
    required = [option for option, default in known.items() if default is None]
    main = required if len(required) == 1 else list(known)
    return main[0] if len(main) == 1 else None


def block_options(name: str, known: Mapping[str, Any], given: Any) -> Mapping[str, Any]:
    """The options given to a block of the author's own; a lone value is its one required option."""
    required = [option for option, default in known.items() if default is None]
    options: Mapping[str, Any] = given if isinstance(given, Mapping) else _NONE
    if given is not None and not isinstance(given, Mapping):
        main = main_option(known)
        if main is None:
            help = (
                f"write {name}: {{{next(iter(required or known))}: ...}}" if known else f"write {name} alone"
            )
            raise LayerError("bad_item", f"{name} has no one option that {brief(given)} could be", help)
        options = {main: given}
    strange = [option for option in options if option not in known and option not in ("name", "from")]
    misspelt = {nearest(str(option), known) for option in strange}
    errors = []
    for option in strange:
        help = did_you_mean(str(option), known, "its options") or f"{name} has no options: write {name} alone"
        errors.append(
            LayerError("unknown_option", f"{name} has no option {brief(option)}", help, str(option))
        )
    for option in required:
        if option not in options and option not in misspelt:
            help = f"write {name}: {{{option}: ...}}"
            errors.append(LayerError("missing_option", f"{name} needs {option}", help))
    if errors:
        raise together(errors)
    return options


def repeat_times(options: Mapping[str, Any], values: Values) -> int:
    """How often a repeat repeats."""
    if "times" not in options:
        raise LayerError("missing_option", "repeat needs times", "such as repeat: {times: 3, layers: [...]}")
    given = put_in(options["times"], values, "times")
    try:
        times: int = natural(given)
    except LayerError as error:
        raise error.about("times") from None
    return times


def repeat_rounds(options: Mapping[str, Any], values: Values) -> tuple[int, bool]:
    """The number of a repeat's first round, and whether each round is a scope of its own."""
    found: list[Any] = []
    for name, default, read in (("first", 1, natural), ("scope", True, flag)):
        try:
            found.append(read(put_in(options.get(name, default), values, name)))
        except LayerError as error:
            raise error.about(name) from None
    first, scoped = found
    if not scoped and options.get("name") is not None:
        help = "leave out the name, and name the layers with $index"
        raise LayerError("bad_value", "a repeat without a scope has no name", help, "name")
    return first, scoped


def not_an_item(item: Any) -> LayerError:
    """The error for a value that can't be an item of `layers`."""
    if isinstance(item, Mapping) and len(item) > 1:
        # `{name: C1, conv: 3}`: the key that is a kind may come second
        first = next((key for key in item if isinstance(key, str) and find(key)), next(iter(item)))
        written = ", ".join(f"{key}: ..." for key in [key for key in item if key != first][:3])
        help = f"put the options in braces: - {first}: {{{written}}}"
        return LayerError(
            "bad_item", f"an item of layers has one key, the kind; this one has {len(item)}", help
        )
    if isinstance(item, list | tuple):
        help = "paths go into add:, concat: or multiply:; others into block:"
        return LayerError("bad_item", "a list is not a layer", help)
    what = "nothing stands here" if item is None else f"{brief(item)} is not a layer"
    return LayerError("bad_item", what, "such as - conv3-64 same, or - conv: {filters: 64, kernel: 3}")
