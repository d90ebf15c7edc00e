"""Arrays of an exported program that follow from constants alone: worked out when a run wants their values.

The nodes that compute them are kept in order and carried out with NumPy as PyTorch would, views included; for
the shapes and counts of a network none is carried out.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cnncalc.interop.exported import ProgramNode
from cnncalc.interop.reader import flat
from cnncalc.interop.tensors import Array
from cnncalc.layers.support.base import Shape

LARGEST = 2**28
"""The most values of an array that is worked out."""

MAKERS = (
    "aten.zeros", "aten.ones", "aten.full", "aten.arange", "aten.new_zeros", "aten.new_ones", "aten.new_full",
    "aten.zeros_like", "aten.ones_like", "aten.full_like", "aten.empty", "aten.new_empty", "aten.empty_like",
    "aten.scalar_tensor", "aten.linspace",
)  # fmt: skip
"""Operators whose values follow from numbers, whatever tensors they are given for their shape."""


class Constants:
    """The nodes that compute constants, in order."""

    def __init__(self, values_of: Callable[[str], Callable[[], Any]]) -> None:
        self.values_of = values_of
        self.steps: list[tuple[str, Mapping[str, Any], Sequence[str], Sequence[Shape | None]]] = []
        self.values: dict[str, Any] = {}
        self._done = 0

    def folded(
        self,
        node: ProgramNode,
        operator: str,
        args: Mapping[str, Any],
        out: Sequence[Shape | None],
        names: Sequence[str],
    ) -> list[Array] | None:
        """The arrays that a node gives, where it reads constants alone; None where it does not."""
        read = [
            x for x in flat(args.values()) if x is not None and not isinstance(x, int | float | str | dict)
        ]
        if operator not in STEPS or any(shape is None for shape in out):
            return None
        if operator not in MAKERS:
            if not all(isinstance(x, Array) and x.role != "learned" for x in read):
                return None
            if operator not in OF_BUFFERS and not any(x.role == "constant" for x in read):
                return None
        self.steps.append((operator, args, list(names), out))
        pairs = zip(names, out, strict=True)
        zero = operator in ("aten.zeros", "aten.new_zeros", "aten.zeros_like")
        return [Array(name, shape or (), "constant", self._reader(name), zero) for name, shape in pairs]

    def _reader(self, name: str) -> Callable[[], Any]:
        return lambda: self._worked_out(name)

    def _worked_out(self, name: str) -> Any:
        """The values of a constant: every step is carried out, in order, once."""
        import numpy as np

        with np.errstate(all="ignore"):
            while self._done < len(self.steps):
                operator, args, names, out = self.steps[self._done]
                self._done += 1
                given = {key: self._value(value) for key, value in args.items()}
                found = STEPS[operator](np, given, out[0] if out else ())
                results = found if isinstance(found, list | tuple) else [found]
                for each, result in zip(names, results, strict=True):
                    self.values[each] = np.asarray(result)
        return self.values[name]

    def _value(self, value: Any) -> Any:
        if isinstance(value, Array):
            if value.name in self.values:
                return self.values[value.name]
            # a copy: a step may write into it
            found = self.values[value.name] = value.read().copy()
            return found
        if isinstance(value, list):
            return [self._value(each) for each in value]
        return value


def _index(given: Mapping[str, Any], rank: int) -> tuple[Any, ...]:
    axis = (given.get("dim") or 0) % rank
    cut = slice(given.get("start"), given.get("end"), given.get("step"))
    return (*(slice(None),) * axis, cut)


def _fill(np: Any, given: Mapping[str, Any], _: Any) -> Any:
    given["self"][...] = given["value"]
    return given["self"]


def _copy(np: Any, given: Mapping[str, Any], _: Any) -> Any:
    given["self"][...] = given["src"]
    return given["self"]


def _squeezed(np: Any, given: Mapping[str, Any], out: Shape) -> Any:
    return given["self"].reshape(out)


def _masked_fill(np: Any, given: Mapping[str, Any], _: Any) -> Any:
    return np.where(
        given["mask"].astype(bool), np.asarray(given["value"], given["self"].dtype), given["self"]
    )


def _arange(np: Any, given: Mapping[str, Any], _: Any) -> Any:
    return np.arange(given.get("start") or 0, given["end"], given.get("step") or 1)


def _dot(name: str) -> Callable[..., Any]:
    """A function of NumPy's of two values, the second times alpha where the operator has that."""

    def step(np: Any, given: Mapping[str, Any], _: Any) -> Any:
        other = given["other"] * given.get("alpha", 1) if given.get("alpha") else given["other"]
        return getattr(np, name)(given["self"], other)

    return step


def _divided(np: Any, given: Mapping[str, Any], _: Any) -> Any:
    rounded = {"floor": np.floor, "trunc": np.trunc}.get(given.get("rounding_mode") or "")
    quotient = np.true_divide(given["self"], given["other"])
    return quotient if rounded is None else rounded(quotient)


def _of_one(name: str) -> Callable[..., Any]:
    def step(np: Any, given: Mapping[str, Any], _: Any) -> Any:
        return getattr(np, name)(given["self"])

    return step


def _same(np: Any, given: Mapping[str, Any], _: Any) -> Any:
    return next(iter(given.values()))


def _select(np: Any, given: Mapping[str, Any], _: Any) -> Any:
    axis = given["dim"] % given["self"].ndim
    return given["self"][(*(slice(None),) * axis, given["index"], ...)]


def _index_tensor(np: Any, given: Mapping[str, Any], _: Any) -> Any:
    return given["self"][
        tuple(slice(None) if each is None else each.astype(int) for each in given["indices"])
    ]


STEPS: Mapping[str, Callable[..., Any]] = {
    "aten.zeros": lambda np, given, out: np.zeros(out, "f4"),
    "aten.new_zeros": lambda np, given, out: np.zeros(out, "f4"),
    "aten.zeros_like": lambda np, given, out: np.zeros(out, "f4"),
    **dict.fromkeys(
        ("aten.empty", "aten.new_empty", "aten.empty_like"), lambda np, given, out: np.zeros(out, "f4")
    ),
    "aten.ones": lambda np, given, out: np.ones(out, "f4"),
    "aten.new_ones": lambda np, given, out: np.ones(out, "f4"),
    "aten.ones_like": lambda np, given, out: np.ones(out, "f4"),
    "aten.full": lambda np, given, out: np.full(out, given["fill_value"], "f4"),
    "aten.new_full": lambda np, given, out: np.full(out, given["fill_value"], "f4"),
    "aten.full_like": lambda np, given, out: np.full(out, given["fill_value"], "f4"),
    "aten.scalar_tensor": lambda np, given, out: np.asarray(given["s"], "f4"),
    "aten.arange": _arange,
    "aten.linspace": lambda np, given, out: np.linspace(
        given["start"], given["end"], given["steps"], dtype="f4"
    ),
    "aten.lift_fresh_copy": _same,
    "aten.detach": _same,
    "aten.alias": _same,
    "aten.clone": lambda np, given, out: given["self"].copy(),
    "aten.contiguous": _same,
    "aten.to": _same,
    "aten._to_copy": _same,
    "aten.slice": lambda np, given, out: given["self"][_index(given, given["self"].ndim)],
    "aten.select": _select,
    "aten.index": _index_tensor,
    "aten.fill": _fill,
    "aten.copy": _copy,
    "aten.view": _squeezed,
    "aten.reshape": _squeezed,
    "aten.flatten": _squeezed,
    "aten.unflatten": _squeezed,
    "aten.unsqueeze": _squeezed,
    "aten.squeeze": _squeezed,
    "aten.expand": lambda np, given, out: np.broadcast_to(given["self"], out),
    "aten.repeat": lambda np, given, out: np.tile(given["self"], given["repeats"]),
    "aten.permute": lambda np, given, out: given["self"].transpose(given["dims"]),
    "aten.transpose": lambda np, given, out: given["self"].swapaxes(given["dim0"], given["dim1"]),
    "aten.t": lambda np, given, out: given["self"].T,
    "aten.cat": lambda np, given, out: np.concatenate(given["tensors"], given.get("dim") or 0),
    "aten.stack": lambda np, given, out: np.stack(given["tensors"], given.get("dim") or 0),
    "aten.meshgrid": lambda np, given, out: list(
        np.meshgrid(*given["tensors"], indexing=given.get("indexing") or "ij")
    ),
    "aten.add": _dot("add"),
    "aten.sub": _dot("subtract"),
    "aten.mul": _dot("multiply"),
    "aten.div": _divided,
    "aten.pow": lambda np, given, out: np.power(given["self"], given["exponent"]),
    "aten.eq": _dot("equal"),
    "aten.ne": _dot("not_equal"),
    "aten.gt": _dot("greater"),
    "aten.lt": _dot("less"),
    "aten.ge": _dot("greater_equal"),
    "aten.le": _dot("less_equal"),
    "aten.neg": _of_one("negative"),
    "aten.bitwise_not": _of_one("logical_not"),
    "aten.logical_not": _of_one("logical_not"),
    "aten.logical_and": _dot("logical_and"),
    "aten.logical_or": _dot("logical_or"),
    "aten.cumsum": lambda np, given, out: np.cumsum(given["self"], given["dim"]),
    "aten.exp": _of_one("exp"),
    "aten.log": _of_one("log"),
    "aten.sqrt": _of_one("sqrt"),
    "aten.sin": _of_one("sin"),
    "aten.cos": _of_one("cos"),
    "aten.masked_fill": _masked_fill,
    "aten.triu": lambda np, given, out: np.triu(given["self"], given.get("diagonal") or 0),
    "aten.tril": lambda np, given, out: np.tril(given["self"], given.get("diagonal") or 0),
}
"""An operator -> its result by NumPy, from the arguments and the shape that comes out."""

OF_BUFFERS = ("aten.meshgrid", "aten.add", "aten.sub", "aten.mul", "aten.arange")
"""Operators whose results are constants also where they read nothing but buffers."""
