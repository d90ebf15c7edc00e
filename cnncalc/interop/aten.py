"""The nodes of an exported program as layers: the walk. What each operator is stands in `aten_operators`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cnncalc.errors import SpecError
from cnncalc.interop.aten_constants import Constants
from cnncalc.interop.aten_operators import OPERATORS, OperatorCall
from cnncalc.interop.exported import FLOATS, BoundProgram, ProgramGraph, ProgramNode, Ref
from cnncalc.interop.model import Origin, Reading
from cnncalc.interop.reader import GraphReader, Step, flat
from cnncalc.interop.tensors import Array, Tensor, UnsupportedError

if TYPE_CHECKING:
    from cnncalc.interop.pt2 import ExportedModel


class AtenReader(GraphReader):
    """Reads one exported program on inputs whose sizes are known."""

    model: "ExportedModel"

    def __init__(self, model: "ExportedModel", bound: BoundProgram, *, opaque: bool) -> None:
        super().__init__(model, bound.samples, opaque=opaque)
        self.program, self.bound = model.program, bound
        self.constants = Constants(model.values_of)
        self.views: dict[str, tuple[str, Callable[[Any], Any]]] = {}
        """A value that shares memory with another: that one, and how a change of it is written back."""
        self.places: dict[str, str] = {}
        """A view -> which part of the viewed value it shows."""
        self.written: dict[tuple[str, tuple[str, ...]], Any] = {}
        """A value that was changed in place, and a part of it -> what that part is since."""
        self.read_last: dict[str, int] = {}

    @property
    def steps(self) -> Iterable[Step]:
        return ((node.op, _refs(node.args), _named(node.outputs)) for node in self.program.graph.nodes)

    def reading(self) -> Reading:
        graph = self.program.graph
        inputs = {
            name: self.add_input(
                name, self.bound.shape(graph.values[name]), self.program.batch_axis(name), name
            )
            for name in self.program.tensors
        }
        env: dict[str, Any] = {**self.program.constants, **inputs, **self._arrays()}
        self.walk(graph, env)
        self.tell()
        results = flat(self._resolved(value, env) for value in self.program.results)
        return self.spec(results, with_values=self.model.has_values)

    def _arrays(self) -> dict[str, Array]:
        """The arrays that the program takes, by the names of its graph."""
        found = {}
        names: dict[Any, str] = {}
        for name, stored in self.program.arrays.items():
            meta = self.program.meta(name)
            own = names.setdefault(self.model.alias_of(stored.name), stored.name)
            found[name] = Array(own, self.bound.shape(meta), stored.role, self.model.values_of(stored.name))
            counter = stored.role == "buffer" and not found[name].shape and meta.dtype not in FLOATS
            if stored.role != "constant" and not counter:
                self.arrays.setdefault(own, found[name])
        return found

    # ---- nodes

    def walk(self, graph: ProgramGraph, env: dict[str, Any]) -> None:
        """Goes through the nodes of a graph; `env` has the value of every name."""
        self.read_last = {}
        for number, node in enumerate(graph.nodes):
            self.read_last.update(dict.fromkeys(_refs(node.args), number))
        for value in graph.outputs:
            self.read_last.update(dict.fromkeys(_refs([("", value)]), len(graph.nodes)))
        for number, node in enumerate(graph.nodes):
            try:
                self._node(node, number, graph, env)
            except UnsupportedError as error:
                self._lose(node, str(error), graph, env)
            except SpecError:
                raise
            except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
                message = (
                    f"{node.name}: the arguments of {node.op} can't be read: {type(error).__name__} {error}"
                )
                raise self.program.unreadable(message) from None

    def _node(self, node: ProgramNode, number: int, graph: ProgramGraph, env: dict[str, Any]) -> None:
        names = _named(node.outputs)
        args = {name: self._resolved(value, env) for name, value in node.args}
        if any(value is _LOST for value in flat(args.values())):
            env.update(dict.fromkeys(names, _LOST))
            return
        out = [self._shape(name, graph) for name in names]
        self.ops.outline.enter(node.calls)
        self.ops.origin = Origin(node.op, node.name, node.line)
        operator = node.op.removesuffix("_") if not node.op.endswith("__") else node.op
        operator = OTHER_NAMES.get(operator, operator)
        wanted = [name in self.read_last for name in names]
        call = OperatorCall(operator.rpartition(".")[2], args, out, wanted)
        if self._inlined(node, number, out, names, env):
            return
        if node.op in NUMBERS or (names and all(name in graph.numbers for name in names)):
            for name in names:
                recorded = graph.numbers.get(name)
                env[name] = None if recorded is None else self.bound.size(recorded)
            return
        made = self.constants.folded(node, operator, args, out, names)
        if made is None:
            if operator not in OPERATORS:
                raise UnsupportedError(CONTROL_FLOW.get(operator, ""))
            made = OPERATORS[operator](self.ops, call)
        results = call.results(made)
        for name, result, shape in zip(names, results, out, strict=False):
            env[name] = result
            self.check(self.ops.origin, result, shape)
        self._write_back(node, operator, number, results, env)

    def _inlined(
        self, node: ProgramNode, number: int, out: Sequence[Any], names: Sequence[str], env: dict[str, Any]
    ) -> bool:
        """Whether a node only wraps a graph of its own, whose nodes are then read in its place."""
        if not node.op.startswith("higher_order.wrap"):
            return False
        given = [value for _, value in node.args]
        inner = next((value for value in given if isinstance(value, ProgramGraph)), None)
        if inner is None:
            raise UnsupportedError("without a graph")
        place = given.index(inner)
        values = [self._resolved(value, env) for value in given[place + 1 :]]
        own = dict(zip(map(str, inner.inputs), values, strict=True))
        kept, self.read_last = self.read_last, {}
        self.walk(inner, own)
        self.read_last = kept
        env.update(zip(names, (self._resolved(value, own) for value in inner.outputs), strict=True))
        return True

    def _shape(self, name: str, graph: ProgramGraph) -> tuple[int, ...] | None:
        meta = graph.values.get(name)
        return None if meta is None else self.bound.shape(meta)

    def _resolved(self, value: Any, env: Mapping[str, Any]) -> Any:
        if isinstance(value, Ref):
            if value not in env:
                raise self.program.unreadable(f"reads {value[:100]}, which nothing before computes")
            return env[value]
        if isinstance(value, list):
            return [self._resolved(each, env) for each in value]
        return value

    # ---- values that share memory

    def _write_back(
        self, node: ProgramNode, operator: str, number: int, results: Sequence[Any], env: dict[str, Any]
    ) -> None:
        """What an operator that works in place changes is changed under every name that is still read."""
        first = next((value for _, value in node.args if isinstance(value, Ref)), None)
        if first is None or not results:
            return
        names = _named(node.outputs)
        if operator != node.op:
            if operator in ("aten.detach", "aten.squeeze", "aten.unsqueeze", "aten.transpose", "aten.t"):
                return
            place = self._place(first)
            if self.written.get(place) is results[0]:
                env[first] = results[
                    0
                ]  # `y[1:] += z` is said twice: a sum in place, then a copy to that place
            else:
                self.written = {other: value for other, value in self.written.items() if other[0] != place[0]}
                self.written[place] = results[0]
                self._assign(first, results[0], number, env)
            if names:
                self.views[names[0]] = (first, _as_it_is)
        elif (undo := self._undo(node, operator, env[first], env)) is not None:
            self.views[names[0]] = (first, undo)
            self.places[names[0]] = f"{operator} {node.args[1:]}"

    def _place(self, name: str) -> tuple[str, tuple[str, ...]]:
        """The value that a view is a part of in the end, and which part."""
        parts = []
        while name in self.views:
            parts.append(self.places.get(name, ""))
            name, _ = self.views[name]
        return name, tuple(filter(None, parts))

    def _assign(self, name: str, value: Any, number: int, env: dict[str, Any], through: str = "") -> None:
        """Gives a value that node `number` changes to its name and to what it is a view of, and so on."""
        env[name] = value
        for other, (base, written) in self.views.items():
            if base == name and other != through and self.read_last.get(other, -1) > number:
                if written is not _as_it_is:
                    raise UnsupportedError("a change of values of which an earlier view is read later")
                env[other] = value
        if self._is_read_after(name, number) and name in self.views:
            base, written = self.views[name]
            self._assign(base, written(value), number, env, name)

    def _is_read_after(self, name: str, number: int) -> bool:
        """Whether a later node reads what a value is a view of, or what that is a view of, and so on."""
        while name in self.views:
            name, _ = self.views[name]
            if self.read_last.get(name, -1) > number:
                return True
        return False

    def _undo(
        self, node: ProgramNode, operator: str, base: Any, env: Mapping[str, Any]
    ) -> Callable[[Any], Any] | None:
        """How a change of a view is written into the viewed value; None where the result is no view."""
        args = {name: self._resolved(value, env) for name, value in node.args}
        if not isinstance(base, Tensor | Array) or operator not in VIEWS:
            return None
        shape, ops = self.ops.shape(base), self.ops
        if operator == "aten.slice":
            axis = args.get("dim") or 0
            cut = slice(args.get("start"), args.get("end"), args.get("step"))
            places = list(range(shape[axis]))[cut]
            return lambda new: ops.replaced(base, axis, places, new)
        if operator == "aten.select":
            axis, index = args["dim"], args["index"] % shape[args["dim"]]
            return lambda new: ops.replaced(
                base, axis, [index], ops.view(new, (*shape[:axis], 1, *shape[axis + 1 :]))
            )
        return lambda new: ops.view(new, shape)

    # ---- operators that can't be read

    def _lose(self, node: ProgramNode, why: str, graph: ProgramGraph, env: dict[str, Any]) -> None:
        """Notes an operator that no kind says; with `--opaque` its outputs are layers that count nothing."""
        names = _named(node.outputs)
        if not self.opaque:
            self.note_unknown(Origin(node.op, node.name, node.line), why)
            env.update(dict.fromkeys(names, _LOST))
            return
        reads = [v for v in flat([self._resolved(v, env) for _, v in node.args]) if isinstance(v, Tensor)]
        for name in names:
            shape = self._shape(name, graph)
            if shape is not None:
                env[name] = self.ops.opaque(node.op, reads, shape)


def _as_it_is(value: Any) -> Any:
    return value


_LOST = object()
"""The value of an output that follows from an unknown operator."""

OTHER_NAMES = {
    f"aten.{name}": f"aten.{own}"
    for own, names in {
        "sub": "subtract", "mul": "multiply", "div": "divide true_divide", "neg": "negative",
        "abs": "absolute", "cat": "concat concatenate", "gt": "greater", "ge": "greater_equal", "lt": "less",
        "le": "less_equal", "ne": "not_equal", "movedim": "moveaxis", "transpose": "swapdims swapaxes",
        "outer": "ger", "sigmoid": "special_expit", "erf": "special_erf", "logsumexp": "special_logsumexp",
        "softmax": "special_softmax", "log_softmax": "special_log_softmax", "matmul": "linalg_matmul",
        "log1p": "special_log1p", "expm1": "special_expm1", "mT": "mH adjoint",
    }.items()
    for name in names.split()
}  # fmt: skip
"""An operator that does what another does -> the other."""
CONTROL_FLOW = {
    "higher_order.cond": "which branch runs follows from a computed value",
    "higher_order.while_loop": "how often the loop runs follows from a computed value",
    "higher_order.scan": "a loop over a graph of its own",
}
"""Why such an operator is no layer."""
NUMBERS = (
    "aten.sym_size",
    "aten.sym_numel",
    "aten.sym_stride",
    "aten._assert_tensor_metadata",
    "aten._assert_scalar",
    "aten.sym_constrain_range_for_size",
)
VIEWS = (
    "aten.slice", "aten.select", "aten.view", "aten.reshape", "aten.alias", "aten.detach", "aten.unsqueeze",
    "aten.squeeze", "aten.flatten", "aten.unflatten", "aten.contiguous", "aten._unsafe_view",
)  # fmt: skip


def _named(outputs: Sequence[Any]) -> list[str]:
    return [str(name) for name in flat(outputs) if isinstance(name, str)]


def _refs(args: Any) -> list[str]:
    return [value for value in flat([value for _, value in args]) if isinstance(value, Ref)]
