"""Tombstone, key, attachments, certificate, fact: a process killed between any two of these."""

from functools import partial
from pathlib import Path

import msgspec
import pytest

from eventstore.attachments import certificate_key
from eventstore.catalogue import PhoneShared, ShopperForgotten
from eventstore.identity import ShopperId, sha256_of, shopper_stream
from eventstore.pool import Pool
from eventstore.vault import KeyDestroyed
from handlers.people.certificates import Certificate
from tests.faults.touching import forget, work_and_die
from tests.handlers.people.leaving import PHONE, REJECTED, Office
from tests.story import facts

#: A forgetting has fewer touches than this; the loop ends by itself.
TOUCHES_MAX = 300


async def arrive(office: Office, name: str) -> tuple[ShopperId, int]:
    """Let somebody come, send a receipt, and ask to be forgotten; return how much is theirs."""
    before = len(office.files())
    shopper = await office.arrive(name)
    receipt = await office.send(shopper)
    await office.read(shopper, receipt, REJECTED)
    await office.hear(receipt, phone=None)
    await office.commands.request_forgetting(shopper, reason="asked")
    return shopper, len(office.files()) - before


async def check_cut_off(office: Office, shopper: ShopperId) -> None:
    """Whatever stands there now is true: a tombstone is obeyed, a fact tells what is so."""
    told = await facts(office.store, shopper_stream(shopper))
    (shared,) = [fact for fact in told if isinstance(fact, PhoneShared)]
    buried = (office.folder / "tombstones" / shopper).exists()
    done = any(isinstance(fact, ShopperForgotten) for fact in told)
    kept = {key for key in office.files() if f"/{shopper}/" in key}
    kept -= {key for key in kept if key.startswith(("tombstones/", "certificates/"))}
    if not buried:
        assert len(kept) == 3, "something was destroyed before the tombstone stood"
        assert await office.vault.open(shopper, "phone", shared.phone_sealed) == PHONE.encode()
        return
    with pytest.raises(KeyDestroyed):
        await office.vault.open(shopper, "phone", shared.phone_sealed)
    assert not (done and kept), "called forgotten before all was destroyed"


async def check_end(office: Office, shopper: ShopperId, things: int) -> None:
    """One fact, and its certificate lists everything that was there."""
    told = await facts(office.store, shopper_stream(shopper))
    (forgotten,) = [fact for fact in told if isinstance(fact, ShopperForgotten)]
    content = await office.attachments.get(certificate_key(shopper, forgotten.key_id))
    assert sha256_of(content) == forgotten.certificate_sha256
    certificate = msgspec.json.decode(content, type=Certificate)
    assert forgotten.attachments == len(certificate.attachments) == things
    assert not {each.key for each in certificate.attachments} & office.files()
    keys = "SELECT count(*) FROM vault_keys WHERE owner = $1"
    assert await office.pool.fetchval(keys, shopper) == 0


@pytest.mark.timeout(240)
async def test_a_sigkill_between_any_two_touches_forgets_once_and_wholly(
    pool: Pool, database_url: str, tmp_path: Path
) -> None:
    """Die before and after each statement and file in turn; a second process ends the work."""
    office = Office(pool=pool, folder=tmp_path / "attachments")
    forget_and_die = partial(work_and_die, forget, url=database_url, folder=office.folder)
    for touches in range(TOUCHES_MAX):
        shopper, things = await arrive(office, f"s{touches}")
        status = await forget_and_die(touches=touches)
        await check_cut_off(office, shopper)

        await office.time_passes(hours=1)
        assert await forget_and_die(touches=10**9) == 0
        await check_end(office, shopper, things)
        if status == 0:
            break
    assert status == 0, "the work never came to its end"
    assert touches > 40, "it hardly touched the world: was it killed at all?"
