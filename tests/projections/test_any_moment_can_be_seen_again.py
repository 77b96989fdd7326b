"""The past is replayed apart: as a projector that stopped there has it, and nothing is touched."""

from collections.abc import Sequence
from typing import Any

import pytest

from eventstore.catalogue import (
    BillIssued,
    ConsentGiven,
    Event,
    ForgettingRequested,
    PayoutOutcomeUnknown,
    PhoneShared,
    ShopperForgotten,
)
from eventstore.identity import PayoutId, ReceiptId, Sha256, StreamName, payout_of
from eventstore.ledger import seal_until_rest
from eventstore.pool import Connection, Pool
from eventstore.store import EventStore
from projections import as_of
from projections.as_of import apply, empty_models, replay, then
from projections.one_stream import NothingThen, stream_then
from projections.projector import Projector
from tests.projections.staff import refer
from tests.projections.test_receipts_tell_their_story import MODELS
from tests.story import CONTEXT, a_fact, a_store, append_of, given, ledger
from tests.web.stories import (
    called_back,
    tell_acceptance,
    tell_paid,
    tell_reading,
    tell_rejection,
    tell_upload,
)


@pytest.fixture
async def store(pool: Pool) -> EventStore:
    """A log in which one receipt is paid, one refused, one unknown, two unsettled."""
    store = a_store(pool)
    await store.append(append_of("callback-early", called_back("3")), context=CONTEXT)
    await tell_paid(store, "r1", bill="1")
    await tell_rejection(store, "r2", "already_used")
    await tell_upload(store, "r3")
    await tell_reading(store, "r3")
    payout = await tell_acceptance(store, "r3")
    lost = PayoutOutcomeUnknown(step="create", cause="timeout")
    await store.append(append_of(f"payout-{payout}", lost, expected=0), context=CONTEXT)
    await tell_upload(store, "r4")
    await tell_reading(store, "r4")
    await refer(store, "r5")
    await seal_until_rest(pool)
    return store


async def content(reads: Pool | Connection) -> list[tuple[str, str]]:
    """Return every row of the read models, in the order of their keys."""
    return [
        (table, row["t"])
        for table in sorted(table for model in MODELS for table in model.tables)
        for row in await reads.fetch(f"SELECT t::text FROM {table} AS t ORDER BY t::text")
    ]


async def project(store: EventStore) -> None:
    """Let the real read models catch up."""
    for model in MODELS:
        projector = Projector(store=store, projection=model)
        await projector.start()
        while await projector.step():
            pass


async def test_at_the_head_it_is_what_the_read_models_say(
    store: EventStore, database_url: str
) -> None:
    """Row by row, stories included."""
    await project(store)
    live = await content(store.pool)
    assert len(live) > 25
    async with empty_models(database_url, MODELS) as connection:
        await replay(store, connection, MODELS, until=await store.head())
        assert await content(connection) == live


async def test_at_any_seq_it_is_what_a_projector_that_stopped_there_has(
    store: EventStore, database_url: str
) -> None:
    """A projector that takes one fact at a time agrees at every single place."""
    log = await ledger(store)
    async with empty_models(database_url, MODELS) as stopped:
        for until in range(len(log) + 1):
            if until:
                await apply(stopped, MODELS, log[until - 1 : until])
            async with empty_models(database_url, MODELS) as connection:
                await replay(store, connection, MODELS, until=until)
                assert await content(connection) == await content(stopped)


async def test_the_read_models_in_use_are_not_touched(store: EventStore, database_url: str) -> None:
    """They stay empty here, since nobody projected; and no table is left behind."""
    tables = "SELECT count(*) FROM pg_class WHERE relkind = 'r'"
    before = await store.pool.fetchval(tables)
    async with empty_models(database_url, MODELS) as connection:
        await replay(store, connection, MODELS, until=await store.head())
        assert await content(store.pool) == []
    gone = "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name ~ 'replay')"
    while not await store.pool.fetchval(gone):
        pass
    assert await store.pool.fetchval(tables) == before


async def test_counts_and_money_add_up(store: EventStore, database_url: str) -> None:
    """What was requested is confirmed, failed, unknown or under way."""
    async with empty_models(database_url, MODELS) as connection:
        head = await store.head()
        await replay(store, connection, MODELS, until=head)
        state = await then(store, connection, head)
    assert state.receipts == {"paid": 1, "pay_unknown": 1, "read": 1, "rejected": 1, "review": 1}
    assert state.waiting == 1
    assert state.money == {
        "requested": 200,
        "confirmed": 100,
        "failed": 0,
        "unknown": 100,
        "under_way": 0,
    }
    assert state.sealed_at is not None


async def test_before_the_first_fact_there_is_nothing(store: EventStore, database_url: str) -> None:
    """Seq 0 is a moment too."""
    async with empty_models(database_url, MODELS) as connection:
        await replay(store, connection, MODELS, until=0)
        state = await then(store, connection, 0)
    assert (state.receipts, state.payouts, state.sealed_at) == ({}, {}, None)
    assert set(state.money.values()) == {0}


async def test_all_rows_come_in_pages(
    store: EventStore, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each receipt and each payout once, in the order of their ids."""
    monkeypatch.setattr(as_of, "PAGE_ROWS", 3)
    async with empty_models(database_url, MODELS) as connection:
        await replay(store, connection, MODELS, until=await store.head())
        told = [(table, row) async for table, row in as_of.rows(connection)]
    names = [row["receipt"] for table, row in told if table == "receipts"]
    assert names == ["r1", "r2", "r3", "r4", "r5"]
    assert sorted(row["receipt"] for table, row in told if table == "payouts") == ["r1", "r3"]
    assert [row["receipt"] for table, row in told if table == "review_queue"] == ["r5"]
    assert [row["receipt"] for table, row in told if table == "product_bonuses"] == ["r1", "r3"]


@pytest.mark.parametrize("name", ["r1", "r2", "r3", "r4"])
async def test_a_receipts_stream_adds_up_to_its_row(
    store: EventStore, database_url: str, name: str
) -> None:
    """At every seq at which it exists: state, reasons, fields."""
    log = await ledger(store)
    started = next(fact.seq for fact in log if fact.stream == f"receipt-{name}")
    for until in range(started or 0, len(log) + 1):
        told = await stream_then(store, database_url, StreamName(f"receipt-{name}"), until=until)
        async with empty_models(database_url, MODELS) as connection:
            await replay(store, connection, MODELS, until=until)
            row = {
                row["receipt"]: row async for table, row in as_of.rows(connection)
                if table == "receipts"
            }[name]  # fmt: skip
        for field in ("state", "reasons", "total_kopecks", "payout", "bonus_kopecks", "bill"):
            assert told.state[field] == row[field], (until, field)
        assert told.facts[-1].seq is not None
        assert told.facts[-1].seq <= until


async def test_a_payouts_stream_adds_up_to_its_row(store: EventStore, database_url: str) -> None:
    """Its state, its bill, its amount."""
    stream = StreamName(f"payout-{payout_of(ReceiptId('r1'))}")
    head = await store.head()
    told = await stream_then(store, database_url, stream, until=head)
    assert (told.state["state"], told.state["bill"]) == ("confirmed", "1")
    assert told.state["amount_kopecks"] == 100


CONSENT = ConsentGiven(text_version="1", text_sha256=Sha256("00"), locale="uk")
PHONE = PhoneShared(phone_sealed="SEALED", phone_fingerprint="FINGERPRINT")
ASKED = ForgettingRequested(reason="by letter")
GONE = ShopperForgotten(key_id="k", attachments=1, certificate_sha256=Sha256("00"))


@pytest.mark.parametrize(
    ("name", "facts", "state"),
    [
        ("shopper-a", [CONSENT], {"consent": True, "phone_shared": False, "forgotten": False}),
        ("shopper-a", [CONSENT, PHONE], {"consent": True, "phone_shared": True}),
        (
            "shopper-a",
            [CONSENT, PHONE, ASKED],
            {"consent": False, "phone_shared": True, "asked_to_be_forgotten": True},
        ),
        (
            "shopper-a",
            [CONSENT, PHONE, ASKED, GONE],
            {"phone_shared": False, "asked_to_be_forgotten": False, "forgotten": True},
        ),
        ("shopper-a", [CONSENT, GONE, CONSENT], {"consent": True, "forgotten": False}),
        ("fiscal-1-2", [a_fact("r9")], {"held_by": "r9"}),
        ("allowance-a-2026-11-24", [a_fact("r8"), a_fact("r9")], {"used_by": ["r8", "r9"]}),
        ("bill-7", [BillIssued(payout=PayoutId("p"))], {"payout": "p"}),
        ("callback-7", [called_back("7")], {"last": "CallbackReceived", "facts": 1}),
    ],
)
async def test_other_streams_say_what_they_stand_for(
    pool: Pool, database_url: str, name: str, facts: Sequence[Event], state: dict[str, Any]
) -> None:
    """Consent and phone as yes or no, a claim by its holder; never what is sealed."""
    store = a_store(pool)
    await given(store, name, *facts)
    told = await stream_then(store, database_url, StreamName(name), until=await store.head())
    assert state.items() <= told.state.items()
    assert "SEALED" not in str(told.state)
    assert "FINGERPRINT" not in str(told.state)


@pytest.mark.parametrize(
    ("name", "until"), [("receipt-r4", 3), ("receipt-none", 5), ("", 5), ("\udcff", 5)]
)
async def test_a_stream_without_facts_then_is_said(
    store: EventStore, database_url: str, name: str, until: int
) -> None:
    """Not yet, or never."""
    with pytest.raises(NothingThen):
        await stream_then(store, database_url, StreamName(name), until=until)
