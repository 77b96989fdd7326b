"""Money's red switch, today's budget and a statement of any day, at the command line."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from eventstore.catalogue import PayoutConfirmed, PayoutResolved, PayoutsHeld, PayoutsReleased
from eventstore.identity import Kopecks
from eventstore.pool import Pool
from eventstore.store import now_utc
from handlers.gateways.sandbox_script import Behaviour
from handlers.paying.hold import is_held
from handlers.paying.replay_payout import replay
from tests.handlers.gateways.paying import POLICY, Shop, a_shop, adopt
from tests.handlers.paying.statement_files import statement
from tests.handlers.paying.test_payouts_are_held import RESTORED, move_elsewhere, switch
from tests.handlers.paying.trying_again import REFUSED, share
from tests.handlers.people.leaving import PHONE
from tests.processes import cashbot


@pytest.fixture
async def shop(pool: Pool, tmp_path: Path) -> AsyncIterator[Shop]:
    """A shop with its bank."""
    async with a_shop(pool, tmp_path) as opened:
        yield opened


async def test_a_pause_holds_money_until_a_person_lets_it_go(
    shop: Shop, env: dict[str, str]
) -> None:
    """A reason each, in the log; said twice it is one pause; callbacks need no more than that."""
    requested, _ = await shop.owe()
    for told in ("payouts are paused\n", "payouts were paused already\n"):
        status, _, talk = await cashbot("payouts", "pause", "--reason", "odd codes", env=env)
        assert (status, talk) == (0, told)
    await shop.work_off(shop.payer())
    assert await shop.history(requested) == []

    _, out, _ = await cashbot("payouts", "status", env=env)
    assert re.match(r"payouts are held since [\d-]+ [\d:]+ Kyiv: paused \(odd codes\)\n", out)
    assert "statement" not in out
    status, _, talk = await cashbot("payouts", "resume", "--reason", "all is well", env=env)
    assert (status, talk) == (0, "payouts go again\n")
    await shop.time_passes()
    await shop.settle()
    assert isinstance(await shop.outcome(requested), PayoutConfirmed)
    assert await switch(shop) == [
        PayoutsHeld(cause="paused", checkpoint_size=None, reason="odd codes"),
        PayoutsReleased(reason="all is well", evidence_sha256=None),
    ]


async def test_a_pause_on_top_of_a_restore_does_not_hide_it(
    shop: Shop, env: dict[str, str]
) -> None:
    """A reason alone lets nothing go: this database may still not know what was paid."""
    await move_elsewhere(shop)
    await shop.hold().look()
    status, _, talk = await cashbot("payouts", "pause", "--reason", "to be sure", env=env)
    assert (status, talk) == (0, "payouts are paused\n")
    status, _, talk = await cashbot("payouts", "resume", "--reason", "r", env=env)
    assert status == 2
    assert "--after-restore" in talk
    _, out, _ = await cashbot("payouts", "status", "--json", env=env)
    told = json.loads(out)
    assert [hold["cause"] for hold in told["holds"]] == ["restored", "paused"]
    assert (told["paused"], told["statement_needed"]) == (True, True)
    assert (await switch(shop))[0] == RESTORED

    resume = ("payouts", "resume", "--without-statement", "--also-paused", "--reason", "checked")
    assert (await cashbot(*resume, env=env))[0] == 0
    assert not await is_held(shop.store)


@pytest.mark.parametrize("restored", [True, False])
async def test_who_comes_about_a_restore_ends_nobodys_pause_unasked(
    shop: Shop, env: dict[str, str], tmp_path: Path, restored: bool
) -> None:
    """Also when a colleague has settled the restore meanwhile; nothing was applied either."""
    lost, phone = await shop.owe()
    shop.bank.script(Behaviour(callback="lost"), phone=phone, step="pay")
    await shop.settle()
    if restored:
        await move_elsewhere(shop)
        await shop.hold().look()
    await cashbot("payouts", "pause", "--reason", "odd codes", env=env)
    before = await shop.history(lost)
    (tmp_path / "statement.csv").write_bytes(statement(shop.bank.bookings()))
    file = str(tmp_path / "statement.csv")
    compared = ("--after-restore", file, "--reaches", now_utc().isoformat())
    for about in (("--without-statement",), compared):
        resume = ("payouts", "resume", *about, "--reason", "the disk died")
        status, _, talk = await cashbot(*resume, env=env)
        assert status == 2
        assert "paused (odd codes)" in talk
        assert "--also-paused" in talk
    assert await is_held(shop.store)
    assert await shop.history(lost) == before

    status, _, talk = await cashbot(*resume, "--dry-run", env=env)
    assert status == 0
    assert "paused (odd codes)" in talk
    status, _, talk = await cashbot(*resume, "--also-paused", env=env)
    assert status == 0, talk
    assert not await is_held(shop.store)


async def test_a_pause_with_somebodys_number_as_reason_is_none(
    shop: Shop, env: dict[str, str]
) -> None:
    """It would stay in the log for ever."""
    status, _, talk = await cashbot("payouts", "pause", "--reason", f"ask {PHONE}", env=env)
    assert status == 1
    assert "leave phones and numbers out" in talk
    assert await switch(shop) == []


async def test_status_tells_of_a_silent_attachment_store(
    env: dict[str, str], unused_tcp_port: int
) -> None:
    """Nobody pressed a switch, and yet nothing leaves before long: it says so, and until when."""
    _, out, _ = await cashbot("payouts", "status", env=env)
    assert "payouts go\n" in out
    env |= {
        "STORAGE_ENDPOINT": f"http://127.0.0.1:{unused_tcp_port}",
        "STORAGE_BUCKET": "b",
        "STORAGE_ACCESS_KEY": "k",
        "STORAGE_SECRET_KEY": "s",
    }
    _, out, _ = await cashbot("payouts", "status", env=env)
    assert "payouts go" not in out
    assert "the attachment store does not answer: after 10 min nothing leaves" in out
    _, out, _ = await cashbot("payouts", "status", "--json", env=env)
    told = json.loads(out)
    assert (told["held"], told["attachments_silent"]) == (False, True)


async def test_status_tells_what_is_left_of_todays_budget(shop: Shop, env: dict[str, str]) -> None:
    """Used, left, and whether something waits for more."""
    await adopt(shop.store, replace(POLICY, budget_per_day_kopecks=Kopecks(150)))
    for _ in range(2):
        await shop.owe()
    await shop.work_off(shop.payer())
    _, out, _ = await cashbot("payouts", "status", "--json", env=env)
    budget = json.loads(out)["budget"]
    assert (budget["limit_kopecks"], budget["used_kopecks"], budget["left_kopecks"]) == (
        150, 100, 50,
    )  # fmt: skip
    assert budget["exhausted"]
    _, out, _ = await cashbot("payouts", "status", env=env)
    assert out.startswith("payouts go\nbudget of 20")
    assert "1.00 UAH of 1.50 UAH used; it is used up" in out


async def reconcile(
    env: dict[str, str], folder: Path, content: bytes, *more: str
) -> tuple[int, str, str]:
    """Compare ``content`` with the log."""
    (folder / "statement.csv").write_bytes(content)
    return await cashbot("payouts", "reconcile", str(folder / "statement.csv"), *more, env=env)


async def test_a_statement_of_any_day_tells_what_only_one_side_knows(
    shop: Shop, env: dict[str, str], tmp_path: Path
) -> None:
    """Matched, resolved, only ours, only theirs, amount differs; nothing changes by looking."""
    matched, _ = await shop.owe()
    lost, phone = await shop.owe()
    shop.bank.script(Behaviour(callback="lost"), phone=phone, step="pay")
    ours, _ = await shop.owe()
    differs, dearer = await shop.owe()
    failed, refused = await shop.owe()
    shop.bank.script(REFUSED, phone=refused)
    await shop.settle()
    bookings = shop.bank.bookings()
    named = [b for b in bookings if b.comment in (matched.payout, lost.payout)]
    other = next(b for b in bookings if b.comment == differs.payout)
    rows = (
        f"{other.bill};{differs.payout};{dearer};2.00;ok;2099-01-01",
        "900;;0671112233;1.00;ok;2020-01-01",
    )
    content = statement(named, *rows)
    before = await shop.history(lost)

    status, out, talk = await reconcile(env, tmp_path, content, "--json")
    assert status == 0, talk
    told = json.loads(out)
    assert told["totals"] == {
        "matched": 1, "resolved": 1, "differs": 1, "only_theirs": 1, "only_ours": 1,
    }  # fmt: skip
    found = {each["what"]: each for each in told["findings"]}
    assert found["only_ours"]["payout"] == ours.payout
    assert (found["differs"]["payout"], found["differs"]["about"]) == (differs.payout, "amount")
    assert failed.payout not in out
    status, out, talk = await reconcile(env, tmp_path, content)
    assert "amount differs" in out
    assert "only ours" in out
    assert "nothing was changed" in talk
    assert await shop.history(lost) == before


async def test_what_is_applied_ends_payouts_and_says_why(
    shop: Shop, env: dict[str, str], tmp_path: Path
) -> None:
    """Once: the same call again adds nothing."""
    lost, phone = await shop.owe()
    shop.bank.script(Behaviour(callback="lost"), phone=phone, step="pay")
    await shop.settle()
    content = statement(shop.bank.bookings())
    for _ in range(2):
        status, _, talk = await reconcile(
            env, tmp_path, content, "--apply", "--reason", "the month's end"
        )
        assert status == 0, talk
    ends = [event for event in await shop.history(lost) if isinstance(event, PayoutResolved)]
    assert [(end.outcome, end.reason) for end in ends] == [("paid", "the month's end")]


@pytest.mark.parametrize("more", [("--apply",), ("--reason", "r")])
async def test_applying_needs_a_reason_and_a_reason_applies(
    env: dict[str, str], tmp_path: Path, more: tuple[str, ...]
) -> None:
    """One without the other is a slip: nothing is done."""
    status, _, talk = await reconcile(env, tmp_path, statement([]), *more)
    assert status == 2
    assert "go together" in talk


async def test_a_payout_is_resolved_and_replayed_by_command(
    shop: Shop, env: dict[str, str], tmp_path: Path
) -> None:
    """The predecessor's replay: ended as failed with a page to show, tried again, paid."""
    requested, phone = await shop.owe()
    shop.bank.script(Behaviour(answer="drop", books=False), phone=phone)
    await shop.settle()
    await share(shop, requested, phone)
    (tmp_path / "page").write_bytes(b"a page")
    resolve = ("payouts", "resolve", requested.payout, "--evidence", str(tmp_path / "page"))
    status, _, talk = await cashbot(*resolve, "--reason", "r", env=env)
    assert (status, talk) == (2, "say --paid or --failed, one of the two\n")
    status, _, talk = await cashbot(*resolve, "--paid", "--reason", "r", env=env)
    assert (status, "--bill" in talk) == (2, True)
    status, out, talk = await cashbot(*resolve, "--failed", "--reason", "not there", env=env)
    assert status == 0, talk
    assert json.loads(out)["outcome"] == "failed"

    again = ("payouts", "replay", requested.payout.upper(), "--reason", "it was down")
    status, _, talk = await cashbot(*again, env=env)
    assert (status, talk) == (0, "it is tried again\n")
    assert not await replay(shop.store, requested.payout, reason="r")
    await shop.settle()
    assert len(shop.bank.bookings()) == 1
    status, _, talk = await cashbot(*again, env=env)
    assert status == 1
    assert "was paid" in talk
    status, _, talk = await cashbot("payouts", "replay", "p", "--reason", "r", env=env)
    assert status == 2
    assert "no payout id" in talk
