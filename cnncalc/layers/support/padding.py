"""Padding as it is written: one number or pairs, for one axis or for all."""

from cnncalc.errors import LayerError

Padding = str | int | tuple[int, ...] | tuple[tuple[int, int], ...]


def per_axis(value: int | tuple[int, ...], rank: int, option: str) -> tuple[int, ...]:
    """One number for each of `rank` axes, from one for all or one for each."""
    if not isinstance(value, tuple):
        return (value,) * rank
    if len(value) != rank:
        dimensions = "1 dimension" if rank == 1 else f"{rank} dimensions"
        sides = "x".join(map(str, value[:-1]))
        fewer = f"the channels come from the input: {sides}" if len(value) == rank + 1 and rank > 1 else ""
        raise LayerError(
            "wrong_rank",
            f"{option} has {len(value)} numbers, and the input has {dimensions} to slide over",
            "28x28 reads as 28 positions of 28 channels: 28x28x1 is a grey image" if rank == 1 else fewer,
            option,
        )
    return value


def both_sides(padding: Padding, rank: int, option: str = "padding") -> list[tuple[int, int]]:
    """(before, after) for each axis, from padding given in numbers or as `valid`."""
    if padding == "valid":
        return [(0, 0)] * rank
    if isinstance(padding, tuple) and isinstance(padding[0], tuple):
        pairs: list[tuple[int, int]] = list(padding)
        if len(pairs) != rank:
            per_axis(tuple(0 for _ in pairs), rank, option)
        return pairs
    return [(p, p) for p in per_axis(padding, rank, option)]  # type: ignore[arg-type]
