"""An export holds each fact that mentions the person, and none about somebody else."""

from pathlib import Path

import pytest

from eventstore.attachments import FolderAttachments
from eventstore.catalogue import BookingOrphaned, ReminderDue, ShopperNotified, WorkSkipped
from eventstore.chats import NOTICE
from eventstore.identity import (
    Kopecks,
    Sha256,
    ShopperId,
    StreamName,
    bookings_stream,
    chat_stream,
    notices_stream,
    payout_of,
    reminder_stream,
    work_stream,
)
from eventstore.log import open_log
from eventstore.pool import Pool
from handlers.paying.reconcile import Reconciliation
from handlers.paying.statements import read_statement
from handlers.people.person import DESTROYED, Person, export_person
from tests.factories import a_reading, read_receipt
from tests.handlers.gateways.paying import SECRET as SHOP_SECRET
from tests.handlers.gateways.paying import a_shop
from tests.handlers.judging.deciding import decide
from tests.handlers.paying.statement_files import statement
from tests.handlers.people.leaving import PHONE, REJECTED, SECRET, Office
from tests.story import CONTEXT, append_of, given, new_id

Named = set[tuple[StreamName, str]]


@pytest.fixture
def office(pool: Pool, tmp_path: Path) -> Office:
    """Where people come and ask what is held about them."""
    return Office(pool=pool, folder=tmp_path / "attachments")


async def exported(url: str, folder: Path, shopper: str, *, secret: bytes = SECRET) -> Person:
    """Return what an operator's process exports."""
    files = FolderAttachments(root=folder)
    async with open_log(url, name="export", connections=2, attachments=files, secret=secret) as log:
        return await export_person(log, ShopperId(shopper))


def named(person: Person) -> Named:
    """Return which facts were exported."""
    return {(fact.stream, fact.type) for fact in person.facts}


async def everything(pool: Pool) -> Named:
    """Return which facts stand in the log, but for those about the system itself."""
    rows = await pool.fetch("SELECT stream, type FROM events WHERE stream NOT LIKE 'system-%'")
    return {(row["stream"], row["type"]) for row in rows}


async def settle(office: Office, *lines: str) -> None:
    """Let a statement with ``lines`` be shown."""
    reconciliation = Reconciliation(
        store=office.store, vault=office.vault, evidence=Sha256("e" * 64), applies=True
    )
    async for _ in reconciliation.findings(read_statement(statement([], *lines))):
        pass


async def test_no_fact_about_a_receipt_is_left_out(
    pool: Pool, database_url: str, tmp_path: Path
) -> None:
    """Reading, claims, payout, bill, callback: by shopper, receipt, payout, bill or phone."""
    async with a_shop(pool, tmp_path) as shop:
        await read_receipt(shop.store, shop.vault, a_reading(), shopper="ann")
        await decide(shop.store)
        await shop.settle()
    held = named(await exported(database_url, tmp_path, "ann", secret=SHOP_SECRET))
    assert held == await everything(pool)
    assert {"ClaimTaken", "BillIssued", "CallbackReceived"} <= {kind for _, kind in held}


async def test_of_two_receipts_each_is_held_by_its_own_person(
    pool: Pool, database_url: str, tmp_path: Path
) -> None:
    """Two people, two exports: together the whole log, in common the day's budget by name."""
    async with a_shop(pool, tmp_path) as shop:
        for number, name in enumerate(("ann", "bob")):
            reading = a_reading(receipt_number=name, fiscal_number=f"400100000{number}")
            await read_receipt(shop.store, shop.vault, reading, shopper=name)
            await decide(shop.store)
        await shop.settle()
    people = [
        await exported(database_url, tmp_path, name, secret=SHOP_SECRET) for name in ("ann", "bob")
    ]
    ann, bob = map(named, people)
    assert ann | bob == await everything(pool)
    assert {kind for _, kind in ann & bob} == {"BudgetUsed"}
    counted = [[fact for fact in each.facts if fact.type == "BudgetUsed"] for each in people]
    assert [len(facts) for facts in counted] == [1, 1]


async def test_who_sends_anothers_receipt_is_not_told_of_its_claims(
    pool: Pool, database_url: str, tmp_path: Path
) -> None:
    """The paper is the same, and so are the streams of its claims."""
    async with a_shop(pool, tmp_path) as shop:
        for name in ("ann", "bob"):
            await read_receipt(shop.store, shop.vault, a_reading(), shopper=name, receipt=name)
            await decide(shop.store)
    held = named(await exported(database_url, tmp_path, "bob", secret=SHOP_SECRET))
    assert (StreamName("receipt-bob"), "ReceiptRejected") in held
    assert "ClaimTaken" not in {kind for _, kind in held}


async def test_what_a_statement_told_is_held(office: Office, database_url: str) -> None:
    """A booking that the log lost: by the phone that got the money, and by a receipt's payout."""
    ann = await office.arrive("ann")
    receipt = await office.send(ann)
    await settle(
        office,
        f"900;;{PHONE};1.00;ok;2026-11-22",
        f"901;{payout_of(receipt)};380670000009;1.00;ok;2026-11-22",
        "902;;380670000009;1.00;ok;2026-11-22",
    )
    person = await exported(database_url, office.folder, ann)
    told = [bytes(fact.data).decode() for fact in person.facts if fact.type == "BookingOrphaned"]
    assert ['"900"' in data for data in told].count(True) == 1
    assert ['"901"' in data for data in told].count(True) == 1
    assert not any('"902"' in data for data in told)


async def test_what_an_operator_did_with_their_work_is_held(
    office: Office, database_url: str
) -> None:
    """The reason is about them."""
    ann = await office.arrive("ann")
    receipt = await office.send(ann)
    await given(office.store, "elsewhere", WorkSkipped(handler="h", seq=1, reason="another's"))
    uploaded = (await office.store.read_stream(StreamName(f"receipt-{receipt}")))[0]
    assert uploaded.seq is not None
    skipped = WorkSkipped(handler="read_receipt", seq=uploaded.seq, reason="torn")
    await given(office.store, work_stream("read_receipt", uploaded.seq), skipped)
    person = await exported(database_url, office.folder, ann)
    told = [bytes(fact.data).decode() for fact in person.facts if fact.type == "WorkSkipped"]
    assert len(told) == 1
    assert "torn" in told[0]


async def test_who_types_anothers_phone_is_told_nothing_of_theirs(
    office: Office, database_url: str
) -> None:
    """Neither what Portmone said about their payout, nor what a statement told of it."""
    bob = await office.arrive("bob")
    receipt = await office.send(bob)
    await office.owe(bob, receipt)
    await office.hear(receipt, phone=PHONE, named=True)
    booking = BookingOrphaned(
        bill=None,
        comment=payout_of(receipt),
        amount_kopecks=Kopecks(100),
        evidence_sha256=Sha256("e" * 64),
    )
    await given(office.store, bookings_stream(await office.vault.fingerprint(PHONE)), booking)
    ann = await office.arrive("ann")
    person = await exported(database_url, office.folder, ann)
    assert {fact.type for fact in person.facts} == {"ConsentGiven", "PhoneShared"}
    about = {fact.type for fact in (await exported(database_url, office.folder, bob)).facts}
    assert {"CallbackReceived", "BookingOrphaned"} < about


async def notify(office: Office, shopper: ShopperId, where: StreamName, text: str) -> None:
    """Let the bot have said ``text`` to the shopper, behind whatever stands there."""
    notified = ShopperNotified(
        shopper=shopper,
        key="notice.accepted",
        parameters={},
        locale="uk",
        text_sealed=await office.vault.seal(shopper, NOTICE, text.encode()),
        outcome="sent",
        message=18,
    )
    await office.store.append_last(where, new_id(), notified, context=CONTEXT)


async def talk(office: Office, name: str) -> ShopperId:
    """Let somebody start, ask, be refused, reminded, served and told of it."""
    shopper = ShopperId(name)
    await office.start(shopper, user_id=7001)
    await office.arrive(name)
    await office.commands.choose_language(shopper, "en")
    await office.commands.ask(shopper, "help", message=1, wish="message/1")
    await office.commands.decline_photo(shopper, "empty", message=2, wish="message/2")
    await office.commands.decline_contact(shopper, "typed", message=3, wish="message/3")
    await notify(office, shopper, chat_stream(shopper), f"help for {name}")
    await office.store.append(append_of(reminder_stream(shopper), ReminderDue()), context=CONTEXT)
    receipt = await office.send(shopper)
    await office.read(shopper, receipt, REJECTED)
    await notify(office, shopper, notices_stream(receipt), f"no bonus for {name}")
    return shopper


def opened(person: Person, field: str) -> list[str]:
    """Return what the sealed ``field`` says, wherever it stands."""
    return [fact.opened[field] for fact in person.facts if field in fact.opened]


async def test_what_was_said_in_the_chat_is_held_by_its_own_person(
    pool: Pool, office: Office, database_url: str
) -> None:
    """Questions, answers, notices and the reminder, opened; two people share none of it."""
    people = [
        await exported(database_url, office.folder, await talk(office, name))
        for name in ("ann", "bob")
    ]
    ann, bob = map(named, people)
    assert ann | bob == await everything(pool)
    assert not ann & bob
    assert opened(people[0], "text_sealed") == ["help for ann", "no bonus for ann"]
    assert opened(people[0], "chat_sealed") == ['{"user_id":7001,"access_hash":91}']


async def test_what_was_said_is_nobodys_once_they_are_forgotten(
    office: Office, database_url: str
) -> None:
    """Who returns finds that it was said, and not what; nothing new was sealed meanwhile."""
    ann = await talk(office, "ann")
    assert await office.forget(ann) is not None
    await office.commands.ask(ann, "help", message=9, wish="message/9")
    assert await office.vault.key_id(ann) is None
    await office.start(ann, user_id=7001)
    person = await exported(database_url, office.folder, ann)
    assert opened(person, "text_sealed") == [DESTROYED, DESTROYED]
    assert opened(person, "chat_sealed") == [DESTROYED, '{"user_id":7001,"access_hash":91}']
    assert person.phones == [DESTROYED]
