"""Whether a printed line is one of Darnitsa's goods, and why. Pure.

A name counts with the maker's word beside it, or when the brand is Darnitsa's alone; a bare
generic name has several makers and proves nothing. Letters that a reader takes for their
look-alikes are forgiven, others make a match uncertain. What a barcode adds to a name is said
in ``barcodes``.
"""

import re
from collections.abc import Sequence
from enum import Enum
from functools import cached_property
from typing import NamedTuple

from eventstore.identity import Sku
from handlers.goods.identifying import bearers_of
from handlers.goods.letters import LOOK_ALIKE_SLIP, distance, fold, words_of
from handlers.goods.maker_word import (
    CLEAR_SLIPS,
    Named,
    apart_from_maker,
    as_maker,
    is_close_to_maker,
    maker_in,
    may_be_maker,
)
from handlers.goods.other_makers import another_maker_in, names_a_long_maker
from handlers.goods.products import Products
from handlers.goods.vocabulary import Found, at_a_stretch, beside_maker

#: «АНАЛЬГІН500МГ»: a strength without a blank; digits amid letters are letters misread.
_GLUED_NUMBER = re.compile(r"([^\W\d_]{4})(\d{2,}[^\W\d_]{0,3}(?![^\W_]))")
#: A shop or a street called «Дарниця», run into an item by a reader that lost a row.
_PLACES = tuple(
    map(fold, (
        "АПТЕКА", "АПТЕЧНИЙ", "МАГАЗИН", "ВУЛИЦЯ", "БУЛЬВАР", "ПРОСПЕКТ", "РАЙОН", "РИНОК",
        "ВОКЗАЛ", "ПЛОЩА", "СТАНЦІЯ",
    ))
)  # fmt: skip
#: Shorter ones are one letter from words of medicines: «мазь МЕТР», «ТРИ».
_SHORT_PLACES = frozenset(map(fold, ("ТРЦ", "ТЦ", "МЕТРО", "ШОСЕ", "ШОССЕ")))
#: «м. Дарниця», «ст.м.Дарниця»; behind a number it is metres, «в/м» is a way to inject.
_CITY_OR_METRO = re.compile(r"(?<!\d)(?<!\d\s)(?<![^\W_])(?<!/)М\s?\.\W{0,3}(?=ДАРН)")
#: The one short suffix seen for Darnitsa's own; «КЛІОН-Д», «ТРИГАН-Д» are others'.
_SHORT_SUFFIX_STEMS = frozenset({fold("ЦИТРАМОН")})
#: «-Д», also with the pack behind it run on and «№» misread («-ДОМ6»).
#: «д/дітей», «д.», «Д-р» are short for other words.
_SHORT_SUFFIX = re.compile(
    r"([^\W\d_]{5,})(?:\s?-\s?Д|\s?Д(?!\s?\.)|-\s?Д[НМОЖКЮИ№]{1,2}\s?\d{1,2})"
    r"(?![^\W_]|\s?/|-[^\W\d_])"
)
#: «ХЛОРИД-ДАРНИЦЯ»: a dash between name and maker; no maker but ours prints so.
_TIED = re.compile(r"([^\W\d_]{6,})\s?-\s?([^\W\d_]{6,})(?![^\W_])")
#: A brand shorter than this is compared without forgiveness and only as the first word.
_SHORT_BRAND_LETTERS = 6


class Match(Enum):
    """What a printed line is."""

    DARNITSA = "Darnitsa's for certain"
    UNCERTAIN = "may be Darnitsa's: a person must look"
    OTHER = "not Darnitsa's"


class Brand(NamedTuple):
    """How surely a name that is Darnitsa's alone stands in a line."""

    named: Named
    found: Found | None


class Line:
    """A printed line held against the list; each look at it is taken when it is asked for.

    The verdict follows from the looks alone, so whoever shows them shows why.
    """

    def __init__(self, name: str, products: Products) -> None:
        """Look at ``name`` as printed."""
        self.name = name
        self._products = products

    @cached_property
    def words(self) -> list[str]:
        """The folded words, parted where print or reader ran them together."""
        return _parted(self.name)

    @cached_property
    def stem(self) -> Found | None:
        """The known name, slips forgiven by length; whose it is remains open."""
        stems = self._products.stems
        return stems.find(self.words) or stems.find_torn(self.words)

    @cached_property
    def maker(self) -> Named:
        """The maker's word: surely, perhaps (worn or cut print), or not."""
        return maker_in(self.words)

    @cached_property
    def maker_is_close(self) -> bool:
        """Whether some word is one letter from the maker's."""
        return any(map(is_close_to_maker, self.words))

    @cached_property
    def another_maker(self) -> str | None:
        """The words that name a maker which is not Darnitsa."""
        return another_maker_in(self.name)

    @cached_property
    def places(self) -> list[str]:
        """Words of shops, streets and stations."""
        short = _CITY_OR_METRO.findall(fold(self.name))
        return short + [
            word
            for word in self.words
            if word in _SHORT_PLACES or any(distance(word, p, at_most=1) <= 1 for p in _PLACES)
        ]

    @cached_property
    def brand(self) -> Brand:
        """The name that is Darnitsa's alone."""
        if found := self._products.brands.find(self.words):
            sure = _is_unmistakable(found, self.words)
        elif found := self._products.brands.find_torn(self.words):
            sure = found.slips == 0 and is_clear(found)
        else:
            return Brand(Named.NOT, None)
        return Brand(Named.SURELY if sure else Named.PERHAPS, found)

    @cached_property
    def tied(self) -> Found | None:
        """The worn name, or the end of one, on which the maker's word hangs by a dash."""
        for tied in _TIED.finditer(fold(self.name)):
            if as_maker(tied[2], last=False) is Named.SURELY:
                stems, ends = self._products.stems, self._products.stem_ends
                if found := stems.find([tied[1]], forgiving=beside_maker) or ends.find([tied[1]]):
                    return found
        return None

    @cached_property
    def short_suffix(self) -> bool:
        """«ЦИТРАМОН-Д»: the dash or blank is often lost, the letter never stands alone."""
        return any(
            distance(tied[1], stem, at_most=1) <= 1
            for tied in _SHORT_SUFFIX.finditer(fold(self.name))
            for stem in _SHORT_SUFFIX_STEMS
        )

    @cached_property
    def skus(self) -> tuple[Sku, ...]:
        """Which goods of the list it may be: one when that is clear, none when nothing is."""
        return bearers_of(self.words, self._nearest or _those(self.tied), self._products)

    @cached_property
    def lapsed(self) -> bool:
        """Whether nothing that it may be earns on the day."""
        return bool(self.skus) and self._products.lapsed.issuperset(self.skus)

    @property
    def verdict(self) -> Match:
        """What the line is."""
        said = self.said_of_any_day()
        if said is Match.OTHER or not self._products.lapsed or not self.lapsed:
            return said
        surely = any(one.slips == 0 or is_clear(one) for one in self._nearest)
        return Match.OTHER if surely else Match.UNCERTAIN

    @property
    def _nearest(self) -> list[Found]:
        return _those(self.stem, self.brand.found)

    def said_of_any_day(self) -> Match:
        """Return the verdict as if all that is known earned."""
        if not self.words:
            return Match.OTHER
        if self.another_maker:
            both = self.maker is Named.SURELY and self.stem
            return Match.UNCERTAIN if both else Match.OTHER
        if self.maker is not Named.NOT and self.places:
            return Match.UNCERTAIN
        if self.maker is Named.SURELY:
            known = self.stem or self.brand.found or self.tied
            return Match.DARNITSA if known else Match.UNCERTAIN
        if self.stem and is_clear(self.stem) and self.maker_is_close:
            return Match.DARNITSA
        if self.brand.named is Named.SURELY or self.short_suffix:
            return Match.DARNITSA
        perhaps = Named.PERHAPS in (self.maker, self.brand.named) or self.stem
        return Match.UNCERTAIN if perhaps else Match.OTHER


def match(name: str, products: Products) -> Match:
    """Return whether the printed line ``name`` is a Darnitsa product."""
    return Line(name, products).verdict


def names_maker(name: str) -> bool:
    """Tell whether Darnitsa is named in the line, or perhaps."""
    return maker_in(_parted(name)) is not Named.NOT


def known_name(name: str, products: Products) -> bool:
    """Tell whether a name of the list, with whatever maker, stands in the line."""
    line = Line(name, products)
    return bool(line.stem) or line.brand.found is not None


def is_written_out(name: str, products: Products) -> bool:
    """Tell whether a line says more than a misreading makes up: maker and known name, or a
    brand of six letters without a slip.
    """
    line = Line(name, products)
    brand = products.brands.find(line.words)
    if brand and brand.slips == 0 and is_clear(brand):
        return True
    maker = any(
        as_maker(word, last=False) is Named.SURELY or is_close_to_maker(word) for word in line.words
    )
    return maker and (bool(line.stem) or line.brand.found is not None)


def may_hide_ours(name: str, products: Products) -> bool:
    """Tell whether a badly read line still resembles one of ours, at a stretch."""
    words = _parted(name)
    if names_a_long_maker(words):
        return False
    if any(map(may_be_maker, words)):
        return True
    return any(
        known.find(words, forgiving=at_a_stretch) or known.find_torn(words, forgiving=at_a_stretch)
        for known in (products.stems, products.brands)
    )


def is_clear(found: Found) -> bool:
    """Tell whether a name was read so well, and is so long, that no other is meant."""
    return found.slips <= CLEAR_SLIPS and len("".join(found.name)) >= _SHORT_BRAND_LETTERS


def _parted(name: str) -> list[str]:
    words = words_of(_GLUED_NUMBER.sub(r"\1 \2", fold(name)))
    return [part for word in words for part in apart_from_maker(word)]


def _those(*found: Found | None) -> list[Found]:
    return [one for one in found if one is not None]


def _is_unmistakable(found: Found, words: Sequence[str]) -> bool:
    """Short brands are taken exactly and only begin a line: «Ф-гель» also ends other names."""
    letters = len("".join(found.name))
    if letters < _SHORT_BRAND_LETTERS or len(found.name[0]) < 2:
        before = words[: found.place]
        letters_before = 0 if len(found.name[0]) < 2 else 1
        begins = all(word[0].isdigit() or len(word) <= letters_before for word in before)
        return found.slips == 0 and begins
    return found.slips <= (LOOK_ALIKE_SLIP if letters > _SHORT_BRAND_LETTERS else 0.0)
