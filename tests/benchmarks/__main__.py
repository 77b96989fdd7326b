"""``python -m tests.benchmarks``: one JSON line per comparison on stdout, talk on stderr."""

import argparse
import asyncio
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from eventstore.embedded import EmbeddedPostgres
from eventstore.embedded_place import wheel_binaries
from eventstore.migrate import migrate
from eventstore.process import configure_logging
from tests.benchmarks import appends, latency, payouts, replay, telegram
from tests.benchmarks.figures import Line, line_from, table
from tests.benchmarks.ground import say

#: Facts of ``--million``.
MILLION = 1_000_000


class Scale(msgspec.Struct, frozen=True, kw_only=True):
    """How much of everything is done."""

    rounds: int = 5
    #: of one contestant in one round
    round_seconds: float = 1.0
    #: how long somebody holds a snapshot in ``append_1_old_snapshot``
    snapshot_seconds: float = 60.0
    #: facts timed in a round of the latency benches, and with every NOTIFY lost
    samples: int = 300
    paced_samples: int = 3_000
    deaf_samples: int = 12
    #: receipts that are paid in the demo's processes
    receipts: int = 240
    #: who send a photo each, within so many seconds and once more within fewer
    shoppers: int = 500
    minute_seconds: float = 60.0
    burst_seconds: float = 5.0
    #: facts in the ledger that is read, replayed and verified, and in the peer's
    replay_events: int = 60_000
    peer_events: int = 2_000
    #: facts for the memory benches, 0 to leave them out
    memory_events: int = 0


#: Adds its lines to those that are there.
Bench = Callable[[str, Scale], Coroutine[Any, Any, list[Line]]]


def _appends(writers: int) -> Bench:
    async def bench(url: str, scale: Scale) -> list[Line]:
        return await appends.singles(
            url, writers=writers, seconds=scale.round_seconds, rounds=scale.rounds
        )

    return bench


async def _batches(url: str, scale: Scale) -> list[Line]:
    return await appends.batches(url, seconds=scale.round_seconds, rounds=scale.rounds)


async def _seal_lag(url: str, scale: Scale) -> list[Line]:
    return [await appends.seal_lag(url, seconds=5 * scale.round_seconds)]


async def _latency(url: str, scale: Scale) -> list[Line]:
    rounds = scale.rounds
    return [
        await latency.woken(url, paced=False, samples=scale.samples, rounds=rounds),
        await latency.woken(url, paced=True, samples=scale.paced_samples, rounds=rounds),
        await latency.deaf(url, samples=scale.deaf_samples),
    ]


async def _payouts(url: str, scale: Scale) -> list[Line]:
    return [await payouts.asked(url, receipts=scale.receipts)]


async def _telegram(url: str, scale: Scale) -> list[Line]:
    return [
        await telegram.acknowledged(
            url, bench="telegram", shoppers=scale.shoppers, seconds=scale.minute_seconds
        )
    ]


async def _telegram_burst(url: str, scale: Scale) -> list[Line]:
    return [
        await telegram.acknowledged(
            url, bench="telegram_burst", shoppers=scale.shoppers, seconds=scale.burst_seconds
        )
    ]


async def _old_snapshot(url: str, scale: Scale) -> list[Line]:
    return await appends.beside_an_old_snapshot(
        url, seconds=scale.snapshot_seconds, round_seconds=scale.round_seconds
    )


async def _replay(url: str, scale: Scale) -> list[Line]:
    return await replay.compare(
        url, events=scale.replay_events, peer_events=scale.peer_events, rounds=scale.rounds
    )


async def _memory(url: str, scale: Scale) -> list[Line]:
    return await replay.memory(url, events=scale.memory_events) if scale.memory_events else []


BENCHES: dict[str, Bench] = {
    "append_1": _appends(1),
    "append_8": _appends(8),
    "append_32": _appends(32),
    "batch_100": _batches,
    "seal_lag": _seal_lag,
    "latency": _latency,
    "replay": _replay,
    "append_1_old_snapshot": _old_snapshot,
    "memory": _memory,
    "payouts": _payouts,
    "telegram": _telegram,
    "telegram_burst": _telegram_burst,
}
#: Lines of the table that a bench of another name prints, beside lines of its own.
PRINTED_BY = {
    "latency_idle": "latency",
    f"latency_{latency.PACE}": "latency",
    "latency_notify_lost": "latency",
    "read": "replay",
    "verify": "replay",
    "memory_replaying_mib": "memory",
    "memory_verifying_mib": "memory",
    "payout_asked": "payouts",
}
#: What is read back or paid has a database of its own: the facts of the append benches are none
#: of a receipt's story.
DATABASES = {
    "replay": "stories",
    "memory": "stories",
    "payouts": "shop",
    "telegram": "chats",
    "telegram_burst": "chats_at_once",
}


def benches_of(names: Sequence[str]) -> list[str]:
    """Return the benches that print the lines ``names``, each once, in their usual order."""
    wanted = {PRINTED_BY.get(name, name) for name in names}
    return [name for name in BENCHES if name in wanted]


def run(server: EmbeddedPostgres, scale: Scale, names: Sequence[str]) -> Iterator[Line]:
    """Run the benches ``names``; yield their lines as they come."""
    for name in names:
        url = server.ensure_database(DATABASES.get(name, "bench"))
        migrate(url)
        started = time.monotonic()
        yield from asyncio.run(BENCHES[name](url, scale))
        say(f"{name}: {time.monotonic() - started:.0f} s")


def _parsed(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--table", action="store_true", help="print the lines on stdin as a table")
    parser.add_argument(
        "--only",
        nargs="+",
        choices=[*BENCHES, *PRINTED_BY],
        default=list(BENCHES),
        metavar="LINE",
        help=f"lines of the table, of {', '.join((*BENCHES, *PRINTED_BY))}",
    )
    parser.add_argument("--rounds", type=int, default=Scale().rounds)
    parser.add_argument("--round-seconds", type=float, default=Scale().round_seconds)
    parser.add_argument("--snapshot-seconds", type=float, default=Scale().snapshot_seconds)
    parser.add_argument(
        "--million", action="store_true", help="memory over a million facts, some minutes more"
    )
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> None:
    """Do what ``arguments`` say."""
    asked = _parsed(arguments)
    if asked.table:
        print(table(line_from(text) for text in sys.stdin if text.strip()))
        return
    configure_logging(level="ERROR", for_people=True)
    scale = Scale(
        rounds=asked.rounds,
        round_seconds=asked.round_seconds,
        snapshot_seconds=asked.snapshot_seconds,
        memory_events=MILLION if asked.million else 0,
    )
    say(f"Python {platform.python_version()}, {platform.platform()}; commits wait for the disk")
    with tempfile.TemporaryDirectory(prefix="cashbot-bench-") as home:
        server = EmbeddedPostgres(home=Path(home), binaries=wheel_binaries(), durable=True)
        try:
            with server:
                for line in run(server, scale, benches_of(asked.only)):
                    print(line.as_json(), flush=True)
        finally:
            server.remove()


if __name__ == "__main__":
    main(sys.argv[1:])
