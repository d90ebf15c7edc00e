"""Conventions against the tools that they reproduce: the tool is right."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import cnncalc
from cnncalc.analysis import conventions
from cnncalc.layers import find, names

pytestmark = pytest.mark.slow

TOOLS = ("torchinfo", "thop", "fvcore", "calflops", "ptflops", "torch")
NETWORKS = (
    *("lenet5", "alexnet", "alexnet-torchvision", "vgg16", "resnet50", "mobilenet-v2", "densenet121"),
    *("unet", "googlenet", "mobilenet-v3-large", "shufflenet-v1", "convnext-tiny"),
)
PLAIN = (
    *("global_avg_pool", "global_max_pool", "lrn", "prelu", "softmax", "log_softmax", "relu", "relu6", "elu"),
    *("gelu", "silu", "leaky_relu", "selu", "sigmoid", "hard_sigmoid", "hard_swish", "tanh", "softplus"),
)
# the tool itself raises an error
FAILS = {("calflops", "upsample, example 3")}


def one(input: str, layer: Any, name: str = "") -> tuple[str, dict[str, Any]]:
    return name or f"{layer} on {input}", {"input": input, "layers": [layer]}


def cases() -> dict[str, Any]:
    """Name -> spec: the networks, every example of every kind, and what the examples leave out."""
    found: list[tuple[str, Any]] = [(name, name) for name in NETWORKS]
    for kind in names():
        for at, example in enumerate(find(kind).examples):  # type: ignore[union-attr]
            if isinstance(example.input, str):
                found.append(one(example.input, example.layer, f"{kind}, example {at}"))
    for rank, input in enumerate(("24x6", "12x14x6", "6x8x10x6"), 1):
        windows = ("max_pool", "avg_pool", "adaptive_avg_pool", "adaptive_max_pool", "upsample")
        found += [one(input, {kind: {find(kind).short_option: 2}}) for kind in windows]  # type: ignore[union-attr]
        found += [one(input, {kind: {}}) for kind in PLAIN]
        for kind in ("batch_norm", "instance_norm", "layer_norm", "group_norm"):
            groups = {"groups": 3} if kind == "group_norm" else {}
            found += [one(input, {kind: {**groups, "affine": affine}}) for affine in (True, False)]
        for options in ({"scale": 2}, {"size": [20] * rank}):
            found.append(one(input, {"upsample": {**options, "mode": "bilinear"}}))
        found.append(one(input, {"upsample": {"size": [20] * rank}}))
        for more in (
            {},
            {"groups": 2, "padding": 1, "output_padding": 1},
            {"padding": "same"},
            {"bias": False, "dilation": 2},
        ):
            transposed = {"filters": 12, "kernel": 3, "stride": 2, **more}
            found.append(one(input, {"conv_transpose": transposed}))
        found += [
            one(input, text) for text in ("conv3-8 p1 s2", "conv3-12 same g2 relu6", "conv2-4 same nobias")
        ]
    found += [
        one("13x13x4", {"max_pool": {"kernel": 3, "stride": 2, "padding": pad}}) for pad in ("same", "full")
    ]
    found += [one("14x14x4", {"avg_pool": {"kernel": 3, "stride": 2, "padding": "same"}})]
    found += [one("14x14x9", {"lrn": {"size": size}}) for size in (3, 4)]
    found += [one("40", layer) for layer in ("fc-7", "fc-7 nobias", "batch_norm", "layer_norm", "softmax")]
    found += [
        one(f"{n}x{n + 1}x3", {"adaptive_avg_pool": size}) for n in (7, 13, 20) for size in (3, 5, 6, 7)
    ]
    shared = [{"conv": {"name": "a", "filters": 6, "kernel": 3}}, "relu"]
    shared += [{"conv": {"filters": 6, "kernel": 3, "share": "a"}}]
    found.append(("shared", {"input": "12x12x6", "layers": shared}))
    return dict(found)


@pytest.mark.parametrize("tool", TOOLS)
def test_a_convention_is_what_its_tool_counts(tool: str) -> None:
    if importlib.util.find_spec("torch") is None or importlib.util.find_spec(tool) is None:
        pytest.skip(f"{tool} is not installed")
    wanted = cases()
    here = Path(__file__).parent
    run = subprocess.run(
        [sys.executable, "run_tool.py", tool],
        input=json.dumps({name: spec for name, spec in wanted.items() if (tool, name) not in FAILS}),
        capture_output=True, text=True, cwd=here, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    counted = json.loads(run.stdout)
    convention = conventions.find(tool)
    built = {name: count for name, count in counted.items() if count is not None}
    assert len(built) > 150, counted
    ours = {
        name: sum(convention.count(fact) for fact in cnncalc.load(wanted[name]).analyze().facts)
        for name in built
    }
    assert {name: (ours[name], built[name]) for name in built if ours[name] != built[name]} == {}
    print(f"{tool}: {len(built)} networks and layers agree")  # noqa: T201 - says what was compared
