"""Keras's `count_params()`, the total of its `summary()`: parameters, and running statistics."""

from cnncalc.analysis.conventions.engine import Convention, Part

LEARNED = Part("parameters", lambda x: x.params, "counts what is learned")
KEPT = Part(
    "buffers", lambda x: x.buffers, "counts what is kept and not learned, as non-trainable", "leaves it out"
)

CONVENTION = Convention("keras", "3", "parameters", {}, (LEARNED, KEPT), of_weights=True)
