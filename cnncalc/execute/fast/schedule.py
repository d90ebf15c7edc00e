"""Tasks on maps, in the order in which they run; which maps carry borders, and which lie within others."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from cnncalc.execute.fast.arrays import NO_BORDER, Border, Kernel


@dataclass(eq=False)
class Map:
    """A feature map of (rows, columns, channels); a vector is (1, 1, n)."""

    shape: tuple[int, int, int]
    border: Border = NO_BORDER
    home: "Map | None" = None
    """The map that this one is part of, or shares its place with."""
    offset: int = 0
    """Its first channel there."""

    @property
    def root(self) -> "Map":
        """The map whose memory this one lies in."""
        return self if self.home is None else self.home.root

    @property
    def channel(self) -> int:
        """Its first channel in its root."""
        return self.offset if self.home is None else self.offset + self.home.channel


@dataclass(eq=False)
class Task:
    """A kernel, its inputs and its output; without a kernel, a join of the inputs' channels."""

    kernel: Kernel | None
    inputs: Sequence[Map]
    output: Map
    in_place: bool = False
    """Whether the kernel may write over its first input."""

    def border(self, x: Map) -> Border:
        """The zeros that this task reads around an input."""
        return NO_BORDER if self.kernel is None else self.kernel.border(x.shape[:2], self.output.shape[:2])


@dataclass
class Schedule:
    """A network: the maps given, the maps wanted, and the tasks from the ones to the others."""

    inputs: Sequence[Map]
    outputs: Sequence[Map]
    tasks: list[Task] = field(default_factory=list)

    def settle(self) -> None:
        """Decide on borders and on maps within others; once, when all tasks are known."""
        for task in self.tasks:
            for x in task.inputs:
                x.border = x.border.around(task.border(x))
        last = self._last_uses()
        kept = {id(x) for x in (*self.inputs, *self.outputs)}
        joined = {id(task.output) for task in self.tasks if task.kernel is None}
        # from the last task back, so that the joins of joins all lie in the largest
        for index, task in reversed(list(enumerate(self.tasks))):
            free = [x.home is None and x.border == NO_BORDER and id(x) not in kept for x in task.inputs]
            if task.kernel is None:
                offset = 0
                for x, may_move in zip(task.inputs, free, strict=True):
                    if may_move and x.home is None:  # it may be among the inputs twice
                        x.home, x.offset = task.output, offset
                    offset += x.shape[2]
            elif task.in_place and free[0] and task.output.home is None:
                x = task.inputs[0]
                # the parts of a join may be needed for longer than the join
                spent = last[id(x)] == index and id(x) not in joined and x not in task.inputs[1:]
                if spent and x.shape == task.output.shape:
                    x.home = task.output

    def _last_uses(self) -> dict[int, int]:
        """The last task that reads a map, by its id; the number of tasks for a map that is an output."""
        last: dict[int, int] = {}
        for index, task in enumerate(self.tasks):
            last |= {id(x): index for x in (task.output, *task.inputs)}
        return last | {id(x): len(self.tasks) for x in self.outputs}
