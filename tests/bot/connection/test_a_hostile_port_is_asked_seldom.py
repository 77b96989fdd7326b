"""A port that accepts and resets keeps no core busy and fills no log."""

import asyncio
import logging
import time

import pytest
import structlog

from bot.connection.lines import Lines, RawLine
from bot.connection.quiet import LIBRARY, quieten
from tests.bot.conftest import NewBot
from tests.telegram_server.server import TelegramServer

#: How long the port is hostile: unchecked, the library asks it a thousand times in each of them.
SECONDS = 2.0


async def test_reconnects_slow_down(
    telegram: TelegramServer, new_bot: NewBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reset at once for two seconds: a few tries, a few lines; then it is back."""
    ann = telegram.person()
    tries: list[object] = []
    connect = Lines.connect

    async def counted(lines: Lines, line: RawLine) -> None:
        tries.append(line)
        await connect(lines, line)

    async with new_bot() as bot:
        await bot.is_up()
        await telegram.pause(reset=True)
        monkeypatch.setattr(Lines, "connect", counted)
        with structlog.testing.capture_logs() as lines:
            began = time.monotonic()
            while time.monotonic() - began < SECONDS:
                await asyncio.sleep(0)
        await telegram.resume()
        ann.say("back")
        await bot.heard.all_of("back")
    assert 1 <= len(tries) <= 20
    assert len([line for line in lines if line["event"] == "telegram.library"]) <= 5


def test_the_librarys_lines_carry_no_content() -> None:
    """What a person wrote or a token that is in a line or an error is not logged."""
    quieten()
    quieten()
    library = logging.getLogger(f"{LIBRARY}.dispatcher.of_this_test")
    with structlog.testing.capture_logs() as lines:
        try:
            raise KeyError("380671234567")
        except KeyError as error:
            library.exception(error)
        library.error("Send failed: %s", "380671234567")
        library.debug("Received: %s", "380671234567")
    assert "380671234567" not in repr(lines)
    assert [(line["told"], line["error"]) for line in lines] == [("KeyError", "KeyError")]
