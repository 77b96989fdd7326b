"""Telegram as the environment names it: the bot, the application it is run by, who staff are."""

import re
from typing import Annotated

import structlog
from pydantic import BaseModel, Field, SecretStr, field_validator
from pydantic_settings import NoDecode

log = structlog.get_logger()

#: As BotFather gives it: the bot's id, a colon, a secret.
_TOKEN = re.compile(r"[1-9]\d{0,18}:[A-Za-z0-9_-]+")


class TelegramVariables(BaseModel):
    """Variables of this room, in lower case; README has the table."""

    telegram_bot_token: SecretStr | None = None
    telegram_api_id: int | None = Field(default=None, gt=0)
    telegram_api_hash: SecretStr | None = None
    telegram_admin_ids: Annotated[frozenset[int], NoDecode] = frozenset()
    telegram_webhook_url: str | None = None
    api_gateway_url: str | None = None

    @field_validator("telegram_bot_token")
    @classmethod
    def _as_given(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None and not _TOKEN.fullmatch(token.get_secret_value()):
            raise ValueError("must be as BotFather gives it: digits, a colon, a secret")
        return token

    @field_validator("telegram_admin_ids", mode="before")
    @classmethod
    def _ids(cls, ids: object) -> object:
        if not isinstance(ids, str):
            return ids
        words = [word.strip() for word in ids.split(",") if word.strip()]
        if malformed := [word for word in words if not re.fullmatch(r"[1-9]\d{0,18}", word)]:
            raise ValueError(f"must be Telegram ids with commas between; {malformed[0]!r} is none")
        return frozenset(int(word) for word in words)


def tell_what_is_not_needed(settings: TelegramVariables) -> None:
    """Say once that what the deployment guide sets for webhooks has no role here.

    The bot speaks Telegram's own protocol (MTProto) and calls; nobody needs to call it.
    """
    webhooks = ("telegram_webhook_url", "api_gateway_url")
    if given := [name.upper() for name in webhooks if getattr(settings, name)]:
        log.info("settings.not_needed", variables=given, why="the bot speaks MTProto")
