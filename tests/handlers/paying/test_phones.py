"""A phone is kept in one spelling, and only one that can be topped up is kept."""

import pytest

from eventstore.policy import OPERATORS
from handlers.paying.phones import PhoneRefused, normalise, operator_of, supported


@pytest.mark.parametrize(
    "written",
    [
        "380670000001",
        "+380670000001",
        "+38 (067) 000-00-01",
        "067 000 00 01",
        "067\u00a0000\u00a000\u00a001",
        "067–000–00–01",
        "670000001",
        "00380670000001",
        "80670000001",
        "8 (067) 000-00-01",
        " 0670000001\n",
    ],
)
def test_every_habit_of_writing_a_number_becomes_one_spelling(written: str) -> None:
    """Spaces, brackets, dashes, +38, a leading 8 or nothing in front: one and the same phone."""
    assert normalise(written) == "380670000001"


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "not_a_number"),
        ("приклад", "not_a_number"),
        ("067-FLOWERS", "not_a_number"),
        ("067 000 00 01 ext 5", "not_a_number"),
        ("0700000001", "not_a_number"),
        ("06700000", "not_a_number"),
        ("0" * 4000, "not_a_number"),
        ("+48601000001", "not_ukrainian"),
        ("0440000001", "not_mobile"),
        ("0891000001", "not_mobile"),
    ],
)
def test_what_cannot_be_topped_up_is_refused_with_its_reason(written: str, reason: str) -> None:
    """The edge learns why, as a code it has words for."""
    with pytest.raises(PhoneRefused) as refused:
        normalise(written)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("phone", "name"),
    [
        ("380670000001", "kyivstar"),
        ("380770000001", "kyivstar"),
        ("380750000001", "vodafone"),
        ("380730000001", "lifecell"),
        ("380910000001", None),
        ("380710000001", None),
    ],
)
def test_a_prefix_names_the_operator_it_was_given_to(phone: str, name: str | None) -> None:
    """The newer prefixes 077 and 075 count too; TriMob's is nobody's that we can ask."""
    found = operator_of(phone, OPERATORS)
    assert (found and found.name) == name


def test_a_phone_of_an_unsupported_operator_is_refused_by_that_name() -> None:
    """It is a good number: the shopper hears that another one is needed, not that it is wrong."""
    with pytest.raises(PhoneRefused) as refused:
        supported("+38 091 000-00-01", OPERATORS)
    assert refused.value.reason == "unsupported_operator"
    assert supported("8 (073) 000-00-01", OPERATORS) == "380730000001"
