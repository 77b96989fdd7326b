"""Handlers put together with what they need, for whichever of them a process runs."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from eventstore.log import Log
from eventstore.worker import Handler, Worker
from handlers.apply_callback import ApplyCallback
from handlers.decide_receipt import DecideReceipt
from handlers.expire_attachments import ExpireAttachments
from handlers.forget_shopper import ForgetShopper
from handlers.gateways.portmone import PortmoneGateway, PortmoneSettings
from handlers.gateways.sandbox import Sandbox
from handlers.judging.terms import TermsBook
from handlers.pay_bonus import PayBonus
from handlers.paying.hold import Hold
from handlers.ports import PayoutGateway
from handlers.reactions import AGES, types_of
from handlers.read_receipt import ReadReceipt
from handlers.reading.command import ClosingReader
from handlers.reading.reader import READING_SECONDS_MAX
from handlers.remind_shopper import RemindShopper
from handlers.sweep_leftovers import SweepLeftovers

#: Items in hand at once of handlers that mostly wait; reading is bound by cores instead.
WAITING_CONCURRENCY = 2
#: A photo may first wait for the child that another one keeps busy.
READ_SECONDS_MAX = 2 * READING_SECONDS_MAX


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What handlers need from outside; each is opened only for the handler that needs it."""

    reader: Callable[[], ClosingReader]
    #: photos read at the same time
    readers: int
    gateway: Callable[[], AbstractAsyncContextManager[PayoutGateway]]
    #: whether that gateway takes the pay step too
    pays: bool


@asynccontextmanager
async def open_sandbox(
    *, book: Path, callback_url: str, token: str
) -> AsyncIterator[PortmoneGateway]:
    """Give the client of Portmone before a bank of our own that moves no money."""
    async with Sandbox(book=book, callback_url=callback_url, token=token) as bank:
        name = "sandbox"  # login and password of a bank that guards nothing
        yield PortmoneGateway(
            PortmoneSettings(login=name, password=name, payee_id="1", api_base=bank.url, pays=True)
        )


@asynccontextmanager
async def open_workers(
    log: Log, names: Sequence[str], *, parts: Parts
) -> AsyncIterator[list[Worker]]:
    """Give a worker for each handler of ``names``; their outside parts close at the end."""
    async with AsyncExitStack() as stack:
        yield [
            Worker(
                store=log.store,
                listener=log.listener,
                handler=await _OPENERS[name](log, parts, stack),
                types=types_of(name),
                concurrency=parts.readers if name == ReadReceipt.name else WAITING_CONCURRENCY,
                age=AGES.get(name),
            )
            for name in names
        ]


async def _read_receipt(log: Log, parts: Parts, stack: AsyncExitStack) -> Handler:
    reader = parts.reader()
    stack.push_async_callback(reader.aclose)
    return ReadReceipt(
        store=log.store,
        attachments=log.attachments,
        vault=log.vault,
        reader=reader,
        time_limit_seconds=READ_SECONDS_MAX,
    )


async def _decide_receipt(log: Log, _parts: Parts, _: AsyncExitStack) -> Handler:
    return DecideReceipt(store=log.store, terms=TermsBook(store=log.store))


async def _pay_bonus(log: Log, parts: Parts, stack: AsyncExitStack) -> Handler:
    gateway = await stack.enter_async_context(parts.gateway())
    hold = Hold(store=log.store, attachments=log.attachments)
    await hold.look()  # before anything works: a restore must not wait for the first payout
    return PayBonus(store=log.store, vault=log.vault, gateway=gateway, hold=hold)


async def _apply_callback(log: Log, _parts: Parts, _: AsyncExitStack) -> Handler:
    return ApplyCallback(store=log.store)


async def _forget_shopper(log: Log, parts: Parts, _: AsyncExitStack) -> Handler:
    return ForgetShopper(
        store=log.store, vault=log.vault, attachments=log.attachments, pays=parts.pays
    )


async def _sweep_leftovers(log: Log, _parts: Parts, _: AsyncExitStack) -> Handler:
    return SweepLeftovers(store=log.store, attachments=log.attachments)


async def _expire_attachments(log: Log, parts: Parts, _: AsyncExitStack) -> Handler:
    return ExpireAttachments(store=log.store, attachments=log.attachments, pays=parts.pays)


async def _remind_shopper(log: Log, _parts: Parts, _: AsyncExitStack) -> Handler:
    return RemindShopper(store=log.store)


_OPENERS = {
    "read_receipt": _read_receipt,
    "decide_receipt": _decide_receipt,
    "pay_bonus": _pay_bonus,
    "apply_callback": _apply_callback,
    "forget_shopper": _forget_shopper,
    "sweep_leftovers": _sweep_leftovers,
    "remind_shopper": _remind_shopper,
    "expire_attachments": _expire_attachments,
}
