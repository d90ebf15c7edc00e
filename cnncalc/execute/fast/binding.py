"""A schedule bound to memory: every map has its place, every task is steps."""

import math
from functools import partial

import numpy as np

from cnncalc.execute.fast.arrays import NO_BORDER, Array, Border, Scratch, Step, run
from cnncalc.execute.fast.memory import Need, lay_out
from cnncalc.execute.fast.schedule import Map, Schedule, Task


class BoundSchedule:
    """Fill `inputs`, call `run`, read `outputs` before the next run: arrays (N, H, W, C)."""

    def __init__(self, schedule: Schedule, images: int, scratch: Scratch | None = None) -> None:
        """Bind a settled schedule for this many images at a time, in the type of the scratch memory."""
        scratch = scratch or Scratch()
        self.images, self.dtype = images, scratch.dtype
        self._arrays = self._allocate(schedule)
        self._begun: set[int] = set()
        self.steps: list[Step] = []
        for x in schedule.inputs:
            self._begin(x)
        self.spans: list[tuple[int, int]] = []  # the steps of each task
        for task in schedule.tasks:
            start = len(self.steps)
            self._begin(task.output)
            self._join(task) if task.kernel is None else self._bind(task, scratch)
            self.spans.append((start, len(self.steps)))
        self.inputs = [self.view(x) for x in schedule.inputs]
        self.outputs = [self.view(x) for x in schedule.outputs]

    def run(self) -> None:
        """Call every step."""
        run(self.steps)

    def view(self, x: Map, border: Border = NO_BORDER) -> Array:
        """The map and so much of the border around it, uncopied."""
        root = x.root
        top, left = root.border.top - border.top, root.border.left - border.left
        rows, columns = x.shape[0] + border.top + border.bottom, x.shape[1] + border.left + border.right
        whole = self._arrays[id(root)]
        return whole[:, top : top + rows, left : left + columns, x.channel : x.channel + x.shape[2]]

    def _allocate(self, schedule: Schedule) -> dict[int, Array]:
        """An array with its border for each root, by its id; those never needed together share memory."""
        roots: dict[int, Map] = {}
        uses: dict[int, list[int]] = {}
        moments = [
            schedule.inputs,
            *((*task.inputs, task.output) for task in schedule.tasks),
            schedule.outputs,
        ]
        for moment, maps in enumerate(moments):
            for x in maps:
                roots[id(x.root)] = x.root
                uses.setdefault(id(x.root), []).append(moment)
        shapes = [self._bordered(root) for root in roots.values()]
        needs = [
            Need(math.prod(shape), uses[key][0], uses[key][-1])
            for key, shape in zip(roots, shapes, strict=True)
        ]
        offsets, floats = lay_out(needs)
        memory: Array = np.empty(floats, self.dtype)
        return {
            key: memory[offset : offset + need.floats].reshape(shape)
            for key, shape, offset, need in zip(roots, shapes, offsets, needs, strict=True)
        }

    def _bordered(self, x: Map) -> tuple[int, int, int, int]:
        rows, columns, channels = x.shape
        top, bottom, left, right = x.border
        return self.images, rows + top + bottom, columns + left + right, channels

    def _begin(self, x: Map) -> None:
        """Clear the border before a map is first written: the memory has held others."""
        root = x.root
        if id(root) in self._begun:
            return
        self._begun.add(id(root))
        whole = self._arrays[id(root)]
        top, left = root.border.top, root.border.left
        bottom, right = top + root.shape[0], left + root.shape[1]
        edges = [
            whole[:, :top],
            whole[:, bottom:],
            whole[:, top:bottom, :left],
            whole[:, top:bottom, right:],
        ]
        self.steps += [partial(edge.fill, 0) for edge in edges if edge.size]

    def _bind(self, task: Task, scratch: Scratch) -> None:
        """The steps of a kernel."""
        assert task.kernel is not None
        scratch.restart()
        xs = [self.view(x, task.border(x)) for x in task.inputs]
        self.steps += task.kernel.bind(xs, self.view(task.output), scratch)

    def _join(self, task: Task) -> None:
        """Copies of those inputs that don't lie in the join already."""
        whole = self.view(task.output)
        offset = 0
        for x in task.inputs:
            if x.home is not task.output or x.offset != offset:
                self.steps.append(partial(np.copyto, whole[..., offset : offset + x.shape[2]], self.view(x)))
            offset += x.shape[2]
