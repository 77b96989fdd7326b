"""The server that tests start: its life, its outages, and what went in."""

import asyncio
import itertools
import socket
import struct
from collections import defaultdict, deque
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from tests.telegram_server.account import ACCOUNT_METHODS, config
from tests.telegram_server.connections import Connection
from tests.telegram_server.envelopes import MessageIds
from tests.telegram_server.framing import accept
from tests.telegram_server.keys import ServerKey
from tests.telegram_server.methods import MESSAGE_METHODS
from tests.telegram_server.people import Person
from tests.telegram_server.sessions import AuthKey, Session
from tests.telegram_server.telegram import Telegram
from tests.telegram_server.tl import F, Ignored, RpcFailure, Tl, name_of

HOST = "127.0.0.1"
_METHODS = MESSAGE_METHODS | ACCOUNT_METHODS
#: What a client may ask before it logged in.
_FOR_STRANGERS = (F.help.GetConfig, F.help.GetNearestDc, F.auth.ImportBotAuthorization)
#: SO_LINGER that makes a close a reset.
_RESET = struct.pack("ii", 1, 0)


class Gate:
    """Holds requests up while it is set."""

    def __init__(self) -> None:
        """Let everything through."""
        self._open: asyncio.Future[None] | None = None
        self._reached = asyncio.Event()

    def set(self) -> None:
        """Hold up what comes from now on."""
        if self._open is None:
            self._open = asyncio.get_running_loop().create_future()
            self._reached.clear()

    def clear(self) -> None:
        """Let through what waits and what comes."""
        if self._open is not None:
            self._open.set_result(None)
            self._open = None

    async def reached(self) -> None:
        """Wait until a request waits here."""
        await self._reached.wait()

    def turn(self) -> asyncio.Future[None] | None:
        """Return what a request must wait for, or None."""
        if self._open is not None:
            self._reached.set()
        return self._open and asyncio.shield(self._open)


class TelegramServer:
    """Telegram for one bot, on loopback; see the package for what it can do."""

    def __init__(self, key: ServerKey) -> None:
        """Use ``key``, which clients must know; serve from ``async with`` on."""
        self._key = key
        self.public_key = key.public
        self._ids = MessageIds()
        self._keys: dict[bytes, AuthKey] = {}
        self._listener: asyncio.Server | None = None
        self._visits: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._resets = False
        self._knocked = asyncio.Event()
        self._person_ids = itertools.count(5_000_000_001)
        self.telegram = Telegram(self._deliver)
        self.port = 0
        #: Every method that came, with its name, in order.
        self.calls: list[tuple[str, Tl]] = []
        #: By name of a method: what its next calls fail with, one each; without a word they are
        #: ignored, and the code is that of a bad_msg_notification.
        self.faults: defaultdict[str, deque[tuple[int, str]]] = defaultdict(deque)
        #: By name of a method: what people do just before its next calls are answered, one each.
        self.meanwhile: defaultdict[str, deque[Callable[[], object]]] = defaultdict(deque)
        #: Set, it holds up the answers to upload.GetFile.
        self.hold_files = Gate()
        #: Set, it holds up the answers to messages.SendMessage, and the messages.
        self.hold_words = Gate()
        #: What must never happen: methods that we lack, and errors of our own.
        self.troubles: list[str] = []

    async def __aenter__(self) -> Self:
        """Listen on a free port."""
        await self.resume()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        """Hang up; raise AssertionError if there was trouble and no other error tells so."""
        self.hold_files.clear()
        self.hold_words.clear()
        await self.pause()
        if kind is None:
            assert not self.troubles, f"the server was asked what it cannot do: {self.troubles}"

    def person(
        self,
        *,
        first_name: str = "Ann",
        last_name: str | None = None,
        username: str | None = None,
        language_code: str | None = "uk",
    ) -> Person:
        """Return somebody new."""
        person = Person(
            self.telegram,
            next(self._person_ids),
            first_name=first_name,
            last_name=last_name,
            username=username,
            language_code=language_code,
        )
        self.telegram.people[person.id] = person
        return person

    @property
    def logins(self) -> int:
        """How often the bot logged in with its token."""
        return self.telegram.logins

    @property
    def duplicates(self) -> list[int]:
        """Random ids that the bot used twice."""
        return self.telegram.duplicates

    @property
    def commands(self) -> dict[tuple[str, str], list[tuple[str, str]]]:
        """Commands with descriptions, by scope (such as "Default") and language."""
        return self.telegram.commands

    def calls_of(self, name: str) -> int:
        """Return how often a method was called."""
        return sum(called == name for called, _ in self.calls)

    async def drop_connections(self) -> None:
        """Hang up on every client; they may come back at once."""
        visits = dict(self._visits)
        for writer in visits.values():
            writer.transport.abort()
        if visits:
            await asyncio.wait(visits)

    async def pause(self, *, reset: bool = False) -> None:
        """Be away: hang up, and refuse who comes, or with ``reset`` accept and reset."""
        self._resets = reset
        self._knocked.clear()
        if not reset and self._listener is not None:
            self._listener.close()
            await self._listener.wait_closed()
            self._listener = None
        await self.drop_connections()

    async def left(self) -> None:
        """Wait until no client is connected."""
        while self._visits:
            await asyncio.wait(list(self._visits))

    async def knocked(self) -> None:
        """Wait until a client came in vain since ``pause(reset=True)``."""
        await self._knocked.wait()

    async def resume(self) -> None:
        """Be there (again), on the same port."""
        self._resets = False
        if self._listener is None:
            self._listener = await asyncio.start_server(self._welcome, HOST, self.port)
            self.port = self._listener.sockets[0].getsockname()[1]

    def revoke_key(self) -> None:
        """Let every method fail under the keys known until now, as if the bot was logged out."""
        for key in self._keys.values():
            key.broken = RpcFailure(401, "AUTH_KEY_UNREGISTERED")
            key.main = None

    def forget_keys(self) -> None:
        """Know none of the keys known until now."""
        self._keys.clear()

    def rotate_salt(self) -> None:
        """Want another salt from every client."""
        for key in self._keys.values():
            key.rotate_salt()

    def turn(self, request: Tl) -> asyncio.Future[None] | None:
        """Return what to wait for before ``request`` is answered."""
        if isinstance(request, F.messages.SendMessage):
            return self.hold_words.turn()
        return self.hold_files.turn() if isinstance(request, F.upload.GetFile) else None

    def answer(self, session: Session, request: Tl) -> Tl:
        """Return the result of a method; raise RpcFailure for a refusal."""
        name = name_of(request)
        self.calls.append((name, request))
        if self.meanwhile[name]:
            self.meanwhile[name].popleft()()
        if session.key.broken:
            raise session.key.broken
        if self.faults[name]:
            code, word = self.faults[name].popleft()
            raise RpcFailure(code, word) if word else Ignored(code)
        if not session.key.logged_in and not isinstance(request, _FOR_STRANGERS):
            raise RpcFailure(401, "AUTH_KEY_UNREGISTERED")
        if isinstance(request, F.help.GetConfig):
            return config(self.port)
        method = _METHODS.get(type(request))
        if method is None:
            self.troubles.append(f"no method {name}")
            raise RpcFailure(400, "METHOD_INVALID")
        return method(self.telegram, session, request)

    def _deliver(self, body: bytes, keep: bool) -> bool:
        told = [key.main for key in self._keys.values() if key.main is not None]
        if keep:  # whoever is away may never come back as the same session
            told = [session for session in told if session.connected]
        for session in told:
            session.say(body, answer=False)
        return bool(told)

    def _note(self, name: str, trouble: Exception) -> None:
        self.troubles.append(f"{name}: {trouble!r}")

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._resets:
            self._knocked.set()
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            return writer.transport.abort()
        task = asyncio.current_task()
        assert task is not None
        self._visits[task] = writer
        task.add_done_callback(self._visits.pop)
        with suppress(OSError, asyncio.IncompleteReadError):
            await self._serve(reader, writer)
        return writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            connection = Connection(
                await accept(reader, writer),
                key=self._key,
                keys=self._keys,
                ids=self._ids,
                desk=self,
                note=self._note,
            )
            await connection.serve()
        except (KeyError, OverflowError, ValueError) as trouble:
            self._note("a packet", trouble)
