"""The printed rows of a sample receipt, in the layouts of real registers. Pure."""

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from eventstore.identity import KYIV, Kopecks


class Sold(Struct, frozen=True):
    """One line of a sample: name, packs, price of one pack."""

    name: str
    packs: int
    unit_price_kopecks: Kopecks

    @property
    def cost_kopecks(self) -> Kopecks:
        """Packs times price."""
        return Kopecks(self.packs * self.unit_price_kopecks)


class Sale(Struct, frozen=True, kw_only=True):
    """What a sample receipt is about. Sellers and streets are invented."""

    seller: str
    shop: str
    address: str
    sold: tuple[Sold, ...]
    #: aware; printed in Kyiv
    at: datetime
    fiscal_number: str
    #: the tax service's number of the receipt
    receipt_number: str
    #: the register's own number
    local_number: int

    @property
    def total_kopecks(self) -> Kopecks:
        """Sum of the lines."""
        return Kopecks(sum(line.cost_kopecks for line in self.sold))

    @property
    def link(self) -> str:
        """The QR: the tax service's link, as registers print it."""
        at = self.at.astimezone(KYIV)
        return (
            "https://cabinet.tax.gov.ua/cashregs/check"
            f"?id={self.receipt_number}&fn={self.fiscal_number}"
            f"&date={at:%Y%m%d}&time={at:%H%M%S}&sm={money(self.total_kopecks)}"
        )


Layout = Callable[[Sale], list[str]]

#: Columns of an 80 mm register roll.
COLUMNS = 46


def money(kopecks: int) -> str:
    """Return ``1234`` as ``12.34``."""
    return f"{kopecks // 100}.{kopecks % 100:02d}"


def program_register(sale: Sale) -> list[str]:
    """A program register: name, then ``quantity x price = sum``."""
    at = sale.at.astimezone(KYIV)
    rows = [
        *_heading(sale, "ПН 000000000000"),
        "Касовий чек".center(COLUMNS),
        _ends(f"ПРРО  ФН {sale.fiscal_number}", "ВН 1"),
        _ends(f"ЧЕК   ФН {sale.receipt_number}", f"ВН {sale.local_number} онлайн"),
        "Касир Зразок З. З.",
        "-" * COLUMNS,
    ]
    for number, line in enumerate(sale.sold, start=2009):
        left = f"{line.packs}.000      x      {money(line.unit_price_kopecks)} ="
        rows += [f"АРТ.№ {number} {part}" if not i else part for i, part in _wrapped(line.name, 11)]
        rows.append(_ends(left, f"{money(line.cost_kopecks)} Б"))
    total = money(sale.total_kopecks)
    return [
        *rows,
        "-" * COLUMNS,
        _ends("СУМА ДО СПЛАТИ:", total),
        _ends("БЕЗГОТІВКОВА:", total),
        _ends("ПДВ Б 7.00%", money(round(sale.total_kopecks * 7 / 107))),
        f"{at:%d-%m-%Y %H:%M:%S}".center(COLUMNS),
        "ФІСКАЛЬНИЙ ЧЕК".center(COLUMNS),
        "Державна податкова служба України".center(COLUMNS),
    ]


def thermal_printer(sale: Sale) -> list[str]:
    """A thermal printer: the name wraps, ``2 x 48.70`` with the sum at the right."""
    at = sale.at.astimezone(KYIV)
    rows = [
        *_heading(sale, "ІД 00000000"),
        f"ПРРО ФН: {sale.fiscal_number}".center(COLUMNS),
        "=" * COLUMNS,
        _ends(f"ЧЕК № {sale.local_number}", f"{at:%d.%m.%Y %H:%M:%S}"),
        "-" * COLUMNS,
    ]
    for line in sale.sold:
        rows += [part for _, part in _wrapped(line.name, 0)]
        left = f"{line.packs} x {money(line.unit_price_kopecks)}"
        rows.append(_ends(left, f"{money(line.cost_kopecks)} А"))
    total = money(sale.total_kopecks)
    return [
        *rows,
        "-" * COLUMNS,
        _ends("РАЗОМ:", f"{total} ГРН"),
        _ends("КАРТКА", f"{total} ГРН"),
        _ends("ПДВ А 7.00%", money(round(sale.total_kopecks * 7 / 107))),
        f"Фіск. номер: {sale.receipt_number}",
        "ФІСКАЛЬНИЙ ЧЕК".center(COLUMNS),
    ]


def hardware_register(sale: Sale) -> list[str]:
    """A hardware register: the price stands before the name."""
    at = sale.at.astimezone(KYIV)
    rows = [
        *_heading(sale, "ПН 000000000000"),
        _ends(f"ФН {sale.fiscal_number}", "ЗН АА00000000"),
        f"ЧЕК № {sale.receipt_number}",
        f"Д/Ч: {at:%Y-%m-%d %H:%M:%S}",
        "-" * COLUMNS,
    ]
    for line in sale.sold:
        price, cost = money(line.unit_price_kopecks), money(line.cost_kopecks)
        rows.append(f"{price} X {line.packs} = {cost} В")
        rows += [part.upper() for _, part in _wrapped(line.name, 0)]
    total = money(sale.total_kopecks)
    return [
        *rows,
        "-" * COLUMNS,
        _ends("ВСЬОГО:", f"{total} грн"),
        _ends("ОБІГ В:", total),
        _ends("КАРТКОЮ:", f"{total} грн"),
        "ФІСКАЛЬНИЙ ЧЕК".center(COLUMNS),
    ]


def _heading(sale: Sale, tax_number: str) -> list[str]:
    rows = (sale.seller, sale.shop, sale.address, tax_number)
    return [part.center(COLUMNS) for row in rows for _, part in _wrapped(row, 0)]


def _wrapped(text: str, indent: int) -> list[tuple[int, str]]:
    """Break a text at blanks so that it fits; the first row is shorter by ``indent``."""
    rows, room = [""], COLUMNS - indent
    for word in text.split():
        if rows[-1] and len(rows[-1]) + 1 + len(word) > room:
            rows.append("")
            room = COLUMNS
        rows[-1] = f"{rows[-1]} {word}".strip()
    return list(enumerate(rows))


def _ends(left: str, right: str) -> str:
    return f"{left}{right:>{max(1, COLUMNS - len(left))}}"
