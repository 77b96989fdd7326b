"""With what a fact is answered: ``telling`` says it, here is what that is told from."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct

from bot.concerns import ALERTS, Concern
from bot.figures import budget_left, figures_now
from bot.messenger import NotNow
from bot.words import telling, telling_receipts, telling_staff
from bot.words.notice import Notice
from eventstore import catalogue as facts
from eventstore.chats import last_forgetting, now_of, since_forgotten
from eventstore.daytime import by_day
from eventstore.holding import standing_holds
from eventstore.identity import (
    PAYOUTS_SWITCH,
    POLICY_STREAM,
    ReceiptId,
    ShopperId,
    StreamName,
    chat_stream,
    payout_of,
    payout_stream,
    receipt_stream,
)
from eventstore.people import uploads_since
from eventstore.policy import Policy
from eventstore.store import EventStore, Recorded, now_utc
from eventstore.vault import KeyDestroyed, Vault
from handlers.commands import console_link
from projections import receipts

#: The field of ``StaffInvited.token_sealed`` in the vault.
INVITATION = "invitation"
#: A reminder that waited longer, while nobody could be told anything, surprises more than it helps.
REMINDER_LATE_MAX = timedelta(days=1)
#: Before the first receipt of anybody.
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class Settings(Struct, frozen=True, kw_only=True):
    """What the environment decides about what is said."""

    #: the pay step is on: a bill is not where a payout rests
    pays: bool = True
    #: of the web, "" where it is not known
    public_url: str = ""
    privacy_url: str = ""
    #: where people answer
    support: str = ""


class Answers:
    """Finds what to say."""

    def __init__(
        self,
        *,
        store: EventStore,
        vault: Vault,
        settings: Settings,
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        self._store = store
        self._vault = vault
        self._settings = settings
        self._clock = clock

    async def to(
        self, fact: Recorded, concern: Concern, *, own: Sequence[Recorded]
    ) -> Notice | None:
        """Return what to say to ``concern`` now, whose ``own`` facts these are; None: nothing."""
        event = fact.event
        if concern.receipt is not None:
            return await self._about_receipt(concern.receipt)
        if concern.as_staff:
            return await self._to_staff(fact)
        now = await self._now(concern.shopper, own)
        if isinstance(event, facts.ShopperAsked):
            return await self._answer(event, concern.shopper, now, own)
        if isinstance(event, facts.ReminderDue):
            return telling.reminder(now) if await self._is_wanted(fact, concern, own) else None
        return _OWN[type(event)](event, now)

    async def _is_wanted(self, due: Recorded, concern: Concern, own: Sequence[Recorded]) -> bool:
        """Tell whether a reminder that may have waited is still one; raises ``NotNow`` at night."""
        now, end = self._clock(), last_forgetting(own)
        if (
            now - due.recorded_at > REMINDER_LATE_MAX
            or now_of([each.event for each in own]).leaving
        ):
            return False
        if await uploads_since(self._store, concern.shopper, _since(end)) > 0:
            return False
        if (day := by_day(now)) > now:
            raise NotNow((day - now).total_seconds(), "nobody is disturbed at night")
        return True

    async def _about_receipt(self, receipt: ReceiptId) -> Notice:
        streams = (receipt_stream(receipt), payout_stream(payout_of(receipt)), PAYOUTS_SWITCH)
        story, payout, switch = await self._events_of(*streams)
        return telling_receipts.about_receipt(
            story,
            payout,
            held=bool(standing_holds(switch)) or await self._is_over_budget(story, payout),
            pays=self._settings.pays,
            phone=await self._recipient(payout),
        )

    async def _answer(
        self,
        asked: facts.ShopperAsked,
        shopper: ShopperId,
        now: telling.Now,
        own: Sequence[Recorded],
    ) -> Notice | None:
        about = asked.about
        match about:
            case "photo":
                return telling.how_to_photograph()
            case "history":
                return await self._history(shopper, last_forgetting(own))
            case "why":
                return await self._why(asked.receipt, now) if asked.receipt else None
            case "status":
                return telling_staff.status(await figures_now(self._store, at=self._clock()))
            case "pause_payouts":
                return telling_staff.payouts_paused(already=False)
            case "console":
                return telling_staff.console_missing()
            case "acknowledged":
                return await self._seen(asked, shopper)
        return telling.answer_to(about, now)

    async def _seen(self, asked: facts.ShopperAsked, staff: ShopperId) -> Notice | None:
        """Return the alert under which "seen" was pressed, as one that was seen."""
        for told in reversed(await self._events(chat_stream(staff))):
            if isinstance(told, facts.ShopperNotified) and told.message == asked.message:
                return telling_staff.acknowledged(told)
        return None

    async def _history(self, shopper: ShopperId, end: Recorded | None) -> Notice:
        since = _since(end)
        newest = await receipts.receipts_of(
            self._store.pool, shopper, limit=telling_receipts.HISTORY_MAX
        )
        past = [
            telling_receipts.Past(
                receipt=each.receipt, uploaded_at=each.uploaded_at, state=each.state
            )
            for each in newest
            if each.uploaded_at > since
        ]
        total = await uploads_since(self._store, shopper, since)
        return telling_receipts.history(past, total=total)

    async def _why(self, receipt: ReceiptId, now: telling.Now) -> Notice:
        streams = (receipt_stream(receipt), payout_stream(payout_of(receipt)), PAYOUTS_SWITCH)
        story, payout, switch = await self._events_of(*streams)
        return telling_receipts.why(
            story,
            payout,
            held=bool(standing_holds(switch)),
            policy=now.policy,
            pays=self._settings.pays,
        )

    async def _is_over_budget(
        self, story: Sequence[facts.Event], payout: Sequence[facts.Event]
    ) -> bool:
        """Tell whether a bonus that was not asked for yet must wait for a new day."""
        if any(isinstance(event, facts.PayoutAttempted) for event in payout):
            return False  # it is counted
        granted = [event for event in story if isinstance(event, facts.ReceiptAccepted)]
        if not granted:
            return False
        return granted[-1].amount_kopecks > await budget_left(self._store, at=self._clock())

    async def _to_staff(self, fact: Recorded) -> Notice | None:
        event = fact.event
        if isinstance(event, facts.PayoutsHeld) and await self._is_released(fact):
            return None
        if isinstance(event, ALERTS):
            return telling_staff.alert(event, stream=fact.stream, event_id=fact.event_id)
        assert isinstance(event, facts.StaffInvited), "nothing else concerns staff"
        if event.until <= self._clock():
            return telling_staff.invitation_over()
        try:
            token = await self._vault.open(event.staff, INVITATION, event.token_sealed)
        except KeyDestroyed:
            return None
        address = console_link(self._settings.public_url, token.decode())
        return telling_staff.invitation(address, event.until)

    async def _now(self, shopper: ShopperId, own: Sequence[Recorded]) -> telling.Now:
        counts = since_forgotten([fact.event for fact in own])
        phones = [event for event in counts if isinstance(event, facts.PhoneShared)]
        phone = await self._opened(shopper, phones[-1].phone_sealed) if phones else ""
        return telling.Now(
            consented=any(isinstance(event, facts.ConsentGiven) for event in counts),
            phone=phone,
            pays=self._settings.pays,
            policy=await self._policy(),
            privacy_url=self._settings.privacy_url,
            support=self._settings.support,
        )

    async def _recipient(self, payout: Sequence[facts.Event]) -> str:
        """Return the phone that a payout goes to, "" when there is none or it opens no more."""
        asked = [event for event in payout if isinstance(event, facts.PayoutRequested)]
        opens = facts.PayoutRequested | facts.PayoutReopened
        sealed = [event.phone_sealed for event in payout if isinstance(event, opens)]
        return await self._opened(asked[0].shopper, sealed[-1]) if asked else ""

    async def _opened(self, shopper: ShopperId, sealed: str) -> str:
        try:
            return (await self._vault.open(shopper, "phone", sealed)).decode()
        except KeyDestroyed:
            return ""

    async def _policy(self) -> Policy:
        last = (await self._store.read_lasts([POLICY_STREAM])).get(POLICY_STREAM)
        return last.event.policy if last and last.event else Policy(rules="built in")

    async def _is_released(self, held: Recorded) -> bool:
        """Tell whether a hold is no news any more: a person let money go behind it."""
        behind = await self._store.read_stream(held.stream, after=held.version)
        return any(isinstance(fact.event, facts.PayoutsReleased) for fact in behind)

    async def _events(self, stream: StreamName) -> list[facts.Event]:
        facts_there = await self._store.read_stream(stream)
        return [fact.event for fact in facts_there if fact.event is not None]

    async def _events_of(self, *streams: StreamName) -> list[list[facts.Event]]:
        """Return the facts of each of ``streams``, in one look."""
        there = await self._store.read_streams(streams)
        return [
            [fact.event for fact in there if fact.stream == stream and fact.event is not None]
            for stream in streams
        ]


def _since(end: Recorded | None) -> datetime:
    """Return the moment since which a shopper's receipts count, by their last forgetting."""
    return end.recorded_at if end else LONG_AGO


def _operator(now: telling.Now) -> str:
    """Return the operator of a phone by the policy's prefixes, the first guess."""
    prefix = now.phone[3:5]
    return next((each.name for each in now.policy.operators if prefix in each.prefixes), "")


def _saved(now: telling.Now) -> Notice | None:
    """Return that a phone was saved; None when it opens no more."""
    return telling.phone_saved(now.phone, _operator(now)) if now.phone else None


#: What follows on a fact of a shopper's own.
_OWN: dict[type[facts.Event], Callable[[Any, telling.Now], Notice | None]] = {
    facts.ShopperStarted: lambda _, now: telling.answer_to("start", now),
    facts.LanguageChosen: lambda _, now: telling.language_chosen(now),
    facts.ConsentGiven: lambda _, now: telling.agreed(now),
    facts.PhoneShared: lambda _, now: _saved(now),
    facts.ForgettingRequested: lambda _, __: telling.forgetting_begun(),
    facts.PhotoDeclined: telling.photo_declined,
    facts.ContactDeclined: lambda fact, _: telling.contact_declined(fact),
}
