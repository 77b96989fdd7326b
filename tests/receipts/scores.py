"""What trials come to: counts, shares and seconds. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import numpy as np
from msgspec import Struct

from eventstore.identity import receipt_number_key
from tests.receipts.trials import Trial

FIELDS = ("total", "date", "fiscal_number", "receipt_number")
#: From here on a field's confidence is an accept weight: right 99 times of 100.
SURE = 0.9


class Share(Struct, frozen=True):
    """So many of so many."""

    count: int
    of: int

    def __str__(self) -> str:
        percent = f"{100 * self.count / self.of:.1f} %" if self.of else "–"
        return f"{percent} ({self.count}/{self.of})"


class Score(Struct, frozen=True, kw_only=True):
    """What a group of trials comes to."""

    photos: int
    #: a bonus is due and all that a decision needs is on the photo
    eligible: int
    accepted: int
    precision: Share
    recall: Share
    #: of the eligible without a whole QR: there print alone must prove everything
    recall_without_qr: Share
    reviews: Share
    false_accepts: int
    lost: Share
    unreadable: Share
    fields: dict[str, Share]
    qr: Share
    #: per field: of the values read with a sure confidence, those that are right
    sure: dict[str, Share]
    p50_seconds: float
    p95_seconds: float
    around_p50_seconds: float
    around_p95_seconds: float
    #: most memory a child ever had, where that was measured
    peak_mb: int | None = None


def score(trials: Sequence[Trial]) -> Score:
    """Return what ``trials`` come to."""
    due = [trial for trial in trials if trial.label.may_be_accepted and trial.label.whole]
    accepted = [trial for trial in trials if trial.accepted]
    wrong = [trial for trial in accepted if is_false_accept(trial)]
    printed = [trial for trial in trials if trial.label.qr_whole]
    seconds = [trial.seconds for trial in trials] or [0.0]
    around = [trial.around_seconds for trial in trials] or [0.0]
    return Score(
        photos=len(trials),
        eligible=len(due),
        accepted=len(accepted),
        precision=Share(len(accepted) - len(wrong), len(accepted)),
        recall=_share(due, lambda trial: trial.accepted),
        recall_without_qr=_share(
            [trial for trial in due if not trial.label.qr_whole], lambda trial: trial.accepted
        ),
        reviews=_share(trials, lambda trial: trial.decision == "review"),
        false_accepts=len(wrong),
        lost=_share(due, lambda trial: trial.decision == "reject"),
        unreadable=_share(trials, lambda trial: trial.decision == "unreadable"),
        fields={field: _field(trials, field) for field in FIELDS},
        qr=_share(printed, lambda trial: trial.qr),
        sure={field: _sure(trials, field) for field in FIELDS},
        p50_seconds=float(np.percentile(seconds, 50)),
        p95_seconds=float(np.percentile(seconds, 95)),
        around_p50_seconds=float(np.percentile(around, 50)),
        around_p95_seconds=float(np.percentile(around, 95)),
    )


def is_false_accept(trial: Trial) -> bool:
    """Tell whether money would leave for nothing."""
    return trial.accepted and not trial.label.may_be_accepted


def failing(trial: Trial) -> bool:
    """Tell whether a person should look at this photo."""
    due = trial.label.may_be_accepted and trial.label.whole
    wrong = any(right(trial, field) is False for field in FIELDS)
    return wrong or is_false_accept(trial) or (due and not trial.accepted)


def right(trial: Trial, field: str) -> bool | None:
    """Tell whether a field was read right; None when the photo does not show it."""
    label = trial.label
    match field:
        case "total":
            return _same(trial.total_kopecks, label.total_kopecks)
        case "date":
            return _same(_minute(trial.purchased_at), _minute(label.purchased_at))
        case "fiscal_number":
            return _same(trial.fiscal_number, label.fiscal_number)
        case _:
            return _same(_key(trial.receipt_number), _key(label.receipt_number))


def grouped(trials: Iterable[Trial], by: Callable[[Trial], str]) -> dict[str, list[Trial]]:
    """Return trials by what ``by`` says of them, in the order of the names."""
    groups: dict[str, list[Trial]] = defaultdict(list)
    for trial in trials:
        groups[by(trial)].append(trial)
    return dict(sorted(groups.items()))


def _share(trials: Sequence[Trial], holds: Callable[[Trial], bool]) -> Share:
    return Share(sum(map(holds, trials)), len(trials))


def _field(trials: Sequence[Trial], field: str) -> Share:
    outcomes = [outcome for trial in trials if (outcome := right(trial, field)) is not None]
    return Share(sum(outcomes), len(outcomes))


def _sure(trials: Sequence[Trial], field: str) -> Share:
    return _field([trial for trial in trials if trial.confidences.get(field, 0.0) >= SURE], field)


def _same(read: object, printed: object) -> bool | None:
    return None if printed is None else read == printed


def _minute(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text[:16]) if text else None


def _key(number: str | None) -> str | None:
    return receipt_number_key(number) if number else None
