"""An explanation as HTML, its formulas in MathML, which browsers typeset without a script."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from cnncalc.explain import Equation, LayerWorking, Solution, Working
from cnncalc.formula.styles import MATHML
from cnncalc.languages import Language
from cnncalc.render.explained.phrases import Phrases

_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }
h3 { margin-bottom: .3rem; } dt { font-weight: 600; margin-top: .8rem; } dd { margin: 0 0 0 1.5rem; }
math { margin: .3rem 0; }
"""
_CELL = '<mtd style="text-align: {side}; padding: .15em .25em;">{inner}</mtd>'


def phrases_in(language: Language) -> Phrases:
    """What is said in a language, as this format has it."""
    return Phrases(language, escape)


def pieces(solution: Solution, language: Language) -> Iterator[str]:
    """A page."""
    title = escape(language.say("solution", network=solution.settings.network))
    yield f'<!DOCTYPE html>\n<html lang="{language.code}">\n<head>\n<meta charset="utf-8">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
    yield from fragment(solution, language)
    yield "</body>\n</html>\n"


def fragment(solution: Solution, language: Language) -> Iterator[str]:
    """What stands in the page."""
    phrases = phrases_in(language)
    if len(solution.layers) != 1:
        yield f"<h2>{phrases.say('solution', network=solution.settings.network)}</h2>\n"
    if solution.letters:
        yield f"<p>{phrases.say('why.letters', sizes=phrases.sizes(solution))}</p>\n"
    elif legend := phrases.legend(solution):
        items = (f"<math>{MATHML.symbol(letter)}</math> {meaning}" for letter, meaning in legend.items())
        head = phrases.say("legend") + phrases.say("colon")
        yield f"<p>{head}{phrases.say('list.semicolon').join(items)}</p>\n"
    for layer in solution.layers:
        yield from _layer(layer, phrases)
    if solution.totals:
        yield f"<h3>{phrases.say('totals')}</h3>\n"
        yield from workings(solution.totals, phrases)


def _layer(layer: LayerWorking, phrases: Phrases) -> Iterator[str]:
    yield f"<h3>{phrases.title(layer).replace('-&gt;', '→')}</h3>\n"
    if layer.given:
        items = (
            f"<math>{MATHML.symbol(name)}<mo>=</mo>{MATHML.number(value)}</math>"
            for name, value in layer.given.items()
        )
        yield f"<p>{phrases.given(items)}</p>\n"
    yield from workings(layer.workings, phrases)


def workings(found: Sequence[Working], phrases: Phrases) -> Iterator[str]:
    """Some quantities."""
    yield "<dl>\n"
    for working in found:
        value = phrases.value(working)
        yield f"<dt>{phrases.heading(working)}{phrases.say('colon') + value if value else ''}</dt>\n<dd>\n"
        if working.equations:
            rows = "".join(row for equation in working.equations for row in _rows(equation, phrases))
            yield f'<math><mtable displaystyle="true">\n{rows}</mtable></math>\n'
        if told := phrases.paragraph(working):
            yield f"<p>{told}</p>\n"
        yield "</dd>\n"
    yield "</dl>\n"


def _rows(equation: Equation, phrases: Phrases) -> Iterator[str]:
    name = (
        MATHML.symbol(phrases.symbol(equation.name))
        if equation.letter
        else f"<mtext>{phrases.name(equation)}</mtext>"
    )
    for side in phrases.sides(equation, MATHML):
        left = _CELL.format(side="right", inner=name)
        right = _CELL.format(side="left", inner=f"<mo>=</mo>{side}")
        yield f"<mtr>{left}{right}</mtr>\n"
        name = ""
