"""Rows that many layouts share: heading, extras of an item, payment, taxes, the end. Pure."""

from random import Random

from tests.receipts.goods import OURS
from tests.receipts.lines import Line, Shows, Style
from tests.receipts.sales import Bought, Sale

_CLOSINGS = {
    "sale": "ФІСКАЛЬНИЙ ЧЕК",
    "return": "ВИДАТКОВИЙ ЧЕК",
    "not_fiscal": "НЕФІСКАЛЬНИЙ ЧЕК",
    "order": "НЕ Є ФІСКАЛЬНИМ ЧЕКОМ",
}
_BANKS = ("ПРИВАТБАНК", "ОЩАДБАНК", "УКРСИББАНК", "monobank", "РАЙФФАЙЗЕН")


def heading(sale: Sale, style: Style, tax: str) -> list[Line]:
    """Return seller, shop, address and tax number, centred."""
    texts = (sale.seller, sale.shop, sale.address, tax)
    return [style.centre(row) for text in texts for row in style.wrapped(text)]


def opening(sale: Sale, style: Style, chance: Random) -> list[Line]:
    """Return what says at once that this is no sale; nothing for a sale."""
    shown: Shows = "document"
    if sale.document == "return":
        text = chance.choice(("ЧЕК ПОВЕРНЕННЯ", "ПОВЕРНЕННЯ ТОВАРУ", "ВИДАТКОВИЙ ЧЕК"))
        return [style.centre(text, shown)]
    if sale.document == "order":
        text = chance.choice(("ЗАМОВЛЕННЯ № {n}", "Інтернет-замовлення №{n}", "БРОНЮВАННЯ № {n}"))
        return [style.centre(text.format(n=sale.local_number), shown)]
    if sale.document == "not_fiscal":
        text = chance.choice(
            ("НЕФІСКАЛЬНИЙ ДОКУМЕНТ", "СЛУЖБОВИЙ ЧЕК", "ТЕСТОВИЙ НЕФІСКАЛЬНИЙ ЧЕК")
        )
        return [style.centre(text, shown)]
    return []


def closing(sale: Sale, style: Style, tall: float = 1.0) -> Line:
    """Return the closing mark."""
    return style.centre(_CLOSINGS[sale.document], "document", tall=tall)


def is_fiscal(sale: Sale) -> bool:
    """Tell whether the paper has a fiscal number at all."""
    return sale.document in ("sale", "return")


def shown_by(line: Bought) -> tuple[Shows, ...]:
    """Return what the name of a line shows."""
    ours = line.good.kind in OURS and not line.voided
    return ("item", "darnitsa") if ours else ("item",)


def name_rows(line: Bought, style: Style, prefix: str = "") -> list[Line]:
    """Return the name, wrapped, with ``prefix`` before its first row."""
    rows = style.wrapped(prefix + line.name)
    return [style.left(row, *shown_by(line)) for row in rows]


def item_extras(line: Bought, style: Style, chance: Random, mark: str) -> list[Line]:
    """Return the barcode row of a line when its register prints it; ``mark`` precedes it."""
    shows: tuple[Shows, ...] = ("darnitsa",) if "darnitsa" in shown_by(line) else ()
    return [style.left(f"{mark}{line.good.ean}", *shows)] if line.barcode else []


def after_item(line: Bought, style: Style, word: str = "Знижка") -> list[Line]:
    """Return the discount and the cancellation that follow a line."""
    rows = []
    if line.discount_kopecks:
        rows.append(style.ends(f"  {word}:", style.money(-line.discount_kopecks)))
    if line.voided:
        rows.append(style.ends("СТОРНО", style.money(-line.gross_kopecks), "document"))
    return rows


def receipt_discount(sale: Sale, style: Style, word: str) -> list[Line]:
    """Return the subtotal and the discount on the whole receipt."""
    if not sale.discount_kopecks:
        return []
    whole = sale.net_kopecks + sale.discount_kopecks
    return [
        style.ends("ПІДСУМОК:" if style.upper else "Підсумок:", style.money(whole)),
        style.ends(word, style.money(-sale.discount_kopecks)),
    ]


def rounding(sale: Sale, style: Style) -> list[Line]:
    """Return the row of cash rounding when it changes the sum."""
    change = sale.total_kopecks - sale.net_kopecks
    return [style.ends("ЗАОКРУГЛЕННЯ", style.money(change))] if change else []


def payment(sale: Sale, style: Style, words: tuple[str, str, str], unit: str = "") -> list[Line]:
    """Return how it was paid; ``words`` say card, cash and change."""
    card, cash, change = words
    if not sale.cash:
        return [style.ends(card, f"{style.money(sale.total_kopecks)}{unit}")]
    back = sale.tendered_kopecks - sale.total_kopecks
    rows = [style.ends(cash, f"{style.money(sale.tendered_kopecks)}{unit}")]
    return [*rows, style.ends(change, f"{style.money(back)}{unit}")] if back else rows


def slip(sale: Sale, style: Style, chance: Random) -> list[Line]:
    """Return the acquirer's rows of a card payment."""
    if sale.cash:
        return []
    rows = [
        chance.choice(_BANKS),
        f"ТЕРМІНАЛ: S1{chance.randint(10**5, 10**6)}",
        f"ЕПЗ {chance.randint(10**5, 10**6)}XXXXXX{chance.randint(1000, 9999)}",
        f"ПЛАТІЖНА СИСТЕМА: {chance.choice(('MASTERCARD', 'VISA'))}",
        f"КОД ТРАНЗ. {chance.randint(10**11, 10**12)}",
        f"КОД АВТ. {chance.randint(10**5, 10**6)}",
    ]
    begin = chance.choice((0, 1, 2, 4))
    return [style.left(text) for text in rows[begin:]]


def taxes(sale: Sale, style: Style, pattern: str) -> list[Line]:
    """Return one row for each VAT rate; ``pattern`` takes letter and percent."""
    rows = []
    for percent, letter in sorted(sale.letters.items()):
        part = sum(
            line.gross_kopecks - line.discount_kopecks
            for line in sale.kept
            if line.good.vat_percent == percent
        )
        lines = sale.net_kopecks + sale.discount_kopecks
        if part and lines:
            share = part * sale.total_kopecks / lines
            vat = style.money(round(share * percent / (100 + percent)))
            rows.append(style.ends(pattern.format(letter=letter, percent=percent), vat))
    return rows


def adverts(sale: Sale, style: Style) -> list[Line]:
    """Return greetings and adverts of the footer."""
    return [style.centre(row) for text in sale.adverts for row in style.wrapped(text)]
