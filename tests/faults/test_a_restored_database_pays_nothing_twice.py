"""A dump is restored after more was paid: a fresh, younger cluster that owes nothing twice."""

import asyncio
from pathlib import Path
from typing import cast

import pytest

from eventstore.attachments import FolderAttachments
from eventstore.catalogue import (
    BookingOrphaned,
    PayoutAttempted,
    PayoutConfirmed,
    PayoutContradicted,
    PayoutResolved,
    PayoutsHeld,
    PayoutsReleased,
    ReceiptAccepted,
    ReceiptReferred,
)
from eventstore.identity import (
    ReceiptId,
    bookings_stream,
    payout_of,
    payout_stream,
    receipt_stream,
    sha256_of,
)
from eventstore.ledger import seal_until_rest
from eventstore.pool import Pool
from eventstore.store import now_utc
from eventstore.vault import SYSTEM
from handlers.ports import PayoutGateway
from tests.factories import a_reading, read_receipt
from tests.faults.conftest import REASON, BackUp, Reopen
from tests.handlers.gateways.paying import a_shop
from tests.handlers.gateways.perils import Freeze, Perilous
from tests.handlers.judging.deciding import decide
from tests.handlers.paying.statement_files import statement
from tests.story import facts

RESTORED = PayoutsHeld(cause="restored", checkpoint_size=None)


async def test_what_was_requested_before_the_dump_and_paid_after_it_is_paid_once(
    pool: Pool, tmp_path: Path, back_up: BackUp, reopen: Reopen
) -> None:
    """Nothing leaves until the statement is shown; it ends the payout; the bank books no more."""
    async with a_shop(pool, tmp_path) as shop:
        await shop.hold().look()  # a payer has started here once
        requested, _ = await shop.owe()
        await seal_until_rest(pool)
        await back_up()
        await shop.settle()
        assert isinstance(await shop.outcome(requested), PayoutConfirmed)

    async with reopen() as after:
        shop = after.shop
        for _ in range(3):
            await shop.work_off(shop.payer())
            await shop.time_passes()
        assert await after.switch() == [RESTORED]
        assert await shop.history(requested) == []

        (booking,) = shop.bank.bookings()
        content = statement([booking])
        reaches = now_utc()
        status, _, talk = await after.resume(content, reaches=reaches)
        assert status == 0, talk
        evidence = sha256_of(content)
        paid = PayoutResolved(outcome="paid", bill=booking.bill, evidence_sha256=evidence)
        why = f"{REASON} (the statement reaches {reaches.isoformat(timespec='seconds')})"
        released = PayoutsReleased(reason=why, evidence_sha256=evidence)
        assert await shop.history(requested) == [paid]
        assert await after.switch() == [RESTORED, released]

        new, _ = await shop.owe()  # money goes again, for what is new
        await shop.settle()
        assert await shop.history(requested) == [paid]
        assert isinstance(await shop.outcome(new), PayoutConfirmed)
        assert [each.comment for each in shop.bank.bookings()].count(requested.payout) == 1
        assert len(shop.bank.bookings()) == len(shop.bank.bills()) == 2


async def test_a_receipt_of_after_the_dump_goes_to_a_person_when_it_comes_again(
    pool: Pool, tmp_path: Path, back_up: BackUp, reopen: Reopen
) -> None:
    """Uploaded, accepted and paid after the dump, sent again after the restore: no second money."""
    reading = a_reading()
    async with a_shop(pool, tmp_path) as shop:
        await shop.hold().look()
        first = a_reading(receipt_number="9", fiscal_number="4009999999")
        await read_receipt(shop.store, shop.vault, first, shopper="ann", receipt="before")
        await back_up()
        await read_receipt(shop.store, shop.vault, reading, shopper="ann", receipt="paid")
        await decide(shop.store)
        await shop.settle()
        assert len(shop.bank.bookings()) == 2

    async with reopen() as after:
        shop = after.shop
        await shop.hold().look()
        status, told, talk = await after.resume(statement(shop.bank.bookings()))
        assert status == 0, talk
        assert told.count("only_theirs") == 2
        assert shop.bank.bookings()[0].phone not in told + talk

        again = await read_receipt(shop.store, shop.vault, reading, shopper="ann", receipt="again")
        newer = a_reading(receipt_number="5", purchased_at=now_utc())
        await read_receipt(shop.store, shop.vault, newer, shopper="ann", receipt="newer")
        await read_receipt(
            shop.store, shop.vault, a_reading(receipt_number="6", fiscal_number="4008888888"),
            shopper="bob", receipt="bobs",
        )  # fmt: skip
        await decide(shop.store)
        await shop.settle()

        referred = (await facts(shop.store, receipt_stream(again.receipt)))[-1]
        assert isinstance(referred, ReceiptReferred)
        assert referred.reasons == ["paid_before_restore"]
        for receipt in ("newer", "bobs"):
            story = await facts(shop.store, receipt_stream(ReceiptId(receipt)))
            assert isinstance(story[-1], ReceiptAccepted), receipt
        comments = [booking.comment for booking in shop.bank.bookings()]
        assert len(comments) == len(set(comments)) == 4
        assert payout_of(again.receipt) not in comments


async def test_a_receipt_sent_again_while_payouts_are_held_is_not_paid_again(
    pool: Pool, tmp_path: Path, back_up: BackUp, reopen: Reopen
) -> None:
    """Paid after the dump, sent again and accepted before the operator shows the statement."""
    reading = a_reading()
    async with a_shop(pool, tmp_path) as shop:
        await shop.hold().look()
        first = a_reading(receipt_number="9", fiscal_number="4009999999")
        await read_receipt(shop.store, shop.vault, first, shopper="ann", receipt="before")
        await back_up()
        await read_receipt(shop.store, shop.vault, reading, shopper="ann", receipt="paid")
        await decide(shop.store)
        await shop.settle()
        assert len(shop.bank.bookings()) == 2

    async with reopen() as after:
        shop = after.shop
        await shop.hold().look()
        again = await read_receipt(shop.store, shop.vault, reading, shopper="ann", receipt="again")
        await decide(shop.store)
        status, _, talk = await after.resume(statement(shop.bank.bookings()))
        assert status == 0, talk
        await shop.settle()
        payout = payout_of(again.receipt)
        assert payout not in [booking.comment for booking in shop.bank.bookings()]
        last = (await facts(shop.store, payout_stream(payout)))[-1]
        assert isinstance(last, PayoutContradicted)
        assert last.about == "bill"


async def test_resume_goes_on_where_it_was_cut_off(
    pool: Pool, tmp_path: Path, back_up: BackUp, reopen: Reopen
) -> None:
    """Looked at, cut off in the middle, repeated: each line is there once and money goes."""
    async with a_shop(pool, tmp_path) as shop:
        await shop.hold().look()
        owed = [(await shop.owe())[0] for _ in range(3)]
        await back_up()
        later, _ = await shop.owe()
        await shop.settle()

    async with reopen() as after:
        shop = after.shop
        await shop.hold().look()
        content = statement(shop.bank.bookings())
        status, _, _ = await after.resume(content, "--dry-run")
        assert status == 0
        assert await after.switch() == [RESTORED]
        assert [await shop.history(each) for each in owed] == [[], [], []]

        broken = content + b"x;y\n"
        status, told, talk = await after.resume(broken)
        assert (status, told) == (1, "")
        assert talk == (
            "cashbot: the statement was not used; mend it first:"
            " line 6: contractNumber is not understood\n"
        )
        assert [await shop.history(each) for each in owed] == [[], [], []]

        # What a call leaves behind that is killed after its second line: some facts, no release.
        await shop.pool.execute(
            "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " IF (SELECT count(*) FROM events WHERE type = 'PayoutResolved') > 1"
            " THEN RAISE EXCEPTION 'cut off'; END IF; RETURN NEW; END $$;"
            "CREATE TRIGGER die BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION die()"
        )
        status, _, _ = await after.resume(content)
        assert status != 0
        await shop.pool.execute("DROP TRIGGER die ON events")
        assert await after.switch() == [RESTORED]

        for _ in range(2):
            status, _, talk = await after.resume(content)
            assert status == 0, talk
        ends = [await shop.history(each) for each in owed]
        assert [[type(event) for event in each] for each in ends] == [[PayoutResolved]] * 3
        orphans = await facts(shop.store, bookings_stream(later.phone_fingerprint))
        assert [type(event) for event in orphans] == [BookingOrphaned]
        assert [type(event) for event in await after.switch()] == [PayoutsHeld, PayoutsReleased]
        await shop.settle()
        assert len(shop.bank.bookings()) == 4

        store = FolderAttachments(root=tmp_path / "attachments")
        sealed = await store.get(f"statements/{sha256_of(content)}")
        kept = await shop.vault.open(SYSTEM, "statement", sealed.decode())
        assert all(booking.bill.encode() in kept for booking in shop.bank.bookings()[:3])
        assert shop.bank.bookings()[0].phone.encode() not in sealed


async def test_the_operator_is_told_what_is_held_and_what_is_risked(
    pool: Pool, tmp_path: Path, back_up: BackUp, reopen: Reopen
) -> None:
    """Status says since when and why; without a statement money goes only when one says so."""
    async with a_shop(pool, tmp_path) as shop:
        await shop.hold().look()
        await shop.owe()
        await back_up()

    async with reopen() as after:
        status, told, _ = await after.command("payouts", "status")
        assert status == 0
        assert told.startswith("payouts are held since 20")
        assert "restored" in told

        status, _, talk = await after.command("payouts", "resume", "--reason", "r")
        assert status == 2
        assert "paid again" in talk
        assert await after.switch() == [RESTORED]

        resume = ("payouts", "resume", "--without-statement", "--reason", "nothing was paid")
        status, _, talk = await after.command(*resume)
        assert status == 0, talk
        _, told, _ = await after.command("payouts", "status")
        assert told.startswith("payouts go\n")
        await after.shop.settle()
        assert len(after.shop.bank.bookings()) == 1


@pytest.mark.parametrize("place", [2, 3])
async def test_a_step_taken_before_the_dump_is_not_taken_again(
    pool: Pool, tmp_path: Path, back_up: BackUp, reopen: Reopen, place: int
) -> None:
    """The dump was made in the middle of paying; what came of it stands in the statement only."""
    async with a_shop(pool, tmp_path) as shop:
        requested, _ = await shop.owe()
        work, peril = await shop.lease("pay_bonus"), Freeze(place)
        assert work is not None
        payer = shop.payer(gateway=cast(PayoutGateway, Perilous(shop.gateway, peril)))
        paying = asyncio.create_task(payer.handle(work))
        await peril.frozen.wait()
        before = await shop.history(requested)
        await back_up()
        peril.thawed.set()
        await paying
        await shop.bank.callbacks_settled()

    async with reopen() as after:
        for _ in range(2):
            await after.shop.work_off(after.shop.payer())
            await after.shop.time_passes()
        status, _, talk = await after.resume(statement(after.shop.bank.bookings()))
        assert status == 0, talk
        await after.shop.settle()
        *kept, end = await after.shop.history(requested)
        assert kept[: len(before)] == before
        assert not any(isinstance(event, PayoutAttempted) for event in kept[len(before) :])
        assert isinstance(end, PayoutResolved)
        assert len(after.shop.bank.bookings()) == 1
