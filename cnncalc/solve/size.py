"""The bare size formula: one axis, with its working and the number of unread pixels."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from cnncalc.errors import LayerError, UsageError
from cnncalc.explain import Equation, Reason, Working
from cnncalc.explain.layer import padding_equations, rounding_reasons
from cnncalc.explain.subject import with_definitions
from cnncalc.expr import symbol
from cnncalc.formula import tidy
from cnncalc.layers.support.base import fields
from cnncalc.layers.support.padding import Padding
from cnncalc.layers.support.sliding import Sliding
from cnncalc.layers.support.windows import Axis, TransposedAxis, coverage, resolve, resolve_transposed

MOST = 100_000
"""The longest axis whose coverage is listed."""


@dataclass(frozen=True)
class SizeResult:
    """An output size with its working. `quotient` is the size before rounding."""

    axis: Axis | TransposedAxis
    working: Working

    @property
    def output(self) -> int:
        return int(self.axis.output)

    @property
    def quotient(self) -> Fraction:
        """(N + 2P - F)/S + 1, not rounded; the output itself of a transposed convolution."""
        axis = self.axis
        if isinstance(axis, TransposedAxis):
            return Fraction(self.output)
        return Fraction(int(axis.size + axis.before + axis.after - axis.extent), int(axis.stride)) + 1

    @property
    def unread(self) -> int:
        """Positions of the input that no window reads."""
        return int(self.axis.unread) if isinstance(self.axis, Axis) else 0

    @property
    def overhang(self) -> int:
        """How far the last window reaches past the padded input."""
        return int(self.axis.overhang) if isinstance(self.axis, Axis) else 0

    def coverage(self) -> list[int]:
        """Number of windows that read each input position; transposed, number of products in each output.

        Raises UsageError for a very long axis.
        """
        if (longest := max(int(self.axis.size), self.output)) > MOST:
            raise UsageError(f"an axis of {longest} is too long to list", f"at most {MOST:,}", "too_large")
        return coverage(self.axis)

    def to_dict(self) -> dict[str, Any]:
        axis = self.axis
        return {
            "output": self.output,
            "quotient": float(self.quotient),
            "unread": self.unread,
            "overhang": self.overhang,
            "padding": [int(axis.before), int(axis.after)],
            "equations": [equation.to_dict() for equation in self.working.equations],
        }


def read(name: str, value: Any) -> Any:
    """The value of an option, read as the option of a layer is; raises UsageError, which names the option."""
    field = fields(Sliding)[name]
    try:
        return field.metadata["read"](value)
    except LayerError as error:
        raise UsageError(f"--{name}: {error.fault.message}", error.fault.help, error.fault.code) from None


def size(
    n: int,
    kernel: int,
    stride: int = 1,
    padding: Padding = 0,
    dilation: int = 1,
    rounding: str = "floor",
    *,
    transposed: bool = False,
    output_padding: int = 0,
) -> SizeResult:
    """The output size of one axis. Raises UsageError where no window fits.

    >>> sized = size(7, 3, 3)
    >>> sized.output, round(float(sized.quotient), 2), sized.unread
    (2, 2.33, 1)
    """
    letters = (symbol("N", n), symbol("F", kernel), symbol("S", stride))
    if isinstance(padding, tuple):
        raise UsageError("one axis has one padding", "a number, same, valid or full")
    pads = symbol("P", padding) if isinstance(padding, int) else padding
    spread = symbol("D", dilation) if dilation != 1 else 1
    positions = (letters[0],)
    axis: Axis | TransposedAxis
    if output_padding and not transposed:
        raise UsageError("--output-padding is of a transposed convolution", "add --transposed")
    if transposed and rounding != "floor":
        raise UsageError("nothing is rounded in a transposed convolution", "leave --rounding out")
    try:
        if transposed:
            (axis,) = resolve_transposed(positions, *letters[1:], pads, spread, output_padding)
        else:
            (axis,) = resolve(positions, *letters[1:], pads, spread, rounding)
        found = axis.output
    except LayerError as error:
        raise UsageError(error.fault.message, error.fault.help, error.fault.code) from None
    tree = getattr(found, "args", (found,))[0]
    reasons: Sequence[Reason] = list(rounding_reasons(axis, "positions")) if isinstance(axis, Axis) else []
    equations = with_definitions([Equation("M", tidy(tree), letter=True), *padding_equations(axis)])
    family = ("transposed",) if transposed else ()
    if isinstance(padding, str) and padding != "valid":
        reasons = [Reason(f"padding.{padding}", family), *reasons]
    if transposed:
        reasons = [Reason("output", family), *reasons]
    if output_padding:
        reasons = [*reasons, Reason("output_padding")]
    return SizeResult(axis, Working("length", int(found), equations, reasons))
