"""A dump made before a forgetting and restored after it: the destroyed key stays destroyed."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest

from eventstore.attachments import AttachmentMissing, words_key
from eventstore.catalogue import PhoneShared, ReceiptRead, ShopperForgotten
from eventstore.embedded import EmbeddedPostgres
from eventstore.identity import ShopperId, shopper_stream
from eventstore.pool import Pool, open_pool
from eventstore.vault import KeyDestroyed
from tests.handlers.people.leaving import PHONE, REJECTED, Office
from tests.story import facts


async def run(*command: str) -> None:
    """Run a program of Postgres to its good end."""
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
    assert await process.wait() == 0


@pytest.fixture
async def restored(
    server: EmbeddedPostgres, admin: psycopg.Connection, database_url: str
) -> AsyncIterator[str]:
    """The URL of an empty database for a backup."""
    name = f"restored_{database_url.partition('?')[0].rpartition('_')[2]}"
    admin.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    yield server.url(name)
    admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def office(pool: Pool, tmp_path: Path) -> Office:
    """Where people are forgotten."""
    return Office(pool=pool, folder=tmp_path / "attachments")


async def sealed_phone(office: Office, shopper: ShopperId) -> str:
    """Return what seals the shopper's newest phone."""
    told = await facts(office.store, shopper_stream(shopper))
    return [fact for fact in told if isinstance(fact, PhoneShared)][-1].phone_sealed


async def test_a_backup_from_before_opens_nothing_of_who_was_forgotten(
    office: Office, restored: str, database_url: str, binaries: Path, tmp_path: Path
) -> None:
    """Not the phone, not the words, for no process; a neighbour's phone opens as before."""
    dump = str(tmp_path / "dump")
    ann, bob = await office.arrive("ann"), await office.arrive("bob", phone="380670000002")
    reading: ReceiptRead = await office.read(ann, await office.send(ann), REJECTED)
    await run(str(binaries / "pg_dump"), "--format=custom", f"--file={dump}", database_url)
    first = await office.forget(ann)
    assert first is not None
    await run(str(binaries / "pg_restore"), "--exit-on-error", f"--dbname={restored}", dump)

    async with await open_pool(restored, size=4, name="restored") as pool:
        after = Office(pool=pool, folder=office.folder)
        assert await pool.fetchval("SELECT count(*) FROM vault_keys WHERE owner = 'ann'") == 1
        for _ in range(2):
            with pytest.raises(KeyDestroyed):
                await after.vault.open(ann, "phone", await sealed_phone(after, ann))
        assert await pool.fetchval("SELECT count(*) FROM vault_keys WHERE owner = 'ann'") == 0
        with pytest.raises(AttachmentMissing):
            await after.attachments.get(words_key(ann, reading.words_sha256))
        opened = await after.vault.open(bob, "phone", await sealed_phone(after, bob))
        assert opened == b"380670000002"


async def test_a_backup_from_amid_a_forgetting_finishes_it(
    office: Office, restored: str, database_url: str, binaries: Path, tmp_path: Path
) -> None:
    """The same tombstone, the same certificate: the fact says the same in both histories."""
    dump = str(tmp_path / "dump")
    ann = await office.arrive("ann")
    await office.read(ann, await office.send(ann), REJECTED)
    await office.commands.request_forgetting(ann, reason="asked by letter")
    await run(str(binaries / "pg_dump"), "--format=custom", f"--file={dump}", database_url)
    first = await office.forget(ann)
    await run(str(binaries / "pg_restore"), "--exit-on-error", f"--dbname={restored}", dump)

    async with await open_pool(restored, size=4, name="restored") as pool:
        after = Office(pool=pool, folder=office.folder)
        assert await after.forget(ann) == first
        assert isinstance(first, ShopperForgotten)


async def test_who_begins_again_after_a_restore_can_be_forgotten_again(
    office: Office, restored: str, database_url: str, binaries: Path, tmp_path: Path
) -> None:
    """The number in force there is sealed by a key that is gone: sealed anew, and forgotten too."""
    dump = str(tmp_path / "dump")
    ann = await office.arrive("ann")
    await run(str(binaries / "pg_dump"), "--format=custom", f"--file={dump}", database_url)
    first = await office.forget(ann)
    await run(str(binaries / "pg_restore"), "--exit-on-error", f"--dbname={restored}", dump)

    async with await open_pool(restored, size=4, name="restored") as pool:
        after = Office(pool=pool, folder=office.folder)
        await after.arrive("ann")
        sealed = await sealed_phone(after, ann)
        assert await after.vault.open(ann, "phone", sealed) == PHONE.encode()

        second = await after.forget(ann)
        assert first is not None
        assert second is not None
        assert second.key_id != first.key_id
        with pytest.raises(KeyDestroyed):
            await after.vault.open(ann, "phone", sealed)
