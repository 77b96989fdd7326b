"""What a receipt comes to: every printed place that may say it, weighed. Pure.

The row of the total says it best; what was paid, cash less change and the VAT's share agree
with it or do not. Weights after reading.md, section 7.
"""

import re
from collections.abc import Iterator
from itertools import product
from statistics import median

from msgspec import structs

from eventstore.catalogue import Source
from eventstore.identity import Kopecks
from handlers.goods.letters import words_of
from handlers.reading.meaning.amounts import last_sum, sums_of, worn_sums_of
from handlers.reading.meaning.kinds import Kind
from handlers.reading.meaning.printed import Printed
from handlers.reading.meaning.votes import BY_DIGITS, BY_TEXT, Vote
from handlers.reading.meaning.wording import Wording

_TOTAL, _SUBTOTAL, _CARD, _CASH, _CASH_ALONE = 2.7, 1.3, 2.0, 2.0, 1.0
#: A share tells hryvnias, not kopecks: it is rounded.
_TURNOVER, _TAX_SHARE, _TAX_SHARE_GUESSED = 2.0, 0.9, 0.5
_TALL, _NAMED_CURRENCY = 1.2, 0.7
#: «До сплати» stands below «Всього» where both are printed, and so do later totals.
_TO_PAY_MORE, _LATER_MORE = 0.3, 0.02
#: A sum in letters so much higher than usual is the total, whatever word was lost.
_TALL_BY = 1.45
#: A row of a sum and nothing else: a currency and a VAT letter at most.
_BARE_LETTERS_MAX = 4
#: More rows of tax than letters a register knows.
_TAXES_MAX = 6
_GRAND_MORE = 0.8
_TINY_KOPECKS, _TINY_WORTH = 100, 0.3
#: VAT of Ukraine: all goods, medicines, some farm goods.
_RATES = (20, 7, 14)

_CARD_WORDS = Wording(
    "БЕЗГОТІВКОВА", "БЕЗГОТІВКОВИЙ", "КАРТКА", "КАРТКОЮ", "КАРТА", "ІНШЕ", "СПЛАЧЕНО", "ОПЛАТА",
    "ОПЛАЧЕНО",
)  # fmt: skip
_CASH_WORDS = Wording("ГОТІВКА", "ГОТІВКОЮ", "НАЛИЧНЫЕ", "ВНЕСЕНО", "ОТРИМАНО", "ОДЕРЖАНО")
_CHANGE_WORDS = Wording("РЕШТА", "СДАЧА", "ЗДАЧА")
_TO_PAY_WORDS = Wording("СПЛАТИ", "ОПЛАТЕ", "ОПЛАТИ")
_CURRENCY = re.compile(r"\d\s?(?:ГРН|ГPH|PH|UAH|₴)", re.IGNORECASE)
_RATE = re.compile(r"(?<!\d)(\d{1,2})(?:[.,]\d+)?\s?%")

Votes = list[Vote[Kopecks]]


def total_votes(rows: list[Printed]) -> Votes:
    """Return all that is printed about the total."""
    votes = [
        *(keyword := list(_keyword_votes(rows))),
        *_grand_votes(keyword),
        *_paid_votes(rows),
        *_turnover_votes(rows),
        *_tall_votes(rows),
        *_currency_votes(rows),
    ]
    votes = [_doubted_if_tiny(vote) for vote in votes if vote.value > 0]
    return votes + _tax_votes(rows, {vote.value for vote in votes})


def _doubted_if_tiny(vote: Vote[Kopecks]) -> Vote[Kopecks]:
    """Doubt a total of kopecks: it is a rounding or a share that slipped a row."""
    tiny = vote.value < _TINY_KOPECKS
    return structs.replace(vote, weight=vote.weight * _TINY_WORTH) if tiny else vote


def _keyword_votes(rows: list[Printed]) -> Iterator[Vote[Kopecks]]:
    for order, row in enumerate(row for row in rows if row.kind in (Kind.TOTAL, Kind.SUBTOTAL)):
        gross = row.kind is Kind.SUBTOTAL or _is_reduced_below(rows, row)
        weight = _SUBTOTAL if gross else _TOTAL + order * _LATER_MORE
        if _TO_PAY_WORDS.among(words_of(row.text)[:4]):
            weight += _TO_PAY_MORE
        yield from _sum_votes(rows, row, weight=weight, place="total")


def _is_reduced_below(rows: list[Printed], row: Printed) -> bool:
    """Tell «Всього» with a discount between it and what is paid."""
    kinds = [one.kind for one in rows[row.place + 1 :]]
    if Kind.DISCOUNT not in kinds:
        return False
    below = kinds[kinds.index(Kind.DISCOUNT) :]
    return Kind.TOTAL in below or Kind.PAYMENT in below


def _grand_votes(keyword: Votes) -> Iterator[Vote[Kopecks]]:
    """Yield a total that two or more totals above add up to: a bill in parts."""
    for vote in keyword:
        above = {one.row: one.value for one in keyword if one.row < vote.row}
        if len(above) > 1 and sum(above.values()) == vote.value:
            yield structs.replace(vote, weight=vote.weight * _GRAND_MORE, place="parts")


def _sum_votes(rows: list[Printed], row: Printed, *, weight: float, place: str) -> Votes:
    """Return the votes of a row that must have a sum: its own, its neighbour's, a worn one."""
    own = row.votes(_sum_of, weight=weight, place=place)
    if own:
        return own
    for near in (row.place + 1, row.place - 1):
        if 0 <= near < len(rows) and _is_bare(rows[near]):
            return rows[near].votes(_sum_of, weight=weight, place=place)
    return _worn_votes(row, weight=weight, place=place)


def _worn_votes(row: Printed, *, weight: float, place: str) -> Votes:
    readers: tuple[tuple[Source, str, float], ...] = (
        ("text", row.text, BY_TEXT), ("digits", row.second, BY_DIGITS),
    )  # fmt: skip
    return [
        row.vote(value, weight=weight * worth * trust, source=source, place=place)
        for source, text, trust in readers
        for value, worth in worn_sums_of(text)
    ]


def _sum_of(text: str) -> Kopecks | None:
    found = last_sum(text, grouped=True)
    return None if found is None else Kopecks(abs(found.kopecks))


def _is_bare(row: Printed) -> bool:
    return row.kind in (Kind.PRICED, Kind.TEXT) and row.letters <= _BARE_LETTERS_MAX


def _paid_votes(rows: list[Printed]) -> Votes:
    """Return what was paid: by card as printed, in cash less the change."""
    cash: list[Votes] = []
    changes: list[Votes] = []
    votes: Votes = []
    for row in rows:
        if row.kind not in (Kind.PAYMENT, Kind.PRICED):
            continue
        words = [*words_of(row.text)[:3], *words_of(row.second)[:2]]
        if _CHANGE_WORDS.among(words):
            changes.append(_sum_votes(rows, row, weight=_CASH, place="cash"))
        elif _CASH_WORDS.among(words):
            cash.append(_sum_votes(rows, row, weight=_CASH, place="cash"))
        elif _CARD_WORDS.among(words):
            votes += _sum_votes(rows, row, weight=_CARD, place="card")
    return votes + _cash_votes(cash, changes) + _sums_with_change(rows, changes)


def _cash_votes(cash: list[Votes], changes: list[Votes]) -> Votes:
    """Return the cash less the change; without a change the cash may still be too much."""
    given = cash[-1] if cash else []
    back = changes[-1] if changes else []
    if not back:
        return [structs.replace(vote, weight=vote.weight * _CASH_ALONE / _CASH) for vote in given]
    return [
        structs.replace(vote, value=Kopecks(vote.value - less.value))
        for vote, less in product(given, back)
        if vote.source == less.source or len(given) + len(back) < 4
    ]


def _sums_with_change(rows: list[Printed], changes: list[Votes]) -> Votes:
    """Return the sums that the printed change brings to another: cash and total, in any rows.

    On a curled paper words and sums of neighbours are mixed up; the sums still fit.
    """
    backs = {vote.value for vote in changes[-1]} if changes else set()
    kinds = (Kind.TOTAL, Kind.PAYMENT, Kind.PRICED)
    said = [row.votes(_sum_of, weight=_CASH, place="cash") for row in rows if row.kind in kinds]
    values = {vote.value for each in said for vote in each}
    return [
        vote
        for each in said
        for vote in each
        if vote.value not in backs and any(vote.value + back in values for back in backs if back)
    ][-2:]


def _turnover_votes(rows: list[Printed]) -> Iterator[Vote[Kopecks]]:
    """Yield what is taxed where its share is printed beside it: «20.00% від 210.00: 42.00»."""
    for row in rows:
        if row.kind is Kind.TAX:
            yield from row.votes(_base_of, weight=_TURNOVER, place="turnover")


def _base_of(text: str) -> Kopecks | None:
    sums = [found.kopecks for found in sums_of(text)]
    rates = [int(rate) for rate in _RATE.findall(text)]
    pairs = ((base, tax) for base in sums for tax in sums if base > tax > 0)
    fits = (base for base, tax in pairs if any(_is_share(base, tax, rate) for rate in rates))
    return next(fits, None)


def _is_share(base: int, tax: int, rate: int) -> bool:
    """Tell whether ``tax`` is the rate's share in ``base``, or comes on top of it."""
    within = abs(base * rate - tax * (100 + rate)) <= 100 + rate
    return rate > 0 and (within or abs(base * rate - tax * 100) <= 100)


def _tax_votes(rows: list[Printed], totals: set[Kopecks]) -> Votes:
    """Return the totals of which the printed VAT is the share: t x 20/120, t x 7/107."""
    taxes = [(row, found) for row in rows if row.kind is Kind.TAX and (found := _taxes(rows, row))]
    if not taxes or len(taxes) > _TAXES_MAX:
        return []
    bases = [[_base(tax, rate) for tax in sums for rate in rates] for _, (sums, rates) in taxes]
    guessed = any(len(rates) > 1 for _, (_, rates) in taxes)
    weight = _TAX_SHARE_GUESSED if guessed else _TAX_SHARE
    row = taxes[0][0]
    return [
        row.vote(total, weight=weight, source=None, place="tax")
        for total in totals
        if _is_sum_of_bases(total, bases)
    ]


#: The least and the most that a printed tax is the share of.
_Range = tuple[float, float]


def _taxes(rows: list[Printed], row: Printed) -> tuple[set[Kopecks], tuple[int, ...]] | None:
    """Return the tax of a row in either reading, and the rates it may have."""
    sums = {vote.value for vote in _sum_votes(rows, row, weight=1.0, place="tax") if vote.value}
    printed = tuple({int(rate) for rate in _RATE.findall(f"{row.text} {row.second}")} & {*_RATES})
    return (sums, printed or _RATES[:2]) if sums else None


def _base(tax: Kopecks, rate: int) -> _Range:
    """Return the range of what is taxed: a tax is rounded to a kopeck."""
    share = (100 + rate) / rate
    return (tax - 0.5) * share, (tax + 0.5) * share


def _is_sum_of_bases(total: Kopecks, bases: list[list[_Range]]) -> bool:
    """Tell whether one base, or one of each row added up, comes to ``total``."""
    single = any(low <= total <= high for row in bases for low, high in row)
    return single or any(
        sum(low for low, _ in choice) <= total <= sum(high for _, high in choice)
        for choice in product(*bases)
    )


def _tall_votes(rows: list[Printed]) -> Iterator[Vote[Kopecks]]:
    """Yield sums in double height whose word was lost."""
    usual = median(row.row.height for row in rows) if rows else 0.0
    for row in rows:
        if row.kind in (Kind.PRICED, Kind.TEXT) and row.row.height > _TALL_BY * usual:
            yield from row.votes(_sum_of, weight=_TALL, place="tall")


def _currency_votes(rows: list[Printed]) -> Iterator[Vote[Kopecks]]:
    """Yield sums with the currency behind them, once however many rows repeat them."""
    for row in rows:
        named = _CURRENCY.search(row.text) or _CURRENCY.search(row.second)
        if named and row.kind in (Kind.PRICED, Kind.PAYMENT, Kind.TOTAL):
            said = row.votes(_sum_of, weight=_NAMED_CURRENCY, place="currency")
            yield from (structs.replace(vote, row=0) for vote in said)
