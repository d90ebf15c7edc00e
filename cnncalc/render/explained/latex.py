"""An explanation as LaTeX, to be pasted into notes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from cnncalc.explain import Equation, LayerWorking, Solution, Working
from cnncalc.formula.styles import LATEX
from cnncalc.languages import Language
from cnncalc.render.explained.phrases import Phrases

_LONG = 64
"""The signs from which a sum does not fit a line."""
_ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "%": r"\%",
    "#": r"\#",
    "&": r"\&",
    "$": r"\$",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
}


def escaped(text: str) -> str:
    r"""Text in which nothing is a command.

    >>> print(escaped("max_pool1: 5% -> {1}"))
    max\_pool1: 5\% $\to$ \{1\}
    """
    parts = ("".join(_ESCAPES.get(c, c) for c in part) for part in text.split("->"))
    return r"$\to$".join(parts)


def phrases_in(language: Language) -> Phrases:
    """What is said in a language, as this format has it."""
    return Phrases(language, escaped)


def pieces(solution: Solution, language: Language) -> Iterator[str]:
    """A part of a document."""
    phrases = phrases_in(language)
    needs = "amsmath" if language.code == "en" else "amsmath, ctex"
    yield f"% a part of a document that has \\usepackage{{{needs}}}\n\\allowdisplaybreaks\n"
    if len(solution.layers) != 1:
        yield f"\\section*{{{phrases.say('solution', network=solution.settings.network)}}}\n"
    if solution.letters:
        yield f"{phrases.say('why.letters', sizes=phrases.sizes(solution))}\n"
    elif legend := phrases.legend(solution):
        items = (f"${LATEX.symbol(letter)}$ {meaning}" for letter, meaning in legend.items())
        yield f"{phrases.say('legend')}{phrases.say('colon')}{phrases.say('list.semicolon').join(items)}\n"
    for layer in solution.layers:
        yield from _layer(layer, phrases)
    if solution.totals:
        yield f"\n\\subsection*{{{phrases.say('totals')}}}\n"
        yield from workings(solution.totals, phrases)


def _layer(layer: LayerWorking, phrases: Phrases) -> Iterator[str]:
    yield f"\n\\subsection*{{{phrases.title(layer)}}}\n"
    if layer.given:
        items = (f"${LATEX.symbol(name)} = {value}$" for name, value in layer.given.items())
        yield f"{phrases.given(items)}\n"
    yield from workings(layer.workings, phrases)


def workings(found: Sequence[Working], phrases: Phrases) -> Iterator[str]:
    """Some quantities."""
    for working in found:
        value = phrases.value(working)
        yield f"\n\\paragraph{{{phrases.heading(working)}}} {value}\n"
        yield aligned(working.equations, phrases)
        for sentence in phrases.sentences(working):
            yield f"{sentence}\n"


def aligned(equations: Sequence[Equation], phrases: Phrases, around: tuple[str, str] | None = None) -> str:
    """Equations set under each other at their signs; `around` is what they stand in."""
    if not equations:
        return ""
    begin, end = around or ("\\begin{align*}\n", "\n\\end{align*}\n")
    return begin + " \\\\\n".join(line for each in equations for line in _sides(each, phrases)) + end


def _sides(equation: Equation, phrases: Phrases) -> Iterator[str]:
    name = (
        LATEX.symbol(phrases.symbol(equation.name))
        if equation.letter
        else f"\\text{{{phrases.name(equation)}}}"
    )
    for side in phrases.sides(equation, LATEX):
        first, *more = broken(side)
        yield f"  {name} &= {first}"
        yield from (f"   &\\quad {{}} {line}" for line in more)
        name = ""


def broken(side: str) -> Iterator[str]:
    r"""A long sum in lines, broken before its plus signs, but not in brackets.

    >>> [len(line) for line in broken(" + ".join(["1234567"] * 20))]
    [57, 59, 59, 19]
    """
    line, depth = "", 0
    for term in re.split(r" (?=\+ )", side):
        if line and not depth and len(line) + len(term) > _LONG:
            yield line
            line = ""
        line = f"{line} {term}" if line else term
        depth += len(re.findall(r"\\left|{", term)) - len(re.findall(r"\\right|}", term))
    yield line


def equations(solution: Solution, language: Language) -> Iterator[str]:
    """The equations alone, as a notebook typesets them."""
    phrases = phrases_in(language)
    workings = [working for layer in solution.layers for working in layer.workings]
    every = [equation for working in (*workings, *solution.totals) for equation in working.equations]
    yield aligned(every, phrases, ("$$\\begin{aligned}\n", "\n\\end{aligned}$$"))
