"""What shoppers are promised about their photos is what is done."""

from bot.texts import load_texts
from eventstore.attachments import KEPT


def test_the_privacy_text_names_the_days_in_each_language() -> None:
    """Whoever changes one must change the other."""
    for texts in load_texts().values():
        (line,) = [line for line in texts("privacy").splitlines() if f" {KEPT.days} " in line]
        assert line.startswith("•")
