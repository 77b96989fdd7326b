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
from tests.journeys.kept import check_kept
from tests.processes import a_process, environment
from tests.telegram_server.people import Person
from tests.telegram_server.processes import a_product
from tests.telegram_server.screens import Shown
from tests.telegram_server.server import TelegramServer

#: From a new database to a bot that answers: two processes start, and read what they need.
START_SECONDS_MAX = 60.0
#: A photo is read in about a second, more where the other core is busy.
ANSWER_SECONDS_MAX = 60.0
PHONE = "380671234567"
#: A bot of nobody's.
ACCOUNT = {
    "TELEGRAM_BOT_TOKEN": "123456789:AAGmadeupmadeupmadeupmadeupmadeup",
    "TELEGRAM_API_ID": "12345",
    "TELEGRAM_API_HASH": "0123456789abcdef0123456789abcdef",
}
#: What a receipt's message says in turn, by words of it; a state that lasts less than a second
#: may be passed over, since Telegram lets a message change once in a second.
STAGES = ("Чек отримано", "Чек прочитано", "Поповнюємо ваш телефон", "уже на вашому телефоні")


class RunningBot:
    """``worker`` and ``web`` of the product before a Telegram."""

    def __init__(
        self, telegram: TelegramServer, *, home: Path, env: dict[str, str], stack: AsyncExitStack
    ) -> None:
        """Keep files in ``home``; processes that still run end with ``stack``."""
        self._telegram = telegram
        self._home = home
        self._env = env
        self._stack = stack

    def lines_of(self, name: str) -> Path:
        """Return the file with all that process ``name`` said."""
        return self._home / f"{name}.log"

    async def start_web(self) -> Process:
        """Start ``web``, which takes the bank's callbacks."""
        process = a_process("web", env=self._env, lines=self.lines_of("web"))
        return await self._stack.enter_async_context(process)

    async def start_worker(self) -> Process:
        """Start ``run``, and return it once it owns the bot and can be written to."""
        up = asyncio.Event()
        self._telegram.meanwhile["bots.SetBotCommands"].append(up.set)
        worker = await self._stack.enter_async_context(
            a_product(
                "run",
                telegram=self._telegram,
                home=self._home,
                env=self._env,
                lines=self.lines_of("run"),
            )
        )
        async with asyncio.timeout(START_SECONDS_MAX):
            await up.wait()
        return worker


@asynccontextmanager
async def a_bot(
    telegram: TelegramServer, *, database_url: str, home: Path, **variables: str
) -> AsyncIterator[RunningBot]:
    """Give the parts of a bot before ``telegram``, none of them started."""
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
        yield RunningBot(telegram, home=home, env=env, stack=stack)


async def join(ann: Person) -> None:
    """Go from /start to a shopper who can send photos; raises ``AssertionError``."""
    ann.say("/start")
    welcome = await ann.sees(lambda shown: bool(shown.buttons), START_SECONDS_MAX)
    ann.press(welcome, welcome.buttons[0][0][1])
    await ann.sees(lambda shown: shown.keyboard is not None and shown.keyboard.asks_for_contact)
    ann.share_contact(PHONE, owner=ann.id)
    await ann.sees("+380 67 ••• •• 67")


async def walk(ann: Person, jpeg: bytes) -> float:
    """Go from /start to the hryvnia for the photo; return the seconds until it was seen.

    Raises ``AssertionError`` when something on the screen is not as promised.
    """
    began = time.monotonic()
    await join(ann)
    ann.send_photo(jpeg)
    paid = await ann.sees(STAGES[-1], ANSWER_SECONDS_MAX)
    seconds = time.monotonic() - began
    assert len(ann.screen) == 4, f"one message per stage, not {texts_on(ann)}"
    assert all(shown.edits == 0 for shown in ann.screen[:3]), "edited is the receipt's alone"
    assert ann.screen[3] is paid, "what becomes of a receipt stands last"
    assert not any(shown.deleted for shown in ann.screen), "nothing is taken back"
    check_stages(paid)
    return seconds


def check_stages(shown: Shown) -> None:
    """Raise ``AssertionError`` unless the message went from stage to stage in order to its end."""
    seen = [_stage_of(text) for text in shown.texts]
    assert seen == sorted(set(seen)), f"stages out of order: {shown.texts}"
    assert (seen[0], seen[-1]) == (0, len(STAGES) - 1), f"not from end to end: {shown.texts}"


def _stage_of(text: str) -> int:
    found = [stage for stage, words in enumerate(STAGES) if words in text]
    assert len(found) == 1, f"of one stage each, not {text!r}"
    return found[0]


def texts_on(ann: Person) -> list[list[str]]:
    """Return every text that each message on the screen had."""
    return [shown.texts for shown in ann.screen]


def a_photo(run: str, name: str = "eligible") -> bytes:
    """Return the sample photo of this name, of receipts of this ``run`` alone."""
    samples = sample_set(datetime.now(UTC), run=run)
    return next(sample.jpeg for sample in samples if sample.name == name)


async def journey(telegram: TelegramServer, *, database_url: str, home: Path, jpeg: bytes) -> float:
    """Start everything, walk once, see what was kept; return the seconds of the walk."""
    ann = telegram.person()
    async with a_bot(telegram, database_url=database_url, home=home) as bot:
        await bot.start_web()
        await bot.start_worker()
        seconds = await walk(ann, jpeg)
        await check_kept(ann, database_url=database_url, home=home)
    return seconds
