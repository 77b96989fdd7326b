"""Starts the product's processes with Telegram on loopback."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from tests.processes import a_python
from tests.telegram_server.server import TelegramServer


@asynccontextmanager
async def a_product(
    *arguments: str,
    telegram: TelegramServer,
    home: Path,
    env: Mapping[str, str],
    lines: Path | None = None,
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the product with ``arguments``, such as "run"; killed at the end if it still runs.

    ``home`` is a folder for the file of the server's key; ``lines`` is as in ``a_python``.
    """
    key = home / "telegram_key.json"
    telegram.public_key.write(key)
    module = ("-m", "tests.telegram_server.product")
    where = ("--port", str(telegram.port), "--key", str(key), "--")
    async with a_python(*module, *where, *arguments, env=env, lines=lines) as process:
        yield process
