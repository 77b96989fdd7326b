"""An alert that waits for one member is told to each once, whoever joined or left meanwhile."""

from eventstore import catalogue as facts
from tests.bot.conftest import NewTalk
from tests.bot.talks import has
from tests.bot.words import said
from tests.telegram_server.screens import Shown
from tests.telegram_server.server import TelegramServer

DUE_NOW = "UPDATE work SET due_at = now() WHERE handler = 'bot.notices'"
NEWCOMERS = 6


def is_alert(shown: Shown) -> bool:
    """Tell whether a message is an alert: staff say that they have seen it."""
    return "seen:" in str(shown.buttons)


async def test_staff_joined_before_an_alert_was_told_again(
    new_talk: NewTalk, telegram: TelegramServer
) -> None:
    """One of two was told, one must wait; after a restart they are eight, and each is told."""
    people = [telegram.person() for _ in range(2 + NEWCOMERS)]
    before = frozenset(person.id for person in people[:2])
    async with new_talk(staff=before) as talk:
        await talk.is_up()
        for person in people:
            person.say("/start")
            await has(person, 1)
        await talk.all_told()
        telegram.faults["messages.SendMessage"].append((420, "FLOOD_WAIT_600"))
        await talk.happens("callback-0123", facts.CallbackUnmatched(bill=said.BILL))
        await talk.waits_for_work("notices")
        assert sorted(len(person.screen) for person in people[:2]) == [1, 2]
    async with new_talk(staff=frozenset(person.id for person in people)) as talk:
        await talk.is_up()
        await talk.log.pool.execute(DUE_NOW)
        for person in people:
            await person.sees(is_alert)
        await talk.all_told()
    assert [len(person.screen) for person in people] == [2] * len(people)
    assert telegram.duplicates == []
