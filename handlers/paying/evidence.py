"""What is kept of a statement: all that settled something, and nobody's phone or words.

The file itself stays with whoever got it; facts name its SHA-256.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

import msgspec

from eventstore.attachments import AttachmentConflict, Attachments, statement_key
from eventstore.identity import BillId, Kopecks, PayoutId, Sha256, payout_in
from eventstore.vault import SYSTEM, Vault
from handlers.paying.statements import Line, Status


class KeptLine(msgspec.Struct, frozen=True, kw_only=True):
    """A ``Line`` that may stay when the person it is about is forgotten."""

    number: int
    bill: BillId
    #: None for whatever is no payout id
    comment: PayoutId | None
    phone_fingerprint: str
    amount_kopecks: Kopecks
    status: Status
    at: datetime


async def keep_statement(
    lines: Sequence[Line], *, evidence: Sha256, vault: Vault, attachments: Attachments
) -> None:
    """Keep ``lines`` as sealed JSON under ``evidence``, before the facts that name it.

    Raises ``AttachmentsUnavailable``, ``LogUnavailable``.
    """
    kept = [await _kept(line, vault) for line in lines]
    sealed = await vault.seal(SYSTEM, "statement", msgspec.json.encode(kept))
    with suppress(AttachmentConflict):  # an earlier call sealed it
        await attachments.put(statement_key(evidence), sealed.encode())


async def _kept(line: Line, vault: Vault) -> KeptLine:
    return KeptLine(
        number=line.number,
        bill=line.bill,
        comment=payout_in(line.comment),
        phone_fingerprint=await vault.fingerprint(line.phone),
        amount_kopecks=line.amount_kopecks,
        status=line.status,
        at=line.at,
    )
