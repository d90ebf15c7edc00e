"""Global max pooling: the largest value of each whole map."""

from cnncalc.layers.support.base import Example, layer
from cnncalc.layers.support.pooling import GlobalPool


@layer
class GlobalMaxPool(GlobalPool):
    """The largest value of each map, as 1x1xC, or as a vector with `keep_dims: false`."""

    pools = "max"
    examples = (
        Example(
            "global_max_pool", "7x7x512", "1x1x512", {"params": 0, "connections": 25088}, "49 values a map"
        ),
        Example(
            {"global_max_pool": {"keep_dims": False}},
            "48x100",
            "100",
            {"params": 0},
            "over time, in one dimension",
        ),
    )
