"""The working of numbers: the formula in symbols, the numbers put in, each step, the result, and why.

There is no second formula: the layer kinds' own arithmetic is run on letters that remember, and what is shown
is the tree that it leaves behind. The sentences are keys of the catalogues in `cnncalc.languages`.
"""

from cnncalc.explain.data import Equation, LayerWorking, Reason, Solution, Working
from cnncalc.explain.layer import OF_LAYERS, parse_quantities, work_out
from cnncalc.explain.letters import symbolic, symbolic_inputs
from cnncalc.explain.network import solve_network, times_batch

__all__ = [
    "OF_LAYERS",
    "Equation",
    "LayerWorking",
    "Reason",
    "Solution",
    "Working",
    "parse_quantities",
    "solve_network",
    "symbolic",
    "symbolic_inputs",
    "times_batch",
    "work_out",
]
