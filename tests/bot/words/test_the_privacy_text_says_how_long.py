"""What shoppers are promised about their photos is what is done."""

from bot.words.texts import load_texts
from eventstore.attachments import KEPT
from eventstore.catalogue import Locale

STAYS: dict[Locale, str] = {
    "en": "(shop, goods, sums, numbers, time)",
    "uk": "(магазин, товари, суми, номери, час)",
    "ru": "(магазин, товары, суммы, номера, время)",
}


def test_the_privacy_text_names_the_days_in_each_language() -> None:
    """Whoever changes one must change the other."""
    for texts in load_texts().values():
        (line,) = [line for line in texts("privacy").splitlines() if f" {KEPT.days} " in line]
        assert line.startswith("•")


def test_what_stays_for_good_is_said_where_one_deletes_and_where_one_reads() -> None:
    """Shop, goods and sums stay as facts under a number: nobody is promised that they go."""
    for locale, stays in STAYS.items():
        for key in ("privacy", "delete.ask"):
            assert stays in load_texts()[locale](key)
