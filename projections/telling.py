"""An explanation as a tree for a terminal, eighty columns wide or more."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from eventstore.identity import KYIV
from eventstore.showing import plain, uah, utc
from projections.explain import Arithmetic, Bonus, Explanation, Told
from projections.receipts import Receipt

#: Said elsewhere in the tree.
_SAID = frozenset({
    "receipt", "payout", "shopper", "items", "darnitsa_items", "discount_kopecks", "sources",
    "products",
})  # fmt: skip
_HASHES = ("_sha256", "_fingerprint")
#: Long, and each on a line of its own.
_LONG = (*_HASHES, "qr_url")
#: Fields of a reading, and under which name its sources stand.
_READ = {
    "total_kopecks": "total",
    "purchased_at": "date",
    "fiscal_number": "fiscal_number",
    "receipt_number": "receipt_number",
}
_COLOURS = {"paid": "green", "rejected": "red", "unreadable": "red", "pay_failed": "red"}


def tree_of(explanation: Explanation) -> Tree:
    """Return the lineage, stage by stage, each fact with its proof beneath it."""
    tree = Tree(_title(explanation.receipt), guide_style="dim")
    for stage, told in explanation.stages.items():
        branch = tree.add(Text(stage, style="bold cyan"))
        for fact in told:
            branch.add(_fact(fact))
        if stage == "reading" and explanation.arithmetic is not None:
            branch.add(_sum(explanation.arithmetic))
        if stage == "decision" and explanation.bonus is not None:
            branch.add(_granted(explanation.bonus))
        if stage == "payout":
            branch.add(_phone(explanation))
    return tree


def _title(receipt: Receipt) -> Text:
    state = Text(receipt.state, style=f"bold {_COLOURS.get(receipt.state, 'yellow')}")
    why = f" ({plain(', '.join(receipt.reasons))})" if receipt.reasons else ""
    bonus = "" if receipt.bonus_kopecks is None else f", {uah(receipt.bonus_kopecks)}"
    lines = [Text.assemble(("receipt ", "bold"), receipt.receipt)]
    lines.append(Text.assemble("  ", state, why, bonus))
    lines.append(Text(f"  shopper {receipt.shopper}"))
    if receipt.payout is not None:
        bill = f", bill {plain(receipt.bill)}" if receipt.bill else ""
        lines.append(Text(f"  payout {receipt.payout}{bill}"))
    return Text("\n").join(lines)


def _fact(fact: Told) -> Text:
    """Return a fact: what and when, its content, by whom and why, and its proof."""
    heading = Text.assemble((f"#{fact.seq} {fact.type}", "bold"), f"  {utc(fact.recorded_at)}")
    why = "" if fact.because is None else f", because of {_cause(fact)}"
    proof = (f"by {plain(fact.actor)}{why}", f"event {fact.event_id}", f"leaf {fact.leaf_hash}")
    return Text("\n").join(
        [heading, *map(Text, _content(fact)), *(Text(line, style="dim") for line in proof)]
    )


def _cause(fact: Told) -> str:
    assert fact.because is not None
    if fact.because.type is None:
        return f"event {fact.because.event_id}"
    return f"#{fact.because.seq} {fact.because.type}"


def _content(fact: Told) -> Iterator[str]:
    """Yield the lines of a fact's fields: what was read with its sources, the rest in short."""
    fields = {name: value for name, value in fact.facts.items() if name not in _SAID}
    if fact.type == "ReceiptRead":
        for name, source in _READ.items():
            said = ", ".join(fact.facts["sources"].get(source, [])) or "nobody"
            yield f"{_named(name)} {_shown(name, fields.pop(name))}  (said by {plain(said)})"
    if fact.type in ("ClaimTaken", "AllowanceUsed"):
        yield plain(fact.stream)
    told = {name: value for name, value in fields.items() if value not in (None, "", [], {})}
    short = [name for name in told if not name.endswith(_LONG)]
    if short:
        yield " · ".join(f"{_named(name)} {_shown(name, told.pop(name))}" for name in short)
    yield from (f"{_named(name)} {plain(value)}" for name, value in told.items())


def _named(name: str) -> str:
    for ending in ("_kopecks", *_HASHES):
        name = name.removesuffix(ending)
    return name.replace("_", " ")


def _shown(name: str, value: Any) -> str:
    if value is None:
        return "not read"
    if name.endswith("_kopecks"):
        return uah(value)
    if name == "purchased_at":
        return datetime.fromisoformat(value).astimezone(KYIV).strftime("%Y-%m-%d %H:%M Kyiv")
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, list):
        return plain(", ".join(map(str, value)))
    return plain(str(value))


def _sum(arithmetic: Arithmetic) -> Table:
    """Return the lines of a receipt with what they come to; a star marks what earned the bonus."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column()
    table.add_column(overflow="fold")
    table.add_column(justify="right", no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    for line in arithmetic.lines:
        star = Text("★", style="green") if line.earned else Text(" ")
        table.add_row(star, Text(plain(line.name)), _times(line.quantity_milli,
                      line.unit_price_kopecks), _amount(line.line_total_kopecks))  # fmt: skip
    if arithmetic.discount_kopecks:
        table.add_row("", "discount", "", _amount(-arithmetic.discount_kopecks))
    if arithmetic.net_kopecks is not None and arithmetic.net_kopecks != arithmetic.total_kopecks:
        table.add_row("", "lines less discount", "", _amount(arithmetic.net_kopecks))
    style = "bold" if arithmetic.net_kopecks == arithmetic.total_kopecks else "bold yellow"
    table.add_row("", "total as printed", "", _amount(arithmetic.total_kopecks), style=style)
    return table


def _times(quantity_milli: int | None, price_kopecks: int | None) -> str:
    if quantity_milli is None or price_kopecks is None:
        return ""
    return f"{quantity_milli / 1000:g} × {price_kopecks / 100:.2f}"


def _amount(kopecks: int | None) -> str:
    return "not read" if kopecks is None else f"{kopecks / 100:.2f}"


def _granted(bonus: Bonus) -> Text:
    items = ", ".join(f"«{plain(name)}»" for name in bonus.items)
    return Text.assemble(
        (f"bonus {uah(bonus.amount_kopecks)}", "bold green"),
        f" for one fiscal receipt, by rules {plain(bonus.rules)}\nearned by {items}\n",
        (f"by the product list\n{bonus.products}", "dim"),
    )


def _phone(explanation: Explanation) -> Text:
    told = explanation.stages.get("shopper", [])
    shared = next((f"#{fact.seq}" for fact in told if fact.type == "PhoneShared"), "the log")
    return Text(f"to the phone shared in {shared}, which stays sealed")
