"""calflops 0.3.2, FLOPs: a hook for each function that modules call; two operations a multiply-accumulate."""

from cnncalc.analysis.conventions import parts as p
from cnncalc.analysis.conventions.engine import Convention, ModuleView, Part, table
from cnncalc.expr import product
from cnncalc.languages import Message


def _forward_bias(x: ModuleView) -> int:
    if not x.bias:
        return 0
    # the tool has no check for a kernel larger than its input: it multiplies the sizes below zero
    sizes = (
        (axis.size + 2 * -(-(axis.before + axis.after) // 2) - axis.extent) // axis.stride + 1
        for axis in x.layer.geometry(*x.inputs)
    )
    filters: int = x.output[-1] // x.layer.filter_groups
    return product(sizes) * filters


def _twice_grouped(x: ModuleView) -> int:
    groups = x.layer.filter_groups
    filters = x.output[-1] // groups
    return 2 * (x.macs // filters * (filters // groups) - x.macs)


def _upsampled(x: ModuleView) -> int:
    return x.values_in if x.options["size"] is None else product(x.output[:-1])


CONVENTION = Convention(
    "calflops",
    "0.3.2",
    "FLOPs",
    table(
        {
            p.CONVS: (p.PRODUCTS, p.DOUBLED, p.BIAS),
            ("dense",): (p.PRODUCTS, p.DOUBLED),
            ("conv_transpose",): (
                p.PRODUCTS,
                p.DOUBLED,
                Part(
                    Message("reason.groups"),
                    _twice_grouped,
                    Message("tool.groups_twice"),
                    Message("tool.groups_once"),
                ),
                Part(
                    Message("reason.bias"),
                    _forward_bias,
                    Message("tool.bias_forward"),
                    Message("tool.left_out"),
                ),
            ),
            ("batch_norm",): (p.norm(2, 1),),
            p.NORMS: (p.norm(5, 4),),
            (
                *("relu", "elu", "gelu", "prelu", "silu", "leaky_relu", "softmax"),
                *(*p.MAX_POOLS, *p.AVG_POOLS),
            ): (p.per_value(1),),
            ("upsample",): (
                Part(
                    Message("reason.values"),
                    _upsampled,
                    Message("tool.upsample_sized"),
                ),
            ),
            ("lrn",): (p.LRN,),
            (*p.FREE, *p.UNCOUNTED, "relu6", "embedding"): (),
        }
    ),
    (p.PRODUCTS, p.DOUBLED),
    Message("tool.unknown.products"),
)
