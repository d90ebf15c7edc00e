"""The operators of a format by name, each with the function that reads it as layers."""

import pkgutil
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

from cnncalc.interop.operations import Operations
from cnncalc.interop.tensors import Tensor

Operator = Callable[[Operations, Any], Any]
"""Takes a call of the operator and gives the values that come out; of outputs left out there are none."""


class OperatorTable(dict[str, Operator]):
    """A format's operators, which the modules of the format's folder add to the table."""

    def __init__(self, prefix: str = "") -> None:
        super().__init__()
        self.prefix = prefix

    def operator(self, *names: str) -> Callable[[Operator], Operator]:
        """Makes a function the reader of these operators."""

        def give(function: Operator) -> Operator:
            self.update({f"{self.prefix}{name}": function for name in names})
            return function

        return give

    def one_by_one(self, name: str, kind: str, *options: tuple[str, str, Any], **fixed: Any) -> None:
        """Adds an operator that does the same to each value.

        Options are (ours, the operator's, its default); the `fixed` ones follow from the operator itself.
        """

        @self.operator(name)
        def made(ops: Operations, call: Any) -> Tensor:
            given = {ours: call.plain(theirs, default) for ours, theirs, default in options}
            return ops.same(kind, ops.tensor(call.operand), given | fixed)

    def load(self, package: str, path: Iterable[str]) -> None:
        """Loads the modules of the format's folder."""
        for module in pkgutil.iter_modules(path):
            import_module(f"{package}.{module.name}")
