"""What the log knows besides a receipt's own story: who holds its claims, what came before. Pure.

Live decisions hand over the facts of these streams as they are, "what if" as they would be.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from msgspec import Struct

from eventstore.catalogue import (
    AllowanceUsed,
    ClaimReleased,
    ClaimTaken,
    Event,
    LookTaken,
    PhoneShared,
    PhotoSeen,
    ReceiptRead,
    ReceiptUploaded,
)
from eventstore.claims import (
    allowance_of,
    claims_of,
    former_papers_of,
    look_of,
    papers_about,
)
from eventstore.identity import (
    KYIV,
    ReceiptId,
    StreamName,
    allowance,
    bookings_stream,
    payout_bookings_stream,
    payout_of,
    photo_stream,
)
from eventstore.policy import Limits
from eventstore.store import Recorded
from handlers.judging.looks import look_distance
from handlers.rules import is_number_known

#: Days on which a repeated total is remarkable, that of the upload included.
SAME_TOTAL_DAYS = 7

#: Facts of streams in their order; None is one that only a newer release can read.
Facts = Mapping[StreamName, Sequence[Event | None]]


class Streams(Struct, frozen=True, kw_only=True):
    """Where stands what a decision rests on; None where the reading lacks the fields."""

    fiscal: StreamName | None
    #: of the reading and of each correction: a slip of a reviewer's must not make the paper new
    papers: tuple[StreamName, ...]
    #: where older releases took the same claim; looked at, and let go, never taken
    former: tuple[StreamName, ...]
    looks: tuple[StreamName, ...]
    photo: StreamName
    #: the shopper's allowance on the day of the upload
    day: StreamName
    #: that of ``SAME_TOTAL_DAYS``, this day first
    week: tuple[StreamName, ...]

    @property
    def all(self) -> list[StreamName]:
        """Every one of them, once."""
        return [*self.claims, *self.former, *self.looks, self.photo, *self.week]

    @property
    def claims(self) -> list[StreamName]:
        """What an accepted receipt holds; without one nothing keeps its paper from coming again."""
        return [*([self.fiscal] if self.fiscal else []), *self.papers]


def streams_of(uploaded: Recorded, readings: Sequence[ReceiptRead]) -> Streams:
    """Return where to look for a receipt that was ``uploaded``; the last of ``readings`` counts,
    those before it are what reviewers corrected.
    """
    event: ReceiptUploaded = uploaded.event
    fiscal, _ = claims_of(readings[-1])
    papers = [paper for _, paper in map(claims_of, readings) if paper]
    if not is_number_known(readings[-1]):
        papers += [near for reading in readings for near in papers_about(reading)]
    former = dict.fromkeys(old for reading in readings for old in former_papers_of(reading))
    looks = (stream for stream in map(look_of, readings) if stream)
    day = uploaded.recorded_at.astimezone(KYIV).date()
    before = (day - timedelta(days=days) for days in range(1, SAME_TOTAL_DAYS))
    return Streams(
        fiscal=fiscal,
        papers=tuple(dict.fromkeys(papers)),
        former=tuple(old for old in former if old not in papers),
        looks=tuple(dict.fromkeys(looks)),
        photo=photo_stream(event.photo_sha256),
        day=(today := allowance_of(event, uploaded.recorded_at)),
        week=(today, *(allowance(event.shopper, each) for each in before)),
    )


class Circumstances(Struct, frozen=True, kw_only=True):
    """What those streams say to one receipt; others are other receipts than that."""

    #: who holds the claims, None also where there can be none
    fiscal_holder: ReceiptId | None = None
    paper_holder: ReceiptId | None = None
    #: others of this shopper accepted on the day of the upload
    accepted_today: int = 0
    #: others of this shopper accepted within a week with the very same total
    same_totals: int = 0
    #: another of the register that was accepted and looks alike
    looks_like: ReceiptId | None = None
    #: another that came as the very same photo and was accepted
    photo_used_by: ReceiptId | None = None
    #: whether the very same photo came from another shopper before
    photo_of_another: bool = False
    #: other shoppers to whom a bonus was owed on the phone to top up
    phone_shoppers: int = 0


def circumstances(
    uploaded: ReceiptUploaded,
    reading: ReceiptRead,
    streams: Streams,
    facts: Facts,
    *,
    limits: Limits,
    granted: Iterable[ReceiptId] = (),
    phone_shoppers: int = 0,
) -> Circumstances:
    """Return what ``facts`` of ``streams`` say; ``granted`` are accepted ones of ``twins``."""
    own = uploaded.receipt
    photo = _in(facts, streams.photo)
    accepted = set(granted)
    used = (twin.receipt for twin in twins(uploaded, photo) if twin.receipt in accepted)
    return Circumstances(
        fiscal_holder=_first_other([holders_in(_in(facts, streams.fiscal))], own),
        paper_holder=_first_other(
            [holders_in(_in(facts, paper)) for paper in (*streams.papers, *streams.former)], own
        ),
        accepted_today=len(_used(_in(facts, streams.day)).keys() - {own}),
        same_totals=_same_totals(own, reading, streams, facts),
        looks_like=_looks_like(own, reading, streams, facts, limits),
        photo_used_by=next(used, None),
        photo_of_another=_was_anothers(uploaded, photo),
        phone_shoppers=phone_shoppers,
    )


def holders_in(facts: Sequence[Event | None]) -> list[ReceiptId]:
    """Return the receipts that hold a claim with these facts, the first one first.

    More than one holds a paper's only where a person said that they are two papers.
    """
    holders: dict[ReceiptId, None] = {}
    for fact in facts:
        if isinstance(fact, ClaimTaken | LookTaken):
            holders[fact.receipt] = None
        elif isinstance(fact, ClaimReleased):
            holders.pop(fact.receipt, None)
    return list(holders)


def twins(uploaded: ReceiptUploaded, facts: Sequence[Event | None]) -> list[PhotoSeen]:
    """Return the others that came as the very same photo, in their order."""
    seen = [fact for fact in facts if isinstance(fact, PhotoSeen)]
    return [fact for fact in seen if fact.receipt != uploaded.receipt]


def _was_anothers(uploaded: ReceiptUploaded, facts: Sequence[Event | None]) -> bool:
    """Tell whether another shopper sent the very same photo before."""
    for fact in facts:
        if isinstance(fact, PhotoSeen):
            if fact.receipt == uploaded.receipt:
                return False
            if fact.shopper != uploaded.shopper:
                return True
    return False


def _in(facts: Facts, stream: StreamName | None) -> Sequence[Event | None]:
    return facts.get(stream, ()) if stream else ()


def _first_other(claims: Sequence[Sequence[ReceiptId]], own: ReceiptId) -> ReceiptId | None:
    """Return the first holder of a claim but the receipt itself, None when there is none."""
    return next((holder for held in claims for holder in held if holder != own), None)


def _used(facts: Sequence[Event | None]) -> dict[ReceiptId, AllowanceUsed]:
    used: dict[ReceiptId, AllowanceUsed] = {}
    for fact in facts:
        if isinstance(fact, AllowanceUsed):
            used[fact.receipt] = fact
        elif isinstance(fact, ClaimReleased):
            used.pop(fact.receipt, None)
    return used


def _same_totals(own: ReceiptId, reading: ReceiptRead, streams: Streams, facts: Facts) -> int:
    if reading.total_kopecks is None:
        return 0
    used = {key: one for day in streams.week for key, one in _used(_in(facts, day)).items()}
    return sum(
        receipt != own and one.total_kopecks == reading.total_kopecks
        for receipt, one in used.items()
    )


def _looks_like(
    own: ReceiptId, reading: ReceiptRead, streams: Streams, facts: Facts, limits: Limits
) -> ReceiptId | None:
    for stream in streams.looks if reading.look is not None else ():
        told = _in(facts, stream)
        standing = set(holders_in(told)) - {own}
        for fact in told:
            if isinstance(fact, LookTaken) and fact.receipt in standing:
                assert reading.look is not None, "else there is nowhere to look"
                if look_distance(fact.look, reading.look) <= limits.look_bits_max:
                    return fact.receipt
    return None


def bookings_of(receipt: ReceiptId, told: Sequence[Recorded]) -> set[StreamName]:
    """Return where lost bookings stand that name the receipt's payout, or one of the phones
    that the shopper's facts tell: the bonus may have gone to an older one, or to one that the
    log has lost as well.
    """
    phones = (fact.event for fact in told if isinstance(fact.event, PhoneShared))
    by_phone = {bookings_stream(phone.phone_fingerprint) for phone in phones}
    return by_phone | {payout_bookings_stream(payout_of(receipt))}


def bought_on(reading: ReceiptRead, uploaded: Recorded) -> date:
    """Return the Kyiv day whose goods count; without a date that of the upload."""
    return (reading.purchased_at or uploaded.recorded_at).astimezone(KYIV).date()
