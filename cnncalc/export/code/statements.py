"""The way through a network or a part of it, as the statements that a person would write."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from string import Formatter
from typing import NamedTuple

from cnncalc.export.code.words import identifier

LONGEST = 70
"""The signs of an expression that is still written into another."""


class Expression(NamedTuple):
    """An expression; `infix` where it is one of operators, which brackets hold together."""

    text: str
    infix: bool = False


def filled(apply: str, given: Sequence[Expression], values: Mapping[str, str], *, infix: bool) -> Expression:
    """An expression from its template: {0}, {1} are the arguments, {name} a value."""
    found = ""
    pieces = list(Formatter().parse(apply))
    for at, (before, name, _, _) in enumerate(pieces):
        found += before
        if name is None:
            continue
        if not name.isdecimal():
            found += values[name]
            continue
        inner = given[int(name)]
        behind = pieces[at + 1][0] if at + 1 < len(pieces) else ""
        alone = (not found or found[-1] in "([" or found.endswith(", ")) and behind[:1] in ("", ")", "]", ",")
        found += f"({inner.text})" if inner.infix and not alone else inner.text
    return Expression(found, infix)


@dataclass(eq=False)
class Operation:
    """An operation: the numbers of its inputs and outputs, and the way to write the result."""

    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    name: str
    write: Callable[[Sequence[Expression]], Expression]
    is_object: bool = True
    """Whether an object of the framework does it, not a function."""
    rides: bool = False
    once: bool = True
    """Whether the expression names each of its inputs once."""
    loop: str = ""
    """The head of a loop that does it again and again, from what it put out before."""
    lists: bool = False
    """Whether the inputs stand in a list, which may have many lines."""


@dataclass(eq=False)
class _Statement:
    operation: Operation
    within: "dict[int, _Statement]"
    """What is written into the expression: the number of an input -> the statement that makes it."""

    def reads(self) -> list[int]:
        found: dict[int, None] = {}
        for number in self.operation.inputs:
            for each in self.within[number].reads() if number in self.within else [number]:
                found[each] = None
        return list(found)

    def write(self, names: Mapping[int, str]) -> Expression:
        given = [
            self.within[number].write(names) if number in self.within else Expression(names[number])
            for number in self.operation.inputs
        ]
        return self.operation.write(given)


class _Short(dict[int, str]):
    def __missing__(self, _: int) -> str:
        return "x"


def body(
    operations: Sequence[Operation], inputs: Mapping[int, str], outputs: Sequence[int], taken: Iterable[str]
) -> list[str]:
    """The statements of a function that is given `inputs`, number -> name, and returns `outputs`.

    `taken` are names that no value can have.
    """
    statements = _joined(operations, outputs)
    used: dict[int, list[int]] = {}
    for at, statement in enumerate(statements):
        for number in statement.reads():
            used.setdefault(number, []).append(at)
    for number in outputs:
        used.setdefault(number, []).append(len(statements))
    names = dict(inputs)
    reserved = {*taken, "self"}
    # a layer that is called more than once keeps its name
    layers = {number for operation in operations if not operation.inputs for number in operation.outputs}
    found: list[str] = []
    for at, statement in enumerate(statements):
        text = statement.write(names).text
        made = statement.operation.outputs
        if at == len(statements) - 1 and tuple(made) == tuple(outputs) and not statement.operation.loop:
            return [*found, f"return {text}"]
        reads = [names[number] for number in statement.reads()]
        ends = [
            names.pop(number)
            for number in statement.reads()
            if used[number][-1] == at and number not in layers
        ]
        for number in made:
            live = set(names.values())
            own = identifier(statement.operation.name, live | reserved)
            is_apart = len(used.get(number, ())) > 1 or (len(outputs) > 1 and number in outputs)
            choices = [own] if is_apart else ["x", *ends, "out", own]
            names[number] = next(name for name in choices if name not in live | reserved)
        told = f"{', '.join(names[number] for number in made)} = " if any(n in used for n in made) else ""
        if statement.operation.loop:
            (before,), (name,) = reads, [names[number] for number in made]
            found += [f"{name} = {before}"] * (name != before)
            again = statement.operation.write([Expression(name)]).text
            found.append(f"for {statement.operation.loop}:\n{name} = {again}")
        else:
            found.append(f"{told}{text}")
        for number in made:
            if number not in used:
                del names[number]
    return [*found, f"return {', '.join(names[number] for number in outputs)}"]


def _joined(operations: Sequence[Operation], outputs: Sequence[int]) -> list[_Statement]:
    """The operations, those written into the ones that read them that a person would not give a line."""
    counts: dict[int, int] = {}
    for operation in operations:
        for number in operation.inputs:
            counts[number] = counts.get(number, 0) + 1
    for number in outputs:
        counts[number] = counts.get(number, 0) + 1
    open_statements: dict[int, _Statement] = {}
    found: list[_Statement] = []
    joined = set[_Statement]()
    for operation in operations:
        statement = _Statement(operation, {})
        if operation.once:
            for number in operation.inputs:
                before = open_statements.get(number)
                if before is None or counts[number] != 1 or not _fits(operation, before):
                    continue
                statement.within[number] = before
                written = before if operation.lists else statement
                if len(written.write(_Short()).text) > LONGEST:
                    del statement.within[number]
                    continue
                joined.add(before)
        for number in operation.outputs[:1] if len(operation.outputs) == 1 else ():
            open_statements[number] = statement
        found.append(statement)
    return [statement for statement in found if statement not in joined]


def _fits(operation: Operation, before: _Statement) -> bool:
    """Whether a person would write what comes before into this."""
    if operation.rides:
        return True
    if len(operation.inputs) > 1 and not operation.is_object:
        return True
    return not operation.is_object or not (before.operation.is_object or before.within)
