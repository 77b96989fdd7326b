"""Staff at the command line: what waits, which receipt was that, what was paid for what."""

import asyncio
import csv
import io
import json
import sys
from pathlib import Path

import pytest

from eventstore.catalogue import ConsentGiven, PayoutConfirmed, PhoneShared
from eventstore.identity import (
    BillId,
    ReceiptId,
    Sha256,
    payout_of,
    payout_stream,
    shopper_stream,
)
from eventstore.pool import Pool
from eventstore.vault import Vault
from tests.processes import ROOT, cashbot, environment
from tests.projections.staff import accepted, assigned, forget, of_receipt, refer, tell
from tests.projections.test_receipts_tell_their_story import project
from tests.story import a_store
from tests.web.stories import requested, tell_reading, tell_upload

SECRET = bytes(range(32))
PHONE = "380671234567"
TELEGRAM_ID = 4242


@pytest.fixture
def env(database_url: str, tmp_path: Path) -> dict[str, str]:
    """The environment of a command on the test's database."""
    return environment(
        DATABASE_URL=database_url,
        CASHBOT_HOME=str(tmp_path),
        LOG_LEVEL="DEBUG",
        ENCRYPTION_SECRET=SECRET.hex(),
    )


@pytest.fixture
async def shopper(pool: Pool) -> str:
    """A person of Telegram with a receipt that is paid, and somebody whose receipts wait."""
    store, vault = a_store(pool), Vault(pool=pool, secret=SECRET)
    person = await vault.shopper_id(f"telegram:{TELEGRAM_ID}")
    await tell(
        store,
        shopper_stream(person),
        ConsentGiven(text_version="1", text_sha256=Sha256("00"), locale="uk"),
        PhoneShared(
            phone_sealed=await vault.seal(person, "phone", PHONE.encode()),
            phone_fingerprint=await vault.fingerprint(PHONE),
        ),
    )
    await tell_upload(store, "paid", person)
    await tell_reading(store, "paid")
    owed = payout_stream(payout_of(ReceiptId("paid")))
    await tell(store, owed, requested("paid", person))
    await of_receipt(store, "paid", accepted({"REG-7": 1500}, names=('=ЦИТРАМОН, "Д"',)))
    await tell(store, owed, PayoutConfirmed(bill=BillId("700")))
    await refer(store, "waits", "no_total", "edited_photo")
    await of_receipt(store, "waits", assigned("olena"))
    await refer(store, "waits-too", "no_date")
    await project(store)
    return person


def names(out: str) -> list[str]:
    """Return the receipts that a command told of."""
    return [json.loads(line)["receipt"] for line in out.splitlines()]


@pytest.mark.usefixtures("shopper")
async def test_the_review_queue_is_listed(env: dict[str, str]) -> None:
    """For people with reasons, shop, total and who has it; for programs whole."""
    status, out, talk = await cashbot("review", "list", env=env)
    assert (status, talk.splitlines()[-1]) == (0, "2 receipts wait for a person")
    head, first, second = out.splitlines()
    assert head.split()[:3] == ["age", "receipt", "why"]
    for word in ("waits", "no_total, edited_photo", "1234.50 UAH", "Аптека-Зразок", "olena until"):
        assert word in first
    assert "olena" not in second

    status, out, _ = await cashbot("review", "list", "--json", "--limit", "1", env=env)
    (told,) = [json.loads(line) for line in out.splitlines()]
    assert (told["receipt"], told["held_by"], told["corrections"]) == ("waits", "olena", 0)
    assert told["age_seconds"] >= 0


async def test_a_person_is_found_and_not_named(env: dict[str, str], shopper: str) -> None:
    """By phone, however it is spelled, and by Telegram id; neither is told."""
    asked = ("receipts", "list", "--json")
    for person in (
        ("--phone", "+38 (067) 123-45-67"),
        ("--telegram-id", str(TELEGRAM_ID)),
        ("--telegram-id", str(TELEGRAM_ID), "--phone", "0671234567", "--shopper", shopper),
    ):
        status, out, talk = await cashbot(*asked, *person, env=env)
        assert (status, names(out)) == (0, ["paid"])
        for secret in (PHONE, PHONE[2:], str(TELEGRAM_ID)):
            assert secret not in out + talk
    for stranger in (("--phone", "0677654321"), ("--telegram-id", "1")):
        status, out, talk = await cashbot(*asked, *stranger, env=env)
        assert (status, out, talk.splitlines()[-1]) == (0, "", "no receipt is like that")


@pytest.mark.usefixtures("shopper")
async def test_a_phone_may_come_by_stdin(env: dict[str, str]) -> None:
    """So it stays out of the shell's history and of the list of processes."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cashbot", "receipts", "list", "--phone", "-", "--json"),
        cwd=ROOT,
        env=env,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate(b"067 123 45 67\n")
    assert (process.returncode, names(out.decode())) == (0, ["paid"])


async def test_nobody_who_was_forgotten_is_found(
    pool: Pool, env: dict[str, str], shopper: str
) -> None:
    """Neither by phone nor by Telegram id; the receipt stands without its purchase."""
    store = a_store(pool)
    await forget(store, shopper)
    await project(store)
    for person in (("--phone", PHONE), ("--telegram-id", str(TELEGRAM_ID))):
        _, out, _ = await cashbot("receipts", "list", "--json", *person, env=env)
        assert out == ""
    _, out, _ = await cashbot("receipts", "list", "--state", "paid", env=env)
    assert "shopper forgotten" in out
    assert "UAH" not in out
    _, out, talk = await cashbot("receipts", "bonuses", env=env)
    assert len(out.splitlines()) == 1
    assert "1 of them tell no goods" in talk


@pytest.mark.usefixtures("shopper")
async def test_receipts_are_listed_and_searched(env: dict[str, str]) -> None:
    """A table for people, lines for programs, and a word where more is to be had."""
    status, out, _ = await cashbot("receipts", "list", "--merchant", "АПТЕКА", env=env)
    assert status == 0
    assert [line.split()[2] for line in out.splitlines()[1:]] == ["waits-too", "waits", "paid"]
    status, out, talk = await cashbot("receipts", "list", "--limit", "1", "--json", env=env)
    assert names(out) == ["waits-too"]
    assert "--limit shows more" in talk
    _, out, _ = await cashbot(
        "receipts", "list", "--reason", "no_date", "--total", "1234,50", "--json", env=env
    )
    assert names(out) == ["waits-too"]
    _, out, _ = await cashbot("receipts", "search", "Зразок", "--json", env=env)
    assert names(out) == ["waits-too", "waits", "paid"]


@pytest.mark.usefixtures("shopper")
async def test_bonuses_are_a_csv_that_a_spreadsheet_may_open(env: dict[str, str]) -> None:
    """The predecessor's three columns first; a name off a photo is no formula."""
    status, out, talk = await cashbot("receipts", "bonuses", "--since", "2020-01-01", env=env)
    heading, *rows = csv.reader(io.StringIO(out))
    assert (status, heading[:3]) == (0, ["product_name", "sku_code", "quantity"])
    assert heading[3:] == ["receipts_accepted", "receipts_paid", "paid_kopecks"]
    assert rows == [['\'=ЦИТРАМОН, "Д"', "REG-7", "1.5", "1", "1", "100"]]
    assert "1 accepted, 1 of them paid: 1.00 UAH" in talk
    _, out, _ = await cashbot("receipts", "bonuses", "--until", "2020-01-01", env=env)
    assert len(out.splitlines()) == 1


@pytest.mark.usefixtures("shopper")
async def test_the_promotion_is_told_in_figures(env: dict[str, str]) -> None:
    """The predecessor's three names among them."""
    status, out, _ = await cashbot("receipts", "statistics", "--json", env=env)
    told = json.loads(out)
    assert (status, told["user_count"], told["receipt_count"], told["bonus_count"]) == (0, 1, 3, 1)
    assert told["review_share"] == pytest.approx(2 / 3)
    _, out, _ = await cashbot("receipts", "statistics", env=env)
    assert "66.7%" in out


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (("receipts", "list", "--state", "lost"), "there are: uploaded, read"),
        (("receipts", "list", "--since", "yesterday"), "write it like 2026-11-24"),
        (
            ("receipts", "list", "--since", "2026-11-02", "--until", "2026-11-01"),
            "exchange them",
        ),
        (("receipts", "bonuses", "--since", "2026-11-02", "--until", "2026-11-01"), "exchange"),
        (("receipts", "list", "--total", "much"), "write hryvnias like 123.45"),
        (("receipts", "list", "--total", "1.005"), "write hryvnias like 123.45"),
        (("receipts", "list", "--total", "NaN"), "write hryvnias like 123.45"),
        (("receipts", "list", "--phone", "12345"), "write it like 0501112233"),
        (("receipts", "list", "--phone", "-"), "write it like 0501112233"),
        (("receipts", "list", "--telegram-id", "0"), "--telegram-id"),
        (("receipts", "list", "--limit", "0"), "--limit"),
        (("receipts", "list", "--merchant", "\udcff"), "can be printed"),
        (("receipts", "search", " "), "can be printed"),
    ],
)
async def test_misuse_is_answered_with_what_to_do(
    env: dict[str, str], arguments: tuple[str, ...], answer: str
) -> None:
    """Status 2, nothing on stdout, and the phone is not repeated."""
    status, out, talk = await cashbot(*arguments, env=env)
    assert (status, out) == (2, "")
    assert answer in " ".join(talk.replace("│", " ").split())
    assert "12345" not in talk
    assert "Traceback" not in talk
