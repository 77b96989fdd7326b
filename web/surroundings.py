"""What the places of the web stand on; made once in ``app.build``."""

import asyncio
from dataclasses import dataclass
from typing import cast

from jinja2 import Environment
from starlette.requests import Request

from eventstore.attachments import Attachments
from eventstore.identity import Kopecks, ShopperId
from eventstore.subscription import Listener
from eventstore.vault import Vault
from handlers.commands import Commands
from projections.receipts import Reads
from web.deliveries import Deliveries
from web.language import Code, Language
from web.refusals import Refusals

ONE_HRYVNIA = Kopecks(100)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the environment decides for the web."""

    #: APP_ENV as a person wrote it, shown in /readyz
    environment: str
    #: one, or two while a token is being replaced; empty: every callback is refused
    webhook_tokens: tuple[str, ...] = ()
    #: the page where a browser sends a photo; never where money can move
    intake_enabled: bool = False
    #: Portmone is the one of our own, which moves no money
    sandbox: bool = False
    #: show everybody's receipts to everybody: they are samples
    demo: bool = False
    #: who may look at the console
    staff: frozenset[ShopperId] = frozenset()
    #: what one receipt earns, for the sentences that promise it
    bonus_kopecks: Kopecks = ONE_HRYVNIA


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """Everything a place may use."""

    settings: Settings
    commands: Commands
    reads: Reads
    vault: Vault
    attachments: Attachments
    listener: Listener
    templates: Environment
    languages: dict[Code, Language]
    #: of callbacks
    deliveries: Deliveries
    refusals: Refusals
    #: set when the process is told to stop: open streams end within seconds
    stopping: asyncio.Event


def around(request: Request) -> Surroundings:
    """Return what stands around ``request``."""
    return cast(Surroundings, request.app.state.surroundings)
