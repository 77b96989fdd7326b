"""Marketing's file of goods: understood as a whole, or refused with all that is wrong. Pure.

CSV in UTF-8 as spreadsheets write it: with or without a byte order mark, parted by commas,
semicolons or tabs, its columns in any order. What stands in a row is the whole product.
"""

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from io import StringIO
from pathlib import Path

from eventstore.catalogue import Product
from eventstore.identity import Sku
from handlers.files import FileUnusable
from handlers.goods.barcodes import is_companys
from handlers.goods.forms import own_words
from handlers.goods.letters import words_of
from handlers.goods.maker_word import MAKER_FORMS, before_maker
from handlers.goods.other_makers import names_another_maker
from handlers.goods.product_list import built_in
from handlers.goods.products import ProductList, brands_of, is_shared_name, stems_of
from handlers.reading.meaning.amounts import is_ean13

#: Marketing's list has hundreds of rows; one fact holds all of them.
ROWS_MAX = 5_000
FILE_BYTES_MAX = 5_000_000
#: Of a name, and of how many spellings or barcodes one product has.
_NAME_LETTERS_MAX = 200
_VALUES_MAX = 50
#: A shorter name would be found in half of all lines.
_NAME_LETTERS_MIN = 4

COLUMNS = (
    "sku", "name_uk", "name_en", "aliases", "barcodes", "brand", "prescription",
    "active_from", "active_until",
)  # fmt: skip
_NEEDED = ("sku", "name_uk")
#: What stands behind the last column.
_BEYOND = ""

_SKU = re.compile(r"[^\W_](?:[\w./-]{0,62}[^\W_])?")
_SAID = {"yes": True, "так": True, "true": True, "1": True, "+": True}
_DENIED = {"no": False, "ні": False, "false": False, "0": False, "-": False}
_YES_OR_NO = _SAID | _DENIED
#: As ISO 8601 and as Ukrainian spreadsheets write days.
_DAYS = ("%Y-%m-%d", "%d.%m.%Y")

Row = Mapping[str, str]


def read_products(content: bytes, *, listed: ProductList, path: Path) -> list[Product]:
    """Return the goods of ``content``, the CSV at ``path``, to be imported into ``listed``.

    Raises ``FileUnusable`` with every problem of every line.
    """
    if len(content) > FILE_BYTES_MAX:
        raise FileUnusable(path, [f"it is larger than {FILE_BYTES_MAX:,} bytes"])
    try:
        rows = _rows(content)
    except (UnicodeDecodeError, csv.Error, ValueError) as malformed:
        not_utf8 = isinstance(malformed, UnicodeDecodeError)
        told_first = "it is not UTF-8: save it as CSV in UTF-8" if not_utf8 else str(malformed)
        raise FileUnusable(path, [told_first]) from malformed
    problems: list[str] = []
    goods = []
    for line, row in rows:
        told: list[str] = []
        goods.append(_product(row, told.append))
        problems += [f"line {line}: {each}" for each in told]
    lines = [line for line, _ in rows]
    problems += _repeated(goods, lines)
    problems += _barcodes_of_two(goods, lines, listed)
    problems += _brands_of_others(goods, lines)
    if problems:
        raise FileUnusable(path, problems)
    return goods


def _rows(content: bytes) -> list[tuple[int, Row]]:
    """Return each row with its line; raises ``ValueError`` when the columns are wrong."""
    text = content.decode("utf-8-sig")
    heading = text.split("\n", 1)[0]
    delimiter = max(";,\t", key=heading.count)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns = [name.strip().casefold() for name in next(reader, [])]
    if problems := [*_column_problems(columns)]:
        raise ValueError("; ".join(problems))
    rows: list[tuple[int, Row]] = []
    for values in reader:
        if not any(value.strip() for value in values):
            continue
        row = dict(zip(columns, (value.strip() for value in values), strict=False))
        row[_BEYOND] = "".join(values[len(columns) :]).strip()
        rows.append((reader.line_num, row))
    if not rows or len(rows) > ROWS_MAX:
        raise ValueError(f"it has {len(rows)} products; 1 to {ROWS_MAX} can be imported")
    return rows


def _column_problems(columns: Sequence[str]) -> Iterator[str]:
    known = f"there are: {', '.join(COLUMNS)}"
    yield from (f"no column {name!r} is known; {known}" for name in columns if name not in COLUMNS)
    yield from (f"the column {name} is missing" for name in _NEEDED if name not in columns)
    yield from (f"the column {name} is there twice" for name in COLUMNS if columns.count(name) > 1)


def _product(row: Row, wrong: Callable[[str], None]) -> Product:
    """Return what a row says; ``wrong`` hears of each value that is not understood."""
    product = Product(
        sku=Sku(row.get("sku", "")),
        name_uk=row.get("name_uk", ""),
        name_en=row.get("name_en", ""),
        aliases=_several(row, "aliases", wrong),
        barcodes=_several(row, "barcodes", wrong),
        brand=_yes_or_no(row, "brand", wrong) or False,
        prescription=_yes_or_no(row, "prescription", wrong),
        active_from=_day(row, "active_from", wrong),
        active_until=_day(row, "active_until", wrong),
    )
    if row[_BEYOND]:
        wrong(f"it has more values than columns: {row[_BEYOND]!r} is left over")
    for problem in _problems(product):
        wrong(problem)
    return product


def _several(row: Row, column: str, wrong: Callable[[str], None]) -> list[str]:
    values = [value.strip() for value in row.get(column, "").split("|")]
    found = [value for value in dict.fromkeys(values) if value]
    if len(found) > _VALUES_MAX:
        wrong(f"{column}: {len(found)} are more than {_VALUES_MAX}")
    return found


def _yes_or_no(row: Row, column: str, wrong: Callable[[str], None]) -> bool | None:
    value = row.get(column, "")
    if value and value.casefold() not in _YES_OR_NO:
        wrong(f"{column}: {value!r} is neither yes nor no")
    return _YES_OR_NO.get(value.casefold())


def _day(row: Row, column: str, wrong: Callable[[str], None]) -> date | None:
    value = row.get(column, "")
    for form in _DAYS if value else ():
        try:
            return datetime.strptime(value, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    if value:
        wrong(f"{column}: {value!r} is no day; write 2026-12-31")
    return None


def _problems(product: Product) -> Iterator[str]:
    """Yield what is wrong with a product by itself."""
    if not _SKU.fullmatch(product.sku):
        yield f"sku: {product.sku!r} must be 1 to 64 letters, digits or signs of . / - _"
    for column, names in (
        ("name_uk", [product.name_uk]),
        ("name_en", [product.name_en] if product.name_en else []),
        ("aliases", product.aliases),
    ):
        yield from (f"{column}: {told}" for name in names for told in _name_problems(name))
    for code in product.barcodes:
        if not is_ean13(code):
            yield (
                f"barcodes: {code!r} is no EAN-13 with a right check digit (as a spreadsheet's"
                " number it may have lost digits: make the column text)"
            )
        elif not is_companys(code):
            yield f"barcodes: {code} is a number that shops give themselves: no maker's"
    yield from _brand_problems(product)
    if product.active_from and product.active_until and product.active_until < product.active_from:
        yield f"active_until: {product.active_until} lies before active_from"


def _brand_problems(product: Product) -> Iterator[str]:
    """Yield why the names do not prove the maker, as a brand's do wherever they stand alone."""
    if not product.brand:
        return
    names = (product.name_uk, *product.aliases)
    if any(map(is_shared_name, names)):
        yield "brand: others make goods of the same bare name: it needs the maker's word beside it"
    bare = [words for words in map(words_of, names) if not MAKER_FORMS.intersection(words)]
    for name in names:
        named = [*before_maker(words_of(name))]
        if not any(words[: len(named)] == named for words in bare):
            yield (
                f"brand: {name!r} has the maker's word, and no name says the same without it: leave"
                " brand empty, or add that name as an alias if nobody else makes anything so called"
            )


def _name_problems(name: str) -> Iterator[str]:
    words = words_of(name)
    if len(name) > _NAME_LETTERS_MAX or not name.isprintable():
        yield f"{name[:40]!r} must be at most {_NAME_LETTERS_MAX} printable letters"
    elif sum(len(word) for word in words if word not in MAKER_FORMS) < _NAME_LETTERS_MIN:
        yield f"{name!r} must have {_NAME_LETTERS_MIN} letters besides the maker's word"
    elif words[0] in MAKER_FORMS:
        yield f"{name!r} begins with the maker's word: write it behind the name"
    elif not own_words(before_maker(words)[:2]):
        yield f"{name!r} begins as many goods do: write the product's own name first"
    elif names_another_maker(name):
        yield f"{name!r} names another maker: no line that does so earns anything"


def _repeated(goods: Sequence[Product], lines: Sequence[int]) -> Iterator[str]:
    first: dict[Sku, int] = {}
    for product, line in zip(goods, lines, strict=True):
        if product.sku in first:
            yield f"line {line}: sku {product.sku} stands in line {first[product.sku]} already"
        first.setdefault(product.sku, line)


def _barcodes_of_two(
    goods: Sequence[Product], lines: Sequence[int], listed: ProductList
) -> Iterator[str]:
    """Yield each barcode that would be two products'."""
    anew = {product.sku for product in goods}
    kept = [product for product in listed.products if product.sku not in anew]
    owner = {code: product.sku for product in kept for code in product.barcodes}
    for product, line in zip(goods, lines, strict=True):
        for code in product.barcodes:
            if owner.setdefault(code, product.sku) != product.sku:
                yield f"line {line}: barcode {code} is {owner[code]}'s already"


def _brands_of_others(goods: Sequence[Product], lines: Sequence[int]) -> Iterator[str]:
    """Yield each brand that the register knows with the maker's word beside it only.

    What it says of a name stays so, whatever took the place of its entry.
    """
    shared = {
        stem: product
        for product in built_in().products
        if not product.brand
        for stem in stems_of(product)
    }
    for product, line in zip(goods, lines, strict=True):
        for brand in filter(None, map(own_words, brands_of(product))):
            if stem := next((each for each in shared if each[: len(brand)] == brand), None):
                yield (
                    f"line {line}: brand: a name like that of {shared[stem].sku}"
                    f" {shared[stem].name_uk} has other makers too: leave brand empty, it counts"
                    " with the maker's word beside it"
                )
