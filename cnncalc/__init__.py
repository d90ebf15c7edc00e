"""cnncalc: what every layer of a convolutional neural network puts out and costs, and how that comes about.

>>> import cnncalc
>>> report = cnncalc.load("lenet5").analyze()
>>> report["CONV1"].params, report.totals.params
(456, 62006)
"""

from cnncalc.errors import CnncalcError, Fault, Place, SpecError, UsageError
from cnncalc.loading import load
from cnncalc.network import Network

__version__ = "0.1.0"
__all__ = ["CnncalcError", "Fault", "Network", "Place", "SpecError", "UsageError", "load"]
