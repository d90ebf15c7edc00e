"""The panel beside the table: the options of a layer, and the working of its numbers."""

from collections.abc import Iterator

from cnncalc.analysis.rows import LayerReport
from cnncalc.explain import work_out
from cnncalc.explain.network import SHORT
from cnncalc.formula.styles import MATHML
from cnncalc.languages import Message
from cnncalc.render.document import Block, Equations, Paragraph, Section, Sentences, Symbols
from cnncalc.render.explained.sections import working_section
from cnncalc.render.reports.report_tables import column
from cnncalc.render.writers import html

_OPTIONS = column("options")


class Writer(html.Writer):
    """HTML for a narrow column: a line of an equation breaks before = alone."""

    def equations(self, equations: Equations) -> Iterator[str]:
        for equation in equations.equations:
            left = self.left(equation)
            name = MATHML.symbol(left) if equation.letter else f"<mtext>{self.escape(left)}</mtext>"
            sides = (f"<math><mo>=</mo>{side}</math>" for side in self.sides(equation, MATHML))
            yield f'<p class="equation"><math>{name}</math> {" ".join(sides)}</p>'

    def sentences(self, block: Sentences) -> Iterator[str]:
        told = self.said("list.sentences").join(map(self.line, block.sentences))
        yield f'<p class="why">{told}</p>'

    def section(self, section: Section) -> Iterator[str]:
        value = f" <b>{self.line(section.value)}</b>" if section.value else ""
        yield f"<h3>{self.line(section.title)}{value}</h3>"
        for block in section.blocks:
            yield from self.block(block)


def layer_blocks(row: LayerReport) -> Iterator[Block]:
    """A layer's options, the letters that are given, and a section for each quantity of a short working."""
    if options := _OPTIONS.of_row(row):
        yield Paragraph(options)
    found = work_out(row.report, row, SHORT)
    if found.given:
        yield Symbols(Message("given"), list(found.given.items()))
    yield from map(working_section, found.workings)
