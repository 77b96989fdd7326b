"""A new ENCRYPTION_SECRET: every key of the vault is wrapped anew, what they sealed stays.

Safe beside running processes and to repeat after a kill at any point: each batch is one
statement that changes only keys still wrapped as they were read.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import asyncpg
import msgspec
from cryptography.exceptions import InvalidTag

from eventstore import sql
from eventstore.catalogue import VaultRotated
from eventstore.doubt import persist
from eventstore.errors import LogUnavailable, SecretUnusable, WrongExpectedVersion
from eventstore.identity import VAULT_STREAM, edge_event_id
from eventstore.keyring import Keyring
from eventstore.store import Append, Context, EventStore

SQL = sql.load(Path(__file__).with_name("vault.sql"))

#: Keys wrapped anew in one statement: a few milliseconds.
ROTATE_KEYS_MAX = 500
#: Owners that are named when their keys cannot be unwrapped; the rest is counted.
NAMED_MAX = 20
#: Looks from the first owner to the last; the second finds what an old process left behind.
PASSES_MAX = 20
#: Rounds of two rotations racing to record that they are done.
_RACES_MAX = 100


class Rotated(msgspec.Struct, frozen=True, kw_only=True):
    """What a rotation did."""

    #: name of the secret that wraps now
    wrapped_by: str
    #: keys that this call wrapped anew
    keys: int
    #: owners whose keys none of the secrets unwraps, at most ``NAMED_MAX``
    not_unwrapped: list[str]
    #: how many there are of those
    not_unwrapped_count: int


class SecretUse(msgspec.Struct, frozen=True, kw_only=True):
    """How many keys a secret wraps."""

    wrapped_by: str
    #: unknown: neither in ENCRYPTION_SECRET nor in ENCRYPTION_SECRET_PREVIOUS
    role: str
    keys: int


async def rotate(
    store: EventStore, keyring: Keyring, *, progress: Callable[[int], None]
) -> Rotated:
    """Wrap with the newest secret every key that another one wraps, then record it as a fact.

    Keys are passed until nothing new is found: a process with an old secret may have made one
    behind us. ``progress`` is told after each batch how many keys were done. A key that no
    secret unwraps is left as it is and named, the others are done all the same; nothing is
    recorded then. Raises ``LogUnavailable``, also when old processes never pause.
    """
    done = 0

    def tell(keys: int) -> None:
        nonlocal done
        done += keys
        progress(done)

    for _ in range(PASSES_MAX):
        found, strange = await _pass(store, keyring, tell)
        if not found:
            break
    else:
        raise LogUnavailable(
            "other processes go on wrapping keys with another secret: restart all of them with"
            " the new one, then rotate again"
        )
    if not strange:
        await _record(store, keyring, done)
    return Rotated(
        wrapped_by=keyring.current,
        keys=done,
        not_unwrapped=strange[:NAMED_MAX],
        not_unwrapped_count=len(strange),
    )


async def secrets_in_use(store: EventStore, keyring: Keyring) -> list[SecretUse]:
    """Return every secret that wraps keys or could, the newest one first."""
    counted = {row["wrapped_by"]: row["keys"] for row in await _keys_per_secret(store)}
    roles = {keyring.current: "current"} | dict.fromkeys(keyring.previous, "previous")
    roles |= {name: "unknown" for name in counted if name not in roles}
    return [
        SecretUse(wrapped_by=name, role=role, keys=counted.get(name, 0))
        for name, role in roles.items()
    ]


async def _pass(
    store: EventStore, keyring: Keyring, tell: Callable[[int], None]
) -> tuple[int, list[str]]:
    """Wrap anew from the first owner to the last; ``tell`` is told how many after each batch.

    Returns how many keys there were to wrap anew, and the owners of those that do not unwrap.
    """
    found, after = 0, ""
    strange: list[str] = []
    while batch := await _batch(store, keyring, after):
        after = batch[-1]["owner"]
        rewrapped, failed = _rewrapped(keyring, batch)
        strange += failed
        found += len(rewrapped)
        if rewrapped:
            tell(await _write(store, keyring, rewrapped))
    return found, strange


async def _batch(store: EventStore, keyring: Keyring, after: str) -> list[asyncpg.Record]:
    ask = partial(store.pool.fetch, SQL["keys_to_rotate"], after, keyring.current, ROTATE_KEYS_MAX)
    return list(await persist(ask))


def _rewrapped(
    keyring: Keyring, batch: Sequence[asyncpg.Record]
) -> tuple[list[tuple[str, str, str, bytes]], list[str]]:
    """Return the columns of ``rewrap_keys`` per key, and the owners whose keys do not unwrap."""
    done: list[tuple[str, str, str, bytes]] = []
    failed: list[str] = []
    for row in batch:
        owner, by = row["owner"], row["wrapped_by"]
        try:
            key = keyring.unwrap(owner, row["wrapped_key"], wrapped_by=by)
        except (SecretUnusable, InvalidTag):
            failed.append(owner)
        else:
            done.append((owner, row["key_id"], by, keyring.wrap(owner, key)))
    return done, failed


async def _write(
    store: EventStore, keyring: Keyring, rewrapped: Sequence[tuple[str, str, str, bytes]]
) -> int:
    columns = [list(column) for column in zip(*rewrapped, strict=True)]
    write = partial(store.pool.execute, SQL["rewrap_keys"], *columns, keyring.current)
    return int((await persist(write)).rpartition(" ")[2])


async def _record(store: EventStore, keyring: Keyring, done: int) -> None:
    """Record the rotation if it did something, or an earlier one that was cut off did."""
    counted = {row["wrapped_by"]: row["rewrapped"] for row in await _keys_per_secret(store)}
    rotated = VaultRotated(wrapped_by=keyring.current, keys=counted.get(keyring.current, 0))
    for _ in range(_RACES_MAX):
        facts = await store.read_stream(VAULT_STREAM)
        recorded = facts and facts[-1].event.wrapped_by == keyring.current
        if not rotated.keys or (recorded and not done):
            return
        event_id = edge_event_id(VAULT_STREAM, f"rotated/{len(facts)}/{keyring.current}")
        append = Append(stream=VAULT_STREAM, expected=len(facts) - 1, events=[(event_id, rotated)])
        context = Context(correlation_id="vault-rotation", causation_id=None, actor="operator")
        try:
            await store.append(append, context=context)
        except WrongExpectedVersion:
            done = 0  # another rotation was faster: to the same secret, its fact tells of ours
        else:
            return


async def _keys_per_secret(store: EventStore) -> list[asyncpg.Record]:
    return list(await persist(partial(store.pool.fetch, SQL["keys_per_secret"])))
