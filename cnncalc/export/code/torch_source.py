"""The source of a network in PyTorch: a class for each block, loops for repeats."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cnncalc.analysis.report import Report
from cnncalc.export.code.folding import Folding, Slot, Template
from cnncalc.export.code.formatting import lines_of
from cnncalc.export.code.scopes import CHAIN, INLINE, TABLE, Leaf, Scope, scopes_of
from cnncalc.export.code.statements import Expression, Operation, body, filled
from cnncalc.export.code.tables import stage_table
from cnncalc.export.code.torch_layers import TorchLayers, is_object
from cnncalc.export.code.torch_names import TAKEN
from cnncalc.export.code.values import looped, made_with, told, used_with
from cnncalc.export.code.words import class_name, for_comments, identifier, literal, quoted
from cnncalc.layers.support.code import Call

_COUNTERS = "ijklmnopqrstuvw"
_IMPORTED = frozenset({"nn", "torch", "F", "OrderedDict", "chain", "self", "x"})
_CHAIN = """
def chain(**modules):
    \"""Modules one after another, by their names.\"""
    return nn.Sequential(OrderedDict(modules))
"""


class TorchSource:
    """The source of a module of PyTorch for a network; raises UsageError for layers that PyTorch lacks."""

    def __init__(self, report: Report, weights: str = "") -> None:
        """`weights` is a file of the parameters' values, beside that of the code; "" for none."""
        self.report, self.graph, self.weights = report, report.graph, weights
        layers = TorchLayers(report)
        self.root = scopes_of(self.graph, layers.part)
        layers.check()
        self.support, self.sources = layers.support, layers.sources
        self.name = class_name(report.settings.network, _IMPORTED)
        taken = _IMPORTED | self._support_names()
        self.folding = Folding(self.root, self.name, self.graph.group_kinds, layers.channels, taken)
        self.objects = {full: (name, leaf) for full, name, leaf in self._named(self.root, "", "")}
        self.names = {full: name for full, (name, _) in self.objects.items()}
        """The full name of a layer -> that of its object in the code."""

    def _support_names(self) -> frozenset[str]:
        return frozenset(
            line.split("(")[0].removeprefix("class ")
            for text in self.support
            for line in text.splitlines()
            if line.startswith("class ")
        )

    def state(self, weights: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """The arrays of the module's state_dict by their names there, from those of the network."""
        for name, array in weights.items():
            layer = max((each for each in self.names if name.startswith(f"{each}.")), key=len)
            yield self.names[layer] + name.removeprefix(layer), array
        for name, leaf in self.objects.values():
            made = leaf.part.steps[leaf.part.own].make
            if made and made.function.startswith("nn.BatchNorm") and made.values["track_running_stats"]:
                # a count of PyTorch's own, which no layer has
                yield f"{name}.num_batches_tracked", 0

    def _named(self, scope: Scope, path: str, told: str) -> Iterator[tuple[str, str, Leaf]]:
        keys = self._keys(scope)
        for entry in scope.entries:
            full = f"{path}.{entry.name}" if path else entry.name
            name = f"{told}.{keys[entry]}" if told else keys[entry]
            if isinstance(entry, Scope):
                yield from self._named(entry, full, name)
            else:
                yield full, name, entry

    # ---- names within the code

    def _keys(self, scope: Scope) -> dict[Leaf | Scope, str]:
        """The names of a scope's entries as attributes, or as keys where they stand in a mapping."""
        is_class = scope.held not in (CHAIN, TABLE, INLINE)
        found: dict[Leaf | Scope, str] = {}
        taken = set(TAKEN)
        for entry in scope.entries:
            if isinstance(entry, Leaf) and entry.made is None and not self.folding.links[entry]:
                continue
            name = entry.name.replace(".", "_")
            name = identifier(name) if is_class else name
            while name in taken:
                name += "_"
            found[entry] = name
            taken.add(name)
        for entry in scope.entries:
            found.setdefault(entry, entry.name)
        return found

    # ---- the objects

    def _made(
        self, entry: Leaf, at: int, made: Call, within: Template | None, over: Mapping[Any, str | None]
    ) -> str:
        """The source that makes an object."""
        return f"{made.function}({', '.join(made_with(entry, at, made, within, over))})"

    def _object(
        self, entry: Leaf | Scope, within: Template | None, over: Mapping[Any, str | None], depth: int
    ) -> str:
        """The source that makes the object of an entry."""
        if isinstance(entry, Leaf):
            made = entry.part.steps[entry.part.own].make
            assert made is not None
            return self._made(entry, entry.part.own, made, within, over)
        if entry in self.folding.of:
            template = self.folding.of[entry]
            return f"{template.name}({', '.join(used_with(template, entry, within, over))})"
        pieces = self._pieces(entry, within, over, depth)
        if entry.held == CHAIN:
            return _chain(pieces)
        return f"nn.ModuleDict({_mapped(pieces)})"

    def _pieces(
        self, scope: Scope, within: Template | None, over: Mapping[Any, str | None], depth: int
    ) -> list[tuple[str, str]]:
        """The objects of a scope's entries by name; what a loop makes has the loop as its name."""
        keys = self._keys(scope)
        taken = set(keys.values()) | TAKEN
        found: list[tuple[str, str]] = []
        at = 0
        while at < len(scope.entries):
            entry = scope.entries[at]
            if isinstance(entry, Leaf):
                if scope.held == CHAIN:
                    for number, step in enumerate(entry.part.steps):
                        assert step.make is not None
                        name = keys[entry]
                        if number != entry.part.own:
                            name = _aside(step.make.function, taken)
                            taken.add(name)
                        found.append((quoted(name), self._made(entry, number, step.make, within, over)))
                elif entry.made is not None:
                    found.append((quoted(keys[entry]), self._object(entry, within, over, depth)))
                at += 1
                continue
            if entry.held == INLINE:
                at += 1
                continue
            count, more = self._run(scope.entries[at:], within, over, depth)
            text = self._object(entry, within, {**over, **more}, depth + (count > 1))
            if count > 1:
                letter, first = _COUNTERS[depth], int(entry.name)
                found.append((f"for {letter} in range({first}, {first + count})", text))
            else:
                found.append((quoted(keys[entry]), text))
            at += count
        return found

    def _run(
        self,
        entries: Sequence[Leaf | Scope],
        within: Template | None,
        over: Mapping[Any, str | None],
        depth: int,
    ) -> tuple[int, dict[Any, str | None]]:
        """The number of scopes that a loop makes, and the code for the values that differ."""
        first = entries[0]
        assert isinstance(first, Scope)
        alike = [first]
        if not first.name.isdecimal() or first.name != str(int(first.name)) or depth >= len(_COUNTERS):
            return 1, {}
        signature = None
        for entry in entries[1:]:
            if not isinstance(entry, Scope) or entry.name != str(int(first.name) + len(alike)):
                break
            if first in self.folding.of:
                if self.folding.of.get(entry) is not self.folding.of[first]:
                    break
            else:
                signature = signature or self.folding.signature(first)
                if entry.held != first.held or self.folding.signature(entry) != signature:
                    break
            alike.append(entry)
        rows = [list(self.folding.slots(entry)) for entry in alike]
        return looped(rows, _COUNTERS[depth], int(first.name), within, over)

    # ---- the way through

    def _operations(self, scope: Scope, reach: str, within: Template | None) -> Iterator[Operation]:
        """The operations of `forward` of a class; `reach` is the code for an entry of the scope."""
        keys = self._keys(scope)
        for entry in scope.entries:
            at = f"{reach}[{quoted(keys[entry])}]" if reach != "self" else f"self.{keys[entry]}"
            if isinstance(entry, Leaf):
                yield self._operation(entry, at, within)
            elif entry.held in (INLINE, TABLE):
                yield from self._operations(entry, at, within)
            elif entry.outputs:
                yield _call(entry, at)

    def _operation(self, leaf: Leaf, at: str, within: Template | None) -> Operation:
        if leaf.owner is not None:
            at = self._owners.get(leaf.owner, at)
        elif leaf.shares:
            self._owners[leaf.number] = at
        steps = []
        for number, step in enumerate(leaf.part.steps):
            values = {}
            for name, value in step.values.items():
                slot = Slot((leaf, number, name), name, value)
                values[name] = told(slot, within, {}) or literal(value)
            made = ""
            if is_object(step):
                made = at if number == leaf.part.own else ""
            read = ", ".join(f"{{{n}}}" for n in range(1 if number else len(leaf.sources)))
            apply = step.apply or f"{{made}}({read})"
            if "{made}" in apply and not made:
                # an object without arrays, beside the layer's own
                assert step.make is not None
                made = self._made(leaf, number, step.make, within, {})
            steps.append((apply, {**values, "made": made}, step.infix))

        def write(given: Sequence[Expression]) -> Expression:
            value = Expression("")
            for number, (apply, values, infix) in enumerate(steps):
                value = filled(apply, given if number == 0 else [value], values, infix=infix)
            return value

        first = leaf.part.steps[0].apply
        once = all(first.count(f"{{{n}}}") <= 1 for n in range(len(leaf.sources))) or not first
        heavy = any(map(is_object, leaf.part.steps))
        lists = "([" in first
        return Operation(leaf.sources, (leaf.number,), leaf.name, write, heavy, leaf.rides, once, lists=lists)

    # ---- the text

    def lines(self) -> Iterator[str]:
        """The lines of the module."""
        classes: list[str] = []
        for template in self.folding.templates:
            classes += ["", "", *self._class(template.name, template.members[0], template)]
        classes += ["", "", *self._class(self.name, self.root, None)]
        for text in reversed(self.support):
            classes = ["", "", *text.strip("\n").splitlines(), *classes]
        if any("chain(" in line for line in classes):
            classes = ["", "", *_CHAIN.strip("\n").splitlines(), *classes]
        used = "\n".join(classes)
        yield f'"""{for_comments(self.report.settings.network) or "A network"} in PyTorch.'
        yield from stage_table(self.report, self.sources, self._loaded())
        yield ""
        if "OrderedDict(" in used:
            yield "from collections import OrderedDict"
            yield ""
        if "torch." in used:
            yield "import torch"
        yield "from torch import nn"
        if "F." in used:
            yield "from torch.nn import functional as F"
        yield from classes

    def _loaded(self) -> Iterator[str]:
        """The code that loads the file of weights into the module."""
        if self.weights:
            yield ""
            yield f"The weights are in {for_comments(self.weights)}:"
            yield ""
            yield "    from safetensors.torch import load_file"
            yield ""
            yield f"    model = {self.name}()"
            yield f"    model.load_state_dict(load_file('{for_comments(self.weights)}'))"

    def _frozen(self) -> Iterator[str]:
        """The statements of the whole module's `__init__` that freeze layers."""
        first = len(self.graph.inputs)
        names = [
            name
            for name, leaf in self.objects.values()
            if leaf.made is not None
            and not self.graph.nodes[leaf.number - first].trainable
            and self.report.facts[leaf.number - first].params
        ]
        if len(names) == 1:
            at = f"self.{names[0]}" if names[0].isidentifier() else f"self.get_submodule({quoted(names[0])})"
            yield f"        {at}.requires_grad_(False)"
        elif names:
            yield from lines_of(f"for name in [{', '.join(map(quoted, names))}]", 8, ":")
            yield "            self.get_submodule(name).requires_grad_(False)"

    def _class(self, name: str, scope: Scope, template: Template | None) -> Iterator[str]:
        self._owners: dict[int, str] = {}
        is_chain = scope.held == CHAIN and template is not None
        yield f"class {name}({'nn.Sequential' if is_chain else 'nn.Module'}):"
        given = ["self"]
        given += [
            f"{parameter.name}={literal(parameter.default)}" if parameter.has_default else parameter.name
            for parameter in (template.parameters if template else ())
        ]
        yield from lines_of(f"def __init__({', '.join(given)})", 4, ":")
        if is_chain:
            yield from lines_of(f"super().__init__({_ordered(self._pieces(scope, template, {}, 0))})", 8)
            return
        yield "        super().__init__()"
        for parameter in template.parameters if template else ():
            if parameter.late:
                yield f"        self.{parameter.name} = {parameter.name}"
        keys = self._keys(scope)
        for entry in scope.entries:
            if (isinstance(entry, Leaf) and entry.made is None) or (
                isinstance(entry, Scope) and entry.held == INLINE
            ):
                continue
            yield from lines_of(f"self.{keys[entry]} = {self._object(entry, template, {}, 0)}", 8)
        if template is None:
            yield from self._frozen()
        yield ""
        inputs = dict.fromkeys(scope.inputs[:1], "x")
        taken = {"x"}
        for number in scope.inputs[1:]:
            inputs[number] = identifier("skip" if template else self.graph.name(number), taken | _IMPORTED)
            taken.add(inputs[number])
        if not template and len(inputs) > 1:
            inputs[0] = identifier(self.graph.name(0), taken | (_IMPORTED - {"x"}))
        yield f"    def forward({', '.join(['self', *inputs.values()])}):"
        operations = list(self._operations(scope, "self", template))
        for statement in body(operations, inputs, scope.outputs, _IMPORTED - {"x"}):
            yield from lines_of(statement, 8)


def _call(scope: Scope, at: str) -> Operation:
    def write(given: Sequence[Expression]) -> Expression:
        return Expression(f"{at}({', '.join(each.text for each in given)})")

    return Operation(scope.inputs, scope.outputs, scope.name, write)


def _aside(function: str, taken: set[str]) -> str:
    """A name for an object that stands beside a layer's own: flatten, relu."""
    word = re.sub(r"[123]d$", "", function.rpartition(".")[2])
    stem = {"ZeroPad": "pad", "ConstantPad": "pad"}.get(word, word.lower())
    name, count = stem, 1
    while name in taken:
        count += 1
        name = f"{stem}{count}"
    return name


def _ordered(pieces: Sequence[tuple[str, str]]) -> str:
    """An OrderedDict of objects."""
    told = _keywords(pieces) or _mapped(pieces)
    return f"OrderedDict({told})"


def _chain(pieces: Sequence[tuple[str, str]]) -> str:
    """A call of the function that the code has for objects one after another."""
    return f"chain({_keywords(pieces) or f'**{_mapped(pieces)}'})"


def _keywords(pieces: Sequence[tuple[str, str]]) -> str:
    """Objects as arguments by name; "" where a name can't be an argument's."""
    names = [name[1:-1] for name, _ in pieces]
    if any(name.startswith("for ") for name, _ in pieces) or any(identifier(name) != name for name in names):
        return ""
    return ", ".join(f"{name}={text}" for name, (_, text) in zip(names, pieces, strict=True))


def _mapped(pieces: Sequence[tuple[str, str]]) -> str:
    """A dict of objects."""
    told = []
    for name, text in pieces:
        if not name.startswith("for "):
            told.append(f"{name}: {text}")
        else:
            key = f"str({name.split()[1]})"
            told.append(f"{key}: {text} {name}" if len(pieces) == 1 else f"**{{{key}: {text} {name}}}")
    return f"{{{', '.join(told)}}}"
