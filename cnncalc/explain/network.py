"""The working of a network: its layers from the input down, the totals summed; or in the input's letters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any

from cnncalc.analysis.memory import bytes_of, in_place, memory, peak_values
from cnncalc.analysis.report import Report, Totals
from cnncalc.analysis.rows import LayerReport
from cnncalc.analysis.symbolic_report import in_letters
from cnncalc.errors import UsageError, did_you_mean, whatever_case
from cnncalc.explain.data import Equation, LayerWorking, Reason, Solution, Working
from cnncalc.explain.layer import ALL, WHOLE, once, without, work_out
from cnncalc.explain.letters import AXES
from cnncalc.expr import Expr, named, symbol
from cnncalc.formula.simplify import simplify

TOTALS = ("params", "trainable", "buffers", "connections", "macs", "flops", "activations", "space", "memory")
_TOTAL = ("totals",)
_OF_MEMORY = ("forward", "peak", "training")
"""The parts of a network's memory that have names of their own."""
_LONG = 12
"""The terms from which equal ones in a row are told as a product."""


def solve_network(
    report: Report, layers: Sequence[str] = (), quantities: Sequence[str] = (), *, letters: bool = False
) -> Solution:
    """The working of some layers of a report, or of the whole network with its totals.

    `quantities` are names of QUANTITIES, or of WHOLE for the network's own, all unless said; with `letters`
    the input's height and width stay letters. Raises UsageError for a layer that there isn't, or that has no
    such quantity.
    """
    of_whole = [name for name in quantities if name in WHOLE]
    if of_whole and layers:
        help = "leave the layer out; --quantity memory is what the output of a layer takes"
        raise UsageError(f"{of_whole[0]} is of a whole network: no layer has one of its own", help)
    rows = _rows(report, layers) if not quantities or len(of_whole) < len(quantities) else []
    inputs = [(source.name, report.written(source.shape)) for source in report.graph.inputs]
    if letters:
        return _in_letters(report, rows, quantities or ("output", "params", "macs"), not layers)
    wanted = tuple(name for name in quantities if name not in WHOLE) if quantities else ALL
    if "rf" in quantities and layers:
        return Solution(report.settings, inputs, [*_chain(report, rows), *_explained(report, rows, wanted)])
    totals = _totals(report, quantities) if not layers else ()
    return Solution(report.settings, inputs, list(_explained(report, rows, wanted)), list(totals))


def _rows(report: Report, names: Sequence[str]) -> list[LayerReport]:
    """The layers of these names, a group's all; every layer without names."""
    if not names:
        return list(report.layers)
    found: dict[int, LayerReport] = {}
    for written in names:
        name = written
        if name not in report:
            name = whatever_case(name, [*report.numbers, *report.graph.groups])
        if name in report.numbers:
            row = report.layers[report.numbers[name]]
            found[row.index] = row
        elif name in report:
            found.update((row.index, row) for row in report.group(name).layers)
        else:
            help = did_you_mean(name, list(report.numbers)[:5000], "layers") or "cnncalc shapes names them"
            raise UsageError(f"no layer is called {name[:60]}", help, "unknown_name")
    return list(found.values())


def _explained(report: Report, rows: Sequence[LayerReport], wanted: Sequence[str]) -> Iterator[LayerWorking]:
    for row in rows:
        yield work_out(report, row, wanted)


def _chain(report: Report, rows: Sequence[LayerReport]) -> Iterator[LayerWorking]:
    """The receptive fields of what lies between the input and these layers, step by step."""
    first = len(report.graph.inputs)
    above: set[int] = set()
    ahead = [row.index for row in rows]
    while ahead:
        for number in report.graph.nodes[ahead.pop()].inputs:
            if number >= first and number - first not in above:
                above.add(number - first)
                ahead.append(number - first)
    for index in sorted(above - {row.index for row in rows}):
        found = work_out(report, report.layers[index], ("rf",))
        if found.workings[0].equations:
            yield found


# ---- totals


def _sum(terms: Sequence[int]) -> int:
    """Terms added up; equal ones in a row told as a product where there are many."""
    counted = [n for n in terms if n]
    if len(counted) > _LONG:
        runs = [(value, len(list(run))) for value, run in groupby(counted)]
        return sum((Expr(times) * value if times > 1 else Expr(value) for value, times in runs), 0)
    return sum(map(Expr, counted), 0)


def _totals(report: Report, quantities: Sequence[str]) -> Iterator[Working]:
    settings, totals = report.settings, report.totals
    own = [row for row in report.layers if row.shared_with is None]
    sums = {
        "params": _sum([row.params for row in own]),
        "trainable": _sum([row.trainable for row in own]),
        "buffers": _sum([row.buffers for row in own]),
        "connections": _sum([row.connections for row in report.layers]),
        "macs": _sum([row.macs for row in report.layers]),
    }
    batch = [Reason("totals.batch", (), {"batch": settings.batch})] if settings.batch > 1 else []
    times = symbol("B", settings.batch) if settings.batch > 1 else 1
    trees = {
        **sums,
        "macs": sums["macs"] * times,
        "activations": _of_a_sample(report) * times,
        "flops": 2 * named("MACs", sums["macs"] * times),
        "space": symbol("parameters", totals.params) + symbol("activations", totals.activations),
    }
    wanted = {"size": "activations"}
    shown: set[str] = set()
    chosen = {wanted.get(name, name) for name in quantities} or set(TOTALS)
    for name in TOTALS:
        dull = name in _DULL and name not in quantities and not _DULL[name](totals)
        if name not in chosen or name not in trees or dull:
            continue
        reasons = [Reason(f"totals.{name}"), *(batch if name in ("macs", "flops", "activations") else [])]
        found = Working(name, getattr(totals, name), once([Equation(name, trees[name])]), reasons, _TOTAL)
        yield without(found, shown)
    for found in _memory(report) if not chosen.isdisjoint(("memory", *_OF_MEMORY)) else ():
        if "memory" in chosen or found.quantity.removeprefix("memory_") in chosen:
            yield without(found, shown)


_DULL: dict[str, Callable[[Totals], bool]] = {
    "trainable": lambda totals: totals.trainable != totals.params,
    "buffers": lambda totals: totals.buffers > 0,
}
"""Totals that are told where they say something new."""


def _of_a_sample(report: Report) -> int:
    """The activations of one sample, under a letter where there are several."""
    tree = _sum([row.activation_size for row in report.layers if not row.in_place])
    return named("A", tree) if report.settings.batch > 1 else tree


def _memory(report: Report) -> Iterator[Working]:
    """The memory of the whole, from the arithmetic of the report run on letters."""
    settings, totals, graph = report.settings, report.totals, report.graph
    values: dict[str, Any] = {
        "dtype": settings.dtype,
        "bytes": bytes_of(settings.dtype),
        "optimizer": settings.optimizer,
        "batch": settings.batch,
    }
    kept = symbol("parameters", totals.params)
    kept = kept + symbol("buffers", totals.buffers) if totals.buffers else kept
    peak = peak_values(graph, report.facts, in_place(graph, report.facts))
    alive = tuple((graph.name(number), size) for number, size in peak.alive if size)
    found = memory(
        graph,
        values=kept,
        trainable=symbol("trainable", totals.trainable),
        activations=_of_a_sample(report) if settings.batch > 1 else symbol("activations", totals.activations),
        peak=named("alive", _sum([size for _, size in alive])),
        batch=symbol("B", settings.batch) if settings.batch > 1 else 1,
        dtype=settings.dtype,
        optimizer=settings.optimizer,
    )
    trees = {
        "weights": found.weights,
        "forward": found.forward,
        "peak": found.peak,
        "training": found.training,
    }
    for name, tree in trees.items():
        key = f"memory_{name}"
        told = values
        of: tuple[str, ...] = ()
        if name == "peak":
            told = {**values, "alive": alive, "name": report.layers[peak.at].name if peak.at >= 0 else ""}
            of = ("input",) if peak.at < 0 else ()
        reasons = [Reason(f"totals.{key}", of, told)]
        if name == "peak":
            reasons.append(Reason("memory", (), values))
        yield Working(key, getattr(totals.memory, name), once([Equation("memory", tree)]), reasons, _TOTAL)


# ---- the input's height and width as letters

_LETTERED = {
    "output": "",
    "size": "activation_size",
    "params": "params",
    "weights": "weights",
    "biases": "biases",
}
_LETTERED |= {name: name for name in ("buffers", "connections", "connections_real", "macs", "flops")}
"""The quantities that have formulas in letters of the input's size, and what a report calls them."""


def _in_letters(
    report: Report, rows: Sequence[LayerReport], quantities: Sequence[str], whole: bool
) -> Solution:
    """Every layer's formulas in the letters of the input, brought to their shortest form."""
    lettered = in_letters(report)
    for name in quantities:
        if name not in _LETTERED:
            help = f"these have: {', '.join(_LETTERED)}"
            raise UsageError(f"{name} has no formula in letters of the input's size", help)
    layers = [
        LayerWorking(
            row.name,
            row.kind,
            row.input_shapes,
            row.output_shape,
            [
                found
                for name in quantities
                if (found := _lettered(row, lettered.layers[row.index], name)).value
            ],
            row.sources,
        )
        for row in rows
    ]
    totals = [
        Working(
            name,
            getattr(report.totals, name),
            [Equation(name, simplify(getattr(lettered.totals, name)))],
            (),
            _TOTAL,
        )
        for name in quantities
        if whole and hasattr(lettered.totals, name)
    ]
    inputs = [(source.name, report.written(source.shape)) for source in report.graph.inputs]
    return Solution(report.settings, inputs, layers, totals, lettered.letters)


def _lettered(row: LayerReport, lettered: LayerReport, name: str) -> Working:
    if name == "output":
        shape = lettered.facts.output
        axes = AXES.get(len(shape) - 1, ())
        letters = ["M" if letter == "N" else f"M_{letter}" for letter in axes]
        equations = [Equation(m, simplify(n), letter=True) for m, n in zip(letters, shape[:-1], strict=True)]
        last = Equation("channels" if letters else "values", simplify(shape[-1]))
        return Working(name, row.output_shape, [*equations, last])
    value = getattr(row, _LETTERED[name])
    return Working(name, value, [Equation(name, simplify(getattr(lettered, _LETTERED[name])))])
