"""A photo may take long: its writer's next words wait for it, nobody else's do."""

import asyncio
from typing import Any

import pytest
from pyrogram.session import Session
from pyrogram.types import Message

from bot.connection.telegram import WORKERS
from eventstore.catalogue import PhotoDeclined
from tests.bot.bots import QUICK, Heard
from tests.bot.conftest import NewBot
from tests.bot.talks import PHOTO, Talk, has
from tests.telegram_server.server import TelegramServer

#: Telegram's "wait", long enough to be told from our own pauses.
FLOOD_SECONDS = 2


class Photos(Heard):
    """Hears words at once and a photo only when it may."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = 0
        self.may_finish = asyncio.Event()

    async def message(self, message: Message) -> None:
        """Wait for leave with a photo, then write it down."""
        if message.photo is not None:
            self.begun += 1
            await self.may_finish.wait()
        await super().message(message)


async def test_photos_that_stall_take_no_worker(telegram: TelegramServer, new_bot: NewBot) -> None:
    """More of them than there are workers: Bob is heard, and each one's text after the photo."""
    people = [telegram.person() for _ in range(WORKERS + 1)]
    bob, heard = telegram.person(), Photos()
    async with new_bot(heard=heard) as bot:
        await bot.is_up()
        for number, each in enumerate(people):
            each.send_photo(PHOTO, caption=f"photo {number}")
            each.say(f"text {number}")
        bob.say("question")
        await heard.all_of("question")
        assert heard.texts == ["question"]
        heard.may_finish.set()
        await heard.all_of(*(f"text {number}" for number in range(len(people))))
        for number in range(len(people)):
            places = [heard.texts.index(f"{kind} {number}") for kind in ("photo", "text")]
            assert places == sorted(places)


async def test_a_stop_waits_for_a_photo(telegram: TelegramServer, new_bot: NewBot) -> None:
    """What is in hand beside the workers is finished as well."""
    ann, heard = telegram.person(), Photos()
    async with new_bot(heard=heard) as bot:
        await bot.is_up()
        ann.send_photo(PHOTO, caption="photo")
        while not heard.begun:
            await asyncio.sleep(0)
        stopping = asyncio.create_task(bot.stop())
        while bot.telegram.client.inbox.is_open:
            await asyncio.sleep(0)
        heard.may_finish.set()
        await stopping
    assert heard.texts == ["photo"]


async def test_a_photo_that_was_cut_off_comes_again(
    telegram: TelegramServer, new_bot: NewBot
) -> None:
    """A photo that outlasts the time to drain is done by the next start, and text behind it too."""
    ann, heard = telegram.person(), Photos()
    async with new_bot(heard=heard, times=QUICK._replace(drain=0.1)) as bot:
        await bot.is_up()
        ann.send_photo(PHOTO, caption="photo")
        ann.say("text")
        while not heard.begun:
            await asyncio.sleep(0)
        await bot.stop()
    heard.may_finish.set()
    assert heard.texts == []
    async with new_bot(heard=heard):
        await heard.all_of("photo", "text")
    assert heard.texts == ["photo", "text"]
    assert heard.begun == 2


async def test_a_flood_is_waited_for_by_all_photos(
    talk: Talk, telegram: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told to wait, no photo is asked for until that is over; questions are answered meanwhile."""
    invoke = Session.invoke

    async def invoked(session: Session, query: Any, **named: Any) -> Any:
        return await invoke(session, query, **(named | {"sleep_threshold": 0}))

    people = [telegram.person() for _ in range(3)]
    for each in people:
        await talk.welcome(each)
    monkeypatch.setattr(Session, "invoke", invoked)  # the library would sleep up to 30 s itself
    telegram.faults["upload.GetFile"].append((420, f"FLOOD_WAIT_{FLOOD_SECONDS}"))
    loop = asyncio.get_running_loop()
    began = loop.time()
    people[0].send_photo(PHOTO + b"0")
    while telegram.faults["upload.GetFile"]:
        await asyncio.sleep(0)
    people[2].say("/support")
    await people[2].sees("@bonus_support")
    people[1].send_photo(PHOTO + b"1")
    people[2].say("/privacy")
    await has(people[2], 5)
    assert telegram.calls_of("upload.GetFile") == 1
    for each in people[:2]:
        await has(each, 4)
        assert await talk.own(each, PhotoDeclined) == []
    assert loop.time() - began >= FLOOD_SECONDS
    assert telegram.calls_of("upload.GetFile") == 3
