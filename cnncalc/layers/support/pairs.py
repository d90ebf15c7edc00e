"""How many pairs of a window's position and a tap lie within the input."""

MOST_PAIRS = 10**6
"""The most pairs of a position and a tap that are gone through one by one."""


def floor_sum(terms: int, modulus: int, factor: int, offset: int) -> int:
    """The sum of floor((factor*i + offset)/modulus) for i in 0..terms-1, in a logarithmic number of steps.

    >>> floor_sum(4, 10, 6, 3)
    3
    """
    total = 0
    while terms > 0:
        total += (terms - 1) * terms // 2 * (factor // modulus) + terms * (offset // modulus)
        factor, offset = factor % modulus, offset % modulus
        highest = factor * terms + offset
        if highest < modulus:
            break
        terms, offset, modulus, factor = highest // modulus, highest % modulus, factor, modulus
    return total


def pairs_inside(positions: int, taps: int, stride: int, dilation: int, before: int, size: int) -> int:
    """Number of pairs (position, tap) with 0 <= position*S + tap*D - before < size.

    >>> pairs_inside(5, 3, 1, 1, 1, 5)
    13
    """
    numbers = map(int, (positions, taps, stride, dilation, before, size))
    positions, taps, stride, dilation, before, size = numbers

    def below(limit: int) -> int:
        """The pairs with position*S + tap*D < limit: 8 of 3 positions and 4 taps at S = 2, D = 1, limit 5."""
        # at position 0 the first `reaching` taps lie below the limit, at the last position the first `full`
        reaching = min(max(-(-limit // dilation), 0), taps)
        full = min(max((limit - (positions - 1) * stride - 1) // dilation + 1, 0), reaching)
        # each tap between these lies below the limit at ceil((limit - tap*D)/S) positions: the last tap at
        # ceil(room/S), the tap before that at ceil((room + D)/S), and so on
        room = limit - (reaching - 1) * dilation
        return full * positions + floor_sum(reaching - full, stride, dilation, room + stride - 1)

    return below(before + size) - below(before)
