"""Each photo through the real reader and the real rules, and what came of it."""

import asyncio
import os
import re
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Literal

import cv2
import msgspec
from msgspec import Struct

from eventstore.identity import KYIV
from handlers.goods.products import Products, load_products
from handlers.ports import Reading, Unreadable
from handlers.reading.protocol import ChildSettings
from handlers.reading.reader import ChildReader
from handlers.rules import judge
from tests.receipts import labels, making
from tests.receipts.goods import Half
from tests.receipts.labels import Label
from tests.receipts.making import Photo

Decision = Literal["accept", "review", "reject", "unreadable"]
_PEAK = re.compile(r"^VmHWM:\s*(\d+) kB", re.MULTILINE)
#: A forked child would inherit locks of OpenCV's threads, and wait for them for ever.
SPAWN = get_context("spawn")
_PHOTO_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".heic", ".webp"})


class Trial(Struct, frozen=True, kw_only=True):
    """A photo's truth and what a reader made of it."""

    label: Label
    decision: Decision
    #: reason code of a review, a refusal or an unreadable photo
    reason: str | None = None
    document: str | None = None
    total_kopecks: int | None = None
    purchased_at: str | None = None
    fiscal_number: str | None = None
    receipt_number: str | None = None
    #: whether any field, or the link, came from a QR
    qr: bool = False
    items: list[str] = []
    darnitsa_items: list[str] = []
    confidences: dict[str, float] = {}
    sources: dict[str, list[str]] = {}
    disagreements: list[str] = []
    #: as the reading says
    seconds: float = 0.0
    #: as measured around it
    around_seconds: float = 0.0

    @property
    def accepted(self) -> bool:
        """Whether a bonus would be paid."""
        return self.decision == "accept"


def drawn(*, seed: int, count: int, half: Half) -> list[Photo]:
    """Return photos of made-up receipts, made on every core."""
    make = partial(_made, seed=seed, half=half)
    with ProcessPoolExecutor(os.cpu_count(), mp_context=SPAWN) as pool:
        return list(pool.map(make, range(count), chunksize=4))


def taken(folder: Path) -> list[Photo]:
    """Return the labelled photos of a folder. Raises ``FileNotFoundError`` without labels."""
    return [
        Photo(jpeg=(folder / label.file).read_bytes(), label=label)
        for label in labels.read(folder)
        if (folder / label.file).suffix.lower() in _PHOTO_SUFFIXES
    ]


async def read_all(
    photos: Sequence[Photo], *, settings: ChildSettings | None = None, children: int
) -> tuple[list[Trial], int | None]:
    """Read and judge every photo, ``children`` at a time; return also a child's peak in MB."""
    reader = ChildReader(settings=settings, children=children)
    products = load_products()
    try:
        for photo in photos[:children]:
            await reader.read(photo.jpeg)
        turns = asyncio.Semaphore(children)
        done = await asyncio.gather(*(_tried(reader, photo, products, turns) for photo in photos))
        return done, _peak_mb()
    finally:
        await reader.aclose()


def keep(trials: Iterable[tuple[Photo, Trial]], folder: Path) -> None:
    """Write photos with what was printed and what was read, for a person to look at."""
    folder.mkdir(parents=True, exist_ok=True)
    for photo, trial in trials:
        place = folder / f"{trial.decision}-{Path(photo.label.file).name}"
        place.write_bytes(photo.jpeg)
        told = msgspec.json.format(msgspec.json.encode(trial), indent=1)
        place.with_suffix(".json").write_bytes(told)


def _peak_mb() -> int | None:
    """Return the most memory that any child of ours has had, None where /proc does not tell."""
    peaks = [
        int(found[1]) // 1024
        for place in Path("/proc").glob("[0-9]*")
        if _is_reader(place) and (found := _PEAK.search(_told_by(place / "status")))
    ]
    return max(peaks, default=None)


def _is_reader(place: Path) -> bool:
    ours = f"PPid:\t{os.getpid()}\n" in _told_by(place / "status")
    return ours and "handlers.reading.child" in _told_by(place / "cmdline")


def _told_by(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _made(number: int, *, seed: int, half: Half) -> Photo:
    cv2.setNumThreads(1)
    return making.make(seed=seed, number=number, half=half)


async def _tried(
    reader: ChildReader, photo: Photo, products: Products, turns: asyncio.Semaphore
) -> Trial:
    async with turns:
        started = time.perf_counter()
        outcome = await reader.read(photo.jpeg)
        around = time.perf_counter() - started
    return trial_of(photo.label, outcome, products, around)


def trial_of(
    label: Label, outcome: Reading | Unreadable, products: Products, around_seconds: float
) -> Trial:
    """Return what the rules make of a reading, beside the truth."""
    if isinstance(outcome, Unreadable):
        return Trial(
            label=label,
            decision="unreadable",
            reason=outcome.reason,
            seconds=outcome.seconds,
            around_seconds=around_seconds,
        )
    judgement = judge(outcome, products)
    at = outcome.purchased_at
    return Trial(
        label=label,
        decision=judgement.decision,
        reason=judgement.reason,
        document=outcome.document,
        total_kopecks=outcome.total_kopecks,
        purchased_at=f"{at.astimezone(KYIV):%Y-%m-%dT%H:%M}" if at else None,
        fiscal_number=outcome.fiscal_number,
        receipt_number=outcome.receipt_number,
        qr=outcome.qr_url is not None or any("qr" in each for each in outcome.sources.values()),
        items=[item.name for item in outcome.items],
        darnitsa_items=judgement.darnitsa_items,
        confidences=dict(getattr(outcome, "confidences", {})),
        sources={field: list(each) for field, each in outcome.sources.items()},
        disagreements=list(outcome.disagreements),
        seconds=outcome.seconds,
        around_seconds=around_seconds,
    )
