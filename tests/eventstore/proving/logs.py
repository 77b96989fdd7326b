"""A log with checkpoints and its exports, for tests of proofs."""

from io import BytesIO
from pathlib import Path

from eventstore.attachments import FolderAttachments
from eventstore.identity import StreamName
from eventstore.ledger import seal_until_rest
from eventstore.pool import Pool
from eventstore.proving.checkpoints import Checkpoints
from eventstore.proving.export import NdjsonWriter, export_log
from eventstore.proving.notes import VerifierKey
from eventstore.store import NO_STREAM, Append
from eventstore.vault import Vault
from tests.story import CONTEXT, a_fact, a_store, new_id

#: Facts that ``grow`` gives each of its streams.
STREAM_FACTS = 4
#: Streams that ``grow`` fills at the same time, so that their facts alternate.
STREAMS_AT_ONCE = 50


def a_signer(pool: Pool, folder: Path, *, secret: bytes = bytes(32)) -> Checkpoints:
    """Return what signs the log of ``pool`` and copies to ``folder``."""
    attachments = FolderAttachments(root=folder)
    vault = Vault(pool=pool, secret=secret, attachments=attachments)
    return Checkpoints(pool=pool, vault=vault, attachments=attachments)


async def grow(pool: Pool, count: int) -> None:
    """Add ``count`` facts to new streams, a few to each, and seal them."""
    store = a_store(pool)
    head = await store.head()
    for number in range(0, count, STREAMS_AT_ONCE):
        age = number // STREAMS_AT_ONCE
        streams = [
            f"{head}-{age // STREAM_FACTS}-{place}"
            for place in range(min(STREAMS_AT_ONCE, count - number))
        ]
        appends = [
            Append(
                stream=StreamName(f"claim-{name}"),
                expected=NO_STREAM + age % STREAM_FACTS,
                events=[(new_id(), a_fact(f"«Чек» {name}"))],
            )
            for name in streams
        ]
        await store.append(*appends, context=CONTEXT)
    await seal_until_rest(pool)


async def exported(pool: Pool, checkpoints: Checkpoints, *, until: int | None = None) -> bytes:
    """Return an export."""
    file = BytesIO()
    await export_log(pool, checkpoints, NdjsonWriter(file), until=until)
    return file.getvalue()


async def key_of(checkpoints: Checkpoints) -> VerifierKey:
    """Return the key that auditors pin."""
    return (await checkpoints.key()).verifier
