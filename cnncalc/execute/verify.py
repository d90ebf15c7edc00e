"""The proof: a network is run, and every number that was worked out is compared with a measured one.

The witnesses: `arrays` (shapes), `weights` (the arrays that were read), `tally` (what the kernels counted),
`traffic` (what the kernels read and wrote), `alive` (the buffers held), `probe` (which inputs move which
outputs), `expect` (the spec's own numbers).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from cnncalc.analysis.expect import Comparison
from cnncalc.analysis.memory import bytes_of
from cnncalc.analysis.receptive_field import Field
from cnncalc.analysis.report import Report
from cnncalc.errors import CnncalcError, UsageError
from cnncalc.execute.against import find_backend
from cnncalc.execute.definition import Ledger, steps
from cnncalc.execute.executor import Track
from cnncalc.execute.field_probe import MOST_POSITIONS, ProbedField, Zeros, probe_axis
from cnncalc.execute.inputs import check_memory, checked_seed, random_inputs, read_inputs
from cnncalc.execute.numpy_kernels import Tally
from cnncalc.execute.probe import CannotProbe, Probe
from cnncalc.execute.traffic import TrafficKernels
from cnncalc.execute.values import Numbers
from cnncalc.execute.weights import own_weights
from cnncalc.languages import Message
from cnncalc.layers.support.base import Shape
from cnncalc.layers.support.kernels import UNIT_KERNELS

Reload = Callable[[dict[str, Shape]], Report]
NARROW = 32
"""How wide the other axes are made while one axis is probed on a longer input."""
MEASURED = ("size", "jump", "start")
TOTALS = {
    "params": "weights",
    "buffers": "weights",
    "macs": "tally",
    "connections": "tally",
    "backward_input_macs": "tally",
    "backward_weight_macs": "tally",
    "activations": "alive",
    **dict.fromkeys(("values_read", "weights_read", "values_written"), "traffic"),
}


@dataclass(frozen=True)
class Check:
    """One number: as it was worked out, and as the witness measured it, or None where it could not."""

    layer: str
    quantity: str
    computed: Any
    measured: Any
    witness: str
    ok: bool

    def to_dict(self) -> dict[str, Any]:
        return dict(vars(self))


@dataclass
class Verification:
    """All numbers of a network, each as it was worked out and as a witness measured it."""

    network: str
    checks: list[Check] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __repr__(self) -> str:
        found = f"{len(self.mismatches)} mismatches" if self.mismatches else "ok"
        return f"<Verification {self.network}: {found}, {len(self.checks)} checks>"

    @property
    def ok(self) -> bool:
        return all(check.ok for check in self.checks)

    @property
    def mismatches(self) -> list[Check]:
        return [check for check in self.checks if not check.ok]

    def witnesses(self) -> dict[str, int]:
        """Number of values that each witness has measured."""
        return dict(Counter(check.witness for check in self.checks if check.measured is not None))

    def _repr_html_(self) -> str:
        from cnncalc.notebook import verification_html

        return verification_html(self)

    def to_dict(self) -> dict[str, Any]:
        return {
            "network": self.network,
            "ok": self.ok,
            "witnesses": self.witnesses(),
            "checks": [check.to_dict() for check in self.checks],
            "notes": self.notes,
        }

    def hold(self, layer: str, quantity: str, computed: Any, measured: Any, witness: str) -> None:
        """Adds a number and the witness's measurement, None where nothing was measured."""
        ok = measured is None or computed == measured
        self.checks.append(Check(layer, quantity, computed, measured, witness, ok))


def verify(
    report: Report,
    expected: Iterable[Comparison] = (),
    *,
    reload: Reload | None = None,
    seed: int = 0,
    track: Track | None = None,
    against: str | None = None,
    data: Any = None,
) -> Verification:
    """Holds a report of one sample to a run, to probes and to the expectations of the spec.

    The run is with random weights where the network comes with none, and on random inputs without `data`.

    `reload` gives the report of the same network on inputs of other shapes: a receptive field that reaches
    past the input is measured on a longer one.
    """
    found, seed = Verification(report.settings.network), checked_seed(seed)
    inputs = _inputs(report, seed, data)
    with np.errstate(all="ignore"):
        _run(report, found, seed, track, inputs)
        _links(report, found)
        _fields(report, found, reload)
    if against is not None:
        _values(report, found, seed, against, inputs)
    for name, quantity, wanted, computed, agree in expected:
        found.checks.append(Check(name, quantity, _plain(computed), _plain(wanted), "expect", agree))
    return found


def _inputs(report: Report, seed: int, data: Any) -> list[Numbers]:
    """One sample for each input, as given or drawn."""
    if data is None:
        return random_inputs(report.graph, seed)
    arrays = read_inputs(report.graph, data, report.settings.layout).arrays
    if len(arrays[0]) > 1:
        raise UsageError(
            f"verify speaks of one sample, and {len(arrays[0])} are given", code="misshapen_array"
        )
    return arrays


def _run(
    report: Report, found: Verification, seed: int, track: Track | None, arrays: Sequence[Numbers]
) -> None:
    """Runs the network once: shapes, weights, work, memory."""
    graph, tool, ledger, sums = report.graph, TrafficKernels(), Ledger(), Counter[str]()
    check_memory(report.facts, 1, np.dtype(np.float32))
    inputs = [tool.value(array) for array in arrays]
    uncounted = False
    sums["activations"] -= sum(value.array.size for value in inputs)
    ran = steps(graph, report.facts, inputs, own_weights(graph, report.facts, seed), tool, ledger=ledger)
    for step in track(ran, len(graph.nodes)) if track else ran:
        tally, tool.tally = tool.tally, Tally()
        row, kept = report.layers[step.number], step.fact.arrays
        own = step.read if step.node.shared is None else {}
        learned = sum(size for name, size in own.items() if kept[name].learned)
        shape = report.written(row.name, step.value.shape)
        found.hold(row.name, "output_shape", list(row.output_shape), list(shape), "arrays")
        found.hold(row.name, "params", row.params, learned, "weights")
        buffers = sum(size for name, size in own.items() if kept[name].counted) - learned
        found.hold(row.name, "buffers", row.buffers, buffers, "weights")
        given = sum(size for name, size in step.read.items() if kept[name].counted)
        for quantity, count in tool.traffic(step.fact.layer, step.value, given)._asdict().items():
            found.hold(row.name, quantity, getattr(row, quantity), count, "traffic")
            sums[quantity] += count
        work = {operation: times for operation, times in tally.work.items() if times}
        counts: dict[str, Any] = {
            "macs": tally.macs,
            "connections": tally.links,
            "work": work,
            "backward_input_macs": tally.back_to_values,
            "backward_weight_macs": tally.back_to_weights,
        }
        for quantity, count in counts.items():
            found.hold(
                row.name, quantity, getattr(row, quantity), None if tally.uncounted else count, "tally"
            )
        if tally.uncounted:
            kernels = ", ".join(sorted(tally.uncounted))
            found.notes.append(Message("verify.note.untallied", layer=row.name, kernel=kernels))
            uncounted = True
        elif row.connections and not tally.links:
            kernels = ", ".join(UNIT_KERNELS)
            found.notes.append(Message("verify.note.no_units", layer=row.name, kernels=kernels))
        sums.update(params=learned, buffers=buffers)
        sums.update(macs=tally.macs, connections=tally.links)
        sums.update(backward_input_macs=tally.back_to_values, backward_weight_macs=tally.back_to_weights)
    sums["activations"] += ledger.written
    for quantity, witness in TOTALS.items():
        measured = None if uncounted and witness == "tally" else sums[quantity]
        found.hold("total", quantity, getattr(report.totals, quantity), measured, witness)
    each, memory = bytes_of(report.settings.dtype), report.totals.memory
    kept_values = (sums["params"] + sums["buffers"]) * each
    found.hold("total", "memory.weights", memory.weights, kept_values, "weights")
    found.hold("total", "memory.forward", memory.forward, ledger.written * each, "alive")
    found.hold("total", "memory.peak", memory.peak, ledger.peak * each, "alive")


def _values(report: Report, found: Verification, seed: int, library: str, inputs: Sequence[Numbers]) -> None:
    """Values beside another framework's; of a layer that the framework lacks, only a mismatch counts."""
    differences, tolerance = find_backend(library)
    told, unwitnessed = f"at most {tolerance:g} apart", []
    for layer, difference, witnessed in differences(report.graph, report.facts, seed, inputs):
        ok = difference <= tolerance
        if not witnessed:
            unwitnessed.append(layer)
        measured = difference if witnessed or not ok else None
        found.checks.append(Check(layer, "values", told, measured, library, ok))
    if unwitnessed:
        layers = listed(unwitnessed)
        found.notes.append(Message("verify.note.unwitnessed", layers=layers, library=library))


def listed(names: Sequence[str]) -> str:
    """The first of some layers, and how many more there are."""
    return names[0] if len(names) == 1 else Message("list.more", names=names[0], count=len(names) - 1)


def _links(report: Report, found: Verification) -> None:
    """The links into the units of each layer, those from padding left out."""
    counted: dict[int, int | None] = {}
    for row in report.layers:
        fact = row.facts
        if id(fact) not in counted:
            tool = Probe(count_links=True)
            ones = [tool.value(np.broadcast_to(np.uint64(1), (1, *shape))) for shape in fact.inputs]
            none = Zeros().of(row.name, fact)
            arrays = {
                name: tool.weight(array, tool.value(np.ones(1, np.uint64))) for name, array in none.items()
            }
            try:
                fact.layer.forward(tool, arrays, *ones)
                counted[id(fact)] = tool.links
            except CannotProbe as error:
                found.notes.append(Message("verify.note.unprobed", layer=row.name, kernel=str(error)))
                counted[id(fact)] = None
        found.hold(row.name, "connections_real", row.connections_real, counted[id(fact)], "probe")
    links = [counted[id(row.facts)] for row in report.layers]
    total = None if None in links else sum(filter(None, links))
    found.hold("total", "connections_real", report.totals.connections_real, total, "probe")


def _fields(report: Report, found: Verification, reload: Reload | None) -> None:
    """Receptive fields, axis by axis: on the input, and where borders hide the fields, on a longer input."""
    claims = {row.index: fields for row in report.layers if (fields := row.view.fields) is not None}
    axes = max(map(len, claims.values()), default=0)
    seen: dict[int, list[ProbedField | None]] = {index: [] for index in claims}
    for axis in range(axes):
        here = {each.number: each for each in _probe(report, axis, found)}
        hidden = [claims[n][axis] for n, each in here.items() if len(each.measured) < 3 and each.ok]
        longer = _longer(report, axis, hidden, reload)
        there = {each.number: each for each in _probe(longer, axis, found)} if longer and hidden else {}
        for index, fields in claims.items():
            if axis < len(fields):
                best = here.get(index)
                other = there.get(index)
                alike = other and tuple(other.claimed[:3]) == tuple(fields[axis][:3])
                if best and best.ok and other and alike and len(other.measured) > len(best.measured):
                    best = other
                seen[index].append(best)
    missing: dict[tuple[str, ...], list[str]] = {}
    for index, each in seen.items():
        row = report.layers[index]
        if row.view.uneven:
            found.notes.append(Message("verify.note.uneven", layer=row.name))
            continue
        computed = {quantity: row.receptive_field[quantity] for quantity in MEASURED if row.receptive_field}
        measured = {
            name: [_plain(axis.measured[name]) for axis in each if axis]
            for name in MEASURED
            if all(axis and name in axis.measured for axis in each)
        }
        ok = all(axis is None or axis.ok for axis in each)
        ok = ok and all(computed[name] == value for name, value in measured.items())
        found.checks.append(Check(row.name, "receptive_field", computed, measured or None, "probe", ok))
        if len(measured) < len(MEASURED):
            missing.setdefault(tuple(name for name in MEASURED if name not in measured), []).append(row.name)
    for names, layers in missing.items():
        note = "verify.note.border" if len(names) == len(MEASURED) else "verify.note.partly"
        found.notes.append(Message(note, layers=listed(layers), quantities=", ".join(names)))


def _probe(report: Report, axis: int, found: Verification) -> list[ProbedField]:
    """The fields that a probe finds along an axis; none where the inputs differ in their size along it."""
    sizes = {s.shape[axis] for s in report.graph.inputs if axis < max(len(s.shape) - 1, 1)}
    if len(sizes) != 1:
        found.notes.append(Message("verify.note.inputs"))
        return []
    if max(sizes) > MOST_POSITIONS:
        found.notes.append(Message("verify.note.positions", size=max(sizes), probed=MOST_POSITIONS))
    try:
        return list(probe_axis(report.graph, report.facts, report.views, axis))
    except CannotProbe:
        return []  # told where the links are counted


def _longer(report: Report, axis: int, hidden: Sequence[Field], reload: Reload | None) -> Report | None:
    """The same network on an input long enough for the fields that borders hide, and narrow otherwise."""
    if reload is None or not hidden:
        return None
    jump = max(int(field.jump) for field in hidden) or 1
    # whole jumps more, as the padding of `same` depends on how a size divides
    more = -(-(max(int(field.size) for field in hidden) + 4 * jump) // jump) * jump
    if any(source.shape[axis] + more > MOST_POSITIONS for source in report.graph.inputs):
        return None
    for narrow in (NARROW, 4 * NARROW, MOST_POSITIONS):
        shapes = {}
        for source in report.graph.inputs:
            sizes = [min(size, narrow) for size in source.shape]
            sizes[axis] = source.shape[axis] + more
            if len(source.shape) > 1:
                sizes[-1] = source.shape[-1]
            shapes[source.name] = tuple(sizes)
        try:
            return reload(shapes)
        except CnncalcError:
            continue
    return None


def _plain(value: Any) -> Any:
    """A number as JSON has it."""
    if isinstance(value, Fraction):
        return int(value) if value.denominator == 1 else float(value)
    return list(value) if isinstance(value, tuple) else value
