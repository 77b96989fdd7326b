"""What Telegram delivers again changes nothing, and what was pressed while we were away counts."""

from eventstore.catalogue import ConsentGiven, ShopperAsked
from tests.bot.talks import PHOTO, Talk, asks_consent, consent_of, has
from tests.telegram_server.people import Person
from tests.telegram_server.server import TelegramServer


async def everything_by(talk: Talk, *people: Person) -> list[tuple[str, int]]:
    """Return all streams of the log with their lengths, and what stands on the screens."""
    rows = await talk.log.pool.fetch("SELECT stream, count(*) FROM events GROUP BY 1 ORDER BY 1")
    seen = [(person.screen[-1].text, len(person.screen)) for person in people]
    return [(row["stream"], row["count"]) for row in rows] + seen


async def test_everything_is_delivered_again(talk: Talk, telegram: TelegramServer) -> None:
    """The bot forgot how far it had read: no fact and no message is added, twice over."""
    ann, bob = telegram.person(), telegram.person(language_code="en")
    await talk.welcome(ann)
    ann.send_photo(PHOTO)
    await has(ann, 4)
    ann.say("/history")
    await has(ann, 5)
    bob.say("hello")
    await has(bob, 1)
    bob.say("067 123 45 67")
    await has(bob, 2)
    await talk.all_told()
    before = await everything_by(talk, ann, bob)
    for number in range(2):
        await talk.reads_again()
        carol = telegram.person(first_name=f"Carol {number}")
        carol.say("/start")
        await has(carol, 1)
        await talk.all_told()
        after = dict(await everything_by(talk, ann, bob))
        assert {name: after[name] for name, _ in before} == dict(before)
    assert telegram.duplicates == []


async def test_a_press_while_the_bot_was_away(talk: Talk, telegram: TelegramServer) -> None:
    """Where Telegram keeps it for us it counts once the bot is back; else people press again."""
    ann = telegram.person()
    ann.say("/start")
    welcome = await ann.sees(asks_consent)
    await talk.all_told()
    await talk.stop()
    await telegram.left()
    query = ann.press(welcome, consent_of(welcome))
    await talk.again()
    await ann.answered(query)
    await has(ann, 2)
    assert len(await talk.own(ann, ConsentGiven)) == 1


async def test_two_quick_messages_are_answered_in_order(
    talk: Talk, telegram: TelegramServer
) -> None:
    """Ten questions at once: ten answers, in the order of asking."""
    ann = telegram.person()
    await talk.welcome(ann)
    words = ["/support", "/privacy"] * 5
    for word in words:
        ann.say(word)
    await has(ann, 13)
    await talk.all_told()
    assert [f"/{each.about}" for each in await talk.own(ann, ShopperAsked)] == words
    assert [f"/{each.key}" for each in await talk.answers(ann)][3:] == words
    shown = ["/support" if "@bonus" in shown.text else "/privacy" for shown in ann.screen[3:]]
    assert shown == words


async def test_one_who_waits_keeps_nobody_waiting(talk: Talk, telegram: TelegramServer) -> None:
    """Ann's photo is on its way for long: Bob is answered, and her own text after the photo."""
    ann, bob = telegram.person(), telegram.person()
    await talk.welcome(ann)
    await talk.welcome(bob)
    telegram.hold_files.set()
    ann.send_photo(PHOTO)
    ann.say("/support")
    await telegram.hold_files.reached()
    bob.say("/support")
    await has(bob, 4)
    assert len(ann.screen) == 3
    telegram.hold_files.clear()
    await has(ann, 5)
    assert len(await talk.receipts(ann)) == 1
