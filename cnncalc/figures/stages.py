"""The stages of a network: its blocks, each a column of equal units, and the layers between blocks."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from cnncalc.figures.subject import Drawn, Subject, together
from cnncalc.layers.support.base import Shape

FACTOR = 4
"""A block that shrinks or grows its maps by as much is no stage: what stands in the block are stages."""
MOST, FIRST, LAST = 40, 24, 15
"""The most stages that are drawn; of more, the first and the last."""


class Unit(NamedTuple):
    """A layer or a block of a stage: the numbers of its layers, and its path; a merge holds its paths."""

    path: str
    span: range
    is_group: bool = False
    is_merge: bool = False
    repeated: bool = False


class Stage(NamedTuple):
    """Units side by side, captioned once; of a stage that is left out, `omitted` counts the stages."""

    name: str
    path: str
    span: range
    units: Sequence[Unit]
    family: str
    shape: Shape
    is_block: bool = False
    omitted: int = 0

    @property
    def sides(self) -> Shape:
        """The height and the width of the maps that come out; () of vectors."""
        return self.shape[:-1]


class Stages:
    """Finds the stages of a subject."""

    def __init__(self, subject: Subject) -> None:
        self.subject, self.report = subject, subject.report
        self.nodes, self.kinds = self.report.graph.nodes, self.report.graph.group_kinds

    def all(self) -> list[Stage]:
        """The stages in order, neighbours of one kind and size together."""
        found = _joined_up(list(self._stages(range(len(self.nodes)), "")), self._likeness)
        if len(found) > MOST:
            found = _joined_up(found, lambda stage: stage.sides or stage.path)
        if len(found) > MOST:
            left_out = found[FIRST:-LAST]
            span = range(left_out[0].span.start, left_out[-1].span.stop)
            between = left_out[0]._replace(span=span, units=[], omitted=len(left_out), path=left_out[0].path)
            found = [*found[:FIRST], between, *found[-LAST:]]
        return found

    def _stages(self, span: range, scope: str) -> Iterator[Stage]:
        riders: Stage | None = None
        for unit in self._members(span, scope):
            drawn = self.drawn(unit)
            if not drawn:
                # riders belong to the stage before, as far as that is there
                if riders is not None:
                    riders = riders._replace(span=range(riders.span.start, unit.span.stop))
                continue
            if riders is not None:
                yield riders
            riders = None
            units = self._units(unit) if unit.is_group else [unit]
            if unit.is_group and self._opens(unit):
                *before, riders = self._stages(unit.span, unit.path)
                yield from before
                continue
            if len({self.shape(each)[:-1] for each in units if each.is_group}) > 1:
                units = [unit]  # steps of one unit, such as those around its stride
            riders = self._stage(unit, units, drawn)
        if riders is not None:
            yield riders

    def _stage(self, unit: Unit, units: Sequence[Unit], drawn: Sequence[Drawn]) -> Stage:
        dearest = max(drawn, key=lambda each: each.macs)
        name = drawn[0].name if not unit.is_group else unit.path
        return Stage(name, unit.path, unit.span, units, dearest.family, self.shape(unit), unit.is_group)

    def drawn(self, unit: Unit) -> list[Drawn]:
        """The drawn layers of a unit."""
        return self.subject.layers_of(unit.span)

    def shape(self, unit: Unit) -> Shape:
        """The shape that a unit puts out, (..., channels)."""
        return self.report.facts[unit.span.stop - 1].output

    def _members(self, span: range, scope: str) -> list[Unit]:
        """The layers and groups that stand in a scope."""
        found, at = [], span.start
        while at < span.stop:
            name = self.nodes[at].name
            dot = name.find(".", len(scope) + 1 if scope else 0)
            group = name[:dot] if dot > 0 else name
            start, end = self.report.spans.get(group, (-1, -1))
            if start == at and end - start > (group == name):
                unit = Unit(group, range(start, end), True, group in self.report.numbers)
            else:
                unit = Unit(name, range(at, at + 1))
            found.append(unit)
            at = unit.span.stop
        return found

    def _units(self, group: Unit) -> list[Unit]:
        """The units of a group: rounds of repeats, blocks in it, its convolutions; else the group itself."""
        if group.is_merge:
            return [group]
        found = [*self._flat(group)]
        if len(found) == 1 and found[0].is_group and not found[0].is_merge:
            return self._units(found[0])
        if any(each.is_merge and not each.repeated for each in found):
            return [group]
        if all(each.is_group for each in found):
            inner = [self._units(each) for each in found]
            pairs = [
                units
                if len(units) > 1 and all(each.is_group and not each.is_merge for each in units)
                else [each]
                for each, units in zip(found, inner, strict=True)
            ]
            return [unit for units in pairs for unit in units]
        layers = [drawn for each in found for drawn in self.drawn(each)]
        kinds = {each.row.kind for each in layers if each.row is not None}
        alike = len(kinds) == 1 and {each.family for each in layers} == {"conv"}
        alike = alike and not any(each.is_group for each in found)
        return found if alike else [group]

    def _flat(self, group: Unit) -> Iterator[Unit]:
        """The drawn members of a group, repeats taken apart."""
        for member in self._members(group.span, group.path):
            if not self.drawn(member):
                continue
            if self.kinds.get(member.path) != "repeat":
                yield member
                continue
            for one in self._members(member.span, member.path):
                inner = [each for each in self._members(one.span, one.path) if self.drawn(each)]
                yield (inner[0] if len(inner) == 1 else one)._replace(repeated=True)

    def _opens(self, group: Unit) -> bool:
        """Whether what stands in a group are stages of their own."""
        if group.is_merge:
            return False
        read = self.nodes[group.span.start].inputs
        before = self.subject.shape(read[0])[:-1] if read else ()
        after = self.shape(group)[:-1]
        if len(before) != len(after):  # maps become a vector
            return len(self.drawn(group)) > 1
        return any(max(sides) >= FACTOR * min(sides) for sides in zip(before, after, strict=True))

    def _likeness(self, stage: Stage) -> Any:
        """Equal for neighbours that share a column: units of one kind and size, equal convolutions."""
        drawn = self.drawn(Unit(stage.path, stage.span))
        if not stage.is_block:
            row = drawn[0].row
            if stage.family != "conv" or row is None:
                return stage.path
            return (stage.shape, *self.subject.operation(row))
        if len(stage.units) > 1:
            return stage.path
        joins = {each.row.kind for each in drawn if each.row and each.family == "join"}
        kinds = {each.row.kind for each in drawn if each.row} - joins
        return (stage.sides, *sorted(kinds))


def _joined_up(stages: Sequence[Stage], likeness: Callable[[Stage], Any]) -> list[Stage]:
    """The stages, neighbours that are alike as one."""
    found = []
    for _, group in groupby(stages, key=likeness):
        members = list(group)
        first, last = members[0], members[-1]
        if len(members) > 1:
            first = first._replace(
                name=together([each.name for each in members]),
                span=range(first.span.start, last.span.stop),
                units=[unit for each in members for unit in each.units],
                shape=last.shape,
            )
        found.append(first)
    return found
