"""An end that something contradicts is settled by a person with evidence; nothing is sent by it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from eventstore.catalogue import (
    Event,
    PayoutConfirmed,
    PayoutContradicted,
    PayoutFailed,
    PayoutReopened,
    PayoutRequested,
    PayoutResolved,
)
from eventstore.identity import BillId, CallbackId, payout_stream
from eventstore.ledger import seal_until_rest
from eventstore.pool import Pool
from handlers.paying.payout_steps import Rest, next_step
from handlers.paying.replay_payout import replay
from handlers.paying.resolve_payout import PayoutRefusal, unsettled
from projections.payouts import Payouts, contradicted, listed
from projections.projector import Projector
from projections.receipts import Receipts
from tests.handlers.gateways.paying import BILL, REQUESTED, Shop, a_shop, heard
from tests.handlers.paying.statement_files import statement
from tests.handlers.paying.test_a_person_ends_a_payout import resolve
from tests.handlers.paying.test_statements_settle_payouts import SENT, reconcile
from tests.processes import cashbot
from tests.story import CONTEXT, append_of

DENIED = PayoutFailed(cause="callback", code="5")
REFUSED = PayoutFailed(cause="refused", code="150")
ODD = PayoutContradicted(bill=BILL, about="status")


@pytest.fixture
async def shop(pool: Pool, tmp_path: Path) -> AsyncIterator[Shop]:
    """A shop with its bank."""
    async with a_shop(pool, tmp_path) as opened:
        yield opened


async def ended(shop: Shop, *ends: Event) -> PayoutRequested:
    """Let a payout be sent and end by ``ends``."""
    requested, _ = await shop.owe()
    sent = [*SENT[1:], *ends]
    append = append_of(payout_stream(requested.payout), *sent, expected=0)
    await shop.store.append(append, context=CONTEXT)
    return requested


async def shown(shop: Shop) -> tuple[str, int]:
    """Return the state of the one payout that is shown, and how many are contradicted."""
    await seal_until_rest(shop.pool)
    for projection in (Payouts(), Receipts()):
        projector = Projector(store=shop.store, projection=projection)
        await projector.start()
        while await projector.step():
            pass
    (payout,) = await listed(shop.pool, limit=2)
    disputed = await listed(shop.pool, disputed=True, limit=2)
    assert len(disputed) == await contradicted(shop.pool)
    return payout.state, len(disputed)


@pytest.mark.parametrize("end", [DENIED, REFUSED])
async def test_a_failure_that_money_contradicts_becomes_paid(shop: Shop, end: Event) -> None:
    """The bank said ok afterwards: list, tile and number go down, and it can end no other way."""
    requested = await ended(shop, end, ODD)
    await shop.settle()
    assert await shown(shop) == ("failed", 1)

    fact = await resolve(shop, requested.payout, "paid", bill=BILL)
    await shop.settle()
    assert await shown(shop) == ("confirmed", 0)
    assert await shop.outcome(requested) == fact
    assert await resolve(shop, requested.payout, "paid", bill=BILL) == fact
    assert (await shop.history(requested))[-1] == fact
    with pytest.raises(PayoutRefusal, match="what was paid stays paid"):
        await resolve(shop, requested.payout, "failed", evidence=b"another page")


@pytest.mark.parametrize("outcome", ["paid", "failed"])
async def test_nothing_is_sent_and_nothing_is_tried_again_after_it(
    shop: Shop, outcome: str
) -> None:
    """Whatever the person said of it, also where a refusal alone could be tried again."""
    requested = await ended(shop, REFUSED, ODD)
    await resolve(shop, requested.payout, outcome, bill=BILL)  # type: ignore[arg-type] # a word
    with pytest.raises(PayoutRefusal, match=r"was paid|money may have moved"):
        await replay(shop.store, requested.payout, reason="again")
    await shop.settle()
    assert shop.bank.bills() == []
    history = [REQUESTED, *await shop.history(requested)]
    assert next_step(history, pays=True) == Rest()


async def accepted_again(shop: Shop, requested: PayoutRequested, *, expected: int) -> None:
    """Let a withdrawn bonus be opened anew, as an override does."""
    again = PayoutReopened(
        phone_sealed=requested.phone_sealed,
        phone_fingerprint=requested.phone_fingerprint,
        reason="accepted again",
    )
    append = append_of(payout_stream(requested.payout), again, expected=expected)
    await shop.store.append(append, context=CONTEXT)
    await shop.settle()


async def withdrawn(shop: Shop) -> PayoutRequested:
    """Let a bonus be withdrawn before anything was sent, and the bank speak of it all the same."""
    requested, _ = await shop.owe()
    ended_so = PayoutFailed(cause="withdrawn", code="none")
    append = append_of(payout_stream(requested.payout), ended_so, ODD, expected=0)
    await shop.store.append(append, context=CONTEXT)
    return requested


async def test_a_withdrawn_one_that_was_shown_paid_pays_nothing_when_it_is_accepted_again(
    shop: Shop,
) -> None:
    """An override opens a withdrawn bonus anew; what a person showed stands all the same."""
    requested = await withdrawn(shop)
    fact = await resolve(shop, requested.payout, "paid", bill=BILL)
    await accepted_again(shop, requested, expected=3)
    assert await shop.outcome(requested) == fact
    assert shop.bank.bills() == []


async def test_a_withdrawn_one_that_nobody_looked_at_waits_when_it_is_accepted_again(
    shop: Shop,
) -> None:
    """Nothing leaves while the bank may have paid; once a person showed it did not, it may."""
    requested = await withdrawn(shop)
    await accepted_again(shop, requested, expected=2)
    assert shop.bank.bills() == []
    await resolve(shop, requested.payout, "failed")
    await accepted_again(shop, requested, expected=4)
    assert len(shop.bank.bills()) == 1


async def test_an_end_that_was_right_is_settled_as_it_is(shop: Shop) -> None:
    """A person looked, and it stays: paid or failed, it leaves the list until the next news."""
    paid = await ended(shop, PayoutConfirmed(bill=BILL), ODD)
    with pytest.raises(PayoutRefusal, match="stays paid"):
        await resolve(shop, paid.payout, "failed")
    await resolve(shop, paid.payout, "paid", bill=BILL)
    assert await shown(shop) == ("confirmed", 0)
    assert await shop.outcome(paid) == PayoutConfirmed(bill=BILL)

    again = append_of(payout_stream(paid.payout), ODD, expected=len(SENT) + 2)
    await shop.store.append(again, context=CONTEXT)
    assert await shown(shop) == ("confirmed", 1)
    with pytest.raises(PayoutRefusal, match="contradicted since"):
        await resolve(shop, paid.payout, "paid", bill=BILL)
    await resolve(shop, paid.payout, "paid", bill=BILL, evidence=b"a newer page")
    assert await shown(shop) == ("confirmed", 0)


async def test_who_called_it_failed_by_mistake_may_say_paid(shop: Shop) -> None:
    """With other evidence; nobody may say anything of an end that nothing contradicts."""
    requested = await ended(shop, DENIED, ODD)
    first = await resolve(shop, requested.payout, "failed")
    assert await shown(shop) == ("failed", 0)
    assert await resolve(shop, requested.payout, "failed") == first
    await resolve(shop, requested.payout, "paid", bill=BILL, evidence=b"another page")
    assert await shown(shop) == ("confirmed", 0)

    quiet = await ended(shop, DENIED)
    for outcome in ("paid", "failed"):
        with pytest.raises(PayoutRefusal, match="nothing contradicts that"):
            await resolve(shop, quiet.payout, outcome, bill=BILL)


async def test_a_statement_that_ends_a_payout_settles_no_contradiction(shop: Shop) -> None:
    """Of two bills that were paid it names each in its own line: the second stays for a person."""
    requested, phone = await shop.owe()
    append = append_of(payout_stream(requested.payout), *SENT[1:], expected=0)
    await shop.store.append(append, context=CONTEXT)
    rows = [f"{bill};{requested.payout};{phone};1.00;ok;2026-11-22" for bill in ("6", BILL)]
    await reconcile(shop, statement([], *rows))
    assert isinstance((await shop.history(requested))[-1], PayoutResolved)
    assert await shown(shop) == ("confirmed", 1)
    records = await shop.store.read_stream(payout_stream(requested.payout))
    assert unsettled(records)


async def test_the_operator_finds_it_and_settles_it_by_commands(
    shop: Shop, env: dict[str, str], tmp_path: Path
) -> None:
    """As the tile says: list, then resolve; the statement then agrees."""
    requested, phone = await shop.owe()
    append = append_of(payout_stream(requested.payout), *SENT[1:], DENIED, expected=0)
    await shop.store.append(append, context=CONTEXT)
    ok = heard(bill=BILL, phone=requested.phone_fingerprint, comment=requested.payout)
    await shop.record_fact(ok, name=CallbackId("c"))
    await shop.apply_callbacks()
    assert (await shop.history(requested))[-1] == ODD
    await shown(shop)
    _, out, _ = await cashbot("payouts", "list", "--contradicted", env=env)
    assert requested.payout in out
    page = tmp_path / "page.pdf"
    page.write_bytes(b"%PDF a page")
    says = ("--paid", "--bill", BILL, "--evidence", str(page), "--reason", "booked after all")
    status, _, talk = await cashbot("payouts", "resolve", requested.payout, *says, env=env)
    assert status == 0, talk
    await shown(shop)
    told = await cashbot("payouts", "list", "--contradicted", env=env)
    assert told == (0, "", "no such payouts\n")
    line = f"{BILL};{requested.payout};{phone};1.00;ok;2026-11-22"
    (finding,) = await reconcile(shop, statement([], line))
    assert finding.what == "matched"
    assert BillId(BILL) == finding.bill
