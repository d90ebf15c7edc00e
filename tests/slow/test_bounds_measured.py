"""No layer runs faster than the bound of the machine that it runs on."""

import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("onnxruntime")
sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def machine() -> Any:
    from cnncalc.execute.machine import measure

    return measure()


@pytest.mark.parametrize("name", ["resnet18", "mobilenet-v2"])
def test_no_layer_is_faster_than_its_bound(name: str, machine: Any) -> None:
    import torch
    from layer_times import in_onnxruntime, in_pytorch  # type: ignore[import-not-found]

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        times = list(in_pytorch(name, machine))
    finally:
        torch.set_num_threads(threads)
    assert len(times) > 20
    assert [each.layer for each in times if each.seconds < each.least] == []
    seconds, least = in_onnxruntime(name, machine)
    assert seconds > least
    # and a bound says something: a whole network is not a hundred times slower
    assert seconds < 100 * least
