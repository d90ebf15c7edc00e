"""Whole networks to try the laws on: every kind of layer, with merges, repeats and blocks in one another.

What a layer's options may be is read off its class, so that a new kind is drawn as soon as its file is there.
Whether a drawn layer fits where it stands is asked of the engine itself; that its numbers are right is not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

import cnncalc
from cnncalc.errors import SpecError
from cnncalc.layers import aliases, find, names, rescale
from cnncalc.layers.support import axes, options
from cnncalc.layers.support.base import Layer, activation, fields

Draw = Callable[[st.SearchStrategy[Any]], Any]
Shape = tuple[int, ...]
Spec = dict[str, Any]
MOST_VALUES = 2000
"""The most values of a layer's output: the networks are run."""


@cache
def kinds(inputs: str = "one") -> tuple[str, ...]:
    """The kinds that read one input, or many."""
    return tuple(name for name in names() if kind(name).inputs == inputs)


@cache
def activations() -> tuple[str, ...]:
    """The kinds that may be another's activation."""
    return tuple(name for name in names() if kind(name).is_activation)


def numeric() -> list[str]:
    """The kinds of one input that read numbers; the others read the tokens of an input."""
    return [name for name in kinds() if "vocabulary" not in fields(kind(name))]


def kind(name: str) -> type[Layer]:
    """The class of a kind."""
    cls = find(name)
    assert cls is not None
    return cls


# ---- options


def _each(most: int, rank: int, least: int = 1) -> st.SearchStrategy[Any]:
    """A number for all axes, or one for each as a list or as a text."""
    number = st.integers(least, most)
    several = st.lists(number, min_size=rank, max_size=rank)
    return st.one_of(number, several, several.map(lambda sizes: "x".join(map(str, sizes))))


def _pads(most: int, rank: int) -> st.SearchStrategy[Any]:
    pair = st.lists(st.integers(0, most), min_size=2, max_size=2)
    return st.one_of(_each(most, rank, 0), st.lists(pair, min_size=rank, max_size=rank))


def _maps(channels: int) -> st.SearchStrategy[Any]:
    return st.lists(st.integers(0, channels - 1), min_size=1, max_size=3, unique=True)


def _by_reader(read: Any, shape: Shape) -> st.SearchStrategy[Any]:
    """What an option may be, by how it is read."""
    rank = max(len(shape) - 1, 1)
    if "enum" in read.schema:
        return st.sampled_from(read.schema["enum"])
    found: dict[Any, Callable[[], st.SearchStrategy[Any]]] = {
        options.count: lambda: st.sampled_from((1, 2, 2, 3, 4, 6)),
        options.natural: lambda: st.integers(0, 3),
        options.number: lambda: st.sampled_from((0.25, 0.5, 1, 2.0)),
        options.fraction: lambda: st.sampled_from((0, 0.25, 0.5, 1)),
        options.flag: st.booleans,
        options.sizes: lambda: _each(3, rank),
        options.sizes_or_kept: lambda: st.one_of(_each(3, rank), st.just([None, *[2] * (rank - 1)])),
        options.nested_integers: lambda: st.sampled_from([[0], [0, -1], [[0, 0], [-1, 0]]]),
        axes.integers: lambda: st.sampled_from([1, -1, 2]),
        options.naturals: lambda: _each(2, rank, 0),
        options.padding: lambda: st.one_of(st.sampled_from(("same", "valid", "full")), _pads(2, rank)),
        options.pads: lambda: _pads(2, rank),
        options.shape: lambda: st.permutations(shape),
        options.long_shape: lambda: st.permutations(shape),
        options.open_shape: lambda: st.one_of(st.permutations(shape), st.just([-1, shape[-1]])),
        rescale.by_channel: lambda: st.sampled_from((0.5, [2.0] * shape[-1])),
        options.text: lambda: st.sampled_from(["aten.foo", ""]),
        options.integer: lambda: st.integers(-2, 2),
        axes.axis: lambda: st.one_of(st.just("channels"), st.integers(-len(shape), len(shape) - 1)),
        axes.axes: lambda: st.sampled_from(["channels", "positions", "all", 0, [-1]]),
        options.order: lambda: st.permutations(range(len(shape))),
        options.table: lambda: st.lists(
            st.lists(st.integers(0, shape[-1] - 1), min_size=1, max_size=3, unique=True),
            min_size=1,
            max_size=3,
        ),
        activation: lambda: st.sampled_from(activations()),
    }
    return found[read]()


def layer_options(name: str, shape: Shape) -> st.SearchStrategy[dict[str, Any]]:
    """The options of a kind of layer, those that it needs and any of the others."""
    required: dict[str, st.SearchStrategy[Any]] = {}
    optional: dict[str, st.SearchStrategy[Any]] = {}
    for option, field in fields(kind(name)).items():
        strategy = _by_reader(field.metadata["read"], shape)
        missing = field.default is field.default_factory  # a required option has neither
        (required if missing else optional)[option] = strategy
    if "table" in optional:
        # one set of options or the other: a table says the groups
        optional.pop("table")
    if "scale" in optional and "size" in optional:
        required["scale"] = optional.pop("scale")
        optional.pop("size")
    return st.fixed_dictionaries(required, optional=optional)


# ---- items


def after(shape: Shape, items: Sequence[Any], most: int = MOST_VALUES) -> Shape | None:
    """The shape behind items, None where they don't fit."""
    try:
        rows = cnncalc.load({"input": list(shape), "layers": [*items, "relu"]}).analyze().layers
    except SpecError:
        return None
    if any(row.activation_size > most or row.params > 20 * most for row in rows):
        return None
    return rows[-1].facts.output


def _written(name: str, given: dict[str, Any], draw: Draw) -> Any:
    """A layer in one of the forms that the language has for it."""
    main = kind(name).short_option
    also = [alias for alias, of in aliases().items() if of == name]
    said = draw(st.sampled_from([name, *also]))
    if not given and draw(st.booleans()):
        return said
    if set(given) == {main} and draw(st.booleans()):
        return {said: given[main]}
    return {said: given}


def _layer(draw: Draw, shape: Shape, among: Sequence[str]) -> tuple[Any, Shape]:
    """A layer that fits, and the shape behind it: a relu where none is found."""
    for _ in range(5):
        name = draw(st.sampled_from(among))
        given = draw(layer_options(name, shape))
        item = _written(name, given, draw)
        if (found := after(shape, [item])) is not None:
            return item, found
    return "relu", shape


def _keeping(draw: Draw, shape: Shape, depth: int, *, channels: bool) -> list[Any]:
    """A path that keeps the positions of what it reads, and the channels if that is wanted."""
    items, found = _items(draw, shape, draw(st.integers(0, 2)), depth)
    if found == shape or (not channels and len(found) == len(shape) and found[:-1] == shape[:-1]):
        return items
    if len(shape) == 1:
        return [{"dense": shape[0]}]
    filters = shape[-1] if channels else draw(st.integers(1, 4))
    wide = {"filters": filters, "kernel": draw(st.integers(1, 3)), "padding": "same"}
    return draw(st.sampled_from(([{"conv": wide}], [{"conv": wide}, "batch_norm", "relu"])))  # type: ignore[no-any-return]


def _merge(draw: Draw, shape: Shape, depth: int) -> Any:
    name = draw(st.sampled_from(kinds("many")))
    paths = [_keeping(draw, shape, depth, channels=name != "concat") for _ in range(draw(st.integers(1, 3)))]
    return {name: paths}


def _group(draw: Draw, shape: Shape, depth: int) -> Any:
    word = draw(st.sampled_from(("repeat", "block", "head")))
    if word == "repeat":
        layers = _keeping(draw, shape, depth, channels=True) or ["relu"]
        return {"repeat": {"times": draw(st.integers(1, 3)), "layers": layers}}
    items, _ = _items(draw, shape, draw(st.integers(1, 2)), depth)
    return {word: {"layers": items}}


def _items(draw: Draw, shape: Shape, number: int, depth: int) -> tuple[list[Any], Shape]:
    """Items that fit, one after another, and the shape behind them."""
    items: list[Any] = []
    for _ in range(number):
        way = draw(st.sampled_from(("layer", "layer", "merge", "group"))) if depth else "layer"
        found: Shape | None = None
        if way != "layer":
            item = (_merge if way == "merge" else _group)(draw, shape, depth - 1)
            found = after(shape, [item])
        if found is None:
            item, found = _layer(draw, shape, numeric())
        items.append(item)
        shape = found
    return items, shape


# ---- specs


@st.composite
def shapes(draw: Draw, rank: int | None = None) -> Shape:
    """An input: a vector, or one to three spatial axes and the channels."""
    rank = draw(st.sampled_from((2, 2, 2, 1, 1, 3, 0))) if rank is None else rank
    most = (0, 12, 8, 4)[rank]
    positions = draw(st.lists(st.integers(2, most), min_size=rank, max_size=rank)) if rank else []
    return (*positions, draw(st.sampled_from((1, 2, 3, 4, 4, 6, 8))))


@st.composite
def specs(draw: Draw, depth: int = 2) -> Spec:
    """A whole network."""
    shape = draw(shapes())
    first, behind = _layer(draw, shape, kinds())
    items, _ = _items(draw, behind, draw(st.integers(0, 3)), depth)
    return {"input": list(shape), "layers": [first, *items]}


@st.composite
def single(draw: Draw, name: str) -> Spec:
    """A network of one layer of a kind, where it fits; what joins paths has the input on each."""
    shape = draw(shapes())
    if kind(name).inputs == "many":
        given = draw(layer_options(name, shape))
        items = [{name: {**given, "paths": [[]] * paths}} for paths in draw(st.permutations((2, 3)))]
        return {"input": list(shape), "layers": [next((i for i in items if after(shape, [i])), "relu")]}
    if name == "fold" and len(shape) > 2:  # reads what an unfold with the same options puts out
        item, _ = _layer(draw, shape, ["unfold"])
        options = item["unfold"] if isinstance(item, dict) and "unfold" in item else 1
        if not isinstance(options, dict):
            options = {"kernel": options}
        folded = {"fold": {**options, "size": list(shape[:-1])}}
        return {"input": list(shape), "layers": [{"unfold": options}, folded]}
    item, _ = _layer(draw, shape, [name])
    return {"input": list(shape), "layers": [item]}


@st.composite
def compact(draw: Draw) -> Spec:
    """A network of layers for whose options compact text has letters and words."""
    shape = start = draw(shapes())
    said = {"stride", "padding", "dilation", "groups", "bias", "activation"}
    among = [
        name
        for name in kinds()
        if (cls := kind(name)).compact[0] in fields(cls) or cls.compact[1] in fields(cls) or not fields(cls)
    ]
    items: list[Any] = []
    for _ in range(draw(st.integers(1, 4))):
        name = draw(st.sampled_from(among))
        given = draw(layer_options(name, shape))
        own = {option: value for option, value in given.items() if option in {*said, *kind(name).compact}}
        if any(isinstance(value, list) for value in own.values()):
            continue
        item = {name: own} if own else name
        if (found := after(shape, [item])) is not None:
            items.append(item)
            shape = found
    return {"input": list(start), "layers": items or ["relu"]}


@st.composite
def chains(draw: Draw) -> Spec:
    """Windows that slide one after another, alike along both axes, on an input that is large enough."""
    items: list[Any] = []
    for _ in range(draw(st.integers(2, 4))):
        name = draw(st.sampled_from(("conv", "depthwise_conv", "max_pool", "avg_pool", "subsample")))
        given = {"kernel": draw(st.integers(1, 3)), "stride": draw(st.integers(1, 3))}
        given["padding"] = draw(st.integers(0, given["kernel"] // 2))
        if "dilation" in fields(kind(name)):
            given["dilation"] = draw(st.integers(1, 2))
        items.append({name: given | ({"filters": 2} if name == "conv" else {})})
    assume(after((200, 200, 2), items, most=10**6) is not None)
    return {"input": [200, 200, 2], "layers": items}


@st.composite
def scalable(draw: Draw) -> Spec:
    """One layer whose outputs are as many as an option says, with no activation of its own."""
    shape = draw(shapes())
    sliding = ("conv", "depthwise_conv", "conv_transpose", "local_conv") if len(shape) > 1 else ()
    name = draw(st.sampled_from((*sliding, "dense")))
    given = draw(layer_options(name, shape))
    given.pop("activation", None)
    assume(after(shape, [{name: given}]) is not None)
    return {"input": list(shape), "layers": [{name: given}]}
