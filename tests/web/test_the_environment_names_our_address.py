"""PUBLIC_URL: where links lead, and how it may be written."""

import pytest
from pydantic import ValidationError

from web.settings import WebVariables, public_address


@pytest.mark.parametrize(
    ("url", "sandbox", "address"),
    [
        ("https://cashbot.example", False, "https://cashbot.example"),
        ("https://cashbot.example/", True, "https://cashbot.example"),
        ("http://10.0.0.7:8000", False, "http://10.0.0.7:8000"),
        (None, True, "http://127.0.0.1:8123"),
        (None, False, None),
    ],
)
def test_links_lead_where_people_reach_us(
    url: str | None, address: str | None, *, sandbox: bool
) -> None:
    """Named, else this machine's beside the sandbox, else nowhere: that is said, not guessed."""
    named = WebVariables(public_url=url)
    assert public_address(named, sandbox=sandbox, port=8123) == address


@pytest.mark.parametrize(
    "url",
    ["cashbot.example", "ftp://cashbot.example", "https://", "https://cashbot.example/console",
     "https://me@cashbot.example", "https://cashbot.example?a=1", "https://[", "",
     "http://localhost:8000", "https://cashbot", "https://cash bot.example", "https://cashbot."],
)  # fmt: skip
def test_an_address_that_is_none_is_refused(url: str) -> None:
    """A link that leads nowhere would only show when somebody needs it."""
    with pytest.raises(ValidationError):
        WebVariables(public_url=url)
