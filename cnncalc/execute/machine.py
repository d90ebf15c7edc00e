"""What the machine at hand can do, measured: operations by a large product of matrices, bytes by copies."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from platform import machine, processor
from time import perf_counter

import numpy as np

from cnncalc.analysis.devices import Device
from cnncalc.execute.values import Numbers

SIDES = (384, 768, 1536)
"""The sides of the matrices that are multiplied."""
TYPES = ("float32", "float64")
VALUES = tuple(2**power for power in range(11, 25))
"""The lengths of the arrays that are copied and multiplied, 4-byte values."""
PATIENCE = 0.12
"""Seconds for each measurement, of which the fastest try counts."""


def measure() -> Device:
    """The machine as a device: the best of many tries, on as many threads as BLAS may use."""
    threads = _threads()
    peak = {dtype: max(_multiplied(side, dtype) for side in SIDES) for dtype in TYPES}
    speeds = [(2 * 4 * values, max(_moved(values, threads))) for values in VALUES]
    # few bytes are moved at least as fast as more of them: what the call of a copy takes is no part of that
    levels: list[tuple[int, int]] = []
    best = 0
    for least, speed in reversed(speeds):
        best = max(best, speed)
        levels.insert(0, (least, best))
    levels[0] = (0, levels[0][1])
    name = f"this machine ({processor() or machine()}, {threads} thread{'s' if threads > 1 else ''})"
    source = (
        f"measured: products of {SIDES[0]}x{SIDES[0]} to {SIDES[-1]}x{SIDES[-1]} matrices, copies and sums"
    )
    return Device(name, peak, tuple(levels), source)


def _threads() -> int:
    """Number of threads that NumPy's BLAS may use."""
    given = (
        os.environ.get(name, "") for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")
    )
    said = next((int(text) for text in given if text.isdecimal() and int(text)), 0)
    return said or os.cpu_count() or 1


def fastest(run: Callable[[], object], patience: float = PATIENCE) -> float:
    """The seconds of the fastest of the runs that `patience` seconds have room for."""
    run()
    best, end = float("inf"), perf_counter() + patience
    while (start := perf_counter()) < end or best == float("inf"):
        run()
        best = min(best, perf_counter() - start)
    return best


def _multiplied(side: int, dtype: str) -> int:
    """Operations a second of a product of two square matrices: 2*side^3 of them."""
    a = np.random.default_rng(0).random((side, side)).astype(dtype)
    out = np.empty_like(a)
    return int(2 * side**3 / fastest(lambda: np.matmul(a, a, out)))


def _moved(values: int, threads: int) -> Iterator[int]:
    """Bytes a second of arrays of `values` 4-byte values: of a copy, and of a sum of products."""
    a, b = np.zeros(values, np.float32), np.zeros(values, np.float32)
    parts: Sequence[tuple[Numbers, Numbers]] = [(b, a)]
    moved = 2 * a.nbytes
    if threads > 1 and values >= 2**16:
        parts = list(zip(np.array_split(b, threads), np.array_split(a, threads), strict=True))
    with ThreadPoolExecutor(len(parts)) as pool:

        def copy() -> None:
            if len(parts) > 1:
                list(pool.map(lambda part: np.copyto(*part), parts))
            else:
                np.copyto(b, a)

        yield int(moved / fastest(copy))
    yield int(moved / fastest(lambda: np.dot(a, b)))
