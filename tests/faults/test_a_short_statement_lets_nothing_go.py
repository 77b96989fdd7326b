"""After a restore a statement that cannot tell of what was paid since is not taken for one."""

from pathlib import Path

import pytest

from eventstore.ledger import seal_until_rest
from eventstore.pool import Pool
from eventstore.store import now_utc
from tests.faults.conftest import BackUp, Reopen
from tests.faults.test_a_restored_database_pays_nothing_twice import RESTORED
from tests.handlers.gateways.paying import a_shop
from tests.handlers.paying.statement_files import statement


@pytest.mark.parametrize("kind", ["empty", "ends at the backup"])
async def test_a_statement_that_cannot_tell_of_the_time_after_the_dump_lets_nothing_go(
    pool: Pool, tmp_path: Path, back_up: BackUp, reopen: Reopen, kind: str
) -> None:
    """What was booked after the backup stands in neither; both times the operator is told."""
    async with a_shop(pool, tmp_path) as shop:
        await shop.hold().look()
        old, _ = await shop.owe()
        await shop.settle()
        requested, _ = await shop.owe()
        await seal_until_rest(pool)
        await back_up()
        at_the_backup = now_utc()
        await shop.settle()

    async with reopen() as after:
        shop = after.shop
        until_then = [each for each in shop.bank.bookings() if each.comment == old.payout]
        content = statement([] if kind == "empty" else until_then)
        status, _, talk = await after.resume(content, reaches=at_the_backup)
        assert status == 2
        assert ("no lines" if kind == "empty" else "until payouts were held") in talk
        await shop.work_off(shop.payer())
        await shop.time_passes()
        await shop.work_off(shop.payer())
        assert await after.switch() == [RESTORED]
        assert [each.comment for each in shop.bank.bookings()].count(requested.payout) == 1
