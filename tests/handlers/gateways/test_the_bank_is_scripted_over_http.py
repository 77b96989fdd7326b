"""At its desk the sandbox tells the truth and takes orders; the real client meets the outcome."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest
from aiohttp import web
from defusedxml.ElementTree import fromstring

from eventstore.catalogue import PayoutStep
from eventstore.identity import BillId
from handlers.gateways.portmone import Outcome, PortmoneGateway
from handlers.gateways.sandbox_book import Book
from handlers.gateways.sandbox_desk import NOTICE, Done
from handlers.gateways.sandbox_script import Behaviour
from handlers.ports import Billed, OutcomeUnknown, Refused
from handlers.settings import SANDBOX_BOOK
from tests.handlers.gateways.banks import (
    ONE_HRYVNIA,
    PAYOUT,
    PHONE,
    SHORT,
    a_gateway,
    a_sandbox,
)
from tests.handlers.gateways.desks import a_bank_process, a_desk
from tests.processes import a_process, cashbot, environment


@asynccontextmanager
async def an_ear() -> AsyncIterator[tuple[str, list[str | None]]]:
    """Give an address for callbacks, and the statuses that were heard there."""
    heard: list[str | None] = []

    async def hear(request: web.Request) -> web.Response:
        heard.append(fromstring(await request.read()).get("status"))
        return web.Response()

    application = web.Application()
    application.router.add_post("/", hear)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/", heard
    finally:
        await runner.cleanup()


async def take(gateway: PortmoneGateway, step: PayoutStep) -> Outcome:
    """Take both steps as far as ``step`` and return what was answered to it."""
    created = await gateway.create_bill(
        payout=PAYOUT, phone=PHONE, amount=ONE_HRYVNIA, payee_id=None
    )
    if step == "create":
        return created
    assert isinstance(created, Billed)
    return await gateway.pay_bill(payout=PAYOUT, bill=created.bill)


LOST = OutcomeUnknown(cause="connection_lost")
HTTP_500 = OutcomeUnknown(cause="http_500")
GARBAGE = OutcomeUnknown(cause="unreadable_answer")
LATE = OutcomeUnknown(cause="timeout")
SLOW = Behaviour(delay_seconds=5.0)


@pytest.mark.parametrize("step", ["create", "pay"])
@pytest.mark.parametrize(
    ("behaviour", "outcome", "done"),
    [
        (Behaviour(answer="drop"), LOST, 1),
        (Behaviour(answer="drop", books=False), LOST, 0),
        (Behaviour(answer="http_500"), HTTP_500, 1),
        (Behaviour(answer="http_500", books=False), HTTP_500, 0),
        (Behaviour(answer="garbage"), GARBAGE, 1),
        (Behaviour(answer="garbage", books=False), GARBAGE, 0),
        (SLOW, LATE, 1),
        (Behaviour(answer="fail", fail_code="8"), Refused(kind="final", code="8"), 0),
    ],
)
async def test_the_real_client_meets_what_was_ordered(
    tmp_path: Path, step: PayoutStep, behaviour: Behaviour, outcome: Outcome, done: int
) -> None:
    """Whatever is answered, the book tells whether the step was done."""
    async with a_sandbox(tmp_path) as bank, a_desk(bank.url) as desk:
        await desk.script(behaviour, phone=PHONE, step=step)
        patience = SHORT if behaviour is SLOW else None
        gateway = a_gateway(bank.url, patience=patience)
        assert await take(gateway, step) == outcome
        page = await desk.book(comment=PAYOUT)
        assert len(page.bills if step == "create" else page.bookings) == done


@pytest.mark.parametrize(
    ("callback", "at_once", "in_the_end", "booked"),
    [
        ("once", ["ok"], ["ok"], 1),
        ("twice", ["ok", "ok"], ["ok", "ok"], 1),
        ("early", ["ok"], ["ok"], 1),
        ("lost", [], [], 1),
        ("late", [], ["ok"], 1),
        ("fail", ["fail"], ["fail"], 0),
        ("ok_then_fail", ["ok", "fail"], ["ok", "fail"], 1),
    ],
)
async def test_callbacks_come_as_ordered(
    tmp_path: Path, callback: str, at_once: list[str], in_the_end: list[str], booked: int
) -> None:
    """The desk waits for those under way, and sends those that were kept back when told to."""
    async with (
        an_ear() as (url, heard),
        a_sandbox(tmp_path, callback_url=url) as bank,
        a_desk(bank.url) as desk,
    ):
        await desk.script(msgspec.convert({"callback": callback}, Behaviour), step="pay")
        assert isinstance(await take(a_gateway(bank.url), "pay"), Billed)
        assert await desk.settle() == (1 if callback == "late" else 0)
        assert heard == at_once
        assert await desk.settle(late=True) == 0
        assert heard == in_the_end
        assert len((await desk.book()).bookings) == booked


async def test_a_script_holds_for_its_calls_only(tmp_path: Path) -> None:
    """So many calls, of that phone; and none any more once the script is thrown away."""
    no = Behaviour(answer="fail")
    async with a_sandbox(tmp_path) as bank, a_desk(bank.url) as desk:
        gateway = a_gateway(bank.url)
        await desk.script(no, phone="380670000009")
        await desk.script(no, times=2)
        answers = [type(await take(gateway, "create")) for _ in range(3)]
        assert answers == [Refused, Refused, Billed]
        await desk.script(no, times=5)
        await desk.clear_script()
        assert isinstance(await take(gateway, "create"), Billed)


async def test_the_book_is_read_whole_or_by_comment(tmp_path: Path) -> None:
    """A test finds its own payout among those of others."""
    async with a_sandbox(tmp_path) as bank, a_desk(bank.url) as desk:
        await take(a_gateway(bank.url), "pay")
        page = await desk.book()
        assert (page.notice, len(page.bills), len(page.bookings)) == (NOTICE, 1, 1)
        assert (page.bills, page.bookings) == (bank.bills(), bank.bookings())
        assert await desk.book(comment=PAYOUT) == page
        other = await desk.book(comment="another")
        assert (other.bills, other.bookings) == ([], [])


@pytest.mark.parametrize(
    ("path", "body", "status", "told"),
    [
        ("/script", {"behaviour": {"anwser": "drop"}}, 400, "unknown field `anwser`"),
        ("/script", {"behaviour": {"answer": "dorp"}}, 400, "Invalid enum value 'dorp'"),
        ("/script", {"behaviour": {"delay_seconds": 1e9}}, 400, "<= 60"),
        ("/script", {}, 400, "missing required field `behaviour`"),
        ("/script", {"behaviour": {}, "times": 0}, 400, ">= 1"),
        ("/script", {"behaviour": {"until": 1}}, 400, "until"),
        ("/pay-by-hand", {"bill": "5"}, 404, "there is no bill 5"),
        ("/pay-by-hand", [], 400, "Expected `object`"),
    ],
)
async def test_an_order_that_makes_no_sense_is_told_so(
    tmp_path: Path, path: str, body: object, status: int, told: str
) -> None:
    """A slip in a script must not leave a test believing that the bank misbehaved."""
    async with a_sandbox(tmp_path) as bank, a_desk(bank.url) as desk:
        answered, answer = await desk.ask("POST", path, body=body)
        assert answered == status
        assert told in (msgspec.json.decode(answer, type=Done).error or "")
        assert isinstance(await take(a_gateway(bank.url), "create"), Billed)


@pytest.mark.parametrize(("method", "path"), [("GET", "/nowhere"), ("GET", "/script")])
async def test_even_a_wrong_address_says_that_no_money_moves(
    tmp_path: Path, method: str, path: str
) -> None:
    """Whoever gets lost here is told where."""
    async with a_sandbox(tmp_path) as bank, a_desk(bank.url) as desk:
        status, _ = await desk.ask(method, path)
        assert status in (404, 405)


async def test_the_command_runs_the_bank_alone(tmp_path: Path) -> None:
    """A process of its own pays, is scripted, lets a clerk pay, and calls back under the token."""
    async with (
        an_ear() as (url, heard),
        a_bank_process(tmp_path, "--callback-url", url, "--callback-delay", "0") as bank_url,
        a_desk(bank_url) as desk,
    ):
        assert isinstance(await take(a_gateway(bank_url), "pay"), Billed)
        await desk.script(Behaviour(answer="drop", books=False), step="pay")
        assert await take(a_gateway(bank_url), "pay") == LOST
        paid, unpaid = (bill.bill for bill in (await desk.book()).bills)
        assert [booking.bill for booking in (await desk.book()).bookings] == [paid]
        await desk.pay_by_hand(BillId(unpaid))
        assert await desk.settle() == 0
        assert heard == ["ok", "ok"]
        assert [booking.bill for booking in (await desk.book()).bookings] == [paid, unpaid]


async def test_a_killed_bank_has_lost_nothing(tmp_path: Path) -> None:
    """What was booked before a SIGKILL stands in the book that is opened after it."""
    async with a_bank_process(tmp_path) as url:  # killed at the end
        assert isinstance(await take(a_gateway(url), "pay"), Billed)
    book = Book(tmp_path / SANDBOX_BOOK)
    assert [booking.comment for booking in book.bookings()] == [PAYOUT]
    book.close()


async def test_the_command_says_what_it_is(tmp_path: Path) -> None:
    """The address on stdout, that no money moves on stderr, and only this machine reaches it."""
    env = environment(CASHBOT_HOME=str(tmp_path), LOG_LEVEL="ERROR")
    async with a_process("sandbox", "--port", "0", env=env) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert (await process.stdout.readline()).startswith(b"http://127.0.0.1:")
        assert NOTICE.encode() in await process.stderr.readline()
        process.terminate()
        assert await process.wait() == 0


async def test_the_command_knows_the_account_it_is_given(tmp_path: Path) -> None:
    """`run` and the bank can be started with the very same PORTMONE_* variables."""
    account = {
        "PORTMONE_LOGIN": "sandbox",
        "PORTMONE_PASSWORD": "another",
        "PORTMONE_PAYEE_ID": "1",
        "PORTMONE_WEBHOOK_TOKEN": "a-token",
    }
    async with a_bank_process(tmp_path, **account) as url:
        refused = await take(a_gateway(url), "create")
        assert isinstance(refused, Refused)
        assert isinstance(await take(a_gateway(url, password="another"), "create"), Billed)


@pytest.mark.parametrize(
    ("options", "variables", "told"),
    [
        ((), {"APP_ENV": "prod"}, "unset APP_ENV=prod"),
        (("--port", "70000"), {}, "--port"),
        (("--callback-url", "nowhere"), {}, "begins with http://"),
    ],
)
async def test_the_command_is_refused_where_it_makes_no_sense(
    tmp_path: Path, options: tuple[str, ...], variables: dict[str, str], told: str
) -> None:
    """Not where money moves, and not with options that lead nowhere."""
    env = environment(CASHBOT_HOME=str(tmp_path / "home"), **variables)
    status, out, talk = await cashbot("sandbox", *options, env=env)
    assert (status, out) == (2, "")
    assert told in talk
    assert not (tmp_path / "home").exists()


async def test_a_port_that_is_taken_is_told_in_one_line(tmp_path: Path) -> None:
    """Whoever starts a second bank on the same port learns why it does not start."""
    async with a_sandbox(tmp_path) as bank:
        port = urlsplit(bank.url).port
        env = environment(CASHBOT_HOME=str(tmp_path), LOG_LEVEL="ERROR")
        status, _, talk = await cashbot("sandbox", "--port", str(port), env=env)
    assert status == 1
    assert talk.startswith("cashbot: ")
    assert "Traceback" not in talk
