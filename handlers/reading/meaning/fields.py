"""Header, totals and footer of a receipt from its rows. Pure.

Each field is a list of values with the weight of their evidence; ``fuse`` chooses.
"""

import re
from datetime import datetime

from msgspec import Struct

from eventstore.catalogue import DocumentKind, Share
from eventstore.identity import Kopecks, receipt_number_key
from handlers.goods.letters import words_of
from handlers.reading.meaning.amounts import sums_of
from handlers.reading.meaning.dates import days_of, moment_votes
from handlers.reading.meaning.documents import document_of
from handlers.reading.meaning.legibility import legibility_of
from handlers.reading.meaning.moments import Day
from handlers.reading.meaning.numbers import fiscal_number_votes, receipt_number_votes
from handlers.reading.meaning.printed import Printed, printed_of
from handlers.reading.meaning.totals import total_votes
from handlers.reading.meaning.votes import Standing, tally
from handlers.reading.meaning.wording import Wording
from handlers.reading.rows import Row

#: Rows looked at for seller and address.
_HEADER_ROWS = 9
_SELLER = re.compile(r"(?:^|\W)(?:ТОВ|ТЗОВ|ФОП|ПРАТ|ПАТ|ООО|ДП|КП)\W+\w", re.IGNORECASE)
_SHOPS = Wording("АПТЕКА", "АПТЕЧНИЙ", "МАГАЗИН", "СУПЕРМАРКЕТ")
_ADDRESS = re.compile(
    r"\bВУЛ|\bПРОСП|\bБУЛЬВ|\bШОСЕ|\bПЛ\s?\.|\bОБЛ|РАЙОН|Р-Н\b"
    r"|(?:^|\W)М\s?\.\s?\w{3,}|УКРАЇНА|УКРАИНА",
    re.IGNORECASE,
)


class Candidates(Struct, frozen=True, kw_only=True):
    """What the printed text says; the best value of each list comes first."""

    document: DocumentKind
    merchant: str | None
    address: str | None
    totals: tuple[Standing[Kopecks], ...]
    moments: tuple[Standing[datetime], ...]
    #: days printed, whether with a readable time or without
    days: tuple[Day, ...]
    fiscal_numbers: tuple[Standing[str], ...]
    #: as printed; one number however much of it was read
    receipt_numbers: tuple[Standing[str], ...]
    #: how often the two readers agree on figures
    legibility: Share


def candidates_of(rows: list[Row]) -> Candidates:
    """Return all fields the rows of a receipt may state."""
    printed = printed_of(rows)
    texts = [row.text for row in printed]
    fiscal_numbers = tally(fiscal_number_votes(printed))
    return Candidates(
        document=document_of(printed, registered=bool(fiscal_numbers)),
        merchant=_merchant(texts),
        address=_address(texts),
        totals=tally(total_votes(printed)),
        moments=tally(moment_votes(printed)),
        days=days_of(printed),
        fiscal_numbers=fiscal_numbers,
        receipt_numbers=_receipt_numbers(printed, fiscal_numbers),
        legibility=legibility_of(printed),
    )


def _receipt_numbers(
    rows: list[Printed], fiscal_numbers: tuple[Standing[str], ...]
) -> tuple[Standing[str], ...]:
    """Return the receipt's numbers; the register's own is none of them."""
    registers = {standing.value for standing in fiscal_numbers[:1]}
    found = tally(receipt_number_votes(rows), key=receipt_number_key)
    return tuple(standing for standing in found if standing.value not in registers)


def _merchant(texts: list[str]) -> str | None:
    head = texts[:_HEADER_ROWS]
    for text in head:
        if _SELLER.search(text):
            return _trimmed(text)
    for text in head:
        if _SHOPS.among(words_of(text)):
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
