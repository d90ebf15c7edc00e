"""Every quantity, one record each: the numbers of a layer, of a group of layers and of a network.

All that shows, reads or checks quantities is derived from these records: attributes and JSON of reports,
columns, `expect`, answer sheets, explanations, comparisons, limits, and what a shell completes. Their words
stand in the catalogues of `cnncalc.languages`: `quantity.NAME`, and `why.NAME` for why a working is so.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from cnncalc.errors import UsageError, did_you_mean
from cnncalc.expr import Formula, fraction, plain

NUMBERS = ("values", "count", "ratio", "bytes")
"""The units of quantities that are one number."""


class Limit(NamedTuple):
    """The option `--max-NAME`, which makes a gate of `summary`."""

    name: str
    help: str
    told: str
    """The noun after the number in the error, in English."""


class Quantity(NamedTuple):
    """A quantity, and where its values come from, in one of three ways.

    `of_facts`: from the facts of a layer (`cnncalc.analysis.counts`); the function runs on numbers, on
    letters for explanations, and on the layers that slips make. `sources` and `by`: from the values of other
    quantities of the same layer, group or network. `of`: from a row of a report, or from its totals.
    """

    name: str
    meaning: str
    """What docs/counting.md says of it."""
    aliases: tuple[str, ...] = ()
    """Its other names: options and files take any of them. The first is the one that lists show."""
    unit: str = "values"
    """One of NUMBERS; or shape, field, window, array, share, kind, names, options, work, text."""
    of_facts: Callable[[Any], Any] | None = None
    sources: tuple[str, ...] = ()
    by: Callable[..., Any] = lambda value: value
    of: Callable[[Any], Any] | None = None
    alike: bool = False
    """Whether `of` gives layers one value that differ in names and places alone."""
    owned: bool = False
    """Whether layers that share weights have one value between them: it is counted in the first."""
    sums: bool = False
    """Whether a group and a network have a value of their own: the sum over their layers, or `by` of sums."""
    held: bool = False
    """Whether layers that work in place are left out of the sum."""
    batch: bool = False
    """Whether a batch multiplies the sum."""
    add: Callable[[Iterable[Any]], Any] = sum
    letters: bool = True
    """Whether it has a formula in the letters of the input's height and width."""
    key: str | None = None
    """Its name in the JSON and as an attribute of a row, where that is another; "" where a row has none."""
    companions: tuple[str, ...] = ()
    """Further JSON names that a report has where it has this column."""
    total: str | None = None
    """Its name in the JSON and as an attribute of the totals, where that is another; "" for none."""
    explained: str = ""
    """Of layers, always: unless others are chosen; nonzero: likewise, but where it is 0; asked: where chosen.

    network: of networks alone, likewise always."""
    symbol: str = ""
    """What stands for it in formulas of other quantities."""
    words: str = ""
    """Its name in the catalogues and in the JSON of explanations, where that is another."""
    compared: int = 0
    """Its place among the rows that compare networks; 0 where it is none."""
    limit: Limit | None = None
    asked: str = ""
    """What an answer sheet that is handed out has above it; "" where no sheet asks for it."""
    headings: str = ""
    """What students write above it, in English, parted by |; `heading_words` has other languages."""
    broader: str = ""
    """The quantity that many courses call by the same name: weights often are all parameters."""
    only_where_asked: bool = False
    """Whether a column of a sheet is an answer only where it is asked for: many tables tell the kernel."""
    counterpart: str = ""
    """The quantity whose column shows that a sheet doesn't mean the broader one: biases, beside weights."""

    def worked_out(self, facts: Any, bytes_each: int) -> Any:
        """The value of a layer by its facts, weights that are shared included."""
        if self.of_facts:
            return self.of_facts(facts)
        found = self.by(*(QUANTITIES[name].worked_out(facts, bytes_each) for name in self.sources))
        return found * bytes_each if self.unit == "bytes" else found

    @property
    def short(self) -> str:
        """The name that lists show."""
        return self.aliases[0] if self.aliases else self.name

    @property
    def names(self) -> tuple[str, ...]:
        """Its name and all others."""
        keys = (self.name, *self.aliases, self.row_key, self.total_key, self.word)
        return tuple(dict.fromkeys(filter(None, keys)))

    @property
    def row_key(self) -> str:
        """Its JSON name in a row, "" where a row has none."""
        return self.name if self.key is None else self.key

    @property
    def total_key(self) -> str:
        """Its JSON name in the totals, "" where they have none."""
        if self.total is None:
            return self.name if self.sums else ""
        return self.total

    @property
    def is_column(self) -> bool:
        """Whether it is a column of a report's table, under the heading `heading.NAME`."""
        return bool(self.row_key) and self.unit not in ("text", "work")

    @property
    def has_total(self) -> bool:
        """Whether the table of a report has it in the row of the total."""
        return bool(self.total_key) or self.unit == "share"

    @property
    def word(self) -> str:
        """Its name in the catalogues and in the JSON of explanations."""
        return self.words or self.name


def _over(part: Any, whole: Any) -> Any:
    """A number over another, exactly; 0 over nothing."""
    if not whole:
        return 0
    found = fraction(part, whole)
    return found if isinstance(found, Formula) else plain(found)


def _fan_in(facts: Any) -> Any:
    """How many values a unit of a layer reads, on average.

    In a layer with MACs each link is a MAC, but for links to biases; of poolings only subsampling has biases.
    """
    units = facts.activation_size if facts.connections else 0
    if facts.macs or not facts.biases:
        return _over(facts.macs or facts.connections, units)
    return _over(facts.connections, units) - (1 if units else 0)


def _share(part: int, whole: int) -> float:
    return int(part) / int(whole) if whole else 0.0


def _of_window(name: str) -> Callable[[Any], Any]:
    return lambda row: row.window(name)


def _of_array(name: str) -> Callable[[Any], Any]:
    return lambda row: row.facts.array_shape(name)


def _memory(part: str, meaning: str, compared: int, *aliases: str) -> Quantity:
    """A part of the memory of a network."""
    return Quantity(
        f"memory.{part}",
        f"of a network: {meaning}",
        aliases,
        unit="bytes",
        of=lambda totals: getattr(totals.memory, part),
        key="",
        letters=False,
        explained="network",
        words=f"memory_{part}",
        compared=compared,
    )


def _merged(works: Iterable[dict[str, int]]) -> dict[str, int]:
    """The operations of several layers, added up by kind."""
    whole: dict[str, int] = {}
    for work in works:
        for operation, times in work.items():
            whole[operation] = whole.get(operation, 0) + times
    return whole


_SHAPES = (
    "shape|output|output shape|activation shape|output size|output volume|output feature map"
    "|feature map|feature map size|feature map shape|output feature map size|output feature map shape"
    "|map size|activation map|activation map size|activation map shape|output map|output map size"
    "|volume size|volume shape|output volume size|output volume shape|output activation shape"
    "|output activation size|spatial size|spatial shape|output spatial size|height width channel"
    "|height width depth|shape size|output shape size|spatial size depth|output height width channel"
)
_SIZES = (
    "activation size|size|activation|activation volume|volume|value|element|node|count output|output element"
    "|output value|output node|activation value|activation element"
)
_MACS = "macs|multiply accumulates|multiply accumulate operations|mac operations|mult adds|multiply adds"

RECORDS = (
    Quantity("name", "the name of the layer", unit="text", of=lambda row: row.name),
    Quantity("kind", "the kind of the layer", unit="kind", of=lambda row: row.kind, alike=True),
    Quantity("block", "the block that the layer stands in", unit="text", of=lambda row: row.block),
    Quantity("label", "what tables call the layer", unit="text", of=lambda row: row.label),
    Quantity(
        "options",
        "the options of the layer: kernel, stride, padding, dilation, groups, filters, activation, ...",
        unit="options", of=lambda row: row.options, alike=True,
    ),
    Quantity("from", "the layers whose outputs are read", unit="names", of=lambda row: row.sources),
    Quantity(
        "input_shape", "the shape that is read; a list where there are several", ("input_shape", "input"),
        unit="shape", of=lambda row: row.input_shape, alike=True, asked="Input Shape",
        headings="input shape|input|input size|input volume|input dimensions|in|in shape|in size",
        only_where_asked=True,
    ),
    *(
        Quantity(
            name, f"the {told}, for each axis", unit="window",
            of=_of_window(name), alike=True, key="", letters=False, asked=asked,
            headings=headings, only_where_asked=True,
        )
        for name, told, asked, headings in (
            ("kernel", "size of the window", "Kernel", "kernel|kernel size|filter size|window size|f"),
            ("stride", "step of the window", "Stride", "stride|strides|step|s"),
            ("padding", "padding before the input", "Padding", "padding|pad|zero padding|p"),
        )
    ),
    Quantity(
        "shape", "the shape of the output", ("shape", "output", "output_shape", "activation_shape"),
        unit="shape", of=lambda row: row.output_shape, alike=True, key="output_shape", explained="always",
        words="output", asked="Activation Shape", headings=_SHAPES,
    ),
    Quantity(
        "activation_size", "the values of the output", ("size",),
        of_facts=lambda facts: facts.activation_size, sums=True, held=True, batch=True, total="",
        companions=("in_place",), explained="nonzero", symbol="A", words="size", asked="Activation Size",
        headings=_SIZES,
    ),
    Quantity(
        "in_place", "whether the layer overwrites its input", unit="text", of=lambda row: row.in_place,
        alike=True,
    ),
    Quantity(
        "params", "the values that are learned: `weights` and `biases`", ("params", "parameters"),
        of_facts=lambda facts: facts.params, owned=True, sums=True, companions=("shared_with",),
        explained="always", symbol="parameters", compared=1,
        limit=Limit("params", "parameters, such as 5M", "parameters"), asked="# Parameters",
        headings="params|weights and biases|params weights and biases|params and biases|model params",
    ),
    Quantity(
        "weights", "the parameters but for the biases", of_facts=lambda facts: facts.weights, owned=True,
        sums=True, total="", explained="asked", asked="Weights without Biases",
        headings="weights without biases|weights|weight params",
        broader="params", counterpart="biases",
    ),
    Quantity(
        "biases", "the parameters that are added", of_facts=lambda facts: facts.biases, owned=True,
        sums=True, total="", explained="asked", asked="Biases",
        headings="biases|bias params",
    ),
    Quantity(
        "filter_params", "the parameters of one filter or unit", of_facts=lambda facts: facts.filter_params,
        key="", letters=False, asked="Parameters of one Filter",
        headings="params of one filter|params per filter|params per kernel|params of one kernel"
        "|params per neuron|params per unit|filter params",
    ),
    *(
        Quantity(
            f"{name}_shape", f"the shape of the {told}", unit="array",
            of=_of_array(name), alike=True, key="", letters=False,
            asked=asked, headings=headings,
        )
        for name, told, asked, headings in (
            (
                "weight", "weights, filters first", "Shape of the Weights",
                "shape of weights|weights shape|weight shape|kernel shape|filter shape|weight tensor",
            ),
            ("bias", "biases", "Shape of the Biases", "shape of biases|biases shape|bias shape|bias vector"),
        )
    ),
    Quantity(
        "trainable", "the parameters that are not frozen",
        of_facts=lambda facts: facts.params if facts.learns else 0, owned=True, sums=True,
        explained="network", symbol="trainable", asked="Trainable Parameters",
        headings="trainable params|trainable", only_where_asked=True,
    ),
    Quantity(
        "non_trainable", "the parameters that are frozen, and the buffers",
        of_facts=lambda facts: facts.buffers + (0 if facts.learns else facts.params), owned=True, sums=True,
        key="", total="", letters=False, asked="Non-trainable Parameters",
        headings="non trainable params|nontrainable params|frozen params|untrainable params|不可训练参数",
    ),
    Quantity(
        "buffers", "the values that are kept and not learned", of_facts=lambda facts: facts.buffers,
        owned=True, sums=True, explained="nonzero", symbol="buffers", asked="Buffers",
        headings="buffers|缓冲",
    ),
    Quantity(
        "shared_with", "the layer whose weights are used", unit="text", of=lambda row: row.shared_with,
    ),
    Quantity(
        "neurons", "the units of the layer", unit="count",
        of_facts=lambda facts: facts.activation_size if facts.connections else 0, sums=True,
        explained="asked", asked="Neurons with Connections",
        headings="neurons with connections|neurons|units|output neurons|output units",
        broader="activation_size",
    ),
    Quantity(
        "connections", "the links into the units", unit="count", of_facts=lambda facts: facts.connections,
        sums=True, explained="always", symbol="connections", compared=4, asked="Connections",
        headings="connections",
    ),
    Quantity(
        "connections_real", "the links into the units but for those to padding", unit="count",
        of_facts=lambda facts: facts.connections_real, sums=True, explained="nonzero",
    ),
    Quantity(
        "fan_in", "the values that one unit reads, on average", unit="ratio", of_facts=_fan_in,
        sources=("connections", "macs", "activation_size"), explained="asked", asked="Fan-In",
        headings="fan in",
    ),
    Quantity(
        "macs", "multiply-accumulates with weights", unit="count", of_facts=lambda facts: facts.macs,
        sums=True, batch=True, explained="always", symbol="MACs", compared=2,
        limit=Limit("macs", "multiply-accumulates, such as 300M", "multiply-accumulates"),
        asked="MACs", headings=_MACS,
    ),
    Quantity(
        "flops", "floating-point operations: two for each multiply-accumulate", unit="count",
        sources=("macs",), by=lambda macs: 2 * macs, sums=True, explained="nonzero", symbol="FLOPs",
        asked="FLOPs",
        headings="flops|floating point operations",
    ),
    Quantity(
        "backward_input_macs", "multiply-accumulates of the gradients to the inputs, in training",
        unit="count", of_facts=lambda facts: facts.backward_input_macs, sums=True, batch=True,
        explained="asked", symbol="dX", asked="MACs Back to the Inputs",
        headings="macs back to the inputs|back to inputs|macs back to inputs|input gradient macs|macs of dx"
        "|输入梯度乘加次数",
    ),
    Quantity(
        "backward_weight_macs", "multiply-accumulates of the gradients to the weights, in training",
        unit="count", of_facts=lambda facts: facts.backward_weight_macs, sums=True, batch=True,
        explained="asked", symbol="dW", asked="MACs Back to the Weights",
        headings="macs back to the weights|back to weights|macs back to weights|weight gradient macs"
        "|macs of dw|权重梯度乘加次数",
    ),
    Quantity(
        "training_macs", "multiply-accumulates of a training step: forwards and backwards", unit="count",
        sources=("macs", "backward_input_macs", "backward_weight_macs"), by=lambda *macs: sum(macs),
        sums=True, explained="asked", asked="Training MACs",
        headings="training macs|macs of training|macs of a training step|训练乘加次数",
    ),
    Quantity(
        "multiplications", "the multiplications among the operations", unit="count",
        of_facts=lambda facts: facts.work.get("multiply", 0), sums=True, batch=True, explained="asked",
        asked="All Multiplications",
        headings="all multiplications|multiplications|multiplication operations",
        broader="macs", counterpart="additions",
    ),
    Quantity(
        "additions", "the additions among the operations", unit="count",
        of_facts=lambda facts: facts.work.get("add", 0), sums=True, batch=True, explained="asked",
        asked="Additions", headings="additions|addition operations",
    ),
    Quantity(
        "work", "the operations by kind", unit="work", of_facts=lambda facts: facts.work, sums=True,
        add=_merged, total="", explained="always",
    ),
    Quantity(
        "receptive_field", "what an output sees of the input", ("rf", "field"), unit="field",
        of=lambda row: row.receptive_field, letters=False, explained="always", words="rf",
        asked="Receptive Field",
        headings="receptive field|receptive field size|rf|rf size|field of view",
    ),
    Quantity(
        "jump", "how far apart neighbouring outputs see the input: the strides multiplied", ("total_stride",),
        unit="window", of=lambda row: (seen := row.receptive_field) and tuple(seen["jump"]), key="",
        letters=False, asked="Jump",
        headings="jump|cumulative stride|effective stride|overall stride",
    ),
    Quantity(
        "memory", "the bytes of the output", ("memory", "bytes", "activation_bytes"),
        sources=("activation_size",), unit="bytes", sums=True, key="bytes", total="", explained="nonzero",
        asked="Memory (bytes)", headings="memory|memory size|activation memory|output memory",
    ),
    Quantity(
        "weight_bytes", "the bytes of the parameters and buffers", sources=("params", "buffers"),
        unit="bytes", sums=True, by=lambda params, buffers: params + buffers if buffers else params,
        explained="asked", asked="Weight Bytes",
        headings="weight memory|weight memory size|weight bytes|param memory",
    ),
    Quantity(
        "values_read", "the values of the inputs that are read, each once",
        of_facts=lambda facts: facts.values_read, sums=True, batch=True, explained="asked",
        symbol="inputs", asked="Input Values Read", headings="input values read|inputs read",
    ),
    Quantity(
        "weights_read", "the parameters and buffers that are read", of_facts=lambda facts: facts.weights_read,
        sums=True, explained="asked", symbol="stored", asked="Weight Values Read",
        headings="weight values read|weights read",
    ),
    Quantity(
        "values_written", "the values of the output that are written",
        of_facts=lambda facts: facts.values_written, sums=True, batch=True, explained="asked",
        symbol="outputs", asked="Values Written", headings="values written|outputs written",
    ),
    Quantity(
        "accesses", "memory accesses: the values of inputs and weights read, and of outputs written",
        ("accesses", "memory_accesses"), unit="count",
        sources=("values_read", "weights_read", "values_written"), by=lambda *values: sum(values), sums=True,
        explained="asked", asked="Memory Accesses",
        headings="memory accesses|accesses|memory access cost|访存量",
    ),
    Quantity(
        "bytes_read", "the bytes of inputs and weights that are read",
        sources=("values_read", "weights_read"), by=lambda *values: sum(values), unit="bytes", sums=True,
        explained="asked", symbol="read", asked="Bytes Read",
        headings="bytes read|read bytes|memory read",
    ),
    Quantity(
        "bytes_written", "the bytes of the output that are written", sources=("values_written",),
        unit="bytes", sums=True, explained="asked", symbol="written", asked="Bytes Written",
        headings="bytes written|written bytes|memory written",
    ),
    Quantity(
        "intensity", "arithmetic intensity: FLOPs for each byte that is read or written",
        ("intensity", "arithmetic_intensity"), unit="ratio",
        sources=("flops", "bytes_read", "bytes_written"),
        by=lambda flops, read, written: _over(flops, read + written), sums=True, explained="asked",
        asked="Arithmetic Intensity",
        headings="arithmetic intensity|operational intensity|intensity|算术强度",
    ),
    *(
        Quantity(
            f"{name}_share", f"the part of the {told} of the network", unit="share", of=of, alike=True,
            letters=False, asked=asked, headings=headings,
        )
        for name, told, asked, headings, of in (
            (
                "params", "parameters", "Share of the Parameters (%)",
                "share of params|params share|percentage of params|% of params|share of total",
                lambda row: _share(row.params, row.report.totals.params),
            ),
            (
                "macs", "MACs", "Share of the MACs (%)",
                "share of macs|macs share|percentage of macs|percent of macs|% of macs|macs %|% macs",
                lambda row: _share(row.macs * row.samples, row.report.totals.macs),
            ),
            (
                "space", "space", "", "",
                lambda row: _share(row.params + row.held * row.samples, row.report.totals.space),
            ),
        )
    ),
    # what a network has, and a layer hasn't
    Quantity(
        "activations", "of a network: the values of all layers, but for those in place",
        sources=("activation_size",), key="", sums=True, explained="network", symbol="activations",
        compared=3,
    ),
    Quantity(
        "space", "parameters, and the values that need memory of their own",
        of=lambda row: row.params + row.held, alike=True, total="space", explained="network",
        companions=("params", "activation_size", "in_place"),
    ),
    Quantity(
        "weight_layers", "of a network: layers with weights on the longest path", unit="count",
        of=lambda totals: totals.weight_layers, key="", total="weight_layers", compared=5,
    ),
    _memory("weights", "bytes of all parameters and buffers", 6),
    _memory("forward", "bytes of the input and all activations", 7, "forward"),
    _memory("peak", "bytes of the most values alive at once", 8, "peak", "peak_memory"),
    _memory("training", "bytes of weights, gradients, optimizer and a forward pass", 9, "training"),
    Quantity(
        "memory.running", "of a network: bytes of the weights and the peak", unit="bytes",
        of=lambda totals: totals.memory.running, key="", letters=False, explained="network",
        limit=Limit("memory", "bytes of weights and peak, such as 64MiB", "to run, weights and peak"),
    ),
)  # fmt: skip
"""The order is that of the JSON, of explanations and of answer sheets."""

QUANTITIES = {quantity.name: quantity for quantity in RECORDS}
IN_ROWS = {quantity.row_key: quantity for quantity in RECORDS if quantity.row_key}
"""The quantities of a row, by their JSON names."""
IN_TOTALS = {quantity.total_key: quantity for quantity in RECORDS if quantity.total_key}
"""The quantities of the totals, by their JSON names."""
_OF_NAME = {name: quantity for quantity in RECORDS for name in quantity.names}


def find(name: str) -> Quantity | None:
    """The quantity of a name or an alias.

    >>> find("rf").name, find("receptive-field").name, find("neurones")
    ('receptive_field', 'receptive_field', None)
    """
    return _OF_NAME.get(name.strip().casefold().replace("-", "_"))


def names_of(quantities: Iterable[Quantity]) -> list[str]:
    """All names of some quantities."""
    return [name for quantity in quantities for name in quantity.names]


def chosen(name: str, among: Iterable[Quantity], what: str = "a quantity") -> Quantity:
    """The quantity of a name or an alias, which must be one of some; raises UsageError for another."""
    found, known = find(name), tuple(among)
    if found is None or found not in known:
        shown = ", ".join(sorted(quantity.short for quantity in known))
        help = did_you_mean(name, names_of(known)) or f"known: {shown}"
        raise UsageError(f"{name[:40]} is not {what}", help, "unknown_choice")
    return found
