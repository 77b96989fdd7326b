"""Whoever knocks without a token, or with rubbish, costs a count and no line of its own."""

import asyncio
from typing import Any

import aiohttp
from structlog.testing import capture_logs

from tests.story import a_store
from tests.web.conftest import TOKEN, Site
from tests.web.test_callbacks_become_facts import BOMB, CALLBACK, post
from tests.web.test_health_and_numbers import numbers
from web.refusals import PERIOD_SECONDS, Refusals
from web.webhooks import CALLBACK_BYTES_MAX

KNOCKS: list[tuple[bytes, str, str]] = [
    (CALLBACK, "a-guess", "wrong_token"),
    (BOMB, TOKEN, "dtd_forbidden"),
    (b"<rsp", TOKEN, "not_xml"),
    (b"x" * (CALLBACK_BYTES_MAX + 1), TOKEN, "too_large"),
]


def summaries(lines: list[Any]) -> list[Any]:
    """Return the lines that sum refusals up."""
    return [line for line in lines if line["event"] == "callbacks.refused"]


async def test_a_flood_of_refusals_is_counted_and_not_logged(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """Twenty of each kind: no line, nothing kept, and numbers to be alarmed by."""
    before = await site.store.head()
    with capture_logs() as lines:
        await asyncio.gather(
            *(post(site, browser, body, token) for body, token, _ in KNOCKS for _ in range(20))
        )
    assert [line for line in lines if line["event"].startswith("callback")] == []
    assert "a-guess" not in str(lines)
    assert "380670000001" not in str(lines)
    told = await numbers(site, browser)
    for _, _, why in KNOCKS:
        assert told["cashbot_callbacks_refused_total", why] == 20
    assert await site.store.head() == before
    assert await site.attachments.keys("callbacks") == []
    assert len(await a_store(site.pool).read_log(after=0, limit=10)) == before


async def test_what_was_refused_is_told_when_the_server_ends(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """Within the minute: one line with a count for each reason."""
    await post(site, browser, CALLBACK, "a-guess")
    await post(site, browser, b"<rsp", TOKEN)
    await post(site, browser, b"<rsp", TOKEN)
    with capture_logs() as lines:
        site.server.should_exit = True
        while not summaries(lines):
            await asyncio.sleep(0)
    (line,) = summaries(lines)
    assert (line["total"], line["reasons"]) == (3, {"not_xml": 2, "wrong_token": 1})


async def test_a_line_comes_after_its_time_and_not_again_for_the_same() -> None:
    """The first refusal starts the clock; a quiet time is told nothing of."""
    refusals = Refusals(period_seconds=0.01)
    with capture_logs() as lines:
        for _ in range(50):
            refusals.count("wrong_token")
        while not summaries(lines):
            await asyncio.sleep(0)
        refusals.tell()
        refusals.count("not_xml")
        while len(summaries(lines)) < 2:
            await asyncio.sleep(0)
    assert [line["reasons"] for line in summaries(lines)] == [{"wrong_token": 50}, {"not_xml": 1}]
    assert refusals.totals == {"wrong_token": 50, "not_xml": 1}


def test_the_time_is_a_minute() -> None:
    """As operators are told."""
    assert PERIOD_SECONDS == 60.0
