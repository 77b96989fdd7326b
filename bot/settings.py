"""Telegram as the environment names it: the bot, the application it is run by, who staff are."""

import re
from typing import Annotated

import structlog
from pydantic import BaseModel, Field, SecretStr, field_validator
from pydantic_settings import NoDecode

from bot.account import Account, BotSettings

log = structlog.get_logger()

#: As BotFather gives it: the bot's id, a colon, a secret.
_TOKEN = re.compile(r"[1-9]\d{0,18}:[A-Za-z0-9_-]+")

#: What a button may open: Telegram refuses a whole message for another one.
_ADDRESS = re.compile(r"https?://[^\s/]+\.[^\s/]+(/\S*)?")


class TelegramVariables(BaseModel):
    """Variables of this room, in lower case; README has the table."""

    telegram_bot_token: SecretStr | None = None
    telegram_api_id: int | None = Field(default=None, gt=0)
    telegram_api_hash: SecretStr | None = None
    telegram_admin_ids: Annotated[frozenset[int], NoDecode] = frozenset()
    telegram_webhook_url: str | None = None
    api_gateway_url: str | None = None
    #: where people answer: a name in Telegram, an address, a phone of ours
    support_contact: str = "—"
    #: of the page that explains what is kept, and why
    privacy_url: str = ""

    @field_validator("telegram_bot_token")
    @classmethod
    def _as_given(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None and not _TOKEN.fullmatch(token.get_secret_value()):
            raise ValueError("must be as BotFather gives it: digits, a colon, a secret")
        return token

    @field_validator("privacy_url")
    @classmethod
    def _opens(cls, url: str) -> str:
        if url and not _ADDRESS.fullmatch(url):
            raise ValueError("must begin with https:// or http:// and name a host")
        return url

    @field_validator("telegram_admin_ids", mode="before")
    @classmethod
    def _ids(cls, ids: object) -> object:
        if not isinstance(ids, str):
            return ids
        words = [word.strip() for word in ids.split(",") if word.strip()]
        if malformed := [word for word in words if not re.fullmatch(r"[1-9]\d{0,18}", word)]:
            raise ValueError(f"must be Telegram ids with commas between; {malformed[0]!r} is none")
        return frozenset(int(word) for word in words)


def bot_of(
    settings: TelegramVariables, *, sandbox: bool, pays: bool, public_url: str
) -> BotSettings:
    """Return what is decided about the bot; ``sandbox`` and ``pays`` are Portmone's."""
    return BotSettings(
        account=_account(settings),
        staff=settings.telegram_admin_ids,
        sandbox=sandbox,
        pays=pays,
        public_url=public_url,
        privacy_url=settings.privacy_url,
        support=settings.support_contact,
    )


def _account(settings: TelegramVariables) -> Account | None:
    """Return the bot and its application, None where TELEGRAM_* is not set."""
    token, api_hash = settings.telegram_bot_token, settings.telegram_api_hash
    if token is None or settings.telegram_api_id is None or api_hash is None:
        return None
    return Account(token=token, api_id=settings.telegram_api_id, api_hash=api_hash)


def tell_what_is_not_needed(settings: TelegramVariables) -> None:
    """Say once that what the deployment guide sets for webhooks has no role here.

    The bot speaks Telegram's own protocol (MTProto) and calls; nobody needs to call it.
    """
    webhooks = ("telegram_webhook_url", "api_gateway_url")
    if given := [name.upper() for name in webhooks if getattr(settings, name)]:
        log.info("settings.not_needed", variables=given, why="the bot speaks MTProto")
