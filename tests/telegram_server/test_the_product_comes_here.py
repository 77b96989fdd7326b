"""The product's processes can be made to take a test's Telegram for the real one."""

from pathlib import Path

import pyrogram
from pyrogram.connection import Connection
from pyrogram.crypto import rsa

from tests.processes import environment
from tests.telegram_server.clients import a_client
from tests.telegram_server.keys import PublicKey, ServerKey
from tests.telegram_server.pointing import pointed_at
from tests.telegram_server.processes import a_product
from tests.telegram_server.server import TelegramServer


async def test_the_product_runs_as_ever(telegram: TelegramServer, tmp_path: Path) -> None:
    """What stands behind the server's address is the product's own command line."""
    env = environment(CASHBOT_HOME=str(tmp_path))
    async with a_product("--help", telegram=telegram, home=tmp_path, env=env) as process:
        out, talk = await process.communicate()
    assert (process.returncode, talk) == (0, b"")
    assert b"python -m cashbot" in out


def test_a_key_can_be_handed_over(telegram_key: ServerKey, tmp_path: Path) -> None:
    """A process that reads the server's key knows it by the same fingerprint."""
    file = tmp_path / "key.json"
    telegram_key.public.write(file)
    assert PublicKey.read(file) == telegram_key.public


async def test_nothing_stays_pointed(telegram: TelegramServer) -> None:
    """Once left, clients go to the real Telegram again and do not trust our key."""
    original = pyrogram.Client.__init__
    with pointed_at(telegram.port, telegram.public_key):
        assert a_client().connection_factory is not Connection
        assert telegram.public_key.fingerprint in rsa.server_public_keys
    assert a_client().connection_factory is Connection
    assert pyrogram.Client.__init__ is original
    assert telegram.public_key.fingerprint not in rsa.server_public_keys
