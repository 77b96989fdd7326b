"""Operators and auditors at the command line: data on stdout, talk on stderr, honest statuses."""

import json
import re
from pathlib import Path

import pytest

from eventstore.pool import Pool
from eventstore.store import now_utc
from handlers.reading.specimens import sample_set
from tests.processes import a_process, cashbot, environment
from tests.story import a_fact, a_store, given

READ_KEYS = {
    "file", "decision", "reason", "darnitsa_found", "darnitsa_items", "total_kopecks",
    "purchased_at", "fiscal_number", "receipt_number", "qr_url", "merchant", "confidence",
    "seconds",
}  # fmt: skip


@pytest.fixture
def env(database_url: str, tmp_path: Path) -> dict[str, str]:
    """The environment of a command on the test's database."""
    return environment(DATABASE_URL=database_url, CASHBOT_HOME=str(tmp_path), LOG_LEVEL="ERROR")


async def test_the_tail_of_the_log_is_one_json_object_per_fact(
    pool: Pool, env: dict[str, str]
) -> None:
    """An auditor gets every fact whole, in order, from where they want."""
    await given(a_store(pool), "a", *(a_fact(str(number)) for number in range(5)))

    status, out, _ = await cashbot("events", "tail", "--after", "2", "--json", env=env)

    assert status == 0
    told = [json.loads(line) for line in out.splitlines()]
    assert [fact["seq"] for fact in told] == [3, 4, 5]
    assert told[0]["data"] == {"receipt": "2"}
    assert re.fullmatch("[0-9a-f]{64}", told[0]["leaf_hash"])


async def test_the_tail_of_a_long_log_is_its_end(pool: Pool, env: dict[str, str]) -> None:
    """The newest twenty; whoever wants all says from where."""
    await given(a_store(pool), "a", *(a_fact(str(number)) for number in range(23)))
    for options, seqs in (((), range(4, 24)), (("--after", "0"), range(1, 24))):
        status, out, _ = await cashbot("events", "tail", "--json", *options, env=env)
        assert status == 0
        assert [json.loads(line)["seq"] for line in out.splitlines()] == [*seqs]


async def test_following_the_log_prints_what_comes(pool: Pool, env: dict[str, str]) -> None:
    """With --follow a fact appears while the command runs."""
    store = a_store(pool)
    await given(store, "a", a_fact("before"))
    async with a_process("events", "tail", "--follow", "--json", env=env) as process:
        assert process.stdout is not None
        assert json.loads(await process.stdout.readline())["stream"] == "a"
        await given(store, "b", a_fact("after"))
        assert json.loads(await process.stdout.readline())["stream"] == "b"


@pytest.mark.parametrize(("what", "lines"), [("a", 2), ("3", 1), ("nothing", 0), ("99", 0)])
async def test_a_stream_or_a_seq_is_shown(
    pool: Pool, env: dict[str, str], what: str, lines: int
) -> None:
    """What is not there is said on stderr, with a status that says so too."""
    store = a_store(pool)
    await given(store, "a", a_fact("1"), a_fact("2"))
    await given(store, "b", a_fact("3"))
    status, out, talk = await cashbot("events", "show", what, env=env)
    assert len(out.splitlines()) == lines
    assert (status, bool(talk)) == ((0, False) if lines else (1, True))


async def test_a_read_model_is_rebuilt_and_its_standing_shown(
    pool: Pool, env: dict[str, str]
) -> None:
    """A rebuild replays every fact; status then shows nothing behind."""
    await given(a_store(pool), "a", a_fact("1"), a_fact("2"))

    status, out, _ = await cashbot("projections", "rebuild", "receipts", env=env)
    assert (status, out) == (0, "receipts: 2 facts replayed\n")

    status, out, _ = await cashbot("projections", "status", "--json", env=env)
    standings = {each["name"]: each for each in map(json.loads, out.splitlines())}
    rebuilt = standings["projection/receipts"]
    assert (rebuilt["seq"], rebuilt["behind"]) == (2, 0)


@pytest.mark.parametrize(
    "command", [["projections", "rebuild", "nonsense"], ["handle", "nonsense"]]
)
async def test_a_wrong_name_is_answered_with_the_right_ones(
    env: dict[str, str], command: list[str]
) -> None:
    """Status 2, and what could have been meant."""
    status, out, talk = await cashbot(*command, env=env)
    assert (status, out) == (2, "")
    assert "nonsense" in talk
    assert "receipt" in talk


async def test_a_database_that_is_away_is_said_in_one_line(tmp_path: Path) -> None:
    """No traceback for what an operator can mend."""
    env = environment(
        DATABASE_URL="postgres://127.0.0.1:1/none", CASHBOT_HOME=str(tmp_path), LOG_LEVEL="ERROR"
    )
    status, out, talk = await cashbot("events", "tail", env=env)
    assert (status, out) == (1, "")
    assert "Traceback" not in talk
    assert len(talk.splitlines()) == 1


async def test_read_answers_for_every_photo_whatever_it_is(tmp_path: Path) -> None:
    """One JSON line per photo with all keys; what cannot be read has its reason."""
    eligible = sample_set(now_utc(), run="read")[0]
    files = {
        "good.jpg": eligible.jpeg,
        "empty.jpg": b"",
        "text.jpg": b"this is no picture",
        "cut.jpg": eligible.jpeg[:20_000],
        "huge.jpg": eligible.jpeg + bytes(11 * 1024 * 1024),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    paths = [str(tmp_path / name) for name in files]
    env = environment(CASHBOT_HOME=str(tmp_path / "home"), LOG_LEVEL="ERROR")

    status, out, _ = await cashbot("read", "--json", *paths, str(tmp_path / "none"), env=env)

    answers = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert all(set(answer) == READ_KEYS for answer in answers)
    assert [answer["file"] for answer in answers] == [*paths, str(tmp_path / "none")]
    good, *bad = answers
    assert (good["decision"], good["darnitsa_found"]) == ("accept", True)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d", good["purchased_at"])
    assert [answer["decision"] for answer in bad] == ["reject"] * 5
    assert all(answer["reason"] for answer in bad)
    assert not (tmp_path / "home").exists()


async def test_submit_is_refused_where_money_can_move(env: dict[str, str], tmp_path: Path) -> None:
    """With a real account at Portmone nobody sends photos from the command line."""
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"x")
    names = ("LOGIN", "PASSWORD", "PAYEE_ID", "WEBHOOK_TOKEN")
    account = {f"PORTMONE_{name}": "x" for name in names}
    status, out, talk = await cashbot("submit", str(photo), env=env | account)
    assert (status, out) == (2, "")
    assert "sandbox" in talk


async def test_submit_says_why_a_file_is_no_photo(env: dict[str, str], tmp_path: Path) -> None:
    """The reason, no receipt, no traceback."""
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"this is no picture")
    status, out, talk = await cashbot("submit", str(photo), env=env)
    assert (status, out) == (1, "")
    assert "not_an_image" in talk
    assert "Traceback" not in talk


async def test_submit_says_that_nobody_reads_or_pays(env: dict[str, str], tmp_path: Path) -> None:
    """Which receipt waits, for how long, and what must be started."""
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(sample_set(now_utc(), run="unread")[0].jpeg)
    status, out, talk = await cashbot("submit", str(photo), "--wait", "1", env=env)
    assert (status, out) == (1, "")
    receipt, told = talk.splitlines()
    assert receipt.startswith("receipt ")
    assert "1 s" in told
    assert "python -m cashbot run" in told
