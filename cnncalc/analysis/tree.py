"""A report as a tree of lines: every layer, or the short form of a long network, its repeats folded."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from cnncalc.analysis.report import Report
from cnncalc.analysis.rows import GroupReport, LayerReport, ReportRow
from cnncalc.analysis.sums import Sums
from cnncalc.quantity import Quantity

SHORT = 30
"""The most lines that a screen holds in full: a longer tree is folded."""
DEEPEST = 40
"""The levels that a folded tree opens; deeper groups are one line each."""


class TreeLine(NamedTuple):
    """A layer or a group of a report, `level` deep; `label` is its name within its group.

    A `heading` is a group whose layers follow. `goes_on` says of each group around the line, and of the line
    itself, whether more of the same group follows. Of folded lines, `times` counts the equal units, `riders`
    are the layers written behind a layer, and `paths` the paths of merges that a layer stands on.
    """

    row: ReportRow
    level: int
    label: str
    heading: bool = False
    goes_on: tuple[bool, ...] = ()
    times: int = 1
    riders: Sequence[LayerReport] = ()
    paths: Sequence["Path"] = ()


class Path(NamedTuple):
    """A path of a merge: its number from 1; a shortcut is the shorter of the two paths of an addition."""

    number: int
    is_shortcut: bool


class Chain(ReportRow):
    """A layer and the norm, activation and dropout that follow: their sums, and the shape that comes out."""

    shared_with: None = None

    def __init__(self, first: LayerReport, riders: Sequence[LayerReport]) -> None:
        self.report, self.first, self.last = first.report, first, riders[-1]
        self.name, self.span = first.name, range(first.index, self.last.index + 1)
        self._sums = Sums(self.report, self.span)

    @property
    def kind(self) -> str:
        return self.first.kind

    @property
    def output_shape(self) -> tuple[int, ...]:
        return self.last.output_shape

    @property
    def view(self) -> Any:
        return self.last.view

    @property
    def options(self) -> dict[str, Any] | None:
        return self.first.options

    @property
    def held(self) -> int:
        """The values that need memory of their own."""
        return sum(row.held for row in self.report.layers[self.span.start : self.span.stop])

    def labelled(self, name: str) -> str:
        return self.first.labelled(name)

    def value(self, quantity: Quantity) -> Any:
        """A sum; of what there is once, such as the size of the output, the value of the output."""
        if quantity.held or quantity.sources == ("activation_size",):
            return self.last.value(quantity)
        if quantity.of and not quantity.sums:
            return quantity.of(self)
        return self._sums.sum(quantity) if quantity.sums else self.first.value(quantity)


class Repeated(GroupReport):
    """Equal groups, one after another: the sums of all, the shape that comes out of the last."""

    def __init__(self, report: Report, first: str, last: str) -> None:
        super().__init__(report, last)
        self.first = first
        self.span = range(report.spans[first][0], report.spans[last][1])
        self._sums = Sums(report, self.span)


class _Part(NamedTuple):
    """A member of a group: a layer with its riders, or equal groups, `last` the name of the last."""

    span: range
    name: str
    riders: int = 0
    group: bool = False
    closed: bool = False
    last: str = ""
    times: int = 1


def tree(report: Report, depth: int | None = None, *, every: bool = False) -> Iterator[TreeLine]:
    """The lines of a report; folded where they are many, unless `every` layer is wanted."""
    full = _full(report, depth)
    if every:
        return full
    lines = list(islice(full, SHORT + 1))
    return iter(lines) if len(lines) <= SHORT else _Folded(report, depth).lines()


def outline(report: Report, *, each_unit: bool = True) -> Iterator[TreeLine]:
    """The lines of a report that a reader folds: below equal units stands each unit, or the first alone."""
    return _Folded(report, None, each_unit=each_unit).lines()


def _full(report: Report, depth: int | None) -> Iterator[TreeLine]:
    """The rows in order, each group with its sums before the layers in it."""
    opened: list[str] = []
    ends: list[int] = []
    for row in report.rows(depth):
        name = row.name
        while opened and not name.startswith(f"{opened[-1]}."):
            opened.pop()
            ends.pop()
        dot = name.find(".", len(opened[-1]) + 1 if opened else 0)
        while dot > 0:
            if (scope := name[:dot]) in report.graph.groups:
                group = GroupReport(report, scope)
                goes_on = _goes_on(ends, [*ends[1:], group.span.stop])
                yield TreeLine(group, len(opened), _within(scope, opened), True, goes_on)
                opened.append(scope)
                ends.append(group.span.stop)
            dot = name.find(".", dot + 1)
        yield TreeLine(
            row, len(opened), _within(name, opened), goes_on=_goes_on(ends, [*ends[1:], row.span.stop])
        )


def _goes_on(ends: Sequence[int], inner: Sequence[int]) -> tuple[bool, ...]:
    """Whether more of each group follows: groups end at `ends`, and the parts in them at `inner`."""
    return tuple(stop < end for end, stop in zip(ends, inner, strict=True)) if ends else ()


def _within(name: str, opened: Sequence[str]) -> str:
    """A name without the scopes that lines above say already."""
    return name[len(opened[-1]) + 1 :] if opened else name


class _Folded:
    """The short form of a long report."""

    def __init__(self, report: Report, depth: int | None, *, each_unit: bool = False) -> None:
        self.report, self.depth, self.each_unit = report, depth, each_unit
        self.nodes, self.first = report.graph.nodes, len(report.graph.inputs)
        self.readers = report.graph.readers()

    def lines(
        self, span: range | None = None, scope: str = "", outer: tuple[bool, ...] = ()
    ) -> Iterator[TreeLine]:
        """The lines of what stands in a scope; `outer` as in `TreeLine.goes_on`."""
        whole = range(len(self.nodes)) if span is None else span
        top = span is None
        parts = self._parts(whole, scope)
        labels: set[str] = set()
        for number, part in enumerate(parts):
            goes_on = () if top else (*outer, number < len(parts) - 1)
            level = len(goes_on)
            name = part.name[len(scope) + 1 :] if scope else part.name
            label, paths = self._paths(name, scope)
            if not part.group:
                rows = self.report.layers[part.span.start : part.span.stop]
                row = Chain(rows[0], rows[1:]) if part.riders else rows[0]
                yield TreeLine(row, level, label, goes_on=goes_on, riders=rows[1:], paths=paths)
                continue
            folded, inner, label = self._alone(part, label)
            if label in labels:
                # two neighbours are told apart by their paths
                label = folded.name[len(scope) + 1 :] if scope else folded.name
            labels.add(label)
            group = (
                GroupReport(self.report, folded.name)
                if folded.times == 1
                else Repeated(self.report, folded.name, folded.last)
            )
            opens = not folded.closed and level < DEEPEST
            yield TreeLine(group, level, label, opens, goes_on, folded.times, paths=paths)
            if opens and self.each_unit and folded.times > 1:
                yield from self._units(group, folded.times, goes_on)
            elif opens:
                yield from self.lines(range(*self.report.spans[inner]), inner, goes_on)

    def _units(self, group: GroupReport, times: int, outer: tuple[bool, ...]) -> Iterator[TreeLine]:
        """The lines of each of some equal units, under a line of its own."""
        size = len(group.span) // times
        for start in range(group.span.start, group.span.stop, size):
            unit = range(start, start + size)
            pieces = self.nodes[start].name.split(".")
            prefixes = (".".join(pieces[:count]) for count in range(1, len(pieces)))
            names = [name for name in prefixes if self.report.spans.get(name) == (unit.start, unit.stop)]
            goes_on = (*outer, unit.stop < group.span.stop)
            yield TreeLine(
                GroupReport(self.report, names[0]), len(goes_on), names[0].rpartition(".")[2], True, goes_on
            )
            yield from self.lines(unit, names[-1], goes_on)

    def _alone(self, part: _Part, label: str) -> tuple[_Part, str, str]:
        """A group, the scope of the layers to show, and the label, where groups stand alone in each other.

        A repeat of equal rounds, each of one block, is told as the block, so many times.
        """
        inner, kinds = part.name, self.report.graph.group_kinds
        while not part.closed:
            within = self._parts(range(*self.report.spans[inner]), inner)
            if len(within) > 1 or not within[0].group:
                break
            (only,) = within
            last = f"{part.last}{only.last[len(inner) :]}" if part.times > 1 else only.last
            if part.times > 1 and only.times > 1:
                break
            name = only.name[len(inner) + 1 :]
            if not name.isdecimal() and label.startswith("repeat"):
                label = name
            part = part._replace(
                last=part.last if part.times > 1 else last, times=part.times * only.times, closed=only.closed
            )
            if only.times > 1:
                part = part._replace(name=only.name)
            inner = only.name
        if part.times > 1:
            label = _label_of_all(label, part, kinds)
        return part, inner, label

    def _paths(self, name: str, scope: str) -> tuple[str, Sequence[Path]]:
        """The name of a layer on its path, and the paths of merges within its scope that it stands on."""
        pieces = name.split(".")
        found, begins = [], 0
        for at in range(1, len(pieces) - 1):
            merge = ".".join(filter(None, (scope, *pieces[:at])))
            if merge in self.report.numbers and pieces[at].isdecimal():
                begins = at + 1
                if (path := self._path(merge, int(pieces[at]))) is not None:
                    found.append(path)
        return ".".join(pieces[begins:]), found

    def _path(self, merge: str, number: int) -> Path | None:
        """The name of a path; None for the only path with layers, and for the main one of an addition."""
        index = self.report.numbers[merge]
        lengths = [
            end - start
            for path in range(1, len(self.nodes[index].inputs) + 1)
            for start, end in [self.report.spans.get(f"{merge}.{path}", (0, 0))]
        ]
        if sum(map(bool, lengths)) < 2:
            return None
        facts = self.report.facts[index]
        alike = len(lengths) == 2 and all(shape == facts.output for shape in facts.inputs)
        if alike and lengths[0] != lengths[1]:
            shorter = lengths.index(min(lengths)) + 1
            return Path(number, True) if number == shorter else None
        return Path(number, False)

    def _parts(self, span: range, scope: str) -> list[_Part]:
        """The layers and groups that stand in a scope, riders and equal groups folded."""
        parts: list[_Part] = []
        at = span.start
        while at < span.stop:
            part = self._part(at, scope)
            last = parts[-1] if parts else None
            if last is not None and not part.group and self._rides(at, last):
                parts[-1] = last._replace(span=range(last.span.start, at + 1), riders=last.riders + 1)
            elif last is not None and part.group and last.group and self._equal(last, part):
                parts[-1] = last._replace(
                    span=range(last.span.start, part.span.stop), last=part.name, times=last.times + 1
                )
            else:
                parts.append(part)
            at = part.span.stop
        return parts

    def _part(self, at: int, scope: str) -> _Part:
        """The layer at a number, or the outermost group of a scope that begins with the layer."""
        name, spans = self.nodes[at].name, self.report.spans
        dot = name.find(".", len(scope) + 1 if scope else 0)
        while dot > 0 and name[:dot] not in self.report.graph.groups:
            dot = name.find(".", dot + 1)
        group = name[:dot] if dot > 0 else ""
        if self.depth is not None and name.count(".") >= self.depth - 1:
            folded = ".".join(name.split(".", self.depth)[: self.depth])
            if folded in spans and (not group or group.count(".") >= self.depth - 1) and folded != scope:
                return _Part(range(*spans[folded]), folded, group=True, closed=True, last=folded)
        if group in spans and spans[group][0] == at:
            return _Part(range(*spans[group]), group, group=True, last=group)
        return _Part(range(at, at + 1), name)

    def _rides(self, at: int, before: _Part) -> bool:
        """Whether the layer at a number is written behind the layers of the part before."""
        node, number = self.nodes[at], at + self.first
        return (
            not before.group
            and node.layer.rides
            and node.inputs == (number - 1,)
            and self.readers[number - 1] == [number]
            and node.block == self._host(before)
        )

    def _host(self, part: _Part) -> str | None:
        """The scope of the layer that a part begins with."""
        return self.nodes[part.span.start].block

    def _equal(self, before: _Part, part: _Part) -> bool:
        """Whether two groups are the same layers, on the same shapes, joined in the same way."""
        size = len(part.span)
        return (
            before.closed == part.closed
            and len(before.span) == size * before.times
            and all(
                self._signature(first, before.name, before.span.start)
                == self._signature(second, part.name, part.span.start)
                for first, second in zip(before.span[:size], part.span, strict=True)
            )
        )

    def _signature(self, at: int, group: str, start: int) -> tuple[Any, ...]:
        node = self.nodes[at]
        shared = None if node.shared is None else node.shared - start
        return (
            self.report.facts[at],
            node.name[len(group) :],
            tuple(number - self.first - start for number in node.inputs),
            shared,
            node.trainable,
        )


def _label_of_all(label: str, part: _Part, kinds: Any) -> str:
    """The common name of equal groups.

    >>> _label_of_all("fire2", _Part(range(2), "fire2", last="fire4", times=3), {})
    'fire2-4'
    """
    stem = label.rstrip("0123456789")
    last = part.last.rpartition(".")[2]
    if part.name.rpartition(".")[2] == label and last.startswith(stem) and last[len(stem) :].isdecimal():
        return f"{label}-{last[len(stem) :]}" if stem or label.isdecimal() else label
    return stem if stem and stem in kinds.values() else label
