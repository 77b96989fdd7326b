"""``read --json``: one answer for each photo file, whatever the file is."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from eventstore.policy import Thresholds
from handlers.goods.products import Products
from handlers.people.photos import PHOTO_BYTES_MAX
from handlers.ports import Reader, Reading, Unreadable
from handlers.rules import judge


class ClosingReader(Reader, Protocol):
    """A reader with processes to end."""

    async def aclose(self) -> None:
        """End them."""


def read_photos(
    paths: Sequence[str],
    *,
    reader: ClosingReader,
    products: Products,
    thresholds: Thresholds | None = None,
) -> Iterator[dict[str, object]]:
    """Yield one JSON-ready answer per path, in order; ``reader`` is closed at the end.

    The decision judges the reading alone: not age, duplicates or limits. A file that
    cannot be read is answered too, with the decision ``reject`` and the reason.
    """
    with asyncio.Runner() as runner:
        try:
            for path in paths:
                yield runner.run(_answer(path, reader, products, thresholds))
        finally:
            runner.run(reader.aclose())


async def _answer(
    path: str, reader: ClosingReader, products: Products, thresholds: Thresholds | None
) -> dict[str, object]:
    photo = _content(path)
    if isinstance(photo, str):
        return _refusal(path, photo, seconds=0.0)
    outcome = await reader.read(photo)
    if isinstance(outcome, Unreadable):
        return _refusal(path, outcome.reason, seconds=outcome.seconds)
    return _judged(path, outcome, products, thresholds)


def _content(path: str) -> bytes | str:
    """Return the file's bytes, or the reason code why it is not even opened."""
    try:
        with Path(path).open("rb") as file:
            photo = file.read(PHOTO_BYTES_MAX + 1)
    except (OSError, ValueError):
        return "file_not_found"
    if not photo:
        return "empty"
    return "too_large" if len(photo) > PHOTO_BYTES_MAX else photo


def _judged(
    path: str, reading: Reading, products: Products, thresholds: Thresholds | None
) -> dict[str, object]:
    judgement = judge(reading, products, thresholds=thresholds)
    at = reading.purchased_at
    return {
        "file": path,
        "decision": judgement.decision,
        "reason": judgement.reason,
        "darnitsa_found": bool(judgement.darnitsa_items),
        "darnitsa_items": judgement.darnitsa_items,
        "total_kopecks": reading.total_kopecks,
        "purchased_at": at.strftime("%Y-%m-%dT%H:%M") if at else None,
        "fiscal_number": reading.fiscal_number,
        "receipt_number": reading.receipt_number,
        "qr_url": reading.qr_url,
        "merchant": reading.merchant,
        "confidence": reading.confidence,
        "seconds": round(reading.seconds, 3),
    }


def _refusal(path: str, reason: str, *, seconds: float) -> dict[str, object]:
    return {
        "file": path,
        "decision": "reject",
        "reason": reason,
        "darnitsa_found": False,
        "darnitsa_items": [],
        "total_kopecks": None,
        "purchased_at": None,
        "fiscal_number": None,
        "receipt_number": None,
        "qr_url": None,
        "merchant": None,
        "confidence": 0.0,
        "seconds": round(seconds, 3),
    }
