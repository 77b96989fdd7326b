"""Lives one plan: people, bank, workers and clock do what it says, then all comes to rest."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

from msgspec import Struct

from eventstore.catalogue import PayoutsHeld, PayoutsReleased, ReceiptUploaded
from eventstore.identity import (
    KYIV,
    PAYOUTS_SWITCH,
    Kopecks,
    PayoutId,
    ReceiptId,
    payout_of,
    sha256_of,
)
from eventstore.ledger import seal_until_rest
from eventstore.store import now_utc
from handlers.gateways.sandbox_answers import callback_body
from handlers.gateways.sandbox_book import Bill, Booking
from handlers.paying.hold import append_behind
from handlers.paying.reconcile import Reconciliation
from handlers.paying.statements import read_statement
from tests.factories import a_reading, an_item, phone_of, read_receipt
from tests.faults.money import steps
from tests.faults.money.lane import Lane
from tests.faults.money.steps import Plan
from tests.faults.money.workers import Death, Shift, work
from tests.handlers.paying.statement_files import statement
from tests.story import CONTEXT
from web.webhooks import CALLBACK_BYTES_MAX

#: Rounds of work and an hour's pause; three tries of two steps and a late callback need fewer.
ROUNDS_MAX = 12
HOUR = timedelta(hours=1)
KILLED = -9

#: What waits is due, and who held something is long gone.
LET_TIME_PASS = (
    "UPDATE work SET due_at = now() - interval '1 hour',"
    " leased_until = least(leased_until, now() - interval '1 hour')"
)
#: Whether a worker would find something to do, now or later: work, or facts nobody planned yet.
IS_AT_WORK = """
SELECT EXISTS (SELECT FROM work) OR EXISTS (
    SELECT FROM ledger JOIN events USING (position)
    WHERE type IN ('ReceiptRead', 'PayoutRequested', 'CallbackReceived') AND seq > coalesce((
        SELECT min(cursors.seq) FROM cursors
        WHERE name IN ('work/decide_receipt', 'work/pay_bonus', 'work/apply_callback')
    ), 0)
)
"""


class Sent(Struct, frozen=True, kw_only=True):
    """One upload of a paper."""

    paper: int
    uploaded: ReceiptUploaded

    @property
    def payout(self) -> PayoutId:
        """The one payout it can have."""
        return payout_of(self.uploaded.receipt)


class History:
    """What a plan becomes in a lane."""

    def __init__(
        self, lane: Lane, plan: Plan, *, number: int, retries_unknown: bool = False
    ) -> None:
        """Live ``plan`` as history ``number``, which names its people and papers."""
        self._lane = lane
        self._retries_unknown = retries_unknown
        self._number = number
        self._ahead = timedelta()
        self._started = now_utc()
        self.plan = plan
        self.sent: list[Sent] = []
        #: real SIGKILLs
        self.kills = 0
        #: whether work was left that no time and no worker brought to an end
        self.work_left = False
        #: top-ups that left while a person held all money
        self.left_while_held = 0
        self._booked_when_held: int | None = None

    async def live(self) -> None:
        """Let all of the plan happen, and then let everything come to its end."""
        for step in self.plan.steps:
            await self._steps[type(step)](step)
        await self._resume()
        await self._come_to_rest()
        if self.plan.statement is not None:
            await self._reconcile(self.plan.statement)
            await self._come_to_rest()
        await self._lane.desk.clear_script()

    @property
    def _steps(self) -> dict[type[Any], Callable[[Any], Coroutine[Any, Any, None]]]:
        return {
            steps.Upload: self._upload,
            steps.UploadAgain: self._upload_again,
            steps.Misbehave: self._misbehave,
            steps.Work: lambda step: self._work(*step.deaths),
            steps.TimePasses: lambda _: self._time_passes(),
            steps.CallbacksArrive: self._callbacks_arrive,
            steps.Repeat: self._repeat,
            steps.Forge: self._forge,
            steps.Pause: lambda _: self._pause(),
            steps.Resume: lambda _: self._resume(),
            steps.PayByHand: lambda _: self._pay_by_hand(),
        }

    async def _upload(self, step: steps.Upload) -> None:
        confidence = 0.5 if step.doubtful else 0.95
        await self._send(step.paper, self._shopper(step.shopper), confidence=confidence)

    async def _upload_again(self, step: steps.UploadAgain) -> None:
        number = {"receipt_number": f"9{step.paper}99999"} if step.misread else {}
        await self._send(step.paper, self._shopper(step.shopper), **number)

    async def _send(self, paper: int, shopper: str, **changes: Any) -> None:
        """Let a photo of ``paper`` be uploaded and read."""
        cost = Kopecks(3650 + 100 * paper)
        told = {
            "fiscal_number": f"4{self._number:09}",
            "receipt_number": f"{paper + 1}",
            "items": [an_item(kopecks=cost, confidence=changes.get("confidence", 0.95))],
            "total_kopecks": cost,
            "purchased_at": (self._started - timedelta(days=1)).astimezone(KYIV),
        }
        uploaded = await read_receipt(
            self._lane.store,
            self._lane.vault,
            a_reading(**{**told, **changes}),
            shopper=shopper,
            receipt=ReceiptId(f"h{self._number}-{len(self.sent)}"),
        )
        self.sent.append(Sent(paper=paper, uploaded=uploaded))

    def _shopper(self, number: int) -> str:
        return f"h{self._number}-{number}"

    async def _misbehave(self, step: steps.Misbehave) -> None:
        phone = phone_of(self._shopper(step.shopper))
        await self._lane.desk.script(step.behaviour, phone=phone, step=step.step, times=step.times)

    async def _work(self, *deaths: Death | None) -> None:
        lane = self._lane
        shifts = [
            Shift(
                url=lane.url,
                bank_url=lane.bank_url,
                attachments=lane.attachments,
                ahead=self._ahead,
                pays=self.plan.pays,
                death=death,
                retries_unknown=self._retries_unknown,
            )
            for death in deaths
        ]
        for death, status in zip(deaths, await asyncio.gather(*map(work, shifts)), strict=True):
            assert status in ((0,) if death is None else (0, KILLED)), f"a worker ended: {status}"
            self.kills += status == KILLED

    async def _time_passes(self) -> None:
        self._ahead += HOUR
        await self._lane.pool.execute(LET_TIME_PASS)

    async def _callbacks_arrive(self, step: steps.CallbacksArrive) -> None:
        assert await self._lane.desk.settle(late=step.late) >= 0

    async def _repeat(self, step: steps.Repeat) -> None:
        bodies = [callback_body(booking, status="ok") for booking in await self.bookings()]
        posts = [self._lane.post_callback(body) for body in bodies for _ in range(step.times)]
        assert set(await asyncio.gather(*posts)) <= {200}

    async def _forge(self, step: steps.Forge) -> None:
        """Tell of each bill, paid or not, what nobody may believe."""
        for bill in await self.bills():
            true = callback_body(bill, status="ok")
            match step.how:
                case "wrong_token":
                    assert await self._lane.post_callback(true, token="another") == 401
                case "too_large":
                    large = true + b" " * CALLBACK_BYTES_MAX
                    assert await self._lane.post_callback(large) == 413
                case "bomb":
                    bomb = true.replace(b"?>", b'?><!DOCTYPE rsp [<!ENTITY a "a">]>', 1)
                    assert await self._lane.post_callback(bomb) == 400
                case "wrong_amount":
                    more = true.replace(b"<amount>1.00<", b"<amount>100.00<")
                    assert more != true
                    assert await self._lane.post_callback(more) == 200

    async def _pause(self) -> None:
        self._booked_when_held = len(await self.bookings())
        held = PayoutsHeld(cause="paused", checkpoint_size=None, reason="a history says so")
        await self._switch(held)

    async def _resume(self) -> None:
        if self._booked_when_held is not None:
            self.left_while_held += len(await self.bookings()) - self._booked_when_held
            self._booked_when_held = None
        await self._switch(PayoutsReleased(reason="a history says so", evidence_sha256=None))

    async def _switch(self, fact: PayoutsHeld | PayoutsReleased) -> None:
        records = await self._lane.store.read_stream(PAYOUTS_SWITCH)
        if type(records[-1].event if records else PayoutsReleased) is not type(fact):
            append = append_behind(PAYOUTS_SWITCH, records, fact)
            await self._lane.store.append(append, context=CONTEXT)

    async def _pay_by_hand(self) -> None:
        paid = {booking.bill for booking in await self.bookings()}
        for bill in await self.bills():
            if bill.bill not in paid:
                await self._lane.desk.pay_by_hand(bill.bill)
                if self._booked_when_held is not None:
                    self._booked_when_held += 1  # a clerk of the bank does not ask us

    async def _reconcile(self, unpaid: steps.Unpaid) -> None:
        """Let an operator show what the bank's book says of this history's receipts."""
        bookings = await self.bookings()
        paid = {booking.bill for booking in bookings}
        word = "FAILED" if unpaid == "failed" else "CREATED"
        rows = [
            f"{bill.bill};{bill.comment};{bill.phone};1.00;{word};{self._started.isoformat()}"
            for bill in await self.bills()
            if bill.bill not in paid
        ]
        content = statement(bookings, *rows)
        reconciliation = Reconciliation(
            store=self._lane.store,
            vault=self._lane.vault,
            evidence=sha256_of(content),
            applies=True,
        )
        async for _ in reconciliation.findings(read_statement(content)):
            pass

    async def _come_to_rest(self) -> None:
        """Work and let time pass until nothing is due any more, callbacks included."""
        for _ in range(ROUNDS_MAX):
            await self._lane.desk.settle(late=True)
            if not await self._is_at_work():
                return
            await self._work(None)
            await self._lane.desk.settle(late=True)
            if not await self._is_at_work():
                return
            await self._time_passes()
        self.work_left = True
        await self._lane.pool.execute("DELETE FROM work")  # it is none of the next history's

    async def _is_at_work(self) -> bool:
        await seal_until_rest(self._lane.pool)
        return bool(await self._lane.pool.fetchval(IS_AT_WORK))

    async def bills(self) -> list[Bill]:
        """Return this history's bills, as the bank has them."""
        pages = [await self._lane.desk.book(comment=sent.payout) for sent in self.sent]
        return [bill for page in pages for bill in page.bills]

    async def bookings(self) -> list[Booking]:
        """Return this history's top-ups, as the bank has them."""
        pages = [await self._lane.desk.book(comment=sent.payout) for sent in self.sent]
        return [booking for page in pages for booking in page.bookings]
