"""What is set for Telegram is understood, or the variable is named."""

import pytest
import structlog
from pydantic import ValidationError
from pydantic_settings import BaseSettings

from bot.settings import TelegramVariables, tell_what_is_not_needed


class Settings(TelegramVariables, BaseSettings):
    """The environment of a process, as the composition root reads it."""


def settings(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    """Return the settings of a process with ``variables``."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return Settings()


def test_staff_are_told_apart_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids with commas and spaces between are a set of numbers; unset is nobody."""
    assert settings(monkeypatch).telegram_admin_ids == frozenset()
    told = settings(monkeypatch, TELEGRAM_ADMIN_IDS="5000000001, 7,")
    assert told.telegram_admin_ids == {5_000_000_001, 7}


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("TELEGRAM_ADMIN_IDS", "12,@ann", "@ann"),
        ("TELEGRAM_ADMIN_IDS", "-12", "-12"),
        ("TELEGRAM_API_ID", "0", "greater than 0"),
        ("TELEGRAM_BOT_TOKEN", "not-a-token", "as BotFather gives it"),
    ],
)
def test_what_is_malformed_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    """The error names the variable and what it should be, and never a token."""
    with pytest.raises(ValidationError, match=says) as malformed:
        settings(monkeypatch, **{name: value})
    error = malformed.value.errors(include_input=False, include_url=False)[0]
    assert error["loc"] == (name.lower(),)
    assert "not-a-token" not in error["msg"]


def test_webhooks_are_said_not_to_be_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the deployment guide sets for webhooks is accepted, and told once by name."""
    given = settings(
        monkeypatch, TELEGRAM_WEBHOOK_URL="https://a/hook", API_GATEWAY_URL="https://a"
    )
    with structlog.testing.capture_logs() as lines:
        tell_what_is_not_needed(given)
        tell_what_is_not_needed(Settings.model_construct())
    assert [(line["event"], line["variables"]) for line in lines] == [
        ("settings.not_needed", ["TELEGRAM_WEBHOOK_URL", "API_GATEWAY_URL"])
    ]
