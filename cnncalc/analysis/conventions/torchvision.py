"""torchvision's published GFLOPS: the textbook's multiply-accumulates."""

from cnncalc.analysis.conventions.engine import Convention
from cnncalc.analysis.conventions.parts import PRODUCTS

CONVENTION = Convention("torchvision", "", "MACs", {}, (PRODUCTS,))
