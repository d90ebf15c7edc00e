"""Files that Keras 2 wrote, read without it: tests/data/keras2 holds them, with its results."""

import json
from pathlib import Path

import numpy as np
import pytest

import cnncalc

pytest.importorskip("h5py")

pytestmark = pytest.mark.slow

DATA = Path(__file__).parents[1] / "data" / "keras2"
MACS = {
    # the convolution, both parts of the separable one, the depthwise and the transposed one, the dense layer
    "course": 8 * 14 * 6 * 45 + 6 * 12 * 12 * 9 + 6 * 12 * 12 * 8 + 3 * 6 * 8 * 9 + 3 * 6 * 8 * 4 * 9 + 20,
    # 9 steps: 4 gates both ways, 3 gates twice, a state, a dense layer, a convolution, 4 gates; and scores
    "sequences": 9 * (2 * 4 * 10 * 4 + 3 * 13 * 5 + 3 * 10 * 5 + 9 * 4 + 12 + 24 + 4 * 7 * 3) + 12,
    # the encoder runs twice; 3 frames of a convolution, and of 4 gates; two dense layers
    "frames": 2 * 6 * 6 * 3 * 18 + 3 * (4 * 4 * 2 * 18 + 4 * 12 * 4) + 12 + 3,
    # projections of queries, keys, values and results; scores and their products; a dense layer; a product
    "attention": 6 * 4 * 64 + 2 * 6 * 6 * 8 + 6 * 64 + 6 * 8 * 6,
}


@pytest.mark.parametrize("ending", ["h5", "keras"])
@pytest.mark.parametrize("name", MACS)
def test_a_file_has_the_numbers_and_values_of_keras_2(name: str, ending: str) -> None:
    truth, kept = json.loads((DATA / f"{name}.json").read_text()), np.load(DATA / f"{name}.npz")
    net = cnncalc.load(DATA / f"{name}.{ending}")
    report = net.analyze()
    assert (report.totals.params, report.totals.params + report.totals.buffers) == (
        sum(truth[each] for each in ("trainable", "frozen")),
        truth["total"],
    )
    assert report.totals.trainable == truth["trainable"]
    assert report.totals.macs == MACS[name]
    # a name of Keras's may hold what a spec's can't, tf.math.abs, and some layers are several of ours
    shapes = [(row.name.partition(".")[0], list(row.output_shape)) for row in report.layers]
    inputs = {each.name for each in report.graph.inputs}
    for layer, shape in truth["layers"].items():
        own = layer.replace(".", "_")
        if own not in inputs and layer not in truth["passed"]:
            assert (own, shape) in shapes
    found = net.run({each: kept[f"input:{at}"] for at, each in enumerate(truth["inputs"])})
    for at, array in enumerate(found.values()):
        wanted = kept[f"output:{at}"]
        assert np.abs(array - wanted).max() <= 1e-5 * np.abs(wanted).max()
