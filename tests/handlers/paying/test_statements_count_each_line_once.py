"""Lines of a statement that meet: in one payout, or in the hands of several operators."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from eventstore.catalogue import PayoutContradicted, PayoutResolved
from eventstore.identity import Sha256, payout_stream
from eventstore.pool import Pool
from tests.handlers.gateways.paying import Shop, a_shop
from tests.handlers.paying.statement_files import statement
from tests.handlers.paying.test_statements_settle_payouts import LOST, reconcile
from tests.story import CONTEXT, append_of


@pytest.fixture
async def shop(pool: Pool, tmp_path: Path) -> AsyncIterator[Shop]:
    """A shop with its bank."""
    async with a_shop(pool, tmp_path) as opened:
        yield opened


async def test_lines_that_contradict_each_other_weigh_the_same_dry_and_applied(shop: Shop) -> None:
    """Failed stands above paid: money that moved counts, the other is told, once."""
    owed, phone = await shop.owe()
    stream = payout_stream(owed.payout)
    await shop.store.append(append_of(stream, *LOST[1:], expected=0), context=CONTEXT)
    row = f"900;{owed.payout};{phone};1.00;%s;2026-11-22"
    content = statement([], row % "fail", row % "ok", row % "ok")
    planned = await reconcile(shop, content, applies=False)
    assert planned == await reconcile(shop, content)
    paid, contradicted = (await shop.history(owed))[-2:]
    assert isinstance(paid, PayoutResolved)
    assert paid.outcome == "paid"
    assert isinstance(contradicted, PayoutContradicted)


async def test_operators_who_apply_one_statement_at_once_count_each_line_once(shop: Shop) -> None:
    """Ours end once, theirs are noted once, also when each saved the file in another way."""
    owed = [await shop.owe() for _ in range(4)]
    rows = [f"9{n};{each.payout};{phone};1.00;ok;2026-11-22"
            for n, (each, phone) in enumerate(owed)]  # fmt: skip
    rows += [f"8{n};;067111223{n};1.00;ok;2026-11-22" for n in range(4)]
    content = statement([], *rows)
    files = [Sha256(f"{n:064}") for n in range(4)]
    await asyncio.gather(*(reconcile(shop, content, evidence=file) for file in files))
    for each, _ in owed:
        assert [type(event) for event in await shop.history(each)] == [PayoutResolved]
    orphans = "SELECT count(*) FROM events WHERE type = 'BookingOrphaned'"
    assert await shop.pool.fetchval(orphans) == 4
