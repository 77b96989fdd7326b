"""A payout that the bank refused to pay, and a person who has it tried again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from eventstore.catalogue import (
    ConsentGiven,
    PayoutRequested,
    PhoneShared,
)
from eventstore.identity import (
    Sha256,
    shopper_stream,
)
from eventstore.pool import Pool
from handlers.gateways.sandbox_script import Behaviour
from handlers.paying.replay_payout import replay
from tests.handlers.gateways.paying import Shop, a_shop
from tests.story import CONTEXT, append_of

REFUSED = Behaviour(answer="fail", fail_code="150")


@dataclass
class Case:
    """A shop, and a payout whose bill the bank refused to pay."""

    shop: Shop
    requested: PayoutRequested
    former_phone: str
    phone: str

    async def replay(self, reason: str = "the phone was wrong") -> bool:
        """Have it tried again."""
        return await replay(self.shop.store, self.requested.payout, reason=reason)


async def share(shop: Shop, requested: PayoutRequested, phone: str) -> None:
    """Let the shopper of ``requested`` name ``phone``."""
    stream = shopper_stream(requested.shopper)
    before = await shop.store.read_stream(stream)
    consent = ConsentGiven(text_version="1", text_sha256=Sha256("00"), locale="uk")
    shared = PhoneShared(
        phone_sealed=await shop.vault.seal(requested.shopper, "phone", phone.encode()),
        phone_fingerprint=await shop.vault.fingerprint(phone),
    )
    append = append_of(stream, *([] if before else [consent]), shared, expected=len(before) - 1)
    await shop.store.append(append, context=CONTEXT)


@asynccontextmanager
async def a_case(pool: Pool, folder: Path) -> AsyncIterator[Case]:
    """Give a case: bill 1 was created and not paid; the shopper has another phone since."""
    async with a_shop(pool, folder) as shop:
        requested, former = await shop.owe()
        shop.bank.script(REFUSED, phone=former, step="pay")
        await shop.settle()
        phone = next(shop.phones)
        await share(shop, requested, phone)
        yield Case(shop=shop, requested=requested, former_phone=former, phone=phone)
