"""The sizes of a foreign model's inputs: those that the model fixes, and those that the user gives."""

from collections.abc import Mapping
from typing import Any

from cnncalc.errors import Fault, LayerError, Place, SpecError, UsageError, did_you_mean
from cnncalc.interop.model import Model
from cnncalc.layers.support.base import in_layout
from cnncalc.spec.document import read_shape


def known_inputs(model: Model, given: Any, layout: str | None) -> dict[str, tuple[int, ...]]:
    """Input name -> shape in the model's layout, with every size known.

    `given` is a shape, or a mapping name -> shape, written in `layout`, else in the model's. Raises SpecError
    that names every open size, UsageError for a name or a shape that can't be.
    """
    named = _named(model, given)
    shapes, faults = {}, []
    for name, own in model.inputs.items():
        if name in named:
            shapes[name] = _given_shape(model, name, named[name], layout)
        elif None in own:
            faults.append(_open(model, name, own))
        else:
            shapes[name] = tuple(size for size in own if size is not None)
    if faults:
        raise SpecError(*faults)
    return shapes


def _named(model: Model, given: Any) -> dict[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        if len(model.inputs) > 1:
            names = ", ".join(model.inputs)
            message = f"the network has {len(model.inputs)} inputs, {names}: which of them is meant?"
            raise SpecError(
                Fault("which_input", message, f"such as --input {next(iter(model.inputs))}=32x32x3")
            )
        return dict.fromkeys(model.inputs, given)
    for name in given:
        if name not in model.inputs:
            help = did_you_mean(str(name), model.inputs, "its inputs")
            raise UsageError(f"the network has no input {name}", help, "unknown_name")
    return dict(given)


def _given_shape(model: Model, name: str, given: Any, layout: str | None) -> tuple[int, ...]:
    own = model.inputs[name]
    try:
        shape = in_layout(read_shape(given, layout or model.layout), model.layout)
    except LayerError as error:
        raise SpecError(error.about("input").fault) from None
    if len(shape) != len(own):
        message = f"{name} has {len(own)} dimensions, {written(own)}, and {written(shape)} has {len(shape)}"
        raise UsageError(message, f"such as --input {written(_example(own))}", "wrong_rank")
    return shape


def _open(model: Model, name: str, own: tuple[int | None, ...]) -> Fault:
    message = f"the model leaves sizes of its input open: {name} is {written(own)}"
    shape = written(_example(own))
    given = shape if len(model.inputs) == 1 else f"{name}={shape}"
    return Fault("open_size", message, f"say them, such as --input {given}", Place(model.file))


def _example(own: tuple[int | None, ...]) -> tuple[int, ...]:
    """The same with usual numbers in the open places."""
    return tuple(224 if size is None else size for size in own)


def written(shape: tuple[int | None, ...]) -> str:
    """A shape as errors show it, open sizes as question marks.

    >>> written((3, None, None))
    '3x?x?'
    """
    return "x".join("?" if size is None else str(size) for size in shape) or "one number"
