"""Scaled dot-product attention: values mixed by how well queries and keys agree."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from cnncalc.errors import LayerError
from cnncalc.expr import product
from cnncalc.layers.support.base import Example, Shape, Work, layer
from cnncalc.layers.support.code import LAST, Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.merging import Merge, stretched, unlike
from cnncalc.layers.support.options import flag, number, option
from cnncalc.layers.support.reach import EVERYTHING, Reading
from cnncalc.layers.support.softmaxing import softmax, softmax_work


@layer
class Attention(Merge):
    """softmax(Q K^T*scale + mask) V of inputs Q, K, V and a mask; dimensions before T and d are heads."""

    channels_last = True
    aliases = ("scaled_dot_product_attention", "sdpa")
    family = "Attention and products"
    messages: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "why.output": {
            "en": "Each query gets a mean of the values, weighted by the scores of its keys.",
            "zh": "每个查询得到值的加权平均，权重来自它与各键的得分。",
        },
        "why.output.same": {
            "en": "Each query gets a mean of the values, weighted by the scores of its keys.",
            "zh": "每个查询得到值的加权平均，权重来自它与各键的得分。",
        },
        "why.macs": {
            "en": "A score is the product of a query and a key, and an output a sum of values times scores.",
            "zh": "每个得分是查询与键的内积，每个输出是值乘以得分之和。",
        },
        "why.connections": {
            "en": "Each product is one link: a value that comes in, weighted by another.",
            "zh": "每个乘积是一条连接：一个输入值由另一个值加权。",
        },
    }
    examples = (
        Example(
            "attention",
            ("12x197x64", "12x197x64", "12x197x64"),
            "12x197x64",
            {"params": 0, "macs": 59610624, "connections": 59610624},
            "Dosovitskiy et al. (2020), ViT-B/16: 12 heads, 197*197 scores of 64 products, and as many again",
        ),
        Example(
            {"attention": {"causal": True}},
            ("5x8", "5x8", "5x3"),
            "5x3",
            {"macs": 275},
            "by hand: 5*5*(8 + 3)",
        ),
    )

    scale: float | None = option(number, None, help="the factor of the scores; 1/sqrt(d) unless said")
    causal: bool = option(flag, False, help="whether a query sees no key after its own place")

    def _sizes(self, shapes: tuple[Shape, ...]) -> tuple[Shape, Shape]:
        """The shape of the scores, and the shape of the output."""
        if len(shapes) not in (3, 4):
            message = f"attention reads query, key, value and perhaps a mask, and here {len(shapes)}"
            raise LayerError("bad_value", message, "from: [q, k, v]", "from")
        if min(map(len, shapes[:3])) < 2:
            raise LayerError(
                "no_positions", "attention works on positions, and one of its inputs is a vector"
            )
        q, k, v = shapes[:3]
        leading = stretched(q[:-2], k[:-2], v[:-2])
        if leading is None or q[-1] != k[-1] or k[-2] != v[-2]:
            raise unlike(self.kind, shapes)
        scores = (*leading, q[-2], k[-2])
        if len(shapes) == 4 and stretched(scores, shapes[3]) != scores:
            raise unlike(self.kind, (scores, shapes[3]))
        return scores, (*leading, q[-2], v[-1])

    def output(self, x: Shape, *more: Shape) -> Shape:
        return self._sizes((x, *more))[1]

    def reach(self, x: Shape, *more: Shape) -> Reading:
        return EVERYTHING

    def macs(self, x: Shape, *more: Shape) -> int:
        scores, _ = self._sizes((x, *more))
        return product(scores) * (x[-1] + more[1][-1])

    def gradient_macs(self, wanted: Sequence[bool], *inputs: Shape) -> int:
        scores, _ = self._sizes(inputs)
        q, k, v = wanted[:3]
        # the gradient to the scores is on the way to queries, keys and mask
        into_scores = q or k or any(wanted[3:])
        return product(scores) * (inputs[0][-1] * (q + k) + inputs[2][-1] * (v + into_scores))

    def weight_gradient_macs(self, *inputs: Shape) -> int:
        return 0

    def connections(self, x: Shape, *more: Shape) -> int:
        return self.macs(x, *more)

    def work(self, x: Shape, *more: Shape) -> Work:
        scores, out = self._sizes((x, *more))
        values, macs = product(scores), self.macs(x, *more)
        work = softmax_work(values, scores[-1])
        masked = values * ((len(more) == 3) + self.causal)
        return work | {
            "multiply": macs + values,
            "add": work["add"] + macs - values - product(out) + masked,
        }

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array, *more: Array) -> Array:
        k, v, *mask = more
        rank = len(k.shape)
        turned = tool.permute(k, *range(rank - 2), rank - 1, rank - 2)
        scores = tool.matmul(x, turned) * self.factor(x.shape)
        if self.causal:
            rows, columns = scores.shape[-2:]
            later = [[0.0 if key <= row else -math.inf for key in range(columns)] for row in range(rows)]
            scores = scores + tool.constant(later, x)
        if mask:
            # as many axes as the scores have, so that samples are not taken for heads
            ahead = len(scores.shape) - len(mask[0].shape)
            scores = scores + tool.reshape(mask[0], *(1,) * ahead, *mask[0].shape)
        return tool.matmul(softmax(tool, scores, -1), v)

    def factor(self, x: Shape) -> float:
        """The factor of the scores."""
        return float(x[-1]) ** -0.5 if self.scale is None else self.scale

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any, *more: Any) -> Any:
        k, v, *mask = more
        attend = torch.nn.functional.scaled_dot_product_attention
        mask = [m.reshape(len(m), *(1,) * (x.ndim - m.ndim), *m.shape[1:]) for m in mask]
        if self.causal and mask:
            rows = torch.ones(x.shape[-2], k.shape[-2], dtype=torch.bool).tril()
            mask = [mask[0].masked_fill(~rows, float("-inf"))]
        causal = self.causal and not mask
        return attend(x, k, v, *mask, is_causal=causal, scale=self.factor(x.shape))

    def torch_code(self, x: Source, *more: Source) -> Part | None:
        if any(source.rank != x.rank for source in more[:2]) or (self.causal and len(more) == 3):
            return None
        told = "{0}, {1}, {2}"
        if len(more) == 3:
            # as many axes as the scores have, so that samples are not taken for heads
            told += ", {3}" + (
                f"[:, {', '.join(['None'] * ahead)}]" if (ahead := x.rank - more[2].rank) else ""
            )
        told += ", is_causal=True" * self.causal
        scale = {} if self.scale is None else {"scale": float(self.scale)}
        told += ", scale={scale}" * len(scale)
        attend = pytorch.function(f"F.scaled_dot_product_attention({told})", **scale)
        return Part((attend,), reads=LAST, last=True)

    def keras_code(self, x: Source, *more: Source) -> Part | None:
        if any(source.rank != x.rank for source in more):
            return None
        return keras.own_class(_KERAS, "Attention", scale=(self.scale, None), causal=(self.causal, False))


_KERAS = """
class Attention(layers.Layer):
    \"""Scaled products of queries and keys, whose softmax weighs the values.\"""

    def __init__(self, scale=None, causal=False, **kwargs):
        super().__init__(**kwargs)
        self.scale, self.causal = scale, causal

    def call(self, q, k, v, mask=None):
        scale = q.shape[-1] ** -0.5 if self.scale is None else self.scale
        scores = ops.matmul(q * scale, ops.swapaxes(k, -1, -2))
        if mask is not None:
            scores = scores + mask
        if self.causal:
            late = ops.triu(ops.ones_like(scores[0]), 1) > 0
            scores = ops.where(late, float("-inf"), scores)
        return ops.matmul(ops.softmax(scores), v)
"""
