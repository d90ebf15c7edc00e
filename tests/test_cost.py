"""What a network costs: complexity as courses set it, memory, what fits, and limits."""

import json
import re
from typing import Any

import pytest

import cnncalc
from cnncalc import UsageError
from cnncalc.analysis.limits import exceeded
from cnncalc.analysis.memory import fit
from cnncalc.built_in import builtin_names
from cnncalc.cli import main
from cnncalc.number_text import read_bytes, read_count, told_bytes

KIB, MIB, GIB = 1024, 1024**2, 1024**3


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[object, str, str]:
    with pytest.raises(SystemExit) as exited:
        main(arguments)
    return exited.value.code, *capsys.readouterr()


# ---- complexity


@pytest.mark.parametrize(
    ("layers", "time", "space"),
    [
        ("conv3-256 p1 nobias", 5_898_240_000, 3_149_824),
        ("conv1-64 nobias, conv3-256 p1 nobias", 1_638_400_000, 3_363_840),
    ],
)
def test_the_exercise_of_the_bottleneck(
    capsys: pytest.CaptureFixture[str], layers: str, time: int, space: int
) -> None:
    code, out, _ = run(capsys, "cost", "--input", "100x100x256", layers)
    assert code == 0
    assert f"time complexity: sum of M^2 * F^2 * C_in * C_out = {time:,} multiply-accumulates" in out
    assert f"= {space:,} values" in out


def test_shares_and_sums_by_block(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "cost", "resnet50", "--depth", "1")[1]
    (block,) = (line for line in out.splitlines() if line.startswith("conv4_x"))
    assert block.split() == [
        "conv4_x",
        "1,464,336,384",
        "2,928,672,768",
        "██████",
        "35.8%",
        "12,617,728",
        "████▋",
        "23.6%",
    ]
    assert "weight layers: 50 on the longest path" in out
    table = run(capsys, "cost", "lenet5", "--format", "csv")[1].splitlines()
    assert table[1] == "CONV1,352800,705600,0.541337,5160,0.0736091"


@pytest.mark.parametrize("name", builtin_names())
def test_the_rows_sum_to_the_totals(name: str) -> None:
    report = cnncalc.load(name).analyze()
    for depth in (None, 1, 2):
        rows = report.rows(depth)
        assert sum(row.macs for row in rows) == report.totals.macs
        assert sum(row.space for row in rows) == report.totals.space


def test_one_layer(capsys: pytest.CaptureFixture[str]) -> None:
    flags = ("cost", "--input", "32x32x3", "--conv", "5x5x3", "--filters", "6")
    data = json.loads(run(capsys, *flags, "--format", "json")[1])
    assert (data["macs"], data["flops"], data["space"]) == (352_800, 705_600, 5_160)
    out = run(capsys, *flags)[1]
    for part in ("352,800", "FLOPs: 705,600 = 2*MACs", "space: 5,160"):
        assert part in out


# ---- memory


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        # 3*3*3*4 + 4 = 112 values four times; the input of 3,072, 3,600 put out, and as many gradients
        ("--training --optimizer adam", "1.8 KiB (1.8 kB) for weights, their gradients and the optimizer"),
        ("--memory", "as the layers stand        26.1 KiB (26.7 kB)"),
        ("--energy", "a batch of 1 takes 4.79 µJ"),
        ("--fit 1MiB", "training with sgd: a batch of 39"),
    ],
)
def test_one_layer_is_a_network_of_one(arguments: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    layer = ("--input", "32x32x3", "--conv", "3x3x3", "--filters", "4")
    code, out, _ = run(capsys, "cost", *layer, *arguments.split())
    assert code == 0
    assert told in out


def test_the_memory_of_each_layer_in_mb(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("cost", "vgg16", "--training", "--bytes-in")
    out = run(capsys, *words, "MB")[1]
    # conv1 has 1,792 parameters of 4 bytes, and puts out 224*224*64 values
    cells = ["conv1 (f=3, s=1, p=same)", "0.007", "0.007", "0.000", "12.845", "12.845"]
    assert cells in [re.split("  +", line) for line in out.splitlines()]
    assert "Weights (MB)" in out
    # 224*224*64*4 / 2^20 is 12.25 exactly
    assert ",12.25,12.25" in run(capsys, *words, "mib", "--format", "csv")[1]
    out = run(capsys, "summary", "vgg16", "--columns", "memory,weight_bytes", "--bytes-in", "GiB")[1]
    assert "Output (GiB)  Weights (GiB)" in out
    for given, told in (
        ("summary lenet5 --bytes-in MB", "--bytes-in says nothing to a table without bytes"),
        ("summary lenet5 --columns memory --bytes-in Mb/s", "'Mb/s' is no unit of bytes"),
        ("cost lenet5 --bytes-in MB", "--bytes-in says nothing to anything but --training and --memory"),
        (
            "cost lenet5 --memory --bytes-in MB --format json",
            "--bytes-in says nothing to JSON, which is in bytes",
        ),
    ):
        code, out, error = run(capsys, *given.split())
        assert (code, told in out + error) == (2, True)


def test_the_memory_of_each_layer_is_that_of_the_course() -> None:
    """Stanford CS231n, the table of VGG-16: values put out by each layer, and in its weights."""
    report = cnncalc.load("vgg16").analyze()
    rows = [
        *["3.2M"] * 2, "800K", *["1.6M"] * 2, "400K", *["800K"] * 3, "200K", *["400K"] * 3, "100K",
        *["100K"] * 3, "25K",
    ]  # fmt: skip
    weights = [1_728, 36_864, 73_728, 147_456, 294_912, 589_824, 589_824, 1_179_648, *[2_359_296] * 5]
    values = [fact.activation_size for fact in report.facts if fact.activation_size > 4096]
    assert values == pytest.approx([read_count(row) for row in rows], rel=0.01)
    dense = [7 * 7 * 512 * 4096, 4096 * 4096, 4096 * 1000]
    assert [fact.weights for fact in report.facts if fact.weights] == [*weights, *dense]


def test_vgg16_takes_58_mib() -> None:
    report = cnncalc.load("vgg16").analyze()
    memory = report.totals.memory
    assert (memory.forward, told_bytes(memory.forward)) == (4 * 15_237_608, "58.1 MiB (61.0 MB)")
    assert [(report.graph.name(number), size) for number, size in report.peak.alive] == [
        ("conv1", 224 * 224 * 64),
        ("conv2", 224 * 224 * 64),
    ]


@pytest.mark.parametrize("name", builtin_names())
def test_the_peak_is_what_is_alive(name: str) -> None:
    report = cnncalc.load(name).analyze()
    assert sum(size for _, size in report.peak.alive) == report.peak.values
    assert report.peak.values <= report.totals.memory.forward // 4


@pytest.mark.parametrize(("optimizer", "values"), [("sgd", 2), ("momentum", 3), ("adam", 4)])
@pytest.mark.parametrize(("dtype", "each"), [("float64", 8), ("float32", 4), ("bfloat16", 2), ("int8", 1)])
def test_training(optimizer: str, values: int, dtype: str, each: int) -> None:
    report = cnncalc.load("lenet5").analyze(batch=10, dtype=dtype, optimizer=optimizer)
    memory = report.totals.memory
    assert memory.weights == 62_006 * each
    assert memory.forward == 10 * (3_072 + 8_094) * each
    assert memory.training == values * memory.weights + memory.forward


def test_an_unknown_optimizer_is_an_error() -> None:
    with pytest.raises(UsageError, match="known: adam, adamw, momentum, sgd"):
        cnncalc.load("lenet5").analyze(optimizer="lion")


# ---- what fits


@pytest.mark.parametrize("name", ["lenet5", "vgg16", "densenet121", "unet"])
@pytest.mark.parametrize("limit", [GIB, 8 * GIB, 10**9])
def test_the_largest_batch_is_the_largest(name: str, limit: int) -> None:
    network = cnncalc.load(name)
    found = fit(network.analyze(7, optimizer="adam").totals.memory, 7, limit)

    def memory(batch: int) -> Any:
        return network.analyze(batch, optimizer="adam").totals.memory

    for batch, quantity in ((found.training, "training"), (found.running, "running")):
        assert not batch or getattr(memory(batch), quantity) <= limit
        assert getattr(memory(batch + 1), quantity) > limit
    assert (found.training_one, found.running_one) == (memory(1).training, memory(1).running)


def test_fit_says_the_largest_batch_or_what_one_sample_needs(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "cost", "vgg16", "--fit", "8GiB", "--optimizer", "adam")
    assert code == 0
    assert "training with adam: a batch of 104\n  running, weights and peak: a batch of 312\n" in out
    code, out, _ = run(capsys, "cost", "vgg16", "--fit", "600MB")
    assert code == 0
    assert "training with sgd: nothing; one sample needs 1.1 GiB (1.2 GB)" in out
    code, out, _ = run(capsys, "cost", "vgg16", "--fit", "1MB", "--format", "json")
    assert code == 1
    assert json.loads(out)["fit"]["running_one"] == 579_120_288


# ---- quantities and limits


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("5M", 5_000_000), ("4.1G", 4_100_000_000), ("300k", 300_000), ("300K", 300_000), ("62,006", 62_006),
        ("2Ki", 2048), ("1 M", 1_000_000), (".5T", 500_000_000_000), ("1_000", 1000), ("0", 0),
    ],
)  # fmt: skip
def test_counts(text: str, count: int) -> None:
    assert read_count(text) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("64MiB", 64 * MIB), ("64MB", 64_000_000), ("64mb", 64_000_000), ("8 gib", 8 * GIB),
        ("8GiB", 8 * GIB), ("1.5KiB", 1536), ("1kB", 1000), ("64M", 64_000_000),
        ("64Mi", 64 * MIB), ("12", 12), ("12B", 12),
    ],
)  # fmt: skip
def test_bytes(text: str, count: int) -> None:
    assert read_bytes(text) == count


@pytest.mark.parametrize(
    "text", ["", "M", "5X", "-5M", "5MB", "1e6", "1.5", "5iB", "\u0665M", "9" * 40, "5 M M", "0.1k1"]
)
def test_what_is_no_count(text: str) -> None:
    with pytest.raises(UsageError):
        read_count(text)


@pytest.mark.parametrize("text", ["", "MiB", "5 apples", "64Mb", "64Mib", "1.0001KiB", "nan"])
def test_what_is_no_number_of_bytes(text: str) -> None:
    with pytest.raises(UsageError):
        read_bytes(text)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (1, "1 byte"), (999, "999 bytes"), (1000, "1.0 KiB (1.0 kB)"), (1024, "1.0 KiB (1.0 kB)"),
        (999_949, "976.5 KiB (999.9 kB)"), (999_950, "976.5 KiB (1.0 MB)"), (64 * MIB, "64.0 MiB (67.1 MB)"),
        (MIB - 1, "1.0 MiB (1.0 MB)"), (10**18, "888.2 PiB (1,000.0 PB)"),
    ],
)  # fmt: skip
def test_bytes_as_people_read_them(value: int, told: str) -> None:
    assert told_bytes(value) == told


def test_limits_name_what_went_over_and_by_how_much() -> None:
    report = cnncalc.load("mobilenet-v2").analyze()
    assert exceeded(report, {}) == []
    assert (
        exceeded(report, {"params": 3_504_872, "macs": 300_774_272, "memory": report.totals.memory.running})
        == []
    )
    limits = {"params": 3_504_871, "macs": 300_000_000, "memory": 16 * MIB}
    told = [fault.message for fault in exceeded(report, limits)]
    assert told[0] == "3,504,872 parameters: over the limit of 3,504,871 by 1"
    assert told[1] == "300,774,272 multiply-accumulates: over the limit of 300,000,000 by 774,272"
    assert told[2].startswith("22.7 MiB (23.8 MB) to run, weights and peak: over the limit of 16.0 MiB")


def test_limits_under_a_convention_are_on_what_the_tool_counts() -> None:
    report = cnncalc.load("resnet50").analyze(convention="torch")
    (fault,) = exceeded(report, {"macs": 8_000_000_000})
    assert fault.message.startswith("8,178,368,512 FLOPs by torch: over the limit of 8,000,000,000")


def test_summary_as_a_gate(capsys: pytest.CaptureFixture[str]) -> None:
    fine = ("--max-params", "5M", "--max-macs", "310M", "--max-memory", "64MiB")
    assert run(capsys, "summary", "mobilenet-v2", *fine)[0] == 0
    code, out, err = run(capsys, "summary", "vgg16", *fine)
    assert code == 1
    assert "Total" in out
    for part in (
        "138,357,544 parameters: over the limit of 5,000,000 by 133,357,544",
        "to run",
        "15,470,264,320",
    ):
        assert part in err
    code, out, err = run(capsys, "summary", "lenet5", "--max-params", "62000")
    assert (code, err) == (1, "error[over_limit]: 62,006 parameters: over the limit of 62,000 by 6\n")
    code, out, err = run(capsys, "summary", "vgg16", "--max-params", "5MB")
    assert (code, out) == (2, "")
    assert "--max-params: '5MB' is in bytes, and a count is wanted" in err


def test_one_byte_is_no_plural(capsys: pytest.CaptureFixture[str]) -> None:
    for verb in ("cost", "explain"):
        code, out, _ = run(capsys, verb, "lenet5", "--dtype", "int8", "--lang", "en")
        assert code == 0
        assert "1-byte" in out
        assert "1 bytes" not in out


def test_what_is_far_over_a_limit_is_told_in_whole_times() -> None:
    report = cnncalc.load("lenet5").analyze()
    (fault,) = exceeded(report, {"params": 2})
    assert "by 62,004, 31,003 times as much" in fault.message
