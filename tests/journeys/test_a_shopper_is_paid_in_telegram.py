"""A shopper writes to the bot and gets the hryvnia: all of it real but the two far ends."""

from pathlib import Path

import pytest

from tests.journeys.kept import bookings
from tests.journeys.telegram import (
    ANSWER_SECONDS_MAX,
    STAGES,
    a_bot,
    a_photo,
    join,
    journey,
    texts_on,
)
from tests.telegram_server.server import TelegramServer


@pytest.mark.timeout(180)
async def test_a_shopper_goes_from_start_to_paid(
    telegram: TelegramServer, database_url: str, tmp_path: Path
) -> None:
    """Start, consent, phone, photo: read and paid by the product's processes, and told so."""
    jpeg = a_photo("one")
    assert await journey(telegram, database_url=database_url, home=tmp_path, jpeg=jpeg) > 0


@pytest.mark.timeout(180)
async def test_a_receipt_without_darnitsa_is_answered_with_why(
    telegram: TelegramServer, database_url: str, tmp_path: Path
) -> None:
    """Its one message ends with the reason and a button, and the button with the rules."""
    ann, jpeg = telegram.person(), a_photo("none", "without_darnitsa")
    async with a_bot(telegram, database_url=database_url, home=tmp_path) as bot:
        await bot.start_worker()
        await join(ann)
        before = len(ann.screen)
        ann.send_photo(jpeg)
        rejected = await ann.sees("немає", ANSWER_SECONDS_MAX)
        assert ann.screen[before:] == [rejected], f"one message, not {texts_on(ann)}"
        assert STAGES[0] in rejected.texts[0]
        ((_, why),) = rejected.buttons[0]
        await ann.answered(ann.press(rejected, why))
        explained = await ann.sees(lambda shown: shown.id > rejected.id)
        assert "Дарниц" in explained.text
        assert ann.screen[before:] == [rejected, explained]


@pytest.mark.timeout(240)
async def test_a_killed_worker_leaves_one_answer(
    telegram: TelegramServer, database_url: str, tmp_path: Path
) -> None:
    """SIGKILL while the photo is read: the next worker goes on, pays once and says so once."""
    ann, jpeg = telegram.person(), a_photo("killed")
    async with a_bot(telegram, database_url=database_url, home=tmp_path) as bot:
        await bot.start_web()
        worker = await bot.start_worker()
        await join(ann)
        ann.send_photo(jpeg)
        await ann.sees(STAGES[0], ANSWER_SECONDS_MAX)
        worker.kill()
        await worker.wait()
        await bot.start_worker()
        await ann.sees(STAGES[-1], 2 * ANSWER_SECONDS_MAX)
    ends = [text for texts in texts_on(ann) for text in texts if STAGES[-1] in text]
    assert (len(ends), bookings(tmp_path)) == (1, 1)
