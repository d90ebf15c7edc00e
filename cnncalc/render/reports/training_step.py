"""One training step by hand: products forwards, the loss, gradients backwards, the new weights."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cnncalc.languages import Message
from cnncalc.render.document import Block, Code, Document, Matrix, Paragraph, Section, Steps
from cnncalc.render.json_text import json_text
from cnncalc.render.reports.matrices import maps, number, products, step

if TYPE_CHECKING:
    from cnncalc.execute.training import Stage, TrainingStep


def training_document(done: "TrainingStep") -> Document:
    """The step, layer by layer: forwards, then backwards."""
    blocks: list[Block] = [Section(Message("train.forward"), [])]
    blocks += [_forward(stage) for stage in done.stages]
    if done.loss is not None:
        loss = done.loss
        line = ("L = ", Code(loss.formula), " = ", Code(loss.numbers), f" = {number(loss.value)}")
        blocks.append(Section(Message("train.loss"), [Paragraph(line)]))
    last = done.stages[-1]
    if last.gradient is not None:
        blocks.append(Section(Message("train.dl_dy", name=last.name), list(_values(last.gradient))))
        blocks += [_backward(stage) for stage in reversed(done.stages)]
    if done.rate is not None:
        updated = [
            Section(f"{stage.name}.{name}", list(_array(array)), level=2)
            for stage in done.stages
            for name, array in stage.updated.items()
        ]
        blocks.append(Section(Message("train.updated", rate=f"{done.rate:g}"), updated))
    return Document(blocks, data=lambda: iter([json_text(done.to_dict(), ascii=True)]), explains=True)


def _shape(array: Any) -> str:
    shape = array.shape[:-1] if array.ndim > 1 and array.shape[-1] == 1 else array.shape
    return "x".join(map(str, shape))


def _values(array: Any) -> Iterator[Block]:
    """A vector in a row, or maps (positions ..., maps) one by one."""
    if array.ndim == 1:
        yield Matrix([[number(value) for value in array.tolist()]])
    else:
        yield from maps(array)


def _array(array: Any) -> Iterator[Block]:
    """An array of weights: a vector, the rows of units, or the kernels (filters, maps, taps ...)."""
    if array.ndim <= 2:
        yield Matrix(
            [[number(value) for value in row] for row in array.reshape(-1, array.shape[-1]).tolist()]
        )
        return
    kernels = array.reshape(-1, *array.shape[2:])
    for kernel in kernels:
        rows = kernel.reshape(-1, kernel.shape[-1]).tolist()
        yield Matrix([[number(value) for value in row] for row in rows])


def _forward(stage: "Stage") -> Section:
    several = stage.output.ndim > 1 and stage.output.shape[-1] > 1
    lines = [step(window, stage.layer.pools or None, None, several=several) for window in stage.windows]
    blocks: list[Block] = [Steps(lines)] if lines else []
    title = Message("train.layer", name=stage.name, shape=_shape(stage.output))
    return Section(title, [*blocks, *_values(stage.output)])


def _backward(stage: "Stage") -> Section:
    inner: list[Block] = []
    for name, array in stage.gradients.items():
        shown = list(_values(array) if name == "input" else _array(array))
        if sums := stage.terms.get(name):
            shown.insert(0, Steps(_sums(sums, array, name)))
        elif name == "input":
            shown = [*(Paragraph(Message(f"train.{how}")) for how in _how(stage)), *shown]
        title = (
            Message("train.input")
            if name == "input"
            else Message("train.array", array=f"{stage.name}.{name}")
        )
        inner.append(Section(title, shown, level=2))
    return Section(Message("train.back", name=stage.name), inner)


def _how(stage: "Stage") -> Sequence[str]:
    """How a gradient goes back through a layer without weights."""
    if stage.layer.pools in ("max", "avg"):
        return (stage.layer.pools,)
    return ("activation",) if stage.layer.is_activation else ()


def _sums(
    sums: Mapping[tuple[int, ...], Sequence[tuple[float, float]]], array: Any, name: str
) -> list[tuple[str, str]]:
    """The products of each value, at its place without the numbers that are the same for all."""
    cut = slice(None)
    if name == "input" and array.ndim > 1 and array.shape[-1] == 1:
        cut = slice(-1)
    elif name == "weight" and array.ndim > 2 and array.shape[0] * array.shape[1] == 1:
        cut = slice(2, None)
    return [products(at[cut] if array.ndim > 1 else at, terms) for at, terms in sorted(sums.items())]
