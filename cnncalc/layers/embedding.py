"""Embedding: for each token, the vector of its word."""

from collections.abc import Mapping
from typing import Any

from cnncalc.errors import LayerError
from cnncalc.layers.support.base import Example, Layer, Shape, Weight, layer
from cnncalc.layers.support.code import Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import count, option
from cnncalc.layers.support.reach import ITSELF, Reach


@layer
class Embedding(Layer):
    """A vector of n tokens becomes n positions of `size` values, looked up: nothing is computed."""

    examples = (
        Example(
            {"embedding": {"vocabulary": 30522, "size": 768}},
            "512",
            "512x768",
            {"params": 23440896, "connections": 0, "macs": 0},
            "Devlin et al. (2018), BERT base, the words",
        ),
        Example(
            {"embedding": {"vocabulary": 10, "size": 3}},
            "4",
            "4x3",
            {"params": 30},
            "the documentation of PyTorch's Embedding",
        ),
    )

    vocabulary: int = option(count, symbol="V", help="how many different tokens there are")
    size: int = option(count, symbol="K", help="how many values stand for a token")

    def output(self, x: Shape) -> Shape:
        if len(x) > 1:
            written = "x".join(str(int(n)) for n in x)
            raise LayerError(
                "not_a_vector",
                f"embedding reads a vector of tokens, and its input is {written}",
                f"such as input: {int(x[0])}",
            )
        return (*x, self.size)

    def weights(self, x: Shape) -> dict[str, Weight]:
        return {"weight": Weight((self.vocabulary, self.size))}

    def reach(self, x: Shape) -> tuple[Reach, ...]:
        # the tokens are the positions
        return (ITSELF,)

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return tool.lookup(weights["weight"], x)

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        return torch.nn.functional.embedding(x, weights["weight"]).movedim(-1, 1)

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        return onnx.Transpose(onnx.Gather(weights["weight"], x), perm=[0, 2, 1])

    def torch_code(self, x: Source) -> Part | None:
        made = pytorch.module(
            "Embedding",
            ("num_embeddings", int(self.vocabulary)),
            ("embedding_dim", int(self.size)),
        )
        return Part((made,), last=True)

    def keras_code(self, x: Source) -> Part | None:
        made = keras.keras_layer(
            "Embedding", ("input_dim", int(self.vocabulary)), ("output_dim", int(self.size))
        )
        return Part((made,), last=True)
