"""A reason stays in the log for ever: it says why, and nobody's number may stand in it."""

import pytest

from eventstore.parking import retry_parked, skip_parked
from eventstore.pool import Pool
from eventstore.reasons import ReasonMissing, ReasonTooPersonal, checked_reason
from tests.story import a_store


@pytest.mark.parametrize(
    "reason", ["called from 067 123-45-67", "671234567", "٠٦٧١٢٣٤٥٦٧", "bill 70012, then 70013"]
)
def test_a_reason_with_somebodys_number_is_refused(reason: str) -> None:
    """However it is written."""
    with pytest.raises(ReasonTooPersonal, match="leave phones and numbers out"):
        checked_reason(reason)


@pytest.mark.parametrize("reason", ["the disk died on 22.11.2026", "fixed in 1.2"])
def test_a_reason_with_a_date_or_a_version_is_taken(reason: str) -> None:
    """As it was written."""
    assert checked_reason(reason) == reason


@pytest.mark.parametrize("reason", ["", "  ", "\n", "\u00a0"])
def test_a_blank_reason_is_none(reason: str) -> None:
    """Whoever reads the log later must learn why."""
    with pytest.raises(ReasonMissing, match="say why"):
        checked_reason(reason)


async def test_no_act_on_parked_work_tells_a_number(pool: Pool) -> None:
    """Refused before anything is looked for."""
    for decide in (retry_parked, skip_parked):
        with pytest.raises(ReasonTooPersonal):
            await decide(a_store(pool), handler="h", seq=1, reason="ask 0671234567")
