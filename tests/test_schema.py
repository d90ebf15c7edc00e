"""The JSON Schema: held by a public validator to every spec that is right or wrong, and to the readers."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_errors import CASES
from test_layers import FAULTS

import cnncalc
from cnncalc.errors import CnncalcError, LayerError, SpecError
from cnncalc.layers import aliases, find, names
from cnncalc.layers.support.base import Layer, fields
from cnncalc.spec.document import KEYS
from cnncalc.spec.parse import parse
from cnncalc.spec.schema import schema
from cnncalc.spec.source import Source

jsonschema = pytest.importorskip("jsonschema", reason="tests/requirements.txt has it")

ROOT = Path(__file__).parents[1]
ARCHITECTURES = sorted(ROOT.glob("architectures/*.yaml"))
SCHEMA = schema()
SPEC = jsonschema.Draft202012Validator(SCHEMA)


class Core(yaml.SafeLoader):
    """YAML 1.2 as an editor's language server reads it: the core schema, chapter 10.3."""


Core.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", list("-+.0123456789")),
):
    Core.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), first)


def whole(loader: Any, node: Any) -> int:
    text = loader.construct_scalar(node)
    return int(text, 0) if text[1:2] in ("o", "x") else int(text)


Core.add_constructor("tag:yaml.org,2002:int", whole)


def read(text: str) -> Any:
    return yaml.load(text, Core)  # noqa: S506 - a SafeLoader


def faults(spec: Any) -> list[str]:
    return [f"{error.json_path}: {error.message[:200]}" for error in SPEC.iter_errors(spec)]


def of(*items: Any, **top: Any) -> dict[str, Any]:
    return {"input": "32x32x3", **top, "layers": list(items)}


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    references = set(re.findall(r'"\$ref": "#/\$defs/(\w+)"', json.dumps(SCHEMA)))
    assert references == set(SCHEMA["$defs"])


def test_the_file_beside_the_architectures_is_fresh() -> None:
    written = json.loads((ROOT / "architectures/schema.json").read_text("utf-8"))
    assert written == SCHEMA, "make format, or cnncalc schema -o architectures/schema.json"


def test_every_key_kind_and_option_is_described() -> None:
    assert set(SCHEMA["properties"]) == set(KEYS)
    for key in KEYS:
        assert SCHEMA["properties"][key]["description"]
    for suffix in ("", "_or_block"):
        assert {*names(), *aliases()} < set(SCHEMA["$defs"][f"item{suffix}"]["properties"])
    for name in names():
        found = SCHEMA["$defs"][name]
        assert found["description"].endswith(".")
        # where a value and a mapping can't be told from one another by their types, there are two forms
        options = found.get("properties") or found["anyOf"][0]["properties"]
        for option, field in fields(kind(name)).items():
            assert field.metadata["help"][1:] in options[option]["description"]


# ---- what is right


@pytest.mark.parametrize("file", ARCHITECTURES, ids=lambda file: file.stem)
def test_built_in_networks_say_where_the_schema_is_and_keep_to_it(file: Path) -> None:
    text = file.read_text("utf-8")
    first, _, _ = text.partition("\n")
    said = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
    assert said is not None
    assert (file.parent / said[1]).is_file()
    assert faults(read(text)) == []


PAGES = [ROOT / "README.md", ROOT / "docs/language.md"]
BLOCK = re.compile(r"^```ya?ml\n(.*?)^```", re.MULTILINE | re.DOTALL)


def documented() -> Iterator[Any]:
    """The specs of the documentation; a list of layers makes one too."""
    for page in PAGES:
        for text in BLOCK.findall(page.read_text("utf-8")):
            value = read(text)
            if isinstance(value, dict) and "layers" in value:
                yield value
            elif isinstance(value, list) and not any("run" in item for item in value):
                yield of(*value)


def test_what_the_documentation_shows() -> None:
    specs = list(documented())
    assert len(specs) >= 7
    for spec in specs:
        assert faults(spec) == []


def kind(name: str) -> type[Layer]:
    cls = find(name)
    assert cls is not None
    return cls


def test_the_examples_and_cases_of_the_kinds() -> None:
    found = [
        of(each.layer) for name in names() for each in kind(name).examples if isinstance(each.input, str)
    ]
    found += [of(*items) for _, items in read((ROOT / "tests/layer_cases.yaml").read_text("utf-8"))]
    assert len(found) > 150
    for spec in found:
        assert faults(spec) == []


FORMS = """
- {conv: {filters: "6", kernel: 3 , bias: No, stride: 2x1, padding: [[0, 1], [2, 0]]}}
- {conv: {filters: 6.0, kernel: [3, "$k"], name: 7, padding: wide, activation: {leaky_relu: 0.2}}}
- {conv: {share: conv1, from: conv1, trainable: off}}
- {conv: {filters: $w, kernel: $(2*k + 1), bias: $b, activation: $a, table: [[0, $i], $row]}}
- {conv: $options}
- {$kind: {filters: 1}}
- dense: $(4 * w)
- dense: "120"
- {rbf: {units: 3, trainable: true}}
- relu:
- {dropout: }
- {dropout: 0.5}
- {permute: [2, 0, 1]}
- conv3-$width s$stride
- 卷积=conv3x5-6 s2x1 p1 relu bn relu6，maxpool2
- {add: [[], enc3, $shortcut, [$body, {add: [[relu], []]}]]}
- {concat: {name: skip, from: [a, b.c, 3]}}
- {multiply: {from: a, paths: [[], [gap, fc-16]]}}
- {concat: $paths}
- {repeat: {times: $n, name: unit, layers: "conv1-$index"}}
- {repeat: {times: 0, layers: []}}
- {block: [relu]}
- {block: {name: s, from: x, layers: $body}}
- {head: [fc-10]}
- {head: {layers: relu}}
"""


def test_forms_of_an_item() -> None:
    for item in read(FORMS):
        assert faults(of(item)) == [], item


@pytest.mark.parametrize(
    "top",
    [
        {"name": 5, "source": None, "notes": True, "year": 1998, "family": "x"},
        {"input": [32, 32, 3], "layout": "chw", "rounding": None},
        {"input": {"left": "8x8x1", "右": 6}},
        {"input": "$(size)x$(size)x3", "variables": {"size": 8, "on": True, "pad": "same"}},
        {"input": ["$s", "$s", 3]},
        {"outputs": "a.b"},
        {"outputs": ["a"]},
        {"expect": {"total": {"params": 3}, "a.b": {"shape": "5x5x3", "receptive_field": 5}}},
        {"blocks": {}, "variables": None},
        {"$schema": "schema.json"},
    ],
)
def test_the_top_of_a_spec(top: dict[str, Any]) -> None:
    assert faults(of("relu", **top)) == []


def test_blocks_of_ones_own_are_kinds_where_there_are_any() -> None:
    own = {"unit": {"options": ["w"], "layers": ["conv3-$w"]}}
    for item in ("unit", {"unit": 3}, {"unit": {"w": 3}}, {"add": [[{"unit": 3}], ["unit"]]}):
        assert faults(of(item, blocks=own)) == []
        assert faults(of(item))
    # what is of a known kind is held to it there too
    assert faults(of({"conv": {"filters": 3, "kernal": 3}}, blocks=own))
    assert faults(of("conv", blocks=own))


def test_a_spec_in_json_may_name_its_schema() -> None:
    assert cnncalc.load({"$schema": "schema.json", **of("conv3-1")}).analyze().totals.params == 28


# ---- what is wrong

ONLY_THE_PROGRAM = {
    "sizes and channels": """
        conv33-6 | conv3-4, conv3-6 g3 | relu, {add: [[conv3-3], []]} | relu, {concat: [[flatten], []]}
        {conv: {filters: 2, kernel: 3, table: [[0], [3]]}} | fc-3, conv3-3
        {conv: {filters: 1, kernel: 3x3x3}} | {conv: {filters: 1, kernel: 3x3}} | conv3-1 s2
        {max_pool: {kernel: 2, padding: 2}}
    """,
    "names": """
        {conv: {filters: 6, kernel: 5, from: nowhere}} | {relu: {from: later}}, later=relu | a=relu, a=relu
        a=conv3-3, {conv: {share: b}} | a=conv3-3, {dense: {share: a}} | a=conv3-4, {conv: {share: a}}
        relu outputs: [x] | relu outputs: [input] | u: {q: 1} | a | {unit: {a: 1}}
    """,
    "expressions": """
        conv3-$(9**9**9) | conv3-$width | "conv3-$(1 + )" | "conv3-$(2"
    """,
    "which letters of compact text go with which kind, and once": """
        conv3-4 s2 s2 | maxpool2 g2
    """,
    "how many layers it comes to": """
        {repeat: {times: 99999999, layers: [relu]}} | {repeat: {times: 1000000000000, layers: []}}
    """,
    "what the command line may say": "relu",
}
"""What is left to the program, by reason: the layers of the specs of test_errors that pass the schema."""


def items_of(text: str) -> str:
    """The layers of a spec and what follows them: how the list above names it."""
    items, _, after = f"\n{text}".rpartition("\nlayers: [")[2].partition("\n")
    return f"{items.removesuffix(']')} {after}".strip()


def reads_as_yaml(text: str) -> bool:
    try:
        parse(Source(text, "bad.yaml"))
    except SpecError:
        return False
    return True


BAD = [text for text, *_ in CASES if reads_as_yaml(text)]
"""The specs that the program refuses, but for faults of YAML itself: an editor needs no schema for those."""


def test_what_is_wrong_is_refused_but_for_what_only_the_program_can_see() -> None:
    passed = {items_of(text) for text in BAD if not faults(read(text))}
    listed = {
        item.strip()
        for items in ONLY_THE_PROGRAM.values()
        for line in items.strip().splitlines()
        for item in line.split(" | ")
    }
    assert passed == listed


@pytest.mark.parametrize(("layer", "input"), [(layer, input) for layer, input, *_ in FAULTS])
def test_faults_that_come_of_the_input_are_left_to_the_program(layer: Any, input: str) -> None:
    # an order that names a dimension twice is wrong for any
    assert bool(faults(of(layer, input=input))) == (layer == {"permute": [0, 0, 1]})


@pytest.mark.parametrize(
    ("item", "place"),
    [
        ("{conv: {filters: 6, kernal: 5}}", "$.layers[0].conv"),
        ("{fc: {unit: 3}}", "$.layers[0].fc"),
        ("{conv: {kernel: 5}}", "$.layers[0].conv"),
        ("{conv: {filters: 0, kernel: 5}}", "$.layers[0].conv.filters"),
        ("{conv: {filters: 1, kernel: [3, 0]}}", "$.layers[0].conv.kernel[1]"),
        ("{max_pool: [2, two]}", "$.layers[0].max_pool[1]"),
        ("{dropout: 1.5}", "$.layers[0].dropout"),
        ("{add: [[], [{relu: 3}]]}", "$.layers[0].add[1][0].relu"),
        ("{repeat: {times: 2, layers: [conv3-4, relo]}}", "$.layers[0].repeat.layers[1]"),
        ("{global_avg_pool: {keep_dims: maybe}}", "$.layers[0].global_avg_pool.keep_dims"),
    ],
)
def test_a_fault_is_told_where_it_stands(item: str, place: str) -> None:
    assert {error.json_path for error in SPEC.iter_errors(of(read(item)))} == {place}


@pytest.mark.parametrize(
    "text",
    [
        "convv3-6", "relo", "conv", "conv3", "fc", "conv3-", "conv3-6,", ", relu", "", "3-6 conv",
        "conv3-6 t2", "conv3-6 p-1", "relu3", "maxpool2-3", "add", "repeat", "conv3-x", "a.b=relu",
        "conv3-6 sames",
    ],
)  # fmt: skip
def test_compact_text_that_is_none(text: str) -> None:
    assert faults(of(text))
    with pytest.raises(SpecError):
        cnncalc.load(of(text)).analyze()


@pytest.mark.parametrize(
    "top",
    [
        {"layrs": []}, {"layers": []}, {"layers": "relu"}, {"input": "8xax1"}, {"input": [0, 3]},
        {"input": []}, {"layout": "hcw"}, {"rounding": "up"}, {"year": "old"}, {"variables": {"a b": 3}},
        {"variables": {"a": [1]}},
        {"blocks": {"conv": {"layers": ["relu"]}}}, {"blocks": {"b": {"options": {"from": 1}, "layers": []}}},
        {"blocks": {"b": {}}}, {"blocks": {"b": {"layers": ["relu"], "option": {}}}}, {"name": ["a"]},
        {"expect": {"total": {"parms": 3}}}, {"expect": {"total": {"params": "3"}}}, {"expect": {"total": 3}},
        {"expect": {"relu1": {"shape": "3y3"}}},
    ],
)  # fmt: skip
def test_the_top_of_a_spec_that_is_wrong(top: dict[str, Any]) -> None:
    spec = {**of("relu"), **top}
    assert faults(spec)
    with pytest.raises(SpecError):
        cnncalc.load(spec).analyze()


# ---- the schema of a value and its reader are two ways to say one thing

OPTIONS = [field for name in names() for field in fields(kind(name)).values()]
READERS = {field.metadata["read"].form: field.metadata["read"] for field in OPTIONS}
scalars = st.one_of(
    st.integers(-2, 5),
    st.integers(10**12 - 1, 10**12 + 1),
    st.sampled_from([0.0, 0.5, 1.0, 1.5, -0.5, True, False, None, "none", "relu", "softplus", "gelu6"]),
    st.sampled_from(
        ["same", "wide", "full", "samee", "yes", "Off", "oN", "TRUE", "ja", "hwc", "ceil", "all"]
    ),
    st.text("0123x×X -", max_size=6),
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["relu", "leaky_relu", "softmax", "slope", "over"]), inner, max_size=2
        )
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(value=values)
@example(value=[[1, 2], 3])
@example(value="3x")
@example(value="\uff13")
@example(value={"relu": 5})
@example(value={"leaky_relu": None})
@example(value=[1, "1"])
def test_a_schema_takes_what_its_reader_takes(value: Any) -> None:
    for form, read in READERS.items():
        valid = jsonschema.Draft202012Validator({"$defs": SCHEMA["$defs"], **read.schema}).is_valid(value)
        code = refusal(read, value)
        # that 1 and "1" are one dimension, a schema can't see
        assert valid == (code is None) or code in ("bad_order", "unlike_shapes"), form


def refusal(read: Any, value: Any) -> str | None:
    """The code of the error with which a reader refuses a value."""
    try:
        read(value)
    except LayerError as error:
        return error.fault.code
    return None


# ---- whole specs: what the program takes, the schema takes

WHOLE = [
    read((ROOT / f"architectures/{name}.yaml").read_text("utf-8"))
    for name in ("lenet5-1998", "textcnn", "mnist-cnn")
]
WHOLE += [
    read("""
input: 8x8x4
variables: {k: 3}
blocks:
  unit: {options: {w: , s: 1}, layers: [conv$k-$w s$s p1, {add: [[relu], []]}]}
layers:
  - unit: {w: 4}
  - repeat: {times: 2, layers: [{unit: 4}]}
  - head: {name: h, layers: [gap, fc-3]}
  - concat: {name: m, paths: [[relu], [tanh], unit1]}
  - multiply: {from: [m, m]}
  - conv: {filters: $k, kernel: [3, $k], padding: [[1, 1], [1, 1]], activation: {leaky_relu: 0.1}}
  - block: [{max_pool: 2}, dropout0.5]
outputs: [m]
expect: {m: {shape: 8x8x12}}
""")
]
PIECES = [
    None, 0, 1, 2, -1, 0.5, 2.0, True, False, "2", "same", "$k", "relu", "no", [], [1], [1, 1], {},
    [[1, 1], [0, 0]], {"name": "q"}, "conv3-4 same", "3x3", "none", [["relu"], []], ["relu"], {"relu": None},
    "", "m",
]  # fmt: skip
WORDS = [
    "name",
    "from",
    "share",
    "trainable",
    "stride",
    "padding",
    "bias",
    "layers",
    "paths",
    "conv",
    "relu",
    "notes",
]


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each place of a value: what holds it, and its key there."""
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from places(value[key])


@settings(max_examples=200, deadline=None)
@given(
    spec=st.sampled_from(WHOLE),
    where=st.floats(0, 0.999),
    piece=st.sampled_from(PIECES),
    word=st.sampled_from(WORDS),
    how=st.sampled_from(["without", "renamed", "added", "replaced"]),
)
def test_a_changed_spec_that_the_program_takes(
    spec: Any, where: float, piece: Any, word: str, how: str
) -> None:
    # one change alone: the program doesn't look at what is never unfolded
    changed = copy.deepcopy(spec)
    found = list(places(changed))
    holder, key = found[int(where * len(found))]
    if how == "without":
        del holder[key]
    elif how == "replaced" or isinstance(holder, list):
        holder[key] = copy.deepcopy(piece)
    else:
        holder[word] = holder.pop(key) if how == "renamed" else copy.deepcopy(piece)
    try:
        cnncalc.load(changed, input=None if "input" in changed else "8x8x1").analyze()
    except CnncalcError:
        return
    assert faults(changed) == []
