"""What answers a shopper's question or wish, and what they are told unasked. Pure."""

from typing import Literal, assert_never

from msgspec import Struct

from bot.words.consent import CONSENT_TEXT, CONSENT_VERSION
from bot.words.notice import Button, Notice, masked
from eventstore.catalogue import ContactDeclined, PhotoDeclined
from eventstore.policy import OPERATORS, Policy

#: Questions that are answered by what the shopper did so far; "history" and "why" need their
#: receipts (``telling_receipts``), "status", "pause_payouts", "console" and "acknowledged" are
#: staff's (``telling_staff``).
Plain = Literal[
    "start",
    "help",
    "change_phone",
    "phone_kept",
    "language",
    "language_kept",
    "privacy",
    "delete_me",
    "delete_me_not",
    "support",
    "not_understood",
    "consent_needed",
    "phone_needed",
    "leaving",
]

#: It says to what was agreed: an old message may show an older text, or another language's.
_AGREE = Button(label="button.agree", action=f"agree:{CONSENT_VERSION}:{{locale}}")
_AGAIN = Button(label="button.again", action="again")
_PHONE = Button(label="button.phone", action="phone")
_LANGUAGES = tuple(
    Button(label=f"language.{code}", action=f"language:{code}") for code in ("uk", "ru", "en")
)
_DELETE = (
    Button(label="button.delete", action="delete"),
    Button(label="button.delete_not", action="delete_not"),
)
_HOW = Notice(key="photo.how")

#: Operators whose names have a spelling of their own in each language.
_NAMED = frozenset(operator.name for operator in OPERATORS)


class Now(Struct, frozen=True, kw_only=True):
    """What counts of a shopper at the moment of asking, and of us."""

    consented: bool
    #: 380XXXXXXXXX, "" before one was shared
    phone: str
    #: the pay step is on: a bonus is there soon
    pays: bool
    policy: Policy
    #: of the page on privacy, "" where there is none
    privacy_url: str
    #: where people answer: an address or a name in Telegram
    support: str


def answer_to(question: Plain, now: Now) -> Notice:
    """Return the answer to a shopper's question."""
    match question:
        case "start":
            return _start(now)
        case "consent_needed":
            return Notice(key="consent.needed", parts=(_consent(),), buttons=_consent_buttons(now))
        case "phone_needed":
            return Notice(key="phone.needed", keyboard="share_phone")
        case "phone_kept":
            return _phone_kept(now)
        case "language_kept":
            return language_chosen(now)
        case "support":
            return Notice(key="support", parameters={"address": now.support})
        case "not_understood":
            return _next_step(now) or Notice(key="not_understood", parts=(_HOW,))
        case _:
            return _told_to_everyone(question, now)


def agreed(now: Now) -> Notice:
    """Return what follows on consent: the phone is asked for, or all is ready."""
    return Notice(key="consent.given", parts=_steps(now), keyboard=_asking(now))


def phone_saved(phone: str, operator: str) -> Notice:
    """Return what follows on a phone (380XXXXXXXXX) of an operator as the policy names it."""
    named = {"operator_key": f"operator.{operator}"} if operator in _NAMED else {}
    return Notice(
        key="phone.saved",
        parameters=named or {"operator": operator.replace("_", " ").title()},
        personal={"phone": masked(phone)},
        parts=(_HOW,),
        keyboard="remove",
    )


def language_chosen(now: Now) -> Notice:
    """Return what follows on another language, in that one: consent reads anew before it."""
    if not now.consented:
        return _start(now)
    return Notice(key="language.chosen", parts=_steps(now), keyboard=_asking(now))


def how_to_photograph() -> Notice:
    """Return what helps somebody who wants to send a photo again."""
    return _HOW


def photo_declined(declined: PhotoDeclined, now: Now) -> Notice:
    """Return why a photo was not taken, and what to do."""
    match declined.reason:
        case "no_consent":
            return answer_to("consent_needed", now)
        case "no_phone":
            return answer_to("phone_needed", now)
        case "forgetting":
            return answer_to("leaving", now)
        case "not_an_image":
            return Notice(key="photo.not_an_image", parts=(_HOW,))
        case "empty" | "too_large" | "too_many" | "upload_id_reused" | "unavailable":
            return Notice(key=f"photo.{declined.reason}")
    assert_never(declined.reason)


def contact_declined(declined: ContactDeclined) -> Notice:
    """Return why a phone was not taken, and how to share one that can be."""
    keyboard: Literal["share_phone"] | None = (
        None if declined.reason == "too_soon" else "share_phone"
    )
    return Notice(key=f"contact.{declined.reason}", keyboard=keyboard)


def reminder(now: Now) -> Notice:
    """Return the one reminder of somebody who started and sent no receipt, with what is next."""
    bonus = {"bonus_kopecks": str(now.policy.bonus_kopecks)}
    if not now.consented:
        return Notice(
            key="reminder", parameters=bonus, parts=(_consent(),), buttons=_consent_buttons(now)
        )
    return Notice(key="reminder", parameters=bonus, parts=_steps(now), keyboard=_asking(now))


def forgetting_begun() -> Notice:
    """Return what a shopper is told who asked to be forgotten."""
    return Notice(key="delete.begun", keyboard="remove")


def _start(now: Now) -> Notice:
    if now.consented:
        return _next_step(now) or _ready(now)
    return Notice(
        key="start.welcome",
        parameters={"bonus_kopecks": str(now.policy.bonus_kopecks)},
        parts=(*_soon(now), _consent()),
        buttons=(*_consent_buttons(now), _LANGUAGES),
    )


def _soon(now: Now) -> tuple[Notice, ...]:
    """Return when the money comes, nothing where bills rest: nobody knows how long."""
    return (Notice(key="start.soon"),) if now.pays else ()


def _next_step(now: Now) -> Notice | None:
    """Return what is asked for first, None for a shopper who can send photos."""
    if not now.consented:
        return answer_to("consent_needed", now)
    return None if now.phone else Notice(key="phone.ask", keyboard="share_phone")


def _ready(now: Now) -> Notice:
    return Notice(
        key="start.again",
        parameters={"bonus_kopecks": str(now.policy.bonus_kopecks)},
        personal={"phone": masked(now.phone)},
        parts=(_HOW,),
        buttons=((_PHONE,),),
    )


def _steps(now: Now) -> tuple[Notice, ...]:
    return (_HOW,) if now.phone else (Notice(key="phone.ask"),)


def _asking(now: Now) -> Literal["share_phone"] | None:
    return None if now.phone else "share_phone"


def _consent() -> Notice:
    return Notice(key=CONSENT_TEXT)


def _consent_buttons(now: Now) -> tuple[tuple[Button, ...], ...]:
    return ((_AGREE,), *_privacy_button(now))


def _privacy_button(now: Now) -> tuple[tuple[Button, ...], ...]:
    """Return a row with the link, none where there is no page to open."""
    return ((Button(label="button.privacy", url=now.privacy_url),),) if now.privacy_url else ()


def _told_to_everyone(
    question: Literal[
        "help", "change_phone", "language", "privacy", "delete_me", "delete_me_not", "leaving",
    ],
    now: Now,
) -> Notice:  # fmt: skip
    match question:
        case "help":
            return _help(now)
        case "change_phone":
            return _change_phone(now)
        case "language":
            return Notice(key="language.ask", buttons=(_LANGUAGES,))
        case "privacy":
            return Notice(key="privacy", buttons=_privacy_button(now))
        case "delete_me":
            return Notice(key="delete.ask", buttons=(_DELETE,))
        case "delete_me_not":
            return _stays(now)
        case "leaving":
            return Notice(key="leaving")
    assert_never(question)


def _help(now: Now) -> Notice:
    numbers = {
        "bonus_kopecks": str(now.policy.bonus_kopecks),
        "age_days": str(now.policy.age_days_max),
        "per_day_receipts": str(now.policy.accepted_per_day_max),
    }
    return Notice(key="help.what", parameters=numbers, parts=(_HOW, Notice(key="help.commands")))


def _change_phone(now: Now) -> Notice:
    if not now.consented:
        return answer_to("consent_needed", now)
    if not now.phone:
        return Notice(key="phone.ask", keyboard="share_phone")
    return Notice(key="phone.change", personal={"phone": masked(now.phone)}, keyboard="share_phone")


def _stays(now: Now) -> Notice:
    if not now.consented:
        return Notice(key="delete.not")
    return Notice(key="delete.not", parts=_steps(now), keyboard=_asking(now))


def _phone_kept(now: Now) -> Notice:
    """Return that the phone which was shared is the one in force."""
    if not now.phone:
        return _change_phone(now)  # it opens no more
    phone = {"phone": masked(now.phone)}
    return Notice(key="phone.kept", personal=phone, parts=(_HOW,), keyboard="remove")
