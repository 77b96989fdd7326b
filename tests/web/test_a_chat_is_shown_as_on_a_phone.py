"""The visitor's own chat on the page of the demo: what was said, what they did, live."""

import re

import aiohttp
import msgspec

from bot.words.notice import Button, Notice, rendered
from bot.words.texts import load_texts
from eventstore.catalogue import ConsentGiven, LanguageChosen, ShopperAsked, ShopperStarted
from eventstore.identity import ReceiptId, Sha256, ShopperId, chat_stream, notices_stream
from tests.projections.staff import tell
from tests.web.chatting import Outcome, notified, sealed_notice
from tests.web.conftest import Site
from tests.web.stories import keep_reading, tell_reading, tell_rejection, tell_upload
from tests.web.test_a_photo_is_sent_from_a_browser import first_visit
from tests.web.test_a_receipt_is_watched_live import following
from tests.web.test_pages_tell_a_receipt import page

CONSENT = ConsentGiven(text_version="1", text_sha256=Sha256("00"), locale="uk")


async def visitor(site: Site, browser: aiohttp.ClientSession) -> ShopperId:
    """Open the page once and return who the browser is."""
    await first_visit(site, browser)
    (name,) = [cookie.value for cookie in browser.cookie_jar if cookie.key == "browser"]
    return await site.vault.shopper_id(f"web:{name}")


async def screen(site: Site, browser: aiohttp.ClientSession) -> str:
    """Return the phone's part of the page."""
    await site.shown()
    html = await page(site, browser, "/intake", "en")
    return html[html.index('class="phone"') : html.index('class="listed"')]


async def test_before_anything_was_said_the_screen_says_so(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """A first visitor sees an empty chat, announced as a log."""
    html = await screen(site, browser)
    assert "Nothing was said yet" in html
    assert 'role="log"' in html


async def test_bubbles_stand_in_order_on_their_sides(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """Left what was said, right what the shopper did, a photo with its picture and its page."""
    me = await visitor(site, browser)
    await tell(site.store, chat_stream(me), ShopperAsked(about="help", message=3))
    said = await sealed_notice(site.vault, me, "Send <b>a photo</b> &lt;3")
    await tell(site.store, chat_stream(me), notified(said, shopper=me, message=4))
    await tell_upload(site.store, "r1", me)
    reading = await keep_reading(site.attachments, site.vault, me)
    await tell_reading(site.store, "r1", reading)
    html = await screen(site, browser)
    assert re.findall(r'class="line (bot|shopper)"', html) == ["shopper", "bot", "shopper"]
    assert (
        html.index("/help") < html.index("Send <b>a photo</b> &lt;3") < html.index("/receipts/r1")
    )
    assert 'href="/intake/receipts/r1"' in html
    assert 'src="/media/receipts/r1"' in html


async def test_an_edit_shows_what_it_says_now(site: Site, browser: aiohttp.ClientSession) -> None:
    """Marked as edited; what it said before is gone from the screen."""
    me = await visitor(site, browser)
    told: dict[Outcome, str] = {"sent": "Reading…", "edited": "Paid", "blocked": "Hello"}
    for outcome, text in told.items():
        said = await sealed_notice(site.vault, me, text)
        fact = notified(said, shopper=me, message=4, outcome=outcome)
        await tell(site.store, chat_stream(me), fact)
    html = await screen(site, browser)
    assert "Reading…" not in html
    assert html.count("edited <time") == 1
    assert "not delivered: the bot is blocked" in html


async def test_buttons_say_what_they_are(site: Site, browser: aiohttp.ClientSession) -> None:
    """What our page can do it does; a web address is a link; the rest works in Telegram."""
    me = await visitor(site, browser)
    buttons = [
        [{"label": "Again", "action": "again"}, {"label": "Number", "action": "phone"}],
        [{"label": "Rules", "url": "https://example.org/rules"}],
        [{"label": "Why", "action": "why:r-1"}, {"label": "Odd", "action": "why:../x"}],
        [{"label": "Bad", "url": "javascript:x"}, {"label": "Mine", "action": "support"}],
    ]
    said = await sealed_notice(site.vault, me, "x", buttons=buttons, keyboard="Share <it>")
    await tell(site.store, chat_stream(me), notified(said, shopper=me))
    html = await screen(site, browser)
    assert '<a class="key" href="/intake#photo">Again</a>' in html
    assert '<a class="key" href="/intake#phone">Number</a>' in html
    assert '<a class="key" href="https://example.org/rules"' in html
    assert '<a class="key" href="/intake/receipts/r-1">Why</a>' in html
    assert "javascript:" not in html
    assert re.search(r'<span class="key idle"[^>]*>Odd<', html)
    assert re.search(r'<span class="key idle"[^>]*>Mine<', html)
    assert "Share &lt;it&gt;" in html


async def test_what_the_bot_seals_is_what_the_screen_shows(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """Its words, its buttons and the one below the chat, of the bot's own rendering."""
    me = await visitor(site, browser)
    texts = load_texts()["en"]
    again = Button(label="button.again", action="again")
    said = Notice(key="phone.ask", buttons=((again,),), keyboard="share_phone")
    words = rendered(said, texts, sandbox=True)
    sealed = await site.vault.seal(me, "notice", msgspec.json.encode(words))
    await tell(site.store, chat_stream(me), notified(sealed, shopper=me))
    html = await screen(site, browser)
    assert "deleted for ever" not in html
    assert f'href="/intake#photo">{words.buttons[0][0].label}</a>' in html
    assert f">{words.keyboard_label}</span>" in html


async def test_nobody_sees_anothers_chat(site: Site, browser: aiohttp.ClientSession) -> None:
    """Not even in the demo, where everybody's receipts are shown."""
    await first_visit(site, browser)
    said = await sealed_notice(site.vault, "other", "Between us")
    await tell(site.store, chat_stream(ShopperId("other")), notified(said, shopper="other"))
    assert "Between us" not in await screen(site, browser)


async def test_what_opens_no_more_leaves_the_page_whole(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """A destroyed key, a changed text, a shape of a newer release."""
    me = await visitor(site, browser)
    odd = await site.vault.seal(me, "notice", b'{"text": 5}')
    elsewhere = await site.vault.seal(me, "phone", b"{}")
    gone = await site.vault.seal("other", "notice", b"{}")
    facts = [notified(sealed, shopper=me) for sealed in (odd, elsewhere, gone)]
    await tell(site.store, chat_stream(me), *facts)
    assert (await screen(site, browser)).count("deleted for ever") == 3


async def test_news_of_ones_own_chat_come_live(site: Site, browser: aiohttp.ClientSession) -> None:
    """Without any receipt moving; the page is asked for what is new."""
    me = await visitor(site, browser)
    async with following(site, browser, "") as stream:
        assert (await stream.next())[0] == "news"
        started = ShopperStarted(chat_sealed="x", locale="uk")
        shoppers = [LanguageChosen(locale="en"), started]
        for fact in shoppers:
            await tell(site.store, chat_stream(me), fact)
            assert (await stream.next())[0] == "news"


async def test_the_page_of_a_receipt_says_what_was_told_about_it(
    site: Site, browser: aiohttp.ClientSession
) -> None:
    """In the words the shopper got; of other receipts nothing."""
    await tell_rejection(site.store, "r1", "too_old")
    for receipt, text in (("r1", "Too <i>old</i>, sorry"), ("r2", "Of another")):
        said = await sealed_notice(site.vault, "somebody", text)
        fact = notified(said, receipt=receipt, message=5)
        await tell(site.store, notices_stream(ReceiptId(receipt)), fact)
    await site.shown()
    html = await page(site, browser, "/intake/receipts/r1", "en")
    assert "Too <i>old</i>, sorry" in html
    assert "Of another" not in html
