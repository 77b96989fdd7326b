"""What a printed document is by its own marks. Pure."""

from collections.abc import Sequence

from eventstore.catalogue import DocumentKind
from handlers.goods.letters import distance, fold, words_of
from handlers.reading.meaning.printed import Printed
from handlers.reading.meaning.wording import Wording

#: An order says so at its top; a shop's offer to order says it at the foot.
_TOP_ROWS = 9
#: More words are a sentence about returns or orders, no mark.
_MARK_WORDS_MAX = 4

_CHECK = Wording("ЧЕК")
_FISCAL = Wording("ФІСКАЛЬНИЙ")
_NOT_FISCAL = Wording("НЕФІСКАЛЬНИЙ")
_NO_SALE = Wording("СЛУЖБОВИЙ", "ТЕСТОВИЙ")
_GIVEN_BACK = Wording("ВИДАТКОВИЙ")
_RETURNED = Wording("ПОВЕРНЕННЯ", "ВОЗВРАТ", "СТОРНУВАННЯ")
_UNDONE = Wording("АНУЛЬОВАНО", "СКАСОВАНО", "АНУЛЬОВАНИЙ", "СКАСОВАНИЙ")
_BEFORE_PAYING = Wording("ПРЕДВАРИТЕЛЬНЫЙ", "ПОПЕРЕДНІЙ", "ГОСТЬОВИЙ")
_BILL = Wording("СЧЕТ", "РАХУНОК")
_GOODS = Wording("ТОВАРНИЙ", "ТОВАРНЫЙ")
_REPORT = Wording("ЗВІТ", "ОТЧЕТ")
_ORDER = Wording("ЗАМОВЛЕННЯ", "ЗАКАЗ", "БРОНЮВАННЯ", "РЕЗЕРВ")

_MARKS = ("ФІСКАЛЬНИЙ", "НЕФІСКАЛЬНИЙ")

Words = list[str]


def document_of(rows: Sequence[Printed], *, registered: bool) -> DocumentKind:
    """Name the document by its first mark; a slip below a sale does not unmake the sale.

    ``registered`` tells whether a register's fiscal number is printed: an order has none.
    """
    words = [words_of(row.text) for row in rows]
    if any(map(_is_return, words)):
        return "return"
    for place, row in enumerate(words):
        if _is_fiscal(row):
            return "sale"
        if _is_not_fiscal(row):
            return "not_fiscal"
        if place < _TOP_ROWS and not registered and _is_order(row):
            return "order"
    return "unknown"


def _is_fiscal(words: Words) -> bool:
    """«ФІСКАЛЬНИЙ ЧЕК», but not «НЕФІСКАЛЬНИЙ» nor «НЕ Є ФІСКАЛЬНИМ»."""
    if not _CHECK.among(words) or "НЕ" in words:
        return False
    return any(_FISCAL.knows(word) and not _is_nearer_to_not(word) for word in words)


def _is_nearer_to_not(word: str) -> bool:
    """Tell «МЕФІСКАЛЬНИЙ»: the two marks are two letters apart, and both are misread."""
    to_fiscal, to_not = (distance(word, fold(mark), at_most=12) for mark in _MARKS)
    return to_not <= to_fiscal


def _is_return(words: Words) -> bool:
    check = _CHECK.among(words)
    if _GIVEN_BACK.among(words) and check:
        return True
    returned = _RETURNED.among(words) and (len(words) <= 2 or check)
    undone = _UNDONE.among(words) and check
    return (returned or undone) and len(words) <= _MARK_WORDS_MAX


def _is_not_fiscal(words: Words) -> bool:
    """«Z-ЗВІТ», a service slip or a bill that says what it is."""
    if any(_NOT_FISCAL.knows(word) and _is_nearer_to_not(word) for word in words):
        return True
    if _NO_SALE.among(words) and len(words) <= _MARK_WORDS_MAX:
        return True
    if "НЕ" in words and _FISCAL.among(words):
        return True
    if _BEFORE_PAYING.among(words):
        return _BILL.among(words)
    few = len(words) <= _MARK_WORDS_MAX
    return few and (_REPORT.among(words) or (_GOODS.among(words) and _CHECK.among(words)))


def _is_order(words: Words) -> bool:
    return len(words) <= _MARK_WORDS_MAX and _ORDER.among(words[:2])
