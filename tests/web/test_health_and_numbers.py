"""Liveness, readiness with the reason, and the numbers for Prometheus."""

import asyncio
from datetime import timedelta

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from eventstore.catalogue import (
    BillIssued,
    BudgetExhausted,
    BudgetUsed,
    CallbackUnmatched,
    PayoutContradicted,
    PayoutsHeld,
    PayoutsReleased,
    PolicyAdopted,
)
from eventstore.identity import (
    KYIV,
    PAYOUTS_SWITCH,
    POLICY_STREAM,
    BillId,
    Kopecks,
    PayoutId,
    ReceiptId,
    budget_stream,
    payout_of,
    payout_stream,
)
from eventstore.policy import Policy
from eventstore.pool import open_pool
from eventstore.proving.checkpoints import Checkpoints
from eventstore.store import now_utc
from eventstore.subscription import Listener
from tests.projections.staff import refer
from tests.story import CONTEXT, a_fact, a_store, append_of
from tests.web.conftest import Site, a_site_like
from tests.web.stories import tell_paid, tell_rejection


async def readiness(url: str, browser: aiohttp.ClientSession) -> tuple[int, dict[str, str]]:
    """Return the status and the checks of /readyz."""
    async with browser.get(f"{url}/readyz") as answer:
        return answer.status, (await answer.json())["checks"]


async def numbers(site: Site, browser: aiohttp.ClientSession) -> dict[tuple[str, ...], float]:
    """Return every sample of /metrics by its name and labels."""
    async with browser.get(f"{site.url}/metrics") as answer:
        assert answer.status == 200
        families = text_string_to_metric_families(await answer.text())
        return {
            (sample.name, *sample.labels.values()): sample.value
            for family in families
            for sample in family.samples
        }


async def test_a_process_that_answers_is_alive(site: Site, browser: aiohttp.ClientSession) -> None:
    """Liveness asks nobody: it is true even when the database is gone."""
    await site.pool.close()
    async with browser.get(f"{site.url}/healthz") as answer:
        assert answer.status == 200


async def test_ready_when_everything_is_there(site: Site, browser: aiohttp.ClientSession) -> None:
    """Database, migrations and the listening connection."""
    while not site.listener.connected:
        await asyncio.sleep(0)
    assert await readiness(site.url, browser) == (
        200,
        {"database": "ok", "migrations": "ok", "listener": "ok"},
    )


async def test_not_ready_without_the_database(site: Site, browser: aiohttp.ClientSession) -> None:
    """The reason is named and says what to do."""
    await site.pool.close()
    status, checks = await readiness(site.url, browser)
    assert status == 503
    assert "DATABASE_URL" in checks["database"]


async def test_not_ready_while_a_migration_is_missing(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """Which one, and the command that applies it."""
    await site.pool.execute(
        "DELETE FROM _yoyo_migration WHERE migration_id = '0011.create-payouts'"
    )
    status, checks = await readiness(site.url, browser)
    assert status == 503
    assert checks["migrations"] == "run `python -m cashbot migrate`: 0011.create-payouts"


async def test_not_ready_before_the_listener_is_connected(
    site: Site, browser: aiohttp.ClientSession, database_url: str
) -> None:
    """A process that cannot hear would be slow to show anything."""
    deaf = Listener(database_url, name="test-deaf")
    async with a_site_like(site, listener=deaf) as url:
        status, checks = await readiness(url, browser)
    assert status == 503
    assert "comes back by itself" in checks["listener"]


async def test_a_database_that_was_never_migrated_is_not_ready(
    site: Site, browser: aiohttp.ClientSession, database_url: str
) -> None:
    """Reachable but empty is an answer, not a failure."""
    async with await open_pool(database_url, size=1, name="test-empty") as empty:
        await empty.execute("DROP TABLE _yoyo_migration")
        async with a_site_like(site, reads=empty) as url:
            status, _ = await readiness(url, browser)
    assert status == 503


async def test_numbers_come_from_the_database(site: Site, browser: aiohttp.ClientSession) -> None:
    """Facts by type, receipts and payouts by state, nothing left behind."""
    await tell_paid(site.store, "r1", bill="1")
    await tell_paid(site.store, "r2", bill="2")
    await tell_rejection(site.store, "r3", "too_old")
    await site.shown()
    told = await numbers(site, browser)
    assert told["cashbot_events_total", "ReceiptUploaded"] == 3
    assert told["cashbot_events_total", "PayoutAttempted"] == 4
    assert told["cashbot_receipts", "paid"] == 2
    assert told["cashbot_receipts", "rejected"] == 1
    assert told["cashbot_payouts", "confirmed"] == 2
    assert told["cashbot_cursor_lag_events", "projection/receipts"] == 0
    assert told["cashbot_notify_missed_total", "projection/receipts"] == 0
    assert told["cashbot_unsealed_events",] == 0


async def test_what_lags_and_waits_is_seen(site: Site, browser: aiohttp.ClientSession) -> None:
    """A stalled reader, parked work and an unsealed fact are each a number."""
    await tell_rejection(site.store, "r1", "too_old")
    await site.shown()
    await site.pool.execute("INSERT INTO cursors (name, seq) VALUES ('work/asleep', 1)")
    await site.pool.execute(
        "INSERT INTO work (handler, seq, stream, leased_until, parked_at) VALUES"
        " ('pay', 1, 's', NULL, NULL), ('pay', 2, 's', now() + interval '1 hour', NULL),"
        " ('pay', 3, 's', now() - interval '1 hour', NULL), ('pay', 4, 's', NULL, now())"
    )
    await a_store(site.pool).append(append_of("unsealed", a_fact()), context=CONTEXT)
    told = await numbers(site, browser)
    assert told["cashbot_cursor_lag_events", "work/asleep"] >= 2
    assert told["cashbot_work_items", "pay", "waiting"] == 2
    assert told["cashbot_work_items", "pay", "leased"] == 1
    assert told["cashbot_work_items", "pay", "parked"] == 1


async def test_a_bot_that_hears_and_does_not_speak_is_seen(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """Its work is due and nobody takes it; what waits until later or is in hand is no alarm."""
    await site.pool.execute(
        "INSERT INTO work (handler, seq, stream, due_at, leased_until) VALUES"
        " ('bot.notices', 1, 's', now() - interval '5 minutes', NULL),"
        " ('bot.notices', 2, 't', now() + interval '1 hour', NULL),"
        " ('reminders', 1, 's', now() + interval '1 day', NULL),"
        " ('pay', 1, 's', now() - interval '1 hour', now() + interval '1 minute')"
    )
    told = await numbers(site, browser)
    assert 300 <= told["cashbot_work_overdue_seconds", "bot.notices"] < 360
    assert told["cashbot_work_overdue_seconds", "reminders"] == 0
    assert told["cashbot_work_overdue_seconds", "pay"] == 0


async def test_held_payouts_are_a_number_to_be_alarmed_by(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """1 from the hold on, 0 before and once a person let money go."""
    assert (await numbers(site, browser))["cashbot_payouts_held",] == 0
    held = PayoutsHeld(cause="restored", checkpoint_size=None)
    await site.store.append(append_of(PAYOUTS_SWITCH, held), context=CONTEXT)
    assert (await numbers(site, browser))["cashbot_payouts_held",] == 1
    released = PayoutsReleased(reason="checked", evidence_sha256=None)
    await site.store.append(append_of(PAYOUTS_SWITCH, released, expected=0), context=CONTEXT)
    assert (await numbers(site, browser))["cashbot_payouts_held",] == 0


async def test_what_waits_for_people_is_seen(site: Site, browser: aiohttp.ClientSession) -> None:
    """How many receipts, and how long the first of them has waited; nothing while none does."""
    told = await numbers(site, browser)
    assert told["cashbot_review_queue_items",] == told["cashbot_review_oldest_seconds",] == 0
    await refer(site.store, "r1")
    await refer(site.store, "r2")
    await site.shown()
    await site.pool.execute("UPDATE review_queue SET waiting_since = now() - interval '1 day'")
    told = await numbers(site, browser)
    assert told["cashbot_review_queue_items",] == 2
    assert told["cashbot_review_oldest_seconds",] >= 86_400


async def test_a_contradicted_payout_is_a_number_to_be_alarmed_by(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """0 while all agree; a payout counts once, however often something disagrees with it."""
    await tell_paid(site.store, "r1", bill="1")
    await site.shown()
    assert (await numbers(site, browser))["cashbot_payouts_contradicted",] == 0
    stream = payout_stream(payout_of(ReceiptId("r1")))
    odd = [PayoutContradicted(bill=BillId("1"), about=about) for about in ("amount", "phone")]
    last = len(await site.store.read_stream(stream)) - 1
    await site.store.append(append_of(stream, *odd, expected=last), context=CONTEXT)
    await site.shown()
    assert (await numbers(site, browser))["cashbot_payouts_contradicted",] == 1


async def test_callbacks_that_fit_no_payout_are_a_number(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """Until somebody says whose the bill is."""
    unmatched = CallbackUnmatched(bill=BillId("900"))
    await site.store.append(append_of("callback-c", unmatched), context=CONTEXT)
    assert (await numbers(site, browser))["cashbot_callbacks_unmatched",] == 1
    issued = BillIssued(payout=PayoutId("p"))
    await site.store.append(append_of("bill-900", issued), context=CONTEXT)
    assert (await numbers(site, browser))["cashbot_callbacks_unmatched",] == 0


async def test_what_is_left_of_the_days_budget_is_a_number(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """By the policy in force; a new database has the built-in one's whole day."""
    left = ("cashbot_budget_left_kopecks",)
    assert (await numbers(site, browser))[left] == Policy(rules="r").budget_per_day_kopecks
    policy = Policy(rules="r", budget_per_day_kopecks=Kopecks(1_000))
    adopted = PolicyAdopted(policy=policy, reason="r")
    await site.store.append(append_of(POLICY_STREAM, adopted), context=CONTEXT)
    today = budget_stream(now_utc().astimezone(KYIV).date())
    used = BudgetUsed(payout=PayoutId("p"), amount_kopecks=Kopecks(100), used_kopecks=Kopecks(300))
    await site.store.append(append_of(today, used), context=CONTEXT)
    assert (await numbers(site, browser))[left] == 700
    spent = BudgetExhausted(budget_kopecks=Kopecks(1_500), used_kopecks=Kopecks(1_500))
    await site.store.append(append_of(today, spent, expected=0), context=CONTEXT)
    assert (await numbers(site, browser))[left] == 0


async def test_what_nobody_signed_yet_is_seen(site: Site, browser: aiohttp.ClientSession) -> None:
    """Facts without a checkpoint, its age, and copies that wait are numbers to be alarmed by."""
    await tell_rejection(site.store, "r1", "too_old")
    await site.shown()
    told = await numbers(site, browser)
    assert told["cashbot_unproved_events",] == await site.store.head() > 0
    signer = Checkpoints(
        pool=site.pool,
        vault=site.vault,
        attachments=site.attachments,
        clock=lambda: now_utc() - timedelta(hours=1),
    )
    await signer.make()
    told = await numbers(site, browser)
    assert told["cashbot_unproved_events",] == 0
    assert told["cashbot_checkpoint_age_seconds",] >= 3600
    assert told["cashbot_uncopied_checkpoints",] == 1


@pytest.mark.parametrize("secret", ["r-secret", "somebody", "700"])
async def test_no_label_names_a_person_or_a_thing(
    site: Site, browser: aiohttp.ClientSession, secret: str
) -> None:
    """Labels are kinds and states; ids would grow without end and tell on people."""
    await tell_paid(site.store, "r-secret", bill="700")
    await site.shown()
    async with browser.get(f"{site.url}/metrics") as answer:
        assert secret not in await answer.text()
