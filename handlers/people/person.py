"""Everything held about one person, opened, as data the person can read."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

import msgspec

from eventstore.attachments import (
    AttachmentMissing,
    callback_key,
    certificate_key,
    own_keys,
    words_key,
)
from eventstore.catalogue import (
    CallbackReceived,
    PayoutAttempted,
    PayoutReopened,
    PayoutRequested,
    PhoneShared,
    ReceiptRead,
    ShopperForgotten,
    ShopperNotified,
    ShopperStarted,
)
from eventstore.chats import CHAT, NOTICE, NOTICES
from eventstore.identity import (
    KYIV,
    PayoutId,
    ReceiptId,
    Sha256,
    ShopperId,
    StreamName,
    allowance,
    chat_stream,
    notices_stream,
    payout_of,
    payout_stream,
    receipt_stream,
    reminder_stream,
    sha256_of,
    shopper_stream,
    work_stream,
)
from eventstore.log import Log
from eventstore.store import Recorded
from eventstore.vault import SYSTEM, KeyDestroyed
from handlers.paying.budget import stream_of, used_id
from handlers.people.mentions import Names, bookings_of, callbacks_of, marks_left_by, names_of
from handlers.people.photos import photo_format
from handlers.reactions import handlers_of
from handlers.read_receipt import evidence_in, texts_in
from handlers.wishes import CommandError, ShopperUnknown

#: Stands where something was held that is destroyed by now.
DESTROYED = "destroyed"


class PersonForgotten(CommandError):
    """There is nothing left to export."""

    def __init__(self, shopper: ShopperId, at: datetime, certificate: str) -> None:
        self.shopper = shopper
        self.at = at
        self.certificate = certificate
        super().__init__(
            f"{shopper} was forgotten at {at:%Y-%m-%d %H:%M:%S} UTC, nothing is held any more;"
            f" the certificate lies at {certificate} among the attachments"
        )


class PhotosFolderInUse(CommandError):
    """Photos go into a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(f"{folder} is not empty: name a new folder for the photos")


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """A fact about the person, with what was sealed in it."""

    seq: int | None
    at: datetime
    stream: StreamName
    type: str
    #: its fields as they stand in the log
    data: msgspec.Raw
    #: what a sealed field says, by the field's name
    opened: dict[str, Any] = {}


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """An attachment of the person's."""

    key: str
    bytes: int
    sha256: Sha256


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Everything held about a shopper."""

    shopper: ShopperId
    #: phones ever shared, the newest one last
    phones: list[str]
    receipts: list[ReceiptId]
    facts: list[Fact]
    attachments: list[Kept]


async def export_person(log: Log, shopper: ShopperId) -> Person:
    """Return everything held about ``shopper``.

    Raises ``ShopperUnknown``, ``PersonForgotten``, ``AttachmentsUnavailable``.
    """
    own = await log.store.read_stream(shopper_stream(shopper))
    _check_held(shopper, own)
    names = await names_of(log.store, shopper)
    records = [*own, *await _said(log, names), *await _records_of(log, shopper, names.receipts)]
    records += await marks_left_by(log.store, names, records)
    records += await bookings_of(log.store, names)
    records += await callbacks_of(log.store, names)
    records += await _acts_on(log, records)
    facts = [await _fact(log, shopper, record) for record in _once(records)]
    return Person(
        shopper=shopper,
        phones=[fact.opened["phone_sealed"] for fact in facts if fact.type == "PhoneShared"],
        receipts=names.receipts,
        facts=facts,
        attachments=await _kept(log, await own_keys(log.attachments, shopper)),
    )


async def write_photos(log: Log, person: Person, folder: Path) -> int:
    """Write the person's photos and previews into ``folder``; return how many there are.

    The folder appears with all of them or not at all. Raises ``PhotosFolderInUse``.
    """
    photos = [kept for kept in person.attachments if kept.key.startswith("photos/")]
    with _whole_folder(folder) as draft:
        for kept in photos:
            content = await log.attachments.get(kept.key)
            name = f"{kept.sha256}.{photo_format(content) or 'bin'}"
            (draft / name).write_bytes(content)
    return len(photos)


@contextmanager
def _whole_folder(folder: Path) -> Iterator[Path]:
    """Give a folder that takes the place of ``folder`` when everything went well."""
    if folder.exists() and any(folder.iterdir()):
        raise PhotosFolderInUse(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))  # for its owner's eyes
    try:
        yield draft
        draft.rename(folder)
    except BaseException:
        rmtree(draft)
        raise


def _check_held(shopper: ShopperId, own: Sequence[Recorded]) -> None:
    if not own:
        raise ShopperUnknown(shopper)
    last = own[-1]
    if isinstance(last.event, ShopperForgotten):
        certificate = certificate_key(shopper, last.event.key_id)
        raise PersonForgotten(shopper, last.recorded_at, certificate)


async def _said(log: Log, names: Names) -> list[Recorded]:
    """Return what the person asked and was told."""
    notices = map(notices_stream, names.receipts)
    streams = [chat_stream(names.shopper), reminder_stream(names.shopper), *notices]
    return await log.store.read_streams(streams)


async def _records_of(
    log: Log, shopper: ShopperId, receipts: Sequence[ReceiptId]
) -> list[Recorded]:
    """Return the facts of each receipt, its payout and its day, in that order."""
    records: list[Recorded] = []
    for receipt in receipts:
        story = await log.store.read_stream(receipt_stream(receipt))
        day = allowance(shopper, story[0].recorded_at.astimezone(KYIV).date())
        records += story
        records += await _paid(log, payout_of(receipt))
        records += await log.store.read_stream(day)
    return records


async def _paid(log: Log, payout: PayoutId) -> list[Recorded]:
    """Return the facts of ``payout`` and where it was counted in a day's budget."""
    records = await log.store.read_stream(payout_stream(payout))
    tried = [record.recorded_at for record in records if isinstance(record.event, PayoutAttempted)]
    # Counted a moment before it was recorded: midnight may lie between.
    moments = [each for at in tried for each in (at, at - timedelta(days=1))]
    counted = {used_id(stream_of(moment), payout) for moment in moments}
    return records + await log.store.read_events(sorted(counted))


async def _acts_on(log: Log, records: Sequence[Recorded]) -> list[Recorded]:
    """Return what operators did with work that one of ``records`` had made."""
    sealed = [(record.seq, type(record.event)) for record in records if record.seq]
    streams = [work_stream(by, seq) for seq, fact in sealed for by in (*handlers_of(fact), NOTICES)]
    return await log.store.read_streams(streams)


def _once(records: Sequence[Recorded]) -> list[Recorded]:
    """Return each fact once, in the order of the ledger; what is not sealed yet comes last."""
    each = {record.event_id: record for record in records}
    return sorted(each.values(), key=lambda record: record.position)


async def _fact(log: Log, shopper: ShopperId, record: Recorded) -> Fact:
    return Fact(
        seq=record.seq,
        at=record.recorded_at,
        stream=record.stream,
        type=record.type,
        data=msgspec.Raw(record.data.encode()),
        opened=await _opened(log, shopper, record),
    )


async def _opened(log: Log, shopper: ShopperId, record: Recorded) -> dict[str, Any]:
    match record.event:
        case (
            PhoneShared(phone_sealed=sealed)
            | PayoutRequested(phone_sealed=sealed)
            | PayoutReopened(phone_sealed=sealed)
        ):
            return {"phone_sealed": await _open(log, shopper, "phone", sealed)}
        case ShopperStarted(chat_sealed=sealed):
            return {"chat_sealed": await _open(log, shopper, CHAT, sealed)}
        case ShopperNotified(text_sealed=sealed):
            return {"text_sealed": await _open(log, shopper, NOTICE, sealed)}
        case ReceiptRead(words_sha256=digest):
            words = await _attached(log, shopper, "words", words_key(shopper, digest))
            if words == DESTROYED:
                return {"words_sha256": DESTROYED}
            return {"words_sha256": texts_in(evidence_in(words.encode()))}
        case CallbackReceived(body_fingerprint=digest):
            body = await _attached(log, SYSTEM, "callback", callback_key(digest))
            return {"body_fingerprint": body}
    return {}


async def _attached(log: Log, owner: str, field: str, key: str) -> str:
    try:
        sealed = await log.attachments.get(key)
    except AttachmentMissing:
        return DESTROYED
    return await _open(log, owner, field, sealed.decode())


async def _open(log: Log, owner: str, field: str, sealed: str) -> str:
    try:
        return (await log.vault.open(owner, field, sealed)).decode(errors="replace")
    except KeyDestroyed:
        return DESTROYED


async def _kept(log: Log, keys: Sequence[str]) -> list[Kept]:
    found: list[Kept] = []
    for key in keys:
        with suppress(AttachmentMissing):  # its 90 days were over a moment ago
            content = await log.attachments.get(key)
            found.append(Kept(key=key, bytes=len(content), sha256=sha256_of(content)))
    return found
