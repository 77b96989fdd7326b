"""Read models of a log in which somebody was forgotten, live and rebuilt."""

import pytest

from eventstore.catalogue import ForgettingRequested, ShopperForgotten
from eventstore.identity import ReceiptId, Sha256, ShopperId, shopper_stream
from eventstore.pool import Pool
from projections import receipts
from tests.projections.test_receipts_tell_their_story import ALL_AT_ONCE, project, rows
from tests.story import CONTEXT, a_store, append_of
from tests.web.stories import read, tell_paid, tell_rejection, tell_upload

SOMEBODY = ShopperId("somebody")
FORGOTTEN = ShopperForgotten(key_id="k", attachments=3, certificate_sha256=Sha256("0" * 64))


@pytest.mark.parametrize("batch", [1, 3, ALL_AT_ONCE])
async def test_a_rebuild_shows_nothing_of_what_was_bought(pool: Pool, batch: int) -> None:
    """Neither items nor seller nor numbers, in batches of any size; money and outcome stay."""
    store = a_store(pool)
    reading = read(words=Sha256("1" * 64))
    await tell_paid(store, "r1", bill="1", reading=reading)
    await tell_paid(store, "others", bill="2", shopper="other")
    wish = ForgettingRequested(reason="asked")
    await store.append(append_of(shopper_stream(SOMEBODY), wish, FORGOTTEN), context=CONTEXT)
    await tell_rejection(store, "later", "too_old")
    await project(store, batch=batch)

    mine = [text for _, text in await rows(pool) if "r1" in text]
    said = [reading.merchant, *(item.name for item in reading.items), reading.fiscal_number]
    said += [reading.receipt_number, reading.words_sha256]
    assert not [(word, text) for word in said if word for text in mine if word in text]
    kept = await receipts.receipt(pool, ReceiptId("r1"))
    assert kept is not None
    assert (kept.state, kept.bonus_kopecks, kept.bill) == ("paid", 100, "1")
    assert kept.preview_sha256 is None
    for name in ("others", "later"):
        other = await receipts.receipt(pool, ReceiptId(name))
        assert other is not None
        assert (other.merchant, other.forgotten_at) == (reading.merchant, None)


async def test_a_reading_behind_a_forgetting_is_shown_alike_in_every_batch(pool: Pool) -> None:
    """A late worker read what an operator had given up: live and rebuilt rows are the same."""
    store = a_store(pool)
    await tell_upload(store, "r1")
    await store.append(append_of(shopper_stream(SOMEBODY), FORGOTTEN), context=CONTEXT)
    await store.append(append_of("receipt-r1", read(), expected=0), context=CONTEXT)
    await project(store, batch=1)
    live = await rows(pool)
    await project(store, batch=ALL_AT_ONCE)
    assert await rows(pool) == live
    assert not [text for _, text in live if "Аптека-Зразок" in text]
