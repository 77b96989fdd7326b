"""While Portmone is told of a new webhook token, the one before opens too."""

import pytest
from pydantic import SecretStr

from cashbot import Settings
from handlers.settings import webhook_tokens

SECRET = SecretStr("ab" * 32)


@pytest.mark.parametrize(
    ("token", "previous", "tokens"),
    [("new", "old", ("new", "old")), ("new", None, ("new",))],
)
def test_the_token_in_use_opens_and_the_one_before_it(
    token: str, previous: str | None, tokens: tuple[str, ...]
) -> None:
    """Without an earlier one there is one."""
    settings = Settings(
        encryption_secret=SECRET,
        portmone_webhook_token=SecretStr(token),
        portmone_webhook_token_previous=None if previous is None else SecretStr(previous),
    )
    assert webhook_tokens(settings) == tokens


def test_an_earlier_token_alone_opens_nothing() -> None:
    """It takes the place of none: only the sandbox's own is left."""
    alone = Settings(encryption_secret=SECRET, portmone_webhook_token_previous=SecretStr("old"))
    (token,) = webhook_tokens(alone)
    assert token != "old"
