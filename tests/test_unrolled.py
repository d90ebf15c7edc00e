"""A convolution as a product of matrices and transposed, and gradients product by product, held to NumPy."""

from typing import Any

import numpy as np
import pytest

from cnncalc.errors import UsageError
from cnncalc.execute.convolve import convolve, convolve_transposed


def test_the_matrix_of_a_convolution_is_the_textbook_s() -> None:
    """Goodfellow et al. (2016), 9.1: a doubly block circulant matrix; a 2x2 kernel over 3x3, by hand."""
    work = convolve([[5, 1, 3], [1, 1, 2], [2, 1, 3]], [[4, 3], [1, 2]], matrix="convolution")
    assert work.matrix is not None
    assert work.matrix.tolist() == [
        [4, 3, 0, 1, 2, 0, 0, 0, 0],
        [0, 4, 3, 0, 1, 2, 0, 0, 0],
        [0, 0, 0, 4, 3, 0, 1, 2, 0],
        [0, 0, 0, 0, 4, 3, 0, 1, 2],
    ]


@pytest.mark.parametrize(("stride", "padding", "dilation"), [(1, 0, 1), (2, 1, 1), (1, 2, 2), (3, 0, 1)])
def test_products_of_matrices_are_the_convolution(stride: int, padding: int, dilation: int) -> None:
    rng = np.random.default_rng(0)
    x, kernel = rng.integers(-5, 5, (7, 6, 2)).astype(float), rng.integers(-5, 5, (3, 3, 2)).astype(float)
    options: Any = {"stride": stride, "padding": padding, "dilation": dilation}
    full = convolve(x, kernel, **options, matrix="convolution")
    assert full.matrix is not None
    flat = np.moveaxis(x, -1, 0).ravel()
    assert (full.matrix @ flat).tolist() == np.moveaxis(full.output, -1, 0).ravel().tolist()
    columns = convolve(x, kernel, **options, matrix="windows")
    assert columns.matrix is not None
    assert (columns.matrix @ np.moveaxis(kernel, -1, 0).ravel()).tolist() == full.output.ravel().tolist()


def test_a_transposed_convolution_as_its_book_has_it() -> None:
    """Zhang et al., Dive into Deep Learning, 14.10: [[0, 1], [2, 3]] with itself, stride 1 and stride 2."""
    x = [[0, 1], [2, 3]]
    assert convolve_transposed(x, x).output[..., 0].tolist() == [[0, 0, 1], [0, 4, 6], [4, 12, 9]]
    assert convolve_transposed(x, x, stride=2).output[..., 0].tolist() == [
        [0, 0, 0, 1], [0, 0, 2, 3], [0, 2, 0, 3], [4, 6, 6, 9],
    ]  # fmt: skip


def test_the_transposed_convolution_is_the_transposed_matrix() -> None:
    kernel = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    forwards = convolve(np.arange(16.0).reshape(4, 4), kernel, matrix="convolution").matrix
    back = convolve_transposed([[1, 2], [3, 4]], kernel, matrix=True).matrix
    assert forwards is not None
    assert back is not None
    assert (forwards.shape, back.shape) == ((4, 16), (16, 4))
    assert back.tolist() == forwards.T.tolist()


def test_stamps_add_up_to_the_output() -> None:
    work = convolve_transposed([[1, 2], [3, 4]], [[1, 2, 0], [3, 4, 1], [0, 1, 1]], stride=2)
    added = np.zeros_like(work.output[..., 0])
    for stamp in work.stamps:
        row, column = stamp.corner
        added[row : row + 3, column : column + 3] += stamp.stamp
    assert added.tolist() == work.output[..., 0].tolist()


def test_several_kernels_of_a_transposed_convolution_make_a_map_each() -> None:
    """Each map is that of its kernel alone; the stamps of a map add up to the map."""
    x, kernels = [[1, 2], [3, 4]], ([[1, 0], [0, 1]], [[2, 0], [1, 3]])
    work = convolve_transposed(x, *kernels, stride=2, bias=1)
    assert work.output.shape == (4, 4, 2)
    for number, kernel in enumerate(kernels):
        alone = convolve_transposed(x, kernel, stride=2, bias=1)
        assert work.output[..., number].tolist() == alone.output[..., 0].tolist()
        own = [each.stamp.tolist() for each in work.stamps if each.filter == number]
        assert own == [each.stamp.tolist() for each in alone.stamps]
    with pytest.raises(UsageError, match="kernels of 2x2x1, 1x1x1 don't go with 1 maps"):
        convolve_transposed(x, kernels[0], [[1]])


@pytest.mark.parametrize("activation", [None, "relu", "tanh"])
@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 1)])
def test_the_products_of_gradients_add_up(activation: str | None, stride: int, padding: int) -> None:
    rng = np.random.default_rng(1)
    x, kernels = rng.normal(size=(5, 5, 2)), rng.normal(size=(2, 3, 3, 2))
    work = convolve(x, *kernels, stride=stride, padding=padding, activation=activation, gradient=1.0)
    for at, terms in work.gradient_terms["input"].items():
        assert sum(a * b for a, b in terms) == pytest.approx(work.gradients["input"][at])
    for (number, channel, *tap), terms in work.gradient_terms["weight"].items():
        found = work.gradients["weight"][(*tap, number * 2 + channel)]
        assert sum(a * b for a, b in terms) == pytest.approx(found)


def test_a_matrix_that_is_too_large_is_refused() -> None:
    with pytest.raises(UsageError, match="too large"):
        convolve(np.zeros((30, 30)), np.zeros((3, 3)), matrix="convolution")
