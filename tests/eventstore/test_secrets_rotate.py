"""A new ENCRYPTION_SECRET takes over while everything runs, and a kill in between harms nothing."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from eventstore import rotation
from eventstore.catalogue import VaultRotated
from eventstore.errors import LogUnavailable, SecretUnusable
from eventstore.identity import VAULT_STREAM
from eventstore.keyring import Keyring, name_of
from eventstore.pool import Pool
from eventstore.rotation import Rotated, rotate, secrets_in_use
from eventstore.vault import Vault
from tests.processes import cashbot, environment
from tests.story import a_store, facts

OLD, NEW, OTHER = bytes(range(32)), bytes(range(32, 64)), bytes(range(64, 96))
OWNERS = [f"owner-{number}" for number in range(10)]


class Killed(Exception):
    """Stands for a SIGKILL."""


@pytest.fixture
async def sealed(pool: Pool) -> dict[str, str]:
    """A value of each owner, all of their keys wrapped by the old secret."""
    vault = Vault(pool=pool, secret=OLD)
    return {owner: await vault.seal(owner, "phone", owner.encode()) for owner in OWNERS}


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rotation of ten keys has several steps."""
    monkeypatch.setattr(rotation, "ROTATE_KEYS_MAX", 3)


async def turn(
    pool: Pool, keyring: Keyring, progress: Callable[[int], None] = lambda _: None
) -> Rotated:
    """Rotate with these secrets."""
    return await rotate(a_store(pool), keyring, progress=progress)


async def all_open(vault: Vault, sealed: dict[str, str]) -> bool:
    """Tell whether every value opens."""
    return all([await vault.open(o, "phone", sealed[o]) == o.encode() for o in sealed])


async def test_after_a_rotation_the_old_secret_is_not_needed(
    pool: Pool, sealed: dict[str, str]
) -> None:
    """What was sealed stays as it is and opens with the new secret alone, and with it only."""
    ids = await pool.fetch("SELECT owner, key_id FROM vault_keys ORDER BY owner")
    rotated = await turn(pool, Keyring(NEW, [OLD]))

    assert (rotated.keys, rotated.not_unwrapped) == (len(OWNERS), [])
    assert await all_open(Vault(pool=pool, secret=NEW), sealed)
    with pytest.raises(SecretUnusable, match="ENCRYPTION_SECRET_PREVIOUS"):
        await Vault(pool=pool, secret=OLD).open(OWNERS[0], "phone", sealed[OWNERS[0]])
    assert await pool.fetch("SELECT owner, key_id FROM vault_keys ORDER BY owner") == ids


async def test_before_and_amid_a_rotation_everything_opens(
    pool: Pool, sealed: dict[str, str]
) -> None:
    """A process that knows both secrets opens the old ones' keys and wraps with the new one."""
    vault = Vault(pool=pool, secret=NEW, previous=[OLD])
    assert await all_open(vault, sealed)
    await vault.seal("newcomer", "phone", b"1")
    named = "SELECT wrapped_by FROM vault_keys WHERE owner = 'newcomer'"
    assert await pool.fetchval(named) == name_of(NEW)


@pytest.mark.parametrize("batches", range(1, 5))
async def test_a_rotation_that_was_killed_goes_on_where_it_was(
    pool: Pool, sealed: dict[str, str], batches: int
) -> None:
    """After any batch, also the last: the rest is done once, the whole is recorded once."""
    left = batches

    def die(_: int) -> None:
        nonlocal left
        left -= 1
        if not left:
            raise Killed

    with pytest.raises(Killed):
        await turn(pool, Keyring(NEW, [OLD]), die)
    assert not await facts(a_store(pool), VAULT_STREAM)
    assert await all_open(Vault(pool=pool, secret=NEW, previous=[OLD]), sealed)

    rest = await turn(pool, Keyring(NEW, [OLD]))
    assert rest.keys == max(0, len(OWNERS) - 3 * batches)
    assert await all_open(Vault(pool=pool, secret=NEW), sealed)
    told = VaultRotated(wrapped_by=name_of(NEW), keys=len(OWNERS))
    assert await facts(a_store(pool), VAULT_STREAM) == [told]


async def test_a_rotation_with_nothing_to_do_records_nothing(
    pool: Pool, sealed: dict[str, str]
) -> None:
    """Neither on a vault that never had another secret, nor the second time."""
    assert (await turn(pool, Keyring(OLD))).keys == 0
    assert not await facts(a_store(pool), VAULT_STREAM)
    for _ in range(2):
        await turn(pool, Keyring(NEW, [OLD]))
    assert len(await facts(a_store(pool), VAULT_STREAM)) == 1


async def test_a_key_of_an_unknown_secret_is_named_and_the_others_are_done(
    pool: Pool, sealed: dict[str, str]
) -> None:
    """Nothing is recorded as done until it is; the missing secret brings the rest."""
    lost = await Vault(pool=pool, secret=OTHER).seal("lost", "phone", b"1")
    rotated = await turn(pool, Keyring(NEW, [OLD]))
    assert (rotated.keys, rotated.not_unwrapped) == (len(OWNERS), ["lost"])
    assert await all_open(Vault(pool=pool, secret=NEW), sealed)
    assert not await facts(a_store(pool), VAULT_STREAM)

    assert (await turn(pool, Keyring(NEW, [OTHER]))).keys == 1
    assert await Vault(pool=pool, secret=NEW).open("lost", "phone", lost) == b"1"
    assert len(await facts(a_store(pool), VAULT_STREAM)) == 1


Meanwhile = Callable[[], Awaitable[object]]


def meanwhile(monkeypatch: pytest.MonkeyPatch, happens: Meanwhile) -> None:
    """Let something happen between a batch's reading and its writing, once."""
    real, left = rotation._write, [happens]

    async def write(*arguments: Any) -> int:
        if left:
            await left.pop()()
        return await real(*arguments)

    monkeypatch.setattr(rotation, "_write", write)


async def test_a_key_destroyed_or_replaced_amid_a_rotation_stays_so(
    pool: Pool, sealed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rotation brings no key back, and overwrites none of a process with the old secret."""
    ann, bob = OWNERS[:2]

    async def replace() -> None:
        await pool.execute("DELETE FROM vault_keys WHERE owner = ANY($1)", [ann, bob])
        sealed[bob] = await Vault(pool=pool, secret=OLD).seal(bob, "phone", b"again")

    meanwhile(monkeypatch, replace)
    await turn(pool, Keyring(NEW, [OLD]))
    assert not await pool.fetchval("SELECT count(*) FROM vault_keys WHERE owner = $1", ann)
    vault = Vault(pool=pool, secret=NEW, previous=[OLD])
    assert await vault.open(bob, "phone", sealed[bob]) == b"again"


async def test_a_key_that_another_rotation_wrapped_meanwhile_stays_so(
    pool: Pool, sealed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compare and set: who reads first and writes last does not undo the other's work."""
    meanwhile(monkeypatch, lambda: turn(pool, Keyring(OTHER, [OLD])))
    await turn(pool, Keyring(NEW, [OLD]))
    assert await all_open(Vault(pool=pool, secret=OTHER), sealed)


async def test_a_key_that_an_old_process_made_behind_a_rotation_is_wrapped_too(
    pool: Pool, sealed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its owner was passed already; "every key" is recorded when it is so."""
    meanwhile(monkeypatch, lambda: Vault(pool=pool, secret=OLD).seal("a-late-one", "phone", b"1"))
    rotated = await turn(pool, Keyring(NEW, [OLD]))
    assert rotated.keys == len(OWNERS) + 1
    behind = "SELECT count(*) FROM vault_keys WHERE wrapped_by <> $1"
    assert await pool.fetchval(behind, name_of(NEW)) == 0
    told = VaultRotated(wrapped_by=name_of(NEW), keys=len(OWNERS) + 1)
    assert await facts(a_store(pool), VAULT_STREAM) == [told]


async def test_a_rotation_that_old_processes_outrun_records_nothing(
    pool: Pool, sealed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends all the same, and says what to do."""
    real = rotation._write

    async def undone(*arguments: Any) -> int:
        keys = await real(*arguments)
        await pool.execute("DELETE FROM vault_keys WHERE owner = 'a-late-one'")
        await Vault(pool=pool, secret=OLD).seal("a-late-one", "phone", b"1")
        return keys

    monkeypatch.setattr(rotation, "_write", undone)
    with pytest.raises(LogUnavailable, match="restart all of them"):
        await turn(pool, Keyring(NEW, [OLD]))
    assert not await facts(a_store(pool), VAULT_STREAM)


async def test_the_status_says_when_a_secret_can_be_dropped(
    pool: Pool, sealed: dict[str, str]
) -> None:
    """Each secret with its keys: newest first, those that are not set last."""

    async def told(keyring: Keyring) -> list[tuple[str, int]]:
        return [(use.role, use.keys) for use in await secrets_in_use(a_store(pool), keyring)]

    ten = len(OWNERS)
    assert await told(Keyring(NEW, [OLD])) == [("current", 0), ("previous", ten)]
    assert await told(Keyring(NEW)) == [("current", 0), ("unknown", ten)]
    await turn(pool, Keyring(NEW, [OLD]))
    assert await told(Keyring(NEW, [OLD])) == [("current", ten), ("previous", 0)]


async def test_an_operator_rotates_by_three_commands(
    sealed: dict[str, str], database_url: str, tmp_path: Path
) -> None:
    """Status, rotate, status: JSON on stdout, advice on stderr, a status that says the truth."""
    env = environment(
        DATABASE_URL=database_url,
        CASHBOT_HOME=str(tmp_path),
        LOG_LEVEL="ERROR",
        ENCRYPTION_SECRET=NEW.hex(),
    )
    status, _, talk = await cashbot("vault", "status", env=env)
    assert (status, "add it to ENCRYPTION_SECRET_PREVIOUS" in talk) == (1, True)
    status, _, talk = await cashbot("vault", "rotate", env=env)
    assert (status, "owner-0" in talk) == (1, True)

    env["ENCRYPTION_SECRET_PREVIOUS"] = f"{OTHER.hex()}, {OLD.hex()}"
    status, out, _ = await cashbot("vault", "rotate", env=env)
    assert (status, json.loads(out)["keys"]) == (0, len(OWNERS))
    status, out, talk = await cashbot("vault", "status", env=env)
    assert (status, json.loads(out)["previous_can_be_dropped"]) == (0, True)
    assert "can be dropped" in talk


async def test_a_malformed_earlier_secret_is_named_and_not_shown(tmp_path: Path) -> None:
    """Which of them it is, and nothing of what it is."""
    env = environment(
        CASHBOT_HOME=str(tmp_path), ENCRYPTION_SECRET_PREVIOUS=f"{OLD.hex()},hush-hush"
    )
    status, out, talk = await cashbot("vault", "status", env=env)
    assert (status, out) == (2, "")
    assert "ENCRYPTION_SECRET_PREVIOUS" in talk
    assert "number 2" in talk
    assert "hush" not in talk
    assert OLD.hex() not in talk
