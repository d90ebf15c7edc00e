"""Keras models read without Keras: small ones whose numbers Keras itself gave, and older ways of writing.

tests/data/keras holds configurations of Keras 3.15, and of each layer the output shape and the parameters
that Keras counts; the multiply-accumulates are PyTorch's, which ran the models.
"""

import json
import math
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnncalc
from cnncalc.errors import CnncalcError
from cnncalc.interop.keras.classes import LAYERS
from cnncalc.interop.keras.operators import OPERATORS
from cnncalc.interop.keras.reader import KerasModel
from cnncalc.loading import load_model
from cnncalc.network import Network

DATA = Path(__file__).parent / "data" / "keras"
MODELS = sorted(DATA.glob("*.json"))


def read(config: Any, **inputs: Any) -> Network:
    return load_model(KerasModel("net.json", config), inputs.get("input"))


def dense(name: str, units: int, **more: Any) -> dict[str, Any]:
    return {"class_name": "Dense", "config": {"name": name, "units": units, **more}}


def image(*shape: int | None, name: str = "x") -> dict[str, Any]:
    return {"class_name": "InputLayer", "config": {"name": name, "batch_shape": [None, *shape]}}


def sequential(*layers: Any, name: str = "net") -> dict[str, Any]:
    return {"class_name": "Sequential", "config": {"name": name, "layers": list(layers)}}


def functional(layers: list[tuple[Any, Any]], inputs: Any, outputs: Any, name: str = "net") -> dict[str, Any]:
    """A model of Keras 2: layers, each with what its calls read."""
    written = []
    for layer, calls in layers:
        nodes = [[[source, number, 0, {}] for source, number in call] for call in calls]
        written.append({**layer, "name": layer["config"]["name"], "inbound_nodes": nodes})
    ends = {"input_layers": [[n, 0, 0] for n in inputs], "output_layers": [[n, i, 0] for n, i in outputs]}
    return {"class_name": "Functional", "config": {"name": name, "layers": written, **ends}}


@pytest.mark.parametrize("file", MODELS, ids=lambda file: file.stem)
def test_a_model_has_the_numbers_that_keras_gives(file: Path) -> None:
    truth = json.loads(file.read_text())
    report = read(truth["config"]).analyze()
    found: dict[str, tuple[list[int], int]] = {}
    for row in report.layers:
        name = row.name.split(".")[0]
        before = found.get(name, ([], 0))[1]
        found[name] = ([int(size) for size in row.output_shape], before + row.params + row.buffers)
    passed = {name for name in truth["layers"] if name.startswith("random_")}
    assert found == {name: tuple(said) for name, said in truth["layers"].items() if name not in passed}
    totals = report.totals
    assert (totals.params, totals.params + totals.buffers) == (truth["trainable"], truth["total"])
    assert totals.macs == truth["macs"]


def test_a_file_is_known_by_its_contents(tmp_path: Path) -> None:
    config = json.dumps(json.loads(MODELS[0].read_text())["config"])
    (tmp_path / "net.txt").write_text(config)
    with zipfile.ZipFile(tmp_path / "net.anything", "w") as archive:
        archive.writestr("config.json", config)
        archive.writestr("metadata.json", '{"keras_version": "3.15.1"}')
    for name in ("net.txt", "net.anything"):
        assert cnncalc.load(tmp_path / name).analyze().totals.params > 0
    (tmp_path / "spec.json").write_text('{"input": "3x3x1", "layers": ["conv3-2"]}')
    assert cnncalc.load(tmp_path / "spec.json").analyze().totals.params == 20


def on_a_tensor(name: str, **options: Any) -> cnncalc.Network:
    """A model of one of `keras.ops` on an input of one row of two values."""
    given: dict[str, Any] = {
        "class_name": name,
        "name": "y",
        "module": "keras.src.ops.nn",
        "config": {"name": "y"},
    }
    tensor = {"class_name": "__keras_tensor__", "config": {"shape": [None, 2], "keras_history": ["x", 0, 0]}}
    given["inbound_nodes"] = [{"args": [tensor], "kwargs": options}]
    first = {**image(2), "name": "x", "inbound_nodes": []}
    ends = {"input_layers": [["x", 0, 0]], "output_layers": [["y", 0, 0]]}
    return read({"class_name": "Functional", "config": {"name": "n", "layers": [first, given], **ends}})


@pytest.mark.parametrize(
    ("name", "options", "wanted"),
    [
        ("Celu", {"alpha": 0.5}, [0.5 * (math.exp(-2) - 1), 2]),  # alpha*(exp(x/alpha) - 1) below 0
        ("Prod", {"axis": 1}, [-2]),
        ("Pad", {"pad_width": [[0, 0], [1, 2]], "mode": "constant", "constant_values": 3}, [3, -1, 2, 3, 3]),
        ("Pad", {"pad_width": [[0, 0], [0, 1]], "constant_values": -math.inf}, [-1, 2, -3.4028235e38]),
    ],
)
def test_functions_on_tensors(name: str, options: dict[str, Any], wanted: list[float]) -> None:
    (found,) = on_a_tensor(name, **options).run([-1, 2]).values()
    assert found.tolist() == pytest.approx(wanted)


def test_a_model_that_returns_its_input_is_told() -> None:
    with pytest.raises(cnncalc.SpecError, match="holds no layers: what it returns is its input"):
        on_a_tensor("Identity").analyze()


def test_layers_of_a_sequential_without_an_input_have_the_first_ones_shape() -> None:
    net = sequential(dense("d", 3, batch_input_shape=[None, 5]))
    assert read(net).analyze().totals.params == 18
    with pytest.raises(CnncalcError, match="says no shape of its input"):
        read(sequential(dense("d", 3)))


def test_a_shared_layer_counts_once_and_runs_twice() -> None:
    net = functional(
        [
            (image(4, name="a"), []),
            (image(4, name="b"), []),
            (dense("d", 3), [[("a", 0)], [("b", 0)]]),
            ({"class_name": "Add", "config": {"name": "sum"}}, [[("d", 0), ("d", 1)]]),
        ],
        ["a", "b"],
        [("sum", 0)],
    )
    report = read(net).analyze()
    assert report.totals.params == 15
    assert report.totals.macs == 24
    assert [row.name for row in report.layers] == ["d", "d_2", "sum"]


def test_models_in_models_are_blocks_and_share_as_a_whole() -> None:
    inner = functional([(image(4, name="i"), []), (dense("d", 3), [[("i", 0)]])], ["i"], [("d", 0)], "enc")
    net = functional(
        [
            (image(4, name="a"), []),
            (image(4, name="b"), []),
            # of Keras 2's calls of a model, the first is the one that made it
            (inner, [[("a", 0)], [("b", 0)]]),
            ({"class_name": "Subtract", "config": {"name": "difference"}}, [[("enc", 1), ("enc", 2)]]),
        ],
        ["a", "b"],
        [("difference", 0)],
    )
    report = read(net).analyze()
    assert [row.name for row in report.layers] == ["enc.d", "enc_2.d", "difference"]
    assert report.totals.params == 15
    assert [report.graph.name(n) for n in report.graph.nodes[-1].inputs] == ["enc.d", "enc_2.d"]


def test_a_block_may_hold_the_name_of_what_it_reads() -> None:
    inner = functional(
        [
            (image(4, name="i"), []),
            (dense("d", 4), [[("i", 0)]]),
            ({"class_name": "Add", "config": {"name": "s"}}, [[("d", 0), ("i", 0)]]),
        ],
        ["i"],
        [("s", 0)],
        "inner",
    )
    net = functional(
        [(image(4), []), (dense("d", 4), [[("x", 0)]]), (inner, [[("d", 0)]])], ["x"], [("inner", 1)]
    )
    graph = read(net).graph()
    # the sum in the block reads the block's own dense layer, and what went into the block
    assert [graph.name(n) for n in graph.nodes[-1].inputs] == ["inner.d_2", "d"]


def test_channels_first_is_the_layout_of_the_model() -> None:
    conv = {"class_name": "Conv2D", "config": {"name": "c", "filters": 8, "kernel_size": [3, 3]}}
    conv["config"]["data_format"] = "channels_first"  # type: ignore[index]
    flat = {"class_name": "Flatten", "config": {"name": "f", "data_format": "channels_first"}}
    net = read(sequential(image(3, 10, 12), conv, flat))
    assert net.layout == "chw"
    assert net.analyze()["c"].output_shape == (8, 8, 10)
    assert net.analyze().totals.params == 3 * 3 * 3 * 8 + 8


def test_operators_of_tensorflow_in_keras_2() -> None:
    def operator(name: str, function: str, *calls: Any) -> dict[str, Any]:
        config = {"name": name, "trainable": True, "dtype": "float32", "function": function}
        return {"class_name": "TFOpLambda", "name": name, "config": config, "inbound_nodes": list(calls)}

    part = [{"start": None, "stop": None, "step": None}, {"start": 1, "stop": 3, "step": None}]
    model = {
        "layers": [
            {**image(4, 3), "name": "x", "inbound_nodes": []},
            operator("halved", "math.truediv", ["x", 0, 0, {"y": 2.0, "name": None}]),
            operator("doubled", "__operators__.add", ["halved", 0, 0, {"y": ["halved", 0, 0], "name": None}]),
            operator("part", "__operators__.getitem", ["doubled", 0, 0, {"slice_spec": part}]),
            operator("joined", "concat", [["part", 0, 0, {"axis": -1}], ["part", 0, 0, {"axis": -1}]]),
            operator("mean", "math.reduce_mean", ["joined", 0, 0, {"axis": 1, "keepdims": False}]),
            operator("left", "math.subtract", ["_CONSTANT_VALUE", -1, 1.0, {"y": ["mean", 0, 0]}]),
        ],
        "input_layers": [["x", 0, 0]],
        "output_layers": [["left", 0, 0]],
    }
    (found,) = (
        read({"class_name": "Functional", "config": model})
        .run([[0, 1, 2], [3, 4, 5], [6, 7, 8], [9, 9, 9]])
        .values()
    )
    # the means of rows 1 and 2, 4.5, 5.5, 6.5, twice, taken from 1
    assert found.tolist() == [-3.5, -4.5, -5.5] * 2


@pytest.mark.parametrize(("backend", "last"), [("torch", 11 / 3), ("tensorflow", 3.5), ("jax", 3.5)])
def test_uneven_padding_of_an_average_is_the_backends(backend: str, last: float) -> None:
    pool = {"class_name": "AveragePooling1D", "config": {"name": "p", "pool_size": [3], "strides": [2]}}
    pool["config"]["padding"] = "same"  # type: ignore[index]
    model = KerasModel("net.h5", sequential(image(4, 1), pool), "3.1.0", backend=backend)
    (found,) = load_model(model).run([[1], [2], [3], [4]]).values()
    # of 3, 4 and the padding behind them: 4 once more, or nothing
    assert found.ravel().tolist() == pytest.approx([2, last])


def test_what_a_reader_should_know_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    truth = json.loads((DATA / "course_cnn.json").read_text())
    (warning,) = read(truth["config"]).analyze().warnings
    assert "KERAS_BACKEND" in str(warning.message)
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert not read(truth["config"]).analyze().warnings


def test_open_sizes_are_said_by_the_user() -> None:
    truth = json.loads((DATA / "tiny_unet.json").read_text())
    text = re.sub(r"\[null, \d+, \d+, (\d+)\]", r"[null, null, null, \1]", json.dumps(truth["config"]))
    config = json.loads(text)
    with pytest.raises(CnncalcError, match=r"is \?x\?x2"):
        read(config).analyze()
    assert read(config, input="48x32x2").analyze().totals.macs == truth["macs"]
    assert read(config, input="96x64x2").analyze().totals.macs == 4 * truth["macs"]


def test_all_classes_that_can_not_be_read_are_told_at_once() -> None:
    odd = [
        {"class_name": cls, "config": {"name": name}}
        for cls, name in (("Odd", "a"), ("Odd", "b"), ("Lambda", "c"))
    ]
    with pytest.raises(CnncalcError) as caught:
        read(
            functional(
                [(image(4), []), *((layer, [[("x", 0)]]) for layer in odd)],
                ["x"],
                [("a", 0), ("b", 0), ("c", 0)],
            )
        ).analyze()
    (fault,) = caught.value.faults
    assert fault.message == "2 classes are no layers that cnncalc has: Odd: 2, first at a; Lambda: at c"


def test_a_class_of_ones_own_is_not_keras_of_that_name() -> None:
    own = {**dense("d", 3), "module": None, "registered_name": "mine>Dense"}
    with pytest.raises(CnncalcError, match="Dense: at d"):
        read(sequential(image(4), own)).analyze()


def exported(cls: str, **options: Any) -> dict[str, Any]:
    config = {"name": cls.lower(), **options}
    return {"class_name": cls, "module": None, "registered_name": f"cnncalc>{cls}", "config": config}


def test_the_classes_of_exported_code_are_read_as_their_kinds() -> None:
    net = read(
        sequential(
            image(6, 6, 1),
            exported("PixelUnshuffle", scale=3),
            exported("ListedConv", table=[[0, 1], [2]], kernel=[1, 2], activation="relu"),
            exported("Subsample", kernel=[2, 1]),
            {"class_name": "Flatten", "config": {"name": "flat"}},
            exported("RBF", units=3, trainable=True),
        )
    ).analyze()
    kinds = {row.name: (row.kind, row.output_shape, row.params) for row in net.layers}
    assert kinds["pixelunshuffle"] == ("pixel_unshuffle", (2, 2, 9), 0)
    assert kinds["listedconv"] == ("conv", (2, 1, 2), 3 * 2 + 2)
    assert kinds["subsample"] == ("subsample", (1, 1, 2), 4)
    assert kinds["rbf"] == ("rbf", (3,), 6)
    with pytest.raises(CnncalcError, match="Other: at other, which is no class"):
        read(sequential(image(2), exported("Other"))).analyze()
    cell = {"class_name": "LSTMCell", "config": {"units": 4}}
    recurrent = {"class_name": "RNN", "config": {"name": "r", "cell": cell, "return_sequences": True}}
    second = exported("TwoBiasLSTMCell", units=4)
    recurrent_2 = {"class_name": "RNN", "config": {"name": "s", "cell": second}}
    net = read(sequential(image(5, 3), recurrent, recurrent_2)).analyze()
    assert [row.params for row in net.layers] == [4 * 4 * (3 + 4 + 1), 4 * 4 * (4 + 4 + 2)]


def test_unknown_classes_behind_unknown_classes_are_told_too() -> None:
    pairs = [("a", "x"), ("b", "a"), ("c", "b")]
    layers = [({"class_name": "Odd", "config": {"name": name}}, [[(source, 0)]]) for name, source in pairs]
    with pytest.raises(CnncalcError, match="Odd: 3, first at a"):
        read(functional([(image(4), []), *layers], ["x"], [("c", 0)])).analyze()


def test_shapes_that_the_file_records_are_a_witness() -> None:
    truth = json.loads((DATA / "separable_padded.json").read_text())
    text = json.dumps(truth["config"]).replace("[null, 15, 14, 8]", "[null, 16, 14, 8]")
    with pytest.raises(CnncalcError, match="conv2d puts out 15x14x8, and the file records 16x14x8"):
        read(json.loads(text)).analyze()


# ---- what can't be a model

BOMB = 40_000_000
DEEP = '{"class_name": "Sequential", "config": ' * 5000
ODD: dict[str, Any] = {
    "no config": {"class_name": "Sequential", "config": None},
    "a list": {"class_name": "Sequential", "config": {"layers": [[]]}},
    "numbers for names": sequential({"class_name": 3, "config": {}}),
    "two layers of one name": sequential(image(4), dense("d", 2), dense("d", 2)),
    "an input behind": sequential(image(4), dense("d", 2), image(4, name="y")),
    "no inputs": {
        "class_name": "Functional",
        "config": {"layers": [], "input_layers": [], "output_layers": []},
    },
    "an unknown name": functional([(image(4), []), (dense("d", 2), [[("y", 0)]])], ["x"], [("d", 0)]),
    "a call that is not there": functional(
        [(image(4), []), (dense("d", 2), [[("x", 5)]])], ["x"], [("d", 0)]
    ),
    "an output that is not there": functional([(image(4), []), (dense("d", 2), [])], ["x"], [("d", 0)]),
    "a circle": functional(
        [(image(4), []), (dense("a", 4), [[("b", 0)]]), (dense("b", 4), [[("a", 0)]])], ["x"], [("b", 0)]
    ),
    "a layer that reads nothing": functional([(image(4), []), (dense("d", 2), [[]])], ["x"], [("d", 0)]),
    "a huge size": sequential(image(10**18), dense("d", 10**18)),
    "huge units": sequential(image(4), dense("d", 10**18)),
    "a size of nothing": sequential(image(0), dense("d", 2)),
    "units that are a text": sequential(image(4), dense("d", "many")),  # type: ignore[arg-type]
    "an expression": sequential(image(4), dense("d", "$(9**9)")),  # type: ignore[arg-type]
    "a kernel of four": sequential(
        image(8, 8, 3),
        {"class_name": "Conv2D", "config": {"name": "c", "filters": 2, "kernel_size": [1, 2, 3, 4]}},
    ),
    "no kernel": sequential(image(8, 8, 3), {"class_name": "Conv2D", "config": {"name": "c", "filters": 2}}),
    "a crop of a vector": sequential(
        image(8), {"class_name": "CenterCrop", "config": {"name": "c", "height": 2, "width": 2}}
    ),
    "no units": sequential(
        image(6, 4), {"class_name": "LSTM", "config": {"name": "l", "return_state": True}}
    ),
    "a mode that is a mapping": sequential(
        image(6, 4),
        {
            "class_name": "Bidirectional",
            "config": {
                "name": "b",
                "merge_mode": {},
                "layer": {"class_name": "LSTM", "config": {"name": "l", "units": 2}},
            },
        },
    ),
    "no axes": sequential(image(6, 4), {"class_name": "Softmax", "config": {"name": "s", "axis": []}}),
    "not enough to attend to": sequential(
        image(4), {"class_name": "TimeDistributed", "config": {"name": "t", "layer": dense("d", 2)}}
    ),
}


@pytest.mark.parametrize("case", ODD)
def test_a_configuration_that_can_not_be_is_told(case: str) -> None:
    with pytest.raises(CnncalcError) as caught:
        read(ODD[case]).analyze()
    assert all(fault.place or fault.code == "wrong_rank" for fault in caught.value.faults)


def archive(file: Path, **members: str) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
        for name, text in members.items():
            target.writestr(f"{name}.json", text)
    return file


def test_files_that_are_broken_or_meant_to_break_are_told(tmp_path: Path) -> None:
    good = json.dumps(sequential(image(4), dense("d", 2)))
    whole = archive(tmp_path / "whole.keras", config=good, metadata='{"keras_version": "3.1.0"}').read_bytes()
    (tmp_path / "cut.keras").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "turned.keras").write_bytes(whole[:60] + bytes([whole[60] ^ 255]) + whole[61:])
    archive(tmp_path / "bomb.keras", config=" " * 2 * BOMB, metadata="{}")
    archive(tmp_path / "text.keras", config="not JSON", metadata="{}")
    archive(tmp_path / "list.keras", config="[]", metadata="[]")
    (tmp_path / "deep.json").write_text(DEEP)
    (tmp_path / "digits.json").write_text('{"class_name": "Sequential", "config": ' + "1" * 10_000 + "}")
    (tmp_path / "broken.json").write_text(good[:-3])
    for file in sorted(tmp_path.iterdir()):
        if file.name != "whole.keras":
            with pytest.raises(CnncalcError):
                cnncalc.load(file).analyze()


def test_a_model_at_each_step_and_what_can_not_be_there() -> None:
    conv = {"class_name": "Conv2D", "config": {"name": "c", "filters": 2, "kernel_size": [3, 3]}}
    flat: dict[str, Any] = {"class_name": "Flatten", "config": {"name": "f"}}

    def frames(*last: Any) -> dict[str, Any]:
        inner = sequential(image(5, 5, 1), conv, flat, *last)
        return sequential(
            image(4, 5, 5, 1),
            {"class_name": "TimeDistributed", "config": {"name": "t", "layer": inner}},
            {"class_name": "LSTM", "config": {"name": "l", "units": 3}},
        )

    report = read(frames(dense("d", 6))).analyze()
    shapes = [tuple(row.output_shape) for row in report.layers]
    assert shapes == [(4, 3, 3, 2), (4, 18), (4, 6), (3,)]
    assert report.totals.params == (9 + 1) * 2 + (18 + 1) * 6 + 4 * 3 * (6 + 3 + 1)
    assert report.totals.macs == 4 * (9 * 9 * 2 + 18 * 6 + 4 * 3 * (6 + 3))
    steps = {"class_name": "RepeatVector", "config": {"name": "r", "n": 2}}
    with pytest.raises(CnncalcError, match="RepeatVector: at r, which applies 'RepeatVector' at each step"):
        read(frames(steps)).analyze()


def test_arrays_that_a_file_writes_out_are_numbers_of_channels() -> None:
    def array(*values: float) -> dict[str, Any]:
        return {"class_name": "__numpy__", "config": {"value": list(values), "dtype": "float32"}}

    for name, wanted in (("Subtract", [-5, -1]), ("Divide", [-0.25, 2 / 3]), ("Multiply", [-4, 6])):
        (found,) = on_a_tensor(name, x2=array(4, 3)).run([-1, 2]).values()
        assert found.tolist() == pytest.approx(wanted)
    with pytest.raises(CnncalcError, match="divides by 0"):
        on_a_tensor("Divide", x2=array(0, 3)).analyze()
    for name in ("Power", "Maximum"):
        with pytest.raises(CnncalcError, match="an array that the file writes out"):
            on_a_tensor(name, x2=array(4, 3)).analyze()


def test_what_a_model_says_is_never_an_expression() -> None:
    model = sequential(image(4), dense("$(1+1)", 3), {"class_name": "ReLU", "config": {"name": "a.b c"}})
    assert [row.name for row in read(model).analyze().layers] == ["__1_1_", "a_b_c"]


def test_the_page_names_every_class_that_is_read() -> None:
    page = (Path(__file__).parents[1] / "docs" / "keras.md").read_text("utf-8")
    listed = re.search(r"## Classes that are read\n(.*?)\n\n`TimeDistributed` is", page, re.DOTALL)
    assert listed
    assert set(re.findall(r"`(\w+)`", listed[1])) == {*LAYERS, *OPERATORS}


def test_arrays_of_shapes_that_no_layer_has_are_a_fault_of_the_file() -> None:
    conv = {"class_name": "Conv2D", "config": {"name": "c", "filters": 2, "kernel_size": [3, 3]}}
    model = KerasModel("net.h5", sequential(image(8, 8, 1), conv), "3.1.0", lambda _: np.zeros(2))
    weights = load_model(model).analyze().graph.provenance.weights or {}
    with pytest.raises(CnncalcError, match=r"vars/0' is of a shape that 'c.weight' can't have"):
        dict(weights)


def test_operators_that_would_make_a_list_of_billions_are_refused() -> None:
    tensor = {"class_name": "__keras_tensor__", "config": {"keras_history": ["x", 0, 0]}}
    for name, arguments in (("Repeat", [10**12, 1]), ("Split", [10**12, 2])):
        call: Any = {
            "class_name": name,
            "module": "keras.src.ops.numpy",
            "name": "y",
            "config": {"name": "y"},
        }
        call["inbound_nodes"] = [{"args": [tensor, *arguments], "kwargs": {}}]
        given = {**image(6, 10**12), "name": "x", "inbound_nodes": []}
        ends = {"input_layers": ["x", 0, 0], "output_layers": ["y", 0, 0]}
        with pytest.raises(CnncalcError, match=r"to more than|into more than"):
            read(
                {"class_name": "Functional", "config": {"name": "n", "layers": [given, call], **ends}}
            ).analyze()
