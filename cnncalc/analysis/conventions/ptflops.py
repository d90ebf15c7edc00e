"""ptflops 0.7.5, pytorch backend: a hook for each module class, and for each function that modules call."""

from cnncalc.analysis.conventions import parts as p
from cnncalc.analysis.conventions.engine import Convention, table
from cnncalc.languages import Message

AGAIN = Message("tool.again")

CONVENTION = Convention(
    "ptflops",
    "0.7.5",
    "MACs",
    table(
        {
            (*p.CONVS, "conv_transpose"): (p.PRODUCTS, p.BIAS),
            ("dense",): (p.PRODUCTS, p.BIAS_OF_UNITS),
            ("batch_norm", "group_norm", "instance_norm"): (p.norm(2, 1),),
            ("layer_norm",): (p.norm(1, 1),),
            ("relu", "elu", "gelu", "prelu", *p.MAX_POOLS, *p.AVG_POOLS): (
                p.per_value(1),
                p.per_value(1, "twice")._replace(says=AGAIN, absent_says=Message("tool.not_again")),
            ),
            ("silu", "leaky_relu", "relu6", "softmax"): (p.per_value(1),),
            ("upsample",): (
                p.per_output(1),
                p.per_output(1, "twice")._replace(says=AGAIN, absent_says=Message("tool.not_again")),
            ),
            ("lrn",): (p.LRN,),
            (*p.FREE, *p.UNCOUNTED, "embedding"): (),
        }
    ),
    (),
    Message("tool.unknown.nothing"),
)
