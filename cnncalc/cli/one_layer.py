"""One layer said by flags: `--conv 5x5x3 --filters 6`."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated, Any

from typer import Option

from cnncalc.errors import LayerError, SpecError, UsageError
from cnncalc.layers.options import shape, sizes

if TYPE_CHECKING:
    from cnncalc.analysis.report import Report
    from cnncalc.network import Network

KINDS = {
    "conv": "FxFxC, such as 5x5x3 (5x3 in one dimension).",
    "depthwise_conv": "FxFxC.",
    "conv_transpose": "FxFxC.",
    "local_conv": "FxFxC.",
    "max_pool": "F, FxF or FxFxC.",
    "avg_pool": "F, FxF or FxFxC.",
    "subsample": "F, FxF or FxFxC.",
    "dense": "How many values come in, such as 400 or 5x5x16.",
    "batch_norm": "How many channels.",
}
_POOLS = ("max_pool", "avg_pool", "subsample")


@dataclass(frozen=True)
class LayerFlags:
    """One layer and its options."""

    conv: Annotated[str | None, Option(help=f"One layer: {KINDS['conv']}", metavar="SIZE")] = None
    depthwise_conv: Annotated[
        str | None, Option(help=f"One layer: {KINDS['depthwise_conv']}", metavar="SIZE")
    ] = None
    conv_transpose: Annotated[
        str | None, Option(help=f"One layer: {KINDS['conv_transpose']}", metavar="SIZE")
    ] = None
    local_conv: Annotated[str | None, Option(help=f"One layer: {KINDS['local_conv']}", metavar="SIZE")] = None
    max_pool: Annotated[str | None, Option(help=f"One layer: {KINDS['max_pool']}", metavar="SIZE")] = None
    avg_pool: Annotated[str | None, Option(help=f"One layer: {KINDS['avg_pool']}", metavar="SIZE")] = None
    subsample: Annotated[str | None, Option(help=f"One layer: {KINDS['subsample']}", metavar="SIZE")] = None
    dense: Annotated[str | None, Option(help=f"One layer: {KINDS['dense']}", metavar="SIZE")] = None
    batch_norm: Annotated[str | None, Option(help=f"One layer: {KINDS['batch_norm']}", metavar="SIZE")] = None
    filters: Annotated[int | None, Option(help="Of one layer: filters.", metavar="K")] = None
    units: Annotated[int | None, Option(help="Of one layer: units.", metavar="K")] = None
    stride: Annotated[str | None, Option(help="Of one layer: stride.", metavar="S")] = None
    padding: Annotated[
        str | None, Option(help="Of one layer: padding; or same, valid, full.", metavar="P")
    ] = None
    dilation: Annotated[str | None, Option(help="Of one layer: dilation.", metavar="D")] = None
    groups: Annotated[int | None, Option(help="Of one layer: groups.", metavar="G")] = None
    multiplier: Annotated[int | None, Option(help="Of a depthwise layer: filters a map.", metavar="M")] = None
    no_bias: Annotated[bool, Option("--no-bias", help="Of one layer: no biases.")] = False

    @property
    def kind(self) -> str | None:
        """The kind of the layer, None where none is said."""
        said = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(said) > 1:
            raise UsageError(f"one layer at a time: {' and '.join(_dashed(kind) for kind in said)}")
        if not said:
            for field in fields(self):
                if field.name not in KINDS and getattr(self, field.name):
                    raise UsageError(
                        f"{_dashed(field.name)} says something of a layer, and none is said",
                        "such as --conv 5x5x3",
                    )
        return said[0] if said else None

    def network(
        self, given_input: str | None, layout: str | None = None, needs_input: bool = False
    ) -> Network:
        """The layer as a network of its own."""
        from cnncalc.network import load

        kind = self.kind
        assert kind is not None
        written = getattr(self, kind)
        x = _read("--input", shape, given_input) if given_input is not None else None
        if x is not None and layout == "chw":
            x = (*x[1:], x[0])
        options, least = self._geometry(kind, written, x)
        if x is None and needs_input and kind not in ("dense",):
            raise UsageError("which input? the output depends on it", "such as --input 32x32x3")
        for name in ("filters", "units", "stride", "padding", "dilation", "groups", "multiplier"):
            if (value := getattr(self, name)) is not None:
                options[name] = value
        if self.no_bias:
            options["bias"] = False
        try:
            return load({"name": kind, "input": list(x or least), "layers": [{kind: options}]})
        except SpecError as error:
            raise _by_flags(error, kind) from None

    def _geometry(
        self, kind: str, written: str, x: tuple[int, ...] | None
    ) -> tuple[dict[str, Any], tuple[int, ...]]:
        """The kernel, and the least input that the flags allow."""
        size = _read(_dashed(kind), shape, written)
        if kind == "dense":
            if x is not None:
                count = 1
                for n in x:
                    count *= n
                given = 1
                for n in size:
                    given *= n
                if count != given:
                    raise UsageError(
                        f"{_dashed(kind)} {written} says {given} values, and --input has {count}"
                    )
            return {}, size
        if kind == "batch_norm":
            if x is not None and x[-1] != size[-1]:
                raise _contradiction(kind, written, size[-1], x)
            return {}, size
        if kind in _POOLS and (
            len(size) == 1 or (x is not None and len(size) == len(x) - 1) or (x is None and len(size) == 2)
        ):
            kernel = size if len(size) > 1 else size * (len(x) - 1 if x is not None else 2)
            return {"kernel": list(size) if len(size) > 1 else size[0]}, (*kernel, 1)
        if len(size) == 1:
            if x is None:
                raise UsageError(f"{_dashed(kind)} {written}: how many channels?", "FxFxC, such as 5x5x3")
            return {"kernel": size[0]}, x
        kernel, channels = size[:-1], size[-1]
        if x is not None:
            if len(size) == len(x) - 1:
                return {"kernel": list(size)}, x
            if len(size) != len(x):
                raise UsageError(
                    f"{_dashed(kind)} {written} slides over {len(kernel)} dimensions, and --input has {len(x) - 1}",
                    "FxFxC for HxWxC",
                )
            if x[-1] != channels:
                raise _contradiction(kind, written, channels, x)
        spread = _read("--dilation", sizes, self.dilation) if self.dilation else 1
        spreads = spread if isinstance(spread, tuple) else (spread,) * len(kernel)
        least = tuple(d * (f - 1) + 1 for f, d in zip(kernel, (*spreads, 1, 1, 1), strict=False))
        return {"kernel": list(kernel) if len(kernel) > 1 else kernel[0]}, (*least, channels)


def _read(flag: str, reader: Any, value: Any) -> Any:
    try:
        return reader(value)
    except LayerError as error:
        raise UsageError(f"{flag}: {error.fault.message}", error.fault.help) from None


def _contradiction(kind: str, written: str, channels: int, x: tuple[int, ...]) -> UsageError:
    told = "x".join(map(str, x))
    return UsageError(
        f"{_dashed(kind)} {written} reads {channels} channels, and --input {told} has {x[-1]}",
        "a filter reads all the channels",
        "channels",
    )


def _dashed(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _by_flags(error: SpecError, kind: str) -> SpecError:
    """The same faults, told of flags rather than of a spec."""
    from dataclasses import replace

    return SpecError(*(replace(fault, place=None) for fault in error.faults))


def analyze(flags: LayerFlags, spec: Any, *, needs_input: bool) -> tuple[Report, bool]:
    """The report of the one layer, and whether an input was said."""
    network = flags.network(spec.input, spec.layout, needs_input)
    try:
        report = network.analyze(
            spec.batch,
            dtype=spec.dtype,
            layout=spec.layout,
            rounding=spec.rounding,
            convention=spec.convention,
        )
    except SpecError as error:
        raise _by_flags(error, str(flags.kind)) from None
    return report, spec.input is not None
