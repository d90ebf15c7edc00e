"""The built-in architectures: what each says of itself holds, and so does what is published of it."""

from pathlib import Path

import pytest
import yaml

import cnncalc

FILES = sorted((Path(__file__).parents[1] / "architectures").glob("*.yaml"))
NAMES = [file.stem for file in FILES]

# Parameters and MACs, as papers, torchvision and Keras have them; None where none is published.
# The variables are ours.
PUBLISHED: list[tuple[str, dict[str, float], int, int | None]] = [
    ("lenet5", {}, 62_006, None),
    ("lenet5-1998", {}, 60_000, None),
    ("lenet-28", {}, 44_426, None),
    ("mnist-cnn", {}, 28_938, None),
    ("alexnet", {}, 62_378_344, 1_135_256_096),
    ("alexnet-2012", {}, 60_965_224, 724_406_816),
    ("alexnet-torchvision", {}, 61_100_840, 714_188_480),
    ("alexnet-fashion", {}, 46_764_746, None),
    ("vgg11", {}, 132_863_336, 7_609_090_048),
    ("vgg11-lrn", {}, 132_863_336, 7_609_090_048),
    ("vgg13", {}, 133_047_848, 11_308_466_176),
    ("vgg16-c", {}, 133_638_952, 11_770_888_192),
    ("vgg16", {}, 138_357_544, 15_470_264_320),
    ("vgg19", {}, 143_667_240, 19_632_062_464),
    ("vgg11-fashion", {}, 128_806_154, None),
    ("nin", {}, 1_992_166, 762_297_352),
    ("googlenet", {}, 6_624_904, 1_498_376_192),
    ("googlenet", {"aux": 1}, 13_004_888, None),
    ("inception-v3", {}, 23_834_568, 5_713_216_096),
    ("inception-v3", {"aux": 1}, 27_161_264, None),
    ("resnet18", {}, 11_689_512, 1_814_073_344),
    ("resnet34", {}, 21_797_672, 3_663_761_408),
    ("resnet50", {}, 25_557_032, 4_089_184_256),
    ("resnet101", {}, 44_549_160, 7_801_405_440),
    ("resnet152", {}, 60_192_808, 11_513_626_624),
    ("resnet50", {"v1": 1}, 25_557_032, 3_857_973_248),
    ("resnet101", {"v1": 1}, 44_549_160, 7_570_194_432),
    ("resnet152", {"v1": 1}, 60_192_808, 11_282_415_616),
    ("resnext50", {}, 25_028_904, 4_230_479_872),
    ("densenet121", {}, 7_978_856, 2_834_161_664),
    ("densenet169", {}, 14_149_480, 3_359_843_328),
    ("densenet201", {}, 20_013_928, 4_291_365_888),
    ("squeezenet", {}, 1_248_424, 818_924_576),
    ("squeezenet1-1", {}, 1_235_496, 349_151_936),
    ("mobilenet-v1", {}, 4_231_976, 568_740_352),
    ("mobilenet-v1", {"width": 0.75, "resolution": 192}, 2_585_560, 239_273_472),
    ("mobilenet-v2", {}, 3_504_872, 300_774_272),
    ("mobilenet-v3-large", {}, 5_483_032, 216_589_760),
    ("efficientnet-b0", {}, 5_288_548, 385_814_752),
    ("xception", {}, 22_855_952, 8_357_403_496),
    ("convnext-tiny", {}, 28_589_128, 4_455_531_264),
    ("vit-b-16", {}, 86_567_656, 17_563_828_224),
    ("swin-t", {}, 28_288_354, 4_490_566_656),
    ("mixer-b16", {}, 59_880_472, None),
    ("crnn", {}, 8_330_789, None),
    ("alphago-policy", {}, 3_882_793, 1_400_726_208),
    ("textcnn", {}, 360_902, None),
    ("deeplab", {}, 39_638_869, None),
    ("deeplab", {"aux": 1}, 42_004_074, 178_721_945_088),
    ("ssd300", {}, 26_285_486, None),
    ("ssd300", {"classes": 91}, 35_641_826, 34_858_153_472),
]

# Keras's totals and, of them, the running statistics of batch norm.
KERAS = {
    "mobilenet-v1": (4_253_864, 21_888),
    "mobilenet-v2": (3_538_984, 34_112),
    "densenet121": (8_062_504, 83_648),
    "xception": (22_910_480, 54_528),
}


def test_there_are_architectures() -> None:
    assert len(NAMES) >= 44


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_says_what_it_is(file: Path) -> None:
    spec = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert all(spec.get(key) for key in ("name", "family", "year", "source", "notes"))
    total = spec["expect"].pop("total")
    assert total["params"]
    assert any("shape" in quantities for quantities in spec["expect"].values())


@pytest.mark.parametrize("name", NAMES)
def test_expectations_hold(name: str) -> None:
    assert cnncalc.load(name).check_expectations() == []


@pytest.mark.parametrize(("name", "variables", "params", "macs"), PUBLISHED)
def test_published(name: str, variables: dict[str, float], params: int, macs: int | None) -> None:
    totals = cnncalc.load(name).analyze(variables=variables).totals
    assert totals.params == params
    assert macs is None or totals.macs == macs


@pytest.mark.parametrize("name", KERAS)
def test_running_statistics(name: str) -> None:
    totals = cnncalc.load(name).analyze().totals
    assert (totals.params + totals.buffers, totals.buffers) == KERAS[name]
