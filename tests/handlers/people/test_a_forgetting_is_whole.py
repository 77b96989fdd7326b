"""What stands outside a shopper's own folders goes with them, and nothing of anybody else's."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from eventstore.attachments import FolderAttachments
from eventstore.catalogue import BillIssued
from eventstore.identity import BillId, Kopecks, ReceiptId, ShopperId, bill_stream, payout_of
from eventstore.pool import Pool
from handlers.commands import Commands, ParsedCallback
from handlers.sweep_leftovers import LATE_SECONDS_MAX
from tests.handlers.people.leaving import PHONE, REJECTED, Office
from tests.story import given

OTHER_PHONE = "380670000002"


@pytest.fixture
def office(pool: Pool, tmp_path: Path) -> Office:
    """Where people are forgotten."""
    return Office(pool=pool, folder=tmp_path / "attachments")


class Delayed(FolderAttachments):
    """Keeps a body only after something else has happened."""

    def __init__(self, root: Path, happens: Callable[[], Awaitable[object]]) -> None:
        super().__init__(root=root)
        self._happens = happens

    async def put(self, key: str, content: bytes) -> None:
        """Keep it as ever, too late."""
        await self._happens()
        await super().put(key, content)


class Died(Exception):
    """Stands for a SIGKILL."""


async def paid(office: Office, name: str) -> tuple[ShopperId, ReceiptId]:
    """Let somebody with the one phone have a payout that ended."""
    shopper = await office.arrive(name)
    receipt = await office.send(shopper)
    await office.read(shopper, receipt, REJECTED)
    await office.owe(shopper, receipt)
    return shopper, receipt


def told(receipt: ReceiptId) -> ParsedCallback:
    """Return what Portmone says about a receipt's payout, phone included."""
    return ParsedCallback(
        bill=BillId("77"),
        status="ok",
        amount_kopecks=Kopecks(100),
        contract_number=PHONE,
        comment=payout_of(receipt),
        error_code=None,
    )


def bodies(office: Office) -> list[str]:
    """Return the bodies that are kept."""
    return [key for key in office.files() if key.startswith("callbacks/")]


async def test_the_key_is_destroyed_at_once_and_not_at_the_next_look(office: Office) -> None:
    """When the certificate is there the row is gone, whoever obeys tombstones and when."""
    ann = await office.arrive("ann")
    assert await office.forget(ann) is not None
    assert not await office.pool.fetchval("SELECT count(*) FROM vault_keys WHERE owner = 'ann'")


async def test_a_body_that_was_on_its_way_is_swept(office: Office) -> None:
    """Looked for a wish before there was one, kept after the destruction: minutes on it goes."""
    ann, receipt = await paid(office, "ann")
    late = Delayed(office.folder, lambda: office.forget(ann))
    commands = Commands(store=office.store, attachments=late, vault=office.vault)
    await commands.record_callback(told(receipt), b"body")
    assert len(bodies(office)) == 1
    await office.time_passes(seconds=LATE_SECONDS_MAX + 1)
    await office.sweep()
    assert bodies(office) == []


async def test_a_body_whose_delivery_was_cut_off_goes_when_it_is_delivered_again(
    office: Office,
) -> None:
    """Kept, then killed before the fact: no fact names it, so no sweep would find it."""
    ann, receipt = await paid(office, "ann")

    class Dying(FolderAttachments):
        """Keeps, and dies of it."""

        async def put(self, key: str, content: bytes) -> None:
            """Keep."""
            await super().put(key, content)
            raise Died

    cut_off = Commands(
        store=office.store, attachments=Dying(root=office.folder), vault=office.vault
    )
    callback = told(receipt)
    with pytest.raises(Died):
        await cut_off.record_callback(callback, b"body")
    assert await office.forget(ann) is not None
    assert len(bodies(office)) == 1
    await office.commands.record_callback(callback, b"body")
    assert bodies(office) == []


async def test_a_late_callback_that_names_only_the_phone_leaves_no_body(office: Office) -> None:
    """As at the forgetting itself, where bodies are found by the phone too."""
    ann, receipt = await paid(office, "ann")
    assert await office.forget(ann) is not None
    assert await office.hear(receipt, phone=PHONE) not in office.files()
    assert await office.hear(receipt, phone=OTHER_PHONE) in office.files()


async def test_what_portmone_said_about_another_stays(office: Office) -> None:
    """Ann typed bob's phone: neither her forgetting nor her being gone touches his payout's."""
    _, receipt = await paid(office, "bob")
    before = await office.hear(receipt, phone=PHONE, named=True)
    ann = await office.arrive("ann")
    assert await office.forget(ann) is not None
    after = await office.hear(receipt, phone=PHONE, named=True)
    assert {before, after} <= office.files()


async def test_a_bill_alone_tells_whose_a_callback_is(office: Office) -> None:
    """Portmone may leave our payout id out: the bill leads to it."""
    _, receipt = await paid(office, "bob")
    callback = replace(told(receipt), comment=None)
    await given(office.store, bill_stream(callback.bill), BillIssued(payout=payout_of(receipt)))
    await office.commands.record_callback(callback, b"before")
    assert await office.forget(await office.arrive("ann")) is not None
    await office.commands.record_callback(callback, b"after")
    assert len(bodies(office)) == 2
    assert await office.forget(ShopperId("bob")) is not None
    assert bodies(office) == []


async def test_a_foreign_payout_that_went_to_the_phone_is_about_its_owner_too(
    office: Office,
) -> None:
    """The body holds a phone that only who is forgotten ever named, so it goes."""
    _, receipt = await paid(office, "bob")
    ann = await office.arrive("ann", phone=OTHER_PHONE)
    before = await office.hear(receipt, phone=OTHER_PHONE, named=True)
    assert await office.forget(ann) is not None
    after = await office.hear(receipt, phone=OTHER_PHONE, named=True)
    assert not office.files() & {before, after}
