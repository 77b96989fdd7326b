"""What shoppers agree to and share, and that they want to be forgotten."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Literal
from uuid import uuid4

from eventstore.catalogue import ConsentGiven, ForgettingRequested, Locale, PhoneShared
from eventstore.chats import wish_id
from eventstore.identity import EventId, ShopperId, edge_event_id, sha256_of, shopper_stream
from eventstore.people import Leaving, forget_alone
from eventstore.pool import Connection
from eventstore.reasons import checked_reason
from eventstore.store import Recorded
from eventstore.vault import KeyDestroyed
from handlers.judging.terms import policy_now
from handlers.paying.phones import PhoneRefused, supported
from handlers.people.standing import Standing, Wish, add_to
from handlers.wishes import ShopperUnknown, Wishes, refused_while_leaving


class ShopperWishes(Wishes):
    """What shoppers may ask for about themselves."""

    async def give_consent(
        self,
        shopper: ShopperId,
        *,
        text_version: str,
        text: str,
        locale: Locale,
    ) -> None:
        """Record that ``shopper`` agreed to ``text``; the same text again adds nothing.

        Raises ``ForgettingUnderWay``.
        """
        consent = ConsentGiven(
            text_version=text_version, text_sha256=sha256_of(text.encode()), locale=locale
        )
        name = f"consent/{text_version}/{consent.text_sha256}/{locale}"

        async def consent_now(records: Sequence[Recorded], standing: Standing) -> Wish | None:
            again = f"/{standing.forgotten}" if standing.forgotten else ""
            event_id = edge_event_id(shopper_stream(shopper), name + again)
            known = any(record.event_id == event_id for record in records)
            return None if known else (event_id, consent)

        with refused_while_leaving():
            await add_to(self._store, shopper, consent_now)

    async def share_phone(
        self, shopper: ShopperId, phone: str, *, change_after_seconds: float = 0.0, wish: str = ""
    ) -> bool:
        """Record ``phone`` as the one to top up; return False for the number in force.

        It adds nothing, nor does a ``wish``, as in ``ask``, that comes again.

        Raises ``PhoneRefused`` for what is not a Ukrainian mobile number, for one of an operator
        that the policy does not name, or for another one than was shared less than
        ``change_after_seconds`` ago, and ``ForgettingUnderWay``.
        """
        number = supported(phone, (await policy_now(self._store)).policy.operators)
        fingerprint = await self._vault.fingerprint(number)
        heard_as, kept = wish_id(shopper, wish), False

        async def phone_now(records: Sequence[Recorded], standing: Standing) -> Wish | None:
            nonlocal kept
            kept = False
            if wish and await self._store.read_events([heard_as]):
                return None
            if await self._is_in_force(shopper, standing.phone, fingerprint):
                kept = True
                return None
            self._check_pause(records, fingerprint, seconds=change_after_seconds)
            sealed = await self._vault.seal(shopper, "phone", number.encode())
            before = sum(isinstance(record.event, PhoneShared) for record in records)
            name = f"phone/{before}/{fingerprint}"
            return (
                heard_as if wish else edge_event_id(shopper_stream(shopper), name),
                PhoneShared(phone_sealed=sealed, phone_fingerprint=fingerprint),
            )

        with refused_while_leaving():
            await add_to(self._store, shopper, phone_now)
        return not kept

    def _check_pause(
        self, records: Sequence[Recorded], fingerprint: str, *, seconds: float
    ) -> None:
        """Raise ``PhoneRefused`` if another phone was shared less than ``seconds`` ago.

        Also before a forgetting: who returns meets the same limits again.
        """
        shared = [record for record in records if isinstance(record.event, PhoneShared)]
        if not shared or shared[-1].event.phone_fingerprint == fingerprint:
            return
        if self._clock() - shared[-1].recorded_at < timedelta(seconds=seconds):
            raise PhoneRefused("too_soon")

    async def request_forgetting(
        self,
        shopper: ShopperId,
        *,
        reason: str,
        actor: Literal["operator", "shopper"] = "operator",
    ) -> None:
        """Record that ``shopper`` wants to be forgotten; a second wish adds nothing.

        ``actor`` is who tells us. Every upload that was taken is committed before, so whoever
        reacts sees them all. Raises ``ShopperUnknown``, ``ReasonTooPersonal``.
        """
        checked = checked_reason(reason)

        async def wish_now(records: Sequence[Recorded], standing: Standing) -> Wish | None:
            if not records:
                raise ShopperUnknown(shopper)
            if not standing.known:
                return None
            # Not derived: in a restored log the second wish must not look like the lost first one.
            return EventId(uuid4()), ForgettingRequested(reason=checked)

        async def alone(connection: Connection) -> None:
            await forget_alone(connection, shopper)

        with suppress(Leaving):  # it was asked for before
            await add_to(self._store, shopper, wish_now, actor=actor, also=alone)

    async def _is_in_force(
        self, shopper: ShopperId, phone: PhoneShared | None, fingerprint: str
    ) -> bool:
        """Tell whether that number is the one to top up and opens: a restored log may not know
        of a forgetting whose tombstone it obeyed.
        """
        if phone is None or phone.phone_fingerprint != fingerprint:
            return False
        try:
            await self._vault.open(shopper, "phone", phone.phone_sealed)
        except KeyDestroyed:
            return False
        return True
