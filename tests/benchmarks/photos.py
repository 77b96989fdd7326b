"""How much memory a photo takes and how well a queue of photos fills the cores.

``python -m tests.benchmarks.photos`` prints one JSON line per profile and photo, and one of
the queue. Memory is what the kernel says of the child (``VmHWM``) and of each ``tesseract``
(``ru_maxrss``, taken by a small process between the two, or it would hold the child's own).
"""

import asyncio
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
from msgspec import Struct, structs
from PIL import Image

from handlers.ports import Reading, Unreadable
from handlers.reading.drawn.drawing import draw_receipt
from handlers.reading.protocol import SMALL, ChildSettings, Settings
from handlers.reading.reader import ChildReader
from handlers.reading.specimens import sample_set

PROFILES = {"normal": Settings(), "small": SMALL}
#: Share of pixels: no word below is sure any more.
_SPECKS = 0.6
_PROC = Path("/proc")
_AROUND = """#!{python} -IS
import os, pathlib, re, resource, subprocess, sys
parent = pathlib.Path("/proc", str(os.getppid()), "status").read_text()
status = subprocess.run(["tesseract", *sys.argv[1:]]).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
with open({notes!r}, "a") as notes:
    print(re.search(r"VmRSS:\\s+(\\d+)", parent)[1], used, file=notes)
sys.exit(status)
"""


class Peak(Struct, frozen=True, kw_only=True):
    """The most memory that reading one photo took, in KiB."""

    #: the child alone
    child_kib: int
    #: what the child held while Tesseract ran, and Tesseract; 0 where it was not asked
    waiting_kib: int
    tesseract_kib: int

    @property
    def together_mib(self) -> float:
        """What a machine must have for both."""
        return max(self.child_kib, self.waiting_kib + self.tesseract_kib) / 1024


@cache
def photos() -> dict[str, bytes]:
    """Return a phone's photo of 12 MP, a messenger's, one of smeared paper, about which
    Tesseract is asked too, and one of a receipt two arms long.
    """
    sample = sample_set(datetime(2026, 11, 20, tzinfo=UTC), run="memory")[0].jpeg
    picture = Image.open(BytesIO(sample))
    goods = [
        row
        for number in range(60)
        for row in (f"АРТ.№ {2000 + number} Вата стерильна {number} г", "2 x 48.70      97.40 Б")
    ]
    messenger = picture.resize((960, 1280), Image.Resampling.LANCZOS)
    long = draw_receipt(["ТОВ «ЗРАЗОК»", *goods, "СУМА ДО СПЛАТИ:      5844.00"], None)
    height = 3800
    return {
        "12 MP": _jpeg(picture.resize((3000, 4000), Image.Resampling.LANCZOS)),
        "messenger": _jpeg(messenger),
        "smeared": _jpeg(smeared(messenger, rows=(0.388, 0.422))),
        "long receipt": _jpeg(long.resize((long.width * height // long.height, height))),
    }


def smeared(picture: Image.Image, *, rows: tuple[float, float]) -> Image.Image:
    """Return a picture with specks over the print between two shares of its height."""
    grey = np.array(picture.convert("L"))
    part = grey[slice(*(round(share * picture.height) for share in rows))]
    part[np.random.default_rng(2).random(part.shape) < _SPECKS] = 30
    return Image.fromarray(grey)


def _jpeg(picture: Image.Image) -> bytes:
    out = BytesIO()
    picture.convert("RGB").save(out, "JPEG", quality=88)
    return out.getvalue()


async def peak_of(photo: bytes, settings: Settings) -> tuple[Peak, Reading | Unreadable]:
    """Return what a fresh child needs for ``photo``, and its answer."""
    with tempfile.TemporaryDirectory(prefix="cashbot-bench-") as folder:
        notes, program = Path(folder, "notes"), Path(folder, "tesseract")
        program.write_text(_AROUND.format(python=sys.executable, notes=str(notes)))
        program.chmod(0o755)
        engine = structs.replace(settings.engine, command=str(program))
        reader = ChildReader(
            settings=ChildSettings(reading=structs.replace(settings, engine=engine))
        )
        try:
            outcome = await reader.read(photo)
            child_kib = _high_water_kib(_pid_of(reader))
        finally:
            await reader.aclose()
        told = notes.read_text() if notes.exists() else ""
    runs = [tuple(map(int, line.split())) for line in told.splitlines()]
    waiting_kib, tesseract_kib = max(runs, key=sum, default=(0, 0))
    peak = Peak(child_kib=child_kib, waiting_kib=waiting_kib, tesseract_kib=tesseract_kib)
    return peak, outcome


def _pid_of(reader: ChildReader) -> int:
    process = reader._children[0]._process
    assert process is not None, "it has just answered"
    return process.pid


def _high_water_kib(pid: int) -> int:
    status = _PROC.joinpath(str(pid), "status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None, "Linux tells it of every process that lives"
    return int(found[1])


async def queue_ratio(children: int, photo: bytes, each: int) -> tuple[float, float]:
    """Return photos a second of one child, and of ``children`` over one queue.

    Each child reads ``each`` photos; all are warm before the clock starts.
    """
    one = await _rate(1, [photo] * each)
    return one, await _rate(children, [photo] * each * children)


async def _rate(children: int, queue: Sequence[bytes]) -> float:
    reader = ChildReader(children=children)
    try:
        await asyncio.gather(*(reader.read(queue[0]) for _ in range(children)))
        started = time.perf_counter()
        await asyncio.gather(*map(reader.read, queue))
        return len(queue) / (time.perf_counter() - started)
    finally:
        await reader.aclose()


async def main() -> None:
    """Print all lines."""
    for profile, settings in PROFILES.items():
        for name, photo in photos().items():
            peak, outcome = await peak_of(photo, settings)
            total = outcome.total_kopecks if isinstance(outcome, Reading) else outcome.reason
            figures = structs.asdict(peak) | {"together_mib": round(peak.together_mib)}
            print(json.dumps({"profile": profile, "photo": name, **figures, "total": total}))
    cores = len(os.sched_getaffinity(0))
    one, all_ = await queue_ratio(cores, photos()["messenger"], 20)
    line = {"queue": cores, "one_s": round(one, 3), "all_s": round(all_, 3)}
    print(json.dumps(line | {"ratio": round(all_ / one / cores, 3)}))


if __name__ == "__main__":
    asyncio.run(main())
