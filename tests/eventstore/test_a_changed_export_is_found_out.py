"""Whatever is done to an export, the examination says that, what and where."""

import asyncio
import json
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from eventstore.embedded import EmbeddedPostgres
from eventstore.exported import EventLine, leaf_of
from eventstore.merkle import CompactRange
from eventstore.notes import SigningKey, VerifierKey, checkpoint_of
from eventstore.pool import open_pool
from eventstore.verdicts import Finding, Kind
from eventstore.verify_export import verify_export
from tests.conftest import TEMPLATE
from tests.eventstore.proving import a_signer, exported, grow, key_of

EVENTS = 10_000
#: Where the log was signed; what is behind the last one is not.
SIGNED = (1, 256, 1_000, 4_097, 7_777, 9_900)

#: An example takes up to 0.1 s: the whole file is read each time.
thoroughly = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


class Export(NamedTuple):
    """An export of a log of ``EVENTS`` facts."""

    lines: list[bytes]
    key: VerifierKey

    @property
    def content(self) -> bytes:
        """The file."""
        return b"".join(self.lines)

    def at(self, seq: int) -> int:
        """Return the index of the line in which ``seq`` stands."""
        return seq + sum(size < seq for size in SIGNED)

    def seq_at(self, index: int) -> int | None:
        """Return the seq that stands in the line with ``index``, None if no fact does."""
        line = json.loads(self.lines[index])
        return line.get("seq") if isinstance(line, dict) else None

    def line_with(self, offset: int) -> int:
        """Return the index of the line that has the byte at ``offset``."""
        for index, line in enumerate(self.lines):
            offset -= len(line)
            if offset < 0:
                return index
        return len(self.lines)


@pytest.fixture(scope="session")
def export(
    server: EmbeddedPostgres,
    admin: psycopg.Connection,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Export]:
    """An export with several checkpoints and a tail that none covers."""
    admin.execute(f"CREATE DATABASE to_export TEMPLATE {TEMPLATE}")
    url, folder = server.url("to_export"), tmp_path_factory.mktemp("attachments")
    yield asyncio.run(_export(url, folder))
    admin.execute("DROP DATABASE to_export WITH (FORCE)")


async def _export(url: str, folder: Path) -> Export:
    async with await open_pool(url, size=2, name="test") as pool:
        signer = a_signer(pool, folder)
        size = 0
        for size_then in SIGNED:
            await grow(pool, size_then - size)
            await signer.make()
            size = size_then
        await grow(pool, EVENTS - size)
        content = await exported(pool, signer)
        return Export(content.splitlines(keepends=True), await key_of(signer))


def found(content: bytes, export: Export) -> Finding | None:
    """Return what an auditor finds who pinned the key."""
    return verify_export(BytesIO(content), keys=[export.key]).finding


def verdict(content: bytes, export: Export) -> tuple[Kind, int | None]:
    """Return kind and first seq of what must be found."""
    finding = found(content, export)
    assert finding is not None
    return finding.kind, finding.first_seq


def test_an_untouched_export_fits(export: Export) -> None:
    """Facts, order, hashes, roots and signatures of an export are right, and its tail is told."""
    report = verify_export(BytesIO(export.content), keys=[export.key])
    assert report.finding is None
    assert (report.events, report.signed, report.unsigned) == (EVENTS, SIGNED[-1], 100)
    assert (report.checkpoints, report.signers) == (len(SIGNED), [export.key.name])
    assert [export.at(seq) for seq in (1, 2, 257, EVENTS)] == [1, 3, 259, EVENTS + len(SIGNED)]


def _check_byte(export: Export, offset: int, content: bytes) -> None:
    """Say what must be found when a byte at ``offset`` was touched."""
    index = export.line_with(offset)
    kind, first = verdict(content, export)
    if index == 0:
        assert kind in {Kind.MALFORMED, Kind.FOREIGN_CHECKPOINT}
    elif index >= len(export.lines) - 1:
        assert kind in {Kind.CHANGED, Kind.TRUNCATED, Kind.MISSING, Kind.ADDED}
    elif (seq := export.seq_at(index)) is not None:
        assert (kind, first) in {(Kind.CHANGED, seq), (Kind.CHANGED, None)}
        assert first == seq or content[offset : offset + 1] == b"\n", "only an empty line is not"
    else:
        assert kind in {Kind.CHANGED, Kind.WRONG_SIGNATURE, Kind.FOREIGN_CHECKPOINT}
        assert first is None


#: A place: the last lines and the checkpoints are visited as often as all facts together.
places = st.one_of(
    st.tuples(st.integers(0, EVENTS + len(SIGNED) + 1), st.integers(0, 10**6)),
    st.tuples(
        st.sampled_from([0, 2, 258, 1_003, 9_906, EVENTS + len(SIGNED), EVENTS + len(SIGNED) + 1]),
        st.integers(0, 10**6),
    ),
)
letters = st.one_of(
    st.integers(0, 255).map(lambda number: bytes([number])),
    st.sampled_from([b"\n", b'"', b"{", b"}", b",", b" ", b"0", b"1", b"9", b"a", b"-", b"\\"]),
)


def offset_of(export: Export, place: tuple[int, int]) -> int:
    """Return the offset of a byte of some line."""
    index, column = place
    begin = sum(len(line) for line in export.lines[:index])
    return begin + column % len(export.lines[index])


@thoroughly
@given(place=places, letter=letters)
def test_a_changed_byte_is_named(export: Export, place: tuple[int, int], letter: bytes) -> None:
    """Each byte of an export matters, and the fact it belongs to is named."""
    content, offset = export.content, offset_of(export, place)
    assume(content[offset : offset + 1] != letter)
    _check_byte(export, offset, content[:offset] + letter + content[offset + 1 :])


@thoroughly
@given(place=places, letter=letters)
def test_an_added_byte_is_named(export: Export, place: tuple[int, int], letter: bytes) -> None:
    """A byte too many is found, and the fact it stands in is named."""
    content, offset = export.content, offset_of(export, place)
    _check_byte(export, offset, content[:offset] + letter + content[offset:])


@thoroughly
@given(place=places)
def test_a_removed_byte_is_named(export: Export, place: tuple[int, int]) -> None:
    """A byte too few is found, and the fact it is missing from is named."""
    content, offset = export.content, offset_of(export, place)
    changed = content[:offset] + content[offset + 1 :]
    assume(changed != content)
    _check_byte(export, offset, changed)


@thoroughly
@given(place=places)
def test_a_cut_off_export_is_named(export: Export, place: tuple[int, int]) -> None:
    """Wherever the file ends too early, that is told, and the first seq that is gone."""
    index, _ = place
    before = [seq for seq in map(export.seq_at, range(1, index)) if seq is not None]
    expected = Kind.TRUNCATED, (before[-1] if before else 0) + 1
    content = export.content[: offset_of(export, place)]
    assert verdict(content, export) == expected


@pytest.mark.parametrize("behind", [b"\n", b" ", b"{}\n", b'{"seq":10001}\n'])
def test_nothing_may_stand_behind_the_end(export: Export, behind: bytes) -> None:
    """What is appended to a finished export is found."""
    assert verdict(export.content + behind, export) == (Kind.ADDED, None)


seqs = st.one_of(st.integers(1, EVENTS), st.sampled_from([1, 2, 256, 257, EVENTS - 1, EVENTS]))


@thoroughly
@given(seq=seqs, count=st.integers(1, 5))
def test_missing_facts_are_named(export: Export, seq: int, count: int) -> None:
    """The first of the facts that were taken out is named, and the last."""
    last = min(seq + count - 1, EVENTS)
    gone = {export.at(each) for each in range(seq, last + 1)}
    content = b"".join(line for at, line in enumerate(export.lines) if at not in gone)
    finding = found(content, export)
    assert finding is not None
    assert (finding.kind, finding.first_seq) == (Kind.MISSING, seq)
    assert finding.last_seq is not None
    assert seq <= finding.last_seq <= last


@pytest.mark.parametrize("size", SIGNED)
def test_a_missing_checkpoint_is_named(export: Export, size: int) -> None:
    """Without one of its checkpoints an export is not whole."""
    lines = [*export.lines]
    del lines[export.at(size) + 1]
    assert verdict(b"".join(lines), export) == (Kind.MISSING, None)


def test_a_missing_first_or_last_line_is_named(export: Export) -> None:
    """Without its first line it is no export, without its last it was cut off."""
    assert verdict(b"".join(export.lines[1:]), export) == (Kind.MALFORMED, None)
    assert verdict(b"".join(export.lines[:-1]), export) == (Kind.TRUNCATED, EVENTS + 1)


@thoroughly
@given(seq=seqs, other=seqs)
def test_a_repeated_fact_is_named(export: Export, seq: int, other: int) -> None:
    """A fact that stands once more, wherever it does, is found."""
    lines = [*export.lines]
    lines.insert(export.at(other), export.lines[export.at(seq)])
    assert verdict(b"".join(lines), export) == (Kind.ADDED, seq)


@pytest.mark.parametrize("size", SIGNED)
@pytest.mark.parametrize("where", SIGNED)
def test_a_repeated_checkpoint_is_named(export: Export, size: int, where: int) -> None:
    """A checkpoint stands once, and behind its last fact."""
    lines = [*export.lines]
    lines.insert(export.at(where) + 2, export.lines[export.at(size) + 1])
    kind = Kind.ADDED if size == where else Kind.REORDERED
    assert verdict(b"".join(lines), export) == (kind, None)


@thoroughly
@given(seq=seqs, other=seqs)
def test_swapped_facts_are_named(export: Export, seq: int, other: int) -> None:
    """Of two facts that changed places the first place is named."""
    assume(seq != other)
    lines, one, two = [*export.lines], export.at(seq), export.at(other)
    lines[one], lines[two] = lines[two], lines[one]
    assert verdict(b"".join(lines), export) == (Kind.REORDERED, min(seq, other))


@thoroughly
@given(seq=seqs, other=seqs)
def test_a_replaced_fact_is_named(export: Export, seq: int, other: int) -> None:
    """A fact in whose place another one is repeated is named."""
    assume(seq != other)
    lines = [*export.lines]
    lines[export.at(seq)] = lines[export.at(other)]
    assert verdict(b"".join(lines), export) == (Kind.CHANGED, seq)


FIELDS = ("seq", "stream", "version", "event_id", "type", "data", "metadata", "recorded_at")


@thoroughly
@given(seq=seqs, other=seqs, field=st.sampled_from([*FIELDS, "leaf_hash"]))
def test_swapped_fields_are_named(export: Export, seq: int, other: int, field: str) -> None:
    """Two facts that exchanged one field do not have their hashes any more."""
    lines, one, two = [*export.lines], export.at(seq), export.at(other)
    first, second = json.loads(lines[one]), json.loads(lines[two])
    assume(first[field] != second[field])
    first[field], second[field] = second[field], first[field]
    lines[one], lines[two] = as_line(first), as_line(second)
    kind = Kind.REORDERED if field == "seq" else Kind.CHANGED
    assert verdict(b"".join(lines), export) == (kind, min(seq, other))


def as_line(content: Any) -> bytes:
    """Return ``content`` as an export writes it."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


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


@thoroughly
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
