"""The bounds of `cost --device this`, held to layers that run: none is faster, and how far above they are.

Each different layer of eight networks in PyTorch, and the networks whole in onnxruntime, on one thread,
beside the bounds of the machine measured on one thread. docs/devices.md shows what is printed.
"""

from __future__ import annotations

import os
import statistics
import sys

ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
NETWORKS = (
    "lenet5", "alexnet-2012", "vgg11", "resnet18", "resnet50", "mobilenet-v2", "squeezenet1-1", "densenet121",
)  # fmt: skip


def main() -> None:
    """Measure and print."""
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))  # read as NumPy and PyTorch are loaded
    import torch
    from layer_times import in_onnxruntime, in_pytorch

    from cnncalc.execute.machine import measure

    torch.set_num_threads(1)
    device = measure()
    peak, bandwidth = device.peak["float32"] / 1e9, device.bandwidths[-1][1] / 1e9
    print(f"{device.name}: {peak:.1f} GFLOP/s, {bandwidth:.1f} GB/s")
    print("| network | nearest layer | median of the layers | all layers in PyTorch | whole in onnxruntime |")
    print("| --- | ---: | ---: | ---: | ---: |")
    held = True
    for name in NETWORKS:
        times = list(in_pytorch(name, device))
        ratios = {each.layer: each.seconds / each.least for each in times}
        nearest = min(ratios, key=lambda layer: ratios[layer])
        whole = sum(each.count * each.seconds for each in times) / sum(
            each.count * each.least for each in times
        )
        seconds, least = in_onnxruntime(name, device)
        cells = [f"{ratios[nearest]:.2f} ({nearest})", f"{statistics.median(ratios.values()):.2f}"]
        print(f"| {name} | {' | '.join(cells)} | {whole:.2f} | {seconds / least:.2f} |", flush=True)
        held = held and ratios[nearest] >= 1 and seconds >= least
    if not held:
        sys.exit("a layer is faster than its bound")


if __name__ == "__main__":
    main()
