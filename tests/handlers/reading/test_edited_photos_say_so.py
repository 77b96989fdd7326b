"""A photo that a program for pictures saved is told by its file, and nothing else in there is."""

from datetime import UTC, datetime
from io import BytesIO

import msgspec
import numpy as np
import pillow_heif
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from handlers.ports import Reading
from handlers.reading.pipeline import read_photo
from handlers.reading.pixels.marks import marks_of
from handlers.reading.pixels.models import Models
from handlers.reading.protocol import Settings
from handlers.reading.specimens import sample_set

SOFTWARE, PROCESSING_SOFTWARE, CAMERA, GPS = 0x0131, 0x000B, 0x0110, 0x8825
EDITED = ["edited_by_program"]
#: As such programs name themselves.
PROGRAMS = (
    "Adobe Photoshop 25.0 (Windows)", "Adobe Lightroom 7.1 (Android)", "GIMP 2.10.34",
    "Snapseed 2.0", "PicsArt", "Canva", "Paint.NET v3.5.11", "paint.net 5.0.9", "Pixlr",
    "Affinity Photo 2 2.4.0", "MeituPic 9", "Pixelmator Pro 3.5", "Photopea",
    "Windows Photo Editor 10.0",
)  # fmt: skip
#: As cameras, messengers and scanners of paper do.
OTHERS = (
    "HDR+ 1.0.593992", "17.5.1", "Android UP1A.231005.007", "S918BXXS3BWL4", "WhatsApp", "Telegram",
    "MediaTek Camera Application", "CamScanner", "Microsoft Lens", "Adobe Scan", "", "canvas",
)  # fmt: skip


def saved(form: str = "JPEG", **options: object) -> bytes:
    """Return a small picture saved with ``options``."""
    pillow_heif.register_heif_opener()
    out = BytesIO()
    Image.new("RGB", (400, 400), "white").save(out, form, **options)
    return out.getvalue()


def exif(**tags: object) -> Image.Exif:
    """Return EXIF with the named tags."""
    numbers = {"software": SOFTWARE, "processing": PROCESSING_SOFTWARE, "camera": CAMERA}
    made = Image.Exif()
    for name, value in tags.items():
        made[numbers[name]] = value
    return made


def xmp(inner: str) -> bytes:
    """Return an XMP packet that says ``inner`` of the picture."""
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Adobe XMP Core 5.1.0-jc003"><rdf:RDF>'
        f"<rdf:Description {inner}</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def with_blocks(*codes: int) -> bytes:
    """Return a JPEG with a segment "Photoshop 3.0" of these blocks."""
    blocks = b"".join(
        b"8BIM" + code.to_bytes(2, "big") + bytes(2) + (4).to_bytes(4, "big") + b"data"
        for code in codes
    )
    body = b"Photoshop 3.0\0" + blocks
    segment = b"\xff\xed" + (len(body) + 2).to_bytes(2, "big") + body
    plain = saved()
    return plain[:2] + segment + plain[2:]


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_that_signs_in_the_exif_is_known(program: str) -> None:
    """In either tag, in each kind of file."""
    assert marks_of(saved(exif=exif(software=program))) == EDITED
    assert marks_of(saved(exif=exif(processing=program))) == EDITED
    for form in ("PNG", "WEBP", "HEIF"):
        assert marks_of(saved(form, exif=exif(software=program).tobytes())) == EDITED, form


@pytest.mark.parametrize("program", OTHERS)
def test_what_takes_or_carries_photos_is_no_editor(program: str) -> None:
    """Its own name is no mark, whatever it is called elsewhere in the file."""
    assert marks_of(saved(exif=exif(software=program, camera="Photoshop"))) == []
    told = xmp(f'xmp:CreatorTool="{program}" dc:title="made with Photoshop">')
    assert marks_of(saved(xmp=told)) == []


@pytest.mark.parametrize(
    "inner",
    [
        'xmp:CreatorTool="Adobe Photoshop 25.0">',
        "><xmp:CreatorTool>PicsArt</xmp:CreatorTool>",
        "><tiff:Software>Snapseed 2.0</tiff:Software>",
        '><xmpMM:History><rdf:li stEvt:action="saved" stEvt:softwareAgent = "GIMP 2.10"/>'
        "</xmpMM:History>",
    ],
)
def test_a_program_that_signs_in_the_xmp_is_known(inner: str) -> None:
    """As who made the file or as one who changed it since; as an attribute or an element."""
    assert marks_of(saved(xmp=xmp(inner))) == EDITED
    assert marks_of(saved("WEBP", xmp=xmp(inner))) == EDITED
    text = PngInfo()
    text.add_itxt("XML:com.adobe.xmp", xmp(inner).decode())
    assert marks_of(saved("PNG", pnginfo=text)) == EDITED


def test_what_only_photoshop_writes_is_its_mark() -> None:
    """Words of the press and their digest are written by others too: social networks do."""
    assert marks_of(with_blocks(0x0404, 0x0421)) == EDITED
    assert marks_of(with_blocks(0x0406)) == EDITED
    assert marks_of(with_blocks(0x0404, 0x0425)) == []


def test_texts_beside_the_pixels_name_programs_too() -> None:
    """A PNG's «Software», and the comment that GIMP leaves."""
    for key, said in (("Software", "Adobe ImageReady Photoshop"), ("Comment", "Created with GIMP")):
        text = PngInfo()
        text.add_text(key, said)
        assert marks_of(saved("PNG", pnginfo=text)) == EDITED
    assert marks_of(saved(comment=b"Created with GIMP")) == EDITED
    text = PngInfo()
    text.add_text("Software", "gnome-screenshot")
    assert marks_of(saved("PNG", pnginfo=text)) == []


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_damaged_metadata_tell_nothing_and_break_nothing(form: str) -> None:
    """Bytes turned over in the head of a file, where all of it stands."""
    whole = saved(form, exif=exif(software="Canva", camera="x" * 300).tobytes())
    chance = np.random.default_rng(5)
    for _ in range(150):
        damaged = bytearray(whole)
        for at in chance.integers(2, min(len(whole), 500), 6):
            damaged[at] = int(chance.integers(0, 256))
        assert marks_of(bytes(damaged)) in ([], EDITED)
    for nonsense in (b"", b"hello", whole[:40], b"\xff\xd8\xff" + bytes(99)):
        assert marks_of(nonsense) == []


def test_damaged_exif_does_not_hide_what_the_xmp_says() -> None:
    """Each place is looked at for itself."""
    torn = b"Exif\0\0nonsense"
    assert marks_of(saved(exif=torn, xmp=xmp('xmp:CreatorTool="Canva">'))) == EDITED


def test_a_reading_bears_the_mark_and_nothing_of_where_the_photo_was_taken() -> None:
    """Neither the place nor the phone: not in the reading, not in the preview."""
    sample = sample_set(datetime(2026, 11, 20, 9, 30, tzinfo=UTC), run="tests")[0]
    told = exif(software="Snapseed 2.0", camera="A-PHONE-OF-MINE")
    told.get_ifd(GPS).update({1: "N", 2: (50.0, 27.0, 1.2345), 29: "2026:11:19"})
    out = BytesIO()
    Image.open(BytesIO(sample.jpeg)).save(out, "JPEG", quality=90, exif=told)
    assert b"A-PHONE-OF-MINE" in out.getvalue()
    assert b"2026:11:19" in out.getvalue()
    reading = read_photo(out.getvalue(), Settings(), Models())
    assert isinstance(reading, Reading)
    assert reading.marks == EDITED
    assert reading.look is not None
    everything = msgspec.msgpack.encode(reading)
    for secret in (b"A-PHONE-OF-MINE", b"2026:11:19", b"Snapseed", b"Exif"):
        assert secret not in everything
