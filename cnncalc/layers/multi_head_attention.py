"""Multi-head attention: queries, keys and values by matrices of their own, attended to head by head."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from cnncalc.errors import LayerError
from cnncalc.expr import exact_div, product
from cnncalc.layers.attention import Attention
from cnncalc.layers.support.base import Example, Shape, Weight, Work, divides, layer
from cnncalc.layers.support.code import LAST, Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.merging import Merge
from cnncalc.layers.support.options import count, flag, option
from cnncalc.layers.support.reach import EVERYTHING, Reading

_ATTENTION: Callable[..., Attention] = Attention


@layer
class MultiHeadAttention(Merge):
    """Self-attention of an input (T, C); of two or three, the first asks, the others are keys and values."""

    inputs = "any"
    channels_last = True
    aliases = ("mha",)
    family = "Attention and products"
    reason_family = "dense"
    short_option = "heads"
    counts_in_depth = True
    messages: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "legend.h": {"en": "heads", "zh": "头数"},
        "why.output": {
            "en": "Each query position puts out one vector, made of what all heads found.",
            "zh": "每个查询位置输出一个向量，由各个头的结果组成。",
        },
        "why.output.same": {
            "en": "Each query position puts out one vector, made of what all heads found.",
            "zh": "每个查询位置输出一个向量，由各个头的结果组成。",
        },
        "why.params": {
            "en": "Matrices make queries, keys and values of the inputs, and one more joins the heads.",
            "zh": "三个矩阵由输入得到查询、键和值，另一个矩阵合并各头。",
        },
        "why.params.bias": {"en": "Each row of a matrix has one bias.", "zh": "矩阵的每一行有一个偏置。"},
        "why.macs": {
            "en": "The matrices at each position, then a score of each query with each key, and the sums.",
            "zh": "先在每个位置做矩阵乘法，再计算每个查询与每个键的得分及加权和。",
        },
        "why.connections": {
            "en": "Each product is one link: with a weight, or with another value in place of one.",
            "zh": "每个乘积是一条连接：乘以权重，或乘以代替权重的另一个值。",
        },
    }  # fmt: skip
    examples = (
        Example(
            {"multi_head_attention": 12},
            "197x768",
            "197x768",
            {"params": 2362368, "macs": 524391936},
            "Dosovitskiy et al. (2020), ViT-B/16: 4*(768*768 + 768); 4*197*768*768 + 2*197*197*768 products",
        ),
        Example(
            {"mha": {"heads": 2, "key_size": 4, "bias": False}},
            ("5x6", "3x10"),
            "5x6",
            {"params": 256, "macs": 1200},
            "by hand: 6*8 + 2*10*8 + 8*6 weights; 5*48 + 3*160 + 5*48 + 2*2*5*3*4 products",
        ),
    )

    heads: int = option(count, symbol="h", help="how many heads there are")
    key_size: int | None = option(count, None, help="values of a head's query and key; C/heads unless said")
    value_size: int | None = option(
        count, None, help="values of a head's value; those of the key unless said"
    )
    size: int | None = option(count, None, help="values that come out; those of the query unless said")
    bias: bool = option(flag, True, help="whether the matrices have biases")
    causal: bool = option(flag, False, help="whether a query sees no key after its own place")

    def _three(self, shapes: tuple[Shape, ...]) -> tuple[Shape, Shape, Shape]:
        """The shapes of query, key and value."""
        if len(shapes) > 3:
            message = f"{self.kind} reads query, key and value, and here {len(shapes)} inputs"
            raise LayerError("bad_value", message, "from: [q, k, v]", "from")
        q, k, v = (*shapes, *shapes[-1:] * (3 - len(shapes)))
        if any(len(shape) < 2 for shape in (q, k, v)) or k[:-1] != v[:-1] or q[:-2] != k[:-2]:
            told = ", ".join("x".join(map(str, map(int, shape))) for shape in (q, k, v))
            help = "sequences (T, C); keys and values are as many"
            raise LayerError("unlike_shapes", f"{self.kind} can't attend with {told}", help)
        return q, k, v

    def _rows(self, q: Shape) -> tuple[int, int]:
        """The values of all heads' queries or keys, and of their values."""
        if self.key_size is None:
            divides(self.heads, q[-1], "channels", "heads")
            keys = q[-1]
        else:
            keys = self.heads * self.key_size
        return keys, keys if self.value_size is None else self.heads * self.value_size

    def _out(self, q: Shape) -> int:
        return q[-1] if self.size is None else self.size

    def _joint(self, q: Shape, k: Shape, v: Shape) -> bool:
        """Whether one array holds the three matrices, as PyTorch's does where all are alike."""
        return q[-1] == k[-1] == v[-1] and self._rows(q) == (q[-1], q[-1])

    def output(self, x: Shape, *more: Shape) -> Shape:
        q, _, _ = self._three((x, *more))
        self._rows(q)
        return (*q[:-1], self._out(q))

    def weights(self, x: Shape, *more: Shape) -> dict[str, Weight]:
        q, k, v = self._three((x, *more))
        keys, values = self._rows(q)
        found = {
            "q_proj_weight": Weight((keys, q[-1])),
            "k_proj_weight": Weight((keys, k[-1])),
            "v_proj_weight": Weight((values, v[-1])),
        }
        if self._joint(q, k, v):
            found = {"in_proj_weight": Weight((3 * keys, q[-1]))}
        found["out_proj.weight"] = Weight((self._out(q), values))
        if self.bias:
            found["in_proj_bias"] = Weight((2 * keys + values,))
            found["out_proj.bias"] = Weight((self._out(q),))
        return found

    def reach(self, x: Shape, *more: Shape) -> Reading:
        return EVERYTHING

    def _split(self, q: Shape, k: Shape, v: Shape) -> tuple[Shape, Shape, Shape]:
        """The shapes that the heads attend with."""
        keys, values = (exact_div(rows, self.heads) for rows in self._rows(q))
        return (
            (*q[:-2], self.heads, q[-2], keys),
            (*k[:-2], self.heads, k[-2], keys),
            (*v[:-2], self.heads, v[-2], values),
        )

    def _each_matrix(self, q: Shape, k: Shape, v: Shape) -> tuple[tuple[int, int, int], ...]:
        """Positions, units, and the values that a unit reads: for queries, keys, values and the output."""
        keys, values = self._rows(q)
        return (
            (product(q[:-1]), keys, q[-1]),
            (product(k[:-1]), keys, k[-1]),
            (product(v[:-1]), values, v[-1]),
            (product(q[:-1]), self._out(q), values),
        )

    def _matrices(self, q: Shape, k: Shape, v: Shape) -> tuple[int, int]:
        """The products of all matrices, and the sums that they are added up to."""
        units = self._each_matrix(q, k, v)
        return sum(a * b * c for a, b, c in units), sum(a * b for a, b, _ in units)

    def gradient_macs(self, wanted: Sequence[bool], *inputs: Shape) -> int:
        three = self._three(inputs)
        each = [*wanted, *[wanted[-1]] * (3 - len(wanted)), True]
        matrices = zip(each, self._each_matrix(*three), strict=True)
        within = _ATTENTION().gradient_macs((True,) * 3, *self._split(*three))
        return within + sum(a * b * c for needed, (a, b, c) in matrices if needed)

    def weight_gradient_macs(self, *inputs: Shape) -> int:
        return self._matrices(*self._three(inputs))[0]

    def macs(self, x: Shape, *more: Shape) -> int:
        three = self._three((x, *more))
        return self._matrices(*three)[0] + _ATTENTION().macs(*self._split(*three))

    def connections(self, x: Shape, *more: Shape) -> int:
        _, units = self._matrices(*self._three((x, *more)))
        return self.macs(x, *more) + (units if self.bias else 0)

    def work(self, x: Shape, *more: Shape) -> Work:
        three = self._three((x, *more))
        products, units = self._matrices(*three)
        attend = _ATTENTION(causal=self.causal).work(*self._split(*three))
        added = products if self.bias else products - units
        return attend | {"multiply": attend["multiply"] + products, "add": attend["add"] + added}

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array, *more: Array) -> Array:
        q, k, v = (*(x, *more), *(x, *more)[-1:] * (2 - len(more)))
        keys, values = self._rows(q.shape)
        ends = [0, keys, 2 * keys, 2 * keys + values]
        found = []
        for number, (name, each) in enumerate((("q", q), ("k", k), ("v", v))):
            start, stop = ends[number : number + 2]
            joint = "in_proj_weight" in weights
            matrix = (
                tool.part(weights["in_proj_weight"], 0, start, stop)
                if joint
                else weights[f"{name}_proj_weight"]
            )
            y = tool.product(each, matrix)
            y = tool.biased(y, tool.part(weights["in_proj_bias"], 0, start, stop)) if self.bias else y
            y = tool.reshape(y, *each.shape[:-1], self.heads, -1)
            rank = len(y.shape)
            found.append(tool.permute(y, *range(rank - 3), rank - 2, rank - 3, rank - 1))
        y = _ATTENTION(causal=self.causal).forward(tool, {}, *found)
        rank = len(y.shape)
        y = tool.permute(y, *range(rank - 3), rank - 2, rank - 3, rank - 1)
        y = tool.product(tool.reshape(y, *q.shape[:-1], values), weights["out_proj.weight"])
        return tool.biased(y, weights["out_proj.bias"]) if self.bias else y

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any, *more: Any) -> Any:
        q, k, v = (*(x, *more), *(x, *more)[-1:] * (2 - len(more)))
        linear = torch.nn.functional.linear
        keys, values = self._rows(tuple(q.shape[1:]))
        sizes = [keys, keys, values]
        matrices = (
            weights["in_proj_weight"].split(sizes)
            if "in_proj_weight" in weights
            else [weights[f"{name}_proj_weight"] for name in "qkv"]
        )
        biases = weights["in_proj_bias"].split(sizes) if self.bias else (None,) * 3
        heads = [
            linear(each, matrix, bias).unflatten(-1, (self.heads, -1)).transpose(-2, -3)
            for each, matrix, bias in zip((q, k, v), matrices, biases, strict=True)
        ]
        y = torch.nn.functional.scaled_dot_product_attention(*heads, is_causal=self.causal)
        y = y.transpose(-2, -3).flatten(-2)
        return linear(y, weights["out_proj.weight"], weights.get("out_proj.bias"))

    def torch_code(self, x: Source, *more: Source) -> Part | None:
        q, k, v = self._three((x.shape, *(source.shape for source in more)))
        keys, values = self._rows(q)
        if x.rank != 1 or (keys, values, self._out(q)) != (q[-1],) * 3 or self.causal:
            made = pytorch.own_module(
                "MultiHeadAttention",
                ("channels", (int(q[-1]), int(k[-1]), int(v[-1]))),
                ("heads", int(self.heads)),
                ("keys", int(keys)),
                ("values", int(values)),
                ("out", int(self._out(q))),
                bias=(self.bias, True),
                causal=(self.causal, False),
            )
            return Part((made,), reads=LAST, last=True, support=(_TORCH,))
        own = int(q[-1])
        sizes = {"kdim": (int(k[-1]), own), "vdim": (int(v[-1]), own)}
        made = pytorch.module(
            "MultiheadAttention",
            ("embed_dim", own),
            ("num_heads", int(self.heads)),
            bias=(self.bias, True),
            **sizes,
            batch_first=(True, False),
        )
        read = ("{0}, {0}, {0}", "{0}, {1}, {1}", "{0}, {1}, {2}")[len(more)]
        made = made._replace(apply=f"{{made}}({read}, need_weights=False)[0]")
        return Part((made,), reads=LAST, last=True)

    def keras_code(self, x: Source, *more: Source) -> Part | None:
        q, _, _ = self._three((x.shape, *(source.shape for source in more)))
        keys, values = (int(exact_div(rows, self.heads)) for rows in self._rows(q))
        if x.rank != 1:
            return None
        out = int(self._out(q))
        made = keras.keras_layer(
            "MultiHeadAttention",
            num_heads=(int(self.heads), None),
            key_dim=(keys, None),
            value_dim=(values, keys),
            use_bias=(self.bias, True),
            output_shape=(out, int(q[-1])),
        )
        read = ("{0}, {0}", "{0}, {1}", "{0}, {2}, {1}")[len(more)]
        causal = ", use_causal_mask=True" if self.causal else ""
        return Part((made._replace(apply=f"{{made}}({read}{causal})"),), last=True)


_TORCH = """
class MultiHeadAttention(nn.Module):
    def __init__(self, channels, heads, keys, values, out, bias=True, causal=False):
        super().__init__()
        self.heads, self.sizes, self.causal = heads, (keys, keys, values), causal
        self.joint = {*channels, keys, values} == {keys}
        if self.joint:
            weight = torch.empty(3 * keys, keys)
            self.in_proj_weight = nn.Parameter(nn.init.xavier_uniform_(weight))
        else:
            for name, rows, columns in zip("qkv", self.sizes, channels, strict=True):
                weight = nn.init.xavier_uniform_(torch.empty(rows, columns))
                self.register_parameter(f"{name}_proj_weight", nn.Parameter(weight))
        size = 2 * keys + values
        self.in_proj_bias = nn.Parameter(torch.zeros(size)) if bias else None
        self.out_proj = nn.Linear(values, out, bias=bias)

    def forward(self, q, k=None, v=None):
        k = q if k is None else k
        v = k if v is None else v
        if self.joint:
            weights = self.in_proj_weight.split(self.sizes)
        else:
            weights = self.q_proj_weight, self.k_proj_weight, self.v_proj_weight
        biases = (None,) * 3
        if self.in_proj_bias is not None:
            biases = self.in_proj_bias.split(self.sizes)
        split = [
            F.linear(x, weight, bias).unflatten(-1, (self.heads, -1)).transpose(-2, -3)
            for x, weight, bias in zip((q, k, v), weights, biases, strict=True)
        ]
        x = F.scaled_dot_product_attention(*split, is_causal=self.causal)
        return self.out_proj(x.transpose(-2, -3).flatten(-2))
"""
