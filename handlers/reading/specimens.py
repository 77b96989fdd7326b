"""Sample receipts for the demo: seven photos and what must become of each.

Everything follows from the arguments: the same ``now`` and ``run`` give the same photos;
another ``run`` gives other fiscal receipts, so that a used database pays again.
"""

import hashlib
from datetime import datetime, timedelta
from random import Random
from typing import Literal

from msgspec import Struct, structs

from eventstore.identity import KYIV, Kopecks
from handlers.reading.drawn.camera import Shot, photograph
from handlers.reading.drawn.drawing import draw_receipt
from handlers.reading.drawn.layouts import (
    Layout,
    Sale,
    Sold,
    hardware_register,
    program_register,
    thermal_printer,
)

State = Literal["paid", "rejected", "review", "unreadable"]

#: More than the seven days a receipt is good for, whatever the hour.
_TOO_OLD_DAYS = 9


class Specimen(Struct, frozen=True, kw_only=True):
    """A sample photo and its expected outcome."""

    name: str
    jpeg: bytes
    state: State
    #: reason code of the expected outcome, None when paid
    reason: str | None
    description: str


def sample_set(now: datetime, *, run: str) -> list[Specimen]:
    """Return the seven samples of the demo in the order in which they are sent.

    ``now`` is aware; purchases lie before it. ``run`` names the fiscal receipts.
    """
    return [
        _eligible(now, run),
        _without_darnitsa(now, run),
        _trap(now, run),
        _second_photo(now, run),
        _too_old(now, run),
        _unreadable(now, run),
        _for_a_person(now, run),
    ]


def _eligible(now: datetime, run: str) -> Specimen:
    return Specimen(
        name="eligible",
        jpeg=_shot(_first_sale(now, run), program_register, run, "eligible", angle=1.6),
        state="paid",
        reason=None,
        description="a pharmacy receipt with Цитрамон-Дарниця, bought this week",
    )


def _without_darnitsa(now: datetime, run: str) -> Specimen:
    sold = (
        Sold("Вітамін С жувальні табл. 500 мг №30", 1, Kopecks(8450)),
        Sold("Пластир медичний 5 см х 5 м", 2, Kopecks(3275)),
    )
    sale = _sale(now, run, "without_darnitsa", sold)
    return Specimen(
        name="without_darnitsa",
        jpeg=_shot(sale, thermal_printer, run, "without_darnitsa", angle=-1.2),
        state="rejected",
        reason="no_darnitsa_item",
        description="a pharmacy receipt without a Darnitsa item",
    )


def _trap(now: datetime, run: str) -> Specimen:
    sold = (
        Sold("Шампунь дитячий 250 мл", 1, Kopecks(11990)),
        Sold("Серветки вологі №72", 3, Kopecks(2960)),
    )
    sale = structs.replace(
        _sale(now, run, "trap", sold),
        seller='ТОВ "АПТЕКА ДАРНИЦЯ"',
        shop="Аптека Дарниця №5",
        address="м. Київ, ДАРНИЦЬКИЙ Р-Н, вул. Зразкова, 5",
    )
    return Specimen(
        name="trap",
        jpeg=_shot(sale, program_register, run, "trap", angle=0.9),
        state="rejected",
        reason="no_darnitsa_item",
        description="the shop is called «Дарниця» and stands in Дарницький р-н; its goods are not",
    )


def _second_photo(now: datetime, run: str) -> Specimen:
    return Specimen(
        name="second_photo",
        jpeg=_shot(_first_sale(now, run), program_register, run, "second_photo", angle=-3.1),
        state="rejected",
        reason="already_used",
        description="another photo of the first receipt, from another angle",
    )


def _too_old(now: datetime, run: str) -> Specimen:
    sold = (Sold("Каптопрес-Дарниця табл. №20", 2, Kopecks(4870)),)
    sale = _sale(now - timedelta(days=_TOO_OLD_DAYS), run, "too_old", sold)
    return Specimen(
        name="too_old",
        jpeg=_shot(sale, hardware_register, run, "too_old", angle=2.2),
        state="rejected",
        reason="too_old",
        description="Каптопрес-Дарниця, but bought more than seven days ago",
    )


def _unreadable(now: datetime, run: str) -> Specimen:
    sold = (Sold("Анальгін-Дарниця табл. 500 мг №10", 1, Kopecks(3120)),)
    sale = _sale(now, run, "unreadable", sold)
    return Specimen(
        name="unreadable",
        jpeg=_shot(sale, program_register, run, "unreadable", angle=-2.0, blur=16.0),
        state="unreadable",
        reason="blurred",
        description="a photo so blurred that nothing can be read",
    )


def _for_a_person(now: datetime, run: str) -> Specimen:
    sold = (
        Sold("Цитрамон табл. №10", 1, Kopecks(2890)),
        Sold("Термометр електронний", 1, Kopecks(16500)),
    )
    sale = _sale(now, run, "for_a_person", sold)
    return Specimen(
        name="for_a_person",
        jpeg=_shot(sale, thermal_printer, run, "for_a_person", angle=1.1),
        state="review",
        reason="maker_uncertain",
        description="«Цитрамон» without a maker: several make it, a person must look",
    )


def _first_sale(now: datetime, run: str) -> Sale:
    sold = (
        Sold("Цитрамон-Дарниця табл. №10", 2, Kopecks(3650)),
        Sold("Бинт стерильний 7 м х 14 см", 1, Kopecks(2400)),
    )
    return _sale(now, run, "first", sold)


def _sale(now: datetime, run: str, name: str, sold: tuple[Sold, ...]) -> Sale:
    """Return a sale some hours before ``now`` under a fiscal receipt of this run's own."""
    chance = _chance(run, name)
    at = now.astimezone(KYIV) - timedelta(minutes=chance.randint(70, 1500))
    return Sale(
        seller='ТОВ "АПТЕКА-ЗРАЗОК"',
        shop="Аптека №7",
        address="м. Київ, вул. Прикладна, 12",
        sold=sold,
        at=at.replace(second=chance.randint(0, 59), microsecond=0),
        fiscal_number=f"4000{chance.randint(100_000, 999_999)}",
        receipt_number=str(chance.randint(1_300_000_000, 1_999_999_999)),
        local_number=chance.randint(100, 9_999),
    )


def _shot(
    sale: Sale, layout: Layout, run: str, name: str, *, angle: float, blur: float = 0.5
) -> bytes:
    chance = _chance(run, f"photo/{name}")
    shot = Shot(
        seed=chance.getrandbits(32),
        angle=angle + chance.uniform(-0.5, 0.5),
        blur=blur,
        shadow=chance.uniform(0.1, 0.3),
    )
    return photograph(draw_receipt(layout(sale), sale.link), shot)


def _chance(run: str, name: str) -> Random:
    """Return a source of chance of its own for each sample, the same on every machine."""
    return Random(hashlib.sha256(f"{run}/{name}".encode()).digest())
