"""Seed, number and level -> a photo and its labels. The same everywhere and every time."""

import hashlib
from collections.abc import Callable
from io import BytesIO
from random import Random

from msgspec import Struct, structs
from PIL import Image

from eventstore.identity import KYIV
from tests.receipts import fonts, layouts, layouts_b, paper
from tests.receipts.camera import Level, Shot, photograph
from tests.receipts.goods import OURS, Half
from tests.receipts.labels import Label
from tests.receipts.lines import Line, Shows, Style
from tests.receipts.names import printed
from tests.receipts.payloads import Code, loyalty_payload, payload_of
from tests.receipts.sales import ELIGIBLE, Sale, sale
from tests.receipts.screen import shown

_LOOK_ALIKES = dict(zip("АВЕКМНОРСТХІаеорсухі", "ABEKMHOPCTXIaeopcyxi", strict=True))
LEVELS: tuple[Level, ...] = ("easy", "medium", "hard")
_Layout = Callable[[Sale, Style, Random, list[Line]], list[Line]]


class Register(Struct, frozen=True, kw_only=True):
    """A layout with the settings its registers have."""

    name: str
    layout: _Layout
    columns: tuple[int, ...]
    hardware: bool = False
    comma: bool = False
    upper: bool = False
    #: how often its total is printed tall
    tall: float = 0.0
    weight: int = 2


REGISTERS = (
    Register(name="datecs", layout=layouts.datecs, columns=(36, 40, 42), hardware=True, tall=0.9,
              weight=3),
    Register(name="maria", layout=layouts.maria, columns=(32, 36, 42), hardware=True, upper=True,
              tall=0.7),
    Register(name="price_first", layout=layouts.price_first, columns=(38, 42, 48), hardware=True,
              upper=True, tall=0.2),
    Register(name="numbered", layout=layouts.numbered, columns=(36, 40), hardware=True, tall=0.8),
    Register(name="commas", layout=layouts.commas, columns=(36, 40), hardware=True, comma=True,
              tall=0.4),
    Register(name="tax_text", layout=layouts_b.tax_text, columns=(46, 48, 56), tall=0.1,
              weight=4),
    Register(name="web_check_42", layout=layouts_b.web_check, columns=(42, 42, 46)),
    Register(name="web_check_32", layout=layouts_b.web_check, columns=(32, 32, 34)),
    Register(name="vendor_a", layout=layouts_b.vendor_a, columns=(32, 40, 42), comma=True,
              tall=0.5, weight=3),
    Register(name="vendor_b", layout=layouts_b.vendor_b, columns=(32, 38, 44)),
    Register(name="one_line", layout=layouts_b.one_line, columns=(42, 46, 48), comma=True),
    Register(name="chemist", layout=layouts_b.chemist, columns=(36, 40, 42), upper=True,
              tall=0.1, weight=3),
)  # fmt: skip


class Photo(Struct, frozen=True, kw_only=True):
    """A photo file and its truth."""

    jpeg: bytes
    label: Label


def make(*, seed: int, number: int, half: Half, level: Level | None = None) -> Photo:
    """Return photo ``number`` of a seed; levels take turns unless one is given."""
    level = level or LEVELS[number % len(LEVELS)]
    chance = _chance(f"{seed}/{number}/{half}/{level}")
    register = chance.choices(REGISTERS, [each.weight for each in REGISTERS])[0]
    sold, style = styled(register, half, chance)
    code = _payload(sold, chance)
    lines = register.layout(sold, style, chance, codes_of(code, chance))
    if chance.random() < 0.12:
        lines = [_logo(sold, style), *lines]
    face = fonts.choose(chance)
    if chance.random() < 0.12:
        lines = [mixed(line, chance) for line in lines]
    if sold.kind == "screenshot":
        shot, hidden = shown(lines, style, chance), frozenset[Shows]()
    else:
        strip = paper.draw(lines, style, face, paper.wear(level, chance), chance)
        shot = photograph(strip, level, chance)
        hidden = _hidden(strip, shot)
    name = f"{seed}-{number:04d}-{level}-{register.name}-{sold.kind}.jpg"
    label = structs.replace(
        _label(name, sold, code, hidden, shot),
        layout=register.name,
        level=level,
        face=face.path.rsplit("/", 1)[-1] + ("/dots" if face.dots else ""),
    )
    return Photo(jpeg=stored(shot, level, chance, turns=sold.kind != "screenshot"), label=label)


def styled(register: Register, half: Half, chance: Random) -> tuple[Sale, Style]:
    """Return a sale of a register with the names as it prints them, and how it prints."""
    style = _style(register, chance)
    sold = sale(chance, half, hardware=register.hardware, items_max=chance.choice((3, 5, 7)))
    return with_names(sold, style, chance), style


def _style(register: Register, chance: Random) -> Style:
    tall = chance.choice((1.5, 1.8, 2.0)) if chance.random() < register.tall else 1.0
    return Style(
        columns=chance.choice(register.columns),
        comma=register.comma,
        times=chance.choice(("x", "х", "X", "Х", "×", "*") if not register.upper else ("X", "Х")),
        rule=chance.choice("-----=_*"),
        upper=register.upper or chance.random() < 0.15,
        cut_at=chance.choice((None, None, 30, 36, 40, 46, 50)),
        total_tall=tall,
    )


def with_names(sold: Sale, style: Style, chance: Random) -> Sale:
    """Return a sale with the names as a register of this style prints them."""
    return structs.replace(
        sold,
        bought=tuple(
            structs.replace(
                line, name=printed(line.good, chance, upper=style.upper, cut_at=style.cut_at)
            )
            for line in sold.bought
        ),
    )


def _payload(sold: Sale, chance: Random) -> Code | None:
    """Return the fiscal QR's text; about one fiscal receipt in nine has none."""
    if sold.document not in ("sale", "return") or chance.random() < 0.11:
        return None
    return payload_of(sold, chance)


def codes_of(code: Code | None, chance: Random) -> list[Line]:
    """Return the fiscal QR and, sometimes, one of a loyalty programme before or after it."""
    lines = []
    if code is not None:
        size, across = chance.uniform(0.4, 0.62), chance.choice((0.5, 0.5, 0.5, 0.0, 0.1))
        lines.append(Line(qr=code.text, shows=frozenset({"qr"}), tall=size, across=across))
    if chance.random() < 0.1:
        advert = Line(qr=loyalty_payload(chance), tall=chance.uniform(0.25, 0.4))
        gap = [Line(), Line()]
        lines = [*lines, *gap, advert] if chance.random() < 0.6 else [advert, *gap, *lines]
    return lines


def _logo(sold: Sale, style: Style) -> Line:
    words = sold.shop.split("№")[0].strip().upper()
    return style.centre(words[: style.columns // 2], tall=2.0, wide=2)


def mixed(line: Line, chance: Random) -> Line:
    """Return a line some of whose letters were typed on the Latin keyboard."""
    text = "".join(
        _LOOK_ALIKES[sign] if sign in _LOOK_ALIKES and chance.random() < 0.3 else sign
        for sign in line.text
    )
    return structs.replace(line, text=text)


def _label(name: str, sold: Sale, code: Code | None, hidden: frozenset[Shows], shot: Shot) -> Label:
    qr_whole = code is not None and "qr" not in hidden
    if code is not None and qr_whole:
        hidden -= code.tells
    fiscal = sold.document in ("sale", "return")
    ours = [line for line in sold.kept if line.good.kind in OURS]
    at = sold.at.astimezone(KYIV)
    return Label(
        file=name,
        doc_type=_doc_type(sold),
        merchant=sold.seller,
        purchased_at=None if "date" in hidden else f"{at:%Y-%m-%dT%H:%M}",
        total_kopecks=None if "total" in hidden else sold.total_kopecks,
        fiscal_number=sold.fiscal_number if fiscal and "fiscal_number" not in hidden else None,
        receipt_number=sold.receipt_number if fiscal and "receipt_number" not in hidden else None,
        items=[line.name for line in sold.kept],
        has_qr=code is not None,
        qr=code.text if code else None,
        darnitsa_item=bool(ours),
        eligible=sold.kind in ELIGIBLE,
        whole=not hidden - {"qr"},
        kind=sold.kind,
        darnitsa_names=[line.name for line in ours],
        traps=list(sold.traps),
        barcode=any(line.barcode for line in ours),
        qr_whole=qr_whole if code else None,
        shot=shot.notes,
    )


def _doc_type(sold: Sale) -> str:
    if sold.kind == "screenshot":
        return "screenshot"
    return {"sale": "fiscal", "return": "refund"}.get(sold.document, sold.document)


def _hidden(strip: paper.Paper, shot: Shot) -> frozenset[Shows]:
    """Return what some line that is not seen whole would have shown."""
    return frozenset(
        what
        for placed, seen in zip(strip.placed, shot.seen, strict=True)
        if not seen
        for what in placed.shows
    )


def stored(shot: Shot, level: Level, chance: Random, *, turns: bool) -> bytes:
    """Return the JPEG, sometimes lying on its side or upside down."""
    picture = Image.fromarray(shot.rgb)
    turn = chance.random() if turns else 1.0
    exif = Image.Exif()
    if turn < 0.06:
        picture = picture.transpose(chance.choice((
            Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270,
        )))  # fmt: skip
    elif turn < 0.1:
        picture = picture.transpose(Image.Transpose.ROTATE_90)
        exif[0x0112] = 6
    quality = {"easy": (84, 93), "medium": (72, 90), "hard": (58, 84)}[level]
    out = BytesIO()
    picture.save(out, "JPEG", quality=chance.randint(*quality), exif=exif)
    return out.getvalue()


def _chance(text: str) -> Random:
    return Random(hashlib.sha256(text.encode()).digest())
