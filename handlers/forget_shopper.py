"""ForgettingRequested -> ShopperForgotten, once what is owed is paid and all is destroyed.

The order is what makes a kill at any line harmless. The tombstone comes first: from then on
every database that ever held the key destroys it. It lists what is to be deleted, so that a
second worker knows it when half is gone. Then the key, then the attachments, then the
certificate, and only then the fact that all of it is done.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from eventstore.attachments import (
    TOMBSTONES,
    AttachmentConflict,
    Attachments,
    AttachmentsUnavailable,
    all_keys,
    certificate_key,
    own_keys,
    tombstone_key,
)
from eventstore.catalogue import (
    ForgettingRequested,
    ShopperForgotten,
)
from eventstore.chats import answer_to, now_of
from eventstore.identity import ShopperId, sha256_of
from eventstore.people import uploads_of
from eventstore.store import Append, EventStore, now_utc
from eventstore.vault import Vault
from eventstore.worklist import Work
from handlers.people.certificates import (
    Certificate,
    Destroyed,
    Tombstone,
    destroyed,
    tombstone_at,
    written,
)
from handlers.people.mentions import bodies_about
from handlers.people.under_way import under_way

log = structlog.get_logger()

#: Something is still read, decided or paid: look again after this.
OPEN_SECONDS = 5.0
#: Only a person can end it, or the attachments are away: that takes its time.
WAITING_SECONDS = 60.0
#: Where the bot is up a shopper is told within a second that this begins; nobody is kept longer
#: for the sake of it.
LAST_WORD_MAX = timedelta(seconds=30)
LAST_WORD_PAUSE_SECONDS = 0.5


class ForgetShopper:
    """Finishes what a shopper who leaves has open, then destroys what was theirs."""

    name = "forget_shopper"
    #: A few thousand attachments of a store that takes 30 ms for each.
    time_limit_seconds = 300.0

    def __init__(
        self,
        *,
        store: EventStore,
        vault: Vault,
        attachments: Attachments,
        pays: bool,
        clock: Callable[[], datetime] = now_utc,
        last_word_max: timedelta = LAST_WORD_MAX,
    ) -> None:
        """Destroy in ``vault`` and ``attachments``; ``pays`` tells whether the pay step is on.

        A last word to the shopper is waited for until ``last_word_max`` after the request.
        """
        self._store = store
        self._vault = vault
        self._attachments = attachments
        self._pays = pays
        self._clock = clock
        self._last_word_max = last_word_max

    async def handle(self, work: Work) -> None:
        """Destroy, or look again later while anything is open or the attachments are away."""
        try:
            await self._forget(work, ShopperId(work.event.stream.partition("-")[2]))
        except AttachmentsUnavailable as away:
            log.warning("shopper.forgetting_waits", error=str(away))
            await work.retry_later(WAITING_SECONDS)

    async def _forget(self, work: Work, shopper: ShopperId) -> None:
        waiting = await under_way(self._store, shopper, pays=self._pays)
        if waiting:
            log.info("shopper.still_open", shopper=shopper, open=len(waiting))
            for_people = all(each.waits == "for_a_person" for each in waiting)
            return await work.retry_later(WAITING_SECONDS if for_people else OPEN_SECONDS)
        if await self._is_being_told(work):
            return await work.retry_later(LAST_WORD_PAUSE_SECONDS)
        # The key is looked up before the stream: one of somebody who was forgotten by another
        # worker meanwhile, and returned, is younger than the fact that is found there then.
        key_id = await self._vault.key_id(shopper)
        records = await self._store.read_stream(work.event.stream)
        behind = records[work.event.version + 1 :]
        if any(isinstance(fact.event, ShopperForgotten) for fact in behind):
            return await work.finish()
        tombstone = await self._bury(work, shopper, key_id)
        await self._vault.destroy(shopper, tombstone.key_id)
        gone = await self._delete(tombstone)
        certificate = await self._certify(work, tombstone, gone)
        forgotten = ShopperForgotten(
            key_id=tombstone.key_id,
            attachments=len(gone),
            certificate_sha256=sha256_of(certificate),
        )
        log.info("shopper.forgotten", shopper=shopper, attachments=len(gone))
        fact = work.fact(forgotten, ordinal=0)
        stream, expected = work.event.stream, records[-1].version
        return await work.finish(Append(stream=stream, expected=expected, events=[fact]))

    async def _is_being_told(self, work: Work) -> bool:
        """Tell whether the last word to a shopper with a chat is still to be said.

        It is said in the shopper's own language and chat, which the key opens.
        """
        if self._clock() - work.event.recorded_at >= self._last_word_max:
            return False
        told = await self._store.read_stream(work.event.stream)
        if now_of([fact.event for fact in told]).chat_sealed is None:
            return False
        return not await self._store.read_events([answer_to(work.event.event_id)])

    async def _bury(self, work: Work, shopper: ShopperId, key_id: str | None) -> Tombstone:
        """Return the tombstone of this request, written now unless it stands already.

        Without a key and a tombstone nothing was ever sealed for the shopper: the tombstone
        then bears the request's id.
        """
        for key in await all_keys(self._attachments, f"{TOMBSTONES}/{shopper}"):
            standing = await tombstone_at(self._attachments, key)
            if standing.request == work.event.event_id:
                return standing
        tombstone = Tombstone(
            shopper=shopper,
            key_id=key_id or work.event.event_id.hex,
            request=work.event.event_id,
            written_at=self._clock(),
            attachments=await self._attachments_of(shopper),
        )
        key = tombstone_key(shopper, tombstone.key_id)
        try:
            await self._attachments.put(key, written(tombstone))
        except AttachmentConflict:  # another worker's, or one from before a restore: it counts
            return await tombstone_at(self._attachments, key)
        return tombstone

    async def _attachments_of(self, shopper: ShopperId) -> list[str]:
        """Return the keys of all that is the shopper's: own folders, and callbacks about them."""
        own = await own_keys(self._attachments, shopper)
        return [*own, *await bodies_about(self._store, shopper)]

    async def _delete(self, tombstone: Tombstone) -> list[Destroyed]:
        """Delete what the tombstone lists and what came since; return all of it."""
        late = await own_keys(self._attachments, tombstone.shopper)
        keys = list(dict.fromkeys([*tombstone.attachments, *late]))
        for key in keys:
            await self._attachments.delete(key)
        return [destroyed(key) for key in keys]

    async def _certify(self, work: Work, tombstone: Tombstone, gone: list[Destroyed]) -> bytes:
        """Return the certificate, written now unless another worker wrote it."""
        request: ForgettingRequested = work.event.event
        certificate = Certificate(
            shopper=tombstone.shopper,
            key_id=tombstone.key_id,
            request=work.event.event_id,
            request_seq=work.seq,
            requested_at=work.event.recorded_at,
            reason=request.reason,
            destroyed_at=self._clock(),
            receipts=len(await uploads_of(self._store, tombstone.shopper)),
            attachments=gone,
        )
        key = certificate_key(tombstone.shopper, tombstone.key_id)
        with suppress(AttachmentConflict):
            await self._attachments.put(key, written(certificate))
        return await self._attachments.get(key)
