"""Wherever a notice is cut off: one message, one fact, and the end comes."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

import bot.assembly
from bot.messenger import Sent
from bot.notices import random_id_of
from bot.telegram_messenger import TelegramMessenger
from bot.words.notice import Rendered
from eventstore.chats import Chat
from eventstore.worklist import Work
from tests.bot.conftest import NewTalk
from tests.bot.talks import Talk, has
from tests.bot.words import said
from tests.telegram_server.server import TelegramServer


class Cut(Exception):
    """The process is gone, for all that this piece of work can tell."""


class Cutting(TelegramMessenger):
    """Is cut off at what is said next, once."""

    #: "before" or "after" Telegram took it, or None
    cut: str | None = None

    async def send(
        self, chat: Chat | None, words: Rendered, *, random_id: int, last: bool = False
    ) -> Sent:
        """Send, unless cut."""
        self._cut_here("before")
        sent = await super().send(chat, words, random_id=random_id, last=last)
        self._cut_here("after")
        return sent

    async def edit(self, chat: Chat | None, message: int, words: Rendered) -> Sent | None:
        """Edit, unless cut."""
        self._cut_here("before")
        sent = await super().edit(chat, message, words)
        self._cut_here("after")
        return sent

    def _cut_here(self, place: str) -> None:
        if type(self).cut == place:
            type(self).cut = None
            raise Cut


@pytest.fixture(autouse=True)
def cutting(monkeypatch: pytest.MonkeyPatch) -> type[Cutting]:
    """Let the bot speak by a messenger that can be cut off."""
    monkeypatch.setattr(bot.assembly, "TelegramMessenger", Cutting)
    monkeypatch.setattr(Cutting, "cut", None)
    return Cutting


def cut_at_finish(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut the next piece of work off after its fact stands, before it is finished."""
    finish: Callable[..., Any] = Work.finish

    async def cut(work: Work) -> None:
        monkeypatch.setattr(Work, "finish", finish)
        raise Cut

    monkeypatch.setattr(Work, "finish", cut)


@pytest.mark.parametrize("window", ["before", "after", "finish"])
async def test_a_message_is_cut_off(
    talk: Talk,
    telegram: TelegramServer,
    cutting: type[Cutting],
    monkeypatch: pytest.MonkeyPatch,
    window: str,
) -> None:
    """Before Telegram took it, before the fact, or before the work ends: it is said once."""
    ann = telegram.person()
    await talk.welcome(ann)
    await talk.all_told()
    if window == "finish":
        cut_at_finish(monkeypatch)
    cutting.cut = window
    receipt = await talk.receives(ann)
    await has(ann, 4)
    await talk.all_told()
    assert len(ann.screen) == 4
    assert [each.key for each in await talk.told(receipt)] == ["receipt.reading"]
    assert len(telegram.duplicates) == (window == "after")
    await talk.judged(receipt, said.READ, said.rejected("too_old"))
    await talk.all_told()
    assert [each.key for each in await talk.told(receipt)][-1] == "receipt.rejected.too_old"
    assert "why" in str(ann.screen[-1].buttons)


@pytest.mark.parametrize("window", ["before", "after", "finish"])
async def test_an_edit_is_cut_off(
    talk: Talk,
    telegram: TelegramServer,
    cutting: type[Cutting],
    monkeypatch: pytest.MonkeyPatch,
    window: str,
) -> None:
    """The message says the end once, and the log has one fact of it."""
    ann = telegram.person()
    await talk.welcome(ann)
    receipt = await talk.receives(ann)
    await has(ann, 4)
    await talk.all_told()
    if window == "finish":
        cut_at_finish(monkeypatch)
    cutting.cut = window
    await talk.judged(receipt, said.rejected("too_old"))
    await talk.all_told()
    assert [each.key for each in await talk.told(receipt)] == [
        "receipt.reading",
        "receipt.rejected.too_old",
    ]
    assert (len(ann.screen), ann.screen[-1].edits) == (4, 1)


async def test_what_was_said_before_a_cut_does_not_pass_for_the_end(
    talk: Talk, telegram: TelegramServer, cutting: type[Cutting], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A first stage was sent, not recorded, and is past by the next try: the end is told."""
    monkeypatch.setattr("eventstore.worklist.FIRST_RETRY_SECONDS", 3.0)
    ann = telegram.person()
    await talk.welcome(ann)
    await talk.all_told()
    cutting.cut = "after"
    receipt = await talk.receives(ann)
    await has(ann, 4)
    await talk.judged(receipt, said.READ, said.rejected("too_old"))
    await ann.sees(lambda shown: "why" in str(shown.buttons))
    await talk.all_told()
    assert [each.key for each in await talk.told(receipt)] == ["receipt.rejected.too_old"]


async def test_two_facts_that_ask_for_the_same_words_show_them_once(
    talk: Talk, telegram: TelegramServer, cutting: type[Cutting], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one was cut off after Telegram took its message; another stream's comes next."""
    monkeypatch.setattr("eventstore.worklist.FIRST_RETRY_SECONDS", 3.0)
    monkeypatch.setattr("bot.notices.EDIT_SECONDS_MAX", 0.0)  # each is a message of its own
    ann = telegram.person()
    await talk.welcome(ann)
    receipt = await talk.receives(ann)
    await has(ann, 4)
    await talk.all_told()
    cutting.cut = "after"
    await talk.paid(await talk.accepted(ann, receipt))
    await talk.all_told()
    assert len(ann.screen) == 5
    assert [each.key for each in await talk.told(receipt)] == ["receipt.reading", "receipt.paid"]


async def test_a_process_dies_with_the_message_on_its_way(
    new_talk: NewTalk, telegram: TelegramServer
) -> None:
    """Telegram took it and the answer never came: the next process says it no second time."""
    ann = telegram.person()
    async with new_talk() as talk:
        await talk.is_up()
        await talk.welcome(ann)
        await talk.all_told()
        killed = asyncio.Event()
        telegram.meanwhile["messages.SendMessage"].append(killed.set)
        receipt = await talk.receives(ann)
        await killed.wait()
        await talk.kill()
        await talk.again()
        await talk.all_told()
        await talk.judged(receipt, said.rejected("too_old"))
        await talk.all_told()
        assert [each.key for each in await talk.told(receipt)][-1] == "receipt.rejected.too_old"
        assert sum("too_old" in each.key for each in await talk.told(receipt)) == 1
    assert len({shown.text for shown in ann.screen}) == len(ann.screen)


def test_the_number_of_a_message_follows_from_its_place_and_words() -> None:
    """The same ones have the same number in every process; other ones have others."""
    one = Rendered(text="one", buttons=(), keyboard=None, keyboard_label="")
    two = Rendered(text="two", buttons=(), keyboard=None, keyboard_label="")
    numbers = {random_id_of(place, words) for place in ("a", "b") for words in (one, two)}
    assert len(numbers) == 4
    assert random_id_of("a", one) in numbers
    assert all(-(2**63) <= number < 2**63 for number in numbers)
