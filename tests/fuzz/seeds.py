"""What a run of fuzz.py starts from: the built-in networks, the cases of the tests, the words of each format.

Made anew each time, so that a new kind or a new word is fuzzed as soon as it is there.
"""

from __future__ import annotations

import io
import json
import struct
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
import yaml
from structured import archived

sys.path.append(str(Path(__file__).parents[1]))
import office

import cnncalc
from cnncalc.analysis.devices import KEYS as DEVICE
from cnncalc.analysis.memory import DTYPES
from cnncalc.built_in import architectures
from cnncalc.homework.headings import HEADINGS, INPUTS, LAYERS, TOTALS
from cnncalc.homework.marking_file import KEYS as MARKING
from cnncalc.homework.numbers import _BYTES, _SCALES
from cnncalc.interop.keras.classes import LAYERS as KERAS_LAYERS
from cnncalc.interop.keras.operators import OPERATORS
from cnncalc.layers import aliases, find, names
from cnncalc.layers.support.base import fields
from cnncalc.quantity import names_of
from cnncalc.spec.document import EXPECTED, ITEM_WORDS, KEYS
from cnncalc.spec.expressions import _BINARY, _FUNCTIONS
from cnncalc.spec.pasted import CALLS

ASKED = "CONV1=conv5-6 relu, POOL1=maxpool2, FC=fc-10"
"""The network that the sheets are answers to, of 12x12x3."""
CASES = Path(__file__).parents[1] / "layer_cases.yaml"
DATA = Path(__file__).parents[1] / "data"


def specs() -> Iterator[bytes]:
    for path in sorted(architectures().glob("*.yaml")):
        yield path.read_bytes()
    for shape, layers in yaml.safe_load(CASES.read_text("utf-8")):
        text = yaml.safe_dump({"input": shape, "layers": layers}, default_flow_style=None)
        yield text.encode()
    for name in names():
        for example in cls.examples if (cls := find(name)) else ():
            yield json.dumps(example.spec()).encode()
    for line in lines():
        yield json.dumps({"input": "12x12x3", "layers": [line.decode()]}).encode()
    yield b"input: HxWxC\nlayers: [convF-K sS pP, maxpool2]\n"
    # the attacks that have been tried
    deep = "relu"
    for _ in range(12):
        deep = f"{{d: {{x: [{deep}]}}}}"
    twice = "[{block: {layers: $x}}, {block: {layers: $x}}]"
    blocks = f"{{d: {{options: {{x: [relu]}}, layers: {twice}}}}}"
    yield f"input: 8x8x1\nblocks: {blocks}\nlayers: [{deep}]\n".encode()
    yield b"input: 8x8x1\na: &a [relu, relu]\nb: &b [*a, *a]\nlayers: [{repeat: {times: 99, layers: *b}}]\n"
    yield b'name: "E\\e[31m\\e]0;p\\a"\ninput: 8x8x1\nlayers: [file=conv3-$(min(4)), allow_pickle=relu]\n'
    yield b"input: 8x8x1\nlayers: [relu\na:b" + b" " * 300 + b"\n"
    yield (
        b"input: 8x8x4\nvariables: {w: 2, half: 0.5}\nblocks:\n"
        b"  unit:\n    options: {width: , stride: 1, path: []}\n"
        b"    layers:\n      - add: [[conv3-$width s$stride same, bn relu], $path]\nlayers:\n"
        b"  - a=conv3-$(4*w) same\n  - unit: {width: 8, path: []}\n"
        b"  - repeat: {times: 2, layers: [unit: 8]}\n"
        b"  - block: {name: b, layers: [{conv: {filters: 8, kernel: 1, share: a}}]}\n"
        b"  - head: [gap, fc-10 softmax]\n  - concat: [a, []]\noutputs: [head1, concat1]\n"
        b"expect: {total: {params: 3}}\n"
    )


def lines() -> Iterator[bytes]:
    """Layers in the short notation, in words, and in the calls of other frameworks."""
    for call in CALLS:
        yield f"x = nn.{call}(3, 4, kernel_size=3, stride=(2, 1), padding='same')(x)".encode()
    yield b"CONV-9-32, POOL-2, conv 3 x 3 with 16 maps and no bias, 16 filters 5x5 conv /2, FC10 ReLU"
    yield b"max pooling 2x2 stride 2, global average pooling, Dropout 0.5, fully connected 120 softmax"
    yield b"a=conv3-$(4*2) s2 same bn relu, maxpool3 s2 p1, gap, fc-10\n# said\nfc-4"
    yield (
        b"class Net(nn.Module):\n    def __init__(self, n=2):\n        super().__init__()\n"
        b"        self.a = nn.Conv2d(3, 2 * n, 3)\n        self.b = nn.Linear(2 * n * 5 * 5, 10)\n"
        b"    def forward(self, x):\n        x = F.max_pool2d(F.relu(self.a(x)), 2)\n"
        b"        x = x.view(-1, 100)\n        return self.b(x)\n"
    )
    yield (
        b"model = keras.Sequential([keras.Input(shape=(12, 12, 3)), layers.Conv2D(4, 3, activation='relu'),"
        b" layers.Flatten()])\nmodel.add(Dense(10))\nmodel.compile(loss='mse')\n"
    )
    yield b"Sequential(\n  (0): Conv2d(3, 6, kernel_size=(5, 5), stride=(1, 1))\n  (1): ReLU()\n)"


def markings() -> Iterator[bytes]:
    """Files of marks: one that says all that can be said, and the attacks that have been tried."""
    yield (
        b"columns: [shape, params, total]\nmarks: {params: 2, total params: 1/2}\n"
        b"partial: {others: 50%, bias: 0}\naccept: {CONV1: {params: [456, 400..500]}}\nroundings: [ceil]\n"
        b"tolerance: {params: 1%}\nlayers: {CONV*: {marks: 2}, POOL1: no}\nonly_given: yes\n"
        b"headings: {Wert: params}\nshow: slips\nlenient: yes\n"
    )
    yield json.dumps({"marks": {"params": 3}, "headings": {"Anzahl": "params"}, "show": "answers"}).encode()
    yield b"a: &a {x: 1, y: 2}\nb: &b [*a, *a, *a]\ncolumns: [*b, *b]\nmarks: {params: 9e999999999}\n"
    path = Path(__file__).parents[2] / "docs" / "marking.schema.json"
    for name in json.loads(path.read_text("utf-8"))["properties"]:
        for value in ("{params: 1}", "[params]", "1/3", "1e999", '"*"', "yes", "1%"):
            yield f"{name}: {value}\n".encode()


def devices() -> Iterator[bytes]:
    for path in sorted((Path(cnncalc.__file__).parent / "devices").glob("*.yaml")):
        yield path.read_bytes()


def values() -> Iterator[bytes]:
    """Answers as students write them, and the attacks that have been tried."""
    for text in (
        "456", "48,120 (=120*400+120)", "14*10^6", "14×10⁶", "1.3M", "≈ 24 KiB", "(5*5*3 + 1)*6 = 456", "5^2",
        "28x28x6", "(28, 28, 6)", "6@28×28", "H=28, W=28, C=6", "[None, 28, 28, 6]", "１２８", "4.8e4", "1/3",
        r"$5 \times 5 \cdot 3$", "⌊(32-5)/1⌋+1 = 28", "min(5)", "max(w, 2**7)", "9**9**9", "n " * 33 + "-",
        "48.120", "61 706 params", "params=2,total params=1/2", "shape,params,total", "1e999999999", "50%",
        "four hundred", "四百五十六", "1.5 GB/s", "10x10x999999999", "((((1))))", "-0", "1e-400", "2,5,6 / 3",
    ):  # fmt: skip
        yield text.encode()


def sheets() -> Iterator[bytes]:
    report = cnncalc.load(ASKED, input="12x12x3").analyze()
    header = ["Layer", *(words.partition("|")[0] for words in HEADINGS.values())][:9]
    rows = [
        [
            row.name,
            "x".join(map(str, row.output_shape)),
            f"{row.activation_size:,}",
            str(row.params),
            f"{row.connections / 1000:.1f}k",
            f"{row.macs} (= {row.macs // 2}*2)",
            f"{row.flops:.2e}",
            "5x5",
            f"{row.activation_size * 4 / 1024} KB",
        ]
        for row in report
    ]
    rows.append(["Total", "", "", "2,006", "(5*5*3 + 1)*6", "14×10⁶", "1.3M", "-", "≈ 24"])
    for delimiter in ",;\t":
        quoted = [[f'"{cell}"' if delimiter in cell else cell for cell in row] for row in [header, *rows]]
        yield "\r\n".join(map(delimiter.join, quoted)).encode()
    rule = ["---"] * len(header)
    yield "\n".join(f"| {' | '.join(row)} |" for row in [header, rule, *rows]).encode()
    answers = {row[0]: dict(zip(HEADINGS, row[1:], strict=False)) for row in rows}
    yield json.dumps({"answers": answers}).encode()
    yield yaml.safe_dump(answers, allow_unicode=True).encode()
    yield json.dumps(report.to_dict()).encode()
    yield "层,参数,形状\nCONV1,４５０,２８×２８×６\n合计,6.2万,\n".encode("gb18030")
    yield "Layer\tParams\nCONV1\t456\n".encode("utf-16")
    yield _workbook([header, *rows])
    yield from (write([header, *rows]) for write in (_document, _open_document, _web_page, _latex, _notebook))
    plain = "\n".join(";".join(row) for row in [header, *rows]).encode()
    yield archived(
        {"__MACOSX/._a.csv": b"", "ann/a.csv": plain, "b.md": b"|Layer|Params|\n|-|-|\n|FC|970|\n"}
    )
    yield archived({"a.csv": archived({"b.csv": plain})})
    # the attacks that have been tried
    yield b"Layer,Activation Shape\nCONV1,(" + b"n " * 33 + b"-\n"
    yield b'sep="\nLayer"# Parameters\nCONV1"456\n'
    yield b'Layer,# Parameters\nCONV1,"\x1b[31m\x1b]0;P\x07\nMarks  7 of 7"\nFC,min(5)\n'
    yield b"Layer,Shape\nPOOL1,10x10x999999999\n"
    yield b"a" + b" " * 3000 + b"1,2\n"
    yield b"answers: &a {CONV1: {params: [*a, *a, 9**9**9]}}\n"


def _document(rows: list[list[str]]) -> bytes:
    span = "<w:gridSpan w:val='1'/>"
    table = "".join(
        f"<w:tr>{''.join(office.in_word(escape(text), span) for text in row)}</w:tr>" for row in rows
    )
    return office.document(table, packed=zipfile.ZIP_STORED)


def _open_document(rows: list[list[str]]) -> bytes:
    once = ' table:number-columns-repeated="1"'
    table = "".join(office.row("".join(office.cell(escape(text), once) for text in row)) for row in rows)
    return office.open_document(office.worksheet(table), packed=zipfile.ZIP_STORED)


def _web_page(rows: list[list[str]]) -> bytes:
    lines = "".join(f"<tr><td colspan=1>{'<td rowspan=2>'.join(map(escape, row))}" for row in rows)
    return f"<!doctype html><!-- <td> --><script>a<b</script><table>{lines}</table>".encode()


def _latex(rows: list[list[str]]) -> bytes:
    lines = " \\\\ \\hline\n".join(" & ".join(cell.replace("#", r"\#") for cell in row) for row in rows)
    wide = r"\multicolumn{2}{c}{CONV1} & $5^2$ \\ \cmidrule(lr){1-2}"
    return rf"\begin{{tabular}}[t]{{|l|{{r}}|}} {lines} \\ {wide} % \end{{tabular}}".encode()


def _notebook(rows: list[list[str]]) -> bytes:
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    shown = {"data": {"text/html": [_web_page(rows).decode()], "text/markdown": table}}
    cells = [
        {"cell_type": "markdown", "source": [table]},
        {"cell_type": "code", "source": "1", "outputs": [shown]},
    ]
    return json.dumps({"nbformat": 4, "cells": cells}).encode()


def _workbook(rows: list[list[str]]) -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    for row in rows:
        book.active.append([f"={cell}" if "*" in cell else cell for cell in row])
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def models() -> Iterator[bytes]:
    """Values: of the first two, and of the .npz, those that `fuzz.py` runs its small network with."""
    rng = np.random.default_rng(0)
    arrays = {"conv1.weight": rng.random((2, 1, 2, 2), np.float32), "conv1.bias": rng.random(2, np.float32)}
    yield _saved(np.save, rng.random((3, 3, 1), np.float32))
    yield _saved(np.save, np.asfortranarray(rng.random((3, 2))))
    yield _saved(np.savez, **arrays)
    yield _saved(np.savez_compressed, **arrays)
    for kind, size in (("F32", 4), ("F16", 2), ("BF16", 2), ("I64", 8)):
        header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
        at = 0
        for name, array in arrays.items():
            header[name] = {"dtype": kind, "shape": array.shape, "data_offsets": [at, at + array.size * size]}
            at += array.size * size
        text = json.dumps(header).encode()
        yield struct.pack("<Q", len(text)) + text + rng.bytes(at)
    yield b"1 0 1; 0 1 0; 1 0 1"
    yield b"1,2/16,-3.5e2\n0,0,1\n\n1,2,3\n4,5,6\n"
    from PIL import Image

    for mode in ("L", "RGB", "RGBA", "P", "1", "I;16"):
        data = io.BytesIO()
        Image.new(mode, (3, 3)).save(data, "PNG")
        yield data.getvalue()


def _saved(save: Any, *arrays: Any, **named: Any) -> bytes:
    data = io.BytesIO()
    save(data, *arrays, **named)
    return data.getvalue()


_SAID: dict[str, Any] = {
    "filters": 4, "kernel_size": [2, 2], "strides": [1, 2], "padding": "same", "units": 3, "n": 2, "axis": -1,
    "pool_size": [2, 2], "activation": "relu", "rate": 0.5, "target_shape": [4, -1], "dims": [2, 1, 3],
    "input_dim": 9, "output_dim": 3, "scale": 0.5, "groups": 3, "num_heads": 2, "key_dim": 2, "height": 4,
    "width": 5, "equation": "abcd,de->abce", "output_shape": [4], "bias_axes": "e", "max_value": 6,
    "axes": [1, 1], "data_format": "channels_last",
    "layer": {"class_name": "LSTM", "config": {"units": 2, "return_sequences": True}},
}  # fmt: skip
"""Options of Keras's layers: each class takes those that it has, and passes the others over."""


def keras_models() -> Iterator[bytes]:
    """A network of each class on an image, a sequence and a vector, in the manners of Keras 2 and 3."""
    for cls in (*KERAS_LAYERS, *OPERATORS):
        for shape in ([8, 8, 3], [6, 4], [5]):
            options = {
                key: [1] if value == [1, 2] and len(shape) < 3 else value for key, value in _SAID.items()
            }
            layer: dict[str, Any] = {
                "class_name": cls,
                "module": "keras.src.ops.numpy" if cls in OPERATORS else "keras.layers",
            }
            first: dict[str, Any] = {
                "class_name": "InputLayer",
                "config": {"batch_shape": [None, *shape], "name": "x"},
            }
            tensor = {"class_name": "__keras_tensor__", "config": {"keras_history": ["x", 0, 0]}}
            calls = [{"args": [tensor, tensor, 2][: 1 + (cls in OPERATORS)], "kwargs": {}}]
            model = {
                "layers": [
                    {**first, "name": "x", "inbound_nodes": []},
                    {**layer, "name": "y", "config": {**options, "name": "y"}, "inbound_nodes": calls},
                ],
                "input_layers": ["x", 0, 0],
                "output_layers": ["y", 0, 0],
            }
            yield json.dumps({"class_name": "Functional", "config": model}).encode()
    plain = [{"class_name": "Dense", "config": {"name": "d", "units": 2, "batch_input_shape": [None, 3]}}]
    older = json.dumps({"class_name": "Sequential", "config": {"name": "s", "layers": plain}}).encode()
    yield older


def keras_files() -> Iterator[bytes]:
    """Small files of Keras 2, their arrays in them; and of Keras 3, without."""
    for path in sorted((DATA / "keras2").glob("*.*")):
        if path.suffix in (".h5", ".keras"):
            yield path.read_bytes()
    for path in sorted((DATA / "keras").glob("*.json")):
        config = json.dumps(json.loads(path.read_text("utf-8"))["config"])
        members = {"config.json": config.encode(), "metadata.json": b'{"keras_version": "3.15.1"}'}
        yield archived(members)


def graphs(ending: str) -> Iterator[bytes]:
    """What graphs.py made: small exports of PyTorch, in the format with this ending."""
    with zipfile.ZipFile(DATA / "graphs.zip") as archive:
        for name in archive.namelist():
            if name.endswith(ending):
                yield archive.read(name)


def programs() -> Iterator[bytes]:
    """Exported programs as PyTorch lays their archives out today, and one as PyTorch 2.6 did."""
    yield from graphs(".pt2")
    with zipfile.ZipFile(DATA / "graphs.zip") as archive, archive.open("conv.pt2") as file:
        program = zipfile.ZipFile(file).read("models/model.json")
        state = archive.read("state.pt")
    yield archived({"serialized_exported_program.json": program, "serialized_state_dict.pt": state})


def words(kind: str) -> set[str]:
    """What a format's words are: what the fuzzer would take longest to find by itself."""
    if kind in ("spec", "line", "written"):
        found = {*KEYS, *ITEM_WORDS, *names_of(EXPECTED), *names(), *aliases(), *_BINARY, *_FUNCTIONS}
        for name in names():
            cls = find(name)
            found |= set(fields(cls)) if cls else set()
        found |= {"name", "from", "share", "trainable", "paths", "times", "options", "same", "valid", "full"}
        found |= {"nobias", "$index", "$(", "conv3-4", "fc-4", "maxpool2", "32x32x3", "hwc", "chw", "exact"}
        found |= {
            *CALLS,
            "nn.",
            "self.",
            "(x)",
            "def f(a=1):",
            "filters",
            "stride",
            "kernel_size",
            "in_channels",
        }
        return found | {"1000000000000", "99999999999999999999", "1e400", ".nan", "&a", "*a", "<<"}
    if kind in ("sheet", "value"):
        found = {word for heading in HEADINGS.values() for word in heading.split("|")}
        found |= {*INPUTS, *LAYERS, *TOTALS, *_SCALES, *_BYTES, "answers", "sep=;", "CONV1", "POOL1", "FC"}
        return (found | {"9**9", "10^6", "x10^", "×", "≈", "approx", "⌊", "（", "１", "1e99", "KiB"}) - {""}
    if kind in ("marking", "device"):
        found = {
            *names_of(EXPECTED),
            *MARKING,
            *DEVICE,
            *DTYPES,
            "1/3",
            "50%",
            "1e999",
            "KiB",
            "GB",
            "T",
        }
        return found | {
            "CONV1",
            "FC",
            "CONV*",
            "others",
            "&a",
            "*a",
            "<<",
            "1000000000000000000000000000",
            ".nan",
        }
    found = {"descr", "fortran_order", "shape", "True", "<f4", "|O", "<f8", "<c8", "|b1", ">i2", "<U4", "|V8"}
    found |= {"__metadata__", "dtype", "data_offsets", "F32", "F64", "BF16", "I64", "U8", "conv1.weight"}
    return found | {"IHDR", "IDAT", "PLTE", "tRNS", "iCCP", "zTXt", "PK", "nan", "inf", "1/0", "1e309"}


SEEDS: dict[str, Callable[[], Iterator[bytes]]] = {
    "spec": specs,
    "line": lines,
    "value": values,
    "written": specs,
    "sheet": sheets,
    "marking": markings,
    "device": devices,
    "model": models,
    "keras": keras_models,
    "keras_file": keras_files,
    "pt2": programs,
    "onnx": lambda: graphs(".onnx"),
}


def plant(kind: str, folder: Path) -> Path:
    """Writes the seeds of a kind of input to a folder, and beside it the words; returns their file."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(SEEDS[kind]()):
        (folder / f"seed-{number:03}").write_bytes(data)
    file = folder.with_suffix(".words")
    escaped = ("".join(f"\\x{byte:02x}" for byte in word.encode()) for word in sorted(words(kind)))
    file.write_text("".join(f'"{word}"\n' for word in escaped), "ascii")
    return file
