"""Money goes on a statement only that can tell of all that was paid until payouts were held."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from eventstore.catalogue import PayoutsReleased
from eventstore.identity import KYIV, PAYOUTS_SWITCH
from eventstore.pool import Pool
from eventstore.store import now_utc
from handlers.gateways.sandbox_script import Behaviour
from tests.handlers.gateways.paying import Shop, a_shop
from tests.handlers.paying.statement_files import statement
from tests.handlers.paying.test_payouts_are_held import RESTORED, move_elsewhere, switch
from tests.processes import cashbot


@pytest.fixture
async def shop(pool: Pool, tmp_path: Path) -> AsyncIterator[Shop]:
    """A shop with its bank, restored: one bonus was booked and its callback was lost."""
    async with a_shop(pool, tmp_path) as opened:
        _, phone = await opened.owe()
        opened.bank.script(Behaviour(callback="lost"), phone=phone, step="pay")
        await opened.settle()
        await move_elsewhere(opened)
        await opened.hold().look()
        yield opened


@pytest.fixture
def resume(shop: Shop, tmp_path: Path) -> tuple[str, ...]:
    """The command that shows the whole statement, and does not say how far it reaches."""
    file = tmp_path / "statement.csv"
    file.write_bytes(statement(shop.bank.bookings()))
    return ("payouts", "resume", "--reason", "the disk died", "--after-restore", str(file))


async def test_nothing_is_applied_before_it_is_said_how_far_it_reaches(
    shop: Shop, env: dict[str, str], resume: tuple[str, ...]
) -> None:
    """Not said, no time, the future, too early: each is told apart, and looking is no other."""
    said = (
        ((), "give --reaches"),
        (("--reaches", "yesterday"), "'yesterday' is no time"),
        (("--reaches", "2098-01-01"), "reaches into the future"),
        (("--reaches", "2026-01-01T10:00"), "must reach until payouts were held, 20"),
        (("--reaches", "2026-01-01T10:00", "--dry-run"), "get a newer one"),
    )
    for more, told in said:
        status, out, talk = await cashbot(*resume, *more, env=env)
        assert (status, out) == (2, "")
        assert told in talk
    assert await switch(shop) == [RESTORED]


async def test_the_time_that_is_asked_for_is_far_enough(
    shop: Shop, env: dict[str, str], resume: tuple[str, ...]
) -> None:
    """Copied as it was told; the log keeps how far the statement was said to reach."""
    _, _, talk = await cashbot(*resume, "--reaches", "2026-01-01", env=env)
    (asked,) = re.findall(r"were held, (\S+), or later", talk)
    status, _, talk = await cashbot(*resume, "--reaches", asked, env=env)
    assert status == 0, talk
    released = (await shop.store.read_stream(PAYOUTS_SWITCH))[-1].event
    assert isinstance(released, PayoutsReleased)
    assert released.reason == f"the disk died (the statement reaches {asked})"


async def test_a_time_without_an_offset_is_kyivs(
    shop: Shop, env: dict[str, str], resume: tuple[str, ...]
) -> None:
    """As in the statement's own column."""
    held = (await shop.store.read_stream(PAYOUTS_SWITCH))[-1].recorded_at
    early = (now_utc() - timedelta(hours=1)).astimezone(KYIV).replace(tzinfo=None)
    assert (await cashbot(*resume, "--reaches", early.isoformat(), env=env))[0] == 2
    late = max(held, now_utc()).astimezone(KYIV).replace(tzinfo=None)
    status, _, talk = await cashbot(*resume, "--reaches", late.isoformat(), env=env)
    assert status == 0, talk


async def test_a_reach_without_a_statement_is_a_slip(shop: Shop, env: dict[str, str]) -> None:
    """The file was forgotten; nothing goes."""
    slip = ("payouts", "resume", "--reason", "r", "--reaches", "2026-11-27")
    status, _, talk = await cashbot(*slip, "--without-statement", env=env)
    assert status == 2
    assert "with --after-restore" in talk
