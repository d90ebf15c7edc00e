"""Bad input: one located error for each fault, with help; never a traceback, never long, nothing executed."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import command
import pytest
from rich.cells import cell_len

import cnncalc
from cnncalc.errors import Fault, SpecError
from cnncalc.loading import load_text
from cnncalc.render.problems import told


def faults(text: str) -> list[Fault]:
    with pytest.raises(cnncalc.SpecError) as caught:
        load_text(text, "bad.yaml").analyze()
    return list(caught.value.faults)


def spec(items: str, before: str = "") -> str:
    return f"input: 32x32x3\n{before}layers: [{items}]\n"


CASES = [
    # text, code, line:column, a part of the help
    (spec("{convv: {filters: 6, kernel: 5}}"), "unknown_kind", "2:11", "conv"),
    (spec("{conv: {filters: 6, kernal: 5}}"), "unknown_option", "2:30", "kernel"),
    (
        spec("{unit: {a: 1}}", "blocks: {unit: {layers: [relu]}}\n"),
        "unknown_option",
        "3:18",
        "write unit alone",
    ),
    (spec("{conv: {kernel: 5}}"), "missing_option", "2:11", ""),
    (spec("{conv: {filters: -6, kernel: 5}}"), "bad_value", "2:27", ""),
    (spec("{conv: {filters: 2.5, kernel: 5}}"), "bad_value", "2:27", ""),
    (spec("{conv: {filters: true, kernel: 5}}"), "bad_value", "2:27", ""),
    (spec("{conv: {filters: many, kernel: 5}}"), "bad_value", "2:27", ""),
    (spec("{conv: {filters: 9999999999999999, kernel: 5}}"), "too_large", "2:27", "at most"),
    (spec("conv33-6"), "window_too_large", "2:10", "same"),
    (spec("conv3-4, conv3-6 g3"), "not_divisible", "2:19", "1, 2, 4 are"),
    (spec("relu, {add: [[conv3-3], []]}"), "unlike_shapes", "2:16", "positions"),
    (spec("relu, {concat: [[flatten], []]}"), "unlike_shapes", "2:16", "dimensions"),
    (spec("{conv: {filters: 6, kernel: 5, from: nowhere}}"), "unknown_name", "2:47", ""),
    (spec("{relu: {from: later}}, later=relu"), "later_name", "2:24", "before"),
    (spec("a=relu, a=relu"), "doubled_name", "2:18", "unique"),
    (spec("{relu: {name: a.b}}"), "bad_name", "2:24", "dot"),
    (spec("a", "blocks: {a: {layers: [b]}, b: {layers: [a]}}\n"), "recursive_block", "2:41", "repeat"),
    (spec("{repeat: {times: 99999999, layers: [relu]}}"), "too_many_layers", "2:27", "2,000,000"),
    (spec("{repeat: {times: -1, layers: [relu]}}"), "bad_value", "2:27", ""),
    (spec("{repeat: {layers: [relu]}}"), "missing_option", "2:11", "times"),
    (spec("conv3-$(9**9**9)"), "too_large", "2:19", "at most"),
    (spec("conv3-$width"), "unknown_variable", "2:16", "variables"),
    (spec('"conv3-$(1 + )"'), "bad_expression", "2:22", ""),
    (spec('"conv3-$(2"'), "unclosed", "2:17", "quote"),
    (spec("[relu]"), "bad_item", "2:10", "add:"),
    (spec("5"), "bad_item", "2:10", ""),
    (spec("{conv: {filters: 6, kernel: 5}, name: a}"), "bad_item", "2:10", "braces"),
    (spec("{add: []}"), "no_paths", "2:16", ""),
    (spec("{block: {name: a}}"), "bad_item", "2:11", "layers"),
    (spec("{head: {layers: []}}"), "empty_head", "2:11", ""),
    (spec("{fc: {units: 3, from: [input, input]}}"), "one_input", "2:32", "concat"),
    (spec("a=conv3-3, {conv: {share: b}}"), "unknown_name", "2:36", "a"),
    (spec("a=conv3-3, {dense: {share: a}}"), "bad_share", "2:37", ""),
    (spec("a=conv3-4, {conv: {share: a}}"), "bad_share", "2:36", ""),
    (spec("conv3-4 s2 s2"), "double_key", "2:21", ""),
    (spec("maxpool2 g2"), "unknown_option", "2:19", ""),
    (spec("conv3-4 foo"), "unknown_kind", "2:18", ""),
    (spec("{conv: {filters: 1, kernel: 3, activation: rellu}}"), "unknown_activation", "2:53", "relu"),
    (spec("{conv: {filters: 2, kernel: 3, table: [[0], [3]]}}"), "bad_table", "2:48", "0 to 2"),
    (spec("fc-3, conv3-3"), "no_positions", "2:16", "reshape"),
    (spec("{conv: {filters: 1, kernel: 3x3x3}}"), "wrong_rank", "2:38", ""),
    ("input: 28x28\nlayers: [{conv: {filters: 1, kernel: 3x3}}]\n", "wrong_rank", "2:38", "28x28x1"),
    ("input: 28x28x1\nrounding: exact\nlayers: [conv3-1 s2]\n", "not_exact", "3:10", "27 or 29"),
    ("input: 8x8x1\nlayers: [relu]\nlayers: [tanh]\n", "double_key", "3:1", "line 2"),
    ("input: 8x8x1\nlayrs: [relu]\n", "unknown_key", "2:1", "layers"),
    ("input: 8xax1\nlayers: [relu]\n", "bad_value", "1:8", "32x32x3"),
    ("input: (8, 9, 1)\nlayers: [relu]\n", "bad_value", "1:8", "write 8x9x1"),
    ("input: 8*9*1\nlayers: [relu]\n", "bad_value", "1:8", "write 8x9x1"),
    ("input: ()\nlayers: [relu]\n", "bad_value", "1:8", "32x32x3"),
    ("layers: [relu]\n", "no_input", "1:1", "--input"),
    ("input: 8x8x1\n", "no_layers", "1:1", "layers"),
    ("input: 8x8x1\nlayers: [relu]\noutputs: [x]\n", "unknown_name", "3:10", ""),
    ("input: 8x8x1\nlayers: [relu]\nexpect: {total: {parms: 3}}\n", "unknown_quantity", "3:18", "params"),
    ("input: 8x8x1\nlayout: hcw\nlayers: [relu]\n", "bad_value", "2:9", "hwc"),
    ("input: 8x8x1\nblocks: {conv: {layers: [relu]}}\nlayers: [relu]\n", "taken_name", "2:10", ""),
    ("input: 8x8x1\nlayers: [!!python/object/apply:os.system [true]]\n", "tag", "2:10", ""),
    ("input: 8x8x1\nlayers: [{<<: {a: 1}}]\n", "merge_key", "2:11", ""),
    ("input: 8x8x1\nlayers: &a [*a]\n", "recursive_alias", "2:13", ""),
    ("input: 8x8x1\nlayers: [relu\n", "bad_syntax", "2:14", "line 2"),
    ("input: 8x8x1\nlayers: [relu]\n---\nb: 2\n", "two_documents", "3:1", ""),
    ("\tinput: 8x8x1\n", "bad_syntax", "1:1", "spaces"),
    ("name：a\ninput: 8x8x1\nlayers: [relu]\n", "bad_syntax", "2:6", "： is a full-width sign: write :"),
    (spec("{conv: {filters: 6， kernel: 5}}"), "bad_syntax", "2:36", "write ,"),
    ("input:8x8x1\nlayers: [relu]\n", "bad_syntax", "2:7", "after it: input: 8x8x1"),
    ("input: 8x8x1\nlayers:\n- conv: filters: 6\n", "bad_syntax", "3:16", "braces"),
    ("input: 8x8x1\nlayers:\n  - fc: 2\n   - tanh\n", "bad_syntax", "4:4", "spaces before it"),
    ("input: 8x8x1\nlayers:\n  - relu\n   - tanh\n", "unknown_kind", "3:10", "in one column"),
    ("input: 8x8x1\nlayers:\n- conv:\n    filters: 6\n   kernel: 5\n", "bad_syntax", "5:4", "one column"),
    (spec("{conv: {filters:6, kernel: 5}}"), "unknown_option", "2:18", "after it: filters: 6"),
    (spec("upsample:2x"), "bad_compact", "2:10", "upsample: 2x, a colon"),
    (spec("conv 5x5"), "missing_option", "2:10", "such as conv5-16"),
    (spec("tanh 5x5"), "unknown_kind", "2:15", "right behind"),
    ("input: 8x8x1\nlayers:\n  relu: {}\n  tanh: {}\n", "no_layers", "3:3", "dash: - relu"),
    ("input: 8x8x1\nlayers:\n  -relu: {}\n", "no_layers", "3:3", "dash and a space: - relu"),
    ("input: 8x8x1\nlayers:\n- name: a\n  max_pool: 2\n", "bad_item", "3:3", "- max_pool: {name: ...}"),
    ("- conv3-64\n", "not_a_spec", "", "layers"),
    ("", "not_a_spec", "", "layers"),
    ("input: 8x8x1\nlayers: " + "[" * 500 + "]" * 500, "too_deep", "2:108", ""),
    (spec("add"), "no_paths", "2:10", "- add:"),
    (spec("relu, concat"), "no_paths", "2:16", "- concat:"),
    (spec("dropout0.53x"), "bad_compact", "2:10", ""),
    (spec("{repeat: {times: 1000000000000, layers: []}}"), "too_many_layers", "2:27", "at most"),
    (
        spec("{conv: {filters: 6, kernel: [3, 3]}}, {conv: {filters: [6], kernel: [3, 3]}}"),
        "bad_value",
        "2:65",
        "",
    ),
    (spec("u: {q: 1}", "blocks: {u: {options: {1: , w: 2}, layers: [relu]}}\n"), "bad_name", "2:24", ""),
    (spec("u", "blocks: {u: {options: [1, [2]], layers: [relu]}}\n"), "bad_block", "2:23", ""),
    ("input: 8x8x1\nlayers: [relu]\noutputs: [input]\n", "bad_value", "3:10", ""),
    ("input: 8x8x1\nlayers: [relu]\nexpect: {relu1: {params: many}}\n", "bad_value", "3:26", ""),
    (spec("{max_pool: {kernel: 2, padding: 2}}"), "only_padding", "2:42", "below"),
    ("名字: 网络\ninput: 8x8x1\nlayers: [relu, 卷积]\n", "unknown_key", "1:1", ""),
    ("input: 8x8x1\nlayers: [relu, 卷积=conv3-x]\n", "bad_compact", "2:16", ""),
]


@pytest.mark.parametrize(
    ("text", "code", "place", "help"), CASES, ids=[f"{i}-{case[1]}" for i, case in enumerate(CASES)]
)
def test_a_fault_is_located_and_helped(text: str, code: str, place: str, help: str) -> None:
    found = faults(text)
    assert found[0].code == code, found
    where = found[0].place
    assert where is not None
    assert f"{where.line}:{where.column}" == place if place else where.line is None
    assert help in found[0].help


def test_all_independent_faults_are_told_and_what_follows_from_them_is_not() -> None:
    text = """
input: 32x32x3
blocks:
  b: {options: {w: }, layers: [convv3-$w]}
layers:
  - conv: {filters: -6, kernel: 5, strid: 1}
  - conv3-4 g3
  - b: {w: 3}
  - b: {w: 4}
  - add: [[conv3-3], later]
  - later=conv3-3
"""
    assert [(f.code, f.place.line if f.place else 0) for f in faults(text)] == [
        ("unknown_kind", 4), ("bad_value", 6), ("unknown_option", 6), ("later_name", 10),
    ]  # fmt: skip


# The places of all faults of a spec: none of a second one hides, and nothing is blamed for another's fault.
EVERY = {
    "an input, a key and the layers": (
        "input: 8xax1\nsorce: a\nlayers: [convv3-2, conv3-x]\n",
        ["bad_value 1:8", "unknown_key 2:1", "unknown_kind 3:10", "bad_compact 3:20"],
    ),
    "no input": ("layers: [convv3-2]\n", ["no_input 1:1", "unknown_kind 1:10"]),
    "keys misspelt": ("inputt: 8x8x1\nlayrs: [relu]\n", ["unknown_key 1:1", "unknown_key 2:1"]),
    "one of two inputs": (
        "input: {a: 8xa, b: 3x3x1}\nlayers: [{relu: {from: a}}, {avgpool: {kernel: 9, from: b}}]\n",
        ["bad_value 1:12", "window_too_large 2:30"],
    ),
    "layers of one text": (
        "input: 8x8x1\nlayers: ['conv3-x, convv3 s2, maxpool2 g2, conv3-4 s2 s2, , a=add, fc-10']\n",
        ["bad_compact 2:11", "unknown_kind 2:20", "unknown_option 2:40", "double_key 2:55",
         "bad_compact 2:58", "no_paths 2:61"],
    ),
    "options, name and source of one layer": (
        "input: 8x8x1\nlayers: [{conv: {name: a.b, filters: -1, kernel: 3x, from: nowhere, strid: 2}}]\n",
        ["bad_name 2:24", "bad_value 2:38", "bad_value 2:50", "unknown_name 2:60", "unknown_option 2:69"],
    ),
    "names of layers that failed": (
        "input: 8x8x1\nlayers: [a=conv3-x, {relu: {from: a}}, {conv: {share: a}}]\noutputs: [a]\n",
        ["bad_compact 2:10"],
    ),
    "a kind misspelt is counted": (
        "input: 8x8x1\nlayers: [convv3-4, conv3-4, {relu: {from: conv2}}, {relu: {from: conv1}}]\n",
        ["unknown_kind 2:10"],
    ),
    "a group that failed": (
        "input: 8x8x1\nlayers: [{repeat: {times: x, name: r, layers: [a=relu, convv3]}}]\noutputs: [r.2.a]\n",
        ["bad_value 2:27", "unknown_kind 2:56"],
    ),
    "a block that failed": (
        "input: 8x8x1\nblocks: {b: {layers: 3}}\nlayers: [b, {b: {q: 1}}, {relu: {from: b1}}]\n",
        ["bad_block 2:13"],
    ),
    "options of a block": (
        "input: 8x8\nblocks: {b: {options: [w], layers: [relu]}}\nlayers: [b: {q: 1, r: 1}, b: {ww: 3}]\n",
        ["missing_option 3:10", "unknown_option 3:14", "unknown_option 3:20", "unknown_option 3:31"],
    ),
    "a text torn at its comma": (
        "input: 8x8x1\nlayers: [conv3-$(max(2, 3)), relu, x3]\n",
        ["unclosed 2:16", "unknown_kind 2:36"],
    ),
    "a key twice": (
        "input: 8x8x1\nlayout: hwc\nlayout: q\nlayers: [convv3]\n",
        ["double_key 3:1", "bad_value 3:9", "unknown_kind 4:10"],
    ),
    "variables": (
        "input: 8x8x1\nvariables: {a: $(1/0), b: $a, c: [3]}\nlayers: [conv3-$b, conv3-$c, conv3-$d]\n",
        ["bad_expression 2:19", "bad_value 2:34", "unknown_variable 3:36"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EVERY)
def test_every_fault_is_told_once_and_none_that_follows(name: str) -> None:
    text, wanted = EVERY[name]
    told = [f"{f.code} {f.place.line}:{f.place.column}" for f in faults(text) if f.place]
    assert told == wanted


def test_the_chain_through_blocks_and_repeats_is_told() -> None:
    text = "input: 8x8x3\nblocks:\n  b: {layers: [conv9-1]}\nlayers:\n  - repeat: {times: 2, layers: [b]}\n"
    (fault,) = faults(text)
    assert fault.place is not None
    assert fault.place.chain == (
        "in block b, as repeat1.1.b1, from line 5",
        "in round 1 of repeat1, from line 5",
    )


LINES = [
    # the line of a spec, what stands under fault, what is shown of the line
    ("layers: [relu, 卷积=relu, convv3]", "convv3", "layers: [relu, 卷积=relu, convv3]"),
    ("layers: [\uff21=relu, convv3]", "convv3", "layers: [\uff21=relu, convv3]"),
    ("layers: [{relu: {name: \U0001f642}}]", "\U0001f642", "layers: [{relu: {name: \U0001f642}}]"),
    ("layers: [e\u0301=relu, \u0915\u0941=relu, x3]", "x3", "layers: [e\u0301=relu, \u0915\u0941=relu, x3]"),
    ("layers: [relu,\t\tconvv3]", "convv3", "layers: [relu,  convv3]"),
    ("layers: [" + "relu, " * 99 + "convv3]", "convv3", "...u, " + "relu, " * 5 + "convv3]"),
    ("layers: [convv3" + ", relu" * 99 + "]", "convv3", "layers: [convv3" + ", relu" * 9 + "..."),
    (
        "layers: [" + "relu, " * 99 + "卷积=relu, 核=tanh, convv3, 池=relu" + ", relu" * 99 + "]",
        "convv3",
        "... relu, relu, 卷积=relu, 核=tanh, convv3, 池=relu, relu, relu, relu...",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("line", "wrong", "shown"), LINES, ids=range(len(LINES)))
def test_the_caret_stands_under_the_fault(line: str, wrong: str, shown: str) -> None:
    (fault,) = faults(f"input: 8x8x1\n{line}\n")
    assert fault.place is not None
    assert fault.place.column == line.index(wrong) + 1
    excerpt, caret = told(fault).splitlines()[1:3]
    assert excerpt[8:] == shown
    # rich has a table of its own of how wide characters are
    assert cell_len(excerpt[: excerpt.index(wrong)]) == caret.index("^")
    assert cell_len(excerpt) <= 80


def test_the_caret_stands_where_the_terminal_lacks_the_characters() -> None:
    spec = "input: 8x8x1\nlayers: [卷积=relu, convv3]\n"
    done = run("shapes", "-", stdin=spec.encode(), PYTHONIOENCODING="ascii")
    assert done.stderr.decode("ascii").splitlines()[1:3] == [
        "    2 | layers: [??=relu, convv3]",
        "      |                   ^",
    ]


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_lines_and_columns_are_those_of_the_editor(
    ends: str, mark: str, encoding: str, tmp_path: Path
) -> None:
    lines = ["input: 8x8x1", "layers: [relu, 卷积=conv3-2, convv3]", ""]
    (tmp_path / "spec.yaml").write_bytes((mark + ends.join(lines)).encode(encoding))
    with pytest.raises(cnncalc.SpecError) as caught:
        cnncalc.load(tmp_path / "spec.yaml").analyze()
    (fault,) = caught.value.faults
    assert fault.source_line == lines[1]
    assert fault.place is not None
    assert (fault.place.line, fault.place.column) == (2, 28)


BOMBS = {
    "aliases": "input: 8x8x1\nlayers:\n - add: &a [[relu],[relu]]\n"
    + "".join(
        f" - add: &{chr(98 + i)} [[{{add: *{chr(97 + i)}}}],[{{add: *{chr(97 + i)}}}]]\n" for i in range(24)
    ),
    "blocks": "input: 8x8x1\nblocks:\n  b0: {layers: [relu]}\n"
    + "".join(f"  b{i + 1}: {{layers: [{','.join([f'b{i}'] * 9)}]}}\n" for i in range(9))
    + "layers: [b9]\n",
    "repeats": "input: 8x8x1\nvariables: {n: 10}\nblocks:\n  b0: {layers: [relu]}\n"
    + "".join(f"  b{i + 1}: {{layers: [repeat: {{times: $n, layers: [b{i}]}}]}}\n" for i in range(9))
    + "layers: [b9]\n",
    "lists": "input: 8x8x1\nlayers:\n - conv: {filters: 1, kernel: &a [1, 1]}\n"
    + "".join(
        f" - conv: {{filters: 1, kernel: &{chr(98 + i)} [{','.join([f'*{chr(97 + i)}'] * 9)}]}}\n"
        for i in range(20)
    ),
    "empty lists": "input: 8x8x1\nblocks:\n  b0: {options: {l: }, layers: [$l]}\n"
    + "".join(
        f"  b{i + 1}: {{options: {{l: }}, layers: [b{i}: {{l: [{', '.join(['$l'] * 8)}]}}]}}\n"
        for i in range(9)
    )
    + "layers: [b9: {l: []}]\n",
    "values": "input: 8x8x1\nlayers: [relu]\nexpect:\n  x0: &a0 {params: [1]}\n"
    + "".join(f"  x{i}: &a{i} {{params: *a{i - 1}, macs: *a{i - 1}}}\n" for i in range(1, 40)),
    "shapes": "name: &a0 [1]\n"
    + "".join(f"k{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 3)}]\n" for i in range(1, 40))
    + "input: *a39\noutputs: *a39\nlayers: [relu]\n",
    "texts": "input: 8x8x1\nvariables:\n  a0: conv3-8 same\n"
    + "".join(f"  a{i}: $a{i - 1}, $a{i - 1}\n" for i in range(1, 40))
    + "layers: [$a39]\n",
    "texts of blocks": "input: 8x8x1\nblocks:\n  b0: {options: {x: }, layers: [$x]}\n"
    + "".join(f"  b{i}: {{options: {{x: }}, layers: [b{i - 1}: '$x, $x']}}\n" for i in range(1, 40))
    + "layers: [b39: relu]\n",
    "digits": "input: 8x8x1\nlayers: [{conv: {filters: " + "9" * 100_000 + ", kernel: 3}}]\n",
    "digits in compact text": "input: 8x8x1\nlayers: [conv" + "1" * 90_000 + "-3]\n",
    "brackets": "input: 8x8x1\nlayers: ['conv3-$(" + "(" * 4000 + "1" + ")" * 4000 + ")']\n",
    "powers": "input: 8x8x1\nlayers: ['conv3-$(2**2**2**2**2**2**2**2)']\n",
    "doubled keys": "input: 8x8x1\n" + "layout: hwc\n" * 20_000 + "layers: [relu]\n",
    "words": "input: 8x8x1\nlayers: ['" + "conv3-4 " * 50_000 + "']\n",
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_at_once(name: str) -> None:
    start = time.process_time()
    assert faults(BOMBS[name])
    # a second on a slow machine; without the bounds these would take hours
    assert time.process_time() - start < 5


MANY = 3000
FLOODS = {
    "keys": "".join(f"k{i}: 1\n" for i in range(MANY)),
    "doubled keys": "name: x\n" * MANY,
    "tags": "layers:\n" + " - !t x\n" * MANY,
    "aliases": "layers:\n" + " - *a\n" * MANY,
    "merge keys": "layers:\n" + " - <<: 1\n" * MANY,
    "lists for keys": "layers:\n" + " - [a]: 1\n" * MANY,
    "blocks": "blocks:\n" + "".join(f"  b{i}: 1\n" for i in range(MANY)) + "layers: [relu]\n",
    "options of blocks": "layers: [relu]\nblocks: {b: {layers: [relu], options: {"
    + ", ".join(f"a.{i}: 1" for i in range(MANY))
    + "}}}\n",
    "variables": "layers: [relu]\nvariables:\n" + "".join(f"  v{i}: $w{i}\n" for i in range(MANY)),
    "variables that are": f"variables: {{{', '.join(f'variable{i}: {i}' for i in range(MANY))}}}\n"
    "input: 8x8x1\nlayers:\n" + "".join(f" - conv3-$varable{i}\n" for i in range(MANY)),
    "expected": "layers: [relu]\nexpect:\n" + "".join(f"  x{i}: {{parms: 3}}\n" for i in range(MANY)),
    "inputs": f"input: {{{', '.join(f'a{i}: 8xx1' for i in range(MANY))}}}\nlayers: [relu]\n",
    "outputs": f"input: 8x8x1\nlayers: [relu]\noutputs: [{', '.join(f'a{i}' for i in range(MANY))}]\n",
    "kinds": "input: 8x8x1\nlayers:\n" + "".join(f" - nokind{i}\n" for i in range(MANY)),
    "names": "input: 8x8x1\nlayers:\n"
    + "".join(f" - layer_number_{i}=relu\n - relu: {{from: layr_number_{i}}}\n" for i in range(MANY)),
    "windows": "input: 8x8x1\nlayers:\n" + " - head: [conv9-3]\n" * MANY,
}


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_of_faults_is_told_in_time(name: str) -> None:
    start = time.process_time()
    assert faults(FLOODS[name])
    # two seconds on a slow machine; where each fault looked the whole spec over, up to minutes
    assert time.process_time() - start < 10


def run(*arguments: str, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    return command.run(*arguments, given=stdin, environment=environment)


@pytest.mark.parametrize(
    "arguments",
    [
        ["shapes"], ["shapes", "nothere.yaml"], ["shapes", "lenet55"], ["shapes", "."], ["shap"],
        ["shapes", "--foo"],
        ["shapes", "lenet5", "--batch", "0"], ["shapes", "lenet5", "--format", "yaml"],
        ["shapes", "lenet5", "-o", "/"],
        ["shapes", "lenet5", "-o", "/nowhere/at/all.txt"], ["shapes", "lenet5", "--set", "x=1"],
        ["layers", "convv"],
        ["shapes", "lenet5", "--set", "x"], ["shapes", "lenet5", "--input", "3x"], ["shapes", "-"],
        ["show", "lenet55"],
        ["params", "--conv", "5x5x3"], ["shapes", "--conv", "5x5x3", "--filters", "6"],
        ["params", "--filters", "6"],
        ["shapes", "--conv", "5x5x3", "--filters", "6", "--input", "32x32x1"],
        ["shapes", "lenet5", "--dtype", "float31"],
        ["params", "--conv", "5x5x3", "--filters", "6", "--dense", "3"], ["shapes", "conv5-6, maxpool2"],
        ["summary", "lenet5", "--columns", "nmae"], ["shapes", "lenet5", "--rounding", "flor"],
        ["shapes", "lenet5", "--layout", "xyz"], ["params", "--conv", "5x5x3", "--filters", "0"], ["compare"],
    ],
)  # fmt: skip
def test_the_command_exits_2_with_one_error_and_no_traceback(arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.returncode == 2, done
    assert done.stdout == b""
    assert done.stderr.count(b"error[") == 1
    assert b"Traceback" not in done.stderr


def test_errors_as_json() -> None:
    import json

    done = run("shapes", "-", "--format", "json", stdin=b"input: 8x8x1\nlayers: [convv3-2]\n")
    assert done.returncode == 2
    (error,) = json.loads(done.stderr)["errors"]
    assert error == {
        "code": "unknown_kind", "message": "'convv3-2' is not a layer", "file": "<stdin>",
        "line": 2, "column": 10,
        "help": "did you mean conv?",
    }  # fmt: skip


def test_files_that_are_not_text(tmp_path: Path) -> None:
    for name, data in (
        ("latin1", b"input: 3x3x1\nlayers: [\xe9]"),
        ("zip", b"PK\x03\x04\x00\xff"),
        ("nul", b"a: \x00"),
    ):
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(cnncalc.SpecError) as caught:
            cnncalc.load(path)
        assert caught.value.faults[0].place is not None


def test_a_result_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "table.csv"
    target.write_text("before")
    assert run("shapes", "nothere", "-o", str(target)).returncode == 2
    assert target.read_text() == "before"
    assert run("shapes", "lenet5", "--format", "csv", "-o", str(target)).returncode == 0
    assert target.read_text().startswith("Layer,")
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]


def test_a_text_for_a_number_is_told_once_wherever_it_is_used() -> None:
    spec = {"input": "8x8x1", "variables": {"w": 4, "act": "relu"}, "layers": ["conv3-$w", "conv3-$(2 * w)"]}
    with pytest.raises(SpecError) as caught:
        cnncalc.load(spec, variables={"w": "x", "act": "tanh"}).analyze()
    (fault,) = caught.value.faults
    assert (fault.message, fault.help) == ("variable w is 'x', and a number is wanted", "the spec's own is 4")


def test_weights_that_can_not_be_are_a_located_fault() -> None:
    spec = "input: 5\nlayers:\n- prelu: {axes: positions}\n- fc-2\n"
    with pytest.raises(SpecError) as caught:
        load_text(spec, "net.yaml").analyze()
    (fault,) = caught.value.faults
    assert fault.place is not None
    assert (fault.code, fault.place.line) == ("no_positions", 3)
