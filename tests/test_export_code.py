"""Networks as code of other frameworks: what the code looks like, and that names can't get into it."""

import ast
import contextlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnncalc
from cnncalc.cli import main
from cnncalc.errors import CnncalcError, UsageError
from cnncalc.execute.files import read_weights
from cnncalc.execute.session import all_weights
from cnncalc.export.exporter import Choices, exporter
from cnncalc.layers import find, names
from cnncalc.layers.support.base import Layer

ROOT = Path(__file__).parents[1]
LOOKS = ROOT / "tests" / "data" / "exported"
NETWORKS = sorted(path.stem for path in (ROOT / "architectures").glob("*.yaml"))
ENDINGS = ("py", "safetensors")
TARGETS = ("pytorch", "keras")


def code(network: Any, to: str = "pytorch") -> str:
    return "".join(exporter(cnncalc.load(network).analyze(), to, Choices()).pieces())


def find_all() -> list[type[Layer]]:
    """The kinds that PyTorch's code can say: what an opaque layer does is not known."""
    return [kind for name in names() if (kind := find(name)) is not None and name != "opaque"]


def named(title: str, **layer: Any) -> dict[str, Any]:
    return {"name": title, "input": "8x8x3", "layers": [{"conv": {"filters": 4, "kernel": 3, **layer}}]}


@pytest.mark.parametrize("to", TARGETS)
def test_every_network_is_code_that_ruff_would_leave_alone(to: str, tmp_path: Path) -> None:
    for network in NETWORKS:
        (tmp_path / f"{network.replace('-', '_')}.py").write_text(code(network, to), "utf-8")
    for kind in find_all():
        for number, example in enumerate(kind.examples):
            # Keras lacks a few kinds
            with contextlib.nullcontext() if to == "pytorch" else contextlib.suppress(UsageError):
                (tmp_path / f"{kind.kind}_{number}.py").write_text(code(example.spec(), to), "utf-8")
    for words in (["check", "--isolated"], ["format", "--isolated", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *words, "--no-cache", "."],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("to", TARGETS)
@pytest.mark.parametrize("network", ["lenet5", "resnet18"])
def test_the_look_of_the_code(network: str, to: str) -> None:
    assert code(network, to) == (LOOKS / f"{network}.{to}.txt").read_text("utf-8")


def test_blocks_are_classes_with_arguments_for_what_differs() -> None:
    tree = ast.parse(code("resnet50"))
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    assert set(classes) == {"BottleneckPath", "Bottleneck", "Bottleneck2", "Stage", "ResNet50"}
    (made,) = [node for node in classes["BottleneckPath"].body if isinstance(node, ast.FunctionDef)]
    assert [argument.arg for argument in made.args.args] == ["self", "in_channels", "channels", "stride"]
    # a loop makes the units of a stage
    assert code("resnet50").count("for i in range(") == 3


def test_a_number_that_grows_from_round_to_round_is_a_formula() -> None:
    assert "DenseBlockUnit(32 + 32 * i)" in code("densenet121")


@pytest.mark.parametrize(
    ("written", "used"),
    [
        ("class", "class_"),
        ("forward", "forward_"),
        ("training", "training_"),
        ("1x1", "n1x1"),
        ("a-b", "a_b"),
        ("卷积", "卷积"),
        ("\N{MODIFIER LETTER SMALL F}c", "_c"),  # Python would read fc
    ],
)
def test_names_that_python_or_modules_take_are_changed(written: str, used: str) -> None:
    assert f"self.{used} = nn.Conv2d(3, 4, 3)" in code(named("net", name=written))


def only_definitions(text: str) -> None:
    """Holds that a module does nothing as it is imported."""
    body = ast.parse(text).body
    assert isinstance(body[0], ast.Expr)
    assert isinstance(body[0].value, ast.Constant)
    assert all(
        isinstance(node, ast.Import | ast.ImportFrom | ast.ClassDef | ast.FunctionDef) for node in body[1:]
    )
    imported = {alias.name for node in body if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in body if isinstance(node, ast.ImportFrom)}
    assert imported <= {"torch", "torch.nn", "collections", "keras"}


@pytest.mark.parametrize("to", TARGETS)
@pytest.mark.parametrize(
    "name",
    [
        '"""\nimport os\nos.system("ls")\n"""',
        "\\",
        'a"""b\\',
        "__import__('os')",
        "{0} {made} %s",
        "\x1b[31mred\x00",
        "\N{RIGHT-TO-LEFT OVERRIDE}abc",
        "import",
        "",
        "12",
        "x" * 1000,
        "网络",
    ],
)
def test_the_name_of_a_network_is_text_alone(name: str, to: str) -> None:
    text = code(named(name), to)
    only_definitions(text)
    assert text.isprintable() or "\x1b" not in text


def test_the_names_of_layers_are_identifiers_or_literals() -> None:
    layers = [
        {"conv": {"name": name, "filters": 4, "kernel": 1}}
        for name in (
            "lambda",
            "self",
            "nn",
            "torch",
            "F",
            "x",
            "super",
            "__class__",
            "print",
            "网络",
            "_",
            "to",
        )
    ]
    text = code({"input": "8x8x3", "layers": layers})
    only_definitions(text)
    made = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Assign)]
    assert len({ast.unparse(node.targets[0]) for node in made if "self." in ast.unparse(node)}) >= len(layers)


def test_paths_that_share_a_layer_use_one_module() -> None:
    spec = {
        "input": {"a": "8x8x3", "b": "8x8x3"},
        "layers": [
            {"conv": {"name": "one", "filters": 4, "kernel": 3, "from": "a"}},
            {"conv": {"name": "two", "filters": 4, "kernel": 3, "from": "b", "share": "one"}},
            {"concat": {"from": ["one", "two"]}},
        ],
    }
    text = code(spec)
    assert text.count("nn.Conv2d(") == 1
    assert text.count("self.one(") == 2
    assert "def forward(self, a, b):" in text


def test_a_layer_of_keras_is_called_where_others_share_it() -> None:
    a, b = ({"name": n, "units": 4, "activation": "relu", "from": f"in_{n}"} for n in "ab")
    inputs = {"in_a": "6", "in_b": "6"}
    text = code(
        {"input": inputs, "layers": [{"fc": a}, {"fc": {**b, "share": "a"}}, {"add": ["a", "b"]}]}, "keras"
    )
    assert text.count("layers.Dense(") == 1
    assert (
        '    a = layers.Dense(4, activation="relu", name="a")\n    x = a(in_a)\n    out = a(in_b)\n' in text
    )
    # the rows of a kernel behind maps stand in an order of the maps' sizes
    maps = {"in_a": "2x3x1", "in_b": "3x2x1"}
    with pytest.raises(UsageError, match=r"b \(dense\)"):
        code(
            {"input": maps, "layers": [{"fc": a}, {"fc": {**b, "share": "a"}}, {"add": ["a", "b"]}]}, "keras"
        )


def test_a_layer_that_pytorch_has_no_module_for_is_named() -> None:
    with pytest.raises(UsageError) as refused:
        code({"input": "8x3", "layers": ["conv3-4 same", {"deform_conv": {"filters": 4, "kernel": 3}}]})
    assert refused.value.faults[0].code == "not_exportable"
    assert "deform_conv1" in str(refused.value)


def test_nothing_is_written_for_a_network_that_can_not_be_said(tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text("input: 8x3\nlayers: [deform_conv: {filters: 4, kernel: 3}]\n", "utf-8")
    with pytest.raises(SystemExit) as exited:
        main(["export", str(spec), "--to", "pytorch", "-o", str(tmp_path / "net.py")])
    assert exited.value.code == 2
    assert not (tmp_path / "net.py").exists()


@pytest.mark.parametrize(
    ("to", "told"),
    [
        ("pytorch", "        self.stem.requires_grad_(False)\n\n"),
        ("keras", 'Conv2D(2, 1, trainable=False, name="stem")'),
    ],
)
def test_frozen_layers_are_frozen_in_the_code(to: str, told: str) -> None:
    stem = {"conv": {"filters": 2, "kernel": 1, "trainable": False, "name": "stem"}}
    still = {"relu": {"trainable": False}}
    text = code({"input": "4x4x1", "layers": [stem, still, "fc-2"]}, to)
    assert told in text
    assert text.count("requires_grad_") + text.count("trainable") == 1
    unit = {"repeat": {"times": 2, "layers": [{"conv": {**stem["conv"], "name": "c"}}]}}
    text = code({"input": "4x4x2", "layers": [stem, unit, "fc-2"]}, to)
    assert 'for name in ["stem", "repeat1.1.c", "repeat1.2.c"]:' in text or text.count("trainable=False") == 3


def test_the_weights_stand_beside_the_code_by_its_names(tmp_path: Path) -> None:
    file = tmp_path / "net.py"
    own = {"conv": {"name": "forward", "kernel": 1, "filters": 2}}
    spec = {"input": "8x8x3", "layers": ["conv3-4 same, bn, relu", own]}
    report = cnncalc.load(spec).analyze()
    exporter(report, "pytorch", Choices(seed=5)).write(str(file))
    assert "load_state_dict(load_file('net.safetensors'))" in file.read_text("utf-8")
    found, drawn = read_weights(str(tmp_path / "net.safetensors")), all_weights(report, seed=5)
    assert found.pop("batch_norm1.num_batches_tracked") == 0
    assert {name.replace("forward_.", "forward.") for name in found} == set(drawn)
    assert all(np.array_equal(found[name.replace("forward.", "forward_.")], drawn[name]) for name in drawn)
    # a model's own values are written unasked
    model = cnncalc.load(Path(__file__).parent / "data" / "lenet5.pt2").analyze()
    exporter(model, "pytorch", Choices()).write(str(tmp_path / "own.py"))
    assert (tmp_path / "own.safetensors").exists()
    before = (tmp_path / "own.safetensors").read_bytes()
    made = exporter(report, "pytorch", Choices(weights=str(tmp_path / "own.safetensors")))
    with pytest.raises(UsageError, match="would be written over"):
        made.write(str(tmp_path / "own.py"))
    assert (tmp_path / "own.safetensors").read_bytes() == before
    for folder, named_so in (("taken.py", "taken.py"), ("weights.safetensors", "weights.py")):
        (tmp_path / folder).mkdir()
        with pytest.raises(CnncalcError, match="is a folder"):
            exporter(report, "pytorch", Choices(seed=1)).write(str(tmp_path / named_so))
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"taken.py", "weights.safetensors", *(f"{n}.{e}" for n in ("net", "own") for e in ENDINGS)}
    with pytest.raises(UsageError, match="beside the code"):
        list(exporter(report, "pytorch", Choices(seed=1)).pieces())


def test_the_weights_beside_code_of_keras_lie_as_keras_has_them(tmp_path: Path) -> None:
    layers = ["conv3-4", {"depthwise_conv": {"kernel": 2, "multiplier": 2, "activation": "prelu"}}, "fc-5"]
    report = cnncalc.load({"input": "5x6x3", "layers": layers}).analyze()
    made = exporter(report, "keras", Choices(seed=5))
    made.write(str(tmp_path / "net.py"))
    text = (tmp_path / "net.py").read_text("utf-8")
    assert "numpy.load('net.npz')" in text
    assert 'layers.PReLU(shared_axes=(1, 2), name="depthwise_conv1_activation")' in text
    found, drawn = read_weights(str(tmp_path / "net.npz")), all_weights(report, seed=5)
    sizes = {name: array.shape for name, array in found.items()}
    assert sizes == {
        "conv1/kernel": (3, 3, 3, 4), "conv1/bias": (4,), "depthwise_conv1/kernel": (2, 2, 4, 2),
        "depthwise_conv1/bias": (8,), "depthwise_conv1_activation/alpha": (1, 1, 8),
        "dense1/kernel": (48, 5), "dense1/bias": (5,),
    }  # fmt: skip
    # the map (C, H, W) = (8, 2, 3) of the network, row by row with the channels last in Keras
    kernel = found["dense1/kernel"].reshape(2, 3, 8, 5)
    assert np.array_equal(kernel[1, 2, 3], drawn["dense1.weight"][:, 3 * 6 + 1 * 3 + 2])
    assert found["depthwise_conv1/kernel"][0, 1, 3, 1] == drawn["depthwise_conv1.weight"][7, 0, 0, 1]
    with pytest.raises(UsageError, match="beside the code"):
        list(made.pieces())


def test_layers_that_keras_would_call_the_same_are_named() -> None:
    inner = {"conv": {"name": "b", "filters": 4, "kernel": 3}}
    layers = [{"repeat": {"name": "a", "times": 2, "layers": [inner]}}, {"relu": {"name": "a_1_b"}}]
    with pytest.raises(UsageError, match=r"a\.1\.b and a_1_b have one name in Keras, a_1_b"):
        code({"input": "8x8x3", "layers": layers}, "keras")


def test_a_layer_that_keras_has_not_is_named() -> None:
    layers = ["conv3-4 same", {"deform_conv": {"filters": 4, "kernel": 3, "name": "bent"}}]
    with pytest.raises(UsageError, match=r"bent \(deform_conv\): Keras has no layer for that"):
        code({"input": "8x8x3", "layers": layers}, "keras")
