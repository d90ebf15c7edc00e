"""Normalisation, softmax, and reductions over axes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import Any

from cnncalc.interop.builder import Operand
from cnncalc.interop.operations.layouts import LayoutOperations
from cnncalc.interop.operations.options import array
from cnncalc.interop.outline import OutlineLayer
from cnncalc.interop.tensors import Array, Tensor, UnsupportedError, axis_of
from cnncalc.layers.support.base import Shape


class NormalisationOperations(LayoutOperations):
    """Normalisation, softmax, and reductions over axes."""

    def softmax(self, kind: str, x: Operand, axis: int) -> Tensor:
        x = self.tensor(x)
        place = self.axis(x, axis_of(axis, x.rank))
        return self.same(kind, x, {"over": place})

    def batch_norm(self, x: Operand, arrays: Mapping[str, Any], epsilon: float, *, running: bool) -> Tensor:
        """`arrays` are weight, bias, running_mean and running_var, None where there is none."""
        x = self.tensor(x)
        if x.rank < 2:
            raise UnsupportedError("batch normalisation without channels")
        order = [axis for axis in self.whole_order(x) if axis != 1]
        source = self.arranged(x, [*order, 1]) if x.axes[1] != len(x.own) - 1 else x.source
        y = (
            x
            if source is x.source
            else Tensor(
                source,
                (*(x.sizes[a] for a in order), x.sizes[1]),
                x.sizes,
                tuple([*order, 1].index(a) if a in (*order, 1) else None for a in range(x.rank)),
                x.batch,
            )
        )
        given = {name: array(value, f"a {name}") for name, value in arrays.items() if value is not None}
        if running and self.shares_in_part("batch_norm", list(given.values())):
            return self._spelled_out(y, given, epsilon)
        options: dict[str, Any] = {"epsilon": epsilon}
        if "weight" not in given and "bias" not in given:
            options["affine"] = False
        elif "weight" not in given or "bias" not in given:
            options |= {"scale": "weight" in given, "shift": "bias" in given}
        if not running:
            options["statistics"] = "batch"
        return self.same("batch_norm", y, options, given)

    def _spelled_out(self, x: Tensor, arrays: Mapping[str, Array], epsilon: float) -> Tensor:
        """A batch normalisation value by value, whose arrays other layers have in part and count."""
        variance = arrays["running_var"]

        def spread() -> Any:
            import numpy as np

            return np.sqrt(variance.read() + epsilon)

        # the parameter of a variance that is counted elsewhere is another array than the variance
        role = "constant" if self.shares_in_part("parameter", [variance]) else variance.role
        steps = {
            "subtract": arrays["running_mean"],
            "divide": replace(variance, read=spread, role=role),
            "multiply": arrays.get("weight"),
            "add": arrays.get("bias"),
        }
        beside = [1] * (x.rank - 2)
        for kind, each in steps.items():
            if each is not None:
                x = self.merged(kind, [x, each.reshaped((*each.shape, *beside))])
        return x

    def layer_norm(self, kind: str, x: Operand, last: int, weight: Any, bias: Any, epsilon: float) -> Tensor:
        """Normalised over the last axes together."""
        x = self.tensor(x)
        axes = list(range(x.rank - last, x.rank))
        if x.batch in axes and self.samples > 1:
            raise UnsupportedError("normalisation over the batch")
        options: dict[str, Any] = {"epsilon": epsilon}
        given = {n: array(v, f"a {n}") for n, v in (("weight", weight), ("bias", bias)) if v is not None}
        if not given:
            options["affine"] = False
        elif "bias" not in given and kind == "layer_norm":
            options["shift"] = False
        elif "weight" not in given:
            options["scale"] = False
        if last == 1:
            order = [axis for axis in self.whole_order(x) if axis != axes[0]]
            y = self.rearranged(x, [*order, axes[0]])
            return self.same(kind, y, options, given)
        order = [axis for axis in self.whole_order(x) if axis not in axes]
        y = self.rearranged(x, [*order, *axes])
        options["over"] = list(range(-last, 0)) if order else "all"
        if not order:
            # the kind has its factors and shifts with the channels first
            given = {n: a.transposed([last - 1, *range(last - 1)]) for n, a in given.items()}
        return self.same(kind, y, options, given)

    def by_channel(self, kind: str, x: Operand, weight: Any, bias: Any, options: Mapping[str, Any]) -> Tensor:
        """A normalisation whose factor and shift are of each channel, the source's axis 1."""
        x = self.tensor(x)
        y = self.rearranged(x, [*(axis for axis in self.whole_order(x) if axis != 1), 1])
        given = {n: array(v, f"a {n}") for n, v in (("weight", weight), ("bias", bias)) if v is not None}
        if not any(each.role == "constant" for each in given.values()):
            return self.same(kind, y, {**options, "affine": bool(given)}, given)
        # a factor and a shift that the exporter made up are none that are learned
        y = self.same(kind, y, {**options, "affine": False})
        beside = [1] * (x.rank - 2)
        for name, each, nothing in (("multiply", given.get("weight"), 1), ("add", given.get("bias"), 0)):
            if each is not None and set(each.read().reshape(-1).tolist()) != {nothing}:
                y = self.merged(name, [y, each.reshaped((*each.shape, *beside))])
        return y

    def normed(self, v: Array, g: Array, axis: int) -> Array:
        """Weight normalisation, Salimans and Kingma (2016): g*v/|v|, the length over all axes but one.

        The array counts as `v`; `g` is an array that no layer has.
        """

        def read() -> Any:
            import numpy as np

            direction = v.read()
            others = tuple(a for a in range(direction.ndim) if a != axis % direction.ndim)
            return g.read() * direction / np.sqrt(np.square(direction).sum(others, keepdims=True))

        return replace(v, read=read)

    def standardised(self, v: Array, factor: Operand | None, epsilon: float) -> Array:
        """A layer's weights (1, units, ...), each unit's with mean 0 and variance 1, times a factor each.

        Source: Qiao et al., "Weight Standardization" (2019). Counts as `v`; the factors are in no layer.
        """
        factors = None if factor is None else self.vector(factor)

        def read() -> Any:
            import numpy as np

            values = v.read()
            rest = tuple(axis for axis in range(values.ndim) if axis != 1)
            centred = values - values.mean(rest, keepdims=True)
            y = centred / np.sqrt(np.square(centred).mean(rest, keepdims=True) + epsilon)
            return y if factors is None else y * factors().reshape(-1, *(1,) * (values.ndim - 2))

        return replace(v, read=read)

    def vector(self, x: Operand) -> Callable[[], Any]:
        """A reader of an array's values in one line, also where a number multiplies them."""
        if isinstance(x, Array):
            return lambda: x.read().reshape(-1)
        scale, source = 1.0, x.source
        while isinstance(source, OutlineLayer) and source.kind in ("rescale", "reshape", "flatten"):
            if "offset" in source.options:
                break
            scale, source = scale * source.options.get("scale", 1.0), source.sources[0]
        if not isinstance(source, OutlineLayer) or "value" not in source.weights or max(x.own) != prod(x.own):
            raise UnsupportedError("weights that the network computes")
        stored = source.weights["value"]
        return lambda: scale * stored.read().reshape(-1)

    def reduce(
        self,
        x: Operand,
        by: str,
        axes: Sequence[int] | None,
        out: Shape,
        *,
        keep: bool,
        more: Mapping[str, Any] | None = None,
    ) -> Tensor:
        """A mean, a sum, ... over some axes, or over all."""
        x = self.tensor(x)
        every = [axis_of(axis, x.rank) for axis in axes] if axes else list(range(x.rank))
        if x.batch in every and self.samples > 1:
            raise UnsupportedError("a reduction over the batch")
        places = [place for axis in every if (place := x.axes[axis]) is not None]
        left = [axis for axis in range(x.rank) if keep or axis not in every]
        batch = left.index(x.batch) if x.batch in left and x.batch is not None else None
        sizes = tuple(1 if axis in every else x.sizes[axis] for axis in left)
        if not places and by in ("mean", "sum", "max", "min", "product"):
            return x.relabelled(sizes, (x.axes[axis] for axis in left), batch)
        rank = len(x.own)
        positions = sorted(places) == list(range(rank - 1))
        if positions and by in ("mean", "max") and rank > 1:
            kind = {"mean": "global_avg_pool", "max": "global_max_pool"}[by]
            options: dict[str, Any] = {"keep_dims": keep}
        else:
            over: Any = "positions" if positions else "channels" if places == [rank - 1] else sorted(places)
            if len(places) == rank:
                over = "all"
            elif isinstance(over, list) and len(over) == 1:
                over = over[0]
            kind, options = "reduce", {"by": by, "over": over, "keep_dims": keep, **(more or {})}
        kept = [place for place in range(rank) if keep or place not in places]
        own = tuple(1 if place in places else x.own[place] for place in kept) or (1,)
        item = self._item(kind, options, (x.source,), own)
        moved = {place: at for at, place in enumerate(kept)}
        new = (None if x.axes[axis] is None else moved.get(x.axes[axis]) for axis in left)  # type: ignore[arg-type]
        return Tensor(item, own, sizes, tuple(new), batch)
