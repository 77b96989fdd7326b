"""Printed rows and a QR on a strip of paper."""

from pathlib import Path

import zxingcpp
from PIL import Image, ImageDraw, ImageFont

from handlers.reading.drawn.layouts import COLUMNS

#: Debian's fonts-dejavu-core; Ukrainian letters, all of one width like a register's.
_FONT = "DejaVuSansMono.ttf"
_FONT_FOLDERS = (
    "/usr/share/fonts/truetype/dejavu", "/usr/share/fonts/dejavu",
    "/usr/share/fonts/TTF", "/usr/local/share/fonts",
)  # fmt: skip
_FONT_PIXELS = 26
_ROW_PIXELS = 36
_MARGIN = 46
_SYMBOL_PIXELS = 330
_PAPER, _INK = 250, 28


class FontMissing(Exception):
    """No font with Ukrainian letters is installed."""

    def __init__(self) -> None:
        """Name the package that brings it."""
        super().__init__(
            f"{_FONT} was not found: install it with «apt-get install fonts-dejavu-core»"
        )


def draw_receipt(rows: list[str], payload: str | None) -> Image.Image:
    """Return a grey strip of paper with ``rows`` and, below them, ``payload`` as a QR.

    Raises:
        FontMissing: DejaVu Sans Mono is not installed.
    """
    font = ImageFont.truetype(str(_font_path()), _FONT_PIXELS)
    width = round(font.getlength("0") * COLUMNS) + 2 * _MARGIN
    below = _SYMBOL_PIXELS + _MARGIN if payload else 0
    paper = Image.new("L", (width, len(rows) * _ROW_PIXELS + 2 * _MARGIN + below), _PAPER)
    pen = ImageDraw.Draw(paper)
    for number, row in enumerate(rows):
        pen.text((_MARGIN, _MARGIN + number * _ROW_PIXELS), row, fill=_INK, font=font)
    if payload:
        symbol = draw_symbol(payload)
        left = (width - symbol.width) // 2
        paper.paste(symbol, (left, paper.height - symbol.height - _MARGIN))
    return paper


def draw_symbol(payload: str) -> Image.Image:
    """Return ``payload`` as a grey QR with its quiet zone."""
    code = zxingcpp.create_barcode(payload, zxingcpp.BarcodeFormat.QRCode)
    small = Image.fromarray(zxingcpp.write_barcode_to_image(code, scale=1))
    factor = max(1, _SYMBOL_PIXELS // small.width)
    return small.convert("L").resize(
        (small.width * factor, small.height * factor), Image.Resampling.NEAREST
    )


def _font_path() -> Path:
    for folder in _FONT_FOLDERS:
        path = Path(folder) / _FONT
        if path.is_file():
            return path
    raise FontMissing
