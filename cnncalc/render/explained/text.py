"""An explanation as plain text: the equations under each other, the reasons below them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cnncalc.explain import Equation, LayerWorking, Solution, Working
from cnncalc.formula.styles import TEXT
from cnncalc.languages import Language
from cnncalc.render.explained.explanation import columns
from cnncalc.render.explained.phrases import Phrases
from cnncalc.render.explained.wrapping import chained, wrapped


def phrases_in(language: Language) -> Phrases:
    """What is said in a language, as this format has it."""
    return Phrases(language)


def pieces(solution: Solution, language: Language) -> Iterator[str]:
    """The lines of an explanation."""
    phrases, wide = phrases_in(language), columns()
    for line in _lines(solution, phrases, wide):
        yield line + "\n"


def _lines(solution: Solution, phrases: Phrases, wide: int) -> Iterator[str]:
    if len(solution.layers) != 1:
        yield phrases.say("solution", network=solution.settings.network)
        yield ""
    if solution.letters:
        yield from wrapped(phrases.say("why.letters", sizes=phrases.sizes(solution)), wide)
        yield ""
    elif legend := phrases.legend(solution):
        head = phrases.say("legend") + phrases.say("colon")
        items = (f"{letter} {meaning}" for letter, meaning in legend.items())
        yield from wrapped(head + phrases.say("list.semicolon").join(items), wide, "  ", "")
        yield ""
    for number, layer in enumerate(solution.layers):
        yield from _layer(layer, phrases, wide)
        if number + 1 < len(solution.layers) or solution.totals:
            yield ""
    if solution.totals:
        yield phrases.say("totals")
        yield from workings(solution.totals, phrases)


def _layer(layer: LayerWorking, phrases: Phrases, wide: int) -> Iterator[str]:
    yield from wrapped(phrases.title(layer), wide, "  ", "")
    if layer.given:
        given = phrases.given(f"{name} = {value}" for name, value in layer.given.items())
        yield from wrapped(given, wide, "    ", "  ")
    yield from workings(layer.workings, phrases)


def workings(found: Sequence[Working], phrases: Phrases) -> Iterator[str]:
    """The lines of some quantities, set in."""
    wide = columns()
    for working in found:
        value = phrases.value(working)
        yield f"  {phrases.heading(working)}" + (f"{phrases.say('colon')}{value}" if value else "")
        for equation in working.equations:
            yield from _equation(equation, phrases, wide)
        for sentence in phrases.sentences(working):
            yield from wrapped(sentence, wide, "    ")


def _equation(equation: Equation, phrases: Phrases, wide: int) -> Iterator[str]:
    name = phrases.symbol(equation.name) if equation.letter else phrases.name(equation)
    yield from chained(name, phrases.sides(equation, TEXT), wide, "    ")
