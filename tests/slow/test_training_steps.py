"""One training step by hand, held to PyTorch: the loss, every gradient, and the weights after the step."""

from typing import Any

import numpy as np
import pytest

from cnncalc.execute.training import train
from cnncalc.loading import load_compact

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.slow
nn, F = torch.nn, torch.nn.functional

LOSSES = {
    "squared": lambda y, t: ((y - t) ** 2).sum() / 2,
    "mse": F.mse_loss,
    "cross-entropy": F.cross_entropy,
    "binary": F.binary_cross_entropy,
}
CASES: list[tuple[str, tuple[int, ...], Any, str]] = [
    (
        "conv2-2 relu, maxpool2, fc-3",
        (2, 5, 6),
        nn.Sequential(nn.Conv2d(2, 2, 2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8, 3)),
        "cross-entropy",
    ),
    (
        "conv3-3 s2 p1 tanh, avgpool2 s1, fc-2",
        (1, 6, 6),
        nn.Sequential(
            nn.Conv2d(1, 3, 3, 2, 1), nn.Tanh(), nn.AvgPool2d(2, 1), nn.Flatten(), nn.Linear(12, 2)
        ),
        "mse",
    ),
    (
        "conv3-2 d2 p2 sigmoid, conv1-4 relu, fc-1 sigmoid",
        (2, 5, 5),
        nn.Sequential(
            nn.Conv2d(2, 2, 3, padding=2, dilation=2), nn.Sigmoid(), nn.Conv2d(2, 4, 1), nn.ReLU(),
            nn.Flatten(), nn.Linear(100, 1), nn.Sigmoid(),
        ),
        "binary",
    ),
    (
        "conv3-2 relu, deconv2-1 s2, fc-2",
        (3, 9),
        nn.Sequential(
            nn.Conv1d(3, 2, 3), nn.ReLU(), nn.ConvTranspose1d(2, 1, 2, 2), nn.Flatten(), nn.Linear(14, 2)
        ),
        "squared",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("layers", "shape", "model", "loss"), CASES)
def test_a_step_is_that_of_pytorch(layers: str, shape: tuple[int, ...], model: Any, loss: str) -> None:
    torch.manual_seed(0)
    model = model.double()
    x = torch.randn(1, *shape, dtype=torch.float64, requires_grad=True)
    graph = load_compact(layers, [*shape[1:], shape[0]]).graph()
    arrays = list(model.parameters())
    names = [
        f"{name}.{array}"
        for name in [node.name for node in graph.nodes if node.layer.units_option]
        for array in ("weight", "bias")
    ]
    weights = {name: [a.detach().numpy().copy()] for name, a in zip(names, arrays, strict=True)}
    outputs = int(model(x).numel())
    target: Any = torch.rand(1, outputs, dtype=torch.float64)
    if loss == "cross-entropy":
        target = torch.tensor([1])
    told = LOSSES[loss](model(x), target)
    told.backward()
    sample = np.moveaxis(x.detach().numpy()[0], 0, -1)
    done = train(graph, sample, weights, target=target.numpy()[0], loss=loss, rate=0.1)
    assert done.loss is not None
    assert done.loss.value == pytest.approx(told.item(), abs=1e-12)
    assert np.allclose(done.stages[0].gradients["input"], np.moveaxis(x.grad.numpy()[0], 0, -1))
    found = {f"{s.name}.{n}": (s.gradients[n], s.updated[n]) for s in done.stages for n in s.arrays}
    torch.optim.SGD(model.parameters(), lr=0.1).step()
    for name, array in zip(names, arrays, strict=True):
        assert np.allclose(found[name][0], array.grad.numpy()), name
        assert np.allclose(found[name][1], array.detach().numpy()), name
