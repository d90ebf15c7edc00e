"""Operators that several formats have, as layers: a reader maps its format's operators onto these."""

from cnncalc.interop.operations.normalisation import NormalisationOperations
from cnncalc.interop.operations.recurrences import RecurrenceOperations
from cnncalc.interop.operations.values import ValueOperations
from cnncalc.interop.operations.windows import WindowOperations


class Operations(WindowOperations, NormalisationOperations, ValueOperations, RecurrenceOperations):
    """The operators. `out` is the shape that the source records for the output."""
