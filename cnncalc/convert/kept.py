"""The parts of a spec beside its layers, kept when the spec is written anew: notes, expect, comments."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cnncalc.spec.comments import comments
from cnncalc.spec.source import Source
from cnncalc.spec.write import Commented, InLine

if TYPE_CHECKING:
    from cnncalc.convert.tree import Tree
    from cnncalc.graph import Graph
    from cnncalc.spec.document import SpecDocument

KEYS = ("family", "year", "source", "notes")
_OF_EDITORS = "# yaml-language-server:"
"""How a comment begins that names a schema by its place, which is another from elsewhere."""


@dataclass
class Kept:
    """The kept parts. `of_keys` and `of_layers` are comments, by the key and by the number of the layer."""

    top: Mapping[str, Any] = field(default_factory=dict)
    expect: Any = None
    of_keys: dict[str, list[str]] = field(default_factory=dict)
    of_layers: dict[int, list[str]] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    """The name of a layer -> its number."""

    def expected(self, tree: "Tree") -> Any:
        """The value of `expect`, layers by the names that they have in a tree."""
        if not isinstance(self.expect, Mapping):
            return self.expect
        names = {name: tree.name(number) for name, number in self.numbers.items()}
        return {names.get(name, name): InLine(dict(given)) for name, given in self.expect.items()}

    def commented(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """The value of a spec with the comments of its keys; those of keys that it has not come first."""
        left = {key: lines for key, lines in self.of_keys.items() if key not in value}
        first = next(iter(value))
        lines = {first: [line for each in left.values() for line in each]}
        for key in self.of_keys.keys() & value.keys():
            lines[key] = [*lines.get(key, ()), *self.of_keys[key]]
        return {key: Commented(each, lines[key]) if lines.get(key) else each for key, each in value.items()}


def kept(document: "SpecDocument", graph: "Graph", *, numbers: bool) -> Kept:
    """The parts of a document beside its layers; with `numbers`, also the expected numbers."""
    top = {key: document.top[key] for key in KEYS if document.top.get(key) is not None}
    names = {node.name: number for number, node in enumerate(graph.nodes, len(graph.inputs))}
    found = Kept(top, document.top.get("expect") if numbers else None, numbers=names)
    marks = getattr(document.top, "marks", {})
    keys = sorted((marks[key][0][0], key) for key in document.top if key in marks)
    if not keys or len(keys) < len(document.top) or type(document.source) is not Source:
        return found
    lines: dict[int, int] = {}
    for number, node in enumerate(graph.nodes, len(graph.inputs)):
        if (mark := node.location.mark) is not None:
            lines.setdefault(mark[0], number)
    starts = sorted(lines)
    for line, text, is_alone in comments(document.source.text):
        # a comment in a line of its own is about what follows, any other about what it stands behind
        if text.startswith(_OF_EDITORS):
            continue
        key = bisect_right(keys, (line, "\uffff"))
        of_layers = starts and key and keys[key - 1][1] in ("layers", "blocks")
        if of_layers and not (is_alone and line > starts[-1] and key < len(keys)):
            place = min(max(bisect_right(starts, line) - (not is_alone), 0), len(starts) - 1)
            found.of_layers.setdefault(lines[starts[place]], []).append(text)
        else:
            place = min(max(key - (not is_alone), 0), len(keys) - 1)
            found.of_keys.setdefault(keys[place][1], []).append(text)
    return found
