"""Which kernel runs a convolution."""

from cnncalc.execute.fast import winograd
from cnncalc.execute.fast.arrays import Array, Kernel, Pair, SlidingWindow
from cnncalc.execute.fast.depthwise import Depthwise
from cnncalc.execute.fast.finish import Finish
from cnncalc.execute.fast.im2col import Im2col
from cnncalc.execute.fast.winograd import Winograd

# As measured with OpenBLAS, in multiply-adds of a matrix product: the cost of Winograd's transforms for each
# value at each of a tile's 36 places; and to how many rows more it comes that the weights are read at all.
TILE_COST = 29
OUTPUT_COST = 21
LOST_ROWS = 12
ANEW = 3  # how many values of windows are copied, in the order of the weights, while one weight is moved


def convolution(
    weight: Array,
    window: SlidingWindow,
    out_size: Pair,
    finish: Finish,
    groups: int = 1,
    images: int = 1,
    *,
    once: bool = False,
) -> Kernel:
    """The fastest kernel for weight (K, C / groups, kernel rows, kernel columns) and this output.

    With `once`, the time to lay the weights out counts too.
    """
    outputs, inputs = weight.shape[:2]
    if groups > 1 and inputs == 1 and groups == outputs:
        return Depthwise(weight, window, finish)
    if (
        groups == 1
        and window.stride == window.dilation == (1, 1)
        and winograd_pays(weight, out_size, images, once=once)
    ):
        return Winograd(weight, window.before, finish)
    few = ANEW * images * out_size[0] * out_size[1] < outputs // groups
    return Im2col(weight, window, finish, groups, as_it_comes=once and (few or window.kernel == (1, 1)))


def winograd_pays(weight: Array, out_size: Pair, images: int = 1, *, once: bool = False) -> bool:
    """Whether the products saved are worth the transforms and the larger weights."""
    outputs, inputs, rows, columns = weight.shape
    if rows != columns or rows not in winograd.SIZES:
        return False
    step = winograd.TILE + 1 - rows
    tiles = images * -(-out_size[0] // step) * -(-out_size[1] // step)
    direct = images * out_size[0] * out_size[1] * rows * columns * inputs * outputs
    products = (tiles + LOST_ROWS) * inputs * outputs
    transforms = tiles * (TILE_COST * inputs + OUTPUT_COST * outputs)
    if once:
        transforms += TILE_COST * inputs * outputs
    return bool(winograd.TILE**2 * (products + transforms) < direct)
