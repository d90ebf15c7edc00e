"""Groups that are alike, as blocks with options for what differs; blocks one after another, as repeats."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cnncalc.convert.items import LETTERS, Word, as_name, in_line, item_of, packed
from cnncalc.convert.rounds import DIGITS, Use, alike_rounds, repeated
from cnncalc.convert.tree import Group, Leaf, Path, Tree, default_of
from cnncalc.layers import find
from cnncalc.spec.write import Commented, InLine, write_yaml

FEWEST_LAYERS = 3
"""The layers that a group has at least to be a block of its own."""
MOST_LINES = 8
"""The items of a list that stand in a line each; of more, a line has some."""
SIZES = ("kernel", *LETTERS)
"""Options whose value may be a text such as 1x7."""


@dataclass(frozen=True)
class Ref:
    """The number of a layer outside of a group that something within the group reads."""

    number: int


@dataclass(eq=False)
class Option:
    """An option of a block, and its value for each of the groups that are this block."""

    name: str
    values: list[Any]

    @property
    def default(self) -> Any:
        """The value of most groups; None where there is no such value."""
        value, count = Counter(map(_key, self.values)).most_common(1)[0]
        return None if 2 * count <= len(self.values) or isinstance(self.values[0], Ref) else value[1]


@dataclass(eq=False)
class Template:
    """Groups that are alike but for the values of options."""

    name: str
    members: list[Group]
    options: list[Option] = field(default_factory=list)
    texts: dict[Any, Any] = field(default_factory=dict)
    """What differs, by its place in the first member -> how the block says it."""

    def arguments(self, group: Group) -> dict[str, Any]:
        at = next(n for n, each in enumerate(self.members) if each is group)
        return {option.name: option.values[at] for option in self.options}


def _key(value: Any) -> tuple[str, Any]:
    return (type(value).__name__, value)


class Folder:
    """The layers of a tree as items; where `folds`, groups that are alike become blocks.

    Where `dense`, lines have several layers each.
    """

    def __init__(
        self,
        tree: Tree,
        *,
        folds: bool = True,
        dense: bool = False,
        comments: Mapping[int, Sequence[str]] | None = None,
    ) -> None:
        self.tree, self.folds, self.dense = tree, folds, dense
        self.comments = dict(comments or {})
        """The number of a layer -> the comments about it, which stand in the text but once."""
        self.scopes: dict[Group, Path] = {tree.root: ()}
        self.parents: dict[Group, Group] = {}
        self.parents_of_layers: dict[Leaf, Group] = {}
        self.of: dict[Group, Template] = {}
        """A group -> the block that it is."""
        for group in self._groups(tree.root):
            for entry in group.entries:
                if isinstance(entry, Leaf):
                    self.parents_of_layers[entry] = group
                else:
                    self.scopes[entry] = (*self.scopes[group], entry.name)
                    self.parents[entry] = group
        self.templates = self._found() if folds else []
        for template in reversed(self.templates):
            self._work_out(template)

    def _groups(self, group: Group) -> Iterator[Group]:
        yield group
        for entry in group.entries:
            if isinstance(entry, Group):
                yield from self._groups(entry)

    # ---- which groups are alike

    def _found(self) -> list[Template]:
        """The blocks, the largest first: those that stand in the text in more than one place."""
        alike: dict[Any, list[Group]] = {}
        for group in self._groups(self.tree.root):
            if group is not self.tree.root:
                alike.setdefault(self._signature(group), []).append(group)
        chosen: list[Template] = []
        names: set[str] = set()
        outer_first = sorted(alike.items(), key=lambda each: (-len(each[0]), len(self.scopes[each[1][0]])))
        for signature, members in outer_first:
            if (
                len(signature) >= FEWEST_LAYERS
                and len(members[0].entries) > 1
                and sum(map(self._is_shown, members)) > 1
            ):
                template = Template(self._block_name(members, names), members)
                chosen.append(template)
                self.of.update(dict.fromkeys(members, template))
        return chosen

    def _is_shown(self, group: Group) -> bool:
        """Whether a group stands in the text: not within a group that another one stands for."""
        while (parent := self.parents.get(group)) is not None:
            if parent in self.of and self.of[parent].members[0] is not parent:
                return False
            group = parent
        return True

    def _block_name(self, members: Sequence[Group], taken: set[str]) -> str:
        from cnncalc.layers import all_aliases, all_names

        words = Counter(
            next((part for part in reversed(self.scopes[each]) if not part.isdecimal()), "")
            for each in members
        )
        word = words.most_common(1)[0][0].rstrip(DIGITS)
        stem = re.sub(r"[^A-Za-z0-9_]", "", word).strip("_") or "unit"
        name, count = stem, 1
        while name in taken or name in all_names() or name in all_aliases() or name in _WORDS:
            count += 1
            name = f"{stem}_{count}" if count > 2 or name in taken else f"{stem}_block"
        taken.add(name)
        return name

    def _signature(self, group: Group) -> tuple[Any, ...]:
        """The part of a group that all groups of one block share: everything but the values of options."""
        leaves = list(group.leaves())
        places = {leaf.number: place for place, leaf in enumerate(leaves)}
        depth = len(self.scopes[group])

        def link(number: int | None) -> Any:
            if number is None:
                return None
            return places.get(number, "start" if number == group.start else "outside")

        return tuple(
            (
                self.tree.paths[leaf.number][depth:],
                leaf.kind.kind,
                tuple(option for option in leaf.options if default_of(leaf.kind, option) is None),
                tuple(map(link, leaf.sources)),
                link(leaf.share),
                link(leaf.like),
                leaf.trainable,
            )
            for leaf in leaves
        )

    # ---- what differs between them

    def _work_out(self, template: Template) -> None:
        differing: list[tuple[Any, str, list[Any]]] = []
        first = template.members[0]
        inside = {first.start, *(leaf.number for leaf in first.leaves())}
        for place, told, values in self._holes([each.entries for each in template.members]):
            if isinstance(values[0], Ref) and values[0].number in inside:
                continue
            if len(set(map(_key, map(_hashable, values)))) == 1 and not isinstance(values[0], Ref):
                template.texts[place] = values[0]
            else:
                differing.append((place, told, values))
        whole = [each for each in differing if all(type(value) is int for value in each[2])]
        for place, told, values in sorted(whole, key=lambda each: (each[2][0], sum(each[2]))):
            template.texts[place] = self._multiple(template, values) or self._option(template, told, values)
        for place, told, values in differing:
            if place not in template.texts:
                template.texts[place] = self._option(template, told, values)

    def _multiple(self, template: Template, values: list[int]) -> str:
        """Values as so many times those of an option; "" where they are no such."""
        for option in template.options:
            if any(type(value) is not int or value < 1 for value in option.values):
                continue
            ratios = {divmod(a, b) for a, b in zip(values, option.values, strict=True)}
            if len(ratios) == 1 and (ratio := ratios.pop())[1] == 0 and ratio[0] > 1:
                return f"$({ratio[0]} * {option.name})"
        return ""

    def _option(self, template: Template, told: str, values: list[Any]) -> str:
        for option in template.options:
            if list(map(_key, map(_hashable, option.values))) == list(map(_key, map(_hashable, values))):
                return self._reference(option.name, values)
        names = {option.name for option in template.options} | {"name", "from", "index"}
        stem = told.rpartition(".")[2]
        choices = [stem, re.sub(r"\W", "_", told).lstrip("_0123456789")]
        name = next((each for each in choices if each and each not in names), "")
        count = 1
        while not name or name in names:
            count += 1
            name = f"{stem}_{count}" if f"{stem}_{count}" not in names else ""
        template.options.append(Option(name, values))
        return self._reference(name, values)

    def _reference(self, name: str, values: list[Any]) -> str:
        words = any(isinstance(value, str) and not value.replace("x", "").isdecimal() for value in values)
        return Word(f"${name}") if words else f"${name}"

    def _holes(self, rows: Sequence[Sequence[Leaf | Group]]) -> Iterator[tuple[Any, str, list[Any]]]:
        """Every value that may differ: its place in the first row, its name, and its values."""
        for column in zip(*rows, strict=True):
            first = column[0]
            if isinstance(first, Leaf):
                yield from self._holes_of_layers([each for each in column if isinstance(each, Leaf)])
                continue
            groups = [each for each in column if isinstance(each, Group)]
            if first in self.of:
                arguments = [self.of[first].arguments(each) for each in groups]
                for name in arguments[0]:
                    told = f"{first.name}.{name}"
                    yield (first, name), told, [each[name] for each in arguments]
                yield (first, "from", 0), "input", [Ref(each.start) for each in groups]
            else:
                yield from self._holes([each.entries for each in groups])

    def _holes_of_layers(self, layers: Sequence[Leaf]) -> Iterator[tuple[Any, str, list[Any]]]:
        first = layers[0]
        for option in dict.fromkeys(option for layer in layers for option in layer.options):
            values = [
                layer.options[option] if option in layer.options else default_of(layer.kind, option)
                for layer in layers
            ]
            told = f"{first.name}.{option}"
            if len({type(value) for value in values}) > 1 and option in SIZES:
                values = [_as_size(value) for value in values]
            lists = all(isinstance(value, list) for value in values)
            if lists and len(set(map(len, values))) == 1 and not any(_nested(value) for value in values):
                for n, each in enumerate(zip(*values, strict=True)):
                    yield (first, option, n), told, list(each)
            else:
                yield (first, option), told, values
        links: dict[str, list[tuple[int | None, ...]]] = {
            "from": [layer.sources for layer in layers],
            "share": [(layer.share,) for layer in layers],
            "like": [(layer.like,) for layer in layers],
        }
        for name, numbers in links.items():
            for n, column in enumerate(zip(*numbers, strict=True)):
                refs = [Ref(number) for number in column if number is not None]
                if refs:
                    yield (first, name, n), "input" if name == "from" else name, refs

    # ---- the text

    def spec(self) -> dict[str, Any]:
        """The `blocks` and the `layers` of the spec."""
        layers = self.items(self.tree.root.entries, None)
        blocks = {}
        for template in reversed(self.templates):
            first = template.members[0]
            body: dict[str, Any] = {}
            if template.options:
                body["options"] = InLine(
                    {option.name: in_line(option.default) for option in template.options}
                )
            body["layers"] = self._listed(self.items(first.entries, template))
            blocks[template.name] = body
        return ({"blocks": blocks} if blocks else {}) | {"layers": layers}

    def items(self, entries: Sequence[Leaf | Group], within: Template | None) -> list[Any]:
        """The items of a list, in the text of a block or, within none, of the network."""
        found: list[Any] = []
        at = 0
        while at < len(entries):
            entry = entries[at]
            if isinstance(entry, Leaf):
                said = self._said_of([entry], within)
                found.append(_commented(self._layer(entry, within), said))
                at += 1
                continue
            uses, period = self._run(entries, at, within)
            said = self._said_of(entries[at : at + max(len(uses), 1)], within)
            if len(uses) > 1:
                item = repeated(uses, period)
            elif uses:
                item = uses[0].item
            elif (item := self._rounds(entry, within)) is None:
                self.comments |= said
                items, said = self.items(entry.entries, within), {}
                item = self._group(entry.name, self._group_links(entry, within), items)
            found.append(_commented(item, said))
            at += max(len(uses), 1)
        return packed(found)

    def _group(self, name: str, links: Mapping[str, Any], items: list[Any]) -> Any:
        own = {"name": as_name(name), **links, "layers": self._listed(items)}
        return {"block": InLine(own) if isinstance(own["layers"], InLine) else own}

    def _listed(self, items: list[Any]) -> Any:
        """The items of a list, one in a line; where `dense`, of many layers a few stand in each."""
        if any(map(_has_comments, items)):
            return items
        layers = sum(isinstance(each, str) or find(next(iter(each))) is not None for each in items)
        dense = self.dense and layers >= MOST_LINES and 4 * layers >= 3 * len(items)
        return InLine(items) if len(items) == 1 or dense else items

    def _said_of(self, entries: Sequence[Leaf | Group], within: Template | None) -> dict[int, Sequence[str]]:
        """The comments about layers, which are taken for the items that stand for them."""
        leaves = (leaf for each in entries for leaf in ([each] if isinstance(each, Leaf) else each.leaves()))
        numbers = [leaf.number for leaf in leaves if leaf.number in self.comments and within is None]
        return {number: self.comments.pop(number) for number in numbers}

    def _rounds(self, group: Group, within: Template | None) -> Any:
        """A group as a repeat whose rounds are numbers and the same; None where the group is no such."""
        rounds = [entry for entry in group.entries if isinstance(entry, Group)]
        numbers = [as_name(each.name) for each in rounds]
        if len(rounds) < 2 or len(rounds) < len(group.entries) or type(numbers[0]) is not int:
            return None
        counted_up = numbers == list(range(numbers[0], numbers[0] + len(rounds)))
        if not self.folds or not counted_up or any(each in self.of for each in rounds):
            return None
        first, *others = (self.items(each.entries, within) for each in rounds)
        if any(self._group_links(each, within) for each in rounds):
            return None
        if any(write_yaml({"": each}) != write_yaml({"": first}) for each in others):
            return None
        counted = {"times": len(rounds)} if numbers[0] == 1 else {"first": numbers[0], "times": len(rounds)}
        links = self._group_links(group, within)
        return {"repeat": {"name": as_name(group.name), **links, **counted, "layers": self._listed(first)}}

    def _run(
        self, entries: Sequence[Leaf | Group], at: int, within: Template | None
    ) -> "tuple[list[Use], int]":
        """The uses of blocks from here on that are one repeat, and how many of them a round has."""
        uses: list[Use] = []
        for entry in entries[at:]:
            if not isinstance(entry, Group) or entry not in self.of:
                break
            template = self.of[entry]
            links = self._group_links(entry, within)
            use = Use(template.name, entry.name, links | self._arguments(entry, template, within))
            if uses and not use.is_next(uses[-1]):
                break
            uses.append(use)
        return alike_rounds(uses)

    def _group_links(self, group: Group, within: Template | None) -> dict[str, Any]:
        """The inputs of a group, where the group reads another layer than the one before."""
        first = next(group.leaves())
        parent = self.parents[group]
        before = (
            parent.start
            if parent is not self.tree.root and parent.entries[0] is group
            else self._before(first)
        )
        if group.start == before:
            return {}
        place = (group if group in self.of else first, "from", 0)
        return {"from": self._told_link(place, group.start, parent, within)}

    def _arguments(self, group: Group, template: Template, within: Template | None) -> dict[str, Any]:
        """The options of a use of a block that are not at their defaults."""
        given = {}
        for option, value in zip(template.options, template.arguments(group).values(), strict=True):
            if isinstance(value, Ref):
                # the name is looked for within the block
                given[option.name] = self._told_link((group, option.name), value.number, group, within)
                continue
            told = within.texts.get((group, option.name), value) if within else value
            if told != option.default or type(told) is not type(option.default):
                given[option.name] = told
        return given

    def _layer(self, leaf: Leaf, within: Template | None) -> Any:
        options: dict[str, Any] = {}
        names = dict.fromkeys(leaf.options)
        if within is not None:
            own = (place[1] for place in within.texts if place[0] is leaf)
            names |= dict.fromkeys(name for name in own if name not in _LINKS)
        for option in names:
            value = self._told(leaf, option, within)
            default = default_of(leaf.kind, option)
            if option in leaf.options or value != default or type(value) is not type(default):
                options[option] = value
        links: dict[str, Any] = {}
        parent = self.parents_of_layers[leaf]
        many = leaf.kind.inputs == "many" or len(leaf.sources) > 1
        before = (
            parent.start if parent.entries[0] is leaf and parent is not self.tree.root else self._before(leaf)
        )
        if leaf.sources and (many or leaf.sources[0] != before):
            sources = [
                self._told_link((leaf, "from", n), number, parent, within)
                for n, number in enumerate(leaf.sources)
            ]
            links["from"] = InLine(sources) if many else sources[0]
        if leaf.like is not None:
            options["like"] = self._told_link((leaf, "like", 0), leaf.like, parent, within)
        if leaf.share is not None:
            links["share"] = self._told_link((leaf, "share", 0), leaf.share, parent, within)
        if leaf.trainable is not leaf.kind.trainable and "trainable" not in leaf.options:
            links["trainable"] = leaf.trainable
        return item_of(leaf.kind, leaf.name if leaf.is_named else "", options, links)

    def _before(self, leaf: Leaf) -> int:
        """The layer before another, or the input."""
        return leaf.number - 1 if leaf.number > len(self.tree.graph.inputs) else 0

    def _told(self, leaf: Leaf, option: str, within: Template | None) -> Any:
        value = leaf.options.get(option, default_of(leaf.kind, option))
        if within is None:
            return value
        if isinstance(value, list) and (leaf, option, 0) in within.texts:
            return [within.texts[leaf, option, n] for n in range(len(value))]
        return within.texts.get((leaf, option), value)

    def _told_link(self, place: Any, number: int, scope: Group, within: Template | None) -> Any:
        """The name of a layer for a reader in a group: the own name, START, or an option of the block."""
        if within is not None and place in within.texts:
            return within.texts[place]
        starts: list[int] = []
        group = scope
        while group is not self.tree.root:
            starts.append(group.start)
            if within is not None and group is within.members[0]:
                break
            group = self.parents[group]
        if place[1] in ("share", "like"):
            starts = []
        return as_name(self.tree.called(number, self.scopes[scope], starts))


_WORDS = ("block", "repeat", "head")
_LINKS = ("from", "share", "like")


def _hashable(value: Any) -> Any:
    return repr(value) if isinstance(value, list | dict) else value


def _nested(value: list[Any]) -> bool:
    return any(isinstance(each, list | dict) for each in value)


def _as_size(value: Any) -> Any:
    flat = isinstance(value, list) and 1 < len(value) <= 3 and not _nested(value)
    return "x".join(map(str, value)) if flat else value


def _commented(item: Any, said: Mapping[int, Sequence[str]]) -> Any:
    lines = dict.fromkeys(line for each in said.values() for line in each)
    return Commented(item, list(lines)) if lines else item


def _has_comments(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_comments, value.values()))
    return isinstance(value, Commented) or (isinstance(value, list) and any(map(_has_comments, value)))
