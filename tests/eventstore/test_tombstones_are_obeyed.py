"""A destroyed key stays destroyed, whatever database turns up with a copy of it."""

from pathlib import Path

import pytest

from eventstore import attachments as kept
from eventstore import tombstones
from eventstore.attachments import FolderAttachments, tombstone_key
from eventstore.identity import ShopperId
from eventstore.pool import Pool
from eventstore.tombstones import TOMBSTONES_SECONDS_MAX, Tombstones, VaultClosed
from eventstore.vault import KeyDestroyed, Vault
from tests.story import until

ANN = ShopperId("ann")
SECRET = bytes(32)


class Away(FolderAttachments):
    """A store that does not answer."""

    async def keys(self, folder: str, *, after: str = "") -> list[str]:
        """Fail as a store does that is away."""
        raise kept.AttachmentsUnavailable(folder, "no answer")


@pytest.fixture
def attachments(tmp_path: Path) -> FolderAttachments:
    """Where tombstones stand."""
    return FolderAttachments(root=tmp_path / "attachments")


def a_vault(pool: Pool, attachments: FolderAttachments) -> Vault:
    """Return the vault of a process that has just started."""
    return Vault(pool=pool, secret=SECRET, attachments=attachments)


async def bury(vault: Vault, attachments: FolderAttachments, owner: ShopperId) -> str:
    """Write a tombstone for the key the owner has; return its id."""
    key_id = await vault.key_id(owner)
    assert key_id is not None
    await attachments.put(tombstone_key(owner, key_id), b"{}")
    return key_id


async def test_a_new_process_obeys_before_it_opens_anything(
    pool: Pool, attachments: FolderAttachments
) -> None:
    """The key row that a backup brought back is gone before it could be used."""
    vault = a_vault(pool, attachments)
    sealed = await vault.seal(ANN, "phone", b"1")
    await bury(vault, attachments, ANN)
    with pytest.raises(KeyDestroyed):
        await a_vault(pool, attachments).open(ANN, "phone", sealed)
    assert not await pool.fetchval("SELECT count(*) FROM vault_keys WHERE owner = 'ann'")


async def test_who_returns_is_not_harmed_by_an_earlier_tombstone(
    pool: Pool, attachments: FolderAttachments
) -> None:
    """Their key has another id; what the old one sealed is known to be destroyed, not damaged."""
    vault = a_vault(pool, attachments)
    before = await vault.seal(ANN, "phone", b"1")
    key_id = await bury(vault, attachments, ANN)
    await vault.destroy(ANN, key_id)
    again = await vault.seal(ANN, "phone", b"2")
    await vault.destroy(ANN, key_id)  # by a worker that was late

    started = a_vault(pool, attachments)
    assert await started.open(ANN, "phone", again) == b"2"
    with pytest.raises(KeyDestroyed):
        await started.open(ANN, "phone", before)


async def test_a_running_process_looks_again(pool: Pool, attachments: FolderAttachments) -> None:
    """A database restored under it may open a destroyed key only until the next look."""
    now = 0.0
    stones = Tombstones(pool=pool, attachments=attachments, clock=lambda: now)
    vault = a_vault(pool, attachments)
    await stones.be_fresh()
    await vault.seal(ANN, "phone", b"1")
    await bury(vault, attachments, ANN)
    question = "SELECT count(*) FROM vault_keys WHERE owner = 'ann'"
    now = TOMBSTONES_SECONDS_MAX
    await stones.be_fresh()
    assert await pool.fetchval(question) == 1
    now += 1
    await stones.be_fresh()
    assert await pool.fetchval(question) == 0


async def test_while_tombstones_cannot_be_read_nothing_is_opened(
    pool: Pool, attachments: FolderAttachments, tmp_path: Path
) -> None:
    """The error says so and what to do; ids, which are no personal data, are still made."""
    sealed = await a_vault(pool, attachments).seal(ANN, "phone", b"1")
    broken = a_vault(pool, Away(root=tmp_path))
    with pytest.raises(VaultClosed, match="until the tombstones can be read"):
        await broken.open(ANN, "phone", sealed)
    with pytest.raises(VaultClosed):
        await broken.seal(ANN, "phone", b"2")
    assert await broken.shopper_id("web:1")


async def test_more_tombstones_than_one_listing_holds_are_all_obeyed(
    pool: Pool, attachments: FolderAttachments, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Page by page, to the last one."""
    for module in (kept, tombstones):
        monkeypatch.setattr(module, "KEYS_MAX", 2)
    vault = Vault(pool=pool, secret=SECRET)
    for name in "abcde":
        await vault.seal(name, "phone", b"1")
        await bury(vault, attachments, ShopperId(name))
    stones = Tombstones(pool=pool, attachments=attachments)
    assert await stones.count() == 5
    assert await stones.apply() == 5
    await until("SELECT count(*) = 0 FROM vault_keys", pool)
