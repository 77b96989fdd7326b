"""Portmone's statement as the sandbox's own book would give it."""

from collections.abc import Iterable

from handlers.gateways.sandbox_book import Booking

HEADER = "billId;comment;contractNumber;amount;status;time"


def statement(bookings: Iterable[Booking], *more: str) -> bytes:
    """Return the statement of ``bookings``, and of the rows ``more``."""
    rows = [
        ";".join(
            (
                booking.bill,
                booking.comment,
                booking.phone,
                f"{booking.amount_kopecks / 100:.2f}",
                "PAYED",
                booking.booked_at.isoformat(),
            )
        )
        for booking in bookings
    ]
    return "\n".join((HEADER, *rows, *more, "")).encode()
