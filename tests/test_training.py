"""One training step by hand: worked by hand, and held to differences of the loss."""

import json
from typing import Any

import numpy as np
import pytest

from cnncalc import UsageError
from cnncalc.cli import main
from cnncalc.execute.training import LOSSES, TrainingStep, train
from cnncalc.loading import load_compact


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    with pytest.raises(SystemExit) as exited:
        main(arguments)
    captured = capsys.readouterr()
    assert exited.value.code == code, captured.err
    return captured.err if code else captured.out


def step(layers: str, x: Any, weights: dict[str, Any], **options: Any) -> TrainingStep:
    x = np.array(x, float)
    graph = load_compact(layers, list(x.shape)).graph()
    return train(graph, x, {name: [np.array(each, float)] for name, each in weights.items()}, **options)


def test_a_step_worked_by_hand(capsys: pytest.CaptureFixture[str]) -> None:
    # the convolution is 1*1 + 4*1 = 5, the unit 2*5 = 10; L = (10 - 12)^2/2 = 2, dL/dy = -2;
    # dL/dW of the unit is -2*5 = -10; dL/dx of the unit is -2*2 = -4, times the pixels for the kernel
    out = said(
        capsys, "train", "1 2; 3 4", "conv2-1 relu, fc-1", "--weight", "1 0; 0 1", "--weight", "2",
        "--target", "12", "--rate", "0.01",
    )  # fmt: skip
    for line in (
        "(0, 0): 1*1 + 2*0 + 3*0 + 4*1 = 5",
        "L = 1/2*sum((y - t)^2) = 1/2*((10 - 12)^2) = 2",
        "(0, 0): (-2)*5 = -10",
        "(1, 1): (-4)*4 = -16",
        "New weights: old - 0.01 * gradient",
        "0.12 1.16",
    ):
        assert line in out


def test_two_filters_a_pooling_and_two_neurons() -> None:
    # an edge kernel and its double on a ramp: max pooling of 3 by 2 leaves 2x2 sums for each map
    image = np.arange(25.0).reshape(5, 5, 1)
    ones = np.ones((3, 3))
    done = step(
        "conv3-2 p1 relu, maxpool3 s2, fc-2",
        image,
        {"conv1.weight": np.stack([ones, 2 * ones]), "dense1.weight": [1, 2]},
    )
    # the windows of 3x3 sums inside: 9 times the middle; at the border less
    sums = done.stages[0].output[..., 0]
    assert sums[2, 2] == 9 * 12
    assert sums[0, 0] == 0 + 1 + 5 + 6
    pooled = done.stages[2].output
    assert pooled[..., 0].tolist() == [[108, 117], [153, 162]]
    # one weight for all values of a neuron: (1 + 2) * (108 + 117 + 153 + 162), and its double
    assert done.stages[-1].output.tolist() == [3 * 540, 6 * 540]


def test_cross_entropy_is_of_scores_or_of_probabilities() -> None:
    # scores 1 and 3: p = 1/(1 + e^-2) = 0.880797 of the right class, -ln p = 0.126928
    weights = {"dense1.weight": [[1, 0], [0, 1]], "dense1.bias": [0, 1]}
    one = step("fc-2", [1, 2], weights, target=np.array(1), loss="cross-entropy")
    other = step("fc-2 softmax", [1, 2], weights, target=np.array([0, 1]), loss="cross-entropy")
    log = step("fc-2, log_softmax", [1, 2], weights, target=np.array(1), loss="cross-entropy")
    for done in (one, other, log):
        assert done.loss is not None
        assert done.loss.value == pytest.approx(0.126928, abs=1e-6)
        gradient = done.stages[0].gradients["bias"]
        assert gradient == pytest.approx([0.119203, -0.119203], abs=1e-6)


NETWORKS = [
    ("conv2-2 tanh, maxpool2, fc-3", (4, 5, 2)),
    ("conv3-2 p1 s2 sigmoid, avgpool2 s1, fc-2 tanh, fc-1 sigmoid", (5, 6, 1)),
    ("conv3-2 d2 p2, bn, leaky_relu, gap, fc-2", (5, 5, 1)),
    ("depthwise_conv2 tanh, conv1-3, flatten, fc-2 softmax", (3, 3, 2)),
    ("conv3-2 same elu, deconv2-1 s2, fc-2", (4, 1)),
    ("fc-4 tanh, fc-3", (5,)),
]


# the small network with every loss, the others with those that differ most
@pytest.mark.parametrize(
    ("layers", "shape", "loss"),
    [(*NETWORKS[-1], loss) for loss in LOSSES]
    + [
        pytest.param(*network, loss, marks=pytest.mark.slow)
        for network in NETWORKS[:-1]
        for loss in ("squared", "cross-entropy")
    ]
    + [(*NETWORKS[1], "binary")],
)
def test_gradients_are_the_slopes_of_the_loss(layers: str, shape: tuple[int, ...], loss: str) -> None:
    if loss == "binary" and "sigmoid" not in layers.rpartition(",")[2]:
        pytest.skip("no probabilities come out")
    if loss == "cross-entropy" and layers.endswith("fc-1 sigmoid"):
        pytest.skip("one score has no classes")
    draw = np.random.default_rng(0)
    graph = load_compact(layers, list(shape)).graph()
    x = draw.normal(size=shape)
    blank = train(graph, x, weights_of(graph, shape, draw, np.zeros(0)))
    weights = {f"{s.name}.{n}": [a] for s in blank.stages for n, a in s.arrays.items()}
    outputs = blank.stages[-1].output.size
    target = np.eye(outputs)[0] if loss == "cross-entropy" else draw.uniform(0.1, 0.9, outputs)

    def value(of: dict[str, list[Any]], at: Any) -> float:
        done = train(graph, at, of, target=target, loss=loss)
        assert done.loss is not None
        return done.loss.value

    done = train(graph, x, weights, target=target, loss=loss, rate=0.5)
    assert held(lambda changed: value(weights, changed), x, done.stages[0].gradients["input"])
    for stage in done.stages:
        for name, terms in stage.terms.items():
            sums = {at: sum(a * b for a, b in each) for at, each in terms.items()}
            for at, total in sums.items():
                assert total == pytest.approx(stage.gradients[name][at], abs=1e-9), (stage.name, name, at)
        for name, array in stage.arrays.items():
            if name not in stage.gradients:
                continue
            key = f"{stage.name}.{name}"
            assert held(
                lambda changed, key=key: value({**weights, key: [changed]}, x), array, stage.gradients[name]
            )
            assert stage.updated[name] == pytest.approx(array - 0.5 * stage.gradients[name])


def weights_of(graph: Any, shape: tuple[int, ...], draw: Any, _: Any) -> dict[str, list[Any]]:
    """Numbers for each array that is learned, found by asking what is missing."""
    given: dict[str, list[Any]] = {}
    for _attempt in range(20):
        try:
            train(graph, np.zeros(shape), dict(given))
        except UsageError as error:
            message = error.faults[0].message
            layer = message.split("has ")[1].split("?")[0]
            array, _is, sizes = message.split("its ")[1].partition(" is ")
            given[f"{layer}.{array}"] = [draw.normal(size=[int(n) for n in sizes.split("x")])]
        else:
            return given
    raise AssertionError("weights are missing still")


def held(value: Any, array: Any, gradient: Any) -> bool:
    """Whether each value of a gradient is the slope of the loss by that value."""
    small = 1e-5
    for at in np.ndindex(array.shape):
        up, down = array.copy(), array.copy()
        up[at] += small
        down[at] -= small
        slope = (value(up) - value(down)) / (2 * small)
        assert slope == pytest.approx(gradient[at], rel=1e-4, abs=1e-6), at
    return True


def test_bad_input_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    def told(*arguments: str) -> str:
        return said(capsys, "train", *arguments, code=2)

    assert "which weights has conv1? its weight is 1x1x2x2" in told("1 2; 3 4", "conv2-1, fc-1")
    assert "4 numbers, and 3 are given" in told("1 2; 3 4", "conv2-1", "--weight", "1 2 3")
    assert "no layer has conv2.weight" in told("1 2; 3 4", "relu", "--weight", "conv2=1")
    assert "more weights than layers" in told("1 2; 3 4", "relu", "--weight", "1")
    assert "'convv2-1' is not a layer" in told("1 2; 3 4", "convv2-1")
    assert "is not a loss" in told("1 2", "fc-1", "--weight", "1", "--target", "1", "--loss", "huber")
    assert "2 values, and the output 1" in told("1 2", "fc-1", "--weight", "1", "--target", "1 2")
    assert "there is no class 5" in told(
        "1 2", "fc-2", "--weight", "1", "--target", "5", "--loss", "cross-entropy"
    )
    assert "between 0 and 1" in told("1 2", "fc-1", "--weight", "1", "--target", "1", "--loss", "binary")
    assert "--rate needs a gradient" in told("1 2", "fc-1", "--weight", "1", "--rate", "1")
    assert "either a --target" in told("1 2", "fc-1", "--weight", "1", "--target", "1", "--gradient", "1")
    assert "of which layer?" in told("1 2", "fc-1", "--weight", "1", "--bias", "1")


def test_json_has_every_array(capsys: pytest.CaptureFixture[str]) -> None:
    data = json.loads(
        said(
            capsys, "train", "1 2; 3 4", "conv2-1, fc-1", "--weight", "1 0; 0 1", "--weight", "2",
            "--gradient", "1", "--rate", "1", "--format", "json",
        )
    )  # fmt: skip
    conv, dense = data["layers"]
    assert dense["output"] == [10.0]
    assert conv["gradients"]["weight"] == [[[[2.0, 4.0], [6.0, 8.0]]]]
    assert conv["updated"]["bias"] == [-2.0]
    assert data["loss"] is None
