"""Photos that are too many are not fetched, and those that wait keep nobody from being heard."""

import asyncio
from typing import Any

import pytest

from eventstore.attachments import AttachmentsUnavailable, FolderAttachments
from eventstore.catalogue import PhotoDeclined
from tests.bot.conftest import NewTalk
from tests.bot.talks import PHOTO, Talk, has
from tests.telegram_server.server import TelegramServer


async def test_what_is_beyond_the_pace_is_not_fetched(talk: Talk, telegram: TelegramServer) -> None:
    """The sixth photo of a minute is declined unseen."""
    ann = telegram.person()
    await talk.welcome(ann)
    for _ in range(5):
        await talk.receives(ann)
    await has(ann, 3 + 5)
    ann.send_photo(PHOTO)
    await has(ann, 3 + 6)
    assert [each.reason for each in await talk.own(ann, PhotoDeclined)] == ["too_many"]
    assert telegram.calls_of("upload.GetFile") == 0


async def test_photos_that_wait_leave_somebody_to_listen(
    new_talk: NewTalk, telegram: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the store is away some wait for it; whoever is one too many is asked to come again."""
    monkeypatch.setattr("bot.connection.telegram.WORKERS", 3)
    monkeypatch.setattr("bot.intake.PHOTOS_WAITING_MAX", 2)
    monkeypatch.setattr("bot.conversation.PAUSE_SECONDS", 0.05)
    monkeypatch.setattr("bot.conversation.PAUSE_SECONDS_MAX", 0.05)
    is_back, put = asyncio.Event(), FolderAttachments.put

    async def away(store: FolderAttachments, *content: Any) -> None:
        if not is_back.is_set():
            raise AttachmentsUnavailable("the store", "away")
        await put(store, *content)

    async with new_talk() as talk:
        await talk.is_up()
        people = [telegram.person() for _ in range(3)]
        for each in people:
            await talk.welcome(each)
        monkeypatch.setattr(FolderAttachments, "put", away)
        for each in people:
            each.send_photo(PHOTO)
        bob = telegram.person()
        bob.say("/start")
        await has(bob, 1)
        answers = [asyncio.create_task(has(each, 4)) for each in people]
        await asyncio.wait(answers, return_when=asyncio.FIRST_COMPLETED)
        is_back.set()
        await asyncio.gather(*answers)
        declined = [fact for each in people for fact in await talk.own(each, PhotoDeclined)]
        assert [fact.reason for fact in declined] == ["unavailable"]
        assert sum([len(await talk.receipts(each)) for each in people]) == 2
