"""What Telegram will not show is recorded as such: what comes behind it is told all the same."""

import pytest

from eventstore.catalogue import PayoutsReleased
from eventstore.identity import PAYOUTS_SWITCH
from eventstore.worklist import ATTEMPTS_MAX
from tests.bot.conftest import NewTalk
from tests.bot.talks import Talk, has
from tests.bot.test_staff_are_told_and_obeyed import OTHER_STAFF, welcomed
from tests.bot.words import said
from tests.telegram_server.people import Person
from tests.telegram_server.server import TelegramServer

#: Of a chat that lets nobody write, or not us; 400 is how some servers say it.
SHUT = [(403, "CHAT_WRITE_FORBIDDEN"), (403, "SOMETHING_NEW"), (403, "USER_IS_BLOCKED")]
#: Of a message that Telegram will never take, as of a button's address that it does not like.
UNFIT = (400, "BUTTON_URL_INVALID")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again soon."""
    monkeypatch.setattr("eventstore.worklist.FIRST_RETRY_SECONDS", 0.01)


async def outcomes(talk: Talk, person: Person) -> list[str]:
    """Return what became of the last two answers."""
    return [str(each.outcome) for each in await talk.answers(person)][-2:]


@pytest.mark.parametrize("fault", SHUT)
async def test_a_chat_that_is_shut_for_a_moment(
    talk: Talk, telegram: TelegramServer, fault: tuple[int, str]
) -> None:
    """The answer counts as blocked, at the first try; the next one is told."""
    ann = telegram.person()
    await talk.welcome(ann)
    await talk.all_told()
    telegram.faults["messages.SendMessage"].append(fault)
    ann.say("/help")
    ann.say("/support")
    await ann.sees("@bonus_support")
    await talk.all_told()
    assert await outcomes(talk, ann) == ["blocked", "sent"]


async def test_an_answer_that_telegram_never_takes(talk: Talk, telegram: TelegramServer) -> None:
    """It is tried as often as all work is; then it counts as refused, and the chat goes on."""
    ann = telegram.person()
    await talk.welcome(ann)
    await talk.all_told()
    telegram.faults["messages.SendMessage"].extend([UNFIT] * ATTEMPTS_MAX)
    ann.say("/help")
    ann.say("/support")
    await ann.sees("@bonus_support")
    await talk.all_told()
    assert await outcomes(talk, ann) == ["refused", "sent"]


async def test_an_answer_that_telegram_takes_in_the_end(
    talk: Talk, telegram: TelegramServer
) -> None:
    """As long as it may be taken it is not given up: it is told, once."""
    ann = telegram.person()
    await talk.welcome(ann)
    await talk.all_told()
    telegram.faults["messages.SendMessage"].extend([UNFIT] * (ATTEMPTS_MAX - 1))
    ann.say("/support")
    await ann.sees("@bonus_support")
    await talk.all_told()
    assert await outcomes(talk, ann) == ["sent", "sent"]
    assert len(ann.screen) == 4


async def test_a_message_that_may_not_be_edited(talk: Talk, telegram: TelegramServer) -> None:
    """It is another bot's by now, say: what is to be said is a message of its own."""
    ann = telegram.person()
    await talk.welcome(ann)
    receipt = await talk.receives(ann)
    await has(ann, 4)
    await talk.all_told()
    telegram.faults["messages.EditMessage"].append((403, "MESSAGE_AUTHOR_REQUIRED"))
    await talk.judged(receipt, said.READ, said.rejected("too_old"))
    await has(ann, 5)
    await talk.all_told()
    assert [each.outcome for each in await talk.told(receipt)] == ["sent", "sent"]


@pytest.mark.parametrize("fault", [SHUT[0], UNFIT])
async def test_an_alert_that_nobody_gets_hides_no_other(
    new_talk: NewTalk, telegram: TelegramServer, fault: tuple[int, str]
) -> None:
    """Payouts are held twice; of the first time no member of staff can be told."""
    async with new_talk(staff=OTHER_STAFF) as talk:
        await talk.is_up()
        olena, ivan = await welcomed(talk, telegram), await welcomed(talk, telegram)
        await talk.all_told()
        telegram.faults["messages.SendMessage"].extend([fault] * 2 * ATTEMPTS_MAX)
        await talk.commands.pause_payouts(by="s", reason="the first", wish="1")
        await talk.all_told()
        telegram.faults.clear()
        await talk.happens(PAYOUTS_SWITCH, PayoutsReleased(reason="seen", evidence_sha256=None))
        await talk.commands.pause_payouts(by="s", reason="the second", wish="2")
        for each in (olena, ivan):
            await each.sees("the second")
