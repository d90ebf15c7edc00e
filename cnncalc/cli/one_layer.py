"""One layer said by flags: `--conv 5x5x3 --filters 6`."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from typer import Option

from cnncalc.cli.common import Options
from cnncalc.errors import LayerError, SpecError, UsageError
from cnncalc.expr import product
from cnncalc.layers import find
from cnncalc.layers.support.base import Layer, from_layout
from cnncalc.layers.support.base import fields as option_fields
from cnncalc.layers.support.options import PADDING_WORDS, shape, sizes
from cnncalc.layers.support.size_flags import SIZE_FLAGS

if TYPE_CHECKING:
    from cnncalc.analysis.report import Report
    from cnncalc.languages import Message
    from cnncalc.network import Network


class KindFlags(Options):
    """One layer by its kind, with its size."""

    PANEL = "One layer instead of a network"


for _kind, _form in SIZE_FLAGS.items():
    KindFlags.__annotations__[_kind] = Annotated[str | None, Option(help=_form, metavar="SIZE")]
    setattr(KindFlags, _kind, None)


class LayerFlags(KindFlags):
    """One layer and its options."""

    filters: Annotated[str | None, Option(help="Filters.", metavar="K")] = None
    units: Annotated[str | None, Option(help="Units.", metavar="K")] = None
    stride: Annotated[str | None, Option(help="Stride.", metavar="S")] = None
    padding: Annotated[str | None, Option(help="Padding; or same, valid, full.", metavar="P")] = None
    dilation: Annotated[str | None, Option(help="Dilation.", metavar="D")] = None
    groups: Annotated[str | None, Option(help="Groups.", metavar="G")] = None
    multiplier: Annotated[str | None, Option(help="Filters a map, of a depthwise layer.", metavar="M")] = None
    no_bias: Annotated[bool, Option("--no-bias", help="No biases.")] = False

    @property
    def kind(self) -> str | None:
        """The kind of the layer, None where none is said."""
        said = [kind for kind in SIZE_FLAGS if getattr(self, kind) is not None]
        if len(said) > 1:
            raise UsageError(f"one layer at a time: {' and '.join(_dashed(kind) for kind in said)}")
        loose = [name for name in self.defaults() if name not in SIZE_FLAGS and getattr(self, name)]
        if loose and not said:
            message = f"{_dashed(loose[0])} says something of a layer, and none is said"
            raise UsageError(message, "such as --conv 5x5x3")
        return said[0] if said else None

    def lettered(
        self, given_input: str | None, *, anywhere: bool = False
    ) -> "tuple[LayerFlags, str | None, Mapping[int, str]]":
        """The flags and the input with stand-ins for their letters: FxFxC; stand-in -> letter.

        An input that is not given is HxW, but for what an `anywhere` layer has.
        """
        from cnncalc.spec.unknowns import Unknowns

        names = [*SIZE_FLAGS, *_SIZED]
        said = {name: value for name in names if (value := getattr(self, name)) is not None}
        if self.kind:
            self._refuse_units_in(getattr(self, self.kind))
        unknowns = Unknowns(*said.values(), given_input or "")
        told = {
            name: value if value in PADDING_WORDS else unknowns.sizes(value) for name, value in said.items()
        }
        kernel = (self.kind and getattr(self, self.kind)) or ""
        if given_input is None and not anywhere and told != said and kernel.count("x") > 1:
            axes = {2: "HxW", 3: "TxHxW"}.get(kernel.count("x"), "")
            given_input = f"{axes}x{kernel.rpartition('x')[2]}" if axes else None
        if given_input is not None:
            given_input = unknowns.sizes(given_input, given_input.count("x"))
        return self.replace(**told), given_input, unknowns.letters

    @property
    def layer_class(self) -> type[Layer] | None:
        """The class of the kind."""
        return find(self.kind) if self.kind else None

    def network(
        self, given_input: str | None, layout: str | None = None, needs_input: bool = False
    ) -> "Network":
        """The layer as a network of its own."""
        from cnncalc.loading import load

        cls = self.layer_class
        assert cls is not None
        kind = cls.kind
        written = getattr(self, kind)
        x = _read("--input", shape, given_input) if given_input is not None else None
        if x is not None:
            x = from_layout(x, layout or "hwc")
        size = _read(_dashed(kind), shape, written)
        self._refuse_units_in(written)
        # a kernel that positions don't share has weights for each of them
        if x is None and ((needs_input and not cls.flattens) or not cls.shares_kernel):
            usual = self.usual_input()
            help = f"such as --input {usual}; what one unit reads needs none: explain --quantity fan_in"
            raise UsageError("which input? the output depends on it", help)
        options, least = _geometry(cls, written, size, x, self._spread())
        for name in _SIZED:
            if (value := getattr(self, name)) is not None:
                options[name] = value
        if self.no_bias:
            options["bias"] = False
        try:
            return load({"name": kind, "input": list(x or least), "layers": [{kind: options}]})
        except SpecError as error:
            raise _by_flags(error) from None

    def usual_input(self) -> str:
        """An input that the layer can have, to be named in help."""
        size = getattr(self, self.kind or "").split("x")
        return f"32x32x{size[-1] if len(size) > 2 else 3}"

    def _refuse_units_in(self, written: str) -> None:
        """Refuses FxFxCxK, and NxK of a dense layer, whose last number was meant for filters or units."""
        cls = self.layer_class
        if cls is None or not cls.units_option or getattr(self, cls.units_option) is not None:
            return
        if written.count("x") == (3 if "kernel" in option_fields(cls) else 1):
            rest, _, units = written.rpartition("x")
            flag, option = _dashed(cls.kind), _dashed(cls.units_option)
            message = f"{flag} {written}: how many {cls.units_option}?"
            raise UsageError(message, f"{flag} {rest} {option} {units}", "missing_option")

    def doubt(self) -> "Message | None":
        """The warning where a kernel was probably written with its channels first: 3x5x5."""
        from cnncalc.languages import Message

        cls = self.layer_class
        first, *rest = str(cls and getattr(self, cls.kind)).split("x")
        if cls is None or "kernel" not in option_fields(cls) or len(rest) != 2 or len(set(rest)) != 1:
            return None
        if first == rest[0]:
            return None
        command = f"{_dashed(cls.kind)} {rest[0]}x{rest[1]}x{first}"
        return Message("warning.kernel_first", kernel=f"{first}x{rest[0]}", channels=rest[1], command=command)

    def as_text(self) -> str:
        """The layer as compact text, such as conv3-64 p1; "" for a kind whose sizes no such text has."""
        cls, units = self.layer_class, self.filters or self.units or ""
        if cls is None or not any(cls.compact):
            return ""
        # the channels of FxFxC come from the input
        size = getattr(self, cls.kind).split("x")[0] if cls.compact[0] else ""
        said = [cls.kind + size + (f"-{units}" if units else "")]
        letters = {"s": self.stride, "p": self.padding, "d": self.dilation, "g": self.groups}
        said += [
            value if value in PADDING_WORDS else letter + value for letter, value in letters.items() if value
        ]
        return " ".join([*said, *(["nobias"] if self.no_bias else [])])

    def _spread(self) -> int:
        """The largest dilation: it says how large the least input is."""
        dilation = _read("--dilation", sizes, self.dilation) if self.dilation else 1
        return max(dilation) if isinstance(dilation, tuple) else int(dilation)


Size = tuple[int, ...]
_SIZED = ("filters", "units", "stride", "padding", "dilation", "groups", "multiplier")
"""The flags that say a layer's options in numbers."""


def _geometry(
    cls: type[Layer], written: str, size: Size, x: Size | None, spread: int
) -> tuple[dict[str, Any], Size]:
    """The options that a flag's size says, and the least input for that size."""
    if cls.flattens:
        if x is not None and product(x) != product(size):
            raise UsageError(
                f"{_dashed(cls.kind)} {written} says {product(size)} values, and --input has {product(x)}",
                code="channels",
            )
        return {}, size
    if "kernel" not in option_fields(cls):
        if x is not None and x[-1] != size[-1]:
            raise _contradiction(cls.kind, written, size[-1], x)
        # channels are no size of a side
        return {}, size if len(size) > 1 else (1, 1, *size)
    kernel, channels = _kernel(cls, written, size, x)
    positions = (
        kernel * (len(x) - 1 if x is not None else 2) if len(kernel) == 1 and len(size) == 1 else kernel
    )
    least = tuple(spread * (f - 1) + 1 for f in positions)
    return {"kernel": list(kernel) if len(kernel) > 1 else kernel[0]}, (*least, channels)


def _kernel(cls: type[Layer], written: str, size: Size, x: Size | None) -> tuple[Size, int]:
    """The kernel and the channels of FxFxC, of which pools may leave out the channels."""
    flag = _dashed(cls.kind)
    if x is None:
        if cls.pools and len(size) < 3:
            return size, 1
        if len(size) == 1:
            raise UsageError(
                f"{flag} {written}: how many channels?", "FxFxC, such as 5x5x3", code="bad_value"
            )
        if len(size) == 2 and size[0] == size[1]:
            help = f"{flag} {written}x1 for a grey image, {written}x3 for colours; or --input 32x32x3"
            raise UsageError(f"{flag} {written}: how many channels?", help, code="bad_value")
        return size[:-1], size[-1]
    if len(size) == 1 or len(size) == len(x) - 1:
        return size, x[-1]
    if len(size) != len(x):
        dimensions = f"{len(size) - 1} dimensions, and --input has {len(x) - 1}"
        whole = "x".join(map(str, (*x, size[-1]))) if len(size) == len(x) + 1 else ""
        help = f"with its channels: --input {whole}" if whole else "FxFxC for HxWxC"
        raise UsageError(f"{flag} {written} slides over {dimensions}", help, code="wrong_rank")
    if x[-1] != size[-1]:
        raise _contradiction(cls.kind, written, size[-1], x)
    return size[:-1], size[-1]


def along_axes(size: str, kernel: str) -> list[tuple[int, int]]:
    """The size and the kernel along each axis: 5x7 and 3 are 5 and 3, 7 and 3; 5 and 3x3, 5 and 3 twice."""
    along, sides = _read("N", sizes, size), _read("--kernel", sizes, kernel)
    axes = len(sides) if isinstance(sides, tuple) else 1
    along = along if isinstance(along, tuple) else (int(along),) * axes
    sides = sides if isinstance(sides, tuple) else (int(sides),) * len(along)
    if len(along) > 2 and along[-1] < sides[-1]:
        rest = size.rpartition("x")[0]
        message = f"{size} is read as {len(along)} axes, and the kernel is larger than the last"
        raise UsageError(message, f"without channels: cnncalc size {rest} --kernel {kernel}", "wrong_rank")
    if len(sides) != len(along):
        raise UsageError(
            f"{size} has {len(along)} axes, and --kernel {kernel} has {len(sides)}", code="wrong_rank"
        )
    return list(zip(along, sides, strict=True))


def _read(flag: str, reader: Any, value: Any) -> Any:
    try:
        return reader(value)
    except LayerError as error:
        raise UsageError(f"{flag}: {error.fault.message}", error.fault.help, error.fault.code) from None


def _contradiction(kind: str, written: str, channels: int, x: tuple[int, ...]) -> UsageError:
    told = "x".join(map(str, x))
    help = "a layer takes all the channels that come in"
    if len(x) == 2 and len(set(x)) == 1 and len(set(written.split("x"))) == 1:
        help = f"of a grey image: --input {told}x1 {_dashed(kind)} {written}x1"
    return UsageError(
        f"{_dashed(kind)} {written} says {channels} channels, and --input {told} has {x[-1]} (HxWxC)",
        help,
        "channels",
    )


def _dashed(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _by_flags(error: SpecError) -> SpecError:
    """The same faults, told of flags rather than of a spec."""
    return SpecError(*(fault._replace(place=None) for fault in error.faults))


def analyze(
    flags: LayerFlags, spec: Any, *, needs_input: bool, optimizer: str = "sgd", batches: bool = False
) -> "tuple[Report, bool]":
    """The report of the one layer, and whether an input was said; `batches` where a batch says something."""
    if spec.spec is not None:
        raise UsageError(
            f"either a network or one layer by flags, not both: {spec.spec} and {_dashed(flags.kind or '')}"
        )
    cls, text = flags.layer_class, flags.as_text() or "conv5-6"
    input = spec.input or (getattr(flags, cls.kind) if cls is not None and cls.flattens else "32x32x3")
    help = f'a layer as text has a batch: such as cnncalc cost --batch {spec.batch} --input {input} "{text}"'
    if not batches:
        spec.refuse("one layer by flags", "batch", help=help)
    spec.refuse("one layer by flags", "convention", "set", "opaque")
    if spec.input is None:
        spec.refuse(
            "one layer without its input", "layout", "rounding", "dtype", help="such as --input 32x32x3"
        )
    network = flags.network(spec.input, spec.layout, needs_input)
    try:
        report = network.analyze(
            spec.batch,
            dtype=spec.dtype,
            layout=spec.layout,
            rounding=spec.rounding,
            optimizer=optimizer,
            convention=spec.convention,
        )
    except SpecError as error:
        raise _by_flags(error) from None
    return report, spec.input is not None
