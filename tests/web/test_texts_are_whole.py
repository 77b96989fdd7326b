"""Sentences: the same in all languages, one for every reason the catalogue knows."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, get_args

import pytest

from bot.words.telling_staff import Alert
from eventstore import catalogue
from eventstore.catalogue import PhotoRefusal
from handlers.paying.phones import PhoneRefusal
from projections.chats import DONE
from projections.receipt_rows import TOLD
from tests.web.stories import read
from web.console.entrance import REFUSALS
from web.language import CODES, TEXTS, Code, Language, clock, load_languages, minute
from web.pages import ERRORS, TEMPLATES, note_key, reason_key
from web.story import STAGES, TONES, Note

NO_BREAK = "\u00a0"
REASONS = (
    *get_args(catalogue.UnreadableReason),
    *get_args(catalogue.RejectionReason),
    *get_args(catalogue.ReferralReason),
    *get_args(catalogue.PayoutFailed.__annotations__["cause"]),
    "statement",  # what PayoutResolved is told by
)
#: As ``PayoutOutcomeUnknown.cause`` lists them.
UNKNOWN_CAUSES = (
    "timeout",
    "connection_lost",
    "unreadable_answer",
    "mismatched_answer",
    "bill_of_another_payout",
    "worker_lost",
    "http_503",
)
#: Details of a fact that are codes -> every value they can have.
NOTED_CODES = {
    "step": get_args(catalogue.PayoutStep),
    "attempt": ("1", "3"),
    "kind": get_args(catalogue.PayoutRefused.__annotations__["kind"]),
    "status": get_args(catalogue.CallbackReceived.__annotations__["status"]),
    "about": get_args(catalogue.PayoutContradicted.__annotations__["about"]),
    "outcome": get_args(catalogue.PayoutResolved.__annotations__["outcome"]),
    "reason": REASONS,
    "cause": UNKNOWN_CAUSES,
}


def sentences(code: str) -> dict[str, str]:
    """Return every sentence of a language by its dotted key."""
    tables = tomllib.loads((TEXTS / f"{code}.toml").read_text("utf-8"))
    return dict(_flat(tables, ""))


def _flat(table: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def places(sentence: str) -> set[str]:
    """Return the names in braces."""
    return set(re.findall(r"\{(\w*)\}", sentence))


@pytest.mark.parametrize("code", CODES[1:])
def test_every_language_says_the_same(code: str) -> None:
    """No sentence and no place in it is missing from any language."""
    first, other = sentences(CODES[0]), sentences(code)
    assert first.keys() == other.keys()
    assert {key for key in first if places(first[key]) != places(other[key])} == set()


@pytest.mark.parametrize("code", CODES)
def test_every_reason_says_what_happened_and_what_to_do(code: Code) -> None:
    """A shopper never sees a bare code, whatever became of the receipt."""
    told, language = sentences(code), load_languages()[code]
    wanted = {f"reason.{reason}" for reason in REASONS}
    wanted |= {reason_key(language, cause) for cause in UNKNOWN_CAUSES} - {"reason.other"}
    wanted |= {f"upload.{reason}" for reason in get_args(PhotoRefusal)}
    wanted |= {f"phone.{reason}" for reason in get_args(PhoneRefusal)}
    wanted |= {f"error.{status}" for status in ERRORS} | {f"state.{state}" for state in TONES}
    missing = {key for key in wanted if not told.get(f"{key}.title") or not told.get(f"{key}.todo")}
    assert missing == set()


@pytest.mark.parametrize("code", CODES)
def test_every_code_in_a_story_has_words(code: Code) -> None:
    """Beside a fact stands what it means; ids stay as they are."""
    language = load_languages()[code]
    for field, values in NOTED_CODES.items():
        keys = [note_key(language, Note(field, value)) for value in values]
        assert all(key is not None and language(key, value="1") for key in keys), field
    assert note_key(language, Note("bill", "700")) is None
    assert note_key(language, Note("cause", "unheard_of")) is None


def test_a_cause_nobody_foresaw_still_has_a_sentence(uk: Language) -> None:
    """An older page may meet a newer code: it asks for a person rather than fail."""
    assert reason_key(uk, "http_502") == "reason.http"
    assert reason_key(uk, "unheard_of") == "reason.other"


@pytest.mark.parametrize("code", CODES)
def test_every_fact_stage_and_document_has_a_name(code: str) -> None:
    """Whatever stands in a receipt's story can be told."""
    wanted = {f"step.{fact}" for fact in TOLD} | {f"stage.{name}" for name, _ in STAGES}
    wanted |= {f"document.{kind}" for kind in get_args(catalogue.DocumentKind)}
    wanted |= {f"receipt.source_{source}" for source in get_args(catalogue.Source)}
    assert wanted - sentences(code).keys() == set()


@pytest.mark.parametrize("code", CODES)
def test_every_line_of_a_chat_has_words(code: str) -> None:
    """Whatever a shopper did, and whatever became of what was said, can be shown."""
    wanted = {f"chat.asked.{about}" for about in get_args(catalogue.Question)}
    wanted |= {f"chat.did.{fact}" for fact in DONE - {"ShopperAsked", "LanguageChosen"}}
    wanted |= {f"chat.chosen.{locale}" for locale in get_args(catalogue.Locale)}
    wanted |= {"chat.side.bot", "chat.side.shopper"}
    wanted |= {f"chat.lost.{outcome}" for outcome in ("blocked", "gone", "refused")}
    assert wanted - sentences(code).keys() == set()


@pytest.mark.parametrize("code", CODES)
def test_every_alert_and_every_closed_door_has_words(code: str) -> None:
    """Staff never see a bare code either."""
    causes = get_args(catalogue.PayoutsHeld.__annotations__["cause"])
    keys = [key for key, _ in REFUSALS.values()] + ["console.refused.closed"]
    wanted = {f"console.cause.{cause}" for cause in causes}
    wanted |= {f"console.alert.{alert.__name__}" for alert in get_args(Alert)}
    wanted |= {f"{key}.{part}" for key in keys for part in ("title", "todo")}
    assert wanted - sentences(code).keys() == set()


@pytest.mark.parametrize("code", CODES)
def test_a_heading_ends_without_a_full_stop(code: str) -> None:
    """A reason's title is a sentence among others; every other title stands alone in large type."""
    titles = {key: text for key, text in sentences(code).items() if key.endswith(".title")}
    stopped = {key for key, text in titles.items() if text.endswith(".")}
    assert stopped == {key for key in titles if key.startswith("reason.")}


def test_every_sentence_is_used() -> None:
    """A sentence nobody shows is one that nobody keeps true."""
    built = ("reason.", "upload.", "phone.", "error.", "state.", "step.", "stage.", "document.",
             "look.", "receipt.source_", "receipt.legend_", "page.step_", "name.",
             "noted.", "chat.did.", "chat.chosen.", "chat.asked.", "chat.side.", "chat.lost.",
             "console.alert.", "console.cause.", "console.refused.")  # fmt: skip
    source = "".join(
        path.read_text("utf-8")
        for path in (*TEMPLATES.glob("*.html"), *TEMPLATES.parent.rglob("*.py"))
    )
    shown = {key for key in sentences("uk") if f"'{key}'" in source or f'"{key}"' in source}
    rows = set(re.findall(r"row\('(\w+)'", source))
    unused = sentences("uk").keys() - shown - {f"receipt.{name}" for name in rows}
    assert {key for key in unused if not key.startswith(built)} == set()


@pytest.fixture
def uk() -> Language:
    """Ukrainian."""
    return load_languages()["uk"]


def test_money_is_written_as_ukrainians_write_it(uk: Language) -> None:
    """A comma, the sign behind, and no line break inside."""
    assert uk.money(100) == f"1,00{NO_BREAK}₴"
    assert uk.money(123_450) == f"1{NO_BREAK}234,50{NO_BREAK}₴"
    assert uk.money(-5) == f"−0,05{NO_BREAK}₴"


def test_times_are_those_of_kyiv() -> None:
    """In winter two hours ahead of UTC, in summer three."""
    assert minute(datetime(2026, 11, 22, 22, 30, tzinfo=UTC)) == "23.11.2026 00:30"
    assert minute(datetime(2026, 7, 1, 22, 30, tzinfo=UTC)) == "02.07.2026 01:30"
    assert clock(datetime(2026, 11, 22, 7, 8, 9, 12_345, tzinfo=UTC)) == "09:08:09.012"


def test_spans_and_quantities_are_short(uk: Language) -> None:
    """As exact as one can see."""
    assert uk.duration(210) == f"210{NO_BREAK}мс"
    assert uk.duration(1_844) == f"1,84{NO_BREAK}с"
    assert uk.duration(125_000) == f"2{NO_BREAK}хв 5{NO_BREAK}с"
    assert (uk.quantity(2000), uk.quantity(500)) == ("2", "0,5")
    assert uk.percent(read().confidence) == f"90{NO_BREAK}%"
