"""The definition: multiply-accumulates with learned weights."""

from cnncalc.analysis.conventions.engine import Convention
from cnncalc.analysis.conventions.parts import PRODUCTS

CONVENTION = Convention("textbook", "", "MACs", {}, (PRODUCTS,))
