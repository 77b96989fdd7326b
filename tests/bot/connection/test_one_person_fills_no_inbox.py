"""Who writes too much is not let in, before anything of it waits; what waits counts once."""

import pytest

from bot.crowd import WISHES_PER_MINUTE_MAX
from tests.bot.talks import PHOTO, Talk, asks_consent, has
from tests.telegram_server.server import TelegramServer

#: Wishes by which somebody comes as far as sending photos: /start, consent, phone.
WELCOME = 3
#: Sooner than a photo that stalls is given up.
SOON_SECONDS = 8.0


async def test_words_behind_a_stuck_photo_deafen_nobody(
    talk: Talk, telegram: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However much Ann writes behind it, there is room for what Bob writes."""
    monkeypatch.setattr("bot.connection.inbox.INSIDE_MAX", 2 * WISHES_PER_MINUTE_MAX)
    ann, bob = telegram.person(), telegram.person()
    await talk.welcome(ann)
    await talk.welcome(bob)
    telegram.hold_files.set()
    ann.send_photo(PHOTO)
    await telegram.hold_files.reached()
    for number in range(3 * WISHES_PER_MINUTE_MAX):
        ann.say(f"/help {number}")
    for count, word in enumerate(("/support", "/privacy"), start=1):
        bob.say(word)
        await has(bob, WELCOME + count, SOON_SECONDS)
    telegram.hold_files.clear()
    await has(ann, WISHES_PER_MINUTE_MAX)
    await talk.all_told()
    assert len(ann.screen) == WISHES_PER_MINUTE_MAX


async def test_what_waited_when_the_connection_was_lost_is_not_too_much(
    talk: Talk, telegram: TelegramServer
) -> None:
    """Nothing of it was done: it comes again, and is heard as if it came for the first time."""
    ann = telegram.person()
    await talk.welcome(ann)
    telegram.hold_files.set()
    ann.send_photo(PHOTO)
    await telegram.hold_files.reached()
    for _ in range(WISHES_PER_MINUTE_MAX - WELCOME - 1):
        ann.say("/support")
    logins = telegram.logins
    telegram.revoke_key()
    bob = telegram.person()
    bob.say("/start")
    await bob.sees(asks_consent)
    assert telegram.logins == logins + 1
    telegram.hold_files.clear()
    await has(ann, WISHES_PER_MINUTE_MAX)
    assert len(await talk.receipts(ann)) == 1


async def test_a_press_too_many_turns_no_wheel(talk: Talk, telegram: TelegramServer) -> None:
    """It does nothing, and is answered like any other."""
    ann = telegram.person()
    ann.say("/start")
    shown = await ann.sees(asks_consent)
    for _ in range(WISHES_PER_MINUTE_MAX):
        ann.say("/support")
    await has(ann, WISHES_PER_MINUTE_MAX)
    data = next(data for row in shown.buttons for _, data in row if data.startswith("agree"))
    await ann.answered(ann.press(shown, data))
    await talk.all_told()
    assert len(ann.screen) == WISHES_PER_MINUTE_MAX


async def test_each_album_is_told_of(talk: Talk, telegram: TelegramServer) -> None:
    """Three albums within a minute: five photos are taken, and each album's rest is told of."""
    ann = telegram.person()
    await talk.welcome(ann)
    for album in (1, 2, 3):
        for number in range(10):
            ann.send_photo(PHOTO + bytes([album, number]), album=album)
    await has(ann, WELCOME + 5 + 3)
    await talk.all_told()
    assert len(ann.screen) == WELCOME + 5 + 3
    assert len(await talk.receipts(ann)) == 5
