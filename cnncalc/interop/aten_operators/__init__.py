"""PyTorch's operators as layers: one function, or one row of a table, for each."""

from cnncalc.interop.operator_table import OperatorTable

OPERATORS = OperatorTable("aten.")
operator = OPERATORS.operator
OPERATORS.load(__name__, __path__)
