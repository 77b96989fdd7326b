"""Which language somebody is spoken to in is theirs to say, as often as people do."""

from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from eventstore.catalogue import LanguageChosen, Locale
from eventstore.identity import ShopperId, shopper_stream
from eventstore.pool import Pool
from tests.handlers.people.leaving import Office
from tests.story import facts

ANN = ShopperId("ann")


@pytest.fixture
def office(pool: Pool, tmp_path: Path) -> Office:
    """Return an office over a log of its own."""
    return Office(pool=pool, folder=tmp_path / "attachments")


async def test_a_language_is_chosen_when_it_is_another(office: Office) -> None:
    """The one in force adds nothing; going back and forth adds each time."""
    await office.start(ANN, locale="uk")
    for locale in ("uk", "ru", "ru", "uk", "ru"):
        await office.commands.choose_language(ANN, locale)
    told = await facts(office.store, shopper_stream(ANN))
    chosen = [fact.locale for fact in told if isinstance(fact, LanguageChosen)]
    assert chosen == ["ru", "uk", "ru"]


async def test_a_choice_that_comes_again_was_made_before(office: Office) -> None:
    """Neither one that was taken since nor one that was in force then turns the language back."""
    await office.start(ANN, locale="uk")
    choose = partial(office.commands.choose_language, ANN)
    assert await choose("uk", wish="press/1") is False, "it is in force"
    await office.commands.ask(ANN, "language_kept", message=1, wish="press/1")
    assert await choose("ru", wish="press/2") is True
    assert await choose("en", wish="press/3") is True
    again: list[tuple[Locale, str]] = [("uk", "press/1"), ("ru", "press/2"), ("en", "press/3")]
    for locale, wish in again:
        assert await choose(locale, wish=wish) is True, "it was taken, or told of"
    told = await facts(office.store, shopper_stream(ANN))
    assert [fact.locale for fact in told if isinstance(fact, LanguageChosen)] == ["ru", "en"]


async def test_a_language_is_chosen_ten_times_a_day(office: Office) -> None:
    """More only makes a person's stream long; the day after it may be another one."""
    await office.start(ANN, locale="uk")
    for number in range(30):
        await office.commands.choose_language(ANN, "ru" if number % 2 == 0 else "uk")
    told = await facts(office.store, shopper_stream(ANN))
    assert len([fact for fact in told if isinstance(fact, LanguageChosen)]) == 10
    office.now += timedelta(days=1, minutes=1)
    await office.commands.choose_language(ANN, "en")
    assert (await office.commands.shopper_now(ANN)).locale == "en"
