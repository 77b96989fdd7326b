"""From bytes that may be anything to an upright picture, safely.

What a file is, is told by its content, never by its name. The header is checked before
pixels are allocated, so that a bomb costs nothing.
"""

import warnings
from io import BytesIO

import pillow_heif
from PIL import Image, ImageOps, UnidentifiedImageError

from eventstore.catalogue import UnreadableReason
from handlers.photos import PHOTO_BYTES_MAX, SHORTEST_SIDE_MIN

#: Phones send 12 to 50 MP; 40 MP in colour is 120 MB, what a 512 MB dyno can bear.
PIXELS_MAX = 40_000_000
#: Above it a picture is read at half its size: 40 MP would need 490 MB, halved 270 MB.
PIXELS_KEPT_MAX = 16_000_000
#: Quality of the preview is lowered until it fits (R24).
PREVIEW_BYTES_MAX = 300 * 1024
PREVIEW_SIDE_MAX = 1600

_PNG = b"\x89PNG\r\n\x1a\n"
_FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
#: First bytes of images we know and do not take.
_OTHER_IMAGES = (b"GIF8", b"BM", b"II*\0", b"MM\0*", b"%PDF", b"\0\0\1\0", b"8BPS")


class Undecodable(Exception):
    """The bytes are no picture we can read; ``reason`` tells the shopper why."""

    def __init__(self, reason: UnreadableReason) -> None:
        """Keep the reason code."""
        super().__init__(reason)
        self.reason: UnreadableReason = reason


def decode(photo: bytes, *, shortest_side_min: int = SHORTEST_SIDE_MIN) -> Image.Image:
    """Return ``photo`` as an upright RGB picture.

    Raises:
        Undecodable: it is no image, of another kind, cut off, or of a wrong size.
    """
    if len(photo) > PHOTO_BYTES_MAX:
        raise Undecodable("too_large")
    if _png_pixels(photo) > PIXELS_MAX:
        raise Undecodable("too_many_pixels")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        return _pixels(_opened(photo, shortest_side_min))


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


def _opened(photo: bytes, shortest_side_min: int) -> Image.Image:
    pillow_heif.register_heif_opener(thumbnails=False)
    try:
        picture = Image.open(BytesIO(photo), formats=_FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        raise Undecodable("too_many_pixels") from bomb
    except UnidentifiedImageError as unknown:
        raise Undecodable(_reason_unidentified(photo)) from unknown
    except (OSError, ValueError, SyntaxError, RuntimeError, EOFError) as broken:
        raise Undecodable("truncated") from broken
    _check_size(picture, shortest_side_min)
    return picture


def _png_pixels(photo: bytes) -> int:
    """Return what a PNG promises in its first chunk, which a bomb may not even outlive."""
    if not photo.startswith(_PNG) or len(photo) < 24:
        return 0
    return int.from_bytes(photo[16:20]) * int.from_bytes(photo[20:24])


def _reason_unidentified(photo: bytes) -> UnreadableReason:
    if photo.startswith(_OTHER_IMAGES) or photo[4:12] in (b"ftypavif", b"ftypavis"):
        return "unsupported_format"
    ours = photo.startswith((b"\xff\xd8\xff", _PNG))
    heif = photo[4:8] == b"ftyp" or (photo[:4] == b"RIFF" and photo[8:12] == b"WEBP")
    return "truncated" if ours or heif else "not_an_image"


def _check_size(picture: Image.Image, shortest_side_min: int) -> None:
    width, height = picture.size
    if width * height > PIXELS_MAX:
        raise Undecodable("too_many_pixels")
    if min(width, height) < shortest_side_min:
        raise Undecodable("too_small")


def _pixels(picture: Image.Image) -> Image.Image:
    try:
        picture = _reduced(picture)
        upright = ImageOps.exif_transpose(picture)
        return _on_white(upright)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        raise Undecodable("too_many_pixels") from bomb
    except (OSError, ValueError, SyntaxError, RuntimeError, EOFError) as broken:
        raise Undecodable("truncated") from broken


def _reduced(picture: Image.Image) -> Image.Image:
    """Load the pixels, halved when they are many: letters stay, memory goes down by four."""
    if picture.width * picture.height <= PIXELS_KEPT_MAX:
        picture.load()
        return picture
    if picture.format == "JPEG":
        picture.draft("RGB", (picture.width // 2, picture.height // 2))
        picture.load()
        return picture
    return picture.reduce(2)


def _on_white(picture: Image.Image) -> Image.Image:
    """Flatten transparency onto white: a screenshot's glass is no darkness."""
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        layered = picture.convert("RGBA")
        white = Image.new("RGBA", layered.size, "white")
        return Image.alpha_composite(white, layered).convert("RGB")
    return picture.convert("RGB")
