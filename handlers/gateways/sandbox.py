"""A bank of our own: Portmone's protocol over real HTTP, and no money behind it.

It listens on this machine only, says what it is in every answer, keeps a book that tells what
really happened, and calls the shop back like the real one. A script makes it misbehave, from
within or over HTTP at its desk. It forgives nothing: asked to pay a bill twice, it pays twice.
"""

import asyncio
import hmac
import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog
from aiohttp import web
from msgspec import Struct

from eventstore.catalogue import PayoutStep
from eventstore.identity import BillId, Kopecks
from handlers.gateways.answers import to_kopecks
from handlers.gateways.sandbox_answers import callback_body, fail_answer, ok_answer
from handlers.gateways.sandbox_book import Bill, Book, Booking
from handlers.gateways.sandbox_callbacks import PAUSES_SECONDS, Callbacks
from handlers.gateways.sandbox_desk import NOTICE, Desk
from handlers.gateways.sandbox_script import Behaviour, Script

log = structlog.get_logger()

PATH = "/api/directcash/"
STEPS: Mapping[str, PayoutStep] = {"bills.create": "create", "bills.pay": "pay"}
#: A form of ours is a few hundred bytes.
FORM_BYTES_MAX = 64 * 1024
#: A request that is still held when the bank closes is cut off after this.
SHUTDOWN_SECONDS = 0.5

_PHONE = re.compile(r"380[0-9]{9}")


class _Order(Struct, frozen=True, kw_only=True):
    """A request that makes sense: what to do, and to which bill."""

    step: PayoutStep
    version: str
    comment: str
    phone: str
    amount: Kopecks
    #: None before it is created
    bill: Bill | None


class Sandbox:
    """The bank: ``async with Sandbox(…) as sandbox`` serves at ``sandbox.url``."""

    def __init__(
        self,
        *,
        book: Path,
        callback_url: str | None,
        token: str,
        login: str = "sandbox",
        password: str = "sandbox",  # noqa: S107 - this bank guards nothing
        host: str = "127.0.0.1",
        port: int = 0,
        callback_delay_seconds: float = 0.2,
        callback_pauses_seconds: Sequence[float] = PAUSES_SECONDS,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Keep the book at ``book``; tell ``callback_url`` with ``token`` how bills end.

        Port 0 takes a free one; without a ``callback_url`` nobody is told anything. ValueError
        for a host that others could reach.
        """
        if not ipaddress.ip_address(host).is_loopback:
            raise ValueError(f"a sandbox bank listens on loopback only, not on {host}")
        self._book = Book(book)
        self._callbacks = Callbacks(
            book=self._book,
            url=callback_url,
            token=token,
            delay_seconds=callback_delay_seconds,
            pauses_seconds=callback_pauses_seconds,
        )
        self._account = f"{login}\n{password}".encode()
        self._address = (host, port)
        self._clock = clock
        self._script = Script()
        self._runner = web.AppRunner(
            self._application(), access_log=None, shutdown_timeout=SHUTDOWN_SECONDS
        )

    @property
    def url(self) -> str:
        """Address of the one endpoint, for PORTMONE_API_BASE."""
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}{PATH}"

    def script(
        self,
        behaviour: Behaviour,
        *,
        phone: str | None = None,
        step: PayoutStep | None = None,
        times: int = 1,
    ) -> None:
        """Let the next ``times`` calls about ``phone`` and ``step`` (None: any) go this way."""
        self._script.add(behaviour, phone=phone, step=step, times=times)

    def bills(self) -> list[Bill]:
        """Return every bill that was created."""
        return self._book.bills()

    def bookings(self) -> list[Booking]:
        """Return every top-up that really happened."""
        return self._book.bookings()

    def pay_by_hand(self, bill: BillId) -> None:
        """Top up what ``bill`` asks for, as the bank's own clerk would, and call back."""
        found = self._book.find_bill(bill)
        assert found is not None, f"there is no bill {bill}"
        self._book.add_booking(bill, at=self._clock())
        self._callbacks.send(callback_body(found, status="ok"))

    async def callbacks_settled(self) -> None:
        """Return when every callback due so far was heard or given up."""
        await self._callbacks.settled()

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, *self._address).start()
        log.info("sandbox.started", notice=NOTICE, url=self.url)
        self._callbacks.resume()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._runner.cleanup()
        await self._callbacks.close()
        self._book.close()

    def _application(self) -> web.Application:
        application = web.Application(client_max_size=FORM_BYTES_MAX)
        application.router.add_post(PATH, self._serve)
        application.router.add_get("/", self._introduce)
        desk = Desk(
            book=self._book,
            script=self._script,
            callbacks=self._callbacks,
            pay_by_hand=self.pay_by_hand,
        )
        desk.add_to(application)
        application.on_response_prepare.append(_say_what_this_is)
        return application

    async def _introduce(self, _: web.Request) -> web.Response:
        return web.Response(text=f"{NOTICE}\ntop-ups in the book: {len(self.bookings())}\n")

    async def _serve(self, request: web.Request) -> web.Response:
        fields = await request.post()
        form = {name: value for name, value in fields.items() if isinstance(value, str)}
        order = self._understood(form)
        if isinstance(order, str):
            return _xml(fail_answer(order, version=form.get("version", "1")))
        log.info("sandbox.asked", step=order.step, payout=order.comment)
        behaviour = self._script.take(phone=order.phone, step=order.step)
        bill = self._do(order, behaviour)
        await self._call_back(order, behaviour)
        await asyncio.sleep(behaviour.delay_seconds)
        if behaviour.until is not None:
            await behaviour.until.wait()
        return _answer(request, order, behaviour, bill)

    def _understood(self, form: Mapping[str, str]) -> _Order | str:
        """Return what ``form`` asks for, or the error code of what is wrong with it."""
        account = f"{form.get('login')}\n{form.get('password')}".encode()
        if not hmac.compare_digest(account, self._account):
            return "101"
        match STEPS.get(form.get("method", "")):
            case "create":
                return _create_order(form) or "103"
            case "pay":
                bill = self._book.find_bill(form.get("billId", ""))
                return "104" if bill is None else _pay_order(form, bill)
        return "102"

    def _do(self, order: _Order, behaviour: Behaviour) -> Bill | None:
        """Do the step in the book, before anything is said about it; return its bill."""
        if not behaviour.books or behaviour.answer == "fail":
            return order.bill
        if order.bill is None:
            return self._book.add_bill(
                comment=order.comment, phone=order.phone, amount=order.amount
            )
        if behaviour.callback != "fail":
            self._book.add_booking(order.bill.bill, at=self._clock())
        return order.bill

    async def _call_back(self, order: _Order, behaviour: Behaviour) -> None:
        """Tell the shop how a paid bill ended, soon or, when scripted so, at once."""
        silent = not behaviour.books or behaviour.answer == "fail" or behaviour.callback == "lost"
        if order.bill is None or silent:
            return
        ok = callback_body(order.bill, status="ok")
        fail = callback_body(order.bill, status="fail")
        match behaviour.callback:
            case "early":
                await self._callbacks.deliver_now(ok)
            case "twice":
                self._callbacks.send(ok, ok)
            case "ok_then_fail":
                self._callbacks.send(ok, fail)
            case "late":
                self._callbacks.keep(ok)
            case "fail":
                self._callbacks.send(fail)
            case _:
                self._callbacks.send(ok)


def _create_order(form: Mapping[str, str]) -> _Order | None:
    phone, amount = form.get("contractNumber", ""), to_kopecks(form.get("amount", ""))
    if not (form.get("payeeId") and _PHONE.fullmatch(phone) and form.get("currency") == "UAH"):
        return None
    if not amount:
        return None
    return _Order(
        step="create",
        version=form.get("version", "1"),
        comment=form.get("comment", ""),
        phone=phone,
        amount=amount,
        bill=None,
    )


def _pay_order(form: Mapping[str, str], bill: Bill) -> _Order:
    return _Order(
        step="pay",
        version=form.get("version", "1"),
        comment=bill.comment,
        phone=bill.phone,
        amount=bill.amount_kopecks,
        bill=bill,
    )


def _answer(
    request: web.Request, order: _Order, behaviour: Behaviour, bill: Bill | None
) -> web.Response:
    match behaviour.answer:
        case "drop":
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        case "garbage":
            return _xml(b"<html><body>maintenance")
        case "http_500":
            return web.Response(status=500, text="internal error")
        case "fail":
            return _xml(fail_answer(behaviour.fail_code, version=order.version))
        case "ok":
            return _xml(ok_answer(bill))


def _xml(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="text/xml", charset="utf-8")


async def _say_what_this_is(_: web.Request, response: web.StreamResponse) -> None:
    response.headers["X-Sandbox"] = NOTICE
