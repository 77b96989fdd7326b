"""What every answer carries, what every request leaves in the log, and how failures look."""

import re

import aiohttp
import pytest
from structlog.testing import capture_logs

from tests.web.conftest import Site
from web.pages import TEMPLATES


@pytest.mark.parametrize(
    "path",
    ["/intake", "/healthz", "/readyz", "/metrics", "/static/house.css", "/nothing", "/",
     "/intake/receipts/none"],
)  # fmt: skip
async def test_every_answer_carries_the_safety_headers(
    site: Site, browser: aiohttp.ClientSession, path: str
) -> None:
    """Pages, files, numbers and errors alike."""
    async with browser.get(site.url + path, allow_redirects=False) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_templates_need_no_exception_from_the_policy() -> None:
    """No inline style, script or handler, nothing from elsewhere."""
    for path in TEMPLATES.glob("*.html"):
        html = path.read_text("utf-8")
        assert not re.search(r"\sstyle=|\son\w+=|<style|<script(?! type=\"module\" src=\"/)", html)
        assert not re.search(r"(src|href)=\"(https?:)?//", html)


@pytest.mark.parametrize(
    ("given", "kept"), [("order-17", True), ("a b", False), ("x" * 65, False), ("", False)]
)
async def test_a_harmless_correlation_id_is_kept(
    site: Site, browser: aiohttp.ClientSession, given: str, *, kept: bool
) -> None:
    """Callers find their request in our log; essays and line breaks get an id of ours."""
    headers = {"X-Correlation-Id": given} if given else {}
    with capture_logs() as lines:
        async with browser.get(f"{site.url}/healthz", headers=headers) as answer:
            answered = answer.headers["X-Correlation-Id"]
    assert (answered == given) is kept
    assert len(answered) <= 64
    assert [line["path"] for line in lines if line["event"] == "http.answered"] == ["/healthz"]


async def test_a_request_is_one_line_without_query_or_cookie(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """Method, path, status and time are enough; the rest may be somebody's secret."""
    cookies = {"browser": "c" * 32}
    with capture_logs() as lines:
        async with browser.get(f"{site.url}/intake?lang=en&token=secret", cookies=cookies):
            pass
    (line,) = [line for line in lines if line["event"] == "http.answered"]
    assert (line["method"], line["path"], line["status"]) == ("GET", "/intake", 200)
    assert "secret" not in str(lines)
    assert "c" * 32 not in str(lines)


async def test_an_unknown_address_is_told_kindly(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """A page for people in their language, data for scripts."""
    headers = {"Accept-Language": "en"}
    async with browser.get(f"{site.url}/nothing", headers=headers) as answer:
        assert answer.status == 404
        assert "There is nothing here" in await answer.text()
    headers["Accept"] = "application/json"
    async with browser.get(f"{site.url}/nothing", headers=headers) as answer:
        assert (await answer.json())["error"] == "404"


async def test_the_wrong_method_is_told_so(site: Site, browser: aiohttp.ClientSession) -> None:
    """With the methods that would do."""
    async with browser.get(f"{site.url}/portmone/webhook") as answer:
        assert answer.status == 405
        assert answer.headers["Allow"] == "POST"


async def test_a_failure_of_ours_is_apologised_for_and_logged(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """The visitor sees no trace of the inside; the log does."""
    await site.pool.execute("ALTER TABLE receipts DROP COLUMN merchant")
    await site.pool.execute("ALTER TABLE receipts ADD COLUMN merchant bytea")
    await site.pool.execute(
        "INSERT INTO receipts (receipt, shopper, source, state, state_seq, photo_sha256, seq,"
        " uploaded_at, updated_at, merchant)"
        " VALUES ('r', 's', 'web', 'read', 1, '', 1, now(), now(), 'x')"
    )
    with capture_logs() as lines:
        async with browser.get(f"{site.url}/intake/receipts/r") as answer:
            assert answer.status == 500
            page = await answer.text()
    assert "У нас щось зламалося" in page
    assert "ValidationError" not in page
    assert [line["error"] for line in lines if line["event"] == "http.failed"]


async def test_while_the_database_is_away_visitors_are_asked_to_wait(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """503 with a time to come back, not a failure."""
    await site.pool.close()
    async with browser.get(f"{site.url}/intake") as answer:
        assert answer.status == 503
        assert answer.headers["Retry-After"]
        assert "Сховище зараз не відповідає" in await answer.text()
