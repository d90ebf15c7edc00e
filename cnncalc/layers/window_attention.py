"""Window attention: self-attention within square windows of a map, shifted or not."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from cnncalc.errors import LayerError
from cnncalc.expr import exact_div, product
from cnncalc.layers.attention import Attention
from cnncalc.layers.support.base import Example, Layer, Shape, Weight, Work, divides, layer, spatial
from cnncalc.layers.support.code import LAST, Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import count, flag, natural, option

_ATTENTION: Callable[..., Attention] = Attention
HIDDEN = -100.0
"""The summand of the score of two positions that were no neighbours before the shift."""


@layer
class WindowAttention(Layer):
    """Heads attend within windows, with a learned bias for each offset. Source: Liu et al. (2021)."""

    family = "Attention and products"
    reason_family = "dense"
    short_option = "heads"
    counts_in_depth = True
    messages: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "legend.h": {"en": "heads", "zh": "头数"},
        "why.output": {
            "en": "Each position puts out one vector, made of what all heads found in its window.",
            "zh": "每个位置输出一个向量，由各个头在其窗口内的结果组成。",
        },
        "why.output.same": {
            "en": "Each position puts out one vector, made of what all heads found in its window.",
            "zh": "每个位置输出一个向量，由各个头在其窗口内的结果组成。",
        },
        "why.params": {
            "en": "A matrix makes queries, keys and values, one joins the heads; offsets have biases.",
            "zh": "一个矩阵得到查询、键和值，一个矩阵合并各头，每个头对每个偏移各有一个偏置。",
        },
        "why.params.bias": {"en": "Each row of a matrix has one bias.", "zh": "矩阵的每一行有一个偏置。"},
        "why.macs": {
            "en": "The matrices at each position, then a score of every two in a window, and the sums.",
            "zh": "先在每个位置做矩阵乘法，再计算窗口内每两个位置的得分及加权和。",
        },
        "why.connections": {
            "en": "Each product is one link: with a weight, or with another value in place of one.",
            "zh": "每个乘积是一条连接：乘以权重，或乘以代替权重的另一个值。",
        },
    }  # fmt: skip
    has_positions = False
    examples = (
        Example(
            {"window_attention": {"heads": 3, "window": 7, "shift": 3}},
            "56x56x96",
            "56x56x96",
            {"params": 37755, "macs": 145108992},
            "Liu et al. (2021), Swin-T: 4*96*96 + 4*96 + 13*13*3 parameters, 56*56*(4*96*96 + 2*49*96)",
        ),
        Example(
            {"window_attention": {"heads": 2, "window": 2, "bias": False}},
            "4x4x6",
            "4x4x6",
            {"params": 162, "macs": 3072},
            "by hand: 4*6*6 + 3*3*2 parameters, 16*4*36 + 4 windows of 2*16*6 products",
        ),
    )

    heads: int = option(count, symbol="h", help="how many heads there are")
    window: int = option(count, 7, symbol="F", help="how many positions a side of a window has")
    shift: int = option(
        natural, 0, help="how far the map is rolled before it is cut into windows, and back after"
    )
    bias: bool = option(flag, True, help="whether the matrices have biases")

    def output(self, x: Shape) -> Shape:
        positions, channels = spatial(self.kind, x)
        if len(positions) != 2:
            message = (
                f"{self.kind} works on rows and columns, and the input has {len(positions)} spatial sizes"
            )
            raise LayerError("unlike_shapes", message)
        divides(self.heads, channels, "channels", "heads")
        for size in positions:
            divides(self.window, size, "positions", "window")
        return x

    def _windows(self, x: Shape) -> tuple[int, int]:
        """Number of windows, and number of positions in each."""
        self.output(x)
        each = self.window * self.window
        return exact_div(product(x[:-1]), each), each

    def _split(self, x: Shape) -> Shape:
        """The shape of queries, keys and values."""
        windows, each = self._windows(x)
        return (windows, self.heads, each, exact_div(x[-1], self.heads))

    def weights(self, x: Shape) -> dict[str, Weight]:
        channels, offsets = x[-1], 2 * self.window - 1
        found = {"qkv.weight": Weight((3 * channels, channels)), "proj.weight": Weight((channels, channels))}
        if self.bias:
            found |= {"qkv.bias": Weight((3 * channels,)), "proj.bias": Weight((channels,))}
        return found | {"relative_position_bias_table": Weight((offsets * offsets, self.heads))}

    def macs(self, x: Shape) -> int:
        return product(x) * 4 * x[-1] + _ATTENTION().macs(*(self._split(x),) * 3)

    def gradient_macs(self, wanted: Sequence[bool], *inputs: Shape) -> int:
        (x,) = inputs
        within = _ATTENTION().gradient_macs((True,) * 3, *(self._split(x),) * 3)
        # the matrix behind the heads, and the three before them, which read the input
        return within + product(x) * x[-1] * (4 if any(wanted) else 1)

    def weight_gradient_macs(self, *inputs: Shape) -> int:
        (x,) = inputs
        return product(x) * 4 * x[-1]

    def connections(self, x: Shape) -> int:
        return self.macs(x) + (4 * product(x) if self.bias else 0)

    def work(self, x: Shape) -> Work:
        windows, each = self._windows(x)
        scores = (windows, self.heads, each, each)
        attend = _ATTENTION().work(*(self._split(x),) * 3, scores)
        products = product(x) * 4 * x[-1]
        added = products if self.bias else products - 4 * product(x)
        mask = product(scores) if any(self._shifts(x)) else 0
        return attend | {"multiply": attend["multiply"] + products, "add": attend["add"] + added + mask}

    def _shifts(self, x: Shape) -> tuple[int, ...]:
        """How far each axis is rolled: not at all where one window covers it."""
        return tuple(0 if size <= self.window else self.shift for size in x[:-1])

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        height, width, channels = x.shape
        m, heads, shifts = self.window, self.heads, self._shifts(x.shape)
        rows, columns = height // m, width // m
        y = self._rolled(tool, x, shifts)
        y = tool.permute(tool.reshape(y, rows, m, columns, m, channels), 0, 2, 1, 3, 4)
        y = tool.product(tool.reshape(y, rows * columns, m * m, channels), weights["qkv.weight"])
        y = tool.biased(y, weights["qkv.bias"]) if self.bias else y
        y = tool.permute(tool.reshape(y, rows * columns, m * m, 3, heads, -1), 2, 0, 3, 1, 4)
        q, k, v = (tool.reshape(tool.part(y, 0, at, at + 1), *y.shape[1:]) for at in range(3))
        bias = tool.take(weights["relative_position_bias_table"], 0, _offsets(m))
        bias = tool.permute(tool.reshape(bias, m * m, m * m, heads), 2, 0, 1)
        if any(shifts):
            bias = bias + tool.constant(_mask((height, width), m, shifts), x)
        y = tool.permute(_ATTENTION().forward(tool, {}, q, k, v, bias), 0, 2, 1, 3)
        y = tool.product(tool.reshape(y, rows * columns, m * m, channels), weights["proj.weight"])
        y = tool.biased(y, weights["proj.bias"]) if self.bias else y
        y = tool.permute(tool.reshape(y, rows, columns, m, m, channels), 0, 2, 1, 3, 4)
        return self._rolled(tool, tool.reshape(y, *x.shape), [-shift for shift in shifts])

    def _rolled(self, tool: Toolkit[Array, Windows], x: Array, shifts: Sequence[int]) -> Array:
        """The map with the values `shift` further on moved to the front."""
        for axis, shift in enumerate(shifts):
            size = x.shape[axis]
            x = tool.take(x, axis, [(place + shift) % size for place in range(size)]) if shift else x
        return x

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        m, shifts = self.window, self._shifts((*x.shape[2:], x.shape[1]))
        y = torch.roll(x, [-shift for shift in shifts], (2, 3)).movedim(1, -1)
        y = y.unfold(1, m, m).unfold(2, m, m).movedim(3, -1)
        sizes = y.shape
        linear = torch.nn.functional.linear
        y = linear(y.flatten(3, 4).flatten(1, 2), weights["qkv.weight"], weights.get("qkv.bias"))
        q, k, v = y.unflatten(-1, (3, self.heads, -1)).permute(3, 0, 1, 4, 2, 5)
        table = weights["relative_position_bias_table"][torch.tensor(_offsets(m))]
        bias = table.reshape(m * m, m * m, self.heads).permute(2, 0, 1)
        if any(shifts):
            bias = bias + torch.tensor(_mask(tuple(x.shape[2:]), m, shifts), dtype=x.dtype)
        y = torch.nn.functional.scaled_dot_product_attention(q, k, v, bias)
        y = linear(y.transpose(2, 3).flatten(3), weights["proj.weight"], weights.get("proj.bias"))
        y = y.reshape(sizes).transpose(2, 3).flatten(1, 2).flatten(2, 3).movedim(-1, 1)
        return torch.roll(y, list(shifts), (2, 3))

    def torch_code(self, x: Source) -> Part | None:
        made = pytorch.own_module(
            "WindowAttention",
            ("channels", int(x.shape[-1])),
            ("heads", int(self.heads)),
            window=(int(self.window), 7),
            shift=(int(self.shift), 0),
            bias=(self.bias, True),
        )
        return Part((made,), reads=LAST, last=True, support=(_TORCH,))

    def keras_code(self, x: Source) -> Part | None:
        return keras.own_class(
            _KERAS,
            "WindowAttention",
            ("heads", int(self.heads)),
            window=(int(self.window), 7),
            shift=(int(self.shift), 0),
            bias=(self.bias, True),
        )


def _offsets(window: int) -> list[int]:
    """For every two positions of a window, the number of the offset between them, from -M+1, -M+1."""
    places = [(row, column) for row in range(window) for column in range(window)]
    side = 2 * window - 1
    return [(a - c + window - 1) * side + b - d + window - 1 for a, b in places for c, d in places]


def _mask(sizes: Sequence[int], window: int, shifts: Sequence[int]) -> list[list[list[list[float]]]]:
    """For each window, the mask that hides positions from one another that the shift has brought together.

    Shape (windows, 1, M*M, M*M), to be added to the scores of all heads.
    """
    regions = [
        [(place >= size - window) + (place >= size - shift) if shift else 0 for place in range(size)]
        for size, shift in zip(sizes, shifts, strict=True)
    ]
    found = []
    for top in range(0, sizes[0], window):
        for left in range(0, sizes[1], window):
            own = [
                (regions[0][row], regions[1][column])
                for row in range(top, top + window)
                for column in range(left, left + window)
            ]
            found.append([[[0.0 if one == other else HIDDEN for other in own] for one in own]])
    return found


_TORCH = """
class WindowAttention(nn.Module):
    def __init__(self, channels, heads, window=7, shift=0, bias=True):
        super().__init__()
        self.heads, self.window, self.shift = heads, window, shift
        self.qkv = nn.Linear(channels, 3 * channels, bias=bias)
        self.proj = nn.Linear(channels, channels, bias=bias)
        offsets = 2 * window - 1
        table = torch.zeros(offsets * offsets, heads)
        self.relative_position_bias_table = nn.Parameter(table)
        away = torch.arange(window)[:, None] - torch.arange(window) + window - 1
        index = away[:, None, :, None] * offsets + away[None, :, None, :]
        self.register_buffer("index", index.flatten(), persistent=False)

    def split(self, x):
        \"""(N, H, W, C) in windows: (N, windows, positions, C).\"""
        n, h, w, c = x.shape
        m = self.window
        x = x.reshape(n, h // m, m, w // m, m, c)
        return x.transpose(2, 3).reshape(n, -1, m * m, c)

    def regions(self, size, shift):
        \"""The numbers of the regions that a shift has brought together.\"""
        place = torch.arange(size, device=self.index.device)
        if not shift:
            return torch.zeros_like(place)
        return (place >= size - self.window).long() + (place >= size - shift).long()

    def forward(self, x):
        n, h, w, c = x.shape
        m = self.window
        # windows as large as the map are not shifted
        down = self.shift if h > m else 0
        right = self.shift if w > m else 0
        bias = self.relative_position_bias_table[self.index]
        bias = bias.reshape(m * m, m * m, self.heads).permute(2, 0, 1)
        if down or right:
            x = torch.roll(x, (-down, -right), (1, 2))
            region = 3 * self.regions(h, down)[:, None] + self.regions(w, right)
            region = self.split(region[None, :, :, None])[0, :, :, 0]
            hidden = region[:, None, :, None] != region[:, None, None, :]
            bias = bias.masked_fill(hidden, -100.0)
        qkv = self.qkv(self.split(x)).unflatten(-1, (3, self.heads, -1))
        q, k, v = qkv.permute(3, 0, 1, 4, 2, 5)
        x = F.scaled_dot_product_attention(q, k, v, bias)
        x = self.proj(x.transpose(2, 3).flatten(3))
        x = x.reshape(n, h // m, w // m, m, m, c)
        x = x.transpose(2, 3).reshape(n, h, w, c)
        return torch.roll(x, (down, right), (1, 2)) if down or right else x
"""
_KERAS = """
class WindowAttention(layers.Layer):
    def __init__(self, heads, window=7, shift=0, bias=True, **kwargs):
        super().__init__(**kwargs)
        self.heads, self.window, self.shift, self.bias = heads, window, shift, bias

    def build(self, shape):
        _, h, w, c = shape
        m = self.window
        offsets = (2 * m - 1) ** 2
        self.relative_position_bias_table = self.add_weight(
            (offsets, self.heads),
            initializer="zeros",
            name="relative_position_bias_table",
        )
        self.qkv = layers.Dense(3 * c, use_bias=self.bias, name="qkv")
        self.proj = layers.Dense(c, use_bias=self.bias, name="proj")
        self.qkv.build((None, c))
        self.proj.build((None, c))
        # windows as large as the map are not shifted
        self.shifts = self.shift if h > m else 0, self.shift if w > m else 0

    def split(self, x):
        \"""(N, H, W, C) in windows: (N, windows, positions, C).\"""
        _, h, w, c = x.shape
        m = self.window
        x = ops.reshape(x, (-1, h // m, m, w // m, m, c))
        x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
        return ops.reshape(x, (-1, h // m * (w // m), m * m, c))

    def offset_bias(self):
        \"""The bias of each head for every two positions of a window.\"""
        m = self.window
        place = ops.arange(m)
        away = place[:, None] - place + m - 1
        index = away[:, None, :, None] * (2 * m - 1) + away[None, :, None, :]
        bias = ops.take(self.relative_position_bias_table, index, axis=0)
        return ops.transpose(ops.reshape(bias, (m * m, m * m, self.heads)), (2, 0, 1))

    def regions(self, size, shift):
        \"""The numbers of the regions that a shift has brought together.\"""
        place = ops.arange(size)
        late = ops.cast(place >= size - self.window, "int32")
        return late + ops.cast(place >= size - shift, "int32") if shift else 0 * place

    def call(self, x):
        _, h, w, c = x.shape
        m, size = self.window, c // self.heads
        down, right = self.shifts
        bias = self.offset_bias()
        if down or right:
            x = ops.roll(x, (-down, -right), (1, 2))
            region = 3 * self.regions(h, down)[:, None] + self.regions(w, right)
            region = self.split(region[None, :, :, None])[0, :, :, 0]
            hidden = region[:, None, :, None] != region[:, None, None, :]
            bias = ops.where(hidden, bias - 100.0, bias)
        qkv = self.qkv(self.split(x))
        windows = qkv.shape[1]
        qkv = ops.reshape(qkv, (-1, windows, m * m, 3, self.heads, size))
        q, k, v = ops.unstack(ops.transpose(qkv, (3, 0, 1, 4, 2, 5)), 3)
        scores = ops.matmul(q * size**-0.5, ops.swapaxes(k, -1, -2)) + bias
        x = ops.swapaxes(ops.matmul(ops.softmax(scores), v), 2, 3)
        x = self.proj(ops.reshape(x, (-1, windows, m * m, c)))
        x = ops.reshape(x, (-1, h // m, w // m, m, m, c))
        x = ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, h, w, c))
        return ops.roll(x, (down, right), (1, 2)) if down or right else x
"""
