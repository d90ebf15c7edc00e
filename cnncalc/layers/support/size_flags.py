"""The kinds that a command line can say as one layer, `--conv 5x5x3`, and the form of the size of each."""

SIZE_FLAGS = {
    "conv": "FxFxC, such as 5x5x3 (5x3 in one dimension).",
    "depthwise_conv": "FxFxC.",
    "separable_conv": "FxFxC: depthwise, then 1x1.",
    "conv_transpose": "FxFxC.",
    "local_conv": "FxFxC.",
    "max_pool": "F, FxF or FxFxC.",
    "avg_pool": "F, FxF or FxFxC.",
    "subsample": "F, FxF or FxFxC.",
    "dense": "How many values come in, such as 400 or 5x5x16.",
    "batch_norm": "How many channels.",
}
"""Kind -> the size, as help explains it. A table, as help needs the words before any kind is imported."""
