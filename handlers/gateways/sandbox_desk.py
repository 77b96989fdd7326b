"""The sandbox bank's desk, over HTTP beside its endpoint: read the book, tell it how to misbehave.

``GET /book?comment=…`` tells what really happened. ``POST /script`` lets the next calls go wrong,
``DELETE /script`` lets all go properly again. ``POST /pay-by-hand`` has the clerk pay a bill.
``POST /settle`` returns when every callback was heard or given up, with ``{"late": true}`` also
those that the script keeps back. Bodies and answers are JSON.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import msgspec
from aiohttp import web
from msgspec import Meta, Struct

from eventstore.catalogue import PayoutStep
from eventstore.identity import BillId
from handlers.gateways.sandbox_book import Bill, Book, Booking
from handlers.gateways.sandbox_callbacks import Callbacks
from handlers.gateways.sandbox_script import Behaviour, Script

NOTICE = "sandbox: moves no money"

Asked = TypeVar("Asked", bound=Struct)


class ScriptLine(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What ``POST /script`` is told."""

    behaviour: Behaviour
    #: 380XXXXXXXXX, None: any
    phone: str | None = None
    #: None: either
    step: PayoutStep | None = None
    times: Annotated[int, Meta(ge=1, le=1_000)] = 1


class ByHand(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What ``POST /pay-by-hand`` is told."""

    bill: BillId


class Settle(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What ``POST /settle`` is told."""

    #: whether callbacks that the script keeps back are delivered now
    late: bool = False


class Page(Struct, frozen=True, kw_only=True):
    """What ``GET /book`` answers."""

    bills: list[Bill]
    bookings: list[Booking]
    #: callbacks that nobody has heard yet, of the whole book
    callbacks_owed: int
    notice: str = NOTICE


class Done(Struct, frozen=True, kw_only=True):
    """What is answered to everything else; ``error`` says what was wrong with it."""

    error: str | None = None
    callbacks_owed: int | None = None
    notice: str = NOTICE


class Desk:
    """Serves whoever plays the world around the shop: a test, or a person with curl."""

    def __init__(
        self,
        *,
        book: Book,
        script: Script,
        callbacks: Callbacks,
        pay_by_hand: Callable[[BillId], None],
    ) -> None:
        """Show ``book``, write ``script``, wait for ``callbacks``."""
        self._book = book
        self._script = script
        self._callbacks = callbacks
        self._pay_by_hand = pay_by_hand

    def add_to(self, application: web.Application) -> None:
        """Add the desk's addresses."""
        routes = application.router
        routes.add_get("/book", self._show_book)
        routes.add_post("/script", _told(ScriptLine, self._add_line))
        routes.add_delete("/script", self._clear_script)
        routes.add_post("/pay-by-hand", _told(ByHand, self._pay))
        routes.add_post("/settle", _told(Settle, self._settle))

    async def _show_book(self, request: web.Request) -> web.Response:
        comment = request.query.get("comment")
        return _json(
            Page(
                bills=self._book.bills(comment=comment),
                bookings=self._book.bookings(comment=comment),
                callbacks_owed=len(self._book.callbacks_owed()),
            )
        )

    async def _add_line(self, line: ScriptLine) -> web.Response:
        self._script.add(line.behaviour, phone=line.phone, step=line.step, times=line.times)
        return _json(Done())

    async def _clear_script(self, _: web.Request) -> web.Response:
        self._script.clear()
        return _json(Done())

    async def _pay(self, asked: ByHand) -> web.Response:
        if self._book.find_bill(asked.bill) is None:
            return _json(Done(error=f"there is no bill {asked.bill}; see /book"), status=404)
        self._pay_by_hand(asked.bill)
        return _json(Done())

    async def _settle(self, asked: Settle) -> web.Response:
        if asked.late:
            self._callbacks.deliver_kept()
        await self._callbacks.settled()
        return _json(Done(callbacks_owed=len(self._book.callbacks_owed())))


def _told(
    kind: type[Asked], serve: Callable[[Asked], Awaitable[web.Response]]
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Return a handler that gives ``serve`` the body as ``kind``, or says what is wrong with it."""

    async def handler(request: web.Request) -> web.Response:
        try:
            asked = msgspec.json.decode(await request.read() or b"{}", type=kind)
        except msgspec.DecodeError as error:
            return _json(Done(error=f"{error}; nothing was done"), status=400)
        return await serve(asked)

    return handler


def _json(told: Struct, *, status: int = 200) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(told), status=status, content_type="application/json"
    )
