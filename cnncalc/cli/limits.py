"""The options `--max-...`, which hold the totals of a network to limits."""

from typing import Annotated, Any

from typer import Option

from cnncalc.cli.common import Options, read_quantity
from cnncalc.errors import UsageError
from cnncalc.quantity import RECORDS, Quantity

_LIMITS = [(quantity.limit, quantity.unit == "bytes") for quantity in RECORDS if quantity.limit]
_OPTIONS = {
    f"max_{limit.name}": Annotated[
        str | None, Option(help=f"The most {limit.help}.", metavar="BYTES" if in_bytes else "COUNT")
    ]
    for limit, in_bytes in _LIMITS
}


class LimitOptions(Options):
    """The most that the totals of a network may be."""

    PANEL = "Limits, with exit 1 beyond them"

    def most(self) -> dict[str, int | None]:
        """The name of each limit -> the most that is allowed; None where that is not said."""
        from cnncalc.number_text import read_bytes, read_count

        given: dict[str, Any] = {**self.defaults(), **vars(self)}
        return {
            limit.name: read_quantity(
                f"--max-{limit.name}",
                read_bytes if in_bytes else read_count,
                given[f"max_{limit.name}"],
            )
            for limit, in_bytes in _LIMITS
        }


LimitOptions.__annotations__ = _OPTIONS
for _name in _OPTIONS:
    setattr(LimitOptions, _name, None)


class TimeOptions(Options):
    """A device, and the most that the least time on the device may be."""

    PANEL = "The least time on a device"

    device: Annotated[
        str | None,
        Option(
            help="The least time that a device allows: a name, a file, this machine (this).", metavar="NAME"
        ),
    ] = None
    max_time: Annotated[
        str | None, Option(help="The most that the least time may be, such as 20ms.", metavar="TIME")
    ] = None

    def quantities(self) -> list[Quantity]:
        """The least time on the device; none where no device is said."""
        from cnncalc.analysis.bounds import least_time
        from cnncalc.cli.common import found_device

        if self.device is None:
            if self.max_time is not None:
                raise UsageError("--max-time on which device?", "such as --device jetson-nano")
            return []
        return [least_time(found_device(self.device))]

    def most(self) -> dict[str, float | None]:
        """The limit on the least time; None where that is not said."""
        from cnncalc.number_text import read_seconds

        return {"time": read_quantity("--max-time", read_seconds, self.max_time)}
