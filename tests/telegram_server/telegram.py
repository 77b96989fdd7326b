"""The pretended Telegram's state: people, messages and the order in which all changed (pts)."""

import itertools
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from tests.telegram_server.files import Files
from tests.telegram_server.screens import Shown
from tests.telegram_server.tl import T, Tl

if TYPE_CHECKING:
    from tests.telegram_server.people import Person, Query

_BOT_ID = 6_000_000_000
_BOT_ACCESS_HASH = 0x0B07
#: Changes that one answer to updates.getDifference tells at most, unless a test wants fewer.
_SLICE = 100


@dataclass
class Said:
    """One message of a chat; what the person sees of it if the bot said it."""

    message: Tl
    person: "Person"
    shown: Shown | None = None
    deleted: bool = False


class Change(NamedTuple):
    """One step of pts."""

    kind: Literal["said", "edited", "removed"]
    message_id: int


class Telegram:
    """One bot's whole world."""

    def __init__(self, deliver: Callable[[bytes, bool], bool]) -> None:
        """Begin empty; ``deliver`` pushes to the bot and tells whether there was one to hear.

        Told that it is to be kept, it counts only who is connected.
        """
        self._deliver = deliver
        self._unheard: list[bytes] = []
        self._message_ids = itertools.count(1)
        self.changes: list[Change] = []
        self.people: dict[int, Person] = {}
        self.said: dict[int, Said] = {}
        self.queries: dict[int, Query] = {}
        self.files = Files()
        self.random_ids: set[int] = set()
        #: Random ids that came a second time: the bot said something twice.
        self.duplicates: list[int] = []
        #: By name of the scope and language: commands with their descriptions.
        self.commands: dict[tuple[str, str], list[tuple[str, str]]] = {}
        #: Menu buttons by person, 0 for everybody: the name of what it is.
        self.menu_buttons: dict[int, str] = {}
        self.logins = 0
        self.slice_size = _SLICE
        #: How long ago that was written which people say from now on.
        self.seconds_ago = 0

    @property
    def state(self) -> Tl:
        """Where the world is now."""
        return self._state_at(len(self.changes))

    @property
    def bot(self) -> Tl:
        """The bot's own account."""
        return T.User(
            id=_BOT_ID,
            is_self=True,
            bot=True,
            access_hash=_BOT_ACCESS_HASH,
            first_name="Bot",
            username="loopback_bot",
            bot_info_version=1,
        )

    def hears(self, person: "Person", text: str, **fields: Tl) -> int:
        """Let ``person`` say something to the bot; return the message's id."""
        person.met = True
        said, update = self._new(person, text, **fields)
        self.push([update], person)
        return int(said.message.id)

    def says(self, person: "Person", shown: Shown, **fields: Tl) -> Tl:
        """Let the bot say something to ``person``; return the update that tells so."""
        said, update = self._new(
            person, shown.text, out=True, from_id=T.PeerUser(user_id=_BOT_ID), **fields
        )
        said.shown = shown
        shown.id = said.message.id
        person.screen.append(shown)
        person.looks_again()
        return update

    def edits(self, said: Said) -> Tl:
        """Note that the bot changed a message; return the update that tells so."""
        self.changes.append(Change("edited", said.message.id))
        said.person.looks_again()
        return T.UpdateEditMessage(message=said.message, pts=len(self.changes), pts_count=1)

    def removes(self, said: Said) -> None:
        """Note that the bot deleted a message."""
        said.deleted = True
        self.changes.append(Change("removed", said.message.id))
        if said.shown:
            said.shown.deleted = True
            said.person.looks_again()

    def push(self, updates: list[Tl], person: "Person", *, keep: bool = False) -> None:
        """Tell the bot of ``updates``; with ``keep`` also when it is there again."""
        body = bytes(self.updates(updates, person).write())
        if not self._deliver(body, keep) and keep:
            self._unheard.append(body)

    def unheard(self) -> Iterable[bytes]:
        """Yield what was kept, once."""
        while self._unheard:
            yield self._unheard.pop(0)

    def updates(self, updates: list[Tl], person: "Person") -> Tl:
        """Return ``updates`` with everybody they speak of."""
        return T.Updates(
            updates=updates,
            users=[person.account(), self.bot],
            chats=[],
            date=int(time.time()),
            seq=0,
        )

    def difference(self, since: int) -> Tl:
        """Return what changed since the pts ``since``, in order, or the first part of it."""
        until = min(since + self.slice_size, len(self.changes))
        steps = list(enumerate(self.changes[since:until], start=since + 1)) if since >= 0 else []
        if not steps:
            return T.updates.DifferenceEmpty(date=int(time.time()), seq=0)
        last = until == len(self.changes)
        spoken = [self.said[step.message_id].person for _, step in steps]
        people = {person.id: person for person in spoken}
        where = {"state" if last else "intermediate_state": self._state_at(until)}
        return (T.updates.Difference if last else T.updates.DifferenceSlice)(
            new_messages=[
                self.said[step.message_id].message
                for _, step in steps
                if step.kind == "said" and not self.said[step.message_id].deleted
            ],
            new_encrypted_messages=[],
            other_updates=[self._told(pts, step) for pts, step in steps if step.kind != "said"],
            chats=[],
            users=[*(person.account() for person in people.values()), self.bot],
            **where,
        )

    def _told(self, pts: int, step: Change) -> Tl:
        said = self.said[step.message_id]
        if step.kind == "edited" and not said.deleted:
            return T.UpdateEditMessage(message=said.message, pts=pts, pts_count=1)
        return T.UpdateDeleteMessages(messages=[step.message_id], pts=pts, pts_count=1)

    def _new(self, person: "Person", text: str, **fields: Tl) -> tuple[Said, Tl]:
        message = T.Message(
            id=next(self._message_ids),
            peer_id=T.PeerUser(user_id=person.id),
            date=int(time.time()) - self.seconds_ago,
            message=text,
            **fields,
        )
        said = self.said[message.id] = Said(message, person)
        self.changes.append(Change("said", message.id))
        return said, T.UpdateNewMessage(message=message, pts=len(self.changes), pts_count=1)

    def _state_at(self, pts: int) -> Tl:
        return T.updates.State(pts=pts, qts=0, date=int(time.time()), seq=0, unread_count=0)
