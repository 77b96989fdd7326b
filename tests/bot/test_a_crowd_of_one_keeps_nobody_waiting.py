"""Whoever writes without pause fills neither the log nor the time of others."""

from bot.crowd import ALBUMS_MORE_PER_MINUTE_MAX, WISHES_PER_DAY_MAX, WISHES_PER_MINUTE_MAX, Crowd
from eventstore.catalogue import ShopperAsked
from tests.bot.talks import Talk
from tests.telegram_server.server import TelegramServer


async def test_a_hundred_messages_in_a_minute(talk: Talk, telegram: TelegramServer) -> None:
    """Twenty of them are heard, and Bob is answered meanwhile."""
    ann, bob = telegram.person(), telegram.person()
    await talk.welcome(bob)
    for number in range(100):
        ann.say(f"/help {number}")
    bob.say("/support")
    await bob.sees("@bonus_support")
    await talk.all_told()
    asked = await talk.own(ann, ShopperAsked)
    assert len(asked) == WISHES_PER_MINUTE_MAX - 1, "the first one began"
    assert len(ann.screen) == WISHES_PER_MINUTE_MAX


def test_what_waited_for_us_is_not_too_much() -> None:
    """The minute is that of writing: what comes at once after an outage is let in."""
    crowd = Crowd()
    assert all(crowd.lets_in(1, at=10.0 * number) for number in range(60))
    assert sum(crowd.lets_in(2, at=0.0) for _ in range(100)) == WISHES_PER_MINUTE_MAX
    assert crowd.lets_in(2, at=60.0)


def test_of_a_few_albums_more_one_photo_is_let_in() -> None:
    """So that their writer is told; a program with albums without end is not."""
    crowd = Crowd()
    heard = [crowd.lets_in(1, at=0.0, album=album) for album in range(1, 40) for _ in range(10)]
    assert sum(heard) == WISHES_PER_MINUTE_MAX + ALBUMS_MORE_PER_MINUTE_MAX
    assert not crowd.lets_in(1, at=1.0)
    assert crowd.lets_in(1, at=60.0, album=99)


def test_a_day_is_enough_for_anybody() -> None:
    """Who writes all day is silent to us until tomorrow; others are heard."""
    crowd = Crowd()
    morning = 20_000 * 86_400.0
    heard = sum(crowd.lets_in(1, at=morning + 10.0 * number) for number in range(1_000))
    assert heard == WISHES_PER_DAY_MAX
    assert crowd.lets_in(2, at=morning)
    assert crowd.lets_in(1, at=morning + 86_400.0)
