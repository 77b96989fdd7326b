"""One photo of a receipt is read by its QR, another by its print: it is one receipt."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from eventstore.catalogue import (
    ReceiptAccepted,
    ReceiptRead,
    ReceiptReferred,
    ReceiptRejected,
)
from eventstore.identity import KYIV, Kopecks, payout_of, payout_stream, receipt_stream
from eventstore.pool import Pool
from eventstore.store import EventStore, now_utc
from tests.factories import a_reading, an_item
from tests.handlers.judging.deciding import decide, upload
from tests.handlers.readings import BOTH
from tests.story import a_store, facts

#: The number of one receipt: in its QR, and on its paper.
NUMBERS = [("315311", "000315311 00256"), ("0000633713", "0633713 0609622")]


@pytest.fixture
def store(pool: Pool) -> EventStore:
    """The log."""
    return a_store(pool)


def yesterday(second: int) -> datetime:
    """Return a moment of one minute of yesterday; paper often prints no seconds."""
    day = now_utc().astimezone(KYIV) - timedelta(days=1)
    return day.replace(hour=20, minute=41, second=second, microsecond=0)


def by_qr(number: str) -> ReceiptRead:
    """Return what the QR says."""
    return a_reading(
        items=[an_item(kopecks=10_398)],
        fiscal_number="3001049016",
        receipt_number=number,
        total_kopecks=Kopecks(10_398),
        purchased_at=yesterday(second=9),
    )


def by_print(number: str) -> ReceiptRead:
    """Return what both readers of the same paper made out, its QR being torn off."""
    return a_reading(
        items=[an_item("ЦИТРАМ0Н-ДАРНИЦЯ табл.", kopecks=10_398)],
        merchant="АПТЕКА",
        fiscal_number="3001049016",
        receipt_number=number,
        total_kopecks=Kopecks(10_398),
        purchased_at=yesterday(second=0),
        sources=BOTH,
        confidences=dict.fromkeys(BOTH, 0.95),
    )


@pytest.mark.parametrize("qr_first", [True, False])
@pytest.mark.parametrize(("qr", "paper"), NUMBERS)
async def test_it_earns_one_bonus_whichever_photo_comes_first(
    store: EventStore, qr: str, paper: str, qr_first: bool
) -> None:
    """Leading zeros and the second group of the paper's number make no other receipt."""
    readings = [by_qr(qr), by_print(paper)]
    first, second = readings if qr_first else reversed(readings)
    one = await upload(store, first, receipt="one", shopper="ann")
    await decide(store)
    other = await upload(store, second, receipt="other", shopper="bob")
    await decide(store)
    assert isinstance((await facts(store, receipt_stream(one)))[-1], ReceiptAccepted)
    refused = (await facts(store, receipt_stream(other)))[-1]
    assert isinstance(refused, ReceiptRejected)
    assert (refused.reason, refused.used_by) == ("already_used", one)
    assert await facts(store, payout_stream(payout_of(other))) == []


@pytest.mark.parametrize(("qr", "paper"), NUMBERS)
async def test_photos_decided_at_the_same_moment_earn_one_bonus(
    store: EventStore, qr: str, paper: str
) -> None:
    """Two shoppers, four workers, four photos: one of them wins."""
    for place, reading in enumerate([by_qr(qr), by_print(paper)] * 2):
        await upload(store, reading, receipt=f"photo-{place}", shopper=("ann", "bob")[place % 2])
    await decide(store, workers=4)
    ends = [(await facts(store, f"receipt-photo-{place}"))[-1] for place in range(4)]
    assert sum(isinstance(end, ReceiptAccepted) for end in ends) == 1


@pytest.mark.parametrize("misread", ["00031531100256", "000815311 00256", "00031531 00256"])
async def test_a_number_misread_by_both_readers_is_caught_by_seller_sum_and_minute(
    store: EventStore, misread: str
) -> None:
    """A blank or a digit lost: the paper's own claim sends it to a person."""
    await upload(store, by_qr("315311"), receipt="one", shopper="ann")
    await decide(store)
    other = await upload(store, by_print(misread), receipt="other", shopper="bob")
    await decide(store)
    referred = (await facts(store, receipt_stream(other)))[-1]
    assert isinstance(referred, ReceiptReferred)
    assert referred.reasons == ["same_paper_seen"]


async def test_the_number_of_one_shift_refuses_nobody(store: EventStore) -> None:
    """«0012» comes again the next day: a person looks, neither photo is a second use."""
    for name, days in (("one", 2), ("other", 1)):
        bought_at = now_utc() - timedelta(days=days)
        await upload(store, replace(by_print("0012"), purchased_at=bought_at), receipt=name)
    await decide(store)
    for name in ("one", "other"):
        referred = (await facts(store, f"receipt-{name}"))[-1]
        assert isinstance(referred, ReceiptReferred)
        assert referred.reasons == ["number_unconfirmed"]
