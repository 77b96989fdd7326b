"""What handlers need from the world, in their own words.

Each port is as small as its one user; the real thing and the test's fake pass the same
conformance suite.
"""

from datetime import datetime
from typing import Literal, Protocol

from msgspec import Struct

from eventstore.catalogue import (
    Box,
    DocumentKind,
    Item,
    PhotoMark,
    Share,
    Source,
    UnreadableReason,
)
from eventstore.identity import BillId, Kopecks, PayoutId


class Word(Struct, frozen=True, kw_only=True):
    """One word as the reader saw it."""

    text: str
    place: Box
    #: 0..1
    confidence: float
    #: the page's reader, or the reader of digits where its word stands in the row
    source: Literal["text", "digits"] = "text"
    #: place of its row in ``Evidence.rows``
    row: int | None = None


class ReadRow(Struct, frozen=True, kw_only=True):
    """One printed row as both readers read it."""

    text: str
    #: what the reader of digits made of it, "" when it was not asked; ASCII only
    second: str = ""
    place: Box | None = None


class Candidate(Struct, frozen=True, kw_only=True):
    """A value that a field may have."""

    #: as it would be written: kopecks, ISO 8601, or the number itself
    value: str
    #: more is better; comparable within one field only
    weight: float
    sources: list[Source]


class FieldEvidence(Struct, frozen=True, kw_only=True):
    """Why a field has its value; names are those of ``ReceiptRead.sources``."""

    field: str
    #: None where nothing was believed
    value: str | None
    sources: list[Source]
    confidence: Share
    #: best first, the chosen one among them
    candidates: list[Candidate] = []


class Evidence(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a person needs to judge a reading: kept sealed, as the attachment "words"."""

    words: list[Word]
    #: from top to bottom
    rows: list[ReadRow] = []
    fields: list[FieldEvidence] = []


class Reading(Struct, frozen=True, kw_only=True):
    """A photo that could be read; the fields mean what they mean in ``ReceiptRead``."""

    document: DocumentKind
    merchant: str | None
    address: str | None
    items: list[Item]
    discount_kopecks: Kopecks
    total_kopecks: Kopecks | None
    purchased_at: datetime | None
    fiscal_number: str | None
    receipt_number: str | None
    qr_url: str | None
    sources: dict[str, list[Source]]
    confidences: dict[str, Share] = {}
    #: fields on which two sources state different things; a person must look
    disagreements: list[str] = []
    confidence: float
    words: list[Word]
    #: from top to bottom, as both readers read them
    rows: list[ReadRow] = []
    #: why each field has its value
    fields: list[FieldEvidence] = []
    #: upright JPEG of at most 300 KB, re-encoded from pixels
    preview_jpeg: bytes
    reader: str
    seconds: float
    look: str | None = None
    marks: list[PhotoMark] = []


class Unreadable(Struct, frozen=True, kw_only=True):
    """A photo that cannot be read, and why."""

    reason: UnreadableReason
    preview_jpeg: bytes | None
    seconds: float
    #: as ``Reading.reader``; None: nobody looked at its pixels, another try may go otherwise
    reader: str | None = None


class Reader(Protocol):
    """Reads a photo of a receipt."""

    #: what its readings bear as ``reader``: another version may read otherwise
    version: str

    async def read(self, photo: bytes) -> Reading | Unreadable:
        """Read ``photo``; whatever the bytes are, answer within the reader's time limit."""


class Billed(Struct, frozen=True, kw_only=True):
    """Portmone said ok to a step."""

    bill: BillId


class Refused(Struct, frozen=True, kw_only=True):
    """The step surely did not happen; a no of Portmone is "final" until the policy lists its code
    as transient.
    """

    kind: Literal["not_sent", "transient", "final"]
    code: str


class OutcomeUnknown(Struct, frozen=True, kw_only=True):
    """The request left and its effect is not known."""

    cause: str


class PayoutGateway(Protocol):
    """Tops up a phone in two steps; every answer is a value, nothing is raised."""

    #: False while Portmone has not confirmed the pay step: a created bill then rests
    pays: bool

    async def create_bill(
        self, *, payout: PayoutId, phone: str, amount: Kopecks, payee_id: str | None
    ) -> Billed | Refused | OutcomeUnknown:
        """Create a bill for ``phone`` (380XXXXXXXXX); ``payout`` travels in the comment.

        ``payee_id`` is Portmone's id of the phone's operator, None: the one that is set.
        """

    async def pay_bill(
        self, *, payout: PayoutId, bill: BillId
    ) -> Billed | Refused | OutcomeUnknown:
        """Pay a created bill."""
