"""No payout is called failed, by a person or a statement, while an ok waits that may be its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from eventstore.catalogue import PayoutRequested, PayoutResolved
from eventstore.identity import BillId, CallbackId, ReceiptId, payout_of, payout_stream
from eventstore.pool import Pool
from tests.handlers.gateways.paying import Shop, a_shop, heard
from tests.handlers.paying.statement_files import statement
from tests.handlers.paying.test_a_person_ends_a_payout import resolve
from tests.handlers.paying.test_statements_settle_payouts import LOST, reconcile
from tests.story import CONTEXT, append_of

BILL = BillId("900")


@pytest.fixture
async def shop(pool: Pool, tmp_path: Path) -> AsyncIterator[Shop]:
    """A shop with its bank."""
    async with a_shop(pool, tmp_path) as opened:
        yield opened


async def owe_again(shop: Shop, earlier: PayoutRequested) -> PayoutRequested:
    """Let another bonus be owed to the same phone."""
    receipt = ReceiptId("another")
    requested = replace(earlier, payout=payout_of(receipt), receipt=receipt)
    await shop.store.append(append_of(payout_stream(requested.payout), requested), context=CONTEXT)
    return requested


async def lose(shop: Shop, requested: PayoutRequested) -> None:
    """Let the answer to the first request be lost."""
    stream = payout_stream(requested.payout)
    await shop.store.append(append_of(stream, *LOST[1:], expected=0), context=CONTEXT)


@pytest.mark.parametrize("applies", [False, True])
async def test_a_statement_that_says_failed_goes_to_a_person(shop: Shop, applies: bool) -> None:
    """The callback stands in the log and nobody applied it yet: money may have moved."""
    requested, phone = await shop.owe()
    await lose(shop, requested)
    ok = heard(bill=BILL, amount=None, phone=requested.phone_fingerprint, comment=requested.payout)
    await shop.record_fact(ok, name=CallbackId("c"))
    content = statement([], f"900;{requested.payout};{phone};1.00;fail;2026-11-22")
    (finding,) = await reconcile(shop, content, applies=applies)
    assert (finding.what, finding.about, finding.fact) == ("differs", "status", None)
    assert finding.payout == requested.payout
    assert await shop.outcome(requested) is None


async def test_what_was_heard_before_it_was_owed_keeps_nothing_open(shop: Shop) -> None:
    """Of the same phone and amount, but about other money: a person may call this one failed."""
    earlier, _ = await shop.owe()
    ok = heard(bill=BILL, phone=earlier.phone_fingerprint, comment=None)
    await shop.record_fact(ok, name=CallbackId("c"))
    requested = await owe_again(shop, earlier)
    await lose(shop, requested)
    assert isinstance(await resolve(shop, requested.payout, "failed"), PayoutResolved)
