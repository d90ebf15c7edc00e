"""Keras models of every class that is read: saved by Keras, read without it, and held to it.

Keras runs on PyTorch here. Counted are all parameters of a model.
"""

import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnncalc

os.environ["KERAS_BACKEND"] = "torch"
keras: Any = pytest.importorskip("keras")
pytest.importorskip("torch")

pytestmark = pytest.mark.slow

layers, ops = keras.layers, keras.ops
Shapes = Any
Chain = tuple[Shapes, list[Callable[[Any], Any]]]


def convolutions() -> dict[str, Chain]:
    found: dict[str, Chain] = {
        "valid": ((11, 13, 3), [layers.Conv2D(4, (3, 5), (2, 1), activation="leaky_relu")]),
        "same": ((11, 13, 4), [layers.Conv2D(6, 4, 3, "same", groups=2, activation="hard_sigmoid")]),
        "causal": ((20, 3), [layers.Conv1D(4, 3, padding="causal", dilation_rate=3, activation="mish")]),
        "3d": ((7, 8, 9, 2), [layers.Conv3D(3, 3, 2, "same", activation="exponential")]),
        "depthwise_1d": ((20, 3), [layers.DepthwiseConv1D(3, depth_multiplier=2, padding="same")]),
        "depthwise": ((9, 9, 3), [layers.DepthwiseConv2D(3, 2, depth_multiplier=3, activation="gelu")]),
        "depthwise_dilated": ((9, 9, 3), [layers.DepthwiseConv2D(3, dilation_rate=2, padding="same")]),
        "separable_1d": ((15, 3), [layers.SeparableConv1D(5, 3, 2, "same", depth_multiplier=2)]),
        "separable": ((15, 14, 3), [layers.SeparableConv2D(5, 3, use_bias=False, activation="relu6")]),
        "transposed_out": ((5, 6, 3), [layers.Conv2DTranspose(4, 3, 2, "same", output_padding=1)]),
        "transposed_out_far": ((5, 6, 3), [layers.Conv2DTranspose(4, 5, 3, "same", output_padding=2)]),
        "transposed_out_valid": ((5, 6, 3), [layers.Conv2DTranspose(4, 3, 2, output_padding=1)]),
        "transposed_dilated": ((5, 6, 3), [layers.Conv2DTranspose(4, 3, padding="same", dilation_rate=2)]),
        "transposed_1d": ((9, 3), [layers.Conv1DTranspose(4, 4, 2, "same")]),
        "transposed_3d": ((4, 5, 3, 2), [layers.Conv3DTranspose(4, 3, 2, "same")]),
        "dense_each": ((5, 6), [layers.Dense(7, activation="softmax")]),
        "einsum": ((6, 8), [layers.EinsumDense("abc,cd->abd", output_shape=(None, 5), bias_axes="d")]),
        "einsum_heads": (
            (6, 8),
            [
                layers.EinsumDense("abc,cde->abde", output_shape=(None, 2, 5), bias_axes="de"),
                layers.EinsumDense("abde,def->abf", output_shape=(None, 7), activation="relu"),
            ],
        ),
    }
    for padding in ("same", "valid"):
        for kernel, stride in ((2, 2), (3, 2), (4, 3), (2, 4), (5, 1), (1, 3)):
            chain = [layers.Conv2DTranspose(4, kernel, stride, padding)]
            found[f"transposed_{padding}_{kernel}_{stride}"] = ((5, 6, 3), chain)
    return found


def frames() -> Any:
    """A residual network of one frame, to be applied to each."""
    given = keras.Input((8, 9, 2))
    stem = keras.Sequential([layers.Conv2D(3, 3, padding="same"), layers.BatchNormalization()])
    x = stem(given)
    x = layers.Add()([x, layers.Conv2D(3, 3, padding="same", activation="relu")(x)])
    x = layers.Concatenate()([layers.MaxPooling2D()(x), layers.AveragePooling2D(2)(x)])
    return keras.Model(given, layers.Dense(5)(layers.Flatten()(x)))


def pooling_and_layout() -> dict[str, Chain]:
    return {
        "pools": (
            (11, 12, 3),
            [layers.MaxPooling2D(3, 2, "same"), layers.AveragePooling2D((2, 3), 1, "same")],
        ),
        "average_uneven": ((8, 8, 3), [layers.AveragePooling2D(3, 2, "same")]),
        "average_even": ((7, 3), [layers.AveragePooling1D(3, 1, "same")]),
        "pools_3d": ((6, 6, 6, 2), [layers.MaxPooling3D(2), layers.AveragePooling3D(2)]),
        "global_max": ((6, 7, 2), [layers.GlobalMaxPooling2D(keepdims=True)]),
        "global_average": ((6, 7, 3, 2), [layers.GlobalAveragePooling3D()]),
        "adaptive_average": ((7, 9, 3), [layers.AdaptiveAveragePooling2D((3, 4))]),
        "adaptive_max": ((7, 9, 3), [layers.AdaptiveMaxPooling2D(2)]),
        "pads": (
            (5, 6, 2),
            [
                layers.ZeroPadding2D(((1, 0), (2, 3))),
                layers.Cropping2D(((0, 1), (2, 0))),
                layers.UpSampling2D((2, 3)),
            ],
        ),
        "pads_1d": ((5, 2), [layers.ZeroPadding1D((0, 3)), layers.Cropping1D(1), layers.UpSampling1D(3)]),
        "pads_3d": (
            (5, 4, 3, 2),
            [layers.ZeroPadding3D(1), layers.Cropping3D(((1, 0), (0, 1), (1, 1))), layers.UpSampling3D(2)],
        ),
        "bilinear": ((5, 6, 2), [layers.UpSampling2D(2, interpolation="bilinear")]),
        "resizing": ((5, 6, 2), [layers.Resizing(8, 9)]),
        "center_crop": ((9, 8, 2), [layers.CenterCrop(4, 5)]),
        "reshapes": (
            (4, 6),
            [layers.Reshape((3, -1)), layers.Permute((2, 1)), layers.Flatten(), layers.RepeatVector(3)],
        ),
        "dropouts": (
            (9, 3),
            [
                layers.Dropout(0.3),
                layers.SpatialDropout1D(0.2),
                layers.GaussianNoise(0.1),
                layers.AlphaDropout(0.1),
            ],
        ),
        "at_each_step": (
            (3, 8, 9, 2),
            [
                layers.TimeDistributed(layers.Conv2D(3, (3, 2), 2, "same", activation="relu")),
                layers.TimeDistributed(layers.MaxPooling2D(2)),
                layers.TimeDistributed(layers.DepthwiseConv2D(2, padding="same")),
                layers.TimeDistributed(layers.BatchNormalization()),
                layers.TimeDistributed(layers.Flatten()),
                layers.LSTM(4),
            ],
        ),
        "model_at_each_step": (
            (3, 8, 9, 2),
            [layers.TimeDistributed(frames()), layers.LSTM(4), layers.Dense(2)],
        ),
        "global_at_each_step": ((3, 8, 9, 2), [layers.TimeDistributed(layers.GlobalAveragePooling2D())]),
    }


def normalisation_and_activations() -> dict[str, Chain]:
    found: dict[str, Chain] = {
        "batch": (
            (7, 9, 3),
            [layers.BatchNormalization(center=False), layers.BatchNormalization(scale=False)],
        ),
        "batch_plain": ((7,), [layers.BatchNormalization(scale=False, center=False, epsilon=0.01)]),
        "layer": ((7, 9, 3), [layers.LayerNormalization(), layers.LayerNormalization(scale=False)]),
        "layer_all": ((7, 9, 3), [layers.LayerNormalization(axis=(1, 2, 3))]),
        "group": ((6, 6, 8), [layers.GroupNormalization(4, center=False), layers.GroupNormalization(-1)]),
        "rms": ((6, 8), [layers.RMSNormalization()]),
        "unit": ((6, 8), [layers.UnitNormalization()]),
        "by_numbers": ((6, 6, 3), [layers.Normalization(mean=[1.0, 2.0, 3.0], variance=[1.0, 4.0, 9.0])]),
        "by_one_number": ((6, 6, 3), [layers.Normalization(axis=None, mean=3.0, variance=4.0)]),
        "rescaling": ((6, 6, 3), [layers.Rescaling([1.0, 2.0, 3.0], [0.1, 0.2, 0.3]), layers.Rescaling(0.5)]),
        "activations": (
            (6, 3),
            [
                layers.ReLU(max_value=3.0),
                layers.ReLU(negative_slope=0.2),
                layers.LeakyReLU(),
                layers.ELU(0.5),
                layers.Softmax(axis=1),
                layers.PReLU(shared_axes=[1]),
            ],
        ),
        "threshold": ((6, 3), [layers.ReLU(threshold=0.5)]),
        "slopes": (
            (4, 5, 3),
            [layers.PReLU(), layers.PReLU(shared_axes=[1, 2, 3]), layers.PReLU(shared_axes=[1])],
        ),
    }
    functions = (
        "relu elu selu silu sigmoid tanh softmax log_softmax softplus softsign exponential hard_sigmoid "
        "hard_silu mish hard_tanh log_sigmoid celu gelu leaky_relu"
    )
    for name in functions.split():
        found[f"function_{name}"] = ((5, 6), [layers.Activation(name), layers.Dense(4, activation=name)])
    return found


def sequences() -> dict[str, Chain]:
    def encoded(x: Any) -> Any:
        _, h, c = layers.LSTM(5, return_state=True)(x[0])
        return layers.LSTM(5, return_sequences=True)(x[1], initial_state=[h, c])

    def handed_on(x: Any) -> Any:
        y, h = layers.GRU(5, return_state=True, return_sequences=True)(x[0])
        after = layers.GRU(5, return_sequences=True)(x[1], initial_state=h)
        return layers.Concatenate(axis=1)([after, y])

    found: dict[str, Chain] = {
        "states": ([(6, 4), (7, 3)], [encoded]),
        "states_gru": ([(6, 4), (7, 3)], [handed_on]),
        "gru_before": ((6, 4), [layers.GRU(5, reset_after=False, return_sequences=True)]),
        "rnn_relu": ((6, 4), [layers.SimpleRNN(5, activation="relu")]),
        "dense_each_step": ((6, 4), [layers.TimeDistributed(layers.Dense(3, activation="relu"))]),
        "heads": ([(6, 8), (6, 8)], [lambda x: layers.MultiHeadAttention(2, 4)(x[0], x[1])]),
        "heads_itself": ((6, 8), [lambda x: layers.MultiHeadAttention(2, 3, value_dim=5)(x, x)]),
        "heads_three": (
            [(6, 8), (5, 7), (5, 9)],
            [lambda x: layers.MultiHeadAttention(3, 4, output_shape=6)(x[0], x[1], key=x[2])],
        ),
        "heads_causal": (
            (6, 8),
            [lambda x: layers.MultiHeadAttention(2, 4, use_bias=False)(x, x, use_causal_mask=True)],
        ),
        "attention": ([(6, 8), (5, 7), (5, 8)], [layers.Attention()]),
    }
    for cls in (layers.LSTM, layers.GRU, layers.SimpleRNN):
        name = cls.__name__
        both = layers.Bidirectional
        found |= {
            f"{name}_last": ((6, 4), [cls(5)]),
            f"{name}_sequence": ((6, 4), [cls(5, return_sequences=True, use_bias=False)]),
            f"{name}_backward": ((6, 4), [cls(5, go_backwards=True)]),
            f"{name}_turned": ((6, 4), [cls(5, go_backwards=True, return_sequences=True)]),
            f"{name}_both": ((6, 4), [both(cls(5, return_sequences=True)), both(cls(3), merge_mode="sum")]),
            f"{name}_merged": ((6, 4), [both(cls(5, return_sequences=True), merge_mode="mul")]),
            f"{name}_mean": ((6, 4), [both(cls(5), merge_mode="ave")]),
        }
    return found


def merges_and_operators() -> dict[str, Chain]:
    pair: Any = [(4, 5), (4, 5)]
    found: dict[str, Chain] = {
        name: (pair, [getattr(layers, name)()])
        for name in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate")
    }
    return found | {
        "stretched": ([(4, 4, 5), (5,)], [layers.Multiply()]),
        "concatenate_1": ([(4, 5), (3, 5)], [layers.Concatenate(axis=1)]),
        "dot": ([(5,), (5,)], [layers.Dot(1)]),
        "cosine": ([(5,), (5,)], [layers.Dot(-1, normalize=True)]),
        "dot_22": ([(4, 5), (6, 5)], [layers.Dot((2, 2))]),
        "dot_21": ([(4, 5), (5, 6)], [layers.Dot((2, 1))]),
        "dot_11": ([(4, 5), (4, 6)], [layers.Dot((1, 1))]),
        "numbers": ((4, 4, 3), [lambda x: ops.relu(x / 255.0 * 2.0 - 1.0) + (1.0 - x)]),
        "functions": (
            (4, 3),
            [
                lambda x: ops.concatenate(
                    [ops.sqrt(ops.abs(x) + 1.0), ops.exp(-x), 2.0 / (ops.abs(x) + 1.0), x**2], axis=-1
                )
            ],
        ),
        "means": ((4, 4, 3), [lambda x: ops.mean(x, axis=(1, 2)) + ops.max(x, axis=(1, 2))]),
        "kept": ((4, 4, 3), [lambda x: ops.max(x, axis=-1, keepdims=True) * x]),
        "moved": ((4, 6), [lambda x: ops.reshape(ops.transpose(x, (0, 2, 1)), (-1, 8, 3))]),
        "parts": ((4, 6), [lambda x: x[:, 1:3, ::2] + x[:, 0:1, :3]]),
        "matrices": ((4, 6), [lambda x: ops.matmul(x, ops.transpose(x, (0, 2, 1)))]),
        "heads": (
            [(6, 2, 5), (7, 2, 5), (7, 2, 3)],
            [lambda x: ops.einsum("bhqk,bkhd->bqhd", ops.einsum("bqhd,bkhd->bhqk", x[0], x[1]), x[2])],
        ),
        "vectors": ([(4, 3), (4, 3)], [lambda x: ops.einsum("bij,bij->bi", *x)]),
        "arrays": (
            (4, 4, 3),
            [
                lambda x: (x - np.array([0.1, 0.2, 0.3])) / np.array([2.0, 3.0, 4.0]),
                # NumPy's own sign would ask the tensor for its numbers
                lambda x: ops.subtract(
                    np.array([[[1.0, 2.0, 3.0]]]), x * ops.convert_to_tensor([1.0, 5.0, 6.0])
                ),
            ],
        ),
        "split": ((4, 6), [lambda x: ops.concatenate(ops.split(x, 3, axis=-1)[::-1], axis=-1)]),
        "more_axes": ((4, 6), [lambda x: ops.expand_dims(x, 1) * ops.expand_dims(x[:, 0], 1)[:, None]]),
        "bounds": ((4, 6), [lambda x: ops.clip(ops.maximum(x, 0.1), -1, 0.5) + ops.minimum(x, 0.3)]),
        "softmax": (
            (4, 6),
            [lambda x: ops.softmax(x, axis=1) + ops.gelu(x) + ops.silu(x) + ops.leaky_relu(x)],
        ),
        "stacked": ((4, 6), [lambda x: ops.squeeze(ops.sum(ops.stack([x, x * 2], 1), 1, keepdims=True), 1)]),
        "spread": ((4, 6), [lambda x: ops.normalize(x) + ops.var(x, axis=-1, keepdims=True)]),
        "last": ((4, 6), [lambda x: x[:, -1]]),
        "order": (
            (4, 6),
            [lambda x: ops.flip(x, axis=1) + ops.roll(x, 1, axis=1) + ops.tile(x[:, :1], (1, 4, 1))],
        ),
    }


CASES = {
    **convolutions(),
    **pooling_and_layout(),
    **normalisation_and_activations(),
    **sequences(),
    **merges_and_operators(),
}


def model_of(shapes: Any, chain: list[Callable[[Any], Any]]) -> Any:
    given = shapes if isinstance(shapes, list) else [shapes]
    inputs = [keras.Input(shape, name=f"in{number}") for number, shape in enumerate(given)]
    x: Any = inputs if isinstance(shapes, list) else inputs[0]
    for layer in chain:
        x = layer(x)
    return keras.Model(inputs, x)


def drawn(model: Any) -> list[Any]:
    """Weights for a model, and an input of two samples for each of its inputs."""
    draw = np.random.default_rng(0)
    for weight in model.weights:
        values = draw.normal(0, 0.5, weight.shape).astype("float32")
        weight.assign(np.abs(values) + 0.5 if "variance" in weight.path else values)
    return [draw.normal(0, 1, (2, *tensor.shape[1:])).astype("float32") for tensor in model.inputs]


def held(net: cnncalc.Network, model: Any, inputs: list[Any]) -> None:
    """A network that was read, held to the model in Keras: parameters, shapes of the outputs, values."""
    totals = net.analyze().totals
    assert totals.params + totals.buffers == model.count_params()
    assert totals.params == sum(math.prod(weight.shape) for weight in model.trainable_weights)
    wanted = model.predict(inputs if len(inputs) > 1 else inputs[0], verbose=0)
    (got,) = net.run(dict(zip((tensor.name for tensor in model.inputs), inputs, strict=True))).values()
    assert got.shape == wanted.shape
    assert np.abs(got - wanted).max() <= 1e-4 * max(np.abs(wanted).max(), 1e-6)


@pytest.mark.parametrize("case", CASES)
def test_files_have_the_numbers_and_values_of_keras(case: str, tmp_path: Path) -> None:
    model = model_of(*CASES[case])
    inputs = drawn(model)
    for name in ("net.keras", "net.h5"):
        model.save(tmp_path / name)
        held(cnncalc.load(tmp_path / name), model, inputs)


def test_a_model_in_python_is_a_network() -> None:
    tokens = keras.Input((9,), name="tokens")
    x = layers.Embedding(20, 6)(tokens)
    x = layers.Dense(3, activation="softmax")(layers.GlobalMaxPooling1D()(layers.Conv1D(8, 3)(x)))
    model = keras.Model(tokens, x)
    drawn(model)
    given = np.random.default_rng(1).integers(0, 20, (2, 9))
    net = cnncalc.load(model)
    (got,) = net.run({"tokens": given}).values()
    np.testing.assert_allclose(got, model.predict(given, verbose=0), atol=1e-5)
    assert net.verify().ok


def test_models_in_models_and_shared_ones(tmp_path: Path) -> None:
    image = keras.Input((8, 8, 3), name="image")
    stem = keras.Sequential([layers.Conv2D(4, 3, name="c"), layers.BatchNormalization(name="b")], name="stem")
    encoder = keras.Model(image, layers.GlobalAveragePooling2D()(stem(image)), name="encoder")
    a, b = keras.Input((8, 8, 3), name="a"), keras.Input((8, 8, 3), name="b")
    distance = layers.Dense(1, name="score")(layers.Subtract(name="gap")([encoder(a), encoder(b)]))
    model = keras.Model([a, b], distance, name="siamese")
    inputs = drawn(model)
    for name in ("net.keras", "net.h5"):
        model.save(tmp_path / name)
        net = cnncalc.load(tmp_path / name)
        held(net, model, inputs)
        names = [row.name for row in net.analyze().layers]
        assert names[:2] == ["encoder.stem.c", "encoder.stem.b"]
        assert "encoder_2.stem.c" in names


def test_frozen_layers_are_not_trained(tmp_path: Path) -> None:
    base = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(4, 3), layers.BatchNormalization()])
    base.trainable = False
    model = keras.Sequential([base, layers.Flatten(), layers.Dense(2)])
    inputs = drawn(model)
    model.save(tmp_path / "net.keras")
    totals = cnncalc.load(tmp_path / "net.keras").analyze().totals
    assert totals.trainable == sum(math.prod(weight.shape) for weight in model.trainable_weights)
    assert totals.params + totals.buffers == model.count_params()
    del inputs


def small_model() -> Any:
    return keras.Sequential([keras.Input((4,)), layers.Dense(3, name="d"), layers.Dense(2, name="e")])


def damaged(group: Any, how: str, elsewhere: Path) -> None:
    """Puts something else in the place of an array."""
    h5py = pytest.importorskip("h5py")
    name = next(iter(group))
    del group[name]
    if how == "a link to another file":
        group[name] = h5py.ExternalLink(str(elsewhere), "/secret")
    elif how == "a link that ends nowhere":
        group[name] = h5py.SoftLink("/nowhere")
    elif how == "values in another file":
        group.create_dataset(name, (4, 3), "f4", external=[(str(elsewhere), 0, 48)])
    elif how == "a view of another file":
        view = h5py.VirtualLayout((4, 3), "f4")
        view[:] = h5py.VirtualSource(str(elsewhere), "secret", (4, 3))
        group.create_virtual_dataset(name, view)
    elif how == "references":
        group.create_dataset(name, (4, 3), h5py.ref_dtype)
    elif how == "texts":
        group.create_dataset(name, (4, 3), h5py.string_dtype())
    elif how == "more than there is":
        group.create_dataset(name, (100_000, 100_000), "f4", chunks=(1000, 1000))
    elif how == "another shape":
        group[name] = np.zeros((3, 3), "f4")
    elif how == "a group":
        group.create_group(name)


DAMAGE = (
    "nothing", "a link to another file", "a link that ends nowhere", "values in another file",
    "a view of another file", "references", "texts", "more than there is", "another shape", "a group",
)  # fmt: skip


@pytest.mark.parametrize("how", DAMAGE)
def test_arrays_that_are_elsewhere_or_none_are_refused(how: str, tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "elsewhere.h5", "w") as file:
        file["secret"] = np.ones((4, 3), "f4")
    small_model().save(tmp_path / "net.h5")
    with h5py.File(tmp_path / "net.h5", "r+") as file:
        group = file["model_weights/d"]
        while any(isinstance(group[name], h5py.Group) for name in group):
            group = group[next(iter(group))]
        damaged(group, how, tmp_path / "elsewhere.h5")
    net = cnncalc.load(tmp_path / "net.h5")
    assert net.analyze().totals.params == 23
    with pytest.raises(cnncalc.CnncalcError) as caught:
        net.run(np.ones(4, np.float32))
    assert "secret" not in str(caught.value)


def test_files_of_arrays_that_are_cut_or_no_arrays(tmp_path: Path) -> None:
    model = small_model()
    model.save(tmp_path / "net.h5")
    whole = (tmp_path / "net.h5").read_bytes()
    for size in (9, 100, 2000, len(whole) // 2, len(whole) - 500):
        (tmp_path / "cut.h5").write_bytes(whole[:size])
        with pytest.raises(cnncalc.CnncalcError):
            cnncalc.load(tmp_path / "cut.h5").run(np.ones(4, np.float32))
    model.save_weights(tmp_path / "net.weights.h5")
    with pytest.raises(cnncalc.CnncalcError, match="holds weights alone"):
        cnncalc.load(tmp_path / "net.weights.h5")


def test_a_file_that_was_read_can_be_written_again(tmp_path: Path) -> None:
    model = small_model()
    for name in ("net.keras", "net.h5"):
        model.save(tmp_path / name)
        net = cnncalc.load(tmp_path / name)
        net.run(np.ones(4, np.float32))
        model.save(tmp_path / name)
