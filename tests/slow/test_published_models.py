"""Models of torchvision and timm as they export: parameters, MACs and values are PyTorch's.

Their weights are drawn, and none is 0 or 1 by default; batch norms have the statistics of the input, so that
values stay of a size from layer to layer.
"""

from __future__ import annotations

import importlib
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnncalc
from cnncalc.loading import load_text

torch = pytest.importorskip("torch")

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

MODELS = {
    "torchvision.squeezenet1_1": (3, 64, 64),
    "torchvision.mnasnet0_5": (3, 64, 64),
    "torchvision.shufflenet_v2_x0_5": (3, 64, 64),
    "torchvision.mobilenet_v3_small": (3, 64, 64),
    "torchvision.regnet_y_400mf": (3, 64, 64),
    "torchvision.segmentation.lraspp_mobilenet_v3_large": (3, 64, 64),
    "torchvision.video.r3d_18": (3, 4, 32, 32),
    "timm.resnest14d": (3, 64, 64),
    "timm.levit_128s": (3, 224, 224),
    "timm.xcit_nano_12_p16_224": (3, 64, 64),
    "timm.edgenext_xx_small": (3, 64, 64),
    "timm.repvgg_a0": (3, 64, 64),
}


@pytest.fixture(scope="module", autouse=True)
def _torchvision() -> Any:
    """torchvision, also where a CPU-only PyTorch can't load the operators of its wheel."""
    try:
        return pytest.importorskip("torchvision")
    except RuntimeError:
        library = torch.library.Library("torchvision", "FRAGMENT")
        for operator in ("nms", "qnms"):
            library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        return importlib.import_module("torchvision")


def made(name: str) -> Any:
    """A model with drawn weights."""
    package, _, path = name.partition(".")
    torch.manual_seed(0)
    if package == "timm":
        module = pytest.importorskip("timm").create_model(path, pretrained=False)
    else:
        *folder, builder = path.split(".")
        models = importlib.import_module(".".join(["torchvision.models", *folder]))
        options: dict[str, Any] = {"weights": None}
        if folder == ["segmentation"]:
            options["weights_backbone"] = None
        module = getattr(models, builder)(**options)
    for value in module.parameters():
        if value.numel() > 1 and bool((value == value.flatten()[0]).all()):
            value.data += 0.2 * torch.rand_like(value)
    return module.eval()


def calibrated(module: Any, x: Any) -> None:
    """Gives each batch norm the statistics of what it reads."""

    def measure(norm: Any, given: Any) -> None:
        axes = [axis for axis in range(given[0].ndim) if axis != 1]
        norm.running_mean.copy_(given[0].mean(axes))
        norm.running_var.copy_(given[0].var(axes, unbiased=False) + 0.05)

    norms = [each for each in module.modules() if isinstance(each, torch.nn.modules.batchnorm._BatchNorm)]
    hooks = [norm.register_forward_pre_hook(measure) for norm in norms]
    with torch.no_grad():
        module(x)
    for hook in hooks:
        hook.remove()


def counted(module: Any, x: Any) -> tuple[int, list[Any]]:
    """PyTorch's count of MACs, and the module's outputs."""
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        given = module(x)
    return counter.get_total_flops() // 2, list(given.values()) if isinstance(given, dict) else [given]


def held_in_values(network: cnncalc.Network, x: Any, wanted: list[Any]) -> None:
    for array, each in zip(network.run(x.numpy()).values(), wanted, strict=True):
        own = each.numpy()
        assert np.abs(array.reshape(own.shape) - own).max() <= 1e-4 * np.abs(own).max()


@pytest.mark.parametrize("name", MODELS)
def test_numbers_and_values(name: str) -> None:
    module = made(name).double()
    # in float64, where rounding tells a wrong value from a right one also behind fifty layers
    x = torch.randn(1, *MODELS[name]).double()
    calibrated(module, x)
    network = cnncalc.load(torch.export.export(module, (x,)))
    totals = network.analyze().totals
    assert totals.params == sum(parameter.numel() for parameter in module.parameters())
    macs, wanted = counted(module, x)
    assert totals.macs == macs
    held_in_values(network, x, wanted)
    again = load_text(network.spec(), "again.yaml")
    rows, others = (
        [(row.kind, row.output_shape, row.params, row.macs) for row in each.analyze(layout="hwc").layers]
        for each in (network, again)
    )
    assert others == rows


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("resnet50", 60),
        ("vgg16", 40),
        ("densenet121", 60),
        ("mobilenet_v2", 60),
        ("googlenet", 90),
        ("swin_t", 120),
        ("yolov8n", 120),
    ],
)
def test_a_spec_is_as_long_as_a_person_writes_it(name: str, lines: int) -> None:
    models = importlib.import_module("torchvision.models")
    options = {"init_weights": False} if name in ("googlenet", "vgg16") else {}
    side = 224
    if name == "yolov8n":
        from yolo import Yolo

        module, side = Yolo(), 320
        assert sum(each.numel() for each in module.parameters()) == 3_157_200
    else:
        module = getattr(models, name)(**options)
    network = cnncalc.load(torch.export.export(module.eval(), (torch.zeros(1, 3, side, side),)))
    text = network.spec()
    assert text.count("\n") <= lines
    assert load_text(text, "again.yaml").analyze().totals.macs == network.analyze().totals.macs


@pytest.mark.parametrize("dynamo", [False, True])
@pytest.mark.parametrize(
    "name", ["torchvision.mnasnet0_5", "torchvision.segmentation.lraspp_mobilenet_v3_large"]
)
def test_onnx_files_of_both_exporters(name: str, dynamo: bool, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    module, x = made(name), torch.randn(1, *MODELS[name])
    calibrated(module, x)
    file = tmp_path / "net.onnx"
    torch.onnx.export(module, (x,), str(file), dynamo=dynamo, opset_version=18)
    network = cnncalc.load(file)
    totals = network.analyze().totals
    macs, wanted = counted(module, x)
    assert totals.macs == macs
    # batch norms are folded into convolutions: the arrays that the file stores are what it has
    stored = onnx.load(file, load_external_data=False).graph.initializer
    kinds = (onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE)
    assert totals.params + totals.buffers == sum(
        math.prod(each.dims) for each in stored if each.data_type in kinds
    )
    held_in_values(network, x, wanted)
