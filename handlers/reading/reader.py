"""``ports.Reader`` over warm children, each of which is killed when its time is up."""

import asyncio
import contextlib
import os
import signal
import struct
import sys
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import msgspec
import structlog
from msgspec import structs

from eventstore.catalogue import UnreadableReason
from eventstore.identity import KYIV
from handlers.ports import Reading, Unreadable
from handlers.reading.protocol import (
    FRAME_BYTES_MAX,
    PARENT_VARIABLE,
    READER,
    Answer,
    ChildSettings,
    frame,
)

log = structlog.get_logger()

#: A page takes about a second; a 40 MP photo of noise up to fifteen.
READING_SECONDS_MAX = 30.0
#: Of our environment a child gets only this: it opens files of strangers.
_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "HOME")
#: glibc hands large pieces back at once and asks for them anew: for networks that is a third
#: of their time. Told so it keeps pieces up to 8 MB while a photo is read.
_MEMORY_GOES_BACK = {"MALLOC_MMAP_THRESHOLD_": "262144", "MALLOC_TRIM_THRESHOLD_": "262144"}
_MEMORY_IS_KEPT = {"MALLOC_MMAP_THRESHOLD_": "8388608", "MALLOC_TRIM_THRESHOLD_": "33554432"}
_ROOT = Path(__file__).resolve().parents[2]


class ChildReader:
    """Reads photos in ``children`` processes, one photo at a time in each."""

    version = READER

    def __init__(
        self,
        *,
        settings: ChildSettings | None = None,
        children: int = 1,
        time_limit_seconds: float = READING_SECONDS_MAX,
        command: Sequence[str] | None = None,
    ) -> None:
        """Prepare; processes start with the first photo.

        ``command`` replaces the child in tests; it must speak its frames.
        """
        settings = settings or ChildSettings()
        spoken = msgspec.json.encode(settings).decode()
        ours = (sys.executable, "-m", "handlers.reading.child", spoken)
        self._time_limit_seconds = time_limit_seconds
        self._free: asyncio.Queue[_Child] = asyncio.Queue()
        memory = _MEMORY_GOES_BACK if settings.reading.gives_memory_back else _MEMORY_IS_KEPT
        self._children = [_Child(tuple(command or ours), memory) for _ in range(children)]
        for child in self._children:
            self._free.put_nowait(child)

    async def read(self, photo: bytes) -> Reading | Unreadable:
        """Read ``photo``; a hung or crashed child is an ``Unreadable``, never an exception."""
        async with self._child() as child:
            started = time.perf_counter()
            try:
                async with asyncio.timeout(self._time_limit_seconds):
                    return _outcome(await child.ask(photo))
            except TimeoutError:
                await child.kill()
                log.warning("reading.timed_out", seconds=self._time_limit_seconds)
                return _failed("reading_took_too_long", started)
            except (OSError, EOFError, msgspec.DecodeError) as crash:
                await child.kill()
                log.warning("reading.child_lost", error=type(crash).__name__)
                return _failed("reading_failed", started)
            except BaseException:
                await child.kill()
                raise

    async def aclose(self) -> None:
        """End all children; the reader starts new ones if it is asked again."""
        for child in self._children:
            await child.kill()

    @contextlib.asynccontextmanager
    async def _child(self) -> AsyncIterator["_Child"]:
        child = await self._free.get()
        try:
            yield child
        finally:
            self._free.put_nowait(child)


class _Child:
    """One process, started when needed, in a group of its own with its tesseract."""

    def __init__(self, command: tuple[str, ...], memory: dict[str, str]) -> None:
        self._command, self._memory = command, memory
        self._process: asyncio.subprocess.Process | None = None

    async def ask(self, photo: bytes) -> bytes:
        """Send a photo and return the answer's bytes.

        Raises:
            EOFError: the child ended before it answered.
            OSError: it could not be started or written to.
        """
        process = await self._started()
        if process.stdin is None or process.stdout is None:
            raise EOFError
        process.stdin.write(frame(photo))
        await process.stdin.drain()
        (length,) = struct.unpack(">I", await process.stdout.readexactly(4))
        if length > FRAME_BYTES_MAX:
            raise EOFError
        return await process.stdout.readexactly(length)

    async def kill(self) -> None:
        """Kill the whole group and reap the child."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()
        await _drain(process)

    async def _started(self) -> asyncio.subprocess.Process:
        if self._process is not None and self._process.returncode is None:
            return self._process
        await self.kill()
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,
            env=_environment() | self._memory,
        )
        return self._process


async def _drain(process: asyncio.subprocess.Process) -> None:
    """Read stdout to its end, so that its pipe is closed."""
    if process.stdout is not None:
        with contextlib.suppress(OSError):
            await process.stdout.read()


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    return kept | {
        "PYTHONPATH": str(_ROOT),
        PARENT_VARIABLE: str(os.getpid()),
        "OMP_THREAD_LIMIT": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "ORT_DISABLE_TELEMETRY": "1",
        "MALLOC_ARENA_MAX": "1",
    }


def _outcome(answer: bytes) -> Reading | Unreadable:
    said = msgspec.msgpack.decode(answer, type=Answer)
    if said.reading is not None:
        return _in_kyiv(said.reading)
    if said.unreadable is None:
        raise msgspec.DecodeError("an answer must say one of the two")
    return said.unreadable


def _in_kyiv(reading: Reading) -> Reading:
    """Give the time its zone back: only the offset travels."""
    if reading.purchased_at is None:
        return reading
    return structs.replace(reading, purchased_at=reading.purchased_at.astimezone(KYIV))


def _failed(reason: UnreadableReason, started: float) -> Unreadable:
    return Unreadable(reason=reason, preview_jpeg=None, seconds=time.perf_counter() - started)
