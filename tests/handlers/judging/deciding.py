"""Receipts that are uploaded, read, and decided by workers as in production."""

import asyncio
from datetime import date

from eventstore.catalogue import ReceiptRead
from eventstore.identity import ReceiptId
from eventstore.ledger import seal_until_rest
from eventstore.policy import Policy
from eventstore.store import EventStore
from eventstore.subscription import Listener
from eventstore.vault import Vault
from eventstore.worker import Worker
from handlers.decide_receipt import DecideReceipt
from handlers.goods.products import ProductList, load_list, load_products
from handlers.judging.otherwise import Difference, Tally
from handlers.judging.policy import TODAY
from handlers.judging.terms import Terms, TermsBook, TermsNow
from handlers.judging.what_if import WhatIf
from handlers.reactions import types_of
from tests.factories import read_receipt

LISTED = load_list()
PRODUCTS = load_products()
SECRET = bytes(32)


class FixedTerms:
    """Terms that a test makes up: no fact stands for them."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    async def at(self, _: date) -> Terms:
        """Return them, whatever the day."""
        return Terms(policy=self._policy, products=PRODUCTS)


async def upload(
    store: EventStore, reading: ReceiptRead, *, shopper: str = "ann", receipt: str = ""
) -> ReceiptId:
    """Let a receipt be read."""
    vault = Vault(pool=store.pool, secret=SECRET)
    uploaded = await read_receipt(store, vault, reading, shopper=shopper, receipt=receipt)
    return uploaded.receipt


async def decide(store: EventStore, *, workers: int = 1, policy: Policy = TODAY) -> None:
    """Let ``workers`` at once decide all that was read, and seal what they decided."""
    await _decide(store, FixedTerms(policy), workers)


async def decide_by_the_book(store: EventStore, *, workers: int = 1) -> None:
    """Do the same by what the log says is in force."""
    await _decide(store, TermsBook(store=store), workers)


async def _decide(store: EventStore, terms: TermsNow, workers: int) -> None:
    await seal_until_rest(store.pool)
    crew = [_worker(store, terms) for _ in range(workers)]
    await crew[0].plan_once()
    await asyncio.gather(*(_work_off(worker) for worker in crew))
    await seal_until_rest(store.pool)


def _worker(store: EventStore, terms: TermsNow) -> Worker:
    handler = DecideReceipt(store=store, terms=terms)
    return Worker(
        store=store,
        listener=Listener("", name="never-run"),
        handler=handler,
        types=types_of(handler.name),
        concurrency=1,
    )


async def _work_off(worker: Worker) -> None:
    while await worker.work_once():
        pass


async def what_if(
    store: EventStore,
    policy: Policy = TODAY,
    *,
    listed: ProductList = LISTED,
    since: int = 0,
    page: int = 2_000,
) -> tuple[dict[str, Difference], Tally]:
    """Return who would have been decided otherwise, by receipt, and the sum."""
    walk = WhatIf(store=store, policy=policy, listed=listed)
    head = await store.head()
    found = walk.differences(since=since, until=head, page_events=page)
    return {each.receipt: each async for each in found}, walk.tally


def moved(found: dict[str, Difference]) -> dict[str, tuple[str, str]]:
    """Return what each receipt was and would be."""
    return {name: (str(each.was), str(each.would_be)) for name, each in found.items()}
