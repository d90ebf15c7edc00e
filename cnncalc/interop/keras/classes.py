"""The classes of Keras layers that can be read, with the reader of each."""

from collections.abc import Callable

from cnncalc.interop.keras import activations, convolutions, layout, merging, normalisation, sequences
from cnncalc.interop.keras.call import Found, LayerCall

LAYERS: dict[str, Callable[[LayerCall], Found]] = {
    **activations.LAYERS,
    **convolutions.LAYERS,
    **normalisation.LAYERS,
    **layout.LAYERS,
    **merging.LAYERS,
    **sequences.LAYERS,
}
