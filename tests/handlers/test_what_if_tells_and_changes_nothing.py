"""Other rules are tried on history: it tells who would fare otherwise, and stays as it is."""

import random
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from msgspec.structs import replace

from eventstore.catalogue import ReceiptAccepted, ReceiptRead, ReceiptReferred
from eventstore.claims import claims_of
from eventstore.embedded import EmbeddedPostgres
from eventstore.identity import ReceiptId
from eventstore.ledger import seal_until_rest
from eventstore.pool import Pool, open_pool
from eventstore.store import EventStore, now_utc
from handlers.decide_receipt import Decision
from handlers.otherwise import Difference, Tally, Verdict, verdict_of
from handlers.policy import TODAY, Policy
from handlers.products import Products, load_products
from handlers.rules import RULES, Thresholds
from handlers.what_if import WhatIf
from tests.factories import a_reading, an_item
from tests.handlers.deciding import PRODUCTS, decide, upload
from tests.story import CONTEXT, a_fact, a_store, append_of, facts, ledger

LONGER = replace(TODAY, age_days_max=30)
OTHER_MAKER = an_item("Парацетамол-Здоров'я")


@pytest.fixture
def store(pool: Pool) -> EventStore:
    """The log."""
    return a_store(pool)


async def what_if(
    store: EventStore,
    policy: Policy = TODAY,
    *,
    products: Products = PRODUCTS,
    since: int = 0,
    page: int = 2_000,
) -> tuple[dict[str, Difference], Tally]:
    """Return who would have been decided otherwise, by receipt, and the sum."""
    walk = WhatIf(store=store, policy=policy, products=products)
    head = await store.head()
    found = walk.differences(since=since, until=head, page_events=page)
    return {each.receipt: each async for each in found}, walk.tally


def moved(found: dict[str, Difference]) -> dict[str, tuple[str, str]]:
    """Return what each receipt was and would be."""
    return {name: (str(each.was), str(each.would_be)) for name, each in found.items()}


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
    return a_reading(
        receipt_number=str(chance.randrange(20)),
        purchased_at=now - timedelta(days=days, minutes=chance.randrange(10)),
        confidence=chance.choice((0.95, 0.95, 0.95, 0.6, 0.3)),
        items=[chance.choice((an_item(), an_item(), OTHER_MAKER))],
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
        replace(TODAY, thresholds=Thresholds(auto_accept=0.5)),
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
    assert len(whole) > 4
    assert list(whole.values()) == list(paged.values())
    assert tally == tally_of_pages


async def test_nothing_is_changed(store: EventStore, pool: Pool) -> None:
    """Not one row of any table."""
    await send(store, mixed_rounds(6)[:1])
    before = await everything(pool)
    found, _ = await what_if(store, LONGER)
    assert found
    assert await everything(pool) == before


async def test_a_longer_age_grants_what_was_too_old(store: EventStore) -> None:
    """The receipt, the shopper, why, and the difference in money."""
    old = a_reading(purchased_at=now_utc() - timedelta(days=10))
    await upload(store, old, receipt="old", shopper="bob")
    await upload(store, a_reading(receipt_number="2"), receipt="new")
    await decide(store)
    found, tally = await what_if(store, LONGER)
    assert moved(found) == {"old": ("rejected too_old", "accepted 1.00 UAH")}
    assert (found["old"].shopper, found["old"].kopecks) == ("bob", 100)
    assert (tally.before_kopecks, tally.after_kopecks) == (100, 200)
    (move,) = tally.moves.values()
    assert (move.receipts, move.kopecks) == (1, 100)


async def test_claims_follow_from_the_new_decisions(store: EventStore) -> None:
    """Who is granted takes the claim, who is not leaves it to the next one with that receipt."""
    old = a_reading(purchased_at=now_utc() - timedelta(days=10))
    for name in ("old", "old again"):
        await upload(store, old, receipt=name, shopper=name)
        await decide(store)
    found, _ = await what_if(store, LONGER)
    assert moved(found) == {
        "old": ("rejected too_old", "accepted 1.00 UAH"),
        "old again": ("rejected too_old", "rejected already_used"),
    }


async def test_a_claim_that_would_not_be_taken_is_free(store: EventStore) -> None:
    """The first photo would go to a person: the sharper one of another shopper is granted."""
    reading = a_reading(confidence=0.8)
    await upload(store, reading, receipt="dim", shopper="ann")
    await decide(store)
    await upload(store, replace(reading, confidence=0.95), receipt="sharp", shopper="bob")
    await decide(store)
    strict = replace(TODAY, thresholds=replace(TODAY.thresholds, auto_accept=0.9))
    found, tally = await what_if(store, strict)
    assert moved(found) == {
        "dim": ("accepted 1.00 UAH", "referred low_confidence"),
        "sharp": ("rejected already_used", "accepted 1.00 UAH"),
    }
    assert tally.before_kopecks == tally.after_kopecks


@pytest.mark.parametrize(("most", "granted"), [(1, 1), (2, 2), (3, 3), (5, 5), (9, 6)])
async def test_daily_limits_follow_from_the_new_decisions(
    store: EventStore, most: int, granted: int
) -> None:
    """Of six good receipts of one day, sent at once, as many are granted as the policy allows."""
    for number in range(6):
        bought_at = now_utc() - timedelta(hours=number)
        await upload(store, a_reading(receipt_number=str(number), purchased_at=bought_at))
    await decide(store, workers=4)
    found, tally = await what_if(store, replace(TODAY, accepted_per_day_max=most))
    assert tally.after == {"accepted": granted, "rejected": 6 - granted, "referred": 0}
    assert len(found) == abs(granted - 3)


async def test_another_bonus_is_a_difference_for_everyone_granted(store: EventStore) -> None:
    """Two hryvnias instead of one."""
    await upload(store, a_reading())
    await decide(store)
    found, tally = await what_if(store, Policy(bonus_kopecks=200))  # type: ignore[arg-type]
    assert moved(found) == {"receipt-1": ("accepted 1.00 UAH", "accepted 2.00 UAH")}
    assert tally.after_kopecks - tally.before_kopecks == 100


async def test_another_product_list_is_judged_by(store: EventStore, tmp_path: Path) -> None:
    """An item that leaves the list earns nothing any more."""
    await upload(store, a_reading(items=[an_item("Імустат табл. №10")]))
    await decide(store)
    shorter = tmp_path / "products.tsv"
    shorter.write_text("name_uk\tname_en\tevidence\nЦИТРАМОН\tCITRAMON\tmaker\n")
    found, _ = await what_if(store, products=load_products(shorter))
    assert [each.was.state for each in found.values()] == ["accepted"]
    assert [each.would_be.state for each in found.values()] == ["rejected"]


async def test_what_was_read_before_stands(store: EventStore) -> None:
    """Since a seq, earlier decisions are as they were, with their claims."""
    old = a_reading(purchased_at=now_utc() - timedelta(days=10))
    await upload(store, old, receipt="before", shopper="ann")
    good = a_reading(receipt_number="2")
    await upload(store, good, receipt="granted before", shopper="ann")
    await decide(store)
    since = await store.head()
    for reading, name in ((old, "after"), (good, "used")):
        await upload(store, reading, receipt=name, shopper="bob")
    await decide(store)
    found, tally = await what_if(store, LONGER, since=since)
    assert moved(found) == {"after": ("rejected too_old", "accepted 1.00 UAH")}
    assert tally.receipts == 2


async def test_what_a_referral_could_not_have_seen_is_no_difference(store: EventStore) -> None:
    """It looked before a neighbour's claim and wrote behind it: that is so in any live system."""
    reading = a_reading(confidence=0.5)
    receipt = await upload(store, reading, receipt="slow")
    fiscal, paper = claims_of(reading)
    assert fiscal is not None
    assert paper is not None
    for claim in (fiscal, paper):
        await store.append(append_of(claim, a_fact("quick")), context=CONTEXT)
    referred = ReceiptReferred(reasons=["low_confidence"], rules=RULES)
    await store.append(append_of(f"receipt-{receipt}", referred, expected=1), context=CONTEXT)
    await seal_until_rest(store.pool)
    found, tally = await what_if(store)
    assert moved(found) == {}
    assert tally.receipts == 1


async def test_a_persons_decision_stands(store: EventStore) -> None:
    """A referral that a person granted later is judged as the referral it was, once."""
    receipt = await upload(store, a_reading(confidence=0.5), receipt="dim")
    await decide(store)
    granted = ReceiptAccepted(
        darnitsa_items=[], amount_kopecks=TODAY.bonus_kopecks, rules="a person",
        products=PRODUCTS.sha256,
    )  # fmt: skip
    await store.append(append_of(f"receipt-{receipt}", granted, expected=2), context=CONTEXT)
    await seal_until_rest(store.pool)
    found, tally = await what_if(store)
    assert (moved(found), tally.receipts) == ({}, 1)
    assert tally.after["referred"] == 1
    assert len(await facts(store, f"receipt-{ReceiptId('dim')}")) == 4
