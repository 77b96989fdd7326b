"""A moment of history is a seq, or a time; a time never reorders what was sealed."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from eventstore.moments import MomentUnusable, parse_moment, seq_at
from eventstore.pool import Pool
from eventstore.store import EventStore
from tests.story import a_fact, a_store, given


async def sealed_times(store: EventStore, minutes: Sequence[int]) -> list[datetime]:
    """Let the ledger say that its facts were sealed so many minutes after some hour."""
    hour = parse_moment("2026-11-01T10:00Z")
    assert isinstance(hour, datetime)
    times = [hour + timedelta(minutes=each) for each in minutes]
    await given(store, "a", *(a_fact(str(number)) for number in range(len(minutes))))
    async with store.pool.acquire() as connection, connection.transaction():
        await connection.execute("ALTER TABLE ledger DISABLE TRIGGER USER")
        for seq, time in enumerate(times, start=1):
            await connection.execute("UPDATE ledger SET sealed_at = $2 WHERE seq = $1", seq, time)
    return times


@pytest.mark.parametrize(
    ("minute", "seq"), [(-1, 0), (0, 1), (1, 1), (2, 3), (3, 3), (4, 3), (9, 6), (99, 6)]
)
async def test_a_time_is_the_longest_beginning_sealed_by_then(
    pool: Pool, minute: int, seq: int
) -> None:
    """Also when the database's clock was set back meanwhile: order is never by clock."""
    store = a_store(pool)
    times = await sealed_times(store, [0, 2, 2, 9, 4, 9])
    assert await seq_at(store, times[0] + timedelta(minutes=minute)) == seq


async def test_a_time_is_found_across_many_looks(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ledger is looked through piece by piece."""
    monkeypatch.setattr("eventstore.moments.LOOK_EVENTS", 2)
    store = a_store(pool)
    times = await sealed_times(store, [0, 1, 2, 3, 4])
    assert [await seq_at(store, time) for time in times] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("17", 17),
        ("2026-11-24T09:30", "2026-11-24T07:30:00+00:00"),
        ("2026-07-24 09:30", "2026-07-24T06:30:00+00:00"),
        ("2026-11-24T07:30:00Z", "2026-11-24T07:30:00+00:00"),
        ("2026-11-24", "2026-11-23T22:00:00+00:00"),
    ],
)
def test_a_moment_is_a_seq_or_a_time(text: str, moment: int | str) -> None:
    """Kyiv's when it names no zone."""
    parsed = parse_moment(text)
    assert (parsed if isinstance(parsed, int) else parsed.isoformat()) == moment


@pytest.mark.parametrize("text", ["", "yesterday", "-1", "1.5", "٣", "2026-13-01", "0001-01-01"])
def test_what_is_no_moment_is_said(text: str) -> None:
    """And how to write one."""
    with pytest.raises(MomentUnusable, match="2026-11-24T09:30"):
        parse_moment(text)


async def test_a_seq_that_is_not_there_yet_is_said(pool: Pool) -> None:
    """The future cannot be replayed."""
    store = a_store(pool)
    await given(store, "a", a_fact(), a_fact())
    head = await store.head()
    with pytest.raises(MomentUnusable, match=f"ends at seq {head}"):
        await seq_at(store, head + 1)
    assert await seq_at(store, head) == head
