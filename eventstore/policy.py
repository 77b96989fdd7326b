"""The numbers money is granted by, as a fact keeps them: ``PolicyAdopted`` holds one whole.

What stands here as a default is what a new database begins with. Amounts are integer kopecks,
days are those of Europe/Kyiv.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from eventstore.identity import Kopecks

#: Meant as a share; 0..1.
_Share = Annotated[float, Meta(ge=0.0, le=1.0)]


class Thresholds(Struct, frozen=True, kw_only=True):
    """Where trust begins and ends; confidences are means of words, 0..1."""

    #: from here on a line is taken at its word: the one that earns the bonus by a short
    #: brand, a suffix or a barcode, and each one before it is said that none does
    #: (OCR_AUTO_ACCEPT_THRESHOLD)
    auto_accept: _Share = 0.9
    #: below it nothing is concluded, from a page or from a line, whatever that says
    #: (OCR_MANUAL_REVIEW_THRESHOLD)
    manual_review: _Share = 0.7
    #: lines less discounts against the total (OCR_TOTALS_TOLERANCE_PERCENT)
    totals_tolerance_percent: Annotated[float, Meta(ge=0.0, le=100.0)] = 1.0


class Operator(Struct, frozen=True, kw_only=True):
    """A mobile operator whose phones can be topped up."""

    #: as the table of prefixes and people call it: "kyivstar"
    name: Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,31}$")]
    #: two digits behind 380; numbers are portable since 2019, so this is a first guess only
    prefixes: tuple[Annotated[str, Meta(pattern="^[0-9]{2}$")], ...]
    #: Portmone's id of the operator, None: PORTMONE_PAYEE_ID
    payee_id: Annotated[str, Meta(pattern="^[0-9A-Za-z_-]{1,32}$")] | None = None


class PortmoneError(Struct, frozen=True, kw_only=True):
    """What an error code of Portmone means for a payout; a code that is not listed is final."""

    code: Annotated[str, Meta(pattern="^[0-9A-Za-z_.-]{1,32}$")]
    #: after a transient one the same step may be tried again
    kind: Literal["transient", "final"]
    #: in an operator's words
    meaning: Annotated[str, Meta(max_length=200)] = ""


class Limits(Struct, frozen=True, kw_only=True):
    """What is more than one person does: none of these is proof of anything.

    From the first three on a person looks (R54).
    """

    #: accepted receipts of one shopper with the very same total within a week
    same_total_max: Annotated[int, Meta(ge=1, le=1_000)] = 3
    #: shoppers to whom bonuses are owed on one phone
    shoppers_per_phone_max: Annotated[int, Meta(ge=1, le=1_000)] = 2
    #: of 256 bits of two photos' looks: so many may differ for the same paper. Measured: nine in
    #: ten photos of one paper, one in thirty receipts of a register for the same goods
    look_bits_max: Annotated[int, Meta(ge=0, le=256)] = 18
    #: R22: photos of one shopper within any 60 s; the next one is not taken at all
    uploads_per_minute_max: Annotated[int, Meta(ge=1, le=1_000)] = 5


#: Source: carrier data of phonenumbers 9.0.43 (domain.md, 5); Portmone tops up these three.
OPERATORS = (
    Operator(name="kyivstar", prefixes=("39", "67", "68", "77", "96", "97", "98")),
    Operator(name="vodafone", prefixes=("50", "66", "75", "95", "99")),
    Operator(name="lifecell", prefixes=("63", "73", "93")),
)


class Policy(Struct, frozen=True, kw_only=True):
    """What may vary without a change of the rules themselves."""

    #: version of the rules it was made for; written into every decision
    rules: Annotated[str, Meta(min_length=1, max_length=64)]
    #: R50: one hryvnia for one fiscal receipt; a hundred of them are a slip of the pen
    bonus_kopecks: Annotated[Kopecks, Meta(ge=1, le=10_000)] = Kopecks(100)
    #: R52: bought at most this many Kyiv calendar days before the upload
    age_days_max: Annotated[int, Meta(ge=0, le=3_660)] = 7
    #: R53: accepted receipts of one shopper on one Kyiv day
    accepted_per_day_max: Annotated[int, Meta(ge=0, le=1_000)] = 3
    #: all that may be asked of Portmone on one Kyiv day; what is over it waits
    budget_per_day_kopecks: Annotated[Kopecks, Meta(ge=0, le=1_000_000_000)] = Kopecks(1_000_000)
    #: whether goods that need a prescription earn a bonus: the law on advertising forbids to
    #: promote them (domain.md, 6)
    prescription_earns: bool = False
    thresholds: Thresholds = Thresholds()
    limits: Limits = Limits()
    operators: Annotated[tuple[Operator, ...], Meta(max_length=50)] = OPERATORS
    errors: Annotated[tuple[PortmoneError, ...], Meta(max_length=500)] = ()
