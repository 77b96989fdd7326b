"""The register's fiscal number and the receipt's own number, weighed. Pure.

Paper carries many numbers: tax numbers, factory numbers, the bank's, the shop's own. A label
or a place tells which is which; order 13 of the Ministry of Finance names the labels.
"""

import re
from collections.abc import Callable, Iterator

from handlers.letters import fold
from handlers.reading.kinds import Kind
from handlers.reading.moments import day_of
from handlers.reading.printed import Printed
from handlers.reading.votes import Vote

_LABELLED, _BESIDE_FACTORY, _BARE = 3.2, 2.6, 1.2
#: «ФН» as both readers may see it, folded; the sign of a label may be read as an «О».
_LABEL = r"(?:[ФОРФQD@04]Н|ФИ|ФП|П?РРО)(?:\W{0,3}(?:ФН|[ФОР]Н))?\W{0,4}О?\W{0,3}"
_BEHIND_LABEL = re.compile(_LABEL + r"(?<!\d)(\d{10})(?!\d)")
_PARTED_BEHIND_LABEL = re.compile(_LABEL + r"(?<!\d)(\d(?: ?\d){9})(?!\s?\d)")
#: Registers: hardware ones 3000…, programs 4000… and 4001….
_OF_REGISTERS = re.compile(r"(?<!\d)([34]0\d{8})(?!\d)")
_FACTORY = re.compile(r"\bЗ\s?\.?\s?Н\b|\bЗН")
#: Ten digits that are somebody else's: of the seller, a phone, a bank.
_NOT_OURS = re.compile(r"(?:^|\W)(?:[ИI][ДD]|ПН|ИПН|ТИН|ЕДРПОУ|RRN|РРН|ТЕЛ)\W*\d")
_CHECK_WORD = re.compile(r"\b[ЧЦ4УU]ЕК")

#: How sure a form of the receipt's number is.
_FISCAL_FORM, _PAIR_FORM, _DATED_FORM, _SIGN_FORM = 3.4, 3.3, 3.2, 3.2
_PLAIN_FORM, _SHOP_FORM, _LOCAL_FORM = 2.6, 1.2, 1.0
#: «ЧЕК» in either reading, and «№» in any of its disguises.
_CHECK = r"(?<![^\W\d])[ЧчЦ4YUУ][ЕеEe][КкKk]"
_NUMBER_SIGN = r"(?:№|N[o°º*'9]{0,2}|Ме|Мо|#|Ко|К|Ю|Ок|Nе|IU)"
_PAIR = r"(0\d{6,8}\s\d{5,7}|0\d{8}\d{5})(?![\d:/.])"
_ID = r"([A-Za-z0-9_\-]{4,40})(?![\w/])"
#: «ЧЕК ФН 131372388 ВН 41», «Фіск. номер: 1384600901».
_FISCAL = re.compile(
    rf"{_CHECK}\W*(?:[ФфФOОDQ@0]|PH|4)?[НHиИNFPі]?[НHи]?\W+{_ID}"
    rf"|(?:Ф[ІИIi]СК|ФIСК)\w*\W*НОМ\w*\W*(?:ЧЕКА\W*)?{_ID}",
    re.IGNORECASE,
)
_PAIRED = re.compile(rf"(?<![\d./:\-]){_PAIR}")
_SIGNED = re.compile(
    rf"{_CHECK}\w?\s*{_NUMBER_SIGN}\W*\s?(?:(\d{{1,12}})(?![\d:/.]|\w)|([A-Za-z0-9_\-]{{11}})(?!\w))",
    re.IGNORECASE,
)
_PLAIN = re.compile(rf"{_CHECK}[^\w:]+(?:[^\W\d]{{1,3}}\W+)?(\d{{4,12}})(?![\d:/.])", re.IGNORECASE)
_SHOP = re.compile(rf"{_CHECK}\s?:\s?(\d{{4,12}})(?![\d:/.])", re.IGNORECASE)
_DATED = re.compile(r"(?:N|№)\W{0,3}(\d{3,12})(?![\d:/.])")
_LOCAL = re.compile(r"ЛНД\W*(?:№|N)?\W*(\d{1,12})(?!\d)", re.IGNORECASE)


def fiscal_number_votes(rows: list[Printed]) -> Iterator[Vote[str]]:
    """Yield numbers beside «ФН» or «ПРРО», then any of the right shape."""
    for row in rows:
        if row.kind is Kind.META:
            continue
        yield from row.votes(_labelled, weight=_LABELLED, place="fiscal number")
        factory = _FACTORY.search(fold(row.text)) is not None
        weight = _BESIDE_FACTORY if factory else _BARE
        yield from row.votes(_bare, weight=weight, place="fiscal number")


def _labelled(text: str) -> str | None:
    folded = fold(text)
    if _CHECK_WORD.search(folded):
        return None
    found = _BEHIND_LABEL.search(folded) or _PARTED_BEHIND_LABEL.search(folded)
    return found[1].replace(" ", "") if found else None


def _bare(text: str) -> str | None:
    folded = fold(text)
    found = _OF_REGISTERS.search(folded)
    strange = _NOT_OURS.search(folded) or _CHECK_WORD.search(folded)
    return found[1] if found and not strange else None


def receipt_number_votes(rows: list[Printed]) -> Iterator[Vote[str]]:
    """Yield the numbers of the receipt in all forms that registers print."""
    for row in rows:
        for weight, ask in _FORMS:
            yield from row.votes(ask, weight=weight, place="receipt number")


def _fiscal(text: str) -> str | None:
    found = _FISCAL.search(text)
    if found is None:
        return None
    return _with_a_digit(found[1] or found[2])


def _paired(text: str) -> str | None:
    found = _PAIRED.search(text)
    if found is None:
        return None
    digits = found[1]
    return digits if " " in digits else f"{digits[:9]} {digits[9:]}"


def _signed(text: str) -> str | None:
    found = _SIGNED.search(text)
    return None if found is None else _with_a_digit(found[1] or found[2])


def _dated(text: str) -> str | None:
    return _first(_DATED, text) if day_of(text) is not None else None


def _with_a_digit(number: str) -> str | None:
    """Return an id that may be one: a word of a label has no digit."""
    return number if any(map(str.isdigit, number)) else None


def _first(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.search(text)
    return found[1] if found else None


def _plain(text: str) -> str | None:
    return _first(_PLAIN, text)


def _shop(text: str) -> str | None:
    return _first(_SHOP, text)


def _local(text: str) -> str | None:
    return _first(_LOCAL, text)


_FORMS: tuple[tuple[float, Callable[[str], str | None]], ...] = (
    (_FISCAL_FORM, _fiscal),
    (_PAIR_FORM, _paired),
    (_SIGN_FORM, _signed),
    (_DATED_FORM, _dated),
    (_PLAIN_FORM, _plain),
    (_SHOP_FORM, _shop),
    (_LOCAL_FORM, _local),
)
