"""What the command prints: the courses' table to the letter, streams, formats, SPEC in all its forms."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from pathlib import Path

import command
import pytest

from cnncalc.render.document import Column, Document, Row, Table
from cnncalc.render.writer import written

LENET5 = """\
LeNet-5
32x32x3 · 7 layers · 62,006 parameters · 651,720 MACs · 242.2 KiB of weights
Layer             Activation shape  Activation size  # parameters
----------------  ----------------  ---------------  ------------
Input             (32, 32, 3)                 3,072             0
CONV1 (f=5, s=1)  (28, 28, 6)                 4,704           456
POOL1 (f=2, s=2)  (14, 14, 6)                 1,176             0
CONV2 (f=5, s=1)  (10, 10, 16)                1,600         2,416
POOL2 (f=2, s=2)  (5, 5, 16)                    400             0
FC3               (120, 1)                      120        48,120
FC4               (84, 1)                        84        10,164
Softmax           (10, 1)                        10           850
----------------  ----------------  ---------------  ------------
Total                                                      62,006
"""
COMPACT = "conv5-6, maxpool2, conv5-16, maxpool2, fc-120, fc-84, fc-10 softmax"


def run(*arguments: str, cwd: Path | None = None, stdin: str = "") -> tuple[int, str, str]:
    done = command.told(*arguments, given=stdin, cwd=cwd)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("name", ["lenet5.yaml", "lenet5", "LeNet5"])
def test_the_table_that_courses_print(name: str, tmp_path: Path) -> None:
    assert run("shapes", name, cwd=tmp_path) == (0, LENET5, "")


def test_a_file_in_the_way_wins(tmp_path: Path) -> None:
    (tmp_path / "lenet5.yaml").write_text("name: mine\ninput: 4x4x1\nlayers: [relu]\n")
    assert run("shapes", "lenet5.yaml", cwd=tmp_path)[1].startswith("mine\n")


def test_compact_text_and_standard_input() -> None:
    _, compact, _ = run("shapes", "--input", "32x32x3", COMPACT)
    assert "62,006" in compact
    code, piped, _ = run("shapes", "-", stdin=f"input: 32x32x3\nlayers: ['{COMPACT}']\n")
    assert (code, piped.splitlines()[3:]) == (0, compact.splitlines()[3:])


def test_one_layer_and_how_it_comes_about() -> None:
    code, told, _ = run("params", "--conv", "5x5x3", "--filters", "6")
    assert code == 0
    for part in ("456", "(5*5*3 + 1)*6", "76"):
        assert part in told
    assert "(28, 28, 6)" in run("shapes", "--input", "32x32x3", "--conv", "5x5x3", "--filters", "6")[1]


@pytest.mark.parametrize(
    ("flags", "params"),
    [
        ("--conv 5x3 --filters 2", 32), ("--conv 3x3x3x16 --filters 2", 866),
        ("--depthwise-conv 3x3x32 --no-bias", 288),
        ("--conv-transpose 2x2x8 --filters 4", 132), ("--max-pool 2", 0), ("--subsample 2x2x6", 12),
        ("--dense 400 --units 120", 48120), ("--batch-norm 64", 128),
        ("--conv 5x5x48 --filters 96 --groups 2", 57696),
        ("--local-conv 3x3x1 --filters 1 --input 5x5x1", 90), ("--conv 3 --filters 2 --input 8x8x3", 56),
        ("--avg-pool 2x2 --input 8x8x3", 0), ("--conv 3x3x4 --filters 2 --dilation 2 --padding same", 74),
    ],
)  # fmt: skip
def test_layers_by_flags(flags: str, params: int) -> None:
    import json

    code, told, error = run("params", *flags.split(), "--format", "json")
    assert code == 0, error
    assert json.loads(told)["params"] == params


def test_a_channel_count_that_contradicts_the_input_says_both() -> None:
    code, _, error = run("shapes", "--input", "32x32x1", "--conv", "5x5x3", "--filters", "6")
    assert code == 2
    assert "says 3 channels" in error
    assert "32x32x1 has 1" in error


def test_csv_sums_to_its_total() -> None:
    rows = list(csv.reader(run("shapes", "resnet50", "--format", "csv")[1].splitlines()))
    assert sum(int(row[3]) for row in rows[1:-1]) == int(rows[-1][3]) == 25_557_032


def test_numbers_below_zero_are_numbers_in_csv() -> None:
    rows = list(csv.reader(run("run", "--input", "6x6x1", "conv3-1", "--format", "csv")[1].splitlines()))
    least, largest, mean = map(float, rows[1][2:5])
    assert least < 0
    assert least <= mean <= largest


def test_the_gaps_of_two_counts_sum_to_their_difference_in_csv() -> None:
    rows = list(csv.reader(run("reconcile", "lenet5", "ptflops", "thop", "--format", "csv")[1].splitlines()))
    *items, total = [[int(cell) for cell in row[2:]] for row in rows[1:]]
    assert {first < 0 for *_, first in items} == {True, False}
    assert sum(gap for *_, gap in items) == total[2] == total[1] - total[0]


@pytest.mark.parametrize("text", ["=1+1", "-1+cmd", "+1 2", "@a", "-1\n", "--1"])
def test_texts_are_no_formulas_in_csv(text: str) -> None:
    told = "".join(written(Document([Table([Column("a")], [Row([text])])]), "csv"))
    # a line end is a blank: the cell stays on its line
    assert list(csv.reader(io.StringIO(told)))[1] == ["'" + text.replace("\n", " ")]


def test_an_unknown_column_is_told_the_known_ones() -> None:
    code, _, error = run("summary", "lenet5", "--columns", "name,memory_of")
    assert code == 2
    assert "memory_of is not a column" in error
    assert "help: did you mean memory?" in error


def test_an_image_written_channels_first_is_told() -> None:
    code, out, error = run("shapes", "resnet18", "--input", "3x256x256", "--depth", "1")
    assert code == 0
    assert out
    assert "warning: input: read with 256 channels; the layout chw would read it with 3" in error
    assert "layout" not in run("shapes", "resnet18", "--input", "3x256x256", "--layout", "chw")[2]
    last_first = run("shapes", "--layout", "chw", "--input", "28x28x1", "conv1-4")[2]
    assert "read with 28 channels; the layout hwc would read it with 1" in last_first
    for usual in ("224x224x3", "3x3x64", "1x100x64", "19x19x48"):
        assert run("shapes", "--input", usual, "conv1-4")[2] == ""


def test_what_is_listed_under_a_table_is_a_list_in_markdown() -> None:
    told = run("cost", "lenet5", "--format", "markdown")[1]
    assert "\n\n- weights 242.2 KiB (248.0 kB)\n- forward pass 43.6 KiB" in told


def test_markdown() -> None:
    told = run("params", "lenet5", "--format", "markdown")[1]
    assert "| CONV1 (f=5, s=1) | 450 | 6 | 456 | 456 | 0 |" in told


@pytest.mark.parametrize(("depth", "rows"), [(1, 13), (2, 21)])
def test_groups_are_folded_and_summed(depth: int, rows: int) -> None:
    lines = run("shapes", "resnet50", "--depth", str(depth))[1].splitlines()
    assert any(line.split()[0] == "conv2_x" and line.endswith("215,808") for line in lines)
    assert len([line for line in lines if not line.startswith("---")]) == rows + 2


def test_pixels_that_are_never_read_are_told_on_standard_error() -> None:
    _, _, error = run("shapes", "--input", "7x7x1", "conv3-1 s3")
    assert error == "warning: conv1: 1 of 7 rows and 1 of 7 columns never read\n"


def test_a_pipe_that_closes_early_is_no_error() -> None:
    command = f'"{sys.executable}" -m cnncalc shapes densenet201; echo "code $?" >&2'
    done = subprocess.run(["/bin/sh", "-c", f"({command}) | head -1"], capture_output=True, check=True)
    assert done.stdout.startswith(b"DenseNet")
    assert b"code 0" in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("environment", ["LC_ALL=C", "PYTHONIOENCODING=ascii", "TERM="])
def test_poor_environments(environment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(*environment.split("="))
    expected = LENET5.replace("·", "-") if "ascii" in environment else LENET5
    assert run("shapes", "lenet5") == (0, expected, "")


def test_the_help_says_what_each_verb_is_for_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    import re

    from cnncalc.cli import verbs
    from cnncalc.cli.page_of_help import PURPOSES

    monkeypatch.setenv("COLUMNS", "80")
    code, help, _ = run("--help")
    by_purpose, _, options = help.partition("\nOptions:\n")
    listed = dict(re.findall(r"^  ([a-z-]+)  +(\S.*)$", by_purpose, re.MULTILINE))
    assert (code, sorted(listed)) == (0, verbs())
    assert [verb for verb, told in listed.items() if not re.search(r"[^.]\.$", told)] == []
    assert re.findall(r"^([A-Z].+):$", by_purpose, re.MULTILINE) == ["Examples", *PURPOSES]
    assert "--version" in options
    assert re.search(r"Teach:\n  check .*\n  grade .*\n  quiz ", by_purpose)


@pytest.mark.parametrize("columns", [60, 80, 100, 140])
def test_options_stand_in_groups_and_lines_fit_the_terminal(
    columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    import re

    monkeypatch.setenv("COLUMNS", str(columns))
    help = run("cost", "--help")[1]
    assert max(map(len, help.splitlines())) <= min(columns, 100)
    assert re.findall(r"^([A-Z].+):$", help, re.MULTILINE) == [
        "Examples", "Arguments", "Options", "Network", "One layer instead of a network", "Output",
    ]  # fmt: skip
    assert "\n  cnncalc cost vgg16 --depth 1\n  cnncalc cost resnet50" in help
    in_one_layer = help.partition("One layer")[2].partition("Output:")[0]
    assert "--filters K" in in_one_layer
    assert "--batch N" not in in_one_layer


def test_the_channels_of_a_normalisation_are_its_c() -> None:
    assert run("params", "--batch-norm", "64")[1] == "parameters: 128 = 2*C = 2*64\n"


def test_a_network_in_the_place_of_a_verb_is_told_one() -> None:
    code, _, told = run("lenet5")
    assert code == 2
    assert "cnncalc shapes lenet5" in told


def test_a_size_that_is_none_is_told_in_plain_words() -> None:
    code, out, told = run("size", "32xseven", "--kernel", "5")
    assert (code, out) == (2, "")
    assert "32xseven" in told
    assert run("size", "32x30", "--kernel", "5")[1].startswith("28 x 26\n")


def test_every_verb_and_example_of_its_help_runs(tmp_path: Path) -> None:
    import re
    import shlex

    from PIL import Image

    from cnncalc.cli import verbs

    sheet = "Layer,# Parameters\nCONV1,456\n"
    (tmp_path / "sheets").mkdir()
    for name, text in {"answers.csv": sheet, "sheets/ann.csv": sheet, "names.txt": "Ann\nBo\n"}.items():
        (tmp_path / name).write_text(text)
    Image.new("RGB", (40, 36), "orange").save(tmp_path / "cat.png")
    for verb in verbs():
        code, help, _ = run(verb, "--help")
        assert code == 0
        assert not re.search("<[a-z]", help), "a value has a name, and no type of the parser's"
        examples = re.findall(rf"^  cnncalc ({re.escape(verb)} .*|{re.escape(verb)})$", help, re.MULTILINE)
        assert examples, f"{verb} --help shows no example"
        for example in examples:
            assert len(example) <= 68, "a line of help has 80 columns"
            if verb == "serve":
                continue  # it answers until it is stopped, which test_web sees to
            code, _, error = run(*shlex.split(example), cwd=tmp_path)
            assert code in (0, 1), f"cnncalc {example}: {error}"


def test_built_in_networks() -> None:
    assert "62,006" in run("list")[1]
    assert "\nname: LeNet-5\n" in run("show", "lenet5")[1]
    assert "floor((N + 2*P - F)/S) + 1" in run("layers", "conv")[1]
    assert "x0.185" in run("compare", "vgg16", "resnet50")[1]


def test_two_answers_to_one_quantity_are_refused() -> None:
    layer = ("--conv", "5x5x3", "--filters", "6")
    code, _, error = run("check", *layer, "--answer", "params=450", "--answer", "params=456")
    assert code == 2
    assert "two answers to one quantity" in error


def test_blank_cells_are_not_asked_where_only_what_is_given_is(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Layer,shape,size\nCONV1,28x28x6,4704\nPOOL1,,1176\n")
    code, told, _ = run("check", "lenet5", "a.csv", "--only-given", cwd=tmp_path)
    assert (code, "3 of 3" in told) == (0, True)


def test_values_for_bytes_are_the_slip_of_the_unit() -> None:
    layer = ("--conv", "3x3x8", "--filters", "8", "--input", "8x8x8", "--padding", "1")
    assert "the unit" in run("check", *layer, "--answer", "memory=512")[1]
