"""Staff sign in by a link from the bot: it opens once, for minutes, and makes a browser theirs.

The link's secret and the browser's stand nowhere in clear: streams are named by their hashes, and
the link's is sealed for the member of staff whom the bot sends it to.
"""

import secrets
from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

from eventstore.catalogue import (
    InvitationUsed,
    StaffInvited,
    StaffSignedIn,
    StaffSignedOut,
)
from eventstore.errors import EventIdReused, WrongExpectedVersion
from eventstore.identity import (
    EventId,
    ShopperId,
    StreamName,
    edge_event_id,
    invitation_stream,
    session_stream,
)
from eventstore.store import NO_STREAM, Append
from handlers.wishes import CommandError, Wishes, context_of

#: Nobody guesses 256 bits.
SECRET_BYTES = 32
#: A link is pressed at once or was not wanted; a forgotten one must not open anything.
INVITATION_LASTS = timedelta(minutes=10)
#: A working day: whoever comes back tomorrow asks the bot again.
SESSION_LASTS = timedelta(hours=12)
#: Where a link leads; the secret comes behind it.
ENTRANCE = "/console/enter/"


class InvitationRefused(CommandError):
    """A link signs nobody in; send /console to the bot for a new one."""


class InvitationUnknown(InvitationRefused):
    """Nobody made this link."""

    def __init__(self) -> None:
        super().__init__("no such link was made: send /console to the bot for a new one")


class InvitationExpired(InvitationRefused):
    """The link was not used in time."""

    def __init__(self) -> None:
        super().__init__("this link is too old: send /console to the bot for a new one")


class InvitationSpent(InvitationRefused):
    """The link signed a browser in before; it does so once."""

    def __init__(self) -> None:
        super().__init__("this link was used before: send /console to the bot for a new one")


def console_link(public_url: str, token: str) -> str:
    """Return the address that signs whoever opens it in, where `web` is reached."""
    return f"{public_url.rstrip('/')}{ENTRANCE}{token}"


class StaffWishes(Wishes):
    """What staff may ask for about their own signing in."""

    async def invite_staff(self, staff: ShopperId, *, wish: str) -> None:
        """Record a link for ``staff``, sealed for them; the same ``wish`` again adds nothing.

        Whether they are staff is for the caller to know.
        """
        # The stream follows from the secret, which is new each time: the wish is known by its id.
        event_id = edge_event_id(StreamName(f"staff-{staff}"), f"invitation/{wish}")
        if await self._store.read_events([event_id]):
            return
        token = secrets.token_urlsafe(SECRET_BYTES)
        invited = StaffInvited(
            staff=staff,
            token_sealed=await self._vault.seal(staff, "invitation", token.encode()),
            until=self._clock() + INVITATION_LASTS,
        )
        append = Append(
            stream=invitation_stream(token), expected=NO_STREAM, events=[(event_id, invited)]
        )
        with suppress(EventIdReused):  # the same wish was faster elsewhere
            await self._store.append(append, context=context_of(staff, "staff"))

    async def use_invitation(self, token: str) -> str:
        """Use a link up and return the secret of a browser that is signed in from now on.

        Raises ``InvitationUnknown``, ``InvitationSpent``, ``InvitationExpired``.
        """
        stream = invitation_stream(token)
        records = await self._store.read_stream(stream)
        if not records or not isinstance(invited := records[0].event, StaffInvited):
            raise InvitationUnknown
        if len(records) > 1:
            raise InvitationSpent
        if self._clock() >= invited.until:
            raise InvitationExpired
        cookie = secrets.token_urlsafe(SECRET_BYTES)
        signed_in = StaffSignedIn(staff=invited.staff, until=self._clock() + SESSION_LASTS)
        # In one append: of two browsers that hold the link one is signed in.
        try:
            await self._store.append(
                Append(stream=stream, expected=0, events=[(EventId(uuid4()), InvitationUsed())]),
                Append(
                    stream=session_stream(cookie),
                    expected=NO_STREAM,
                    events=[(EventId(uuid4()), signed_in)],
                ),
                context=context_of(invited.staff, "staff"),
            )
        except WrongExpectedVersion as beaten:
            raise InvitationSpent from beaten
        return cookie

    async def staff_of(self, cookie: str) -> ShopperId | None:
        """Return who is signed in by ``cookie``, None when nobody is, or not any more."""
        records = await self._store.read_stream(session_stream(cookie))
        if len(records) != 1 or not isinstance(signed_in := records[0].event, StaffSignedIn):
            return None
        return signed_in.staff if self._clock() < signed_in.until else None

    async def sign_out(self, cookie: str) -> None:
        """Sign the browser with ``cookie`` out; where nobody is signed in nothing is added."""
        staff = await self.staff_of(cookie)
        if staff is None:
            return
        stream = session_stream(cookie)
        append = Append(
            stream=stream,
            expected=0,
            events=[(edge_event_id(stream, "signed-out"), StaffSignedOut())],
        )
        with suppress(WrongExpectedVersion):  # signed out elsewhere meanwhile
            await self._store.append(append, context=context_of(staff, "staff"))
