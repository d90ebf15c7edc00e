"""Values as the code of a class or a function says them: a number, an argument, a multiple of one, a loop's.

`within` is the class that the code stands in; `over` says the values that a loop goes through. Each function
leaves out the values that need not be said.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from cnncalc.export.code.folding import Slot, Template
from cnncalc.export.code.loops import in_loop, reach
from cnncalc.export.code.scopes import Leaf, Scope
from cnncalc.export.code.words import literal
from cnncalc.layers.support.code import Call

Over = Mapping[Any, str | None]


def told(slot: Slot, within: Template | None, over: Over) -> str | None:
    """A value; None where it need not be said."""
    if slot.key in over:
        return over[slot.key]
    if within is not None and slot.key in within.texts:
        return within.texts[slot.key]
    return None if slot.is_default else literal(slot.value)


def made_with(leaf: Leaf, at: int, made: Call, within: Template | None, over: Over) -> list[str]:
    """The arguments of what the step `at` of a layer makes."""
    found = []
    for place, (name, value) in enumerate(made.values.items()):
        slot = Slot((leaf, at, name), name, value, *([made.defaults[name]] if name in made.defaults else []))
        if (text := told(slot, within, over)) is not None:
            found.append(text if place < made.positional else f"{name}={text}")
    return found


def used_with(template: Template, scope: Scope, within: Template | None, over: Over) -> list[str]:
    """The arguments of a class or a function where a scope uses it."""
    found = []
    for slot, parameter in zip(template.slots(scope), template.parameters, strict=True):
        if (text := told(slot, within, over)) is not None:
            found.append(text if parameter.is_positional else f"{parameter.name}={text}")
    return found


def looped(
    rows: Sequence[Sequence[Slot]], letter: str, first: int, within: Template | None, over: Over
) -> tuple[int, dict[Any, str | None]]:
    """The number of like scopes that one loop goes through, and the code for the values that differ.

    `rows` are the values of each scope, and `first` is what the loop's letter is for the first one.
    """
    columns = [[told(slot, within, over) for slot in column] for column in zip(*rows, strict=True)]
    count = min([len(rows), *(reach(column) for column in columns)])
    if count < 2:
        return 1, {}
    return count, {
        slot.key: in_loop(column[:count], letter, first)
        for slot, column in zip(rows[0], columns, strict=True)
        if len(set(column[:count])) > 1
    }
