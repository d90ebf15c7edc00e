"""Keras's `count_params()`, the total of its `summary()`: parameters, and running statistics."""

from cnncalc.analysis.conventions.engine import Convention, Part
from cnncalc.languages import Message

LEARNED = Part(Message("reason.parameters"), lambda x: x.params, Message("tool.learned"))
KEPT = Part(Message("reason.buffers"), lambda x: x.buffers, Message("tool.kept"), Message("tool.left_out"))

CONVENTION = Convention("keras", "3", "parameters", {}, (LEARNED, KEPT), counts_parameters=True)
