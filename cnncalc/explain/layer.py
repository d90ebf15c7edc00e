"""The working of one layer, quantity by quantity, from the arithmetic of its own kind run on letters."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from cnncalc.analysis.report import Report
from cnncalc.analysis.rows import LayerReport
from cnncalc.explain.data import Equation, LayerWorking, Reason, Working
from cnncalc.explain.letters import textbook_order
from cnncalc.explain.receptive_field import receptive_field
from cnncalc.explain.subject import Subject, with_definitions
from cnncalc.expr import Formula, Number, named, plain, product
from cnncalc.formula import factored, same, tidy
from cnncalc.layers.support.base import Weight, is_bias
from cnncalc.layers.support.windows import Axis, TransposedAxis
from cnncalc.quantity import QUANTITIES, RECORDS, Quantity, find
from cnncalc.quantity import chosen as one_of

# ---- shapes


def _output(it: Subject, quantity: Quantity) -> Working:
    out, row = it.facts.output, it.row
    first = it.shapes[0] if it.shapes else ()
    if not it.axes and len(out) == len(first) and all(map(same, out, first)):
        return Working(quantity.word, row.output_shape, (), [it.reason("output.same")])
    equations: list[Equation] = []
    for letter, size in zip(it.letters("M"), out[:-1], strict=True):
        if not it.axes and _among(size, first):
            continue
        tree = size.args[0] if isinstance(size, Formula) and size.name and size.args else size
        equations.append(Equation(letter, tidy(tree), letter=True))
    if len(out) == 1 or not _among(out[-1], [shape[-1] for shape in it.shapes]):
        equations.append(Equation("channels" if len(out) > 1 else "values", out[-1]))
    for axis in it.axes:
        equations += padding_equations(axis)
    said = [] if any(getattr(axis, "same", False) for axis in it.axes) else [it.reason("output")]
    reasons = [*said, *_padding_reasons(it), *_window_reasons(it)]
    return Working(quantity.word, row.output_shape, with_definitions(equations), reasons)


def padding_equations(axis: Axis | TransposedAxis) -> Iterator[Equation]:
    """The equations of an axis's padding, where the padding is a word such as same."""
    for side in (axis.before, axis.after):
        if isinstance(side, Formula) and side.args:
            yield Equation(side.name, tidy(side.args[0]), letter=True)


def _among(tree: Number, others: Sequence[Number]) -> bool:
    return any(same(tree, other) for other in others)


def _padding_reasons(it: Subject) -> Iterator[Reason]:
    padding = it.layer.padding
    if not it.axes or not isinstance(padding, str) or padding == "valid":
        return
    yield it.reason(f"padding.{padding}")
    if padding == "same" and any(axis.before != axis.after for axis in it.axes):
        yield it.reason("padding.odd")


def _window_reasons(it: Subject) -> Iterator[Reason]:
    for axis in it.axes:
        if axis.dilation != 1:
            yield it.reason("dilation", kernel=axis.kernel, dilation=axis.dilation, extent=axis.extent)
            break
    extra = [axis.output_padding for axis in it.axes if isinstance(axis, TransposedAxis)]
    if it.layer.padding != "same" and any(extra):
        yield it.reason("output_padding")
    for name, each in zip(it.lines(), it.axes, strict=False):
        if isinstance(each, Axis) and (told := list(rounding_reasons(each, name))):
            yield from told
            if it.square:
                break


def rounding_reasons(axis: Axis, line: str) -> Iterator[Reason]:
    """Why a size that doesn't divide is rounded, and how many pixels stay unread."""
    span = axis.size + axis.before + axis.after - axis.extent
    values = {"line": line, "stride": int(axis.stride), "span": int(span)}
    if span % axis.stride and not axis.same:
        exact = Fraction(int(span), int(axis.stride))
        yield Reason(f"rounding.{axis.rounding}", (), {**values, "quotient": round(float(exact), 2)})
    if axis.overhang:
        yield Reason("rounding.overhang", (), {**values, "overhang": int(axis.overhang)})
    if axis.rounding == "ceil" and not axis.same and -(-span // axis.stride) + 1 > axis.output:
        yield Reason("rounding.dropped", (), values)
    if axis.unread:
        yield Reason("unread", (line,), {**values, "unread": int(axis.unread), "size": int(axis.size)})


def _size(it: Subject, quantity: Quantity) -> Working:
    tree = product(it.facts.output)
    reasons = [it.reason("in_place")] if it.row.in_place else [it.reason("size")]
    return Working(quantity.word, it.row.activation_size, [Equation("size", tree)], reasons)


# ---- parameters


def _factored(shapes: Sequence[tuple[int, ...]]) -> tuple[Number, Number]:
    """The sum of arrays' sizes as two factors: (F*F*C + 1) and K, where all arrays begin with K."""
    common = 0
    for sizes in zip(*shapes, strict=False):
        if len(shapes) < 2 or any(size is not sizes[0] for size in sizes):
            break
        common += 1
    each: Number = sum(textbook_order(shape[common:]) for shape in shapes)
    return each, textbook_order(shapes[0][:common])


def learned(
    arrays: dict[str, Weight], wanted: Callable[[str, Weight], bool]
) -> tuple[Number, Number, Number]:
    """The values of some arrays: in all, for one filter or unit, and the number of filters or units.

    (K, C, F, F) and (K,) give (F*F*C + 1)*K, F*F*C + 1, and K.
    """
    shapes = [weight.shape for name, weight in arrays.items() if wanted(name, weight)]
    if not shapes:
        return 0, 0, 1
    each, times = _factored(shapes)
    if len({name.partition(".")[0] == "activation" for name in arrays}) > 1:
        return sum(map(textbook_order, shapes)), 0, 1
    return each * times, each, times


_ARRAYS: dict[str, Callable[[str, Weight], bool]] = {
    "params": lambda _, weight: weight.learned,
    "weights": lambda name, weight: weight.learned and not is_bias(name),
    "biases": lambda name, weight: weight.learned and is_bias(name),
    "buffers": lambda _, weight: weight.counted and not weight.learned,
    "weights_read": lambda _, weight: weight.counted,
}
"""The arrays of a layer that hold the values of a quantity."""


def _params(it: Subject, quantity: Quantity) -> Working:
    row = it.row
    whole, each, times = learned(it.facts.arrays, _ARRAYS[quantity.name])
    if not plain(whole):
        kept = "params.kept" if it.facts.arrays else "params.none"
        return Working(quantity.word, row.params, (), [it.reason(kept)])
    equations = [Equation("params", whole)]
    if times != 1 and isinstance(each, Formula) and isinstance(times, Formula):
        equations = [Equation("each", each, of=it.of), *equations]
    reasons = [Reason("params", (*_reading(it), *it.of))]
    if it.layer.bias is not None:
        reasons.append(it.reason("params.bias" if it.layer.bias else "params.no_bias"))
    if it.layer.filter_groups != 1:
        reasons.append(it.reason("groups", groups=it.layer.filter_groups))
    reasons += _table_reasons(it)
    if row.shared_with is not None:
        # the layer has no weights of its own: their formula stands with the layer that owns them
        equations = []
        reasons.append(it.reason("params.shared", name=row.shared_with))
    elif not row.node.trainable:
        reasons.append(it.reason("params.frozen"))
    return Working(quantity.word, row.params, with_definitions(equations), reasons)


def _reading(it: Subject) -> tuple[str, ...]:
    """The variant of a reason for filters that read a part of the channels: those of a table, of groups."""
    if it.layer.table is not None:
        return ("table",)
    groups_alike = it.layer.shares_kernel and not it.layer.transposed
    return ("groups",) if groups_alike and it.layer.filter_groups != 1 else ()


def _table_reasons(it: Subject) -> Iterator[Reason]:
    if (table := it.layer.table) is not None:
        yield it.reason("table", pairs=sum(map(len, table)), all=len(table) * it.row.facts.inputs[0][-1])


def _of_arrays(it: Subject, quantity: Quantity) -> Working:
    reasons = [it.reason(quantity.word)]
    if it.row.shared_with is not None:
        reasons.append(it.reason("params.shared", name=it.row.shared_with))
    value = it.row.value(quantity)
    equations = with_definitions([Equation(quantity.word, _tree(it, quantity))]) if value else []
    return Working(quantity.word, value, equations, reasons)


# ---- connections, operations, memory


class Named:
    """LayerCounts in which some quantities stand by their symbols."""

    def __init__(self, it: Subject, names: Sequence[str]) -> None:
        self._facts = it.facts
        for quantity in (QUANTITIES[name] for name in names):
            setattr(self, quantity.name, named(quantity.symbol or quantity.word, tidy(_tree(it, quantity))))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._facts, name)


def _tree(it: Subject, quantity: Quantity) -> Any:
    """The formula of a quantity; the quantities that it comes from stand in it by their symbols or names."""
    if quantity.name in _ARRAYS and not (quantity.name == "weights_read" and it.layer.vocabulary):
        return learned(it.facts.arrays, _ARRAYS[quantity.name])[0]
    facts = Named(it, quantity.sources)
    if quantity.of_facts:
        return factored(tidy(quantity.of_facts(facts)))
    tree = quantity.by(*(getattr(facts, name) for name in quantity.sources))
    return tree * it.report.bytes_each if quantity.unit == "bytes" else tree


def _counted(it: Subject, quantity: Quantity) -> Working:
    """The working of a quantity that is nothing special."""
    value = it.row.value(quantity)
    if not value:
        first = quantity
        while first.sources:
            first = QUANTITIES[first.sources[0]]
        if first.owned and it.row.shared_with is not None:
            return Working(quantity.word, 0, (), [it.reason("params.shared", name=it.row.shared_with)])
        none = (
            Reason(first.word, (*it.of, "none"))
            if first.explained == "asked"
            else it.reason(f"{first.word}.none")
        )
        return Working(quantity.word, 0, (), [none])
    reason = it.reason(quantity.word, **(values_of_bytes(it.report) if quantity.unit == "bytes" else {}))
    return Working(
        quantity.word, value, with_definitions([Equation(quantity.word, _tree(it, quantity))]), [reason]
    )


def values_of_bytes(report: Report) -> dict[str, Any]:
    """The placeholders of sentences about bytes: the type of the values, the bytes of one."""
    return {"dtype": report.settings.dtype, "bytes": report.bytes_each}


def _connections(it: Subject, quantity: Quantity) -> Working:
    found = _counted(it, quantity)
    bias = [it.reason("connections.bias")] if found.equations and it.layer.bias else []
    return replace(found, reasons=[*found.reasons, *bias])


def _connections_real(it: Subject, quantity: Quantity) -> Working:
    found = _counted(it, quantity)
    if it.row.connections_real == it.row.connections:
        return replace(found, equations=(), reasons=[it.reason("connections_real.same")])
    return found


def _work(it: Subject, quantity: Quantity) -> Working:
    equations = [Equation(operation, tidy(times)) for operation, times in it.facts.work.items()]
    return Working(
        quantity.word,
        it.row.work,
        with_definitions(equations),
        [it.reason("work" if equations else "work.none")],
    )


def _memory(it: Subject, quantity: Quantity) -> Working:
    found = _counted(it, quantity)
    return replace(found, reasons=[*found.reasons, it.reason("in_place")]) if it.row.in_place else found


Worker = Callable[[Subject, Quantity], Working]
_SPECIAL: dict[str, Worker] = {
    "shape": _output,
    "activation_size": _size,
    "params": _params,
    "weights": _of_arrays,
    "biases": _of_arrays,
    "buffers": _of_arrays,
    "connections": _connections,
    "connections_real": _connections_real,
    "work": _work,
    "receptive_field": receptive_field,
    "memory": _memory,
}
"""The quantities whose working says more than a formula."""
OF_LAYERS = tuple(quantity for quantity in RECORDS if quantity.explained not in ("", "network"))
OF_NETWORKS = tuple(quantity for quantity in RECORDS if quantity.explained == "network")
"""The quantities that a network has, and no layer."""


def parse_quantities(names: str) -> tuple[str, ...]:
    """The quantities of a list parted by commas; raises UsageError for an unknown one."""
    given = [name for name in names.split(",") if name.strip()]
    return tuple(dict.fromkeys(one_of(name, (*OF_LAYERS, *OF_NETWORKS)).word for name in given))


def minus_shown(working: Working, shown: set[str]) -> Working:
    """A working without the equations of letters that an earlier working has shown."""
    fresh = [each for each in working.equations if not each.letter or each.name not in shown]
    shown.update(each.name for each in working.equations if each.letter)
    if (quantity := find(working.quantity)) and len(quantity.symbol) > 1:
        # a quantity worked out under the word that stands for it in formulas
        shown.add(quantity.symbol)
    return replace(working, equations=fresh)


def work_out(report: Report, row: LayerReport, quantities: Sequence[str] = ()) -> LayerWorking:
    """The working of a layer: of some quantities, else of all but those that say nothing of it."""
    it = Subject(report, row)
    shown: set[str] = set()
    usual = [quantity for quantity in OF_LAYERS if quantity.explained != "asked"]
    wanted = [one_of(name, OF_LAYERS) for name in quantities] or usual
    found = [(each, minus_shown(_SPECIAL.get(each.name, _counted)(it, each), shown)) for each in wanted]
    workings = [
        working
        for quantity, working in found
        if quantities or working.equations or quantity.explained == "always"
    ]
    return LayerWorking(row.name, row.kind, row.input_shapes, row.output_shape, workings, tuple(row.sources))
