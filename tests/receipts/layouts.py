"""Layouts of hardware registers, after papers seen (names of makers of registers). Pure."""

from random import Random

from eventstore.identity import KYIV
from tests.receipts import blocks
from tests.receipts.lines import Line, Style
from tests.receipts.payloads import mac
from tests.receipts.sales import Bought, Sale

_CASH = ("КАРТКА", "ГОТІВКА", "РЕШТА")


def datecs(sale: Sale, style: Style, chance: Random, qr: list[Line]) -> list[Line]:
    """A shop's register: barcode row, name, price far right, two groups of digits."""
    at = sale.at.astimezone(KYIV)
    groups = f"{int(sale.receipt_number):09d} {sale.local_number % 100_000:05d}"
    rows = [
        *blocks.heading(sale, style, f"ПН {sale.tax_number}"),
        style.centre(f"{sale.cashier} Каса {sale.local_number % 9 + 1:02d}"),
        *blocks.opening(sale, style, chance),
        style.ruled(),
    ]
    for line in sale.bought:
        rows += blocks.item_extras(line, style, chance, "Штрих код ")
        rows += _priced(sale, line, style, chance)
    rows += [style.ruled(), *blocks.slip(sale, style, chance)]
    total = style.ends("Сума", style.money(sale.total_kopecks), "total", tall=style.total_tall)
    number = f"ЧЕК № {groups}" if chance.random() < 0.6 else groups
    moment = f"{at.day:2d}.{at:%m.%Y %H:%M:%S}"
    return [
        *rows,
        *blocks.receipt_discount(sale, style, "Знижка на чек"),
        *blocks.rounding(sale, style),
        total,
        *blocks.taxes(sale, style, "       ПДВ {letter} = {percent}.00%"),
        *blocks.payment(sale, style, ("Картка", "Готівка", "Решта"), " грн"),
        style.ruled(),
        *_number_and_moment(sale, style, number, moment),
        *qr,
        *(_mac_rows(style, chance) if qr else []),
        style.centre(f"ЗН {sale.factory_number}"),
        *([style.centre(f"ФН {sale.fiscal_number}", "fiscal_number")] * blocks.is_fiscal(sale)),
        *blocks.adverts(sale, style),
        blocks.closing(sale, style, 1.3),
    ]


def _number_and_moment(sale: Sale, style: Style, number: str, moment: str) -> list[Line]:
    if not blocks.is_fiscal(sale):
        return [style.ends("", moment, "date")]
    if len(number) + len(moment) + 2 > style.columns:
        return [style.left(number, "receipt_number"), style.ends("", moment, "date")]
    return [style.ends(number, moment, "receipt_number", "date")]


def _mac_rows(style: Style, chance: Random) -> list[Line]:
    return [style.left(row) for row in style.wrapped(f"MAC={mac(chance)}")]


def _priced(sale: Sale, line: Bought, style: Style, chance: Random) -> list[Line]:
    """Return a multiplier row when it is not one pack, the name, its cost on the last row."""
    name = line.name
    cost = f"{style.money(line.gross_kopecks)} {line.letter}"
    rows = []
    if line.quantity_milli != 1000:
        times = f"{style.quantity(line.quantity_milli)} {style.times} "
        rows.append(style.left(f"{times}{style.money(line.unit_price_kopecks)} ="))
    parts = style.wrapped(name)
    shows = blocks.shown_by(line)
    rows += [style.left(part, *shows) for part in parts[:-1]]
    if len(parts[-1]) + len(cost) < style.columns:
        rows.append(style.ends(parts[-1], cost, *shows))
    else:
        rows += [style.left(parts[-1], *shows), style.ends("", cost, *shows)]
    return [*rows, *blocks.after_item(line, style)]


def maria(sale: Sale, style: Style, chance: Random, qr: list[Line]) -> list[Line]:
    """A pharmacy's small register: code and name, tall total, date and number in one row."""
    at = sale.at.astimezone(KYIV)
    day = chance.choice((f"{at:%d-%m-%y}", f"{at:%d-%m-%Y}"))
    rows = [
        *blocks.heading(sale, style, f"ПН {sale.tax_number}"),
        *([style.centre(f"ФН {sale.fiscal_number}", "fiscal_number")] * blocks.is_fiscal(sale)),
        style.centre("ОПЕРАТОР 1"),
        style.left(f"#Касир:{sale.cashier}"),
        *blocks.opening(sale, style, chance),
    ]
    for line in sale.bought:
        name = f"{line.article} {line.name}"
        cost = f"{style.money(line.gross_kopecks)} {line.letter}"
        if line.quantity_milli != 1000:
            times = f"{style.quantity(line.quantity_milli, 3)} {style.times} "
            rows.append(style.left(times + style.money(line.unit_price_kopecks)))
        rows += _name_then_cost(name, cost, line, style)
        rows += blocks.item_extras(line, style, chance, "ШК ")
        rows += blocks.after_item(line, style, "ЗНИЖКА")
    moment = f"{day} {at:%H:%M:%S} N°{int(sale.receipt_number):04d}"
    return [
        *rows,
        style.left(f"#29-Чк-{sale.local_number:07d} {at:%d.%m.%y}"),
        style.ruled(),
        *blocks.receipt_discount(sale, style, "ЗНИЖКА"),
        *blocks.rounding(sale, style),
        style.ends("СУМА", style.money(sale.total_kopecks), "total", tall=style.total_tall),
        *blocks.taxes(sale, style, "ПДВ {letter} = {percent}.00%"),
        style.ruled(),
        *blocks.payment(sale, style, ("КАРТКОЮ", "ГОТІВКОЮ", "ЗДАЧА")),
        style.centre(moment, "date", *(("receipt_number",) if blocks.is_fiscal(sale) else ())),
        style.centre(f"З.Н. {sale.factory_number}"),
        *qr,
        *blocks.adverts(sale, style),
        blocks.closing(sale, style),
    ]


def _name_then_cost(name: str, cost: str, line: Bought, style: Style) -> list[Line]:
    shows = blocks.shown_by(line)
    if len(name) + len(cost) + 1 <= style.columns:
        return [style.ends(name, cost, *shows)]
    parts = style.wrapped(name)
    if len(parts[-1]) + len(cost) + 1 <= style.columns:
        last = [style.ends(parts[-1], cost, *shows)]
    else:
        last = [style.left(parts[-1], *shows), style.ends("", cost)]
    return [*(style.left(part, *shows) for part in parts[:-1]), *last]


def price_first(sale: Sale, style: Style, chance: Random, qr: list[Line]) -> list[Line]:
    """A hardware register whose row of prices stands before the name."""
    at = sale.at.astimezone(KYIV)
    moment = chance.choice((f"{at:%Y-%m-%d %H:%M:%S}", f"{at:%d-%m-%Y %H:%M:%S}"))
    number = sale.receipt_number.zfill(chance.choice((1, 1, 7)))
    fiscal = style.ends(f"ФН {sale.fiscal_number}", f"ІД {sale.company_number}", "fiscal_number")
    rows = [
        *blocks.heading(sale, style, f"ПН {sale.tax_number}"),
        *([fiscal] * blocks.is_fiscal(sale)),
        style.left(f"ЗН {sale.factory_number}"),
        *([style.left(f"ЧЕК № {number}", "receipt_number")] * blocks.is_fiscal(sale)),
        style.left(f"КАСИР: {sale.cashier} [2]"),
        *blocks.opening(sale, style, chance),
        style.left(f"Д/Ч: {moment}", "date"),
        style.ruled(),
    ]
    for line in sale.bought:
        price = style.money(line.unit_price_kopecks)
        cost = f"{style.quantity(line.quantity_milli)} = {style.money(line.gross_kopecks)}"
        rows.append(style.left(f"{price} {style.times} {cost} {line.letter}"))
        rows += blocks.name_rows(line, style)
        rows += blocks.item_extras(line, style, chance, "Ш/К: ")
        rows += [style.left(f"АРТИКУЛ: {line.article}")] if chance.random() < 0.3 else []
        rows += blocks.after_item(line, style, "ЗНИЖКА")
    return [
        *rows,
        style.ruled(),
        *blocks.receipt_discount(sale, style, "ЗНИЖКА"),
        *blocks.rounding(sale, style),
        style.ends("ВСЬОГО:", f"{style.money(sale.total_kopecks)} грн", "total",
                   tall=style.total_tall),
        *blocks.taxes(sale, style, "ОБІГ {letter}: ПДВ {percent:02d}% ="),
        *blocks.slip(sale, style, chance),
        *blocks.payment(sale, style, ("КАРТКОЮ:", "ГОТІВКОЮ:", "РЕШТА:"), " грн"),
        *qr,
        *blocks.adverts(sale, style),
        blocks.closing(sale, style),
    ]  # fmt: skip


def numbered(sale: Sale, style: Style, chance: Random, qr: list[Line]) -> list[Line]:
    """A supermarket's register: numbered rows, the multiplier above the name."""
    at = sale.at.astimezone(KYIV)
    rows = [
        *blocks.heading(sale, style, f"ПН {sale.tax_number}"),
        style.centre(f"ЗН {sale.factory_number}"),
        *([style.centre(f"ФН {sale.fiscal_number}", "fiscal_number")] * blocks.is_fiscal(sale)),
        style.centre(f"{sale.cashier} Каса {sale.local_number % 9 + 1:02d}"),
        *blocks.opening(sale, style, chance),
        *([style.left(f"Чек {sale.receipt_number}, Z {sale.local_number % 900 + 9}",
                      "receipt_number")] * blocks.is_fiscal(sale)),
    ]  # fmt: skip
    for place, line in enumerate(sale.bought, start=1):
        name = line.name
        cost = f"{style.money(line.gross_kopecks)} {line.letter}"
        if line.quantity_milli != 1000:
            price = style.money(line.unit_price_kopecks)
            quantity = style.quantity(line.quantity_milli)
            rows.append(style.left(f"{place} {quantity} {style.times} {price}"))
            rows += _name_then_cost(name, cost, line, style)
        else:
            rows += _name_then_cost(f"{place} {name}", cost, line, style)
        rows += blocks.item_extras(line, style, chance, "ШК ")
        rows += blocks.after_item(line, style)
    total = style.ends("Сума", style.money(sale.total_kopecks), "total", tall=style.total_tall)
    return [
        *rows,
        *blocks.receipt_discount(sale, style, "Знижка"),
        *blocks.rounding(sale, style),
        total,
        *blocks.taxes(sale, style, "      ПДВ {letter} = {percent}.00%"),
        *blocks.slip(sale, style, chance),
        *blocks.payment(sale, style, ("Картка", "Готівка", "Решта")),
        style.ruled(),
        *qr,
        style.ends("", f"{at:%d.%m.%Y %H:%M:%S}", "date"),
        *blocks.adverts(sale, style),
        blocks.closing(sale, style),
    ]


def commas(sale: Sale, style: Style, chance: Random, qr: list[Line]) -> list[Line]:
    """A chain's register: decimal commas, ГРН, the code beside what was printed last."""
    at = sale.at.astimezone(KYIV)
    groups = f"{int(sale.receipt_number):07d} {sale.local_number:07d}"
    rows = [
        *blocks.heading(sale, style, f"ПН {sale.tax_number}"),
        style.ends(f"{sale.local_number % 90:05d} Каса {sale.cashier}", "01"),
        *blocks.opening(sale, style, chance),
        style.ends(f"# ЧЕК N {sale.local_number % 60}/{sale.local_number}/{at.day}", "#"),
    ]
    for line in sale.bought:
        name = line.name
        cost = f"{style.money(line.gross_kopecks)} {line.letter}"
        if line.quantity_milli == 1000:
            rows += _name_then_cost(name, cost, line, style)
        else:
            rows += blocks.name_rows(line, style)
            times = f"{style.quantity(line.quantity_milli)} {style.times} "
            rows.append(style.ends(times + style.money(line.unit_price_kopecks), cost))
        rows += blocks.item_extras(line, style, chance, "# ")
        rows += blocks.after_item(line, style, "ЗНИЖКА")
    stamp = style.ends(groups, f"{at:%d-%m-%Y %H:%M:%S}", "receipt_number", "date")
    bottom = style.ends(f"ЗН {sale.factory_number}", f"ФН {sale.fiscal_number}", "fiscal_number")
    return [
        *rows,
        style.ruled(),
        *blocks.receipt_discount(sale, style, "ЗНИЖКА"),
        *blocks.rounding(sale, style),
        style.ends("СУМА", f"{style.money(sale.total_kopecks)} ГРН", "total",
                   tall=style.total_tall),
        *blocks.taxes(sale, style, "ПДВ {letter}      {percent},00%"),
        style.ruled(),
        *blocks.payment(sale, style, _CASH, " ГРН"),
        *blocks.slip(sale, style, chance),
        *blocks.adverts(sale, style),
        *([stamp, bottom] if blocks.is_fiscal(sale) else
          [style.ends("", f"{at:%d-%m-%Y %H:%M:%S}", "date")]),
        *qr,
        blocks.closing(sale, style, 1.3),
    ]  # fmt: skip
