"""The bot's session in Postgres, since a dyno's disk keeps nothing.

Kept are the key Telegram knows the bot by, sealed, and how far the bot read. People are not
kept: whom the library met it remembers in memory only, so that forgetting a person works.
"""

from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from pyrogram.storage import SQLiteStorage

from bot.connection.watermark import Place, Progress
from bot.errors import SessionUnreadable
from eventstore import sql
from eventstore.doubt import persist
from eventstore.errors import SecretUnusable
from eventstore.pool import Pool
from eventstore.vault import SYSTEM, KeyDestroyed, Vault

SQL = sql.load(Path(__file__).with_name("storage.sql"))

_FIELD = "telegram session"


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """How Telegram knows the bot; names are the library's."""

    dc_id: int
    server_address: str
    port: int
    api_id: int
    test_mode: bool
    auth_key: bytes
    user_id: int
    is_bot: bool


class PostgresStorage(SQLiteStorage):
    """The library's storage in memory, its session kept in Postgres."""

    def __init__(self, *, pool: Pool, vault: Vault, bot_id: int) -> None:
        """Keep the session of ``bot_id``, sealed by ``vault``."""
        super().__init__(str(bot_id), workdir=Path(), in_memory=True)
        self._pool = pool
        self._vault = vault
        self._bot_id = bot_id
        self._kept: Session | None = None
        self._kept_progress: Progress | None = None

    @property
    def has_session(self) -> bool:
        """Whether a session was there when it was opened, or was saved since."""
        return self._kept is not None

    @property
    def progress(self) -> Progress | None:
        """How far the bot read, None when it never read anything."""
        return self._kept_progress

    async def open(self) -> None:
        """Open in memory, with what is kept; raises ``SessionUnreadable``, ``LogUnavailable``."""
        library: Any = super()
        await library.open()
        row = await persist(partial(self._pool.fetchrow, SQL["find_session"], self._bot_id))
        if row is None:
            return
        if row["pts"] is not None:
            place = Place(row["pts"], row["qts"], row["date"])
            self._kept_progress = Progress(place, tuple(row["finished"]))
        if row["sealed_session"] is not None:
            self._kept = await self._unsealed(row["sealed_session"])
            for name, value in msgspec.structs.asdict(self._kept).items():
                await getattr(self, name)(value)

    async def save(self) -> None:
        """Keep the session if it is one and changed; raises ``LogUnavailable``."""
        values: dict[str, Any] = {
            name: await getattr(self, name)() for name in Session.__struct_fields__
        }
        if None in values.values():
            return  # not logged in yet
        session = msgspec.convert(values, Session, strict=False)
        if session != self._kept:
            sealed = await self._vault.seal(SYSTEM, _FIELD, msgspec.json.encode(session))
            await self._write("save_session", sealed)
            self._kept = session

    async def save_progress(self, progress: Progress) -> None:
        """Keep how far the bot read, if that changed; raises ``LogUnavailable``."""
        if progress != self._kept_progress:
            await self._write("save_progress", *progress.place, list(progress.finished))
            self._kept_progress = progress

    async def discard(self) -> None:
        """Forget the session, so that a login follows; how far the bot read stays known."""
        await self._write("save_session", None)
        self._kept = None

    async def remember_peer(self, user_id: int, access_hash: int) -> None:
        """Know how to write to a person, until this process ends.

        For whoever sends: ids and access hashes are kept sealed with that person's own key. What
        Telegram itself told this process of the person is newer.
        """
        with suppress(KeyError):
            await self.get_peer_by_id(user_id)
            return
        await self.update_peers([(user_id, access_hash, "user", None)])

    async def _write(self, statement: str, *values: object) -> None:
        await persist(partial(self._pool.execute, SQL[statement], self._bot_id, *values))

    async def _unsealed(self, sealed: str) -> Session:
        try:
            opened = await self._vault.open(SYSTEM, _FIELD, sealed)
        except (KeyDestroyed, SecretUnusable) as unusable:
            raise SessionUnreadable(str(unusable)) from unusable
        return msgspec.json.decode(opened, type=Session)
