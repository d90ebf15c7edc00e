"""torchinfo 1.8.0, "Total mult-adds": a module's parameters, times the output positions for a "Conv"."""

from cnncalc.analysis.conventions import parts as p
from cnncalc.analysis.conventions.engine import Convention, table
from cnncalc.languages import Message

CONVENTION = Convention(
    "torchinfo",
    "1.8.0",
    "mult-adds",
    table(
        {
            p.CONVS: (p.PRODUCTS, p.BIAS),
            ("dense",): (p.PRODUCTS, p.BIAS_OF_UNITS),
            ("conv_transpose",): (p.PRODUCTS, p.TRANSPOSED, p.BIAS),
            ("batch_norm", *p.NORMS): (p.weights("normalising"),),
            ("prelu",): (p.weights("values"),),
            ("embedding",): (p.weights("parameters"),),
            (
                *(*p.FREE, *p.UNCOUNTED, *p.MAX_POOLS, *p.AVG_POOLS, "upsample", "lrn"),
                *("relu", "elu", "gelu", "silu", "leaky_relu", "relu6", "softmax"),
            ): (),
        }
    ),
    (p.weights("parameters"),),
    Message("tool.unknown.params"),
)
