"""The working of a network: its layers from the input down, the totals summed; or in the input's letters."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from cnncalc.analysis.bounds import Bounds
from cnncalc.analysis.energy import Energies
from cnncalc.analysis.memory import in_place, memory, peak_values
from cnncalc.analysis.report import Report
from cnncalc.analysis.rows import LayerReport
from cnncalc.analysis.symbolic_report import in_letters
from cnncalc.analysis.totals import Totals
from cnncalc.errors import UsageError, as_text, did_you_mean, whatever_case
from cnncalc.explain.data import Equation, LayerWorking, Reason, Solution, Working
from cnncalc.explain.devices import of_layer, of_network
from cnncalc.explain.layer import (
    OF_LAYERS,
    OF_NETWORKS,
    minus_shown,
    values_of_bytes,
    work_out,
)
from cnncalc.explain.letters import AXES
from cnncalc.explain.subject import with_definitions
from cnncalc.expr import Expr, named, symbol
from cnncalc.formula import factored, is_open
from cnncalc.formula.simplify import simplify
from cnncalc.quantity import NUMBERS, QUANTITIES, RECORDS, Quantity, chosen, find

_TOTAL = ("totals",)
_LONG = 12
"""Sums of more terms than this write equal terms in a row as a product: 5*64 for 64 + 64 + 64 + 64 + 64."""
MOST_IN_A_ROW = 250
RUN = 50
"""The terms of a sum that are added one to another, and those of each run of a longer sum."""


SHORT = ("shape", "params", "macs", "receptive_field")
"""The quantities of a layer that a short working has."""


def solve_network(
    report: Report,
    layers: Sequence[str] = (),
    quantities: Sequence[str] = (),
    *,
    letters: bool = False,
    short: bool = False,
    bounds: Bounds | None = None,
    energies: Energies | None = None,
) -> Solution:
    """The working of some layers of a report, or of the whole network with its totals.

    `quantities` are names of quantities of layers, or of the network's own, all unless said, or the `SHORT`
    ones; with `letters` the input's height and width stay letters. With `bounds` or `energies` of the report
    the working is that of the least time or of the energy. Raises UsageError for a layer that there isn't, or
    that has no such quantity.
    """
    wanted = [chosen(name, (*OF_LAYERS, *OF_NETWORKS)) for name in quantities]
    of_whole = [quantity for quantity in wanted if quantity in OF_NETWORKS]
    if of_whole and layers:
        help = "leave the layer out; --quantity memory is what the output of a layer takes"
        raise UsageError(f"{of_whole[0].short} is of a whole network: no layer has one of its own", help)
    rows = _rows(report, layers) if not wanted or len(of_whole) < len(wanted) else []
    inputs = [(source.name, report.written(source.name, source.shape)) for source in report.graph.inputs]
    if bounds is not None or energies is not None:
        workings = [
            LayerWorking(
                row.name,
                row.kind,
                row.input_shapes,
                row.output_shape,
                list(of_layer(report, row, bounds, energies)),
                tuple(row.sources),
            )
            for row in _rows(report, layers)
        ]
        return Solution(
            report.settings, inputs, workings, [] if layers else list(of_network(bounds, energies))
        )
    if letters or report.letters:
        usual = [QUANTITIES[name] for name in ("shape", "params", "macs")]
        return _letter_rows(report, rows, wanted or usual, not layers)
    of_layers = [quantity.name for quantity in wanted if quantity in OF_LAYERS]
    if short and not wanted:
        of_layers = [*SHORT]
    workings = [work_out(report, row, of_layers) for row in rows]
    if layers and report.settings.batch > 1:
        workings = [_with_batch(found, report.settings.batch) for found in workings]
    if QUANTITIES["receptive_field"] in wanted and layers:
        return Solution(report.settings, inputs, [*_chain(report, rows), *workings])
    return Solution(report.settings, inputs, workings, [] if layers else list(_totals(report, wanted)))


def _rows(report: Report, names: Sequence[str]) -> list[LayerReport]:
    """The layers of these names and of groups of these names, in order; without names every layer."""
    if not names:
        return list(report.layers)
    found: dict[int, LayerReport] = {}
    for written in names:
        name, meant = written, list[str]()
        if name not in report:
            every = [*report.numbers, *report.graph.groups]
            name = whatever_case(name, every)
            meant = [] if name in report else _with_groups_between(name, every)
            name = meant[0] if len(meant) == 1 else name
        if name in report.numbers:
            row = report.layers[report.numbers[name]]
            found[row.index] = row
        elif name in report:
            found.update((row.index, row) for row in report.group(name).layers)
        else:
            near = f"did you mean {' or '.join(meant[:3])}?" if meant else ""
            if find(as_text(name)) in OF_LAYERS:
                near = f"a quantity stands behind --quantity: --quantity {name}"
            help = near or did_you_mean(name, list(report.numbers)[:5000], "layers")
            help = help or "cnncalc shapes names them"
            raise UsageError(f"no layer is called {as_text(name)[:60]}", help, "unknown_name")
    return [found[index] for index in sorted(found)]


def _with_groups_between(name: str, paths: Sequence[str]) -> list[str]:
    """The paths that a name means with the fewest groups left out: a folded table hides joins."""
    wanted = as_text(name).split(".")
    found: dict[int, list[str]] = {}
    for path in paths if len(wanted) > 1 else ():
        parts = path.split(".")
        rest = iter(parts)
        if (parts[0], parts[-1]) == (wanted[0], wanted[-1]) and all(part in rest for part in wanted):
            found.setdefault(len(parts), []).append(path)
    return found[min(found)] if found else []


def _chain(report: Report, rows: Sequence[LayerReport]) -> Iterator[LayerWorking]:
    """The workings of the receptive fields of all layers between the input and these layers."""
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
    """The sum of terms; of very many, equal terms in a row are a product."""
    counted = [n for n in terms if n]
    if len(counted) > _LONG:
        runs = [(value, len(list(run))) for value, run in groupby(counted)]
        return _added([Expr(times) * value if times > 1 else Expr(value) for value, times in runs])
    return _added(list(map(Expr, counted)))


def _added(terms: list[int]) -> int:
    """The sum of terms; of very many, runs are summed first, since Python's own calls nest no deeper than so.

    a + (b + c) is written as a + b + c.
    """
    while len(terms) > MOST_IN_A_ROW:
        terms = [sum(terms[at : at + RUN], 0) for at in range(0, len(terms), RUN)]
    return sum(terms, 0)


def _totals(report: Report, wanted: Sequence[Quantity]) -> Iterator[Working]:
    """The sums of a network: of some quantities, else of all that say something new."""
    shown: set[str] = set()
    totals = report.totals
    memory = {working.quantity: working for working in _memory(report)}
    for quantity in RECORDS:
        summed = quantity.total_key and quantity.explained
        if quantity.word in memory:
            # the sum of two that are told is no news
            usual = quantity.name != "memory.running" and (not wanted or QUANTITIES["memory"] in wanted)
            if usual or quantity in wanted:
                yield minus_shown(memory[quantity.word], shown)
        elif summed and (_is_wanted(quantity, wanted) if wanted else _says_something(quantity, totals)):
            batch = [Reason("totals.batch", (), {"batch": report.settings.batch})]
            values = values_of_bytes(report) if quantity.unit == "bytes" else {}
            reasons = [Reason(f"totals.{quantity.word}", (), values)]
            reasons += batch if report.settings.batch > 1 and _of_batch(quantity) else []
            equations = with_definitions([Equation(quantity.word, _total(report, quantity))])
            value = totals.value(quantity)
            yield minus_shown(Working(quantity.word, value, equations, reasons, _TOTAL), shown)


def _is_wanted(quantity: Quantity, wanted: Sequence[Quantity]) -> bool:
    """Whether a total is: by its name, or that of the layers' values which it is the sum of."""
    summed = quantity.sources if quantity in OF_NETWORKS else ()
    return quantity in wanted or any(QUANTITIES[name] in wanted for name in summed)


def _of_batch(quantity: Quantity) -> bool:
    return quantity.batch or any(_of_batch(QUANTITIES[name]) for name in quantity.sources)


def times_batch(word: str) -> bool:
    """Whether a batch multiplies a layer's quantity."""
    quantity = QUANTITIES["macs" if word == "work" else chosen(word, OF_LAYERS).name]
    sources = quantity.sources if quantity.sums else ()
    return quantity.batch or (bool(sources) and all(map(times_batch, sources)))


def _with_batch(layer: LayerWorking, batch: int) -> LayerWorking:
    """The working of a layer, with what the samples of a batch take together."""
    workings = [
        replace(working, reasons=[*working.reasons, *_together(working, batch)]) for working in layer.workings
    ]
    return replace(layer, workings=workings)


def _together(working: Working, batch: int) -> Iterator[Reason]:
    if times_batch(working.quantity):
        for equation in working.equations:
            if working.quantity in (equation.name, "work") and not equation.letter:
                each = int(equation.value)
                values = {"batch": batch, "what": equation.name, "each": each, "all": batch * each}
                yield Reason("batch", (), values)


def _total(report: Report, quantity: Quantity) -> Any:
    """A total as a formula: the sum over the layers, or the formula of other totals."""
    totals, size = report.totals, QUANTITIES["activation_size"]
    if quantity.name == "space":
        return symbol("parameters", totals.params) + symbol("activations", totals.activations)
    times = symbol("B", report.settings.batch) if report.settings.batch > 1 else 1
    if quantity.sources == (size.name,):
        return quantity.by(_of_a_sample(report) * times)
    if quantity.sources:
        sources = [QUANTITIES[name] for name in quantity.sources]
        tree = quantity.by(*(named(each.symbol or each.word, _total(report, each)) for each in sources))
        return tree * report.bytes_each if quantity.unit == "bytes" else tree
    tree = _sum([row.value(quantity) for row in report.layers])
    return tree * times if quantity.batch else tree


def _says_something(quantity: Quantity, totals: Totals) -> bool:
    """Whether a total is told where none is chosen."""
    if quantity.name == "trainable":
        return bool(totals.trainable != totals.params)
    usual = quantity.explained in ("always", "network") or quantity.name == "flops"
    return usual or (quantity.name == "buffers" and totals.buffers > 0)


def _of_a_sample(report: Report) -> int:
    """The activations of one sample: the letter A where a batch has several samples."""
    tree = _sum([row.activation_size for row in report.layers if not row.in_place])
    return named("A", tree) if report.settings.batch > 1 else tree


def _memory(report: Report) -> Iterator[Working]:
    """The workings of a network's memory, from the report's arithmetic run on letters."""
    settings, totals, graph = report.settings, report.totals, report.graph
    values: dict[str, Any] = {
        **values_of_bytes(report),
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
        "running": found.running,
    }
    for name, tree in trees.items():
        quantity = QUANTITIES[f"memory.{name}"]
        key = quantity.word
        told = values
        of: tuple[str, ...] = ()
        if name in ("peak", "running"):
            told = {**values, "alive": alive, "name": report.layers[peak.at].name if peak.at >= 0 else ""}
            of = ("input",) if peak.at < 0 else ()
        reasons = [Reason(f"totals.{key}", of, told)]
        if name == "peak":
            reasons.append(Reason("memory", (), values))
        yield Working(
            key, totals.value(quantity), with_definitions([Equation("memory", tree)]), reasons, _TOTAL
        )


# ---- the input's height and width as letters


def _letter_rows(
    report: Report, rows: Sequence[LayerReport], quantities: Sequence[Quantity], whole: bool
) -> Solution:
    """Every layer's formulas in the letters of the input, brought to their shortest form."""
    lettered = report if report.letters else in_letters(report)
    lettering = [each for each in OF_LAYERS if each.letters and each.unit in (*NUMBERS, "shape")]
    for quantity in quantities:
        if quantity not in lettering:
            help = f"these have: {', '.join(each.short for each in lettering)}"
            raise UsageError(f"{quantity.short} has no formula in letters of the input's size", help)
    layers = [
        LayerWorking(
            row.name,
            row.kind,
            row.input_shapes,
            row.output_shape,
            [
                found
                for quantity in quantities
                if (found := _letter_working(row, lettered.layers[row.index], quantity)).value
            ],
            row.sources,
        )
        for row in rows
    ]
    totals = [
        Working(
            quantity.word,
            report.totals.value(quantity),
            [Equation(quantity.word, _shortest(lettered.totals.value(quantity)))],
            (),
            _TOTAL,
        )
        for quantity in quantities
        if whole and quantity.total_key
    ]
    inputs = [(source.name, report.written(source.name, source.shape)) for source in report.graph.inputs]
    return Solution(report.settings, inputs, layers, totals, lettered.letters)


def _shortest(tree: Any) -> Any:
    return factored(simplify(tree)) if is_open(tree) else simplify(tree)


def _letter_working(row: LayerReport, lettered: LayerReport, quantity: Quantity) -> Working:
    if quantity.unit == "shape":
        shape = lettered.facts.output
        axes = AXES.get(len(shape) - 1, ())
        letters = ["M" if letter == "N" else f"M_{letter}" for letter in axes]
        equations = [Equation(m, simplify(n), letter=True) for m, n in zip(letters, shape[:-1], strict=True)]
        last = Equation("channels" if letters else "values", simplify(shape[-1]))
        return Working(quantity.word, row.output_shape, [*equations, last])
    return Working(
        quantity.word,
        row.value(quantity),
        [Equation(quantity.word, _shortest(lettered.value(quantity)))],
    )
