"""Random networks: every number as it happens, receptive fields and all, and values as PyTorch's."""

import random
from typing import Any

import pytest

import cnncalc
from cnncalc import CnncalcError
from cnncalc.execute.against import against_torch

pytest.importorskip("torch")

pytestmark = pytest.mark.slow


class Draw:
    """Options by a seed, for a number of dimensions."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - a test is no secret
        self.rank = self.of(1, 1, 1, 2)

    def of(self, *choices: Any) -> Any:
        return self.random.choice(choices)

    def size(self, most: int) -> Any:
        if self.random.random() < 0.3:
            return [self.random.randint(1, most) for _ in range(self.rank)]
        return self.random.randint(1, most)

    def padding(self) -> Any:
        sides = [[self.random.randint(0, 3), self.random.randint(0, 3)] for _ in range(self.rank)]
        return self.of(0, 0, 1, 2, "same", "full", sides)

    def layer(self) -> Any:
        rounding, few = self.of("floor", "ceil"), self.of(0, 0, 1, "same")
        window = {
            "kernel": self.size(5),
            "stride": self.size(3),
            "padding": self.padding(),
            "dilation": self.size(3),
        }
        local = {"kernel": self.size(3), "stride": self.size(2), "padding": self.padding()}
        pool = {"kernel": self.size(4), "stride": self.size(3), "padding": few, "rounding": rounding}
        turned = {
            "kernel": self.size(4),
            "stride": self.size(4),
            "padding": self.padding(),
            "dilation": self.size(3),
        }
        upsampled = self.of({"scale": self.size(3)}, {"size": self.size(20)})
        return self.of(
            {
                "conv": {
                    "filters": self.of(2, 4, 8),
                    "groups": self.of(1, 1, 2),
                    "rounding": rounding,
                    **window,
                }
            },
            {"depthwise_conv": {"multiplier": self.of(1, 2), "rounding": rounding, **window}},
            {"local_conv": {"filters": 4, "groups": self.of(1, 2), **local}},
            {
                "conv_transpose": {
                    "filters": 4,
                    "groups": self.of(1, 2),
                    "output_padding": self.of(0, 0, 1),
                    **turned,
                }
            },
            {"max_pool": {**pool, "dilation": self.size(2)}},
            {"avg_pool": {**pool, "count_padding": self.of(True, False)}},
            {"subsample": {**pool, "padding": self.of(0, 1)}},
            {"upsample": {**upsampled, "mode": self.of("nearest", "bilinear")}},
            {self.of("adaptive_avg_pool", "adaptive_max_pool"): self.size(9)},
            {self.of("zero_pad", "crop"): self.of(1, 2)},
            self.of(
                {"pixel_shuffle": 2}, {"channel_shuffle": 2}, {"slice": {"stop": 2}}, "batch_norm", "lrn"
            ),
        )

    def merge(self) -> Any:
        one = [{"conv": {"filters": 4, "kernel": 3, "padding": "same"}}]
        wide = {"conv": {"filters": 4, "kernel": 5, "padding": "same", "dilation": self.of(1, 2)}}
        return {
            self.of("concat", "add"): [one, [wide, {"max_pool": {"kernel": 3, "stride": 1, "padding": 1}}]]
        }

    def network(self) -> Any:
        sizes = [self.random.randint(6, 40 if self.rank == 1 else 14) for _ in range(self.rank)]
        layers = [self.layer() for _ in range(self.random.randint(1, 5))]
        if self.random.random() < 0.25:
            layers += [self.merge(), "conv3-2 same"]
        return {"input": [*sizes, 4], "layers": layers}


@pytest.mark.parametrize("part", range(10))
def test_random_networks(part: int) -> None:
    held = 0
    for seed in range(200 * part, 200 * (part + 1)):
        spec = Draw(seed).network()
        try:
            net = cnncalc.load(spec)
            report = net.analyze()
        except CnncalcError:
            continue
        if report.totals.macs > 5 * 10**7 or report.totals.params > 5 * 10**6:
            continue
        assert net.verify().mismatches == [], spec
        assert max(difference.distance for difference in against_torch(report.graph, report.facts)) < 1e-9, (
            spec
        )
        held += 1
    assert held > 100
