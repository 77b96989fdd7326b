"""QR symbols of a picture, by a ladder whose rungs cost more the less is left to find.

1. The whole picture as it is. A symbol whose finders are seen but whose modules are not
   understood costs nothing to learn of, and is the place for the next rung.
2. Such a place is laid flat by ``uncurl``, then unblurred, then laid flat region by region.
3. Only while no fiscal code is found: the picture halved, then enlarged when it is small;
   what is seen there is laid flat too.

Measured on 600 drawn photos with 631 QRs, a third of them curled, creased, blurred or dark
beyond what the plain decoder reads: rung 1 finds 448 (in 4 ms when there is none), rung 2
77 more for nothing when there is none, halving 7 and enlarging 6 more (10 ms in all).
Tried and left out: sharpening such a place first (nothing that laying flat does not find),
thresholds, blurs, another binariser and OpenCV's decoders there (they find less), and parts
dense in both directions (1 more for 11 ms).
"""

from collections.abc import Iterator
from math import atan2, degrees

import cv2
import numpy as np
import zxingcpp
from msgspec import Struct
from numpy.typing import NDArray
from PIL import Image

from handlers.reading.meaning.payload import parse_payload
from handlers.reading.pixels import uncurl

Grey = NDArray[np.uint8]
#: Corners (x, y) in pixels of the picture, as printed: top left, top right, bottom right, bottom
#: left; corner 0 is not the topmost when the symbol is turned.
Quad = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]

#: Up to it the picture is enlarged: a messenger's photo, whose modules are 2 or 3 pixels.
_ENLARGED_PIXELS_MAX = 1_300_000
#: Places looked at more closely, the likeliest first: a paper holds two or three symbols.
_PLACES_MAX = 3
#: Places that are compared at all: several triples of the finders of some symbols.
_PLACES_SEEN_MAX = 16
#: A symbol is a square seen askew; a wider one is made of the finders of two.
_SIDES_RATIO_MAX = 1.8
_SIDE_MIN = 25.0
#: Below it the finders are those of two symbols, or of something else.
_AGREEMENT_MIN = 1.0
_QR = zxingcpp.barcode_formats_from_str("QRCodeModel2")


class Symbol(Struct, frozen=True, kw_only=True):
    """One decoded QR."""

    text: str
    #: degrees the symbol is turned clockwise; upright is 0
    angle: float
    place: Quad


class Codes(Struct, frozen=True, kw_only=True):
    """What was seen of QRs."""

    symbols: list[Symbol]
    #: places of symbols that are there but could not be read: torn, cut off, covered
    unread: list[Quad]


class _Place(Struct, frozen=True):
    """Where three finders were seen, and the version the decoder took it for."""

    quad: NDArray[np.float32]
    version: int


class _View(Struct, frozen=True):
    """Pixels made of a part of the picture: picture = view / scale + corner."""

    pixels: Grey
    scale: float = 1.0
    corner: tuple[float, float] = (0.0, 0.0)


def find_symbols(grey: Image.Image) -> list[Symbol]:
    """Return every QR of a grey picture that can be decoded."""
    return find_codes(grey).symbols


def find_codes(grey: Image.Image) -> Codes:
    """Return every QR of a grey picture, and the places of those that cannot be read."""
    search = _Search(np.ascontiguousarray(np.asarray(grey, dtype=np.uint8)))
    search.climb(_View(search.pixels))
    for view in _other_views(search.pixels):
        if not search.has_fiscal:
            search.climb(view)
    return Codes(symbols=search.symbols, unread=[_corners(place.quad) for place in search.unread])


class _Search:
    """Symbols and unread places of one picture as they are found."""

    def __init__(self, pixels: Grey) -> None:
        self.pixels = pixels
        self.symbols: list[Symbol] = []
        self.unread: list[_Place] = []

    @property
    def has_fiscal(self) -> bool:
        """Whether a receipt's own code is among the symbols: then no more is looked for."""
        return any(parse_payload(symbol.text) is not None for symbol in self.symbols)

    def climb(self, view: _View) -> None:
        """Decode a view, then what was seen in it without being understood."""
        symbols, places = _seen_in(view)
        for symbol in symbols:
            self._add(symbol)
        likely = self._likely(places)
        for way in (self._pull_together, self._pull_apart):
            for place, sheet in likely:
                if not self._covered(place.quad):
                    way(place, sheet)
        self._keep_unread(likely)

    def _likely(self, places: list[_Place]) -> list[tuple[_Place, uncurl.Sheet]]:
        sheets = [
            (place, uncurl.sheet_of(self.pixels, place.quad, place.version))
            for place in places[:_PLACES_SEEN_MAX]
            if not self._covered(place.quad)
        ]
        sheets.sort(key=lambda pair: -uncurl.agreement(pair[1]))
        return sheets[:_PLACES_MAX]

    def _pull_together(self, place: _Place, sheet: uncurl.Sheet) -> None:
        uncurl.pull_together(sheet)
        self._add_flat(place, sheet)

    def _pull_apart(self, place: _Place, sheet: uncurl.Sheet) -> None:
        uncurl.pull_apart(sheet)
        self._add_flat(place, sheet)

    def _add_flat(self, place: _Place, sheet: uncurl.Sheet) -> None:
        """Decode the print, as seen and unblurred; its place is that of the finders."""
        for bleed in (0.0, uncurl.BLEED):
            for symbol in _seen_in(_View(uncurl.printed(sheet, bleed=bleed)))[0]:
                self._add(_symbol(symbol.text, place.quad))

    def _add(self, symbol: Symbol) -> None:
        if not self._covered(np.array(symbol.place, np.float32)):
            self.symbols.append(symbol)

    def _covered(self, quad: NDArray[np.float32]) -> bool:
        """Tell whether the middle of ``quad`` lies in a symbol that is read, or the other way."""
        return any(_same_place(quad, np.array(one.place, np.float32)) for one in self.symbols)

    def _keep_unread(self, likely: list[tuple[_Place, uncurl.Sheet]]) -> None:
        self.unread = [place for place in self.unread if not self._covered(place.quad)]
        for place, sheet in likely:
            known = self._covered(place.quad) or any(
                _same_place(place.quad, other.quad) for other in self.unread
            )
            if not known and uncurl.agreement(sheet) >= _AGREEMENT_MIN:
                self.unread.append(place)


def _seen_in(view: _View) -> tuple[list[Symbol], list[_Place]]:
    """Return the symbols of a view and the places where one is seen but not understood."""
    symbols, places = [], []
    for code in zxingcpp.read_barcodes(
        view.pixels, formats=_QR, try_invert=False, return_errors=True
    ):
        spot = code.position
        corners = (spot.top_left, spot.top_right, spot.bottom_right, spot.bottom_left)
        quad = np.array([(corner.x, corner.y) for corner in corners], np.float32)
        quad = quad / np.float32(view.scale) + np.array(view.corner, np.float32)
        version = _version(code)
        if code.valid and code.text:
            symbols.append(_symbol(code.text, quad))
        elif uncurl.VERSION_MIN <= version <= uncurl.VERSION_MAX and _is_square(quad):
            places.append(_Place(quad, version))
    return symbols, places


def _version(code: zxingcpp.Barcode) -> int:
    known = code.extra if isinstance(code.extra, dict) else {}
    said = str(known.get("Version", ""))
    return int(said) if said.isdigit() else 0


def _symbol(text: str, quad: NDArray[np.float32]) -> Symbol:
    (left, top), (right, beside) = quad[0], quad[1]
    angle = degrees(atan2(float(beside - top), float(right - left)))
    return Symbol(text=text, angle=angle, place=_corners(quad))


def _corners(quad: NDArray[np.float32]) -> Quad:
    first, second, third, fourth = ((float(x), float(y)) for x, y in quad)
    return first, second, third, fourth


def _is_square(quad: NDArray[np.float32]) -> bool:
    """Tell whether it can be a square seen askew."""
    sides = np.linalg.norm(quad - np.roll(quad, 1, axis=0), axis=1)
    alike = sides.min() >= _SIDE_MIN and sides.max() <= _SIDES_RATIO_MAX * sides.min()
    full = cv2.contourArea(quad) >= float(sides.min()) ** 2 / 2
    return bool(alike and full and cv2.isContourConvex(quad))


def _same_place(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    return any(
        cv2.pointPolygonTest(quad, [float(place) for place in middle.mean(axis=0)], False) >= 0
        for quad, middle in ((one, other), (other, one))
    )


def _other_views(pixels: Grey) -> Iterator[_View]:
    """Yield what else may show a symbol: fewer pixels are less noise, more are finer edges."""
    scales = (0.5, 1.5) if pixels.size <= _ENLARGED_PIXELS_MAX else (0.5,)
    for scale in scales:
        if min(pixels.shape) * scale >= _SIDE_MIN:
            yield _View(_resized(pixels, scale), scale)


def _resized(pixels: Grey, scale: float) -> Grey:
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=method), np.uint8)
