"""/delete_me: asked back, confirmed, told, and nothing can be said or sealed any more."""

import pytest

from bot.words.notice import plain
from bot.words.texts import load_texts
from eventstore.catalogue import (
    ForgettingRequested,
    ReminderDue,
    ShopperForgotten,
    ShopperNotified,
    ShopperStarted,
)
from eventstore.chats import chat_of
from eventstore.identity import chat_stream, reminder_stream, shopper_stream
from eventstore.process import in_background
from eventstore.vault import KeyDestroyed
from eventstore.worker import Worker
from handlers.forget_shopper import ForgetShopper
from handlers.reactions import types_of
from tests.bot.talks import PHOTO, Talk, asks_consent, has
from tests.telegram_server.people import Person
from tests.telegram_server.server import TelegramServer

TEXTS = load_texts()["uk"]


def forgetter(talk: Talk) -> Worker:
    """Return who destroys, as it runs in the product."""
    log = talk.log
    handler = ForgetShopper(
        store=log.store, vault=log.vault, attachments=log.attachments, pays=True
    )
    return Worker(
        store=log.store,
        listener=log.listener,
        handler=handler,
        types=types_of(handler.name),
        concurrency=1,
    )


async def wants_to_leave(person: Person) -> None:
    """Let ``person`` ask to be forgotten and confirm it."""
    person.say("/delete_me")
    asked = await person.sees(lambda shown: "delete_not" in str(shown.buttons))
    await person.answered(person.press(asked, "delete"))


async def test_the_last_word_comes_before_the_end(talk: Talk, telegram: TelegramServer) -> None:
    """Even with the destroyer at work: told, then destroyed; who returns begins anew."""
    ann = telegram.person()
    shopper = await talk.welcome(ann)
    async with in_background(forgetter(talk).run()):
        await wants_to_leave(ann)
        await ann.sees(plain(TEXTS("delete.begun")))
        await talk.recorded(shopper_stream(shopper), 5)
    assert len(await talk.own(ann, ShopperForgotten)) == 1
    (started,) = await talk.own(ann, ShopperStarted)
    notified = (await talk.facts(chat_stream(shopper), ShopperNotified))[-1]
    assert notified.key == "delete.begun"
    with pytest.raises(KeyDestroyed):
        await chat_of(talk.log.vault, shopper, started.chat_sealed)
    with pytest.raises(KeyDestroyed):
        await talk.log.vault.open(shopper, "notice", notified.text_sealed)
    before = len(ann.screen)
    ann.say("/start")
    await has(ann, before + 1)
    assert asks_consent(ann.screen[-1])
    assert len(await talk.own(ann, ShopperStarted)) == 2


async def test_who_thinks_better_of_it_stays(talk: Talk, telegram: TelegramServer) -> None:
    """The other button changes nothing."""
    ann = telegram.person()
    await talk.welcome(ann)
    ann.say("/delete_me")
    asked = await ann.sees(lambda shown: "delete_not" in str(shown.buttons))
    ann.press(asked, "delete_not")
    await ann.sees(plain(TEXTS("delete.not")))
    assert await talk.own(ann, ForgettingRequested) == []


async def test_while_leaving_nothing_new_is_taken(talk: Talk, telegram: TelegramServer) -> None:
    """A photo, a contact and a second wish to leave are answered by that it is under way."""
    ann = telegram.person()
    await talk.welcome(ann)
    await wants_to_leave(ann)
    await ann.sees(plain(TEXTS("delete.begun")))
    ann.send_photo(PHOTO)
    await ann.sees(TEXTS("leaving").split("/", maxsplit=1)[0])
    before = len(ann.screen)
    ann.share_contact("380501234567", owner=ann.id)
    await has(ann, before + 1)
    assert await talk.receipts(ann) == []
    assert len(await talk.own(ann, ForgettingRequested)) == 1


async def test_nothing_is_said_or_sealed_for_who_is_gone(
    talk: Talk, telegram: TelegramServer
) -> None:
    """Facts that come late for somebody forgotten end quietly; no new key is made for them."""
    ann = telegram.person()
    shopper = await talk.welcome(ann)
    receipt = await talk.receives(ann)
    await has(ann, 4)
    await talk.all_told()
    await talk.log.vault.destroy(shopper, str(await talk.log.vault.key_id(shopper)))
    await talk.happens(reminder_stream(shopper), ReminderDue())
    await talk.commands.ask(shopper, "help", message=1, wish="late")
    await talk.all_told()
    assert len(ann.screen) == 4
    assert [each.key for each in await talk.told(receipt)] == ["receipt.reading"]
    assert await talk.log.vault.key_id(shopper) is None
