"""What was reviewed is what is said: every text of every language, as a conversation to read."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.words.commands import described
from bot.words.notice import Rendered, plain, rendered
from bot.words.texts import CODES, Texts, load_texts
from eventstore.catalogue import Locale
from tests.bot.words.said import conversation, staff_room

SNAPSHOTS = Path(__file__).parent / "snapshots"


def told(texts: Texts) -> str:
    """Return everything that is said in a language, with what made us say it."""
    turns = [
        (happened, rendered(notice, texts, sandbox=False))
        for happened, notice in (*conversation(), *staff_room())
    ]
    paid = next(notice for happened, notice in conversation() if happened == "receipt: paid")
    turns.append(("paid beside the sandbox", rendered(paid, texts, sandbox=True)))
    lines = [line for turn in turns for line in _turn(*turn)]
    menu = [f"/{name} — {words}" for name, words in described(texts, staff=True)]
    return "\n".join([*lines, "▷ the menu", *menu, ""])


def _turn(happened: str, said: Rendered) -> Iterator[str]:
    yield f"▷ {happened}"
    yield plain(said.text)
    for row in said.buttons:
        yield "  ".join(f"[{button.label}]" for button in row)
    if said.keyboard == "share_phone":
        yield f"⌨ [{said.keyboard_label}]"
    yield ""


@pytest.mark.parametrize("locale", CODES)
def test_what_is_said_was_reviewed(locale: Locale) -> None:
    """A new text is read in its place: ``python -m tests.bot.test_texts_are_told_as_reviewed``."""
    reviewed = (SNAPSHOTS / f"{locale}.txt").read_text("utf-8")
    assert told(load_texts()[locale]) == reviewed


def rewrite() -> None:
    """Write the snapshots anew, for a reviewer to read the difference."""
    for locale, texts in load_texts().items():
        (SNAPSHOTS / f"{locale}.txt").write_text(told(texts), "utf-8")


if __name__ == "__main__":
    rewrite()
