"""Names of things: ids, streams, and the identity of a receipt across photos.

Every stream name and every derived id is made here, so that two rooms never spell one
thing in two ways. Stream names are ``<kind>-<id>``.
"""

import hashlib
import re
from datetime import date, datetime
from typing import NewType
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

ShopperId = NewType("ShopperId", str)
ReceiptId = NewType("ReceiptId", str)
PayoutId = NewType("PayoutId", str)
CallbackId = NewType("CallbackId", str)
BillId = NewType("BillId", str)
EventId = NewType("EventId", UUID)
StreamName = NewType("StreamName", str)
Sha256 = NewType("Sha256", str)
Kopecks = NewType("Kopecks", int)
#: Marketing's code of a product.
Sku = NewType("Sku", str)

KYIV = ZoneInfo("Europe/Kyiv")

#: Where this log lives: the facts ``ClusterSeen``.
CLUSTER_STREAM = StreamName("system-cluster")
#: Whether money may leave: the facts ``PayoutsHeld`` and ``PayoutsReleased``.
PAYOUTS_SWITCH = StreamName("system-payouts")
#: By which numbers bonuses are granted and paid: the facts ``PolicyAdopted``.
POLICY_STREAM = StreamName("system-policy")
#: Which goods earn one: the facts ``ProductsImported`` and ``ProductRetired``.
PRODUCTS_STREAM = StreamName("system-products")
#: What was done to the vault as a whole.
VAULT_STREAM = StreamName("system-vault")

#: Root of every uuid5 made here; a constant of this product, never changed.
_NAMESPACE = UUID("6f1d1c1e-5b0a-5a63-9f0d-0c8a5a5b0001")


def sha256_of(content: bytes) -> Sha256:
    """Return the lower-case hex SHA-256 of ``content``, as attachments are named."""
    return Sha256(hashlib.sha256(content).hexdigest())


def receipt_stream(receipt: ReceiptId) -> StreamName:
    """Return the stream in which the life of one receipt is told."""
    return StreamName(f"receipt-{receipt}")


def shopper_stream(shopper: ShopperId) -> StreamName:
    """Return the stream of what a shopper agreed to and shared."""
    return StreamName(f"shopper-{shopper}")


def chat_stream(shopper: ShopperId) -> StreamName:
    """Return the stream of what a shopper asked, and of what was said to them besides notices
    about receipts.
    """
    return StreamName(f"chat-{shopper}")


def notices_stream(receipt: ReceiptId) -> StreamName:
    """Return the stream of what its shopper was told about one receipt."""
    return StreamName(f"notices-{receipt}")


def reminder_stream(shopper: ShopperId) -> StreamName:
    """Return the stream of the one reminder a shopper can ever get."""
    return StreamName(f"reminder-{shopper}")


def invitation_stream(token: str) -> StreamName:
    """Return the stream of one link that signs staff in; it does not give the secret away."""
    return StreamName(f"invitation-{sha256_of(token.encode())[:32]}")


def session_stream(cookie: str) -> StreamName:
    """Return the stream of one signed-in browser; it does not give the cookie away."""
    return StreamName(f"session-{sha256_of(cookie.encode())[:32]}")


def payout_stream(payout: PayoutId) -> StreamName:
    """Return the stream of one payout, from request to final outcome."""
    return StreamName(f"payout-{payout}")


def bill_stream(bill: BillId) -> StreamName:
    """Return the stream that says whose payout a Portmone bill belongs to."""
    return StreamName(f"bill-{bill}")


def callback_stream(callback: CallbackId) -> StreamName:
    """Return the stream of one callback body, however often it was delivered."""
    return StreamName(f"callback-{callback}")


def work_stream(handler: str, seq: int) -> StreamName:
    """Return the stream of operators' acts on the work that a fact made for a handler."""
    return StreamName(f"work-{handler}-{seq}")


def bookings_stream(phone_fingerprint: str) -> StreamName:
    """Return the stream of what a phone got that the log knows nothing of."""
    return StreamName(f"bookings-{phone_fingerprint[:32]}")


def payout_bookings_stream(payout: PayoutId) -> StreamName:
    """Return the stream of bookings that name a payout the log knew nothing of by then."""
    return StreamName(f"bookings-{payout}")


def payout_of(receipt: ReceiptId) -> PayoutId:
    """Return the one payout a receipt can ever have."""
    return PayoutId(str(uuid5(_NAMESPACE, f"payout/{receipt}")))


def callback_of(fingerprint: str) -> CallbackId:
    """Return the id of a callback by its body's fingerprint: delivered again, it is the same.

    The fingerprint is keyed (``Vault.body_fingerprint``): a plain hash would give away the
    phone, since all else in a body can be guessed.
    """
    return CallbackId(fingerprint[:32])


def edge_event_id(stream: StreamName, name: str) -> EventId:
    """Return the id of a fact an edge records: repeating the wish repeats the id."""
    return EventId(uuid5(_NAMESPACE, f"edge/{stream}/{name}"))


def outcome_event_id(cause: EventId, handler: str, ordinal: int, attempt: int) -> EventId:
    """Return the id of the ``ordinal``-th fact that ``handler`` adds because of ``cause``.

    ``attempt`` counts tries at the world (a second bill is a second fact), not crashes:
    work that was cut off repeats its ids and so repeats nothing.
    """
    return EventId(uuid5(cause, f"{handler}/{ordinal}/{attempt}"))


def receipt_number_key(number: str) -> str:
    """Return the form of a receipt number that its QR and its paper share.

    The QR says ``315311``, the paper ``000315311 00256``; the QR ``0000633713``, the paper
    ``0633713 0609622``: the first group counts, leading zeros go when all are digits, the
    case of letters is kept (ПРРО numbers are base64url-like).
    """
    first = number.split(maxsplit=1)[0] if number.split() else ""
    return (first.lstrip("0") or "0") if first.isascii() and first.isdigit() else first


def fiscal_claim(fiscal_number: str, receipt_number: str) -> StreamName:
    """Return the claim on one fiscal receipt: register and normalised number."""
    return StreamName(f"fiscal-{fiscal_number}-{receipt_number_key(receipt_number)}")


def paper_claim(register_or_merchant: str, total: Kopecks, purchased_at: datetime) -> StreamName:
    """Return the claim on a piece of paper: who sold, for how much, in which minute.

    A hit here without a hit on the fiscal claim is a reason to ask a person, not a refusal.
    """
    seller = re.sub(r"\W+", "", register_or_merchant.casefold()) or "unknown"
    minute = purchased_at.astimezone(KYIV).strftime("%Y%m%d%H%M")
    return StreamName(f"paper-{seller}-{total}-{minute}")


def allowance(shopper: ShopperId, day: date) -> StreamName:
    """Return the stream that counts a shopper's accepted receipts of one Kyiv day."""
    return StreamName(f"allowance-{shopper}-{day.isoformat()}")


def photo_stream(photo: Sha256) -> StreamName:
    """Return the stream of the receipts that came in as these very bytes."""
    return StreamName(f"photo-{photo}")


def looks_stream(fiscal_number: str, day: date) -> StreamName:
    """Return the stream of how accepted receipts of one register and Kyiv day look."""
    return StreamName(f"looks-{fiscal_number}-{day.isoformat()}")


def budget_stream(day: date) -> StreamName:
    """Return the stream that counts what was asked of Portmone on one Kyiv day."""
    return StreamName(f"budget-{day.isoformat()}")


def is_hryvnia(currency: str) -> bool:
    """Tell whether a bank names our money: by its word, or as ISO 4217 numbers it."""
    return currency.strip().upper() in {"UAH", "980"}


def payout_in(comment: str | None) -> PayoutId | None:
    """Return the payout id that a comment is, None when it is anything else."""
    try:
        return PayoutId(str(UUID((comment or "").strip())))
    except ValueError:
        return None
