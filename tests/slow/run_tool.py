"""Runs one counting tool on networks built from specs: `python run_tool.py TOOL < cases.json > counts.json`.

A process for each tool: they replace PyTorch's own functions and corrupt one another.
"""

import contextlib
import io
import json
import sys
import warnings
from typing import Any

# ptflops and calflops import them if they are there; torchvision's operators don't load beside every PyTorch
sys.modules["torchvision"] = None  # type: ignore[assignment]
sys.modules["timm"] = None  # type: ignore[assignment]

import torch  # noqa: E402 - after the line above
import torch_build  # noqa: E402

import cnncalc  # noqa: E402


def torchinfo(model: Any, inputs: list[Any]) -> int:
    from torchinfo import summary

    return int(summary(model, input_data=inputs, verbose=0).total_mult_adds)


def thop(model: Any, inputs: list[Any]) -> int:
    from thop import profile

    return int(profile(model, inputs=tuple(inputs), verbose=False)[0])


def fvcore(model: Any, inputs: list[Any]) -> int:
    from fvcore.nn import FlopCountAnalysis

    analysis = FlopCountAnalysis(model, tuple(inputs))
    analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    return int(analysis.total())


def calflops(model: Any, inputs: list[Any]) -> int:
    from calflops import calculate_flops

    # it asks the first parameter which device it is on, and leaves its hooks behind where there is none
    model.register_parameter("spare", torch.nn.Parameter(torch.zeros(())))
    return int(calculate_flops(model, args=inputs, output_as_string=False, print_results=False)[0])


def ptflops(model: Any, inputs: list[Any]) -> int:
    from ptflops.pytorch_engine import get_flops_pytorch

    class Whole(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, x: Any) -> Any:
            return self.model(*inputs)

    # several inputs go past it: it knows of one, by which it counts the samples
    return int(get_flops_pytorch(Whole(), tuple(inputs[0].shape[1:]), print_per_layer_stat=False)[0])


def torch_(model: Any, inputs: list[Any]) -> int:
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(*inputs)
    return int(counter.get_total_flops())


def main() -> None:
    tool = {"torch": torch_}.get(sys.argv[1]) or globals()[sys.argv[1]]
    torch.set_num_threads(2)
    counts: dict[str, int | str | None] = {}
    for name, spec in json.load(sys.stdin).items():
        report = cnncalc.load(spec).analyze()
        try:
            model = torch_build.build(report)
        except torch_build.UnbuildableError:
            counts[name] = None
            continue
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                counts[name] = tool(model, torch_build.data(report.graph))
        except Exception as error:  # noqa: BLE001 - told by the test, with the name of the case
            counts[name] = f"{type(error).__name__}: {error}"[:300]
    json.dump(counts, sys.stdout)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
