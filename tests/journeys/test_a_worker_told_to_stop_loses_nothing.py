"""SIGTERM while a photo comes in and words go out: the worker ends in time, and nothing is lost."""

import time
from pathlib import Path

import pytest

from tests.journeys.kept import bookings
from tests.journeys.telegram import ANSWER_SECONDS_MAX, STAGES, a_bot, a_photo, join, texts_on
from tests.telegram_server.server import TelegramServer

#: A dyno is killed 30 seconds after SIGTERM.
END_SECONDS_MAX = 20.0


@pytest.mark.timeout(240)
async def test_a_photo_in_hand_and_notices_under_way_are_not_lost(
    telegram: TelegramServer, database_url: str, tmp_path: Path
) -> None:
    """Status 0 within 20 seconds; the next worker takes the photo and answers each wish once."""
    ann, bob, jpeg = telegram.person(), telegram.person(), a_photo("stopped")
    async with a_bot(telegram, database_url=database_url, home=tmp_path) as bot:
        await bot.start_web()
        worker = await bot.start_worker()
        await join(ann)
        bob.say("/start")
        await bob.sees(lambda shown: bool(shown.buttons))
        telegram.hold_files.set()
        ann.send_photo(jpeg)
        await telegram.hold_files.reached()
        telegram.meanwhile["messages.SendMessage"].append(worker.terminate)
        bob.say("/help")
        told = time.monotonic()
        assert await worker.wait() == 0, bot.lines_of("run").read_text()
        assert time.monotonic() - told < END_SECONDS_MAX
        telegram.hold_files.clear()
        assert len(ann.screen) == 3, f"nothing of a photo that did not come: {texts_on(ann)}"

        await bot.start_worker()
        await ann.sees(STAGES[-1], ANSWER_SECONDS_MAX)
        await bob.sees(lambda shown: shown is bob.screen[-1] and len(bob.screen) == 2)
    assert len(ann.screen) == 4, f"one message about the photo: {texts_on(ann)}"
    assert len(bob.screen) == 2, f"one answer to the question: {texts_on(bob)}"
    assert bookings(tmp_path) == 1
