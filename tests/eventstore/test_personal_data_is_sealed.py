"""What is personal is readable only with its owner's key and the right secret."""

import asyncio
import base64

import pytest

from eventstore.errors import SecretUnusable
from eventstore.identity import sha256_of
from eventstore.keyring import parse_secret
from eventstore.pool import Pool
from eventstore.vault import KeyDestroyed, Vault

SECRET = bytes(range(32))


@pytest.mark.parametrize(
    "text", [SECRET.hex(), base64.b64encode(SECRET).decode(), "0123456789abcdef0123456789ABCDEF"]
)
def test_a_secret_may_be_hex_base64_or_raw(text: str) -> None:
    """All three spellings of the deployment guide give 32 bytes."""
    assert len(parse_secret(text)) == 32


@pytest.mark.parametrize("text", ["", "short", "g" * 64, "%" * 44])
def test_any_other_secret_is_refused_with_a_way_to_make_one(text: str) -> None:
    """A malformed secret is not padded, cut or hashed into shape."""
    with pytest.raises(SecretUnusable, match="openssl rand"):
        parse_secret(text)


async def test_what_was_sealed_opens_for_its_owner_and_field_alone(pool: Pool) -> None:
    """A sealed value moved to another person or field does not open."""
    vault = Vault(pool=pool, secret=SECRET)
    sealed = await vault.seal("ann", "phone", b"380670000001")
    await vault.seal("bob", "phone", b"380670000002")

    assert await vault.open("ann", "phone", sealed) == b"380670000001"
    for owner, field in (("ann", "name"), ("bob", "phone")):
        with pytest.raises(SecretUnusable):
            await vault.open(owner, field, sealed)


async def test_without_the_key_nothing_opens(pool: Pool) -> None:
    """Destroying a person's key is enough to forget what was sealed."""
    vault = Vault(pool=pool, secret=SECRET)
    sealed = await vault.seal("ann", "phone", b"380670000001")
    await pool.execute("DELETE FROM vault_keys WHERE owner = 'ann'")
    with pytest.raises(KeyDestroyed):
        await vault.open("ann", "phone", sealed)


async def test_another_secret_is_noticed(pool: Pool) -> None:
    """A process with the wrong ENCRYPTION_SECRET says so instead of making new keys."""
    sealed = await Vault(pool=pool, secret=SECRET).seal("ann", "phone", b"1")
    with pytest.raises(SecretUnusable, match="another ENCRYPTION_SECRET"):
        await Vault(pool=pool, secret=bytes(32)).open("ann", "phone", sealed)


async def test_ids_are_the_same_for_ever_and_say_nothing(pool: Pool) -> None:
    """Two processes that meet a person at the same moment give the same id."""
    vaults = [Vault(pool=pool, secret=SECRET) for _ in range(8)]
    ids = await asyncio.gather(*(vault.shopper_id("web:1") for vault in vaults))
    assert len(set(ids)) == 1
    assert await vaults[0].shopper_id("web:2") not in ids
    assert await vaults[0].fingerprint("web:1") not in ids


async def test_a_callbacks_name_does_not_give_its_phone_away(pool: Pool) -> None:
    """Everything in a body but the phone can be guessed: its name must need a key."""
    body = b"<rsp><contractNumber>380670000001</contractNumber></rsp>"
    names = {await Vault(pool=pool, secret=SECRET).body_fingerprint(body) for _ in range(2)}
    assert len(names) == 1
    assert names.isdisjoint({sha256_of(body)})
    await pool.execute("DELETE FROM vault_keys WHERE owner = 'system/callback-bodies'")
    assert await Vault(pool=pool, secret=SECRET).body_fingerprint(body) not in names
