"""The language of Graphviz: `dot -Tsvg net.dot -o net.svg` draws it."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from cnncalc.export.drawing import COLORS, Box, Drawing, Group
from cnncalc.export.exporter import Exporter as Base
from cnncalc.plain_text import visible


class Exporter(Base):
    """A directed graph from the top down, a cluster for each group of layers."""

    SUFFIXES: ClassVar[Sequence[str]] = (".dot", ".gv")
    CHOICES: ClassVar[frozenset[str]] = frozenset({"depth", "all"})

    def pieces(self) -> Iterator[str]:
        drawing = Drawing(self.report, self.choices.depth, every=self.choices.all)
        yield f'digraph "{escaped(visible(self.report.settings.network))}" {{\n'
        yield '    graph [fontname="Helvetica", labeljust=l, style=rounded, color="#6c757d"]\n'
        yield '    node [fontname="Helvetica", shape=box, style="rounded,filled"]\n'
        yield from _parts(drawing.parts, "    ")
        for start, end in drawing.arrows():
            yield f"    n{start} -> n{end}\n"
        yield "}\n"


def _parts(parts: Sequence[Box | Group], indent: str) -> Iterator[str]:
    for part in parts:
        if isinstance(part, Group):
            yield f"{indent}subgraph cluster_{part.number} {{\n"
            yield f'{indent}    label="{escaped(part.label)}"\n'
            yield from _parts(part.parts, f"{indent}    ")
            yield f"{indent}}}\n"
        else:
            label = r"\n".join(map(escaped, part.lines))
            ground, border = COLORS[part.shows]
            yield f'{indent}n{part.number} [label="{label}", fillcolor="{ground}", color="{border}"]\n'


def escaped(text: str) -> str:
    r"""Text in quotes, of which nothing is an escape, an entity or the end of the quotes.

    >>> print(escaped('a "b" \\n &lt;'))
    a \"b\" \\n &amp;lt;
    """
    return text.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"')
