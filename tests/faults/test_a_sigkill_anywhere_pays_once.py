"""Accept, claim, pay: a process killed between any two of its touches of the world."""

from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from eventstore.catalogue import (
    AllowanceUsed,
    ClaimTaken,
    Event,
    PayoutConfirmed,
    PayoutOutcomeUnknown,
    PayoutRequested,
    ReceiptAccepted,
    ReceiptUploaded,
)
from eventstore.identity import (
    KYIV,
    allowance,
    fiscal_claim,
    payout_of,
    payout_stream,
    receipt_stream,
)
from eventstore.pool import Pool
from eventstore.store import now_utc
from tests.factories import FISCAL_NUMBER, a_reading, read_receipt
from tests.faults.dying import run_and_die
from tests.handlers.gateways.paying import SECRET, Shop, a_shop
from tests.story import facts

#: A way from reading to payment has fewer touches than this; the loop ends by itself.
TOUCHES_MAX = 300


async def of_kind(shop: Shop, stream: str, kind: type[Event]) -> int:
    """Return how many facts of ``kind`` stand in ``stream``."""
    return sum(isinstance(fact, kind) for fact in await facts(shop.store, stream))


async def check(shop: Shop, uploaded: ReceiptUploaded) -> None:
    """Ask log and bank: one acceptance with its claims, at most one top-up, all told."""
    receipt, payout = uploaded.receipt, payout_of(uploaded.receipt)
    number = receipt.removeprefix("receipt-")
    assert await of_kind(shop, receipt_stream(receipt), ReceiptAccepted) == 1
    assert await of_kind(shop, fiscal_claim(FISCAL_NUMBER, number), ClaimTaken) == 1
    day = allowance(uploaded.shopper, now_utc().astimezone(KYIV).date())
    assert await of_kind(shop, day, AllowanceUsed) == 1
    assert await of_kind(shop, payout_stream(payout), PayoutRequested) == 1

    booked = [booking for booking in shop.bank.bookings() if booking.comment == payout]
    confirmed = await of_kind(shop, payout_stream(payout), PayoutConfirmed)
    unknown = await of_kind(shop, payout_stream(payout), PayoutOutcomeUnknown)
    assert len(booked) <= 1, "money moved twice"
    assert confirmed == len(booked), "what the bank did and what the log says differ"
    assert booked or unknown, "neither paid nor waiting for a person"


@pytest.mark.timeout(180)
async def test_a_sigkill_between_any_two_touches_pays_at_most_once(
    pool: Pool, database_url: str, tmp_path: Path
) -> None:
    """Die before and after each statement and request in turn; a second process ends the work."""
    started = now_utc()
    async with a_shop(pool, tmp_path) as shop:
        work = partial(
            run_and_die,
            url=database_url,
            bank_url=shop.bank.url,
            secret=SECRET,
            attachments=tmp_path / "attachments",
        )
        for touches in range(TOUCHES_MAX):
            # Two minutes apart: no two pieces of paper are from the same minute.
            bought_at = started - timedelta(days=1, minutes=2 * touches)
            reading = a_reading(receipt_number=str(touches), purchased_at=bought_at)
            uploaded = await read_receipt(shop.store, shop.vault, reading, shopper=f"s{touches}")
            status = await work(touches=touches)

            await shop.time_passes()
            assert await work(touches=10**9) == 0
            await shop.settle()
            await check(shop, uploaded)
            if status == 0:
                break
        assert status == 0, "the work never came to its end"
        assert touches > 40, "it hardly touched the world: was it killed at all?"
        assert await pool.fetchval("SELECT count(*) FROM work") == 0
