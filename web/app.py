"""Every route of the web, and what stands before and behind them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from eventstore.attachments import Attachments, AttachmentsUnavailable
from eventstore.doubt import IN_DOUBT
from eventstore.errors import LogUnavailable
from eventstore.subscription import Listener
from eventstore.vault import Vault
from handlers.commands import ENTRANCE, Commands
from projections.receipts import Reads
from web.console.desk import show_desk
from web.console.entrance import show_entrance, sign_in, sign_out
from web.deliveries import Deliveries
from web.doorway import Doorway
from web.health import show_health, show_readiness
from web.intake import Uploads, show_intake
from web.language import load_languages
from web.live import Live
from web.metrics import show_metrics
from web.pages import apology, load_templates, on_http_error, on_trouble
from web.receipts import give_receipt, show_picture, show_receipt
from web.refusals import Refusals
from web.surroundings import Settings, Surroundings
from web.webhooks import receive_callback

STATIC = Path(__file__).parent / "static"


def build(
    *,
    settings: Settings,
    commands: Commands,
    reads: Reads,
    vault: Vault,
    attachments: Attachments,
    listener: Listener,
    stopping: asyncio.Event | None = None,
) -> Starlette:
    """Return the application; whoever calls runs the ``listener`` and closes the pool.

    Set ``stopping`` before the server is told to exit: open streams then end within seconds.
    Without ``settings.intake_enabled`` the pages for sending photos do not exist.
    """
    refusals = Refusals()
    app = Starlette(
        routes=_routes(settings),
        lifespan=lambda _: _telling(refusals),
        middleware=[Middleware(Doorway, apology=apology)],
        exception_handlers={
            HTTPException: on_http_error,
            **dict.fromkeys((LogUnavailable, AttachmentsUnavailable, *IN_DOUBT), on_trouble),
        },
    )
    app.state.surroundings = Surroundings(
        settings=settings,
        commands=commands,
        reads=reads,
        vault=vault,
        attachments=attachments,
        listener=listener,
        templates=load_templates(),
        languages=load_languages(),
        deliveries=Deliveries(),
        refusals=refusals,
        stopping=stopping or asyncio.Event(),
    )
    return app


@asynccontextmanager
async def _telling(refusals: Refusals) -> AsyncIterator[None]:
    """Let nothing that was refused go untold when the server ends."""
    yield
    refusals.tell()


def _routes(settings: Settings) -> list[BaseRoute]:
    always: list[BaseRoute] = [
        Route("/healthz", show_health),
        Route("/readyz", show_readiness),
        Route("/metrics", show_metrics),
        Route("/portmone/webhook", receive_callback, methods=["POST"]),
        Route("/console", show_desk),
        Route(f"{ENTRANCE}{{token}}", show_entrance),
        Route(f"{ENTRANCE}{{token}}", sign_in, methods=["POST"]),
        Route("/console/leave", sign_out, methods=["POST"]),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    if not settings.intake_enabled:
        return always
    return [
        *always,
        Route("/", lead_to_intake),
        Route("/intake", show_intake),
        Route("/intake/photos", Uploads().take, methods=["POST"]),
        Route("/intake/live", Live().follow),
        Route("/intake/receipts/{receipt}.json", give_receipt),
        Route("/intake/receipts/{receipt}", show_receipt),
        Route("/media/receipts/{receipt}", show_picture),
    ]


async def lead_to_intake(request: Request) -> Response:
    """There is one page for visitors."""
    return RedirectResponse("/intake")
