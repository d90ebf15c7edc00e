"""An explanation as Markdown; its formulas are LaTeX between dollar signs, which notebooks typeset."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cnncalc.explain import LayerWorking, Solution, Working
from cnncalc.formula.styles import LATEX
from cnncalc.languages import Language
from cnncalc.render.explained.latex import aligned
from cnncalc.render.explained.phrases import Phrases
from cnncalc.render.tables.markdown_table import escaped


def phrases_in(language: Language) -> Phrases:
    """What is said in a language, as this format has it."""
    return Phrases(language, escaped)


def pieces(solution: Solution, language: Language) -> Iterator[str]:
    """The document, a section a layer."""
    phrases = phrases_in(language)
    if len(solution.layers) != 1:
        yield f"# {phrases.say('solution', network=solution.settings.network)}\n\n"
    if solution.letters:
        yield f"{phrases.say('why.letters', sizes=phrases.sizes(solution))}\n\n"
    elif legend := phrases.legend(solution):
        items = (f"${LATEX.symbol(letter)}$ {meaning}" for letter, meaning in legend.items())
        yield f"{phrases.say('legend')}{phrases.say('colon')}{phrases.say('list.semicolon').join(items)}\n\n"
    for layer in solution.layers:
        yield from _layer(layer, phrases)
    if solution.totals:
        yield f"## {phrases.say('totals')}\n\n"
        yield from workings(solution.totals, phrases)


def _layer(layer: LayerWorking, phrases: Phrases) -> Iterator[str]:
    yield f"## {phrases.title(layer)}\n\n"
    if layer.given:
        items = (f"${LATEX.symbol(name)} = {value}$" for name, value in layer.given.items())
        yield f"{phrases.given(items)}\n\n"
    yield from workings(layer.workings, phrases)


def workings(found: Sequence[Working], phrases: Phrases) -> Iterator[str]:
    """Some quantities."""
    for working in found:
        value = phrases.value(working)
        yield f"**{phrases.heading(working)}**{phrases.say('colon') + value if value else ''}\n\n"
        if working.equations:
            yield aligned(working.equations, phrases, ("$$\n\\begin{aligned}\n", "\n\\end{aligned}\n$$\n\n"))
        if told := phrases.paragraph(working):
            yield f"{told}\n\n"
