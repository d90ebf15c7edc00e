"""The end of a product, while its values are still in the cache: the bias and the activation."""

from collections.abc import Callable
from functools import partial
from itertools import pairwise

import numpy as np

from cnncalc.execute.fast.arrays import Array, Step, merged

ACTIVATIONS = ("relu", "relu6", "tanh", "sigmoid")


class Finish:
    """out = activation(product + bias): passes of one NumPy call each, the last of which writes out."""

    def __init__(self, bias: Array | None = None, activation: str | None = None) -> None:
        """bias is (K,); activation one of ACTIVATIONS."""
        if activation is not None and activation not in ACTIVATIONS:
            raise ValueError(f"no fast activation {activation!r}")
        self.bias = None if bias is None or not bias.any() else bias
        self.activation = activation

    def steps(self, product: Array, out: Array, *, keep: bool = False) -> list[Step]:
        """From product (..., W, K) to out, alike or the same; product is overwritten unless kept."""
        passes = self._passes()
        if not passes:
            return [] if _same(product, out) else [_copy(product, out)]
        # A product that lies evenly is finished where it is (it is small, and cached) and written out last;
        # one whose rows are scattered is written out first.
        place = out if keep or merged(product) is None else product
        places = [product, *[place] * (len(passes) - 1), out]
        return [_rowwise(make, *pair) for make, pair in zip(passes, pairwise(places), strict=True)]

    def _passes(self) -> list[Callable[[Array, Array], Step]]:
        """Each pass as a maker of its step from a source and a target (..., K) or (..., W * K)."""
        passes: list[Callable[[Array, Array], Step]] = []
        if self.bias is not None:
            passes.append(_against(np.add, self.bias))
        if self.activation == "relu":
            # against a row of zeros, since NumPy's maximum with a single number is four times slower
            passes.append(_against(np.maximum, np.zeros(1)))
        elif self.activation == "relu6":
            passes.append(lambda source, target: partial(np.clip, source, 0.0, 6.0, out=target))
        elif self.activation == "tanh":
            passes.append(lambda source, target: partial(np.tanh, source, out=target))
        elif self.activation == "sigmoid":
            passes.append(lambda source, target: partial(np.negative, source, out=target))
            passes.append(lambda source, target: partial(np.exp, source, out=target))
            passes.append(lambda source, target: partial(np.add, source, 1.0, out=target))
            passes.append(lambda source, target: partial(np.reciprocal, source, out=target))
        return passes


def _rowwise(make: Callable[[Array, Array], Step], source: Array, target: Array) -> Step:
    """The step of a pass, over whole rows where both arrays allow it: long runs cost the least."""
    rows, target_rows = merged(source), merged(target)
    return make(source, target) if rows is None or target_rows is None else make(rows, target_rows)


def _against(function: np.ufunc, constant: Array) -> Callable[[Array, Array], Step]:
    """A pass function(source, constant), with the constant (K,) or (1,) repeated to the length of a run."""

    def make(source: Array, target: Array) -> Step:
        row = np.tile(constant.astype(source.dtype), source.shape[-1] // constant.size)
        return partial(function, source, row, out=target)

    return make


def _copy(source: Array, target: Array) -> Step:
    return partial(np.copyto, target, source)


def _same(one: Array, other: Array) -> bool:
    return one.ctypes.data == other.ctypes.data and one.shape == other.shape and one.strides == other.strides
