"""Darnitsa's goods: the list, and whether a printed line is one of them. Pure but for load.

The list is data (``products.tsv``: the state drug register of 2025-10-13, trade names whose
maker is Darnitsa). A name counts with the maker's word beside it, or when the brand is
Darnitsa's alone; a bare generic name has several makers and proves nothing.
"""

import csv
import re
from enum import Enum
from io import StringIO
from pathlib import Path

from msgspec import Struct

from eventstore.identity import Sha256, sha256_of
from handlers.letters import distance, fold, words_of

PRODUCTS_FILE = Path(__file__).with_name("products.tsv")

#: Whole words; «дарницьк…» is the district, the street and the bread.
_MAKER = frozenset(
    map(fold, (
        "ДАРНИЦЯ", "ДАРНИЦА", "ДАРНИЦІ", "ДАРНИЦЮ", "ДАРНИЦЕЮ", "ДАРНИЦЕЙ",
        "DARNITSA", "DARNYTSIA", "DARNITSIA", "DARNITSYA",
    ))
)  # fmt: skip
_DISTRICT = fold("ДАРНИЦЬК")
_MAKER_STEM = fold("ДАРНИЦ")
#: Real words one slip away from the maker: rivers, villages, berries.
_NEAR_NAMES = frozenset(map(fold, ("ВАРНИЦЯ", "ЧОРНИЦЯ", "ГАРНИЦЯ", "МАРНИЦЯ", "ДЗВІНИЦЯ")))
#: Other makers, as long words (one slip forgiven) and as short ones (exact).
_OTHERS_LONG = tuple(
    map(fold, (
        "ЗДОРОВ'Я", "ЗДОРОВЯ", "ФАРМАК", "ЛУБНИФАРМ", "МОНФАРМ", "ГАЛИЧФАРМ", "АРТЕРІУМ",
        "АСТРАФАРМ", "НОВОФАРМ", "ФАРМЕКС", "ФІТОФАРМ", "БІОФАРМА", "РАТІОФАРМ", "МІКРОХІМ",
        "КИЇВМЕДПРЕПАРАТ", "ГРІНДЕКС", "БЕРЛІН-ХЕМІ", "САНДОЗ", "СТАДА", "АЛКАЛОЇД", "ЮРІЯ-ФАРМ",
        "КУСУМ", "БІОЛІК", "ІНДАР", "ЛЕКХІМ", "ТЕРНОФАРМ", "ВІОЛА", "АНАНТА", "МАКЛЕОДС",
    ))
)  # fmt: skip
_OTHERS_SHORT = frozenset(
    map(fold, ("ТЕВА", "БХФЗ", "КВЗ", "КРКА", "СТОМА", "ВІСТА", "БАЙЄР", "КИЇВ", "ВФЗ", "ОЗ"))
)
#: Codes of other makers, only when a dash ties them to a name («-КВ»;
#: «кр.» is drops, «р-н» a solution).
_OTHERS_TIED = re.compile(
    r"[^\W\d_]{3}-\s?(?:КВ|КР|ЗН|МБ|СБ|НОВО|БХФЗ|ФС|ТЕВА|М|Ф|В|У|Н|Л|К)(?![^\W_])"
)
#: Names made by Darnitsa and by others under the very same word (register, domain.md 3.2),
#: or whose longer form belongs to another («Целіста від болю в горлі»).
_AMBIGUOUS = frozenset(map(fold, ("НІМЕСУЛІД", "ЕТАМБУТОЛ", "МІРАМІСТИН", "ЦЕЛІСТА")))
#: A shop or a street called «Дарниця», run into an item by a reader that lost a row.
_PLACES = tuple(
    map(fold, ("АПТЕКА", "АПТЕЧНИЙ", "МАГАЗИН", "ВУЛИЦЯ", "БУЛЬВАР", "ПРОСПЕКТ", "РАЙОН", "РИНОК"))
)
#: The one short suffix seen for Darnitsa's own; «КЛІОН-Д», «ТРИГАН-Д» are others'.
_SHORT_SUFFIX_STEMS = frozenset({fold("ЦИТРАМОН")})
#: A brand shorter than this is compared without forgiveness and only as the first word.
_SHORT_BRAND_LETTERS = 6


class Match(Enum):
    """What a printed line is."""

    DARNITSA = "Darnitsa's for certain"
    UNCERTAIN = "may be Darnitsa's: a person must look"
    OTHER = "not Darnitsa's"


class Products(Struct, frozen=True, kw_only=True):
    """The list of goods, folded for comparison."""

    #: of the file's bytes; every acceptance names it
    sha256: Sha256
    #: names that stand before the maker's word, each as its words
    stems: frozenset[tuple[str, ...]]
    #: names that are Darnitsa's without the maker's word
    brands: frozenset[tuple[str, ...]]


def load_products(path: Path = PRODUCTS_FILE) -> Products:
    """Read the list. Raises ``OSError`` or ``KeyError`` when it is missing or malformed."""
    content = path.read_bytes()
    rows = list(csv.DictReader(StringIO(content.decode("utf-8")), delimiter="\t"))
    names = [(tuple(words_of(row["name_uk"])), row["evidence"]) for row in rows]
    english = [tuple(words_of(row["name_en"])) for row in rows]
    stems = {_without_maker(words) for words in [*english, *(words for words, _ in names)]}
    brands = {_brand(words) for words, evidence in names if _is_brand(words, evidence)}
    return Products(
        sha256=sha256_of(content),
        stems=frozenset(stem for stem in stems if stem),
        brands=frozenset(brand for brand in brands if brand[0] not in _AMBIGUOUS or brand[1:]),
    )


def match(name: str, products: Products) -> Match:
    """Return whether the printed line ``name`` is a Darnitsa product."""
    words = words_of(name)
    if not words or _names_another_maker(name, words):
        return Match.OTHER
    stem = _stem_in(words, products)
    maker = _maker_in(words)
    if maker is not Match.OTHER and _names_a_place(words):
        return Match.UNCERTAIN
    if maker is Match.DARNITSA:
        return Match.DARNITSA if stem or _brand_in(words, products) else Match.UNCERTAIN
    if _brand_in(words, products) or _short_suffix(name):
        return Match.DARNITSA
    if maker is Match.UNCERTAIN or stem is not None or _nearly_a_brand(words, products):
        return Match.UNCERTAIN
    return Match.OTHER


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


def _maker_in(words: list[str]) -> Match:
    """Tell whether the maker is named: surely, perhaps (worn or cut print), or not."""
    seen = [_as_maker(word, last=place == len(words) - 1) for place, word in enumerate(words)]
    if Match.DARNITSA in seen:
        return Match.DARNITSA
    return Match.UNCERTAIN if Match.UNCERTAIN in seen else Match.OTHER


def _as_maker(word: str, *, last: bool) -> Match:
    if word in _MAKER:
        return Match.DARNITSA
    if word.startswith(_DISTRICT) or word in _NEAR_NAMES:
        return Match.UNCERTAIN if word in _NEAR_NAMES else Match.OTHER
    cut = last and len(word) >= 4 and _MAKER_STEM.startswith(word)
    close = len(word) >= 6 and any(distance(word, maker, at_most=1) <= 1 for maker in _MAKER)
    if cut or (close and word[0] == _MAKER_STEM[0]):
        return Match.DARNITSA
    near = len(word) >= 6 and any(distance(word, maker, at_most=2) <= 2 for maker in _MAKER)
    return Match.UNCERTAIN if near or close else Match.OTHER


def _names_another_maker(name: str, words: list[str]) -> bool:
    if any(word in _OTHERS_SHORT for word in words) or words[-1] == fold("КИЇ"):
        return True
    if any(distance(word, other, at_most=1) <= 1 for word in words for other in _OTHERS_LONG):
        return True
    return bool(_OTHERS_TIED.search(fold(name)))


def _names_a_place(words: list[str]) -> bool:
    return any(distance(word, place, at_most=1) <= 1 for word in words for place in _PLACES)


def _stem_in(words: list[str], products: Products) -> tuple[str, ...] | None:
    """Return the known name in a line, slips forgiven by length."""
    for stem in products.stems:
        if _words_in(words, stem, forgiving=True):
            return stem
    return None


def _brand_in(words: list[str], products: Products) -> bool:
    return any(_brand_stands(words, brand) for brand in products.brands)


def _brand_stands(words: list[str], brand: tuple[str, ...]) -> bool:
    """Short brands only begin a line: «Ф-гель» also ends other names."""
    if len("".join(brand)) < _SHORT_BRAND_LETTERS or len(brand[0]) < 2:
        return tuple(_from_first_letters(words)[: len(brand)]) == brand
    return _words_in(words, brand, forgiving=False)


def _from_first_letters(words: list[str]) -> list[str]:
    start = next((i for i, word in enumerate(words) if not word[0].isdigit()), len(words))
    return words[start:]


def _nearly_a_brand(words: list[str], products: Products) -> bool:
    long = (brand for brand in products.brands if len(brand[0]) >= _SHORT_BRAND_LETTERS)
    return any(_words_in(words, brand, forgiving=True) for brand in long)


def _words_in(words: list[str], target: tuple[str, ...], *, forgiving: bool) -> bool:
    """Tell whether ``target`` stands in ``words`` as neighbours in its order."""
    return any(
        all(
            _same(words[start + place], wanted, forgiving=forgiving)
            for place, wanted in enumerate(target)
        )
        for start in range(len(words) - len(target) + 1)
    )


def _same(word: str, wanted: str, *, forgiving: bool) -> bool:
    slips = 1 if forgiving and len(wanted) >= _SHORT_BRAND_LETTERS else 0
    return distance(word, wanted, at_most=slips) <= slips


def _short_suffix(name: str) -> bool:
    """«ЦИТРАМОН-Д»: the dash or blank is often lost, the letter never stands alone."""
    for tied in re.finditer(r"([^\W\d_]{5,})\s?-?\s?Д(?![^\W_])", fold(name)):
        if any(distance(tied[1], stem, at_most=1) <= 1 for stem in _SHORT_SUFFIX_STEMS):
            return True
    return False
