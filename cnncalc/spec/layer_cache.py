"""Options -> layers, each built once, whatever its places in the network."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, NamedTuple

from cnncalc.errors import LayerError, brief, did_you_mean
from cnncalc.graph import Node
from cnncalc.layers import all_aliases, all_names, build, find
from cnncalc.layers.support.base import Layer, fields
from cnncalc.layers.support.options import flag
from cnncalc.spec.document import ITEM_WORDS
from cnncalc.spec.names import Scope
from cnncalc.spec.values import put_in_all

COMMON_OPTIONS = ("name", "from", "share", "trainable")
"""The options of every layer."""

FindShared = Callable[[str, str], Node | None]
"""The layer of a name as the scope of a prefix knows it, or None."""


class BuiltLayer(NamedTuple):
    """A layer built from its options, with the options that are about its weights."""

    layer: Layer
    share: str | None
    trainable: bool
    parts: tuple[tuple[str, Layer], ...] | None


class CompactLayer(NamedTuple):
    """A layer of a compact text: the name it is given, and at which character it stands."""

    built: BuiltLayer
    name: str | None
    offset: int


class FailedLayer(NamedTuple):
    """A faulty layer of a compact text: the kind and name that were meant, and the error."""

    kind: str
    name: str | None
    error: LayerError


class LayerCache:
    """Builds the layers of one document. Equal options give the same layer."""

    def __init__(self, defaults: Mapping[str, Any], blocks: Iterable[str]) -> None:
        self.defaults, self.blocks = dict(defaults), list(blocks)
        self._of_options: dict[Any, BuiltLayer] = {}
        self._of_text: dict[str, list[CompactLayer | FailedLayer]] = {}

    def of_options(
        self, cls: type[Layer], options: Mapping[str, Any], scope: Scope, find_shared: FindShared
    ) -> BuiltLayer:
        """The layer of a mapping's options, `name` and `from` left out."""
        # True == 1 == 1.0, but as options they differ: the types are part of the key
        key: Any = (cls.kind, *options.items(), *map(type, options.values()))
        try:
            built = self._of_options.get(key)
        except TypeError:
            key = _frozen(cls.kind, options)
            built = self._of_options.get(key) if key is not None else None
        if built is None:
            given = put_in_all(options, scope.values)
            original = None
            if type(given.get("share")) is int:
                given = {**given, "share": str(given["share"])}  # digits alone are a name too
            if "share" in options:
                original = _shareable(cls, given["share"], scope.prefix, find_shared)
            built = self.build(cls, given, original)
            if key is not None and not _has_reference(options) and "share" not in options:
                self._of_options[key] = built
        return built

    def of_text(self, text: str, known: Iterable[str]) -> list[CompactLayer | FailedLayer]:
        """The layers of a compact text. `known` are names that it might have meant instead."""
        found = self._of_text.get(text)
        if found is None:
            found = self._of_text[text] = self._read(text, known)
        return found

    def _read(self, text: str, known: Iterable[str]) -> list[CompactLayer | FailedLayer]:
        if text in ITEM_WORDS:
            times = "times: 2, " if text == "repeat" else ""
            help = f"such as {text}: {{{times}layers: [conv3-64]}}"
            raise LayerError("bad_item", f"{text} needs its layers", help)
        from cnncalc.spec.compact import read

        found: list[CompactLayer | FailedLayer] = []
        for kind, options, offset, error in read(text):
            name = options.pop("name", None)
            try:
                if error is not None:
                    raise self._not_compact(error, text, known)
                found.append(CompactLayer(self._alone(kind, options, offset), name, offset))
            except LayerError as failed:
                found.append(FailedLayer(kind, name, failed))
        return found

    def _alone(self, kind: str, options: Mapping[str, Any], offset: int) -> BuiltLayer:
        """A layer of a compact text, which can't tell of paths."""
        cls = self.kind(kind)
        if cls.inputs == "many":
            message, help = f"{kind} needs paths", f"such as - {kind}: [[conv3-64 same], []]"
            raise LayerError("no_paths", message, help, offset=offset)
        try:
            return self.build(cls, options)
        except LayerError as error:
            raise error.moved(offset) from None

    def _not_compact(self, error: LayerError, text: str, known: Iterable[str]) -> LayerError:
        fault = error.fault
        if fault.code == "unknown_kind":
            help = "a layer's name stands for a path without brackets" if text in known else ""
            if self.blocks and not help:
                word = text[error.offset :].split(maxsplit=1)[0].rstrip(",，")
                help = did_you_mean(word, [*self.blocks, *all_names()])
            if help:
                return LayerError(fault.code, fault.message, help, offset=error.offset)
        return error

    def kind(self, kind: Any) -> type[Layer]:
        """The class of a kind; raises LayerError with the nearest name."""
        cls = find(kind) if isinstance(kind, str) else None
        if cls is not None:
            return cls
        if isinstance(kind, str) and kind[-1:].isdigit() and find(kind.rstrip("0123456789x-")):
            help = f"as a text of its own: - {kind}"
        else:
            known = [*all_names(), *all_aliases(), *ITEM_WORDS, *self.blocks]
            help = did_you_mean(str(kind), known) or "cnncalc layers lists the kinds"
        raise LayerError("unknown_kind", f"{brief(kind)} is not a layer kind or a block", help)

    def build(
        self, cls: type[Layer], options: Mapping[str, Any], original: Layer | None = None
    ) -> BuiltLayer:
        """A layer from options without `$`; those left out are as in `original`, which lends its weights."""
        known = fields(cls)
        defaults = self.defaults if original is None else original.options
        own = {name: value for name, value in options.items() if name not in COMMON_OPTIONS or name in known}
        layer = build(cls, own, defaults=defaults)
        trainable = layer.trainable
        if "trainable" in options and "trainable" not in known:
            try:
                trainable = flag(options["trainable"])
            except LayerError as error:
                raise error.about("trainable") from None
        return BuiltLayer(layer, options.get("share"), trainable, layer.parts())


def _shareable(cls: type[Layer], share: Any, prefix: str, find_shared: FindShared) -> Layer | None:
    """The layer whose weights a layer of the same kind uses."""
    if share is None:
        return None
    original = find_shared(share, prefix) if isinstance(share, str) else None
    if original is None:
        message = f"share: no layer before this one is called {brief(share)}"
        raise LayerError("unknown_name", message, "name one before this", "share")
    if original.layer.kind != cls.kind:
        message = f"share: {share} is a {original.layer.kind}, and this is a {cls.kind}"
        raise LayerError("bad_share", message, "only like layers share", "share")
    return original.layer


def _has_reference(options: Mapping[str, Any]) -> bool:
    return any("$" in (value if isinstance(value, str) else repr(value)) for value in options.values())


def _frozen(kind: str, options: Mapping[str, Any]) -> Any:
    """A key for options that hold flat lists; None for others."""
    parts: list[Any] = [kind]
    for name, value in options.items():
        if isinstance(value, Mapping):
            return None
        if isinstance(value, list | tuple):
            if any(isinstance(entry, list | tuple | Mapping) for entry in value):
                return None
            parts.append((name, list, *value, *map(type, value)))
        elif isinstance(value, Hashable):
            parts.append((name, value, type(value)))
        else:
            return None
    return tuple(parts)
