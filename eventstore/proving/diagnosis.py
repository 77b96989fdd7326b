"""Tells from what comes later in an export why one of its lines is not the one expected."""

from collections.abc import Iterable, Iterator
from itertools import chain as chained
from typing import NamedTuple

from eventstore.proving.chain import out_of_line
from eventstore.proving.exported import EVENT_PREFIX, EndLine, EventLine, decoded, events_in
from eventstore.proving.verdicts import Fault, Kind


class Ahead(NamedTuple):
    """A fact further down; the last line of a file counts as the one behind the last."""

    seq: int
    stream: str
    version: int


def ahead(lines: Iterable[bytes]) -> Iterator[Ahead]:
    """Give the facts in ``lines``, as far as they can be read."""
    for line in lines:
        for event in events_in(line) or []:
            yield Ahead(event.seq, event.stream, event.version)
        if (last := decoded(line, EndLine)) is not None:
            yield Ahead(last.end.events + 1, "", 0)


def damaged(line: bytes, number: int, seq: int, rest: Iterator[Ahead]) -> Fault:
    """Return the fault of a line that no export has, where ``seq`` or a checkpoint should be."""
    following = next(rest, None)
    if following.seq == seq if following else not line.startswith(EVENT_PREFIX):
        what = f"line {number}, behind seq {seq - 1}, is not as an export writes it"
        return Fault(Kind.CHANGED, what, line=number)
    what = f"line {number}, where seq {seq} should be, is not as an export writes it"
    return Fault(Kind.CHANGED, what, first_seq=seq, line=number)


def out_of_order(found: int, number: int, seq: int, rest: Iterator[Ahead]) -> Fault:
    """Return the fault of a line with seq ``found`` where ``seq`` should be."""
    following = next(rest, None)
    replaced = following is not None and following.seq == seq + 1
    later = {each.seq for each in chained([following] if following else [], rest)}
    if (found < seq and not replaced) or {seq, found} <= later:
        what = f"seq {found} stands twice: line {number} should be seq {seq}"
        return Fault(Kind.ADDED, what, first_seq=found, line=number)
    if seq in later:
        what = f"seq {seq} comes later; in its place, line {number}, stands seq {found}"
        return Fault(Kind.REORDERED, what, first_seq=seq, line=number)
    if replaced:
        what = f"line {number}, where seq {seq} should be, says that it is seq {found}"
        return Fault(Kind.CHANGED, what, first_seq=seq, line=number)
    return gone(seq, found - 1, number)


def wrong_version(event: EventLine, last: int, number: int, rest: Iterator[Ahead]) -> Fault:
    """Return the fault of a fact that does not follow version ``last`` of its stream."""
    wanted = (event.stream, last + 1)
    later = any(wanted == (each.stream, each.version) for each in rest)
    fault = out_of_line(event.stream, event.version, last, event.seq, later=later)
    return Fault(
        fault.finding.kind, fault.finding.what, first_seq=fault.finding.first_seq, line=number
    )


def gone(first: int, last: int, number: int | None = None) -> Fault:
    """Return the fault of facts that are missing."""
    what = f"seq {first} to {last} are gone" if last > first else f"seq {first} is gone"
    return Fault(Kind.MISSING, what, first_seq=first, last_seq=last, line=number)
