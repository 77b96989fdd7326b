"""From a photo that a shopper sends to what the shopper first sees of it, with reading behind.

The bench's process is Telegram and all its people; the product's ``run`` is a process of its own.
"""

import asyncio
import random
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from bot.notices import Notices
from eventstore.attachments import FolderAttachments
from eventstore.ledger import seal_until_rest
from eventstore.pool import Pool, open_pool
from eventstore.store import EventStore, now_utc
from eventstore.vault import Vault
from handlers.commands import Commands
from tests.benchmarks.figures import Line, compared, percentile
from tests.benchmarks.latency import MILLISECONDS, pause
from tests.handlers.gateways.paying import SECRET
from tests.journeys.telegram import STAGES, a_bot, a_photo
from tests.processes import resident_mib
from tests.story import a_sealed_store, until
from tests.telegram_server.keys import ServerKey
from tests.telegram_server.people import Person
from tests.telegram_server.server import TelegramServer

#: Different receipts; each photo of one differs in bytes behind its end, which no reader looks at.
RECEIPTS = 4
#: People whose command is answered while all else rests: what a photo's answer is compared with.
ASKING = 20
#: What was not answered in this time will not be.
ANSWER_SECONDS_MAX = 300.0
#: Connections of whoever lets people join.
CONNECTIONS = 4
READ = "SELECT count(*) FROM events WHERE type IN ('ReceiptRead', 'ReceiptUnreadable')"
#: Who joined was told so when they did.
TOLD_ALREADY = """
UPDATE cursors SET seq = (SELECT max(seq) FROM ledger) WHERE name = 'work/' || $1
"""
CONNECTED = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name <> 'cashbot/bench'
"""


async def acknowledged(url: str, *, bench: str, shoppers: int, seconds: float) -> Line:
    """Let each of ``shoppers`` send a photo, all within ``seconds`` at times drawn by chance."""
    async with AsyncExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cashbot-bench-")))
        pool = await stack.enter_async_context(await open_pool(url, size=CONNECTIONS, name="bench"))
        store = await stack.enter_async_context(a_sealed_store(pool))
        telegram = await stack.enter_async_context(TelegramServer(ServerKey.generate()))
        people = [telegram.person() for _ in range(shoppers)]
        await _let_join(people, store, home)
        await seal_until_rest(pool)
        await pool.execute(TOLD_ALREADY, Notices.name)
        photos = _photos(bench, shoppers)
        secret = SECRET.decode()
        bot = await stack.enter_async_context(
            a_bot(telegram, database_url=url, home=home, ENCRYPTION_SECRET=secret)
        )
        worker = await bot.start_worker()
        asked = [await _seconds_of_help(person) for person in people[:ASKING]]
        idle_mib = resident_mib(worker.pid)
        began = time.monotonic()
        taken = await _all_send(people, photos, seconds)
        rate = shoppers / (time.monotonic() - began)
        await until(f"SELECT ({READ}) > 0", pool)
        figures = await _figures(pool, taken)
        return compared(
            bench,
            _in_milliseconds(taken),
            peer="a command, idle",
            theirs=_in_milliseconds(asked),
            less_is_better=True,
            extra={
                **figures,
                "photos_per_second": rate,
                "idle_mib": idle_mib,
                "reading_mib": resident_mib(worker.pid),
            },
        )


async def _figures(pool: Pool, taken: Sequence[float]) -> dict[str, float]:
    return {
        "p99": percentile(_in_milliseconds(taken), 0.99),
        "read_meanwhile": await pool.fetchval(READ),
        "connections": await pool.fetchval(CONNECTED),
    }


async def _let_join(people: Sequence[Person], store: EventStore, home: Path) -> None:
    """Let ``people`` have started, agreed and shared a phone, before the bot first comes up."""
    vault = Vault(pool=store.pool, secret=SECRET)
    commands = Commands(store=store, attachments=FolderAttachments(root=home), vault=vault)
    for number, person in enumerate(people):
        shopper = await vault.shopper_id(f"telegram:{person.id}")
        await commands.start_shopper(
            shopper,
            user_id=person.id,
            access_hash=person.access_hash,
            locale="uk",
            wish="joined",
            written_at=now_utc(),
        )
        await commands.give_consent(shopper, text_version="1", text="agreed", locale="uk")
        await commands.share_phone(shopper, f"38067{number:07}")


def _photos(run: str, count: int) -> list[bytes]:
    drawn = [a_photo(f"{run}/{number}") for number in range(RECEIPTS)]
    return [drawn[number % RECEIPTS] + number.to_bytes(4, "big") for number in range(count)]


async def _seconds_of_help(person: Person) -> float:
    """Return how long an answer to a command takes while all else rests."""
    began = time.monotonic()
    person.say("/help")
    await person.sees(lambda _: True, ANSWER_SECONDS_MAX)
    return time.monotonic() - began


async def _all_send(
    people: Sequence[Person], photos: Sequence[bytes], seconds: float
) -> list[float]:
    """Return for each of ``people`` the seconds from the photo to the word that it came."""
    chance = random.Random(1)

    async def send(person: Person, photo: bytes, after: float) -> float:
        await pause(after)
        began = time.monotonic()
        person.send_photo(photo)
        await person.sees(STAGES[0], ANSWER_SECONDS_MAX)
        return time.monotonic() - began

    sending = (
        send(person, photo, chance.uniform(0, seconds))
        for person, photo in zip(people, photos, strict=True)
    )
    return await asyncio.gather(*sending)


def _in_milliseconds(seconds: Sequence[float]) -> list[float]:
    return [each * MILLISECONDS for each in seconds]
