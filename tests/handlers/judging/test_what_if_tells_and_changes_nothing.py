"""Other rules are tried on history: it tells who would fare otherwise, and stays as it is."""

import random
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta

import psycopg
import pytest
from msgspec.structs import replace

from eventstore.catalogue import ReceiptRead
from eventstore.embedded import EmbeddedPostgres
from eventstore.policy import Policy, Thresholds
from eventstore.pool import Pool, open_pool
from eventstore.store import EventStore, now_utc
from handlers.judging.otherwise import Verdict, verdict_of
from handlers.judging.policy import TODAY
from handlers.judging.receipt_steps import Decision
from tests.factories import a_reading, an_item
from tests.handlers.judging.deciding import decide, moved, upload, what_if
from tests.story import a_store, ledger

LONGER = replace(TODAY, age_days_max=30)
OTHER_MAKER = an_item("Парацетамол-Здоров'я")


@pytest.fixture
def store(pool: Pool) -> EventStore:
    """The log."""
    return a_store(pool)


#: A receipt's name, its shopper, and what was read on it.
Sent = tuple[str, str, ReceiptRead]


def mixed_rounds(seed: int) -> list[list[Sent]]:
    """Return good, bad, old, doubtful and used receipts of five shoppers, in four rounds."""
    chance, now = random.Random(seed), now_utc()
    return [
        [
            (f"{number}-{place}", f"shopper-{chance.randrange(5)}", a_mixed_reading(chance, now))
            for place in range(12)
        ]
        for number in range(4)
    ]


def a_mixed_reading(chance: random.Random, now: datetime) -> ReceiptRead:
    """Return some reading; some are of one receipt, or of one paper."""
    days = chance.choice((0, 1, 2, 7, 8, 20, -2))
    confidence = chance.choice((0.95, 0.95, 0.95, 0.6, 0.3))
    ours = an_item(confidence=confidence)
    return a_reading(
        receipt_number=str(chance.randrange(20)),
        purchased_at=now - timedelta(days=days, minutes=chance.randrange(10)),
        confidence=confidence,
        items=[chance.choice((ours, ours, OTHER_MAKER))],
        disagreements=chance.choice(([], [], [], ["total"])),
    )


async def send(
    store: EventStore, rounds: list[list[Sent]], *, workers: int = 4, policy: Policy = TODAY
) -> None:
    """Let the receipts of each round come in, be read, and be decided."""
    for sent in rounds:
        for receipt, shopper, reading in sent:
            await upload(store, reading, shopper=shopper, receipt=receipt)
        await decide(store, workers=workers, policy=policy)


@pytest.fixture
async def elsewhere(
    server: EmbeddedPostgres, admin: psycopg.Connection, database_numbers: Iterator[int]
) -> AsyncIterator[EventStore]:
    """A second log, empty too."""
    name = f"test_{next(database_numbers)}"
    admin.execute(f"CREATE DATABASE {name} TEMPLATE cashbot_template")
    connections = await open_pool(server.url(name), size=5, name="elsewhere")
    yield a_store(connections)
    connections.terminate()
    admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


async def everything(pool: Pool) -> list[tuple[str, str]]:
    """Return every row of every table."""
    named = await pool.fetch("SELECT relname AS name FROM pg_stat_user_tables ORDER BY relname")
    return [
        (table["name"], row["t"])
        for table in named
        for row in await pool.fetch(f"SELECT t::text FROM {table['name']} AS t ORDER BY t::text")
    ]


@pytest.mark.parametrize("seed", range(4))
async def test_todays_rules_decide_history_as_it_was_decided(store: EventStore, seed: int) -> None:
    """Whatever raced, the same policy and products give the same decision for every receipt."""
    await send(store, mixed_rounds(seed))
    for page in (2_000, 7):
        found, tally = await what_if(store, page=page)
        assert moved(found) == {}
        assert (tally.receipts, tally.otherwise) == (48, 0)
        assert tally.before == tally.after
        assert all(tally.before.values())


@pytest.mark.parametrize(
    "policy",
    [
        LONGER,
        replace(LONGER, accepted_per_day_max=1),
        replace(TODAY, accepted_per_day_max=9, age_days_max=1),
        replace(TODAY, thresholds=Thresholds(auto_accept=0.2, manual_review=0.2)),
        replace(LONGER, thresholds=Thresholds(auto_accept=0.97, manual_review=0.9)),
    ],
)
async def test_it_tells_what_that_policy_really_decides(
    store: EventStore, elsewhere: EventStore, policy: Policy
) -> None:
    """A second log, decided live by the other policy in the same order, differs just there."""
    rounds = mixed_rounds(11)
    await send(store, rounds, workers=1)
    await send(elsewhere, rounds, workers=1, policy=policy)
    was, real = await verdicts(store), await verdicts(elsewhere)
    found, _ = await what_if(store, policy)
    assert moved(found) == {
        name: (str(was[name]), str(real[name])) for name in was if was[name] != real[name]
    }
    assert found


async def verdicts(store: EventStore) -> dict[str, Verdict]:
    """Return how each receipt was decided."""
    return {
        fact.stream.partition("-")[2]: verdict_of(fact.event)
        for fact in await ledger(store)
        if isinstance(fact.event, Decision)
    }


async def test_pages_make_no_difference(store: EventStore) -> None:
    """What was granted otherwise in one page is remembered in the next."""
    await send(store, mixed_rounds(5))
    policy = replace(LONGER, accepted_per_day_max=1)
    whole, tally = await what_if(store, policy)
    paged, tally_of_pages = await what_if(store, policy, page=3)
    assert whole
    assert list(whole.values()) == list(paged.values())
    assert tally == tally_of_pages


async def test_nothing_is_changed(store: EventStore, pool: Pool) -> None:
    """Not one row of any table."""
    await send(store, mixed_rounds(6)[:1])
    before = await everything(pool)
    found, _ = await what_if(store, LONGER)
    assert found
    assert await everything(pool) == before
