"""Whose page sent a form: ours, or another site's in a visitor's name."""

from urllib.parse import urlsplit

from starlette.requests import Request

#: What a browser says of a form of our own page, or of a person's own act such as a reload.
OURS = frozenset({"same-origin", "none"})


def is_foreign(request: Request) -> bool:
    """Tell whether another site's page sent this.

    Browsers say so themselves in Sec-Fetch-Site. An older one names an origin, which must be
    this host; what says neither is a program, which has no visitor's cookies to borrow.
    """
    said = request.headers.get("sec-fetch-site")
    if said is not None:
        return said not in OURS
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != request.headers.get("host")
