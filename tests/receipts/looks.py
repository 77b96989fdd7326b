"""``python -m tests.receipts.looks``: how far apart photos of one register's receipts look.

For each register one paper is photographed again and again and sent on by a messenger, and
other papers of that register once: of the same goods on another day, of the same but for one
line, and of other goods.
"""

import argparse
import os
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from functools import partial
from io import BytesIO
from itertools import combinations
from random import Random
from typing import Literal

import cv2
import numpy as np
from msgspec import Struct, structs
from PIL import Image, ImageOps
from rich.console import Console
from rich.table import Table

from eventstore.policy import Limits
from handlers.judging.looks import look_distance
from handlers.ports import Reading
from handlers.reading.pipeline import read_photo
from handlers.reading.pixels.models import Models
from handlers.reading.protocol import Settings
from tests.receipts import fonts, making, paper
from tests.receipts.camera import Level, photograph
from tests.receipts.payloads import payload_of
from tests.receipts.sales import ELIGIBLE, Sale, sale
from tests.receipts.trials import SPAWN

Which = Literal["one paper", "same goods", "one other line", "other goods"]
#: From what looks most like the one paper to what looks least like it.
_FARTHER: tuple[Which, ...] = ("one paper", "same goods", "one other line", "other goods")
_LEVELS: tuple[Level, ...] = ("easy", "medium", "medium", "hard")
#: What a register prints on each of its receipts.
_REGISTER = (
    "seller", "shop", "address", "tax_number", "company_number", "cashier", "factory_number",
    "fiscal_number", "letters", "adverts", "hardware",
)  # fmt: skip
#: Long side that a messenger leaves of a photo that was sent on.
_SENT_ON = 960
_SHARES = (0, 1, 5, 50, 80, 95, 100)


class Shown(Struct, frozen=True, kw_only=True):
    """A photo of a paper."""

    #: number of the paper among those of its register
    paper: int
    #: what the paper is to the first one
    which: Which
    jpeg: bytes


def photos_of(chance: Random) -> Iterator[Shown]:
    """Yield photos of papers of one register: five of the first, one of each other."""
    register = chance.choices(making.REGISTERS, [each.weight for each in making.REGISTERS])[0]
    first, style = making.styled(register, "unseen", chance)
    while first.kind not in ELIGIBLE:
        first, style = making.styled(register, "unseen", chance)
    others = [making.with_names(_other_goods(first, chance), style, chance) for _ in range(2)]
    face, codes, layout, print_ = fonts.choose(chance), *(chance.getrandbits(32) for _ in range(3))
    for number, (which, sold) in enumerate(_papers(first, others, chance)):
        code = payload_of(sold, Random(codes)) if codes % 9 else None
        lines = register.layout(sold, style, Random(layout), making.codes_of(code, Random(codes)))
        worn = paper.wear(chance.choice(("easy", "medium")), chance)
        strip = paper.draw(lines, style, face, worn, Random(print_))
        for level in _LEVELS if number == 0 else (chance.choice(_LEVELS),):
            shot = photograph(strip, level, chance)
            jpeg = making.stored(shot, level, chance, turns=True)
            yield Shown(paper=number, which=which, jpeg=jpeg)
        if number == 0:
            yield Shown(paper=number, which=which, jpeg=_sent_on(jpeg))


def _papers(first: Sale, others: list[Sale], chance: Random) -> list[tuple[Which, Sale]]:
    rest = first.bought[:-1] if len(first.bought) > 1 else first.bought
    mixed = structs.replace(first, bought=(*rest, others[0].bought[0]))
    return [
        ("one paper", first),
        ("same goods", _later(first, chance)),
        ("one other line", _later(mixed, chance)),
        *(("other goods", _later(sold, chance)) for sold in others),
    ]


def _other_goods(first: Sale, chance: Random) -> Sale:
    """Return a sale of other goods at the register of ``first``."""
    sold = sale(chance, "unseen", hardware=first.hardware, items_max=chance.choice((3, 5, 7)))
    numbers = {"at": first.at, "receipt_number": first.receipt_number}
    register = {name: getattr(first, name) for name in _REGISTER}
    kind = {"kind": first.kind, "document": first.document, "local_number": first.local_number}
    return structs.replace(sold, **numbers, **register, **kind)


def _later(sold: Sale, chance: Random) -> Sale:
    """Return the same sale some receipts on, within a week."""
    on, number = chance.randint(1, 400), sold.receipt_number
    drawn = sale(chance, "unseen", hardware=sold.hardware, items_max=3).receipt_number
    return structs.replace(
        sold,
        at=sold.at + timedelta(days=chance.randint(0, 6), seconds=chance.randint(600, 20_000)),
        receipt_number=str(int(number) + on) if number.isdecimal() else drawn,
        local_number=sold.local_number + on,
    )


def _sent_on(jpeg: bytes) -> bytes:
    picture = Image.open(BytesIO(jpeg))
    ImageOps.exif_transpose(picture, in_place=True)
    picture.thumbnail((_SENT_ON, _SENT_ON))
    out = BytesIO()
    picture.save(out, "JPEG", quality=72)
    return out.getvalue()


def distances(number: int, *, seed: int) -> list[tuple[Which, int]]:
    """Return how far apart photos of register ``number`` look: what each pair shows, and bits."""
    cv2.setNumThreads(1)
    models, looks = Models(), list[tuple[Shown, str]]()
    for photo in photos_of(Random(f"looks/{seed}/{number}")):
        reading = read_photo(photo.jpeg, Settings(), models)
        if isinstance(reading, Reading) and reading.look:
            looks.append((photo, reading.look))
    return [
        (_shown_by(one, other), look_distance(look, other_look))
        for (one, look), (other, other_look) in combinations(looks, 2)
    ]


def _shown_by(one: Shown, other: Shown) -> Which:
    return (
        "one paper" if one.paper == other.paper else max(one.which, other.which, key=_FARTHER.index)
    )


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(prog="python -m tests.receipts.looks", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--registers", type=int, default=60)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    found: defaultdict[Which, list[int]] = defaultdict(list)
    with ProcessPoolExecutor(asked.workers, mp_context=SPAWN) as pool:
        for pairs in pool.map(partial(distances, seed=asked.seed), range(asked.registers)):
            for which, bits in pairs:
                found[which].append(bits)
    Console(width=120).print(_table(found))


def _table(found: dict[Which, list[int]]) -> Table:
    most = Limits().look_bits_max
    table = Table("pairs that show", "pairs", *(f"p{share}" for share in _SHARES), f"≤ {most}")
    for which in _FARTHER:
        bits = np.array(found[which])
        shares = (f"{share:.0f}" for share in np.percentile(bits, _SHARES))
        table.add_row(which, str(len(bits)), *shares, f"{np.mean(bits <= most):.1%}")
    return table


if __name__ == "__main__":
    main()
