"""Who was forgotten is nobody until they write /start; nothing older or less brings them back."""

from collections.abc import Callable

import pytest

from bot.words.notice import plain
from bot.words.texts import load_texts
from eventstore.identity import ShopperId, chat_stream, shopper_stream
from eventstore.process import in_background
from handlers.commands import ReceiptNotTheirs
from projections.projector import Projector
from projections.receipts import Receipts
from tests.bot.talks import PHONE, PHOTO, Talk, asks_consent, has
from tests.bot.test_who_leaves_is_told_and_forgotten import forgetter
from tests.bot.words import said
from tests.telegram_server.people import Person
from tests.telegram_server.server import TelegramServer


async def forgotten(talk: Talk, telegram: TelegramServer, person: Person) -> ShopperId:
    """Let ``person`` begin, leave and be forgotten, who wrote an hour before."""
    await talk.welcome(person)
    person.say("/start")
    await has(person, 4)
    return await forgotten_since(talk, telegram, person)


async def forgotten_since(talk: Talk, telegram: TelegramServer, person: Person) -> ShopperId:
    """Let ``person``, who has come all the way, leave and be forgotten."""
    shopper = await talk.shopper(person)
    await talk.commands.request_forgetting(shopper, reason="by letter")
    async with in_background(forgetter(talk).run()):
        await talk.recorded(shopper_stream(shopper), 5)
    await talk.all_told()
    for heard in telegram.telegram.said.values():
        heard.message.date -= 3600
    return shopper


async def facts_about(talk: Talk, shopper: ShopperId) -> int:
    """Return how many facts stand in the streams that messages are written to."""
    streams = [shopper_stream(shopper), chat_stream(shopper)]
    return len(await talk.log.store.read_streams(streams))


LATER: dict[str, Callable[[Person], int]] = {
    "thanks": lambda ann: ann.say("thanks"),
    "a command": lambda ann: ann.say("/help"),
    "a photo": lambda ann: ann.send_photo(PHOTO),
    "a contact": lambda ann: ann.share_contact(PHONE, owner=ann.id),
}


@pytest.mark.parametrize("what", LATER)
async def test_a_late_word_keeps_nothing(talk: Talk, telegram: TelegramServer, what: str) -> None:
    """No fact, no key and no answer; /start begins anew."""
    ann, bob = telegram.person(), telegram.person()
    shopper = await forgotten(talk, telegram, ann)
    before = await facts_about(talk, shopper)
    shown = len(ann.screen)
    LATER[what](ann)
    bob.say("/start")
    await bob.sees(asks_consent)
    await talk.stop()  # what was in hand ends
    await talk.again()
    assert await facts_about(talk, shopper) == before
    assert await talk.log.vault.key_id(shopper) is None
    ann.say("/start")
    await has(ann, shown + 1)
    assert asks_consent(ann.screen[-1])


async def test_what_was_written_before_comes_again(talk: Talk, telegram: TelegramServer) -> None:
    """The bot forgot how far it had read: not even the old /start brings anybody back."""
    ann, bob = telegram.person(), telegram.person()
    shopper = await forgotten(talk, telegram, ann)
    before, shown = await facts_about(talk, shopper), len(ann.screen)
    await talk.reads_again()
    bob.say("/start")
    await bob.sees(asks_consent)
    await talk.stop()
    assert await facts_about(talk, shopper) == before
    assert len(ann.screen) == shown


async def test_nothing_of_before_is_told_to_who_is_back(
    talk: Talk, telegram: TelegramServer
) -> None:
    """Neither in /history nor as "why" nor by what becomes of an old receipt now."""
    ann = telegram.person()
    await talk.welcome(ann)
    old = await talk.receives(ann)
    await talk.judged(old, said.READ, said.rejected("too_old"))
    await forgotten_since(talk, telegram, ann)
    ann.say("/start")
    await has(ann, (shown := len(ann.screen)) + 1)
    shopper = await talk.shopper(ann)
    with pytest.raises(ReceiptNotTheirs):
        await talk.commands.ask(shopper, "why", message=1, wish="old", receipt=old)
    await talk.judged(old, said.REFERRED)
    await talk.all_told()
    projector = Projector(store=talk.log.store, projection=Receipts())
    await projector.start()
    while await projector.step():
        pass
    ann.say("/history")
    await ann.sees(plain(load_texts()["uk"]("history.none")).split("\n", maxsplit=1)[0])
    assert len(ann.screen) == shown + 2
