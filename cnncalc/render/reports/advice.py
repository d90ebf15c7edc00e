"""Three sentences: where parameters, operations and memory go, and what would cut each most."""

from cnncalc.analysis.advice import SMALLER_INPUT, Advice, advise
from cnncalc.analysis.report import Report
from cnncalc.languages import Message
from cnncalc.number_text import told_bytes


def advice_sentences(report: Report, found: list[Advice] | None = None) -> list[str]:
    """A sentence for each advice; that of a report unless given."""
    return [_sentence(report, each) for each in (advise(report) if found is None else found) if each.total]


def _sentence(report: Report, advice: Advice) -> str:
    where = Message("advice.weights") if not advice.where else advice.where
    in_bytes = advice.quantity == "memory.running"

    def told(value: int) -> str:
        return told_bytes(value).partition(" (")[0] if in_bytes else f"{value:,}"

    at_run = ("run",) if in_bytes and advice.where else ()
    key = advice.quantity.partition(".")[0]
    goes = Message(
        f"advice.{key}",
        at_run,
        where=where,
        share=_percent(advice.part, advice.total),
        total=told(advice.total),
    )
    change = advice.change
    if change is None:
        return Message("advice.none", goes=goes)
    shapes = " + ".join(
        "x".join(
            map(
                str, report.written(source.name, (*(-(-n // 2) for n in source.shape[:-1]), source.shape[-1]))
            )
        )
        for source in report.graph.inputs
    )
    values = {"input": shapes} if change.name == SMALLER_INPUT else {"count": f"{change.layers:,}"}
    name = Message(f"advice.{change.name}", ("one",) if change.layers == 1 else (), **values)
    left = _percent(change.left, advice.total)
    return Message("advice.change", goes=goes, change=name, left=told(change.left), share=left)


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.3g}%"
