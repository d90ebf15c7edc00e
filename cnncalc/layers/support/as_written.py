"""A sliding window for other engines, in the words of the spec.

What an engine takes itself (padding in numbers or `same`, `ceil`, an output padding) is handed over in its
own words. For what it doesn't take, padding is laid out here after the documentation of TensorFlow (`same`)
and of PyTorch (`ceil_mode`), window by window. Nothing is shared with `windows.py`: a fault there shows.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from cnncalc.layers.support.padding import Padding
from cnncalc.layers.support.reach import Span


class AsWritten(NamedTuple):
    """Along each axis: the window as the options say it, and the padding in numbers before and after."""

    sizes: list[int]
    kernel: list[int]
    stride: list[int]
    dilation: list[int]
    pads: list[Span]
    word: str
    """The padding in a word, where the options have one."""
    ceil: bool

    @property
    def spans(self) -> list[int]:
        """Number of pixels that the dilated kernel spans."""
        return [(f - 1) * d + 1 for f, d in zip(self.kernel, self.dilation, strict=True)]

    @property
    def symmetric(self) -> list[int] | None:
        """The padding of each axis, where both sides have the same; else None."""
        return [before for before, _ in self.pads] if all(a == b for a, b in self.pads) else None

    @property
    def at_most_half(self) -> bool:
        """Whether no padding is more than half of the kernel: pooling takes no more in PyTorch."""
        return all(2 * max(pad) <= size for pad, size in zip(self.pads, self.kernel, strict=True))

    def fitted(self) -> list[Span]:
        """The padding with which whole windows fit exactly, the one that hangs over under `ceil` included."""
        axes = zip(self.sizes, self.spans, self.stride, self.pads, strict=True)
        return [self._fitted(size, span, stride, *pad) for size, span, stride, pad in axes]

    def _fitted(self, size: int, span: int, stride: int, before: int, after: int) -> Span:
        end = size + after
        start = -before
        while start + span < end:
            start += stride
        hangs_over = start + span > end
        # "sliding windows that would start in the right padded region are ignored"
        if (hangs_over and not self.ceil) or (self.ceil and start >= size):
            start -= stride
        return before, start + span - size


class WindowedLayer(Protocol):
    """A layer with a window that slides: the options that say how, as the spec has them."""

    @property
    def kernel(self) -> int | tuple[int, ...]: ...
    @property
    def stride(self) -> int | tuple[int, ...] | None: ...
    @property
    def padding(self) -> Padding: ...
    @property
    def dilation(self) -> int | tuple[int, ...]: ...
    @property
    def rounding(self) -> str: ...


def as_written(layer: WindowedLayer, sizes: Sequence[int]) -> AsWritten:
    """The window of a layer with the options kernel, stride, padding, dilation and rounding."""
    rank = len(sizes)

    kernel = _each(layer.kernel, rank)
    stride = kernel if layer.stride is None else _each(layer.stride, rank)
    dilation = _each(layer.dilation, rank)
    lengths = [int(size) for size in sizes]
    word = layer.padding if isinstance(layer.padding, str) else ""
    spans = [(f - 1) * d + 1 for f, d in zip(kernel, dilation, strict=True)]
    axes = zip(lengths, stride, spans, strict=True)
    # TensorFlow's `same`: the output is ceil(N/S)
    missing = [(-(-size // step) - 1) * step + span - size for size, step, span in axes]
    pads = _pads(layer.padding, missing, spans)
    return AsWritten(lengths, kernel, stride, dilation, pads, word, layer.rounding == "ceil")


class TransposedAsWritten(NamedTuple):
    """The window of a transposed convolution, whose padding is cropped from the output."""

    stride: list[int]
    dilation: list[int]
    pads: list[Span]
    output_padding: list[int]

    @property
    def symmetric(self) -> list[int] | None:
        """The padding of each axis, where both sides have the same; else None."""
        return [before for before, _ in self.pads] if all(a == b for a, b in self.pads) else None


def as_written_transposed(layer: Any, sizes: Any) -> TransposedAsWritten:
    """The window of a layer with the options kernel, stride, padding, dilation and output_padding."""
    rank = len(sizes)
    kernel, stride, dilation, more = (
        _each(option, rank) for option in (layer.kernel, layer.stride, layer.dilation, layer.output_padding)
    )
    spans = [(f - 1) * d + 1 for f, d in zip(kernel, dilation, strict=True)]
    # Keras's `same`: the output is N*S; what the kernel spans beyond that is cropped, what it lacks is added
    beyond = [span - step for span, step in zip(spans, stride, strict=True)]
    if layer.padding == "same":
        more = [max(-length, 0) for length in beyond]
    return TransposedAsWritten(stride, dilation, _pads(layer.padding, beyond, spans), more)


def _each(option: Any, rank: int) -> list[int]:
    """One number for each axis."""
    return [int(size) for size in (option if isinstance(option, tuple) else (option,) * rank)]


def _pads(padding: Any, same: list[int], spans: list[int]) -> list[Span]:
    """Padding in numbers, where `same` comes to so much on both sides together; an odd rest comes after."""
    if padding == "same":
        totals = [max(total, 0) for total in same]
        return [(total // 2, total - total // 2) for total in totals]
    if padding in ("full", "causal"):
        return [(span - 1, span - 1 if padding == "full" else 0) for span in spans]
    if isinstance(padding, tuple) and isinstance(padding[0], tuple):
        return [(int(before), int(after)) for before, after in padding]
    return [(pad, pad) for pad in _each(0 if isinstance(padding, str) else padding, len(spans))]
