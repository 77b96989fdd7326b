"""Every QR on the paper is found: turned, small, curled, beside another one."""

import time
from math import cos, radians, sin

import cv2
import numpy as np
import pytest
import zxingcpp
from numpy.typing import NDArray
from PIL import Image

from handlers.reading.drawn.drawing import draw_receipt, draw_symbol
from handlers.reading.meaning.payload import best_of
from handlers.reading.pixels import uncurl
from handlers.reading.pixels.codes import find_codes, find_symbols

LINK = "https://cabinet.tax.gov.ua/cashregs/check?fn=4000096193&date=20251201&time=1612&sm=46.50"
OURS, OTHER = f"{LINK}&id=1384600901", f"{LINK}&id=1384600902"
LOYALTY = "https://bonus.example.com/card/7c1d0c2f"
ROWS = ["Каптопрес-Дарниця табл. №20          97.40 А"] * 24

Grey = NDArray[np.uint8]


def paper(payload: str | None = OURS, *, symbol_pixels: int = 0) -> Image.Image:
    """Return a receipt; ``symbol_pixels`` makes the whole so small that its QR has that side."""
    drawn = draw_receipt(ROWS, payload)
    shrink = symbol_pixels / draw_symbol(OURS).width if symbol_pixels else 1.0
    return drawn.resize((round(drawn.width * shrink), round(drawn.height * shrink)))


def beside(*symbols: Image.Image, gap: int = 12) -> Image.Image:
    """Return symbols in a row on one white sheet."""
    width = sum(one.width + gap for one in symbols) + gap
    sheet = Image.new("L", (width, max(one.height for one in symbols) + 2 * gap), 250)
    left = gap
    for one in symbols:
        sheet.paste(one, (left, gap))
        left += one.width + gap
    return sheet


def curled(flat: Image.Image, modules: float) -> Image.Image:
    """Return a symbol on bent paper: its rows bow by so many modules, one side is stretched."""
    pixels = np.asarray(flat.convert("L"), np.uint8)
    height, width = pixels.shape
    down, across = np.mgrid[0:height, 0:width].astype(np.float32)
    module = width / 49.0
    bow = 4 * across / width * (1 - across / width)
    stretch = 4 * down / height * (1 - down / height)
    bent = cv2.remap(
        pixels,
        across + np.float32(0.5 * modules * module) * bow.astype(np.float32),
        down + np.float32(modules * module) * (bow + 0.7 * stretch).astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(250.0,),
    )
    return Image.fromarray(np.asarray(cv2.GaussianBlur(bent, (0, 0), 1.2), np.uint8))


def plainly(picture: Image.Image) -> list[str]:
    """Return what the decoder alone reads."""
    return [code.text for code in zxingcpp.read_barcodes(np.asarray(picture))]


@pytest.mark.parametrize("angle", [0, 90, 180, 270, 33, -101])
def test_a_symbol_tells_how_it_lies_and_where(angle: int) -> None:
    """Its corners follow it around; they are what is blanked before words are read."""
    symbol = draw_symbol(OURS)
    sheet = Image.new("L", (900, 900), 250)
    sheet.paste(symbol, (450 - symbol.width // 2, 450 - symbol.height // 2))
    turned = sheet.rotate(-angle, Image.Resampling.BICUBIC, fillcolor=250)
    (found,) = find_symbols(turned)
    assert found.text == OURS
    assert abs((found.angle - angle + 180) % 360 - 180) < 2
    quiet = 4 * symbol.width / zxingcpp.write_barcode_to_image(
        zxingcpp.create_barcode(OURS, zxingcpp.BarcodeFormat.QRCode), scale=1
    ).shape[1]  # fmt: skip
    half = symbol.width / 2 - quiet
    sine, cosine = sin(radians(angle)), cos(radians(angle))
    for (x, y), (across, down) in zip(
        found.place, ((-1, -1), (1, -1), (1, 1), (-1, 1)), strict=True
    ):
        assert abs(x - 450 - half * (across * cosine - down * sine)) < 12
        assert abs(y - 450 - half * (across * sine + down * cosine)) < 12


@pytest.mark.parametrize("symbol_pixels", [110, 160, 330])
def test_a_receipt_on_a_small_photo_gives_its_code(symbol_pixels: int) -> None:
    """Two to eight pixels a module."""
    assert [symbol.text for symbol in find_symbols(paper(symbol_pixels=symbol_pixels))] == [OURS]


def test_a_loyalty_code_hides_no_fiscal_one() -> None:
    """Both are found, whichever stands first, and the fiscal one is chosen."""
    for pair in ((OURS, LOYALTY), (LOYALTY, OURS)):
        found = find_symbols(beside(*(draw_symbol(one) for one in pair)))
        assert {symbol.text for symbol in found} == {OURS, LOYALTY}
        chosen = best_of([symbol.text for symbol in found])
        assert chosen is not None
        assert chosen.text == OURS


def test_a_curled_fiscal_code_is_found_beside_a_flat_loyalty_one() -> None:
    """The easy one does not end the search."""
    hard = curled(draw_symbol(OURS), 1.6)
    assert not plainly(hard)
    found = find_symbols(beside(hard, draw_symbol(LOYALTY)))
    assert {symbol.text for symbol in found} == {OURS, LOYALTY}


def test_two_receipts_on_one_photo_give_two_codes() -> None:
    """So that a person is asked which of them is meant."""
    found = find_symbols(beside(paper(), paper(OTHER)))
    assert {symbol.text for symbol in found} == {OURS, OTHER}
    assert best_of([symbol.text for symbol in found]) is None


@pytest.mark.parametrize("modules", [-1.6, 1.6, 2.0])
def test_a_curled_symbol_is_laid_flat(modules: float) -> None:
    """The decoder alone, which thinks of planes, reads nothing there."""
    bent = curled(draw_symbol(OURS), modules)
    assert not plainly(bent)
    codes = find_codes(bent)
    assert [symbol.text for symbol in codes.symbols] == [OURS]
    assert not codes.unread


@pytest.mark.parametrize("blur", [0.9, 1.0, 1.1])
def test_a_blurred_symbol_on_curled_paper_is_read(blur: float) -> None:
    """Each module shows its neighbours, which are taken off it again."""
    bent = curled(draw_symbol(OURS), 1.3)
    small = bent.resize((bent.width * 2 // 5, bent.height * 2 // 5), Image.Resampling.BOX)
    pixels = cv2.GaussianBlur(np.asarray(small, np.uint8), (0, 0), blur)
    blurred = Image.fromarray(np.asarray(pixels, np.uint8))
    assert not plainly(blurred)
    assert [symbol.text for symbol in find_symbols(blurred)] == [OURS]


def test_a_symbol_that_cannot_be_read_still_has_its_place() -> None:
    """Half of it is covered: no text, but the words around it can be kept clean of it."""
    symbol = draw_symbol(OURS)
    sheet = beside(symbol)
    side = symbol.width
    sheet.paste(250, (12 + side // 4, 12 + side * 3 // 8, 12 + side, 12 + side * 5 // 8))
    codes = find_codes(sheet)
    assert not codes.symbols
    (place,) = codes.unread
    assert min(x for x, _ in place) < 12 + side * 0.2
    assert max(x for x, _ in place) > 12 + side * 0.8


@pytest.mark.parametrize("version", range(uncurl.VERSION_MIN, uncurl.VERSION_MAX + 1))
def test_the_known_modules_are_those_of_every_symbol(version: int) -> None:
    """Finders, timing and alignment stand where a printer puts them; the rest is as seen."""
    code = zxingcpp.create_barcode(OURS[:20], zxingcpp.BarcodeFormat.QRCode, version=version)
    small = np.asarray(zxingcpp.write_barcode_to_image(code, scale=1), np.uint8)
    pixels = np.kron(small, np.ones((6, 6), np.uint8))
    size = 17 + 4 * version
    quiet = (pixels.shape[0] - 6 * size) / 2
    corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float32) * 6 * size + quiet
    sheet = uncurl.sheet_of(pixels, corners.astype(np.float32), version)
    turned = uncurl.sheet_of(pixels[::-1, ::-1].copy(), corners.astype(np.float32), version)
    assert uncurl.agreement(sheet) > uncurl.agreement(turned) + 0.1
    assert uncurl.agreement(sheet) > 1.5
    edge = round(quiet / 6)
    printer = np.kron(small[edge:-edge, edge:-edge], np.ones((4, 4), np.uint8))
    assert np.array_equal(uncurl.printed(sheet)[16:-16, 16:-16], printer)


def test_paper_without_a_symbol_costs_little() -> None:
    """A page of words is looked at thrice and left alone."""
    page = paper(None).resize((1200, 1800))
    started = time.process_time()
    codes = find_codes(page)
    assert (codes.symbols, codes.unread) == ([], [])
    assert time.process_time() - started < 0.3


def test_anything_may_be_looked_at() -> None:
    """A dot, a thread, noise, and finders without a symbol give nothing and end soon."""
    chance = np.random.default_rng(7)
    ring = np.zeros((9, 9), np.uint8) + 255
    ring[1:8, 1:8] = 0
    ring[2:7, 2:7] = 255
    ring[3:6, 3:6] = 0
    finders = np.tile(np.kron(ring, np.ones((5, 5), np.uint8)), (12, 12))
    noise = chance.integers(0, 255, (900, 700)).astype(np.uint8)
    modules = np.kron(chance.integers(0, 2, (90, 70)), np.ones((8, 8))).astype(np.uint8) * 255
    pictures = [np.zeros((1, 1), np.uint8), np.zeros((2, 4000), np.uint8), noise, modules, finders]
    started = time.process_time()
    assert [find_symbols(Image.fromarray(picture)) for picture in pictures] == [[]] * 5
    assert time.process_time() - started < 2
