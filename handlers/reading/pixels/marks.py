"""What a photo's file says besides its pixels: whether a program for pictures saved it.

Only names of programs are looked at, and nothing of the metadata is kept: not where or when a
photo was taken, nor by which phone. Messengers take all of it off, so no mark proves nothing;
and nobody is refused for one, since who crops a photo may use such a program.
"""

import re
import warnings
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from PIL import Image

from eventstore.catalogue import PhotoMark
from handlers.reading.pixels.decode import UNOPENABLE, opened

#: Programs that change pictures, by how their own names for themselves begin. What a phone's
#: camera writes (its firmware, «HDR+»), messengers and scanners of paper are none of them.
EDITORS = (
    "acdsee", "affinity", "airbrush", "befunky", "canva(?!s)", "capture one", "clip studio",
    "corel", "darktable", "faceapp", "facetune", "fotor", "gimp", "ibis ?paint", "inkscape",
    "inshot", "krita", "lensa", "lightroom", "luminar", "medibang", "meitu", r"paint\.net",
    "paint ?shop", "photo editor", "photodirector", "photofiltre", "photopea", "photoroom",
    "photoscape", "photoshop", "picasa", "picsart", "pixelmator", "pixlr", "polarr",
    "procreate", "rawtherapee", "remini", "sketchbook", "skitch", "snapseed", "touchretouch",
    "vsco", "xnview", "youcam",
)  # fmt: skip
_EDITOR = re.compile(rf"(?<![a-z])(?:{'|'.join(EDITORS)})", re.IGNORECASE)
#: "Software" (EXIF 2.3) and "ProcessingSoftware" (TIFF/EP).
_EXIF_PROGRAMS = (0x0131, 0x000B)
#: Who made the file, and in its history who changed it (XMP: xmp, stEvt, tiff).
_XMP_PROGRAM = re.compile(
    rb"(?:CreatorTool|softwareAgent|tiff:Software)\s{0,9}(?:=\s{0,9}[\"']|>)([^\"'<]{1,200})"
)
#: Text of a PNG, and what a JPEG has for it: GIMP names itself there.
_TEXTS = ("Software", "Comment", "comment")
#: Blocks in a JPEG's segment "Photoshop 3.0" that other programs write too: words of the press
#: about the picture, and their digest. Any other one is Photoshop's own.
_PRESS_BLOCKS = frozenset({0x0404, 0x0425})
#: Looked at of each: what a JPEG's segment can hold, a few of them, a name.
_EXIF_BYTES_MAX, _XMP_BYTES_MAX, _NAME_SIGNS_MAX = 64 * 1024, 256 * 1024, 200


def marks_of(photo: bytes) -> list[PhotoMark]:
    """Return what the file tells of itself; metadata that make no sense tell nothing."""
    with warnings.catch_warnings(), suppress(*UNOPENABLE):  # whoever decodes it tells why
        warnings.simplefilter("ignore")  # of damaged metadata
        if any(_EDITOR.search(name[:_NAME_SIGNS_MAX]) for name in _programs(opened(photo))):
            return ["edited_by_program"]
    return []


def _programs(picture: Image.Image) -> Iterator[str]:
    """Yield the names that programs left in the file, as far as they make sense."""
    for names in (_in_blocks, _in_exif, _in_xmp, _in_texts):
        with suppress(Exception):  # damaged metadata: a dozen types, in the next release others
            yield from names(picture.info)


def _in_blocks(info: dict[Any, Any]) -> Iterator[str]:
    if set(info.get("photoshop", ())) - _PRESS_BLOCKS:
        yield "photoshop"


def _in_exif(info: dict[Any, Any]) -> Iterator[str]:
    exif = Image.Exif()
    exif.load(info.get("exif", b"")[:_EXIF_BYTES_MAX])  # asked itself, a PNG would be decoded
    yield from (str(exif[tag]) for tag in _EXIF_PROGRAMS if tag in exif)


def _in_xmp(info: dict[Any, Any]) -> Iterator[str]:
    for name in _XMP_PROGRAM.findall(info.get("xmp", b"")[:_XMP_BYTES_MAX]):
        yield name.decode(errors="replace")


def _in_texts(info: dict[Any, Any]) -> Iterator[str]:
    for text in (info[key] for key in _TEXTS if key in info):
        yield text.decode(errors="replace") if isinstance(text, bytes) else str(text)
