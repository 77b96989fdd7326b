"""Whose signatures the checkpoints of a database may bear: its own, and those it imported."""

from functools import partial
from pathlib import Path

from eventstore import sql
from eventstore.doubt import persist
from eventstore.pool import Pool
from eventstore.proving.checkpoints import Checkpoints
from eventstore.proving.notes import VerifierKey

SQL = sql.load(Path(__file__).with_name("proving.sql"))


async def known_keys(pool: Pool, checkpoints: Checkpoints) -> list[VerifierKey]:
    """Return the keys of imported histories, in the order in which they signed, then our own."""
    rows = await persist(partial(pool.fetch, SQL["imported_keys"]))
    own = (await checkpoints.key()).verifier
    return [*(VerifierKey.parse(row["key"]) for row in rows), own]


async def signers_until(pool: Pool, checkpoints: Checkpoints, size: int) -> list[VerifierKey]:
    """Return the known keys that signed checkpoints of at most ``size`` facts, in that order."""
    rows = await persist(partial(pool.fetch, SQL["signers_until"], size))
    if not rows:
        return []
    known = {key.name: key for key in await known_keys(pool, checkpoints)}
    return [known[row["origin"]] for row in rows if row["origin"] in known]
