"""Commands that prove the log: `events export`, `verify`, `proof` and `import`."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from pathlib import Path
from typing import Annotated, BinaryIO

import msgspec
import typer
from rich.console import Console

from eventstore.errors import EventStoreError
from eventstore.groups import Groups
from eventstore.ledger import seal_until_rest
from eventstore.log import OpenLog
from eventstore.pool import open_pool
from eventstore.proving import verdict_table
from eventstore.proving.export import NdjsonWriter, Writer, export_log, new_file
from eventstore.proving.exported import End
from eventstore.proving.importing import import_log
from eventstore.proving.notes import (
    NOTE_CHARACTERS_MAX,
    NoteError,
    NoteMalformed,
    VerifierKey,
    checkpoint_of,
)
from eventstore.proving.proofs import PROOF_BYTES_MAX, PROOF_PREFIX, Proof, prove, verify_proof
from eventstore.proving.signers import known_keys
from eventstore.proving.verdicts import Report
from eventstore.proving.verify_export import verify_export
from eventstore.proving.verify_log import verify_log
from eventstore.showing import progress

#: One connection examines or reads ahead, one is for questions in between.
CONNECTIONS = 2
#: As pyproject.toml pins it; cashbot itself is in no registry, another's package might be.
PYARROW = "pyarrow==26.0.1"

_VERIFY_HELP = f"""Examine the database, or without any database an export or a proof.

Names the first fault and the seq where it is. Facts behind the newest checkpoint are told, and
are no fault. The exit status says what was found:

\b
{verdict_table.exit_codes()}

Example: python -m cashbot events verify log.ndjson --key "$KEY"
"""

OpenDatabase = Callable[[], AbstractContextManager[str]]

Keys = Annotated[
    list[str] | None,
    typer.Option("--key", help="Believe this key only: what `events key` printed, or its file."),
]
Notes = Annotated[
    list[Path] | None,
    typer.Option("--checkpoint", help="File with a checkpoint that must be part of the history."),
]


class Format(StrEnum):
    """What an export is written as."""

    ndjson = "ndjson"
    parquet = "parquet"


def register(
    groups: Groups, *, open_log: OpenLog, open_database: OpenDatabase, handlers: Sequence[str]
) -> None:
    """Add these commands; ``handlers`` do not react to what is imported."""
    groups.events.command("export")(_export_command(open_log))
    groups.events.command("verify")(_verify_command(open_log))
    groups.events.command("proof")(_proof_command(open_log))
    groups.events.command("import")(_import_command(open_database, handlers))


class UnusableFile(EventStoreError):
    """A file that was named cannot be read as what it should be."""


def _export_command(open_log: OpenLog) -> Callable[[Path, Format, int | None], None]:
    def command(
        file: Annotated[Path, typer.Argument(help="A new file, or - for stdout.")],
        form: Annotated[Format, typer.Option("--format", help="How to write it.")] = Format.ndjson,
        until: Annotated[int | None, typer.Option(min=0, help="End behind this seq.")] = None,
    ) -> None:
        """Write all facts in the order of the ledger, with their hashes and the checkpoints.

        The file appears under its name when it is whole; `events verify FILE` checks it without
        any database. Nothing in it opens what is sealed for a person.

        Example: python -m cashbot events export log.ndjson
        """
        if form is Format.parquet and str(file) == "-":
            raise UnusableFile("Parquet needs a file: name one instead of -")
        end = asyncio.run(_export(open_log, file, form, until))
        print(f"{end.checkpoints:,} checkpoints, root {end.root}", file=sys.stderr)

    return command


async def _export(open_log: OpenLog, path: Path, form: Format, until: int | None) -> End:
    target: AbstractContextManager[BinaryIO] = (
        nullcontext(sys.stdout.buffer) if str(path) == "-" else new_file(path)
    )
    async with open_log("export", CONNECTIONS) as log:
        await seal_until_rest(log.pool)
        with progress("exporting") as told, target as file:
            writer = _writer(form, file)
            return await export_log(log.pool, log.checkpoints, writer, until=until, progress=told)


def _writer(form: Format, file: BinaryIO) -> Writer:
    if form is Format.ndjson:
        return NdjsonWriter(file)
    try:
        # 55 MB that only an analyst needs.
        from eventstore.proving.parquet import ParquetWriter  # noqa: PLC0415
    except ImportError as missing:
        raise UnusableFile(f"Parquet needs pyarrow: pip install {PYARROW}") from missing
    return ParquetWriter(file)


def _verify_command(
    open_log: OpenLog,
) -> Callable[[Path | None, Keys, Notes, bool], None]:
    def command(
        file: Annotated[
            Path | None, typer.Argument(help="An export or a proof; without it, the database.")
        ] = None,
        keys: Keys = None,
        checkpoints: Notes = None,
        as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    ) -> None:
        pinned, awaited = _keys_of(keys), _notes_of(checkpoints)
        if file is None:
            report = asyncio.run(_verify_log(open_log, pinned, awaited))
        else:
            report = _verify_file(file, pinned, awaited)
        _conclude(report, as_json=as_json)

    command.__doc__ = _VERIFY_HELP
    return command


async def _verify_log(open_log: OpenLog, pinned: list[VerifierKey], awaited: list[str]) -> Report:
    async with open_log("verify", CONNECTIONS) as log:
        await seal_until_rest(log.pool)
        with progress("examining", total=await log.store.head()) as told:
            return await verify_log(
                log.pool,
                keys=pinned or await known_keys(log.pool, log.checkpoints),
                pinned=bool(pinned),
                awaited=awaited,
                attachments=log.attachments,
                progress=told,
            )


def _verify_file(path: Path, pinned: list[VerifierKey], awaited: list[str]) -> Report:
    with _readable(path) as file:
        first = file.readline(PROOF_BYTES_MAX)
        if first.startswith(PROOF_PREFIX):
            rest = file.read(1)
            return verify_proof(first + rest, keys=pinned, awaited=awaited)
        file.seek(0)
        with progress("examining") as told:
            return verify_export(file, keys=pinned, awaited=awaited, progress=told)


def _conclude(report: Report, *, as_json: bool) -> None:
    """Print a report and end with its exit status."""
    if as_json:
        print(verdict_table.as_json(report))
    else:
        verdict_table.show(report, Console())
    if report.finding is not None:
        raise typer.Exit(report.kind.exit_code)


def _proof_command(open_log: OpenLog) -> Callable[[str, Path, Path | None], None]:
    def command(
        what: Annotated[str, typer.Argument(metavar="id", help="An event's id, or its seq.")],
        file: Annotated[Path, typer.Argument(help="A new file, or - for stdout.")] = Path("-"),
        since: Annotated[
            Path | None, typer.Option(help="File with an older checkpoint to go on from.")
        ] = None,
    ) -> None:
        """Prove that a fact stands in the ledger, in one small file that needs no database.

        With --since the file proves too that history up to an older checkpoint is unchanged.

        Example: python -m cashbot events proof 57 proof.json
        """
        notes = _notes_of([since] if since else None)
        proof = asyncio.run(_prove(open_log, what, notes[0] if notes else None))
        content = msgspec.json.encode(proof) + b"\n"
        if str(file) == "-":
            print(content.decode(), end="")
            return
        with new_file(file) as opened:
            opened.write(content)
        print(f"seq {proof.event.seq} is proved by {file}", file=sys.stderr)

    return command


async def _prove(open_log: OpenLog, what: str, since: str | None) -> Proof:
    async with open_log("proof", CONNECTIONS) as log:
        return await prove(log.pool, log.checkpoints, what, since=since)


def _import_command(
    open_database: OpenDatabase, handlers: Sequence[str]
) -> Callable[[Path, Keys, Notes], None]:
    def command(file: Path, keys: Keys = None, checkpoints: Notes = None) -> None:
        """Put an export into an empty database: the same facts, the same order, the same root.

        The file is examined first, as by `events verify`; all of it is imported or nothing.
        What is imported has happened: no handler reacts to it, and read models are made anew.
        Keys of persons are in no export: what is sealed for a person stays sealed.

        Example: python -m cashbot events import log.ndjson --key "$KEY"
        """
        readers = [f"work/{handler}" for handler in handlers]
        pinned, awaited = _keys_of(keys), _notes_of(checkpoints)
        with _readable(file) as opened, open_database() as url:
            _conclude(asyncio.run(_import(url, opened, readers, pinned, awaited)), as_json=False)

    return command


async def _import(
    url: str, file: BinaryIO, readers: list[str], pinned: list[VerifierKey], awaited: list[str]
) -> Report:
    async with await open_pool(url, size=1, name="import") as pool:
        with progress("importing") as told:
            return await import_log(
                pool, file, readers=readers, keys=pinned, awaited=awaited, progress=told
            )


def _readable(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as trouble:
        raise UnusableFile(f"{path} cannot be read: {trouble.strerror}") from trouble


def _keys_of(texts: list[str] | None) -> list[VerifierKey]:
    return [_key_of(text) for text in texts or []]


def _key_of(text: str) -> VerifierKey:
    try:
        return VerifierKey.parse(text)
    except NoteError:
        path = Path(text)
        if len(text) > NOTE_CHARACTERS_MAX or not path.is_file():
            raise
        return VerifierKey.parse(_text_of(path))


def _notes_of(paths: list[Path] | None) -> list[str]:
    return [_note_of(path) for path in paths or []]


def _note_of(path: Path) -> str:
    """Return the checkpoint in ``path``; whether its signature is right is examined later."""
    text = _text_of(path)
    try:
        checkpoint_of(text)
    except NoteMalformed as malformed:
        raise UnusableFile(f"{path} is no checkpoint: {malformed}") from malformed
    return text


def _text_of(path: Path) -> str:
    with _readable(path) as file:
        return file.read(NOTE_CHARACTERS_MAX).decode(errors="replace")
