"""Callbacks over real HTTP, in whatever order and number: each is answered at once, and a payout
is settled once, by what proves it.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

import aiohttp
import pytest
from structlog.testing import capture_logs

from eventstore.catalogue import (
    BillIssued,
    CallbackUnmatched,
    Event,
    PayoutAttempted,
    PayoutConfirmed,
    PayoutContradicted,
    PayoutFailed,
    PayoutOutcomeUnknown,
    PayoutRefused,
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
from eventstore.store import now_utc
from eventstore.subscription import Listener
from eventstore.worker import Worker
from handlers.apply_callback import EARLY_SECONDS_MAX, ApplyCallback
from handlers.reactions import types_of
from tests.story import CONTEXT, append_of, facts
from tests.web.conftest import TOKEN, Site

PHONE = "380670000001"
BILL = BillId("700")
TRIED = PayoutAttempted(step="create", attempt=1)
UNKNOWN = PayoutOutcomeUnknown(step="create", cause="timeout")
CREATED = PayoutSubmitted(step="create", bill=BILL)
CONFIRMED = PayoutConfirmed(bill=BILL)
#: How long Portmone may wait for an answer.
ANSWER_SECONDS = 1.0
#: ... or, where the machine is busy, so many times what one alone takes there at that moment: a
#: hundred that are answered one after the other take a hundred times as long.
ANSWERS_ALONE_MAX = 20


@dataclass
class Portmone:
    """What calls back, and what was owed."""

    site: Site
    browser: aiohttp.ClientSession
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
        url, headers = f"{self.site.url}/portmone/webhook", {"X-Portmone-Token": TOKEN}
        began = time.monotonic()
        async with self.browser.post(url, data=body, headers=headers) as answer:
            await answer.read()
            return answer.status, time.monotonic() - began

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


@pytest.fixture
async def portmone(site: Site, browser: aiohttp.ClientSession) -> Portmone:
    """Portmone, before it called."""
    return Portmone(site=site, browser=browser, now=now_utc())


async def test_a_hundred_copies_at_once_are_one_fact_and_one_end(portmone: Portmone) -> None:
    """Each hears ok, and none waits longer for it than Portmone would."""
    payout = await portmone.owes(TRIED, CREATED)
    await portmone.calls(mark="a first one, before which nothing is warm")
    answers = await asyncio.gather(*(portmone.calls() for _ in range(100)))
    assert {status for status, _ in answers} == {200}
    alone = [await portmone.calls(mark=f"alone {number}") for number in range(3)]
    limit = max(ANSWER_SECONDS, ANSWERS_ALONE_MAX * min(seconds for _, seconds in alone))
    assert max(seconds for _, seconds in answers) < limit
    await asyncio.gather(*(portmone.applied() for _ in range(3)))
    recorded = "SELECT count(*) FROM events WHERE type = 'CallbackReceived'"
    assert await portmone.site.pool.fetchval(recorded) == 1 + 1 + len(alone)
    assert await portmone.end(payout) == [CONFIRMED]


async def test_an_early_one_is_answered_at_once_and_applied_when_its_bill_is_known(
    portmone: Portmone,
) -> None:
    """It overtook the answer that names the bill: no phone, no echo, nothing to go by but that."""
    payout = await portmone.owes(TRIED)
    assert (await portmone.calls(phone=None))[0] == 200
    await portmone.applied()
    assert await portmone.end(payout) == []
    created = append_of(payout_stream(payout), CREATED, expected=1)
    await portmone.site.store.append(created, context=CONTEXT)
    await portmone.bills(payout)
    await portmone.applied()
    assert await portmone.end(payout) == [CONFIRMED]


@pytest.mark.parametrize(
    ("status", "added"),
    [("ok", []), ("fail", [PayoutContradicted(bill=BILL, about="status")])],
)
async def test_a_late_one_changes_no_end_and_its_opposite_alarms(
    portmone: Portmone, status: str, added: list[Event]
) -> None:
    """Days later, and in another order than it happened: 200, and at most a person's work."""
    payout = await portmone.owes(TRIED, CREATED, CONFIRMED)
    with capture_logs() as lines:
        assert (await portmone.calls(status))[0] == 200
        await portmone.applied()
    assert await portmone.end(payout) == [CONFIRMED, *added]
    alarms = [line for line in lines if line["log_level"] == "error"]
    assert [line["event"] for line in alarms] == ["payout.contradicted"] * len(added)


async def test_an_ok_after_a_fail_alarms_too(portmone: Portmone) -> None:
    """The first final outcome stands; that money moved after all is for a person."""
    payout = await portmone.owes(TRIED, CREATED)
    for status in ("fail", "ok"):
        assert (await portmone.calls(status))[0] == 200
        await portmone.applied()
    assert await portmone.end(payout) == [
        PayoutFailed(cause="callback", code="none"),
        PayoutContradicted(bill=BILL, about="status"),
    ]


@pytest.mark.parametrize(
    ("amount", "phone", "about"),
    [("2.00", PHONE, "amount"), ("0.999", PHONE, "amount"), ("1.00", "380670000002", "phone")],
)
async def test_another_amount_or_phone_is_other_money(
    portmone: Portmone, amount: str, phone: str, about: str
) -> None:
    """It is heard with 200, believed by nobody, and ends nothing."""
    payout = await portmone.owes(TRIED, CREATED)
    assert (await portmone.calls(amount=amount, phone=phone))[0] == 200
    await portmone.applied()
    (told,) = await portmone.end(payout)
    assert isinstance(told, PayoutContradicted)
    assert told.about == about


async def test_a_bill_nobody_knows_is_heard_and_waits_for_a_person(portmone: Portmone) -> None:
    """To a phone that nothing is owed to: 200, a quarter of an hour, then set aside by name."""
    payout = await portmone.owes(TRIED, UNKNOWN)
    assert (await portmone.calls(phone="380670000009"))[0] == 200
    await portmone.waits()
    assert await portmone.end(payout) == []
    told = "SELECT count(*) FROM events WHERE type = 'CallbackUnmatched'"
    assert await portmone.site.pool.fetchval(told) == 1


@pytest.mark.parametrize("status", ["ok", "fail"])
async def test_phone_and_amount_find_the_one_payout_that_can_be_meant(
    portmone: Portmone, status: str
) -> None:
    """Neither bill nor echo is ours; what else names that bill then finds the payout by it."""
    other = await portmone.owes(TRIED, UNKNOWN, phone="380670000002")
    refused = PayoutRefused(step="create", kind="final", code="1")
    ended = await portmone.owes(TRIED, refused, PayoutFailed(cause="refused", code="1"))
    unknown = await portmone.owes(TRIED, UNKNOWN)
    assert (await portmone.calls(status, bill="900"))[0] == 200
    await portmone.applied()
    bill = BillId("900")
    end = PayoutFailed(cause="callback", code="none")
    assert await portmone.end(unknown) == [PayoutConfirmed(bill=bill) if status == "ok" else end]
    assert (await portmone.end(other), len(await portmone.end(ended))) == ([], 1)
    assert await facts(portmone.site.store, bill_stream(bill)) == [BillIssued(payout=unknown)]

    opposite = "fail" if status == "ok" else "ok"
    await portmone.calls(opposite, bill="900", phone=None)
    await portmone.applied()
    contradicted = PayoutContradicted(bill=bill, about="status")
    assert (await portmone.end(unknown))[1:] == [contradicted]


@pytest.mark.parametrize(
    ("second", "amount"),
    [
        ([TRIED, UNKNOWN], "1.00"),  # two may be meant
        ([TRIED], "1.00"),  # one is under way: its bill may be late
        ([PayoutFailed(cause="refused", code="1")], "1.50"),  # other money
    ],
)
async def test_where_it_is_not_sure_who_is_meant_a_person_finds_out(
    portmone: Portmone, second: list[Event], amount: str
) -> None:
    """A guess would tell somebody "paid" who was not."""
    first = await portmone.owes(TRIED, UNKNOWN)
    other = await portmone.owes(*second)
    before = await portmone.end(other)
    await portmone.calls(bill="900", amount=amount)
    await portmone.applied()
    await portmone.waits()
    assert (await portmone.end(first), await portmone.end(other)) == ([], before)
    told = await portmone.site.pool.fetchval(
        "SELECT count(*) FROM events WHERE type = $1", CallbackUnmatched.__name__
    )
    assert told == 1


async def test_an_echo_of_a_payout_that_is_not_ours_is_matched_to_nobody(
    portmone: Portmone,
) -> None:
    """It says whom it means: somebody the log has lost, not the one with the same phone."""
    payout = await portmone.owes(TRIED, UNKNOWN)
    await portmone.calls(bill="900", comment=str(uuid4()))
    await portmone.waits()
    assert await portmone.end(payout) == []
