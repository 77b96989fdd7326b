"""The product as a process of its own that takes the server of the tests for Telegram.

``python -m tests.telegram_server.product --port N --key FILE -- run`` is ``cashbot run`` there.
"""

import argparse
import sys
from pathlib import Path

import cashbot
from bot.connection.types_on_use import import_types_on_use
from tests.telegram_server.keys import PublicKey


def main() -> None:
    """Point this process at the server, then be the product."""
    import_types_on_use()
    from tests.telegram_server.pointing import pointed_at  # it imports the library

    parser = argparse.ArgumentParser(description="cashbot, with Telegram on loopback")
    parser.add_argument("--port", type=int, required=True, help="where the server listens")
    parser.add_argument("--key", type=Path, required=True, help="file of its public key")
    parser.add_argument("arguments", nargs="*", help="what the product is asked")
    options = parser.parse_args()
    sys.argv = ["cashbot", *options.arguments]
    with pointed_at(options.port, PublicKey.read(options.key)):
        cashbot.main()


if __name__ == "__main__":
    main()
