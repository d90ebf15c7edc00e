"""The options `--max-...`, which hold the totals of a network to limits."""

from typing import Annotated, Any

from typer import Option

from cnncalc.cli.common import Options, read_quantity
from cnncalc.quantity import RECORDS

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
