"""ONNX models of both of PyTorch's exporters: numbers and values as onnxruntime and PyTorch have them.

autoencoder, siamese and signal1d hold their weights; of video3d, which the newer exporter wrote, and of
unet_resnet18 and resnet18_dynamic the large weights are absent.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnncalc
from cnncalc.errors import CnncalcError

onnx = pytest.importorskip("onnx")

pytestmark = pytest.mark.slow

DATA = Path(__file__).parents[1] / "data" / "onnx"


@pytest.mark.parametrize(
    ("name", "params", "macs"),
    [
        ("autoencoder", 10248, 8749056),
        ("siamese", 10749, 498720),
        ("signal1d", 886, 112320),
        ("video3d", 6858, 8432736),
        ("unet_resnet18", 14322417, 5398069248),
        ("resnet18_dynamic", 11684712, 1814073344),
    ],
)
def test_counts(name: str, params: int, macs: int) -> None:
    totals = cnncalc.load(DATA / f"{name}.onnx").analyze().totals
    assert (totals.params, totals.macs) == (params, macs)


@pytest.mark.parametrize("name", ["autoencoder", "siamese", "signal1d"])
def test_values_with_the_weights_of_the_file(name: str) -> None:
    stored = np.load(DATA / f"{name}.npz")
    inputs = {key[6:]: stored[key] for key in stored.files if key.startswith("input:")}
    wanted = [stored[key] for key in stored.files if key.startswith("output:")]
    outputs = cnncalc.load(DATA / f"{name}.onnx").run(inputs)
    assert len(outputs) == len(wanted)
    for array, expected in zip(outputs.values(), wanted, strict=True):
        assert np.abs(array.reshape(expected.shape) - expected).max() <= 1e-4 * np.abs(expected).max()


def test_names_are_those_of_the_modules() -> None:
    report = cnncalc.load(DATA / "resnet18_dynamic.onnx").analyze()
    names = [row.name for row in report.layers]
    assert names[:4] == ["conv1", "relu", "maxpool", "layer1.0.conv1"]
    assert {"layer2.0.downsample.0", "layer4.1.add", "avgpool", "fc"} <= set(names)
    assert report["layer1.0.conv1"].origin == {"op": "Conv", "node": "/layer1/layer1.0/conv1/Conv"}
    newer = cnncalc.load(DATA / "video3d.onnx").analyze()
    assert newer.layers[0].name.startswith("f.")
    assert newer.layers[0].origin["line"].startswith("models.py:")


def test_weights_that_are_absent_are_missed_by_a_run_alone() -> None:
    network = cnncalc.load(DATA / "unet_resnet18.onnx")
    assert network.analyze().totals.params
    assert network.run()  # with weights that are drawn


# ---- files that are wrong


def saved(tmp_path: Path, nodes: list[Any], size: int = 8, **arrays: Any) -> Path:
    """A model of an input (1, 1, size, size), stored arrays and these nodes, the last of which gives y."""
    value = onnx.helper.make_tensor_value_info
    x = value("x", onnx.TensorProto.FLOAT, [1, 1, size, size])
    stored = [onnx.numpy_helper.from_array(each, name) for name, each in arrays.items()]
    graph = onnx.helper.make_graph(nodes, "net", [x], [value("y", onnx.TensorProto.FLOAT, None)], stored)
    path = tmp_path / "net.onnx"
    opsets = [onnx.helper.make_opsetid("", 18)]
    onnx.save(onnx.helper.make_model(graph, opset_imports=opsets, ir_version=9), path)
    return path


def node(op: str, reads: list[str], gives: str, **attributes: Any) -> Any:
    return onnx.helper.make_node(op, reads, [gives], **attributes)


@pytest.mark.parametrize(
    ("nodes", "code"),
    [
        ([("Relu", ["z"], "y"), ("Relu", ["y"], "z")], "unreadable_file"),
        ([("Relu", ["nowhere"], "y")], "unreadable_file"),
        ([("STFT", ["x", "x", "x"], "y")], "unknown_operator"),
        ([("NoSuchThing", ["x"], "y")], "unknown_operator"),
    ],
)
def test_a_graph_that_can_not_be_is_an_error(nodes: list[Any], code: str, tmp_path: Path) -> None:
    path = saved(tmp_path, [node(*each) for each in nodes])
    with pytest.raises(CnncalcError) as caught:
        cnncalc.load(path).analyze()
    assert {fault.code for fault in caught.value.faults} <= {code, "unreadable_file"}


def test_a_size_that_can_not_be_is_an_error(tmp_path: Path) -> None:
    path = saved(tmp_path, [node("Relu", ["x"], "y")], 10**18)
    with pytest.raises(CnncalcError):
        cnncalc.load(path).analyze()


@pytest.mark.parametrize("length", [1, 10, 1000, 40000])
def test_a_truncated_file_is_an_error(length: int, tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes((DATA / "siamese.onnx").read_bytes()[:length])
    with pytest.raises(CnncalcError):
        cnncalc.load(path).analyze()


def held(**arrays: Any) -> list[Any]:
    return [
        node("Constant", [], name, value=onnx.numpy_helper.from_array(each)) for name, each in arrays.items()
    ]


def test_statistics_that_two_normalisations_share_count_once(tmp_path: Path) -> None:
    names = ("mean", "variance", "w1", "b1", "w2", "b2")
    arrays = dict(
        zip(names, np.random.default_rng(0).uniform(0.5, 1.5, (6, 1)).astype(np.float32), strict=True)
    )
    nodes = [
        node("BatchNormalization", ["x", "w1", "b1", "mean", "variance"], "first"),
        node("BatchNormalization", ["x", "w2", "b2", "mean", "variance"], "second"),
        node("Sub", ["first", "second"], "y"),
    ]
    network = cnncalc.load(saved(tmp_path, nodes, **arrays))
    totals = network.analyze().totals
    assert (totals.params, totals.buffers) == (4, 2)
    x = np.random.default_rng(1).normal(0, 1, (1, 1, 8, 8)).astype(np.float32)
    (values,) = network.run(x).values()
    mean, variance, w1, b1, w2, b2 = (float(each[0]) for each in arrays.values())
    assert np.allclose(values, (x - mean) / np.sqrt(variance + 1e-5) * (w1 - w2) + b1 - b2, atol=1e-6)


def test_windows_are_put_back(tmp_path: Path) -> None:
    """Rows of two windows of 2x2 values on a map of 2x3: both hold the middle column."""
    sizes = held(rows=np.array([1, 4, 2]), map=np.array([2, 3]), window=np.array([2, 2]))
    nodes = [
        node("Slice", ["x", "zero", "one", "axis"], "row"),
        node("Reshape", ["row", "rows"], "columns"),
        node("Col2Im", ["columns", "map", "window"], "y"),
    ]
    places = held(zero=np.array([0]), one=np.array([1]), axis=np.array([2]))
    x = np.arange(64, dtype=np.float32).reshape(1, 1, 8, 8)
    (values,) = cnncalc.load(saved(tmp_path, [*sizes, *places, *nodes])).run(x).values()
    assert values.reshape(2, 3).tolist() == [[0, 1 + 2, 3], [4, 5 + 6, 7]]


def test_masks_are_joined_and_turned(tmp_path: Path) -> None:
    nodes = [
        *held(zero=np.float32(0)),
        node("Sin", ["x"], "s"),
        node("Greater", ["x", "zero"], "a"),
        node("Less", ["s", "zero"], "b"),
        node("And", ["a", "b"], "both"),
        node("Or", ["a", "b"], "one"),
        node("Not", ["both"], "other"),
        node("And", ["one", "other"], "mask"),
        node("Where", ["mask", "x", "s"], "y"),
    ]
    x = np.random.default_rng(0).normal(0, 3, (1, 1, 8, 8)).astype(np.float32)
    (values,) = cnncalc.load(saved(tmp_path, nodes)).run(x).values()
    assert np.allclose(values.reshape(x.shape), np.where((x > 0) ^ (np.sin(x) < 0), x, np.sin(x)), atol=1e-6)


def test_values_are_picked_at_places_along_several_axes(tmp_path: Path) -> None:
    places = np.array([[0, 0, 1, 2], [0, 0, -1, 3]])
    path = saved(
        tmp_path, [*held(places=places), node("Sin", ["x"], "s"), node("GatherND", ["s", "places"], "y")]
    )
    x = np.random.default_rng(0).normal(0, 1, (1, 1, 8, 8)).astype(np.float32)
    (values,) = cnncalc.load(path).run(x).values()
    assert values.ravel() == pytest.approx(np.sin([x[0, 0, 1, 2], x[0, 0, 7, 3]]))


def test_a_part_of_a_learned_array_is_set(tmp_path: Path) -> None:
    bias = np.random.default_rng(0).normal(0, 1, 1200).astype(np.float32)
    nodes = [
        *held(bias=bias, places=np.arange(400, 800)[:, None], zeros=np.zeros(400, np.float32)),
        node("ScatterND", ["bias", "places", "zeros"], "set"),
        node("GlobalAveragePool", ["x"], "mean"),
        node("Add", ["mean", "set"], "y"),
    ]
    (values,) = cnncalc.load(saved(tmp_path, nodes)).run(np.ones((1, 1, 8, 8), np.float32)).values()
    assert values.ravel() == pytest.approx(1 + np.where(np.arange(1200) // 400 == 1, 0, bias), abs=1e-6)


def test_a_learned_token_is_repeated_as_often_as_constants_work_out(tmp_path: Path) -> None:
    nodes = [
        *held(tok=np.ones((1, 1, 8), np.float32), want=np.array([-1, 1, -1]), minus=np.array(-1)),
        *held(rank=np.array([3]), zero=np.array([0])),
        node("ConstantOfShape", ["rank"], "ones", value=onnx.numpy_helper.from_array(np.array([1]))),
        node("Mul", ["ones", "minus"], "all"),
        node("Equal", ["want", "all"], "same"),
        node("Where", ["same", "ones", "want"], "sizes"),
        node("Expand", ["tok", "sizes"], "token"),
        node("Squeeze", ["x", "zero"], "tokens"),
        node("Concat", ["token", "tokens"], "y", axis=1),
    ]
    assert cnncalc.load(saved(tmp_path, nodes)).analyze().layers[-1].output_shape == (9, 8)


def test_a_branch_on_a_constant_is_the_branch() -> None:
    kinds = [row.kind for row in cnncalc.load(DATA / "siamese.onnx").analyze().layers]
    assert "opaque" not in kinds
    assert kinds.count("conv") == 4


F4 = np.float32
GRAPHS: dict[str, tuple[list[Any], dict[str, Any]]] = {
    "numbers as arrays": (
        [
            node("Clip", ["x", "low", "high"], "a"),
            node("Pow", ["a", "two"], "b"),
            node("Pad", ["b", "pads", "high"], "c"),
            node("Max", ["c", "low"], "y"),
        ],
        {"low": F4(-0.3), "high": F4(0.7), "two": F4(2), "pads": np.array([0, 0, 1, 0, 0, 0, 0, 2])},
    ),
    "bounds that are computed": (
        [
            node("ReduceMean", ["x"], "m", keepdims=0),
            node("Clip", ["x", "", "m"], "a"),
            node("ThresholdedRelu", ["a"], "y", alpha=0.1),
        ],
        {},
    ),
    "a kernel that is computed": (
        [
            node("Sub", ["w", "mean"], "k"),
            node("Conv", ["x", "k", "b"], "y", strides=[2, 1], pads=[1, 0, 1, 2], dilations=[1, 2]),
        ],
        {"w": np.linspace(-1, 1, 12, dtype=F4).reshape(2, 1, 3, 2), "mean": np.full((2, 1, 1, 1), 0.2, F4),
         "b": np.array([1, -1], F4)},
    ),
    "factors of a product": (
        [
            node("Flatten", ["x"], "a"),
            node("Gemm", ["a", "w", "b"], "c", alpha=0.5, beta=2.0),
            node("ReduceLogSum", ["d"], "y", keepdims=0),
        ],
        {"w": np.linspace(0, 1, 64 * 3, dtype=F4).reshape(64, 3), "b": np.ones(3, F4)},
    ),
}  # fmt: skip
GRAPHS["factors of a product"][0].insert(2, node("Abs", ["c"], "d"))


@pytest.mark.parametrize("name", GRAPHS)
def test_values_are_those_of_onnxruntime(name: str, tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    nodes, arrays = GRAPHS[name]
    path = saved(tmp_path, nodes, **arrays)
    x = np.random.default_rng(0).normal(0, 1, (1, 1, 8, 8)).astype(F4)
    (expected,) = onnxruntime.InferenceSession(path).run(None, {"x": x})
    network = cnncalc.load(path)
    (values,) = network.run(x).values()
    assert np.abs(values.reshape(expected.shape) - expected).max() <= 1e-5 * np.abs(expected).max()
    totals = network.analyze().totals
    floats = sum(array.size for array in arrays.values() if array.dtype == F4)
    assert totals.params + totals.buffers == floats


@pytest.mark.parametrize(
    ("op", "reads", "options"),
    [
        ("Resize", ["x", "", "scales"], {"mode": "linear"}),
        ("Resize", ["x", "", "whole"], {"mode": "linear", "antialias": 1}),
        ("AveragePool", ["x"], {"kernel_shape": [2, 2], "dilations": [2, 2]}),
    ],
)
def test_options_that_no_kind_has_are_told(
    op: str, reads: list[str], options: dict[str, Any], tmp_path: Path
) -> None:
    scales: dict[str, Any] = {"scales": np.array([1, 1, 1.3, 1.3], F4), "whole": np.array([1, 1, 2, 2], F4)}
    with pytest.raises(CnncalcError) as caught:
        cnncalc.load(saved(tmp_path, [node(op, reads, "y", **options)], **scales)).analyze()
    assert [fault.code for fault in caught.value.faults] == ["unknown_operator"]


def test_an_array_under_a_second_name_counts_once(tmp_path: Path) -> None:
    """Exporters write arrays that are alike once, and give them their other names by Identity."""
    nodes = [
        node("Identity", ["slopes"], "again"),
        node("PRelu", ["x", "slopes"], "a"),
        node("PRelu", ["a", "again"], "y"),
    ]
    totals = cnncalc.load(saved(tmp_path, nodes, slopes=np.full((1, 1, 1), 0.1, F4))).analyze().totals
    assert totals.params == 1


def test_fused_operators_are_parted(tmp_path: Path) -> None:
    """What onnxruntime's optimiser joins has the same values and numbers as what it was made of."""
    onnxruntime = pytest.importorskip("onnxruntime")
    nodes = [
        node("Conv", ["x", "w"], "a", pads=[1, 1, 1, 1]),
        node("Clip", ["a", "low", "high"], "b"),
        node("MatMul", ["b", "m"], "c"),
        node("Add", ["c", "n"], "d"),
        node("Div", ["d", "root"], "e"),
        node("Erf", ["e"], "f"),
        node("Add", ["f", "one"], "g"),
        node("Mul", ["d", "g"], "h"),
        node("Mul", ["h", "half"], "i"),
        node("Add", ["i", "b"], "j"),
        node("LayerNormalization", ["j", "g1", "g2"], "y"),
    ]
    numbers = {"low": 0, "high": 6, "root": 2**0.5, "one": 1, "half": 0.5}
    draw = np.random.default_rng(0).normal
    arrays: dict[str, Any] = {"w": draw(0, 1, (3, 1, 3, 3)), "m": draw(0, 1, (8, 8)), "n": draw(0, 1, 8),
              "g1": draw(0, 1, 8), "g2": draw(0, 1, 8)}  # fmt: skip
    stored: dict[str, Any] = {name: F4(each) for name, each in (numbers | arrays).items()}
    path = saved(tmp_path, nodes, **stored)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # a file of one machine, says a warning
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(tmp_path / "fused.onnx")
    x = draw(0, 1, (1, 1, 8, 8)).astype(F4)
    (expected,) = onnxruntime.InferenceSession(path, options).run(None, {"x": x})
    fused = onnx.load(options.optimized_model_filepath)
    ops = {each.op_type for each in fused.graph.node}
    assert "FusedConv" in ops
    assert {"Gelu", "BiasGelu"} & ops
    network = cnncalc.load(options.optimized_model_filepath)
    (values,) = network.run(x).values()
    assert np.abs(values.reshape(expected.shape) - expected).max() <= 1e-5 * np.abs(expected).max()
    assert network.analyze().totals.macs == cnncalc.load(path).analyze().totals.macs


@pytest.mark.parametrize(
    ("op", "gates", "options"),
    [
        ("LSTM", 4, {"direction": "bidirectional"}),
        ("GRU", 3, {"linear_before_reset": 1}),
        ("GRU", 3, {"direction": "reverse"}),
        ("RNN", 1, {"activations": ["Relu"]}),
    ],
)
def test_recurrences_of_steps(op: str, gates: int, options: dict[str, Any], tmp_path: Path) -> None:
    """A recurrence of (time, batch, channels), whose batch stands in the second axis."""
    onnxruntime = pytest.importorskip("onnxruntime")
    ways, draw = 1 + (options.get("direction") == "bidirectional"), np.random.default_rng(0).normal
    shapes = {"w": (ways, gates * 4, 3), "r": (ways, gates * 4, 4), "b": (ways, gates * 8)}
    stored = [onnx.numpy_helper.from_array(draw(0, 1, shape).astype(F4), n) for n, shape in shapes.items()]
    value, kind = onnx.helper.make_tensor_value_info, onnx.TensorProto.FLOAT
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node(op, ["x", *shapes], ["y"], hidden_size=4, **options)],
        "net", [value("x", kind, [6, 2, 3])], [value("y", kind, None)], stored,
    )  # fmt: skip
    path = tmp_path / "net.onnx"
    opsets = [onnx.helper.make_opsetid("", 17)]
    onnx.save(onnx.helper.make_model(graph, opset_imports=opsets, ir_version=9), path)
    x = draw(0, 1, (6, 2, 3)).astype(F4)
    (expected,) = onnxruntime.InferenceSession(path).run(None, {"x": x})
    network = cnncalc.load(path)
    assert network.analyze().totals.params == sum(int(np.prod(shape)) for shape in shapes.values())
    (values,) = network.run(x).values()
    expected = np.moveaxis(expected, 2, 0).reshape(values.shape)  # a run gives sample after sample
    assert np.abs(values - expected).max() <= 1e-5 * np.abs(expected).max()


def test_stored_whole_numbers_stand_for_their_values(tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    arrays: dict[str, Any] = {
        "w": np.arange(-9, 9, dtype=np.int8).reshape(2, 1, 3, 3),
        "scale": np.array([0.5, 2], F4),
        "zero": np.array([1, -1], np.int8),
    }
    nodes = [node("DequantizeLinear", ["w", "scale", "zero"], "k", axis=0), node("Conv", ["x", "k"], "y")]
    path = saved(tmp_path, nodes, **arrays)
    x = np.random.default_rng(0).normal(0, 1, (1, 1, 8, 8)).astype(F4)
    (expected,) = onnxruntime.InferenceSession(path).run(None, {"x": x})
    (values,) = cnncalc.load(path).run(x).values()
    assert np.abs(values - expected).max() <= 1e-5 * np.abs(expected).max()
