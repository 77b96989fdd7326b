"""An open log: everything a process needs to read and add facts, opened and closed together."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from eventstore.attachments import Attachments
from eventstore.catalogue import EVENTS
from eventstore.codec import Codec
from eventstore.ledger import Sealer
from eventstore.pool import Pool, open_pool
from eventstore.process import in_background
from eventstore.proving.checkpoints import Checkpoints
from eventstore.store import EventStore
from eventstore.subscription import Listener
from eventstore.vault import Vault


@dataclass(frozen=True, kw_only=True)
class Log:
    """The log of one database, as one process sees it."""

    url: str
    pool: Pool
    store: EventStore
    listener: Listener
    attachments: Attachments
    vault: Vault
    checkpoints: Checkpoints


#: Opens the log for a process of the given name with at most so many pooled connections.
OpenLog = Callable[[str, int], AbstractAsyncContextManager[Log]]


@asynccontextmanager
async def open_log(
    url: str,
    *,
    name: str,
    connections: int,
    attachments: Attachments,
    secret: bytes,
    previous: Sequence[bytes] = (),
) -> AsyncIterator[Log]:
    """Open the log at ``url``: a pool, one LISTEN connection, and the process's sealer."""
    async with await open_pool(url, size=connections, name=name) as pool:
        sealer = Sealer(pool)
        listener = Listener(url, name=name)
        vault = Vault(pool=pool, secret=secret, previous=previous, attachments=attachments)
        sealer.wake()  # whatever a killed process left unsealed
        async with in_background(sealer.run(), listener.run()):
            yield Log(
                url=url,
                pool=pool,
                store=EventStore(pool=pool, codec=Codec(EVENTS), appended=sealer.wake),
                listener=listener,
                attachments=attachments,
                vault=vault,
                checkpoints=Checkpoints(pool=pool, vault=vault, attachments=attachments),
            )
