"""ptflops 0.7.5, pytorch backend: a hook for each module class, and for each function that modules call."""

from cnncalc.analysis.conventions import parts as p
from cnncalc.analysis.conventions.engine import Convention, table

AGAIN = "counts it again: the module has a hook, and so has the function that it calls"

CONVENTION = Convention(
    "ptflops",
    "0.7.5",
    "MACs",
    table(
        {
            (*p.CONVS, "dense", "conv_transpose"): (p.PRODUCTS, p.BIAS),
            ("batch_norm", "group_norm", "instance_norm"): (p.norm(2, 1),),
            ("layer_norm",): (p.norm(1, 1),),
            ("relu", "elu", "gelu", "prelu", *p.MAX_POOLS, *p.AVG_POOLS): (
                p.per_value(1),
                p.per_value(1, "counted twice")._replace(says=AGAIN, without="does not count it again"),
            ),
            ("silu", "leaky_relu", "relu6", "softmax"): (p.per_value(1),),
            ("upsample",): (
                p.per_output(1),
                p.per_output(1, "counted twice")._replace(says=AGAIN, without="does not count it again"),
            ),
            ("lrn",): (p.LRN,),
            (*p.FREE, *p.UNCOUNTED, "embedding"): (),
        }
    ),
    (),
    "counted as nothing",
)
