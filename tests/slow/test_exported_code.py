"""Networks as code of other frameworks: the code runs there, and is the same network."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnncalc
from cnncalc.analysis.report import Report
from cnncalc.errors import CnncalcError
from cnncalc.execute.weights import expected
from cnncalc.export.code.torch_source import TorchSource
from cnncalc.layers import find, names

torch = pytest.importorskip("torch")

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


@pytest.mark.parametrize("spec", list(examples()))
def test_a_layer_puts_out_what_the_kind_does(spec: dict[str, Any]) -> None:
    network = cnncalc.load(spec)
    report = network.analyze()
    if report.totals.params > 20_000_000:
        pytest.skip("large")
    try:
        TorchSource(report)
    except CnncalcError as error:
        pytest.skip(str(error))
    check_values(network, report)


@pytest.mark.parametrize(
    "name", ["lenet5", "resnet18", "googlenet", "mobilenet-v2", "densenet121", "unet", "swin-t"]
)
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
    if name != "swin-t":  # a window attention is read as the operators that it runs, with names of their own
        assert set(expected(again.graph, again.facts)) == set(expected(report.graph, report.facts))


def test_the_names_that_modules_have_are_those_that_the_code_avoids() -> None:
    from cnncalc.export.code.torch_names import TAKEN

    nn = torch.nn
    own = {name for made in (nn.Module(), nn.Sequential(), nn.ModuleDict()) for name in dir(made)}
    assert {name for name in own if not name.startswith("_")} <= TAKEN
