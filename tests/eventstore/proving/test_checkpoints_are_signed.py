"""A checkpoint says how the ledger stood, in C2SP's formats, and nobody else can say it."""

import base64
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from eventstore.proving.merkle import EMPTY_ROOT
from eventstore.proving.notes import (
    ForeignNote,
    NoteError,
    NoteMalformed,
    SigningKey,
    VerifierKey,
    WrongSignature,
    checkpoint_of,
)

KEY = SigningKey(bytes(range(32)))
AT = datetime(2026, 11, 24, 10, 30, 0, 125, tzinfo=UTC)
NOTE = KEY.signed(size=7, root=EMPTY_ROOT, made_at=AT)


def test_a_checkpoint_reads_as_the_format_says() -> None:
    """Origin, size, root and time are lines; behind an empty line stands the signature."""
    text, signature = NOTE.split("\n\n")
    name = KEY.verifier.name
    assert text.split("\n") == [
        name, "7", base64.b64encode(EMPTY_ROOT).decode(), "time 2026-11-24T10:30:00.000125Z"
    ]  # fmt: skip
    dash, signer, encoded = signature.removesuffix("\n").split(" ")
    assert (dash, signer) == ("—", name)
    signed = base64.b64decode(encoded)
    assert signed[:4].hex() == str(KEY.verifier).split("+")[1]
    public = Ed25519PrivateKey.from_private_bytes(bytes(range(32))).public_key()
    public.verify(signed[4:], f"{text}\n".encode())


def test_the_pinned_key_opens_what_was_signed() -> None:
    """An auditor needs the printed key and the note, nothing else."""
    opened = VerifierKey.parse(f"{KEY.verifier}\n").opened(NOTE)
    assert (opened.size, opened.root, opened.made_at) == (7, EMPTY_ROOT, AT)
    assert checkpoint_of(NOTE) == opened


def test_a_key_of_another_tool_is_understood() -> None:
    """The example key of Go's note package has the id that Go gives it."""
    go = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    assert VerifierKey.parse(go).key_id.hex() == "c74f20a3"


@given(place=st.integers(0, len(NOTE) - 1), letter=st.characters(codec="utf-8"))
def test_no_letter_can_be_changed(place: int, letter: str) -> None:
    """Whatever letter of a note is changed, the pinned key refuses it."""
    changed = NOTE[:place] + letter + NOTE[place + 1 :]
    if changed != NOTE:
        with pytest.raises(NoteError):
            KEY.verifier.opened(changed)


@given(begin=st.integers(0, len(NOTE)), end=st.integers(0, len(NOTE)))
def test_no_part_passes_for_the_whole(begin: int, end: int) -> None:
    """A cut note is refused wherever it was cut."""
    part = NOTE[begin:end]
    if part != NOTE:
        with pytest.raises(NoteError):
            KEY.verifier.opened(part)


def test_each_fault_has_its_name() -> None:
    """A changed text, another log's note and what is no note are told apart."""
    with pytest.raises(WrongSignature, match="size 8 is wrong"):
        KEY.verifier.opened(NOTE.replace("\n7\n", "\n8\n"))
    other = SigningKey(bytes(32))
    with pytest.raises(ForeignNote, match=other.verifier.name):
        KEY.verifier.opened(other.signed(size=7, root=EMPTY_ROOT, made_at=AT))
    with pytest.raises(NoteMalformed, match="an empty line"):
        KEY.verifier.opened("7")
    with pytest.raises(NoteMalformed, match="`events key`"):
        VerifierKey.parse(str(KEY.verifier).replace("+", "+0", 1))


def test_a_second_signature_does_no_harm() -> None:
    """A witness may sign below ours."""
    witness = SigningKey(bytes(32)).signed(size=7, root=EMPTY_ROOT, made_at=AT).split("\n\n")[1]
    assert KEY.verifier.opened(NOTE + witness).size == 7
