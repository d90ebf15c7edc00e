"""The right answers of a network, and the answers by slips that run through the whole network."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import cached_property, lru_cache
from math import prod
from typing import Any

from cnncalc.analysis.counts import LayerCounts
from cnncalc.analysis.receptive_field import View, views
from cnncalc.analysis.report import Report
from cnncalc.analysis.rows import LayerReport, ReportRow
from cnncalc.errors import LayerError
from cnncalc.homework.answers import TOTAL
from cnncalc.homework.headings import bare
from cnncalc.homework.slips import SlipExplanation, single_slips, slips
from cnncalc.homework.working import AnswerWorking
from cnncalc.quantity import NUMBERS, QUANTITIES

MOST_WORKINGS = 500
"""The most layers, those alike counted once, that one slip is made at together: each takes milliseconds."""


class Key:
    """The right answers for one network: made once, and compared with every sheet."""

    def __init__(self, report: Report, others: Mapping[str, Report] | None = None) -> None:
        """`others` are reports whose numbers count as right too, each by the remark on such an answer."""
        self.others = {told: Key(other) for told, other in (others or {}).items()}
        self.report, self.layout = report, report.settings.layout
        self.bytes_each = report.bytes_each
        self.first = len(report.graph.inputs)
        counts = Counter(bare(row.name) for row in report.layers)
        self._by_bare = {key: row.name for row in report.layers if counts[key := bare(row.name)] == 1}
        for group in report.graph.groups:
            self._by_bare.setdefault(bare(group), group)

    def row(self, label: str) -> str | None:
        """The layer or group that a label of a sheet means."""
        # an apostrophe before a name is how a spreadsheet says that it is text
        label = label.strip().removeprefix("'")
        name = re.split("[(（]", label, maxsplit=1)[0].strip()
        return next((each for each in (label, name) if each in self.report), self._by_bare.get(bare(label)))

    @cached_property
    def asked(self) -> list[str]:
        """The layers that a sheet is expected to have: not those that only work in place."""
        return [row.name for row in self.report.layers if not row.node.layer.in_place]

    def expected(self, name: str, quantity: str) -> Any:
        """The right answer: sizes for a shape and a receptive field (None if it sees all), else a number."""
        if name == TOTAL:
            return self._of_total(quantity)
        row = self.report[name]
        if QUANTITIES[quantity].unit in ("window", "array") and not isinstance(row, LayerReport):
            return None
        return _answer(row, quantity)

    def _of_total(self, quantity: str) -> Any:
        totals = self.report.totals
        if QUANTITIES[quantity].unit == "share":
            return Fraction(100)
        if QUANTITIES[quantity].unit not in NUMBERS:
            if quantity not in ("shape", "receptive_field"):
                return None
            return self.expected(self.report.layers[-1].name, quantity) if self.report.layers else None
        return totals.memory.forward if quantity == "memory" else totals.value(QUANTITIES[quantity])

    def working(self, row: LayerReport, quantity: str) -> AnswerWorking:
        return AnswerWorking.of(row.facts, quantity, self.bytes_each)

    @lru_cache(maxsize=64)  # noqa: B019 - a key lives as long as its command
    def network_slips(self, quantity: str) -> tuple[SlipExplanation, ...]:
        """The numbers that a slip gives which is made at every layer: totals."""
        owned = QUANTITIES[quantity].owned
        rows = [row for row in self.report.layers if row.shared_with is None or not owned]
        if QUANTITIES[quantity].unit not in NUMBERS or QUANTITIES[quantity].of:
            return ()
        own = [self.working(row, quantity) for row in rows]
        if len(distinct := set(own)) > MOST_WORKINGS:
            return ()
        right = self.expected(TOTAL, quantity)
        by_slip: dict[AnswerWorking, dict[str, list[Any]]] = {}
        for work in distinct:
            by_slip[work] = {}
            for single in single_slips(work):
                by_slip[work].setdefault(single.slips[0], []).append(single.value)
        found = []
        for slip in slips():
            singles = [by_slip[work].get(slip.name, []) for work in own]
            for variant in range(max(map(len, singles), default=0)):
                value = sum(
                    values[min(variant, len(values) - 1)] if values else work.value()  # type: ignore[misc]
                    for values, work in zip(singles, own, strict=True)
                )
                if value != right and own:
                    found.append(SlipExplanation(value, (slip.name,), own[0]))
        return tuple(found)

    def before_pooling(self, row: LayerReport, right: AnswerWorking) -> Iterator[SlipExplanation]:
        """The numbers of a layer that reads one vector if the map before the last pooling entered it."""
        at = row.node.inputs[0] - self.first
        while row.node.layer.flattens and at >= 0:
            before = self.report.layers[at]
            if before.node.layer.pools:
                work = replace(right, inputs=before.facts.inputs)
                yield SlipExplanation(work.value(), ("before_pooling",), work)
                for one in single_slips(work):
                    if one.slips == ("no_bias",):
                        yield SlipExplanation(one.value, ("no_bias", "before_pooling"), one.working)
                return
            if not (before.in_place or before.node.layer.reshapes) or not before.node.inputs:
                return
            at = before.node.inputs[0] - self.first

    def field_slips(self, index: int) -> list[SlipExplanation]:
        """The receptive fields of a layer by a slip that is made at every layer."""
        found = []
        for name, seen in self._fields_by_slip:
            if fields := seen[index].fields:
                found.append(SlipExplanation(tuple(axis.size for axis in fields), (name,)))
        for name, summed in self._fields_by_sum:
            if sizes := summed[index]:
                found.append(SlipExplanation(sizes, (name,)))
        windows = self._windows_before(index)
        if len(windows) > 1 and len({*map(len, windows)}) == 1:
            if (own := self.report.layers[index].window("kernel")) is not None:
                found.append(SlipExplanation(own, ("own_kernel",)))
            product = tuple(map(prod, zip(*windows, strict=True)))
            found.append(SlipExplanation(product, ("kernels_multiplied",)))
        return found

    def _windows_before(self, index: int) -> list[tuple[int, ...]]:
        """The kernels of a layer and of those that lead to it, along each axis; none where paths meet."""
        found = []
        while index >= 0:
            row = self.report.layers[index]
            if (window := row.window("kernel")) is not None:
                found.append(window)
            if len(row.node.inputs) != 1:
                return []
            index = row.node.inputs[0] - self.first
        return found

    @cached_property
    def _fields_by_slip(self) -> list[tuple[str, list[View]]]:
        """The receptive fields of the layers if a slip is made at each layer."""
        found = []
        for slip in (slip for slip in slips() if "receptive_field" in slip.quantities):
            facts = []
            for row in self.report.layers:
                work = self.working(row, "shape")
                layer = next((changed.layer for changed in slip.change(work)), work.layer)
                try:
                    facts.append(LayerCounts(layer, row.facts.inputs))
                except LayerError:
                    facts.append(row.facts)
            found.append((slip.name, views(self.report.graph, facts)))
        return found

    @cached_property
    def _fields_by_sum(self) -> list[tuple[str, list[tuple[int, ...] | None]]]:
        """The fields of layers by two wrong sums of kernels: as they are, or by the stride behind them."""
        added: list[tuple[int, ...] | None] = [
            (0,) * (len(each.shape) - 1) for each in self.report.graph.inputs
        ]
        early: list[tuple[int, ...] | None] = [
            (1,) * (len(each.shape) - 1) for each in self.report.graph.inputs
        ]
        for row, view in zip(self.report.layers, self.report.views, strict=True):
            reach, fields = row.facts.reach, view.fields
            before = [
                kept[row.node.inputs[0]] if len(row.node.inputs) == 1 else None for kept in (added, early)
            ]
            for kept, sizes in zip((added, early), before, strict=True):
                if sizes is None or not fields or not isinstance(reach, tuple):
                    kept.append(None)
                elif kept is added:
                    slides = "kernel" in row.node.layer.options
                    kept.append(
                        tuple(size + slides * step.extent for size, step in zip(sizes, reach, strict=True))
                    )
                else:
                    each = zip(sizes, reach, fields, strict=True)
                    kept.append(tuple(int(size + (step.extent - 1) * axis.jump) for size, step, axis in each))
        return [("kernels_added", added[self.first :]), ("stride_early", early[self.first :])]


def _answer(row: ReportRow, name: str) -> Any:
    """A row's quantity, as answers are held to it."""
    quantity = QUANTITIES[name]
    found = row.value(quantity)
    if quantity.unit == "share":
        # in percent, exactly
        part, whole = name.removesuffix("_share"), row.report.totals
        samples = row.samples if part == "macs" else 1
        return Fraction(100 * row.value(QUANTITIES[part]) * samples, whole.value(QUANTITIES[part]) or 1)
    if quantity.unit == "shape" and found and isinstance(found[0], tuple):
        # which of several inputs is meant, no column says
        return None
    return tuple(map(int, found["size"])) if found and quantity.unit == "field" else found
