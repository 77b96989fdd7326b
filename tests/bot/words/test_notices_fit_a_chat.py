"""Every notice fits a chat: short, well-formed, with buttons that work, and tells no secrets."""

import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from msgspec.structs import replace

from bot.words import telling, telling_receipts
from bot.words.notice import (
    ACTION_BYTES_MAX,
    LABEL_CHARACTERS_MAX,
    TEXT_CHARACTERS_MAX,
    Notice,
    is_about_money,
    masked,
    plain,
    rendered,
)
from bot.words.texts import CODES, load_texts
from eventstore.catalogue import Locale
from eventstore.identity import Kopecks
from eventstore.policy import Policy
from tests.bot.words import said

ALL = load_texts()
#: The longest that a policy may say, and a long address of support.
GENEROUS = replace(
    said.READY,
    policy=Policy(
        rules="r",
        bonus_kopecks=Kopecks(10_000),
        age_days_max=3_660,
        accepted_per_day_max=1_000,
    ),
    support="https://darnitsa.example.com/support/of/the/bonus/programme?language=uk",
)


class WellFormed(HTMLParser):
    """Reads HTML and complains of tags that Telegram, or we, do not know, or that cross."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open one of the known tags."""
        assert tag in ("b", "i", "a"), tag
        assert [name for name, _ in attrs] == (["href"] if tag == "a" else [])
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the tag that was opened last."""
        assert self.open.pop() == tag


def everything() -> list[Notice]:
    """Return every notice there is, and the longest of those that vary."""
    notices = [notice for _, notice in (*said.conversation(), *said.staff_room())]
    notices += [telling.answer_to(about, GENEROUS) for about in ("help", "support", "start")]
    for _, (story, payout) in said.stories():
        why: Callable[..., Notice] = telling_receipts.why
        notices.append(why(story, payout, held=True, policy=GENEROUS.policy))
    return notices


@pytest.mark.parametrize("locale", CODES)
def test_texts_are_short_and_well_formed(locale: Locale) -> None:
    """Nobody reads a page in a chat, and one crossed tag would be refused by Telegram."""
    for notice in everything():
        told = rendered(notice, ALL[locale], sandbox=True)
        reader = WellFormed()
        reader.feed(told.text)
        reader.close()
        assert reader.open == [], notice.key
        assert len(plain(told.text)) <= TEXT_CHARACTERS_MAX, notice.key
        assert "<" not in plain(told.text) or notice.key == "alert.held.paused"


@pytest.mark.parametrize("locale", CODES)
def test_buttons_fit_and_do_one_thing(locale: Locale) -> None:
    """Two fit a row; each sends little enough back or opens a link, and never both."""
    for notice in everything():
        told = rendered(notice, ALL[locale], sandbox=False)
        assert not (told.buttons and told.keyboard), f"one message has one of them: {notice.key}"
        assert len(told.keyboard_label) <= LABEL_CHARACTERS_MAX
        for row in told.buttons:
            assert len(row) <= telling_receipts.HISTORY_MAX
            for button in row:
                assert len(button.label) <= LABEL_CHARACTERS_MAX, button.label
                assert bool(button.action) != bool(button.url), button
                assert len(button.action.encode()) <= ACTION_BYTES_MAX, button


@pytest.mark.parametrize(("locale", "button"), [("uk", "кнопк"), ("ru", "кнопк"), ("en", "button")])
def test_the_button_that_is_spoken_of_is_there(locale: Locale, button: str) -> None:
    """Whoever is told to press the one at the bottom of the screen finds it."""
    for notice in everything():
        told = rendered(notice, ALL[locale], sandbox=False)
        bottom = re.search(rf"{button}\w*[^.]*(унизу|внизу|at the bottom)", told.text)
        assert not bottom or told.keyboard == "share_phone", notice.key


def test_nothing_personal_is_recorded_in_clear() -> None:
    """Parameters stand in the log for ever: no digits of a phone, no secret of a link."""
    for notice in everything():
        for part in (notice, *notice.parts):
            told = " ".join(part.parameters.values())
            assert not re.search(r"380|•|secret", told), part.key


def test_a_phone_is_masked_so_that_its_owner_knows_it() -> None:
    """The operator's prefix and the last two digits are enough."""
    assert masked("380671234567") == "+380 67 ••• •• 67"


def test_values_are_text_and_never_markup() -> None:
    """A name with angle brackets stays a name, in the chat and on the page."""
    notice = Notice(key="support", parameters={"address": "<b>Оля & Ко"})
    told = rendered(notice, ALL["uk"], sandbox=False)
    assert "&lt;b&gt;Оля &amp; Ко\n" in told.text
    assert "<b>Оля & Ко\n" in plain(told.text)


def test_a_link_stands_behind_its_words_where_there_are_no_tags() -> None:
    """What is plain loses no address."""
    told = '<b>Пишіть</b> <a href="https://example.com/?a=1&amp;b=2">нам</a>'
    assert plain(told) == "Пишіть нам (https://example.com/?a=1&b=2)"


@pytest.mark.parametrize("locale", CODES)
def test_beside_the_sandbox_every_text_about_money_says_that_none_moves(locale: Locale) -> None:
    """Nobody waits for money that is not real; where it is real nobody reads that it is not."""
    texts = ALL[locale]
    for notice in everything():
        told = plain(rendered(notice, texts, sandbox=True).text)
        real = plain(rendered(notice, texts, sandbox=False).text)
        assert told.endswith(texts("sandbox.note")) is is_about_money(notice)
        assert "sandbox" not in real
        assert texts("sandbox.note") not in real
        if "₴" in told and not notice.key.startswith(("staff.", "alert.")):
            assert is_about_money(notice), notice.key
