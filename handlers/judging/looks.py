"""How far apart two receipts look. Pure; how a look is made is told in ``reading/pixels/look``."""

LOOK_BITS = 256


def look_distance(a: str, b: str) -> int:
    """Return how many of the 256 bits of two looks differ: 0 alike, about 128 nothing in common.

    Raises ``ValueError`` for what is no look: 64 hexadecimal digits.
    """
    return (_bits(a) ^ _bits(b)).bit_count()


def _bits(look: str) -> int:
    if len(look) != LOOK_BITS // 4:
        raise ValueError(f"a look has {LOOK_BITS // 4} hexadecimal digits, this one {len(look)}")
    return int(look, 16)
