"""Blocks, departures and floods are recorded or waited for; others are answered meanwhile."""

import pytest

from eventstore.catalogue import ClusterSeen, PayoutsHeld, PayoutsReleased
from eventstore.identity import CLUSTER_STREAM, PAYOUTS_SWITCH
from tests.bot.talks import Talk, has
from tests.bot.words import said
from tests.telegram_server.server import TelegramServer

#: The library may wait 15 s for an answer that was lost with its connection.
LIBRARY_SECONDS = 45.0


async def test_a_block_is_recorded_and_ends_with_it(talk: Talk, telegram: TelegramServer) -> None:
    """What comes meanwhile is recorded as blocked, once; what comes later is told again."""
    ann = telegram.person()
    await talk.welcome(ann)
    receipt = await talk.receives(ann)
    await has(ann, 4)
    ann.block_bot()
    other = await talk.receives(ann)
    await talk.all_told()
    assert [each.outcome for each in await talk.told(other)] == ["blocked"]
    ann.unblock_bot()
    await talk.judged(other, said.READ, said.rejected("too_old"))
    await talk.judged(receipt, said.READ, said.rejected("too_old"))
    await has(ann, 5)
    await talk.all_told()
    assert [each.outcome for each in await talk.told(other)] == ["blocked", "sent"]
    assert [each.outcome for each in await talk.told(receipt)] == ["sent", "edited"]


async def test_an_account_that_is_no_more(talk: Talk, telegram: TelegramServer) -> None:
    """It is recorded that nobody is there; the work ends."""
    ann = telegram.person()
    await talk.welcome(ann)
    ann.delete_account()
    receipt = await talk.receives(ann)
    await talk.all_told()
    assert [each.outcome for each in await talk.told(receipt)] == ["gone"]


@pytest.mark.parametrize("seconds", [2, 60])
async def test_a_flood_is_waited_for_and_others_flow(
    talk: Talk, telegram: TelegramServer, seconds: int
) -> None:
    """Ann's notices wait as long as Telegram says; Bob is told at once."""
    ann, bob = telegram.person(), telegram.person()
    await talk.welcome(ann)
    await talk.welcome(bob)
    await talk.all_told()
    telegram.faults["messages.SendMessage"].append((420, f"FLOOD_WAIT_{seconds}"))
    for _ in range(4):
        await talk.receives(ann)
    await has(ann, 3 + 3)
    await talk.receives(bob)
    await has(bob, 4)
    assert len(ann.screen) == 6, "the fourth one waits"
    if seconds == 2:
        await has(ann, 7)
        await talk.all_told()
        assert telegram.duplicates == []


async def test_facts_that_come_in_an_outage_are_told_after_it(
    talk: Talk, telegram: TelegramServer
) -> None:
    """Telegram is away while a receipt goes all its way: the end is told once, and only it."""
    ann = telegram.person()
    await talk.welcome(ann)
    await talk.all_told()
    await telegram.pause(reset=True)
    await telegram.knocked()
    receipt = await talk.receives(ann)
    await talk.paid(await talk.accepted(ann, receipt))
    await telegram.resume()
    await has(ann, 4, LIBRARY_SECONDS)
    await talk.all_told()
    assert [each.key for each in await talk.told(receipt)] == ["receipt.paid"]
    assert len(ann.screen) == 4


@pytest.mark.parametrize("cause", ["restored", "checkpoint_ahead"])
async def test_a_restored_log_is_silent_until_released(
    talk: Talk, telegram: TelegramServer, cause: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may not know what was said already; a person's word ends the silence."""
    monkeypatch.setattr("bot.notices.SILENCED_SECONDS", 0.2)
    ann = telegram.person()
    await talk.welcome(ann)
    await talk.all_told()
    held = PayoutsHeld(cause=cause, checkpoint_size=None)  # type: ignore[arg-type]  # a literal
    await talk.happens(PAYOUTS_SWITCH, held)
    receipt = await talk.receives(ann)
    await talk.waits_for_work("notices")
    assert await talk.told(receipt) == []
    await talk.happens(PAYOUTS_SWITCH, PayoutsReleased(reason="compared", evidence_sha256=None))
    await has(ann, 4)


async def test_another_database_is_silent_before_anybody_noticed(
    talk: Talk, telegram: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log knows another identity than this database has: nobody is told anything."""
    monkeypatch.setattr("bot.notices.SILENCED_SECONDS", 0.2)
    ann = telegram.person()
    await talk.welcome(ann)
    await talk.all_told()
    await talk.happens(CLUSTER_STREAM, ClusterSeen(identity="another/1/2/3"))
    receipt = await talk.receives(ann)
    await talk.waits_for_work("notices")
    assert await talk.told(receipt) == []
    assert len(ann.screen) == 3
