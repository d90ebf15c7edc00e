"""Keras's `count_params()`, the total of its `summary()`: parameters, and running statistics."""

from cnncalc.analysis.conventions.engine import Convention, Part

LEARNED = Part("parameters", lambda x: x.params, "what is learned")
KEPT = Part("buffers", lambda x: x.buffers, "running statistics among the parameters, as non-trainable ones")

CONVENTION = Convention("keras", "3", "parameters", {}, (LEARNED, KEPT), of_weights=True)
