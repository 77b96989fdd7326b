"""One sale with its truth and its traps; everything follows from the source of chance."""

from datetime import datetime, timedelta
from random import Random
from typing import Literal, get_args

from msgspec import Struct, structs

from eventstore.identity import KYIV
from tests.receipts import shelves
from tests.receipts.goods import Good, GoodKind, Half, goods_of

SaleKind = Literal[
    "darnitsa", "several", "brand", "suffix", "barcode",
    "other_maker", "bare", "ordinary", "traps", "grocery",
    "refund", "not_fiscal", "order", "voided", "screenshot",
]  # fmt: skip
#: How often each kind is drawn; the first five are eligible.
_WEIGHTS = (33, 8, 8, 4, 3, 10, 7, 6, 7, 3, 3, 2, 2, 2, 2)
ELIGIBLE = frozenset({"darnitsa", "several", "brand", "suffix", "barcode"})
_NOT_SALES = {"refund": "return", "not_fiscal": "not_fiscal", "order": "order"}
_FIRST_DAY = datetime(2025, 1, 3, 8, 0, tzinfo=KYIV)
_FACTORIES = ("АТ", "СП", "КС", "ПБ", "GP")
_LETTERS = ({7: "В", 20: "А"}, {7: "Б", 20: "А"}, {7: "А", 20: "Б"}, {7: "В", 20: "A"})


class Bought(Struct, frozen=True, kw_only=True):
    """One line of a sale."""

    good: Good
    #: as this register prints it
    name: str = ""
    #: thousandths of a pack
    quantity_milli: int
    unit_price_kopecks: int
    discount_kopecks: int = 0
    article: int
    letter: str
    voided: bool = False
    #: whether the register prints the barcode
    barcode: bool = False

    @property
    def gross_kopecks(self) -> int:
        """Quantity times price, before the line's discount."""
        return round(self.quantity_milli * self.unit_price_kopecks / 1000)


class _Place(Struct, frozen=True, kw_only=True):
    seller: str
    shop: str
    address: str
    cashier: str
    adverts: tuple[str, ...]


class Sale(Struct, frozen=True, kw_only=True):
    """What one receipt is about."""

    kind: SaleKind
    #: what the paper is: sale, return, not_fiscal or order
    document: str
    seller: str
    shop: str
    address: str
    tax_number: str
    company_number: str
    cashier: str
    factory_number: str
    bought: tuple[Bought, ...]
    discount_kopecks: int
    cash: bool
    at: datetime
    fiscal_number: str
    #: the number under which the tax service knows the receipt
    receipt_number: str
    local_number: int
    #: a hardware register: short numbers, no internet
    hardware: bool
    adverts: tuple[str, ...]
    traps: tuple[str, ...]
    letters: dict[int, str]

    @property
    def kept(self) -> tuple[Bought, ...]:
        """Lines that were not voided."""
        return tuple(line for line in self.bought if not line.voided)

    @property
    def net_kopecks(self) -> int:
        """Lines less every discount."""
        lines = sum(line.gross_kopecks - line.discount_kopecks for line in self.kept)
        return lines - self.discount_kopecks

    @property
    def total_kopecks(self) -> int:
        """What is paid: cash is rounded to ten kopecks."""
        return round(self.net_kopecks / 10) * 10 if self.cash else self.net_kopecks

    @property
    def tendered_kopecks(self) -> int:
        """Cash handed over."""
        step = 5_000 if self.total_kopecks > 5_000 else 1_000
        return -(-self.total_kopecks // step) * step


def sale(chance: Random, half: Half, *, hardware: bool, items_max: int) -> Sale:
    """Return a sale of goods of one half."""
    kind = chance.choices(get_args(SaleKind), _WEIGHTS)[0]
    goods = goods_of(half)
    if not goods["suffix"] and kind == "suffix":
        kind = "darnitsa"
    letters = chance.choice(_LETTERS)
    bought = _bought(kind, goods, chance, letters, items_max)
    traps = _traps(kind, chance)
    place = _place(kind, traps, chance)
    lines = sum(line.gross_kopecks - line.discount_kopecks for line in bought if not line.voided)
    return Sale(
        kind=kind,
        document=_NOT_SALES.get(kind, "sale"),
        bought=bought,
        discount_kopecks=round(lines * chance.choice((3, 5, 10)) / 100)
        if chance.random() < 0.1
        else 0,
        cash=chance.random() < 0.42,
        at=_FIRST_DAY + timedelta(days=chance.randint(0, 680), seconds=chance.randint(0, 46_000)),
        fiscal_number=f"{3 if hardware else 4}00{chance.choice((0, 0, 1))}"
        f"{chance.randint(0, 999_999):06d}",
        receipt_number=_receipt_number(chance, hardware=hardware),
        local_number=chance.randint(3, 99_999),
        hardware=hardware,
        traps=tuple(traps),
        letters=letters,
        tax_number=f"{chance.randint(10**11, 10**12 - 1)}",
        company_number=f"{chance.randint(10**7, 10**8 - 1)}",
        factory_number=chance.choice(_FACTORIES) + f"{chance.randint(10**7, 10**9):010d}",
        seller=place.seller,
        shop=place.shop,
        address=place.address,
        cashier=place.cashier,
        adverts=place.adverts,
    )


def _bought(
    kind: SaleKind,
    goods: dict[GoodKind, tuple[Good, ...]],
    chance: Random,
    letters: dict[int, str],
    items_max: int,
) -> tuple[Bought, ...]:
    chosen = _chosen(kind, goods, chance)
    rest = goods["grocery" if kind == "grocery" else "ordinary"]
    room = max(0, items_max - len(chosen))
    more = chance.sample(rest, min(room, len(rest), chance.choice((0, 1, 1, 2, 2, 3, 4, 6))))
    if kind in ("ordinary", "traps", "grocery", "voided") and not more:
        more = [chance.choice(rest)]
    if chance.random() < 0.2 and goods["other_maker"] and room > len(more):
        more.append(chance.choice(goods["other_maker"]))
    article = chance.randint(1000, 99_999)
    barcodes = kind == "barcode" or chance.random() < 0.35
    lines = [
        _line(good, chance, letters, article + i * chance.choice((0, 1, 37)), barcodes)
        for i, good in enumerate([*chosen, *more])
    ]
    if kind == "voided":
        lines[0] = _voided(lines[0])
    chance.shuffle(lines)
    return tuple(lines)


def _chosen(kind: SaleKind, goods: dict[GoodKind, tuple[Good, ...]], chance: Random) -> list[Good]:
    if kind in ("ordinary", "traps", "grocery"):
        bread = [good for good in goods["grocery"] if "Дарницький" in good.stem]
        return [chance.choice(bread)] if kind == "grocery" else []
    if kind == "several":
        return chance.sample(goods["darnitsa"], chance.choice((2, 2, 3)))
    if kind == "barcode":
        return [chance.choice(goods["barcoded"])]
    if kind in ("brand", "suffix", "other_maker", "bare"):
        return [chance.choice(goods[kind])]
    return [chance.choice(goods["darnitsa"])]


def _line(
    good: Good, chance: Random, letters: dict[int, str], article: int, barcodes: bool
) -> Bought:
    milli = chance.choices((1000, 2000, 3000, 500, 250, 10_000), (70, 16, 4, 6, 2, 2))[0]
    if good.kind == "grocery" and good.stem.endswith(("ваговий", "кг")):
        milli = chance.randint(120, 2400)
    gross = round(milli * good.price_kopecks / 1000)
    off = round(gross * chance.choice((5, 7, 10, 15)) / 100) if chance.random() < 0.13 else 0
    return Bought(
        good=good,
        quantity_milli=milli,
        unit_price_kopecks=good.price_kopecks,
        discount_kopecks=off,
        article=article,
        letter=letters[good.vat_percent],
        barcode=barcodes,
    )


def _voided(line: Bought) -> Bought:
    return structs.replace(line, voided=True, discount_kopecks=0)


def _traps(kind: SaleKind, chance: Random) -> list[str]:
    names = ("shop", "street", "cashier", "advert")
    traps = [name for name in names if chance.random() < 0.1]
    if kind == "traps" and not traps:
        traps = chance.sample(names, chance.choice((1, 2)))
    return traps


def _place(kind: SaleKind, traps: list[str], chance: Random) -> _Place:
    sellers = shelves.GROCERS if kind == "grocery" else shelves.SELLERS
    seller, shop = chance.choice(shelves.TRAP_SELLERS if "shop" in traps else sellers)
    streets = shelves.TRAP_STREETS if "street" in traps else shelves.STREETS
    cashiers = shelves.TRAP_CASHIERS if "cashier" in traps else shelves.CASHIERS
    adverts = chance.sample(shelves.ADVERTS, chance.choice((0, 1, 1, 2)))
    if "advert" in traps:
        adverts.append(chance.choice(shelves.TRAP_ADVERTS))
    number = chance.randint(1, 240)
    return _Place(
        seller=seller,
        shop=shop.format(n=number),
        address=chance.choice(streets).format(n=number),
        cashier=chance.choice(cashiers),
        adverts=tuple(text.format(n=chance.randint(10, 900)) for text in adverts),
    )


def _receipt_number(chance: Random, *, hardware: bool) -> str:
    if hardware:
        return str(chance.choice((chance.randint(20, 9_999), chance.randint(10_000, 699_999))))
    if chance.random() < 0.5:
        return str(chance.randint(1_100_000_000, 2_999_999_999))
    if chance.random() < 0.08:
        parts = (chance.randint(100_000, 999_999), chance.randint(1, 99), chance.randint(100, 9999))
        return ".".join(map(str, parts))
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return "".join(chance.choices(letters, k=11))
