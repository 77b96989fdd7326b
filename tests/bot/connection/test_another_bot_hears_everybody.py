"""A new token is another bot: its messages are numbered anew, and people are addressed anew."""

import itertools
from typing import Any

import pytest
from pydantic import SecretStr

from bot.account import Account
from bot.connection.storage import PostgresStorage
from eventstore.catalogue import ShopperAsked, ShopperStarted
from eventstore.chats import chat_of
from eventstore.pool import Pool
from eventstore.vault import Vault
from tests.bot.bots import API_HASH, SECRET
from tests.bot.conftest import NewTalk
from tests.bot.talks import PHOTO, has
from tests.story import until
from tests.telegram_server.server import TelegramServer

OTHER_ID = 6_000_000_001
OTHER = Account(
    token=SecretStr(f"{OTHER_ID}:another-made-up-secret"), api_id=1, api_hash=SecretStr(API_HASH)
)
OTHER_IS_UP = "SELECT EXISTS (SELECT FROM telegram_sessions WHERE bot_id = $1 AND pts IS NOT NULL)"


async def test_messages_with_the_same_numbers_are_others(
    new_talk: NewTalk, telegram: TelegramServer, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Photos and questions are taken though another bot had some of the same number."""
    ann = telegram.person()
    async with new_talk() as talk:
        await talk.is_up()
        await talk.welcome(ann)
        numbers = {ann.send_photo(PHOTO), ann.say("/help")}
        await has(ann, 5)
        await talk.all_told()
        await talk.stop()
    monkeypatch.setattr(telegram.telegram, "_message_ids", itertools.count(1))
    ann.access_hash = 4242
    async with new_talk(account=OTHER) as talk:
        await until(OTHER_IS_UP, pool, OTHER_ID)
        ann.say("/start")
        await has(ann, 6)
        photos = {ann.send_photo(PHOTO + bytes([number])) for number in range(4)}
        words = {ann.say("/help") for _ in range(4)}
        assert numbers < photos | words
        await has(ann, 6 + 4 + 4)
        await talk.all_told()
        assert len(await talk.receipts(ann)) == 5
        assert [each.about for each in await talk.own(ann, ShopperAsked)] == ["help"] * 5
        _, begun = await talk.own(ann, ShopperStarted)
        chat = await chat_of(talk.log.vault, await talk.shopper(ann), begun.chat_sealed)
        assert chat.access_hash == 4242


async def test_what_telegram_says_of_somebody_is_not_forgotten_for_what_was_kept(
    pool: Pool,
) -> None:
    """A notice from before knows an old number of a person who has just written."""
    storage = PostgresStorage(pool=pool, vault=Vault(pool=pool, secret=SECRET), bot_id=OTHER_ID)
    await storage.open()
    await storage.remember_peer(7001, 1)
    assert (await storage.get_peer_by_id(7001)).access_hash == 1
    await storage.update_peers([(7001, 2, "user", None)])
    await storage.remember_peer(7001, 1)
    assert (await storage.get_peer_by_id(7001)).access_hash == 2
    library: Any = storage
    await library.close()
