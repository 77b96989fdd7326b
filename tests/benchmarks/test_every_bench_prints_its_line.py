"""The benches measure what they say and print it in the form they promise."""

import msgspec
import pytest

from eventstore.embedded import EmbeddedPostgres
from tests.benchmarks.__main__ import BENCHES, PRINTED_BY, Scale, benches_of, main, run
from tests.benchmarks.figures import compared, line_from

FIELDS = ["bench", "ours", "peer", "theirs", "ratio", "rounds", "min", "max"]
PROMISED = {
    ("append_1", "bare insert"),
    ("append_8", "eventsourcing"),
    ("append_32", "notify in transaction"),
    ("batch_100", "bare insert"),
    ("latency_idle", "bare insert"),
    ("latency_1000", "bare insert"),
    ("latency_notify_lost", None),
    ("append_1_old_snapshot", "bare insert"),
    ("read", "eventsourcing"),
    ("replay", "eventsourcing"),
    ("verify", None),
    ("seal_lag", None),
    ("memory_replaying_mib", None),
    ("memory_verifying_mib", None),
    ("payout_asked", None),
    ("telegram", "a command, idle"),
    ("telegram_burst", "a command, idle"),
}
TINY = Scale(
    rounds=1,
    round_seconds=0.02,
    snapshot_seconds=0.01,
    samples=5,
    paced_samples=20,
    deaf_samples=1,
    receipts=3,
    shoppers=3,
    minute_seconds=0.2,
    burst_seconds=0.1,
    replay_events=100,
    peer_events=10,
    memory_events=200,
)


def test_every_bench_prints_lines_of_the_promised_form(
    server: EmbeddedPostgres,
) -> None:
    """Each comparison is one JSON line with the promised keys and figures above zero."""
    texts = [line.as_json() for line in run(server, TINY, list(BENCHES))]

    for text in texts:
        fields = msgspec.json.decode(text)
        assert list(fields)[: len(FIELDS)] == FIELDS
        assert all(figure > 0 for figure in fields.values() if isinstance(figure, float | int))
    lines = [line_from(text) for text in texts]
    assert {(line.bench, line.peer) for line in lines} >= PROMISED
    assert {line.bench for line in lines} <= {*BENCHES, *PRINTED_BY}


def test_a_line_of_the_table_can_be_asked_for() -> None:
    """By its own name, and what is measured together is measured once."""
    assert benches_of(["verify", "latency_idle", "read", "append_8"]) == [
        "append_8",
        "latency",
        "replay",
    ]


def test_a_ratio_is_better_when_it_is_more() -> None:
    """Twice the rate is 2, and half the time is 2 as well; the median counts."""
    rates = compared("b", [1.0, 200.0, 300.0], peer="p", theirs=[100.0])
    times = compared("b", [5.0], peer="p", theirs=[10.0], less_is_better=True)
    assert (rates.ours, rates.ratio, rates.min, rates.max) == (200.0, 2.0, 1.0, 300.0)
    assert times.ratio == 2.0


def test_lines_become_a_table(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What one run printed, another turns into the table of the documentation."""
    import io

    line = compared("append_1", [2.0], peer="bare insert", theirs=[4.0], extra={"p99": 7.0})
    monkeypatch.setattr("sys.stdin", io.StringIO(line.as_json() + "\n"))
    main(["--table"])
    assert capsys.readouterr().out.splitlines()[2:] == [
        "| append_1 | 2 | 2–2 | bare insert | 4 | 0.5 | 1 | p99 7 |"
    ]
