"""Who says what of a field, how often and where: the weight of evidence. Pure.

A vote is one printed row, or a sum that comes out, speaking for a value. Votes of different
rows add up; two readers of one row are one vote, a firmer one. ``confidence_of`` turns the
weight, less what speaks for another value, into a share that is meant to be honest: of 2,467
values of drawn receipts with a share of 0.9 or more all were right (docs/reading.md).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import groupby
from math import exp
from operator import attrgetter
from typing import Generic, TypeVar

from msgspec import Struct

from eventstore.catalogue import Source

T = TypeVar("T")

#: What a reader's word is worth: ours knows what registers print, and how sure it is.
BY_TEXT, BY_DIGITS = 1.0, 0.8
#: … and that of the reader of digits where ours read something else.
BY_DIGITS_ALONE = 0.6
#: Two readers who agree are worth more than the better one.
AGREEMENT = 0.3
#: Weight at which a value is wrong in one of e cases; four is then right in nine of ten at
#: least, and was right always.
_WEIGHT_SCALE = 1.7
#: What speaks for another value takes off so much of its own weight.
_RIVALRY = 0.6
CONFIDENCE_MAX = 0.995
#: A slashed zero to one reader, and what the other takes it for; and what both may.
_MISTAKEN_ZEROS = {"06", "08", "09", "60", "80", "90"}
_ZERO_FOR_BOTH = "8"


class Vote(Struct, Generic[T], frozen=True, kw_only=True):
    """One place that speaks for a value."""

    value: T
    weight: float
    #: None for a sum that only fits: it says nothing by itself
    source: Source | None
    #: rows from top to bottom; votes of one row and place are one voice
    row: int
    #: what kind of row it is
    place: str


class Standing(Struct, Generic[T], frozen=True, kw_only=True):
    """A value with all that speaks for it."""

    value: T
    weight: float
    sources: tuple[Source, ...]
    #: rows, or kinds of row, that say it
    voices: int = 1


def tally(
    votes: Iterable[Vote[T]], key: Callable[[T], object] = lambda value: value
) -> tuple[Standing[T], ...]:
    """Return the values, the weightiest first; ``key`` tells which spellings are one value."""
    grouped: defaultdict[object, list[Vote[T]]] = defaultdict(list)
    for vote in votes:
        grouped[key(vote.value)].append(vote)
    standings = [_standing(said) for said in grouped.values()]
    return tuple(sorted(standings, key=lambda one: -one.weight))


def _standing(votes: list[Vote[T]]) -> Standing[T]:
    by_voice = attrgetter("row", "place")
    voices = [list(group) for _, group in groupby(sorted(votes, key=by_voice), key=by_voice)]
    said = {vote.source for vote in votes}
    order: tuple[Source, ...] = ("qr", "text", "digits", "arithmetic")
    best = max(votes, key=lambda vote: vote.weight)
    return Standing(
        value=best.value,
        weight=sum(map(_weight, voices)),
        sources=tuple(source for source in order if source in said),
        voices=len(voices),
    )


def _weight(voice: list[Vote[T]]) -> float:
    """Return what a row is worth: its better reader, and more when both say the same."""
    best = max(vote.weight for vote in voice)
    agreed = {"text", "digits"} <= {vote.source for vote in voice}
    return best * (1 + AGREEMENT) if agreed else best


def confidence_of(weight: float, rival: float = 0.0) -> float:
    """Return how surely a value of ``weight`` is right beside the next best one's."""
    net = max(0.0, weight - _RIVALRY * rival)
    return round(min(CONFIDENCE_MAX, 1 - exp(-net / _WEIGHT_SCALE)), 4)


def zeros_put_back(by_text: str, by_digits: str) -> str | None:
    """Return the number of two readings that differ in slashed zeros alone, else None.

    A reader that mistakes one («4888671735» for «4000671735») mistakes all: where both saw a
    zero, an eight of one is another digit, and a single one may be anything.
    """
    if len(by_text) != len(by_digits) or by_text == by_digits:
        return None
    pairs = set(zip(by_text, by_digits, strict=True))
    differing = {(one, other) for one, other in pairs if one != other}
    blind = all(one == "0" for one, _ in differing) or all(other == "0" for _, other in differing)
    shapes = {one + other for one, other in differing} <= _MISTAKEN_ZEROS
    several = sum(one != other for one, other in zip(by_text, by_digits, strict=True)) > 1
    if not blind or not shapes or not several or ("0", "0") in pairs:
        return None
    return "".join(
        "0" if one != other else one for one, other in zip(by_text, by_digits, strict=True)
    )


def may_be_zeros(by_text: str, by_digits: str) -> bool:
    """Tell whether in print of slashed zeros a digit may be one that both readers mistook."""
    return any(
        one == other and one in _ZERO_FOR_BOTH
        for one, other in zip(by_text, by_digits, strict=True)
    )
