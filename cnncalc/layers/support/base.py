"""The layer kinds: a kind as a class, and the methods that every kind owes.

A kind is one immutable class in a file of its name. Its options are its fields. It says what it puts
out (`output`), what it learns (`weights`), what it does (`work`, `macs`, `connections`) and how its
kernel lies on the input (`geometry`), as plain arithmetic on whole numbers. It knows nothing of files, of
YAML or of the screen. A shape is the spatial sizes and then the channels, (H, W, C); a vector is (n,).
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar, cast, dataclass_transform

from cnncalc.errors import LayerError, brief, did_you_mean
from cnncalc.expr import exact_div, minimum, product
from cnncalc.layers.support.kernels import Array, Arrays, FastPath, Map, Toolkit, Windows
from cnncalc.layers.support.options import option, reader
from cnncalc.layers.support.padding import Padding
from cnncalc.layers.support.reach import EVERYTHING, ITSELF, Reading
from cnncalc.layers.support.windows import Axes, Axis

if TYPE_CHECKING:
    from cnncalc.layers.support.code import Part, Source

Shape = tuple[int, ...]
Work = dict[str, int]
LAYOUTS = ("hwc", "chw")
"""How shapes may be written, and arrays lie: channels last or first."""
AnyLayer = TypeVar("AnyLayer", bound="type[Layer]")


class Weight(NamedTuple):
    """An array that a layer keeps: its shape, whether it is learned, and if not, whether it is a buffer.

    An array that is not `counted` is a constant of the model: part of no count.
    """

    shape: tuple[int, ...]
    learned: bool = True
    counted: bool = True


def is_bias(name: str) -> bool:
    """Whether an array of this name is a bias: bias, in_proj_bias, bias_hh_l0."""
    last = name.rpartition(".")[2]
    return last.startswith("bias") or last.endswith("bias")


class Example(NamedTuple):
    """A case worked by hand, with the source that it comes from: documentation and test at once.

    `input` and `output` are written as in a spec (several inputs as a tuple); `layer` is the item, and reads
    all of them. `numbers` are quantities of the layer: params, connections, macs, ...
    """

    layer: Any
    input: str | tuple[str, ...]
    output: str
    numbers: Mapping[str, int] = {}
    source: str = ""

    def spec(self) -> dict[str, Any]:
        """A network of the layer alone, as a spec has it."""
        if isinstance(self.input, str):
            return {"input": self.input, "layers": [self.layer]}
        inputs = {f"in{number}": written for number, written in enumerate(self.input)}
        ((kind, options),) = (self.layer if isinstance(self.layer, Mapping) else {self.layer: {}}).items()
        sources = [name for name in inputs if name != options.get("like")]
        return {"input": inputs, "layers": [{kind: {**options, "from": sources}}]}


class Layer:
    """A layer kind, and one layer of it. All counts are per sample, all shapes (..., channels)."""

    kind: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]] = ()
    short_option: ClassVar[str] = ""
    """The option that `- kind: value` sets."""
    compact: ClassVar[tuple[str, str]] = ("", "")
    """The options that `kindA-B` sets, A the first and B the second; "" for a number that it has not."""
    label_shows_window: ClassVar[bool] = False
    """Whether the row of a table says the layer's f and s."""
    inputs: ClassVar[str] = "one"
    """How many inputs: "one", "many" for a merge of paths, "any" for one or several, "none" for a source."""
    in_place: ClassVar[bool] = False
    """Whether it can overwrite its input: an activation, dropout, flatten, reshape."""
    is_activation: ClassVar[bool] = False
    complete: ClassVar[bool] = True
    """Whether its counts are all that it does; of one where they are not, only the shape is known."""
    counts_in_depth: ClassVar[bool] = False
    """Whether papers count it as a weight layer when they say how deep a network is."""
    family: ClassVar[str] = "Others"
    """Under which heading the page of the kinds has it."""
    examples: ClassVar[tuple[Example, ...]] = ()
    reason_family: ClassVar[str] = ""
    """Whose reasons explanations give where the catalogue has none of the kind's own: pool, norm, ..."""
    messages: ClassVar[Mapping[str, Mapping[str, str]]] = {}
    """The kind's own sentences in explanations, in place of the catalogues': key -> language -> sentence."""

    # The traits for explanations, slips, labels and conventions, so that no kind is asked for by its name.
    units_option: ClassVar[str] = ""
    """The option that says how many units or maps come out, such as filters; "" where the input says it."""
    groups_option: ClassVar[str] = ""
    """The option that says in how many groups the filters read the channels."""
    flattens: ClassVar[bool] = False
    """Whether the input is read as one vector, wherever its values lie."""
    has_positions: ClassVar[bool] = True
    """Whether outputs have positions of their own: values that are laid out anew have none."""
    reads_all: ClassVar[bool] = False
    """Whether each output reads all positions of the input, so that `reach` is EVERYTHING."""
    shares_kernel: ClassVar[bool] = True
    """Whether all positions have the same weights."""
    transposed: ClassVar[bool] = False
    """Whether each input stamps its kernel onto the output, so that `geometry` has TransposedAxis."""
    pools: ClassVar[str] = ""
    """The result of a pooling: the max, avg or sum of the values of a window; "" for other kinds."""
    reshapes: ClassVar[bool] = False
    """Whether the same values come out, in the same order, in another shape: flatten, reshape."""
    takes_part: ClassVar[bool] = False
    """Whether what comes out are values of the input, of which nothing else is read: crop, slice."""
    joins: ClassVar[bool] = False
    """Whether inputs come one after another, so that to join some of them first changes nothing: concat."""
    keeps_values: ClassVar[bool] = False
    """Whether a run leaves every value and its place unchanged: dropout."""
    written_once: ClassVar[bool] = False
    """Whether a second one right after it can only be a slip of the pen: softmax."""
    torch_module: ClassVar[str] = ""
    """The kind whose module of PyTorch it is, where that is another: counting tools count it as that one."""

    torch_op: ClassVar[tuple[str, ...]] = ()
    """The function of torch.nn.functional that it is, and the options that this takes after the input."""
    torch_class: ClassVar[str] = ""
    """The module of torch.nn that does the same as `torch_op`, and takes the same options."""
    keras_function: ClassVar[str] = ""
    """The function of keras.activations that it is."""
    onnx_op: ClassVar[tuple[str, ...]] = ()
    """The operator of ONNX that it is, and its attributes, such as "alpha=slope" where the names differ."""
    channels_last: ClassVar[bool] = False
    """Whether its own operations in other frameworks read and give (N, positions ..., channels)."""
    fast_activation: ClassVar[str] = ""
    """The activation of the fast path that it is: relu, relu6, tanh or sigmoid."""
    one_operation: ClassVar[bool] = False
    """Whether `forward` is one operation that every framework has: run there, it is a witness as good."""

    # Options that others read, as a layer without them has them: a kind that has one makes it a field.
    activation: "Layer | None" = None
    bias: bool | None = None
    dilation: int | tuple[int, ...] = 1
    like: str | None = None
    """The layer whose size it takes: read beside the input, for its shape alone."""
    padding: Padding = 0
    rounding: str = "floor"
    """What becomes of a size that doesn't divide."""
    table: tuple[tuple[int, ...], ...] | None = None
    """For each filter, the input maps that it reads; None where it reads all of its group."""
    trainable: bool = True
    vocabulary: int = 0
    """How many different tokens the input holds; 0 where it holds numbers."""
    places_along: int | str | None = None
    """The dimension of the first input of which the second input holds places; None where it holds none."""

    @property
    def options(self) -> dict[str, Any]:
        """The values of its options, by name."""
        return {name: getattr(self, name) for name in fields(type(self))}

    @property
    def units_made(self) -> int | None:
        """The value of its `units_option`: how many filters or units it has; None without one."""
        return getattr(self, self.units_option) if self.units_option else None

    @property
    def filter_groups(self) -> int:
        """The value of its `groups_option`; 1 without one."""
        return getattr(self, self.groups_option) if self.groups_option else 1

    def __init__(self, **options: Any) -> None:
        values = {
            name: field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
            for name, field in fields(type(self)).items()
            if name not in options
        }
        # past __setattr__: a layer is immutable
        vars(self).update(values, **options)

    def __setattr__(self, name: str, value: Any) -> None:
        raise dataclasses.FrozenInstanceError(f"a layer is immutable: {name} can't be set")

    def __delattr__(self, name: str) -> None:
        raise dataclasses.FrozenInstanceError(f"a layer is immutable: {name} can't be deleted")

    def __repr__(self) -> str:
        options = ", ".join(f"{name}={getattr(self, name)!r}" for name in fields(type(self)))
        return f"{type(self).__name__}({options})"

    @property
    def mixes_samples(self) -> bool:
        """Whether the output for a sample depends on the other samples of the batch."""
        return False

    @property
    def scales_channels(self) -> bool:
        """Whether `forward` comes to a factor and a shift for each channel, whatever the values are."""
        return False

    @property
    def rides(self) -> bool:
        """Whether long tables write the layer behind the one before: a norm, an activation, dropout."""
        return self.is_activation or self.keeps_values or self.reason_family == "norm"

    @property
    def tone(self) -> str:
        """The word for what the layer does, its colour: pool, merge, dense, conv; "" for others."""
        if self.pools:
            return "pool"
        if self.inputs == "many":
            return "merge"
        return "dense" if self.flattens else "conv" if self.counts_in_depth else ""

    @property
    def reason_names(self) -> tuple[str, ...]:
        """Whose reasons explanations look for, in turn: those of the kind, those of its family."""
        return (self.kind, self.reason_family)

    @property
    def fills_from_input(self) -> bool:
        """Whether positions beyond the border hold values that the input has elsewhere."""
        return False

    def output(self, x: Shape) -> Shape:
        """The shape that comes out; raises LayerError where the input doesn't fit."""
        raise NotImplementedError

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        """The values of the output, without the `activation` option. This method defines the kind."""
        raise NotImplementedError

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        """The result of PyTorch's own operation on tensors (N, channels, positions ...), None without one.

        Then `forward` runs on PyTorch's tensors. Options are handed over as the spec has them, so that the
        geometry is PyTorch's too.
        """
        if not self.torch_op:
            return None
        name, *options = self.torch_op
        return getattr(torch.nn.functional, name)(x, *(getattr(self, option) for option in options))

    def torch_code(self, x: "Source") -> "Part | None":
        """The layer in PyTorch's code, its `activation` apart; None where PyTorch has no such module.

        The arrays of the module have the names and shapes of `weights`.
        """
        if not self.torch_class:
            return None
        from cnncalc.layers.support.pytorch_code import of_function

        return of_function(self, x)

    def keras_code(self, x: "Source") -> "Part | None":
        """The layer in Keras's code, its `activation` apart; None where Keras has no such layer."""
        if not self.keras_activation:
            return None
        from cnncalc.layers.support.code import Part
        from cnncalc.layers.support.keras_code import keras_layer

        return Part((keras_layer("Activation", ("activation", self.keras_activation)),), last=True)

    @property
    def keras_activation(self) -> str:
        """The function of keras.activations that it is with its options; "" where there is none."""
        return self.keras_function

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        """The result of ONNX's operators, which are given: `onnx.Relu(x)` applies Relu to an array."""
        if not self.onnx_op:
            return None
        name, *attributes = self.onnx_op
        pairs = (attribute.partition("=") for attribute in attributes)
        return onnx.run(name, x, **{key: getattr(self, option or key) for key, _, option in pairs})

    def to_fast(self, fast: FastPath[Map], weights: Mapping[str, Any], shape: Shape, x: Map) -> Map | None:
        """The output by the kernels of the fast path for an input; None where `forward` is to run."""
        return None

    def weights(self, x: Shape) -> dict[str, Weight]:
        """Name -> array, named and shaped as PyTorch's state_dict has them."""
        return {}

    def connections(self, x: Shape) -> int:
        """Links into the layer's units, bias links included; 0 where no new units are made."""
        return 0

    def connections_real(self, x: Shape) -> int:
        """Connections less those that land on padding."""
        return self.connections(x)

    def macs(self, x: Shape) -> int:
        """Multiply-accumulates with learned weights; bias additions are none."""
        return 0

    def gradient_macs(self, wanted: Sequence[bool], *inputs: Shape) -> int:
        """Multiply-accumulates of the gradients to the inputs that are `wanted`, and to values between.

        A product of a weight and a value gives the value's gradient one product, of that weight and the
        gradient of the output (LeCun et al., 1998, "Efficient BackProp", section 4.1).
        """
        return self.macs(*inputs) if any(wanted) else 0

    def weight_gradient_macs(self, *inputs: Shape) -> int:
        """Multiply-accumulates of the gradients to the weights: one for each product of weight and value."""
        return self.macs(*inputs)

    def work(self, x: Shape) -> Work:
        """Every operation, by kind: multiply, add, compare, divide, exp, ..."""
        return {}

    @property
    def moves_nothing(self) -> bool:
        """Whether what comes out is the input as it lies in memory: flatten, dropout outside training."""
        return self.reshapes or self.keeps_values

    def values_read(self, *inputs: Shape) -> int:
        """The values of the inputs that are read, each counted once, however many outputs it is part of."""
        if self.moves_nothing:
            return 0
        # an input for its size alone is read no value of
        read = inputs[:-1] if self.like is not None else inputs
        whole = [product(shape) for shape in read]
        if self.takes_part:
            whole[0] = minimum(product(self.output(*inputs)), whole[0])
        elif not self.reads_all and (
            axes := [axis for axis in self.geometry(*inputs) if isinstance(axis, Axis)]
        ):
            whole[0] = product((*(axis.read for axis in axes), read[0][-1]))
        return sum(whole)

    def geometry(self, x: Shape) -> Axes:
        """How the kernel lies along each spatial axis, padding resolved; () for a kind without a kernel."""
        return ()

    def reach(self, x: Shape) -> Reading:
        """The input positions that an output reads along each spatial axis.

        EVERYTHING where each output reads all positions; None where outputs have no position of their own:
        values of a vector, or values laid out anew.
        """
        if not self.has_positions:
            return None
        if self.reads_all:
            return EVERYTHING
        if axes := self.geometry(x):
            return tuple(axis.reach for axis in axes)
        return (ITSELF,) * (len(x) - 1) or None

    def alternatives(self, *inputs: Shape) -> "Mapping[str, Sequence[Layer]]":
        """Layers that may take this layer's place at less cost: a change's name -> layers in order."""
        return {}

    def parts(self) -> "tuple[tuple[str, Layer], ...] | None":
        """For a kind that stands for several layers: their names and layers, one after another."""
        return None


@dataclass_transform(frozen_default=True, kw_only_default=True, eq_default=False, field_specifiers=(option,))
def options_of(cls: AnyLayer) -> AnyLayer:
    """Makes the options of a class its fields, and its objects immutable."""
    # no method is generated: Layer has them, and a start would wait for the code of each kind to be compiled
    # eq=False: equal layers of a network are one object, so that looking up the counts of a layer is cheap
    return cast(AnyLayer, dataclasses.dataclass(init=False, repr=False, eq=False, kw_only=True)(cls))


@dataclass_transform(frozen_default=True, kw_only_default=True, eq_default=False, field_specifiers=(option,))
def layer(cls: AnyLayer) -> AnyLayer:
    """Makes a class a layer kind: immutable, with its options as fields, known by its file's name.

    >>> from cnncalc.layers import find
    >>> find("conv").kind
    'conv'
    """
    module = cls.__module__.rpartition(".")[2]
    if "kind" not in vars(cls):
        cls.kind = module
    if cls.kind != module:
        raise TypeError(f"kind {cls.kind} stands in {module}.py: a kind is one file of its name")
    if cls.is_activation and not cls.examples:
        nothing = {"params": 0, "connections": 0, "macs": 0}
        cls.examples = (Example(cls.kind, "28x28x6", "28x28x6", nothing, "no units, no weights"),)
    return options_of(cls)


class Channels(NamedTuple):
    """A shape taken apart."""

    positions: tuple[int, ...]
    channels: int


def spatial(kind: str, x: Shape) -> Channels:
    """The spatial sizes and the channels of an input that must have positions."""
    if len(x) < 2:
        raise LayerError(
            "no_positions",
            f"{kind} works on positions, and its input is a vector of {int(x[0])} values",
            f"reshape it first, such as reshape: 1x1x{int(x[0])}",
        )
    return Channels(x[:-1], x[-1])


def in_layout(x: Shape, layout: str) -> Shape:
    """A shape (..., channels) as a layout writes it.

    >>> in_layout((32, 24, 3), "chw")
    (3, 32, 24)
    """
    return (x[-1], *x[:-1]) if layout == "chw" else x


def from_layout(written: Shape, layout: str) -> Shape:
    """A shape as (..., channels), from how a layout writes it.

    >>> from_layout((3, 32, 24), "chw")
    (32, 24, 3)
    """
    return (*written[1:], written[0]) if layout == "chw" else written


def divides(groups: int, channels: int, what: str, option: str = "groups") -> int:
    """channels/groups, which must leave nothing over."""
    if channels % groups:
        fitting = [n for n in range(1, min(channels, 4096) + 1) if channels % n == 0]
        raise LayerError(
            "not_divisible",
            f"{int(channels)} {what} are not divisible by {option} = {int(groups)}",
            f"{', '.join(map(str, fitting[:12]))}{', ...' if len(fitting) > 12 else ''} are",
            option,
        )
    return exact_div(channels, groups)


def elementwise(x: Shape, **per_value: int) -> Work:
    """The work of an operation that does the same to each value of its input.

    >>> elementwise((2, 2, 3), compare=1)
    {'compare': 12}
    """
    values = product(x)
    return {operation: values * times for operation, times in per_value.items()}


class Activation(Layer):
    """A kind that does the same to each value, and may be the `activation` option of another."""

    in_place = True
    is_activation = True
    family = "Activations"
    reason_family = "activation"
    per_value: ClassVar[Mapping[str, int]] = {}
    """Operations for one value."""

    def output(self, x: Shape) -> Shape:
        return x

    def work(self, x: Shape) -> Work:
        return elementwise(x, **self.per_value)


@reader("the name of an activation, or a mapping name -> options", {"$ref": "#/$defs/activation"})
def activation(value: Any) -> Layer | None:
    """An activation by its name, with its options if it is given any; None for `none`."""
    from cnncalc.layers import build, find, names

    if value is None or value == "none" or isinstance(value, Layer):
        return value if isinstance(value, Layer) else None
    options: Mapping[str, Any] = {}
    name = value
    if isinstance(value, Mapping) and len(value) == 1:
        name, given = next(iter(value.items()))
        options = given if isinstance(given, Mapping) else {} if given is None else {"": given}
    cls = find(name) if isinstance(name, str) else None
    if cls is None or not cls.is_activation:
        activations = [known for known in names() if (c := find(known)) and c.is_activation]
        raise LayerError(
            "unknown_activation",
            f"{name!r} is not an activation" if isinstance(name, str) else "not an activation",
            did_you_mean(name, activations) if isinstance(name, str) else f"such as {activations[0]}",
        )
    if "" in options:
        if not cls.short_option:
            raise LayerError("bad_value", f"{name} has no one option that {brief(options[''])} could be")
        options = {cls.short_option: options[""]}
    return build(cls, options)


def fields(cls: type[Layer]) -> dict[str, dataclasses.Field[Any]]:
    """The options of a kind, by name, in order."""
    return {field.name: field for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
