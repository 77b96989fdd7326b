"""Two photos of one paper never earn two bonuses unless a person was told and says so."""

from datetime import timedelta
from typing import Any

import pytest

from eventstore.catalogue import ClaimTaken, Event, ReceiptAccepted, ReceiptReferred
from eventstore.claims import former_papers_of
from eventstore.identity import KYIV, Kopecks, ReceiptId
from eventstore.pool import Pool
from eventstore.store import now_utc
from handlers.judging.reviewing import ReviewRefused
from tests.factories import a_reading, an_item
from tests.handlers.judging.deciding import decide, moved, upload, what_if
from tests.handlers.judging.office import Office
from tests.handlers.readings import BOTH
from tests.story import CONTEXT, a_store, append_of

WHEN = (now_utc().astimezone(KYIV) - timedelta(days=1)).replace(second=0, microsecond=0)
#: What a QR says of the paper.
WHOLE: dict[str, Any] = {
    "total_kopecks": Kopecks(3652),
    "items": [an_item(kopecks=3652)],
    "purchased_at": WHEN,
    "receipt_number": "1384600901",
}
#: The same by print alone, its number not there, or misread by both readers.
NAMELESS = WHOLE | {
    "receipt_number": None,
    "sources": BOTH,
    "confidences": dict.fromkeys(BOTH, 0.95),
}
MISREAD = NAMELESS | {"receipt_number": "uP2AhcoNISU"}
#: How the other photo may say the rest.
OTHERWISE: list[dict[str, Any]] = [
    {},
    {"total_kopecks": Kopecks(3650), "items": [an_item(kopecks=3650)]},
    {"purchased_at": WHEN + timedelta(minutes=1)},
    {"purchased_at": WHEN - timedelta(minutes=1), "total_kopecks": Kopecks(3650)},
]


@pytest.fixture
def office(pool: Pool) -> Office:
    """The reviewers."""
    return Office(a_store(pool))


async def sent(office: Office, name: str, fields: dict[str, Any]) -> Event:
    """Return what becomes of a photo by a shopper of that name."""
    await upload(office.store, a_reading(**fields), shopper=name, receipt=name)
    await decide(office.store)
    return await office.last(name)


@pytest.mark.parametrize("otherwise", OTHERWISE)
async def test_who_was_approved_without_a_number_is_met_by_the_photo_with_one(
    office: Office, otherwise: dict[str, Any]
) -> None:
    """A total rounded for cash or a clock a minute off makes no other paper."""
    first = await sent(office, "one", NAMELESS)
    assert isinstance(first, ReceiptReferred)
    assert first.reasons == ["no_fiscal_number"]
    assert isinstance(await office.settle("approve", "one"), ReceiptAccepted)
    second = await sent(office, "two", WHOLE | otherwise)
    assert isinstance(second, ReceiptReferred)
    assert "same_paper_seen" in second.reasons


@pytest.mark.parametrize("unsure", [NAMELESS, MISREAD])
@pytest.mark.parametrize("otherwise", OTHERWISE)
async def test_who_judges_the_worse_photo_is_told_of_the_better_one(
    office: Office, unsure: dict[str, Any], otherwise: dict[str, Any]
) -> None:
    """The QR came first; the number that print says, or lacks, proves nothing."""
    assert isinstance(await sent(office, "one", WHOLE | otherwise), ReceiptAccepted)
    second = await sent(office, "two", unsure)
    assert isinstance(second, ReceiptReferred)
    assert "same_paper_seen" in second.reasons


@pytest.mark.parametrize("otherwise", OTHERWISE)
async def test_a_number_misread_from_print_is_met_by_the_qr(
    office: Office, otherwise: dict[str, Any]
) -> None:
    """Both readers are sure of the wrong signs, and the rules believed them."""
    assert isinstance(await sent(office, "one", MISREAD), ReceiptAccepted)
    second = await sent(office, "two", WHOLE | otherwise)
    assert isinstance(second, ReceiptReferred)
    assert "same_paper_seen" in second.reasons
    assert moved((await what_if(office.store))[0]) == {}


async def test_two_receipts_with_a_qr_within_a_minute_are_two(office: Office) -> None:
    """Their numbers are beyond doubt, so neither shopper waits for a person."""
    assert isinstance(await sent(office, "one", WHOLE), ReceiptAccepted)
    other = WHOLE | {"receipt_number": "1384600902", "purchased_at": WHEN + timedelta(minutes=1)}
    assert isinstance(await sent(office, "two", other), ReceiptAccepted)


@pytest.mark.parametrize("first", ["whole", "half"])
async def test_a_photo_without_the_register_is_granted_by_nobody(
    office: Office, first: str
) -> None:
    """Its seller, total and minute meet no claim of the register's: that is to be typed."""
    half = NAMELESS | {"fiscal_number": None}
    if first == "whole":
        assert isinstance(await sent(office, "whole", WHOLE), ReceiptAccepted)
    assert isinstance(await sent(office, "half", half), ReceiptReferred)
    with pytest.raises(ReviewRefused, match="type the register's number"):
        await office.settle("approve", "half")
    if first == "half":
        assert isinstance(await sent(office, "whole", WHOLE), ReceiptAccepted)


async def test_a_claim_of_an_older_release_still_stands(office: Office) -> None:
    """It was taken by the very total, not by the one that cash is rounded to."""
    (old,) = former_papers_of(a_reading(**WHOLE))
    taken = ClaimTaken(receipt=ReceiptId("one"))
    await office.store.append(append_of(old, taken), context=CONTEXT)
    second = await sent(office, "two", WHOLE)
    assert isinstance(second, ReceiptReferred)
    assert second.reasons == ["same_paper_seen"]
