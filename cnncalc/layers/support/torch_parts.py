"""The common parts of several kinds' counterparts in PyTorch. Tensors are (N, channels, positions ...).

PyTorch is given to them: nothing here imports it.
"""

import math
import warnings
from collections.abc import Iterable
from typing import Any

from cnncalc.layers.support.as_written import WindowedLayer, as_written
from cnncalc.layers.support.reach import Span


def torch_sides(spans: Iterable[Span]) -> list[int]:
    """Padding as PyTorch takes it: the last dimension first; a number below 0 crops."""
    return [int(side) for span in reversed(list(spans)) for side in span]


def torch_conv(torch: Any, layer: WindowedLayer, x: Any, kernels: Any, bias: Any, groups: int) -> Any:
    """A convolution of any rank, padded by PyTorch itself where it has the word for that."""
    window = as_written(layer, x.shape[2:])
    convolve = getattr(torch.nn.functional, f"conv{x.ndim - 2}d")
    padding: Any = window.symmetric
    if window.word == "same" and set(window.stride) == {1}:
        padding = "same"
    elif window.ceil or window.word == "same" or padding is None:
        x, padding = torch.nn.functional.pad(x, torch_sides(window.fitted())), 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch tells of a copy that an even kernel takes under `same`
        return convolve(x, kernels, bias, window.stride, padding, window.dilation, int(groups))


def torch_max_pool(torch: Any, layer: WindowedLayer, x: Any) -> Any:
    """A maximum over windows of any rank."""
    window = as_written(layer, x.shape[2:])
    pool = getattr(torch.nn.functional, f"max_pool{x.ndim - 2}d")
    if window.symmetric is not None and window.at_most_half:
        return pool(x, window.kernel, window.stride, window.symmetric, window.dilation, window.ceil)
    x = torch.nn.functional.pad(x, torch_sides(window.fitted()), value=-math.inf)
    return pool(x, window.kernel, window.stride, 0, window.dilation)


def torch_mean_pool(torch: Any, layer: WindowedLayer, x: Any, count_padding: bool) -> Any:
    """A mean over windows of any rank; positions that hang over under `ceil` never count."""
    window = as_written(layer, x.shape[2:])
    pool = getattr(torch.nn.functional, f"avg_pool{x.ndim - 2}d")
    if window.symmetric is not None and window.at_most_half:
        return pool(x, window.kernel, window.stride, window.symmetric, window.ceil, count_padding)
    pad, sides = torch.nn.functional.pad, torch_sides(window.fitted())
    counted = torch.ones_like(x)
    if count_padding:
        counted = pad(counted, torch_sides(window.pads), value=1.0)
        beyond = [
            (0, fitted[1] - written[1]) for fitted, written in zip(window.fitted(), window.pads, strict=True)
        ]
        counted = pad(counted, torch_sides(beyond))
    else:
        counted = pad(counted, sides)
    return pool(pad(x, sides), window.kernel, window.stride) / pool(counted, window.kernel, window.stride)
