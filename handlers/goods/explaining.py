"""Why a printed line is one of the goods or not, in words for people and as fields. Pure."""

from msgspec import Struct

from eventstore.catalogue import Item
from eventstore.identity import Sha256, Sku
from handlers.goods.barcodes import Barcode, Whose, barcode_of, match_item
from handlers.goods.maker_word import Named
from handlers.goods.matching import Line, Match
from handlers.goods.products import Products
from handlers.goods.sold import sku_of
from handlers.goods.vocabulary import Found

_MAKER = {
    Named.SURELY: "named",
    Named.PERHAPS: "perhaps: worn, cut, or a word like it",
    Named.NOT: "not named",
}
#: What a line is that would be more than another's on a day on which its product earns.
_LAPSED = {
    Match.DARNITSA: "Darnitsa's, but earns nothing on that day",
    Match.UNCERTAIN: "may be Darnitsa's, but would earn nothing on that day",
}


class Sighted(Struct, frozen=True, kw_only=True):
    """A known name, seen in a line."""

    #: folded
    name: str
    #: a letter read as its look-alike counts 0.35, any other slip 1
    slips: float


class Explanation(Struct, frozen=True, kw_only=True):
    """All that speaks for and against a line."""

    line: str
    #: DARNITSA, UNCERTAIN or OTHER, as ``matching.Match``
    verdict: str
    #: what that means, on the day
    meaning: str
    #: which product it is, if that is clear, and if it is one of ours or may be
    sku: Sku | None
    #: whose names stand in the line, whatever maker
    skus: tuple[Sku, ...]
    #: folded
    words: list[str]
    known_name: Sighted | None
    #: a name that is Darnitsa's alone, and whether it stands there "surely" or "perhaps"
    brand: Sighted | None
    brand_named: str
    #: the maker's word: "surely", "perhaps", "not"
    maker: str
    #: beside a name read clearly that is enough
    maker_one_letter_off: bool
    #: a worn name on which the maker's word hangs by a dash
    tied_name: Sighted | None
    short_suffix: bool
    another_maker: str | None
    #: words of shops and streets
    places: list[str]
    #: it is known, but nothing is earned by it on the day
    lapsed: bool
    #: verdict by the name alone
    verdict_by_name: str
    #: what the barcode says of the maker, None: there is none
    barcode: str | None
    barcode_sku: Sku | None
    #: hash of the list
    products: Sha256


def explain(name: str, products: Products, *, barcode: str | None = None) -> Explanation:
    """Return why ``name``, with a ``barcode`` that both readers made out, is what it is."""
    line = Line(name, products)
    item = _item(name, barcode)
    verdict = match_item(item, line.verdict, products)
    code = barcode_of(item, products)
    lapsed = _LAPSED.get(_said_if_earning(line, code)) if verdict is Match.OTHER else None
    return Explanation(
        line=name,
        verdict=verdict.name,
        meaning=lapsed or verdict.value,
        sku=sku_of(item, products) if verdict is not Match.OTHER or lapsed else None,
        skus=line.skus,
        words=line.words,
        known_name=_sighted(line.stem),
        brand=_sighted(line.brand.found),
        brand_named=line.brand.named.value,
        maker=line.maker.value,
        maker_one_letter_off=line.maker_is_close,
        tied_name=_sighted(line.tied),
        short_suffix=line.short_suffix,
        another_maker=line.another_maker,
        places=line.places,
        lapsed=line.lapsed if verdict is not Match.OTHER else lapsed is not None,
        verdict_by_name=line.verdict.name,
        barcode=None if code is None else code.whose.value,
        barcode_sku=None if code is None else code.sku,
        products=products.sha256,
    )


def _said_if_earning(line: Line, code: Barcode | None) -> Match:
    """Return what a line that is no goods of ours would be if all that is known earned."""
    if code is not None and code.sure and code.whose in (Whose.LAPSED, Whose.ANOTHERS):
        return Match.DARNITSA if code.whose is Whose.LAPSED else Match.OTHER
    return line.said_of_any_day() if line.lapsed else Match.OTHER


def rows_of(told: Explanation, products: Products) -> list[tuple[str, str]]:
    """Return an explanation as headed words; those without words do not apply."""
    code = told.barcode and f"{told.barcode}{f', {told.barcode_sku}' if told.barcode_sku else ''}"
    return [
        ("verdict", told.meaning),
        ("product", _goods(told, products)),
        ("by its name", told.verdict_by_name if told.barcode else ""),
        ("words", " ".join(told.words)),
        ("known name", _shown(told.known_name)),
        ("brand", _shown(told.brand) + f", {told.brand_named}" if told.brand else "none"),
        ("maker", _MAKER[Named(told.maker)]),
        ("its letters", "one is another or lost" if _is_off(told) else ""),
        ("its dash", f"ties it to {_shown(told.tied_name)}" if told.tied_name else ""),
        ("short suffix", "«-Д», as ЦИТРАМОН-Д has" if told.short_suffix else ""),
        ("another maker", told.another_maker or "none"),
        ("place", ", ".join(told.places)),
        ("on the day", "nothing is earned by it" if _is_worn_and_lapsed(told) else ""),
        ("barcode", code or ""),
    ]


def _goods(told: Explanation, products: Products) -> str:
    if told.sku is not None:
        return f"{told.sku} {products.goods[told.sku].name_uk}"
    if told.verdict == Match.OTHER.name or not told.skus:
        return ""
    names = ", ".join(f"{sku} {products.goods[sku].name_uk}" for sku in told.skus)
    return f"{names}: which one is unclear"


def _is_worn_and_lapsed(told: Explanation) -> bool:
    return told.lapsed and told.verdict != Match.OTHER.name


def _is_off(told: Explanation) -> bool:
    return told.maker_one_letter_off and told.maker != Named.SURELY.value


def _item(name: str, barcode: str | None) -> Item:
    return Item(
        name=name,
        quantity_milli=None,
        unit_price_kopecks=None,
        line_total_kopecks=None,
        confidence=1.0,
        place=None,
        barcode=barcode,
        barcode_sources=["text", "digits"],
    )


def _sighted(found: Found | None) -> Sighted | None:
    if found is None:
        return None
    return Sighted(name=" ".join(found.name), slips=round(found.slips, 2))


def _shown(sighted: Sighted | None) -> str:
    if sighted is None:
        return "none"
    return f"{sighted.name}, {sighted.slips or 'no'} slip{'' if sighted.slips == 1 else 's'}"
