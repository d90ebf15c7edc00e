"""Adaptive max pooling: windows laid so that a wanted size comes out."""

from cnncalc.layers.support.base import Example, layer
from cnncalc.layers.support.pooling import AdaptivePool


@layer
class AdaptiveMaxPool(AdaptivePool):
    """The largest value of each window; the windows overlap where the size doesn't divide."""

    pools = "max"
    examples = (
        Example({"adaptive_max_pool": 7}, "14x14x512", "7x7x512", {"connections": 100352}, "windows of 2x2"),
        Example(
            {"adaptive_max_pool": 2}, "5x1", "2x1", {"connections": 6}, "windows of 3 that share the middle"
        ),
    )
