"""Darnitsa's goods: the list, and whether a printed line is one of them. Pure but for load.

The list is data (``products.tsv``: the state drug register of 2025-10-13, trade names whose
maker is Darnitsa). A name counts with the maker's word beside it, or when the brand is
Darnitsa's alone; a bare generic name has several makers and proves nothing. Letters that a
reader takes for their look-alikes are forgiven, others make a match uncertain. What a barcode
adds to a name is said in ``barcodes``.
"""

import csv
import re
from enum import Enum
from io import StringIO
from itertools import pairwise
from pathlib import Path

from msgspec import Struct

from eventstore.identity import Sha256, sha256_of
from handlers.letters import LOOK_ALIKE_SLIP, LOOK_ALIKES, distance, fold, slips, words_of
from handlers.other_makers import names_a_long_maker, names_another_maker
from handlers.vocabulary import Found, Vocabulary, as_good_as_read, at_a_stretch, beside_maker

PRODUCTS_FILE = Path(__file__).with_name("products.tsv")
#: First digits of the barcodes of Darnitsa's goods.
PREFIXES_FILE = Path(__file__).with_name("prefixes.tsv")

#: Whole words; «дарницьк…» is the district, the street and the bread.
_MAKER = frozenset(
    map(fold, (
        "ДАРНИЦЯ", "ДАРНИЦА", "ДАРНИЦІ", "ДАРНИЦЮ", "ДАРНИЦЕЮ", "ДАРНИЦЕЙ",
        "DARNITSA", "DARNYTSIA", "DARNITSIA", "DARNITSYA",
    ))
)  # fmt: skip
_DISTRICT = fold("ДАРНИЦЬК")
_MAKER_WORD = fold("ДАРНИЦЯ")
#: Two look-alikes: as strict as the measured prototype, which accepted none of the traps.
_MAKER_SLIPS = 0.7
#: Up to here a person looks.
_MAY_BE_SLIPS = 1.75
#: «АНАЛЬГІН500МГ»: a strength without a blank; digits amid letters are letters misread.
_GLUED_NUMBER = re.compile(r"([^\W\d_]{4})(\d{2,}[^\W\d_]{0,3}(?![^\W_]))")
#: Real words one slip away from the maker: rivers, villages, berries.
_NEAR_NAMES = frozenset(map(fold, ("ВАРНИЦЯ", "ЧОРНИЦЯ", "ГАРНИЦЯ", "МАРНИЦЯ", "ДЗВІНИЦЯ")))
#: Names made by Darnitsa and by others under the very same word (register, domain.md 3.2),
#: or whose longer form belongs to another («Целіста від болю в горлі»).
_AMBIGUOUS = frozenset(map(fold, ("НІМЕСУЛІД", "ЕТАМБУТОЛ", "МІРАМІСТИН", "ЦЕЛІСТА")))
#: A shop or a street called «Дарниця», run into an item by a reader that lost a row.
_PLACES = tuple(
    map(fold, ("АПТЕКА", "АПТЕЧНИЙ", "МАГАЗИН", "ВУЛИЦЯ", "БУЛЬВАР", "ПРОСПЕКТ", "РАЙОН", "РИНОК"))
)
#: The one short suffix seen for Darnitsa's own; «КЛІОН-Д», «ТРИГАН-Д» are others'.
_SHORT_SUFFIX_STEMS = frozenset({fold("ЦИТРАМОН")})
#: «-Д», also with the pack behind it run on and «№» misread («-ДОМ6»).
_SHORT_SUFFIX = re.compile(r"([^\W\d_]{5,})(?:\s?-?\s?Д|-\s?Д[НМОЖКЮИ№]{1,2}\s?\d{1,2})(?![^\W_])")
#: «ХЛОРИД-ДАРНИЦЯ»: a dash between name and maker; no maker but ours prints so.
_TIED = re.compile(r"([^\W\d_]{6,})\s?-\s?([^\W\d_]{6,})(?![^\W_])")
#: Behind a name cut short stand at most remains of a label («ДАРНИЦ Ш/К»).
_REMAINS_LETTERS_MAX = 2
#: A brand shorter than this is compared without forgiveness and only as the first word.
_SHORT_BRAND_LETTERS = 6


class Match(Enum):
    """What a printed line is."""

    DARNITSA = "Darnitsa's for certain"
    UNCERTAIN = "may be Darnitsa's: a person must look"
    OTHER = "not Darnitsa's"


class Products(Struct, frozen=True, kw_only=True):
    """The list of goods, folded for comparison."""

    #: of the bytes of both files, one after the other; every acceptance names it
    sha256: Sha256
    #: names that stand before the maker's word, each as its words
    stems: Vocabulary
    #: names that are Darnitsa's without the maker's word
    brands: Vocabulary
    #: last words of the names of several
    stem_ends: Vocabulary
    #: how barcodes of its goods begin
    prefixes: tuple[str, ...]


def load_products(path: Path = PRODUCTS_FILE, *, prefixes: Path = PREFIXES_FILE) -> Products:
    """Read the list. Raises ``OSError`` or ``KeyError`` when it is missing or malformed."""
    content, codes = path.read_bytes(), prefixes.read_bytes()
    rows = _rows(content)
    names = [(tuple(words_of(row["name_uk"])), row["evidence"]) for row in rows]
    english = [tuple(words_of(row["name_en"])) for row in rows]
    stems = {_without_maker(words) for words in [*english, *(words for words, _ in names)]}
    brands = {_brand(words) for words, evidence in names if _is_brand(words, evidence)}
    return Products(
        sha256=sha256_of(content + codes),
        stems=Vocabulary(stem for stem in stems if stem),
        brands=Vocabulary(brand for brand in brands if brand[0] not in _AMBIGUOUS or brand[1:]),
        stem_ends=Vocabulary(stem[-1:] for stem in stems if stem[1:]),
        prefixes=tuple(row["prefix"] for row in _rows(codes)),
    )


def _rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(content.decode("utf-8")), delimiter="\t"))


def match(name: str, products: Products) -> Match:
    """Return whether the printed line ``name`` is a Darnitsa product."""
    words = _parted(name)
    if not words:
        return Match.OTHER
    stem, maker = _stem_in(words, products), _maker_in(words)
    if names_another_maker(name):
        both = maker is Match.DARNITSA and stem
        return Match.UNCERTAIN if both else Match.OTHER
    if maker is not Match.OTHER and _names_a_place(words):
        return Match.UNCERTAIN
    brand = _brand_in(words, products)
    if maker is Match.DARNITSA:
        known = stem or brand is not Match.OTHER or _is_tied(name, products)
        return Match.DARNITSA if known else Match.UNCERTAIN
    if stem and _is_clear(stem) and any(_is_close_to_maker(word) for word in words):
        return Match.DARNITSA
    if brand is Match.DARNITSA or _short_suffix(name):
        return Match.DARNITSA
    return Match.UNCERTAIN if Match.UNCERTAIN in (maker, brand) or stem else Match.OTHER


def names_maker(name: str) -> bool:
    """Tell whether Darnitsa is named in the line, or perhaps."""
    return _maker_in(_parted(name)) is not Match.OTHER


def known_name(name: str, products: Products) -> bool:
    """Tell whether a name of the list, with whatever maker, stands in the line."""
    words = _parted(name)
    return bool(_stem_in(words, products)) or _brand_in(words, products) is not Match.OTHER


def is_written_out(name: str, products: Products) -> bool:
    """Tell whether a line says more than a misreading makes up: maker and known name, or a
    brand of six letters without a slip.
    """
    words = _parted(name)
    brand = products.brands.find(words)
    if brand and brand.slips == 0 and _is_clear(brand):
        return True
    maker = any(
        _as_maker(word, last=False) is Match.DARNITSA or _is_close_to_maker(word) for word in words
    )
    return maker and known_name(name, products)


def may_hide_ours(name: str, products: Products) -> bool:
    """Tell whether a badly read line still resembles one of ours, at a stretch."""
    words, reach = _parted(name), at_a_stretch(len(_MAKER_WORD))
    if names_a_long_maker(words):
        return False
    if any(slips(word, _MAKER_WORD, at_most=reach) <= reach for word in words):
        return True
    return any(
        known.find(words, forgiving=at_a_stretch) or known.find_torn(words, forgiving=at_a_stretch)
        for known in (products.stems, products.brands)
    )


def _without_maker(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words before the maker's: («КАПТОПРЕС»), («НАТРІЮ», «ХЛОРИД»)."""
    cut = next((i for i, word in enumerate(words) if word in _MAKER), len(words))
    return words[: min(cut, 2)]


def _brand(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words that name a brand; «від болю в горлі» is no part of one."""
    joined = len(words) > 2 and words[1] == fold("З")
    return words[: 3 if joined else 2]


def _is_brand(words: tuple[str, ...], evidence: str) -> bool:
    return not any(word in _MAKER for word in words) and evidence != "name"


def _parted(name: str) -> list[str]:
    """Return the words of a line, parted where print or reader ran them together."""
    words = words_of(_GLUED_NUMBER.sub(r"\1 \2", fold(name)))
    return [part for word in words for part in _apart_from_maker(word)]


def _apart_from_maker(word: str) -> list[str]:
    """«ЦИТРАМОНДАРНИЦЯТАБЛ» -> «ЦИТРАМОН», «ДАРНИЦЯ», «ТАБЛ»."""
    size = len(_MAKER_WORD)
    for cut in range(3, len(word) - size + 1):
        middle, rest = word[cut : cut + size], word[cut + size :]
        if slips(middle, _MAKER_WORD, at_most=_MAKER_SLIPS) <= _MAKER_SLIPS:
            return [word[:cut], middle, *([rest] if rest else [])]
    return [word]


def _maker_in(words: list[str]) -> Match:
    """Tell whether the maker is named: surely, perhaps (worn or cut print), or not."""
    end = max((i for i, word in enumerate(words) if len(word) > _REMAINS_LETTERS_MAX), default=0)
    seen = [_as_maker(word, last=place == end) for place, word in enumerate(words)]
    seen += [_as_torn_maker(left, right) for left, right in pairwise(words)]
    if Match.DARNITSA in seen:
        return Match.DARNITSA
    return Match.UNCERTAIN if Match.UNCERTAIN in seen else Match.OTHER


def _as_maker(word: str, *, last: bool) -> Match:
    if word in _MAKER:
        return Match.DARNITSA
    if word.startswith(_DISTRICT) or word in _NEAR_NAMES:
        return Match.UNCERTAIN if word in _NEAR_NAMES else Match.OTHER
    if last and _is_cut_maker(word):
        return Match.DARNITSA
    if len(word) < _SHORT_BRAND_LETTERS:
        return Match.OTHER
    if any(slips(word, maker, at_most=_MAKER_SLIPS) <= _MAKER_SLIPS for maker in _MAKER):
        return Match.DARNITSA
    near = any(distance(word, maker, at_most=2) <= 2 for maker in _MAKER)
    may_be = near or slips(word, _MAKER_WORD, at_most=_MAY_BE_SLIPS) <= _MAY_BE_SLIPS
    return Match.UNCERTAIN if may_be else Match.OTHER


def _is_close_to_maker(word: str) -> bool:
    """One letter of the maker's word may be any other, or lost, beside a name read clearly.

    The first one is its look-alike at most: «Варниця» and «Гарниця» are other words.
    """
    cut_district = len(word) >= len(_MAKER_WORD) and _DISTRICT.startswith(word)
    if word in _NEAR_NAMES or cut_district or word.startswith(_DISTRICT):
        return False
    first = _MAKER_WORD[0]
    return word[0] in first + LOOK_ALIKES[first] and distance(word, _MAKER_WORD, at_most=1) <= 1


def _is_tied(name: str, products: Products) -> bool:
    """Tell whether the maker's word hangs by a dash on a worn name, or on the end of one."""
    for tied in _TIED.finditer(fold(name)):
        if _as_maker(tied[2], last=False) is Match.DARNITSA:
            word = [tied[1]]
            if products.stems.find(word, forgiving=beside_maker) or products.stem_ends.find(word):
                return True
    return False


def _is_clear(found: Found) -> bool:
    return found.slips <= _MAKER_SLIPS and len("".join(found.name)) >= _SHORT_BRAND_LETTERS


def _is_cut_maker(word: str) -> bool:
    """«…-ДАРН» at the end of a line that was too short for the name."""
    meant = _MAKER_WORD[: len(word)]
    slip = as_good_as_read(len(word))
    return 4 <= len(word) < len(_MAKER_WORD) and slips(word, meant, at_most=slip) <= slip


def _as_torn_maker(left: str, right: str) -> Match:
    """«ДАР НИЦЯ»: a stray blank; a whole maker's word beside another is none."""
    if len(left) < 2 or len(right) < 2 or Match.OTHER is not _as_maker(left, last=False):
        return Match.OTHER
    return Match.DARNITSA if f"{left}{right}" in _MAKER else Match.OTHER


def _names_a_place(words: list[str]) -> bool:
    return any(distance(word, place, at_most=1) <= 1 for word in words for place in _PLACES)


def _stem_in(words: list[str], products: Products) -> Found | None:
    """Return the known name in a line, slips forgiven by length."""
    return products.stems.find(words) or products.stems.find_torn(words)


def _brand_in(words: list[str], products: Products) -> Match:
    """Tell whether a name that is Darnitsa's alone stands in the line: surely or perhaps."""
    if found := products.brands.find(words):
        return Match.DARNITSA if _is_unmistakable(found, words) else Match.UNCERTAIN
    if torn := products.brands.find_torn(words):
        return Match.DARNITSA if torn.slips == 0 and _is_clear(torn) else Match.UNCERTAIN
    return Match.OTHER


def _is_unmistakable(found: Found, words: list[str]) -> bool:
    """Short brands are taken exactly and only begin a line: «Ф-гель» also ends other names."""
    letters = len("".join(found.name))
    if letters < _SHORT_BRAND_LETTERS or len(found.name[0]) < 2:
        before = words[: found.place]
        letters_before = 0 if len(found.name[0]) < 2 else 1
        begins = all(word[0].isdigit() or len(word) <= letters_before for word in before)
        return found.slips == 0 and begins
    return found.slips <= (LOOK_ALIKE_SLIP if letters > _SHORT_BRAND_LETTERS else 0.0)


def _short_suffix(name: str) -> bool:
    """«ЦИТРАМОН-Д»: the dash or blank is often lost, the letter never stands alone."""
    for tied in _SHORT_SUFFIX.finditer(fold(name)):
        if any(distance(tied[1], stem, at_most=1) <= 1 for stem in _SHORT_SUFFIX_STEMS):
            return True
    return False
