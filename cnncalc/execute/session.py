"""Runs for the command: files in, a run or a convolution, files out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from cnncalc.errors import LayerError, UsageError, unknown_choice
from cnncalc.execute.convolve import Worked, convolve, convolve_transposed, named_kernel, pool, with_maps
from cnncalc.execute.executor import Executor, Track, draw_weights
from cnncalc.execute.files import IMAGES, is_signal, read_array, read_matrix, read_weights, write_arrays
from cnncalc.execute.images import AS_THEY_ARE, Pixels
from cnncalc.execute.inputs import random_inputs, written
from cnncalc.execute.training import TrainingStep, in_order, train
from cnncalc.execute.values import Numbers
from cnncalc.execute.weights import by_order, check
from cnncalc.layers import find
from cnncalc.layers.support.base import in_layout
from cnncalc.spec.compact import read as read_compact

if TYPE_CHECKING:
    from cnncalc.analysis.report import Report
    from cnncalc.graph import Graph

MOST_STEPS = 10_000
"""The most products that are written out."""


class Session(NamedTuple):
    """The results of a run; `maps` are the maps that were to be kept."""

    outputs: dict[str, Numbers]
    maps: dict[str, Numbers]
    layout: str


def forward(
    report: Report,
    *,
    dtype: str = "float32",
    data: Sequence[str] = (),
    pixels: Pixels = AS_THEY_ARE,
    weights: str | None = None,
    by: str = "name",
    seed: int = 0,
    save: str | None = None,
    keep: bool = False,
    track: Track | None = None,
) -> Session:
    """Runs the network of a report on files, or on inputs drawn by a seed, and saves its maps."""
    layout = report.settings.layout
    if dtype not in ("float32", "float64"):
        raise unknown_choice(dtype, "what networks are run in", ("float32", "float64"))
    given = given_weights(report, weights, by)
    x = given_inputs(report, data, pixels, seed, np.dtype(dtype))
    maps: dict[str, Numbers] = {}
    watch = maps.__setitem__ if save is not None or keep else None
    executor = Executor(report.graph, report.facts, layout)
    found = executor.run(x, given, seed, watch, track)
    if save is not None:
        batched = x is not None and any(
            x[s.name].ndim > len(s.shape) for s in report.graph.inputs if s.name in x
        )
        # a picture is of the first sample
        first = batched and save.lower().endswith(".png")
        write_arrays(save, {name: each[0] if first else each for name, each in maps.items()}, layout)
    return Session(found, maps, layout)


def given_weights(report: Report, file: str | None, by: str) -> Mapping[str, Any] | None:
    """The weights in a file, by name or by order; else those that come with the network, None without any."""
    if by not in ("name", "order"):
        raise unknown_choice(by, "how weights are found", ("name", "order"))
    if file is None:
        return report.graph.provenance.weights
    arrays = read_weights(file)
    return by_order(arrays, report.graph, report.facts) if by == "order" else arrays


def all_weights(
    report: Report, file: str | None = None, by: str = "name", seed: int = 0
) -> dict[str, Numbers]:
    """Every weight of a network by its name: as `given_weights`, else drawn by the seed."""
    given = given_weights(report, file, by)
    if given is None:
        return draw_weights(report.graph, report.facts, seed).arrays
    return check(given, report.graph, report.facts)


@np.errstate(all="ignore")
def given_inputs(
    report: Report,
    files: Sequence[str],
    pixels: Pixels,
    seed: int = 0,
    dtype: np.dtype[Any] = np.dtype(np.float32),  # noqa: B008 - a type of NumPy's, which nobody changes
) -> dict[str, Numbers] | None:
    """The inputs of a run, from files; None where they are random as they come."""
    sources, layout = report.graph.inputs, report.settings.layout
    if pixels != AS_THEY_ARE and not any(Path(file).suffix.lower() in IMAGES for file in files):
        raise UsageError("--mean, --std, --white and --fit are for images", "such as --data cat.png")
    if not files and dtype == np.float32:
        return None
    if not files:
        drawn = zip(sources, random_inputs(report.graph, seed), strict=True)
        found = {s.name: written(report.graph, s.name, x, layout, batched=False) for s, x in drawn}
    else:
        pairs = [entry.partition("=") if "=" in entry else (sources[0].name, "", entry) for entry in files]
        shapes = {source.name: source.shape for source in sources}
        found = {}
        for name, _, file in pairs:
            shape = shapes.get(name, ())
            image = len(shape) == 3 and Path(file).suffix.lower() in IMAGES
            array = pixels.array(file, shape) if image else read_array(file)
            found[name] = _fitted(array, file, shape, layout)
    return {name: x.astype(dtype) if x.dtype.kind != "i" else x for name, x in found.items()}


def _fitted(array: Numbers, file: str, shape: tuple[int, ...], layout: str) -> Numbers:
    """An image, or a matrix that is one map, in the layout that the network wants."""
    image = array.ndim == 3 and Path(file).suffix.lower() not in (".npy", ".npz")
    if image and layout == "chw":
        array = np.moveaxis(array, -1, 0)
    one_map = len(shape) > 1 and shape[-1] == 1 and array.shape == shape[:-1]
    return array.reshape(in_layout(shape, layout)) if one_map else array


@np.errstate(all="ignore")
def by_hand(
    image: str,
    kernels: Sequence[str],
    how: str | None,
    gradient: str | None,
    options: Mapping[str, Any],
    *,
    steps: bool,
    matrix: str = "",
    output_padding: int | None = None,
) -> Worked:
    """Convolves or pools numbers that are typed, numbers of a file, or an image.

    With an `output_padding`, the transposed convolution; `matrix` as `convolve` takes it.
    """
    x, signal = read_typed(image)
    rank = 1 if signal or x.ndim == 1 else 2
    dl_dy = None if gradient is None else _gradient(gradient, rank)
    rest = {name: value for name, value in options.items() if value is not None}
    if output_padding is not None:
        if how or gradient is not None or options["activation"] or options["true_convolution"]:
            raise UsageError("--transposed goes with kernels, --stride, --padding, --dilation and --bias")
        plain_options = {
            name: rest[name] for name in ("stride", "padding", "dilation", "bias") if name in rest
        }
        return convolve_transposed(
            x,
            *(_kernel(text, rank) for text in kernels),
            **plain_options,
            output_padding=output_padding,
            signal=signal,
            matrix=bool(matrix),
        )
    if how is not None:
        if matrix:
            raise UsageError("--matrix and --im2col do not go with --pool")
        for name, plain in (
            ("dilation", "1"),
            ("bias", 0.0),
            ("true_convolution", False),
            ("activation", None),
        ):
            if options[name] != plain:
                raise UsageError(f"--{name.replace('_', '-')} does not go with --pool")
        if len(kernels) > 1:
            raise UsageError("a pooling has one window", "such as 2, or 2x3")
        work = pool(
            x,
            kernels[0],
            how,
            stride=options["stride"],
            padding=options["padding"],
            gradient=dl_dy,
            signal=signal,
            steps=steps,
        )
    else:
        weights = [_kernel(text, rank) for text in kernels]
        products = weights[0].size * x.size * len(weights)
        if steps and products > MOST_STEPS:
            raise UsageError(
                f"about {products:,} products are too many to write out",
                "leave --steps out",
                code="too_large",
            )
        work = convolve(x, *weights, **rest, gradient=dl_dy, signal=signal, steps=steps, matrix=matrix)
    return work


def read_typed(text: str) -> tuple[Numbers, bool]:
    """Numbers as typed or from a file, and whether they are a signal of several maps."""
    if Path(text).suffix and Path(text).is_file():
        return read_array(text), False
    if not any(c.isdigit() for c in text) or Path(text).suffix.lower() in (
        ".npy",
        ".csv",
        ".txt",
        ".png",
        ".jpg",
    ):
        raise UsageError(
            f"there is no file {text!r}, and no numbers are in it",
            'such as "1 0 1; 0 1 0"',
            code="bad_matrix",
        )
    return read_matrix(text), is_signal(text)


def _kernel(text: str, rank: int) -> Numbers:
    is_name = text.replace("-", "").replace("_", "").isalpha() and not Path(text).is_file()
    return named_kernel(text, rank) if is_name else _of_rank(text, rank)


def _gradient(text: str, rank: int) -> Numbers:
    array = _of_rank(text, rank)
    return array.reshape(()) if array.size == 1 else with_maps(array, signal=rank == 1)


def _of_rank(text: str, rank: int) -> Numbers:
    """The kernel that goes with an image: a single row is then a matrix of one row, and no signal."""
    array, signal = read_typed(text)
    return array[None] if rank > 1 and (signal or array.ndim == 1) else array


def write_maps(file: str, work: Worked) -> None:
    """The output, as an array or as a picture."""
    write_arrays(file, {"output": work.output})


@np.errstate(all="ignore")
def step_by_hand(
    graph: Graph,
    x: Numbers,
    weights: Sequence[str],
    biases: Sequence[str],
    *,
    target: str | None,
    loss: str,
    gradient: str | None,
    rate: float | None,
) -> TrainingStep:
    """One training step on typed numbers; a weight is NAME=NUMBERS, or numbers for the layers in order."""
    given: dict[str, list[Numbers]] = {}
    for entries, array in ((weights, "weight"), (biases, "bias")):
        for entry in entries:
            name, equals, numbers = entry.rpartition("=")
            if not equals and array == "bias":
                raise UsageError(f"--bias {entry}: of which layer?", "such as --bias conv1=1")
            whole = name if "." in name or not name else f"{name}.{array}"
            given.setdefault(whole, []).append(in_order(read_typed(numbers)[0]))
    if "" in given and len(given) > 1 and any(name.endswith(".weight") for name in given):
        raise UsageError(
            "weights are said by name or in order, not both", 'such as --weight conv1="1 0; 0 1"'
        )
    return train(
        graph,
        x,
        given,
        target=None if target is None else read_typed(target)[0],
        loss=loss,
        gradient=None if gradient is None else read_typed(gradient)[0],
        rate=rate,
    )


def read_sample(image: str, layers: str) -> Numbers:
    """A sample as typed: (positions ..., maps), or a vector where the first layer reads vectors."""
    x, signal = read_typed(image)
    try:
        first = find(read_compact(layers)[0].kind)
    except LayerError:
        first = None  # the fault is told, with its place, when the network is read
    if x.ndim == 1 and first is not None and (first.flattens or not first.label_shows_window):
        return x
    return with_maps(x, signal=signal or x.ndim == 1)
