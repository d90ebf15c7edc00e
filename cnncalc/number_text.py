"""Numbers as people write them: 5M, 300k, 8GiB, 64 MB; and bytes as people read them. Exact, no floats."""

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from cnncalc.errors import UsageError, brief

_PREFIXES = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}
_NUMBER = r"([0-9]{1,18}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})"
_WRITTEN = _NUMBER + r"\s*([kmgtp]?)(i?)(b?)"
_COUNTS = "a number such as 5M or 4.1G: k, M, G, T are powers of 1000, Ki, Mi, Gi of 1024"
_BYTES = "such as 64MiB or 2GB: KiB, MiB, GiB are powers of 1024, kB, MB, GB of 1000"


def read_count(text: str) -> int:
    """A whole number from text such as `5M`, `1.5G` or `300000`; raises UsageError.

    >>> read_count("4.1G"), read_count("64Ki")
    (4100000000, 65536)
    """
    value, unit = _read(text.replace(",", "").replace("_", ""), _COUNTS)
    if unit:
        raise UsageError(f"{brief(text)} is in bytes, and a count is wanted", _COUNTS, "bad_value")
    return value


def read_bytes(text: str) -> int:
    """Bytes from text such as `8GiB` or `64 MB`; a bare number is bytes; raises UsageError.

    >>> read_bytes("64MiB"), read_bytes("64MB")
    (67108864, 64000000)
    """
    if re.search(r"[kmgt]i?b$", text, re.IGNORECASE) and text.endswith("b") and not text.islower():
        raise UsageError(f"{brief(text)}: bits or bytes?", f"B is a byte: {_BYTES}", "bad_value")
    return _read(text.replace(",", "").replace("_", ""), _BYTES)[0]


def _read(text: str, help: str) -> tuple[int, str]:
    """The value, and the unit's letter where it has one."""
    found = re.fullmatch(_WRITTEN, text.strip(), re.IGNORECASE | re.ASCII)
    if found is None or (found[3] and not found[2]):
        raise UsageError(f"{brief(text)} is not a quantity", help, "bad_value")
    number, prefix, binary, unit = found.groups()
    value = Fraction(number) * (1024 if binary else 1000) ** _PREFIXES[prefix.lower()]
    if value.denominator != 1:
        raise UsageError(f"{brief(text)} is not whole", help, "bad_value")
    return int(value), unit


def told_bytes(value: int) -> str:
    """Bytes for people, in powers of 1024 and of 1000.

    >>> told_bytes(60950432)
    '58.1 MiB (61.0 MB)'
    >>> told_bytes(840)
    '840 bytes'
    """
    if value < 1000:
        return "1 byte" if value == 1 else f"{value} bytes"
    binary = _scaled(value, 1024, ("KiB", "MiB", "GiB", "TiB", "PiB"))
    return f"{binary} ({_scaled(value, 1000, ('kB', 'MB', 'GB', 'TB', 'PB'))})"


BYTE_UNITS = {
    prefix + unit: base**power
    for base, unit, prefixes in ((1000, "B", "kMG"), (1024, "iB", "KMG"))
    for power, prefix in enumerate(prefixes, 1)
}
"""The units of a column of bytes: how many bytes each is."""


def unit_of_bytes(text: str) -> str:
    """The unit of bytes that a text means; raises UsageError.

    >>> unit_of_bytes("MB"), unit_of_bytes("mib")
    ('MB', 'MiB')
    """
    found = next((unit for unit in BYTE_UNITS if unit.lower() == text.strip().lower()), None)
    if found is None:
        raise UsageError(f"{brief(text)} is no unit of bytes", f"one of {', '.join(BYTE_UNITS)}", "bad_value")
    return found


def _scaled(value: int, base: int, units: tuple[str, ...]) -> str:
    power = 1
    # 999.95 and above would be written 1000.0
    while power < len(units) and value * 20 >= 19_999 * base**power:
        power += 1
    return f"{value / base**power:,.1f} {units[power - 1]}"


def told_sizes(values: Sequence[Any]) -> str:
    """Sizes along the axes: one number where they are the same.

    >>> told_sizes((5, 5)), told_sizes((3, 5))
    ('5', '3x5')
    """
    return str(values[0]) if len(set(values)) == 1 else "x".join(map(str, values))


def told_rate(value: float, unit: str) -> str:
    """So many of a unit, with the prefix that leaves few digits.

    >>> told_rate(25_600_000_000, "B/s"), told_rate(236e9, "FLOP/s")
    ('25.6 GB/s', '236 GFLOP/s')
    """
    power = 0
    while value >= 999.95 * 1000**power and power < 5:
        power += 1
    return f"{value / 1000**power:.4g} {('', 'k', 'M', 'G', 'T', 'P')[power]}{unit}"


def told_seconds(value: float) -> str:
    """A time for people.

    >>> told_seconds(0.00123), told_seconds(12.5), told_seconds(0.0), told_seconds(61e-9)
    ('1.23 ms', '12.5 s', '0', '61 ns')
    """
    if not value:
        return "0"
    for scale, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if value >= 0.9995 * scale:
            return f"{value / scale:,.3g} {unit}" if value < 999.5 * scale else f"{value / scale:,.0f} {unit}"
    return f"{value / 1e-9:.3g} ns"


def read_seconds(text: str) -> float:
    """Seconds from text such as `20ms`, `1.5 s` or `800us`; raises UsageError.

    >>> read_seconds("20ms"), read_seconds("1.5 s")
    (0.02, 1.5)
    """
    found = re.fullmatch(r"([0-9]{1,12}(?:\.[0-9]{1,12})?) ?(s|ms|us|µs|ns)", text.strip(), re.ASCII)
    seconds = float(found[1]) * _SECONDS[found[2]] if found else 0.0
    if not seconds:
        raise UsageError(f"{brief(text)} is no time", "such as 20ms, 800us or 1.5s", "bad_value")
    return seconds


_SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}


def told_joules(picojoules: float) -> str:
    """An energy for people, of picojoules.

    >>> told_joules(4_600_000), told_joules(0), told_joules(12.5)
    ('4.6 µJ', '0', '12.5 pJ')
    """
    if not picojoules:
        return "0"
    power = 0
    while picojoules >= 999.5 * 1000**power and power < 4:
        power += 1
    return f"{picojoules / 1000**power:.3g} {('pJ', 'nJ', 'µJ', 'mJ', 'J')[power]}"
