"""What Telegram does to a bot in trouble, as the real client feels it."""

import asyncio
import time
from pathlib import Path

import pytest
from pyrogram import errors
from pyrogram.session import Session

from tests.telegram_server.clients import Clients, echo, leave
from tests.telegram_server.keys import ServerKey
from tests.telegram_server.people import Person
from tests.telegram_server.server import TelegramServer
from tests.telegram_server.tl import F


def met(telegram: TelegramServer) -> Person:
    """Return a person who wrote to the bot."""
    person = telegram.person()
    person.say("hi")
    return person


async def test_a_short_flood_is_waited_out(telegram: TelegramServer, new_client: Clients) -> None:
    """The library sleeps a second itself when told so, then sends once."""
    client = new_client()
    await client.start()
    ann = met(telegram)
    telegram.faults["messages.SendMessage"].append((420, "FLOOD_WAIT_1"))
    before = time.monotonic()
    await client.send_message(ann.id, "late")
    assert time.monotonic() - before >= 1
    assert [shown.text for shown in ann.screen] == ["late"]


async def test_a_long_flood_is_raised(telegram: TelegramServer, new_client: Clients) -> None:
    """A minute is not slept but told to the caller; the next call goes through."""
    client = new_client()
    await client.start()
    ann = met(telegram)
    telegram.faults["messages.SendMessage"].append((420, "FLOOD_WAIT_60"))
    with pytest.raises(errors.FloodWait) as raised:
        await client.send_message(ann.id, "later")
    assert raised.value.value == 60
    await client.send_message(ann.id, "now")
    assert [shown.text for shown in ann.screen] == ["now"]


async def test_people_shut_the_door(telegram: TelegramServer, new_client: Clients) -> None:
    """Who blocks the bot or leaves Telegram gets nothing; who unblocks it gets the next."""
    client = new_client()
    await client.start()
    ann, bob = met(telegram), met(telegram)
    ann.block_bot()
    with pytest.raises(errors.UserIsBlocked):
        await client.send_message(ann.id, "1")
    ann.unblock_bot()
    await client.send_message(ann.id, "2")
    bob.delete_account()
    with pytest.raises(errors.InputUserDeactivated):
        await client.send_message(bob.id, "3")
    assert [[shown.text for shown in each.screen] for each in (ann, bob)] == [["2"], []]


async def test_a_revoked_key_is_told_at_once(
    telegram: TelegramServer, new_client: Clients, tmp_path: Path
) -> None:
    """Under a key that was revoked every method fails, in mid-life and at the next start."""
    client = new_client(workdir=tmp_path)
    await client.start()
    ann = met(telegram)
    telegram.revoke_key()
    with pytest.raises(errors.AuthKeyUnregistered):
        await client.send_message(ann.id, "anybody?")
    await leave(client)
    with pytest.raises(errors.AuthKeyUnregistered):
        await new_client(workdir=tmp_path).start()
    assert telegram.logins == 1


async def test_a_forgotten_key_lets_nobody_in(
    telegram: TelegramServer,
    new_client: Clients,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Under a key that the server forgot a start ends in nothing; with a new key it works."""
    client = new_client(workdir=tmp_path)
    await client.start()
    await client.stop()
    telegram.forget_keys()
    with monkeypatch.context() as patience:
        patience.setattr(Session, "START_TIMEOUT", 0.2)  # instead of two seconds, …
        patience.setattr(Session, "WAIT_TIMEOUT", 0.2)  # … and of fifteen, ten times
        locked_out = new_client(workdir=tmp_path)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await locked_out.start()
        await leave(locked_out)
    assert telegram.logins == 1
    fresh = new_client()
    await fresh.start()
    assert telegram.logins == 2


async def test_two_processes_lose_their_key(telegram: TelegramServer, new_client: Clients) -> None:
    """Two clients at once under one key lose it both; one after the other may have it."""
    first = new_client()
    await first.start()
    session = await first.export_session_string()
    await first.stop()
    second, third = new_client(session_string=session), new_client(session_string=session)
    await second.start()
    ann = met(telegram)
    with pytest.raises(errors.AuthKeyDuplicated):
        await third.start()
    with pytest.raises(errors.AuthKeyDuplicated):
        await second.send_message(ann.id, "anybody?")
    assert telegram.logins == 1


async def test_another_salt_changes_nothing(telegram: TelegramServer, new_client: Clients) -> None:
    """When the server wants another salt, the client sends again, and hears on."""
    client = new_client()
    echo(client)
    await client.start()
    ann = telegram.person()
    salts = set()
    for text in ("before", "after"):
        telegram.rotate_salt()
        ann.say(text)
        await ann.sees(f"heard: {text}")
        assert client.session is not None
        salts.add(client.session.salt)
    assert len(ann.screen) == len(salts) == 2


async def test_nothing_is_said_twice(telegram: TelegramServer, new_client: Clients) -> None:
    """What comes with a random id that was used is refused, shown to nobody, and written down."""
    client = new_client()
    await client.start()
    ann = met(telegram)
    await client.send_message(ann.id, "once")
    request = F.messages.SendMessage(
        peer=await client.resolve_peer(ann.id), message="once", random_id=ann.screen[0].random_id
    )
    with pytest.raises(TimeoutError):  # the library takes a 500 for something that passes
        await client.invoke(request, retries=1, retry_delay=0)
    assert len(ann.screen) == 1
    assert telegram.duplicates == [ann.screen[0].random_id]


async def test_a_bot_must_have_a_token(telegram: TelegramServer, new_client: Clients) -> None:
    """What is no token lets nobody in, and a flood at the door is told."""
    with pytest.raises(errors.AccessTokenInvalid):
        await new_client(bot_token="secret").start()
    telegram.faults["auth.ImportBotAuthorization"].append((420, "FLOOD_WAIT_1500"))
    with pytest.raises(errors.FloodWait):
        await new_client().start()
    assert telegram.logins == 0


async def test_an_unknown_method_is_trouble(telegram: TelegramServer, new_client: Clients) -> None:
    """A test whose bot called what the server lacks must fail, whatever the bot made of it."""
    client = new_client()
    await client.start()
    with pytest.raises(errors.BadRequest):
        await client.get_bot_info_description()
    assert telegram.troubles == ["no method bots.GetBotInfo"]
    telegram.troubles.clear()


async def test_noise_is_trouble(telegram: TelegramServer) -> None:
    """What comes and is no client's is hung up on, and told."""
    reader, writer = await asyncio.open_connection("127.0.0.1", telegram.port)
    writer.write(b"GET / HTTP/1.1\r\n" * 8)
    assert await reader.read() == b""
    writer.close()
    assert len(telegram.troubles) == 1
    assert "unknown kind" in telegram.troubles.pop()


async def test_a_test_that_met_trouble_fails(telegram_key: ServerKey) -> None:
    """Leaving a server that was in trouble raises, unless the test fails of something else."""
    with pytest.raises(AssertionError, match="no method x"):
        async with TelegramServer(telegram_key) as server:
            server.troubles.append("no method x")
    with pytest.raises(ZeroDivisionError):
        async with TelegramServer(telegram_key) as server:
            server.troubles.append("no method x")
            raise ZeroDivisionError
