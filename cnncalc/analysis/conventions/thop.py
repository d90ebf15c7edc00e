"""thop 0.1.1: a hook for each module class; a module without a hook counts as nothing."""

import math

from cnncalc.analysis.conventions import parts as p
from cnncalc.analysis.conventions.engine import Convention, ModuleView, Part, table
from cnncalc.languages import Message


def _sums(x: ModuleView) -> int:
    together = x.values_in if x.options.get("over") == "all" else x.channels
    return (3 * together - 1) * (x.values_in // together)


def _adaptive(x: ModuleView) -> int:
    # in floating point, and cut off, as the tool does it
    window = math.prod(n / s for n, s in zip(_positions(x.inputs[0]), _positions(x.output, x), strict=True))
    return int((window + 1) * x.values_out)


def _positions(shape: tuple[int, ...], read: ModuleView | None = None) -> tuple[int, ...]:
    # a global pooling that puts out a vector is an adaptive pooling to 1x1, flattened
    return shape[:-1] or (1,) * (read.rank if read else 0)


def _upsampled(x: ModuleView) -> int:
    each = {1: 5, 2: 11}.get(x.rank, 0) if x.options["mode"] == "bilinear" else 1
    return each * x.values_out


CONVENTION = Convention(
    "thop",
    "0.1.1",
    "MACs",
    table(
        {
            (*p.CONVS, "dense"): (p.PRODUCTS,),
            ("conv_transpose",): (p.PRODUCTS, p.TRANSPOSED),
            ("batch_norm", "layer_norm", "instance_norm"): (p.norm(4, 2),),
            ("prelu",): (p.per_value(1),),
            ("avg_pool",): (p.per_output(1),),
            p.ADAPTIVE: (Part(Message("reason.values"), _adaptive, Message("tool.window")),),
            ("softmax",): (Part(Message("reason.values"), _sums, Message("tool.softmax")),),
            ("upsample",): (
                Part(
                    Message("reason.values"),
                    _upsampled,
                    Message("tool.upsample_ranks"),
                ),
            ),
            (
                *(*p.FREE, *p.UNCOUNTED, *p.MAX_POOLS, "group_norm", "lrn", "embedding"),
                *("relu", "elu", "gelu", "silu", "leaky_relu", "relu6"),
            ): (),
        }
    ),
    (),
    Message("tool.unknown.nothing"),
)
