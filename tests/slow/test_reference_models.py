"""The built-in architectures against models that know nothing of them: PyTorch's, torchvision's, Keras's.

Compared are the totals and, in order, every layer that has parameters: the shape of its output, its
parameters and MACs.
"""

import importlib
import math
from collections import Counter
from typing import Any, NamedTuple

import pytest

import cnncalc

torch: Any = pytest.importorskip("torch")
reference: Any = pytest.importorskip("reference_models")

pytestmark = pytest.mark.slow


class Row(NamedTuple):
    """What is compared of a layer."""

    shape: tuple[int, ...]
    params: int
    macs: int


def measured(model: Any, shape: tuple[int, ...]) -> list[Row]:
    """The modules that have parameters, as PyTorch calls them, on its device that computes shapes alone."""
    rows: list[Row] = []

    def hook(module: Any, inputs: tuple[Any, ...], output: Any) -> None:
        params = sum(parameter.numel() for parameter in module.parameters(recurse=False))
        if not params or not isinstance(output, torch.Tensor):
            return
        out = tuple(output.shape[1:])
        if type(module) not in {torch.nn.Linear, torch.nn.LayerNorm}:  # those have the channels last
            out = (*out[1:], out[0])
        macs = 0
        if isinstance(module, torch.nn.Linear) or hasattr(module, "kernel_size"):
            each = inputs[0] if "Transpose" in type(module).__name__ else output
            macs = each[0].numel() * module.weight[0].numel()
        rows.append(Row(out, params, macs))

    for module in model.modules():
        module.register_forward_hook(hook)
    with torch.no_grad():
        model(torch.zeros(2, *shape, device="meta"))
    return rows


def both(name: str, model: Any, shape: tuple[int, ...], **variables: float) -> tuple[list[Row], list[Row]]:
    """The layers that have parameters: ours and the model's."""
    report = cnncalc.load(name).analyze(variables=variables)
    assert report.totals.params == sum(parameter.numel() for parameter in model.parameters())
    ours = [Row(tuple(it.output_shape), it.params, it.macs) for it in report.layers if it.params]
    return ours, measured(model, shape)


@pytest.mark.parametrize("name", reference.MODELS)
def test_pytorch(name: str) -> None:
    build, shape = reference.MODELS[name]
    with torch.device("meta"):
        ours, theirs = both(name, build().eval(), shape)
    assert ours == theirs


def torchvision_models() -> Any:
    """torchvision's models, also where a CPU-only PyTorch can't load the operators of torchvision's wheel.

    The models compared use none of them; naming two lets the import go through.
    """
    try:
        torchvision: Any = pytest.importorskip("torchvision")
    except RuntimeError:
        library = torch.library.Library("torchvision", "FRAGMENT")
        for operator in ("nms", "qnms"):
            library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        torchvision = importlib.import_module("torchvision")
    return torchvision.models


TORCHVISION: dict[str, tuple[str, dict[str, Any]]] = {
    "alexnet-torchvision": ("alexnet", {}),
    "vgg11": ("vgg11", {}),
    "vgg11-lrn": ("vgg11", {}),
    "vgg13": ("vgg13", {}),
    "vgg16": ("vgg16", {}),
    "vgg19": ("vgg19", {}),
    "googlenet": ("googlenet", {"aux_logits": False, "init_weights": False}),
    "inception-v3": ("inception_v3", {"aux_logits": False, "init_weights": False}),
    "resnet18": ("resnet18", {}),
    "resnet34": ("resnet34", {}),
    "resnet50": ("resnet50", {}),
    "resnet101": ("resnet101", {}),
    "resnet152": ("resnet152", {}),
    "resnext50": ("resnext50_32x4d", {}),
    "densenet121": ("densenet121", {}),
    "densenet169": ("densenet169", {}),
    "densenet201": ("densenet201", {}),
    "mobilenet-v2": ("mobilenet_v2", {}),
    "mobilenet-v3-large": ("mobilenet_v3_large", {}),
    "squeezenet": ("squeezenet1_0", {}),
    "squeezenet1-1": ("squeezenet1_1", {}),
    "efficientnet-b0": ("efficientnet_b0", {}),
    "convnext-tiny": ("convnext_tiny", {}),
}


@pytest.mark.parametrize("name", TORCHVISION)
def test_torchvision(name: str) -> None:
    function, options = TORCHVISION[name]
    size = 299 if name == "inception-v3" else 224
    with torch.device("meta"):
        model = getattr(torchvision_models(), function)(weights=None, **options).eval()
        ours, theirs = both(name, model, (3, size, size))
    assert ours == theirs


@pytest.mark.parametrize(("name", "size"), [("googlenet", 224), ("inception-v3", 299)])
def test_torchvision_with_heads(name: str, size: int) -> None:
    build = getattr(torchvision_models(), name.replace("-", "_"))
    with torch.device("meta"):
        ours, theirs = both(name, build(weights=None, init_weights=False).train(), (3, size, size), aux=1)
    assert ours == theirs


@pytest.mark.parametrize("aux", [0, 1])
def test_torchvision_deeplab(aux: int) -> None:
    build = torchvision_models().segmentation.deeplabv3_resnet50
    with torch.device("meta"):
        model = build(weights=None, weights_backbone=None, aux_loss=bool(aux)).eval()
        ours, theirs = both("deeplab", model, (3, 520, 520), aux=aux)
    assert Counter(ours) == Counter(theirs)  # the head comes last there


def test_torchvision_fpn() -> None:
    build = torchvision_models().detection.backbone_utils.resnet_fpn_backbone
    with torch.device("meta"):
        model = build(backbone_name="resnet101", weights=None, norm_layer=torch.nn.BatchNorm2d).eval()
        ours, theirs = both("resnet101-fpn", model, (3, 800, 1344))
    assert ours == theirs


@pytest.mark.parametrize("classes", [21, 91])
def test_torchvision_ssd(classes: int) -> None:
    build = torchvision_models().detection.ssd300_vgg16
    with torch.device("meta"):
        model = build(weights=None, weights_backbone=None, num_classes=classes).eval()
        model.forward = lambda x: model.head(list(model.backbone(x).values()))  # no arithmetic of boxes
        ours, theirs = both("ssd300", model, (3, 300, 300), classes=classes)
    ours.remove(Row((38, 38, 512), 512, 0))  # the scale of conv4_3, which is no module there
    assert Counter(ours) == Counter(theirs)  # the heads come last there


# Ours with variables, Keras's with options, and how many parameters it has more: its ResNets have biases in
# their convolutions, its Inception v3 has no scales in batch norm.
KERAS: list[tuple[str, dict[str, float], str, dict[str, float], int]] = [
    ("vgg16", {}, "VGG16", {}, 0),
    ("vgg19", {}, "VGG19", {}, 0),
    ("inception-v3", {}, "InceptionV3", {}, -17_216),
    ("resnet50", {"v1": 1}, "ResNet50", {}, 26_560),
    ("resnet101", {"v1": 1}, "ResNet101", {}, 52_672),
    ("resnet152", {"v1": 1}, "ResNet152", {}, 75_712),
    ("densenet121", {}, "DenseNet121", {}, 0),
    ("densenet169", {}, "DenseNet169", {}, 0),
    ("densenet201", {}, "DenseNet201", {}, 0),
    ("mobilenet-v1", {}, "MobileNet", {}, 0),
    ("mobilenet-v1", {"width": 0.75, "resolution": 192}, "MobileNet", {"alpha": 0.75}, 0),
    ("mobilenet-v1", {"width": 0.25, "resolution": 128}, "MobileNet", {"alpha": 0.25}, 0),
    ("mobilenet-v1", {"width": 0.33, "resolution": 160}, "MobileNet", {"alpha": 0.33}, 0),
    ("mobilenet-v2", {}, "MobileNetV2", {}, 0),
    ("mobilenet-v3-large", {}, "MobileNetV3Large", {}, 0),
    ("efficientnet-b0", {}, "EfficientNetB0", {}, 0),
    ("xception", {}, "Xception", {}, 0),
    ("convnext-tiny", {}, "ConvNeXtTiny", {}, 0),
]


def strip(shape: tuple[int, ...]) -> tuple[int, ...]:
    """A vector, or a map of one position: where one has the one, another has the other."""
    return shape[-1:] if math.prod(shape[:-1]) == 1 else shape


def published(model: Any) -> Counter[Row]:
    """The kernels of a Keras model: their layer's output, their own size and their MACs."""
    rows: Counter[Row] = Counter()
    for layer in (layer for outer in model.layers for layer in getattr(outer, "layers", [outer])):
        for kernel in (weight for weight in layer.weights if weight.name.endswith("kernel")):
            *positions, channels = layer.output.shape[1:]
            if kernel.name.startswith("depthwise"):  # the first half of a separable convolution
                channels = kernel.shape[2] * kernel.shape[3]
            size = math.prod(kernel.shape)
            rows[Row(strip((*positions, channels)), size, size * math.prod(positions))] += 1
    return rows


@pytest.mark.parametrize(("name", "variables", "function", "options", "more"), KERAS)
def test_keras(
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    variables: dict[str, float],
    function: str,
    options: dict[str, float],
    more: int,
) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    keras: Any = pytest.importorskip("keras")
    report = cnncalc.load(name).analyze(variables=variables)
    with keras.device("meta"):
        build = getattr(keras.applications, function)
        model = build(weights=None, input_shape=report.graph.inputs[0].shape, **options)
    ours = Counter(Row(strip(tuple(it.output_shape)), it.weights, it.macs) for it in report.layers if it.macs)
    assert ours == published(model)
    assert report.totals.params + more == sum(math.prod(weight.shape) for weight in model.trainable_weights)
