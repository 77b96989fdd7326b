"""The whole way of one shopper in Telegram, all of it real but the two far ends.

Telegram is the server of the tests, to which the product's real client speaks MTProto; Portmone
is the sandbox. Between them run the product's own processes, as the Procfile starts them.
"""

import asyncio
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from handlers.demo import held_port
from handlers.reading.specimens import sample_set
from tests.processes import a_process, environment
from tests.telegram_server.keys import ServerKey
from tests.telegram_server.people import Person
from tests.telegram_server.processes import a_product
from tests.telegram_server.server import TelegramServer

#: From a new database to a bot that answers: two processes start, and read what they need.
START_SECONDS_MAX = 60.0
#: A photo is read in about a second, more where the other core is busy.
PAID_SECONDS_MAX = 60.0
PHONE = "380671234567"
#: A bot of nobody's.
ACCOUNT = {
    "TELEGRAM_BOT_TOKEN": "123456789:AAGmadeupmadeupmadeupmadeupmadeup",
    "TELEGRAM_API_ID": "12345",
    "TELEGRAM_API_HASH": "0123456789abcdef0123456789abcdef",
}


@asynccontextmanager
async def a_running_bot(
    telegram: TelegramServer, *, database_url: str, home: Path, **variables: str
) -> AsyncIterator[tuple[Process, Process]]:
    """Run ``worker`` and ``web`` of the product before ``telegram``."""
    async with AsyncExitStack() as stack:
        port = stack.enter_context(held_port())
        env = environment(
            DATABASE_URL=database_url,
            CASHBOT_HOME=str(home),
            PORT=str(port),
            **ACCOUNT,
            **variables,
        )
        home.mkdir(exist_ok=True)
        web = await stack.enter_async_context(a_process("web", env=env))
        up = asyncio.Event()
        telegram.meanwhile["bots.SetBotCommands"].append(up.set)
        product = a_product("run", telegram=telegram, home=home, env=env)
        worker = await stack.enter_async_context(product)
        async with asyncio.timeout(START_SECONDS_MAX):
            await up.wait()
        yield web, worker


async def walk(ann: Person, *, run: str) -> float:
    """Go from /start to the hryvnia; return the seconds that took.

    Raises ``AssertionError`` when something on the screen is not as promised.
    """
    began = time.monotonic()
    ann.say("/start")
    welcome = await ann.sees(lambda shown: bool(shown.buttons), START_SECONDS_MAX)
    ann.press(welcome, welcome.buttons[0][0][1])
    await ann.sees(lambda shown: shown.keyboard is not None and shown.keyboard.asks_for_contact)
    ann.share_contact(PHONE, owner=ann.id)
    await ann.sees("+380 67 ••• •• 67")
    before = len(ann.screen)
    ann.send_photo(sample_set(datetime.now(UTC), run=run)[0].jpeg)
    paid = await ann.sees(lambda shown: "1,00" in shown.text and shown.edits > 0, PAID_SECONDS_MAX)
    seconds = time.monotonic() - began
    assert ann.screen[before:] == [paid], "one message, edited through the stages"
    return seconds


async def journey(key: ServerKey, *, database_url: str, home: Path, run: str) -> float:
    """Start everything, walk once, end everything; return the seconds of the walk."""
    async with (
        TelegramServer(key) as telegram,
        a_running_bot(telegram, database_url=database_url, home=home),
    ):
        return await walk(telegram.person(), run=run)
