"""Why a person did something: words that stay in the log for ever."""

from eventstore.errors import EventStoreError

#: A date fits, a phone does not.
REASON_DIGITS_MAX = 8


class ReasonTooPersonal(EventStoreError):
    """A reason stays in the log for ever, so no number of anybody's may stand in it."""

    def __init__(self) -> None:
        super().__init__("the reason stays in the log for ever: leave phones and numbers out")


class ReasonMissing(EventStoreError):
    """Blank is no reason: whoever reads the log later must learn why."""

    def __init__(self) -> None:
        super().__init__("the reason is empty: say why in a few words")


def checked_reason(reason: str) -> str:
    """Return ``reason`` if a fact may tell it; raises ``ReasonMissing``, ``ReasonTooPersonal``."""
    if not reason.strip():
        raise ReasonMissing
    if may_name_somebody(reason):
        raise ReasonTooPersonal
    return reason


def may_name_somebody(words: str) -> bool:
    """Tell whether ``words`` hold so many digits that these may be a phone."""
    return sum(character.isdigit() for character in words) > REASON_DIGITS_MAX
