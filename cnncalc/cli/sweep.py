"""`cnncalc sweep`: a network with many values of its variables and of its input."""

from collections.abc import Mapping
from decimal import Decimal
from itertools import product
from math import prod
from typing import Annotated, Any

from typer import Exit, Option

from cnncalc.cli.common import OutputOptions, SpecOptions, with_option_groups
from cnncalc.cli.limits import LimitOptions, TimeOptions
from cnncalc.errors import SpecError, UsageError

PLOTTED = "macs,-params"
COLUMNS = "params,macs,memory.running"


class SweepOptions(SpecOptions):
    """The network whose variants are meant: variables and inputs have several values."""

    input: Annotated[
        str | None, Option(help="Inputs, parted by commas: 128x128x3,224x224x3.", metavar="SHAPES")
    ] = None
    set: Annotated[
        list[str] | None,
        Option(
            help="The values of a variable: width=0.25,0.5,1, or k=8..64:8 by steps.", metavar="NAME=VALUES"
        ),
    ] = None


class KeptOptions(LimitOptions):
    """The most that the variants may have."""

    PANEL = "Limits: variants beyond them are left out, with exit 1 if all are"


@with_option_groups(SweepOptions, KeptOptions, TimeOptions, OutputOptions)
def run(
    spec: SweepOptions,
    limits: KeptOptions,
    time: TimeOptions,
    output: OutputOptions,
    columns: Annotated[
        str, Option(help="The quantities, parted by commas: params, macs, peak, ...", metavar="NAMES")
    ] = COLUMNS,
    by: Annotated[
        str | None,
        Option(
            help="Sort by quantities, less first; -params: more first. Two have a front.", metavar="NAMES"
        ),
    ] = None,
    front: Annotated[bool, Option("--front", help="Only the variants that no other beats by --by.")] = False,
    plot: Annotated[
        str | None,
        Option(help="Draw the variants by two quantities, those of --by or macs,-params.", metavar="FILE"),
    ] = None,
) -> None:
    """A network with many values. Every combination of variables and inputs; faulty ones say why.

    cnncalc sweep mobilenet-v1 --set width=0.5,1 --input 128x128x3,224x224x3

    cnncalc sweep densenet121 --set k=12..48:12 --by macs --columns params,macs

    cnncalc sweep mobilenet-v1 --set width=0.5,1 --by macs,-params --front

    cnncalc sweep resnet50 --set width=0.5..1:0.1 --plot widths.svg

    cnncalc sweep mobilenet-v1 --set width=0.5..1:0.1 --max-macs 300M

    cnncalc sweep resnet50 --set width=0.5..1:0.1 --device t4 --max-time 1ms
    """
    from cnncalc.figures import save
    from cnncalc.quantity import chosen
    from cnncalc.render.reports.sweep import plotted, sweep_document
    from cnncalc.solve import OF_NETWORKS, Order, measured

    spec.refuse("sweep", "convention")
    timed = time.quantities()
    most = {**limits.most(), **time.most()}
    by_name = {each.name: each for each in timed}
    if "least_time" in (asked := f"{columns},{by or ''}".replace("-", ",")) and not timed:
        raise UsageError("the least time on which device?", "such as --device jetson-nano")
    quantities = [by_name.get(name) or chosen(name, OF_NETWORKS, "a column") for name in _names(columns)]
    quantities += [each for each in timed if each.name not in asked]
    if plot is not None:
        from cnncalc.figures.writing import of_file

        of_file(plot)  # a wrong ending is told before any work
        by = by or PLOTTED
    orders = [
        Order(
            by_name.get(name.lstrip("-")) or chosen(name.lstrip("-"), OF_NETWORKS, "a quantity of networks"),
            name.startswith("-"),
        )
        for name in _names(by or "")
    ]
    if plot is not None and len(orders) < 2:
        raise UsageError("--plot draws by two quantities", "such as --by macs,-params")
    if front and len(orders) < 2:
        raise UsageError("--front compares by two quantities or more", "such as --by macs,-params")
    values: dict[str, list[Any]] = {}
    for entry in spec.set or []:
        name, found = read_values(entry)
        values[name] = [*values.get(name, []), *found]
    inputs = _inputs(spec.input)
    if not values and not inputs:
        raise UsageError("what is to vary?", "such as --set width=0.5,1, or --input 128x128x3,224x224x3")
    first = spec.replace(set=None, input=_typed(inputs[0]) if inputs else None)
    network = first.network()
    settings = {
        "batch": spec.batch, "dtype": spec.dtype, "layout": spec.layout, "rounding": spec.rounding,
    }  # fmt: skip
    each = network.sweep(values, inputs, **settings)
    wanted = list(dict.fromkeys([*quantities, *(order.quantity for order in orders)]))
    every = list(output.track(measured(each, wanted, most, timed), len(each), "analysing"))
    if all(row.values is None for row in every):
        raise SpecError(*every[0].faults)
    rows = [row for row in every if not row.over]
    fits = any(row.values is not None for row in rows)
    if plot is not None and fits:
        save(plotted(network.name, rows, wanted, orders, output.language), plot)
    beyond = len(every) - len(rows)
    output.show(sweep_document(network.name, rows, wanted, orders, front_only=front, beyond=beyond))
    if not fits:
        raise Exit(1)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _typed(input: Any) -> str:
    """An input as `--input` takes it."""
    if isinstance(input, Mapping):
        return ",".join(f"{name}={shape}" for name, shape in input.items())
    return str(input)


def _inputs(text: str | None) -> list[Any]:
    """The inputs of `--input`: shapes, or every combination of the shapes of several inputs."""
    from cnncalc.solve import MOST_VARIANTS

    parts = _names(text or "")
    if not any("=" in part for part in parts):
        return [*parts]
    shapes: dict[str, list[str]] = {}
    for part in parts:
        name, equals, shape = part.partition("=")
        if not equals:
            raise UsageError(
                f"--input {part}: which of the inputs?", f"such as {next(iter(shapes), 'image')}={part}"
            )
        shapes.setdefault(name.strip(), []).append(shape.strip())
    if prod(map(len, shapes.values())) > MOST_VARIANTS:
        raise _too_many(prod(map(len, shapes.values())))
    return [dict(zip(shapes, each, strict=True)) for each in product(*shapes.values())]


def read_values(entry: str) -> tuple[str, list[Any]]:
    """A variable and its values, from `width=0.25,0.5,1` or `k=8..64:8`."""
    from cnncalc.spec.parse import plain

    name, equals, values = entry.partition("=")
    if not equals or not name.strip():
        raise UsageError(f"--set {entry}: not name=values", "such as --set width=0.25,0.5,1")
    found: list[Any] = []
    for part in _names(values):
        found += _range(entry, part) if ".." in part else [plain(part)]
    return name.strip(), found


def _range(entry: str, text: str) -> list[int | float]:
    """The numbers of `0.25..1:0.25`, both ends included; the step is 1 unless said."""
    from cnncalc.solve import MOST_VARIANTS

    ends, _, step = text.partition(":")
    first, _, last = ends.partition("..")
    try:
        low, high, by = Decimal(first), Decimal(last), Decimal(step or 1)
        # a number that is not finite compares with none
        count = int((high - low) / by) if by > 0 else -1
    except (ArithmeticError, ValueError):
        count = -1
    if count < 0:
        raise UsageError(f"--set {entry}: {text} is no range", "such as 8..64:8: from, to, and by steps of")
    if count >= MOST_VARIANTS:
        raise _too_many(count + 1)
    numbers = (low + number * by for number in range(count + 1))
    return [int(number) if number == int(number) else float(number) for number in numbers]


def _too_many(count: int) -> UsageError:
    return UsageError(f"{count:,} values are too many", "a longer step", "too_large")
