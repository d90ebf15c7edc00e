"""A window that walks over numbers: a convolution or a pooling by hand, step by step, as a moving picture.

A picture is a list of pieces of SVG, each with the steps in which the piece is seen. The drawing that moves
by itself and the page that a reader steps through are written from the same pieces.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from cnncalc.errors import UsageError
from cnncalc.execute.convolve import OutputWindow, Worked
from cnncalc.execute.values import Numbers
from cnncalc.figures.measure import width_of
from cnncalc.languages import Language, Message
from cnncalc.layers.support.windows import Axis, TransposedAxis
from cnncalc.render.reports.matrices import factor, number, step

MOST_STEPS = 256
MOST_CELLS = 600
"""The most steps of a picture, and the most cells that are drawn."""
CELL = 46
GAP = 64
"""The side of a cell and the room between two matrices, in px."""
LINE = 620
"""The least width of the line that tells the products, in px."""


class Piece(NamedTuple):
    """A piece of SVG, seen from step `first` on and before step `end`."""

    first: int
    end: int
    svg: str


class Picture(NamedTuple):
    """A moving picture: the still part, the pieces that come and go, and each step in words."""

    width: float
    height: float
    still: Sequence[str]
    pieces: Sequence[Piece]
    steps: Sequence[str]


class _Grid(NamedTuple):
    """Matrices of one size under each other, a map each; rows and columns may begin before 0."""

    left: float
    top: float
    rows: range
    columns: range

    def corner(self, row: int, column: int, plane: int = 0) -> tuple[float, float]:
        """Where the upper left corner of a cell lies."""
        above = plane * (len(self.rows) * CELL + GAP / 2)
        return (
            self.left + (column - self.columns.start) * CELL,
            self.top + above + (row - self.rows.start) * CELL,
        )

    @property
    def width(self) -> float:
        return len(self.columns) * CELL

    def height(self, planes: int) -> float:
        return planes * len(self.rows) * CELL + (planes - 1) * GAP / 2


HEAD = 34
_MARGIN = 16


def picture(work: Worked, language: Language) -> Picture:
    """The moving picture of a convolution, a transposed convolution or a pooling of a matrix or a signal.

    Raises UsageError for more steps or cells than can be looked at, and for what has three axes.
    """
    assert work.layer is not None
    assert work.image is not None
    if work.image.ndim > 3:
        raise UsageError("a picture of a window has two axes at most", "a matrix or a signal")
    count = len(work.windows) or len(work.stamps)
    cells = work.image.size + work.output.size
    if count > MOST_STEPS or cells > MOST_CELLS:
        message = f"{count:,} steps over {cells:,} numbers are too many for a moving picture"
        raise UsageError(message, f"at most {MOST_STEPS} steps, {MOST_CELLS} numbers", "too_large")
    return _Walk(work, language).picture()


class _Walk:
    """The picture of one convolution."""

    def __init__(self, work: Worked, language: Language) -> None:
        assert work.layer is not None
        assert work.image is not None
        self.work, self.language = work, language
        self.pool = work.pool or ""
        self.image, self.output = _planes(work.image), _planes(work.output)
        self.kernels = None if work.weight is None else _kernels(work.weight, transposed=bool(work.stamps))
        self.axes: Sequence[Any] = work.layer.geometry(work.image.shape)
        self.still: list[str] = []
        self.pieces: list[Piece] = []
        # of several filters, each walks over the whole image
        self.windows = sorted(work.windows, key=lambda window: window.filter)
        self.count = len(self.windows) or len(work.stamps)
        self.bias = work.bias

    def picture(self) -> Picture:
        rows, columns = self._with_edges()
        transposed = bool(self.work.stamps)
        self.source = _Grid(_MARGIN, HEAD, *(self._of(self.image) if transposed else (rows, columns)))
        self.taps, maps = self.source, len(self.image)
        if self.kernels is not None:
            shape = self.kernels.shape[-2:]
            self.taps = _Grid(*self._after(self.source, maps), range(shape[0]), range(shape[1]))
            maps = self.kernels.shape[1]
        place = self._after(self.taps, maps)
        self.target = _Grid(*place, *((rows, columns) if transposed else self._of(self.output)))
        self._numbers(self.source, self.image, "walk.input", "input", is_given=True)
        if self.kernels is not None:
            self._kernel()
        self._numbers(self.target, self.output, "walk.output", "output", is_given=False)
        grids = ((self.source, len(self.image)), (self.taps, maps), (self.target, len(self.output)))
        width = max(LINE, *(grid.left + grid.width + _MARGIN for grid, _ in grids))
        height = max(grid.top + grid.height(planes) for grid, planes in grids)
        told = list(self._stamps() if transposed else self._steps())
        lines = self._told(told, width, height + 30)
        return Picture(width, height + 26 + 20 * lines, self.still, self.pieces, told)

    def _after(self, grid: _Grid, planes: int) -> tuple[float, float]:
        """The place of the next grid: beside a matrix, and under a signal, which is long and flat."""
        if len(self.axes) == 1:
            return grid.left, grid.top + grid.height(planes) + GAP
        return grid.left + grid.width + GAP, grid.top

    def _of(self, planes: Numbers) -> tuple[range, range]:
        return range(planes.shape[1]), range(planes.shape[2])

    def _with_edges(self) -> tuple[range, range]:
        """The rows and columns that windows or stamps reach, beyond the borders too."""
        transposed = bool(self.work.stamps)
        spans = []
        for axis, size in zip(
            self.axes, (self.output if transposed else self.image).shape[-len(self.axes) :], strict=True
        ):
            if transposed:
                assert isinstance(axis, TransposedAxis)
                last = (axis.size - 1) * axis.stride - axis.before + axis.extent
                spans.append(range(min(-int(axis.before), 0), max(int(last), size)))
            else:
                assert isinstance(axis, Axis)
                end = size + int(axis.after) + int(axis.overhang)
                spans.append(range(-int(axis.before), end))
        return (spans[0], spans[1]) if len(spans) == 2 else (range(1), spans[0])

    # ---- what is always seen

    def _numbers(self, grid: _Grid, planes: Numbers, head: str, paint: str, *, is_given: bool) -> None:
        """The cells of matrices, those beyond the border dashed, and the numbers that are given."""
        x, y = grid.corner(grid.rows.start, grid.columns.start)
        self.still.append(self._text(x, y - 12, self.language.say(head), "head"))
        _, rows, columns = planes.shape
        for plane in range(len(planes)):
            for row in grid.rows:
                for column in grid.columns:
                    inside = 0 <= row < rows and 0 <= column < columns
                    name = f"cell {paint}" if inside else "cell beyond"
                    self.still.append(_square(grid.corner(row, column, plane), name))
                    if is_given and (inside or self.pool != "max"):
                        value = number(planes[plane, row, column]) if inside else "0"
                        self.still.append(self._in(grid, row, column, plane, value, "" if inside else "soft"))

    def _kernel(self) -> None:
        """The kernel, or the one whose turn it is."""
        assert self.kernels is not None
        x, y = self.taps.corner(0, 0)
        self.still.append(self._text(x, y - 12, self.language.say("walk.kernel"), "head"))
        turns = [window.filter for window in self.windows] + [each.filter for each in self.work.stamps]
        starts = [at for at, turn in enumerate(turns) if at == 0 or turn != turns[at - 1]]
        for first, end in pairwise([*starts, self.count]):
            for plane, taps in enumerate(self.kernels[turns[first]]):
                for (row, column), value in _cells(taps):
                    svg = _square(self.taps.corner(row, column, plane), "cell kernel")
                    svg += self._in(self.taps, row, column, plane, number(value))
                    self._seen(first, end, svg)

    # ---- what moves

    def _steps(self) -> Iterator[str]:
        """The window of each output over the input, its products in words, and the output from then on."""
        shown = self.work.activation
        for at, window in enumerate(self.windows):
            row, column = window.at if len(window.at) == 2 else (0, *window.at)
            svg = "".join(self._window(window, (row, column)))
            svg += _square(self.target.corner(row, column, window.filter), "window")
            self._seen(at, at + 1, svg)
            value = self._in(self.target, row, column, window.filter, number(window.output))
            self._seen(at, self.count, value)
            made, value = step(window, self.work.pool, shown, several=len(self.output) > 1)
            yield f"{self.language.tell(made)} = {value}".replace("*", "·")

    def _window(self, window: OutputWindow, place: tuple[int, int]) -> Iterator[str]:
        """The cells of the input that a window reads, each with its weight in a corner."""
        axes = self.axes if len(self.axes) == 2 else (Axis(1, 1), *self.axes)
        reads = [
            [
                int(at * axis.reach.step + axis.reach.offset + tap * axis.dilation)
                for tap in range(int(axis.kernel))
            ]
            for at, axis in zip(place, axes, strict=True)
        ]
        for plane, weights in self._read(window.filter):
            for i, row in enumerate(reads[0]):
                for j, column in enumerate(reads[1]):
                    corner = self.source.corner(row, column, plane)
                    yield _square(corner, "window")
                    if weights is not None:
                        yield self._weight(corner, weights[i, j])

    def _read(self, filter: int) -> Iterator[tuple[int, Numbers | None]]:
        """The maps that a filter reads, each with its weights; a pooling and a depthwise filter read one."""
        if self.kernels is None:
            yield filter, None
            return
        own = self.kernels[filter]
        first = 0 if len(own) == len(self.image) else filter * len(self.image) // len(self.kernels)
        yield from ((first + plane, weights) for plane, weights in enumerate(own))

    def _stamps(self) -> Iterator[str]:
        """Each input of a transposed convolution, and the sums that its kernel adds to."""
        assert self.kernels is not None
        sums: dict[tuple[int, int, int], float] = {}
        since: dict[tuple[int, int, int], int] = {}
        dilations = [int(axis.dilation) for axis in self.axes]
        for at, stamp in enumerate(self.work.stamps):
            corner = stamp.corner if len(stamp.corner) == 2 else (0, *stamp.corner)
            place = stamp.at if len(stamp.at) == 2 else (0, *stamp.at)
            ahead = dilations if len(dilations) == 2 else [1, *dilations]
            taps = stamp.stamp.reshape(-1, stamp.stamp.shape[-1])
            plane = at % len(self.image)
            svg = _square(self.source.corner(place[0], place[1], plane), "window")
            for (i, j), value in _cells(taps):
                cell = (corner[0] + i * ahead[0], corner[1] + j * ahead[1], stamp.filter)
                spot = self.target.corner(*cell)
                svg += _square(spot, "window") + self._weight(spot, value, sign="+")
                if cell in sums:
                    self._sum(cell, sums[cell], since[cell], at)
                sums[cell], since[cell] = sums.get(cell, self.bias) + float(value), at
            self._seen(at, at + 1, svg)
            told = " ".join(number(value) for value in taps.ravel())
            yield f"{factor(stamp.value)} × {self.language.say('walk.kernel')} = {told}"
        for cell, value in sums.items():
            self._sum(cell, value, since[cell], self.count)
        for plane, output in enumerate(self.output):
            for place, _ in _cells(output):
                if (*place, plane) not in sums:
                    self._sum((*place, plane), self.bias, 0, self.count)

    def _sum(self, cell: tuple[int, int, int], value: float, first: int, end: int) -> None:
        _, rows, columns = self.output.shape
        inside = 0 <= cell[0] < rows and 0 <= cell[1] < columns
        self._seen(first, end, self._in(self.target, *cell, number(value), "" if inside else "soft"))

    def _seen(self, first: int, end: int, svg: str) -> None:
        if end > first:
            self.pieces.append(Piece(first, end, svg))

    # ---- text

    def _told(self, told: Sequence[str], width: float, top: float) -> int:
        """The line of each step, broken where it is too long; gives how many lines the longest takes."""
        most = 1
        for at, line in enumerate(told):
            lines = list(_broken(line, width - 2 * _MARGIN))
            most = max(most, len(lines))
            svg = "".join(
                self._text(_MARGIN, top + 20 * index, text, "told") for index, text in enumerate(lines)
            )
            self._seen(at, at + 1, svg)
        return most

    def _in(self, grid: _Grid, row: int, column: int, plane: int, text: str, paint: str = "") -> str:
        """A number in the middle of a cell."""
        x, y = grid.corner(row, column, plane)
        size = 15 if width_of(text, 15) < CELL - 6 else 10
        name = f' class="{paint}"' if paint else ""
        return (
            f'<text x="{x + CELL / 2:g}" y="{y + CELL / 2 + 5:g}" font-size="{size}" '
            f'text-anchor="middle"{name}>{escape(text)}</text>'
        )

    def _weight(self, corner: tuple[float, float], value: float, sign: str = "×") -> str:
        """A weight or a summand, small in the corner of a cell."""
        x, y = corner
        return (
            f'<text x="{x + CELL - 3:g}" y="{y + CELL - 4:g}" font-size="10" text-anchor="end" '
            f'class="weight">{sign}{escape(factor(value))}</text>'
        )

    def _text(self, x: float, y: float, text: str, name: str) -> str:
        return f'<text x="{x:g}" y="{y:g}" class="{name}">{escape(text)}</text>'


def _planes(array: Numbers) -> Numbers:
    """(positions ..., maps) as maps of rows and columns; a signal is one row."""
    maps: Numbers = array.transpose(-1, *range(array.ndim - 1))
    return maps if maps.ndim == 3 else maps[:, None]


def _kernels(weight: Numbers, *, transposed: bool) -> Numbers:
    """(filters, maps, taps ...) with two axes of taps; a transposed convolution has its maps first."""
    ordered = weight.swapaxes(0, 1) if transposed else weight
    return ordered if ordered.ndim == 4 else ordered[:, :, None]


def _cells(plane: Numbers) -> Iterator[tuple[tuple[int, int], float]]:
    """The places of a matrix, row by row, with their numbers."""
    for row, values in enumerate(plane.tolist()):
        for column, value in enumerate(values):
            yield (row, column), value


def _square(corner: tuple[float, float], name: str) -> str:
    x, y = corner
    return f'<rect x="{x:g}" y="{y:g}" width="{CELL}" height="{CELL}" class="{name}"/>'


def _broken(text: str, width: float) -> Iterator[str]:
    """The lines of a text, broken at blanks."""
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if line and width_of(longer, 14) > width:
            yield line
            line = word
        else:
            line = longer
    yield line


def title_of(work: Worked) -> str:
    """The title of a picture."""
    if work.stamps:
        return Message("walk.transposed")
    return Message("walk.pool") if work.pool else Message("walk.convolution")
