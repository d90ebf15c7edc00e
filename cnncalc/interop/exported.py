"""The graph of an exported program: its nodes, values, inputs and stored arrays, from its JSON."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from cnncalc.errors import Fault, Place, SpecError, UsageError, brief
from cnncalc.interop.inputs import written
from cnncalc.interop.model import Size
from cnncalc.interop.outline import CallKey
from cnncalc.interop.symbols import OpenSizeError, letters_of, solved, value_of

FLOATS = (6, 7, 8, 13)
"""The numbers of the types that are floating-point: half, float, double, bfloat16."""


LARGEST_SIZE = 10**12


class Open(NamedTuple):
    """A size that is open: an expression of letters, and its value as the program was exported."""

    expression: str
    hint: int | None


class Meta(NamedTuple):
    """A program's record of a tensor: the number of its type, and its sizes."""

    dtype: int
    sizes: tuple[int | Open, ...]


class Ref(str):
    """The name of a value that a node reads."""

    __slots__ = ()


@dataclass(frozen=True)
class ProgramGraph:
    """A graph of an exported program; branches of a program have graphs of their own."""

    inputs: list[Any]
    outputs: list[Any]
    nodes: "list[ProgramNode]"
    values: Mapping[str, Meta]
    """The name of a tensor -> its type and sizes."""
    numbers: Mapping[str, int | Open | None]
    """The name of a number that the program computes -> the number, or its expression, where it is whole."""


@dataclass(frozen=True)
class ProgramNode:
    """A call of an operator: `op` is aten.conv2d; arguments that are at their defaults are absent."""

    op: str
    overload: str
    name: str
    args: Sequence[tuple[str, Any]]
    outputs: list[Any]
    calls: tuple[CallKey, ...]
    line: str


@dataclass(frozen=True)
class ProgramArray:
    """An array that the program takes: its name in the model, and its role."""

    name: str
    role: str


@dataclass(frozen=True)
class BoundProgram:
    """The sizes of a program, its letters known. `samples` is the batch that its shapes count."""

    program: "Program"
    letters: Mapping[str, int]
    samples: int
    batched: bool

    def shape(self, meta: Meta) -> tuple[int, ...]:
        """The shape that a program records, the batch counted."""
        return tuple(self.size(size) for size in meta.sizes)

    def size(self, size: int | Open) -> int:
        """A size as a number; raises SpecError where its expression can't be worked out."""
        if isinstance(size, int):
            return size
        try:
            return value_of(size.expression, self.letters)
        except OpenSizeError as error:
            raise self.program.unreadable(f"has a size that can't be worked out: {error}") from None


@dataclass
class Program:
    """An exported program."""

    file: str
    graph: ProgramGraph
    arrays: Mapping[str, ProgramArray]
    """The name of a graph's input -> the array that it takes."""
    constants: Mapping[str, Any]
    """The name of a graph's input -> the number that the program was exported with."""
    tensors: list[str]
    """The inputs that a user gives, in order."""
    results: list[Any]
    """The values that the program returns; changed buffers are left out."""
    inputs: dict[str, tuple[Size, ...]] = field(default_factory=dict)
    batched: bool = True

    def unreadable(self, message: str, help: str = "") -> SpecError:
        return SpecError(Fault("unreadable_file", message, help, Place(self.file)))

    def meta(self, name: str) -> Meta:
        return self.graph.values[name]

    def bound(self, inputs: Mapping[str, tuple[int, ...]]) -> BoundProgram:
        """The program on inputs of these shapes, the batch left out. Raises UsageError for wrong ones."""
        letters = dict(self._hints())
        for name in self.tensors:
            for size, given in zip(self.own_sizes(name), inputs[name], strict=True):
                if isinstance(size, Open) and (value := solved(size.expression, given)) is not None:
                    letters[letters_of(size.expression)[0]] = value
        samples = 1
        if self.batched and self.tensors:
            samples = BoundProgram(self, letters, 1, True).size(self.meta(self.tensors[0]).sizes[0])
        if samples < 1:
            raise self.unreadable(f"the file fixes a batch of {samples}")
        bound = BoundProgram(self, letters, samples, self.batched)
        for name in self.tensors:
            sizes = tuple(bound.size(size) for size in self.own_sizes(name))
            if sizes != inputs[name]:
                self._refuse(name, sizes, inputs[name])
        return bound

    def _refuse(self, name: str, own: tuple[int, ...], given: tuple[int, ...]) -> None:
        fixed = None not in self.inputs[name]
        message = f"the file fixes its input {name} at {written(own)}, and {written(given)} was given"
        help = "export it with dynamic_shapes, or leave --input out"
        if not fixed:
            told = [size.expression if isinstance(size, Open) else "" for size in self.own_sizes(name)]
            message = (
                f"{written(given)} can't be a size of {name}, which is {_as_letters(told, self.inputs[name])}"
            )
            help = f"such as {written(own)}"
        raise UsageError(message, help, "fixed_size")

    def own_sizes(self, name: str) -> Sequence[int | Open]:
        """The sizes of an input without the batch."""
        sizes = self.meta(name).sizes
        batch = self.batch_axis(name)
        return [size for axis, size in enumerate(sizes) if axis != batch]

    def batch_axis(self, name: str) -> int | None:
        """The axis of an input that holds the batch: the first, or the second where the first differs."""
        if not self.batched:
            return None
        first = self.meta(self.tensors[0]).sizes[0]
        same = [axis for axis, size in enumerate(self.meta(name).sizes[:2]) if size == first]
        return same[0] if same else None

    def _hints(self) -> Iterator[tuple[str, int]]:
        """The letters with the sizes that the program was exported with."""
        for meta in self.graph.values.values():
            for size in meta.sizes:
                if not isinstance(size, Open) or size.hint is None:
                    continue
                if (value := solved(size.expression, size.hint)) is not None:
                    yield letters_of(size.expression)[0], value


def _as_letters(told: Sequence[str], own: Sequence[Size]) -> str:
    def plain(text: str, size: Size) -> str:
        found = re.sub(r"Symbol\('(\w++)'[^()]*+\)", r"\1", text)
        found = re.sub(r"Integer\((\d+)\)", r"\1", found)
        return re.sub(r"^Mul\((\w+), (\w+)\)$", r"\1*\2", found) or str(size)

    return "x".join(plain(text, size) for text, size in zip(told, own, strict=True))


def open_program(document: Any, file: str) -> Program:
    """The program in a document of JSON; raises SpecError where it is none."""
    try:
        return _program(document, file)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, OpenSizeError) as error:
        message = f"holds no exported program that can be read: {type(error).__name__} {error}"
        raise SpecError(Fault("unreadable_file", message, "", Place(file))) from None


def _program(document: Any, file: str) -> Program:
    module = document["graph_module"]
    graph = read_graph(module["graph"])
    arrays: dict[str, ProgramArray] = {}
    constants: dict[str, Any] = {}
    tensors: list[str] = []
    for spec in module["signature"]["input_specs"]:
        ((kind, entry),) = spec.items()
        if kind == "user_input":
            value = argument(entry["arg"])
            if isinstance(value, Ref) and value in graph.values:
                tensors.append(value)
        elif kind == "constant_input":
            constants[entry["name"]] = argument(entry["value"])
        else:
            names = {"parameter": "learned", "buffer": "buffer", "tensor_constant": "constant"}
            if kind in names:
                if entry["arg"]["name"] not in graph.values:
                    raise ValueError(f"nothing is recorded of {entry['arg']['name']}")
                arrays[entry["arg"]["name"]] = ProgramArray(str(entry[f"{kind}_name"]), names[kind])
    results = [
        argument(entry["arg"])
        for spec in module["signature"]["output_specs"]
        for kind, entry in spec.items()
        if kind == "user_output"
    ]
    program = Program(file, graph, arrays, constants, tensors, results)
    program.batched = _is_batched(program)
    for name in tensors:
        sizes = program.own_sizes(name)
        program.inputs[name] = tuple(size if isinstance(size, int) else None for size in sizes)
    return program


def _is_batched(program: Program) -> bool:
    """Whether the first axis of the inputs is a batch: not where n + 1 axes are read by a window of n."""
    inputs = set(program.tensors)
    for node in program.graph.nodes:
        first = next((value for _, value in node.args if isinstance(value, Ref)), None)
        dims = re.fullmatch(r"aten\.\w*?(\d)d", node.op)
        if first in inputs and dims:
            return len(program.meta(first).sizes) != int(dims[1]) + 1
    return bool(program.tensors) and all(program.meta(name).sizes for name in program.tensors)


def read_graph(graph: Any) -> ProgramGraph:
    """A graph from its JSON."""
    return ProgramGraph(
        [argument(each) for each in graph["inputs"]],
        [argument(each) for each in graph["outputs"]],
        [_node(node, number) for number, node in enumerate(graph["nodes"])],
        {str(name): _meta(each) for name, each in graph["tensor_values"].items()},
        {
            **{name: _size(each) for name, each in graph.get("sym_int_values", {}).items()},
            **dict.fromkeys(graph.get("sym_float_values", {})),
            **dict.fromkeys(graph.get("sym_bool_values", {})),
        },
    )


def _meta(meta: Any) -> Meta:
    return Meta(int(meta["dtype"]), tuple(_size(size) for size in meta["sizes"]))


def _size(size: Any) -> int | Open:
    """A size, which must be possible; raises ValueError for another."""
    if "as_int" in size:
        number = size["as_int"]
        if type(number) is not int or not 0 <= number <= LARGEST_SIZE:
            raise ValueError(f"a size of {brief(number)}")
        return number
    given = size["as_expr"]
    hint = given["hint"].get("as_int") if isinstance(given.get("hint"), Mapping) else None
    return Open(str(given["expr_str"]), hint if type(hint) is int else None)


def _node(node: Any, number: int) -> ProgramNode:
    parts = node["target"].removeprefix("torch.ops.").split(".")
    op = ".".join(parts[:2])
    meta = node.get("metadata") or {}
    outputs = [argument(each) for each in node["outputs"]]
    first = next((value for each in outputs for value in (each if isinstance(each, list) else [each])), "")
    return ProgramNode(
        op,
        parts[2] if len(parts) > 2 else "",
        str(node.get("name") or first or f"{parts[-1]}_{number}"),
        [(each["name"] or f"{place}", argument(each["arg"])) for place, each in enumerate(node["inputs"])],
        outputs,
        _calls(meta.get("nn_module_stack") or ""),
        line_of(meta.get("stack_trace") or ""),
    )


def argument(value: Any) -> Any:  # noqa: PLR0911 - one for each sort of argument
    """An argument as a plain value: a `Ref` for a value of the graph, a `ProgramGraph` for a branch."""
    ((kind, given),) = value.items()
    if kind in ("as_tensor", "as_sym_int", "as_sym_bool", "as_sym_float"):
        return (
            argument(given)
            if "name" not in given and "as_name" not in given
            else Ref(given.get("name") or given["as_name"])
        )
    if kind == "as_name":
        return Ref(given)
    if kind in ("as_tensors", "as_optional_tensors", "as_sym_ints", "as_sym_bools", "as_sym_floats"):
        return [Ref(each["name"]) if "name" in each else argument(each) for each in given]
    if kind == "as_optional_tensor":
        return argument(given) if isinstance(given, Mapping) and "name" not in given else Ref(given["name"])
    if kind == "as_none":
        return None
    if kind == "as_float":
        return float(given)  # "Infinity" stands as a text
    if kind == "as_graph":
        return read_graph(given["graph"])
    return given


def _calls(stack: str) -> tuple[CallKey, ...]:
    """The calls of modules that a node stands in, from outside, from `key,path,class;...`."""
    calls: list[CallKey] = []
    inner = ""
    for each in stack.split(";"):
        key, _, rest = each.partition(",")
        path = rest.partition(",")[0]
        if not path or "_empty_nn_module_stack" in key:
            continue
        name = path[len(inner) + 1 :] if inner and path.startswith(f"{inner}.") else path if not inner else ""
        name = name or path.rpartition(".")[2]
        again = re.search(r"@(\d+)$", key)
        calls.append((f"{key},{path}", f"{name}_{int(again[1]) + 1}" if again else name))
        inner = path
    return tuple(calls)


_FRAME = re.compile(r'File "([^"\n]{0,1000})", line (\d+)')


def line_of(trace: str) -> str:
    """The line of the model's own code, of a trace that goes on into the framework's."""
    frames = _FRAME.findall(trace)
    own = [(file, line) for file, line in frames if "/torch/" not in file and not file.startswith("<")]
    if not own:
        return ""
    file, line = own[-1]
    return f"{file.replace(chr(92), '/').rpartition('/')[2]}:{line}"
