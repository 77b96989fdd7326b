"""Fact, photo, preview, words, body: a process killed between any two of these ends the work."""

from functools import partial
from pathlib import Path

import pytest

from eventstore.catalogue import PhotoExpired
from eventstore.identity import ReceiptId, ShopperId
from eventstore.pool import Pool
from tests.faults.touching import expire, work_and_die
from tests.handlers.people.keeping import Archive
from tests.handlers.people.leaving import REJECTED

#: Two receipts and a callback have fewer touches than this; the loop ends by itself.
TOUCHES_MAX = 400
#: So many lines are passed between two deaths: each of three handlings has some thirty.
STRIDE = 3


async def arrive(archive: Archive, name: str) -> tuple[ShopperId, list[ReceiptId], set[str]]:
    """Let somebody send one photo twice; return what is theirs."""
    before = archive.files()
    shopper = await archive.arrive(name)
    receipts = [
        await archive.commands.record_upload(
            shopper, b"\xff\xd8\xff" + name.encode(), source="web", upload_id=upload
        )
        for upload in "12"
    ]
    for receipt in receipts:
        await archive.read(shopper, receipt, REJECTED)
    await archive.hear(receipts[0], phone=None)
    return shopper, receipts, archive.files() - before


async def expiries(archive: Archive, receipt: ReceiptId) -> int:
    """Return how often the log says that the receipt's photo is expired."""
    return list(await archive.story(receipt)).count(PhotoExpired())


@pytest.mark.timeout(240)
async def test_a_sigkill_between_any_two_touches_deletes_all_and_says_so_once(
    pool: Pool, database_url: str, tmp_path: Path
) -> None:
    """Nothing is deleted before the log says so, and in the end nothing is left."""
    archive = Archive(pool=pool, folder=tmp_path / "attachments")
    expire_and_die = partial(work_and_die, expire, url=database_url, folder=archive.folder)
    for touches in range(0, TOUCHES_MAX, STRIDE):
        _, receipts, things = await arrive(archive, f"s{touches}")
        assert len(things) == 6
        status = await expire_and_die(touches=touches)
        said = [await expiries(archive, receipt) for receipt in receipts]
        photos = {key for key in things if not key.startswith("callbacks/")}
        if not any(said):
            assert photos <= archive.files()

        await pool.execute("UPDATE work SET due_at = now(), leased_until = NULL")
        assert await expire_and_die(touches=10**9) == 0
        assert [await expiries(archive, receipt) for receipt in receipts] == [1, 1]
        assert not things & archive.files()
        assert await archive.waiting() == 0
        if status == 0:
            break
    assert status == 0, "the work never came to its end"
    assert touches > 40, "it hardly touched the world: was it killed at all?"
