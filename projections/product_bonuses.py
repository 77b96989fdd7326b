"""Bonuses by product: what was bought on accepted receipts, and what was paid for it.

A receipt's bonus is paid once, however many products are on it: each gets an equal share of it,
and odd kopecks go to the first by code, so that the shares add up to what was paid. Of a forgotten
shopper the money stays and the goods go. Built like ``receipts``.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import ClassVar

import msgspec
from msgspec.structs import astuple

from eventstore import catalogue as facts
from eventstore import sql
from eventstore.identity import KYIV, Kopecks, ReceiptId, Sku, StreamName, payout_of
from eventstore.store import Recorded
from projections.forgetting import Sender, forgettings, senders
from projections.receipt_rows import columns
from projections.receipts import Reads, Writes

SQL = sql.load(Path(__file__).with_suffix(".sql"))

#: What is held of goods that are not told.
NO_GOODS = "[]"
#: The rules or a person think otherwise about a receipt that was accepted before.
WITHDRAWING = (facts.ReceiptRejected, facts.ReceiptReferred)


class Good(msgspec.Struct, frozen=True, kw_only=True):
    """One product on one receipt."""

    #: empty where the decision named no product
    sku: str
    #: as printed; None where the receipt has several products and does not say which is which
    name: str | None
    #: thousandths of a pack, None where the decision told none
    quantity_milli: int | None
    #: its share of the bonus
    kopecks: int


class Bonus(msgspec.Struct, kw_only=True):
    """An accepted receipt's row; fields are the columns of ``product_bonuses.sql``, in order."""

    receipt: str
    payout: str
    shopper: str
    #: Kyiv's, of acceptance
    day: date
    amount_kopecks: int
    paid_at: datetime | None = None
    #: a JSON array of ``Good``
    goods: str


class ProductSum(msgspec.Struct, frozen=True, kw_only=True):
    """What was bought and paid of one product."""

    #: on marketing's list, else as printed
    product_name: str
    sku_code: Sku
    #: thousandths of a pack, on accepted receipts; None where no receipt told any
    quantity_milli: int | None
    #: a receipt counts for each product on it
    receipts_accepted: int
    receipts_paid: int
    #: its shares of what was paid
    paid_kopecks: Kopecks


class Whole(msgspec.Struct, frozen=True, kw_only=True):
    """The receipts behind the sums, each counted once."""

    receipts_accepted: int
    receipts_paid: int
    paid_kopecks: Kopecks
    #: of forgotten shoppers, or accepted by a person for no product: they are in no sum
    receipts_without_goods: int
    paid_without_goods_kopecks: Kopecks


def goods_of(accepted: facts.ReceiptAccepted) -> list[Good]:
    """Return the goods that earned a bonus, each with its share.

    Decisions of earlier rules name no products: then the printed names stand for them.
    """
    printed = list(dict.fromkeys(accepted.darnitsa_items))
    quantities: dict[str, int] = {}
    for sold in accepted.sold:
        quantities[sold.sku] = quantities.get(sold.sku, 0) + sold.quantity_milli
    one = printed[0] if printed and len(quantities) == 1 else None
    named: list[tuple[str, str | None, int | None]] = [
        (sku, one, quantities[sku]) for sku in sorted(quantities)
    ] or [("", name, None) for name in sorted(printed)]
    parts = _shares(accepted.amount_kopecks, len(named))
    return [
        Good(sku=sku, name=name, quantity_milli=quantity, kopecks=kopecks)
        for (sku, name, quantity), kopecks in zip(named, parts, strict=True)
    ]


def _shares(kopecks: int, count: int) -> list[int]:
    """Return ``count`` shares of ``kopecks``, as equal as can be, that add up to it."""
    if not count:
        return []
    share, odd = divmod(kopecks, count)
    return [share + (place < odd) for place in range(count)]


class ProductBonuses:
    """The projection: applies facts to ``product_bonuses`` and ``product_names``."""

    name: ClassVar[str] = "product_bonuses"
    handles: ClassVar[frozenset[str]] = frozenset({
        "ReceiptAccepted",
        "ReceiptRejected",
        "ReceiptReferred",
        "PayoutConfirmed",
        "PayoutResolved",
        "ProductsImported",
        "ShopperForgotten",
    })  # fmt: skip
    tables: ClassVar[tuple[str, ...]] = ("product_bonuses", "product_names")

    async def apply(self, connection: Writes, batch: Sequence[Recorded]) -> None:
        """Apply ``batch``, in ledger order, inside the transaction that moves the cursor."""
        if names := _names(batch):
            await connection.execute(SQL["name_products"], list(names), list(names.values()))
        gone = [shopper for shopper, _, _ in forgettings(batch)]
        known = await connection.fetch(SQL["bonuses"], *_ids_in(batch), gone)
        accepted = [fact for fact in batch if isinstance(fact.event, facts.ReceiptAccepted)]
        book = _Book((Bonus(**row) for row in known), sent_by=await senders(connection, accepted))
        for fact in batch:
            book.tell(fact)
        if left := {row["receipt"] for row in known} - book.bonuses.keys():
            await connection.execute(SQL["withdraw_bonuses"], list(left))
        if book.changed:
            rows = [astuple(book.bonuses[receipt]) for receipt in sorted(book.changed)]
            await connection.execute(SQL["keep_bonuses"], *columns(rows))


class _Book:
    """A batch being told: the bonuses it is about."""

    def __init__(self, bonuses: Iterable[Bonus], *, sent_by: Mapping[StreamName, Sender]) -> None:
        self.bonuses = {bonus.receipt: bonus for bonus in bonuses}
        #: bonuses to be written
        self.changed: set[str] = set()
        self._sent_by = sent_by
        self._by_payout = {bonus.payout: bonus.receipt for bonus in self.bonuses.values()}

    def tell(self, fact: Recorded) -> None:
        """Let a fact grant a bonus, pay it, take it back or forget whose it was."""
        event, name = fact.event, fact.stream.partition("-")[2]
        if isinstance(event, facts.ReceiptAccepted):
            self._accept(fact, event)
        elif isinstance(event, WITHDRAWING):
            self._withdraw(name)
        elif isinstance(event, facts.ShopperForgotten):
            self._forget(name)
        elif _pays(event):
            self._pay(name, fact.recorded_at)

    def _accept(self, fact: Recorded, event: facts.ReceiptAccepted) -> None:
        sender = self._sent_by.get(fact.stream)
        if sender is None:
            return
        receipt = fact.stream.partition("-")[2]
        before = self.bonuses.get(receipt)
        goods = msgspec.json.encode(goods_of(event)).decode()
        bonus = Bonus(
            receipt=receipt,
            payout=payout_of(ReceiptId(receipt)),
            shopper=sender.shopper,
            day=fact.recorded_at.astimezone(KYIV).date(),
            amount_kopecks=event.amount_kopecks,
            paid_at=before.paid_at if before else None,
            goods=NO_GOODS if sender.forgotten else goods,
        )
        self.bonuses[receipt] = bonus
        self._by_payout[bonus.payout] = receipt
        self.changed.add(receipt)

    def _withdraw(self, receipt: str) -> None:
        bonus = self.bonuses.get(receipt)
        if bonus is not None and bonus.paid_at is None:  # money that left does not come back
            del self.bonuses[receipt]
            self.changed.discard(receipt)

    def _forget(self, shopper: str) -> None:
        for bonus in self.bonuses.values():
            if bonus.shopper == shopper:
                bonus.goods = NO_GOODS
                self.changed.add(bonus.receipt)

    def _pay(self, payout: str, at: datetime) -> None:
        bonus = self.bonuses.get(self._by_payout.get(payout, ""))
        if bonus is not None and bonus.paid_at is None:
            bonus.paid_at = at
            self.changed.add(bonus.receipt)


def _pays(event: facts.Event) -> bool:
    """Tell whether a fact says that the money arrived."""
    if isinstance(event, facts.PayoutResolved):
        return event.outcome == "paid"
    return isinstance(event, facts.PayoutConfirmed)


def _names(batch: Sequence[Recorded]) -> dict[str, str]:
    """Return the names that imports give to products, the last one of each."""
    return {
        product.sku: product.name_uk
        for fact in batch
        if isinstance(fact.event, facts.ProductsImported)
        for product in fact.event.products
    }


def _ids_in(batch: Sequence[Recorded]) -> tuple[list[str], list[str]]:
    """Return the receipts and the payouts in whose streams facts of ``batch`` lie."""
    ids: dict[str, set[str]] = {"receipt": set(), "payout": set()}
    for fact in batch:
        kind, _, name = fact.stream.partition("-")
        ids.get(kind, set()).add(name)
    return list(ids["receipt"]), list(ids["payout"])


async def sums(reads: Reads, *, since: date | None, until: date | None) -> list[ProductSum]:
    """Return each product on receipts accepted on these Kyiv days, the most frequent first."""
    rows = await reads.fetch(SQL["sums"], since, until)
    return [msgspec.convert(dict(row), ProductSum) for row in rows]


async def whole(reads: Reads, *, since: date | None, until: date | None) -> Whole:
    """Return the same receipts taken together."""
    return msgspec.convert(dict(await reads.fetchrow(SQL["whole"], since, until)), Whole)
