"""A person says, with evidence, how a payout ended that is open, or whose end is contradicted."""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Literal

from msgspec import Struct

from eventstore.attachments import AttachmentConflict, Attachments, evidence_key
from eventstore.catalogue import PayoutContradicted, PayoutResolved
from eventstore.errors import (
    EventIdReused,
    EventStoreError,
    LogUnavailable,
    WrongExpectedVersion,
)
from eventstore.identity import (
    BillId,
    PayoutId,
    Sha256,
    bill_stream,
    edge_event_id,
    payout_stream,
    sha256_of,
)
from eventstore.payments import weighs
from eventstore.store import Append, Context, EventStore, Recorded, now_utc
from eventstore.vault import Vault
from handlers.paying.bills import issued, owner_of
from handlers.paying.heard import unweighed_ok
from handlers.paying.payout_answers import after
from handlers.paying.payout_steps import (
    ANSWER_SECONDS_MAX,
    Final,
    bills_of,
    final_outcome,
    opened_at,
    owed,
    since_opened,
    under_way_since,
    understood,
    was_paid,
)

#: A scan of a statement's page, a letter, a screenshot.
EVIDENCE_BYTES_MAX = 10 * 1024 * 1024
#: Rounds of losing the end of a payout's stream to its callbacks.
RACES_MAX = 100

#: Of several bills that one payout may have had, the end must tell which was paid: only then does
#: another that is paid too contradict it.
BILL_NEEDED = "name with --bill the bill that was paid, as the evidence shows it"

_BILL = re.compile(r"[A-Za-z0-9_-]{1,64}")


class PayoutRefusal(EventStoreError):
    """A person's wish about a payout cannot become a fact; the message says what to do."""

    def __init__(self, payout: str, why: str) -> None:
        self.payout = payout
        super().__init__(f"payout {payout} {why}")


class Resolution(Struct, frozen=True, kw_only=True):
    """What a person says."""

    payout: PayoutId
    outcome: Literal["paid", "failed"]
    evidence: bytes
    #: checked by ``checked_reason``
    reason: str
    #: the one that was paid; of a failed one None means the bill that the log knows, if it is one
    bill: BillId | None = None


class Resolver:
    """Ends payouts by hand."""

    def __init__(
        self,
        *,
        store: EventStore,
        vault: Vault,
        attachments: Attachments,
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        """Append to ``store``; keep the evidence, sealed, among ``attachments``."""
        self._store = store
        self._vault = vault
        self._attachments = attachments
        self._clock = clock

    async def resolve(self, said: Resolution) -> PayoutResolved:
        """Return the fact; the same wish again is the same fact.

        The evidence is kept before the fact names it. Raises ``PayoutRefusal``,
        ``AttachmentsUnavailable``, ``LogUnavailable``.
        """
        check_form(said)
        for _ in range(RACES_MAX):
            records = await known_payout(self._store, said.payout)
            fact = resolved_by(said, records)
            event_id = edge_event_id(records[0].stream, _name(records, fact))
            if any(record.event_id == event_id and record.event == fact for record in records):
                return _still(fact, said, records)
            check_open(said, records, now=self._clock())
            appends = [after(records[-1], (event_id, fact)), *await self._issued(said, fact)]
            await self._check_heard(said, records)
            await self._keep(said, records)
            # A callback or another person came first: look again.
            with suppress(WrongExpectedVersion, EventIdReused):
                about = records[0].metadata.correlation_id
                context = Context(correlation_id=about, causation_id=None, actor="operator")
                await self._store.append(*appends, context=context)
                return fact
        raise LogUnavailable("other writers win every race for this payout; try again")

    async def _check_heard(self, said: Resolution, records: Sequence[Recorded]) -> None:
        """Raise ``PayoutRefusal`` if it is to have failed while an ok waits that may be about it:
        giving its bill to this end would take that ok from everybody's sight.
        """
        if said.outcome == "paid":
            return
        if (bill := await unweighed_ok(self._store, records, bill=said.bill)) is not None:
            raise PayoutRefusal(
                said.payout,
                f"may be paid by bill {bill}, of which a callback said ok: wait until that is"
                " applied; if it fits no payout, `payouts callbacks` shows it: say"
                " --paid with that bill if it was this payout's",
            )

    async def _issued(self, said: Resolution, fact: PayoutResolved) -> list[Append]:
        """Return what tells whose the bill is, where nothing did; raises ``PayoutRefusal``."""
        if fact.bill is None:
            return []
        owner = await owner_of(self._store, fact.bill)
        if owner is None:
            event_id = edge_event_id(bill_stream(fact.bill), "resolved")
            return [issued(fact.bill, said.payout, event_id)]
        if owner != said.payout:
            raise PayoutRefusal(
                said.payout, f"cannot have bill {fact.bill}: it belongs to payout {owner}"
            )
        return []

    async def _keep(self, said: Resolution, records: Sequence[Recorded]) -> None:
        """Keep the file, sealed for whom it is about: it goes when the shopper is forgotten.

        Of one who was forgotten nothing is kept but the file's hash.
        """
        shopper = owed([record.event for record in records]).shopper
        if await self._vault.key_id(shopper) is None:
            return
        sealed = await self._vault.seal(shopper, "evidence", said.evidence)
        with suppress(AttachmentConflict):  # sealed by an earlier call
            key = evidence_key(shopper, sha256_of(said.evidence))
            await self._attachments.put(key, sealed.encode())


def check_form(said: Resolution) -> None:
    """Raise ``PayoutRefusal`` unless evidence and bill are such, and what was paid is named."""
    if not said.evidence:
        raise PayoutRefusal(said.payout, "stays open: the evidence is empty")
    if len(said.evidence) > EVIDENCE_BYTES_MAX:
        megabytes = EVIDENCE_BYTES_MAX // 2**20
        raise PayoutRefusal(
            said.payout,
            f"stays open: the evidence is over {megabytes} MB, show the page that counts",
        )
    if said.outcome == "paid" and said.bill is None:
        raise PayoutRefusal(said.payout, f"stays open: {BILL_NEEDED}")
    if said.bill is not None and not _BILL.fullmatch(said.bill):
        raise PayoutRefusal(said.payout, "stays open: --bill is no bill id of Portmone's")


def check_open(said: Resolution, records: Sequence[Recorded], *, now: datetime) -> None:
    """Raise ``PayoutRefusal`` unless a person may say so of the payout at ``now``."""
    history = understood(records)
    payout = owed([record.event for record in records]).payout
    if history is None:
        raise PayoutRefusal(payout, "can be read by a newer release only: run this with that one")
    if (final := final_outcome(history)) is not None:
        _check_contradicted(said, records, final)
    if (since := under_way_since(records)) is not None:
        # A clock that was set back says nothing good either.
        waited = abs((now - since).total_seconds())
        if waited < ANSWER_SECONDS_MAX:
            raise PayoutRefusal(
                payout, f"may be under way: try again in {ANSWER_SECONDS_MAX - waited:.0f} s"
            )


def _check_contradicted(said: Resolution, records: Sequence[Recorded], final: Final) -> None:
    """Raise ``PayoutRefusal`` unless something contradicts the end, and this may be its answer.

    Nothing is sent by it: one that was paid stays paid, and one that failed becomes paid, or stays
    as it is; what stood behind its end keeps it from being tried again.
    """
    if was_paid(final) and said.outcome == "failed":
        raise PayoutRefusal(
            said.payout, f"has ended with {type(final).__name__}: what was paid stays paid"
        )
    odd = any(isinstance(record.event, PayoutContradicted) for record in records)
    corrects = said.outcome == "paid" and not was_paid(final) and odd
    if not corrects and not unsettled(records):
        raise PayoutRefusal(
            said.payout,
            f"has ended with {type(final).__name__} and nothing contradicts that; see"
            f" `events show payout-{said.payout}`",
        )


def unsettled(records: Sequence[Recorded]) -> bool:
    """Tell whether something contradicts the payout that no person has weighed since; pure."""
    for record in reversed(records):
        if isinstance(record.event, PayoutContradicted):
            return True
        if weighs(record):
            return False
    return False


def _still(fact: PayoutResolved, said: Resolution, records: Sequence[Recorded]) -> PayoutResolved:
    """Return the fact that stands; raises ``PayoutRefusal`` if it was contradicted since."""
    if unsettled(records):
        raise PayoutRefusal(said.payout, "was contradicted since: show evidence of after that")
    return fact


def resolved_by(said: Resolution, records: Sequence[Recorded]) -> PayoutResolved:
    """Return the fact that ``said`` makes; pure."""
    bills = bills_of(since_opened([record.event for record in records]))
    return PayoutResolved(
        outcome=said.outcome,
        bill=said.bill or (bills[0] if len(bills) == 1 else None),
        evidence_sha256=Sha256(sha256_of(said.evidence)),
        reason=said.reason,
    )


async def known_payout(store: EventStore, payout: PayoutId) -> list[Recorded]:
    """Return the payout's facts; raises ``PayoutRefusal`` when there are none."""
    records = await store.read_stream(payout_stream(payout))
    if not records:
        raise PayoutRefusal(payout, "does not exist; `payouts list` names those that do")
    return records


def _name(records: Sequence[Recorded], fact: PayoutResolved) -> str:
    """Return by what the fact is known again: it ends one opening of the payout once."""
    opening = opened_at([record.event for record in records])
    return f"resolved/{opening}/{fact.outcome}/{fact.evidence_sha256}"
