"""While the ledger grows its root is signed, once a minute, and copied out of the database."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
from structlog.testing import capture_logs

from eventstore.attachments import FolderAttachments, checkpoint_key
from eventstore.ledger import seal_until_rest
from eventstore.pool import Pool
from eventstore.process import in_background
from eventstore.proving.checkpoints import CHECKPOINT_SECONDS, LEAVES_MAX, Checkpoints
from eventstore.proving.merkle import CompactRange
from eventstore.store import EventStore, now_utc
from eventstore.subscription import LedgerHole, Listener
from eventstore.vault import Vault
from tests.story import CONTEXT, a_fact, a_store, append_of, given, ledger, until


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = now_utc()

    def __call__(self) -> datetime:
        """Return the time it shows."""
        return self.now


@pytest.fixture
def store(pool: Pool) -> EventStore:
    """A log whose facts are sealed when a test says so."""
    return a_store(pool)


@pytest.fixture
def attachments(tmp_path: Path) -> FolderAttachments:
    """Where copies go."""
    return FolderAttachments(root=tmp_path)


def a_signer(pool: Pool, attachments: FolderAttachments, clock: Clock | None = None) -> Checkpoints:
    """Return what one process signs with."""
    vault = Vault(pool=pool, secret=bytes(32))
    return Checkpoints(pool=pool, vault=vault, attachments=attachments, clock=clock or Clock())


@pytest.fixture
def signer(pool: Pool, attachments: FolderAttachments) -> Checkpoints:
    """The only process that signs."""
    return a_signer(pool, attachments)


async def root_now(store: EventStore) -> bytes:
    """Return the root over the whole ledger, computed at once."""
    return CompactRange().grown([fact.leaf_hash for fact in await ledger(store)]).root()


async def test_each_checkpoint_is_the_root_of_all_facts(
    store: EventStore, signer: Checkpoints, attachments: FolderAttachments
) -> None:
    """Grown from the one before, a checkpoint has the root that all leaves give."""
    for facts in (1, 255, 1, 300):
        await given(store, f"s-{await store.head()}", *[a_fact()] * facts)
        made = await signer.make()
        assert made is not None
        assert (made.size, made.root) == (await store.head(), await root_now(store))
    await signer.copy()
    note = (await attachments.get(checkpoint_key(557))).decode()
    assert note == await signer.latest_note()
    assert (await signer.key()).verifier.opened(note).root == await root_now(store)
    assert len(await attachments.keys("checkpoints")) == 4


async def test_a_long_ledger_is_signed_in_pages(
    store: EventStore, signer: Checkpoints, pool: Pool
) -> None:
    """More leaves than one reading give the same root, and each 256 of them a tile."""
    count = LEAVES_MAX + 700
    for begin in range(0, count, 1_000):
        events = [a_fact()] * min(1_000, count - begin)
        await store.append(append_of(f"s-{begin}", *events), context=CONTEXT)
    await seal_until_rest(pool)
    made = await signer.make()
    leaves = [fact.leaf_hash for fact in await ledger(store)]
    assert made is not None
    assert made.root == CompactRange().grown(leaves).root()
    tiles = [row["root"] for row in await pool.fetch("SELECT root FROM tiles ORDER BY index")]
    assert tiles == [
        CompactRange().grown(leaves[begin : begin + 256]).root()
        for begin in range(0, count - 255, 256)
    ]


async def test_nothing_new_is_not_signed_again(store: EventStore, signer: Checkpoints) -> None:
    """An idle ledger makes no checkpoints."""
    assert await signer.make() is None
    await given(store, "s", a_fact())
    assert await signer.make() is not None
    assert await signer.make() is None


async def test_of_processes_that_sign_at_once_one_does(
    store: EventStore, pool: Pool, attachments: FolderAttachments
) -> None:
    """Eight processes make one checkpoint, with one key."""
    await given(store, "s", *[a_fact()] * 300)
    signers = [a_signer(pool, attachments) for _ in range(8)]
    made = await asyncio.gather(*(signer.make() for signer in signers))
    assert len([checkpoint for checkpoint in made if checkpoint]) == 1
    await asyncio.gather(*(signer.copy() for signer in signers))
    assert len(await attachments.keys("checkpoints")) == 1
    assert len({str((await signer.key()).verifier) for signer in signers}) == 1


async def test_a_running_process_signs_news_at_most_once_a_minute(
    store: EventStore, pool: Pool, attachments: FolderAttachments, listener: Listener
) -> None:
    """The first news are signed at once, later ones when the minute is over."""
    clock = Clock()
    signer = a_signer(pool, attachments, clock)
    async with in_background(signer.run(listener)):
        await given(store, "s-1", a_fact())
        await until("SELECT count(*) = 1 FROM checkpoints", pool)
        assert CHECKPOINT_SECONDS - 1 < await signer._seconds_until_due() <= CHECKPOINT_SECONDS
    await given(store, "s-2", a_fact())
    clock.now += timedelta(seconds=CHECKPOINT_SECONDS)
    async with in_background(signer.run(listener)):
        await until("SELECT count(*) = 2 FROM checkpoints", pool)
        await until("SELECT count(*) = 0 FROM uncopied_checkpoints", pool)
    assert [*map(checkpoint_key, (1, 2))] == await attachments.keys("checkpoints")


@pytest.fixture
async def listener(database_url: str) -> AsyncIterator[Listener]:
    """A process's ear."""
    listener = Listener(database_url, name="test")
    async with in_background(listener.run()):
        yield listener


async def test_a_copy_that_failed_is_made_later(
    store: EventStore, pool: Pool, tmp_path: Path
) -> None:
    """A store that is away costs no checkpoint: it is copied when the store is back."""
    folder = tmp_path / "attachments"
    folder.write_text("a file where the folder should be")
    signer = a_signer(pool, FolderAttachments(root=folder))
    await given(store, "s", a_fact())
    await signer.make()
    with pytest.raises(Exception, match="may be asked of"):
        await signer.copy()
    folder.unlink()
    assert await signer.copy() == 1
    assert await signer.copy() == 0


async def test_another_history_of_the_same_length_is_told(
    store: EventStore, signer: Checkpoints, attachments: FolderAttachments
) -> None:
    """A signed root that differs from the copy of its size is a fork, and stays to be told."""
    await given(store, "s", a_fact())
    other = (await signer.key()).signed(size=1, root=bytes(32), made_at=now_utc())
    await attachments.put(checkpoint_key(1), other.encode())
    await signer.make()
    for _ in range(2):
        with capture_logs() as lines:
            assert await signer.copy() == 0
        assert [line["event"] for line in lines] == ["ledger.forked"]
    assert (await attachments.get(checkpoint_key(1))).decode() == other


async def test_the_same_root_signed_twice_is_no_fork(
    store: EventStore, signer: Checkpoints, attachments: FolderAttachments
) -> None:
    """A restored log signs what it had signed before, at another time: the first copy stays."""
    await given(store, "s", a_fact())
    earlier = now_utc() - timedelta(days=1)
    first = (await signer.key()).signed(size=1, root=await root_now(store), made_at=earlier)
    await attachments.put(checkpoint_key(1), first.encode())
    await signer.make()
    assert await signer.copy() == 1


async def test_a_hole_is_never_signed(store: EventStore, signer: Checkpoints, pool: Pool) -> None:
    """A ledger that lost a row gets no signature under what is left."""
    await given(store, "s", *[a_fact()] * 3)
    await pool.execute("ALTER TABLE ledger DISABLE TRIGGER USER; DELETE FROM ledger WHERE seq = 2")
    with pytest.raises(LedgerHole):
        await signer.make()


@pytest.mark.parametrize("table", ["checkpoints", "tiles"])
async def test_what_was_signed_stays(
    store: EventStore, signer: Checkpoints, pool: Pool, table: str
) -> None:
    """Neither checkpoints nor tiles can be changed or removed."""
    await given(store, "s", *[a_fact()] * 256)
    await signer.make()
    for change in (f"DELETE FROM {table}", f"UPDATE {table} SET root = root", f"TRUNCATE {table}"):
        with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
            await pool.execute(change)
