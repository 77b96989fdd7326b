"""Who changes an export and makes hashes fit is found out by roots, signatures and pinned keys."""

import json
from collections.abc import Callable
from io import BytesIO
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventstore.proving.exported import EventLine, leaf_of
from eventstore.proving.merkle import CompactRange
from eventstore.proving.notes import SigningKey, checkpoint_of
from eventstore.proving.verdicts import Kind
from eventstore.proving.verify_export import verify_export
from tests.eventstore.proving.exports import (
    EVENTS,
    SIGNED,
    Export,
    as_line,
    found,
    seqs,
    thoroughly,
    verdict,
)


def rewritten(export: Export, seq: int, change: Callable[[dict[str, Any]], None]) -> list[bytes]:
    """Return the lines with one fact changed and its hash made to fit."""
    lines = [*export.lines]
    event = json.loads(lines[export.at(seq)])
    change(event)
    lines[export.at(seq)] = hashed(event)
    return lines


def hashed(event: dict[str, Any]) -> bytes:
    """Return a line with the hash that belongs to its content."""
    leaf = leaf_of(msgspec.convert(event, EventLine, strict=False))
    return as_line({**event, "leaf_hash": leaf.hex()})


@thoroughly
@given(seq=seqs)
def test_a_fact_rewritten_with_its_hash_is_narrowed_down(export: Export, seq: int) -> None:
    """Who fits the hash to a changed fact does not fit the root: the interval is named."""
    lines = rewritten(export, seq, lambda event: event.update(data='{"receipt":"mine"}'))
    finding = found(b"".join(lines), export)
    assert finding is not None
    begin = max([size for size in SIGNED if size < seq], default=0) + 1
    end = min([size for size in SIGNED if size >= seq], default=EVENTS)
    assert (finding.kind, finding.first_seq, finding.last_seq) == (Kind.CHANGED, begin, end)


@settings(thoroughly, max_examples=10)
@given(seq=st.integers(1, EVENTS - 1))
def test_facts_renumbered_over_a_hole_are_found(export: Export, seq: int) -> None:
    """Who takes a fact out and numbers the rest anew is found by its stream or by a root."""
    events = [json.loads(line) for line in export.lines]
    del events[export.at(seq)]
    for event in events[export.at(seq) :]:
        if "seq" in event:
            event["seq"] -= 1
        if "end" in event:
            event["end"]["events"] -= 1
    finding = found(b"".join(map(as_line, events)), export)
    assert finding is not None
    assert finding.kind in {Kind.MISSING, Kind.REORDERED, Kind.CHANGED}
    assert finding.first_seq is None or finding.first_seq <= seq + 200


def with_note(export: Export, size: int, note: str) -> bytes:
    """Return the export with another checkpoint in the place of that of ``size`` facts."""
    lines = [*export.lines]
    lines[export.at(size) + 1] = as_line({"checkpoint": note})
    return b"".join(lines)


def note_of(export: Export, size: int) -> str:
    """Return the checkpoint of ``size`` facts."""
    return str(json.loads(export.lines[export.at(size) + 1])["checkpoint"])


OTHER_KEY = SigningKey(bytes(range(32)))


@pytest.mark.parametrize("size", SIGNED)
def test_a_foreign_checkpoint_is_named(export: Export, size: int) -> None:
    """The same root signed by somebody else, also in our name, is not believed."""
    ours = checkpoint_of(note_of(export, size))
    foreign = OTHER_KEY.signed(size=size, root=ours.root, made_at=ours.made_at)
    assert verdict(with_note(export, size, foreign), export) == (Kind.FOREIGN_CHECKPOINT, None)

    in_our_name = foreign.replace(OTHER_KEY.verifier.name, export.key.name)
    content = with_note(export, size, in_our_name)
    assert verdict(content, export) == (Kind.FOREIGN_CHECKPOINT, None)


@pytest.mark.parametrize("size", SIGNED)
def test_a_wrong_signature_is_named(export: Export, size: int) -> None:
    """A root put under an old signature, or a signature under another root, is found."""
    other = next(each for each in SIGNED if each != size)
    text, _ = note_of(export, size).split("\n\n")
    _, signature = note_of(export, other).split("\n\n")
    content = with_note(export, size, f"{text}\n\n{signature}")
    assert verdict(content, export) == (Kind.WRONG_SIGNATURE, None)


@pytest.mark.parametrize("size", SIGNED)
def test_lines_nobody_signed_are_named(export: Export, size: int) -> None:
    """A second signature, which no key covers, cannot be slipped in."""
    note = note_of(export, size)
    content = with_note(export, size, note + note.split("\n\n")[1].replace("cashbot", "witness"))
    assert verdict(content, export) == (Kind.WRONG_SIGNATURE, None)


def test_a_history_signed_anew_is_not_that_of_the_pinned_key(export: Export) -> None:
    """Who rewrites facts, hashes, roots and signatures has a right export of another log."""
    lines = rewritten(export, 500, lambda event: event.update(data='{"receipt":"mine"}'))
    content = signed_anew(lines)
    assert verify_export(BytesIO(content)).finding is None
    assert verdict(content, export)[0] is Kind.FOREIGN_CHECKPOINT


def signed_anew(lines: list[bytes]) -> bytes:
    """Return an export with all roots computed and signed again, by another key."""
    tree, anew = CompactRange(), [as_line({"cashbot_export": 1, "keys": [str(OTHER_KEY.verifier)]})]
    for line in map(json.loads, lines[1:]):
        if "seq" in line:
            tree = tree.grown([bytes.fromhex(line["leaf_hash"])])
        elif "checkpoint" in line:
            made_at = checkpoint_of(line["checkpoint"]).made_at
            note = OTHER_KEY.signed(size=tree.size, root=tree.root(), made_at=made_at)
            line["checkpoint"] = note
        else:
            line["end"]["root"] = tree.root().hex()
        anew.append(as_line(line))
    return b"".join(anew)


def test_an_export_without_its_checkpoints_proves_nothing(export: Export) -> None:
    """Who strips all signatures leaves nothing for the pinned key to prove, and that is told."""
    lines = [line for line in export.lines if not line.startswith(b'{"checkpoint"')]
    lines[0] = as_line({"cashbot_export": 1, "keys": []})
    end = json.loads(lines[-1])
    end["end"]["checkpoints"] = 0
    content = b"".join([*lines[:-1], as_line(end)])
    assert verdict(content, export) == (Kind.UNSIGNED, None)
    assert verify_export(BytesIO(content)).signed == 0


@pytest.mark.parametrize("keys", [[], [str(OTHER_KEY.verifier)], ["ours", "ours"]])
def test_the_first_line_names_who_signed(export: Export, keys: list[str]) -> None:
    """Keys can be neither taken from the first line nor put there."""
    named = [str(export.key) if key == "ours" else key for key in keys]
    lines = [as_line({"cashbot_export": 1, "keys": named}), *export.lines[1:]]
    assert found(b"".join(lines), export) is not None
    assert verify_export(BytesIO(b"".join(lines))).finding is not None


@pytest.mark.parametrize("size", SIGNED)
def test_a_known_checkpoint_must_be_part_of_the_history(export: Export, size: int) -> None:
    """An auditor who kept a checkpoint finds every history that does not contain it."""
    note = note_of(export, size)
    whole = verify_export(BytesIO(export.content), keys=[export.key], awaited=[note])
    assert whole.finding is None

    shorter = cut_to(export, size - 1)
    report = verify_export(BytesIO(shorter), awaited=[note], keys=[export.key])
    assert report.finding is not None
    assert (report.finding.kind, report.finding.first_seq) == (Kind.TRUNCATED, size)


def cut_to(export: Export, size: int) -> bytes:
    """Return the export of the first ``size`` facts, as it would have been made then."""
    lines = [line for at, line in enumerate(export.lines[:-1]) if at <= export.at(size) and size]
    lines += [export.lines[export.at(size) + 1]] if size in SIGNED else []
    leaves = [
        bytes.fromhex(json.loads(line)["leaf_hash"]) for line in lines if line.startswith(b'{"seq"')
    ]
    signed = [each for each in SIGNED if each <= size]
    keys = [str(export.key)] if signed else []
    end = {
        "events": size,
        "checkpoints": len(signed),
        "root": CompactRange().grown(leaves).root().hex(),
    }
    first = as_line({"cashbot_export": 1, "keys": keys})
    return b"".join([first, *lines[1:], as_line({"end": end})])


@pytest.mark.parametrize("content", [b"", b"PAR1", b"\x00" * 100, b"{}\n", b"[]\n", b"\n"])
def test_what_is_no_export_is_said_to_be_none(export: Export, content: bytes) -> None:
    """Another file is told from a damaged export."""
    assert verdict(content, export)[0] in {Kind.MALFORMED, Kind.TRUNCATED}
