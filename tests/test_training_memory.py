"""The memory of a training step, by hand: a value of 2x2x2 takes 32 bytes."""

import json

import pytest

import cnncalc
from cnncalc.analysis.training import Segment, training_memory
from cnncalc.cli import main

CHAIN = "conv1-2, conv1-2, conv1-2, conv1-2"


def test_a_chain_by_hand() -> None:
    report = cnncalc.load(CHAIN, input="2x2x2").analyze(optimizer="adam")
    found = training_memory(report)
    # 6 parameters each, as many gradients, and two values of the optimizer for each
    assert found.layers[0] == ("conv1", 24, 24, 48, 32, 32)
    assert found.static == 4 * 96
    # as conv4 goes backwards: the input, four outputs, and the gradients of the last two
    assert (found.peak, found.at, found.extra_macs) == (32 * 7, "conv4", 0)
    assert (found.kept, found.gradients) == (32 * 5, [("conv3", 32), ("conv4", 32)])


@pytest.mark.parametrize(
    ("every", "ends", "peak", "at", "again"),
    [
        # as conv4 goes backwards: the input, the output of conv2, those of conv3 and conv4, two gradients
        (2, [2, 4], 32 * 6, "conv4", 2),
        # one checkpoint behind each layer is as much as all
        (1, [1, 2, 3, 4], 32 * 7, "conv4", 3),
        # as conv3 goes backwards: the input, three outputs that are worked out again, two gradients
        (3, [3, 4], 32 * 6, "conv3", 3),
        (4, [4], 32 * 7, "conv4", 0),
        (9, [4], 32 * 7, "conv4", 0),
    ],
)
def test_checkpoints_by_hand(every: int, ends: list[int], peak: int, at: str, again: int) -> None:
    found = training_memory(cnncalc.load(CHAIN, input="2x2x2").analyze(3), every)
    assert [segment.end for segment in found.segments] == ends
    assert (found.peak, found.at) == (3 * peak, at)
    assert found.extra_macs == 3 * again * 16


def test_a_shortcut_is_no_place_for_a_checkpoint() -> None:
    unit = {"add": [["conv1-2", "bn", "relu", "conv1-2"], []]}
    report = cnncalc.load({"input": "2x2x2", "layers": ["conv1-2", unit, "relu", unit, "relu"]}).analyze()
    # the first convolution; then a unit and its activation; the rest
    assert training_memory(report, 1).segments == [Segment(0, 1), Segment(1, 7), Segment(7, 13)]
    assert report["relu1"].in_place
    densely = {"concat": [[], ["bn", "relu", "conv1-2"]]}
    report = cnncalc.load({"input": "2x2x2", "layers": ["conv1-2", densely, densely, "bn"]}).analyze()
    # the norm behind the convolution stays there; those behind joins begin blocks
    assert [each.end for each in training_memory(report, 1).segments] == [5, 9, 10]


def test_frozen_layers_have_no_gradients() -> None:
    frozen = {"conv": {"kernel": 1, "filters": 2, "trainable": False}}
    report = cnncalc.load({"input": "2x2x2", "layers": [frozen, frozen, "conv1-2"]}).analyze(
        optimizer="momentum"
    )
    found = training_memory(report)
    # the output of the second is what the third multiplies its gradient by
    assert found.layers == [
        ("conv1", 24, 0, 0, 0, 0),
        ("conv2", 24, 0, 0, 32, 0),
        ("conv3", 24, 24, 24, 32, 32),
    ]
    assert found.peak == 32 * 4


def test_the_table_and_its_errors(capsys: pytest.CaptureFixture[str]) -> None:
    def run(*arguments: str) -> tuple[object, str, str]:
        with pytest.raises(SystemExit) as stopped:
            main(["cost", CHAIN, "--input", "2x2x2", *arguments])
        return stopped.value.code, *capsys.readouterr()

    code, out, _ = run("--training", "--checkpoint", "2")
    assert code == 0
    assert "at most 192 bytes" in out
    assert "2 segments; all but the last are run twice, with 32" in out
    data = json.loads(run("--training", "--format", "json")[1])["training"]
    assert (data["peak"], data["static"], data["total"]) == (224, 192, 416)
    for arguments, told in (
        (["--checkpoint", "2"], "--checkpoint says nothing to anything but --training"),
        (["--training", "--fit", "1MiB"], "--fit says nothing to --training"),
        (["--training", "--checkpoint", "0"], "checkpoint"),
        (["--training", "--symbolic"], "--training asks of a network at one size"),
    ):
        code, out, error = run(*arguments)
        assert (code, out) == (2, "")
        assert told in error
