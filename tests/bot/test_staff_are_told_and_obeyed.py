"""Staff ask how things stand, pause payouts, sign in, and hear alerts; nobody else does."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from bot.crowd import WISHES_PER_MINUTE_MAX
from bot.words.notice import plain
from bot.words.texts import load_texts
from eventstore import catalogue as facts
from eventstore.catalogue import PayoutsHeld, PayoutsReleased, ShopperAsked, StaffInvited
from eventstore.identity import PAYOUTS_SWITCH, Kopecks, Sha256
from handlers.people import staff_wishes
from tests.bot.conftest import NewTalk
from tests.bot.talks import STAFF, Talk, has
from tests.bot.words import said
from tests.telegram_server.people import Person
from tests.telegram_server.screens import Shown
from tests.telegram_server.server import TelegramServer

TEXTS = load_texts()["uk"]
OTHER_STAFF = frozenset({5_000_000_001, 5_000_000_002})


async def welcomed(talk: Talk, telegram: TelegramServer) -> Person:
    """Return somebody who started; the first two of a Telegram are staff."""
    person = telegram.person()
    person.say("/start")
    await has(person, 1)
    return person


def action(shown: Shown, kind: str) -> str:
    """Return what the button of a kind sends back."""
    return next(data for row in shown.buttons for _, data in row if data.startswith(kind))


async def test_status_and_the_red_switch(new_talk: NewTalk, telegram: TelegramServer) -> None:
    """/status tells how things stand; its button pauses payouts; a second pause tells so."""
    async with new_talk(staff=STAFF) as talk:
        await talk.is_up()
        olena = await welcomed(talk, telegram)
        olena.say("/status")
        status = await olena.sees(lambda shown: "pause" in str(shown.buttons))
        olena.press(status, "pause")
        await olena.sees(plain(TEXTS("staff.paused")))
        olena.say("/pause_payouts again")
        await olena.sees(TEXTS("held.paused"))
        await talk.all_told()
        (held,) = await talk.facts(PAYOUTS_SWITCH, PayoutsHeld)
        assert (held.cause, held.reason) == ("paused", "paused in Telegram")


@pytest.mark.parametrize(
    ("reason", "kept"),
    [
        ("", "paused in Telegram"),
        ("a leap <b>of</b> payouts", "paused in Telegram: a leap <b>of</b> payouts"),
        ("call 380671234567", "paused in Telegram"),
        ("x" * 3900, "paused in Telegram: " + "x" * 3900),
    ],
)
async def test_a_pause_has_a_reason(
    new_talk: NewTalk, telegram: TelegramServer, reason: str, kept: str
) -> None:
    """In words of who paused, as long as they are nobody's number; the alert quotes them."""
    async with new_talk(staff=STAFF) as talk:
        await talk.is_up()
        olena = await welcomed(talk, telegram)
        olena.say(f"/pause_payouts {reason}")
        alert = await olena.sees(lambda shown: "seen:" in str(shown.buttons))
        assert kept[:100] in alert.text
        await has(olena, 3)
        await talk.all_told()
        (held,) = await talk.facts(PAYOUTS_SWITCH, PayoutsHeld)
        assert held.reason == kept
        assert len(olena.screen) == 3


async def test_console_gives_a_link_that_opens_once(
    new_talk: NewTalk, telegram: TelegramServer
) -> None:
    """Its secret signs in, and stands nowhere in clear."""
    async with new_talk(staff=STAFF, public_url="https://bonus.example.com/") as talk:
        await talk.is_up()
        olena = await welcomed(talk, telegram)
        olena.say("/console")
        told = await olena.sees(lambda shown: "console/enter" in str(shown.buttons))
        address = urlsplit(told.buttons[0][0][1])
        assert address.path.startswith("/console/enter/")
        token = address.path.rpartition("/")[2]
        assert await talk.commands.staff_of(await talk.commands.use_invitation(token))
        everything = await talk.log.store.read_log(after=0, limit=1000)
        assert not [fact for fact in everything if token in fact.data]


async def test_console_gives_no_link_that_is_over(
    new_talk: NewTalk, telegram: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an outage the ten minutes are gone before anything can be said: one asks again."""
    monkeypatch.setattr(staff_wishes, "INVITATION_LASTS", timedelta())
    async with new_talk(staff=STAFF, public_url="https://bonus.example.com/") as talk:
        await talk.is_up()
        olena = await welcomed(talk, telegram)
        olena.say("/console")
        told = await olena.sees(plain(TEXTS("staff.console_over")))
        assert told.buttons == []


async def test_console_without_an_address(new_talk: NewTalk, telegram: TelegramServer) -> None:
    """Where nobody outside can reach the web there is no link, and staff are told."""
    async with new_talk(staff=STAFF) as talk:
        await talk.is_up()
        olena = await welcomed(talk, telegram)
        olena.say("/console")
        await olena.sees(TEXTS("staff.no_console"))
        everything = await talk.log.store.read_log(after=0, limit=1000)
        assert not [fact for fact in everything if isinstance(fact.event, StaffInvited)]


@pytest.mark.parametrize("command", ["/status", "/pause_payouts now", "/console"])
async def test_shoppers_are_no_staff(
    new_talk: NewTalk, telegram: TelegramServer, command: str
) -> None:
    """The commands of staff are to them as anything else that is not understood."""
    async with new_talk(staff=frozenset({7})) as talk:
        await talk.is_up()
        ann = telegram.person()
        await talk.welcome(ann)
        ann.say(command)
        await ann.sees(plain(TEXTS("not_understood")))
        assert await talk.facts(PAYOUTS_SWITCH, PayoutsHeld) == []


async def test_staff_may_always_pause(new_talk: NewTalk, telegram: TelegramServer) -> None:
    """However much they wrote or pressed before, as one does in an incident."""
    async with new_talk(staff=STAFF) as talk:
        await talk.is_up()
        olena = await welcomed(talk, telegram)
        for _ in range(WISHES_PER_MINUTE_MAX):
            olena.say("/status")
        olena.say("/pause_payouts now")
        await talk.recorded(PAYOUTS_SWITCH, 1)


async def test_the_first_word_of_staff_may_be_the_red_switch(
    new_talk: NewTalk, telegram: TelegramServer
) -> None:
    """They are welcomed and obeyed, once, though it is delivered again after a resume."""
    async with new_talk(staff=STAFF) as talk:
        await talk.is_up()
        olena = telegram.person()
        olena.say("/pause_payouts now")
        await talk.recorded(PAYOUTS_SWITCH, 1)
        await olena.sees(plain(TEXTS("staff.paused")))
        await talk.all_told()
        shown = len(olena.screen)
        released = PayoutsReleased(reason="compared", evidence_sha256=None)
        await talk.happens(PAYOUTS_SWITCH, released)
        await talk.reads_again()
        olena.say("/support")
        await has(olena, shown + 1)
        await talk.all_told()
        assert len(olena.screen) == shown + 1
        assert len(await talk.facts(PAYOUTS_SWITCH, PayoutsHeld)) == 1


ALERTS: dict[str, tuple[str, facts.Event]] = {
    "contradicted": (
        f"payout-{said.PAYOUT}",
        facts.PayoutContradicted(bill=said.BILL, about="bill"),
    ),
    "unmatched": ("callback-0123", facts.CallbackUnmatched(bill=said.BILL)),
    "budget": (
        "budget-2026-11-27",
        facts.BudgetExhausted(budget_kopecks=Kopecks(100), used_kopecks=Kopecks(100)),
    ),
    "restored": (PAYOUTS_SWITCH, PayoutsHeld(cause="restored", checkpoint_size=None)),
    "orphaned": (
        "bookings-0123",
        facts.BookingOrphaned(
            bill=None, comment=None, amount_kopecks=Kopecks(100), evidence_sha256=Sha256("5" * 64)
        ),
    ),
}


@pytest.mark.parametrize("kind", ALERTS)
async def test_alerts_go_to_all_staff(
    new_talk: NewTalk, telegram: TelegramServer, kind: str
) -> None:
    """To each member once, though one of them must wait, and to no shopper."""
    stream, fact = ALERTS[kind]
    async with new_talk(staff=OTHER_STAFF) as talk:
        await talk.is_up()
        olena, ivan = await welcomed(talk, telegram), await welcomed(talk, telegram)
        ann = await welcomed(talk, telegram)
        await talk.all_told()
        telegram.faults["messages.SendMessage"].append((420, "FLOOD_WAIT_1"))
        await talk.happens(stream, fact)
        for each in (olena, ivan):
            alert = await each.sees(lambda shown: "seen:" in str(shown.buttons))
            assert stream in alert.text
        await talk.all_told()
        assert [len(each.screen) for each in (olena, ivan, ann)] == [2, 2, 1]


async def test_an_alert_is_acknowledged(new_talk: NewTalk, telegram: TelegramServer) -> None:
    """Who pressed the button, and under which message, stands in the log; the card says so."""
    async with new_talk(staff=STAFF) as talk:
        await talk.is_up()
        olena = await welcomed(talk, telegram)
        await talk.happens("callback-0123", facts.CallbackUnmatched(bill=said.BILL))
        alert = await olena.sees(lambda shown: "seen:" in str(shown.buttons))
        await olena.answered(olena.press(alert, action(alert, "seen:")))
        seen = await olena.sees(TEXTS("staff.seen"))
        assert (seen.id, seen.buttons) == (alert.id, [])
        assert alert.text.split("\n", maxsplit=1)[0] in seen.text
        await talk.recorded(f"chat-{await talk.shopper(olena)}", 4)
        assert len(olena.screen) == 2
        asked = await talk.own(olena, ShopperAsked)
        assert asked == [ShopperAsked(about="acknowledged", message=alert.id)]


async def test_a_hold_that_was_released_is_no_news(
    new_talk: NewTalk, telegram: TelegramServer
) -> None:
    """Staff who could not be told of it in time are not alarmed by it later."""
    async with new_talk(staff=STAFF) as talk:
        await talk.is_up()
        olena = await welcomed(talk, telegram)
        await talk.all_told()
        await talk.stop()
        held = PayoutsHeld(cause="restored", checkpoint_size=None)
        released = PayoutsReleased(reason="compared", evidence_sha256=None)
        await talk.happens(PAYOUTS_SWITCH, held, released)
        await talk.again()
        olena.say("/support")
        await has(olena, 2)
        await talk.all_told()
        assert len(olena.screen) == 2
