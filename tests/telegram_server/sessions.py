"""Who speaks under which key, and what was said to them but not yet acknowledged."""

import os
from hashlib import sha1

from tests.telegram_server.envelopes import MessageIds, container, message, seal
from tests.telegram_server.framing import Wire
from tests.telegram_server.tl import RpcFailure, T

#: What a client that is away may miss before the oldest is forgotten; the difference has it all.
_UNACKNOWLEDGED_MAX = 10_000


class AuthKey:
    """A key agreed with one installation of a client, and what the server knows of it."""

    def __init__(self, value: bytes, salt: int, ids: MessageIds) -> None:
        """Know a key that a handshake just made."""
        self.value = value
        self.id = sha1(value).digest()[-8:]  # noqa: S324 - the protocol's choice
        self.salt = salt
        self.logged_in = False
        #: What every method fails with from now on, or nothing.
        self.broken: RpcFailure | None = None
        #: The session that is told what people do; sessions for files are not.
        self.main: Session | None = None
        self._ids = ids
        self._sessions: dict[bytes, Session] = {}

    def session(self, session_id: bytes) -> "Session":
        """Return the session a client named, a new one if it was not heard of."""
        if session_id not in self._sessions:
            self._sessions[session_id] = Session(self, session_id, self._ids)
        return self._sessions[session_id]

    def become_main(self, session: "Session") -> None:
        """Tell this session from now on what people do.

        Raises:
            RpcFailure: Another one that lives is told already: two processes have one key, which
                Telegram answers by ending the key for both.
        """
        if self.main not in (None, session) and self.main.connected:
            self.broken = RpcFailure(406, "AUTH_KEY_DUPLICATED")
            self.main = None
            raise self.broken
        if self.main not in (None, session):
            self._sessions.pop(self.main.id, None)
        self.main = session

    def log_out(self) -> None:
        """Forget that the bot logged in under this key."""
        self.logged_in = False
        self.main = None

    def rotate_salt(self) -> None:
        """Ask for another salt in everything the client sends from now on."""
        self.salt = int.from_bytes(os.urandom(8), "little", signed=True)


class Session:
    """One run of a client under a key; it may lose its connection and come back on another."""

    def __init__(self, key: AuthKey, session_id: bytes, ids: MessageIds) -> None:
        """Begin; the client is told so with the first thing it is told."""
        self.key = key
        self.id = session_id
        self._ids = ids
        self._wire: Wire | None = None
        self._content_count = 0
        self._greeted = False
        self._unacknowledged: dict[int, bytes] = {}

    @property
    def connected(self) -> bool:
        """Whether the client is there."""
        return self._wire is not None and self._wire.open

    def arrive(self, wire: Wire) -> None:
        """Speak on ``wire``; on a new one, first repeat what was never acknowledged."""
        if wire is self._wire:
            return
        self._wire = wire
        for content in self._unacknowledged.values():
            self._send(content)

    def acknowledge(self, message_ids: list[int]) -> None:
        """Forget what the client has."""
        for message_id in message_ids:
            self._unacknowledged.pop(message_id, None)

    def say(self, body: bytes, *, answer: bool, content: bool = True) -> None:
        """Send ``body``; keep it until it is acknowledged, if it is ``content``."""
        if self._greeted:
            return self._send(self._written(body, answer=answer, content=content))
        self._greeted = True
        greeting = self._written(self._greeting(), answer=False, content=True)
        both = [greeting, self._written(body, answer=answer, content=content)]
        return self._send(self._written(container(both), answer=answer, content=False))

    def _greeting(self) -> bytes:
        number = int.from_bytes(os.urandom(7), "little")
        greeting = T.NewSessionCreated(first_msg_id=0, unique_id=number, server_salt=self.key.salt)
        return bytes(greeting.write())

    def _written(self, body: bytes, *, answer: bool, content: bool) -> bytes:
        message_id = self._ids.next(answer=answer)
        seq_no = 2 * self._content_count + content
        written = message(message_id, seq_no, body)
        if content:
            self._content_count += 1
            self._unacknowledged[message_id] = written
            if len(self._unacknowledged) > _UNACKNOWLEDGED_MAX:
                del self._unacknowledged[next(iter(self._unacknowledged))]
        return written

    def _send(self, content: bytes) -> None:
        if self._wire is None:
            return
        key = self.key
        packet = seal(
            content, auth_key=key.value, auth_key_id=key.id, salt=key.salt, session_id=self.id
        )
        self._wire.send(packet)
