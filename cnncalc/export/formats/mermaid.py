"""Mermaid: a flowchart as text, which GitHub and many other pages draw."""

import json
from collections.abc import Iterator, Sequence
from typing import ClassVar

from cnncalc.export.drawing import COLORS, Box, Drawing, Group
from cnncalc.export.exporter import Exporter as Base
from cnncalc.plain_text import visible

PLAIN = frozenset(" ,.=()+-_/·×")
"""The signs, beside letters and digits, that mean nothing to Mermaid in a label."""

MOST_SIGNS, MOST_ARROWS = 50_000, 500
"""What Mermaid draws less than, wherever nobody has set it up otherwise."""
DEEPEST = 3
"""The depth to which a drawing that is too large is folded first."""


class Exporter(Base):
    """A flowchart from the top down, a subgraph for each group of layers."""

    SUFFIXES: ClassVar[Sequence[str]] = (".mmd", ".mermaid")
    CHOICES: ClassVar[frozenset[str]] = frozenset({"depth", "all"})

    def pieces(self) -> Iterator[str]:
        depth, every = self.choices.depth, self.choices.all
        depths = [None, *range(DEEPEST, 0, -1)] if depth is None and not every else [depth]
        for folded in depths:
            drawn = list(self._drawn(folded, every=every))
            if sum(map(len, drawn)) < MOST_SIGNS and sum("-->" in line for line in drawn) < MOST_ARROWS:
                break
        return iter(drawn)

    def _drawn(self, depth: int | None, *, every: bool) -> Iterator[str]:
        drawing = Drawing(self.report, depth, every=every)
        # a title stands in a head of YAML, of which JSON is a part
        yield f"---\ntitle: {json.dumps(visible(self.report.settings.network), ensure_ascii=False)}\n---\n"
        yield "flowchart TD\n"
        yield from _parts(drawing.parts, "    ")
        for start, end in drawing.arrows():
            yield f"    n{start} --> n{end}\n"
        for shows in sorted(drawing.shown):
            ground, border = COLORS[shows]
            yield f"    classDef {shows} fill:{ground},stroke:{border},color:#000\n"


def _parts(parts: Sequence[Box | Group], indent: str) -> Iterator[str]:
    for part in parts:
        if isinstance(part, Group):
            yield f'{indent}subgraph g{part.number} ["{escaped(part.label)}"]\n'
            yield from _parts(part.parts, f"{indent}    ")
            yield f"{indent}end\n"
        else:
            label = "<br>".join(map(escaped, part.lines))
            yield f'{indent}n{part.number}["{label}"]:::{part.shows}\n'


def escaped(text: str) -> str:
    """Text in a label, of which nothing is Mermaid, Markdown or HTML: other signs by their numbers.

    >>> escaped('a "b" <br>')
    'a #34;b#34; #60;br#62;'
    """
    return "".join(sign if sign.isalnum() or sign in PLAIN else f"#{ord(sign)};" for sign in text)
