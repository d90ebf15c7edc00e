"""The slips that students make, each as a change of the engine's own working.

A slip takes a working and gives the workings in which it is made. The numbers follow. The files of this
folder hold the slips by what goes wrong; there is no list to keep.
"""

import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from importlib import import_module
from typing import NamedTuple

from cnncalc.errors import LayerError
from cnncalc.homework.working import AnswerWorking, Value
from cnncalc.installed import announced, load

PARAMS = frozenset({"params", "weights", "filter_params"})
LINKS = frozenset({"connections", "macs", "flops"})
EXTENT = frozenset({"shape", "activation_size", "memory", *LINKS})
ALL = PARAMS | EXTENT
FIELD = frozenset({"receptive_field"})
"""Of slips whose changed layers are also looked through, one after another."""

Change = Callable[[AnswerWorking], Iterator[AnswerWorking]]
"""Yields the workings in which a slip is made, none where it can't be."""


class Slip(NamedTuple):
    """A slip: which quantities it shows in, how common it is (1 is the commonest), how it is made.

    `same_as` names a slip that means the same where both give one number: a student is told one of them.
    `case` is a layer, its input, a quantity and the answer that the slip gives, worked out by hand.
    `sentences` is for a slip of another package: language -> what a student is told.
    """

    name: str
    quantities: frozenset[str]
    rank: float
    change: Change
    same_as: str = ""
    case: tuple[str, str, str, str] | None = None
    sentences: Mapping[str, str] = {}

    @property
    def done(self) -> str:
        """The slip in a few words."""
        return (self.change.__doc__ or "").partition("\n")[0]


_SLIPS: dict[str, Slip] = {}


def slip(
    quantities: frozenset[str],
    rank: float,
    same_as: str = "",
    case: tuple[str, str, str, str] | None = None,
    sentences: Mapping[str, str] | None = None,
) -> Callable[[Change], Change]:
    """Makes a change a slip of its function's name; its sentence is `slip.NAME` of the catalogues.

    The first line of the function's docstring says what was done, for the documentation.
    """

    def register(change: Change) -> Change:
        name = change.__name__
        _SLIPS[name] = Slip(name, quantities, rank, change, same_as, case, sentences or {})
        return change

    return register


@cache
def slips() -> tuple[Slip, ...]:
    """All slips, the commonest first: those of this folder, and of the installed packages that announce some.

    An entry point of the group `cnncalc.slips` names a module, which registers its slips as a file here does.
    """
    for module in pkgutil.iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    for name in announced("slips"):
        load("slips", name)
    return tuple(sorted(_SLIPS.values(), key=lambda each: each.rank))


OTHERS = {
    "transposed_shape": "Channels first for channels last, or the other way.",
    "norm_learns_nothing": "No parameters given to a norm that has a scale and a shift.",
    "kernels_multiplied": "Kernel sizes multiplied for a receptive field.",
    "own_kernel": "The layer's own kernel alone given for its receptive field.",
    "kernels_added": "Kernel sizes added up for a receptive field.",
    "stride_early": "A layer's own stride taken into its receptive field.",
    "rounded": "A rounded number where it is asked for exactly.",
    "kernel_flipped": "Of a matrix by hand: the kernel turned where it isn't, or not turned where it is.",
}
"""Slips that are found otherwise than by a change of a layer's working, with their sentences."""


class SlipExplanation(NamedTuple):
    """Slips that together give a number, and the working that they leave."""

    value: Value | None
    """None: any number."""
    slips: tuple[str, ...]
    working: AnswerWorking | None = None


@lru_cache(maxsize=1024)
def single_slips(working: AnswerWorking) -> tuple[SlipExplanation, ...]:
    """Every number that one slip gives in place of the right one, the commonest first."""
    right = _value(working)
    seen: set[tuple[Value, str]] = set()
    found = []
    for one, changed, value in _made(working, slips()):
        if value is not None and value != right and (value, one) not in seen:
            seen.add((value, one))
            found.append(SlipExplanation(value, (one,), changed))
    return tuple(found)


@lru_cache(maxsize=256)
def double_slips(working: AnswerWorking) -> tuple[SlipExplanation, ...]:
    """Every number that takes two slips."""
    known = {_value(working), *(single.value for single in single_slips(working))}
    seen: set[tuple[Value, tuple[str, ...]]] = set()
    found = []
    for at, each in enumerate(slips()):
        for one, first, value in _made(working, (each,)):
            if value == _value(working):
                continue
            for other, changed, number in _made(first, slips()[at + 1 :]):
                if number is not None and number not in known and (number, (one, other)) not in seen:
                    seen.add((number, (one, other)))
                    found.append(SlipExplanation(number, (one, other), changed))
    # the commonest pair first: the one whose places in the list of slips have the lowest sum
    place = {each.name: at for at, each in enumerate(slips())}
    return tuple(sorted(found, key=lambda pair: sum(place[name] for name in pair.slips)))


def _made(working: AnswerWorking, every: Sequence[Slip]) -> Iterator[tuple[str, AnswerWorking, Value | None]]:
    for each in every:
        if working.quantity not in each.quantities:
            continue
        try:
            for changed in each.change(working):
                yield each.name, changed, _value(changed)
        except (LayerError, ZeroDivisionError):
            continue


def _value(working: AnswerWorking) -> Value | None:
    try:
        value = working.value()
    except (LayerError, ZeroDivisionError):
        return None
    sizes = value if isinstance(value, tuple) else (value,)
    return value if all(size > 0 for size in sizes) else None
