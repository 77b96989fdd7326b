"""Whoever calls back a hundred times at once hears ok each time, and soon."""

import asyncio

from tests.web.calling_back import CONFIRMED, CREATED, TRIED, Portmone

#: How long Portmone may wait for an answer.
ANSWER_SECONDS = 1.0
#: ... or, where the machine is busy, so many times what it needs there and then for a hundred
#: requests that touch nothing. A hundred that wait for each other take a hundred times as long.
BUSY_FACTOR_MAX = 20
#: The quickest of so many rounds counts: noise is not in each of them, a slow server is.
ROUNDS = 3


async def test_a_hundred_copies_at_once_are_one_fact_and_one_end(portmone: Portmone) -> None:
    """Each hears ok, and none waits longer for it than Portmone would."""
    payout = await portmone.owes(TRIED, CREATED)
    rounds = [await a_hundred_at_once(portmone, mark=f"round {n}") for n in range(ROUNDS)]
    assert {status for statuses, _, _ in rounds for status in statuses} == {200}
    assert any(
        seconds < max(ANSWER_SECONDS, BUSY_FACTOR_MAX * idle) for _, seconds, idle in rounds
    ), rounds
    await asyncio.gather(*(portmone.applied() for _ in range(3)))
    recorded = "SELECT count(*) FROM events WHERE type = 'CallbackReceived'"
    assert await portmone.site.pool.fetchval(recorded) == ROUNDS
    assert await portmone.end(payout) == [CONFIRMED]


async def a_hundred_at_once(portmone: Portmone, mark: str) -> tuple[set[int], float, float]:
    """Return the statuses, how long the slowest answer took, and that of a request of nothing."""
    answers = await asyncio.gather(*(portmone.calls(mark=mark) for _ in range(100)))
    idle = await asyncio.gather(*(portmone.asks_for_nothing() for _ in range(100)))
    statuses = {status for status, _ in answers}
    return statuses, max(seconds for _, seconds in answers), max(idle)
