"""A callback that fits no payout is seen by a person until it has one."""

import json
from pathlib import Path

from eventstore.catalogue import PayoutConfirmed
from eventstore.identity import BillId, CallbackId
from eventstore.payments import SQL
from eventstore.pool import Pool
from handlers.gateways.sandbox_script import Behaviour
from tests.handlers.gateways.paying import SECRET, a_shop, heard
from tests.processes import cashbot, environment


async def test_what_fits_nothing_is_listed_until_a_person_says_whose_it_is(
    pool: Pool, tmp_path: Path, database_url: str
) -> None:
    """Bill, status and amount are shown, and neither a phone nor others' words."""
    env = environment(
        DATABASE_URL=database_url,
        CASHBOT_HOME=str(tmp_path),
        LOG_LEVEL="ERROR",
        ENCRYPTION_SECRET=SECRET.decode(),
    )
    async with a_shop(pool, tmp_path) as shop:
        requested, phone = await shop.owe()
        shop.bank.script(Behaviour(answer="drop"), phone=phone, step="create")
        await shop.settle()
        none = await cashbot("payouts", "callbacks", env=env)
        assert none == (0, "", "every callback has its payout\n")

        callback = heard(bill=BillId("900"), phone=None, comment="for Olena")
        await shop.record_fact(callback, name=CallbackId("c"))
        await shop.settle()
    assert await shop.outcome(requested) is None
    _, out, _ = await cashbot("payouts", "callbacks", "--json", env=env)
    told = json.loads(out)
    assert (told["callback"], told["bill"], told["status"]) == ("c", "900", "ok")
    assert (told["amount_kopecks"], told["payout"]) == (100, None)
    _, out, _ = await cashbot("payouts", "callbacks", env=env)
    assert "900" in out
    assert "Olena" not in out

    page = tmp_path / "page.pdf"
    page.write_bytes(b"%PDF a page")
    says = ("--paid", "--bill", "900", "--evidence", str(page), "--reason", "found it")
    status, _, talk = await cashbot("payouts", "resolve", requested.payout, *says, env=env)
    assert status == 0, talk
    assert (await cashbot("payouts", "callbacks", env=env))[1] == ""
    assert not isinstance(await shop.outcome(requested), PayoutConfirmed)


async def test_looking_for_them_reads_them_alone(pool: Pool) -> None:
    """Numbers are fetched every few seconds, also of a log with millions of facts."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL enable_seqscan = off")
        plan = await connection.fetch(f"EXPLAIN {SQL['callbacks_unmatched']}")
    assert any("unmatched_callbacks" in line[0] for line in plan), plan
