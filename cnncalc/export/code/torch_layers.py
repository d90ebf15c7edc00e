"""The layers of a network in PyTorch's code, and where the channels of their values lie."""

from collections.abc import Sequence

from cnncalc.analysis.report import Report
from cnncalc.errors import UsageError
from cnncalc.graph import Node
from cnncalc.languages import some_of
from cnncalc.layers.support.base import Layer
from cnncalc.layers.support.code import FIRST, LAST, Part, Source, Step


class TorchLayers:
    """The code of each layer of a network, asked for in their order."""

    def __init__(self, report: Report) -> None:
        self.report, self.graph = report, report.graph
        self.support: dict[str, None] = {}
        """The source of classes that the code has of its own."""
        self.sources: dict[int, Source] = {}
        """The values of the network in code, by the numbers of inputs and layers."""
        self._unsaid: list[str] = []
        self._readers = self.graph.readers()
        for number, given in enumerate(self.graph.inputs):
            # a sequence lies as its readers want it: (N, C, L) for a convolution, (N, L, C) for others
            last = len(given.shape) == 2 and self._wanted(number) == {LAST}
            self.sources[number] = Source(given.shape, last)

    def check(self) -> None:
        """Raises UsageError for the layers that PyTorch has no word for."""
        if self._unsaid:
            told = f"{some_of(self._unsaid)}: PyTorch has no module for that"
            raise UsageError(told, "", "not_exportable")

    def channels(self, number: int) -> int:
        """Number of channels of a value."""
        return int(self.sources[number].shape[-1])

    def _wanted(self, number: int) -> set[str]:
        """The place of the channels for the layers that read a value."""
        first, found = len(self.graph.inputs), set[str]()
        for reader in self._readers[number]:
            inputs = self.report.facts[reader - first].inputs
            part = self.graph.nodes[reader - first].layer.torch_code(*map(Source, inputs))
            found.add(part.reads if part is not None else "")
        return found

    def _leaves(self, number: int, node: Node) -> bool:
        """Whether the one reader of a value, in another block, moves the channels: so blocks stay alike."""
        readers = self._readers[number]
        return len(readers) == 1 and self.graph.nodes[readers[0] - len(self.graph.inputs)].block != node.block

    def part(self, number: int, node: Node) -> Part:
        """The code of a layer: its inputs as it wants them, its own steps, its activation."""
        shape = self.report.facts[number - len(self.graph.inputs)].output
        given = [self.sources[source] for source in node.inputs]
        part = self._turned(node.layer, given)
        if part is None or not self._shares_fully(node, part):
            self._unsaid.append(f"{node.name} ({node.layer.kind})")
            part = Part((Step(None, "{0}"),))
        out = Source(shape, part.last and len(shape) > 1, any(source.batched for source in given))
        steps = part.steps
        if node.layer.activation is not None:
            more = self._turned(node.layer.activation, [out])
            if more is None or any(map(is_object, more.steps)):
                told = f"{node.name} (with {node.layer.activation.kind} as its activation)"
                self._unsaid.append(told)
            else:
                steps, out = (*steps, *more.steps), out._replace(last=more.last and len(shape) > 1)
        if out.last and out.rank > 1 and FIRST in self._wanted(number) and not self._leaves(number, node):
            steps, out = (*steps, Step(None, f"{{0}}{_turn(out)}")), out._replace(last=False)
        self.sources[number] = out
        self.support.update(dict.fromkeys(part.support))
        return part._replace(steps=steps, last=out.last)

    def _turned(self, layer: Layer, given: Sequence[Source]) -> Part | None:
        """The code of a layer, from inputs whose channels are moved to where it wants them."""
        part = layer.torch_code(*given)
        if part is None:
            return None
        last = {FIRST: False, LAST: True}.get(part.reads, given[0].last if given else False)
        turned = [source._replace(last=last and source.rank > 0) for source in given]
        moves = [_move(was, now) for was, now in zip(given, turned, strict=True)]
        if not any(moves):
            return part
        part = layer.torch_code(*turned)
        if part is None:
            return None
        if len(given) == 1:
            return part._replace(steps=(Step(None, f"{{0}}{moves[0]}"), *part.steps), own=part.own + 1)
        first = part.steps[0]
        apply = first.apply or f"{{made}}({', '.join(f'{{{at}}}' for at in range(len(given)))})"
        for at, move in enumerate(moves):
            apply = apply.replace(f"{{{at}}}", f"{{{at}}}{move}")
        return part._replace(steps=(first._replace(apply=apply), *part.steps[1:]))

    def _shares_fully(self, node: Node, part: Part) -> bool:
        """Whether the object of the layer whose weights a layer uses is the layer's too."""
        if node.shared is None or not is_object(part.steps[part.own]):
            return True
        first = len(self.graph.inputs)
        other = self.graph.nodes[node.shared - first].layer.torch_code(
            *map(Source, self.report.facts[node.shared - first].inputs)
        )
        return other is not None and other.steps[other.own].make == part.steps[part.own].make


def is_object(step: Step) -> bool:
    """Whether an object must be made for a step, which no function can stand for."""
    return step.make is not None and (not step.apply or "{made}" in step.apply)


def _move(was: Source, now: Source) -> str:
    """The method that takes the channels where they are wanted."""
    return _turn(was) if was.last != now.last and was.rank else ""


def _turn(source: Source) -> str:
    """The method that takes the channels from one end of the positions to the other."""
    rank = source.rank
    if rank == 1:
        return ".transpose(1, 2)"
    order = (0, rank + 1, *range(1, rank + 1)) if source.last else (0, *range(2, rank + 2), 1)
    return f".permute{order}"
