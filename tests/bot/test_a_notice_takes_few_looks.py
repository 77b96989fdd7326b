"""In a burst everybody waits for the same few connections: each word takes as few as it can."""

from pathlib import Path

import pytest

from bot.answers import Answers, Settings
from bot.concerns import ANSWERED
from bot.messenger import RecordingMessenger
from bot.notices import Notices
from bot.words.texts import load_texts
from eventstore.attachments import FolderAttachments
from eventstore.catalogue import ShopperNotified
from eventstore.identity import ReceiptId, ShopperId, notices_stream, receipt_stream
from eventstore.ledger import seal_until_rest
from eventstore.pool import Pool
from eventstore.subscription import Listener
from eventstore.vault import Vault
from eventstore.worker import Worker
from handlers.commands import Commands
from tests.bot.bots import SECRET
from tests.bot.talks import PHONE, PHOTO
from tests.bot.words import said
from tests.statements import overheard
from tests.story import CONTEXT, a_store, append_of, facts

ANN = ShopperId("ann")


def a_notifier(pool: Pool, url: str) -> Worker:
    """Return who says what is to be said, into the log alone."""
    store, vault = a_store(pool), Vault(pool=pool, secret=SECRET)
    notices = Notices(
        store=store,
        vault=vault,
        answers=Answers(store=store, vault=vault, settings=Settings()),
        messenger=RecordingMessenger(),
        texts=load_texts(),
        sandbox=False,
        staff=frozenset(),
    )
    return Worker(
        store=store,
        listener=Listener(url, name="test"),
        handler=notices,
        types=ANSWERED,
        concurrency=1,
    )


async def a_photo_of_ann(pool: Pool, folder: Path) -> ReceiptId:
    """Let Ann join and send a photo."""
    vault = Vault(pool=pool, secret=SECRET)
    commands = Commands(
        store=a_store(pool), attachments=FolderAttachments(root=folder), vault=vault
    )
    await commands.give_consent(ANN, text_version="1", text="yes", locale="uk")
    await commands.share_phone(ANN, PHONE)
    return await commands.record_upload(ANN, PHOTO, source="web", upload_id="1")


async def keys_told(pool: Pool, receipt: ReceiptId) -> list[str]:
    """Return what was said about the receipt."""
    told = await facts(a_store(pool), notices_stream(receipt))
    return [fact.key for fact in told if isinstance(fact, ShopperNotified)]


@pytest.fixture
async def receipt(pool: Pool, database_url: str, tmp_path: Path) -> ReceiptId:
    """A photo that came; what went before it is told."""
    found = await a_photo_of_ann(pool, tmp_path)
    await seal_until_rest(pool)
    notifier = a_notifier(pool, database_url)
    await notifier.plan_once()
    assert await notifier.work_once()  # the consent
    assert await notifier.work_once()  # the phone
    return found


async def test_the_word_that_a_photo_came(
    pool: Pool, database_url: str, receipt: ReceiptId
) -> None:
    """From the lease to the end of the work: what it is, whom it concerns, what they know."""
    async with overheard(database_url) as (own, spoken):
        assert await a_notifier(own, database_url).work_once()
    assert await keys_told(pool, receipt) == ["receipt.reading"]
    assert spoken == [
        "lease_work",
        "sight",
        "read_streams",
        "read_streams",
        "find_key",
        "append_events",
        "finish_work",
    ]


async def test_what_was_said_is_not_said_again(
    pool: Pool, database_url: str, receipt: ReceiptId
) -> None:
    """Cut off after it was recorded: whoever takes the work again finds it in the same look."""
    notifier = a_notifier(pool, database_url)
    assert await notifier.work_once()
    await pool.execute("UPDATE cursors SET seq = 0 WHERE name = 'work/bot.notices'")
    await notifier.plan_once()
    for _ in range(3):
        assert await notifier.work_once()
    assert not await notifier.work_once()
    assert await keys_told(pool, receipt) == ["receipt.reading"]


async def test_what_a_photo_became_meanwhile_is_said_at_once(
    pool: Pool, database_url: str, receipt: ReceiptId
) -> None:
    """The word about the photo itself tells the newest there is."""
    rejected = append_of(receipt_stream(receipt), said.READ, said.rejected("too_old"), expected=0)
    await a_store(pool).append(rejected, context=CONTEXT)
    assert await a_notifier(pool, database_url).work_once()
    assert await keys_told(pool, receipt) == ["receipt.rejected.too_old"]
