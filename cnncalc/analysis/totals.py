"""The totals of a network: the sums of its layers' quantities, its depth and its memory."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

from cnncalc.analysis.memory import Memory, memory
from cnncalc.analysis.sums import Reported, Sums, as_json, reported
from cnncalc.graph import Graph
from cnncalc.quantity import IN_TOTALS, QUANTITIES, Quantity

if TYPE_CHECKING:
    from cnncalc.analysis.report import Report


class Totals:
    """The sums over a network. A batch multiplies work, activations and memory but the weights'.

    It has every quantity of `cnncalc.quantity` that sums as an attribute of its JSON name: `totals.params`.
    """

    def __init__(self, report: "Report") -> None:
        self.report = report
        self._sums = Sums(report, range(len(report.facts)), report.settings.batch)

    def value(self, quantity: Quantity) -> Any:
        """The network's value of a quantity; None where the network has none."""
        if quantity.of and not quantity.sums:
            return quantity.of(self) if quantity.has_total or not quantity.row_key else None
        return self._sums.sum(quantity)

    def __getattr__(self, key: str) -> Any:
        quantity = IN_TOTALS.get(key)
        if quantity is None:
            raise AttributeError(f"the totals of a report have no {key}")
        # kept as an attribute, as the shares of each row are worked out from the total
        found = vars(self)[key] = self.value(quantity)
        return found

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *IN_TOTALS]

    @property
    def held(self) -> int:
        """The values that need memory of their own."""
        return self._sums.sum(QUANTITIES["activation_size"])  # type: ignore[no-any-return]

    samples = 1
    """Totals are of the whole batch already."""

    @cached_property
    def weight_layers(self) -> int:
        """Layers with weights on the longest path."""
        return weight_layers(self.report.graph)

    @cached_property
    def memory(self) -> Memory:
        report, settings = self.report, self.report.settings
        return memory(
            report.graph,
            values=self.params + self.buffers,
            trainable=self.trainable,
            activations=Sums(report, self._sums.span).sum(QUANTITIES["activation_size"]),
            peak=report.peak.values,
            batch=settings.batch,
            dtype=settings.dtype,
            optimizer=settings.optimizer,
        )

    @cached_property
    def reported(self) -> Reported | None:
        """By the report's convention."""
        return reported(self.report, self._sums.span, self.report.settings.batch)

    def to_dict(self) -> dict[str, Any]:
        told = {key: as_json(self.value(quantity)) for key, quantity in IN_TOTALS.items()}
        told["memory"] = self.memory._asdict()
        return told if self.reported is None else told | {"reported": self.reported._asdict()}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Totals) and self.to_dict() == other.to_dict()

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"<Totals {', '.join(f'{key}={self.value(of)}' for key, of in IN_TOTALS.items())}>"

    def _repr_html_(self) -> str:
        from cnncalc.notebook import totals_html

        return totals_html(self)


def weight_layers(graph: Graph) -> int:
    """Layers with weights on the longest path, as papers count; norms and subsampling not counted."""
    depth = [0] * len(graph.inputs)
    for node in graph.nodes:
        inputs = node.inputs
        # most layers read one input: the short way for them
        before = depth[inputs[0]] if len(inputs) == 1 else max([depth[at] for at in inputs], default=0)
        depth.append(before + node.layer.counts_in_depth)
    return max(depth, default=0)
