"""The source of a network in Keras 3: its functional API, a function for each block, loops for repeats."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import count
from typing import Any

from cnncalc.analysis.report import Report
from cnncalc.errors import UsageError
from cnncalc.export.code.folding import Folding, Slot, Template
from cnncalc.export.code.formatting import lines_of
from cnncalc.export.code.scopes import Leaf, Scope, scopes_of
from cnncalc.export.code.statements import Expression, Operation, body, filled
from cnncalc.export.code.tables import stage_table
from cnncalc.export.code.values import looped, made_with, told, used_with
from cnncalc.export.code.words import for_comments, function_name, identifier, literal
from cnncalc.graph import Graph, Node
from cnncalc.languages import some_of
from cnncalc.layers.support.code import Call, Part, Source, Step
from cnncalc.layers.support.keras_code import with_activation

_COUNTERS = "ijklmnopqrstuvw"
_IMPORTED = frozenset({"keras", "layers", "ops", "name"})


class KerasSource:
    """The source of a Keras model for a network; raises UsageError for layers that Keras lacks."""

    def __init__(self, report: Report, weights: str = "") -> None:
        """`weights` is a file of the arrays' values, beside that of the code; "" for none."""
        self.report, self.graph, self.weights = report, report.graph, weights
        self.support: dict[str, None] = {}
        self._unsaid: list[str] = []
        self._parts: dict[int, Part] = {}
        self._between = count(1)
        self._words: dict[int, set[str]] = {}
        """The number of a layer -> Keras's words for the activations of all layers that use its object."""
        for number, node in enumerate(self.graph.nodes, len(self.graph.inputs)):
            word = node.layer.activation.keras_activation if node.layer.activation else ""
            self._words.setdefault(number if node.shared is None else node.shared, set()).add(word)
        self._objects: dict[int, int] = {}
        """The number of a layer whose object others use too -> the number of the object among the values."""
        self.root = scopes_of(_fed(self.graph), self._part)
        if self._unsaid:
            told = f"{some_of(self._unsaid)}: Keras has no layer for that"
            raise UsageError(told, "", "not_exportable")
        named: dict[str, str] = {}
        for node in self.graph.nodes:
            if (other := named.setdefault(_path(node.name), node.name)) != node.name:
                told = f"{other} and {node.name} have one name in Keras, {_path(node.name)}"
                raise UsageError(told, "call one of them otherwise", "not_exportable")
        self.name = function_name(report.settings.network, _IMPORTED)
        self.folding = Folding(
            self.root,
            self.name,
            self.graph.group_kinds,
            self._channels,
            _IMPORTED | {"x"},
            one_place=True,
            spelled=function_name,
        )

    def state(self, weights: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """The arrays by the names of their layers and their own, each layer's as `set_weights` has them."""
        from cnncalc.export.code.keras_arrays import keras_arrays

        first = len(self.graph.inputs)
        for leaf in self.root.leaves():
            if leaf.owner is not None:
                continue
            node, fact = self.graph.nodes[leaf.number - first], self.report.facts[leaf.number - first]
            x, path = fact.inputs[0] if fact.inputs else (), _path(node.name)
            objects = [(node.layer, path, "", leaf.part.own, x)]
            if node.layer.activation is not None:
                objects.insert(
                    0, (node.layer.activation, f"{path}_activation", "activation.", -1, fact.output)
                )
            names = list(fact.arrays)
            for layer, name, prefix, step, read in objects:
                mine = [each for each in names if each.startswith(prefix)]
                names = [each for each in names if each not in mine]
                own = {each.removeprefix(prefix): weights[f"{node.name}.{each}"] for each in mine}
                if (made := leaf.part.steps[step].make) is not None and own:
                    for each, array in keras_arrays(layer, made, read, own):
                        yield f"{name}/{each}", array

    # ---- layers as parts

    def _shape(self, number: int) -> tuple[int, ...]:
        first = len(self.graph.inputs)
        shape = (
            self.graph.inputs[number].shape if number < first else self.report.facts[number - first].output
        )
        return tuple(map(int, shape))

    def _channels(self, number: int) -> int:
        return self._shape(number)[-1]

    def _part(self, number: int, node: Node) -> Part:
        """The code of a layer, with its activation."""
        given = [Source(self._shape(source), last=True) for source in node.inputs]
        can = given or node.layer.inputs == "none"
        part = node.layer.keras_code(*given) if can else None
        if part is None or not self._shares_fully(node, part):
            self._unsaid.append(f"{node.name} ({node.layer.kind})")
            return Part((Step(None, "{0}"),))
        self.support.update(dict.fromkeys(part.support))
        if self.report.facts[number - len(self.graph.inputs)].params and not node.trainable:
            part = _frozen(part)
        self._parts[number] = part
        if (activation := node.layer.activation) is None:
            return part
        steps = part.steps
        own = (
            with_activation(steps[part.own], activation.keras_activation)
            if activation.keras_activation
            and len(self._words[number if node.shared is None else node.shared]) == 1
            else None
        )
        if own is not None and part.own == len(steps) - 1:
            return part._replace(steps=(*steps[: part.own], own))
        more = activation.keras_code(Source(self._shape(number), last=True))
        if node.shared is not None and self._learns(number):
            more = None
        if more is None:
            self._unsaid.append(f"{node.name} (with {activation.kind} as its activation)")
            return part
        return part._replace(steps=(*steps, *more.steps))

    def _shares_fully(self, node: Node, part: Part) -> bool:
        """Whether the object of the layer whose weights a layer uses is the layer's too."""
        if node.shared is None:
            return True
        first = len(self.graph.inputs)
        owner, other = self.graph.nodes[node.shared - first], self._parts.get(node.shared)
        # the rows of a kernel behind maps are in an order that the sizes of the maps say
        maps = [self._shape(each.inputs[0]) for each in (node, owner)] if node.layer.flattens else []
        made = part.steps[part.own].make
        if made is None:
            return True
        own = other.steps[other.own].make if other is not None else None
        if own is not None and not owner.trainable:
            own = own._replace(values={k: v for k, v in own.values.items() if k != "trainable"})
        return maps[:1] == maps[1:] and own is not None and made[:3] == own[:3]

    # ---- statements

    def _operations(
        self, scope: Scope, prefix: str, within: Template | None, over: Mapping[Any, str | None]
    ) -> Iterator[Operation]:
        """The operations of a function; `prefix` names the scopes around, as an f-string has them."""
        at = 0
        while at < len(scope.entries):
            entry = scope.entries[at]
            path = _joined(prefix, _plain(entry.name))
            if isinstance(entry, Leaf):
                name = _spoken(scope.name) if scope.name.isdecimal() else entry.name
                yield from self._steps(entry, path, name, within, over)
                at += 1
                continue
            count, more = self._run(scope.entries[at:], within, over)
            if count > 1:
                last = scope.entries[at + count - 1]
                assert isinstance(last, Scope)
                looped = _joined(prefix, "{i}")
                write = self._call(entry, looped, within, {**over, **more})
                loop = f"i in range({entry.name}, {int(entry.name) + count})"
                yield Operation(entry.inputs, last.outputs, scope.name, write, once=False, loop=loop)
            elif entry in self.folding.of:
                write = self._call(entry, path, within, over)
                yield Operation(entry.inputs, entry.outputs, _spoken(entry.name), write, once=False)
            else:
                yield from self._operations(entry, path, within, over)
            at += count

    def _run(
        self, entries: Sequence[Leaf | Scope], within: Template | None, over: Mapping[Any, str | None]
    ) -> tuple[int, dict[Any, str | None]]:
        """The number of scopes that a loop goes through, and the code for the values that differ."""
        first = entries[0]
        assert isinstance(first, Scope)
        if (
            not first.name.isdecimal()
            or first.name != str(int(first.name))
            or _only(first) not in self.folding.of
        ):
            return 1, {}
        alike = [first]
        for entry in entries[1:]:
            follows = isinstance(entry, Scope) and entry.name == str(int(first.name) + len(alike))
            if not follows or not isinstance(entry, Scope) or entry.inputs != alike[-1].outputs:
                break
            if self.folding.signature(entry) != self.folding.signature(first):
                break
            alike.append(entry)
        if len(first.inputs) != 1 or len(first.outputs) != 1 or _only(first).inputs != first.inputs:
            return 1, {}
        rows = [list(self.folding.slots(entry)) for entry in alike]
        return looped(rows, "i", int(first.name), within, over)

    def _call(self, scope: Scope, path: str, within: Template | None, over: Mapping[Any, str | None]) -> Any:
        """Writes a call of the function that a scope is, or that its one scope is."""
        while scope not in self.folding.of:
            (inner,) = scope.entries
            assert isinstance(inner, Scope)
            scope, path = inner, _joined(path, _plain(inner.name))
        template = self.folding.of[scope]
        arguments = used_with(template, scope, within, over)

        def write(given: Sequence[Expression]) -> Expression:
            read = [each.text for each in given]
            return Expression(f"{template.name}({', '.join([*read, *arguments, f'name={_quoted(path)}'])})")

        return write

    def _steps(
        self, leaf: Leaf, path: str, name: str, within: Template | None, over: Mapping[Any, str | None]
    ) -> Iterator[Operation]:
        """The operations of a layer, one after another; those between have numbers below 0."""
        read = leaf.sources
        owner = leaf.number if leaf.owner is None else leaf.owner
        for number, step in enumerate(leaf.part.steps):
            values = {
                key: told(Slot((leaf, number, key), key, value), within, over) or literal(value)
                for key, value in step.values.items()
            }
            is_last = number == len(leaf.part.steps) - 1
            given = ", ".join(f"{{{at}}}" for at in range(len(read)))
            apply = step.apply or f"{{made}}({given})"
            if step.make is not None:
                own = path if number == leaf.part.own else ""
                if number > leaf.part.own and is_last and self._learns(leaf.number):
                    own = f"{path}_activation"
                text = self._made(leaf, number, step.make, own, within, over)
                if leaf.shares and number == leaf.part.own:
                    if leaf.owner is None:
                        self._objects[owner] = -next(self._between)
                        write = partial(_layer, text)
                        yield Operation((), (self._objects[owner],), name, write, once=False)
                    apply = apply.replace("{made}", f"{{{len(read)}}}")
                    read = (*read, self._objects[owner])
                values["made"] = text
            made = leaf.number if is_last else -next(self._between)
            write = partial(filled, apply, values=values, infix=step.infix)
            yield Operation(read, (made,), name, write, once=False)
            read = (made,)

    def _learns(self, number: int) -> bool:
        """Whether the activation of a layer has arrays of its own."""
        arrays = self.report.facts[number - len(self.graph.inputs)].arrays
        return any(name.startswith("activation.") for name in arrays)

    def _made(
        self,
        leaf: Leaf,
        at: int,
        made: Call,
        path: str,
        within: Template | None,
        over: Mapping[Any, str | None],
    ) -> str:
        arguments = made_with(leaf, at, made, within, over)
        if path:
            arguments.append(f"name={_quoted(path)}")
        return f"{made.function}({', '.join(arguments)})"

    # ---- the text

    def lines(self) -> Iterator[str]:
        """The lines of the module."""
        functions: list[str] = []
        for text in self.support:
            functions += ["", "", *text.strip("\n").splitlines()]
        for template in self.folding.templates:
            functions += ["", "", *self._function(template)]
        functions += ["", "", *self._network()]
        used = "\n".join(functions)
        sources = {
            number: Source(self._shape(number), last=True)
            for number in range(len(self.graph.inputs) + len(self.graph.nodes))
        }
        yield f'"""{for_comments(self.report.settings.network) or "A network"} in Keras 3.'
        yield from stage_table(self.report, sources, self._loaded())
        yield ""
        yield "import keras"
        wanted = [word for word in ("layers", "ops") if f"{word}." in used]
        if wanted:
            yield f"from keras import {', '.join(wanted)}"
        yield from functions

    def _loaded(self) -> Iterator[str]:
        """The code that loads the file of weights into the model."""
        if self.weights:
            file = for_comments(self.weights)
            yield ""
            yield f"The weights are in {file}:"
            yield ""
            yield "    import numpy"
            yield ""
            yield f"    model = {self.name}()"
            yield f"    with numpy.load('{file}') as arrays:"
            yield "        for layer in model.layers:"
            yield "            own = [name for name in arrays if name.startswith(f'{layer.name}/')]"
            yield "            layer.set_weights([arrays[name] for name in own])"

    def _function(self, template: Template) -> Iterator[str]:
        scope = template.members[0]
        inputs = dict.fromkeys(scope.inputs[:1], "x")
        taken = {"x", *(parameter.name for parameter in template.parameters)}
        for number in scope.inputs[1:]:
            inputs[number] = identifier("skip", taken | _IMPORTED)
            taken.add(inputs[number])
        given = list(inputs.values())
        given += [
            f"{parameter.name}={literal(parameter.default)}" if parameter.has_default else parameter.name
            for parameter in template.parameters
        ]
        named = "name=None" if any(parameter.has_default for parameter in template.parameters) else "name"
        yield from lines_of(f"def {template.name}({', '.join([*given, named])})", 0, ":")
        operations = list(self._operations(scope, "{name}", template, {}))
        taken_names = _IMPORTED | {parameter.name for parameter in template.parameters}
        for statement in body(operations, inputs, scope.outputs, taken_names):
            yield from _statement_lines(statement)

    def _network(self) -> Iterator[str]:
        yield f"def {self.name}():"
        inputs: dict[int, str] = {}
        for number, given in enumerate(self.graph.inputs):
            word = "inputs" if len(self.graph.inputs) == 1 else given.name
            inputs[number] = identifier(word, {*inputs.values(), *_IMPORTED})
            made = f"keras.Input({literal(self._shape(number))}, name={literal(_plain(given.name))})"
            yield from lines_of(f"{inputs[number]} = {made}", 4)
        operations = list(self._operations(self.root, "", None, {}))
        *statements, last = body(operations, inputs, self.root.outputs, _IMPORTED | {*inputs.values()})
        for statement in statements:
            yield from _statement_lines(statement)
        found = last.removeprefix("return ")
        outputs = f"[{found}]" if len(self.root.outputs) > 1 else found
        if len(self.root.outputs) == 1 and not found.isidentifier():
            yield from lines_of(f"outputs = {found}", 4)
            outputs = "outputs"
        read = ", ".join(inputs.values())
        read = f"[{read}]" if len(inputs) > 1 else read
        yield from lines_of(f"return keras.Model({read}, {outputs}, name={literal(self.name)})", 4)


def _frozen(part: Part) -> Part:
    """A layer in code whose object is not trained."""
    step = part.steps[part.own]
    if step.make is None:
        return part
    values, defaults = {**step.make.values, "trainable": False}, {**step.make.defaults, "trainable": True}
    step = step._replace(make=step.make._replace(values=values, defaults=defaults))
    return part._replace(steps=(*part.steps[: part.own], step, *part.steps[part.own + 1 :]))


def _layer(text: str, _: Sequence[Expression]) -> Expression:
    return Expression(text)


def _fed(graph: Graph) -> Graph:
    """The network whose layers that read nothing read the value before, which says the size of the batch."""
    first = len(graph.inputs)
    nodes = [
        node if node.inputs else node._replace(inputs=(number - 1,))
        for number, node in enumerate(graph.nodes, first)
    ]
    return graph._replace(nodes=tuple(nodes))


def _statement_lines(statement: str) -> Iterator[str]:
    head, loop, inner = statement.partition(":\n")
    if loop:
        yield f"    {head}:"
    yield from lines_of(inner if loop else head, 8 if loop else 4)


def _only(scope: Scope) -> Scope:
    """The scope that a scope is nothing but, through scopes with one entry."""
    while len(scope.entries) == 1 and isinstance(scope.entries[0], Scope):
        if scope.entries[0].outputs != scope.outputs:
            break
        scope = scope.entries[0]
    return scope


def _plain(name: str) -> str:
    """A part of a layer's name, in which nothing is Python's or Keras's: neither brackets nor slashes."""
    return "".join(sign if sign.isalnum() or sign in "_-" else "_" for sign in name)[:100]


def _path(name: str) -> str:
    """The name of a layer in Keras."""
    return "_".join(map(_plain, name.split(".")))


def _spoken(name: str) -> str:
    """The name of a scope for a variable: a path of a merge has a number alone."""
    return f"path{name}" if name.isdecimal() else name


def _joined(prefix: str, name: str) -> str:
    return f"{prefix}_{name}" if prefix else name


def _quoted(path: str) -> str:
    """A name as a literal; `path` is what an f-string has where there are names of variables."""
    return f'f"{path}"' if "{" in path else literal(path)
