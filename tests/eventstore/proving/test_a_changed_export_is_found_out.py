"""Whatever is done to the lines of an export, the examination says that, what and where."""

import json
from io import BytesIO

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

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
    if content.startswith(export.lines[0] + b"\n"):
        assert (kind, first) == (Kind.CHANGED, None), "an empty line behind a whole first one"
    elif index == 0:
        assert kind in {Kind.MALFORMED, Kind.FOREIGN_CHECKPOINT}
    elif index >= len(export.lines) - 1:
        assert kind in {Kind.CHANGED, Kind.TRUNCATED, Kind.MISSING, Kind.ADDED}
    elif (seq := export.seq_at(index)) is not None:
        assert (kind, first) in {(Kind.CHANGED, seq), (Kind.CHANGED, None)}
        assert first == seq or content[offset : offset + 1] == b"\n", "only an empty line is not"
    else:
        assert kind in {Kind.CHANGED, Kind.WRONG_SIGNATURE, Kind.FOREIGN_CHECKPOINT}
        runs_into_next = export.line_with(offset + 1) != index
        assert first is None or (runs_into_next and first == export.seq_at(index + 1))


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


@pytest.mark.parametrize("index", [0, 1, 2, 3, EVENTS + len(SIGNED), EVENTS + len(SIGNED) + 1])
def test_an_empty_line_is_found_wherever_it_stands(export: Export, index: int) -> None:
    """A line ends once: what a second end makes of it is an empty line, and an export has none."""
    offset = offset_of(export, (index, -1))
    _check_byte(export, offset, export.content[:offset] + b"\n" + export.content[offset:])


@pytest.mark.parametrize("index", [0, 1, 2, 3, EVENTS + len(SIGNED) + 1])
def test_a_space_is_found_wherever_it_stands(export: Export, index: int) -> None:
    """JSON does not care for spaces between its words; an export has none."""
    begin = offset_of(export, (index, 0))
    step = 1 if index <= SIGNED[0] + 2 else 9  # a fault in the last line is found last
    for offset in range(begin, begin + len(export.lines[index]), step):
        _check_byte(export, offset, export.content[:offset] + b" " + export.content[offset:])


SPELLINGS = {
    b'"type":"Cl': b'"type":"\\u0043l',
    b'{"seq":2,': b'{"seq":2.0,',
    b'"version":0,': b'"version":0,"version":0,',
    b'"stream":': b'"more":1,"stream":',
    b'"}\n': b'"}\r\n',
    b'"checkpoint":"cashbot/': b'"checkpoint":"cashbot\\/',
    b'{"events":': b'{"events":0,"events":',
}


@pytest.mark.parametrize("index", [1, 2, 3, EVENTS + len(SIGNED) + 1])
@pytest.mark.parametrize("usual", SPELLINGS)
def test_another_spelling_is_found(export: Export, index: int, usual: bytes) -> None:
    """What JSON allows to be written in several ways is written in one."""
    line = export.lines[index].replace(usual, SPELLINGS[usual], 1)
    if line != export.lines[index]:
        lines = [*export.lines[:index], line, *export.lines[index + 1 :]]
        assert verdict(b"".join(lines), export)[0] is Kind.CHANGED


def test_an_id_in_capitals_is_found(export: Export) -> None:
    """An id means the same in capitals and without hyphens, and is written in neither."""
    event = json.loads(export.lines[3])
    for spelling in (event["event_id"].upper(), event["event_id"].replace("-", "")):
        lines = [*export.lines]
        lines[3] = as_line({**event, "event_id": spelling})
        assert verdict(b"".join(lines), export) == (Kind.CHANGED, 2)


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
