"""Whose a callback is, is decided when a story is read: never by the batch it came in."""

from msgspec.structs import replace

from eventstore.identity import BillId, PayoutId, ReceiptId, payout_of
from eventstore.pool import Pool
from projections import receipts
from tests.projections.test_receipts_tell_their_story import ALL_AT_ONCE, owed_like, project, rows
from tests.story import CONTEXT, a_store, append_of
from tests.web.stories import called_back


async def test_a_callback_that_echoes_its_payout_is_no_part_of_a_batch(pool: Pool) -> None:
    """Before the payout is known here or behind it, in any batch: the same rows, one story."""
    store = a_store(pool)
    payout = payout_of(ReceiptId("r1"))
    heard = replace(called_back("77"), comment=PayoutId(payout))
    await store.append(append_of("callback-early", heard), context=CONTEXT)
    await owed_like(store, "r1")
    late = replace(heard, bill=BillId("78"))
    await store.append(append_of("callback-late", late), context=CONTEXT)
    await project(store, batch=1)
    live = await rows(pool)
    told = await receipts.steps(pool, ReceiptId("r1"))
    assert [step.type for step in told].count("CallbackReceived") == 2
    of_callbacks = "SELECT count(receipt) FROM receipt_steps WHERE type = 'CallbackReceived'"
    assert await pool.fetchval(of_callbacks) == 0
    for batch in (2, 3, ALL_AT_ONCE):
        await project(store, batch=batch)
        assert await rows(pool) == live
