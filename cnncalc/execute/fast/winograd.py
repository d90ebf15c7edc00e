"""Convolution with stride 1 by Winograd's minimal filtering (Lavin and Gray, 2016): fewer products.

A tile of 6 x 6 inputs gives m x m outputs of an r x r kernel, m + r = 7, by 36 products instead of
m * m * r * r: a quarter for r = 3. With d the tile and g the kernel, the outputs are
A' [(G g G') * (B' d B)] A, where * is value by value; at each of the 36 places, all tiles and all channels
are one matrix product.
"""

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache, partial

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import as_strided

from cnncalc.execute.fast.arrays import Array, Border, Pair, Scratch, Step, bands, merged
from cnncalc.execute.fast.finish import Finish

TILE = 6
# Four points beside 0 and infinity; these keep the rounding about three times smaller than the usual 1 and 2.
POINTS = tuple(Fraction(*point) for point in ((0, 1), (5, 8), (-5, 8), (3, 2), (-3, 2)))
SIZES = (3, 5)  # a kernel of 2 gains nothing worth having, and of 4 is rare


@lru_cache
def matrices(size: int) -> tuple[npt.NDArray[np.float64], ...]:
    """A' (m, 6), G (6, r), B' (6, 6) for a kernel of size r, by the construction of Toom and Cook.

    A polynomial of degree 5 is known from its values at five points and its leading coefficient: G evaluates
    the kernel there, and A' and B' are evaluation and interpolation transposed. In fractions, rounded last.
    """
    outputs = TILE + 1 - size
    evaluate, kernel, interpolate = [], [], []
    for point in POINTS:
        others = [other for other in POINTS if other != point]
        scale = Fraction(1)
        for other in others:
            scale *= point - other
        evaluate.append([point**power for power in range(outputs)])
        kernel.append([point**power / scale for power in range(size)])
        interpolate.append([*_with_roots(others), Fraction(0)])
    evaluate.append([Fraction(power == outputs - 1) for power in range(outputs)])
    kernel.append([Fraction(power == size - 1) for power in range(size)])
    interpolate.append(_with_roots(POINTS))
    a, g, b = (np.array(rows, np.float64) for rows in (evaluate, kernel, interpolate))
    return a.T, g, b


def _with_roots(roots: tuple[Fraction, ...] | list[Fraction]) -> list[Fraction]:
    """The coefficients, lowest first, of the polynomial with these roots and leading coefficient 1."""
    coefficients = [Fraction(1)]
    for root in roots:
        raised = [Fraction(0), *coefficients]
        lowered = [root * coefficient for coefficient in coefficients] + [Fraction(0)]
        coefficients = [high - low for high, low in zip(raised, lowered, strict=True)]
    return coefficients


class Winograd:
    """A 3 x 3 or 5 x 5 convolution, stride 1, no dilation, one group."""

    def __init__(self, weight: Array, before: Pair, finish: Finish) -> None:
        """weight is (K, C, r, r)."""
        outputs, inputs, size, _ = weight.shape
        self.before = before
        self.finish = finish
        self.step = TILE + 1 - size
        to_output, to_kernel, to_tile = matrices(size)
        self.to_output, self.to_tile = to_output.astype(weight.dtype), to_tile.astype(weight.dtype)
        taps = weight.transpose(2, 3, 1, 0).reshape(size * size, inputs * outputs)
        # (36, C, K): G g G' as one product, with the Kronecker product of G with itself
        self.weight = np.matmul(np.kron(to_kernel, to_kernel).astype(weight.dtype), taps).reshape(
            -1, inputs, outputs
        )

    def tiles(self, out_size: Pair) -> Pair:
        """Number of tiles that cover an output, along each axis."""
        return -(-out_size[0] // self.step), -(-out_size[1] // self.step)

    def border(self, size: Pair, out_size: Pair) -> Border:
        """The padding, and the positions beyond it that the last tiles reach."""
        need = [count * self.step + TILE - self.step for count in self.tiles(out_size)]
        top, left = self.before
        return Border(top, max(0, need[0] - top - size[0]), left, max(0, need[1] - left - size[1]))

    def bind(self, xs: Sequence[Array], out: Array, scratch: Scratch) -> list[Step]:
        """x (N, H + border, W + border, C) -> out (N, H', W', K)."""
        (x,) = xs
        images, rows, columns, outputs = out.shape
        down, across = self.tiles((rows, columns))
        row_size = TILE**2 * across * max(x.shape[3], outputs)
        steps: list[Step] = []
        for of_images, of_tiles in bands(images, down, row_size, self.weight.size):
            scratch.restart()
            top, bottom = of_tiles.start * self.step, of_tiles.stop * self.step
            source = x[of_images, top : bottom + TILE - self.step, : across * self.step + TILE - self.step]
            target = out[of_images, top : min(bottom, rows)]
            tiles = self._transformed(source, across, scratch, steps)
            products = scratch.take(TILE * TILE, tiles.shape[1], outputs)
            steps.append(partial(np.matmul, tiles, self.weight, out=products))
            self._outputs(products, target, across, scratch, steps)
        return steps

    def _transformed(self, source: Array, across: int, scratch: Scratch, steps: list[Step]) -> Array:
        """B' d B of the tiles of source (n, rows, columns, C): (36, n * tiles, C)."""
        n, height, width, inputs = source.shape
        down = (height - TILE) // self.step + 1
        rows = merged(source)
        if rows is None:
            copy = scratch.take(*source.shape)
            steps.append(partial(np.copyto, copy, source))
            rows = copy.reshape(n, height, width * inputs)
        image, row, value = rows.strides
        # overlapping views, so that no tile is ever copied
        over_rows = as_strided(rows, (n, down, TILE, width * inputs), (image, self.step * row, row, value))
        half = scratch.take(n, down, TILE, width * inputs)
        steps.append(partial(np.matmul, self.to_tile, over_rows, out=half))
        image, tile, row, value = half.strides
        column = inputs * value
        over_columns = as_strided(
            half, (n, down, TILE, across, TILE, inputs), (image, tile, row, self.step * column, column, value)
        )
        tiles = scratch.take(TILE, TILE, n, down, across, inputs)
        steps.append(partial(np.matmul, self.to_tile, over_columns, out=tiles.transpose(2, 3, 0, 4, 1, 5)))
        return tiles.reshape(TILE * TILE, -1, inputs)

    def _outputs(
        self, products: Array, target: Array, across: int, scratch: Scratch, steps: list[Step]
    ) -> None:
        """A' products A of (36, n * tiles, K), finished into target (n, rows, columns, K)."""
        n, rows, columns, outputs = target.shape
        step = self.step
        half = scratch.take(step, TILE, products.shape[1] * outputs)
        steps.append(
            partial(np.matmul, self.to_output, products.reshape(TILE, -1), out=half.reshape(step, -1))
        )
        whole = scratch.take(step, step, products.shape[1] * outputs)
        steps.append(partial(np.matmul, self.to_output, half, out=whole))
        down = -(-rows // step)
        placed = whole.reshape(step, step, n, down, across, outputs).transpose(2, 3, 0, 4, 1, 5)
        if rows % step == 0 and columns % step == 0:
            image, row, column, value = target.strides
            by_tile = as_strided(target, placed.shape, (image, step * row, row, step * column, column, value))
            steps += self.finish.steps(placed, by_tile)
            return
        covered = scratch.take(n, down, step, across, step, outputs)
        steps.append(partial(np.copyto, covered, placed))
        # the last tiles reach beyond the output
        product = covered.reshape(n, down * step, across * step, outputs)[:, :rows, :columns]
        steps += self.finish.steps(product, target)
