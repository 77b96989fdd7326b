"""What hangs in doubt is ended by a person who shows why, once, and never while it may pay."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, cast

import pytest

from eventstore.attachments import AttachmentsUnavailable, evidence_key
from eventstore.catalogue import (
    BillIssued,
    PayoutAttempted,
    PayoutConfirmed,
    PayoutContradicted,
    PayoutRequested,
    PayoutResolved,
    PayoutSubmitted,
)
from eventstore.identity import (
    BillId,
    CallbackId,
    PayoutId,
    bill_stream,
    payout_stream,
    sha256_of,
)
from eventstore.pool import Pool
from handlers.gateways.sandbox_script import Behaviour
from handlers.paying.payout_steps import ANSWER_SECONDS_MAX
from handlers.paying.resolve_payout import EVIDENCE_BYTES_MAX, PayoutRefusal, Resolution, Resolver
from handlers.ports import PayoutGateway
from tests.handlers.gateways.banks import a_gateway
from tests.handlers.gateways.paying import OTHER_BILL, Shop, a_shop, heard
from tests.handlers.gateways.perils import Freeze, Perilous
from tests.story import CONTEXT, append_of, facts

PAGE = b"%PDF a page of the statement"


@pytest.fixture
async def shop(pool: Pool, tmp_path: Path) -> AsyncIterator[Shop]:
    """A shop with its bank."""
    async with a_shop(pool, tmp_path) as opened:
        yield opened


async def resolve(
    shop: Shop,
    payout: PayoutId,
    outcome: Literal["paid", "failed"] = "paid",
    *,
    evidence: bytes = PAGE,
    reason: str = "seen in the statement",
    bill: BillId | None = None,
    attachments: Any = None,
) -> PayoutResolved:
    """Let a person say how ``payout`` ended; what was paid is the newest bill, unless told."""
    if outcome == "paid" and bill is None:
        bill = shop.bank.bills()[-1].bill if shop.bank.bills() else OTHER_BILL
    resolver = Resolver(
        store=shop.store,
        vault=shop.vault,
        attachments=attachments or shop.attachments,
        clock=shop.clock,
    )
    said = Resolution(payout=payout, outcome=outcome, evidence=evidence, reason=reason, bill=bill)
    return await resolver.resolve(said)


async def in_doubt(shop: Shop) -> PayoutRequested:
    """Let the answer to create, and with it the bill, be lost."""
    requested, phone = await shop.owe()
    shop.bank.script(Behaviour(answer="drop"), phone=phone, step="create")
    await shop.settle()
    return requested


async def at_rest(shop: Shop) -> PayoutRequested:
    """Let a bill be created that nobody pays."""
    requested, _ = await shop.owe()
    await shop.work_off(shop.payer(gateway=a_gateway(shop.bank.url, pays=False)))
    return requested


async def contradicted(shop: Shop) -> PayoutRequested:
    """Let a callback name a payout that was never asked for."""
    requested, _ = await shop.owe()
    news = heard(phone=requested.phone_fingerprint, comment=requested.payout)
    await shop.record_fact(news, name=CallbackId("c"))
    await shop.apply_callbacks()
    await shop.settle()
    return requested


@pytest.mark.parametrize("open_one", [in_doubt, at_rest, contradicted])
@pytest.mark.parametrize("outcome", ["paid", "failed"])
async def test_whatever_waits_for_a_person_can_be_ended(
    shop: Shop, open_one: Any, outcome: Literal["paid", "failed"]
) -> None:
    """The fact says who said what by which file, and nothing leaves any more."""
    requested = await open_one(shop)
    fact = await resolve(shop, requested.payout, outcome)
    assert (await shop.history(requested))[-1] == fact
    assert (fact.outcome, fact.reason) == (outcome, "seen in the statement")
    assert fact.evidence_sha256 == sha256_of(PAGE)
    await shop.settle()
    assert shop.bank.bookings() == []


async def test_a_bill_that_the_log_knows_is_named_by_itself(shop: Shop) -> None:
    """One at rest that came to nothing is ended with its bill."""
    requested = await at_rest(shop)
    bill = shop.bank.bills()[0].bill
    assert (await resolve(shop, requested.payout, "failed")).bill == bill


async def test_a_bill_that_the_person_found_finds_the_payout(shop: Shop) -> None:
    """A callback that names nothing but the bill then contradicts, and is not lost."""
    requested = await in_doubt(shop)
    bill = shop.bank.bills()[0].bill
    assert (await resolve(shop, requested.payout, bill=bill)).bill == bill
    assert await facts(shop.store, bill_stream(bill)) == [BillIssued(payout=requested.payout)]
    await shop.record_fact(heard("fail", bill=bill, phone=None, comment=None), name=CallbackId("c"))
    await shop.apply_callbacks()
    assert (await shop.history(requested))[-1] == PayoutContradicted(bill=bill, about="status")


async def test_the_answer_that_names_the_bill_after_a_person_did_is_kept(shop: Shop) -> None:
    """A worker froze with it, and was slower than the person with the statement."""
    requested, _ = await shop.owe()
    work, asleep = await shop.lease("pay_bonus"), Freeze(2)
    assert work is not None
    gateway = cast(PayoutGateway, Perilous(shop.gateway, asleep))
    sleeper = asyncio.create_task(shop.payer(gateway=gateway).handle(work))
    await asleep.frozen.wait()
    bill = shop.bank.bills()[0].bill
    shop.now += timedelta(seconds=2 * ANSWER_SECONDS_MAX)
    await resolve(shop, requested.payout, bill=bill)
    asleep.thawed.set()
    await sleeper
    assert (await shop.history(requested))[-1] == PayoutSubmitted(step="create", bill=bill)


async def test_a_bill_of_another_payout_is_refused(shop: Shop) -> None:
    """One bill is money once; the message names whose it is."""
    other = await at_rest(shop)
    requested = await in_doubt(shop)
    with pytest.raises(PayoutRefusal, match=other.payout):
        await resolve(shop, requested.payout, bill=shop.bank.bills()[0].bill)
    assert await shop.outcome(requested) is None


async def test_the_evidence_is_kept_for_the_shopper_alone(shop: Shop) -> None:
    """Sealed with the key that goes when the shopper is forgotten."""
    requested = await in_doubt(shop)
    await resolve(shop, requested.payout)
    sealed = await shop.attachments.get(evidence_key(requested.shopper, sha256_of(PAGE)))
    assert PAGE not in sealed
    opened = await shop.vault.open(requested.shopper, "evidence", sealed.decode())
    assert opened == PAGE


async def test_of_somebody_forgotten_only_the_hash_of_the_evidence_stays(shop: Shop) -> None:
    """A bill at rest outlives the shopper; no new key is made for a person who is gone."""
    requested = await at_rest(shop)
    key_id = await shop.vault.key_id(requested.shopper)
    assert key_id is not None
    await shop.vault.destroy(requested.shopper, key_id)
    await resolve(shop, requested.payout, "failed")
    assert await shop.attachments.keys("evidence") == []
    assert await shop.vault.key_id(requested.shopper) is None


class Dying:
    """An attachment store after whose answer the process dies, and one that was away before."""

    def __init__(self, real: Any, *, keeps: bool) -> None:
        self._real = real
        self._keeps = keeps

    async def put(self, key: str, content: bytes) -> None:
        """Keep it or not, and break off."""
        if self._keeps:
            await self._real.put(key, content)
        raise AttachmentsUnavailable(key, "gone")


@pytest.mark.parametrize("keeps", [True, False])
async def test_cut_off_at_the_evidence_the_same_wish_goes_on(shop: Shop, keeps: bool) -> None:
    """No fact names a file that is not kept; said again, and again, it is one fact."""
    requested = await in_doubt(shop)
    with pytest.raises(AttachmentsUnavailable):
        await resolve(shop, requested.payout, attachments=Dying(shop.attachments, keeps=keeps))
    assert await shop.outcome(requested) is None
    before = await shop.history(requested)
    first = await resolve(shop, requested.payout)
    assert await resolve(shop, requested.payout) == first
    assert await shop.history(requested) == [*before, first]


async def test_ended_is_ended(shop: Shop) -> None:
    """By a callback or by another person: what is said now is refused, and names the end."""
    paid, _ = await shop.owe()
    await shop.settle()
    with pytest.raises(PayoutRefusal, match="PayoutConfirmed"):
        await resolve(shop, paid.payout, "failed")
    requested = await in_doubt(shop)
    await resolve(shop, requested.payout)
    for other in (
        resolve(shop, requested.payout, "failed"),
        resolve(shop, requested.payout, reason="for another reason"),
        resolve(shop, requested.payout, evidence=b"another page"),
        resolve(shop, requested.payout, bill=OTHER_BILL),
    ):
        with pytest.raises(PayoutRefusal, match="has ended with PayoutResolved"):
            await other


@pytest.mark.parametrize(
    ("seconds", "ends"), [(ANSWER_SECONDS_MAX - 5, False), (ANSWER_SECONDS_MAX + 1, True)]
)
async def test_nothing_is_ended_while_its_request_may_be_under_way(
    shop: Shop, seconds: float, ends: bool
) -> None:
    """The answer may still come; after that nobody can be at it any more."""
    requested, _ = await shop.owe()
    attempted = PayoutAttempted(step="create", attempt=1)
    stream = payout_stream(requested.payout)
    await shop.store.append(append_of(stream, attempted, expected=0), context=CONTEXT)
    shop.now = (await shop.store.read_stream(stream))[-1].recorded_at + timedelta(seconds=seconds)
    if ends:
        await resolve(shop, requested.payout, "failed")
    else:
        with pytest.raises(PayoutRefusal, match="try again in 5 s"):
            await resolve(shop, requested.payout, "failed")
    assert (await shop.outcome(requested) is not None) == ends


async def test_of_a_person_and_a_callback_the_first_ends_it(shop: Shop) -> None:
    """At the same moment: one final fact, whoever was faster."""
    requested = await in_doubt(shop)
    bill = shop.bank.bills()[0].bill
    news = heard(bill=bill, phone=requested.phone_fingerprint, comment=requested.payout)
    await shop.record_fact(news, name=CallbackId("c"))
    await asyncio.gather(
        shop.apply_callbacks(), resolve(shop, requested.payout), return_exceptions=True
    )
    ends = [
        event
        for event in await shop.history(requested)
        if isinstance(event, PayoutConfirmed | PayoutResolved)
    ]
    assert len(ends) == 1


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"evidence": b""}, "empty"),
        ({"evidence": bytes(EVIDENCE_BYTES_MAX + 1)}, "over 10 MB"),
        ({"bill": BillId("a bill")}, "no bill id"),
    ],
)
async def test_what_proves_nothing_is_refused(
    shop: Shop, changes: dict[str, Any], says: str
) -> None:
    """Before anything is kept."""
    requested = await in_doubt(shop)
    with pytest.raises(PayoutRefusal, match=says):
        await resolve(shop, requested.payout, **changes)
    assert await shop.attachments.keys("evidence") == []


async def test_a_payout_nobody_knows_is_told_so(shop: Shop) -> None:
    """The message names where to look."""
    with pytest.raises(PayoutRefusal, match="payouts list"):
        await resolve(shop, PayoutId("none"))
