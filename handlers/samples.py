"""Sends sample receipts as shoppers would, and sees what becomes of them."""

import asyncio
from collections.abc import Sequence
from hashlib import sha256

import msgspec

from eventstore.identity import ReceiptId, notices_stream
from eventstore.log import Log
from eventstore.subscription import LEDGER, POLL_SECONDS
from handlers.commands import Commands
from handlers.outcomes import OUTCOME_SECONDS_MAX, Outcome, await_outcome
from handlers.reading.specimens import Specimen


def made_up_phone(name: str) -> str:
    """Return the phone of the made-up shopper ``name``, seldom another one's too.

    A phone that many accounts share is referred to a person.
    """
    return f"3806700{int(sha256(name.encode()).hexdigest(), 16) % 100_000:05}"


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """A specimen that was sent, and its outcome."""

    specimen: Specimen
    receipt: ReceiptId
    outcome: Outcome

    @property
    def as_expected(self) -> bool:
        """Whether state and reason are what the specimen was drawn for."""
        wanted = (self.specimen.state, self.specimen.reason)
        return (self.outcome.state, self.outcome.reason) == wanted


class SampleShoppers:
    """Shoppers made up for samples, each with a made-up phone."""

    def __init__(self, *, log: Log, run: str) -> None:
        """``run`` tells these shoppers from those of earlier runs."""
        self._log = log
        self._run = run
        self._commands = Commands(store=log.store, attachments=log.attachments, vault=log.vault)

    async def send_all(self, specimens: Sequence[Specimen]) -> list[Sample]:
        """Send each specimen as a shopper of its own, and wait until they are told what became.

        The first one's outcome is awaited before the rest are sent: another one is a second
        photo of the same receipt. Raises ``TimeoutError`` when a receipt gets stuck.
        """
        first, *rest = specimens
        samples = [await self._send(first)]
        return samples + await asyncio.gather(*(self._send(each) for each in rest))

    async def _send(self, specimen: Specimen) -> Sample:
        name = f"sample:{self._run}/{specimen.name}"
        shopper = await self._log.vault.shopper_id(name)
        await self._commands.give_consent(
            shopper, text_version="sample", text="a sample shopper agrees", locale="uk"
        )
        await self._commands.share_phone(shopper, made_up_phone(name))
        receipt = await self._commands.record_upload(
            shopper, specimen.jpeg, source="command", upload_id=name
        )
        outcome = await await_outcome(self._log.store, self._log.listener, receipt)
        await self._await_notice(receipt, f"receipt.{outcome.state}")
        return Sample(specimen=specimen, receipt=receipt, outcome=outcome)

    async def _await_notice(self, receipt: ReceiptId, key: str) -> None:
        """Wait until the shopper was told something at ``key``, as the bot's notices do.

        Raises ``TimeoutError`` when it is not said.
        """
        listener, stream = self._log.listener, notices_stream(receipt)
        async with asyncio.timeout(OUTCOME_SECONDS_MAX), listener.woken_by(LEDGER) as wakes:
            while True:
                last = (await self._log.store.read_lasts([stream])).get(stream)
                if last is not None and last.event.key.startswith(key):
                    return
                await wakes.wait(POLL_SECONDS)
