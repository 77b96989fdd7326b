"""A file is what its bytes say, and costs nothing before it is known to be harmless."""

import struct
import subprocess
import sys
import zlib
from io import BytesIO

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from handlers.people.photos import NORMAL_LIMITS, PHOTO_BYTES_MAX, SMALL_LIMITS, PhotoLimits
from handlers.reading.pixels.decode import PREVIEW_BYTES_MAX, Undecodable, decode, preview_of

#: Opens the photo on stdin in a process of its own and prints by how many MB that made it grow.
GROWTH = """
import re, sys
from pathlib import Path
from handlers.people.photos import NORMAL_LIMITS, SMALL_LIMITS
from handlers.reading.pixels.decode import Undecodable, decode
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
photo = sys.stdin.buffer.read()
before = peak()
try:
    said = decode(photo, limits=SMALL_LIMITS if sys.argv[1] == "small" else NORMAL_LIMITS).size
except Undecodable as refused:
    said = refused.reason
print((peak() - before) // 1024, said)
"""


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


@pytest.mark.parametrize("size", [(50_000, 50_000), (9_000, 9_000), (52_001, 1_000)])
def test_a_bomb_is_refused_by_its_header(size: tuple[int, int]) -> None:
    """81 megapixels and more are never allocated."""
    assert reason(png_header(*size)) == "too_many_pixels"


def test_more_bytes_than_allowed_are_not_even_opened() -> None:
    """11 MB of anything."""
    assert reason(photo("JPEG") + bytes(PHOTO_BYTES_MAX)) == "too_large"


def test_a_bomb_in_any_wrapping_is_refused_by_its_header() -> None:
    """A WEBP that promises 268 megapixels, and real JPEGs and PNGs of 81."""
    promise = b"RIFF" + struct.pack("<I", 40) + b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4)
    assert reason(promise + b"\xff\x3f\x00" * 2 + bytes(20)) == "too_many_pixels"
    huge = Image.new("L", (9_000, 9_000), 255)
    for form in ("JPEG", "PNG"):
        out = BytesIO()
        huge.save(out, form)
        assert reason(out.getvalue()) == "too_many_pixels", form


@pytest.mark.parametrize("size", [(1, 1), (319, 2000), (2000, 319)])
def test_a_picture_too_small_to_read_is_refused(size: tuple[int, int]) -> None:
    """The shortest side is at least 320 pixels."""
    assert reason(photo("PNG", size)) == "too_small"


def test_a_narrow_strip_is_no_reason_to_refuse() -> None:
    """A screenshot of a receipt is 440 pixels wide and legible."""
    assert decode(photo("JPEG", (440, 800))).size == (440, 800)
    assert decode(photo("JPEG", (300, 800)), shortest_side_min=200).size == (300, 800)
    with pytest.raises(Undecodable):
        decode(photo("JPEG", (440, 800)), shortest_side_min=600)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_a_large_photo_is_halved_until_it_fits(form: str) -> None:
    """Above 12.6 megapixels once, twice where memory is small; colours stay where they are."""
    pillow_heif.register_heif_opener()
    large = photo(form, (3560, 3560))
    assert decode(large).size == (1780, 1780)
    small = decode(large, limits=SMALL_LIMITS)
    assert small.size == (1780, 1780)
    tiny = decode(large, limits=PhotoLimits(pixels_kept_max=1_000_000))
    assert tiny.size == (890, 890)
    for picture in (small, tiny):
        seen = np.asarray(picture, np.int16)[400, [100, -100]]
        assert np.abs(seen - [(255, 0, 0), (0, 0, 255)]).max() < 30


@pytest.mark.parametrize(
    ("form", "options", "pixels"),
    [
        ("JPEG", {}, 50_000_000),
        ("JPEG", {"progressive": True, "subsampling": 0}, 32_000_000),
        ("PNG", {}, 34_000_000),
        ("WEBP", {"method": 0}, 39_000_000),
        ("HEIF", {"quality": 10}, 13_000_000),
    ],
)
def test_the_largest_photos_cost_little_memory(
    form: str, options: dict[str, object], pixels: int
) -> None:
    """Beside what a child holds anyway: 290 MB, or 105 MB where memory is small."""
    pillow_heif.register_heif_opener()
    side = int(pixels**0.5) // 16 * 16
    content = photo(form, (side, side), **options)
    for profile, growth_max in (("normal", 290), ("small", 105)):
        ended = subprocess.run(
            [sys.executable, "-c", GROWTH, profile], input=content, capture_output=True, check=True
        )
        growth, said = ended.stdout.decode().split(maxsplit=1)
        assert int(growth) <= growth_max, said
        assert profile == "small" or said.startswith(f"({side // 2}"), said


def test_what_would_need_too_much_memory_is_refused_by_its_header() -> None:
    """A phone's JPEG of 13 MP fits a child of 250 MB, the same picture progressive as well."""
    tight = PhotoLimits(loading_bytes_max=20_000_000)
    size = (2000, 2000)
    assert decode(photo("JPEG", size), limits=tight).size == size
    for form, options in (("JPEG", {"progressive": True}), ("PNG", {}), ("HEIF", {})):
        with pytest.raises(Undecodable) as refused:
            decode(photo(form, size, **options), limits=tight)
        assert refused.value.reason == "too_many_pixels", form
    for progressive in (False, True):
        whole = photo("JPEG", (3000, 4320), progressive=progressive)
        assert decode(whole, limits=SMALL_LIMITS).size == (1500, 2160)


def test_a_moving_picture_is_no_photo() -> None:
    """Neither an animated GIF nor an animated WEBP."""
    frames = [Image.new("RGB", (700, 700), colour) for colour in ("red", "blue")]
    for form in ("GIF", "WEBP"):
        out = BytesIO()
        frames[0].save(out, form, save_all=True, append_images=frames[1:])
        assert reason(out.getvalue()) == "unsupported_format", form


def test_a_photo_with_more_pictures_behind_it_is_the_first_of_them() -> None:
    """Phones keep depth and light of a scene so; halved it is a photo like any other."""
    out = BytesIO()
    depth = Image.new("RGB", (350, 450), "white")
    with_more = Image.open(BytesIO(photo("JPEG")))
    with_more.save(out, "MPO", save_all=True, append_images=[depth])
    assert Image.open(BytesIO(out.getvalue())).format == "MPO"
    assert decode(out.getvalue()).size == (700, 900)
    assert decode(out.getvalue(), limits=PhotoLimits(pixels_kept_max=200_000)).size == (350, 450)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("kept", [10_000_000, 400_000])
def test_a_phone_held_sideways_gives_an_upright_picture(form: str, kept: int) -> None:
    """EXIF orientation 6: turned a quarter clockwise for display, halved or not."""
    exif = Image.Exif()
    exif[0x0112] = 6
    sideways = photo(form, (900, 700), exif=exif)
    upright = decode(sideways, limits=PhotoLimits(pixels_kept_max=kept))
    assert upright.size == ((700, 900) if kept > 630_000 else (350, 450))
    upright = upright.resize((700, 900))
    red, _, blue = upright.split()
    reds, blues = (np.asarray(band) for band in (red, blue))
    assert reds[:400].min() > 225
    assert blues[500:].min() > 225
    assert max(reds[500:].max(), blues[:400].max()) < 30


@pytest.mark.parametrize("form", ["PNG", "WEBP", "HEIF"])
def test_glass_is_white_and_not_black(form: str) -> None:
    """A transparent screenshot keeps a white page, halved or not."""
    pillow_heif.register_heif_opener()
    out = BytesIO()
    screen = Image.new("RGBA", (700, 700), (0, 0, 0, 0))
    screen.paste((10, 10, 10, 255), (350, 0, 700, 700))
    screen.save(out, form)
    for limits in (NORMAL_LIMITS, PhotoLimits(pixels_kept_max=200_000)):
        seen = np.asarray(decode(out.getvalue(), limits=limits))
        assert seen[:, : seen.shape[1] // 2 - 8].min() > 245
        assert seen[:, seen.shape[1] // 2 + 8 :].max() < 25


def test_grey_of_sixteen_bits_and_palettes_keep_their_light() -> None:
    """A scanner's PNG is not all white, a palette's clear entry is not black."""
    ramp = np.linspace(0, 65535, 700).astype(np.uint16)[None, :].repeat(700, axis=0)
    out = BytesIO()
    Image.fromarray(ramp).save(out, "PNG")
    for limits in (NORMAL_LIMITS, PhotoLimits(pixels_kept_max=200_000)):
        seen = np.asarray(decode(out.getvalue(), limits=limits).convert("L"))
        assert abs(int(seen[100, seen.shape[1] // 2]) - 128) < 4
        assert (int(seen.min()), int(seen.max())) < (3, 256)
    out = BytesIO()
    clear = Image.new("P", (700, 700), 0)
    clear.putpalette([0, 0, 0, 200, 30, 30])
    clear.save(out, "PNG", transparency=0)
    for limits in (NORMAL_LIMITS, PhotoLimits(pixels_kept_max=200_000)):
        assert decode(out.getvalue(), limits=limits).getpixel((5, 5)) == (255, 255, 255)


def test_a_photo_for_a_printer_is_shown_in_light() -> None:
    """A JPEG in four inks becomes red and blue."""
    out = BytesIO()
    Image.new("RGB", (700, 700), "red").convert("CMYK").save(out, "JPEG")
    assert np.abs(np.asarray(decode(out.getvalue())).mean(axis=(0, 1)) - (255, 0, 0)).max() < 12


def test_a_preview_is_small_and_carries_nothing_but_pixels() -> None:
    """Even of noise: at most 300 KB, no EXIF, no place where it was taken."""
    noise = Image.effect_noise((2400, 3200), 120).convert("RGB")
    noise.getexif()[0x010E] = "somewhere"
    preview = preview_of(noise)
    assert len(preview) <= PREVIEW_BYTES_MAX
    assert not Image.open(BytesIO(preview)).getexif()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_a_damaged_file_is_a_picture_or_a_reason(form: str) -> None:
    """Bytes turned over on the way, at the head or anywhere, never raise anything else."""
    pillow_heif.register_heif_opener()
    whole = photo(form, (400, 400))
    chance = np.random.default_rng(11)
    reasons = set()
    for head in (*[60] * 60, *[len(whole)] * 40):
        damaged = bytearray(whole)
        for at in chance.integers(0, min(head, len(whole)), 3):
            damaged[at] ^= int(chance.integers(1, 256))
        try:
            assert decode(bytes(damaged)).mode == "RGB"
        except Undecodable as refused:
            reasons.add(refused.reason)
    assert "truncated" in reasons
