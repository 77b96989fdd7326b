"""A shop that pays bonuses through the sandbox bank."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Literal
from uuid import uuid4

from aiohttp import web
from defusedxml.ElementTree import fromstring
from msgspec.structs import replace

from eventstore.attachments import Attachments, FolderAttachments
from eventstore.catalogue import CallbackReceived, Event, PayoutRequested, PolicyAdopted
from eventstore.identity import (
    POLICY_STREAM,
    BillId,
    CallbackId,
    Kopecks,
    PayoutId,
    ReceiptId,
    ShopperId,
    callback_of,
    callback_stream,
    edge_event_id,
    payout_of,
    payout_stream,
)
from eventstore.ledger import seal_until_rest
from eventstore.policy import Policy, PortmoneError
from eventstore.pool import Pool
from eventstore.store import NO_STREAM, Append, EventStore, now_utc
from eventstore.subscription import Listener
from eventstore.vault import Vault
from eventstore.worker import Handler, Worker
from eventstore.worklist import Work, Worklist
from handlers.apply_callback import ApplyCallback
from handlers.gateways.answers import to_kopecks
from handlers.gateways.sandbox import Sandbox
from handlers.judging.policy import TODAY
from handlers.pay_bonus import PayBonus
from handlers.paying.hold import Hold
from handlers.paying.payout_steps import final_outcome
from handlers.ports import PayoutGateway
from handlers.reactions import types_of
from tests.handlers.gateways.banks import a_gateway, a_sandbox
from tests.story import CONTEXT, a_store, append_of

BILL = BillId("5")
OTHER_BILL = BillId("6")
#: A payout for histories that need no database.
REQUESTED = PayoutRequested(
    payout=PayoutId("p"),
    receipt=ReceiptId("r"),
    shopper=ShopperId("s"),
    amount_kopecks=Kopecks(100),
    phone_sealed="sealed",
    phone_fingerprint="f",
)
#: The one code of the sandbox that this shop takes for a passing trouble.
TRANSIENT = "7"
POLICY = replace(TODAY, errors=(PortmoneError(code=TRANSIENT, kind="transient"),))
SECRET = b"a secret of exactly 32 bytes ..."
#: Far more than any payout needs, tries and pauses included.
SETTLE_ROUNDS_MAX = 100
#: Longer than any pause, lease or wait of the product.
LONG = timedelta(hours=1)


async def adopt(store: EventStore, policy: Policy) -> None:
    """Let ``policy`` hold from now on."""
    before = await store.read_stream(POLICY_STREAM)
    adopted = PolicyAdopted(policy=policy, reason="a test's")
    append = append_of(POLICY_STREAM, adopted, expected=len(before) - 1)
    await store.append(append, context=CONTEXT)


def heard(
    status: Literal["ok", "fail"] = "ok",
    *,
    bill: BillId = BILL,
    amount: int | None = 100,
    phone: str | None = "f",
    comment: str | None = "p",
    code: str | None = None,
    unusable: Literal["amount", "phone"] | None = None,
) -> CallbackReceived:
    """Return a callback about ``REQUESTED``, with what is said to be different."""
    return CallbackReceived(
        bill=bill,
        status=status,
        amount_kopecks=None if amount is None else Kopecks(amount),
        phone_fingerprint=phone,
        comment=comment,
        error_code=code,
        body_fingerprint="00",
        unusable=[] if unusable is None else [unusable],
    )


@dataclass
class Shop:
    """The log, the bank and the two handlers between them, under one clock."""

    pool: Pool
    store: EventStore
    vault: Vault
    bank: Sandbox
    gateway: PayoutGateway
    attachments: Attachments
    now: datetime = field(default_factory=now_utc)
    phones: Iterator[str] = field(
        default_factory=lambda: (f"38067{number:07}" for number in count(1))
    )
    #: bodies that arrived, before anything was recorded
    heard: list[bytes] = field(default_factory=list)

    def clock(self) -> datetime:
        """Return the shop's time."""
        return self.now

    def payer(
        self, *, gateway: PayoutGateway | None = None, store: EventStore | None = None
    ) -> PayBonus:
        """Return the handler that pays, over the sandbox unless told otherwise."""
        return PayBonus(
            store=store or self.store,
            vault=self.vault,
            gateway=gateway or self.gateway,
            hold=self.hold(),
            clock=self.clock,
        )

    def hold(self) -> Hold:
        """Return the gate before the bank, as a process that has just started has it."""
        return Hold(store=self.store, attachments=self.attachments, clock=self.clock)

    async def owe(self) -> tuple[PayoutRequested, str]:
        """Let a bonus be owed; return it and the phone it is for."""
        receipt, shopper = ReceiptId(str(uuid4())), ShopperId(uuid4().hex)
        phone = next(self.phones)
        requested = PayoutRequested(
            payout=payout_of(receipt),
            receipt=receipt,
            shopper=shopper,
            amount_kopecks=Kopecks(100),
            phone_sealed=await self.vault.seal(shopper, "phone", phone.encode()),
            phone_fingerprint=await self.vault.fingerprint(phone),
        )
        stream = payout_stream(requested.payout)
        await self.store.append(append_of(stream, requested), context=CONTEXT)
        return requested, phone

    async def history(self, requested: PayoutRequested) -> list[Event]:
        """Return what happened to a payout since it was requested."""
        records = await self.store.read_stream(payout_stream(requested.payout), after=0)
        return [recorded.event for recorded in records]

    async def outcome(self, requested: PayoutRequested) -> Event | None:
        """Return how a payout ended, None while it is open."""
        return final_outcome(await self.history(requested))

    async def lease(self, handler: str) -> Work | None:
        """Take the next item of ``handler``."""
        await seal_until_rest(self.pool)
        worklist = Worklist(
            store=self.store, handler=handler, types=types_of(handler), lease_seconds=60.0
        )
        await worklist.start()
        while await worklist.plan():
            pass
        return await worklist.lease()

    async def work_off(self, handler: Handler) -> None:
        """Let ``handler`` do what is due, as a worker process does."""
        worker = Worker(
            store=self.store,
            listener=Listener("", name="never-run"),
            handler=handler,
            types=types_of(handler.name),
            concurrency=1,
        )
        await seal_until_rest(self.pool)
        await worker.plan_once()
        while await worker.work_once():
            pass

    async def due_in_seconds(self) -> float:
        """Return how long the one waiting item waits."""
        question = "SELECT extract(EPOCH FROM due_at - now())::float8 FROM work"
        return float(await self.pool.fetchval(f"{question} WHERE leased_until IS NULL"))

    async def time_passes(self, time: timedelta = LONG) -> None:
        """Let ``time`` go by; by then leases have ended and waiting work is due."""
        self.now += time
        await self.pool.execute(
            "UPDATE work SET due_at = now() - interval '1 hour',"
            " leased_until = least(leased_until, now() - interval '1 hour')"
        )

    async def settle(self) -> None:
        """Work on until nothing waits any more, however long that takes."""
        for _ in range(SETTLE_ROUNDS_MAX):
            await self.work_off(self.payer())
            await self.bank.callbacks_settled()
            await self.apply_callbacks()
            if not await self.pool.fetchval("SELECT count(*) FROM work"):
                return
            await self.time_passes()
        raise AssertionError("something waits for ever")

    async def apply_callbacks(self) -> None:
        """Conclude what the callbacks that were heard say."""
        await self.work_off(ApplyCallback(store=self.store, clock=self.clock))

    async def hear(self, request: web.Request) -> web.Response:
        """Record a callback as the webhook does, and conclude it at once."""
        body = await request.read()
        self.heard.append(body)
        await self.record(body)
        await self.apply_callbacks()
        return web.Response()

    async def record(self, body: bytes) -> None:
        """Record a callback; the same body again adds nothing."""
        root = fromstring(body)
        error = root.find("error")
        fingerprint = await self.vault.body_fingerprint(body)
        callback = CallbackReceived(
            bill=BillId(root.findtext("bill/billId", "")),
            status="ok" if root.get("status") == "ok" else "fail",
            amount_kopecks=to_kopecks(root.findtext("bill/amount", "")),
            phone_fingerprint=await self.vault.fingerprint(
                root.findtext("bill/contractNumber", "")
            ),
            comment=root.findtext("bill/comment"),
            error_code=None if error is None else error.get("code"),
            body_fingerprint=fingerprint,
        )
        await self.record_fact(callback, name=callback_of(fingerprint))

    async def record_fact(self, callback: CallbackReceived, *, name: CallbackId) -> None:
        """Record a callback under ``name``."""
        stream = callback_stream(name)
        fact = (edge_event_id(stream, "received"), callback)
        await self.store.append(
            Append(stream=stream, expected=NO_STREAM, events=[fact]), context=CONTEXT
        )


@asynccontextmanager
async def a_shop(pool: Pool, folder: Path) -> AsyncIterator[Shop]:
    """Open a shop and its bank; the bank calls the shop back over HTTP."""
    application = web.Application()
    runner = web.AppRunner(application, access_log=None)
    store = a_store(pool)
    vault = Vault(pool=pool, secret=SECRET)
    shops: list[Shop] = []

    async def hear(request: web.Request) -> web.Response:
        return await shops[0].hear(request)

    application.router.add_post("/portmone/webhook", hear)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/portmone/webhook"
    try:
        async with a_sandbox(folder, callback_url=url) as bank:
            await adopt(store, POLICY)
            gateway = a_gateway(bank.url)
            shops.append(
                Shop(
                    pool=pool,
                    store=store,
                    vault=vault,
                    bank=bank,
                    gateway=gateway,
                    attachments=FolderAttachments(root=folder / "attachments"),
                )
            )
            yield shops[0]
    finally:
        await runner.cleanup()
