"""One message tells how a receipt stands, and is edited until the end."""

import re
from datetime import datetime

import pytest

from bot.words.notice import plain
from bot.words.texts import load_texts
from eventstore import catalogue as facts
from eventstore.identity import KYIV, budget_stream, payout_stream
from eventstore.policy import Policy
from eventstore.store import Append, Context
from tests.bot.talks import Talk, has
from tests.bot.words import said
from tests.story import new_id
from tests.telegram_server.people import Person
from tests.telegram_server.screens import Shown
from tests.telegram_server.server import TelegramServer

TEXTS = load_texts()["uk"]


def told(key: str) -> str:
    """Return how a text begins on a screen, up to its first place."""
    return re.split(r"\{|\n", plain(TEXTS(key, bonus="{", phone="{")))[0]


async def the_message(talk: Talk, person: Person) -> Shown:
    """Return the one message about the one receipt, once all is told."""
    await talk.all_told()
    assert len(person.screen) == 4
    return person.screen[-1]


async def test_the_way_to_the_money(talk: Talk, telegram: TelegramServer) -> None:
    """Received, read, paying, paid: in one message, which is about real or pretended money."""
    ann = telegram.person()
    await talk.welcome(ann)
    receipt = await talk.receives(ann)
    await has(ann, 4)
    await talk.all_told()
    await talk.judged(receipt, said.READ)
    await ann.sees(told("receipt.checking"))
    payout = await talk.accepted_after_reading(ann, receipt)
    await ann.sees(told("receipt.paying"))
    await talk.all_told()
    await talk.paid(payout)
    paid = await ann.sees("+380 67 ••• •• 67\n")
    assert paid is await the_message(talk, ann)
    stages = ("reading", "checking", "paying", "paid")
    assert [each.key for each in await talk.told(receipt)] == [f"receipt.{s}" for s in stages]
    assert len(paid.texts) == len(stages)
    assert plain(TEXTS("sandbox.note")) in paid.text
    assert paid.buttons == []


async def test_quick_facts_are_merged(talk: Talk, telegram: TelegramServer) -> None:
    """All of it within a second: the message is edited once, to what is true by then."""
    ann = telegram.person()
    await talk.welcome(ann)
    receipt = await talk.receives(ann)
    await has(ann, 4)
    await talk.paid(await talk.accepted(ann, receipt))
    message = await the_message(talk, ann)
    assert (message.edits, "1,00" in message.text) == (1, True)
    assert [each.key for each in await talk.told(receipt)] == ["receipt.reading", "receipt.paid"]


ENDS: dict[str, tuple[list[facts.Event], str, list[str]]] = {
    "blurred": (
        [facts.ReceiptUnreadable(reason="blurred")],
        "receipt.unreadable.blurred",
        ["again"],
    ),
    "no item": (
        [said.READ, said.rejected("no_darnitsa_item")],
        "receipt.rejected.no_darnitsa_item",
        ["why"],
    ),
    "order": (
        [said.READ, said.rejected("order_slip")],
        "receipt.rejected.order_slip",
        ["again", "why"],
    ),
    "person": (
        [said.READ, said.REFERRED, said.rejected("by_reviewer")],
        "receipt.rejected.by_reviewer",
        ["support", "why"],
    ),
    "review": ([said.READ, said.REFERRED], "receipt.review", ["why"]),
}


@pytest.mark.parametrize("end", ENDS)
async def test_each_end_has_its_words_and_buttons(
    talk: Talk, telegram: TelegramServer, end: str
) -> None:
    """Why it ended, and what one can do now."""
    events, key, buttons = ENDS[end]
    ann = telegram.person()
    await talk.welcome(ann)
    receipt = await talk.receives(ann)
    await has(ann, 4)
    await talk.judged(receipt, *events)
    message = await the_message(talk, ann)
    assert told(key) in message.text
    actions = [data.partition(":")[0] for row in message.buttons for _, data in row]
    assert actions == buttons


async def test_money_that_did_not_arrive(talk: Talk, telegram: TelegramServer) -> None:
    """Neither an unknown outcome nor a failed one sounds like money; both say what follows."""
    ann = telegram.person()
    await talk.welcome(ann)
    receipt = await talk.receives(ann)
    payout = await talk.accepted(ann, receipt)
    await talk.happens(payout_stream(payout), said.attempted(), said.UNKNOWN)
    await ann.sees(told("receipt.unknown"))
    await talk.happens(payout_stream(payout), said.failed("callback"))
    failed = await ann.sees(told("receipt.not_paid.callback"))
    await talk.all_told()
    assert [data for row in failed.buttons for _, data in row] == ["phone", "support"]
    assert (await talk.told(receipt))[-1].key == "receipt.not_paid.callback"


async def test_a_late_fact_takes_nothing_back(talk: Talk, telegram: TelegramServer) -> None:
    """What is recorded after the money arrived changes no word."""
    ann = telegram.person()
    await talk.welcome(ann)
    receipt = await talk.receives(ann)
    payout = await talk.accepted(ann, receipt)
    await talk.paid(payout)
    await talk.all_told()
    late = facts.PayoutContradicted(bill=said.BILL, about="status")
    await talk.happens(payout_stream(payout), late, said.failed("callback"))
    await talk.all_told()
    assert (await talk.told(receipt))[-1].key == "receipt.paid"


async def test_a_pause_of_payouts_is_told_as_a_delay(talk: Talk, telegram: TelegramServer) -> None:
    """While a person holds payouts back, the bonus comes later by itself."""
    ann = telegram.person()
    await talk.welcome(ann)
    receipt = await talk.receives(ann)
    await talk.commands.pause_payouts(by="olena", reason="a look at the bank", wish="press/1")
    await talk.accepted(ann, receipt)
    await ann.sees(told("receipt.delayed"))
    await talk.all_told()
    assert (await talk.told(receipt))[-1].key == "receipt.delayed"


async def test_a_budget_that_is_used_up_is_told_as_a_delay(
    talk: Talk, telegram: TelegramServer
) -> None:
    """To who is accepted then, and to who was accepted just before and must wait."""
    ann = telegram.person()
    await talk.welcome(ann)
    first, second = await talk.receives(ann), await talk.receives(ann)
    payout = await talk.accepted(ann, first)
    await ann.sees(told("receipt.paying"))
    today = budget_stream(datetime.now(KYIV).date())
    limit = Policy(rules="").budget_per_day_kopecks
    (requested,) = await talk.log.store.read_stream(payout_stream(payout))
    exhausted = facts.BudgetExhausted(budget_kopecks=limit, used_kopecks=limit)
    await talk.log.store.append(
        Append(stream=today, expected=-1, events=[(new_id(), exhausted)]),
        context=Context(
            correlation_id=first, causation_id=requested.event_id, actor="handler:pay_bonus"
        ),
    )
    await talk.accepted(ann, second)
    await talk.all_told()
    keys = [(await talk.told(each))[-1].key for each in (first, second)]
    assert keys == ["receipt.delayed"] * 2


async def test_a_deleted_message_is_replaced(talk: Talk, telegram: TelegramServer) -> None:
    """Who deleted the message about a receipt gets the end in a new one."""
    ann = telegram.person()
    await talk.welcome(ann)
    receipt = await talk.receives(ann)
    await has(ann, 4)
    ann.delete_message(ann.screen[-1])
    await talk.judged(receipt, said.READ, said.rejected("too_old"))
    await ann.sees(told("receipt.rejected.too_old"))
    await talk.all_told()
    assert len(ann.screen) == 5
    assert [each.outcome for each in await talk.told(receipt)] == ["sent", "sent"]
