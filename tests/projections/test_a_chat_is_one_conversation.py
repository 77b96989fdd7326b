"""Chats: what a shopper did and was told, line by line, in any batch and in replay."""

import pytest

from eventstore.catalogue import (
    ConsentGiven,
    ForgettingRequested,
    LanguageChosen,
    PhoneShared,
    PhotoDeclined,
    ShopperAsked,
    ShopperStarted,
)
from eventstore.identity import ReceiptId, Sha256, ShopperId, StreamName, chat_stream
from eventstore.pool import Pool
from eventstore.store import EventStore
from projections import chats
from projections.chats import Said
from tests.projections.staff import forget, tell
from tests.projections.test_receipts_tell_their_story import ALL_AT_ONCE, project
from tests.story import a_store
from tests.web.chatting import notified
from tests.web.stories import read, tell_reading, tell_upload

SOMEBODY = ShopperId("somebody")
THEIRS = StreamName("shopper-somebody")
CHAT = chat_stream(SOMEBODY)
STARTED = ShopperStarted(chat_sealed="SEALED-CHAT", locale="uk", source="spring")
CONSENT = ConsentGiven(text_version="1", text_sha256=Sha256("00"), locale="uk")
PHONE = PhoneShared(phone_sealed="SEALED-PHONE", phone_fingerprint="FINGERPRINT")


@pytest.fixture
def store(pool: Pool) -> EventStore:
    """A log over a fresh database."""
    return a_store(pool)


async def conversation(store: EventStore, *, batch: int = ALL_AT_ONCE) -> list[Said]:
    """Return the conversation after everything was applied, ``batch`` facts at a time."""
    await project(store, batch=batch)
    return await chats.conversation(store.pool, SOMEBODY)


async def test_what_they_did_and_were_told_stands_in_order(store: EventStore) -> None:
    """Facts of several streams are one conversation; nothing sealed but notices is held."""
    await tell(store, THEIRS, STARTED, LanguageChosen(locale="en"))
    await tell(store, CHAT, notified("S1", key="welcome", message=5))
    await tell(store, THEIRS, CONSENT, PHONE)
    await tell_upload(store, "r1")
    await tell(store, CHAT, ShopperAsked(about="why", message=7, receipt=ReceiptId("r1")))
    await tell(store, CHAT, PhotoDeclined(reason="empty", message=8))
    await tell(store, THEIRS, ForgettingRequested(reason="asked"))
    await tell(store, CHAT, notified("S2", shopper="other"))
    lines = await conversation(store)
    assert [(line.type, line.about, line.receipt) for line in lines] == [
        ("ShopperStarted", "", None),
        ("LanguageChosen", "en", None),
        ("ShopperNotified", "welcome", None),
        ("ConsentGiven", "", None),
        ("PhoneShared", "", None),
        ("ReceiptUploaded", "", "r1"),
        ("ShopperAsked", "why", "r1"),
        ("ForgettingRequested", "", None),
    ]
    rows = str(await store.pool.fetch("SELECT t::text FROM chat_lines AS t"))
    assert "SEALED" not in rows
    assert "FINGERPRINT" not in rows


async def test_an_edit_replaces_what_its_message_said(store: EventStore) -> None:
    """The line stays in its place, says the newest, and counts its edits."""
    await tell(store, CHAT, notified("S1", message=5), notified("S2", message=6))
    edits = [notified(text, message=5, outcome="edited", key="paid") for text in ("S3", "S4")]
    await tell(store, CHAT, *edits, notified("S4", message=5, outcome="unchanged"))
    first, second = await conversation(store)
    assert (first.text_sealed, first.about, first.edits, first.message) == ("S4", "paid", 2, 5)
    told = (await store.read_stream(CHAT))[3]
    assert first.edited_at == told.recorded_at
    assert (second.text_sealed, second.edits, second.edited_at) == ("S2", 0, None)
    assert await chats.newest_said(store.pool, SOMEBODY) == told.seq


async def test_what_names_no_known_message_is_a_line_of_its_own(store: EventStore) -> None:
    """Sent just before a crash, or edited where the sending is not known."""
    lost = notified("S1", message=None)
    await tell(store, CHAT, lost, lost, notified("S2", message=9, outcome="edited"))
    lines = await conversation(store)
    assert [(line.text_sealed, line.message) for line in lines] == [
        ("S1", None), ("S1", None), ("S2", 9),
    ]  # fmt: skip


async def test_what_could_not_be_said_is_marked_so(store: EventStore) -> None:
    """A block while editing leaves the message as it was, and is not edited later."""
    await tell(store, CHAT, notified("S1", message=5))
    await tell(store, CHAT, notified("S2", message=5, outcome="blocked"))
    await tell(store, CHAT, notified("S3", message=5, outcome="edited"))
    await tell(store, CHAT, notified("S4", outcome="gone"))
    lines = await conversation(store)
    assert [(line.text_sealed, line.outcome) for line in lines] == [
        ("S3", "edited"), ("S2", "blocked"), ("S4", "gone"),
    ]  # fmt: skip


async def test_of_the_forgotten_nothing_is_held(store: EventStore) -> None:
    """Who returns begins a new conversation; an old message is not edited into it."""
    await tell(store, THEIRS, STARTED)
    await tell(store, CHAT, notified("S1", message=5), notified("S2", shopper="other"))
    await forget(store)
    assert await conversation(store) == []
    await tell(store, THEIRS, STARTED)
    await tell(store, CHAT, notified("S3", message=5, outcome="edited"))
    assert [line.text_sealed for line in await conversation(store)] == [None, "S3"]
    assert "S1" not in str(await store.pool.fetch("SELECT t::text FROM chat_lines AS t"))
    assert len(await chats.conversation(store.pool, ShopperId("other"))) == 1


async def test_any_batch_gives_the_same_rows(store: EventStore) -> None:
    """One fact at a time as live, or all at once as in a rebuild."""
    await tell(store, THEIRS, STARTED, CONSENT)
    await tell(store, CHAT, notified("S1", message=5))
    await tell(store, CHAT, notified("S2", message=5, outcome="edited"))
    await forget(store)
    await tell(store, CHAT, notified("S3", message=5, outcome="edited"))
    await tell(store, THEIRS, STARTED)
    await tell(store, CHAT, notified("S4", message=6), notified("S5"))
    await tell(store, CHAT, notified("S6", message=6, outcome="blocked"))
    await tell(store, CHAT, notified("S7", message=6, outcome="edited"))
    rows = "SELECT t::text FROM chat_lines AS t ORDER BY shopper, seq"
    await project(store, batch=1)
    live = await store.pool.fetch(rows)
    assert len(live) == 5
    for batch in (2, 3, 5, ALL_AT_ONCE):
        await project(store, batch=batch)
        assert await store.pool.fetch(rows) == live


async def test_a_receipt_knows_what_was_said_of_it_and_a_photo_its_picture(
    store: EventStore,
) -> None:
    """By the receipt's id, in order; the picture is there as soon as the photo was read."""
    await tell_upload(store, "r1")
    await tell(store, StreamName("notices-r1"), notified("S1", message=5, receipt="r1"))
    await tell(store, CHAT, notified("S2", message=6))
    (photo, *_) = await conversation(store)
    assert photo.preview_sha256 is None
    await tell_reading(store, "r1", read(preview=Sha256("1" * 64)))
    (photo, *_) = await conversation(store)
    assert photo.preview_sha256 == "1" * 64
    said = await chats.said_about(store.pool, ReceiptId("r1"))
    assert [line.text_sealed for line in said] == ["S1"]


async def test_only_the_newest_lines_are_asked_for(store: EventStore) -> None:
    """The earliest of them first."""
    await tell(store, CHAT, *(notified(f"S{number}") for number in range(5)))
    await project(store)
    lines = await chats.conversation(store.pool, SOMEBODY, limit=2)
    assert [line.text_sealed for line in lines] == ["S3", "S4"]
