"""Portmone calling back over real HTTP, about a payout of ours that has gone so far."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import aiohttp

from eventstore.catalogue import (
    BillIssued,
    Event,
    PayoutAttempted,
    PayoutConfirmed,
    PayoutContradicted,
    PayoutFailed,
    PayoutOutcomeUnknown,
    PayoutRequested,
    PayoutSubmitted,
)
from eventstore.identity import (
    BillId,
    Kopecks,
    PayoutId,
    ReceiptId,
    ShopperId,
    bill_stream,
    payout_of,
    payout_stream,
)
from eventstore.ledger import seal_until_rest
from eventstore.subscription import Listener
from eventstore.worker import Worker
from handlers.apply_callback import EARLY_SECONDS_MAX, ApplyCallback
from handlers.reactions import types_of
from tests.story import CONTEXT, append_of, facts

if TYPE_CHECKING:
    from tests.web.conftest import Site

PHONE = "380670000001"
BILL = BillId("700")
TRIED = PayoutAttempted(step="create", attempt=1)
UNKNOWN = PayoutOutcomeUnknown(step="create", cause="timeout")
CREATED = PayoutSubmitted(step="create", bill=BILL)
CONFIRMED = PayoutConfirmed(bill=BILL)


@dataclass
class Portmone:
    """What calls back, and what was owed."""

    site: "Site"
    browser: aiohttp.ClientSession
    token: str
    now: datetime

    async def owes(self, *events: Event, phone: str = PHONE) -> PayoutId:
        """Let a payout to ``phone`` have gone so far."""
        receipt = ReceiptId(str(uuid4()))
        payout = payout_of(receipt)
        requested = PayoutRequested(
            payout=payout,
            receipt=receipt,
            shopper=ShopperId("s"),
            amount_kopecks=Kopecks(100),
            phone_sealed="sealed",
            phone_fingerprint=await self.site.vault.fingerprint(phone),
        )
        stream = payout_stream(payout)
        await self.site.store.append(append_of(stream, requested, *events), context=CONTEXT)
        if CREATED in events:
            await self.bills(payout)
        return payout

    async def bills(self, payout: PayoutId) -> None:
        """Let the bill be known to be ``payout``'s."""
        append = append_of(bill_stream(BILL), BillIssued(payout=payout))
        await self.site.store.append(append, context=CONTEXT)

    async def calls(
        self,
        status: str = "ok",
        *,
        bill: str = BILL,
        phone: str | None = PHONE,
        amount: str | None = "1.00",
        comment: str | None = None,
        mark: str = "",
    ) -> tuple[int, float]:
        """Call back once; return the status of the answer and how long it took, in seconds."""
        fields = {"billId": bill, "contractNumber": phone, "amount": amount, "comment": comment}
        told = "".join(f"<{name}>{text}</{name}>" for name, text in fields.items() if text)
        body = f'<rsp status="{status}">{told}<mark>{mark}</mark></rsp>'.encode()
        url, headers = f"{self.site.url}/portmone/webhook", {"X-Portmone-Token": self.token}
        began = time.monotonic()
        async with self.browser.post(url, data=body, headers=headers) as answer:
            await answer.read()
            return answer.status, time.monotonic() - began

    async def asks_for_nothing(self) -> float:
        """Return how long the answer to a request that no route is for takes, in seconds."""
        began = time.monotonic()
        async with self.browser.get(f"{self.site.url}/nothing") as answer:
            await answer.read()
            return time.monotonic() - began

    async def applied(self) -> None:
        """Let a worker conclude what can be concluded now."""
        handler = ApplyCallback(store=self.site.store, clock=lambda: self.now)
        worker = Worker(
            store=self.site.store,
            listener=Listener("", name="never-run"),
            handler=handler,
            types=types_of(handler.name),
            concurrency=1,
        )
        await seal_until_rest(self.site.pool)
        await self.site.pool.execute("UPDATE work SET due_at = now() - interval '1 hour'")
        await worker.plan_once()
        while await worker.work_once():
            pass

    async def waits(self) -> None:
        """Let so much time go by that nothing is early any more."""
        self.now += timedelta(seconds=EARLY_SECONDS_MAX + 1)
        await self.applied()

    async def end(self, payout: PayoutId) -> Sequence[Event]:
        """Return what callbacks have added to ``payout``."""
        told = await facts(self.site.store, payout_stream(payout))
        kinds = PayoutConfirmed | PayoutFailed | PayoutContradicted
        return [event for event in told if isinstance(event, kinds)]
