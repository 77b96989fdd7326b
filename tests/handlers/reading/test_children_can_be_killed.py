"""Whatever a photo does to the engine, the answer comes in time and the next one is read."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from handlers.ports import Reading, Unreadable
from handlers.reading.protocol import ChildSettings
from handlers.reading.reader import ChildReader
from handlers.reading.specimens import sample_set
from tests.handlers.reading.children import FINE

ROOT = Path(__file__).resolve().parents[3]
#: Where the kernel tells about processes and open files.
PROC = Path("/proc")


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """File into which misbehaving children write their pids."""
    return tmp_path / "pids"


@pytest.fixture
def reader_of(notes: Path) -> Callable[..., ChildReader]:
    """Make readers whose children have a bad habit."""

    def make(habit: str, *, seconds: float = 30.0, children: int = 1) -> ChildReader:
        command = (sys.executable, "-m", "tests.handlers.reading.children", habit, str(notes))
        return ChildReader(command=command, time_limit_seconds=seconds, children=children)

    return make


def lives(pid: int) -> bool:
    """Tell whether a process exists and is no zombie."""
    try:
        return PROC.joinpath(str(pid), "stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def pids(notes: Path) -> list[int]:
    """Return the pids that children noted."""
    return [int(line) for line in notes.read_text().split()]


async def gone(pid: int) -> None:
    """Wait until a process has ended; the test's own time limit ends the wait."""
    while lives(pid):
        await asyncio.sleep(0)


async def test_a_hanging_child_is_killed_with_its_grandchildren(
    reader_of: Callable[..., ChildReader], notes: Path
) -> None:
    """The answer says that reading took too long; neither child nor tesseract stays."""
    reader = reader_of("hang", seconds=2.0)
    outcome = await reader.read(b"a photo that hangs")
    assert isinstance(outcome, Unreadable)
    assert outcome.reason == "reading_took_too_long"
    assert outcome.seconds >= 2.0
    child, grandchild = pids(notes)
    await gone(child)
    await gone(grandchild)


@pytest.mark.parametrize("habit", ["crash", "babble", "flood"])
async def test_a_broken_child_is_an_answer_and_not_an_exception(
    habit: str, reader_of: Callable[..., ChildReader], notes: Path
) -> None:
    """Then the next photo gets a new child and is read."""
    reader = reader_of(habit)
    outcome = await reader.read(b"a photo that breaks things")
    assert isinstance(outcome, Unreadable)
    assert outcome.reason == "reading_failed"
    assert await reader.read(b"be good") == FINE
    await reader.aclose()
    assert len(set(pids(notes))) == 2
    assert not any(lives(pid) for pid in pids(notes))


async def test_a_child_that_cannot_start_is_an_answer_too(tmp_path: Path) -> None:
    """A missing interpreter is no reason to stop the worker."""
    reader = ChildReader(command=(str(tmp_path / "nothing"),))
    outcome = await reader.read(b"photo")
    assert isinstance(outcome, Unreadable)
    assert outcome.reason == "reading_failed"


async def test_a_child_stays_warm_between_photos(
    reader_of: Callable[..., ChildReader], notes: Path
) -> None:
    """Ten photos, one process."""
    reader = reader_of("crash")
    for _ in range(10):
        assert await reader.read(b"be good") == FINE
    assert len(pids(notes)) == 1
    await reader.aclose()
    await gone(pids(notes)[0])


async def test_photos_share_the_children_there_are(
    reader_of: Callable[..., ChildReader], notes: Path
) -> None:
    """Twelve photos at once, two children, one photo at a time in each."""
    reader = reader_of("crash", children=2)
    outcomes = await asyncio.gather(*(reader.read(b"be good") for _ in range(12)))
    await reader.aclose()
    assert outcomes == [FINE] * 12
    assert len(pids(notes)) == 2


async def test_a_cancelled_reading_leaves_no_answer_behind(
    reader_of: Callable[..., ChildReader], notes: Path
) -> None:
    """A worker that gives up kills the child, or the next photo would get its answer."""
    reader = reader_of("hang")
    reading = asyncio.create_task(reader.read(b"a photo nobody waits for"))
    while not notes.exists() or len(pids(notes)) < 2:
        await asyncio.sleep(0)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    await gone(pids(notes)[0])
    assert await reader.read(b"be good") == FINE
    await reader.aclose()


async def test_killed_children_leave_no_open_files(reader_of: Callable[..., ChildReader]) -> None:
    """After twenty crashes the process holds what it held after the first."""
    reader = reader_of("crash")
    await reader.read(b"break")
    before = len(list(PROC.joinpath("self", "fd").iterdir()))
    for _ in range(20):
        await reader.read(b"break")
    assert len(list(PROC.joinpath("self", "fd").iterdir())) == before


def test_the_child_dies_with_a_parent_that_was_killed() -> None:
    """SIGKILL gives a parent no chance to say goodbye; the kernel tells the child."""
    program = (
        "import asyncio\n"
        "from handlers.reading.reader import ChildReader\n"
        "async def main():\n"
        "    reader = ChildReader()\n"
        "    await reader.read(b'no photo')\n"
        "    print(reader._children[0]._process.pid, flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert lives(child)
    os.kill(parent.pid, signal.SIGKILL)
    parent.communicate()
    while lives(child):
        pass


async def test_a_machine_that_stops_politely_lets_the_photo_at_hand_be_read() -> None:
    """A platform sends SIGTERM to every process; only the worker may act on it."""
    reader = ChildReader()
    photo = sample_set(datetime(2026, 11, 20, tzinfo=UTC), run="polite")[0].jpeg
    await reader.read(b"wakes the child up")
    child = reader._children[0]._process
    assert child is not None
    os.killpg(child.pid, signal.SIGTERM)
    reading = asyncio.create_task(reader.read(photo))
    await asyncio.sleep(0)
    os.killpg(child.pid, signal.SIGTERM)
    outcome = await reading
    assert isinstance(outcome, Reading)
    assert child.returncode is None
    await reader.aclose()


async def test_a_child_without_memory_answers_and_the_next_photo_is_read() -> None:
    """The limit is the child's own: the machine never swaps because of one photo."""
    photo = sample_set(datetime(2026, 11, 20, tzinfo=UTC), run="memory")[0].jpeg
    starved = ChildReader(settings=ChildSettings(memory_bytes=180 * 1024 * 1024))
    outcome = await starved.read(photo)
    await starved.aclose()
    assert isinstance(outcome, Unreadable)
    assert outcome.reason == "reading_failed"


async def test_a_real_photo_is_read_in_a_real_child() -> None:
    """The time keeps its zone on the way back."""
    photo = sample_set(datetime(2026, 11, 20, tzinfo=UTC), run="child")[0].jpeg
    reader = ChildReader()
    outcome = await reader.read(photo)
    await reader.aclose()
    assert isinstance(outcome, Reading)
    assert outcome.total_kopecks == 9700
    assert outcome.purchased_at is not None
    assert str(outcome.purchased_at.tzinfo) == "Europe/Kyiv"
