"""Which streams keep a receipt from being granted twice, and a shopper from too much."""

from datetime import datetime

from eventstore.catalogue import ReceiptRead, ReceiptUploaded
from eventstore.identity import (
    KYIV,
    StreamName,
    allowance,
    fiscal_claim,
    looks_stream,
    paper_claim,
)


def claims_of(reading: ReceiptRead) -> tuple[StreamName | None, StreamName | None]:
    """Return the fiscal and the paper claim of a reading, None where fields are missing."""
    fiscal = paper = None
    if reading.fiscal_number and reading.receipt_number:
        fiscal = fiscal_claim(reading.fiscal_number, reading.receipt_number)
    seller = reading.fiscal_number or reading.merchant
    if seller and reading.total_kopecks is not None and reading.purchased_at:
        paper = paper_claim(seller, reading.total_kopecks, reading.purchased_at)
    return fiscal, paper


def look_of(reading: ReceiptRead) -> StreamName | None:
    """Return where looks of its register and day stand, None where fields are missing.

    Within a day only: one in thirty receipts for the same goods looks like another, so a
    register's whole past would make everybody's a matter for a person.
    """
    if not (reading.fiscal_number and reading.purchased_at and reading.look):
        return None
    return looks_stream(reading.fiscal_number, reading.purchased_at.astimezone(KYIV).date())


def allowance_of(uploaded: ReceiptUploaded, at: datetime) -> StreamName:
    """Return the stream that counts what the shopper was granted on the day of the upload."""
    return allowance(uploaded.shopper, at.astimezone(KYIV).date())
