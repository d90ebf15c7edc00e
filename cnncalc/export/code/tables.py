"""The tables in the docstring of exported code: the sums of a network, and its stages."""

from collections.abc import Iterable, Iterator, Mapping

from cnncalc.analysis.report import Report
from cnncalc.export.code.words import for_comments
from cnncalc.layers.support.code import Source
from cnncalc.render.wrapping import width


def stage_table(report: Report, sources: Mapping[int, Source], more: Iterable[str] = ()) -> Iterator[str]:
    """The rest of a docstring, after its first line; `sources` are the values by number, `more` its end."""
    totals = report.totals
    yield ""
    yield f"{totals.params:,} parameters, {totals.macs:,} multiply-accumulates."
    yield ""
    rows = [["Stage", "Output", "Parameters"]]
    for number, given in enumerate(report.graph.inputs):
        rows.append([for_comments(given.name), _sizes(sources[number]), ""])
    for name, last, params in _stages(report):
        source = sources[len(report.graph.inputs) + last]
        rows.append([for_comments(name), _sizes(source), f"{params:,}" if params else ""])
    widths = [max(width(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        spaces = [" " * (most - width(cell)) for most, cell in zip(widths, row, strict=True)]
        yield f"{row[0]}{spaces[0]}  {row[1]}{spaces[1]}  {spaces[2]}{row[2]}".rstrip()
    yield from more
    yield '"""'


def _sizes(source: Source) -> str:
    """The shape of a tensor as a docstring tells it."""
    return "(" + ", ".join(["N", *(str(int(size)) for size in source.tensor)]) + ")"


def _stages(report: Report) -> Iterator[tuple[str, int, int]]:
    """The name, the last layer and the parameters of each stage: of what stands at the top of the names.

    A norm, an activation and a dropout are part of the stage before.
    """
    stages: list[tuple[list[str], int, int]] = []
    for number, (node, fact) in enumerate(zip(report.graph.nodes, report.facts, strict=True)):
        name, dot, _ = node.name.partition(".")
        params = int(fact.params) if node.shared is None else 0
        if stages and (name == stages[-1][0][-1] or (not dot and node.layer.rides)):
            names, _, before = stages[-1]
            more = [] if name == names[-1] else [name]
            stages[-1] = [*names, *more], number, before + params
        else:
            stages.append(([name], number, params))
    for names, number, params in stages:
        yield ", ".join(names if len(names) < 4 else [*names[:3], "..."]), number, params
