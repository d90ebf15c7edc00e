"""The tree of a report: repeats folded, norms and activations behind their layer, nothing lost."""

import pytest

import cnncalc
from cnncalc.analysis.report import Report
from cnncalc.analysis.tree import SHORT, TreeLine, tree
from cnncalc.quantity import QUANTITIES


def lines(network: str, **options: int | bool | None) -> list[TreeLine]:
    return list(tree(cnncalc.load(network).analyze(), **options))  # type: ignore[arg-type]


def text(line: TreeLine) -> str:
    riders = "".join(f" {rider.kind}" for rider in line.riders)
    paths = "".join(" shortcut" if path.is_shortcut else f" path {path.number}" for path in line.paths)
    return "  " * line.level + line.label + riders + paths + (f" x{line.times}" if line.times > 1 else "")


def of_spec(layers: str) -> Report:
    filler = ["conv1-4"] * SHORT
    return cnncalc.load({"input": "8x8x4", "layers": [*_read(layers), *filler]}).analyze()


def _read(layers: str) -> list[object]:
    import yaml

    return list(yaml.safe_load(layers))


def test_resnet50_is_folded_as_its_paper_lists_it() -> None:
    """Table 1 of He et al. (2015): 3, 4, 6 and 3 units, the first of each with a projection."""
    told = [text(line) for line in lines("resnet50")]
    assert [line for line in told if " x" in line] == [
        "  bottleneck x2",
        "  bottleneck x3",
        "  bottleneck x5",
        "  bottleneck x2",
    ]
    assert told[:9] == [
        "conv1 batch_norm relu",
        "max_pool1",
        "conv2_x",
        "  bottleneck1",
        "    conv1 batch_norm relu",
        "    conv2 batch_norm relu",
        "    conv3 batch_norm",
        "    conv1 batch_norm shortcut",
        "    add1 relu",
    ]
    assert len(told) == 52


@pytest.mark.parametrize(
    "network", ["resnet50", "densenet121", "inception-v3", "mobilenet-v2", "swin-t", "unet"]
)
@pytest.mark.parametrize("quantity", ["params", "macs", "connections", "multiplications"])
def test_the_lines_at_the_top_add_up_to_the_network(network: str, quantity: str) -> None:
    report = cnncalc.load(network).analyze()
    record = QUANTITIES[quantity]
    top = [line.row.value(record) for line in tree(report) if line.level == 0]
    assert sum(top) == report.totals.value(record)


@pytest.mark.parametrize("network", ["resnet50", "densenet121", "inception-v3", "swin-t"])
def test_a_group_is_what_stands_under_its_line(network: str) -> None:
    record = QUANTITIES["params"]
    told = lines(network)
    for at, line in enumerate(told):
        if line.heading:
            inner = []
            for under in told[at + 1 :]:
                if under.level <= line.level:
                    break
                if under.level == line.level + 1:
                    inner.append(under.row.value(record))
            assert line.times * sum(inner) == line.row.value(record), line.label


def test_every_layer_has_a_line_where_all_are_wanted() -> None:
    told = lines("resnet50", every=True)
    assert sum(not line.heading for line in told) == 174
    assert all(line.times == 1 and not line.riders for line in told)


def test_a_short_table_is_not_folded() -> None:
    layers = ["conv3-8 same", "batch_norm", "relu", {"repeat": {"times": 2, "layers": ["conv3-8 same"]}}]
    report = cnncalc.load({"input": "8x8x8", "layers": layers}).analyze()
    assert [line.label for line in tree(report) if not line.heading] == [
        "conv1", "batch_norm1", "relu1", "conv1", "conv1",
    ]  # fmt: skip


def test_units_that_differ_are_not_folded() -> None:
    """The second unit is wider, the last two are equal."""
    told = [text(line) for line in tree(of_spec("""
    - block: {name: a1, layers: [conv3-4 same]}
    - block: {name: a2, layers: [conv3-8 same]}
    - block: {name: a3, layers: [conv3-8 same, relu]}
    - block: {name: a4, layers: [conv3-8 same, relu]}
    - block: {name: a5, layers: [conv3-8 same, relu]}
    """))]  # fmt: skip
    assert told[:6] == ["a1", "  conv1", "a2", "  conv1", "a3-5 x3", "  conv1 relu"]


def test_a_layer_that_others_read_has_no_riders() -> None:
    told = [text(line) for line in tree(of_spec("""
    - c=conv3-4 same
    - relu
    - add: [c, []]
    - relu
    """))]  # fmt: skip
    assert told[:3] == ["c", "relu1", "add1 relu"]


def test_the_size_of_a_line_with_riders_is_the_size_of_its_shape() -> None:
    first = lines("resnet50")[0].row
    assert first.value(QUANTITIES["activation_size"]) == 112 * 112 * 64
    assert first.value(QUANTITIES["params"]) == 7 * 7 * 3 * 64 + 2 * 64


@pytest.mark.parametrize("network", ["resnet50", "unet", "lenet5", "inception-v3"])
@pytest.mark.parametrize("every", [False, True])
def test_branches_end_where_their_group_ends(network: str, every: bool) -> None:
    told = lines(network, every=every)
    for at, line in enumerate(told):
        assert len(line.goes_on) == line.level
        for level, goes_on in enumerate(line.goes_on, 1):
            further = next((under.level for under in told[at + 1 :] if under.level <= level), 0)
            assert goes_on == (further == level), (line.row.name, level)


def test_neighbours_of_one_name_are_told_apart_by_their_paths() -> None:
    lines = [line for line in tree(cnncalc.load("resnet18").analyze()) if line.heading]
    told = [line.label for line in lines if line.row.name.startswith("conv3_x.")]
    assert told == ["basic1", "repeat1"]
