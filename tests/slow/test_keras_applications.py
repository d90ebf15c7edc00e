"""The models of keras.applications: saved by Keras in each of its ways, read without it, and held to it.

Those of most families are tried here, and any others by naming them, as KERAS_APPLICATIONS="DenseNet121
Xception" before pytest -m slow tests/slow/test_keras_applications.py. Shapes, parameters and values are
Keras's; multiply-accumulates are counted by PyTorch as the model runs, or by TensorFlow in its graph where
that is Keras's backend.
"""

import json
import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnncalc
from cnncalc.network import Network

os.environ.setdefault("KERAS_BACKEND", "torch")
keras: Any = pytest.importorskip("keras")
pytest.importorskip("h5py")

pytestmark = pytest.mark.slow

FAMILIES = (
    "ConvNeXtTiny EfficientNetB0 EfficientNetV2B0 InceptionV3 MobileNet MobileNetV2 MobileNetV3Large "
    "MobileNetV3Small ResNet50V2 VGG16"
)
NAMES = os.environ.get("KERAS_APPLICATIONS", FAMILIES).split()
OPEN = ("MobileNetV3Large", "MobileNetV3Small")
"""Models that keras.applications leaves open in size, where no size is asked for."""


def drawn(model: Any) -> Any:
    """Moves what an initialiser leaves alike, and gives an input."""
    draw = np.random.default_rng(0)
    for weight in model.weights:
        if weight.dtype != "float32":
            continue
        name, shape = weight.path.rpartition("/")[2], weight.shape
        if "variance" in name or name == "gamma":
            weight.assign(draw.uniform(0.8, 1.2, shape).astype("float32"))
        elif "mean" in name or name in ("beta", "bias"):
            weight.assign(draw.normal(0, 0.1, shape).astype("float32"))
    return draw.normal(0, 1, (1, *sizes(model))).astype("float32") * 50 + 100


def sizes(model: Any) -> tuple[int, ...]:
    return tuple(size or 224 for size in model.inputs[0].shape[1:])


def counted_by_torch(model: Any, x: Any) -> int:
    torch: Any = pytest.importorskip("torch")
    counter: Any = pytest.importorskip("torch.utils.flop_counter")
    with counter.FlopCounterMode(display=False) as counted, torch.no_grad():
        model(torch.from_numpy(x))
    total: int = counted.get_total_flops()
    return total // 2


def counted_by_tensorflow(model: Any, x: Any) -> int:
    """TensorFlow's count of its own convolutions and products of matrices, two operations for each."""
    tf: Any = pytest.importorskip("tensorflow")
    function = tf.function(lambda t: model(t, training=False), input_signature=[tf.TensorSpec(x.shape)])
    graph = function.get_concrete_function().graph
    profiler = tf.compat.v1.profiler
    options = profiler.ProfileOptionBuilder(profiler.ProfileOptionBuilder.float_operation())
    options = options.with_empty_output().account_displaying_op_only(True)
    options = options.with_node_names(show_name_regexes=[".*(Conv2D|convolution|depthwise|MatMul).*"]).build()
    kinds = ("Conv2D", "DepthwiseConv2dNative", "MatMul")
    names = {op.name for op in graph.get_operations() if op.type in kinds}
    found = profiler.profile(graph, cmd="scope", options=options)
    left, total = [found], 0
    while left:
        node = left.pop()
        left += node.children
        total += node.float_ops if node.name in names else 0
    return total // 2


@pytest.mark.parametrize("name", NAMES)
def test_an_application_has_the_numbers_and_values_of_keras(name: str, tmp_path: Path) -> None:
    model = getattr(keras.applications, name)(weights=None)
    x = drawn(model)
    given = {"input": x.shape[1:]} if name in OPEN else {}
    (tmp_path / "net.json").write_text(model.to_json())
    model.save(tmp_path / "net.keras")
    model.save(tmp_path / "net.h5")
    nets = {file: cnncalc.load(tmp_path / file, **given) for file in ("net.keras", "net.h5", "net.json")}
    macs = (counted_by_torch if keras.backend.backend() == "torch" else counted_by_tensorflow)(model, x)
    for net in nets.values():
        held_in_numbers(net, model, macs)
    wanted = np.asarray(model.predict(x, verbose=0))
    (found,) = nets["net.keras"].run(x).values()
    assert np.abs(found - wanted).max() <= 1e-4 * np.abs(wanted).max()
    kept, older = (nets[file].graph().provenance.weights for file in ("net.keras", "net.h5"))
    assert kept is not None
    assert older is not None
    assert set(kept) == set(older)
    assert [each for each in kept if not np.array_equal(kept[each], older[each])] == []


def held_in_numbers(net: Network, model: Any, macs: int) -> None:
    report = net.analyze()
    totals = report.totals
    assert totals.macs == macs
    assert totals.params == sum(math.prod(weight.shape) for weight in model.trainable_weights)
    # how often a Normalization has seen data is a parameter to Keras, and no number of the network's
    counts = sum(weight.path.endswith("/count") for weight in model.weights)
    assert totals.params + totals.buffers == model.count_params() - counts
    found = {row.name.partition(".")[0]: tuple(row.output_shape) for row in report.layers}
    passed = 0
    shape: dict[str, Any] = {}
    for layer in model.layers:
        own = tuple(layer.output.shape[1:])
        if None in own:  # of a model whose sizes are open
            shape = shape or computed(model)
            own = shape[layer.name]
        if layer.name in found:
            assert found[layer.name] == own, layer.name
        else:
            passed += 1
            assert not layer.weights, layer.name
    assert passed < len(model.layers) / 4


def computed(model: Any) -> dict[str, tuple[int, ...]]:
    """What each layer puts out at the size that is run."""
    every = keras.Model(model.inputs, [layer.output for layer in model.layers])
    outputs = every.compute_output_spec(keras.KerasTensor((1, *sizes(model))))
    return {layer.name: tuple(out.shape[1:]) for layer, out in zip(model.layers, outputs, strict=True)}


def test_a_model_of_open_size_says_what_to_give(tmp_path: Path) -> None:
    model = keras.applications.MobileNetV3Small(weights=None)
    (tmp_path / "net.json").write_text(json.dumps(json.loads(model.to_json())))
    with pytest.raises(cnncalc.CnncalcError) as caught:
        cnncalc.load(tmp_path / "net.json").analyze()
    assert caught.value.faults[0].help == "say them, such as --input 224x224x3"
