"""From bytes that may be anything to an upright picture, safely and in little memory.

What a file is, is told by its content, never by its name. The header is checked before
pixels are allocated, so that a bomb costs nothing. Then the way with the least memory is
taken: a JPEG is reduced while it is read, a WEBP is read by OpenCV (Pillow holds a photo of
it five times), a HEIC is reduced from the decoder's own pixels. What a codec holds for a
pixel meanwhile was measured (``_BYTES_A_PIXEL``); a picture for which that would be more
than ``PhotoLimits.loading_bytes_max`` is refused by its header.
"""

import struct
import warnings
from io import BytesIO

import cv2
import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.JpegImagePlugin import JpegImageFile

from eventstore.catalogue import UnreadableReason
from handlers.people.photos import NORMAL_LIMITS, PHOTO_BYTES_MAX, SHORTEST_SIDE_MIN, PhotoLimits

#: Quality of the preview is lowered until it fits (R24).
PREVIEW_BYTES_MAX = 300 * 1024
PREVIEW_SIDE_MAX = 1600

_PNG = b"\x89PNG\r\n\x1a\n"
_FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
#: First bytes of images we know and do not take.
_OTHER_IMAGES = (b"GIF8", b"BM", b"II*\0", b"MM\0*", b"%PDF", b"\0\0\1\0", b"8BPS")
#: What is held for a pixel of the file while it is read and reduced, by the peak of a process
#: of its own. A JPEG in several scans ("progressive") is held whole, transparency is copied.
_BYTES_A_PIXEL = {"JPEG": 1, "PNG": 6, "WEBP": 4, "HEIF": 6}
_BYTES_A_PIXEL_SCANS = 6
_BYTES_A_PIXEL_GLASS = {"PNG": 9, "WEBP": 20}
_GLASS_MODES = ("RGBA", "LA", "PA")
_BROKEN = (OSError, ValueError, SyntaxError, RuntimeError, EOFError, struct.error, cv2.error)
#: What opening the bytes of a stranger may raise.
UNOPENABLE = (*_BROKEN, Image.DecompressionBombError)

Pixels = NDArray[np.uint8]


class Undecodable(Exception):
    """The bytes are no picture we can read; ``reason`` tells the shopper why."""

    def __init__(self, reason: UnreadableReason) -> None:
        """Keep the reason code."""
        super().__init__(reason)
        self.reason: UnreadableReason = reason


def decode(
    photo: bytes, *, limits: PhotoLimits = NORMAL_LIMITS, shortest_side_min: int = SHORTEST_SIDE_MIN
) -> Image.Image:
    """Return ``photo`` as an upright RGB picture, halved as often as ``limits`` ask.

    Raises:
        Undecodable: it is no image, of another kind, cut off, or of a wrong size.
    """
    if len(photo) > PHOTO_BYTES_MAX:
        raise Undecodable("too_large")
    if _promised_pixels(photo) > limits.pixels_max:
        raise Undecodable("too_many_pixels")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            return _upright(photo, limits, shortest_side_min)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
            raise Undecodable("too_many_pixels") from bomb
        except UnidentifiedImageError as unknown:
            raise Undecodable(_reason_unidentified(photo)) from unknown
        except _BROKEN as broken:
            raise Undecodable("truncated") from broken


def preview_of(picture: Image.Image) -> bytes:
    """Return a JPEG of at most ``PREVIEW_BYTES_MAX``, re-encoded from pixels alone."""
    small = picture.convert("RGB")
    small.thumbnail((PREVIEW_SIDE_MAX, PREVIEW_SIDE_MAX))
    for quality in (80, 65, 50, 35):
        jpeg = _jpeg(small, quality)
        if len(jpeg) <= PREVIEW_BYTES_MAX:
            return jpeg
    small.thumbnail((PREVIEW_SIDE_MAX // 2, PREVIEW_SIDE_MAX // 2))
    return _jpeg(small, 35)


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    out = BytesIO()
    picture.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()


def _promised_pixels(photo: bytes) -> int:
    """Return what a PNG or WEBP promises in its first chunk: opening a bomb costs memory."""
    if photo.startswith(_PNG) and len(photo) >= 24:
        width, height = struct.unpack(">II", photo[16:24])
        return int(width * height)
    if photo[:4] == b"RIFF" and photo[8:16] == b"WEBPVP8X" and len(photo) >= 30:
        width, height = (int.from_bytes(photo[at : at + 3], "little") + 1 for at in (24, 27))
        return width * height
    return 0


def _reason_unidentified(photo: bytes) -> UnreadableReason:
    if photo.startswith(_OTHER_IMAGES) or photo[4:12] in (b"ftypavif", b"ftypavis"):
        return "unsupported_format"
    ours = photo.startswith((b"\xff\xd8\xff", _PNG))
    heif = photo[4:8] == b"ftyp" or (photo[:4] == b"RIFF" and photo[8:12] == b"WEBP")
    return "truncated" if ours or heif else "not_an_image"


def opened(photo: bytes) -> Image.Image:
    """Return ``photo`` with its header read and its pixels not; raises one of ``UNOPENABLE``.

    A phone's JPEG may carry more pictures behind the first (its depth, its light): "MPO".
    """
    pillow_heif.register_heif_opener(thumbnails=False)
    picture: Image.Image = Image.open(BytesIO(photo), formats=_FORMATS)
    return JpegImageFile(BytesIO(photo)) if picture.format == "MPO" else picture


def _upright(photo: bytes, limits: PhotoLimits, shortest_side_min: int) -> Image.Image:
    pillow_heif.options.DECODE_THREADS = 1
    picture = opened(photo)
    _check_size(picture, photo, limits, shortest_side_min)
    loaded = _loaded(picture, photo, _halvings(picture, limits))
    ImageOps.exif_transpose(loaded, in_place=True)
    return _on_white(loaded)


def _check_size(
    picture: Image.Image, photo: bytes, limits: PhotoLimits, shortest_side_min: int
) -> None:
    pixels = picture.width * picture.height
    loading_bytes = pixels * _bytes_a_pixel(picture, photo)
    if pixels > limits.pixels_max or loading_bytes > limits.loading_bytes_max:
        raise Undecodable("too_many_pixels")
    if min(picture.size) < shortest_side_min:
        raise Undecodable("too_small")
    if picture.format == "WEBP" and getattr(picture, "is_animated", False):
        raise Undecodable("unsupported_format")


def _bytes_a_pixel(picture: Image.Image, photo: bytes) -> int:
    if picture.format == "JPEG" and not _in_one_scan(photo):
        return _BYTES_A_PIXEL_SCANS
    kind = picture.format or ""
    glass = picture.mode in _GLASS_MODES or "transparency" in picture.info
    return (_BYTES_A_PIXEL_GLASS if glass else _BYTES_A_PIXEL).get(kind, _BYTES_A_PIXEL[kind])


def _in_one_scan(jpeg: bytes) -> bool:
    """Tell whether all colours come together; else libjpeg holds the whole picture meanwhile."""
    at, colours = 2, 0
    while at + 9 < len(jpeg) and jpeg[at] == 0xFF:
        marker = jpeg[at + 1]
        if marker == 0xDA:
            return jpeg[at + 4] == colours
        if marker in (0xC0, 0xC1):
            colours = jpeg[at + 9]
        at += 1 if marker == 0xFF else 2 + int.from_bytes(jpeg[at + 2 : at + 4])
    return False


def _halvings(picture: Image.Image, limits: PhotoLimits) -> int:
    pixels, halvings = picture.width * picture.height, 0
    while pixels > limits.pixels_kept_max * 4**halvings:
        halvings += 1
    return halvings


def _loaded(picture: Image.Image, photo: bytes, halvings: int) -> Image.Image:
    """Load the pixels, at once in the size that is kept where the codec can."""
    if picture.format == "HEIF":
        return _heif(photo, halvings)
    if picture.format == "WEBP" and picture.mode not in _GLASS_MODES:
        loaded = _webp(photo, halvings)
        loaded.info["exif"] = picture.info.get("exif", b"")
        return loaded
    if picture.format == "JPEG" and halvings:
        picture.draft(picture.mode, (picture.width >> halvings, picture.height >> halvings))
    picture.load()
    if picture.format == "JPEG" or not halvings:
        return picture
    return _averageable(picture).reduce(2**halvings)


def _averageable(picture: Image.Image) -> Image.Image:
    """Return levels of light where there were palette entries, single bits or 16 of them."""
    if picture.mode == "P":
        return picture.convert("RGBA" if "transparency" in picture.info else "RGB")
    if picture.mode == "1":
        return picture.convert("L")
    if picture.mode.startswith("I"):  # the upper half is what an eye sees
        return Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
    return picture


def _heif(photo: bytes, halvings: int) -> Image.Image:
    """Reduce the decoder's own pixels; it has turned them upright."""
    file = pillow_heif.open_heif(BytesIO(photo), convert_hdr_to_8bit=True)
    pixels: Pixels = np.asarray(file[file.primary_index])
    if halvings:
        height, width = pixels.shape[0] >> halvings, pixels.shape[1] >> halvings
        small = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
        return Image.fromarray(np.asarray(small, np.uint8))
    return Image.fromarray(pixels)


def _webp(photo: bytes, halvings: int) -> Image.Image:
    """Read a WEBP without transparency; OpenCV writes blue first."""
    sizes = (
        cv2.IMREAD_COLOR, cv2.IMREAD_REDUCED_COLOR_2,
        cv2.IMREAD_REDUCED_COLOR_4, cv2.IMREAD_REDUCED_COLOR_8,
    )  # fmt: skip
    flags = sizes[min(halvings, 3)] | cv2.IMREAD_IGNORE_ORIENTATION
    pixels = cv2.imdecode(np.frombuffer(photo, np.uint8), flags)
    if pixels is None:
        raise Undecodable("truncated")
    height, width = pixels.shape[:2]
    return Image.frombytes("RGB", (width, height), pixels.data, "raw", "BGR")


def _on_white(picture: Image.Image) -> Image.Image:
    """Flatten transparency onto white: a screenshot's glass is no darkness."""
    if picture.mode in _GLASS_MODES or "transparency" in picture.info:
        layered = picture if picture.mode == "RGBA" else picture.convert("RGBA")
        white = Image.new("RGB", layered.size, "white")
        white.paste(layered, mask=layered)
        return white
    plain = _averageable(picture)
    return plain if plain.mode == "RGB" else plain.convert("RGB")
