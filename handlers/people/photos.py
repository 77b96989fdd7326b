"""What kind of file a photo is, told by its first bytes and never by its name; how large."""

from typing import Literal

from msgspec import Struct

PhotoFormat = Literal["jpeg", "png", "webp", "heic"]

#: R20: the most a shopper may send; Telegram and the page say so before.
PHOTO_BYTES_MAX = 10 * 1024 * 1024

#: Below it nothing can be read whatever the paper: the narrowest rolls print 32 letters a row,
#: and a letter under ten pixels wide is guessed. Narrow strips of 440 pixels were read; whether
#: the letters of a larger photo are large enough (R21) is judged by their height, not here.
SHORTEST_SIDE_MIN = 320


class PhotoLimits(Struct, frozen=True, kw_only=True):
    """How large a photo may be; what is beyond is refused by its header."""

    #: phones take up to 50 MP (8192 × 6144); 81 MP is no photo of a receipt
    pixels_max: int = 52_000_000
    #: what may be held while it is read: a HEIC or a progressive JPEG of 35 MP, a WEBP of 52
    loading_bytes_max: int = 200 * 1024 * 1024
    #: above it a picture is halved until it fits: 12 MP are 48 MB, and letters stay
    pixels_kept_max: int = 12_600_000


#: For a reader's child of 450 MB.
NORMAL_LIMITS = PhotoLimits()
#: For one of 250 MB: photos of 12 MP of every kind are read, halved; JPEGs up to 52.
SMALL_LIMITS = PhotoLimits(loading_bytes_max=80 * 1024 * 1024, pixels_kept_max=5_100_000)

#: Brands in the ``ftyp`` box that HEIC files are written with (ISO/IEC 23008-12, annex B).
_HEIC_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"}


def photo_format(content: bytes) -> PhotoFormat | None:
    """Return the format of ``content``, None when it is not a photo we take."""
    if content.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "webp"
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS:
        return "heic"
    return None


def photo_fault(content: bytes) -> Literal["empty", "too_large", "not_an_image"] | None:
    """Return why ``content`` is not taken at all, None when a reader may look at it."""
    if not content:
        return "empty"
    if len(content) > PHOTO_BYTES_MAX:
        return "too_large"
    return "not_an_image" if photo_format(content) is None else None
