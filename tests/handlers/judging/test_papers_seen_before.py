"""The same paper comes again: as the same bytes, as another photo, or among too many others."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from eventstore.catalogue import (
    Event,
    LookTaken,
    PhoneShared,
    PhotoExpired,
    PhotoSeen,
    ReceiptAccepted,
    ReceiptReferred,
    ReceiptRejected,
)
from eventstore.identity import (
    KYIV,
    Kopecks,
    ReceiptId,
    Sha256,
    ShopperId,
    looks_stream,
    photo_stream,
    receipt_stream,
    shopper_stream,
)
from eventstore.policy import Limits, Policy
from eventstore.pool import Pool
from eventstore.store import EventStore, now_utc
from handlers.judging.policy import TODAY
from tests.factories import FISCAL_NUMBER, a_reading, an_item
from tests.handlers.gateways.paying import REQUESTED
from tests.handlers.judging.deciding import decide, upload
from tests.story import CONTEXT, a_store, append_of, facts

#: Of every photo that ``factories`` makes up.
PHOTO = photo_stream(Sha256("00"))
LOOK = "0f" * 32
#: Yesterday, and far from any midnight.
NOON = (now_utc().astimezone(KYIV) - timedelta(days=1)).replace(hour=12, minute=0)
LOOKS = looks_stream(FISCAL_NUMBER, NOON.date())
#: Eight bits differ, and half of them.
NEAR, FAR = "f0" + "0f" * 31, "00" * 32
LOOKING: Policy = replace(TODAY, limits=Limits(look_bits_max=8))


@pytest.fixture
def store(pool: Pool) -> EventStore:
    """The log."""
    return a_store(pool)


async def last(store: EventStore, receipt: str) -> Event:
    """Return how a receipt stands."""
    return (await facts(store, receipt_stream(ReceiptId(receipt))))[-1]


async def seen(store: EventStore, *uploads: tuple[str, str]) -> None:
    """Let receipts of shoppers have come, in this order, as the very same photo."""
    told = [PhotoSeen(receipt=ReceiptId(who), shopper=ShopperId(by)) for who, by in uploads]
    await store.append(append_of(PHOTO, *told), context=CONTEXT)


def another_paper(number: int, **changes: Any) -> Any:
    """Return a reading of another receipt, bought at another time for another sum."""
    cost = Kopecks(3650 + number)
    fields = {
        "receipt_number": str(number),
        "purchased_at": NOON + timedelta(minutes=number),
        "items": [an_item(kopecks=cost)],
        "total_kopecks": cost,
    }
    return a_reading(**fields | changes)


async def test_the_same_bytes_are_refused_even_when_the_numbers_are_in_doubt(
    store: EventStore,
) -> None:
    """One photo is one paper, however badly its numbers were read the second time."""
    await seen(store, ("first", "ann"), ("again", "bob"))
    await upload(store, another_paper(1), shopper="ann", receipt="first")
    await decide(store)
    misread = another_paper(8, sources={}, disagreements=["receipt_number"])
    await upload(store, misread, shopper="bob", receipt="again")
    await decide(store)
    refused = await last(store, "again")
    assert isinstance(refused, ReceiptRejected)
    assert (refused.reason, refused.used_by) == ("already_used", "first")


async def test_bytes_that_were_paid_for_stay_used_when_their_photo_is_deleted(
    store: EventStore,
) -> None:
    """The fact that 90 days are over stands behind the acceptance, and changes nothing of it."""
    await seen(store, ("first", "ann"), ("again", "ann"))
    await upload(store, another_paper(1), receipt="first")
    await decide(store)
    expired = append_of(receipt_stream(ReceiptId("first")), PhotoExpired(), expected=2)
    await store.append(expired, context=CONTEXT)
    await upload(store, another_paper(8), receipt="again")
    await decide(store)
    refused = await last(store, "again")
    assert isinstance(refused, ReceiptRejected)
    assert (refused.reason, refused.used_by) == ("already_used", "first")


async def test_a_photo_of_somebody_else_is_for_a_person(store: EventStore) -> None:
    """The first one was never paid, so nobody knows whose receipt it is."""
    await seen(store, ("first", "ann"), ("again", "bob"))
    await upload(store, another_paper(1, document="screenshot"), shopper="ann", receipt="first")
    await upload(store, another_paper(1), shopper="bob", receipt="again")
    await decide(store)
    referred = await last(store, "again")
    assert isinstance(referred, ReceiptReferred)
    assert referred.reasons == ["same_photo_seen"]


async def test_ones_own_photo_may_come_again(store: EventStore) -> None:
    """What was refused for its age or the daily limit is judged anew, as if it came first."""
    await seen(store, ("first", "ann"), ("again", "ann"))
    old = another_paper(1, purchased_at=now_utc() - timedelta(days=30))
    await upload(store, old, receipt="first")
    await upload(store, another_paper(1), receipt="again")
    await decide(store)
    assert isinstance(await last(store, "first"), ReceiptRejected)
    assert isinstance(await last(store, "again"), ReceiptAccepted)


@pytest.mark.parametrize(("look", "kind"), [(NEAR, ReceiptReferred), (FAR, ReceiptAccepted)])
async def test_a_paper_that_looks_like_a_paid_one_is_for_a_person(
    store: EventStore, look: str, kind: type[Event]
) -> None:
    """Its number, time and sum were read otherwise: looks alone refuse nobody."""
    await upload(store, another_paper(1, look=LOOK), receipt="first")
    await decide(store, policy=LOOKING)
    await upload(store, another_paper(2, look=look), shopper="bob", receipt="again")
    await decide(store, policy=LOOKING)
    decided = await last(store, "again")
    assert isinstance(decided, kind)
    if isinstance(decided, ReceiptReferred):
        assert decided.reasons == ["looks_like_another"]


@pytest.mark.parametrize(
    "elsewhere", [{"fiscal_number": "4009999999"}, {"purchased_at": NOON - timedelta(days=1)}]
)
async def test_looks_count_within_one_register_and_day_only(
    store: EventStore, elsewhere: dict[str, Any]
) -> None:
    """All receipts of a chain of shops look alike, and so do those for the same goods."""
    await upload(store, another_paper(1, look=LOOK), receipt="first")
    other = another_paper(2, look=LOOK, **elsewhere)
    await upload(store, other, shopper="bob", receipt="other")
    await decide(store, policy=LOOKING)
    assert isinstance(await last(store, "other"), ReceiptAccepted)


async def test_of_two_photos_of_one_paper_at_once_one_is_paid(store: EventStore) -> None:
    """Read as two receipts and decided at the same moment: the second look sees the first."""
    for number in range(6):
        reading = another_paper(number + 1, look=LOOK)
        await upload(store, reading, shopper=f"s{number}", receipt=str(number))
    await decide(store, workers=4, policy=LOOKING)
    decided = [await last(store, str(number)) for number in range(6)]
    assert sum(isinstance(each, ReceiptAccepted) for each in decided) == 1
    assert sum(isinstance(each, ReceiptReferred) for each in decided) == 5
    assert len(await facts(store, LOOKS)) == 1


async def test_an_edited_photo_is_for_a_person(store: EventStore) -> None:
    """A program says that it changed the picture; that is no proof of anything."""
    await upload(store, another_paper(1, marks=["edited_by_program"]), receipt="edited")
    await decide(store)
    referred = await last(store, "edited")
    assert isinstance(referred, ReceiptReferred)
    assert referred.reasons == ["edited_photo"]


async def test_the_fourth_equal_sum_within_a_week_is_for_a_person(store: EventStore) -> None:
    """Two a day and one before are nothing, one more is remarkable; other sums are not."""
    busy = replace(TODAY, accepted_per_day_max=9)
    for number in range(1, 5):
        same = another_paper(number, items=[an_item(kopecks=5000)], total_kopecks=Kopecks(5000))
        await upload(store, same, receipt=f"same-{number}")
        await decide(store, policy=busy)
    await upload(store, another_paper(9), receipt="other")
    await decide(store, policy=busy)
    fourth = await last(store, "same-4")
    assert isinstance(fourth, ReceiptReferred)
    assert fourth.reasons == ["repeated_total"]
    assert isinstance(await last(store, "same-3"), ReceiptAccepted)
    assert isinstance(await last(store, "other"), ReceiptAccepted)


@pytest.mark.parametrize(("shoppers", "kind"), [(2, ReceiptAccepted), (3, ReceiptReferred)])
async def test_a_phone_of_many_accounts_is_for_a_person(
    store: EventStore, shoppers: int, kind: type[Event]
) -> None:
    """A family shares a phone; only accounts that earned count, anybody can name a number."""
    await upload(store, another_paper(1), shopper="ann", receipt="hers")
    told = await facts(store, shopper_stream(ShopperId("ann")))
    (phone,) = [fact for fact in told if isinstance(fact, PhoneShared)]
    for number in range(1, 6):
        name = ShopperId(f"account-{number}")
        await store.append(append_of(shopper_stream(name), phone), context=CONTEXT)
        if number < shoppers:
            owed = replace(REQUESTED, shopper=name, phone_fingerprint=phone.phone_fingerprint)
            await store.append(append_of(f"payout-{number}", owed), context=CONTEXT)
    await decide(store)
    assert isinstance(await last(store, "hers"), kind)


async def test_a_look_stands_with_its_receipt(store: EventStore) -> None:
    """Only what was accepted is compared with: a refused paper may come again."""
    refused = another_paper(1, look=LOOK, document="return")
    await upload(store, refused, receipt="refused")
    await upload(store, another_paper(2, look=LOOK), shopper="bob", receipt="other")
    await decide(store, policy=LOOKING)
    assert isinstance(await last(store, "other"), ReceiptAccepted)
    taken = LookTaken(receipt=ReceiptId("other"), look=LOOK)
    assert await facts(store, LOOKS) == [taken]
