"""Files of models and weights, broken or made to harm: each is told in one located error, exit code 2.

contained.py runs them all with little time and memory, and ends what starts a process, opens a socket,
unpickles, runs text or writes.
"""

import io
import json
import pickle
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest

import cnncalc
from cnncalc.errors import CnncalcError

HERE = Path(__file__).parent
DATA = HERE / "data"
HUGE = 10**18
SPEC = "input: 3x3x1\nlayers: [{conv: {name: c, filters: 2, kernel: 2}}]\n"


class Payload:
    """What would be seen, if a pickle were loaded."""

    def __reduce__(self) -> Any:
        import os

        return os.system, ("touch pickled",)


def zipped(files: dict[str, bytes], packed: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", packed) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return target.getvalue()


def members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def cut(data: bytes) -> Iterator[tuple[str, bytes]]:
    """A file that ends early, and files that are damaged within."""
    for part in (1, 4, 30, len(data) // 3, len(data) // 2, len(data) - 30, len(data) - 1):
        yield f"cut after {part}", data[:part]
    yield "zeros", bytes(len(data))
    yield "zeros behind a good start", data[:64] + bytes(len(data) - 64)
    yield "nothing", b""


def archives(good: dict[str, bytes], graph: str) -> Iterator[tuple[str, bytes]]:
    """What a zip can do; `graph` is the file in it that holds the model."""
    good = {graph: good[graph], **good}
    whole = zipped(good)
    yield "a bomb", zipped(good | {graph: bytes(2**27)})
    yield "a bomb of blanks", zipped(good | {graph: b"[" + b" " * 2**27 + b"]"})
    yield "another checksum", whole.replace(whole[14:18], b"abcd")
    encrypted = bytearray(whole)
    encrypted[6] |= 1
    at = whole.index(b"PK\x01\x02")
    while at >= 0:
        encrypted[at + 8] |= 1
        at = whole.find(b"PK\x01\x02", at + 4)
    yield "encrypted", bytes(encrypted)
    yield "an unknown way of packing", whole.replace(b"\x08\x00", b"\x63\x00")
    larger, at = bytearray(whole), whole.index(b"PK\x01\x02")
    while at >= 0:
        larger[at + 24 : at + 28] = struct.pack("<I", 2**31)
        at = whole.find(b"PK\x01\x02", at + 4)
    yield "a size that is not so", bytes(larger)
    yield "a path that leads out", zipped({f"../../{name}": data for name, data in good.items()})
    yield "JSON too deep", zipped(good | {graph: b"[" * 100_000})
    yield "JSON a thousand deep", zipped(good | {graph: b'{"a":' * 1000 + b"1" + b"}" * 1000})
    yield "no JSON", zipped(good | {graph: b"import os"})
    yield "no UTF-8", zipped(good | {graph: b'"\xff\xfe"'})
    yield "a number of a million digits", zipped(good | {graph: b"1" * 10**6})
    for value in (b"null", b"[]", b"{}", b'"x"', b"0", b"NaN"):
        yield f"{value.decode()} for a model", zipped(good | {graph: value})
    yield "a pickle for a model", zipped(good | {graph: pickle.dumps(Payload())})


# ---- .pt2


def pt2() -> Iterator[tuple[str, bytes]]:
    whole = (DATA / "lenet5.pt2").read_bytes()
    good = members(whole)
    entry = next(name for name in good if name.endswith("models/model.json"))
    yield from cut(whole)
    yield from archives(good, entry)

    def changed(name: str, change: Callable[[Any], None]) -> bytes:
        document = json.loads(good[name])
        change(document)
        return zipped(good | {name: json.dumps(document).encode()})

    def graph(document: Any) -> Any:
        return document["graph_module"]["graph"]

    def sizes(value: Any, axis: int = 2) -> Callable[[Any], None]:
        return lambda d: graph(d)["tensor_values"]["x"]["sizes"].__setitem__(axis, value)

    yield "a huge size", changed(entry, sizes({"as_int": HUGE}))
    yield "a size below 0", changed(entry, sizes({"as_int": -3}))
    yield "a batch of nothing", changed(entry, sizes({"as_int": 0}, axis=0))
    yield (
        "an infinite type",
        changed(entry, lambda d: graph(d)["tensor_values"]["x"].update(dtype=float("inf"))),
    )
    yield (
        "a size of a text",
        changed(entry, sizes({"as_expr": {"expr_str": "__import__('os')", "hint": None}})),
    )
    yield (
        "a size that takes long",
        changed(entry, sizes({"as_expr": {"expr_str": "9**9**9**9", "hint": None}})),
    )
    yield "a circle", changed(entry, lambda d: graph(d)["nodes"].reverse())
    yield (
        "a name of nothing",
        changed(
            entry, lambda d: graph(d)["nodes"][3]["inputs"][0]["arg"].update(as_tensor={"name": "nothing"})
        ),
    )
    yield (
        "an unknown operator",
        changed(entry, lambda d: graph(d)["nodes"][1].update(target="torch.ops.aten.fft_rfft.default")),
    )
    yield "an operator that runs", changed(entry, lambda d: graph(d)["nodes"][1].update(target="os.system"))
    yield (
        "a huge kernel",
        changed(
            entry, lambda d: graph(d)["tensor_values"]["p_c1_weight"].update(sizes=[{"as_int": HUGE}] * 4)
        ),
    )
    yield (
        "huge padding",
        changed(entry, lambda d: graph(d)["nodes"][0]["inputs"][4]["arg"].update(as_ints=[HUGE, HUGE])),
    )


def pt2_weights() -> Iterator[tuple[str, bytes]]:
    """Those whose arrays can't be: read by `run`."""
    good = members((DATA / "lenet5.pt2").read_bytes())
    config = next(name for name in good if name.endswith("model_weights_config.json"))
    old = members((DATA / "lenet5_torch26.pt2").read_bytes())

    def changed(**more: Any) -> bytes:
        document = json.loads(good[config])
        first = document["config"]["c1.weight"]
        first["tensor_meta"].update({key: value for key, value in more.items() if key != "path_name"})
        first.update({key: value for key, value in more.items() if key == "path_name"})
        return zipped(good | {config: json.dumps(document).encode()})

    # found by the fuzzer
    yield "strides of another rank", changed(strides=[{"as_int": 1}])
    yield "an infinite offset", changed(storage_offset={"as_int": float("inf")})
    yield "a size below 0", changed(sizes=[{"as_int": n} for n in (-1, 1, 5, 5)])
    yield "strides that reach far", changed(strides=[{"as_int": 10**12}] * 4)
    yield "strides below 0", changed(strides=[{"as_int": -1}] * 4)
    yield "an offset far away", changed(storage_offset={"as_int": 10**15})
    yield "a shape that is huge", changed(sizes=[{"as_int": 10**6}] * 4, strides=[{"as_int": 0}] * 4)
    yield "an unknown type", changed(dtype=99)
    yield "a path that leads out", changed(path_name="../../../../etc/passwd")
    yield "a pickle that runs", zipped(old | {"serialized_state_dict.pt": pickle.dumps(Payload())})
    inner = zipped({"archive/data.pkl": pickle.dumps(Payload())})
    yield "a pickle in an archive that runs", zipped(old | {"serialized_state_dict.pt": inner})


# ---- Keras


def dense(name: str, **options: Any) -> dict[str, Any]:
    return {"class_name": "Dense", "config": {"name": name, "units": 2} | options}


def sequential(*layers: Any, shape: Any = (None, 4)) -> bytes:
    first = {"class_name": "InputLayer", "config": {"name": "x", "batch_shape": list(shape)}}
    model = {"class_name": "Sequential", "config": {"name": "net", "layers": [first, *layers]}}
    return json.dumps(model).encode()


def keras_graph(reads: dict[str, str]) -> bytes:
    nodes = [
        {**dense(name), "name": name, "inbound_nodes": [[[source, 0, 0, {}]]]}
        for name, source in reads.items()
    ]
    first = {"class_name": "InputLayer", "name": "x", "config": {"name": "x", "batch_shape": [None, 4]}}
    ends = {"input_layers": [["x", 0, 0]], "output_layers": [["b", 0, 0]]}
    return json.dumps({"class_name": "Functional", "config": {"layers": [first, *nodes], **ends}}).encode()


def nested(depth: int) -> bytes:
    inner = b'{"class_name": "Sequential", "config": {"name": "n", "layers": ['
    return inner * depth + b"]}}" * depth


def doubled(depth: int) -> bytes:
    """A model that holds a model twice, which holds one twice, and so on: 60 of them are 10**18 layers."""
    model: Any = dense("d")
    for number in range(depth):
        name = f"m{number}"
        first = {"class_name": "InputLayer", "name": "x", "config": {"name": "x", "batch_shape": [None, 2]}}
        own = {**model, "name": "inner", "config": {**model["config"], "name": "inner"}}
        own["inbound_nodes"] = [[["x", 0, 0, {}]], [["inner", 0 if number == 0 else 1, 0, {}]]]
        ends = {"input_layers": [["x", 0, 0]], "output_layers": [["inner", 1 if number == 0 else 2, 0]]}
        config = {"name": name, "layers": [first, own], **ends}
        model = {"class_name": "Functional", "config": config}
    return json.dumps(model).encode()


def keras_json() -> Iterator[tuple[str, bytes]]:
    yield from list(cut(sequential(dense("d"))))[2:-3]
    yield "too deep", nested(100_000)
    yield "a thousand deep", nested(1000)
    yield (
        "a thousand lists deep",
        b'{"class_name": "Sequential", "config": ' + b"[" * 1000 + b"]" * 1000 + b"}",
    )
    yield "a circle", keras_graph({"a": "b", "b": "a"})
    yield "a name of nothing", keras_graph({"b": "nothing"})
    yield "huge units", sequential(dense("d", units=HUGE))
    yield "a huge input", sequential(dense("d"), shape=(None, HUGE))
    yield (
        "a huge kernel",
        sequential(
            {"class_name": "Conv2D", "config": {"name": "c", "filters": 2, "kernel_size": [HUGE, HUGE]}},
            shape=(None, 8, 8, 3),
        ),
    )
    yield "huge repeats", sequential({"class_name": "RepeatVector", "config": {"name": "r", "n": HUGE}})
    yield (
        "huge upsampling",
        sequential(
            {"class_name": "UpSampling2D", "config": {"name": "u", "size": [HUGE, HUGE]}},
            shape=(None, 8, 8, 3),
        ),
    )
    yield "a program", sequential({"class_name": "Lambda", "config": {"name": "l", "function": "os.system"}})
    yield "an unknown class", sequential({"class_name": "os.system", "config": {"name": "l"}})
    yield "a model that holds itself twice, sixty times", doubled(60)
    yield "an infinite number", sequential(dense("d")).replace(b'"units": 2', b'"units": Infinity')
    yield (
        "a number of a million digits",
        sequential(dense("d")).replace(b'"units": 2', b'"units": ' + b"1" * 10**6),
    )


def keras_zip() -> Iterator[tuple[str, bytes]]:
    good = {"metadata.json": b'{"keras_version": "3.1.0"}', "config.json": sequential(dense("d"))}
    yield from cut(zipped(good))
    yield from archives(good, "config.json")


def keras_zip_weights() -> Iterator[tuple[str, bytes]]:
    good = members((DATA / "keras2" / "attention.keras").read_bytes())
    name = "model.weights.h5"
    yield "no weights", zipped(good | {name: b""}, zipfile.ZIP_STORED)
    yield "weights that are no HDF5", zipped(good | {name: b"x" * 10_000})
    yield "weights that end early", zipped(good | {name: good[name][:9000]}, zipfile.ZIP_STORED)
    yield "weights that are a bomb", zipped(good | {name: good[name] + bytes(2**27)})
    yield "weights that are a pickle", zipped(good | {name: pickle.dumps(Payload())})


def hdf5(change: Callable[[Any, Any], None]) -> bytes:
    import h5py

    target = io.BytesIO((DATA / "keras2" / "attention.h5").read_bytes())
    with h5py.File(target, "r+") as file:
        change(file, h5py)
    return target.getvalue()


def h5() -> Iterator[tuple[str, bytes]]:
    whole = (DATA / "keras2" / "attention.h5").read_bytes()
    yield from list(cut(whole))[:-3]

    def config(text: bytes) -> bytes:
        return hdf5(lambda file, h5py: file.attrs.create("model_config", text, dtype=h5py.string_dtype()))

    # the heap of texts holds a free piece of no length, and the library goes on to the next piece for ever
    text = whole.index(b"GCOL") + 16
    yield "a heap without an end", whole[:text] + bytes(16) + whole[text + 16 :]
    yield "no model", hdf5(lambda file, _: file.attrs.pop("model_config"))
    yield "too deep", config(nested(3000))
    yield "no JSON", config(b"import os")
    yield "a number for a model", hdf5(lambda file, _: file.attrs.create("model_config", 3))
    yield "huge units", config(sequential(dense("d", units=HUGE)))


def h5_weights() -> Iterator[tuple[str, bytes]]:
    place = "model_weights/frozen/frozen/kernel:0"

    def put(make: Callable[[Any, Any], None]) -> bytes:
        def change(file: Any, h5py: Any) -> None:
            del file[place]
            make(file, h5py)

        return hdf5(change)

    yield (
        "a link to another file",
        put(lambda f, h: f.__setitem__(place, h.ExternalLink("/etc/passwd", "/x"))),
    )
    yield "a link in a circle", put(lambda f, h: f.__setitem__(place, h.SoftLink(f"/{place}")))
    yield (
        "values in another file",
        put(lambda f, _: f.create_dataset(place, (8, 8), "f4", external=[("/etc/passwd", 0, 256)])),
    )
    yield (
        "more than there is",
        put(lambda f, _: f.create_dataset(place, (10**6, 10**6), "f4", chunks=(1000, 1000))),
    )
    yield (
        "a bomb",
        put(
            lambda f, _: f.create_dataset(
                place, (20_000, 20_000), "f4", chunks=True, compression="gzip", fillvalue=1
            )
        ),
    )
    yield "texts", put(lambda f, h: f.create_dataset(place, (8, 8), h.string_dtype()))
    yield "another shape", put(lambda f, _: f.create_dataset(place, (3, 8), "f4"))
    yield "a group", put(lambda f, _: f.create_group(place))
    # a filter that HDF5 loads from a library, if it is told to
    data = put(
        lambda f, _: f.create_dataset(place, (8, 8), "f4", chunks=True, fletcher32=True, data=np.ones((8, 8)))
    )
    yield (
        "a filter that is nowhere",
        data.replace(b"\x03\x00\x00\x00\x00\x00\x00\x00", b"\xff\x7f\x00\x00\x00\x00\x00\x00"),
    )


# ---- ONNX


def model(
    nodes: list[Any], initializers: Any = (), shape: Any = (1, 4, 8, 8), opset: int = 17, **more: Any
) -> bytes:
    from onnx import TensorProto, helper

    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, list(shape))],
        [helper.make_empty_tensor_value_info("y")],
        list(initializers),
    )
    used = [helper.make_opsetid("", opset)]
    return helper.make_model(graph, opset_imports=used, ir_version=8, **more).SerializeToString()  # type: ignore[no-any-return]


def node(op: str, reads: str, gives: str, **more: Any) -> Any:
    from onnx import helper

    return helper.make_node(op, reads.split(), gives.split(), **more)


def whole_numbers(name: str, *values: int) -> Any:
    from onnx import TensorProto, helper

    return helper.make_tensor(name, TensorProto.INT64, [len(values)], values)


def onnx() -> Iterator[tuple[str, bytes]]:
    import onnx
    from onnx import TensorProto, helper

    whole = (DATA / "onnx" / "signal1d.onnx").read_bytes()
    yield from list(cut(whole))[:-1]

    yield "a circle", model([node("Add", "x b", "a"), node("Relu", "a", "b"), node("Relu", "b", "y")])
    yield "a name of nothing", model([node("Relu", "nothing", "y")])
    yield "nothing put out", model([node("Relu", "x", "z")])
    yield "an unknown operator", model([node("System", "x", "y")])
    yield "an operator of one's own", model([node("Relu", "x", "y", domain="os.system")])
    yield "a huge size", model([node("Relu", "x", "y")], shape=(1, HUGE, HUGE))
    yield "a size below 0", model([node("Relu", "x", "y")], shape=(1, 4, -8, 8))
    yield (
        "no attributes",
        model([node("Conv", "x w", "y")], [TensorProto(name="w", data_type=1, dims=[HUGE, 4, 1, 1])]),
    )
    scalar = helper.make_tensor("n", TensorProto.INT64, [], [10**10])
    zero, step = (
        helper.make_tensor(name, TensorProto.INT64, [], [n]) for name, n in (("zero", 0), ("one", 1))
    )
    yield (
        "a range of 10**10",
        model(
            [node("Range", "zero n one", "r"), node("Cast", "r", "c", to=1), node("Add", "x c", "y")],
            [scalar, zero, step],
        ),
    )
    yield (
        "a constant of 10**10",
        model(
            [node("ConstantOfShape", "n", "c"), node("Add", "x c", "y")], [whole_numbers("n", 10**5, 10**5)]
        ),
    )
    yield (
        "one value spread to 10**10",
        model(
            [node("Expand", "v n", "c"), node("Add", "x c", "y")],
            [helper.make_tensor("v", 1, [1], [0.0]), whole_numbers("n", 10**5, 10**5)],
        ),
    )
    yield (
        "one value repeated 10**10 times",
        model(
            [node("Tile", "v n", "c"), node("Add", "x c", "y")],
            [helper.make_tensor("v", 1, [1], [0.0]), whole_numbers("n", 10**10)],
        ),
    )
    twice = [node("Concat", f"c{n} c{n}", f"c{n + 1}", axis=0) for n in range(40)]
    yield (
        "doubled forty times",
        model([*twice, node("Reshape", "x c40", "y")], [whole_numbers("c0", *range(1000))]),
    )
    yield (
        "padding of 10**10",
        model(
            [node("Pad", "v n", "c"), node("Add", "x c", "y")],
            [helper.make_tensor("v", 1, [1], [0.0]), whole_numbers("n", 10**10, 0)],
        ),
    )
    yield (
        "a thousand million ones of one value",
        model(
            [node("OneHot", "i n v", "c"), node("Add", "x c", "y")],
            [whole_numbers("i", *range(100)), scalar, helper.make_tensor("v", 1, [2], [0.0, 1.0])],
        ),
    )
    powers = [node("Mul", f"p{n} p{n}", f"p{n + 1}") for n in range(200)]
    yield "squares of squares", model([*powers, node("Reshape", "x p200", "y")], [whole_numbers("p0", 3)])
    branch = helper.make_graph([node("Relu", "x", "z")], "b", [], [helper.make_empty_tensor_value_info("z")])
    for _ in range(300):
        inner = node("If", "t", "z", then_branch=branch, else_branch=branch) if _ < 12 else None
        if inner is not None:
            branch = helper.make_graph([inner], "b", [], [helper.make_empty_tensor_value_info("z")])
    yield "branches in branches", model([node("If", "t", "y", then_branch=branch, else_branch=branch)])
    loop = node("Loop", "n t", "y", body=branch)
    yield "a loop of 10**10", model([loop], [scalar, helper.make_tensor("t", TensorProto.BOOL, [], [True])])
    function = helper.make_function(
        "f", "F", ["x"], ["y"], [node("F", "x", "y", domain="f")], [helper.make_opsetid("f", 1)]
    )
    yield "a function of itself", model([node("F", "x", "y", domain="f")], functions=[function])
    text = helper.make_tensor("t", TensorProto.STRING, [1], [b"x" * 100])
    yield "texts", model([node("Add", "x t", "y")], [text])
    # found by the fuzzer: computed indices along an axis of size 1, and a name that is no UTF-8
    yield (
        "indices that are computed",
        model([node("Cast", "x", "i", to=7), node("Gather", "x i", "y", axis=1)], shape=(1, 1, 4, 4)),
    )
    yield "a name that is no text", model([node("Relu", "x", "y")]).replace(b"\x01x", b"\x01\xff")
    model_proto = onnx.load_from_string(model([node("Relu", "x", "y")]))
    prop = (
        model_proto.graph.node[0].metadata_props.add()
        if hasattr(model_proto.graph.node[0], "metadata_props")
        else None
    )
    if prop is not None:
        prop.key, prop.value = "pkg.torch.onnx.name_scopes", "(" * 50_000
    model_proto.graph.node[0].op_type = "Unknown"
    yield "names that nest deep", model_proto.SerializeToString()


def onnx_arithmetic() -> Iterator[tuple[str, bytes]]:
    """Constants that onnx's own reference would work out for hours, or from what it should not open."""
    from onnx import TensorProto, helper

    eps = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\nshowpage\n"
    image = helper.make_tensor("e", TensorProto.UINT8, [len(eps)], eps, raw=True)
    yield (
        "a picture that is a program",
        model([node("ImageDecoder", "e", "z"), node("Relu", "z", "y")], [image], opset=20),
    )
    said = node("Constant", "", "s0", value_string="a" * 100)
    matched = node("RegexFullMatch", "s0", "z", pattern="(a|a|aa)+b")
    yield "an expression that takes for ever", model([said, matched, node("Relu", "z", "y")], opset=20)
    for op in ("StringConcat", "Add"):
        longer = [node(op, f"s{n} s{n}", f"s{n + 1}") for n in range(60)]
        yield (
            f"a text doubled sixty times by {op}",
            model([said, *longer, node("Relu", "s60", "y")], opset=20),
        )
    grams = node("TfIdfVectorizer", "i", "z", max_gram_length=HUGE, min_gram_length=1, max_skip_count=HUGE,
                 mode="TF", ngram_counts=[0], ngram_indexes=[0], pool_int64s=[1])  # fmt: skip
    numbers = whole_numbers("i", *range(300))
    yield "words of any length", model([grams, node("Relu", "z", "y")], [numbers])
    for op in ("ConstantOfShape", "Expand"):
        large = [node(op, "n" if op == "ConstantOfShape" else "v n", f"c{n}") for n in range(300)]
        reads = " ".join(f"c{n}" for n in range(300))
        yield (
            f"three hundred of four million values by {op}",
            model(
                [*large, node("Concat", reads, "z", axis=0), node("Relu", "z", "y")],
                [helper.make_tensor("v", 1, [1], [0.0]), whole_numbers("n", 2048, 2000)],
            ),
        )


def onnx_weights() -> Iterator[tuple[str, bytes]]:
    from onnx import TensorProto, helper

    for where in ("/etc/passwd", "../../../../../../etc/passwd", "missing.bin", "\0", ""):
        tensor = TensorProto(name="w", data_type=1, dims=[4, 4, 1, 1], data_location=TensorProto.EXTERNAL)
        for key, value in (("location", where), ("offset", "0"), ("length", "64")):
            entry = tensor.external_data.add()
            entry.key, entry.value = key, value
        graph = helper.make_graph(
            [helper.make_node("Conv", ["x", "w"], ["y"])],
            "net",
            [helper.make_tensor_value_info("x", 1, [1, 4, 8, 8])],
            [helper.make_empty_tensor_value_info("y")],
            [tensor],
        )
        yield f"weights in {where!r}", helper.make_model(graph, ir_version=8).SerializeToString()


# ---- weights and values alone


def safetensors() -> Iterator[tuple[str, bytes]]:
    def made(header: Any, data: bytes = bytes(8)) -> bytes:
        text = header if isinstance(header, bytes) else json.dumps(header).encode()
        return struct.pack("<Q", len(text)) + text + data

    def entry(**more: Any) -> Any:
        return {"c.weight": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]} | more}

    yield from list(cut(made(entry())))[:-3]
    yield "a huge header", struct.pack("<Q", 2**63) + b"{}"
    yield "too deep", made(b"[" * 100_000)
    yield "a number of a million digits", made(b"1" * 10**6)
    yield "a huge shape", made(entry(shape=[HUGE]))
    yield "many huge sizes", made(entry(shape=[2**40] * 8))
    yield "a shape of 0 and huge", made(entry(shape=[0, HUGE], data_offsets=[0, 0]))
    yield "outside", made(entry(data_offsets=[0, 10**12]))
    yield "an unknown type", made(entry(dtype="OBJECT"))
    yield "a pickle", made(pickle.dumps(Payload()))
    for value in (b"null", b"[]", b'"x"', b"0"):
        yield f"{value.decode()} for a header", made(value)


def npz() -> Iterator[tuple[str, bytes]]:
    def header(text: str, data: bytes = bytes(64)) -> bytes:
        told = text.encode()
        return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(told)) + told + data

    def one(array: bytes) -> bytes:
        return zipped({"c.weight.npy": array})

    plain = io.BytesIO()
    np.save(plain, np.ones((2, 1, 2, 2), np.float32))
    yield from cut(one(plain.getvalue()))
    yield (
        "a bomb",
        one(header("{'descr': '<f4', 'fortran_order': False, 'shape': (33554432,)}", bytes(2**27))),
    )
    yield "a huge shape", one(header(f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({HUGE},)}}"))
    yield "a program", one(header("__import__('os').system('touch ran')"))
    yield "brackets", one(header("(" * 9000))
    yield (
        "objects",
        one(header("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", pickle.dumps(Payload()))),
    )
    yield "a pickle", one(pickle.dumps(Payload()))
    yield "no array", zipped({"c.weight.txt": b"x"})


def pickled() -> Iterator[tuple[str, bytes]]:
    yield "a pickle", pickle.dumps(Payload())
    yield "an old pickle", pickle.dumps(Payload(), protocol=0)
    yield (
        "a pickle of PyTorch",
        zipped({"archive/data.pkl": pickle.dumps(Payload()), "archive/version": b"3"}),
    )


MADE: dict[str, tuple[Callable[[], Iterator[tuple[str, bytes]]], tuple[str, ...], str]] = {
    "pt2": (pt2, ("shapes",), ""),
    "pt2 weights": (pt2_weights, ("run",), ""),
    "json": (keras_json, ("shapes",), ""),
    "keras": (keras_zip, ("shapes",), ""),
    "keras weights": (keras_zip_weights, ("run",), "h5py"),
    "h5": (h5, ("shapes",), "h5py"),
    "h5 weights": (h5_weights, ("run",), "h5py"),
    "onnx": (onnx, ("shapes",), "onnx"),
    "onnx arithmetic": (onnx_arithmetic, ("shapes",), "onnx"),
    "onnx weights": (onnx_weights, ("run",), "onnx"),
    "safetensors": (safetensors, ("run", "net.yaml", "--weights"), ""),
    "npz": (npz, ("run", "net.yaml", "--weights"), ""),
}
"""A format -> what makes its files, the command that reads them, and the library that it takes."""
HARMLESS = (
    "a path that leads out",
    "a size that is not so",
    *("weights in 'missing.bin'", "weights in '\\x00'", "weights in ''"),
)
"""Names in an archive are names, and nothing is unpacked; a file is read up to its end;
weights that are absent are drawn."""
ENDINGS = ("pt2", "onnx", "keras", "h5", "json", "safetensors", "npz")


@cache
def results(group: str) -> dict[str, tuple[Any, str, list[str], str]]:
    """What came of each file of a group: exit code, errors, what was forbidden, and the file's name."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "net.yaml").write_text(SPEC)
        commands, cases = [], []
        if group == "pickles":
            endings = [
                end for end in ENDINGS if end not in MADE or not MADE[end][2] or find_spec(MADE[end][2])
            ]
            files = {f"{case} as .{end}": (data, end) for case, data in pickled() for end in endings}
        else:
            make, _, _ = MADE[group]
            files = {case: (data, group.partition(" ")[0]) for case, data in make()}
        for number, (case, (data, ending)) in enumerate(files.items()):
            file = folder / f"net{number}.{ending}"
            file.write_bytes(data)
            weights = ending in ("safetensors", "npz")
            verb = ("run", "net.yaml", "--weights") if weights else MADE.get(group, MADE["pt2"])[1]
            commands.append([*verb, file.name])
            cases.append((case, file.name))
        done = subprocess.run(
            [sys.executable, "-B", str(HERE / "contained.py")],
            input=json.dumps(commands),
            capture_output=True,
            text=True,
            cwd=folder,
            check=False,
            env={"PYTHONPATH": str(HERE.parent), "OPENBLAS_NUM_THREADS": "1", "PATH": "/usr/bin:/bin"},
        )
        assert done.returncode == 0, done.stderr
        left = {path.name for path in folder.iterdir()} - {"net.yaml", *(file for _, file in cases)}
        assert left == set()
    found = json.loads(done.stdout)
    return {case: (*result, file) for (case, file), result in zip(cases, found, strict=True)}


@pytest.mark.parametrize(
    "group",
    [
        pytest.param(group, marks=() if group in ("json", "npz", "pickles") else pytest.mark.slow)
        for group in (*MADE, "pickles")
    ],
)
def test_files_that_are_broken_or_meant_to_break(group: str) -> None:
    if group in MADE and (library := MADE[group][2]) and find_spec(library) is None:
        pytest.skip(f"{library} is not installed")
    wrong = {}
    for case, (code, errors, forbidden, file) in results(group).items():
        lines = [line for line in errors.splitlines() if "error[" in line]
        located = errors.startswith((file, "error[misshapen_weight]: frozen.weight is 8x3"))
        told = code == 2 and len(lines) == 1 and located and "[internal]" not in errors
        if forbidden or not (told or (case in HARMLESS and code == 0)):
            wrong[case] = (code, errors[:300], forbidden)
    assert wrong == {}


def test_a_product_with_a_huge_constant_array_is_refused_before_it_is_made(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    helper = onnx.helper

    def tensor(name: str, value: int) -> Any:
        return helper.make_tensor(name, onnx.TensorProto.INT64, [1], [value])

    graph = helper.make_graph(
        [
            helper.make_node("Constant", [], ["many"], value=tensor("", 5 * 10**6)),
            helper.make_node("ConstantOfShape", ["many"], ["ones"], value=tensor("", 1)),
            helper.make_node("Mul", ["ones", "one"], ["product"]),
            helper.make_node("Expand", ["x", "product"], ["y"]),
        ],
        "net",
        [helper.make_tensor_value_info("x", 1, [1, 4])],
        [helper.make_empty_tensor_value_info("y")],
        [tensor("one", 1)],
    )
    file = tmp_path / "net.onnx"
    file.write_bytes(helper.make_model(graph, ir_version=8).SerializeToString())
    with pytest.raises(CnncalcError, match="constants of more than 4,194,304 values are made"):
        cnncalc.load(file).analyze()


@pytest.mark.parametrize("operator", ["Add", "Cast"])
def test_a_vector_that_onnx_would_write_out_value_by_value_is_refused(operator: str, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    helper = onnx.helper
    node = helper.make_node(operator, ["x"] * (1 + (operator == "Add")), ["y"])
    if operator == "Cast":
        node.attribute.append(helper.make_attribute("to", 1))
    given, made = helper.make_tensor_value_info("x", 1, [10**12]), helper.make_empty_tensor_value_info("y")
    file = tmp_path / "net.onnx"
    model = helper.make_model(helper.make_graph([node], "net", [given], [made]), ir_version=8)
    file.write_bytes(model.SerializeToString())
    with pytest.raises(CnncalcError, match="constants of more than 4,194,304 values are made"):
        cnncalc.load(file).analyze()
