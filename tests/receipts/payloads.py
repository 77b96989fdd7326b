"""What the QR of a sale says, in every form seen on paper (domain: order 13 of 2016). Pure."""

from collections.abc import Callable
from random import Random

from msgspec import Struct

from eventstore.identity import KYIV
from tests.receipts.lines import Shows
from tests.receipts.sales import Sale

_LOYALTY = (
    "https://bonus.example.ua/app?c={n}",
    "https://t.me/example_bonus_bot?start={n}",
    "LOYALTY:{n}",
    "https://example.ua/akcia/darnitsa?x={n}",
)


_ALL: frozenset[Shows] = frozenset({"total", "date", "fiscal_number", "receipt_number"})


class Code(Struct, frozen=True):
    """A fiscal QR."""

    text: str
    #: which of the four fields it tells
    tells: frozenset[Shows] = _ALL


def payload_of(sale: Sale, chance: Random) -> Code:
    """Return the fiscal QR."""
    forms: tuple[Callable[[Sale, Random], Code], ...] = (_link, _gateway, _vendor)
    weights = (94, 2, 4)
    if sale.hardware:
        forms, weights = (_link, _semicolons, _plain), (60, 25, 15)
    return chance.choices(forms, weights)[0](sale, chance)


def loyalty_payload(chance: Random) -> str:
    """Return the text of a QR that is no receipt's."""
    return chance.choice(_LOYALTY).format(n=chance.randint(10**6, 10**9))


def mac(chance: Random) -> str:
    """Return something like a register's MAC: base64 with all its signs."""
    signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return "ABoAA" + "".join(chance.choices(signs, k=34)) + "="


def _link(sale: Sale, chance: Random) -> Code:
    at = sale.at.astimezone(KYIV)
    number = sale.receipt_number
    if sale.hardware and chance.random() < 0.3:
        number = number.zfill(10)
    parts = {
        "id": number,
        "fn": sale.fiscal_number,
        "date": f"{at:%Y%m%d}",
        "time": chance.choice((f"{at:%H%M}", f"{at:%H%M%S}", f"{at:%H%M%S}", f"{at:%H:%M}")),
        chance.choice(("sm", "sm", "sm", "sm", "sum")): _sum(sale.total_kopecks, chance),
    }
    if chance.random() < 0.12:
        parts["mac"] = f"{chance.getrandbits(256):064x}"
    names = list(parts)
    if chance.random() < 0.5:
        chance.shuffle(names)
    tells = _ALL
    if chance.random() < 0.05:
        names = [name for name in names if name not in ("time", "sm", "sum")]
        tells = frozenset({"fiscal_number", "receipt_number"})
    host = "https://cabinet.tax.gov.ua/cashregs/check"
    host = chance.choices((host, host.upper(), host + "/", "http" + host[5:]), (85, 3, 6, 6))[0]
    return Code(f"{host}?" + "&".join(f"{name}={parts[name]}" for name in names), tells)


def _sum(kopecks: int, chance: Random) -> str:
    exact = f"{kopecks // 100}.{kopecks % 100:02d}"
    short = exact.rstrip("0").rstrip(".")
    return chance.choices((exact, short, exact.zfill(len(exact) + 1)), (80, 14, 6))[0]


def _gateway(sale: Sale, _: Random) -> Code:
    at = sale.at.astimezone(KYIV)
    return Code(
        f"https://cabinet.tax.gov.ua/cabinet/faces/checkxml?fn={sale.fiscal_number}"
        f"&dt={at:%Y%m%d}&tm={at:%H%M%S}&fd={sale.receipt_number}&sm={sale.total_kopecks}"
    )


def _vendor(_: Sale, chance: Random) -> Code:
    name = f"{chance.getrandbits(128):032x}"
    uuid = f"{name[:8]}-{name[8:12]}-{name[12:16]}-{name[16:20]}-{name[20:]}"
    host = chance.choice(("check.checkbox.ua/", "kasa.vchasno.ua/check/"))
    return Code(f"https://{host}{uuid}", frozenset())


def _semicolons(sale: Sale, chance: Random) -> Code:
    at = sale.at.astimezone(KYIV)
    number = sale.receipt_number.zfill(10)
    moment = f"{at:%d%m%y%H%M}"
    return Code(f"{mac(chance)};{sale.total_kopecks:010d};{moment};{sale.fiscal_number};{number}")


def _plain(sale: Sale, chance: Random) -> Code:
    at = sale.at.astimezone(KYIV)
    total = f"{sale.total_kopecks // 100}.{sale.total_kopecks % 100:02d}"
    return Code(
        f"FN{sale.fiscal_number} N{sale.receipt_number} ={total} "
        f"{at.day:2d}.{at:%m.%Y %H:%M:%S} MAC={mac(chance)}"
    )
