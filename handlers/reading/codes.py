"""QR symbols of a picture."""

from math import atan2, degrees

import numpy as np
import zxingcpp
from msgspec import Struct
from numpy.typing import NDArray
from PIL import Image

#: A picture is enlarged for the second try up to this side; above it the symbol is no better.
_ENLARGED_SIDE_MAX = 5000


class Symbol(Struct, frozen=True, kw_only=True):
    """One decoded QR."""

    text: str
    #: degrees the symbol is turned clockwise; upright is 0
    angle: float
    #: corners as (x, y) pixels of the picture, clockwise from the symbol's own top left
    corners: tuple[tuple[float, float], ...]


def find_symbols(grey: Image.Image) -> list[Symbol]:
    """Return every QR of a grey picture: raw first, then twice as large."""
    found = _decoded(grey, 1.0)
    if found or max(grey.size) * 2 > _ENLARGED_SIDE_MAX:
        return found
    twice = grey.resize((grey.width * 2, grey.height * 2), Image.Resampling.BICUBIC)
    return _decoded(twice, 2.0)


def _decoded(grey: Image.Image, scale: float) -> list[Symbol]:
    pixels: NDArray[np.uint8] = np.asarray(grey, dtype=np.uint8)
    codes = zxingcpp.read_barcodes(pixels, formats=zxingcpp.barcode_formats_from_str("QRCode"))
    return [_symbol(code, scale) for code in codes if code.text]


def _symbol(code: zxingcpp.Barcode, scale: float) -> Symbol:
    place = code.position
    points = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
    corners = tuple((point.x / scale, point.y / scale) for point in points)
    (left, top), (right, below) = corners[0], corners[1]
    return Symbol(text=code.text, angle=degrees(atan2(below - top, right - left)), corners=corners)
