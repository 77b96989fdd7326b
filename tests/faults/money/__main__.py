"""``python -m tests.faults.money``: lives drawn histories; the last line is one JSON object.

``payouts``, ``unknown`` and ``kills`` count histories: in which the bank paid, in which an
outcome was unknown for a while, in which a worker was killed by a real SIGKILL. ``callbacks``
counts what was recorded. Status 1 if money moved twice, or was confirmed without having moved,
or a receipt stands still, or the shares of histories that the run promises are missed.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from eventstore.embedded import EmbeddedPostgres
from eventstore.embedded_place import wheel_binaries
from eventstore.migrate import migrate
from eventstore.process import configure_logging
from tests.faults.money.history import History
from tests.faults.money.lane import Lane, a_lane
from tests.faults.money.plans import plans_of
from tests.faults.money.steps import Plan
from tests.faults.money.verdicts import Verdict, judge

HISTORIES = 200
LANES = 2
#: Histories between two words to whoever waits.
TELL_EVERY = 100
#: Shares of all histories below which a run proves too little.
SHARES = {"payouts": 0.6, "unknown": 0.2, "kills": 0.2}
CALLBACKS = "SELECT count(*) FROM events WHERE type = 'CallbackReceived'"


class Tally:
    """What came of the histories so far."""

    def __init__(self, *, seed: int) -> None:
        self._seed = seed
        self._started = time.monotonic()
        self._states: Counter[str] = Counter()
        self._counts: Counter[str] = Counter()
        self._sums: Counter[str] = Counter()
        self.callbacks = 0
        #: histories in which something happened that must never
        self.wrong = 0

    def add(self, number: int, plan: Plan, verdict: Verdict) -> None:
        """Count a history; say how to repeat one that went wrong."""
        counted = {"payouts": verdict.paid, "unknown": verdict.unknown, "kills": verdict.kills}
        self._sums.update(counted)
        self._counts.update({name: int(count > 0) for name, count in counted.items()})
        self._counts["histories"] += 1
        for fault in ("paid_twice", "confirmed_without_booking", "stuck"):
            self._counts[fault] += len(getattr(verdict, fault))
        self._states.update(verdict.states)
        if verdict.wrong:
            self.wrong += 1
            say(f"history {number} of seed {self._seed}: {'; '.join(verdict.wrong)}")
            for step in plan.steps:
                say(f"    {step}")
            say(self.repeat(number))
        if self._counts["histories"] % TELL_EVERY == 0:
            say(f"{self._counts['histories']} histories, {self._seconds():.0f} s")

    def repeat(self, number: int) -> str:
        """Return how one history of this run is lived again."""
        return f"repeat it: make money SEED={self._seed} MONEY='--only {number}'"

    def line(self) -> dict[str, int | float]:
        """Return the last line of a run."""
        first = ("histories", "payouts", "unknown", "kills")
        wrong = ("paid_twice", "confirmed_without_booking", "stuck")
        return {
            **{name: self._counts[name] for name in first},
            "callbacks": self.callbacks,
            **{name: self._counts[name] for name in wrong},
            "seed": self._seed,
            "seconds": round(self._seconds(), 1),
        }

    def told(self) -> str:
        """Return in words how receipts ended, and the sums over all histories."""
        sums = ", ".join(f"{count} {name}" for name, count in self._sums.items())
        states = ", ".join(f"{count} {state}" for state, count in self._states.most_common())
        return f"in all {sums}; receipts: {states}"

    def _seconds(self) -> float:
        return time.monotonic() - self._started


def shortfalls(line: dict[str, int | float]) -> list[str]:
    """Return which shares of histories a run has missed."""
    return [
        f"{name} in {line[name]} of {line['histories']} histories, promised are {share:.0%}"
        for name, share in SHARES.items()
        if line[name] < share * line["histories"]
    ]


async def live_all(
    plans: Iterator[tuple[int, Plan]], lane: Lane, tally: Tally, *, retries_unknown: bool = False
) -> None:
    """Live plans in ``lane`` as long as there are any; several lanes may share them."""
    for number, plan in plans:
        history = History(lane, plan, number=number, retries_unknown=retries_unknown)
        try:
            await history.live()
            tally.add(number, plan, await judge(history, lane.store))
        except Exception as error:
            error.add_note(f"in history {number}: {plan}")
            error.add_note(tally.repeat(number))
            raise
    tally.callbacks += await lane.pool.fetchval(CALLBACKS)


async def run_lane(plans: Iterator[tuple[int, Plan]], url: str, folder: Path, tally: Tally) -> None:
    """Open a lane and live plans in it."""
    async with a_lane(url, folder) as lane:
        await live_all(plans, lane, tally)


async def _run(
    plans: Iterator[tuple[int, Plan]], server: EmbeddedPostgres, home: Path, lanes: int, seed: int
) -> Tally:
    tally = Tally(seed=seed)
    async with asyncio.TaskGroup() as group:
        for number in range(lanes):
            url, folder = server.ensure_database(f"lane{number}"), home / f"lane{number}"
            migrate(url)
            folder.mkdir()
            group.create_task(run_lane(plans, url, folder, tally))
    return tally


def say(text: str) -> None:
    """Tell the person who waits."""
    print(text, file=sys.stderr, flush=True)


def _parsed(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.money", description=__doc__)
    parser.add_argument("--histories", type=int, default=HISTORIES)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lanes", type=int, default=LANES, help="shops side by side")
    parser.add_argument("--only", type=int, help="live this one history of the seed")
    asked = parser.parse_args(arguments)
    if asked.histories < 1:
        parser.error("--histories must be at least 1")
    return asked


def main(arguments: Sequence[str]) -> int:
    """Do what ``arguments`` say; return the exit status."""
    asked = _parsed(arguments)
    configure_logging(level="ERROR", for_people=True)
    numbered = enumerate(plans_of(asked.seed))
    only = asked.only
    plans = islice(numbered, asked.histories) if only is None else islice(numbered, only, only + 1)
    lanes = asked.lanes if only is None else 1
    with tempfile.TemporaryDirectory(prefix="cashbot-money-") as home:
        server = EmbeddedPostgres(
            home=Path(home) / "postgres", binaries=wheel_binaries(), durable=False
        )
        try:
            with server:
                tally = asyncio.run(_run(plans, server, Path(home), lanes, asked.seed))
        finally:
            server.remove()
    line = tally.line()
    say(tally.told())
    missed = shortfalls(line) if only is None else []
    for share in missed:
        say(f"this run proves too little: {share}")
    print(json.dumps(line, separators=(",", ":")), flush=True)
    return 1 if tally.wrong or missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
