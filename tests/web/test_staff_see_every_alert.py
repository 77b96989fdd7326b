"""The console and the chat tell staff of the same things."""

from typing import get_args

import aiohttp

from bot.words.telling_staff import Alert
from eventstore.catalogue import BookingOrphaned
from eventstore.identity import Kopecks, Sha256, StreamName
from tests.projections.staff import tell
from tests.web.conftest import OpenSite
from tests.web.test_staff_see_the_console import OLENA, console, entered, invitation
from web.console.standing import SQL


async def test_every_alert_of_the_chat_stands_on_the_desk(
    open_site: OpenSite, browser: aiohttp.ClientSession
) -> None:
    """What staff hear of in Telegram they find again here, by an index that knows all of it."""
    desk = await open_site(staff=frozenset({OLENA}))
    lost = BookingOrphaned(
        bill=None, comment=None, amount_kopecks=Kopecks(12_345), evidence_sha256=Sha256("5" * 64)
    )
    await tell(desk.store, StreamName("bookings-0123"), lost)
    assert await entered(desk, browser, await invitation(desk)) == 303
    _, html = await console(desk.url, browser)
    assert "Portmone paid what the log knows nothing of:" in html
    assert "123.45" in html
    assert "None" not in html
    index = await desk.pool.fetchval("SELECT indexdef FROM pg_indexes WHERE indexname = 'alerts'")
    for kind in get_args(Alert):
        assert f"'{kind.__name__}'" in SQL["alerts"]
        assert f"'{kind.__name__}'" in index
