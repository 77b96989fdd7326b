"""What Telegram shows as bold, italic or a link becomes the same on a page, and nothing else does.

A notice is HTML of Telegram's kind. The web does not trust it: only the letters between its tags
are taken, escaped, and the few tags we know are written anew.
"""

from html import escape
from html.parser import HTMLParser
from urllib.parse import urlsplit

from markupsafe import Markup

#: Tags without attributes that are written anew; links besides.
PLAIN = frozenset({"b", "i"})
SCHEMES = frozenset({"http", "https"})


def safe_markup(html: str) -> Markup:
    """Return ``html`` with bold, italic and web links; of all else the letters."""
    writer = _Writer()
    writer.feed(html)
    writer.close()
    writer.close_down_to(0)
    return Markup("".join(writer.written))  # noqa: S704 - each piece is escaped or our own


def web_address(address: str | None) -> str | None:
    """Return ``address`` if it leads to a page of the web, else None."""
    try:
        parts = urlsplit(address or "")
    except ValueError:
        return None
    return address if parts.scheme in SCHEMES and parts.netloc else None


class _Writer(HTMLParser):
    """Writes anew what it is fed; every tag it opens it closes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.written: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a tag of ours; any other is left out."""
        address = web_address(dict(attrs).get("href")) if tag == "a" else None
        if tag in PLAIN:
            self.written.append(f"<{tag}>")
        elif address is not None and "a" not in self._open:
            rel = "noopener noreferrer nofollow"
            self.written.append(f'<a href="{escape(address)}" target="_blank" rel="{rel}">')
        else:
            return
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close a tag and what was opened in it."""
        if tag in self._open:
            self.close_down_to(len(self._open) - 1 - self._open[::-1].index(tag))

    def handle_data(self, data: str) -> None:
        """Write letters as letters."""
        self.written.append(escape(data))

    def close_down_to(self, depth: int) -> None:
        """Close the innermost tags until ``depth`` of them are open."""
        while len(self._open) > depth:
            self.written.append(f"</{self._open.pop()}>")
