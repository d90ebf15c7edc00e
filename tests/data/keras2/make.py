"""Writes the models of Keras 2 beside this file, each with an input and what Keras makes of it.

    pip install tensorflow-cpu==2.21.0 tf_keras==2.21.0
    python tests/data/keras2/make.py

A model is saved as .h5 and as .keras; NAME.npz holds input:0, ... and output:0, ..., NAME.json the shape of
each layer's output, and the parameters that Keras counts: trained, in layers that are frozen, and in all.
"""

import json
import os
from pathlib import Path
from typing import Any

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf
import tf_keras as keras

HERE = Path(__file__).parent
layers = keras.layers


def course() -> Any:
    """A Sequential model without an Input layer, options of Keras 2, functions that have changed since."""
    return keras.Sequential(
        [
            layers.Conv2D(6, (5, 3), strides=(2, 1), padding="same", input_shape=(15, 14, 3)),
            layers.BatchNormalization(momentum=0.9, epsilon=0.01, scale=False),
            layers.LeakyReLU(alpha=0.1),
            layers.SeparableConv2D(8, 3, depth_multiplier=2, activation="hard_sigmoid"),
            layers.AveragePooling2D(3, 2, padding="same"),
            layers.DepthwiseConv2D(3, dilation_rate=2, padding="same", activation="swish"),
            layers.Conv2DTranspose(4, 3, 2, padding="same", output_padding=1),
            layers.UpSampling2D(2, interpolation="bilinear"),
            layers.ReLU(max_value=3.0),
            layers.PReLU(shared_axes=[1, 2]),
            layers.SpatialDropout2D(0.2),
            layers.GlobalMaxPooling2D(),
            layers.Dense(5, activation="softmax"),
        ],
        name="course",
    )


def sequences() -> Any:
    """Recurrences of Keras 2 in all their orders, over an embedding."""
    words = keras.Input((9,), dtype="int32", name="words")
    x = layers.Embedding(20, 6, name="embedding")(words)
    x = layers.Bidirectional(layers.LSTM(4, return_sequences=True), name="both")(x)
    x = layers.GRU(5, return_sequences=True, name="after")(x)
    x = layers.GRU(
        5, return_sequences=True, reset_after=False, recurrent_activation="sigmoid", name="before"
    )(x)
    x = layers.SimpleRNN(4, return_sequences=True, go_backwards=True, name="turned")(x)
    x = layers.TimeDistributed(layers.Dense(3, activation="elu"), name="each")(x)
    x = layers.Conv1D(4, 2, padding="causal", dilation_rate=2, name="causal")(x)
    y, state, _ = layers.LSTM(3, return_state=True, return_sequences=True, name="states")(x)
    x = layers.Concatenate(name="joined")([layers.GlobalAveragePooling1D(name="mean")(y), state])
    return keras.Model(words, layers.Dense(2, name="scores")(x), name="sequences")


def frames() -> Any:
    """A shared model in a model, at each step; operators on tensors; two inputs and two outputs."""
    frame = keras.Input((8, 8, 2), name="frame")
    x = layers.Conv2D(3, 3, activation="relu", name="conv")(frame)
    encoder = keras.Model(frame, layers.GlobalAveragePooling2D(name="mean")(x), name="encoder")
    a, b = keras.Input((8, 8, 2), name="a"), keras.Input((8, 8, 2), name="b")
    gap = tf.abs(encoder(a) - encoder(b)) / 2.0
    clip = keras.Input((3, 8, 8, 2), name="clip")
    x = layers.TimeDistributed(layers.Conv2D(2, 3, 2, padding="same", name="seen"), name="frames")(clip)
    x = layers.TimeDistributed(layers.MaxPooling2D(2), name="smaller")(x)
    x = layers.TimeDistributed(layers.Flatten(), name="flat")(x)
    x = layers.LSTM(4, name="read")(x)
    x = layers.Dense(3, name="as_wide")(x)
    together = layers.Add(name="together")([x, gap])
    return keras.Model([a, b, clip], [layers.Dense(1, name="score")(together), gap], name="frames")


def attention() -> Any:
    """Attention and normalisations, parts of which are frozen."""
    x = given = keras.Input((6, 8), name="tokens")
    x = layers.MultiHeadAttention(2, 4, name="heads")(x, x)
    x = layers.LayerNormalization(name="norm")(layers.Add(name="sum")([given, x]))
    x = layers.Dense(8, activation=keras.activations.gelu, trainable=False, name="frozen")(x)
    x = layers.UnitNormalization(name="unit")(x)
    x = layers.GroupNormalization(4, name="groups")(x)
    x = layers.Dot((2, 2), name="dot")([x, given])
    return keras.Model(given, layers.Flatten(name="flat")(x), name="attention")


def shape_of(output: Any) -> Any:
    """The shape of an output without its batch."""
    return list(output[0].shape[1:]) if isinstance(output, list | tuple) else list(output.shape[1:])


def main() -> None:
    """Writes the files."""
    for make in (course, sequences, frames, attention):
        keras.utils.set_random_seed(1)
        model, draw = make(), np.random.default_rng(0)
        for weight in model.weights:
            values = draw.normal(0, 0.4, weight.shape)
            weight.assign(np.abs(values) + 0.5 if "variance" in weight.name else values)
        given = [
            draw.integers(0, 20, (2, *t.shape[1:]))
            if t.dtype.is_integer
            else draw.normal(0, 1, (2, *t.shape[1:]))
            for t in model.inputs
        ]
        given = [x.astype("int32" if x.dtype.kind == "i" else "float32") for x in given]
        made = model.predict(given if len(given) > 1 else given[0], verbose=0)
        made = made if isinstance(made, list) else [made]
        arrays = {f"input:{n}": x for n, x in enumerate(given)} | {
            f"output:{n}": y for n, y in enumerate(made)
        }
        np.savez_compressed(HERE / f"{model.name}.npz", **arrays)
        for ending in ("h5", "keras"):
            model.save(HERE / f"{model.name}.{ending}")
        truth = {
            "layers": {layer.name: shape_of(layer.output) for layer in model.layers},
            "trainable": sum(int(np.prod(w.shape)) for w in model.trainable_weights),
            "frozen": sum(
                int(np.prod(w.shape)) for layer in model.layers if not layer.trainable for w in layer.weights
            ),
            "total": model.count_params(),
            "passed": [layer.name for layer in model.layers if "dropout" in layer.name],
            "inputs": [t.name for t in model.inputs],
        }
        (HERE / f"{model.name}.json").write_text(json.dumps(truth) + "\n")


if __name__ == "__main__":
    main()
