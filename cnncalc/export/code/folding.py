"""Scopes that are alike as one class or function, with arguments for what differs between them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from cnncalc.export.code.scopes import CHAIN, OWN, Leaf, Scope
from cnncalc.export.code.words import BUILTINS, class_name, identifier, literal

_PLAIN = ("", "round", "repeat", "block", "head")
"""Words for scopes that say nothing of what the scope is."""
FEWEST_LAYERS = 3
"""The layers that a chain has at least to be a class of its own."""
_ABSENT = object()


class Slot(NamedTuple):
    """A value in code. `key` is its place, `hint` its name; `late` where `forward` has the value.

    `default` is the value that need not be said.
    """

    key: Any
    hint: str
    value: Any
    default: Any = _ABSENT
    late: bool = False

    @property
    def is_default(self) -> bool:
        return type(self.value) is type(self.default) and self.value == self.default


@dataclass(eq=False)
class Parameter:
    """An argument of a class, and its value for each of the scopes that are this class."""

    name: str
    values: list[Any]
    default: Any = _ABSENT
    late: bool = False
    number: int = 0
    """Which of the values that differ it is."""

    @property
    def is_positional(self) -> bool:
        """Whether a use says the value without the name: how many channels there are."""
        return self.name.rstrip(_DIGITS) in CHANNELS and not self.has_default

    @property
    def has_default(self) -> bool:
        return self.default is not _ABSENT


@dataclass(eq=False)
class Template:
    """Scopes that are alike but for values."""

    name: str
    members: list[Scope]
    parameters: list[Parameter] = field(default_factory=list)
    texts: dict[Any, str | None] = field(default_factory=dict)
    """A place in the first member -> how the class says the value; None where it need not be said."""

    def slots(self, member: Scope) -> Iterator[Slot]:
        """The values of a use of the class."""
        at = next(n for n, each in enumerate(self.members) if each is member)
        for number, parameter in enumerate(self.parameters):
            default = parameter.default
            yield Slot((member, number), parameter.name, parameter.values[at], default)


class Folding:
    """The classes of a network. `channels` gives the channels of what a layer puts out.

    With `one_place`, what code makes and how a value goes through are said in one place: a scope is then a
    function, and only where the function is called more than once.
    """

    def __init__(
        self,
        root: Scope,
        name: str,
        kinds: Mapping[str, str],
        channels: Callable[[int], int],
        taken: frozenset[str],
        *,
        one_place: bool = False,
        spelled: Callable[[str, frozenset[str]], str] = class_name,
    ) -> None:
        self.root, self.kinds, self.channels, self.one_place = root, kinds, channels, one_place
        self.names, self.spelled = frozenset({name}), spelled
        self.reserved = taken
        self.of: dict[Scope, Template] = {}
        self.links: dict[Leaf, bool] = {}
        """Whether a layer is said as objects alone."""
        for scope in root.scopes():
            for entry in scope.entries:
                if isinstance(entry, Leaf):
                    self.links[entry] = scope.held == CHAIN
        self.templates = sorted(self._chosen(), key=lambda each: each.members[0].height)
        for template in self.templates:
            self._work_out(template)

    # ---- which scopes are alike

    def _chosen(self) -> list[Template]:
        alike: dict[Any, list[Scope]] = {}
        parents: dict[Scope, Scope] = {}
        for scope in self.root.scopes():
            for entry in scope.entries:
                if isinstance(entry, Scope):
                    parents[entry] = scope
            if scope is not self.root and scope.held in (CHAIN, OWN):
                alike.setdefault(self.signature(scope), []).append(scope)
        chosen: list[Template] = []
        for members in sorted(alike.values(), key=lambda each: -each[0].height):
            if members[0].held == CHAIN or self.one_place:
                shown = sum(self._is_shown(scope, parents) for scope in members)
                layers = sum(1 for _ in members[0].leaves())
                if shown < 2 or layers < FEWEST_LAYERS - 1 or len(members[0].entries) < 2:
                    continue
            template = Template(self._name(members, parents), members)
            chosen.append(template)
            self.of.update(dict.fromkeys(members, template))
        return chosen

    def _is_shown(self, scope: Scope, parents: Mapping[Scope, Scope]) -> bool:
        """Whether a scope stands in the code: not within one that another stands for."""
        while (parent := parents.get(scope)) is not None:
            if parent in self.of and self.of[parent].members[0] is not parent:
                return False
            scope = parent
        return True

    def _name(self, members: Sequence[Scope], parents: Mapping[Scope, Scope]) -> str:
        """A name for a class: the author's for a block, else after the named scope around it."""
        scope = members[0]
        written = self.kinds.get(scope.path, "")
        ending = {"round": "_unit", "": "_path"}.get(written, "") if scope.name.isdecimal() else ""
        word = ""
        while scope is not self.root:
            written = self.kinds.get(scope.path, "")
            word = scope.name.rstrip(_DIGITS).strip("_-.") if written in _PLAIN else written
            # a merge with its paths is no block
            if word not in _PLAIN and scope.held in (CHAIN, OWN):
                break
            word, scope = "", parents[scope]
        name = self.spelled(f"{word or 'block'}{ending}", self.names | BUILTINS | self.reserved)
        self.names |= {name}
        return name

    def signature(self, scope: Scope) -> Any:
        """The part of a scope that all scopes of one class share: everything but values."""
        places = {leaf.number: at for at, leaf in enumerate(scope.leaves())}
        inputs = {number: f"in{at}" for at, number in enumerate(scope.inputs)}

        def link(number: int | None) -> Any:
            return None if number is None else inputs.get(number, places.get(number, number))

        def parts(within: Scope) -> tuple[Any, ...]:
            return tuple(
                (
                    entry.name,
                    tuple(map(link, entry.sources)),
                    link(entry.owner),
                    entry.part.own,
                    tuple(
                        (
                            step.make and (step.make.function, tuple(step.make.values)),
                            step.apply,
                            tuple(step.values),
                        )
                        for step in entry.part.steps
                    ),
                )
                if isinstance(entry, Leaf)
                else (entry.name, entry.held, parts(entry))
                for entry in within.entries
            )

        return scope.held, parts(scope), tuple(map(link, scope.outputs))

    # ---- what differs between them

    def slots(self, entry: Leaf | Scope) -> Iterator[Slot]:
        """Every value that the code of an entry says, in order."""
        if isinstance(entry, Scope):
            if entry in self.of:
                yield from self.of[entry].slots(entry)
            else:
                for each in entry.entries:
                    yield from self.slots(each)
            return
        for at, step in enumerate(entry.part.steps):
            is_object = step.make is not None and (
                self.links[entry] or not step.apply or "{made}" in step.apply
            )
            if is_object and step.make is not None:
                if entry.owner is None:
                    made = step.make
                    for name, value in made.values.items():
                        yield Slot((entry, at, name), name, value, made.defaults.get(name, _ABSENT))
                if "{made}" not in step.apply:
                    continue
            for name, value in step.values.items():
                yield Slot((entry, at, name), name, value, late=not self.one_place)

    def _work_out(self, template: Template) -> None:
        rows = [
            [slot for entry in member.entries for slot in self.slots(entry)] for member in template.members
        ]
        first = rows[0]
        columns = [list(column) for column in zip(*rows, strict=True)]
        differing: dict[str, list[int]] = {}
        for place, column in enumerate(columns):
            values = [slot.value for slot in column]
            if all(_same(value, values[0]) for value in values):
                template.texts[first[place].key] = None if first[place].is_default else literal(values[0])
            else:
                differing.setdefault(repr([(type(v).__name__, v) for v in values]), []).append(place)
        into = self._channels_of([member.inputs[:1] for member in template.members])
        out = self._channels_of([member.outputs[:1] for member in template.members])
        groups = [(at, [slot.value for slot in columns[at[0]]]) for at in differing.values()]
        bases: list[int] = []
        """The group of values of which each group's are so many times."""
        for number, (at, values) in enumerate(groups):
            found = [other for other in range(len(groups)) if _times(values, groups[other][1]) > 1]
            bases.append(min(found, key=lambda other: groups[other][1]) if found else number)
            if not found:
                self._parameter(template, [columns[n] for n in at], values, into, out, number)
        named = {parameter.number: parameter for parameter in template.parameters}
        self._number(template.parameters)
        for (at, values), base in zip(groups, bases, strict=True):
            parameter, times = named[base], max(_times(values, groups[base][1]), 1)
            for n in at:
                parameter.late = parameter.late or columns[n][0].late
                told = f"self.{parameter.name}" if columns[n][0].late else parameter.name
                template.texts[first[n].key] = f"{times} * {told}" if times > 1 else told
        template.parameters.sort(key=lambda each: (each.has_default, not each.is_positional))

    def _channels_of(self, numbers: list[tuple[int, ...]]) -> list[int]:
        return [self.channels(number) for each in numbers for number in each]

    @staticmethod
    def _number(parameters: Sequence[Parameter]) -> None:
        """Gives parameters of one name numbers."""
        taken = {parameter.name for parameter in parameters}
        for stem in sorted(taken):
            alike = [parameter for parameter in parameters if parameter.name == stem]
            for count, parameter in enumerate(alike if len(alike) > 1 else (), 1):
                parameter.name = identifier(f"{stem}{count}", taken | _RESERVED)
                taken.add(parameter.name)

    def _parameter(
        self,
        template: Template,
        columns: list[list[Slot]],
        values: list[Any],
        into: list[int],
        out: list[int],
        number: int,
    ) -> None:
        """Gives a class an argument for what some values, which are the same in each scope, are."""
        hints = [column[0].hint for column in columns]
        default = next((c[0].default for c in columns if any(slot.is_default for slot in c)), _ABSENT)
        if any(column[0].late for column in columns):
            default = _ABSENT
        name = hints[0]
        if name.rstrip(_DIGITS) in CHANNELS:
            name = "channels"
            if values == into != out:
                name = "in_channels"
            elif values == out != into:
                name = "out_channels"
        name = identifier(name, _RESERVED)
        template.parameters.append(Parameter(name, values, default, number=number))


_DIGITS = "0123456789"
_RESERVED = frozenset({"self", "nn", "torch", "F", "i", "keras", "layers", "ops", "x", "chain"})
CHANNELS = frozenset({
    "in_channels", "out_channels", "in_features", "out_features", "num_features", "normalized_shape",
    "embed_dim", "num_channels", "channels", "filters", "units",
})  # fmt: skip
"""The names of arguments that say how many channels there are."""


def _times(values: Sequence[Any], base: Sequence[Any]) -> int:
    """The factor of each value to another; 0 where the values have no common factor."""
    if not all(type(value) is int and value > 0 for value in (*values, *base)):
        return 0
    ratios = {divmod(a, b) for a, b in zip(values, base, strict=True)}
    ratio, rest = ratios.pop()
    return 0 if ratios or rest else ratio


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)
