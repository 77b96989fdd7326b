"""The command line's groups, one per noun; each room adds its verbs to them."""

from dataclasses import dataclass

import typer


def _group(teaches: str) -> typer.Typer:
    return typer.Typer(no_args_is_help=True, help=teaches)


@dataclass(frozen=True)
class Groups:
    """The program and its groups; a verb is added with ``groups.<noun>.command("<verb>")``."""

    app: typer.Typer
    events: typer.Typer
    receipts: typer.Typer
    review: typer.Typer
    claims: typer.Typer
    policy: typer.Typer
    products: typer.Typer
    payouts: typer.Typer
    shoppers: typer.Typer
    projections: typer.Typer
    work: typer.Typer
    vault: typer.Typer


def groups_of(app: typer.Typer) -> Groups:
    """Add the empty groups to ``app``, in the order in which its help names them."""
    groups = Groups(
        app=app,
        events=_group("The log: read it, prove it, carry it elsewhere."),
        receipts=_group("Receipts: find them, explain them, decide them otherwise."),
        review=_group("Receipts that wait for a person: take one, correct it, settle it."),
        claims=_group("What keeps a receipt from being paid twice, and letting it go."),
        policy=_group("The numbers bonuses are granted and paid by, as facts."),
        products=_group("Darnitsa's goods: which earn a bonus, and when."),
        payouts=_group("Money: what waits, what holds it back, and what a person may do."),
        shoppers=_group("Everything held about a person, and forgetting it."),
        projections=_group("Read models: where they stand, and rebuild."),
        work=_group("Work that was set aside after failed tries."),
        vault=_group("The keys that seal personal data."),
    )
    for noun in (
        "events", "receipts", "review", "claims", "policy", "products", "payouts", "shoppers",
        "projections", "work", "vault",
    ):  # fmt: skip
        app.add_typer(getattr(groups, noun), name=noun)
    return groups
