"""One engine with one network in a process of its own, which answers what it is asked, line by line.

python engines.py ENGINE NETWORK THREADS FOLDER, where the folder holds weights.npz and x.npy (which `draw` in
place of an engine makes) and model.onnx (which `export` makes). It says ready, and then to each `turn` the
seconds of a forward, and to each `peak` the most memory that it has had, in bytes.
"""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

TURN = 0.15  # how long a turn lasts, in seconds, or three forwards
PAUSE = 0.05  # before it, so that the threads of the engine before have come to rest
Forward = Callable[[], Any]


class Job(NamedTuple):
    """What is to be run, on how many threads, from which folder."""

    network: str
    threads: int
    folder: Path


def first_channels(folder: Path) -> np.ndarray[Any, Any]:
    """The input as the others take it."""
    return np.ascontiguousarray(np.moveaxis(np.load(folder / "x.npy"), -1, 1))


def own(job: Job) -> Forward:
    """This package's fast path."""
    import cnncalc
    from cnncalc.execute.fast.plan import Plan

    report = cnncalc.load(job.network).analyze()
    with np.load(job.folder / "weights.npz") as weights:
        plan = Plan(report.graph, report.facts, weights)
    x = np.load(job.folder / "x.npy")
    return lambda: plan.run([x])[0]


def torch(job: Job, *, last: bool = False) -> Forward:
    """PyTorch eager, channels first."""
    import torch
    from models import model

    torch.set_num_threads(job.threads)
    layout = torch.channels_last if last else torch.contiguous_format
    module = model(job.network, job.folder / "weights.npz").to(memory_format=layout)
    x = torch.from_numpy(first_channels(job.folder)).contiguous(memory_format=layout)

    def forward() -> Any:
        with torch.inference_mode():
            return module(x).numpy()

    return forward


def torch_last(job: Job) -> Forward:
    """PyTorch eager, channels last."""
    return torch(job, last=True)


def onnxruntime(job: Job) -> Forward:
    """ONNX Runtime on the processor."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = job.threads, 1
    session = onnxruntime.InferenceSession(job.folder / "model.onnx", options, ["CPUExecutionProvider"])
    x = first_channels(job.folder)
    return lambda: session.run(None, {"x": x})[0]


def onnx_reference(job: Job) -> Forward:
    """ONNX's evaluator in NumPy."""
    from onnx.reference import ReferenceEvaluator

    evaluator = ReferenceEvaluator(str(job.folder / "model.onnx"))
    x = first_channels(job.folder)
    return lambda: evaluator.run(None, {"x": x})[0]


def draw(job: Job) -> None:
    """Weights and an input."""
    import cnncalc
    from cnncalc.execute.executor import draw_weights
    from cnncalc.execute.inputs import random_inputs

    report = cnncalc.load(job.network).analyze()
    np.savez(job.folder / "weights.npz", **draw_weights(report.graph, report.facts, 0).arrays)
    np.save(job.folder / "x.npy", random_inputs(report.graph, 1)[0])


def export(job: Job) -> None:
    """The network as an ONNX file."""
    import torch
    from models import model

    x = torch.from_numpy(first_channels(job.folder))
    module = model(job.network, job.folder / "weights.npz", in_place=False)
    path = str(job.folder / "model.onnx")
    torch.onnx.export(module, (x,), path, dynamo=False, input_names=["x"], opset_version=17)


ENGINES = {function.__name__: function for function in (own, torch, torch_last, onnxruntime, onnx_reference)}


def turn(forward: Forward) -> float:
    """The median time of a forward, in seconds, over a turn; the first one warms the caches."""
    time.sleep(PAUSE)
    forward()
    times: list[float] = []
    while len(times) < 3 or sum(times) < TURN:
        start = time.perf_counter()
        forward()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main(engine: str, job: Job) -> None:
    """Make ready, save the output, and answer."""
    if engine in ("draw", "export"):
        {"draw": draw, "export": export}[engine](job)
        return
    forward = ENGINES[engine](job)
    np.save(job.folder / f"{engine}.npy", forward())
    print("ready", flush=True)
    for line in sys.stdin:
        if line.strip() == "turn":
            print(turn(forward), flush=True)
        else:
            unit = 1 if sys.platform == "darwin" else 1024
            print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Job(sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])))
