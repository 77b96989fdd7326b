"""Header, totals and footer of a receipt from its rows. Pure.

Each field is a list of candidates with the weight of their evidence; ``fuse`` chooses.
"""

import re
from collections import Counter, defaultdict
from datetime import datetime
from typing import TypeVar

from msgspec import Struct

from eventstore.catalogue import DocumentKind
from eventstore.identity import Kopecks
from handlers.letters import fold, resembles, words_of
from handlers.reading.amounts import day_of, digits_mended, last_sum, moment, sums_of, time_of
from handlers.reading.kinds import Kind, kind_of
from handlers.reading.rows import Row

T = TypeVar("T")

#: Weight of a total by where it stands (reading.md: «evidence is a usable confidence»).
_WEIGHT_TOTAL, _WEIGHT_PAYMENT, _WEIGHT_TAX_BASE = 3.0, 2.0, 2.0
_CARD_WORDS = ("БЕЗГОТІВКОВА", "БЕЗГОТІВКОВИЙ", "КАРТКА", "КАРТКОЮ", "ІНШЕ", "СПЛАЧЕНО")
_CASH_WORDS = ("ГОТІВКА", "ГОТІВКОЮ", "НАЛИЧНЫЕ")
_CHANGE_WORDS = ("РЕШТА", "СДАЧА", "ЗДАЧА")
#: Registers: hardware ones 3000…, programs 4000… and 4001….
_FISCAL_NUMBER = re.compile(r"(?<!\d)([34]0[0-9]{2}\s?\d{6})(?!\d)")
_CHECK_NUMBERS = (
    re.compile(r"ЧЕК\W*\w?Ф[НИ]\W*([\w\-]{4,40})", re.IGNORECASE),
    re.compile(r"Ф[ІИI]СК\w*\W*НОМ\w*\W*([\w\-]{4,40})", re.IGNORECASE),
    re.compile(r"ЧЕК\w?\s*(?:№|N[o9]?|Ме|Мо|#|Ко|К|Ю|Ок)\W*\s?(\d{1,12})(?![\d:/])", re.IGNORECASE),
    re.compile(r"ЧЕК\W+(?:\w{1,3}\W+)?(\d{6,12})(?![\d:/])", re.IGNORECASE),
    re.compile(r"^\W*(\d{7,10})\s\d{5,8}\s"),
)
_SELLER = re.compile(r"(?:^|\W)(?:ТОВ|ТЗОВ|ФОП|ПРАТ|ПАТ|ООО|ДП|КП)\W+\w", re.IGNORECASE)
_ADDRESS = re.compile(
    r"\bВУЛ|\bПРОСП|\bБУЛЬВ|\bШОСЕ|\bПЛ\s?\.|\bОБЛ|РАЙОН|Р-Н\b"
    r"|(?:^|\W)М\s?\.\s?\w{3,}|УКРАЇНА|УКРАИНА",
    re.IGNORECASE,
)
#: Rows looked at for seller and address.
_HEADER_ROWS = 9


class Candidates(Struct, frozen=True, kw_only=True):
    """What the printed text says; the best candidate of each list comes first."""

    document: DocumentKind
    merchant: str | None
    address: str | None
    totals: tuple[tuple[Kopecks, float], ...]
    moments: tuple[datetime, ...]
    #: days printed without a readable time
    days: tuple[tuple[int, int, int], ...]
    fiscal_numbers: tuple[str, ...]
    receipt_numbers: tuple[str, ...]


def candidates_of(rows: list[Row]) -> Candidates:
    """Return all fields the rows of a receipt may state."""
    texts = [digits_mended(row.text) for row in rows]
    kinds = [kind_of(text) for text in texts]
    moments, days = _moments(texts)
    return Candidates(
        document=_document(texts),
        merchant=_merchant(texts),
        address=_address(texts),
        totals=_totals(texts, kinds),
        moments=moments,
        days=days,
        fiscal_numbers=_fiscal_numbers(texts),
        receipt_numbers=_receipt_numbers(texts),
    )


def _document(texts: list[str]) -> DocumentKind:
    """Name the document by its own marks; a slip below a sale does not unmake the sale."""
    words = [words_of(text) for text in texts]
    if any(_is_return(row) for row in words):
        return "return"
    if any(_has(row, "ФІСКАЛЬНИЙ") and _has(row, "ЧЕК") for row in words):
        return "sale"
    if any(_is_not_fiscal(row) for row in words):
        return "not_fiscal"
    if any(_is_order(row) for row in words[:_HEADER_ROWS]) and not _fiscal_numbers(texts):
        return "order"
    return "unknown"


def _is_return(words: list[str]) -> bool:
    if _has(words, "ВИДАТКОВИЙ") and _has(words, "ЧЕК"):
        return True
    returned = _has(words, "ПОВЕРНЕННЯ") or _has(words, "ВОЗВРАТ")
    return returned and (len(words) <= 2 or (_has(words, "ЧЕК") and len(words) <= 4))


def _is_not_fiscal(words: list[str]) -> bool:
    """«Z-ЗВІТ», a service slip or a bill that says what it is."""
    if any(_has(words, mark) for mark in ("НЕФІСКАЛЬНИЙ", "СЛУЖБОВИЙ")):
        return True
    if _has(words, "ПРЕДВАРИТЕЛЬНЫЙ") or _has(words, "ПОПЕРЕДНІЙ"):
        return _has(words, "СЧЕТ") or _has(words, "РАХУНОК")
    return len(words) <= 4 and ("ЗВИТ" in words or "Z-ЗВИТ" in words)


def _is_order(words: list[str]) -> bool:
    return len(words) <= 4 and (_has(words[:2], "ЗАМОВЛЕННЯ") or _has(words[:2], "ЗАКАЗ"))


def _has(words: list[str], target: str) -> bool:
    """Tell whether a word resembles ``target``; «НЕФІСКАЛЬНИЙ» is not «ФІСКАЛЬНИЙ»."""
    folded = fold(target)
    return any(resembles(word, folded) and word[0] == folded[0] for word in words)


def _merchant(texts: list[str]) -> str | None:
    head = texts[:_HEADER_ROWS]
    for text in head:
        if _SELLER.search(text):
            return _trimmed(text)
    shops = ("АПТЕКА", "АПТЕЧНИЙ", "МАГАЗИН", "СУПЕРМАРКЕТ")
    for text in head:
        if any(_has(words_of(text), shop) for shop in shops):
            return _trimmed(text)
    named = (text for text in head[:3] if sum(map(str.isalpha, text)) >= 5)
    return next((_trimmed(text) for text in named), None)


def _address(texts: list[str]) -> str | None:
    found = [
        _trimmed(text)
        for text in texts[:_HEADER_ROWS]
        if _ADDRESS.search(text) and not sums_of(text) and not _SELLER.search(text)
    ]
    return ", ".join(found[:3]) or None


def _trimmed(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip(" -_=|,.;:")


def _totals(texts: list[str], kinds: list[Kind]) -> tuple[tuple[Kopecks, float], ...]:
    """Weigh every sum that may be the total: keyword row, payment, cash less change, VAT base."""
    weights: defaultdict[Kopecks, float] = defaultdict(float)
    for place, (text, kind) in enumerate(zip(texts, kinds, strict=True)):
        if kind is Kind.TOTAL:
            for kopecks in _own_or_next(texts, kinds, place):
                weights[kopecks] += _WEIGHT_TOTAL
        elif kind is Kind.TAX:
            for kopecks in _tax_bases(text):
                weights[kopecks] += _WEIGHT_TAX_BASE
    for kopecks in _paid(texts, kinds):
        weights[kopecks] += _WEIGHT_PAYMENT
    ordered = sorted(weights.items(), key=lambda pair: -pair[1])
    return tuple((kopecks, weight) for kopecks, weight in ordered if kopecks > 0)


def _own_or_next(texts: list[str], kinds: list[Kind], place: int) -> list[Kopecks]:
    """Return the sum of a total row, or of a bare row right below or above it."""
    own = last_sum(texts[place], grouped=True)
    if own is not None:
        return [own.kopecks]
    for near in (place + 1, place - 1):
        if 0 <= near < len(texts) and kinds[near] in (Kind.PRICED, Kind.TEXT):
            bare = last_sum(texts[near], grouped=True)
            if bare is not None and sum(map(str.isalpha, texts[near])) <= 4:
                return [bare.kopecks]
    return []


def _tax_bases(text: str) -> list[Kopecks]:
    """«ПДВ A 20.00% від 210.00: 42.00»: the base is the total when the share fits."""
    sums = [found.kopecks for found in sums_of(text)]
    rates = [int(rate) for rate in re.findall(r"(\d{1,2})(?:[.,]\d+)?\s?%", text)]
    pairs = [(base, tax) for base in sums for tax in sums if base > tax > 0]
    fits = [
        base
        for base, tax in pairs
        for rate in rates
        if rate and abs(base * rate - tax * (100 + rate)) <= 100 + rate
    ]
    return fits[:1]


def _paid(texts: list[str], kinds: list[Kind]) -> list[Kopecks]:
    """Return what was paid: by card as printed, in cash less the change."""
    found: list[Kopecks] = []
    cash: Kopecks | None = None
    change = Kopecks(0)
    for text, kind in zip(texts, kinds, strict=True):
        words, amount = words_of(text)[:3], last_sum(text, grouped=True)
        if kind not in (Kind.PAYMENT, Kind.PRICED) or amount is None:
            continue
        if any(_has(words, word) for word in _CARD_WORDS):
            found.append(amount.kopecks)
        elif any(_has(words, word) for word in _CASH_WORDS):
            cash = amount.kopecks
        elif any(_has(words, word) for word in _CHANGE_WORDS):
            change = amount.kopecks
    return found + ([Kopecks(cash - change)] if cash is not None else [])


def _moments(
    texts: list[str],
) -> tuple[tuple[datetime, ...], tuple[tuple[int, int, int], ...]]:
    """Pair each date with the time on its row, else on the next or previous row."""
    found: list[datetime] = []
    days: list[tuple[int, int, int]] = []
    for place, text in enumerate(texts):
        day = day_of(text)
        if day is None:
            continue
        near = (texts[i] for i in (place, place + 1, place - 1) if 0 <= i < len(texts))
        time = next((time for row in near if (time := time_of(row)) is not None), None)
        if time is None:
            days.append(day)
        else:
            found.append(moment(day, time))
    return _by_frequency(found), _by_frequency(days)


def _fiscal_numbers(texts: list[str]) -> tuple[str, ...]:
    """Numbers beside «ФН» or «ПРРО» first, then any of the right shape."""
    labelled: list[str] = []
    bare: list[str] = []
    for text in texts:
        folded = fold(text)
        for number in _FISCAL_NUMBER.findall(text):
            near_label = re.search(r"ФН|ПРРО|РРО|ОН\b|Ф\s?ИСК", folded) and "ЧЕК" not in folded
            (labelled if near_label else bare).append(re.sub(r"\s", "", number))
    return tuple(dict.fromkeys([*labelled, *bare]))


def _receipt_numbers(texts: list[str]) -> tuple[str, ...]:
    found = [
        match[1]
        for pattern in _CHECK_NUMBERS
        for text in texts
        if (match := pattern.search(text)) is not None and any(map(str.isdigit, match[1]))
    ]
    return tuple(dict.fromkeys(found))


def _by_frequency(values: list[T]) -> tuple[T, ...]:
    return tuple(value for value, _ in Counter(values).most_common())
