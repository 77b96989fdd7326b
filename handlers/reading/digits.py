"""A second look at the numbers of a page, by a model that knows no Cyrillic.

The Ukrainian model reads words well and dotted zeros badly; the English one the other way
round. Numbers are cut out and laid below each other on a clean sheet, read once more, and
the caller keeps whichever of the two readings adds up.
"""

from msgspec import Struct, structs
from PIL import Image

from handlers.reading.page import Seen, table_of
from handlers.reading.prepare import Page
from handlers.reading.protocol import Engine

_LANGUAGE = "eng"
_SIGNS = "0123456789.,:-/x="
#: Height of a number on the sheet, and the white between two.
_HEIGHT, _GAP, _MARGIN = 30, 30, 4
#: More numbers than a long receipt has.
_NUMBERS_MAX = 160


class _Tile(Struct, frozen=True):
    """A number cut out, and the rows of the sheet it lies on."""

    position: int
    pixels: Image.Image
    top: int

    def holds(self, height: float) -> bool:
        return self.top - _GAP / 2 <= height < self.top + self.pixels.height + _GAP / 2


def numbers_again(page: Page, words: list[Seen], engine: Engine) -> list[Seen]:
    """Return ``words`` with their numbers as the second model reads them."""
    tiles = _tiles(page, words)
    if not tiles:
        return words
    table = table_of(_sheet(tiles), engine, languages=_LANGUAGE, signs=_SIGNS)
    again = dict.fromkeys((tile.position for tile in tiles), "")
    for text, top, height in zip(table["text"], table["top"], table["height"], strict=True):
        tile = next((tile for tile in tiles if tile.holds(top + height / 2)), None)
        if text.strip() and tile is not None:
            again[tile.position] += text.strip()
    return [
        structs.replace(word, text=_better(word.text, again.get(position, "")))
        for position, word in enumerate(words)
    ]


def _tiles(page: Page, words: list[Seen]) -> list[_Tile]:
    tiles: list[_Tile] = []
    top = _GAP
    for position, word in enumerate(words):
        if not _is_number(word.text) or len(tiles) >= _NUMBERS_MAX:
            continue
        pixels = _cut(page, word)
        tiles.append(_Tile(position, pixels, top))
        top += pixels.height + _GAP
    return tiles


def _cut(page: Page, word: Seen) -> Image.Image:
    box = (
        int(word.left) - _MARGIN, int(word.top) - _MARGIN,
        int(word.right) + _MARGIN, int(word.top + word.height) + _MARGIN,
    )  # fmt: skip
    cut = page.pixels.crop(box)
    scale = _HEIGHT / max(8.0, word.height)
    size = (max(1, round(cut.width * scale)), max(1, round(cut.height * scale)))
    return cut.resize(size, Image.Resampling.BICUBIC)


def _sheet(tiles: list[_Tile]) -> Image.Image:
    width = max(tile.pixels.width for tile in tiles) + 2 * _GAP
    sheet = Image.new("L", (width, tiles[-1].top + tiles[-1].pixels.height + _GAP), 250)
    for tile in tiles:
        sheet.paste(tile.pixels, (_GAP, tile.top))
    return sheet


def _is_number(text: str) -> bool:
    digits = sum(sign.isdigit() for sign in text)
    return digits >= 2 and digits * 2 > len(text)


def _better(first: str, second: str) -> str:
    """Take the second reading only when it kept the number's length."""
    same_length = abs(sum(map(str.isdigit, first)) - sum(map(str.isdigit, second))) <= 1
    return second if second and same_length else first
