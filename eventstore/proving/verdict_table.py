"""Shows a report to people as a short table, to scripts as one JSON object."""

from collections.abc import Iterator

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from eventstore.proving.verdicts import Finding, Kind, Report
from eventstore.showing import plain


def exit_codes() -> str:
    """Return a line per verdict, for the help of commands."""
    return "\n".join(f"{kind.exit_code:>4}  {kind.label}: {kind.meaning}" for kind in Kind)


def as_json(report: Report) -> str:
    """Return everything about ``report`` in one line."""
    finding = report.finding
    whole = {
        "kind": report.kind.label,
        "exit_code": report.kind.exit_code,
        "subject": report.subject,
        "what": finding.what if finding else report.kind.meaning,
        "first_seq": finding.first_seq if finding else None,
        "last_seq": finding.last_seq if finding else None,
        "line": finding.line if finding else None,
        "do": report.kind.advice,
        "events": report.events,
        "signed": report.signed,
        "unsigned": report.unsigned,
        "checkpoints": report.checkpoints,
        "root": report.root,
        "signers": report.signers,
        "pinned": report.pinned,
    }
    return msgspec.json.encode(whole).decode()


def show(report: Report, console: Console) -> None:
    """Print ``report`` for people."""
    good = report.finding is None
    verdict = Text("✓ " if good else "✗ ", style="bold green" if good else "bold red")
    verdict.append(report.kind.label)
    table = Table.grid(padding=(0, 2), pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    what = report.finding.what if report.finding else f"{report.kind.meaning} in this"
    table.add_row(verdict, Text(plain(what) if not good else f"{what} {report.subject}"))
    for name, value in _rows(report):
        table.add_row(Text(f"  {name}", style="dim"), Text(plain(value)))
    console.print(table)


def _rows(report: Report) -> Iterator[tuple[str, str]]:
    if report.finding is not None:
        yield from _fault_rows(report, report.finding)
        return
    if report.subject != "proof":
        yield "facts", f"{report.events:,}"
        signed = f"{report.signed:,}, by {_count(report.checkpoints, 'checkpoint')}"
        yield "signed", signed if report.signed else "none of them"
        if report.unsigned and report.signed:
            yield "not signed", f"the newest {report.unsigned:,}; the next checkpoint covers them"
    if report.root:
        yield "root", report.root
    if report.signers:
        yield "signed by", ", ".join(report.signers)
        if not report.pinned:
            yield "key", _UNPINNED[report.subject]


def _fault_rows(report: Report, finding: Finding) -> Iterator[tuple[str, str]]:
    if place := _place(finding):
        yield "where", place
    if report.subject != "proof":
        good = _count(report.events, "fact")
        yield "before it", f"{good} in order, {report.signed:,} of them signed"
    yield "do", finding.kind.advice


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")


#: What a verdict is worth when the caller named no key.
_UNPINNED = {
    "log": "this database's own; an auditor pins it with --key",
    "export": "taken from the file itself, so it proves no origin: pin it with --key",
    "proof": "taken from the file itself, so it proves no origin: pin it with --key",
}


def _place(finding: Finding) -> str:
    places = []
    if finding.first_seq is not None:
        first, last = finding.first_seq, finding.last_seq
        more = f" to {last}" if last is not None and last != first else ""
        places.append(f"seq {first}{more}")
    if finding.line is not None:
        places.append(f"line {finding.line} of the file")
    return ", ".join(places)
