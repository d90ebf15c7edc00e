"""Devices: the most operations and bytes that each can do in a second, read from files of YAML."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from cnncalc.analysis.memory import DTYPES
from cnncalc.errors import Fault, Place, SpecError, UsageError, as_text, brief, did_you_mean
from cnncalc.number_text import read_bytes, read_count
from cnncalc.spec.parse import parse
from cnncalc.spec.source import LocatedMap, Source, read_text

FOLDER = Path(__file__).resolve().parent.parent / "devices"
"""The catalogue: a file for each device."""
THIS = "this"
"""The name of the machine that cnncalc runs on, whose figures are measured."""
TEXTS = ("name", "kind", "source", "notes")
SIZES = ("bandwidth", "memory", "flash")
KEYS = (*TEXTS[:2], "year", *TEXTS[2:], "peak", *SIZES)
NEEDED = ("name", "source", "peak", "bandwidth")
MOST = 10**24
"""The largest figure that a device may have."""


class Device(NamedTuple):
    """A device. An operation is a multiplication or an addition: a multiply-accumulate is two.

    `bandwidths` are pairs (least bytes, bytes a second): how fast so many bytes or more are moved. A device
    of the catalogue has one, that of its memory; the caches of a machine that was measured have others.
    """

    name: str
    peak: Mapping[str, int]
    """Type of values -> operations a second."""
    bandwidths: tuple[tuple[int, int], ...]
    source: str
    kind: str = ""
    notes: str = ""
    memory: int | None = None
    """Bytes for values that change; for the weights too, unless the device has flash."""
    flash: int | None = None
    """Bytes for weights, beside the memory."""

    def operations(self, dtype: str) -> int:
        """The operations a second on values of a type; raises UsageError for a type that the device lacks."""
        if dtype not in self.peak:
            known = ", ".join(self.peak)
            raise UsageError(
                f"{self.name} has no peak in {dtype}",
                f"--dtype is one of those it has: {known}",
                "unknown_choice",
            )
        return self.peak[dtype]

    def bandwidth(self, moved: int) -> int:
        """The bandwidth, in bytes a second, at which a number of bytes is moved at best."""
        return min(speed for least, speed in self.bandwidths if least <= moved)

    def to_dict(self) -> dict[str, Any]:
        """The figures as data."""
        told = self._asdict()
        return {**told, "peak": dict(self.peak), "bandwidths": [list(pair) for pair in self.bandwidths]}


def names() -> list[str]:
    """The names of the devices of the catalogue, in alphabetical order."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def find(name: str) -> Device:
    """A device of the catalogue by its name, or a user's own by the path of its file.

    Raises UsageError for a name that there isn't, SpecError with every fault of a file.
    """
    path = FOLDER / f"{name.lower()}.yaml"
    own = name.endswith((".yaml", ".yml", ".json"))
    if own or name.lower() not in names():
        if not own:
            help = did_you_mean(name, [*names(), THIS]) or f"known: {', '.join(names())}, {THIS}, or a file"
            raise UsageError(f"{brief(name)} is no device", help, "unknown_choice")
        path = Path(name)
    source = Source(read_text(path, name), name)
    return _Reader(source, parse(source)).device()


class _Reader:
    """A file of a device, read key by key."""

    def __init__(self, source: Source, root: Any) -> None:
        self.source, self.root, self.faults = source, root, list[Fault]()

    def device(self) -> Device:
        if not isinstance(self.root, LocatedMap):
            help = f"a mapping with {', '.join(NEEDED)}"
            raise SpecError(Fault("bad_device", "is not a device", help, Place(self.source.file)))
        for key in self.root:
            if key not in KEYS:
                help = did_you_mean(as_text(key), KEYS, "keys")
                self.blame(self.root, key, f"{brief(key)} is not a key of a device", help, on_key=True)
        for key in NEEDED:
            if key not in self.root:
                self.faults.append(
                    Fault("bad_device", f"says no {key}", _EXAMPLES[key], Place(self.source.file))
                )
        texts = {key: self.text(key) for key in TEXTS if key in self.root}
        sizes = {key: self.number(self.root, key) for key in SIZES if key in self.root}
        peak = dict(self.peaks()) if "peak" in self.root else {}
        if self.faults:
            raise SpecError(*self.faults)
        return Device(
            peak=peak,
            bandwidths=((0, sizes["bandwidth"]),),
            memory=sizes.get("memory"),
            flash=sizes.get("flash"),
            **texts,
        )

    def blame(self, holder: LocatedMap, key: Any, message: str, help: str, *, on_key: bool = False) -> None:
        mark = holder.marks[key][0 if on_key else 1]
        self.faults.append(self.source.fault("bad_device", message, help, mark))

    def text(self, key: str) -> str:
        value = self.root[key]
        if not isinstance(value, str) or not value.strip():
            self.blame(self.root, key, f"{key} is not a text", _EXAMPLES.get(key, "a text"))
        return str(value)

    def number(self, holder: LocatedMap, key: str) -> int:
        value = holder[key]
        in_bytes = holder is self.root
        help = _EXAMPLES["bandwidth" if in_bytes else "peak"]
        number = 0
        if isinstance(value, int | float | str) and not isinstance(value, bool):
            with suppress(UsageError, ValueError, OverflowError):
                written = f"{value:.0f}" if isinstance(value, float) else str(value)
                number = (read_bytes if in_bytes else read_count)(written.removesuffix("/s"))
        if not 0 < number <= MOST:
            self.blame(holder, key, f"{key}: {brief(value)} is not a number above 0", help)
        return number

    def peaks(self) -> Iterator[tuple[str, int]]:
        peak = self.root["peak"]
        if not isinstance(peak, LocatedMap) or not peak:
            self.blame(self.root, "peak", "peak is not a mapping from types to numbers", _EXAMPLES["peak"])
            return
        for dtype in peak:
            if dtype in DTYPES:
                yield dtype, self.number(peak, dtype)
            else:
                help = did_you_mean(as_text(dtype), DTYPES, "known")
                self.blame(peak, dtype, f"{brief(dtype)} is not a type of values", help, on_key=True)


_EXAMPLES = {
    "name": "such as name: Jetson Nano",
    "source": "where the figures come from: source: the datasheet",
    "peak": "operations a second, two for each multiply-accumulate: peak: {float32: 236G}",
    "bandwidth": "bytes, for a bandwidth those of a second: bandwidth: 25.6GB",
}
