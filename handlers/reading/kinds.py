"""What a printed row is. Pure.

Layouts are free, words are not: order 13 of the Ministry of Finance fixes most of them.
Words are compared folded and with the slips that their length forgives.
"""

import re
from enum import Enum
from itertools import takewhile

from handlers.letters import fold, resembles, words_of
from handlers.reading.amounts import day_of, last_sum, multiplier_of, sums_of


class Kind(Enum):
    """The kinds of row a receipt is made of."""

    RULE = "a drawn line"
    HEADER = "seller, shop, address, tax numbers, register, cashier"
    MULTIPLIER = "quantity x price"
    PRICED = "text and a sum"
    TEXT = "anything else"
    META = "code or barcode of an item"
    DISCOUNT = "a reduction"
    VOID = "a cancelled line"
    SUBTOTAL = "a sum before discounts"
    TOTAL = "what the receipt comes to"
    TAX = "VAT"
    PAYMENT = "how it was paid"
    DATE = "a date"
    END = "the closing mark"


#: Any of these words in a row without a price makes it a header row.
_HEADER_WORDS = frozenset(
    map(fold, (
        "ТОВ", "ТЗОВ", "ФОП", "ПРАТ", "ПАТ", "ООО", "ДП", "КП", "АПТЕКА", "АПТЕЧНИЙ", "МАГАЗИН",
        "КАСИР", "КАССИР", "ОПЕРАТОР", "КАСА", "ПРРО", "РРО", "ЧЕК", "ЄДРПОУ", "ІПН",
        "ВУЛ", "ВУЛИЦЯ", "БУЛЬВАР", "БУЛ", "ПРОСП", "ПРОСПЕКТ", "ШОСЕ", "БУДИНОК", "БУД", "РАЙОН",
        "МІСТО", "ТРЦ", "РИНОК", "ПЛОЩА", "УКРАЇНА", "ОБЛ", "ОБЛАСТЬ", "ВІТАЄМО", "ТЕЛ", "ТЕЛЕФОН",
        "ПЕЧАТАЛ", "ОФІЦІАНТ", "СТІЛ", "ЛНД", "ТІН",
    ))
)  # fmt: skip
_HEADER_LABEL = re.compile(
    r"^\W*(?:ПН|ИД|ФН|ЗН|ИПН|ТИН|Д/Ч)\W{0,3}\s*[А-Я]{0,2}[\dОЗ]{4,}"
    r"|\bПН\s*\d{9,12}|\bФН\W*\d{8,}"
)
_CITY = re.compile(r"(?:^|\s)М\s?\.\s?[А-Я]{3,}|Р-Н\s*,|,\s*Р-Н|\bПЛ\s?\.\s?[А-Я]{4,}")
#: Marks before a total: the edge of the paper is read as a letter or two.
_STRAYS_MAX, _STRAY_SIGNS_MAX = 2, 2
_TOTAL_WORDS = ("ВСЬОГО", "УСЬОГО", "РАЗОМ", "ИТОГО", "ВСЕГО")
#: «Сумка» is sold; it is one slip away from «сумма».
_BAG = fold("СУМКА")
_TAX_WORDS = ("ПДВ", "НДС", "ПОДАТОК", "ПОДАТКУ", "АКЦИЗ", "ОБІГ")
_PAYMENT_WORDS = (
    "ГОТІВКА", "ГОТІВКОЮ", "БЕЗГОТІВКОВА", "БЕЗГОТІВКОВИЙ", "КАРТКА", "КАРТКОЮ", "РЕШТА",
    "ЕКВАЙР", "ТЕРМІНАЛ", "АВТОРИЗАЦІЇ", "ТРАНЗАКЦІЯ", "ПЛАТІЖНА", "НАЛИЧНЫЕ", "СДАЧА",
    "ОПЛАТА", "СПЛАЧЕНО", "ЕПЗ", "ОДЕРЖАНО",
)  # fmt: skip
_BANK_WORDS = ("ТРАНЗ", "ТЕРМІНАЛ", "ЕКВАЙРА", "ПЛАТІЖНА", "КОМІСІЯ", "БЕЗГОТІВКОВА", "MASTERCARD")
_DISCOUNT_WORDS = ("ЗНИЖКА", "ДИСКОНТ", "СКИДКА", "ЗНИЖКИ", "КУПОН")
_SUBTOTAL_WORDS = ("ПІДСУМОК", "ПРОМІЖНА", "ПРОМІЖНИЙ", "ПОДЫТОГ")
_VOID_WORDS = ("СТОРНО", "АНУЛЬОВАНО", "АНУЛЮВАННЯ")
_META = re.compile(
    r"^\W*(?:КОД\s+)?УКТ\s?ЗЕД|^\W*Ш[/К]|^\W*ШТРИХ|^\W*АРТИКУЛ|^\W*[ЧО]?УКТЗЕД|^\W*КОД\s+УК"
)
_RULE = re.compile(r"[\W_]*")


def kind_of(text: str) -> Kind:
    """Return the kind of one row."""
    if _is_rule(text):
        return Kind.RULE
    folded, words = fold(text), words_of(text)
    named = _named_kind(folded, words, text)
    if named is not None:
        return named
    return _kind_by_figures(text, folded, words)


def _is_rule(text: str) -> bool:
    """Tell a drawn line, also one that was read as letters («--—-ее--»)."""
    drawn = sum(not sign.isalnum() and not sign.isspace() for sign in text)
    return bool(_RULE.fullmatch(text)) or (len(text) >= 8 and drawn > 0.6 * len(text))


def _named_kind(folded: str, words: list[str], text: str) -> Kind | None:
    if _has(words, _VOID_WORDS):
        return Kind.VOID
    if _META.search(folded):
        return Kind.META
    if _is_tax(folded, words):
        return Kind.TAX
    if _has(words[:2], _SUBTOTAL_WORDS):
        return Kind.SUBTOTAL
    if _is_discount(words, text):
        return Kind.DISCOUNT
    if _is_total(words):
        return Kind.TOTAL
    if _has(words[:2], _PAYMENT_WORDS) or _has(words[:4], _BANK_WORDS):
        return Kind.PAYMENT
    return Kind.END if _is_end(words) else None


def _kind_by_figures(text: str, folded: str, words: list[str]) -> Kind:
    multiplier = multiplier_of(text)
    if multiplier is not None and _letters_outside(text, multiplier.start, multiplier.end) < 3:
        return Kind.MULTIPLIER
    if _HEADER_LABEL.search(folded) or (words and resembles(words[0], "КАСИР")):
        return Kind.HEADER
    if day_of(text) is not None:
        return Kind.DATE
    if last_sum(text) is not None:
        return Kind.PRICED
    header = any(word in _HEADER_WORDS for word in words) or _CITY.search(folded)
    return Kind.HEADER if header else Kind.TEXT


def _letters_outside(text: str, start: int, end: int) -> int:
    rest = text[:start] + text[end:]
    return sum(sign.isalpha() for sign in rest)


def _is_tax(folded: str, words: list[str]) -> bool:
    letter_rate = re.match(r"\W*[А-Я]\s?\d{1,2}(?:[.,]\d+)?\s?%", folded)
    return bool(letter_rate) or _has(words[:3], _TAX_WORDS)


def _is_discount(words: list[str], text: str) -> bool:
    """Tell a reduction; «КУПОН» is one only when it takes off."""
    if not _has(words[:3], _DISCOUNT_WORDS):
        return False
    return bool(sums_of(text)) or len(words) <= 3


def _is_total(words: list[str]) -> bool:
    """Tell the total, also behind stray marks («4 ВСЬОГО», «М. СУМА ДО СПЛАТИ»)."""
    return any(_begins_total(words[strays:]) for strays in range(_strays_before(words) + 1))


def _strays_before(words: list[str]) -> int:
    """Return how many leading words may be specks or an edge read as letters."""
    lengths = (len(word) for word in words[:_STRAYS_MAX])
    return sum(1 for _ in takewhile(lambda length: length <= _STRAY_SIGNS_MAX, lengths))


def _begins_total(words: list[str]) -> bool:
    """Tell the words of a total; one in words of another row («сума податку») is none."""
    head = words[:3]
    if _BAG in head:
        return False
    if _has(head[:1], _TOTAL_WORDS):
        return True
    if _has(head, ("СПЛАТИ", "ОПЛАТЕ")) and _has(head, ("СУМА", "ДО", "СУММА", "К")):
        return True
    return _has(head[:2], ("СУМА", "СУММА")) and len(words) <= 5 and not _has(words, ("ЗНИЖКИ",))


def _is_end(words: list[str]) -> bool:
    return _has(words, ("ФІСКАЛЬНИЙ", "НЕФІСКАЛЬНИЙ", "ВИДАТКОВИЙ")) and _has(words, ("ЧЕК",))


def _has(words: list[str], targets: tuple[str, ...]) -> bool:
    folded = [fold(target) for target in targets]
    return any(resembles(word, target) for word in words for target in folded)
