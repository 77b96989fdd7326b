"""What the log and the bank's book hold of a walk, against what was seen on the screen."""

import re
from collections import defaultdict
from html import unescape
from pathlib import Path

import msgspec

from bot.words.notice import Rendered
from eventstore.catalogue import PayoutConfirmed, ShopperNotified
from eventstore.chats import NOTICE
from eventstore.keyring import local_secret
from eventstore.pool import open_pool
from eventstore.store import EventStore
from eventstore.vault import Vault
from handlers.gateways.sandbox_book import Book
from handlers.settings import SANDBOX_BOOK
from tests.story import a_store, ledger, until
from tests.telegram_server.people import Person

_TAG = re.compile(r"<[^>]+>")
#: The last thing said is recorded a moment after it is seen.
LAST_WORD = """
SELECT EXISTS (
    SELECT FROM ledger JOIN events USING (position)
    WHERE type = 'ShopperNotified' AND data ->> 'key' = 'receipt.paid'
)
"""


async def check_kept(ann: Person, *, database_url: str, home: Path) -> None:
    """Raise ``AssertionError`` unless ``ann`` was paid once and told what the log says.

    The database knows of nobody else.
    """
    async with await open_pool(database_url, size=2, name="test") as pool:
        await until(LAST_WORD, pool)
        store = a_store(pool)
        facts = [recorded.event for recorded in await ledger(store)]
        assert sum(isinstance(fact, PayoutConfirmed) for fact in facts) == 1
        told = await told_by(store, home)
    seen = {shown.id: shown.texts for shown in ann.screen}
    assert told == seen, f"recorded is {told}, seen was {seen}"
    assert bookings(home) == 1, "the bank paid once"


async def told_by(store: EventStore, home: Path) -> dict[int | None, list[str]]:
    """Return what was recorded as told: each message's texts, opened, in order."""
    vault = Vault(pool=store.pool, secret=local_secret(home / "encryption_secret"))
    told = defaultdict[int | None, list[str]](list)
    for recorded in await ledger(store):
        fact = recorded.event
        if isinstance(fact, ShopperNotified):
            assert fact.outcome in ("sent", "edited"), f"{fact.key} was {fact.outcome}"
            content = await vault.open(fact.shopper, NOTICE, fact.text_sealed)
            words = msgspec.json.decode(content, type=Rendered)
            told[fact.message].append(unescape(_TAG.sub("", words.text)))
    return dict(told)


def bookings(home: Path) -> int:
    """Return how often money moved by the bank's own book."""
    book = Book(home / SANDBOX_BOOK)
    try:
        return len(book.bookings())
    finally:
        book.close()
