"""Grid sample: a map read at computed positions."""

from collections.abc import Mapping
from typing import Any, ClassVar

from cnncalc.errors import LayerError
from cnncalc.expr import product
from cnncalc.layers.support.base import Example, Shape, Work, layer
from cnncalc.layers.support.code import FIRST, Part, Source, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows, sampling
from cnncalc.layers.support.merging import Merge
from cnncalc.layers.support.options import choice, flag, option


@layer
class GridSample(Merge):
    """The first input at the places of the second: x, y ... from -1 to 1. Source: Jaderberg et al. (2015)."""

    family = "Values laid out anew"
    reason_family = ""
    channels_last = True
    messages: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "why.output": {
            "en": "Each place of the grid is read in each map.",
            "zh": "在每个特征映射上读取网格的每个位置。",
        }
    }
    has_positions = False
    examples = (
        Example(
            "grid_sample",
            ("16x16x8", "12x12x2"),
            "12x12x8",
            {"params": 0, "connections": 0, "macs": 0},
            "Jaderberg et al. (2015), spatial transformer: 12*12 places, each with x and y",
        ),
    )

    mode: str = option(choice("bilinear", "nearest"), "bilinear", help="how values between pixels are found")
    padding: str = option(choice("zeros", "border"), "zeros", help="the values beyond the borders")
    align_corners: bool = option(flag, False, help="whether -1 and 1 are the centres of the outermost pixels")

    def output(self, x: Shape, *more: Shape) -> Shape:
        rank = len(x) - 1
        if len(more) != 1 or len(more[0]) < 2 or more[0][-1] != rank:
            told = " and ".join("x".join(map(str, map(int, shape))) for shape in (x, *more))
            help = f"a map, and a grid that ends in {rank}: one number for each of its dimensions"
            raise LayerError("unlike_shapes", f"grid_sample can't read {told}", help)
        return (*more[0][:-1], x[-1])

    def work(self, x: Shape, *more: Shape) -> Work:
        rank, (grid,) = len(x) - 1, more
        places = product(grid[:-1])
        work = sampling(places, x[-1], rank)
        coordinates = product(grid)
        own = {"multiply": coordinates, "add": coordinates}
        own |= {"compare": 2 * coordinates} if self.padding == "border" else {}
        own |= {"round": coordinates} if self.mode == "nearest" else {}
        return {name: work.get(name, 0) + own.get(name, 0) for name in work | own}

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array, *more: Array) -> Array:
        (grid,) = more
        rank = len(x.shape) - 1
        found = []
        for axis, size in enumerate(x.shape[:-1]):
            # the grid has the last dimension, x, first
            at = tool.part(grid, -1, rank - 1 - axis, rank - axis)
            at = at * ((size - 1 if self.align_corners else size) / 2) + (size - 1) / 2
            if self.padding == "border":
                at = tool.at_most(tool.at_least(at, 0), size - 1)
            found.append(tool.function("round", at) if self.mode == "nearest" else at)
        return tool.sample(x, tool.concat(found, -1))

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any, *more: Any) -> Any:
        (grid,) = more
        if x.ndim not in (4, 5) or grid.ndim != x.ndim:
            return None  # PyTorch reads maps of two or three dimensions, at grids of as many
        sample = torch.nn.functional.grid_sample
        y = sample(x.movedim(-1, 1), grid, self.mode, self.padding, self.align_corners)
        return y.movedim(1, -1)

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any, *more: Any) -> Any:
        (grid,) = more
        if x.ndim not in (4, 5) or grid.ndim != x.ndim:
            return None
        options = {"padding_mode": self.padding, "align_corners": int(self.align_corners)}
        mode = "linear" if self.mode == "bilinear" else self.mode
        rank = x.ndim
        turned = onnx.Transpose(x, perm=[0, rank - 1, *range(1, rank - 1)])
        y = onnx.GridSample(turned, grid, mode=mode, **options)
        return onnx.Transpose(y, perm=[0, *range(2, rank), 1])

    def torch_code(self, x: Source, *more: Source) -> Part | None:
        if x.rank not in (2, 3) or more[0].rank != x.rank:
            return None
        options = {"mode": self.mode, "padding_mode": self.padding, "align_corners": self.align_corners}
        told = {name: each for name, each in options.items() if each not in ("bilinear", "zeros")}
        named = "".join(f", {name}={{{name}}}" for name in told)
        sample = pytorch.function(f"F.grid_sample({{0}}, {{1}}.movedim(1, -1){named})", **told)
        return Part((sample,), reads=FIRST)
