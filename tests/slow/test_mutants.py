"""Faults put into the window arithmetic, which what runs on it can't see: other engines see them."""

from collections.abc import Callable
from typing import Any

import pytest

import cnncalc
from cnncalc.layers import conv_transpose
from cnncalc.layers.support import pooling, sliding, windows

for library in ("torch", "onnx", "onnxruntime"):
    pytest.importorskip(library)

pytestmark = pytest.mark.slow

Patch = Callable[[pytest.MonkeyPatch], None]


def swap_halves(patch: pytest.MonkeyPatch) -> None:
    """`same` puts the odd pixel before the input."""
    patch.setattr(windows, "_halves", lambda total, _: (total - total // 2, total // 2))


def changed(*modules: Any, name: str, change: Callable[[Any], Any]) -> Patch:
    """A patch of the geometry that kinds are given, axis by axis."""

    def mutate(patch: pytest.MonkeyPatch) -> None:
        for module in modules:
            rule = getattr(module, name)
            patch.setattr(module, name, lambda *given, rule=rule: tuple(map(change, rule(*given))))

    return mutate


shift_dilation = changed(
    sliding,
    pooling,
    name="resolve",
    change=lambda axis: axis._replace(dilation=axis.dilation + 1, after=axis.after + axis.kernel - 1),
)
forget_ceil = changed(
    sliding, pooling, name="resolve", change=lambda axis: axis._replace(rounding="floor", same=False)
)
drop_output_padding = changed(
    conv_transpose, name="resolve_transposed", change=lambda axis: axis._replace(output_padding=0)
)

shift_transposed_dilation = changed(
    conv_transpose,
    name="resolve_transposed",
    change=lambda axis: axis._replace(dilation=axis.dilation + 1, after=axis.after + axis.kernel - 1),
)


def shift_padding(axis: Any) -> Any:
    """A pixel of the padding before the input comes after: as many pixels, and the same output size."""
    return axis._replace(before=axis.before - 1, after=axis.after + 1)


shift_pads = changed(sliding, pooling, name="resolve", change=shift_padding)
shift_crops = changed(conv_transpose, name="resolve_transposed", change=shift_padding)

MUTANTS: list[tuple[Patch, str, Any]] = [
    (swap_halves, "8x8x2", {"conv": {"filters": 2, "kernel": 4, "padding": "same"}}),
    (swap_halves, "8x8x2", {"conv": {"filters": 2, "kernel": 3, "stride": 2, "padding": "same"}}),
    (swap_halves, "9x2", {"conv": {"filters": 2, "kernel": 2, "dilation": 3, "padding": "same"}}),
    (swap_halves, "8x8x2", {"depthwise_conv": {"kernel": 3, "stride": 2, "padding": "same"}}),
    (swap_halves, "8x8x2", {"max_pool": {"kernel": 3, "stride": 2, "padding": "same"}}),
    (swap_halves, "8x8x2", {"avg_pool": {"kernel": 2, "stride": 1, "padding": "same"}}),
    (swap_halves, "5x5x2", {"conv_transpose": {"filters": 2, "kernel": 3, "stride": 2, "padding": "same"}}),
    (shift_dilation, "9x9x2", {"conv": {"filters": 2, "kernel": 3, "dilation": 2, "padding": 2}}),
    (shift_dilation, "9x9x2", {"depthwise_conv": {"kernel": 3}}),
    (shift_dilation, "9x2", {"max_pool": {"kernel": 3, "dilation": 2, "padding": 1, "stride": 1}}),
    (forget_ceil, "8x8x2", {"max_pool": {"kernel": 3, "stride": 2, "rounding": "ceil"}}),
    (forget_ceil, "8x8x2", {"avg_pool": {"kernel": 3, "stride": 2, "rounding": "ceil"}}),
    (forget_ceil, "8x8x2", {"conv": {"filters": 2, "kernel": 3, "stride": 2, "rounding": "ceil"}}),
    (
        drop_output_padding,
        "4x4x2",
        {"conv_transpose": {"filters": 2, "kernel": 3, "stride": 2, "output_padding": 1}},
    ),
    (shift_transposed_dilation, "5x5x2", {"conv_transpose": {"filters": 2, "kernel": 3, "dilation": 2}}),
    (shift_pads, "8x8x2", {"conv": {"filters": 2, "kernel": 3, "padding": "full"}}),
    (shift_pads, "9x2", {"conv": {"filters": 2, "kernel": 3, "dilation": 2, "padding": "causal"}}),
    (shift_pads, "8x8x2", {"conv": {"filters": 2, "kernel": 3, "padding": [[2, 1], [1, 0]]}}),
    (shift_pads, "8x8x2", {"depthwise_conv": {"kernel": 4, "padding": [[1, 2], [1, 2]]}}),
    (shift_pads, "8x8x2", {"max_pool": {"kernel": 3, "stride": 2, "padding": [[1, 0], [1, 0]]}}),
    (shift_pads, "8x8x2", {"avg_pool": {"kernel": 3, "stride": 2, "padding": [[1, 0], [1, 0]]}}),
    (shift_crops, "5x5x2", {"conv_transpose": {"filters": 2, "kernel": 4, "padding": "full"}}),
    (shift_crops, "5x5x2", {"conv_transpose": {"filters": 2, "kernel": 4, "padding": [[1, 2], [1, 0]]}}),
]


@pytest.mark.parametrize("against", ["torch", "onnxruntime"])
@pytest.mark.parametrize(("mutate", "shape", "layer"), MUTANTS)
def test_a_mutant_is_caught(
    mutate: Patch, shape: str, layer: Any, against: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = {"input": shape, "layers": [layer]}
    assert cnncalc.load(spec).verify(against=against).ok
    mutate(monkeypatch)
    found = cnncalc.load(spec).verify(against=against)
    (check,) = (check for check in found.mismatches if check.quantity == "values")
    assert check.witness == against
    # which is not to say that our own run would see it: that goes by the same arithmetic
    assert not [check for check in found.mismatches if check.witness in ("arrays", "tally")]


def test_what_is_not_witnessed_is_not_counted_as_proven() -> None:
    layers = [{"subsample": {"activation": "none"}}, "conv3-2", "relu", "flatten", {"rbf": 3}]
    found = cnncalc.load({"input": "8x8x2", "layers": layers}).verify(against="torch")
    assert found.ok
    values = {check.layer: check.measured for check in found.checks if check.quantity == "values"}
    assert [name for name, measured in values.items() if measured is None] == ["subsample1", "rbf1"]
    assert found.witnesses()["torch"] == 3
    assert any("subsample1 and 1 more" in note and "torch" in note for note in found.notes)
