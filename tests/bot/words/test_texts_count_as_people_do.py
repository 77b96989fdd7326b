"""Numbers, money, times and languages, as people in each language write them."""

from datetime import UTC, datetime

import pytest

from bot.words.texts import load_texts, locale_of
from eventstore.catalogue import Locale

NO_BREAK = "\u00a0"
COUNTS = (0, 1, 2, 5, 11, 21, 22, 25, 101, 111)
RECEIPTS: dict[Locale, str] = {
    "uk": "чеків чек чеки чеків чеків чек чеки чеків чек чеків",
    "ru": "чеков чек чека чеков чеков чек чека чеков чек чеков",
    "en": "receipts receipt" + " receipts" * 8,
}
DAYS: dict[Locale, str] = {
    "uk": "днів день дні днів днів день дні днів день днів",
    "ru": "дней день дня дней дней день дня дней день дней",
    "en": "days day" + " days" * 8,
}


@pytest.mark.parametrize("locale", load_texts())
def test_receipts_and_days_are_counted_in_each_language(locale: Locale) -> None:
    """Eleven and a hundred and eleven are not like one and twenty-one."""
    texts = load_texts()[locale]
    for key, words in (("unit.receipts", RECEIPTS), ("unit.days", DAYS)):
        told = [texts.plural(key, count) for count in COUNTS]
        wanted = zip(COUNTS, words[locale].split(), strict=True)
        assert told == [f"{count} {word}" for count, word in wanted]


def test_money_is_written_as_ukrainians_write_it() -> None:
    """The sign behind, and no line break inside."""
    texts = load_texts()
    assert texts["uk"].money(100) == texts["ru"].money(100) == f"1,00{NO_BREAK}₴"
    assert texts["uk"].money(123_450) == f"1{NO_BREAK}234,50{NO_BREAK}₴"
    assert texts["en"].money(123_450) == f"1,234.50{NO_BREAK}₴"
    assert texts["uk"].money(1) == f"0,01{NO_BREAK}₴"


def test_moments_are_those_of_kyiv() -> None:
    """In winter two hours ahead of UTC, in summer three."""
    winter = datetime(2026, 11, 27, 12, 5, tzinfo=UTC)
    summer = datetime(2026, 6, 30, 22, 30, tzinfo=UTC)
    texts = load_texts()
    assert texts["uk"].moment(winter) == "27 лист., 14:05"
    assert texts["ru"].moment(winter) == "27 нояб., 14:05"
    assert texts["en"].moment(winter) == "27 Nov, 14:05"
    assert texts["uk"].moment(summer) == "1 лип., 01:30"


def test_whoever_asks_for_none_of_ours_is_spoken_to_in_ukrainian() -> None:
    """Nobody is spoken to in Russian whose app is not in Russian."""
    asked = ("uk", "ru", "en", "en-GB", "RU_ru", "be", "kk", "pl", "", None, "ukr", "xx-en")
    told = [locale_of(code) for code in asked]
    assert told == ["uk", "ru", "en", "en", "ru", *["uk"] * 7]
