"""Points the real client here: until left, every Client of this process speaks with the server."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyrogram
from pyrogram.connection import Connection
from pyrogram.crypto import rsa

from tests.telegram_server.keys import PublicKey, ServerKey

HOST = "127.0.0.1"


@contextmanager
def pointed_at(port: int, key: PublicKey | ServerKey) -> Iterator[None]:
    """Let clients made inside connect to ``port`` of this machine and trust ``key``."""
    known = key.public if isinstance(key, ServerKey) else key

    class Loopback(Connection):
        """A connection to the server, whatever address the library knows."""

        def __init__(self, **options: Any) -> None:
            """Connect to the server of the tests."""
            super().__init__(**(options | {"server_address": HOST, "port": port}))

    made: Any = pyrogram.Client
    original = made.__init__

    @functools.wraps(original)
    def pointed(client: pyrogram.Client, *arguments: Any, **options: Any) -> None:
        original(client, *arguments, **(options | {"connection_factory": Loopback}))

    made.__init__ = pointed
    rsa.server_public_keys[known.fingerprint] = rsa.PublicKey(m=known.modulus, e=known.exponent)
    try:
        yield
    finally:
        made.__init__ = original
        del rsa.server_public_keys[known.fingerprint]
