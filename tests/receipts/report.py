"""Scores as a table: for a terminal, or as Markdown for the docs."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.receipts.making import LEVELS
from tests.receipts.scores import FIELDS, Score, grouped, is_false_accept, score
from tests.receipts.trials import Trial

#: Between these lines of a page stands what a run printed.
BEGIN, END = "<!-- make eval -->", "<!-- end of make eval -->"

_NAMES = {
    "total": "total",
    "date": "date and time",
    "fiscal_number": "fiscal number",
    "receipt_number": "receipt number",
}
_ROWS: tuple[tuple[str, Callable[[Score], str]], ...] = (
    ("photos", lambda s: str(s.photos)),
    ("eligible, whole on the photo", lambda s: str(s.eligible)),
    ("accepted", lambda s: str(s.accepted)),
    ("false accepts", lambda s: str(s.false_accepts)),
    ("precision of accept", lambda s: str(s.precision)),
    ("recall of accept", lambda s: str(s.recall)),
    ("recall without a whole QR", lambda s: str(s.recall_without_qr)),
    ("to review", lambda s: str(s.reviews)),
    ("lost (eligible, refused)", lambda s: str(s.lost)),
    ("unreadable", lambda s: str(s.unreadable)),
    ("QR, printed whole", lambda s: str(s.qr)),
    ("seconds p50 / p95", lambda s: f"{s.p50_seconds:.2f} / {s.p95_seconds:.2f}"),
    (
        "measured around p50 / p95",
        lambda s: f"{s.around_p50_seconds:.2f} / {s.around_p95_seconds:.2f}",
    ),
    ("peak of a child, MB", lambda s: str(s.peak_mb) if s.peak_mb else "–"),
)


def rows_of(scores: Mapping[str, Score]) -> list[list[str]]:
    """Return the table: a heading, then a row a figure."""
    columns = list(scores.values())
    rows = [["", *scores]]
    for name, told in _ROWS:
        rows.append([name, *map(told, columns)])
        if name == "unreadable":
            rows += [[_NAMES[f], *(str(s.fields[f]) for s in columns)] for f in FIELDS]
        if name.startswith("QR"):
            rows += [
                [f"{_NAMES[f]}, sure (≥ 0.9)", *(str(s.sure[f]) for s in columns)] for f in FIELDS
            ]
    return rows


def show(rows: Sequence[Sequence[str]], console: Console, title: str) -> None:
    """Print a table for people."""
    table = Table(title=title, title_justify="left", header_style="bold")
    for place, name in enumerate(rows[0]):
        table.add_column(name, justify="right" if place else "left", no_wrap=True)
    for row in rows[1:]:
        table.add_row(*row)
    console.print(table)


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """Return the table as Markdown."""
    heading, *body = rows
    rule = ["---", *("---:" for _ in heading[1:])]
    return "\n".join(f"| {' | '.join(row)} |" for row in (heading, rule, *body))


def put_into(page: Path, text: str) -> None:
    """Replace what stands between the marks of ``page``.

    Raises:
        ValueError: the page has no marks.
    """
    before, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page} needs a line {BEGIN} and a line {END}")
    page.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")


def breakdown(trials: Sequence[Trial], by: str) -> list[list[str]]:
    """Return recall, total and reviews for each layout, font, kind or trap."""
    rows = [[by, "photos", "recall", "review", "total", "date", "fiscal no.", "receipt no."]]
    for name, group in grouped(trials, lambda trial: str(getattr(trial.label, by))).items():
        each = score(group)
        fields = (str(each.fields[field]) for field in FIELDS)
        rows.append([name, str(each.photos), str(each.recall), str(each.reviews), *fields])
    return rows


def named(trials: Sequence[Trial]) -> list[str]:
    """Return false accepts and lost receipts by name, the worst first."""
    wrong = [trial for trial in trials if is_false_accept(trial)]
    lost = [
        trial
        for trial in trials
        if trial.label.may_be_accepted and trial.label.whole and trial.decision == "reject"
    ]
    return [
        *(f"false accept: {_told(trial)} as {trial.darnitsa_items}" for trial in wrong),
        *(f"lost: {_told(trial)} because {trial.reason}" for trial in lost),
    ]


def reasons(trials: Sequence[Trial]) -> list[list[str]]:
    """Return why eligible receipts were not accepted, by level."""
    due = [
        trial
        for trial in trials
        if trial.label.may_be_accepted and trial.label.whole and not trial.accepted
    ]
    there = {trial.label.level for trial in due}
    levels = [level for level in (*LEVELS, "real") if level in there]
    names = sorted({str(trial.reason) for trial in due})
    rows = [["eligible, not accepted because", *levels]]
    for name in names:
        here = [trial for trial in due if str(trial.reason) == name]
        counts = (sum(trial.label.level == level for trial in here) for level in levels)
        rows.append([name, *map(str, counts)])
    return rows


def _told(trial: Trial) -> str:
    label = trial.label
    goods = "; ".join(label.darnitsa_names or label.items)
    return f"{label.file} ({label.layout}, {label.kind}: {goods})"
