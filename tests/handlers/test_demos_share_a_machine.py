"""Two demos on one machine do not take each other's port."""

import asyncio

from handlers.demo import HOST, held_port


async def test_a_held_port_is_for_one_demo_and_its_web_process() -> None:
    """Another demo gets another port; a server can listen on each while it is held."""
    with held_port() as first, held_port() as second:
        assert first != second
        for port in (first, second):
            server = await asyncio.start_server(lambda *_: None, HOST, port)
            server.close()
            await server.wait_closed()
