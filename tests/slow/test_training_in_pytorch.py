"""Training held to PyTorch: operations to what FlopCounterMode counts, kept values to what autograd saves."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from test_exported_code import module_of

import cnncalc
from cnncalc.analysis.report import Report
from cnncalc.analysis.training import training_memory
from cnncalc.export.code.torch_source import TorchSource

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.slow

SMALL: dict[str, Any] = {
    "transposed": {"input": "16x16x3", "layers": ["conv3-8 p1, conv3-8 s2 p1, conv_transpose2-4 s2, fc-10"]},
    "heads": {
        "input": "6x16",
        "layers": [{"dense": {"units": 16, "each": "position"}}, {"multi_head_attention": {"heads": 4}}],
    },
    "heads_first": {"input": "6x16", "layers": [{"multi_head_attention": {"heads": 4}}]},
}
NETWORKS = [
    "lenet5", "alexnet", "resnet18", "resnet50", "densenet121", "unet", "googlenet", "vit-b-16", "resnext50",
    "mobilenet-v1", "mobilenet-v2", "efficientnet-b0", "shufflenet-v1", "xception", "squeezenet1-1", "swin-t",
    "convnext-tiny", "mixer-b16", "resnet101-fpn", "ssd300", "textcnn", "crnn",
    "lenet5-1998", "alexnet-2012", "nin", "vgg11-lrn", "fcn8s", "deeplab", "mobilenet-v3-large", "dfcnn",
]  # fmt: skip


def multiplied(run: Callable[[], Any]) -> tuple[Any, int]:
    """The result, and the multiply-accumulates that PyTorch counts."""
    from torch.utils.flop_counter import FlopCounterMode

    counter = FlopCounterMode(display=False)
    with counter:
        result = run()
    return result, counter.get_total_flops() // 2


def trained(spec: Any) -> tuple[Report, int, int]:
    """The report, and the multiply-accumulates forwards and backwards, of one sample."""
    report = cnncalc.load(spec).analyze(2)
    source = TorchSource(report)
    # shapes alone: nothing is multiplied
    with torch.device("meta"):
        model = module_of("\n".join(source.lines()))[source.name]()
        inputs = [
            torch.zeros(2, *map(int, source.sources[n].tensor)) for n in range(len(report.graph.inputs))
        ]
    outputs, forwards = multiplied(lambda: model(*inputs))
    loss = sum(each.sum() for each in (outputs if isinstance(outputs, tuple) else (outputs,)))
    return report, forwards, multiplied(loss.backward)[1]


@pytest.mark.parametrize("name", [*SMALL, *NETWORKS])
def test_backwards_as_pytorch_counts(name: str) -> None:
    """Of groups FlopCounterMode takes every input channel for the gradient of every filter's weights."""
    report, forwards, backwards = trained(SMALL.get(name, name))
    again = 0
    for row in report:
        weight = row.facts.arrays.get("weight")
        if weight is not None and len(weight.shape) == 4 and not row.facts.layer.transposed:
            groups = row.facts.inputs[0][-1] // weight.shape[1]
            again += 2 * row.backward_weight_macs * (groups - 1)
    totals = report.totals
    assert forwards == totals.macs
    assert backwards == totals.backward_input_macs + totals.backward_weight_macs + again


@pytest.mark.parametrize("wanted", [(1, 1, 1), (1, 0, 0), (0, 1, 1), (0, 0, 1)])
def test_products_of_computed_values(wanted: Sequence[int]) -> None:
    q, k, v = (torch.zeros(6, 16, requires_grad=bool(each)) for each in wanted)

    def attend() -> Any:
        return (torch.softmax(q @ k.T, -1) @ v).sum()

    layers = {}
    for name, needed in zip("qkv", wanted, strict=True):
        layers[name] = {"dense": {"units": 16, "each": "position", "from": "input", "name": name}}
        layers[name]["dense"]["trainable"] = bool(needed)
    spec = {"input": "6x16", "layers": [*layers.values(), {"attention": {"from": ["q", "k", "v"]}}]}
    loss, forwards = multiplied(attend)
    row = cnncalc.load(spec).analyze()["attention1"]
    assert (row.macs, row.backward_input_macs) == (forwards, multiplied(loss.backward)[1])
    scores, forwards = multiplied(lambda: torch.matmul(q, k.T))
    if any(wanted[:2]):
        spec["layers"] = [*layers.values(), {"matmul": {"from": ["q", "k"], "transpose_b": True}}]
        row = cnncalc.load(spec).analyze()["matmul1"]
        assert (row.macs, row.backward_input_macs) == (forwards, multiplied(scores.sum().backward)[1])


@pytest.mark.parametrize("direction", ["forward", "both"])
@pytest.mark.parametrize(("kind", "module"), [("rnn", "RNN"), ("lstm", "LSTM"), ("gru", "GRU")])
def test_recurrences_go_back_through_their_steps(kind: str, module: str, direction: str) -> None:
    spec = {"input": "6x3", "layers": [{kind: {"units": 4, "layers": 2, "direction": direction}}]}
    totals = cnncalc.load(spec).analyze().totals
    # oneDNN's own recurrences are not counted
    with torch.backends.mkldnn.flags(enabled=False):
        layer = getattr(torch.nn, module)(3, 4, 2, batch_first=True, bidirectional=direction == "both")
        (output, _), forwards = multiplied(lambda: layer(torch.zeros(1, 6, 3)))
        _, backwards = multiplied(output.sum().backward)
    assert forwards == totals.macs
    assert backwards == totals.backward_input_macs + totals.backward_weight_macs


def test_a_gate_before_the_product_asks_for_the_gradient_of_a_constant_state() -> None:
    report = cnncalc.load({"input": "5x3", "layers": [{"gru": {"units": 4, "reset": "before"}}]}).analyze()
    layer: Any = report.graph.nodes[0].layer
    weights = [torch.zeros(12, *more, requires_grad=True) for more in ((3,), (4,), (), ())]
    state = torch.zeros(1, 1, 4)
    (output, _), forwards = multiplied(lambda: layer.torch_run(torch, torch.zeros(1, 5, 3), [state], weights))
    assert forwards == report.totals.macs
    assert multiplied(output.sum().backward)[1] == report.totals.training_macs - forwards


@pytest.mark.parametrize(
    ("text", "input"),
    [
        (
            "conv3-16 p1 nobias, bn, relu, conv3-32 p1 s2 nobias, bn, relu, avgpool2, conv3-64, relu, fc-90",
            "32x32x3",
        ),
        ("conv3-16 p1, relu, conv3-16 p1, relu, conv5-8 s2, relu, fc-100, relu, fc-50", "28x28x1"),
    ],
)
def test_what_is_kept_is_what_pytorch_saves(text: str, input: str) -> None:
    report = cnncalc.load(text, input=input).analyze(2)
    source = TorchSource(report)
    model = module_of("\n".join(source.lines()))[source.name]()
    own = {each.untyped_storage().data_ptr() for each in (*model.parameters(), *model.buffers())}
    saved: dict[int, Any] = {}

    def keep(tensor: Any) -> Any:
        storage = tensor.untyped_storage()
        # the means and deviations of norms are as few as channels
        if storage.data_ptr() not in own and tensor.dim() > 1:
            saved[storage.data_ptr()] = (storage.nbytes(), tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        model(torch.zeros(2, *map(int, source.sources[0].tensor)))
    kept = sum(layer.kept for layer in training_memory(report).layers)
    given = 2 * 4 * int(np.prod(report.graph.inputs[0].shape))
    # the loss alone reads the output
    assert sum(size for size, _ in saved.values()) == given + kept - 2 * 4 * report.facts[-1].activation_size
