"""Packages that announce kinds and conventions; docs/adding-from-a-package.md has one used in full."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import cnncalc
from cnncalc import installed, layers
from cnncalc.analysis import conventions
from cnncalc.errors import CnncalcError, Fault

CACHES = (
    installed._some_announce,
    installed.announced,
    installed.load,
    layers.find,
    layers.all_names,
    layers.all_aliases,
)
KIND = """
from cnncalc.layers.support.base import Activation, layer

@layer
class {name}(Activation):
    "The identity."

    aliases = ("twin_of_{kind}",)

    def forward(self, tool, weights, x):
        return x
"""

Install = Callable[..., None]


def _forget() -> None:
    for cache in CACHES:
        cache.cache_clear()


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Installs a package that has so many files and announces so much."""

    def installs(package: str, announces: str, **files: str) -> None:
        folder = tmp_path / f"{package}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        (folder / "entry_points.txt").write_text(announces)
        for name, text in files.items():
            (tmp_path / f"{name}.py").write_text(text)
        _forget()

    monkeypatch.syspath_prepend(tmp_path)
    yield installs
    _forget()


def fault(spec: str) -> Fault:
    with pytest.raises(CnncalcError) as error:
        cnncalc.load(spec, input="8x8x3").analyze()
    (found,) = error.value.faults
    return found


def test_a_kind_and_its_other_name(install: Install) -> None:
    install("one", "[cnncalc.kinds]\nsame_a = same_a:Same\n", same_a=KIND.format(name="Same", kind="a"))
    network = cnncalc.load("conv3-8 same_a, twin_of_a", input="8x8x3")
    assert [row.kind for row in network.analyze().layers] == ["conv", "same_a"]
    assert "same_a" in layers.all_names()
    assert "same_a" not in layers.names()
    assert fault("conv3-8, sameaa").help == "did you mean same_a?"


def test_a_kind_that_cannot_be_loaded(install: Install) -> None:
    install("two", "[cnncalc.kinds]\nsame_b = same_b:Same\n", same_b="1/0")
    found = fault("conv3-8, same_b")
    assert (found.code, found.place and found.place.column) == ("bad_package", 10)
    assert found.message == "same_b of the package two can't be loaded: ZeroDivisionError: division by zero"
    # another name is not its concern
    assert fault("conv3-8, convv").code == "unknown_kind"


@pytest.mark.parametrize("value", ["same_c:WRONG", "same_c:Other", "same_c"])
def test_what_is_no_kind(install: Install, value: str) -> None:
    made = KIND.format(name="Other", kind="c")
    install("three", f"[cnncalc.kinds]\nsame_d = {value}\n", same_c=f"WRONG = 1\n{made}")
    assert fault("conv3-8, same_d").code == "bad_package"


def test_a_name_that_two_packages_take(install: Install) -> None:
    for package in ("four", "five"):
        text = KIND.format(name="Same", kind=package)
        install(package, f"[cnncalc.kinds]\nsame_e = {package}_e:Same\n", **{f"{package}_e": text})
    message = fault("same_e").message
    assert message == "same_e is announced by the package five and the package four"


def test_a_name_of_our_own_is_ours(install: Install) -> None:
    install("six", "[cnncalc.kinds]\nconv = six:Nothing\n")
    assert cnncalc.load("conv3-8", input="8x8x3").analyze().totals.params == 224


def test_a_convention_that_is_none(install: Install) -> None:
    install("seven", "[cnncalc.conventions]\nodd = seven_g:WRONG\n", seven_g="WRONG = 1")
    assert "odd" in conventions.names()
    conventions.find.cache_clear()
    with pytest.raises(CnncalcError, match="odd of the package seven is no convention"):
        conventions.find("odd")
