"""Files, answers and options made to break the program: each ends in one error, or in the right result."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import command
import numpy as np
import pytest

import cnncalc
from cnncalc.budget import within_budget
from cnncalc.errors import CnncalcError
from cnncalc.execute.files import read_image, read_weights, write_arrays
from cnncalc.homework.key import Key
from cnncalc.homework.quiz import Quiz
from cnncalc.homework.readers.html_sheet import tables
from cnncalc.homework.sheets import read_sheet
from cnncalc.languages import english
from cnncalc.render.homework.feedback import FileNames
from cnncalc.render.homework.quiz_files import write_variants
from cnncalc.spec import compact
from cnncalc.spec.source import MOST_FAULTS
from cnncalc.spec.unknowns import lettered


def run(*arguments: Any, cwd: Path | None = None, **options: Any) -> subprocess.CompletedProcess[str]:
    return command.told(*arguments, cwd=cwd, **options)


def test_the_least_of_one_number_is_the_number() -> None:
    done = run("shapes", "--input", "8x8x1", "conv3-$(min(4)), conv3-$(max(2))", "--format", "json")
    assert [layer["output_shape"][-1] for layer in json.loads(done.stdout)["layers"]] == [4, 2]


def test_an_image_is_what_its_name_says(tmp_path: Path) -> None:
    pytest.importorskip("PIL")
    disguised = tmp_path / "cat.png"
    disguised.write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\nshowpage\n")
    with pytest.raises(CnncalcError, match="cannot identify"):
        read_image(str(disguised))


def test_maps_are_saved_whatever_the_layers_are_called(tmp_path: Path) -> None:
    spec = tmp_path / "n.yaml"
    spec.write_text(
        "input: 4x4x1\nlayers: [{relu: {name: file}}, {relu: {name: allow_pickle}}, {relu: {name: a}}]\n"
    )
    for name in ("one.npz", "two.npz"):
        assert run("run", spec, "--save", tmp_path / name).returncode == 0
    with np.load(tmp_path / "one.npz") as saved:
        assert {"file", "allow_pickle", "a"} <= set(saved.files)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()


def test_an_npz_is_one_that_numpy_reads(tmp_path: Path) -> None:
    arrays = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b.c": np.array(3.5)}
    write_arrays(str(tmp_path / "a.npz"), arrays)
    with np.load(tmp_path / "a.npz", allow_pickle=False) as read:
        assert {name: read[name].tolist() for name in read.files} == {"a": [[0, 1, 2], [3, 4, 5]], "b.c": 3.5}
    assert zipfile.ZipFile(tmp_path / "a.npz").testzip() is None


@pytest.mark.parametrize(
    ("offsets", "size", "problem"),
    [
        ([(0, 4), (0, 4)], 8, "over one another"),
        ([(0, 4), (8, 12)], 12, "leave a hole"),
        ([(4, 8), (8, 12)], 12, "leave a hole"),
        ([(0, 4), (4, 8)], 12, "of no array"),
        ([(0, 4), (4, 8)], 6, "outside"),
    ],
)
def test_safetensors_that_break_the_rules_of_the_format(
    offsets: list[tuple[int, int]], size: int, problem: str, tmp_path: Path
) -> None:
    header = {
        name: {"dtype": "F32", "shape": [1], "data_offsets": place}
        for name, place in zip("ab", offsets, strict=True)
    }
    text = json.dumps(header).encode()
    file = tmp_path / "w.safetensors"
    file.write_bytes(len(text).to_bytes(8, "little") + text + bytes(size))
    with pytest.raises(CnncalcError, match=problem):
        read_weights(str(file))


@pytest.mark.parametrize("share", ["1e999999999", "1E-99999999", "0e1", "nan", "1/0", "9" * 40])
@pytest.mark.parametrize("option", ["--partial", "--tolerance", "--marks=params"])
def test_a_share_is_a_plain_number(option: str, share: str) -> None:
    given = [f"{option}={share}"] if "=" in option else [option, share]
    done = run("check", "--conv", "5x5x3", "--filters", "6", "--answer", "params=450", *given)
    assert (done.returncode, "bad_value" in done.stderr) == (2, True)


@pytest.mark.parametrize("fault", ["", "cnv3"])
def test_of_a_text_of_nothing_but_faults_the_first_are_told(fault: str) -> None:
    """Each comma is a fault, and so is each word, whose nearest kind is looked for."""
    text = f"{fault}," * (90_000 // (len(fault) + 1))
    told = within_budget(lambda: sum(item.error is not None for item in compact.read(text)))
    assert told == MOST_FAULTS


def test_a_long_word_is_no_kind() -> None:
    assert within_budget(lambda: lettered("a" * 100_000, "8x8x3")) is None


@pytest.mark.parametrize("depth", ["9" * 30, "0", "-1"])
def test_a_depth_is_a_usual_number(depth: str) -> None:
    done = run("shapes", "lenet5", "--depth", depth)
    assert (done.returncode, "Traceback" in done.stderr, "internal" in done.stderr) == (2, False, False)


def test_a_quiz_needs_nobody_at_the_keyboard() -> None:
    command = f"{sys.executable} -m cnncalc quiz --count 1 <&-"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)  # noqa: S602
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("first", ['sep="', "sep=\r", "sep=\n"])
def test_a_sheet_that_says_an_odd_separator_is_told(first: str, tmp_path: Path) -> None:
    sheet = tmp_path / "s.csv"
    sheet.write_text(f"{first}\r\nLayer,Params\r\nCONV1,456\r\n", newline="")
    done = run("check", "lenet5", sheet)
    assert done.returncode in (1, 2)
    assert "internal" not in done.stderr


def test_no_file_of_a_student_is_another_students() -> None:
    names = FileNames()
    found = [names.of(name, "-key") for name in ("Ann", "Ann-key", "ann", "ANN", "Ann-key-key")]
    files = [name.casefold() + end for name in found for end in ("", "-key")]
    assert len(files) == len(set(files))


def test_the_key_of_a_student_is_not_overwritten_by_a_student_of_that_name(tmp_path: Path) -> None:
    names = ("Ann-key", "Ann", "ANN-key")
    quizzes = [(name, Quiz(name, "1", []), f"# {name}") for name in names]
    write_variants(quizzes, "markdown", str(tmp_path), english(), key=True)
    titles = {path.read_text().splitlines()[0] for path in tmp_path.glob("*.md")}
    assert titles == {f"# {name}" for name in names} | {f"# Key to {name}" for name in names}


def test_many_names_alike_in_their_beginning_are_told_apart() -> None:
    names = FileNames()
    assert len({names.of("x" * 60 + str(number)) for number in range(20_000)}) == 20_000


@pytest.mark.parametrize("kind", ["lstm", "gru", "rnn"])
def test_layers_on_one_another_are_bounded(kind: str) -> None:
    net = {"input": "8x1", "layers": [{kind: {"units": 4, "layers": 10**9}}]}
    with pytest.raises(CnncalcError, match="too many"):
        cnncalc.load(net).analyze()


def in_itself(use: Any = None, times: int = 30) -> list[Any]:
    """Layers handed to the block `d` over and over."""
    layers: list[Any] = ["relu"]
    for _ in range(times):
        layers = [{"d": {"x": layers} if use is None else use(layers)}]
    return layers


BLOCK = {"block": {"layers": "$x"}}
GIVEN_TWICE = {
    "an item": ["$x", "$x"],
    "a block": [BLOCK, {"block": "$x"}],
    "a head": [{"head": {"layers": "$x"}}, {"head": ["$x"]}],
    "paths": [{"add": ["$x", "$x"]}],
    "paths by name": [{"add": {"paths": ["$x", "$x"]}}],
    "a repeat": [{"repeat": {"times": 2, "layers": "$x"}}],
    "repeats of $n": [{"repeat": {"times": "$n", "layers": "$x"}}] * 2,
    "a kind of $k": [{"$k": {"layers": "$x"}}] * 2,
    "another block": [{"e": {"y": ["$x", "$x"]}}],
    "another block, twice": [{"f": {"y": "$x", "z": "$x"}}],
}


@pytest.mark.parametrize("name", GIVEN_TWICE)
@pytest.mark.parametrize("alone", [False, True])
def test_a_list_that_a_block_is_given_and_uses_twice_is_weighed(name: str, alone: bool) -> None:
    blocks = {
        "d": {"options": {"x": None, "n": 1, "k": "block"}, "layers": GIVEN_TWICE[name]},
        "e": {"options": ["y"], "layers": ["$y"]},
        "f": {"options": ["y", "z"], "layers": ["$y", "$z"]},
    }
    layers = in_itself((lambda layers: layers) if alone else None)
    with pytest.raises(CnncalcError, match=r"unfolds to [1-3],\d{3},\d{3},\d{3} layers or more"):
        cnncalc.load({"input": "8x8x1", "blocks": blocks, "layers": layers}).analyze()


def test_a_list_that_a_block_has_unless_told_otherwise_is_weighed() -> None:
    blocks: dict[str, Any] = {"d0": {"layers": ["relu"]}}
    for number in range(1, 31):
        blocks[f"d{number}"] = {"options": {"x": [f"d{number - 1}"]}, "layers": ["$x", "$x"]}
    with pytest.raises(CnncalcError, match="unfolds to 1,073,741,824 layers"):
        cnncalc.load({"input": "8x8x1", "blocks": blocks, "layers": ["d30"]}).analyze()


def test_what_a_block_does_not_use_weighs_nothing() -> None:
    blocks = {"d": {"options": {"x": None}, "layers": ["relu"]}, "e": {"layers": [{"add": ["in", "in"]}]}}
    net = {"input": {"in": "8x8x1"}, "blocks": blocks, "layers": [*in_itself(), "e", "e"]}
    assert [row.name for row in cnncalc.load(net).analyze().layers] == ["d1.relu1", "e1.add1", "e2.add1"]


@pytest.mark.parametrize(
    ("layers", "where"),
    [
        ([{"upsample": 1000}], "round 10 of repeat1"),
        ([{"concat": [[], []]}], "round 192 of repeat1"),
        ([{"conv": {"filters": 1, "kernel": 1, "stride": 10**12}}], "repeat1.6.conv1"),
        ([{"upsample": 999}, {"crop": [[0, 7984], [0, 7984]]}], "repeat1.21.upsample1"),
    ],
)
def test_what_grows_from_layer_to_layer_is_bounded(layers: list[Any], where: str) -> None:
    """Numbers of thousands of digits, which Python refuses to write or to divide."""
    net = cnncalc.load({"input": "8x8x3", "layers": [{"repeat": {"times": 1500, "layers": layers}}]})
    with pytest.raises(CnncalcError) as told:
        net.analyze().to_dict()
    assert told.value.faults[0].code == "too_large"
    assert where in str(told.value)


def test_a_slip_that_runs_through_very_many_layers_is_not_looked_for() -> None:
    """Five thousand layers that differ took two minutes; as many that are alike are one."""
    for layers, slips in (
        ([{"conv": {"filters": 4, "kernel": 1, "bias": number % 2 == 1}} for number in range(2000)], True),
        ([{"conv": {"filters": number, "kernel": 1}} for number in range(1, 5001)], False),
    ):
        key = Key(cnncalc.load({"input": "8x8x4", "layers": layers}).analyze())
        assert bool(key.network_slips("macs")) == slips


VERY_LONG = 10**5000
"""Python itself refuses to write a number of so many digits."""
NET: dict[str, Any] = {"input": "8x8x1", "layers": ["conv3-2", "relu"]}
MISUSES: dict[str, Callable[[], object]] = {
    "a long variable": lambda: cnncalc.load({**NET, "variables": {"a": VERY_LONG}}).analyze(),
    "a long expectation": lambda: cnncalc.load({**NET, "expect": {VERY_LONG: {VERY_LONG: 1}}}).analyze(),
    "a long option": lambda: cnncalc.load({**NET, "layers": [{"conv": VERY_LONG}]}).analyze(),
    "a long item": lambda: cnncalc.load({**NET, "layers": [{VERY_LONG: VERY_LONG}]}).analyze(),
    "a long kind": lambda: cnncalc.load({**NET, "layers": [VERY_LONG]}).analyze(),
    "a long input": lambda: cnncalc.load({**NET, "input": VERY_LONG}).analyze(),
    "a long batch": lambda: cnncalc.load(NET).analyze(batch=VERY_LONG),
    "a long layout": lambda: cnncalc.load(NET).analyze(layout=VERY_LONG),  # type: ignore[arg-type]
    "a list as a type": lambda: cnncalc.load(NET).analyze(dtype=[]),  # type: ignore[arg-type]
    "a list as a convention": lambda: cnncalc.load(NET).analyze(convention=[]),  # type: ignore[arg-type]
    "no variables": lambda: cnncalc.load(NET, variables=5),  # type: ignore[arg-type]
    "a long name of a variable": lambda: cnncalc.load(NET, variables={VERY_LONG: 1}),  # type: ignore[dict-item]
    "nothing": lambda: cnncalc.load(None),
    "a negative seed": lambda: cnncalc.load(NET).run(seed=-1),
    "a seed for a proof": lambda: cnncalc.load(NET).verify(seed=-1),
    "a text as a seed": lambda: cnncalc.load(NET).run(seed="x"),  # type: ignore[arg-type]
    "weights of no names": lambda: cnncalc.load(NET).run(weights={5: 5}),  # type: ignore[dict-item]
    "no weights": lambda: cnncalc.load(NET).run(weights=5),  # type: ignore[arg-type]
    "an explanation of nothing": lambda: cnncalc.load(NET).explain(None),  # type: ignore[arg-type]
    "a language": lambda: cnncalc.load(NET).explain(lang=5),  # type: ignore[arg-type]
    "a row by number": lambda: cnncalc.load(NET).analyze()[5],  # type: ignore[index]
    "rows": lambda: cnncalc.load(NET).analyze()[0:1],  # type: ignore[index]
}


@pytest.mark.parametrize("what", MISUSES)
def test_what_python_hands_over_is_told_as_any_bad_input(what: str) -> None:
    with pytest.raises(CnncalcError):
        MISUSES[what]()


def test_a_long_expectation_is_not_met() -> None:
    net = cnncalc.load({**NET, "expect": {"total": {"params": VERY_LONG}}})
    assert "very many digits" in net.check_expectations()[0]


@pytest.mark.parametrize(
    "part", ["<!--", "<a ", "<![CDATA[", "</", '<td title="', "<td><script>", "<td rowspan=9"]
)
def test_a_sheet_of_tags_that_do_not_end_is_read_at_once(part: str) -> None:
    """A tenth of a second, where Python's parser alone takes minutes."""
    table = "<table><tr><td>Layer<td>Params<tr><td>CONV1<td>456</table>"
    found = read_sheet("s.html", (table + part * (1_000_000 // len(part))).encode())
    assert (found.rows[0].label, found.rows[0].cells["params"].text) == ("CONV1", "456")


def test_tags_are_read_as_browsers_read_them() -> None:
    text = (
        "<!-- <td>no --><TABLE border=1><tr><TH colspan='2'>Layer<th>Params<script>if (a<b) x()</script></tr>"
        "<tr><td><b>CONV1</b><td>of <i>a</i> &lt; b<td>4<sup>2</sup><br>5 < 6</table>"
    )
    (grid,) = tables(text, "s.html")
    assert list(map(list, grid.rows)) == [["Layer", "", "Params"], ["CONV1", "of a < b", "4^2 5 < 6"]]
