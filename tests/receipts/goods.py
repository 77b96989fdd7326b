"""What is sold: Darnitsa's goods, their look-alikes and the rest, in two disjoint halves.

A half is chosen by a hash of the stem, so that a drug and the names like it stay together:
whoever tunes on ``known`` has seen nothing of ``unseen``.
"""

import csv
import hashlib
import re
from functools import cache
from pathlib import Path
from random import Random
from typing import Literal, get_args

from msgspec import Struct

from handlers.goods.products import PRODUCTS_FILE
from tests.receipts.shelves import GROCERY, OTHER_MAKERS, PHARMACY

Half = Literal["known", "unseen"]
HALVES: tuple[Half, ...] = get_args(Half)
GoodKind = Literal[
    "darnitsa", "brand", "suffix", "barcoded", "other_maker", "bare", "ordinary", "grocery"
]
#: Made by Darnitsa: by the maker's word, by the brand, as «ЦИТРАМОН-Д», by the barcode alone.
OURS: tuple[GoodKind, ...] = ("darnitsa", "brand", "suffix", "barcoded")

_LOOK_ALIKES = Path(__file__).parents[1] / "handlers/goods/look_alike_names.tsv"
_MAKER = re.compile(r"\s*[-–—]?\s*ДАРНИЦЯ®?\s*")
#: Registered by Darnitsa and by others under the same word: bare, they prove nothing.
_SHARED_NAMES = ("НІМЕСУЛІД", "ЕТАМБУТОЛ", "МІРАМІСТИН", "ЦЕЛІСТА", "СЕПТЕФРИЛ")
#: Substances and grades: never on a shelf.
_BULK = re.compile(r"ГРЕЙД|СУБСТАНЦ|ПОРОШОК")
_DARNITSA_PREFIX = "4823006"
_OTHER_PREFIXES = ("4820012", "4823002", "4820117", "5909990", "4030855", "3838989", "4823045")
_FORMS = (
    ("табл. {d} мг №{p}", (5, 10, 20, 25, 30, 100, 200, 500)),
    ("табл. №{p}", (1,)),
    ("таб. {d}мг N{p}", (10, 25, 50, 100, 500)),
    ("капс. {d} мг №{p}", (20, 40, 150, 300)),
    ("р-н д/ін. {d} мг/мл амп. 2 мл №{p}", (4, 25, 30, 50)),
    ("табл. в/о {d} мг №{p} ({h}х2)", (10, 20, 100)),
    ("таблетки по {d} мг №{p} ({h}х2)", (5, 30, 50)),
    ("мазь {d} % 25 г", (1, 2, 5)),
    ("крем 1 % туба 15 г", (1,)),
    ("гель {d} % 40 г", (1, 5)),
    ("крап. {d} мл фл.", (10, 25)),
    ("табл. {d} мг №{p} конт. чар. уп.", (5, 60, 500)),
)


class Good(Struct, frozen=True, kw_only=True):
    """Something on a shelf."""

    #: the name without dose, pack and maker
    stem: str
    kind: GoodKind
    #: dose and pack, as printed after the name; empty when the stem says all
    form: str
    #: who made it when the register prints that; Darnitsa's word is added by the printer
    maker: str | None
    ean: str
    uktzed: str
    vat_percent: int
    price_kopecks: int


@cache
def goods_of(half: Half) -> dict[GoodKind, tuple[Good, ...]]:
    """Return the goods of one half by kind."""
    found: dict[GoodKind, list[Good]] = {kind: [] for kind in get_args(GoodKind)}
    for good in (*_ours(), *_look_alikes(), *_shelf()):
        if half_of(good.stem) == half:
            found[good.kind].append(good)
    found["grocery"] = [good for good in _shelf() if good.kind == "grocery"]
    return {kind: tuple(goods) for kind, goods in found.items()}


def half_of(stem: str) -> Half:
    """Return the half a name belongs to: by the hash of its first word."""
    first = re.split(r"[\s®\-–]", stem.upper())[0]
    return HALVES[hashlib.sha256(first.encode()).digest()[0] % 2]


def ean13(prefix: str, body: int) -> str:
    """Return an EAN-13 of a 7-digit company prefix with its check digit."""
    digits = f"{prefix}{body:05d}"
    weighed = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-weighed % 10}"


def _ours() -> list[Good]:
    with PRODUCTS_FILE.open(encoding="utf-8") as file:
        names = [row["name_uk"] for row in csv.DictReader(file, delimiter="\t")]
    goods = []
    for name in names:
        if _MAKER.search(name):
            stem, _, tail = (part.strip() for part in _parted(name))
            stem = f"{stem} {tail}".strip()
            goods += [_good(stem, "darnitsa", "Дарниця"), _good(stem, "barcoded", None)]
        elif not name.startswith(_SHARED_NAMES):
            goods.append(_good(name.replace("®", ""), "brand", None))
    return [*goods, _good("ЦИТРАМОН", "suffix", None)]


def _parted(name: str) -> tuple[str, str, str]:
    found = _MAKER.search(name)
    cut = found.span() if found else (len(name), len(name))
    return name[: cut[0]].replace("®", ""), "", name[cut[1] :].replace("®", "")


def _look_alikes() -> list[Good]:
    with _LOOK_ALIKES.open(encoding="utf-8") as file:
        rows = [
            row for row in csv.DictReader(file, delimiter="\t") if not _BULK.search(row["name"])
        ]
    brands = tuple(good.stem for good in _ours() if good.kind == "brand")
    goods = []
    for row in rows:
        name, stem = row["name"].strip(), row["stem"].strip()
        if name.startswith(brands):
            continue
        if name != stem:
            goods.append(_good(name, "other_maker", None))
            continue
        chance = _chance(f"maker/{stem}")
        goods += [
            _good(stem, "bare", None),
            _good(stem, "other_maker", chance.choice(OTHER_MAKERS)),
        ]
    return goods


def _shelf() -> list[Good]:
    shelves: tuple[tuple[GoodKind, tuple[tuple[str, int, str], ...]], ...] = (
        ("ordinary", PHARMACY),
        ("grocery", GROCERY),
    )
    return [
        _good(name, kind, None, vat_percent=vat, uktzed=code, form="")
        for kind, rows in shelves
        for name, vat, code in rows
    ]


def _good(
    stem: str,
    kind: GoodKind,
    maker: str | None,
    *,
    vat_percent: int = 7,
    uktzed: str = "3004",
    form: str | None = None,
) -> Good:
    chance = _chance(f"{kind}/{stem}/{maker}")
    prefix = _DARNITSA_PREFIX if kind in OURS else chance.choice(_OTHER_PREFIXES)
    return Good(
        stem=stem,
        kind=kind,
        form=_form(chance) if form is None else form,
        maker=maker,
        ean=ean13(prefix, chance.randrange(100_000)),
        uktzed=uktzed,
        vat_percent=vat_percent,
        price_kopecks=chance.choice((chance.randint(450, 9_900), chance.randint(2_000, 38_000))),
    )


def _form(chance: Random) -> str:
    pattern, doses = chance.choice(_FORMS)
    pack = chance.choice((6, 10, 10, 10, 20, 20, 30, 40, 50))
    return pattern.format(d=chance.choice(doses), p=pack, h=max(1, pack // 2))


def _chance(text: str) -> Random:
    return Random(hashlib.sha256(text.encode()).digest())
