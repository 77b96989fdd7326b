"""What an operator says and shows in order to let money go, and what is kept of it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest

from eventstore.catalogue import PayoutsReleased
from eventstore.identity import PAYOUTS_SWITCH, EventId, payout_of, sha256_of
from eventstore.pool import Pool
from eventstore.store import now_utc
from eventstore.vault import SYSTEM
from handlers.paying.hold import is_held
from handlers.paying.pausing import pause
from handlers.paying.releasing import HeldAgain, release, released_by
from tests.handlers.gateways.paying import Shop, a_shop
from tests.handlers.paying.statement_files import statement
from tests.handlers.paying.test_payouts_are_held import move_elsewhere, switch
from tests.handlers.people.leaving import PHONE, REJECTED, Office
from tests.handlers.people.leaving import SECRET as OFFICE_SECRET
from tests.processes import cashbot
from tests.story import facts, until

RESUME = ("payouts", "resume", "--without-statement", "--reason")


@pytest.fixture
async def shop(pool: Pool, tmp_path: Path) -> AsyncIterator[Shop]:
    """A shop with its bank, restored."""
    async with a_shop(pool, tmp_path) as opened:
        await move_elsewhere(opened)
        await opened.hold().look()
        yield opened


async def test_a_reason_with_somebodys_number_lets_no_money_go(
    shop: Shop, env: dict[str, str]
) -> None:
    """It would stay in the log for ever; nothing was applied either."""
    status, out, talk = await cashbot(*RESUME, f"ann called from {PHONE}", env=env)
    assert (status, out) == (1, "")
    assert "leave phones and numbers out" in talk
    assert not any(isinstance(event, PayoutsReleased) for event in await switch(shop))


async def test_the_slower_of_two_operators_is_told_that_money_goes(
    shop: Shop, env: dict[str, str]
) -> None:
    """Both saw the hold and release it at the same moment: it is released once."""
    async with shop.pool.acquire() as connection, connection.transaction():
        await connection.execute("LOCK TABLE events IN SHARE MODE")
        operators = [asyncio.create_task(cashbot(*RESUME, "checked", env=env)) for _ in range(2)]
        await until("SELECT count(*) = 2 FROM pg_locks WHERE NOT granted", shop.pool)
    ended = [await operator for operator in operators]
    assert [status for status, _, _ in ended] == [0, 0]
    assert sorted(talk for _, _, talk in ended) == [
        "payouts go again\n",
        "payouts go again: somebody else released them meanwhile\n",
    ]
    released = [
        e for e in await facts(shop.store, PAYOUTS_SWITCH) if isinstance(e, PayoutsReleased)
    ]
    assert len(released) == 1


async def test_what_was_noticed_while_a_statement_was_applied_lets_nothing_go(
    shop: Shop,
) -> None:
    """The release stands on what the operator saw: another hold since, and it is not written."""
    seen = await shop.store.read_stream(PAYOUTS_SWITCH)
    await pause(shop.store, reason="odd", actor="operator", event_id=EventId(uuid4()))
    with pytest.raises(HeldAgain, match="run it again"):
        await release(shop.store, seen, released_by(None, reason="checked"))
    assert await is_held(shop.store)
    assert not any(isinstance(event, PayoutsReleased) for event in await switch(shop))


async def test_no_statement_keeps_the_phone_of_somebody_forgotten(
    pool: Pool, env: dict[str, str], tmp_path: Path
) -> None:
    """Sealed for the system it opens for ever: fingerprints stand there, and nobody's words."""
    office = Office(pool=pool, folder=tmp_path / "attachments")
    ann = await office.arrive("ann")
    receipt = await office.send(ann)
    await office.read(ann, receipt, REJECTED)
    rows = (f"900;for Olena;{PHONE};1.00;ok;2026-11-22",
            f"901;{payout_of(receipt)};{PHONE};20,50;fail;2026-11-23")  # fmt: skip
    content = statement([], *rows)
    (tmp_path / "statement.csv").write_bytes(content)
    shown = ("--after-restore", str(tmp_path / "statement.csv"))
    resume = ("payouts", "resume", *shown, "--reaches", now_utc().isoformat())
    for _ in range(2):  # the second time the same is there already
        status, _, talk = await cashbot(
            *resume, "--reason", "the disk died",
            env={**env, "ENCRYPTION_SECRET": OFFICE_SECRET.hex()},
        )  # fmt: skip
        assert status == 0, talk

    sealed = await office.attachments.get(f"statements/{sha256_of(content)}")
    kept = await office.vault.open(SYSTEM, "statement", sealed.decode())
    assert PHONE[2:].encode() not in kept
    assert b"Olena" not in kept
    first, second = msgspec.json.decode(kept)
    fingerprint = await office.vault.fingerprint(PHONE)
    assert (first["bill"], first["comment"], first["phone_fingerprint"]) == (
        "900", None, fingerprint,
    )  # fmt: skip
    assert (second["comment"], second["amount_kopecks"]) == (payout_of(receipt), 2050)
