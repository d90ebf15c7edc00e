"""Reshape: the same values in another shape."""

from cnncalc.errors import LayerError
from cnncalc.expr import exact_div, product
from cnncalc.layers.support.base import LAYOUTS, Example, Layer, Shape, from_layout, in_layout, layer
from cnncalc.layers.support.code import FIRST, LAST, Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import choice, open_shape, option


@layer
class Reshape(Layer):
    """The values keep their order, as the layout writes them: H, W, C, or under `chw` C, H, W."""

    family = "Values laid out anew"
    short_option = "shape"
    compact = ("shape", "")
    in_place = True
    reshapes = True
    one_operation = True
    has_positions = False
    examples = (
        Example(
            "reshape4x4x1024",
            "16384",
            "4x4x1024",
            {"params": 0, "connections": 0, "macs": 0},
            "Radford, Metz, Chintala (2015), DCGAN's generator",
        ),
        Example({"reshape": [-1, 768]}, "14x14x768", "196x768", {}, "a row for each patch: 14*14 of them"),
        Example(
            {"reshape": "200x3200"}, "200x25x128", "200x3200", {"params": 0}, "DFCNN: a vector at each step"
        ),
    )

    shape: Shape = option(
        open_shape, help="the shape that comes out, written in the layout; -1 stands for the rest"
    )
    layout: str = option(choice(*LAYOUTS), "hwc", help="how the shape is written; the network's unless said")

    def output(self, x: Shape) -> Shape:
        return from_layout(self._written(x), self.layout)

    def _written(self, x: Shape) -> Shape:
        """The shape as the layout writes it, with the size that is left in place of -1."""
        values, rest = product(x), product(size for size in self.shape if size != -1)
        if -1 in self.shape and values % rest == 0:
            return tuple(exact_div(values, rest) if size == -1 else size for size in self.shape)
        if values != rest or -1 in self.shape:
            written = "x".join(map(str, self.shape))
            holds = f"is whole rows of {int(rest)}" if -1 in self.shape else f"holds {int(rest)}"
            raise LayerError(
                "bad_reshape",
                f"{written} {holds} values, and the input has {int(values)}",
                _fitting(self.shape, int(values)),
                "shape",
            )
        return self.shape

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        y = tool.permute(x, *in_layout(tuple(range(len(x.shape))), self.layout))
        y = tool.reshape(y, *self._written(x.shape))
        return tool.permute(y, *from_layout(tuple(range(len(self.shape))), self.layout))

    def torch_code(self, x: Source) -> Part | None:
        sizes = tuple(map(int, self._written(x.shape)))
        last = self.layout == "hwc"
        return Part((pytorch.reshaped(x, sizes),), reads=LAST if last else FIRST, last=last)

    def keras_code(self, x: Source) -> Part | None:
        sizes = tuple(map(int, self._written(x.shape)))
        turned = self.layout == "chw" and (x.rank > 0 or len(sizes) > 1)
        return None if turned else Part((keras.keras_layer("Reshape", ("target_shape", sizes)),), last=True)


def _fitting(shape: Shape, values: int) -> str:
    """The nearest shape that would hold so many values: its last dimension mended."""
    if -1 in shape:
        return ""
    rest = product(shape[:-1])
    return f"{'x'.join(map(str, (*shape[:-1], values // rest)))} would" if values % rest == 0 else ""
