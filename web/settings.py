"""The web as the environment names it: where people reach it."""

import re
from urllib.parse import urlsplit

from pydantic import BaseModel, field_validator

#: What a button in Telegram may open: it refuses a whole message for a host of one word.
_HOST = re.compile(r"[^\s.]+(\.[^\s.]+)+")


class WebVariables(BaseModel):
    """Variables of this room, in lower case; README has the table."""

    public_url: str | None = None

    @field_validator("public_url")
    @classmethod
    def _an_address(cls, url: str | None) -> str | None:
        if url is None:
            return None
        parts = urlsplit(url)  # a ValueError of its own says what is wrong with it
        plain = not (parts.path.strip("/") or parts.query or parts.fragment or parts.username)
        named = _HOST.fullmatch(parts.hostname or "")
        if parts.scheme not in ("http", "https") or not named or not plain:
            raise ValueError("write it like https://cashbot.example, without a path")
        return url.rstrip("/")


def public_address(settings: WebVariables, *, sandbox: bool, port: int) -> str | None:
    """Return where people reach `web`; None: nobody has said, and it is not this machine."""
    if settings.public_url is None and sandbox:
        return f"http://127.0.0.1:{port}"
    return settings.public_url
