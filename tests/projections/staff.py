"""What waits for people and what they do about it, told as facts."""

from datetime import UTC, datetime

from eventstore.catalogue import (
    Event,
    ReceiptAccepted,
    ReceiptCorrected,
    ReceiptRead,
    ReceiptReferred,
    ReferralReason,
    ReviewAssigned,
    ShopperForgotten,
    Sold,
)
from eventstore.identity import (
    Kopecks,
    ReceiptId,
    Sha256,
    ShopperId,
    Sku,
    StreamName,
    receipt_stream,
    shopper_stream,
)
from eventstore.ledger import seal_until_rest
from eventstore.store import EventStore
from tests.story import CONTEXT, append_of
from tests.web.stories import NOWHERE, tell_reading, tell_upload

UNTIL = datetime(2999, 1, 1, tzinfo=UTC)
FORGOTTEN = ShopperForgotten(key_id="k", attachments=0, certificate_sha256=Sha256("0" * 64))
CORRECTED = ReceiptCorrected(reviewer="olena", reason="as printed", total_kopecks=Kopecks(8650))


def referred(*reasons: ReferralReason) -> ReceiptReferred:
    """Return the decision that a person must look."""
    return ReceiptReferred(reasons=list(reasons) or ["no_total"], rules="test/1")


def assigned(reviewer: str = "olena", until: datetime = UNTIL) -> ReviewAssigned:
    """Return the fact that a reviewer has a receipt in hand."""
    return ReviewAssigned(reviewer=reviewer, until=until)


def accepted(sold: dict[str, int], *, names: tuple[str, ...] = ("ЦИТРАМОН-Д",)) -> ReceiptAccepted:
    """Return the decision to grant a bonus for so many thousandths of each product."""
    return ReceiptAccepted(
        darnitsa_items=list(names),
        amount_kopecks=Kopecks(100),
        rules="test/1",
        products=NOWHERE,
        sold=[Sold(sku=Sku(sku), quantity_milli=quantity) for sku, quantity in sold.items()],
    )


async def tell(store: EventStore, stream: StreamName, *events: Event) -> None:
    """Record ``events`` behind whatever stands in ``stream``, and seal them."""
    last = len(await store.read_stream(stream)) - 1
    await store.append(append_of(stream, *events, expected=last), context=CONTEXT)
    await seal_until_rest(store.pool)


async def of_receipt(store: EventStore, receipt: str, *events: Event) -> None:
    """Record ``events`` about ``receipt``."""
    await tell(store, receipt_stream(ReceiptId(receipt)), *events)


async def refer(
    store: EventStore,
    receipt: str,
    *reasons: ReferralReason,
    shopper: str = "somebody",
    reading: ReceiptRead | None = None,
) -> None:
    """Record a receipt from its photo to the review queue."""
    await tell_upload(store, receipt, shopper)
    await tell_reading(store, receipt, reading)
    await of_receipt(store, receipt, referred(*reasons))


async def forget(store: EventStore, shopper: str = "somebody") -> None:
    """Record that ``shopper`` was forgotten."""
    await tell(store, shopper_stream(ShopperId(shopper)), FORGOTTEN)
