"""One client's connection: handshakes, salts, acknowledgements, pings, and methods passed on."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from tests.telegram_server.envelopes import MessageIds, plain, plain_body, pong, unseal
from tests.telegram_server.framing import Wire
from tests.telegram_server.handshake import Handshake
from tests.telegram_server.keys import ServerKey
from tests.telegram_server.sessions import AuthKey, Session
from tests.telegram_server.tl import F, Ignored, Inner, RpcFailure, T, Tl, name_of, rpc_result

_NO_KEY = bytes(8)
#: The transport's way to say "I do not know this key".
_KEY_UNKNOWN = (-404).to_bytes(4, "little", signed=True)
#: What a client's salt was wrong about.
_BAD_SALT = 48


class Desk(Protocol):
    """Answers methods."""

    def turn(self, request: Tl) -> asyncio.Future[None] | None:
        """Return what to wait for before the request is answered, if it must wait."""

    def answer(self, session: Session, request: Tl) -> Tl:
        """Return a result; raise RpcFailure for a refusal."""


class Connection:
    """Serves one wire until it ends."""

    def __init__(
        self,
        wire: Wire,
        *,
        key: ServerKey,
        keys: dict[bytes, AuthKey],
        ids: MessageIds,
        desk: Desk,
        note: Callable[[str, Exception], None],
    ) -> None:
        """Serve ``wire``; ``note`` is told of what must never happen."""
        self._wire = wire
        self._keys = keys
        self._ids = ids
        self._desk = desk
        self._note = note
        self._handshake = Handshake(key)
        self._waiting: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        """Answer until the client leaves; raise OSError or IncompleteReadError then."""
        try:
            while self._wire.open:
                self._take(await self._wire.receive())
        finally:
            for task in self._waiting:
                task.cancel()

    def _take(self, packet: bytes) -> None:
        if packet[:8] == _NO_KEY:
            return self._shake_hands(packet)
        key = self._keys.get(packet[:8])
        if key is None:
            self._wire.send(_KEY_UNKNOWN)
            return self._wire.close()
        envelope = unseal(packet, key.value)
        session = key.session(envelope.session_id)
        session.arrive(self._wire)
        for inner in envelope.messages:
            self._hear(session, inner, salt=envelope.salt)
        return None

    def _shake_hands(self, packet: bytes) -> None:
        answer = self._handshake.answer(plain_body(packet))
        if self._handshake.auth_key:
            agreed = AuthKey(self._handshake.auth_key, self._handshake.salt, self._ids)
            self._keys[agreed.id] = agreed
        self._wire.send(plain(self._ids.next(answer=True), answer))

    def _hear(self, session: Session, inner: Inner, *, salt: int) -> None:
        if isinstance(inner.body, T.MsgsAck):
            session.acknowledge(inner.body.msg_ids)
        elif salt != session.key.salt:
            wrong = T.BadServerSalt(
                bad_msg_id=inner.id,
                bad_msg_seqno=inner.seq_no,
                error_code=_BAD_SALT,
                new_server_salt=session.key.salt,
            )
            session.say(wrong.write(), answer=True, content=False)
        elif isinstance(inner.body, F.Ping | F.PingDelayDisconnect):
            session.say(pong(inner), answer=True, content=False)
        else:
            self._call(session, inner.id, _unwrapped(inner.body))

    def _call(self, session: Session, message_id: int, request: Tl) -> None:
        turn = self._desk.turn(request)
        if turn is None:
            return session.say(self._answer(session, message_id, request), answer=True)

        async def in_turn() -> None:
            await turn
            session.say(self._answer(session, message_id, request), answer=True)

        task = asyncio.create_task(in_turn())
        self._waiting.add(task)
        return task.add_done_callback(self._waiting.discard)

    def _answer(self, session: Session, message_id: int, request: Tl) -> bytes:
        try:
            return rpc_result(message_id, self._desk.answer(session, request))
        except Ignored as ignored:
            seen = {"bad_msg_id": message_id, "bad_msg_seqno": 0}
            return bytes(T.BadMsgNotification(**seen, error_code=ignored.code).write())
        except RpcFailure as failure:
            refusal = failure
        except Exception as trouble:
            self._note(name_of(request), trouble)
            refusal = RpcFailure(400, "METHOD_INVALID")
        error = T.RpcError(error_code=refusal.code, error_message=refusal.word)
        return rpc_result(message_id, error)


def _unwrapped(request: Tl) -> Tl:
    """Return the method inside what says how it is called."""
    while isinstance(request, F.InvokeWithLayer | F.InitConnection | F.InvokeWithoutUpdates):
        request = request.query
    return request
