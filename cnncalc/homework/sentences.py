"""What students are told: every sentence of marking, in one place."""

from __future__ import annotations

SLIPS: dict[str, str] = {
    "no_bias": "the biases are left out: each filter or unit has one",
    "one_bias": "one bias for the whole layer: there is one for each filter or unit",
    "bias_per_weight": "a bias for each weight or each input channel: there is one for each filter or unit",
    "no_channels": "the depth of the filter is left out: a filter reads all input channels",
    "no_filters": "this is one filter's: the layer has more",
    "swapped_channels": "input and output channels are exchanged",
    "groups_ignored": "full connections are counted: here a filter reads only some of the input channels",
    "ceil_not_floor": "the size is rounded up: it is rounded down",
    "floor_not_ceil": "the size is rounded down: here it is rounded up",
    "not_rounded": "the size is left as a fraction: a window takes a whole number of positions",
    "no_plus_one": "the + 1 is missing: (N + 2P - F)/S counts the steps, and there is one position more",
    "no_padding": "the padding is left out",
    "padding_once": "the padding is counted once: there is P at both sides",
    "no_stride": "the stride is taken as 1",
    "stride_as_kernel": "stride and kernel size are mixed up",
    "no_dilation": "the dilation is left out: the kernel spans D(F - 1) + 1",
    "pooling_changes_channels": "pooling works on each map by itself: the channels stay as they are",
    "pooling_has_weights": "pooling has nothing to learn: no parameters",
    "pooled_inputs_as_weights": (
        "each pooled input is counted as a weight: a map's inputs are summed first, and share one coefficient"
        " and one bias"
    ),
    "input_not_output": "the input's height and width are used: the windows are counted at the output",
    "no_positions": "these are the parameters: each is used again at every position",
    "no_spatial": "only the channels enter: a dense layer reads every value of the map",
    "no_flatten": "the positions are kept: the map is flattened into one vector first",
    "flops_for_macs": "these are FLOPs: a multiply-accumulate is two of them",
    "macs_for_flops": "these are MACs: each is two FLOPs",
    "units_of_bytes": "the unit: a value takes several bytes, and 1 KiB is 1024 bytes, 1 KB 1000",
    "transposed_shape": "right, with the channels written in another place: {order} is asked for",
    "kernel_flipped": "the kernel: {which}",
}
FLIPPED = {
    False: "it is turned by 180 degrees here, and a CNN's convolution does not turn it",
    True: "the true convolution turns it by 180 degrees, and here it isn't turned",
}
TWO = "{first}; and {second}"
SHOWN = "{sentence} ({working} = {value})"
CARRIED = "right from your own earlier answer"
FROM_OWN = "from your own earlier answer: {sentence}"
MISSING = "no answer"
UNEXPLAINED = "not right, and no usual slip gives it"
NOT_A_POSITION = "it has no position of its own: it sees the whole input"
DIFFERENT_WORKING = "the working beside it comes to {value}"
ADDS_UP = "your own column adds up to {value}"
POSITIONS_ONLY = "the channels are missing"
KERNELS_ADDED = (
    "the kernel sizes are added: each layer adds F - 1 steps, as far apart as the strides before it make them"
)
WOULD_GIVE = "{given} would give {value}"
WRONG_VALUES = "{wrong} of {values} values are not right, the first at ({place}); no usual slip gives them"
WRONG_SHAPE = "it is {given}, and {expected} comes out"
ROUNDED = "right, to the digits given"
