"""Layouts of program registers: the tax service's text and vendors' programs. Pure."""

from random import Random

from eventstore.identity import KYIV
from tests.receipts import blocks
from tests.receipts.lines import Line, Style
from tests.receipts.sales import Sale


def tax_text(sale: Sale, style: Style, chance: Random, qr: list[Line]) -> list[Line]:
    """The tax service's own text: АРТ.№, ``1.000 x 36.50 =``, УКТЗЕД below."""
    at = sale.at.astimezone(KYIV)
    number = style.ends(
        f"ЧЕК   ФН {sale.receipt_number}", f"ВН {sale.local_number} онлайн", "receipt_number"
    )
    register = style.ends(
        f"ПРРО  ФН {sale.fiscal_number}", f"ВН {sale.local_number % 7 + 1}", "fiscal_number"
    )
    rows = [
        *blocks.heading(sale, style, f"ПН {sale.tax_number}"),
        style.centre("Касовий чек" if sale.document != "return" else "Видатковий чек"),
        *([register, number] if blocks.is_fiscal(sale) else []),
        *blocks.opening(sale, style, chance),
        style.left(f"Касир {sale.cashier}"),
        style.ruled(),
    ]
    shared = chance.choice((None, 2009))
    for line in sale.bought:
        rows += blocks.name_rows(line, style, f"АРТ.№ {shared or line.article} ")
        quantity = style.quantity(line.quantity_milli, 3)
        left = f"{quantity:<8}{style.times:^5}{style.money(line.unit_price_kopecks):>10} ="
        rows.append(style.ends(left, f"{style.money(line.gross_kopecks)} {line.letter}"))
        rows += blocks.item_extras(line, style, chance, "Штрих-код:")
        if line.good.uktzed and chance.random() < 0.7:
            rows.append(style.left(f"Код УКТЗЕД: {line.good.uktzed}"))
        rows += blocks.after_item(line, style, "Дисконт")
    form = "ГОТІВКА:" if sale.cash else chance.choice(("БЕЗГОТІВКОВА:", "ІНШЕ. БЕЗГОТІВКА.2:"))
    return [
        *rows,
        style.ruled(),
        *blocks.receipt_discount(sale, style, "ДИСКОНТ:"),
        *blocks.rounding(sale, style),
        style.ends("СУМА ДО СПЛАТИ:", style.money(sale.total_kopecks), "total",
                   tall=style.total_tall),
        *blocks.payment(sale, style, (form, form, "РЕШТА:")),
        *blocks.slip(sale, style, chance),
        *blocks.taxes(sale, style, "ПДВ {letter} {percent}.00%"),
        style.left(f"{at:%d-%m-%Y %H:%M:%S}", "date"),
        *qr,
        *blocks.adverts(sale, style),
        blocks.closing(sale, style),
        style.centre("ФСКО ЄВПЕЗ"),
        style.centre("Державна податкова служба України"),
    ]  # fmt: skip


def web_check(sale: Sale, style: Style, chance: Random, qr: list[Line]) -> list[Line]:
    """A thermal printer: ``2 x 48.70 [В]`` under a wrapped name, date twice."""
    at = sale.at.astimezone(KYIV)
    moment = f"{at:%d.%m.%Y %H:%M:%S}"
    unit = chance.choice(("UAH", "ГРН", "грн"))
    rows = [
        *blocks.heading(sale, style, f"ТІН: {sale.company_number}00"),
        *([style.centre(f"ПРРО ФН: {sale.fiscal_number}", "fiscal_number")]
          * blocks.is_fiscal(sale)),
        Line(text="=" * style.columns),
        *blocks.opening(sale, style, chance),
        *_local(sale, style, moment),
    ]  # fmt: skip
    for line in sale.bought:
        rows += blocks.name_rows(line, style)
        price = style.money(line.unit_price_kopecks)
        left = f"{style.quantity(line.quantity_milli)} {style.times} {price} [{line.letter}]"
        rows.append(style.ends(left, style.money(line.gross_kopecks)))
        rows += blocks.item_extras(line, style, chance, "Ш/К ")
        rows += blocks.after_item(line, style)
    return [
        *rows,
        style.ruled(),
        *blocks.receipt_discount(sale, style, "Знижка на чек:"),
        *blocks.rounding(sale, style),
        style.ends("РАЗОМ:", f"{style.money(sale.total_kopecks)} {unit}", "total",
                   tall=style.total_tall),
        *blocks.payment(sale, style, ("Картка", "Готівка", "Решта")),
        *blocks.slip(sale, style, chance),
        *blocks.taxes(sale, style, "{letter} {percent}%  податок:"),
        *([style.ends("Фіск. номер:", sale.receipt_number, "receipt_number")]
          * blocks.is_fiscal(sale)),
        style.ends("Дата:", moment, "date"),
        *qr,
        blocks.closing(sale, style),
        *blocks.adverts(sale, style),
    ]  # fmt: skip


def _local(sale: Sale, style: Style, moment: str) -> list[Line]:
    left = f"ЛНД № {sale.local_number}"
    if len(left) + len(moment) + 1 > style.columns:
        return [style.left(left), style.ends("", moment)]
    return [style.ends(left, moment)]


def vendor_a(sale: Sale, style: Style, chance: Random, qr: list[Line]) -> list[Line]:
    """A vendor's program: decimal commas, quantity with its unit, number and date at the end."""
    at = sale.at.astimezone(KYIV)
    unit = chance.choice(("шт", "уп", "шт."))
    rows = [
        *blocks.heading(sale, style, f"ІД {sale.company_number}"),
        style.left(f"Касир: {sale.cashier}"),
        *blocks.opening(sale, style, chance),
        style.ruled(),
    ]
    for line in sale.bought:
        rows += blocks.item_extras(line, style, chance, "ШК: ")
        rows += blocks.name_rows(line, style)
        quantity = style.quantity(line.quantity_milli, 3)
        left = f"{quantity} {unit} {style.times} {style.money(line.unit_price_kopecks)}"
        rows.append(style.ends(left, f"{style.money(line.gross_kopecks)} {line.letter}"))
        rows += blocks.after_item(line, style, "ЗНИЖКА")
    return [
        *rows,
        style.ruled(),
        *blocks.receipt_discount(sale, style, "ЗНИЖКА НА ЧЕК"),
        *blocks.rounding(sale, style),
        style.ends("СУМА", f"{style.money(sale.total_kopecks)} ГРН", "total",
                   tall=style.total_tall),
        *blocks.taxes(sale, style, "ПДВ {letter} {percent}%"),
        *blocks.payment(sale, style, ("КАРТКА", "ГОТІВКА", "РЕШТА"), " ГРН"),
        *blocks.slip(sale, style, chance),
        style.ruled(),
        *([style.ends("ЧЕК №", sale.receipt_number, "receipt_number")] * blocks.is_fiscal(sale)),
        style.ends(f"{at:%d.%m.%Y %H:%M:%S}", "ОНЛАЙН", "date"),
        *qr,
        *([style.ends("ФН ПРРО", sale.fiscal_number, "fiscal_number")] * blocks.is_fiscal(sale)),
        blocks.closing(sale, style),
        *blocks.adverts(sale, style),
    ]  # fmt: skip


def vendor_b(sale: Sale, style: Style, chance: Random, qr: list[Line]) -> list[Line]:
    """Another vendor's program: Latin i in its own words, ``До сплати``, short rows."""
    at = sale.at.astimezone(KYIV)
    day = chance.choice((f"{at:%d.%m.%Y %H:%M}", f"{at:%d/%m/%Y %H:%M:%S}"))
    rows = [
        *blocks.heading(sale, style, f"IД {sale.company_number}"),
        *([style.left(f"Фiскальний чек № {sale.receipt_number}", "receipt_number")]
          * blocks.is_fiscal(sale)),
        *([style.left(f"Фiск. № каси {sale.fiscal_number}", "fiscal_number")]
          * blocks.is_fiscal(sale)),
        style.left(f"вiд {day}", "date"),
        *blocks.opening(sale, style, chance),
        style.left(f"Касир {sale.cashier}"),
        style.ruled(),
    ]  # fmt: skip
    for place, line in enumerate(sale.bought, start=1):
        rows += blocks.name_rows(line, style, f"{place}. ")
        quantity, price = style.quantity(line.quantity_milli), style.money(line.unit_price_kopecks)
        third = style.columns // 3
        figures = f"{quantity:>{third}}{price:>{third}}"
        rows.append(style.ends(figures, style.money(line.gross_kopecks)))
        rows += blocks.item_extras(line, style, chance, "")
        rows += blocks.after_item(line, style)
    gross = style.money(sale.net_kopecks + sale.discount_kopecks)
    off = [style.ends("Знижка", style.money(-sale.discount_kopecks))] * bool(sale.discount_kopecks)
    return [
        *rows,
        style.ruled(),
        style.ends("Всього", gross),
        *off,
        *blocks.rounding(sale, style),
        style.ends("До сплати", style.money(sale.total_kopecks), "total", tall=style.total_tall),
        *blocks.payment(sale, style, ("Оплата картка", "Оплата готiвка", "Решта")),
        *blocks.taxes(sale, style, "в т.ч. ПДВ {letter} {percent}%"),
        *qr,
        blocks.closing(sale, style),
        *blocks.adverts(sale, style),
    ]


def chemist(sale: Sale, style: Style, chance: Random, qr: list[Line]) -> list[Line]:
    """A pharmacy chain's program: capitals, ``17-47-37``, values alone at the right edge."""
    at = sale.at.astimezone(KYIV)
    rows = [
        *[style.left(row.text.strip()) for row in
          blocks.heading(sale, style, f"ІД {sale.company_number}")],
        *blocks.opening(sale, style, chance),
        style.ruled(),
    ]  # fmt: skip
    for line in sale.bought:
        rows += blocks.item_extras(line, style, chance, "ШК ")
        name = line.name
        cost = f"{style.money(line.gross_kopecks)}{line.letter}"
        if line.quantity_milli != 1000:
            times = f"{style.quantity(line.quantity_milli)} {style.times} "
            rows.append(style.left(times + style.money(line.unit_price_kopecks)))
        first, *more = style.wrapped(name)
        shows = blocks.shown_by(line)
        fits = len(first) + len(cost) < style.columns
        rows.append(style.ends(first, cost, *shows) if fits else style.left(first, *shows))
        rows += [style.left(part, *shows) for part in more]
        rows += [] if fits else [style.ends("", cost)]
        rows += blocks.after_item(line, style, "ЗНИЖКА")
    form = "ГОТІВКА" if sale.cash else "КАРТА, ЕПЗ"
    return [
        *rows,
        style.ruled(),
        *blocks.slip(sale, style, chance),
        *blocks.receipt_discount(sale, style, "ЗНИЖКА"),
        *blocks.rounding(sale, style),
        style.ends("ФОРМА ОПЛАТИ", form),
        style.ends("СУМА", f"{style.money(sale.total_kopecks)} ГРН", "total",
                   tall=style.total_tall),
        style.left("ПОДАТКИ"),
        *blocks.taxes(sale, style, "ПДВ {letter} {percent}%:"),
        style.ruled(),
        *([style.ends("ЧЕК №", sale.receipt_number, "receipt_number")] * blocks.is_fiscal(sale)),
        style.ends(f"{at:%d.%m.%Y}", f"{at:%H-%M-%S}", "date"),
        *([style.ends("ФН ПРРО", sale.fiscal_number, "fiscal_number")] * blocks.is_fiscal(sale)),
        style.ends(_mark(sale), "CASHDESK", "document"),
        *qr,
        *blocks.adverts(sale, style),
    ]  # fmt: skip


def one_line(sale: Sale, style: Style, chance: Random, qr: list[Line]) -> list[Line]:
    """A small shop's program: name, quantity, price and cost in one row when they fit."""
    at = sale.at.astimezone(KYIV)
    moment = chance.choice((f"{at:%d.%m.%Y %H:%M}", f"{at:%d.%m.%y %H:%M:%S}"))
    rows = [
        *blocks.heading(sale, style, f"ІД {sale.company_number}"),
        *([style.left(f"ПРРО ФН {sale.fiscal_number}", "fiscal_number")] * blocks.is_fiscal(sale)),
        *blocks.opening(sale, style, chance),
        style.ruled(),
    ]
    for line in sale.bought:
        times = f"{style.quantity(line.quantity_milli)} {style.times} "
        middle = f"{times}{style.money(line.unit_price_kopecks)}"
        *above, last = style.wrapped(line.name)
        rows += [style.left(part, *blocks.shown_by(line)) for part in above]
        if len(last) + len(middle) + len(style.money(line.gross_kopecks)) + 3 <= style.columns:
            middle, last = f"{last} {middle}", ""
        rows += [style.left(last, *blocks.shown_by(line))] if last else []
        shows = () if last else blocks.shown_by(line)
        rows.append(style.ends(middle, style.money(line.gross_kopecks), *shows))
        rows += blocks.item_extras(line, style, chance, "ШК ")
        rows += blocks.after_item(line, style)
    return [
        *rows,
        style.ruled(),
        *blocks.receipt_discount(sale, style, "Знижка"),
        *blocks.rounding(sale, style),
        style.ends("СУМА ДО СПЛАТИ", style.money(sale.total_kopecks), "total",
                   tall=style.total_tall),
        *blocks.taxes(sale, style, "ПДВ {percent}%"),
        *blocks.payment(sale, style, ("Безготівкова", "Готівка", "Решта")),
        *([style.left(f"ЧЕК ФН {sale.receipt_number}", "receipt_number")]
          * blocks.is_fiscal(sale)),
        style.left(f"Дата: {moment}", "date"),
        *qr,
        *blocks.adverts(sale, style),
        blocks.closing(sale, style),
    ]  # fmt: skip


def _mark(sale: Sale) -> str:
    return {"sale": "ФІСКАЛЬНИЙ ЧЕК", "return": "ВИДАТКОВИЙ ЧЕК"}.get(
        sale.document, "НЕФІСКАЛЬНИЙ ЧЕК"
    )
