"""At the command line: what was so then, why a kopeck moved, what other rules would have done."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from eventstore.identity import payout_of
from eventstore.pool import Pool
from eventstore.store import now_utc
from tests.factories import a_reading
from tests.handlers.judging.deciding import decide, upload
from tests.processes import cashbot, environment
from tests.story import a_fact, a_store, given


@pytest.fixture
def env(database_url: str, tmp_path: Path) -> dict[str, str]:
    """The environment of a command on the test's database."""
    return environment(DATABASE_URL=database_url, CASHBOT_HOME=str(tmp_path), LOG_LEVEL="ERROR")


@pytest.fixture
async def head(pool: Pool) -> int:
    """The end of a log with one receipt accepted and one too old."""
    store = a_store(pool)
    await upload(store, a_reading(), receipt="good")
    old = a_reading(receipt_number="2", purchased_at=now_utc() - timedelta(days=10))
    await upload(store, old, receipt="old", shopper="bob")
    await decide(store)
    return await store.head()


async def test_an_earlier_state_is_printed_for_programs(env: dict[str, str], head: int) -> None:
    """One object with counts and money, and on request every row behind it."""
    until = ("events", "replay", "--until", str(head), "--json")
    status, out, talk = await cashbot(*until, "--rows", env=env)
    assert (status, talk) == (0, "")
    state, *rows = [json.loads(line) for line in out.splitlines()]
    assert (state["seq"], state["receipts"]) == (head, {"accepted": 1, "rejected": 1})
    assert state["money"]["requested"] == state["money"]["under_way"] == 100
    assert [(each["table"], each["row"]["receipt"]) for each in rows] == [
        ("receipts", "good"),
        ("receipts", "old"),
        ("payouts", "good"),
        ("product_bonuses", "good"),
    ]


async def test_an_earlier_state_is_printed_for_people(env: dict[str, str], head: int) -> None:
    """By a time before the log began there was nothing; by now there is everything."""
    _, out, _ = await cashbot("events", "replay", "--until", "2000-01-01", env=env)
    assert out.startswith("as of seq 0, before the first fact")
    _, out, _ = await cashbot("events", "replay", "--until", "2999-01-01T00:00Z", env=env)
    assert out.startswith(f"as of seq {head}, ")
    assert "1.00 UAH" in out


@pytest.mark.parametrize("form", [[], ["--json"]])
async def test_a_streams_earlier_state_is_printed(
    env: dict[str, str], head: int, form: list[str]
) -> None:
    """Its facts up to then and what they come to."""
    place = ("--until", str(head), "--stream", "receipt-old")
    status, out, _ = await cashbot("events", "replay", *place, *form, env=env)
    assert status == 0
    assert "too_old" in out
    if form:
        told = json.loads(out)
        assert told["state"]["state"] == "rejected"
        assert told["facts"][0]["type"] == "ReceiptUploaded"


async def test_a_shoppers_stream_tells_no_phone(env: dict[str, str], head: int) -> None:
    """That one was shared, and by which fact; not even sealed."""
    place = ("--until", str(head), "--stream", "shopper-ann")
    _, out, _ = await cashbot("events", "replay", *place, env=env)
    assert out.splitlines()[0].split() == ["seq", "recorded", "fact", "content"]
    assert re.search(r"^2 .* PhoneShared +\{\} *$", out, re.MULTILINE)
    assert re.search(r"^phone shared +True *$", out, re.MULTILINE)
    assert "sealed" not in out


async def test_a_lineage_is_printed(env: dict[str, str], head: int) -> None:
    """As a tree, and whole as one object; by receipt or by payout."""
    _, out, _ = await cashbot("receipts", "explain", "good", env=env)
    assert "accepted, 1.00 UAH" in out
    assert "ReceiptRead" in out
    assert head > 0
    payout = str(payout_of("good"))  # type: ignore[arg-type] # as an operator types it
    status, out, _ = await cashbot("receipts", "explain", payout, "--json", env=env)
    told = json.loads(out)
    assert (status, told["receipt"]["receipt"]) == (0, "good")
    assert len(told["stages"]["decision"]) == 4


async def test_other_rules_are_tried(env: dict[str, str], head: int, tmp_path: Path) -> None:
    """Who would have been decided otherwise, then the sum; the log's head stays."""
    policy = tmp_path / "longer.toml"
    policy.write_text("age_days_max = 30\n")
    asked = ("receipts", "what-if", "--policy", str(policy))
    status, out, talk = await cashbot(*asked, "--json", env=env)
    assert (status, talk) == (0, "")
    difference, last = [json.loads(line) for line in out.splitlines()]
    assert (difference["receipt"], difference["shopper"]) == ("old", "bob")
    assert (difference["was"]["reasons"], difference["difference_kopecks"]) == (["too_old"], 100)
    assert last["summary"]["after"] == {"accepted": 2, "rejected": 0, "referred": 0}
    assert last["summary"]["moves"][0]["receipts"] == 1
    _, out, _ = await cashbot(*asked, env=env)
    assert "rejected too_old → accepted 1.00 UAH" in out
    assert "1 of 2 receipts would be decided otherwise" in out
    _, out, _ = await cashbot("receipts", "what-if", env=env)
    assert out == "no difference: 2 receipts would be decided as they were\n"
    _, out, _ = await cashbot("events", "replay", "--until", str(head), env=env)
    assert out


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (("events", "replay", "--until", "soon"), (1, "neither a seq nor a time")),
        (("events", "replay", "--until", "99"), (1, "the log ends at seq 2")),
        (("events", "replay", "--until", "1", "--stream", "b"), (1, "no facts up to seq 1")),
        (("events", "replay", "--until", "1", "--rows"), (2, "--rows goes with --json")),
        (("receipts", "explain", "nobody's"), (1, "no receipt, payout or bill")),
        (("receipts", "explain", "\udcff"), (1, "no receipt, payout or bill")),
        (("receipts", "what-if", "--since", "99"), (1, "the log ends at seq 2")),
        (("receipts", "what-if", "--policy", "NONE"), (2, "Invalid value for '--policy'")),
        (("receipts", "what-if", "--policy", "BAD"), (2, "bonus: no such key")),
        (("receipts", "what-if", "--products", "BAD"), (2, "a product list has columns")),
        (("receipts", "what-if", "--products", "EMPTY"), (2, "names no product")),
    ],
)
async def test_bad_input_is_answered_in_one_line(
    pool: Pool,
    env: dict[str, str],
    tmp_path: Path,
    command: tuple[str, ...],
    answer: tuple[int, str],
) -> None:
    """What is wrong and what to do, on stderr, with a status that says so."""
    await given(a_store(pool), "a", a_fact())
    await given(a_store(pool), "b", a_fact())
    (tmp_path / "BAD").write_text("bonus = 1\nage_days_max = 'x'\n")
    (tmp_path / "EMPTY").write_text("name_uk\tname_en\tevidence\n")
    named = [str(tmp_path / word) if word.isupper() else word for word in command]
    status, out, talk = await cashbot(*named, env=env)
    assert (status, out) == (answer[0], "")
    assert answer[1] in talk
    assert "Traceback" not in talk
    if status == 1:
        assert len(talk.splitlines()) == 1
