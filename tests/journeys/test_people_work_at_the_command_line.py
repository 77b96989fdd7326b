"""Reviewers and operators at the command line: what they type, what they see, what follows."""

import json
import re
from pathlib import Path

import pytest

from eventstore.catalogue import ReceiptAccepted, ReceiptReferred, ReceiptRejected
from eventstore.identity import ReceiptId, receipt_stream
from eventstore.pool import Pool
from eventstore.store import EventStore
from tests.factories import a_reading
from tests.handlers.judging.deciding import decide_by_the_book, upload
from tests.processes import cashbot, environment
from tests.story import a_store, facts

REVIEWER = ("--reviewer", "olha", "--reason", "looked at the photo")
OPERATOR = ("--operator", "olha", "--reason", "misread")


@pytest.fixture
def env(database_url: str, tmp_path: Path) -> dict[str, str]:
    """The environment of a command on the test's database."""
    return environment(
        DATABASE_URL=database_url,
        CASHBOT_HOME=str(tmp_path),
        ENCRYPTION_SECRET=bytes(32).hex(),
        LOG_LEVEL="ERROR",
    )


@pytest.fixture
async def store(pool: Pool) -> EventStore:
    """A log in which receipt r waits for a person."""
    store = a_store(pool)
    await upload(store, a_reading(confidence=0.5), receipt="r")
    await decide_by_the_book(store)
    assert isinstance(await last(store, "r"), ReceiptReferred)
    return store


async def last(store: EventStore, receipt: str) -> object:
    """Return how a receipt stands."""
    return (await facts(store, receipt_stream(ReceiptId(receipt))))[-1]


async def test_a_reviewer_takes_looks_corrects_and_approves(
    store: EventStore, env: dict[str, str]
) -> None:
    """Each step says what comes next; a colleague is told who has it; a worker pays."""
    status, _, talk = await cashbot("review", "take", "r", "--reviewer", "olha", env=env)
    assert (status, talk.startswith("yours until")) == (0, True), talk
    until = talk.removeprefix("yours ").partition(";")[0]
    assert re.fullmatch(r"until \d\d:\d\d:\d\d Kyiv", until)
    status, _, talk = await cashbot("review", "take", "r", "--reviewer", "ivan", env=env)
    assert (status, talk.strip()) == (1, f"olha has r in hand {until}")

    status, shown, _ = await cashbot("review", "show", "r", env=env)
    assert until in shown
    assert status == 0
    for word in ("low_confidence", "in hand of olha", "36.50", "4001000000", "Цитрамон-Дарниця"):
        assert word in shown, word

    line = ("--item", "Цитрамон-Дарниця табл. №10;1;36,50", "--total", "36.50")
    status, _, talk = await cashbot("review", "correct", "r", *REVIEWER, *line, env=env)
    assert status == 0, talk
    await decide_by_the_book(store)
    status, shown, _ = await cashbot("review", "show", "r", "--json", env=env)
    page = json.loads(shown)
    total = next(field for field in page["fields"] if field["name"] == "total")
    assert total["sources"] == ["person", "arithmetic"]
    assert page["items"] == [["Цитрамон-Дарниця табл. №10", 1000, 3650, 1.0]]

    status, _, talk = await cashbot("review", "approve", "r", *REVIEWER, env=env)
    assert (status, "approved" in talk) == (0, True)
    await decide_by_the_book(store)
    assert isinstance(await last(store, "r"), ReceiptAccepted)

    status, _, talk = await cashbot("claims", "release", "r", *OPERATOR, env=env)
    assert (status, "withdrawn" in talk) == (0, True)
    assert isinstance(await last(store, "r"), ReceiptRejected)
    status, _, talk = await cashbot("receipts", "override", "r", *OPERATOR, "--approve", env=env)
    assert status == 0, talk
    await decide_by_the_book(store)
    assert isinstance(await last(store, "r"), ReceiptAccepted)


@pytest.mark.parametrize(
    ("command", "status", "told"),
    [
        (("review", "approve", "r", *REVIEWER), 1, "review take r"),
        (("review", "take", "unheard-of", "--reviewer", "olha"), 1, "there is no receipt"),
        (("review", "show", "unheard-of"), 1, "there is no receipt"),
        (("review", "correct", "r", *REVIEWER, "--total", "a lot"), 2, "46.50"),
        (("review", "correct", "r", *REVIEWER, "--item", "Пакет"), 2, "NAME;QUANTITY;COST"),
        (("review", "correct", "r", *REVIEWER, "--document", "poem"), 2, "poem"),
        (("receipts", "override", "r", *OPERATOR), 2, "--approve or --reject"),
        (("claims", "release", "r", *OPERATOR), 1, "holds no claim"),
    ],
)
async def test_a_mistake_is_said_in_one_line(
    store: EventStore, env: dict[str, str], command: tuple[str, ...], status: int, told: str
) -> None:
    """What was wrong, what to do, a status that says so, and nothing added to the log."""
    before = await facts(store, "receipt-r")
    ended, out, talk = await cashbot(*command, env=env)
    assert (ended, out) == (status, ""), talk
    assert told in talk
    assert len(talk.splitlines()) == 1
    assert await facts(store, "receipt-r") == before


async def test_a_policy_is_adopted_with_its_differences_and_a_reason(
    store: EventStore, env: dict[str, str], tmp_path: Path
) -> None:
    """What will change is shown first; the same file again changes nothing; history keeps all."""
    file = tmp_path / "winter.toml"
    file.write_text("bonus_kopecks = 200\n")
    adopt = ("policy", "adopt", str(file), "--reason", "winter campaign")
    status, shown, talk = await cashbot(*adopt, "--dry-run", env=env)
    assert (status, talk.strip()) == (0, "nothing was changed")
    assert shown.split() == ["key", "was", "will", "be", "bonus_kopecks", "100", "200"]
    status, _, talk = await cashbot(*adopt, env=env)
    assert (status, talk.strip()) == (0, "adopted")
    status, shown, talk = await cashbot(*adopt, env=env)
    assert (status, shown, "in force" in talk) == (0, "", True)

    status, shown, _ = await cashbot("policy", "show", "--json", env=env)
    assert json.loads(shown)["bonus_kopecks"] == 200
    status, shown, _ = await cashbot("policy", "show", "--history", "--json", env=env)
    reasons = [json.loads(line)["reason"] for line in shown.splitlines()]
    assert reasons == ["built in", "winter campaign"]

    file.write_text('bonus_kopecks = "two"\nmood = 1\nrules = "2020-01-01.1"\n')
    status, shown, talk = await cashbot(*adopt, env=env)
    assert (status, shown) == (2, "")
    assert "bonus_kopecks" in talk
    assert "mood" in talk
    file.write_text('rules = "2020-01-01.1"\n')
    status, _, talk = await cashbot(*adopt, env=env)
    assert (status, "this release has" in talk) == (2, True)


@pytest.mark.parametrize(
    "command",
    [
        ("policy", "adopt", "--reason", "winter campaign"),
        ("receipts", "what-if", "--policy"),
        ("receipts", "what-if", "--products"),
    ],
)
async def test_a_file_that_is_none_is_named(
    env: dict[str, str], command: tuple[str, ...], tmp_path: Path
) -> None:
    """What is not there, or is a folder, is a slip of the hand: status 2 before all else."""
    for path, why in ((tmp_path / "none.toml", "does not exist"), (tmp_path, "is a directory")):
        status, out, talk = await cashbot(*command, str(path), env=env)
        assert (status, out) == (2, "")
        assert why in " ".join(talk.replace("│", " ").split())
        assert "Errno" not in talk
