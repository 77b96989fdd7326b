"""The sandbox says what it is, keeps its book, and calls back until it is heard."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from defusedxml.ElementTree import fromstring
from structlog.testing import capture_logs

from handlers.gateways.sandbox import Sandbox
from handlers.gateways.sandbox_desk import NOTICE
from handlers.gateways.sandbox_script import Behaviour
from handlers.ports import Billed
from tests.handlers.gateways.banks import (
    ONE_HRYVNIA,
    PAYOUT,
    PHONE,
    TOKEN,
    a_gateway,
    a_sandbox,
)


class Shop:
    """Hears callbacks; turns the first ``deaf`` of them away."""

    def __init__(self, deaf: int = 0) -> None:
        self.url = ""
        self.deaf = deaf
        self.heard: list[bytes] = []
        self.tokens: list[str | None] = []

    async def hear(self, request: web.Request) -> web.Response:
        """Answer one callback."""
        self.tokens.append(request.headers.get("X-Portmone-Token"))
        if self.deaf > 0:
            self.deaf -= 1
            return web.Response(status=503)
        self.heard.append(await request.read())
        return web.Response()

    def told(self) -> list[str | None]:
        """Return the statuses heard, in order."""
        return [fromstring(body).get("status") for body in self.heard]


@asynccontextmanager
async def a_shop(deaf: int = 0) -> AsyncIterator[Shop]:
    """Serve a shop on a free port."""
    shop = Shop(deaf)
    application = web.Application()
    application.router.add_post("/portmone/webhook", shop.hear)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    shop.url = f"http://127.0.0.1:{runner.addresses[0][1]}/portmone/webhook"
    try:
        yield shop
    finally:
        await runner.cleanup()


async def top_up(bank: Sandbox) -> None:
    """Ask for one hryvnia in two steps, whatever is answered to the second."""
    gateway = a_gateway(bank.url)
    created = await gateway.create_bill(
        payout=PAYOUT, phone=PHONE, amount=ONE_HRYVNIA, payee_id=None
    )
    assert isinstance(created, Billed)
    await gateway.pay_bill(payout=PAYOUT, bill=created.bill)


async def test_it_says_what_it_is(tmp_path: Path) -> None:
    """In the log when it starts, and in each answer: nobody takes it for the real one."""
    with capture_logs() as lines:
        async with a_sandbox(tmp_path) as bank, aiohttp.ClientSession() as session:
            async with session.post(bank.url) as refusal:
                assert refusal.headers["X-Sandbox"] == NOTICE
                assert 'status="fail"' in await refusal.text()
            async with session.get(bank.url.replace("/api/directcash/", "/")) as page:
                assert NOTICE in await page.text()
    assert [line["notice"] for line in lines if line["event"] == "sandbox.started"] == [NOTICE]


@pytest.mark.parametrize("host", ["192.0.2.1", "::"])
def test_it_serves_this_machine_only(tmp_path: Path, host: str) -> None:
    """An address that others could reach is refused before anything is opened."""
    with pytest.raises(ValueError, match="loopback"):
        Sandbox(book=tmp_path / "book", callback_url=None, token=TOKEN, host=host)
    assert list(tmp_path.iterdir()) == []


async def test_its_book_outlives_it(tmp_path: Path) -> None:
    """What was booked yesterday is still booked after a restart."""
    async with a_sandbox(tmp_path) as bank:
        await top_up(bank)
        booked = bank.bookings()
    async with a_sandbox(tmp_path) as bank:
        assert bank.bookings() == booked
        assert len(booked) == 1


async def test_it_forgives_nothing(tmp_path: Path) -> None:
    """Asked to pay a bill twice it pays twice, so that a mistake of ours shows in its book."""
    async with a_sandbox(tmp_path) as bank:
        await top_up(bank)
        bill = bank.bills()[0].bill
        await a_gateway(bank.url).pay_bill(payout=PAYOUT, bill=bill)
        assert [booking.bill for booking in bank.bookings()] == [bill, bill]


async def test_a_paid_bill_is_called_back_with_all_we_need_to_check_it(tmp_path: Path) -> None:
    """Bill, phone, amount and our own comment come back, under the token."""
    async with a_shop() as shop, a_sandbox(tmp_path, callback_url=shop.url) as bank:
        await top_up(bank)
        await bank.callbacks_settled()

        assert shop.tokens == [TOKEN]
        told = fromstring(shop.heard[0])
        assert told.get("status") == "ok"
        fields = ["billId", "contractNumber", "amount", "currency", "comment"]
        assert [told.findtext(f"bill/{field}") for field in fields] == [
            bank.bills()[0].bill,
            PHONE,
            "1.00",
            "UAH",
            PAYOUT,
        ]


@pytest.mark.parametrize(
    ("behaviour", "told", "booked"),
    [
        (Behaviour(callback="twice"), ["ok", "ok"], 1),
        (Behaviour(callback="early"), ["ok"], 1),
        (Behaviour(callback="lost"), [], 1),
        (Behaviour(callback="fail"), ["fail"], 0),
        (Behaviour(callback="ok_then_fail"), ["ok", "fail"], 1),
        (Behaviour(answer="drop"), ["ok"], 1),
        (Behaviour(answer="drop", books=False), [], 0),
        (Behaviour(answer="fail"), [], 0),
    ],
)
async def test_a_script_decides_what_the_shop_is_told(
    tmp_path: Path, behaviour: Behaviour, told: list[str], booked: int
) -> None:
    """Doubled, lost, contradicting: and the book keeps what really happened."""
    async with a_shop() as shop, a_sandbox(tmp_path, callback_url=shop.url) as bank:
        bank.script(behaviour, phone=PHONE, step="pay")
        await top_up(bank)
        await bank.callbacks_settled()
        assert (shop.told(), len(bank.bookings())) == (told, booked)


async def test_an_early_callback_is_heard_before_the_answer(tmp_path: Path) -> None:
    """When the gateway returns, the shop has been told already."""
    async with a_shop() as shop, a_sandbox(tmp_path, callback_url=shop.url) as bank:
        bank.script(Behaviour(callback="early"), step="pay")
        await top_up(bank)
        assert shop.told() == ["ok"]


async def test_a_deaf_shop_is_called_again(tmp_path: Path) -> None:
    """Only a 2xx settles a callback."""
    async with a_shop(deaf=2) as shop, a_sandbox(tmp_path, callback_url=shop.url) as bank:
        await top_up(bank)
        await bank.callbacks_settled()
        assert (len(shop.tokens), shop.told()) == (3, ["ok"])


async def test_a_callback_that_nobody_heard_is_delivered_after_a_restart(tmp_path: Path) -> None:
    """A promise lies in the book until it is kept, and is kept once."""
    async with a_shop(deaf=4) as shop:
        async with a_sandbox(tmp_path, callback_url=shop.url) as bank:
            await top_up(bank)
            await bank.callbacks_settled()
            assert shop.told() == []
        for _ in range(2):
            async with a_sandbox(tmp_path, callback_url=shop.url) as bank:
                await bank.callbacks_settled()
        assert shop.told() == ["ok"]


async def test_a_clerk_can_pay_a_bill_that_was_only_created(tmp_path: Path) -> None:
    """A bill that rests is paid at the bank's desk, and the shop hears of it."""
    async with a_shop() as shop, a_sandbox(tmp_path, callback_url=shop.url) as bank:
        await a_gateway(bank.url).create_bill(
            payout=PAYOUT, phone=PHONE, amount=ONE_HRYVNIA, payee_id=None
        )
        bank.pay_by_hand(bank.bills()[0].bill)
        await bank.callbacks_settled()
        assert (shop.told(), len(bank.bookings())) == (["ok"], 1)
