"""The truth of one photo, as one line of ``labels.jsonl``."""

from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct


class Label(Struct, frozen=True, kw_only=True, omit_defaults=False):
    """What is on a photo; the first fields are those of hand-made labels too.

    A field that is None is not demanded: it was not printed, or is not on the photo.
    """

    file: str
    #: fiscal, or another word for what is no sale
    doc_type: str = "fiscal"
    merchant: str | None = None
    #: Kyiv, to the minute: ``2026-04-12T20:41``
    purchased_at: str | None = None
    total_kopecks: int | None = None
    fiscal_number: str | None = None
    receipt_number: str | None = None
    items: list[str] = []
    #: a fiscal QR is printed
    has_qr: bool = False
    qr: str | None = None
    #: a Darnitsa good was sold, whatever else speaks against a bonus
    darnitsa_item: bool = False
    note: str = ""
    #: None on hand-made labels: then a Darnitsa good on a fiscal receipt is eligible
    eligible: bool | None = None
    #: all that a decision needs is on the photo
    whole: bool = True
    kind: str = ""
    darnitsa_names: list[str] = []
    layout: str = ""
    level: str = ""
    face: str = ""
    traps: list[str] = []
    #: an EAN of a Darnitsa good is printed
    barcode: bool = False
    #: the fiscal QR lies whole on the photo
    qr_whole: bool | None = None
    shot: dict[str, float] = {}

    @property
    def may_be_accepted(self) -> bool:
        """Whether a bonus is due."""
        if self.eligible is not None:
            return self.eligible
        return self.darnitsa_item and self.doc_type == "fiscal"


def write(labels: list[Label], folder: Path) -> None:
    """Write ``labels.jsonl`` into ``folder``."""
    lines = [msgspec.json.encode(label).decode() for label in labels]
    (folder / "labels.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def read(folder: Path) -> list[Label]:
    """Return the labels of a folder. Raises ``FileNotFoundError`` when it has none."""
    text = (folder / "labels.jsonl").read_text(encoding="utf-8")
    return [_label(msgspec.json.decode(line)) for line in text.splitlines() if line.strip()]


def _label(fields: dict[str, Any]) -> Label:
    fields.setdefault("qr_whole", True if fields.get("qr") else None)
    for name in ("kind", "layout", "level"):
        fields.setdefault(name, "real")
    if fields.get("purchased_at"):
        fields["purchased_at"] = fields["purchased_at"][:16]
    return msgspec.convert(fields, Label)
