"""The product's own processes, started as an operator starts them."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager, suppress
from pathlib import Path
from subprocess import PIPE

ROOT = Path(__file__).parent.parent


def environment(**variables: str) -> dict[str, str]:
    """Return a clean environment with just these variables of ours."""
    kept = ("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH")
    return {name: os.environ[name] for name in kept if name in os.environ} | variables


@asynccontextmanager
async def a_process(
    *arguments: str, env: Mapping[str, str], lines: Path | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run ``python -m cashbot`` as ``a_python`` does; killed at the end if it still runs."""
    async with a_python("-m", "cashbot", *arguments, env=env, lines=lines) as process:
        yield process


async def cashbot(*arguments: str, env: Mapping[str, str]) -> tuple[int, str, str]:
    """Run a command to its end; return its status, stdout and stderr."""
    return await run("-m", "cashbot", *arguments, env=env)


async def run(*arguments: str, env: Mapping[str, str]) -> tuple[int, str, str]:
    """Run this Python with ``arguments`` to its end; return its status, stdout and stderr."""
    async with a_python(*arguments, env=env) as process:
        out, talk = await process.communicate()
        assert process.returncode is not None
        return process.returncode, out.decode(), talk.decode()


@asynccontextmanager
async def a_python(
    *arguments: str, env: Mapping[str, str], lines: Path | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run this Python with ``arguments``; killed at the end if it still runs.

    All it says is added to the file ``lines``; without one to pipes, which somebody must read:
    a full one (64 KB) would stop the process.
    """
    with ExitStack() as stack:
        out = PIPE if lines is None else stack.enter_context(lines.open("ab"))
        process = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, cwd=ROOT, env=env, stdout=out, stderr=out
        )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


def resident_mib(pid: int) -> float:
    """Return how much memory the process holds, without its children."""
    status = Path("/proc", str(pid), "status").read_text(encoding="ascii")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found is not None, "Linux tells it of every process that lives"
    return int(found[1]) / 1024
