"""One counting tool on ResNet-50, in a process of its own: `python tools.py TOOL [FILE]`.

Prints, as JSON, what the tool counts and the processor seconds that it took with the model in memory. FILE is
the network as ONNX, for `onnx`.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import warnings
from collections.abc import Callable
from time import process_time
from typing import Any

# ptflops imports it where it is there, and its own operators are not built for every PyTorch
sys.modules["torchvision"] = None  # type: ignore[assignment]

SHAPE = (1, 3, 224, 224)


def resnet50() -> Any:
    """ResNet-50 as one writes it in PyTorch: He et al. (2015), with the stride in the 3x3 convolution."""
    from torch import nn

    def conv(inputs: int, outputs: int, kernel: int = 1, stride: int = 1) -> list[nn.Module]:
        plain = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        return [plain, nn.BatchNorm2d(outputs)]

    class Unit(nn.Module):
        def __init__(self, inputs: int, width: int, stride: int) -> None:
            super().__init__()
            first, second = conv(inputs, width), conv(width, width, 3, stride)
            self.path = nn.Sequential(*first, nn.ReLU(), *second, nn.ReLU(), *conv(width, 4 * width))
            widens = inputs != 4 * width
            self.shortcut = nn.Sequential(*(conv(inputs, 4 * width, 1, stride) if widens else ()))
            self.relu = nn.ReLU()

        def forward(self, x: Any) -> Any:
            return self.relu(self.path(x) + self.shortcut(x))

    units, inputs = [], 64
    for stage, (width, times) in enumerate(((64, 3), (128, 4), (256, 6), (512, 3))):
        for at in range(times):
            units.append(Unit(inputs, width, 2 if stage and not at else 1))
            inputs = 4 * width
    stem = [*conv(3, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    return nn.Sequential(*stem, *units, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2048, 1000)).eval()


Counted = tuple[Callable[[], Any], Callable[[Any], int]]
"""What the tool does, and the number that it gives."""


def with_torch(count: Callable[[Any, Any], Any], total: Callable[[Any], Any]) -> Counted:
    """A tool that runs a PyTorch model."""
    import torch

    model, x = resnet50(), torch.zeros(SHAPE)
    with torch.no_grad():
        model(x)  # makes the libraries ready, which is no part of the count
    return lambda: count(model, x), lambda found: int(total(found))


def torchinfo() -> Counted:
    """torchinfo's summary."""
    from torchinfo import summary

    return with_torch(
        lambda model, x: summary(model, input_data=x, verbose=0), lambda found: found.total_mult_adds
    )


def thop() -> Counted:
    """thop's profile."""
    from thop import profile

    return with_torch(lambda model, x: profile(model, inputs=(x,), verbose=False), lambda found: found[0])


def fvcore() -> Counted:
    """fvcore's FlopCountAnalysis."""
    from fvcore.nn import FlopCountAnalysis

    def count(model: Any, x: Any) -> Any:
        quiet = FlopCountAnalysis(model, x).unsupported_ops_warnings(False)
        return quiet.uncalled_modules_warnings(False).total()

    return with_torch(count, int)


def calflops() -> Counted:
    """calflops's calculate_flops."""
    from calflops import calculate_flops

    return with_torch(
        lambda model, x: calculate_flops(model, args=[x], output_as_string=False, print_results=False),
        lambda found: found[0],
    )


def ptflops() -> Counted:
    """ptflops's get_flops_pytorch, the backend pytorch."""
    from ptflops.pytorch_engine import get_flops_pytorch

    return with_torch(
        lambda model, x: get_flops_pytorch(model, tuple(x.shape[1:]), print_per_layer_stat=False),
        lambda found: found[0],
    )


def torch() -> Counted:
    """PyTorch's FlopCounterMode."""
    from torch.utils.flop_counter import FlopCounterMode

    def count(model: Any, x: Any) -> Any:
        import torch

        with FlopCounterMode(display=False) as counter, torch.no_grad():
            model(x)
        return counter

    return with_torch(count, lambda found: found.get_total_flops())


def keras() -> Counted:
    """Keras's own ResNet50, with biases, and its summary: parameters alone."""
    import keras

    model = keras.applications.ResNet50(weights=None)
    return model.summary, lambda _: int(model.count_params())


def onnx() -> Counted:
    """ONNX's shape inference, shapes alone; then the sizes of the weights."""
    import math

    import onnx

    model = onnx.load(sys.argv[2])
    weights = sum(math.prod(tensor.dims) for tensor in model.graph.initializer)
    return lambda: onnx.shape_inference.infer_shapes(model), lambda _: weights


def cnncalc() -> Counted:
    """This package, from Python."""
    import cnncalc

    cnncalc.load("lenet5").analyze().totals.to_dict()

    def counted() -> dict[str, Any]:
        return cnncalc.load("resnet50").analyze().totals.to_dict()

    return counted, lambda totals: int(totals["macs"])


TOOLS = {
    each.__name__: each for each in (cnncalc, torchinfo, thop, fvcore, calflops, ptflops, torch, keras, onnx)
}


def main() -> None:
    """Count, and print."""
    with contextlib.redirect_stdout(io.StringIO()):
        count, total = TOOLS[sys.argv[1]]()
        start = process_time()
        found = count()
        seconds = process_time() - start
    print(json.dumps({"total": total(found), "seconds": seconds}))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
