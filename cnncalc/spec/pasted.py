"""Lines of Keras, PyTorch and MATLAB as people paste them: literals for Python's own parser, never run.

What layers are called and the order of their arguments are facts of the frameworks' documentation.
"""

import ast
import json
import math
import operator
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from cnncalc.errors import LayerError, brief, did_you_mean
from cnncalc.layers import find
from cnncalc.layers.support.base import fields
from cnncalc.spec.compact import CALL

LONGEST = 20_000
"""The most characters of a pasted text."""
MOST = 1000
"""The most layers of a pasted text."""


class PastedLayer(NamedTuple):
    """A layer that a line makes: its kind and options, at which character (from 0) the line's call stands.

    `reads` is the number of channels that the line says the layer reads, None where the line says none.
    """

    kind: str
    options: dict[str, Any]
    offset: int = 0
    reads: int | None = None
    of: str = ""


class _Call(NamedTuple):
    """What a class or a function of a framework is here."""

    kind: str
    arguments: Sequence[str] = ()
    """The names of the arguments by position: options, or names with _ of what changes no count."""
    fixed: Mapping[str, Any] = {}
    """Options that the framework has unless they are given."""
    takes_shape: bool = False
    """Whether the arguments say a shape, which follows from the input here."""
    keywords: Mapping[str, str] = {}
    """Arguments by name that are other options than elsewhere."""


_NAMES: dict[str, Any] = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))


def _flattened(layer: PastedLayer, channels: int) -> str:
    """The help where a layer reads as many values as maps have positions, times their channels."""
    positions, rest = divmod(layer.reads or 0, channels)
    if "filters" in layer.options or rest or positions < 2:
        return ""
    return f"nn.Flatten() before it makes {positions} positions of {channels} channels a row"


def _calls(table: str) -> dict[str, _Call]:
    """The calls of a table of pasted.json, where # in a name stands for 1, 2 and 3."""

    def call(kind: str, arguments: str = "", *more: Any) -> _Call:
        return _Call(kind, arguments.split(), *more)

    return {
        name.replace("#", digit): call(*row)
        for name, row in _NAMES[table].items()
        for digit in ("123" if "#" in name else "1")
    }


CALLS = _calls("calls")
"""The classes of the two frameworks by their names."""
FUNCTIONS = _calls("functions")
"""The functions of torch.nn.functional, and those of tensors; their first argument is the input."""
TORCH = _calls("torch")
"""The classes of PyTorch whose names are those of other classes of Keras."""
MATLAB = _calls("matlab")
"""The layers of MATLAB, whose options are pairs of a text and a value behind the other arguments."""
_OF_TORCH = frozenset({"input_size", "hidden_size", "num_layers", "batch_first", "bidirectional"})
"""Arguments that only PyTorch's recurrences have."""
_WRAPPERS = {"Bidirectional", "TimeDistributed"}
"""The classes of Keras that change how the layer within is used."""
RECURRENCES = frozenset(call.kind for call in TORCH.values())
_MERGES = {"concat": "concat", "sum": "sum", "mul": "multiply", "ave": "average"}
KEYWORDS: dict[str, str] = _NAMES["keywords"]
"""The arguments by name. Those that begin with _ change no count; others that are unknown are refused."""
_WITHOUT_EFFECT = re.compile(
    r".*_(initializer|regularizer|constraint)|inplace|dim|axis|device|dtype|training|track_running_stats|eps"
    r"|epsilon|momentum|data_format|return_indices|start_dim|end_dim|seed|noise_shape|trainable|center|scale"
    r"|approximate|align_corners|activity_regularizer|kernel_regularizer"
)
_OPERATORS = {ast.Mult: operator.mul, ast.Add: operator.add, ast.Sub: operator.sub}
_LARGEST = 10**12
_CONTAINERS = {"Sequential", "ModuleList", "OrderedDict"}
_INPUTS = {"Input", "InputLayer"}
_PASSED_OVER = frozenset(_NAMES["passed_over"])
"""The calls that make no layer: what programs do with a network once there is one."""


def read(text: str) -> list[PastedLayer]:
    """The layers that the lines of a program make, in the order in which a forward pass uses them.

    Raises LayerError, with the place, for what is no literal and for what no kind is.

    >>> [(layer.kind, layer.options) for layer in read("nn.Conv2d(1, 20, 5), nn.ReLU()")]
    [('conv', {'filters': 20, 'kernel': 5}), ('relu', {})]
    """
    return _Reader(text).layers()


def input_shape(text: str) -> tuple[int, ...] | None:
    """The shape of the input that a pasted text says.

    >>> input_shape("Conv2D(8, 3, input_shape=(28, 28, 1))"), input_shape("nn.Linear(784, 10)")
    ((28, 28, 1), (784,))
    """
    if not CALL.search(text):
        return None
    try:
        reader = _Reader(text)
        first = reader.layers()[0]
    except LayerError:
        return None
    return reader.shape or ((first.reads,) if first.reads and _reads_all(first.kind) else None)


def _reads_all(kind: str) -> bool:
    """Whether each unit of a kind reads all values that come in, unless told otherwise."""
    cls = find(kind)
    return cls is not None and cls.flattens and "each" in fields(cls)


def example_of_input(text: str) -> str:
    """An input that pasted layers can have, as it is typed."""
    try:
        first = read(text)[0]
    except LayerError:
        return "32x32x3"
    sides = "20" if first.kind in RECURRENCES or first.of.endswith(("1d", "1D")) else "32x32"
    return f"{sides}x{first.reads or 3}"


def misfit(text: str, shape: Sequence[int]) -> LayerError | None:
    """The error where the first layer that says its channels says others than those of the input.

    Either end of the shape may be the channels; a dense layer may read all values.
    """
    if not CALL.search(text):
        return None
    told, every = "x".join(map(str, shape)), math.prod(shape)
    for layer in read(text):
        cls = find(layer.kind)
        if isinstance(layer.reads, int):
            if layer.reads in (shape[0], shape[-1], *([every] if _reads_all(layer.kind) else [])):
                return None
            message = f"{layer.of} says {layer.reads} channels, and the input is {told}"
            first = len(shape) > 2 and shape[0] < 5 <= shape[-1]  # channels come first, as in PyTorch
            other = [layer.reads, *shape[1:]] if first else [*shape[:-1], layer.reads]
            wanted = "x".join(map(str, [layer.reads] if _reads_all(layer.kind) else other))
            return LayerError("channels", message, f"--input {wanted}", offset=layer.offset)
        if cls is None or not (cls.flattens or cls.is_activation):
            return None
        shape = (every,) if cls.flattens else shape
    return None


_BY = re.compile(r"(?<![\w\"'.])([0-9]{1,9})[x×]([0-9]{1,9})(?![\w\"'.])")
"""A size in the text of a program, which is no number of the language: 3x3."""


_OF_MATLAB = re.compile(r"\b(" + "|".join(MATLAB) + r")\b")
_ROW = re.compile(r"\[[0-9 ]{1,40}\]")


def _as_lists(program: str) -> str:
    """Lines of MATLAB as Python writes them: [28 28 1] with commas, a line a layer, % before a remark."""
    told = program.replace("...", "   ").replace(";", ",").replace("%", "#")
    told = _ROW.sub(lambda row: f"[{','.join(row[0][1:-1].split())}]", told)
    lines, depth = [], 0
    for line in told.split("\n"):
        made, sign, remark = line.partition("#")
        depth += made.count("(") - made.count(")")
        if depth == 0 and made.rstrip().endswith((")", "Layer")):
            made = f"{made.rstrip()},"
        lines.append(made + sign + remark)
    return "\n".join(lines).rstrip().rstrip(",")


def _parsed(program: str) -> ast.Module:
    """The syntax of a program; one that is none, with sizes such as 3x3, is read with a tuple for each."""
    if _OF_MATLAB.search(program):
        program = _as_lists(program)
    try:
        return ast.parse(program)
    except SyntaxError as error:
        if (told := _BY.sub(r"(\1,\2)", program)) == program:
            raise
        try:
            return ast.parse(told)
        except SyntaxError:
            raise error from None


class _Reader:
    def __init__(self, text: str) -> None:
        if len(text) > LONGEST:
            raise LayerError("too_large", f"a pasted text of {len(text)} characters", f"at most {LONGEST}")
        self.text = text
        self.shape: tuple[int, ...] | None = None
        self.named: dict[str, list[PastedLayer]] = {}
        self.used: set[str] = set()
        self.values: dict[str, Any] = {}
        self.classes: set[str] = set()
        self.nested = False
        """Whether the statement that is read stands in a class or a function."""
        dedented = textwrap.dedent(text)
        body = dedented.strip().rstrip(",")
        before = dedented[: dedented.find(body)]
        self.start = before.count("\n"), len(before.rpartition("\n")[2])
        """The line, from 0, and the column at which the program begins."""
        try:
            self.tree = _parsed(body)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            line = getattr(error, "lineno", None) or 1
            offset = self._offset(line, (getattr(error, "offset", None) or 1) - 1)
            message = f"the pasted text is not Python: {getattr(error, 'msg', error)}"
            raise LayerError(
                "bad_compact", message, "such as nn.Conv2d(1, 20, 5), nn.ReLU()", offset=offset
            ) from None

    def _offset(self, line: int, column: int) -> int:
        """At which character of the text a place of the program stands."""
        column += self.start[1] if line == 1 else 0
        line += self.start[0]
        starts = [0, *(match.end() for match in re.finditer("\n", self.text))]
        return min(starts[min(line, len(starts)) - 1] + column, max(len(self.text) - 1, 0))

    def refuse(self, node: ast.AST, message: str, help: str = "") -> LayerError:
        return LayerError("bad_compact", message, help, offset=self._offset(node.lineno, node.col_offset))  # type: ignore[attr-defined]

    def layers(self) -> list[PastedLayer]:
        """The layers: those that calls on values use; where there are none, those that are made, in order."""
        made: list[PastedLayer] = []
        run: list[PastedLayer] = []
        for node in self._statements(self.tree.body):
            value = node.value
            target = _name(node.targets[0]) if isinstance(node, ast.Assign) else ""
            if (target and self._is_value(target, value)) or value is None:
                continue
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                continue
            found, runs = self._value(value)
            if target and not runs and found:
                self.named[target] = found
                made += found
            elif runs:
                run += found
            else:
                made += found
            if len(made) + len(run) > MOST:
                raise self.refuse(value, f"more than {MOST} layers", "write a spec: repeats are said once")
        found = run if any(name in self.used for name in self.named) or not made else [*made, *run]
        self._check(found)
        if not found:
            raise LayerError("bad_compact", "the pasted text makes no layer", "such as nn.Conv2d(1, 20, 5)")
        return found

    def _check(self, found: list[PastedLayer]) -> None:
        """Raises LayerError where a layer says that it reads other channels than the layer before makes."""
        channels: int | None = None
        for layer in found:
            if channels is not None and layer.reads not in (None, channels):
                message = f"{layer.of} says {layer.reads} channels, and {channels} come from the layer before"
                raise LayerError("channels", message, _flattened(layer, channels), offset=layer.offset)
            units = layer.options.get("filters", layer.options.get("units"))
            if units is not None:
                channels = units * (2 if layer.options.get("direction") == "both" else 1)
            elif (cls := find(layer.kind)) is not None and (cls.reshapes or cls.flattens):
                channels = None

    def _is_value(self, target: str, node: ast.expr) -> bool:
        """Whether a line gives a name a number, a text or a list, which arguments may name later."""
        try:
            self.values[target] = self._evaluated(node)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            return False
        return True

    def _statements(self, body: list[ast.stmt], *, nested: bool = False) -> Iterator[Any]:
        for node in body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                if isinstance(node, ast.FunctionDef):
                    arguments = [*node.args.posonlyargs, *node.args.args]
                    given = arguments[len(arguments) - len(node.args.defaults) :]
                    for argument, value in zip(given, node.args.defaults, strict=True):
                        self._is_value(argument.arg, value)
                if not nested:
                    self.classes.add(node.name)
                yield from self._statements(node.body, nested=True)
            elif not nested and isinstance(node, ast.If) and "__name__" in _written(node.test):
                continue
            elif isinstance(node, ast.Expr | ast.Assign | ast.Return):
                self.nested = nested
                yield node
            elif not isinstance(node, ast.Import | ast.ImportFrom | ast.Pass):
                raise self.refuse(
                    node, "only lines that make or call layers are read", "write the layers one by one"
                )

    def _value(self, node: ast.expr) -> tuple[list[PastedLayer], bool]:
        """The layers of an expression, and whether they are called on a value."""
        if isinstance(node, ast.Tuple | ast.List):
            found, runs = [], False
            for part in node.elts:
                if isinstance(part, ast.Starred | ast.Constant):
                    continue
                inner, ran = self._value(part)
                found += inner
                runs |= ran
            return found, runs
        if isinstance(node, ast.BinOp):
            raise self.refuse(
                node, "paths that meet are not read from a line", "write - add: [[...], []] in a spec"
            )
        if isinstance(node, ast.Name) and node.id in MATLAB:
            node = ast.copy_location(ast.Call(node, [], []), node)
        if not isinstance(node, ast.Call):
            return [], isinstance(node, ast.Name)
        if _name(node.func) in MATLAB:
            node = _with_pairs(node)
        if isinstance(node.func, ast.Call):
            # Keras's functional way: a layer is made and called at once
            before, _ = self._argument(node)
            return [*before, *self._value(node.func)[0]], True
        return self._call(node, _name(node.func))

    def _call(  # noqa: PLR0911 - a case for each sort of call
        self, node: ast.Call, name: str
    ) -> tuple[list[PastedLayer], bool]:
        short = name.rpartition(".")[2]
        if name in self.named or f"self.{short}" == name:
            before, _ = self._argument(node)
            return [*before, *self._again(node, name)], True
        if short in _CONTAINERS:
            parts = [self._value(part)[0] for part in node.args]
            return [layer for part in parts for layer in part], False
        if short == "add" and len(node.args) == 1:
            return self._value(node.args[0])
        if short in _INPUTS:
            self._layer(node, _Call("", ("shape",)), short, node.args)
            return [], False
        if short in _WRAPPERS and node.args:
            return self._wrapped(node, short), False
        if (call := _of_class(node, name)) is not None:
            return self._layer(node, call, short, node.args), False
        if short in FUNCTIONS:
            on_method = isinstance(node.func, ast.Attribute) and not _is_module(node.func.value)
            inner = node.func.value if on_method and isinstance(node.func, ast.Attribute) else None
            before = self._value(inner)[0] if inner is not None else self._argument(node)[0]
            rest = [] if FUNCTIONS[short].takes_shape else node.args if inner is not None else node.args[1:]
            return [*before, *self._layer(node, FUNCTIONS[short], short, rest)], True
        if name in self.classes and not self.nested:
            return [], False
        if short in _PASSED_OVER:
            return (self._argument(node)[0] if node.args and short == "to" else []), False
        help = (
            _of_numbers(node, short)
            or did_you_mean(short, [*CALLS, *FUNCTIONS, *MATLAB])
            or "cnncalc layers lists the kinds"
        )
        error = self.refuse(node, f"{brief(short)} is no layer of Keras or PyTorch that is known here", help)
        raise error

    def _wrapped(self, node: ast.Call, name: str) -> list[PastedLayer]:
        """The one layer in a wrapper of Keras: a recurrence in both directions, a layer at every position."""
        wanted = "Dense" if name == "TimeDistributed" else "LSTM, GRU or SimpleRNN"
        merges = [keyword.value for keyword in node.keywords if keyword.arg == "merge_mode"]
        merge = _MERGES.get(str(self._literal(merges[0])) if merges else "concat")
        inner = self._value(node.args[0])[0]
        layer = inner[0] if len(inner) == 1 else None
        if layer is not None and name == "TimeDistributed" and _reads_all(layer.kind):
            return [layer._replace(options={**layer.options, "each": "position"})]
        if layer is not None and name == "Bidirectional" and merge and layer.kind in RECURRENCES:
            both = {"direction": "both"} | ({} if merge == "concat" else {"merge": merge})
            return [layer._replace(options={**layer.options, **both})]
        raise self.refuse(node, f"{name} is read around {wanted} alone", "write the layer in a spec")

    def _argument(self, node: ast.Call) -> tuple[list[PastedLayer], bool]:
        return self._value(node.args[0]) if node.args else ([], False)

    def _again(self, node: ast.Call, name: str) -> list[PastedLayer]:
        """The layers of a name; used again, they have the same weights."""
        if name not in self.named:
            raise self.refuse(
                node, f"{name} is called, and no line makes it", f"such as {name} = nn.Conv2d(1, 20, 5)"
            )
        found = self.named[name]
        if name in self.used:
            weighty = [layer for layer in found if layer.options.get("name")]
            if weighty:
                raise self.refuse(
                    node, f"{name} is used twice: its weights are shared", "write share: NAME in a spec"
                )
            return found
        self.used.add(name)
        own = name.rpartition(".")[2]
        cls = find(found[0].kind) if len(found) == 1 else None
        if cls is not None and cls.units_option and own.isidentifier():
            layer = found[0]
            self.named[name] = found = [layer._replace(options={"name": own, **layer.options})]
        return found

    def _layer(self, node: ast.Call, call: _Call, name: str, arguments: list[ast.expr]) -> list[PastedLayer]:
        """The layer that a call makes of its arguments."""
        given = dict(call.fixed)
        if len(arguments) > max(len(call.arguments), 1):
            raise self.refuse(
                node, f"{name} takes {len(call.arguments)} arguments, and {len(arguments)} are given"
            )
        if name in FUNCTIONS and arguments and call.arguments[:1] in (["filters"], ["units"]):
            self._check_weights(arguments[0], call)
        for option, argument in zip(call.arguments, arguments, strict=False):
            given[option] = self._literal(argument)
        for keyword in node.keywords:
            option = {**KEYWORDS, **call.keywords}.get(keyword.arg or "", "")
            if not option and not _WITHOUT_EFFECT.fullmatch(keyword.arg or ""):
                help = did_you_mean(keyword.arg or "", KEYWORDS)
                raise self.refuse(keyword.value, f"{name}: {keyword.arg} is not read", help)
            if option and not option.startswith("_"):
                given[option] = self._literal(keyword.value)
        return list(self._finished(node, call, name, given))

    def _check_weights(self, node: ast.expr, call: _Call) -> None:
        """Raises LayerError where an array of weights, whose shape no line says, stands for the sizes."""
        if isinstance(node, ast.Name | ast.Attribute) and _name(node) not in self.values:
            usual = "conv3-64 s1 same" if call.arguments[0] == "filters" else "fc-10"
            raise self.refuse(
                node, f"how large {brief(_written(node))} is stands in no line", f"such as {usual}"
            )

    def _finished(
        self, node: ast.Call, call: _Call, name: str, given: dict[str, Any]
    ) -> Iterator[PastedLayer]:
        given = {
            option: value
            for option, value in given.items()
            if not option.startswith("_") and value is not None
        }
        if isinstance(given.get("padding"), str):
            given["padding"] = given["padding"].lower()
        if (shape := given.pop("shape", None)) is not None and isinstance(shape, tuple):
            self.shape = tuple(size for size in shape if size is not None) or None
        reads = given.pop("reads", None)
        if isinstance(reads, tuple):
            raise self.refuse(node, f"{name} over several dimensions is not read", "write over: in a spec")
        if given.pop("sequences", False):
            del given["returns"]
        _say_values(given, name)
        if "activation" in given and not call.kind:
            yield PastedLayer(
                str(given["activation"]), {}, self._offset(node.lineno, node.col_offset), of=name
            )
            return
        if not call.kind:
            return
        activation = given.get("activation")
        if activation == "linear":
            del given["activation"]
        sides = given.pop("sides", None)
        if isinstance(sides, tuple) and len(sides) == 4:
            left, right, top, bottom = sides
            given["padding"] = ((top, bottom), (left, right))
        elif sides is not None:
            given["padding"] = sides
        options = {option: _listed(value) for option, value in given.items()}
        yield PastedLayer(call.kind, options, self._offset(node.lineno, node.col_offset), reads, name)

    def _evaluated(self, node: ast.expr) -> Any:
        """A literal, a name that stands for one, or a sum or product of whole numbers such as 16 * 5 * 5."""
        if isinstance(node, ast.Name | ast.Attribute) and _name(node) in self.values:
            return self.values[_name(node)]
        if isinstance(node, ast.Tuple | ast.List):
            values = tuple(self._evaluated(part) for part in node.elts)
            if _weight(values) > MOST:
                raise ValueError
            return values
        if not isinstance(node, ast.BinOp):
            return ast.literal_eval(node)
        sign = _OPERATORS.get(type(node.op))
        first, second = self._evaluated(node.left), self._evaluated(node.right)
        if sign is None or type(first) is not int or type(second) is not int or max(first, second) > _LARGEST:
            raise ValueError
        return sign(first, second)

    def _literal(self, node: ast.expr) -> Any:
        try:
            return self._evaluated(node)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            pass
        if isinstance(node, ast.Call | ast.Attribute | ast.Name):
            # an activation may be a function of the framework, or a layer of its own
            short = _name(node.func if isinstance(node, ast.Call) else node).rpartition(".")[2]
            if short in FUNCTIONS:
                return FUNCTIONS[short].kind
            if short in CALLS and (cls := find(CALLS[short].kind)) and cls.is_activation:
                made = self._layer(node, CALLS[short], short, node.args) if isinstance(node, ast.Call) else []
                return {cls.kind: made[0].options} if made and made[0].options else cls.kind
        raise self.refuse(
            node, f"{brief(_written(node))} is no number, text or list", "write the value itself"
        )


def _of_class(node: ast.Call, name: str) -> _Call | None:
    """The class that a call names, None for another name.

    A recurrence of PyTorch, unlike that of Keras, says first how many values it reads.
    """
    module, _, short = name.rpartition(".")
    second = node.args[1] if len(node.args) > 1 else None
    of_torch = (
        module in ("nn", "torch.nn")
        or any(keyword.arg in _OF_TORCH for keyword in node.keywords)
        or (isinstance(second, ast.Constant) and isinstance(second.value, int))
    )
    return (TORCH.get(short) if of_torch else None) or CALLS.get(short) or MATLAB.get(name)


def _before_pairs(node: ast.Call) -> list[ast.expr]:
    """The arguments of a layer of MATLAB that stand before the pairs of a text and a value."""
    texts = (at for at, part in enumerate(node.args) if isinstance(getattr(part, "value", None), str))
    return node.args[: next(texts, len(node.args))]


def _with_pairs(node: ast.Call) -> ast.Call:
    """A layer of MATLAB whose options 'Padding','same' are arguments by name; names are in small letters."""
    rest = node.args[len(_before_pairs(node)) :]
    pairs = [
        ast.keyword(str(getattr(name, "value", "")), value)
        for name, value in zip(rest[::2], rest[1::2], strict=False)
    ]
    named = [ast.keyword((each.arg or "").lower(), each.value) for each in [*pairs, *node.keywords]]
    return ast.copy_location(ast.Call(node.func, _before_pairs(node), named), node)


def _of_numbers(node: ast.Call, name: str) -> str:
    """The line to type for C(64, 3, 1) of papers: filters and kernel, the larger filters; "" for others."""
    numbers = [part.value for part in node.args if isinstance(part, ast.Constant) and type(part.value) is int]
    if name.upper() not in ("C", "P", "D") or not 1 <= len(numbers) == len(node.args) <= 3:
        return ""
    if max(numbers) > _LARGEST:
        return ""
    if name.upper() == "D":
        return f"write fc-{numbers[0]}"
    if name.upper() == "P":
        return f"write maxpool{numbers[0]}" + (f" s{numbers[1]}" if numbers[1:] else "")
    filters, kernel, stride = (*numbers, *(3, 1)[len(numbers) - 1 :])
    return f"write conv{min(filters, kernel)}-{max(filters, kernel)} s{stride}"


def _say_values(given: dict[str, Any], name: str) -> None:
    """Changes values that a framework says in another way than the options here."""
    for option in ("kernel", "stride"):
        if isinstance(value := given.get(option), tuple) and len(value) == 4:
            # of TensorFlow: samples, height, width, channels; or the channels before the height
            given[option] = value[1:3] if value[3] == 1 else value[2:]
    if name in MATLAB and isinstance(given.get("padding"), tuple) and len(given["padding"]) == 4:
        given["padding"] = (given["padding"][:2], given["padding"][2:])
    if "to" in given:
        given["shape"] = given.pop("to")
    if isinstance(given.get("direction"), bool):
        given["direction"] = "both" if given["direction"] else "forward"
    if isinstance(given.get("biases"), bool):
        given["biases"] = 2 if given["biases"] else 0
    if given.pop("ceil", False):
        given["rounding"] = "ceil"


def _weight(value: Any) -> int:
    """Number of values in nested lists, or more than MOST: lists by name can hold one another often."""
    if not isinstance(value, tuple):
        return 1
    found = 1
    for part in value:
        found += _weight(part)
        if found > MOST:
            break
    return found


def _written(node: ast.AST) -> str:
    """An expression in Python's own words."""
    try:
        return ast.unparse(node)
    except RecursionError:
        return "an expression so deep"


def _name(node: ast.AST) -> str:
    """The dotted name of a function or of a target of an assignment, "" for another expression."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ".".join(reversed(parts))
    return ".".join([node.id, *reversed(parts)])


def _is_module(node: ast.expr) -> bool:
    """Whether a function is asked of a module such as F or torch.nn.functional, and not of a tensor."""
    return _name(node).partition(".")[0] in (
        "F",
        "torch",
        "nn",
        "tf",
        "keras",
        "layers",
        "functional",
        "slim",
    )


def _listed(value: Any) -> Any:
    return [_listed(part) for part in value] if isinstance(value, tuple | list) else value
