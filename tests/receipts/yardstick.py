"""The predecessor's way to read, rebuilt by us from its description, as a yardstick.

Bilateral filter, adaptive threshold (41, 3), the mean Hough angle of all lines, three fixed
crops, each given to Tesseract twice (words, then text) with ``ukr+rus+eng``. Its matcher
transliterates a line and looks for «darnitsa» in it, so that «Дарниця» (darnitsia) is never
found; dates without seconds or with dashes stop it. Such is what ``make eval`` is beside.
"""

import os
import re
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from statistics import fmean

import cv2
import numpy as np
import pytesseract
from msgspec import Struct
from numpy.typing import NDArray

from tests.receipts.making import Photo
from tests.receipts.trials import SPAWN, Decision, Trial

Grey = NDArray[np.uint8]

_LANGUAGES = "ukr+rus+eng"
_LONG_SIDE = 1280
#: Zones of the frame, as shares of its height from the top.
_HEADER, _TOTALS = 0.2, 0.85
_WHITELIST = "-c tessedit_char_whitelist=0123456789,.₴грн"
_SUM = re.compile(r"(\d{1,6})[.,](\d{2})(?!\d)")
_MOMENT = re.compile(r"\b(\d{2})([.-])(\d{2})[.-](\d{4})(?:\s+(\d{2}:\d{2})(:\d{2})?)?")
_UNREADABLE = 0.4
_LATIN = {
    "а": "a", "б": "b", "в": "v", "г": "g", "ґ": "g", "д": "d", "е": "e", "є": "ie", "ж": "zh",
    "з": "z", "и": "i", "і": "i", "ї": "yi", "й": "i", "к": "k", "л": "l", "м": "m", "н": "n",
    "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "ts",
    "ч": "ch", "ш": "sh", "щ": "shch", "ь": "'", "ю": "iu", "я": "ia", "ы": "y", "э": "e",
}  # fmt: skip


class _Pass(Struct, frozen=True, kw_only=True):
    text: str
    confidences: list[float]


def read_all(photos: Sequence[Photo], *, children: int) -> list[Trial]:
    """Read photos the old way, ``children`` at a time."""
    with ProcessPoolExecutor(children, mp_context=SPAWN, initializer=_alone) as pool:
        return list(pool.map(read, photos))


def read(photo: Photo) -> Trial:
    """Read one photo the old way."""
    started = time.perf_counter()
    page = _prepared(_decoded(photo.jpeg))
    height = page.shape[0]
    full = _read_twice(page, "--oem 1 --psm 4")
    items = _read_twice(page[int(height * _HEADER) : int(height * _TOTALS)], "--oem 1 --psm 6")
    totals = _read_twice(page[int(height * _TOTALS) :], f"--oem 1 --psm 7 {_WHITELIST}")
    confidences = [*full.confidences, *items.confidences, *totals.confidences]
    matched = [row for row in items.text.splitlines() if _SUM.search(row) and finds_darnitsa(row)]
    crashed, moment = _moment(full.text)
    seconds = time.perf_counter() - started
    return Trial(
        label=photo.label,
        decision=_decision(matched, confidences, crashed=crashed),
        reason="crashed" if crashed else None,
        total_kopecks=_last_sum(totals.text),
        purchased_at=moment,
        items=[row for row in items.text.splitlines() if _SUM.search(row)],
        darnitsa_items=matched,
        seconds=seconds,
        around_seconds=seconds,
    )


def _alone() -> None:
    """One core for each photo: the kindest setting, several times faster than its own."""
    os.environ["OMP_THREAD_LIMIT"] = "1"
    cv2.setNumThreads(1)


def _decoded(jpeg: bytes) -> Grey:
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture is not None, "made-up photos are whole"
    factor = _LONG_SIDE / max(picture.shape)
    if factor < 1:
        picture = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return np.asarray(picture, np.uint8)


def _prepared(grey: Grey) -> Grey:
    smooth = cv2.bilateralFilter(grey, 9, 75, 75)
    binary = cv2.adaptiveThreshold(
        smooth, 255, cv2.ADAPTIVE_THRESH_GAUSSIAN_C, cv2.THRESH_BINARY, 41, 3
    )
    return _deskewed(np.asarray(binary, np.uint8))


def _deskewed(page: Grey) -> Grey:
    lines = cv2.HoughLinesP(255 - page, 1, np.pi / 180, 120, minLineLength=100, maxLineGap=10)
    if lines is None:
        return page
    ends = np.asarray(lines, np.float64).reshape(-1, 4)
    angles = np.degrees(np.arctan2(ends[:, 3] - ends[:, 1], ends[:, 2] - ends[:, 0]))
    level = angles[np.abs(angles) < 45]
    if not level.size:
        return page
    height, width = page.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), float(level.mean()), 1.0)
    return np.asarray(cv2.warpAffine(page, turn, (width, height), borderValue=255), np.uint8)


def _read_twice(page: Grey, config: str) -> _Pass:
    words = pytesseract.image_to_data(
        page, lang=_LANGUAGES, config=config, output_type=pytesseract.Output.DICT
    )
    text = pytesseract.image_to_string(
        page, lang=_LANGUAGES, config=config, output_type=pytesseract.Output.STRING
    )
    sure = [float(each) / 100 for each in words["conf"] if float(each) >= 0]
    return _Pass(text=str(text), confidences=sure)


def _decision(matched: list[str], confidences: list[float], *, crashed: bool) -> Decision:
    if crashed or not confidences or fmean(confidences) < _UNREADABLE:
        return "unreadable"
    return "accept" if matched else "review"


def finds_darnitsa(row: str) -> bool:
    """Tell whether the old matcher takes a row for Darnitsa's."""
    return "darnitsa" in "".join(_LATIN.get(sign, sign) for sign in row.lower())


def _last_sum(text: str) -> int | None:
    found = _SUM.findall(text)
    return int(found[-1][0]) * 100 + int(found[-1][1]) if found else None


def _moment(text: str) -> tuple[bool, str | None]:
    """Return whether the date stops the program, and the date."""
    found = _MOMENT.search(text)
    if found is None:
        return False, None
    day, dot, month, year, time_of_day, seconds = found.groups()
    if dot != "." or not seconds:
        return True, None
    try:
        at = datetime.fromisoformat(f"{year}-{month}-{day}T{time_of_day}")
    except ValueError:
        return True, None
    return False, f"{at:%Y-%m-%dT%H:%M}"
