"""The outside world as the environment names it: Portmone, or a sandbox; Tesseract.

Unset PORTMONE_* means the sandbox, which moves no money.
"""

import hmac
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path
from typing import Literal

from msgspec import structs
from pydantic import Field, SecretStr

from eventstore.settings import LogVariables, secret_of
from handlers.assembly import Parts, open_sandbox
from handlers.gateways.portmone import PortmoneGateway, PortmoneSettings
from handlers.gateways.sandbox import Sandbox
from handlers.reading.protocol import SMALL, ChildSettings, Engine
from handlers.reading.protocol import Settings as ReadingSettings
from handlers.reading.reader import ChildReader

#: The sandbox's own book, in CASHBOT_HOME.
SANDBOX_BOOK = "sandbox.sqlite"


class HandlerVariables(LogVariables):
    """Variables of this room, in lower case; README has the table."""

    port: int = Field(default=8000, ge=0, le=65535)
    portmone_api_base: str = "https://direct.portmone.com.ua/api/directcash/"
    portmone_login: SecretStr | None = None
    portmone_password: SecretStr | None = None
    portmone_payee_id: str | None = None
    portmone_webhook_token: SecretStr | None = None
    portmone_webhook_token_previous: SecretStr | None = None
    portmone_version: str = "2"
    portmone_lang: Literal["uk", "ru", "en"] = "uk"
    portmone_cert_path: Path | None = None
    portmone_pay_enabled: bool = False
    ocr_languages: str = "ukr"
    ocr_children: int = Field(default=1, ge=1, le=64)
    ocr_profile: Literal["normal", "small"] = "normal"
    tesseract_cmd: str = "tesseract"
    tessdata_prefix: str | None = None

    @property
    def sandbox(self) -> bool:
        """Whether Portmone is the one of our own, which moves no money."""
        return self.portmone_login is None


def webhook_token(settings: HandlerVariables) -> str:
    """Return the token Portmone must show; the sandbox's follows from the secret."""
    if settings.portmone_webhook_token is not None:
        return settings.portmone_webhook_token.get_secret_value()
    return hmac.digest(secret_of(settings), b"sandbox webhook token", "sha256").hex()


def webhook_tokens(settings: HandlerVariables) -> tuple[str, ...]:
    """Return the tokens that open: the one in use, and the one it takes the place of."""
    previous = settings.portmone_webhook_token_previous
    if previous is None or settings.portmone_webhook_token is None:
        return (webhook_token(settings),)
    return webhook_token(settings), previous.get_secret_value()


def webhook_url(settings: HandlerVariables) -> str:
    """Return where this machine's `web` hears how bills end."""
    return f"http://127.0.0.1:{settings.port}/portmone/webhook"


def bank_of(
    settings: HandlerVariables,
    *,
    port: int,
    callback_url: str | None,
    callback_delay_seconds: float,
) -> Sandbox:
    """Return the sandbox as a bank of its own, which knows the account of PORTMONE_*, if any."""
    login, password = settings.portmone_login, settings.portmone_password
    settings.cashbot_home.mkdir(parents=True, exist_ok=True)
    return Sandbox(
        book=settings.cashbot_home / SANDBOX_BOOK,
        callback_url=callback_url or webhook_url(settings),
        token=webhook_token(settings),
        login="sandbox" if login is None else login.get_secret_value(),
        password="sandbox" if password is None else password.get_secret_value(),
        port=port,
        callback_delay_seconds=callback_delay_seconds,
    )


def reader_of(settings: HandlerVariables) -> ChildReader:
    """Return the reader of photos, its children not yet started."""
    engine = Engine(
        command=settings.tesseract_cmd,
        languages=settings.ocr_languages,
        models=settings.tessdata_prefix,
    )
    profile = SMALL if settings.ocr_profile == "small" else ReadingSettings()
    return ChildReader(
        settings=ChildSettings(reading=structs.replace(profile, engine=engine)),
        children=settings.ocr_children,
    )


def gateway_of(settings: HandlerVariables) -> AbstractAsyncContextManager[PortmoneGateway]:
    """Give Portmone, or the sandbox behind the same client."""
    if settings.sandbox:
        return open_sandbox(
            book=settings.cashbot_home / SANDBOX_BOOK,
            callback_url=webhook_url(settings),
            token=webhook_token(settings),
        )
    assert settings.portmone_login is not None, "not the sandbox"
    assert settings.portmone_password is not None, "half a group does not start"
    assert settings.portmone_payee_id is not None
    account = PortmoneSettings(
        login=settings.portmone_login.get_secret_value(),
        password=settings.portmone_password.get_secret_value(),
        payee_id=settings.portmone_payee_id,
        api_base=settings.portmone_api_base,
        version=settings.portmone_version,
        lang=settings.portmone_lang,
        cert_path=settings.portmone_cert_path,
        pays=settings.portmone_pay_enabled,
    )
    return nullcontext(PortmoneGateway(account))


def parts_of(settings: HandlerVariables) -> Parts:
    """Return what handlers need from outside, none of it opened yet."""
    return Parts(
        reader=lambda: reader_of(settings),
        readers=settings.ocr_children,
        gateway=lambda: gateway_of(settings),
        pays=settings.sandbox or settings.portmone_pay_enabled,
    )
