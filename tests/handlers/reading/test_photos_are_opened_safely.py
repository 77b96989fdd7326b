"""A file is what its bytes say, and costs nothing before it is known to be harmless."""

import struct
import zlib
from io import BytesIO

import pillow_heif
import pytest
from PIL import Image

from handlers.photos import PHOTO_BYTES_MAX
from handlers.reading.decode import (
    PREVIEW_BYTES_MAX,
    Undecodable,
    decode,
    preview_of,
)


def photo(form: str, size: tuple[int, int] = (700, 900), **options: object) -> bytes:
    """Return a small picture, its left half red, its right half blue."""
    picture = Image.new("RGB", size, "blue")
    picture.paste("red", (0, 0, size[0] // 2, size[1]))
    out = BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def png_header(width: int, height: int) -> bytes:
    """Return the start of a PNG that promises a size and holds no pixels."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    checksum = struct.pack(">I", zlib.crc32(chunk))
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + checksum


def reason(content: bytes) -> str:
    """Return why ``content`` is refused."""
    with pytest.raises(Undecodable) as refused:
        decode(content)
    return refused.value.reason


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_four_kinds_are_opened_by_their_content(form: str) -> None:
    """No name is asked for: there is none."""
    pillow_heif.register_heif_opener()
    assert decode(photo(form)).size == (700, 900)


def test_other_kinds_are_named_as_unsupported() -> None:
    """GIF, TIFF and BMP are images, but none we take."""
    assert {reason(photo(form)) for form in ("GIF", "TIFF", "BMP")} == {"unsupported_format"}
    assert reason(b"%PDF-1.7 and so on") == "unsupported_format"


def test_what_is_no_image_is_named_so() -> None:
    """Nothing, text, a web page, an archive."""
    for content in (b"", b"hello", b"<html><img></html>", b"PK\x03\x04" + bytes(50)):
        assert reason(content) == "not_an_image"


def test_a_cut_off_file_is_truncated() -> None:
    """However much of it arrived."""
    pillow_heif.register_heif_opener()
    for form in ("JPEG", "PNG", "WEBP", "HEIF"):
        whole = photo(form)
        assert reason(whole[: len(whole) // 2]) == "truncated", form
    assert reason(photo("JPEG")[:12]) == "truncated"


@pytest.mark.parametrize("size", [(50_000, 50_000), (9_000, 9_000), (40_001, 1_000)])
def test_a_bomb_is_refused_by_its_header(size: tuple[int, int]) -> None:
    """81 megapixels and more are never allocated."""
    assert reason(png_header(*size)) == "too_many_pixels"


def test_more_bytes_than_allowed_are_not_even_opened() -> None:
    """11 MB of anything."""
    assert reason(photo("JPEG") + bytes(PHOTO_BYTES_MAX)) == "too_large"


@pytest.mark.parametrize("size", [(1, 1), (599, 2000), (2000, 599)])
def test_a_picture_too_small_to_read_is_refused(size: tuple[int, int]) -> None:
    """The shortest side is at least 600 pixels."""
    assert reason(photo("PNG", size)) == "too_small"


def test_a_phone_held_sideways_gives_an_upright_picture() -> None:
    """EXIF orientation 6: turned a quarter clockwise for display."""
    exif = Image.Exif()
    exif[0x0112] = 6
    upright = decode(photo("JPEG", (900, 700), exif=exif))
    assert upright.size == (700, 900)
    red, _, blue = upright.split()
    assert red.crop((0, 0, 700, 400)).getextrema()[0] == 254
    assert blue.crop((0, 500, 700, 900)).getextrema()[0] == 254


def test_glass_is_white_and_not_black() -> None:
    """A transparent screenshot keeps a white page."""
    out = BytesIO()
    Image.new("RGBA", (700, 700), (0, 0, 0, 0)).save(out, "PNG")
    assert decode(out.getvalue()).getpixel((5, 5)) == (255, 255, 255)


def test_a_preview_is_small_and_carries_nothing_but_pixels() -> None:
    """Even of noise: at most 300 KB, no EXIF, no place where it was taken."""
    noise = Image.effect_noise((2400, 3200), 120).convert("RGB")
    noise.getexif()[0x010E] = "somewhere"
    preview = preview_of(noise)
    assert len(preview) <= PREVIEW_BYTES_MAX
    assert not Image.open(BytesIO(preview)).getexif()
