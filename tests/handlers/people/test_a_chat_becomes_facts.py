"""What is said to the bot becomes a fact once, and says how far a shopper has come."""

import asyncio
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest

from eventstore.attachments import tombstone_key
from eventstore.catalogue import (
    ContactDeclined,
    ForgettingRequested,
    PayoutsHeld,
    PayoutsReleased,
    PhotoDeclined,
    ShopperAsked,
    ShopperStarted,
)
from eventstore.chats import Chat, ShopperNow, chat_of, wish_id
from eventstore.identity import (
    PAYOUTS_SWITCH,
    EventId,
    ReceiptId,
    ShopperId,
    chat_stream,
    shopper_stream,
)
from eventstore.pool import Pool
from eventstore.reasons import ReasonTooPersonal
from eventstore.vault import KeyDestroyed
from handlers.commands import ForgettingUnderWay, ReceiptNotTheirs, WrittenBeforeForgetting
from handlers.people.certificates import Tombstone, written
from tests.handlers.people.leaving import PHONE, Office
from tests.story import CONTEXT, append_of, facts

ANN = ShopperId("ann")


@pytest.fixture
def office(pool: Pool, tmp_path: Path) -> Office:
    """Where people write to."""
    return Office(pool=pool, folder=tmp_path / "attachments")


async def starts(office: Office) -> list[ShopperStarted]:
    """Return how often Ann started."""
    told = await facts(office.store, shopper_stream(ANN))
    return [fact for fact in told if isinstance(fact, ShopperStarted)]


async def test_a_start_is_recorded_once(office: Office) -> None:
    """However often it is pressed, and at once: language and campaign are the first ones."""
    await asyncio.gather(*(office.start(ANN, locale="ru", source="june_26") for _ in range(8)))
    await office.start(ANN, locale="en", source="other")
    (started,) = await starts(office)
    assert (started.locale, started.source) == ("ru", "june_26")
    chat = await chat_of(office.vault, ANN, started.chat_sealed)
    assert chat == Chat(user_id=7001, access_hash=91)


async def test_a_new_bot_is_told_how_to_write_to_them(office: Office) -> None:
    """Another access hash counts from then on; the language they chose stays."""
    await office.start(ANN)
    await office.commands.choose_language(ANN, "en")
    for _ in range(2):
        await office.start(ANN, access_hash=92)
    assert len(await starts(office)) == 2
    now = await office.commands.shopper_now(ANN)
    assert now.locale == "en"
    assert now.chat_sealed is not None
    assert (await chat_of(office.vault, ANN, now.chat_sealed)).access_hash == 92


@pytest.mark.parametrize(
    "source", ["a b", "x" * 65, "ю", "a;b", "a\n", "380671234567", "t-067_123-45-67"]
)
async def test_a_campaign_no_link_of_ours_names_counts_as_none(office: Office, source: str) -> None:
    """Anybody may write anything behind /start; it does not stand in the log."""
    await office.start(ANN, source=source)
    (started,) = await starts(office)
    assert started.source == ""


async def test_how_far_a_shopper_has_come(office: Office) -> None:
    """Stranger, started, agreed, phone given, leaving, gone, and back."""
    seen: list[ShopperNow] = []

    async def look() -> None:
        seen.append(await office.commands.shopper_now(ANN))

    await look()
    await office.start(ANN, locale="ru")
    await look()
    await office.commands.give_consent(ANN, text_version="1", text="yes", locale="en")
    await look()
    await office.commands.share_phone(ANN, PHONE)
    await look()
    await office.commands.request_forgetting(ANN, reason="/delete_me", actor="shopper")
    await look()
    await office.work_off(office.forgetter())
    await look()
    await office.start(ANN, locale="uk")
    await look()
    flags = [(n.started, n.consented, n.phone, n.leaving, n.gone) for n in seen]
    assert flags == [
        (False, False, False, False, False),
        (True, False, False, False, False),
        (True, True, False, False, False),
        (True, True, True, False, False),
        (True, True, True, True, True),
        (False, False, False, False, True),
        (True, False, False, False, False),
    ]
    assert [now.locale for now in seen] == ["uk", "ru", "en", "en", "en", "uk", "uk"]
    assert [now.chat_sealed is None for now in seen] == [True, *[False] * 4, True, False]


async def test_a_chat_of_who_is_forgotten_opens_no_more(office: Office) -> None:
    """Until then it does; who comes back begins anew, by the same account."""
    await office.start(ANN)
    (first,) = await starts(office)
    await office.commands.request_forgetting(ANN, reason="/delete_me", actor="shopper")
    with pytest.raises(ForgettingUnderWay):
        await office.start(ANN, access_hash=92)
    with pytest.raises(ForgettingUnderWay):
        await office.commands.choose_language(ANN, "en")
    await office.work_off(office.forgetter())
    with pytest.raises(KeyDestroyed):
        await chat_of(office.vault, ANN, first.chat_sealed)
    assert await office.vault.key_id(ANN) is None
    await office.start(ANN)
    _, second = await starts(office)
    assert (await chat_of(office.vault, ANN, second.chat_sealed)).user_id == 7001


async def test_a_log_that_lost_a_forgetting_keeps_nobodys_old_chat(office: Office) -> None:
    """What does not open is no chat: the next word of theirs is a start."""
    await office.start(ANN)
    key_id = await office.vault.key_id(ANN)
    assert key_id is not None
    await office.vault.destroy(ANN, key_id)
    await office.start(ANN)
    assert len(await starts(office)) == 2


async def test_a_log_that_lost_a_forgetting_lets_nobody_begin_by_an_old_word(
    office: Office,
) -> None:
    """The tombstone says when it was; a word of that second or later is a new one."""
    at = office.now.replace(microsecond=0)
    lost = Tombstone(
        shopper=ANN,
        key_id="gone",
        request=EventId(uuid4()),
        written_at=at.replace(microsecond=700_000),
        attachments=[],
    )
    await office.attachments.put(tombstone_key(ANN, "gone"), written(lost))
    with pytest.raises(WrittenBeforeForgetting):
        await office.start(ANN, written_at=at - timedelta(seconds=1))
    assert await starts(office) == []
    await office.start(ANN, written_at=at)
    assert len(await starts(office)) == 1


async def test_what_began_is_heard_once(office: Office) -> None:
    """The same message again neither begins nor asks, also behind one from another bot."""
    for hash_, wish in ((91, "message/7/1"), (92, "message/8/1"), (91, "message/7/1")):
        await office.start(ANN, access_hash=hash_, wish=wish)
        await office.commands.ask(ANN, "not_understood", message=1, wish=wish)
    assert len(await starts(office)) == 2
    assert await facts(office.store, chat_stream(ANN)) == []
    begun_by = (await office.commands.shopper_now(ANN)).begun_by
    assert begun_by == {wish_id(ANN, "message/7/1"), wish_id(ANN, "message/8/1")}


async def test_whose_key_is_destroyed_is_gone_whatever_the_log_says(office: Office) -> None:
    """A restored log says that they are here; nothing is to be taken from them."""
    await office.start(ANN)
    await office.vault.destroy(ANN, str(await office.vault.key_id(ANN)))
    now = await office.commands.shopper_now(ANN)
    assert (now.started, now.gone) == (False, True)


async def test_what_is_asked_is_heard_once(office: Office) -> None:
    """The same message again adds nothing, whatever is made of it; another one does."""
    for about in ("help", "help", "history"):
        await office.commands.ask(ANN, about, message=17, wish="message/17")
    await office.commands.decline_photo(ANN, "too_many", message=17, wish="message/17")
    await office.commands.decline_photo(ANN, "not_an_image", message=18, wish="message/18")
    await office.commands.decline_contact(ANN, "not_own", message=19, wish="message/19")
    assert await facts(office.store, chat_stream(ANN)) == [
        ShopperAsked(about="help", message=17),
        PhotoDeclined(reason="not_an_image", message=18),
        ContactDeclined(reason="not_own", message=19),
    ]


async def test_nobody_is_told_of_anothers_receipt(office: Office) -> None:
    """Why is answered to whoever sent it; a made-up receipt is nobody's."""
    receipt = await office.send(await office.arrive("ann"))
    await office.arrive("bob")
    await office.commands.ask(ANN, "why", message=1, wish="press/1", receipt=receipt)
    for who, what in ((ShopperId("bob"), receipt), (ANN, ReceiptId("made-up"))):
        with pytest.raises(ReceiptNotTheirs):
            await office.commands.ask(who, "why", message=2, wish="press/2", receipt=what)
    (asked,) = await facts(office.store, chat_stream(ANN))
    assert asked == ShopperAsked(about="why", message=1, receipt=receipt)
    assert await facts(office.store, chat_stream(ShopperId("bob"))) == []


async def test_who_is_leaving_may_still_ask(office: Office) -> None:
    """They are told that they are leaving; nothing personal is kept of it."""
    await office.start(ANN)
    await office.commands.request_forgetting(ANN, reason="/delete_me", actor="shopper")
    await office.commands.ask(ANN, "leaving", message=5, wish="message/5")
    await office.commands.decline_photo(ANN, "forgetting", message=6, wish="message/6")
    await office.work_off(office.forgetter())
    await office.commands.ask(ANN, "help", message=7, wish="message/7")
    assert len(await facts(office.store, chat_stream(ANN))) == 3
    assert await office.vault.key_id(ANN) is None


async def test_a_wish_to_be_forgotten_says_who_told_us(office: Office) -> None:
    """An operator by letter, or the shopper in the chat; a phone in the reason is refused."""
    for name in ("ann", "bob"):
        await office.start(ShopperId(name))
        with pytest.raises(ReasonTooPersonal):
            await office.commands.request_forgetting(ShopperId(name), reason=PHONE)
    await office.commands.request_forgetting(ANN, reason="/delete_me", actor="shopper")
    await office.commands.request_forgetting(ShopperId("bob"), reason="by letter")
    told = await office.store.read_streams([shopper_stream(ANN), shopper_stream(ShopperId("bob"))])
    wishes = [fact for fact in told if isinstance(fact.event, ForgettingRequested)]
    assert [fact.metadata.actor for fact in wishes] == ["shopper", "operator"]


async def test_staff_pause_money_from_the_chat(office: Office) -> None:
    """Once, with the name of who did it; a number in the reason is refused."""
    with pytest.raises(ReasonTooPersonal):
        await office.commands.pause_payouts(by="olena", reason=f"see {PHONE}", wish="press/1")
    pause = partial(office.commands.pause_payouts, by="olena", reason="odd")
    paused = [await pause(wish=wish) for wish in ("press/1", "press/1", "press/2")]
    assert paused == [True, True, False]
    (held,) = await office.store.read_stream(PAYOUTS_SWITCH)
    assert held.event == PayoutsHeld(cause="paused", checkpoint_size=None, reason="odd")
    assert held.metadata.actor == "staff:olena"


async def test_a_pause_that_comes_again_pauses_nothing(office: Office) -> None:
    """Its message was read again after a person had let money go; another message does."""
    pause = partial(office.commands.pause_payouts, by="olena", reason="odd")
    await pause(wish="message/1/7")
    released = append_of(
        PAYOUTS_SWITCH, PayoutsReleased(reason="fine", evidence_sha256=None), expected=0
    )
    await office.store.append(released, context=CONTEXT)
    await pause(wish="message/1/7")
    assert len(await office.store.read_stream(PAYOUTS_SWITCH)) == 2
    await pause(wish="message/1/8")
    assert len(await office.store.read_stream(PAYOUTS_SWITCH)) == 3


async def test_no_telegram_id_stands_in_the_log_in_clear(pool: Pool, office: Office) -> None:
    """Neither in facts nor in their metadata."""
    await office.start(ANN, user_id=777_000_123, access_hash=-4_242_424_242)
    await office.commands.ask(ANN, "help", message=17, wish="message/17")
    everything = await pool.fetchval(
        "SELECT string_agg(stream || type || data::text || metadata::text, ' ') FROM events"
    )
    assert "777000123" not in everything
    assert "4242424242" not in everything
