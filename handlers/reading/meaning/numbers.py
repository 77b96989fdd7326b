"""The register's fiscal number and the receipt's own number, weighed. Pure.

Paper carries many numbers: tax numbers, factory numbers, the bank's, the shop's own. A label
or a place tells which is which; order 13 of the Ministry of Finance names the labels.
"""

import re
from collections.abc import Callable, Iterator

from msgspec import structs

from handlers.goods.letters import fold
from handlers.reading.meaning.kinds import Kind
from handlers.reading.meaning.moments import day_of
from handlers.reading.meaning.printed import Printed
from handlers.reading.meaning.votes import (
    BY_DIGITS,
    BY_TEXT,
    Vote,
    may_be_zeros,
    zeros_put_back,
)

_LABELLED, _BESIDE_FACTORY, _BARE = 3.2, 2.6, 1.2
#: «ФН» as both readers may see it, folded; the sign of a label may be read as an «О».
_LABEL = r"(?:(?<!\w)[^\WПЗИТ3]?Н|ФН|ФИ|ФП|П?РРО|КАСИ)(?:\W{0,3}(?:ФН|[ФОР]Н))?\W{0,4}О?\W{0,3}"
_BEHIND_LABEL = re.compile(_LABEL + r"(?<!\d)(\d{10})(?!\d)")
_PARTED_BEHIND_LABEL = re.compile(_LABEL + r"(?<!\d)(\d(?: ?\d){9})(?!\s?\d)")
_TEN = re.compile(r"(?<!\d)(\d{10})(?!\d)")
#: Registers: hardware ones 3000…, programs 4000… and 4001….
_OF_REGISTERS = re.compile(r"(?<!\d)([34]0\d{8})(?!\d)")
_HEAD = re.compile(r"[34]00[01]")
_WORN_HEAD = re.compile(r"^([34])[0689]{2}([01689])(?=\d{6}$)")
_ZERO_SHAPES = str.maketrans("689", "000")
_STRANGE_WORTH = 0.45
_FACTORY = re.compile(r"\b[З3]\s?\.?\s?Н\b|\bЗН")
_FACTORY_NUMBER = re.compile(r"\b[З3]\s?\.?\s?Н\W{0,3}[^\W\d]{0,3}[О\d]{8,11}(?!\d)")
#: Ten digits that are somebody else's: of the seller, a phone, a bank.
_NOT_OURS = re.compile(r"(?:^|\W)(?:[ИI][ДD]|ПН|ИПН|ТИН|ЕДРПОУ|RRN|РРН|ТЕЛ)\W*\d")
_CHECK_WORD = re.compile(r"\b[ЧЦ4УU]ЕК")

#: How sure a form of the receipt's number is.
_PAIR_FORM, _FISCAL_FORM, _SIGN_FORM, _DATED_FORM = 3.5, 3.4, 3.2, 3.2
_REPORT_FORM, _PLAIN_FORM, _SHOP_FORM, _LOCAL_FORM = 3.1, 2.6, 1.2, 1.0
#: «ЧЕК» in either reading («HEK»), and «№» in any of its disguises.
_CHECK = r"(?<![^\W\d])[ЧчЦ4YUУH][ЕеEe][КкKk]"
_NUMBER_SIGN = r"(?:№|N[o°º*'9]{0,2}|Ме|Мо|#|Ко|К|Ю|Ок|Nе|IU)"
_PAIR = r"(0\d{6,8}\s\d{5,7}|0\d{8}\d{5})(?![\d:/.])"
_ID = r"([A-Za-z0-9_\-]{4,40}(?:\.\d{1,6}){0,2})(?![\w/\-])"
#: «ЧЕК ФН 131372388 ВН 41», «Фіск. номер: 1384600901».
_FISCAL = re.compile(
    rf"{_CHECK}\W*[^\W\d]?[^\W\d]\W+{_ID}"
    rf"|(?:Ф[ІИIi]СК|ФIСК)\w*\W*НОМ\w*\W*(?:ЧЕКА\W*)?{_ID}",
    re.IGNORECASE,
)
#: Programs draw eleven of 64 signs by chance: «jSkvJdFcZ-I».
_DRAWN_SIGNS, _CAPITAL_AMID = 11, re.compile(r"[a-z][A-Z]")
_LABEL_BEFORE = re.compile(
    rf"^\W*(?:Ф\w+\s+)?{_CHECK}(?!\w)(?:\s?{_NUMBER_SIGN}(?=\W))?|^\W*Ф[ІИIi]СК\w*\W*НОМ\w*",
    re.IGNORECASE,
)
_PAIRED = re.compile(rf"(?<![\d./:\-]){_PAIR}")
_SIGNED = re.compile(
    rf"{_CHECK}\w?\s*{_NUMBER_SIGN}\W*\s?"
    rf"(?:(\d{{1,12}}(?:\.\d+\.\d+)?)(?![\d:/.]|\w)|([A-Za-z0-9_\-]{{11}})(?!\w))",
    re.IGNORECASE,
)
_PLAIN = re.compile(rf"{_CHECK}[^\w:]+(?:[^\W\d]{{1,3}}\W+)?(\d{{4,12}})(?![\d:/.])", re.IGNORECASE)
#: «Чек 309644, Z 506»: the register's report stands behind, whatever became of the word.
_BEFORE_REPORT = re.compile(r"(?<![\d.,])(\d{4,9})[,.]\s+[Z2]\W{0,2}\s?\d{1,5}\s*$")
_SHOP = re.compile(rf"{_CHECK}\s?:\s?(\d{{4,12}})(?![\d:/.])", re.IGNORECASE)
#: «21-01-19 10:33:26 N°0012»
_DATED = re.compile(r":\d\d\s+(?:N|№|М|Н)\W{0,3}(\d{3,12})(?![\d:/.])")
_LOCAL = re.compile(r"ЛНД\W*(?:№|N)?\W*(\d{1,12})(?!\d)", re.IGNORECASE)


def fiscal_number_votes(rows: list[Printed]) -> Iterator[Vote[str]]:
    """Yield numbers beside «ФН» or «ПРРО», then any of the right shape.

    A label that one reader made out serves the number of the other too.
    """
    for row in rows:
        said = (_ours(row.text), _ours(row.second))
        if row.kind is Kind.META or any(map(_CHECK_WORD.search, said)):
            continue
        if any(map(_labelled, said)):
            votes = _votes(row, _ten_digits, weight=_LABELLED, place="fiscal number")
            yield from map(_mended, votes)
        else:
            factory = any(map(_FACTORY.search, said))
            weight = _BESIDE_FACTORY if factory else _BARE
            yield from _votes(row, _bare, weight=weight, place="fiscal number")


def _votes(
    row: Printed, ask: Callable[[str], str | None], *, weight: float, place: str
) -> list[Vote[str]]:
    """Return what either reading says; readers that differ in slashed zeros alone agree.

    Unless an eight of both may be such a zero: then that is one reader's word.
    """
    by_text, by_digits = ask(row.text), ask(row.second) if row.second else None
    number = zeros_put_back(by_text or "", by_digits or "")
    if by_text is None or by_digits is None or number is None:
        return row.votes(ask, weight=weight, place=place)
    said = [row.vote(number, weight=weight * BY_DIGITS, source="digits", place=place)]
    if not may_be_zeros(by_text, by_digits):
        said.insert(0, row.vote(number, weight=weight * BY_TEXT, source="text", place=place))
    return said


def _mended(vote: Vote[str]) -> Vote[str]:
    """Put zeros at the head back to zeros, where slashed ones were read as other digits.

    All registers of the tax service begin 3000, 3001, 4000 or 4001 by now; what had to be
    mended, or belongs to none, may well be misread further on.
    """
    number = _WORN_HEAD.sub(
        lambda head: f"{head[1]}00{head[2].translate(_ZERO_SHAPES)}", vote.value
    )
    strange = number != vote.value or not _HEAD.match(number)
    return structs.replace(
        vote, value=number, weight=vote.weight * (_STRANGE_WORTH if strange else 1.0)
    )


def _ours(text: str) -> str:
    """Return the folded text without the factory number, which is as long."""
    return _FACTORY_NUMBER.sub(" ", fold(text))


def _labelled(folded: str) -> str | None:
    found = _BEHIND_LABEL.search(folded) or _PARTED_BEHIND_LABEL.search(folded)
    return found[1].replace(" ", "") if found else None


def _ten_digits(text: str) -> str | None:
    ours = _ours(text)
    return _labelled(ours) or _first(_TEN, ours)


def _bare(text: str) -> str | None:
    folded = _ours(text)
    found = _OF_REGISTERS.search(folded)
    return found[1] if found and not _NOT_OURS.search(folded) else None


def receipt_number_votes(rows: list[Printed]) -> Iterator[Vote[str]]:
    """Yield the numbers of the receipt in all forms that registers print."""
    for row in map(_with_label, rows):
        for weight, ask in _FORMS:
            yield from _votes(row, ask, weight=weight, place="receipt number")


def _with_label(row: Printed) -> Printed:
    """Give the second reading the label that only the first reader could read."""
    label = _LABEL_BEFORE.match(row.text)
    if label is None or not row.second or _LABEL_BEFORE.match(row.second):
        return row
    return structs.replace(row, second=f"{label[0]} {_number_behind(row)}")


def _number_behind(row: Printed) -> str:
    """Return the second reading from the number on that is as long as the first reader's.

    What is left of the label stands before it: «i 4 N 1326910252».
    """
    asked = (ask(row.text) for _, ask in _FORMS)
    own = next((number for number in asked if number is not None), "")
    found = re.search(rf"(?<![\w\-])[\w\-]{{{len(own)}}}(?![\w\-])", row.second) if own else None
    return row.second[found.start() :] if found else row.second


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
    """Return an id that may be one: a word has no digit, and no capitals amid small letters."""
    drawn = len(number) == _DRAWN_SIGNS and _CAPITAL_AMID.search(number)
    return number if drawn or any(map(str.isdigit, number)) else None


def _first(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.search(text)
    return found[1] if found else None


def _plain(text: str) -> str | None:
    return _first(_PLAIN, text)


def _before_report(text: str) -> str | None:
    return _first(_BEFORE_REPORT, text)


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
    (_REPORT_FORM, _before_report),
    (_SHOP_FORM, _shop),
    (_LOCAL_FORM, _local),
)
