"""fvcore 0.1.5: the operators of a trace; a multiply-accumulate is one "flop"."""

from cnncalc.analysis.conventions import parts as p
from cnncalc.analysis.conventions.engine import Convention, ModuleView, Part, table
from cnncalc.languages import Message


def _upsampled(x: ModuleView) -> int:
    if x.rank != 2:
        return 0
    return (4 if x.options["mode"] == "bilinear" else 1) * x.values_out


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
                    Message("reason.values"),
                    lambda x: x.values_in if x.rank == 2 else 0,
                    Message("tool.each_in_2d", times=1),
                ),
            ),
            ("upsample",): (
                Part(
                    Message("reason.values"),
                    _upsampled,
                    Message("tool.upsample_2d"),
                ),
            ),
            (
                *(*p.FREE, *p.UNCOUNTED, *p.MAX_POOLS, "avg_pool", "lrn", "embedding", "softmax"),
                *("relu", "elu", "gelu", "silu", "leaky_relu", "relu6", "prelu"),
            ): (),
        }
    ),
    (p.PRODUCTS,),
    Message("tool.unknown.products"),
)
