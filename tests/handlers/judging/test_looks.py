"""How far apart two looks are is counted in bits, and nonsense is no look."""

import pytest

from handlers.judging.looks import look_distance


def test_the_bits_that_differ_are_counted() -> None:
    """Whichever comes first; zeros in front count as well."""
    nothing, one, all_ = "0" * 64, "0" * 63 + "1", "f" * 64
    assert look_distance(one, one) == 0
    assert look_distance(nothing, one) == look_distance(one, nothing) == 1
    assert look_distance(one, all_) == 255
    assert look_distance(nothing, all_) == 256


@pytest.mark.parametrize("nonsense", ["", "0" * 63, "0" * 65, "g" * 64])
def test_what_is_no_look_has_no_distance(nonsense: str) -> None:
    """A cut one would seem near to whatever begins with zeros."""
    with pytest.raises(ValueError, match=r"hexadecimal|invalid literal"):
        look_distance(nonsense, "0" * 64)
