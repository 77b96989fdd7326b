"""Which streams keep a receipt from being granted twice, and a shopper from too much."""

from datetime import datetime, timedelta

from eventstore.catalogue import ReceiptRead, ReceiptUploaded, ReferralReason
from eventstore.identity import (
    KYIV,
    Kopecks,
    StreamName,
    allowance,
    fiscal_claim,
    looks_stream,
    paper_claim,
)

#: A QR may say the total before cash is rounded, and paper the one after: to ten kopecks, or to
#: fifty. Of two papers of one register and minute the totals are hardly so near.
_ROUNDED_TO = 50
#: Clocks of till and tax service: one moment may stand in two minutes.
_MINUTE = timedelta(minutes=1)


def claims_of(reading: ReceiptRead) -> tuple[StreamName | None, StreamName | None]:
    """Return the fiscal and the paper claim of a reading, None where fields are missing."""
    fiscal = None
    if reading.fiscal_number and reading.receipt_number:
        fiscal = fiscal_claim(reading.fiscal_number, reading.receipt_number)
    papers = _papers(reading, _ROUNDED_TO, timedelta(0))
    return fiscal, papers[0] if papers else None


def papers_about(reading: ReceiptRead) -> list[StreamName]:
    """Return the paper claims of the minute before and of the one after.

    Whose number neither a QR nor a person says is known by its paper alone, so it holds these
    too: another photo of it, a minute off, meets one of them.
    """
    return _papers(reading, _ROUNDED_TO, -_MINUTE, _MINUTE)


def former_papers_of(reading: ReceiptRead) -> list[StreamName]:
    """Return the paper claim as releases before rules 2026-11-27.3 took it: by the very total."""
    return _papers(reading, 1, timedelta(0))


def claims_ever_of(reading: ReceiptRead) -> set[StreamName]:
    """Return every stream in which the receipt may hold a claim because of this reading."""
    named = (*claims_of(reading), look_of(reading))
    papers = (*papers_about(reading), *former_papers_of(reading))
    return {stream for stream in (*named, *papers) if stream}


def lacking_of(reading: ReceiptRead) -> list[ReferralReason]:
    """Return what must be known before anybody may grant it: register, total and minute.

    With them every other photo of the paper meets its claim, whatever number that one has.
    """
    fields: tuple[tuple[ReferralReason, object], ...] = (
        ("no_fiscal_number", reading.fiscal_number or None),
        ("no_total", reading.total_kopecks),
        ("no_date", reading.purchased_at),
    )
    return [reason for reason, value in fields if value is None]


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


def _papers(reading: ReceiptRead, rounded_to: int, *off_by: timedelta) -> list[StreamName]:
    seller, total = reading.fiscal_number or reading.merchant, reading.total_kopecks
    if not seller or total is None or not reading.purchased_at:
        return []
    near = Kopecks((total + rounded_to // 2) // rounded_to * rounded_to)
    return [paper_claim(seller, near, reading.purchased_at + off) for off in off_by]
