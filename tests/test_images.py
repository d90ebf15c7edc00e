"""Images as inputs of a run: normalised as networks are trained, and of the size that the network wants."""

import json
from pathlib import Path
from typing import Any

import command
import numpy as np
import pytest

import cnncalc
from cnncalc.errors import CnncalcError
from cnncalc.execute.images import Pixels
from cnncalc.execute.session import forward

image: Any = pytest.importorskip("PIL.Image")


def saved(array: Any, file: Path) -> str:
    image.fromarray(np.asarray(array, np.uint8)).save(file)
    return str(file)


def test_the_usual_normalisation_by_hand(tmp_path: Path) -> None:
    file = saved([[[0, 51, 255], [255, 102, 0]]], tmp_path / "x.png")
    array = Pixels.read("0.5,0.2,0", "0.5,0.1,2", 1, None).array(file, (1, 2, 3))
    # black less 0.5, by 0.5; 51 of 255 is 0.2; white by 2; then white, 0.4, and black
    np.testing.assert_allclose(array.ravel(), [-1, 0, 0.5, 1, 2, 0], atol=1e-6)


def test_one_number_for_all_channels_and_white_as_255(tmp_path: Path) -> None:
    file = saved([[[0, 51, 255]]], tmp_path / "x.png")
    np.testing.assert_array_equal(
        Pixels.read("127.5", None, 255, None).array(file, (1, 1, 3)), [[[-127.5, -76.5, 127.5]]]
    )


def test_cropping_keeps_the_middle_and_its_shape(tmp_path: Path) -> None:
    wide = np.zeros((2, 8, 3))
    wide[:, 3:5] = 255
    file = saved(wide, tmp_path / "wide.png")
    assert Pixels(fit="crop").array(file, (2, 2, 3)).min() == 1
    stretched = Pixels(fit="stretch").array(file, (2, 2, 3))
    assert 0 < stretched.max() < 1
    np.testing.assert_allclose(stretched[:, 0], stretched[:, 1])


def test_scaling_down_is_pillows_with_its_average(tmp_path: Path) -> None:
    file = saved(np.arange(64).reshape(8, 8) * 4, tmp_path / "grey.png")
    with image.open(file) as picture:
        wanted = np.asarray(picture.resize((4, 4), image.Resampling.BILINEAR), np.float32) / 255
    np.testing.assert_allclose(Pixels(fit="stretch").array(file, (4, 4, 1))[..., 0], wanted, atol=1e-7)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (("0.5,0.5", None, 1, None), "--mean has 2 numbers, and the input has 3 channels"),
        (("a,b", None, 1, None), "--mean: 'a,b' is not numbers"),
        ((None, "0", 1, None), "can't be divided by 0"),
        ((None, None, 2, None), "2 is not the value of white"),
        ((None, None, 1, "squeeze"), "squeeze is not a way to fit an image"),
    ],
)
def test_what_can_not_be_is_told(said: Any, message: str, tmp_path: Path) -> None:
    file = saved(np.zeros((2, 2, 3)), tmp_path / "x.png")
    with pytest.raises(CnncalcError, match=message):
        Pixels.read(*said).array(file, (2, 2, 3))


def test_an_image_of_another_size_says_how_to_fit_it(tmp_path: Path) -> None:
    file = saved(np.zeros((3, 5, 3)), tmp_path / "x.png")
    report = cnncalc.load("conv2-1", input="4x4x3").analyze()
    with pytest.raises(CnncalcError, match="is of 3x5 pixels, and 4x4 are wanted") as caught:
        forward(report, data=[file])
    assert caught.value.faults[0].help == "--fit crop or --fit stretch scales it"
    assert forward(report, data=[file], pixels=Pixels(fit="crop")).outputs["conv1"].shape == (3, 3, 1)


def shown(*arguments: str) -> tuple[int, str, str]:
    done = command.told(*arguments)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(("layout", "shape"), [("hwc", "4x4x3"), ("chw", "3x4x4")])
def test_the_command_normalises_in_either_layout(layout: str, shape: str, tmp_path: Path) -> None:
    file = saved(np.full((4, 4, 3), 255), tmp_path / "white.png")
    net = ["maxpool4", "--input", shape, "--layout", layout]
    code, out, err = shown("run", *net, "--data", file, "--mean", "1,0,0", "--std", "0.5", "--format", "json")
    assert code == 0, err
    values = json.loads(out)["outputs"]["max_pool1"]["values"]
    assert np.ravel(values).tolist() == [0, 2, 2]


def test_options_of_images_need_an_image() -> None:
    code, _, err = shown("run", "conv2-1", "--input", "4x4x3", "--mean", "0.5")
    assert code == 2
    assert "are for images" in err


def test_a_proof_runs_on_the_values_that_are_given() -> None:
    network = cnncalc.load({"input": 2, "layers": [{"embedding": {"vocabulary": 5, "size": 3}}]})
    assert network.verify(data=[4, 0]).ok
    for wrong, message in (
        ([5, 0], "input holds what is no token"),
        ([1, 0, 2], "input is 3, and 2 is wanted"),
        (np.zeros((2, 2)), "verify speaks of one sample, and 2 are given"),
    ):
        with pytest.raises(CnncalcError, match=message):
            network.verify(data=wrong)


def test_the_command_proves_on_an_image(tmp_path: Path) -> None:
    given = ["verify", "lenet5", "--data", saved(np.full((30, 40), 255), tmp_path / "x.png")]
    code, _, err = shown(*given)
    assert (code, "--fit crop" in err) == (2, True)
    code, out, err = shown(*given, "--fit", "crop", "--mean", "0.5", "--format", "json")
    assert code == 0, err
    assert json.loads(out)["ok"]
