"""PyTorch 2.13's FlopCounterMode: matrix products and convolutions, two operations a multiply-accumulate."""

from cnncalc.analysis.conventions import parts as p
from cnncalc.analysis.conventions.engine import Convention, table
from cnncalc.languages import Message

CONVENTION = Convention(
    "torch",
    "2.13",
    "FLOPs",
    table(
        {
            (*p.CONVS, "dense", "conv_transpose"): (p.PRODUCTS, p.DOUBLED),
            (
                *(*p.FREE, *p.UNCOUNTED, *p.MAX_POOLS, *p.AVG_POOLS, *p.NORMS, "batch_norm", "lrn"),
                *("relu", "elu", "gelu", "silu", "leaky_relu", "relu6", "prelu", "softmax"),
                *("embedding", "upsample"),
            ): (),
        }
    ),
    (p.PRODUCTS, p.DOUBLED),
    Message("tool.unknown.products"),
)
