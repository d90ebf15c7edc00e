"""The memory of a training step: a row for each layer, and the peak in words."""

from typing import Any

from cnncalc.analysis.report import Report
from cnncalc.analysis.training import LayerTraining, TrainingMemory
from cnncalc.languages import Message, some_of
from cnncalc.number_text import told_bytes
from cnncalc.render.document import Block, Column, Document, Paragraph, Sentences
from cnncalc.render.reports.report_tables import ReportColumn, View, report_document

COLUMNS = [name for name in LayerTraining._fields if name != "name"]
SPARE = {"state": 2, "weight_gradients": 1}
"""The columns that a narrow terminal can do without, as they follow from the weights; the last goes first."""


def memory_document(report: Report, memory: TrainingMemory, view: View) -> Document:
    """The bytes of each layer; of groups the sums, though their gradients don't live all at once."""
    return report_document(
        report,
        [_column(memory, name) for name in COLUMNS],
        view,
        captions=list(_told(report, memory)),
        extra={"training": memory.to_dict()},
    )


def _column(memory: TrainingMemory, name: str) -> ReportColumn:
    def summed(span: Any) -> int:
        return sum(getattr(memory.layers[index], name) for index in span)

    return ReportColumn(
        Column(name, True, SPARE.get(name, 0), Message(f"training.{name}")),
        lambda row: summed(row.span),
        # gradients of activations come and go
        lambda _: None if name == "gradient" else summed(range(len(memory.layers))),
        bytes=True,
    )


def _told(report: Report, memory: TrainingMemory) -> list[Block]:
    settings = report.settings
    values = {
        "static": told_bytes(memory.static),
        "peak": told_bytes(memory.peak),
        "total": told_bytes(memory.total),
        "at": memory.at,
        "optimizer": settings.optimizer,
        "batch": f"{settings.batch:,}",
    }
    said = [Message("training.told", **values)]
    if memory.gradients:
        sized = [Message("list.sized", name=name, size=f"{size:,}") for name, size in memory.gradients]
        said.append(
            Message(
                "training.alive",
                kept=f"{memory.kept:,}",
                at=memory.at,
                gradients=some_of(sized),
                peak=f"{memory.peak:,}",
            )
        )
    if len(memory.segments) > 1:
        totals = report.totals
        share = f"{100 * memory.extra_macs / totals.training_macs:.3g}" if totals.training_macs else "0"
        said.append(
            Message(
                "training.again",
                segments=f"{len(memory.segments):,}",
                macs=f"{memory.extra_macs:,}",
                share=share,
            )
        )
    return [Sentences(said)] if len(said) > 1 else [Paragraph(said[0])]
