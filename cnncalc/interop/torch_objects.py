"""PyTorch's modules and exported programs as they are in Python: exported, and read as a .pt2 is."""

import warnings
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

from cnncalc.errors import UsageError
from cnncalc.interop.archive import Archive
from cnncalc.interop.model import Model
from cnncalc.interop.pt2 import ExportedModel
from cnncalc.spec.document import read_shape


def read_object(model: Any, input: Any) -> Model:
    """An nn.Module or an ExportedProgram as a model; `input` is a shape (C, H, W) or maps names to shapes.

    A module is exported in evaluation mode, on one sample. Raises UsageError where it can't be exported.
    """
    import torch

    if isinstance(model, torch.export.ExportedProgram):
        program = model
    elif isinstance(model, torch.nn.Module):
        program = _exported(torch, model, input)
    else:
        raise UsageError(f"a {type(model).__name__} is no network", "an nn.Module or an ExportedProgram")
    meta = {name: array for name, array in program.state_dict.items() if array.is_meta}
    if meta:
        program = _materialised(torch, program, meta)
    file = BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what PyTorch thinks of its own format
        torch.export.save(program, file)
    read = ExportedModel(Archive(file, f"<{type(model).__name__}>"))
    read.name = type(model).__name__ if isinstance(model, torch.nn.Module) else ""
    if meta:
        read.has_values = False
    return read


def _materialised(torch: Any, program: Any, meta: Mapping[str, Any]) -> Any:
    """The program with an array of its own for each of `meta`, which PyTorch would save as one."""
    from copy import copy

    made = {}
    for array in meta.values():
        made[id(array)] = torch.zeros_like(array, device="cpu")
        if isinstance(array, torch.nn.Parameter):
            made[id(array)] = torch.nn.Parameter(made[id(array)], requires_grad=array.requires_grad)
    given = {name: made.get(id(array), array) for name, array in program.state_dict.items()}
    program = copy(program)
    program._state_dict = given  # noqa: SLF001 - nothing public sets an array
    return program


def _exported(torch: Any, module: Any, input: Any) -> Any:
    if input is None:
        raise UsageError("a module is traced on an input: of which shape?", "such as input='3x224x224'")
    training = module.training
    module.eval()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an LSTM's own attributes, say
            return _traced(torch, module, input, torch.zeros)
    except UsageError:
        raise
    except Exception as error:  # noqa: BLE001 - a module may raise anything
        try:
            return _traced(torch, module, input, lambda *shape: torch.zeros(*shape, dtype=torch.long))
        except Exception:  # noqa: BLE001 - the first error is the one that is told
            told = f"{type(error).__name__}: {str(error).strip().splitlines()[0][:300] if str(error) else ''}"
            help = "the shape of one sample, (C, H, W) of an image"
            raise UsageError(f"the module can't be exported: {told}", help, "failed_export") from None
    finally:
        module.train(training)


def _traced(torch: Any, module: Any, input: Any, zeros: Callable[..., Any]) -> Any:
    """The program of a module on inputs of zeros, which are where the module's arrays are."""
    device = next((array.device for array in (*module.parameters(), *module.buffers())), None)
    if isinstance(input, Mapping):
        named = {name: zeros(1, *read_shape(shape, "hwc")).to(device) for name, shape in input.items()}
        return torch.export.export(module, (), named)
    return torch.export.export(module, (zeros(1, *read_shape(input, "hwc")).to(device),))
