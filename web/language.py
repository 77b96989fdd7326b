"""The three languages: choosing one, its sentences, its numbers and times.

Sentences live in ``texts/<code>.toml`` and nowhere else.
"""

import tomllib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args

from starlette.requests import Request

from eventstore.identity import KYIV

TEXTS = Path(__file__).parent / "texts"
#: The first one is spoken to whoever asks for none of them.
Code = Literal["uk", "ru", "en"]
CODES: tuple[Code, ...] = get_args(Code)
COOKIE = "language"

NO_BREAK_SPACE = "\u00a0"


class Language:
    """One language: its sentences, and how it writes numbers."""

    def __init__(self, code: Code, texts: Mapping[str, Any]) -> None:
        self.code = code
        self._texts = texts
        self._point = "." if code == "en" else ","

    def __call__(self, key: str, **values: object) -> str:
        """Return the sentence at ``key`` ("page.title") with its places filled."""
        found: Any = self._texts
        for part in key.split("."):
            found = found[part]
        return str(found).format(**values) if values else str(found)

    def knows(self, key: str) -> bool:
        """Tell whether there is a sentence at ``key``."""
        found: Any = self._texts
        for part in key.split("."):
            if not isinstance(found, Mapping) or part not in found:
                return False
            found = found[part]
        return True

    def money(self, kopecks: int) -> str:
        """Return an amount as ``1 234,50 ₴``; the spaces do not break."""
        hryvnias, rest = divmod(abs(kopecks), 100)
        whole = f"{hryvnias:,}".replace(",", NO_BREAK_SPACE)
        sign = "−" if kopecks < 0 else ""
        return f"{sign}{whole}{self._point}{rest:02d}{NO_BREAK_SPACE}₴"

    def quantity(self, milli: int) -> str:
        """Return thousandths of a unit as ``2`` or ``0,5``."""
        return f"{milli / 1000:g}".replace(".", self._point)

    def duration(self, milliseconds: int) -> str:
        """Return a time span as ``210 мс``, ``1,84 с`` or ``2 хв 5 с``."""
        if milliseconds < 1000:
            return f"{milliseconds}{NO_BREAK_SPACE}{self('unit.milliseconds')}"
        if milliseconds < 60_000:
            seconds = f"{milliseconds / 1000:.2f}".replace(".", self._point)
            return f"{seconds}{NO_BREAK_SPACE}{self('unit.seconds')}"
        minutes, seconds_left = divmod(milliseconds // 1000, 60)
        return (
            f"{minutes}{NO_BREAK_SPACE}{self('unit.minutes')} "
            f"{seconds_left}{NO_BREAK_SPACE}{self('unit.seconds')}"
        )

    def percent(self, share: float) -> str:
        """Return 0..1 as ``93 %``."""
        return f"{share * 100:.0f}{NO_BREAK_SPACE}%"


def clock(moment: datetime) -> str:
    """Return the time of day in Kyiv, to the millisecond."""
    return moment.astimezone(KYIV).strftime("%H:%M:%S.%f")[:-3]


def hour(moment: datetime) -> str:
    """Return hour and minute in Kyiv, as chats print them."""
    return moment.astimezone(KYIV).strftime("%H:%M")


def minute(moment: datetime) -> str:
    """Return date and time in Kyiv, to the minute, as receipts print them."""
    return moment.astimezone(KYIV).strftime("%d.%m.%Y %H:%M")


def load_languages(folder: Path = TEXTS) -> dict[Code, Language]:
    """Return every language by its code."""
    return {
        code: Language(code, tomllib.loads((folder / f"{code}.toml").read_text("utf-8")))
        for code in CODES
    }


def chosen(request: Request) -> Code:
    """Return the code a visitor asks for: by link, by an earlier link, by the browser."""
    wishes = (request.query_params.get("lang"), request.cookies.get(COOKIE))
    for code in (code for wish in wishes for code in CODES if code == wish):
        return code
    return _preferred(request.headers.get("accept-language", ""))


def _preferred(header: str) -> Code:
    """Return the best of our languages in an Accept-Language header (RFC 9110 §12.5.4)."""
    weights: dict[str, float] = {}
    for part in header.split(","):
        name, _, weight = part.strip().partition(";q=")
        code = name.partition("-")[0].lower()
        weights[code] = max(weights.get(code, 0.0), _weight(weight))
    best = max(CODES, key=lambda code: weights.get(code, 0.0))
    return best if weights.get(best) else CODES[0]


def _weight(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0
