"""Products of a value with weights, and of values with each other."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import Any

from cnncalc.interop.builder import Builder, Operand
from cnncalc.interop.operations.options import array, learned_arrays
from cnncalc.interop.tensors import Array, Tensor, UnsupportedError
from cnncalc.layers.support.base import Shape


class ProductOperations(Builder):
    """Products of a value with weights, and of values with each other."""

    def linear(self, x: Operand, weight: Any, bias: Any, out: Shape) -> Operand:
        """The same weights for the values along the last axis."""
        if isinstance(x, Array) or not isinstance(weight, Array):
            y = self.matmul(x, self.transpose(weight, [1, 0]), out)
            return y if bias is None else self.merged("add", [y, bias])
        if self.is_taken(weight, "dense") or isinstance(bias, Tensor):
            # the weights of a layer of another kind, or the same the other way round; a bias put together
            y = self.matmul(x, self.transpose(weight, [1, 0]), out)
            return y if bias is None else self.merged("add", [y, bias])
        learned = learned_arrays(weight, None if bias is None else array(bias, "a bias"))
        options: dict[str, Any] = {"units": weight.shape[0], "bias": bias is not None}
        sizes = self.sizes(out, x.batch)
        last = x.rank - 1
        if last == x.batch and self.samples > 1:
            raise UnsupportedError("a product along the batch")
        if prod(x.own) == x.sizes[last]:
            made = self.layer("dense", options, (x.source,), sizes, [last], x.batch, learned)
            return replace(made, outer=x.outer)
        order = [axis for axis in self.whole_order(x) if axis != last]
        source = self.arranged(x, [*order, last])
        options["each"] = "position"
        made = self.layer("dense", options, (source,), sizes, [*order, last], x.batch, learned)
        return replace(made, outer=x.outer)

    def product(self, a: Operand, b: Operand, out: Shape) -> Operand:
        """A product of matrices, the second of which may be the weights of a layer."""
        if isinstance(b, Array) and len(b.shape) == 2 and b.role == "learned" and isinstance(a, Tensor):
            return self.linear(a, b.transposed([1, 0]), None, out)
        return self.matmul(a, b, out)

    def embedding(self, weight: Any, indices: Operand, out: Shape) -> Tensor:
        """The rows of a table at computed indices."""
        table, x = array(weight, "a table"), self.tensor(indices)
        options = {"vocabulary": table.shape[0], "size": table.shape[1]}
        order = [*(axis for axis in x.order if axis != x.batch), x.rank]
        return self.layer(
            "embedding", options, (x.source,), self.sizes(out, x.batch), order, x.batch, {"weight": table}
        )

    def matmul(self, a: Operand, b: Operand, out: Shape) -> Tensor:
        """A product of matrices as torch.matmul has it; vectors are rows or columns."""
        x, y = self.tensor(a), self.tensor(b)
        if x.rank < 2 or y.rank < 2:
            if x.rank < 2:
                x = x.relabelled((1, *x.sizes), (None, *x.axes), None if x.batch is None else x.batch + 1)
            if y.rank < 2:
                y = y.relabelled((*y.sizes, 1), (*y.axes, None), y.batch)
        rank = max(x.rank, y.rank)
        ahead = [rank - x.rank, rank - y.rank]
        batch = next((t.batch + n for t, n in zip((x, y), ahead, strict=True) if t.batch is not None), None)
        along = x.batch == x.rank - 1 or y.batch == y.rank - 2
        both = x.batch is not None and y.batch is not None and batch is not None and batch >= rank - 2
        if (along or both) and self.samples > 1:
            raise UnsupportedError("a product along the batch")
        lead = [axis for axis in range(rank - 2) if self._wide(x, y, axis, rank)]
        sources, flags = [], {}
        for name, t, n in zip("ab", (x, y), ahead, strict=True):
            want: list[int | None] = [axis - n if axis >= n else None for axis in lead]
            pair = [t.rank - 2, t.rank - 1]
            places = [t.axes[axis] for axis in pair]
            if None not in places and places[0] > places[1]:  # type: ignore[operator]
                pair.reverse()
                flags[f"transpose_{name}"] = True
            sources.append(self.arranged(t, [*want, *pair], stretch=True))
        sizes = list(self.sizes(out, batch)) if len(out) == rank else None
        if sizes is None:
            sizes = [max(self._size(x, axis, rank), self._size(y, axis, rank)) for axis in range(rank - 2)]
            sizes += [x.sizes[-2], y.sizes[-1]]
        made = self.layer("matmul", flags, sources, tuple(sizes), [*lead, rank - 2, rank - 1], batch)
        return made if len(out) == rank else self._narrowed(made, out)

    def _narrowed(self, x: Tensor, out: Shape) -> Tensor:
        """Without the row or column that a vector was taken for."""
        keep = [axis for axis in range(x.rank) if x.sizes[axis] != 1 or axis == x.batch]
        if len(keep) != len(out):
            raise UnsupportedError("a product of a vector and a matrix of one row or column")
        batch = None if x.batch is None else keep.index(x.batch)
        return x.relabelled((x.sizes[a] for a in keep), (x.axes[a] for a in keep), batch)

    def _size(self, x: Tensor, axis: int, rank: int) -> int:
        own = axis - (rank - x.rank)
        return x.sizes[own] if own >= 0 else 1

    def _wide(self, x: Tensor, y: Tensor, axis: int, rank: int) -> bool:
        return self._size(x, axis, rank) > 1 or self._size(y, axis, rank) > 1

    def attention(
        self, q: Operand, k: Operand, v: Operand, mask: Operand | None, out: Shape, options: Mapping[str, Any]
    ) -> Tensor:
        """Scaled dot-product attention of (..., T, d)."""
        values = [self.tensor(x) for x in (q, k, v)]
        first = values[0]
        if any(x.rank != first.rank for x in values):
            raise UnsupportedError("attention of values of different ranks")
        lead = [axis for axis in range(first.rank - 2) if axis != first.batch or first.sizes[axis] > 1]
        order = [*lead, first.rank - 2, first.rank - 1]
        sources = [self.arranged(x, order) for x in values]
        if mask is not None:
            own = self.tensor(mask)
            n = first.rank - own.rank
            sources.append(self.arranged(own, [a - n if a >= n else None for a in order], stretch=True))
        return self.layer("attention", options, sources, self.sizes(out, first.batch), order, first.batch)

    def einsum(self, equation: str, operands: Sequence[Operand], out: Shape) -> Operand:
        """A sum over products of two values, as a product of matrices."""
        left, arrow, right = equation.replace(" ", "").partition("->")
        names = left.split(",")
        if (
            len(operands) != 2
            or not arrow
            or "." in equation
            or any(len(set(n)) != len(n) for n in (*names, right))
        ):
            raise UnsupportedError(f"a sum {equation}")
        a, b = (self.tensor(x) for x in operands)
        sizes = {
            letter: self.shape(x)[n]
            for x, own in zip((a, b), names, strict=True)
            for n, letter in enumerate(own)
        }
        lead = [c for c in right if c in names[0] and c in names[1]]
        rows = [c for c in right if c in names[0] and c not in names[1]]
        columns = [c for c in right if c in names[1] and c not in names[0]]
        summed = [c for c in names[0] if c in names[1] and c not in right]
        if any(c not in right and c not in summed for c in sizes) or not summed:
            raise UnsupportedError(f"a sum {equation}")

        def matrix(x: Tensor, own: str, first: Sequence[str], second: Sequence[str]) -> Operand:
            order = [own.index(c) for c in (*lead, *first, *second)]
            shape = [*(sizes[c] for c in lead), prod(sizes[c] for c in first), prod(sizes[c] for c in second)]
            return self.view(self.transpose(x, order), shape)

        shape = (*(sizes[c] for c in lead), prod(sizes[c] for c in rows), prod(sizes[c] for c in columns))
        y = self.matmul(matrix(a, names[0], rows, summed), matrix(b, names[1], summed, columns), shape)
        made = [*lead, *rows, *columns]
        spread = self.view(y, [sizes[c] for c in made])
        return self.transpose(spread, [made.index(c) for c in right])
