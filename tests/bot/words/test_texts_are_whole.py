"""Texts: the same in all languages, one for every reason the catalogue knows, none in vain."""

import re
from typing import get_args

import pytest

from bot.words.commands import COMMANDS, DESCRIPTION_CHARACTERS_MAX, STAFF_COMMANDS, described
from bot.words.notice import Notice, plain, rendered
from bot.words.texts import CODES, LOCALES, PlacesUnfilled, Texts, TextUnknown, load_texts
from eventstore import catalogue as facts
from eventstore.catalogue import Locale
from tests.bot.words.said import CAUSES, CONTACT_REASONS, conversation, staff_room

ALL = load_texts()
UKRAINIAN = (LOCALES / "uk" / "LC_MESSAGES" / "bot.po").read_text("utf-8")
#: Letters that only the other language has; names of languages are written in their own.
NOT_UKRAINIAN, NOT_RUSSIAN = re.compile("[ыэъё]", re.I), re.compile("[іїєґ]", re.I)
IN_ITS_OWN_LETTERS = {"language.uk", "language.ru", "language.en"}
#: As it is printed on paper.
PRINTED = "«ФІСКАЛЬНИЙ ЧЕК»"


class Listening(Texts):
    """Texts that remember which of them were asked for."""

    def __init__(self, texts: Texts) -> None:
        self.__dict__.update(texts.__dict__)
        self.asked: set[str] = set()

    def __call__(self, key: str, **values: str) -> str:
        """Remember ``key`` and answer."""
        self.asked.add(key)
        return super().__call__(key, **values)

    def plural(self, key: str, count: int, **values: str) -> str:
        """Remember ``key`` and answer."""
        self.asked.add(key)
        return super().plural(key, count, **values)


def raw(locale: Locale, key: str) -> str:
    """Return a text with its places unfilled; of one that counts, the form for one."""
    places = {place: f"{{{place}}}" for place in PLACES}
    texts = ALL[locale]
    return texts.plural(key, 1, **places) if key.startswith("unit.") else texts(key, **places)


PLACES = (
    "address", "age", "amount", "bill", "bonus", "budget", "in_review", "left", "number",
    "operator", "parked", "payouts", "per_day", "phone", "reason", "reference", "sent", "state",
    "stream", "total", "unknown", "until", "used", "verb", "who",
)  # fmt: skip


def asked_for(locale: Locale) -> set[str]:
    """Return the keys of every text that can be said."""
    texts = Listening(ALL[locale])
    for _, notice in (*conversation(), *staff_room()):
        rendered(notice, texts, sandbox=True)
    described(texts, staff=True)
    return texts.asked


@pytest.mark.parametrize("locale", CODES)
def test_every_text_that_can_be_said_is_there_and_no_other(locale: Locale) -> None:
    """A text nobody is told is one that nobody keeps true."""
    assert asked_for(locale) == ALL[locale].keys


@pytest.mark.parametrize("locale", CODES[1:])
def test_every_language_has_the_same_places(locale: Locale) -> None:
    """What one language tells, the others tell too."""
    for key in ALL["uk"].keys:
        places = [sorted(re.findall(r"\{\w+\}", raw(code, key))) for code in ("uk", locale)]
        assert places[0] == places[1], key


@pytest.mark.parametrize("locale", CODES)
def test_every_text_stands_once_in_the_file(locale: Locale) -> None:
    """Of two with one key a reader of the file would hold the wrong one for what is said."""
    file = (LOCALES / locale / "LC_MESSAGES" / "bot.po").read_text("utf-8")
    told = re.findall(r'^msgid "(.+)"$', file, re.M)
    assert sorted(told) == sorted(ALL[locale].keys)
    assert told == re.findall(r'^msgid "(.+)"$', UKRAINIAN, re.M), "keep one order in all three"


@pytest.mark.parametrize("locale", CODES)
def test_every_reason_has_its_text(locale: Locale) -> None:
    """A shopper never meets a bare code, whatever became of the receipt."""
    wanted = {f"receipt.rejected.{each}" for each in get_args(facts.RejectionReason)}
    wanted |= {f"why.{each}" for each in get_args(facts.RejectionReason)}
    wanted |= {f"receipt.unreadable.{each}" for each in get_args(facts.UnreadableReason)}
    wanted |= {f"contact.{each}" for each in CONTACT_REASONS}
    wanted |= {f"receipt.not_paid.{each}" for each in (*CAUSES, "statement")}
    told_otherwise = {"receipt.not_paid.withdrawn"}  # the receipt's own rejection is told
    wanted |= {
        f"photo.{each}"
        for each in get_args(facts.PhotoRefusal)
        if each not in ("no_consent", "no_phone", "forgetting")  # answered as questions are
    }
    assert wanted - told_otherwise - ALL[locale].keys == set()


def test_each_language_is_written_in_its_own_letters() -> None:
    """A letter of the neighbours' alphabet is a slip of the pen."""
    for key in ALL["uk"].keys - IN_ITS_OWN_LETTERS:
        assert not NOT_UKRAINIAN.search(raw("uk", key)), key
        assert not NOT_RUSSIAN.search(raw("ru", key).replace(PRINTED, "")), key
        english = re.sub("«[^»]*»|ФН|№", "", raw("en", key))
        assert not re.search("[а-яіїєґ]", english, re.I), key


@pytest.mark.parametrize("locale", CODES)
def test_texts_are_typeset(locale: Locale) -> None:
    """Curly apostrophes, one kind of dash, no spaces that nobody sees."""
    for key in ALL[locale].keys:
        text = re.sub(r"<[^>]*>", "", raw(locale, key))
        assert not re.search(r"['\"`]| - | {2}|\.\.\.|\s$|^\s| \n", text), key


@pytest.mark.parametrize("locale", CODES)
def test_commands_are_described_in_the_menu(locale: Locale) -> None:
    """Telegram takes so many characters; staff see theirs behind the shoppers'."""
    told = described(ALL[locale], staff=True)
    assert [name for name, _ in told] == [*COMMANDS, *STAFF_COMMANDS]
    assert described(ALL[locale], staff=False) == told[: len(COMMANDS)]
    assert all(3 <= len(words) <= DESCRIPTION_CHARACTERS_MAX for _, words in told)


def test_help_names_every_command() -> None:
    """What stands in the menu is explained, save the two one is using."""
    for texts in ALL.values():
        told = plain(texts("help.commands"))
        named = re.findall(r"^/(\w+)", told, re.M)
        assert named == [name for name in COMMANDS if name not in ("start", "help")]


def test_a_missing_text_or_place_is_an_error() -> None:
    """Nobody is told a key, or a sentence with braces in it."""
    assert ALL["uk"].knows("receipt.paid")
    assert not ALL["uk"].knows("receipt.unheard_of")
    with pytest.raises(TextUnknown, match=r"receipt\.unheard_of"):
        ALL["uk"]("receipt.unheard_of")
    with pytest.raises(TextUnknown, match=r"receipt\.reading"):
        ALL["uk"].plural("receipt.reading", 2)
    with pytest.raises(TextUnknown, match=r"unit\.days"):
        ALL["uk"]("unit.days", count="2")
    with pytest.raises(PlacesUnfilled, match=r"\{bonus\}"):
        rendered(Notice(key="receipt.paying"), ALL["uk"], sandbox=False)
