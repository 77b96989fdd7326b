"""The console over HTTP: who gets in, by what, once, and what no line of the log may hold."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from starlette.applications import Starlette
from structlog.testing import capture_logs

from eventstore.catalogue import (
    CallbackUnmatched,
    PayoutContradicted,
    PayoutsHeld,
    PayoutsReleased,
    StaffInvited,
)
from eventstore.identity import PAYOUTS_SWITCH, BillId, ShopperId, StreamName
from handlers.commands import ENTRANCE, Commands
from tests.projections.staff import refer, tell
from tests.web.conftest import OpenSite, Site, serving
from tests.web.stories import tell_paid
from web.app import build
from web.surroundings import Settings

OLENA = ShopperId("0123456789abcdef")
ENGLISH = {"Accept-Language": "en"}
SHOWN = "Payouts go"


@pytest.fixture
async def desk(open_site: OpenSite) -> Site:
    """A site as in prod: no page for shoppers, one member of staff."""
    return await open_site(staff=frozenset({OLENA}))


async def invitation(site: Site, *, staff: ShopperId = OLENA, commands: Any = None) -> str:
    """Let ``staff`` ask for a link and return its secret."""
    asking = commands or commands_of(site)
    await asking.invite_staff(staff, wish=datetime.now(UTC).isoformat())
    rows = await site.pool.fetch("SELECT event_id FROM events WHERE type = 'StaffInvited'")
    told = await site.store.read_events([row["event_id"] for row in rows])
    invited = told[-1].event
    assert isinstance(invited, StaffInvited)
    return (await site.vault.open(staff, "invitation", invited.token_sealed)).decode()


def commands_of(site: Site, *, late: timedelta = timedelta()) -> Commands:
    """Return the commands of ``site`` as its bot has them, with a clock that is ``late``."""
    return Commands(
        store=site.store,
        attachments=site.attachments,
        vault=site.vault,
        clock=lambda: datetime.now(UTC) - late,
    )


async def entered(site: Site, browser: aiohttp.ClientSession, token: str, **headers: str) -> int:
    """Press the button on the page of a link; return the status."""
    url = f"{site.url}{ENTRANCE}{token}"
    async with browser.post(url, headers={**ENGLISH, **headers}, allow_redirects=False) as answer:
        assert answer.headers["Cache-Control"] == "no-store"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        return answer.status


async def console(url: str, browser: aiohttp.ClientSession) -> tuple[int, str]:
    """Open the console; return status and page."""
    async with browser.get(f"{url}/console", headers=ENGLISH) as answer:
        assert answer.headers["Cache-Control"] == "no-store"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        return answer.status, await answer.text()


async def test_a_stranger_is_told_how_staff_get_in(
    desk: Site, browser: aiohttp.ClientSession
) -> None:
    """Nothing of the console is shown, whatever cookie they made up."""
    for cookies in ({}, {"console": "made-up"}):
        browser.cookie_jar.update_cookies(cookies)
        status, html = await console(desk.url, browser)
        assert status == 401
        assert "Send /console to the bot" in html
        assert SHOWN not in html


async def test_a_link_signs_in_once(desk: Site, browser: aiohttp.ClientSession) -> None:
    """The button leads to the console; the second press of it is refused with what to do."""
    token = await invitation(desk)
    url = f"{desk.url}{ENTRANCE}{token}"
    async with browser.post(url, headers=ENGLISH, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/console")
        cookie = answer.cookies["console"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "lax", "/")
    assert cookie.value not in ("", token)
    assert (await console(desk.url, browser))[0] == 200
    async with browser.post(url, headers=ENGLISH) as answer:
        assert answer.status == 410
        html = await answer.text()
    assert "Somebody signed in with this link before" in html
    assert token not in html


async def test_of_two_browsers_at_once_one_is_signed_in(desk: Site) -> None:
    """A link that leaked does not let both in."""
    token = await invitation(desk)
    async with aiohttp.ClientSession() as one, aiohttp.ClientSession() as other:
        statuses = await asyncio.gather(*(entered(desk, each, token) for each in (one, other)))
    assert sorted(statuses) == [303, 410]
    signed_in = "SELECT count(*) FROM events WHERE type = 'StaffSignedIn'"
    assert await desk.pool.fetchval(signed_in) == 1


async def test_opening_a_link_uses_nothing_up(desk: Site, browser: aiohttp.ClientSession) -> None:
    """A preview of it may look as often as it likes, and learns nothing."""
    token = await invitation(desk)
    before = await desk.pool.fetchval("SELECT count(*) FROM events")
    pages = []
    for each in (token, token, "made-up"):
        for ask in (browser.get, browser.head):
            async with ask(f"{desk.url}{ENTRANCE}{each}", headers=ENGLISH) as answer:
                assert answer.status == 200
                assert "Set-Cookie" not in answer.headers
                pages.append((await answer.text()).replace(each, ""))
    assert len(set(pages[::2])) == 1
    assert "Sign in" in pages[0]
    assert await desk.pool.fetchval("SELECT count(*) FROM events") == before
    assert await entered(desk, browser, token) == 303


async def test_a_link_that_is_too_old_or_made_up_opens_nothing(
    desk: Site, browser: aiohttp.ClientSession
) -> None:
    """Ten minutes, and then one asks the bot again."""
    token = await invitation(desk, commands=commands_of(desk, late=timedelta(minutes=10)))
    assert await entered(desk, browser, token) == 410
    assert await entered(desk, browser, "made-up") == 404
    assert (await console(desk.url, browser))[0] == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 303),
        ({"Sec-Fetch-Site": "none"}, 303),
    ],
)
async def test_another_sites_page_cannot_press_the_button(
    desk: Site, browser: aiohttp.ClientSession, headers: dict[str, str], status: int
) -> None:
    """Neither sign in nor out; our own page, which hides its address, can."""
    token = await invitation(desk)
    assert await entered(desk, browser, token, **headers) == status
    url = f"{desk.url}/console/leave"
    async with browser.post(url, headers=headers, allow_redirects=False) as answer:
        assert answer.status == status


async def test_who_is_no_longer_staff_is_out_at_once(
    desk: Site, browser: aiohttp.ClientSession
) -> None:
    """A session ends with the list it was on, and no link signs such a person in."""
    assert await entered(desk, browser, await invitation(desk)) == 303
    late = await invitation(desk)
    async with serving(without_staff(desk)) as (url, _):
        assert (await console(url, browser))[0] == 401
        async with browser.post(f"{url}{ENTRANCE}{late}", headers=ENGLISH) as answer:
            assert answer.status == 401
            assert "Set-Cookie" not in answer.headers


def without_staff(site: Site) -> Starlette:
    """Return the same site after everybody was taken off the list."""
    return build(
        settings=Settings(environment="test"),
        commands=commands_of(site),
        reads=site.pool,
        vault=site.vault,
        attachments=site.attachments,
        listener=site.listener,
    )


async def test_signing_out_ends_the_session(desk: Site, browser: aiohttp.ClientSession) -> None:
    """The cookie opens nothing any more, even where it was copied before."""
    assert await entered(desk, browser, await invitation(desk)) == 303
    copied = {cookie.key: cookie.value for cookie in browser.cookie_jar}
    async with browser.post(f"{desk.url}/console/leave", headers=ENGLISH) as answer:
        assert answer.status == 401
    assert not [cookie for cookie in browser.cookie_jar if cookie.key == "console"]
    browser.cookie_jar.update_cookies(copied)
    assert (await console(desk.url, browser))[0] == 401


async def test_on_another_host_the_cookie_is_for_tls_alone(
    desk: Site, browser: aiohttp.ClientSession
) -> None:
    """Whatever the router before us speaks to us; the name keeps other hosts from setting it."""
    token, url = await invitation(desk), f"{desk.url}{ENTRANCE}"
    headers = {"Host": "cashbot.example", "Origin": "https://cashbot.example"}
    async with browser.post(url + token, headers=headers, allow_redirects=False) as answer:
        assert answer.status == 303
        cookie = answer.cookies["__Host-console"]
    assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")
    headers["Cookie"] = f"__Host-console={cookie.value}"
    async with browser.get(f"{desk.url}/console", headers=headers) as answer:
        assert answer.status == 200


async def test_no_secret_is_in_a_line_or_a_fact(desk: Site, browser: aiohttp.ClientSession) -> None:
    """Neither the link's nor the browser's, whatever happens on the way."""
    token = await invitation(desk)
    with capture_logs() as lines:
        async with browser.get(f"{desk.url}{ENTRANCE}{token}"):
            pass
        assert await entered(desk, browser, token) == 303
        assert await entered(desk, browser, token) == 410
        assert (await console(desk.url, browser))[0] == 200
    (cookie,) = [each.value for each in browser.cookie_jar if each.key == "console"]
    log = str(await desk.pool.fetch("SELECT events::text FROM events"))
    paths = [line["path"] for line in lines if line["event"] == "http.answered"]
    assert paths[0] == "/console/enter/…"
    for secret in (token, cookie):
        assert secret not in str(lines)
        assert secret not in log


async def test_the_desk_says_how_things_stand(desk: Site, browser: aiohttp.ClientSession) -> None:
    """Receipts by state today and in all, who waits, what is unsure, what alarms there were."""
    await tell_paid(desk.store, "r1", bill="700")
    await refer(desk.store, "r2")
    contradicted = PayoutContradicted(bill=BillId("b-701"), about="amount")
    await tell(desk.store, StreamName("payout-p9"), contradicted)
    await tell(desk.store, StreamName("callback-c9"), CallbackUnmatched(bill=BillId("b-702")))
    await desk.shown()
    assert await entered(desk, browser, await invitation(desk)) == 303
    status, html = await console(desk.url, browser)
    assert status == 200
    assert SHOWN in html
    assert html.count('<td class="number">1</td><td class="number">1</td>') == 2
    assert html.index("b-702") < html.index("b-701") < html.index("another amount")
    assert "There were no alerts" not in html


async def test_what_holds_money_is_first(desk: Site, browser: aiohttp.ClientSession) -> None:
    """Every standing hold with its cause, its reason and its time; released ones are history."""
    held = PayoutsHeld(cause="paused", checkpoint_size=None, reason="a <strange> bill")
    old = PayoutsHeld(cause="restored", checkpoint_size=None)
    released = PayoutsReleased(reason="compared", evidence_sha256=None)
    await tell(desk.store, StreamName(PAYOUTS_SWITCH), old, released, held)
    assert await entered(desk, browser, await invitation(desk)) == 303
    _, html = await console(desk.url, browser)
    assert SHOWN not in html
    first = html[html.index('class="verdict wait"') : html.index('class="tiles"')]
    assert "A person paused them" in first
    assert "a &lt;strange&gt; bill" in first
    assert "restored" not in first


async def test_a_hold_that_ended_alarms_nobody(desk: Site, browser: aiohttp.ClientSession) -> None:
    """What was released is history; what holds since then is an alert."""
    held = PayoutsHeld(cause="paused", checkpoint_size=None, reason="a look")
    released = PayoutsReleased(reason="looked", evidence_sha256=None)
    await tell(desk.store, StreamName(PAYOUTS_SWITCH), held, released)
    assert await entered(desk, browser, await invitation(desk)) == 303
    assert "There were no alerts" in (await console(desk.url, browser))[1]
    await tell(desk.store, StreamName(PAYOUTS_SWITCH), held)
    _, html = await console(desk.url, browser)
    assert html.count("Payouts are held:") == 1
