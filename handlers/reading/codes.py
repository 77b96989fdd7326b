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


def find_symbols(grey: Image.Image) -> list[Symbol]:
    """Return every QR of a grey picture: raw first, then twice as large."""
    found = _decoded(grey)
    if found or max(grey.size) * 2 > _ENLARGED_SIDE_MAX:
        return found
    twice = (grey.width * 2, grey.height * 2)
    return _decoded(grey.resize(twice, Image.Resampling.BICUBIC))


def _decoded(grey: Image.Image) -> list[Symbol]:
    pixels: NDArray[np.uint8] = np.asarray(grey, dtype=np.uint8)
    codes = zxingcpp.read_barcodes(pixels, formats=zxingcpp.barcode_formats_from_str("QRCode"))
    return [Symbol(text=code.text, angle=_angle(code)) for code in codes if code.text]


def _angle(code: zxingcpp.Barcode) -> float:
    left, right = code.position.top_left, code.position.top_right
    return degrees(atan2(right.y - left.y, right.x - left.x))
