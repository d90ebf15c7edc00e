"""fvcore 0.1.5: the operators of a trace; a multiply-accumulate is one "flop"."""

from cnncalc.analysis.conventions import parts as p
from cnncalc.analysis.conventions.engine import Convention, Part, Seen, table


def _upsampled(x: Seen) -> int:
    if x.rank != 2:
        return 0
    return (4 if getattr(x.layer, "mode", "") == "bilinear" else 1) * x.values_out


CONVENTION = Convention(
    "fvcore",
    "0.1.5",
    "flops",
    table(
        {
            (*p.CONVS, "dense", "conv_transpose"): (p.PRODUCTS,),
            ("batch_norm",): (p.norm(2, 1),),
            p.NORMS: (p.norm(5, 4),),
            p.ADAPTIVE: (
                Part(
                    "values",
                    lambda x: x.values_in if x.rank == 2 else 0,
                    "counts 1 for each value that comes in, in two dimensions only",
                ),
            ),
            ("upsample",): (
                Part(
                    "values",
                    _upsampled,
                    "counts 1 for each value that comes out where they are repeated, 4 for bilinear,"
                    " in two dimensions only",
                ),
            ),
            (
                *(*p.FREE, *p.UNCOUNTED, *p.MAX_POOLS, "avg_pool", "lrn", "embedding", "softmax"),
                *("relu", "elu", "gelu", "silu", "leaky_relu", "relu6", "prelu"),
            ): (),
        }
    ),
    (p.PRODUCTS,),
    "taken as written with matrix products, which it counts",
)
