"""Networks as code of other frameworks: the code runs there, and is the same network."""

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnncalc
from cnncalc.analysis.report import Report
from cnncalc.errors import CnncalcError
from cnncalc.execute.inputs import random_inputs
from cnncalc.execute.weights import expected
from cnncalc.export.code.torch_source import TorchSource
from cnncalc.export.exporter import Choices, exporter
from cnncalc.layers import find, names
from cnncalc.loading import load_text

torch = pytest.importorskip("torch")
safetensors = pytest.importorskip("safetensors.torch")

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
NETWORKS = sorted(path.stem for path in (ROOT / "architectures").glob("*.yaml"))
SMALLER = {
    "convnext-tiny": "64x64x3", "resnet101-fpn": "128x128x3", "resnet101": "64x64x3", "resnet152": "64x64x3",
    "resnet50": "64x64x3", "resnext50": "64x64x3", "densenet121": "64x64x3", "densenet169": "64x64x3",
    "densenet201": "64x64x3", "efficientnet-b0": "64x64x3", "mobilenet-v1": "64x64x3",
    "mobilenet-v2": "64x64x3", "mobilenet-v3-large": "64x64x3", "shufflenet-v1": "64x64x3",
    "xception": "96x96x3", "resnet18": "64x64x3", "resnet34": "64x64x3", "inception-v3": "139x139x3",
    "squeezenet": "64x64x3", "squeezenet1-1": "64x64x3", "dfcnn": "64x200x1",
}  # fmt: skip
"""Inputs on which values are compared, where the networks take smaller ones than their own."""
SHAPES_ALONE = {
    "vgg11", "vgg11-fashion", "vgg11-lrn", "vgg13", "vgg16-c", "vgg19", "alexnet-fashion", "deeplab", "fcn8s",
    "unet", "mixer-b16", "ssd300", "dfcnn",
}  # fmt: skip
"""Networks of which values would take long, and whose parts others have."""


def drawn(report: Report, seed: int = 0) -> dict[str, Any]:
    """Weights of all layers, small enough that no softmax has one value alone."""
    draw, found = np.random.default_rng(seed), {}
    for name, shape in expected(report.graph, report.facts).items():
        sizes = tuple(map(int, shape))
        array = draw.standard_normal(sizes) * np.prod(sizes[1:] or (9,)) ** -0.5
        last = name.rpartition(".")[2]
        if last == "running_var" or (last == "weight" and len(sizes) == 1):
            array = draw.uniform(0.5, 1.5, sizes)
        found[name] = array.astype(np.float32)
    return found


def module_of(text: str) -> dict[str, Any]:
    """The names that a module's code gives."""
    found: dict[str, Any] = {"__name__": "exported"}
    exec(compile(text, "exported.py", "exec"), found)  # noqa: S102 - the code is what is tested
    return found


def in_torch(source: TorchSource, number: int, array: Any) -> Any:
    """An array (..., channels) as the tensor that the code has in its place."""
    tensor = torch.from_numpy(np.ascontiguousarray(array))[None]
    return tensor if source.sources[number].last or tensor.ndim < 3 else tensor.movedim(-1, 1)


def out_of_torch(source: TorchSource, number: int, tensor: Any) -> Any:
    """The array (..., channels) of the first sample of a tensor."""
    moved = tensor if source.sources[number].last or tensor.ndim < 3 else tensor.movedim(1, -1)
    return moved[0].detach().numpy()


def with_weights(source: TorchSource, model: Any, weights: dict[str, Any]) -> Any:
    """The model with weights that are called as the spec calls them."""
    renamed = {}
    for name, array in weights.items():
        owner = max((each for each in source.names if name.startswith(f"{each}.")), key=len)
        renamed[source.names[owner] + name.removeprefix(owner)] = torch.from_numpy(array)
    kept = {name: value for name, value in model.state_dict().items() if "num_batches_tracked" in name}
    model.load_state_dict({**renamed, **kept})
    return model.eval()


def check_values(network: Any, report: Report) -> None:
    """Holds what the code puts out, given the same weights, to what the network puts out."""
    source = TorchSource(report)
    weights = drawn(report)
    model = with_weights(source, module_of("\n".join(source.lines()))[source.name](), weights)
    draw = np.random.default_rng(1)
    arrays = {
        given.name: draw.integers(0, 2, tuple(map(int, given.shape)))
        if "embedding" in {node.layer.kind for node in report.graph.nodes}
        else draw.standard_normal(tuple(map(int, given.shape))).astype(np.float32)
        for given in report.graph.inputs
    }
    mine = network.run(arrays, weights)
    given = [in_torch(source, number, x) for number, x in enumerate(arrays.values())]
    with torch.no_grad():
        theirs = model(*given)
    theirs = theirs if isinstance(theirs, tuple) else (theirs,)
    for number, tensor in zip(report.graph.outputs, theirs, strict=True):
        array = mine[report.graph.name(number)]
        found = out_of_torch(source, number, tensor)
        assert found.shape == array.shape
        assert np.abs(found - array).max() <= 1e-4 * max(float(np.abs(array).max()), 1e-3)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_module_has_the_parameters_and_the_shapes_of_the_network(name: str) -> None:
    report = cnncalc.load(name).analyze()
    source = TorchSource(report)
    with torch.device("meta"):
        model = module_of("\n".join(source.lines()))[source.name]().eval()
        arrays = {k: tuple(v.shape) for k, v in model.state_dict().items() if "num_batches" not in k}
        assert arrays == expected(report.graph, report.facts)
        assert sum(each.numel() for each in model.parameters()) == report.totals.params
        shapes: dict[str, tuple[int, ...]] = {}

        def keep(path: str, y: Any) -> None:
            shapes[path] = tuple(y.shape[1:]) if hasattr(y, "shape") else ()

        for path, module in model.named_modules():
            module.register_forward_hook(lambda _, __, y, path=path: keep(path, y))
        outputs = model(
            *(torch.zeros(1, *map(int, source.sources[n].tensor)) for n in range(len(report.graph.inputs)))
        )
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    for number, tensor in zip(report.graph.outputs, outputs, strict=True):
        assert tuple(tensor.shape[1:]) == source.sources[number].tensor
    stages = {scope: last for scope, last in report.graph.groups.items() if scope in shapes}
    for scope, last in stages.items():
        if shapes[scope]:
            assert shapes[scope] == source.sources[last].tensor, scope


@pytest.mark.parametrize("name", [name for name in NETWORKS if name not in SHAPES_ALONE])
def test_the_module_puts_out_what_the_network_puts_out(name: str) -> None:
    network = cnncalc.load(name, input=SMALLER[name]) if name in SMALLER else cnncalc.load(name)
    check_values(network, network.analyze())


def examples() -> Iterator[Any]:
    for name in names():
        kind = find(name)
        assert kind is not None
        for number, example in enumerate(kind.examples):
            yield pytest.param(example.spec(), id=f"{name}-{number}")


MORE: dict[str, tuple[Any, list[Any]]] = {
    "scores with a mask": (
        {"q": "2x5x8", "k": "2x7x8", "m": "5x7"},
        [{"attention": {"from": ["q", "k", "k", "m"], "scale": 0.5}}],
    ),
    "scores of earlier places": ("5x8", [{"attention": {"from": ["input"] * 3, "causal": True}}]),
    "heads of other sizes": (
        {"q": "5x6", "k": "7x4"},
        [{"multi_head_attention":
          {"from": ["q", "k"], "heads": 2, "key_size": 5, "value_size": 4, "size": 3}}],
    ),
    "heads of earlier places": (
        "5x6", [{"multi_head_attention": {"heads": 2, "causal": True, "bias": False}}]
    ),
    "products": (
        {"a": "3x4x5", "b": "6x5"},
        [{"matmul": {"from": ["a", "b"], "transpose_b": True, "name": "p"}},
         {"matmul": {"from": ["p", "a"], "transpose_a": True}}],
    ),
    "places by the sample": (
        "6x4", [{"top_k": {"k": 2, "axis": 0, "returns": "indices", "smallest": True, "name": "places"}},
                {"gather": {"from": ["input", "places"]}}],
    ),
    "a pooling undone": (
        "6x6x3",
        [{"max_pool_indices": {"kernel": 3, "stride": 2, "padding": 1, "name": "places"}},
         {"max_pool": {"kernel": 3, "stride": 2, "padding": 1, "from": "input", "name": "largest"}},
         {"max_unpool": {"from": ["largest", "places"], "size": 6}}],
    ),
    "masks": (
        {"a": "5x5x3", "b": "5x5x3", "c": "3"},
        [{"compare": {"by": "less_equal", "from": ["a", "b"], "name": "mask"}},
         {"where": {"from": ["mask", "a", "c"], "name": "chosen"}},
         {"compare": {"by": "greater", "value": 0.1, "name": "large"}},
         {"where": {"from": ["large", "b"], "otherwise": -2}}],
    ),
    "offsets": (
        "7x6x4",
        [{"deform_conv": {"filters": 6, "kernel": [3, 2], "stride": [2, 1], "padding": 1, "groups": 2}},
         {"blur_pool": {"kernel": [3, 2], "stride": [1, 2], "padding": [[1, 0], [0, 1]]}}],
    ),
    "columns": ("9x3", [{"unfold": {"kernel": 3, "stride": 2, "padding": 1}}, {"pixel_shuffle": 3}]),
    "cubes": ("2x3x2x8", [{"pixel_shuffle": 2}, {"tile": [1, 2, 1, 3]}, {"batch_norm": {"shift": False}}]),
    "maps around": (
        "4x5x3",
        [{"pad": {"channels": [2, 1], "mode": "reflect", "padding": 1}},
         {"pad": {"channels": 2, "mode": "circular"}},
         {"pad": {"channels": 1, "value": 2, "padding": [[0, 1], [2, 0]]}}],
    ),
    "samples at the border": (
        {"x": "5x6x7x2", "grid": "3x4x2x3"},
        [{"grid_sample":
          {"from": ["x", "grid"], "mode": "nearest", "padding": "border", "align_corners": True}}],
    ),
    "factors": (
        "4x4x2",
        [{"rescale": {"scale": 2, "offset": 1}}, {"stack": {"from": ["rescale1", "input"], "axis": -1}}],
    ),
    "states given and put out": (
        {"x": "5x3", "h": "2x4", "c": "2x4"},
        [{"lstm": {"from": ["x", "h", "c"], "units": 4, "layers": 2, "returns": "all", "biases": 2}}],
    ),
    "one state given": (
        {"x": "5x3", "h": "4"},
        [{"gru": {"from": ["x", "h"], "units": 4, "biases": 2}},
         {"rnn": {"units": 2, "direction": "backward"}}],
    ),
    "ways met": (
        "5x3",
        [{"lstm": {"units": 4, "direction": "both", "merge": "multiply"}},
         {"gru": {"units": 4, "direction": "both", "merge": "sum", "biases": 2}},
         {"lstm": {"units": 3, "direction": "both", "layers": 2, "returns": "last"}}],
    ),
    "last from the end": (
        "5x3", [{"gru": {"units": 3, "biases": 2, "direction": "backward", "returns": "last"}}]
    ),
    "states": ("7x3", [{"gru": {"units": 4, "direction": "both", "biases": 2, "returns": "last"}}]),
}  # fmt: skip
MORE |= {
    f"reduce {by}": ("4x5x3", [{"reduce": {"by": by, "over": over, "keep_dims": by in ("std", "argmin")}}])
    for by, over in {
        "var": "positions", "std": "channels", "product": "positions", "l1": "channels", "l2": "positions",
        "min": "all", "argmin": [0],
    }.items()
}  # fmt: skip


@pytest.mark.parametrize("case", MORE)
def test_options_that_no_example_has(case: str) -> None:
    shape, layers = MORE[case]
    network = cnncalc.load({"input": shape, "layers": layers})
    check_values(network, network.analyze())


@pytest.mark.parametrize("spec", list(examples()))
def test_a_layer_puts_out_what_the_kind_does(spec: dict[str, Any]) -> None:
    network = cnncalc.load(spec)
    report = network.analyze()
    if any(node.layer.kind == "max_unpool" for node in report.graph.nodes):
        pytest.skip("its second input has places, which are drawn by a pooling in another test")
    if report.totals.params > 20_000_000:
        pytest.skip("large")
    try:
        TorchSource(report)
    except CnncalcError as error:
        pytest.skip(str(error))
    check_values(network, report)


@pytest.mark.parametrize(
    "name",
    [
        "lenet5", "lenet5-1998", "resnet18", "googlenet", "mobilenet-v2", "densenet121", "unet", "swin-t",
        "nin", "dfcnn", "alexnet-2012", "shufflenet-v1", "ssd300",
    ],
)  # fmt: skip
def test_the_module_is_read_again_as_the_same_network(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = cnncalc.load(name).analyze()
    source = TorchSource(report)
    (tmp_path / "exported_net.py").write_text("\n".join(source.lines()) + "\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    shape = "x".join(map(str, source.sources[0].tensor))
    again = cnncalc.load(f"exported_net.py:{source.name}", input=shape).analyze()
    assert (again.totals.params, again.totals.macs) == (report.totals.params, report.totals.macs)
    # classes of the code's own are read as the operators that they run
    if name not in ("swin-t", "lenet5-1998", "ssd300"):
        assert set(expected(again.graph, again.facts)) == set(expected(report.graph, report.facts))


@pytest.mark.parametrize(
    "name",
    [
        "lenet5", "lenet-28", "resnet18", "squeezenet1-1", "mobilenet-v3-large", "crnn",
        "textcnn", "alphago-policy",
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:The tensor attributes")
def test_code_and_weights_are_read_again_from_an_exported_program(name: str, tmp_path: Path) -> None:
    network = cnncalc.load(name, input=SMALLER[name]) if name in SMALLER else cnncalc.load(name)
    report = network.analyze()
    exporter(report, "pytorch", Choices(seed=1)).write(str(tmp_path / "net.py"))
    source = TorchSource(report)
    model = module_of((tmp_path / "net.py").read_text("utf-8"))[source.name]()
    model.load_state_dict(safetensors.load_file(tmp_path / "net.safetensors"))
    arrays = random_inputs(report.graph, 0)
    given = [in_torch(source, number, x[0]) for number, x in enumerate(arrays)]
    again = cnncalc.load(torch.export.export(model.eval(), tuple(given)))
    if name != "alphago-policy":  # an array that is added is read as a layer of its own
        assert set(again.graph().provenance.weights or ()) >= set(expected(report.graph, report.facts))
    assert again.analyze().totals.params == report.totals.params
    mine, theirs = network.run(arrays[0], seed=1), again.run(given[0].numpy())
    for number, (array, other) in enumerate(zip(mine.values(), theirs.values(), strict=True)):
        wanted = in_torch(source, report.graph.outputs[number], array[0]).numpy()
        assert np.abs(other - wanted).max() <= 1e-4 * np.abs(wanted).max()


@pytest.mark.parametrize("name", ["mnist-cnn", "dfcnn", "unet", "ssd300", "squeezenet"])
@pytest.mark.filterwarnings("ignore:The tensor attributes")
def test_code_without_values_is_read_again_from_an_exported_program(name: str) -> None:
    report = cnncalc.load(name).analyze()
    source = TorchSource(report)
    with torch.device("meta"):
        model = module_of("\n".join(source.lines()))[source.name]().eval()
        program = torch.export.export(model, (torch.zeros(1, *map(int, source.sources[0].tensor)),))
    again = cnncalc.load(program).analyze()
    assert (again.totals.params, again.totals.macs) == (report.totals.params, report.totals.macs)


def test_one_bias_of_a_gate_is_read_again_as_one() -> None:
    steps = ["lstm-3", {"gru": {"units": 4, "direction": "both"}}, {"rnn": {"units": 2, "layers": 2}}]
    network = cnncalc.load({"input": "9x5", "layers": steps})
    report = network.analyze()
    source = TorchSource(report)
    weights = drawn(report)
    model = with_weights(source, module_of("\n".join(source.lines()))[source.name](), weights)
    x = np.random.default_rng(0).standard_normal((9, 5)).astype(np.float32)
    given = in_torch(source, 0, x)
    again = cnncalc.load(torch.export.export(model, (given,)))
    assert again.analyze().totals.params == report.totals.params == 108 + 192 + 22 + 10
    (mine,), (theirs,) = network.run(x, weights).values(), again.run(given.numpy()).values()
    assert np.abs(mine.ravel() - theirs.ravel()).max() <= 1e-5


KERAS_ALONE = {
    "softmax over all": ("3x4x2", [{"softmax": {"over": "all"}}]),
    "softmax over rows": ("3x4x2", [{"softmax": {"over": 0}}]),
    "pools": ("7x9x3", [{"adaptive_avg_pool": [3, 4]}, {"adaptive_max_pool": 2}]),
    "slopes": ("4x5x3", ["prelu", {"prelu": {"shared": True}}, {"prelu": {"axes": "all"}}]),
    "groups": ("4x5x6", [{"group_norm": {"groups": 3}}]),
    "factors": ("4x5x2", [{"rescale": {"scale": [2, 3], "offset": 1}}, {"rescale": 0.5}]),
    "heads": ("5x6", [{"multi_head_attention": {"heads": 2, "causal": True}}]),
    "steps": (
        "5x3",
        ["lstm-4", {"gru": {"units": 3, "direction": "both", "biases": 2}},
         {"lstm": {"units": 2, "direction": "both", "merge": "average"}},
         {"rnn": {"units": 3, "direction": "backward", "returns": "last"}}],
    ),
    "steps with two biases": (
        "5x3",
        [{"lstm": {"units": 4, "biases": 2}}, {"rnn": {"units": 3, "biases": 2, "nonlinearity": "relu"}},
         {"lstm": {"units": 2, "biases": 2, "direction": "both", "returns": "last"}}],
    ),
    "windows": (
        "8x12x6",
        [{"window_attention": {"heads": 3, "window": 4, "shift": 1}},
         {"window_attention": {"heads": 2, "window": 4, "bias": False}}],
    ),
    "an array of its own": (
        "4x6",
        [{"parameter": {"name": "a", "shape": [1, 6]}}, {"concat": {"axis": 0, "from": ["a", "input"]}},
         {"select": 1}],
    ),
    "positions added": (
        "5x6x3",
        [{"conv_transpose": {"filters": 4, "kernel": 3, "stride": 2, "padding": 1, "output_padding": 1}},
         {"depthwise_conv": {"kernel": 3, "stride": [2, 1], "padding": 1, "multiplier": 2}},
         {"upsample": {"size": [10, 24]}}, {"layer_norm": {"over": "all"}}],
    ),
    "means of what counts": (
        "8x9x4",
        [{"avg_pool": {"kernel": 3, "stride": 2, "rounding": "ceil", "padding": 1}},
         {"avg_pool": {"kernel": 3, "stride": 2, "padding": 1, "count_padding": False}}],
    ),
    "cubes apart": ("3x4x4x2", [{"depthwise_conv": {"kernel": 3, "padding": 1}}, {"upsample": 2}]),
    "windows as rows": ("6x7x3", [{"unfold": {"kernel": [2, 3], "stride": 2, "padding": 1}}]),
    "filters of each place": (
        "6x7x3", [{"local_conv": {"filters": 2, "kernel": [2, 3], "stride": 2, "padding": 1}}]
    ),
    "one bias and reset": (
        "5x3",
        [{"gru": {"units": 3, "direction": "both"}},
         {"gru": {"units": 2, "reset": "before", "returns": "last"}}],
    ),
    "maps apart": ("4x5x3", ["instance_norm", {"reduce": {"by": "std", "over": [0, 1], "correction": 1}}]),
    "lengths": (
        "4x5x3",
        [{"reduce": {"by": "l2", "over": 0, "keep_dims": True}}, {"reduce": {"by": "l1", "over": "all"}}],
    ),
    "places": ("4x5x3", [{"reduce": {"by": "argmax", "over": "channels"}}]),
    "two views": (
        {"left": "7x7x1", "right": "7x7x1"},
        [{"conv": {"name": "a", "filters": 2, "kernel": 3, "activation": "relu", "from": "left"}},
         {"dense": {"name": "e", "units": 3}},
         {"conv": {"name": "b", "filters": 2, "kernel": 3, "activation": "tanh", "from": "right",
                   "share": "a"}},
         {"dense": {"name": "f", "units": 3, "share": "e"}}, {"subtract": {"from": ["e", "f"]}}],
    ),
    "blocks as channels": ("6x9x2", [{"pixel_unshuffle": 3}]),
    "steps from the end": ("5x3", [{"lstm": {"units": 4, "direction": "backward"}}]),
    "slopes of an activation": ("5x5x3", [{"conv": {"filters": 2, "kernel": 3, "activation": "prelu"}}]),
}  # fmt: skip


def keras_model(report: Report) -> Any:
    """The model of Keras that the code makes."""
    text = "".join(exporter(report, "keras", Choices()).pieces())
    return module_of(text)[text.rpartition("\ndef ")[2].partition("(")[0]]()


def keras_loaded(report: Report, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The model of Keras with the weights beside the code, loaded by the lines of its docstring."""
    exporter(report, "keras", Choices(seed=1)).write(str(folder / "net.py"))
    monkeypatch.chdir(folder)
    names = module_of((folder / "net.py").read_text("utf-8"))
    _, shown, lines = names["__doc__"].partition("The weights are in net.npz:\n")
    if not shown:
        return keras_model(report)
    exec(textwrap.dedent(lines), names)  # noqa: S102 - the lines are what is tested
    return names["model"]


def in_every_format(report: Report) -> None:
    """Holds that each writer says a network, and that the module of PyTorch's code has its parameters."""
    for to in ("keras", "mermaid", "dot"):
        assert "".join(exporter(report, to, Choices()).pieces())
    source = TorchSource(report)
    with torch.device("meta"):
        module = module_of("\n".join(source.lines()))[source.name]()
    assert sum(each.numel() for each in module.parameters()) == report.totals.params


LARGER = {
    "alexnet", "alexnet-fashion", "alexnet-torchvision", "densenet169", "densenet201", "fcn8s", "resnet34",
    "resnet101", "resnet152", "vgg11-fashion", "vgg13", "vgg16", "vgg16-c", "vgg19",
}  # fmt: skip
"""Networks of the same parts as others, which take long to build."""


@pytest.mark.parametrize("name", [name for name in NETWORKS if name not in LARGER])
def test_keras_code_is_read_again_and_written_in_every_format(name: str) -> None:
    pytest.importorskip("keras")
    report = cnncalc.load(name).analyze()
    again = cnncalc.load(keras_model(report)).analyze()
    assert (again.totals.params, again.totals.macs) == (report.totals.params, report.totals.macs)
    in_every_format(again)


@pytest.mark.parametrize("spec", list(examples()))
def test_keras_code_of_a_kind_puts_out_what_the_kind_does(
    spec: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("keras")
    network = cnncalc.load(spec)
    report = network.analyze()
    if report.totals.params > 20_000_000:
        pytest.skip("large")
    try:
        model = keras_loaded(report, tmp_path, monkeypatch)
    except CnncalcError as error:
        pytest.skip(str(error))
    xs = random_inputs(report.graph, 0)
    theirs = model.predict(xs if len(xs) > 1 else xs[0], verbose=0)
    named = {given.name: x for given, x in zip(report.graph.inputs, xs, strict=True)}
    (mine,) = network.run(named, seed=1).values()
    assert np.abs(mine - theirs).max() <= 1e-4 * np.abs(theirs).max()


@pytest.mark.parametrize(
    "name", ["lenet5", "lenet5-1998", "mobilenet-v2", "squeezenet1-1", "textcnn", "crnn", *KERAS_ALONE]
)
def test_keras_code_puts_out_what_the_network_does(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("keras")
    shape, layers = KERAS_ALONE.get(name, ("", []))
    spec: Any = {"input": shape, "layers": layers} if layers else name
    network = cnncalc.load(spec, input=SMALLER[name]) if name in SMALLER else cnncalc.load(spec)
    report = network.analyze()
    model = keras_loaded(report, tmp_path, monkeypatch)
    again = cnncalc.load(model)
    read = again.analyze().totals
    assert (read.params, read.macs) == (report.totals.params, report.totals.macs)
    xs = random_inputs(report.graph, 0)
    theirs = model.predict(xs if len(xs) > 1 else xs[0], verbose=0)
    named = {given.name: x for given, x in zip(report.graph.inputs, xs, strict=True)}
    for mine in (network.run(named, seed=1), again.run(named)):
        (array,) = mine.values()
        assert np.abs(array - theirs).max() <= 1e-4 * np.abs(theirs).max()


@pytest.mark.parametrize("name", ["lenet5", "squeezenet1-1", "nin", "textcnn", "mobilenet-v2"])
def test_formats_one_after_another_keep_numbers_and_values(name: str, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    network = cnncalc.load(name, input=SMALLER[name]) if name in SMALLER else cnncalc.load(name)
    report = network.analyze()
    exporter(report, "onnx", Choices(seed=1)).write(str(tmp_path / "net.onnx"))
    model = cnncalc.load(tmp_path / "net.onnx")
    spec = load_text(model.spec(), "net.yaml")
    read = model.analyze()
    exporter(read, "pytorch", Choices()).write(str(tmp_path / "net.py"))
    source = TorchSource(read)
    module = module_of((tmp_path / "net.py").read_text("utf-8"))[source.name]()
    module.load_state_dict(safetensors.load_file(tmp_path / "net.safetensors"))
    (x,) = random_inputs(report.graph, 0)
    given = in_torch(source, 0, x[0])
    again = cnncalc.load(torch.export.export(module.eval(), (given,)))
    for each in (read, spec.analyze(), again.analyze()):
        assert (each.totals.params, each.totals.macs) == (report.totals.params, report.totals.macs)
    (wanted,) = network.run(x, seed=1).values()
    moved = given.numpy()
    found = [
        *model.run(moved).values(),
        *spec.run(moved, weights=model.graph().provenance.weights).values(),
        *again.run(moved).values(),
        module(given).detach().numpy(),
    ]
    assert len(found) == 4
    for array in found:
        assert np.abs(array.ravel() - wanted.ravel()).max() <= 1e-4 * np.abs(wanted).max()


def test_the_names_that_modules_have_are_those_that_the_code_avoids() -> None:
    from cnncalc.export.code.torch_names import TAKEN

    nn = torch.nn
    own = {name for made in (nn.Module(), nn.Sequential(), nn.ModuleDict()) for name in dir(made)}
    assert {name for name in own if not name.startswith("_")} <= TAKEN
