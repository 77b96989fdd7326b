"""Whoever has a bill, a receipt or a user finds the other two: by the lines, and by the log."""

from pathlib import Path

from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from eventstore.catalogue import PayoutConfirmed, ReceiptUploaded
from eventstore.identity import ReceiptId, ShopperId, payout_of, payout_stream, receipt_stream
from eventstore.pool import Pool
from eventstore.store import Context
from handlers.commands import Commands
from tests.factories import a_reading
from tests.handlers.gateways.paying import Shop, a_shop
from tests.handlers.judging.deciding import decide
from tests.story import append_of, facts

PHONE = "380670000001"


async def send(shop: Shop, shopper: ShopperId) -> ReceiptId:
    """Let the shopper send a photo as an edge does, and let it be read; return the receipt."""
    commands = Commands(
        store=shop.store, attachments=shop.attachments, vault=shop.vault, clock=shop.clock
    )
    await commands.give_consent(shopper, text_version="1", text="yes", locale="uk")
    await commands.share_phone(shopper, PHONE)
    photo = b"\xff\xd8\xff"
    receipt = await commands.record_upload(shopper, photo, source="web", upload_id="u")
    stream = receipt_stream(receipt)
    (uploaded,) = await shop.store.read_stream(stream)
    context = Context(
        correlation_id=uploaded.metadata.correlation_id,
        causation_id=uploaded.event_id,
        actor="handler:read_receipt",
    )
    await shop.store.append(append_of(stream, a_reading(), expected=0), context=context)
    return receipt


async def test_user_receipt_and_bill_are_tied(pool: Pool, tmp_path: Path) -> None:
    """Lines carry receipt and bill, the receipt's first fact the user; none names who it is."""
    async with a_shop(pool, tmp_path) as shop:
        shopper = ShopperId("5c0ffee0" * 8)
        receipt = await send(shop, shopper)
        with capture_logs(processors=[merge_contextvars]) as lines:
            await decide(shop.store)
            await shop.settle()
        sent = [line for line in lines if line["event"] == "payout.sent"]
        end = (await facts(shop.store, payout_stream(payout_of(receipt))))[-1]
        (first, *_) = await shop.store.read_stream(receipt_stream(receipt))

    assert isinstance(end, PayoutConfirmed)
    assert [(line["step"], line["correlation"], line["bill"]) for line in sent] == [
        ("create", receipt, end.bill),
        ("pay", receipt, end.bill),
    ]
    assert isinstance(first.event, ReceiptUploaded)
    assert (first.metadata.correlation_id, first.event.shopper) == (receipt, shopper)
    assert shopper not in repr(lines)
    assert PHONE not in repr(lines)
