"""Links that sign staff in: once, in time, by wishes that may be repeated."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from eventstore.attachments import FolderAttachments
from eventstore.catalogue import StaffInvited
from eventstore.identity import ShopperId, invitation_stream, session_stream
from eventstore.pool import Pool
from eventstore.vault import Vault
from handlers.commands import (
    Commands,
    InvitationExpired,
    InvitationRefused,
    InvitationSpent,
    InvitationUnknown,
    console_link,
)
from handlers.people.staff_wishes import INVITATION_LASTS, SESSION_LASTS
from tests.story import a_store

OLENA = ShopperId("0123456789abcdef")
START = datetime(2026, 11, 27, 12, tzinfo=UTC)


class Desk:
    """Commands whose clock a test sets."""

    def __init__(self, pool: Pool, attachments: Path) -> None:
        self.now = START
        self.store = a_store(pool)
        self.vault = Vault(pool=pool, secret=b"s" * 32)
        self.commands = Commands(
            store=self.store,
            attachments=FolderAttachments(root=attachments),
            vault=self.vault,
            clock=lambda: self.now,
        )

    async def invitations(self) -> list[StaffInvited]:
        """Return every invitation in the log."""
        rows = await self.store.pool.fetch("SELECT event_id FROM events ORDER BY position")
        told = await self.store.read_events([row["event_id"] for row in rows])
        return [fact.event for fact in told if isinstance(fact.event, StaffInvited)]

    async def token(self) -> str:
        """Invite Olena and return the secret that only she can open."""
        await self.commands.invite_staff(OLENA, wish=f"w{len(await self.invitations())}")
        sealed = (await self.invitations())[-1].token_sealed
        return (await self.vault.open(OLENA, "invitation", sealed)).decode()


@pytest.fixture
def desk(pool: Pool, tmp_path: Path) -> Desk:
    """A desk over a fresh log."""
    return Desk(pool, tmp_path)


async def test_the_same_wish_makes_one_link(desk: Desk) -> None:
    """Repeated after a crash, or by two processes at once."""
    wishes = (desk.commands.invite_staff(OLENA, wish="17") for _ in range(5))
    await asyncio.gather(*wishes)
    await desk.commands.invite_staff(OLENA, wish="17")
    (invited,) = await desk.invitations()
    assert (invited.staff, invited.until) == (OLENA, START + INVITATION_LASTS)
    await desk.commands.invite_staff(OLENA, wish="18")
    assert len(await desk.invitations()) == 2


async def test_a_link_signs_one_browser_in_for_a_day(desk: Desk) -> None:
    """Its cookie is a secret of its own and says who it is until the time is over."""
    token = await desk.token()
    cookie = await desk.commands.use_invitation(token)
    assert cookie != token
    assert await desk.commands.staff_of(cookie) == OLENA
    assert await desk.commands.staff_of(token) is None
    desk.now = START + SESSION_LASTS - timedelta(seconds=1)
    assert await desk.commands.staff_of(cookie) == OLENA
    desk.now = START + SESSION_LASTS
    assert await desk.commands.staff_of(cookie) is None


async def test_of_two_simultaneous_uses_one_wins(desk: Desk) -> None:
    """The other is told that the link was used, and no second session exists."""
    token = await desk.token()
    uses = await asyncio.gather(
        *(desk.commands.use_invitation(token) for _ in range(4)), return_exceptions=True
    )
    assert sorted(type(use) is InvitationSpent for use in uses) == [False, True, True, True]
    sessions = "SELECT count(*) FROM events WHERE type = 'StaffSignedIn'"
    assert await desk.store.pool.fetchval(sessions) == 1


async def no_link(desk: Desk) -> str:
    """Return a secret that nobody made."""
    return "made-up"


async def late(desk: Desk) -> str:
    """Return the secret of a link that is just too old."""
    token = await desk.token()
    desk.now += INVITATION_LASTS
    return token


async def spent(desk: Desk) -> str:
    """Return the secret of a link that was used, however long ago."""
    token = await desk.token()
    await desk.commands.use_invitation(token)
    desk.now += INVITATION_LASTS
    return token


@pytest.mark.parametrize(
    ("make", "error"),
    [(no_link, InvitationUnknown), (late, InvitationExpired), (spent, InvitationSpent)],
)
async def test_a_link_that_opens_nothing_says_why(
    desk: Desk, make: Callable[[Desk], Awaitable[str]], error: type[InvitationRefused]
) -> None:
    """And what to do: ask the bot for another."""
    token = await make(desk)
    with pytest.raises(error, match="send /console to the bot") as refused:
        await desk.commands.use_invitation(token)
    assert isinstance(refused.value, InvitationRefused)
    assert token not in str(refused.value)


async def test_signing_out_ends_a_session_and_no_other(desk: Desk) -> None:
    """Twice is once; whoever is not signed in adds nothing."""
    first = await desk.commands.use_invitation(await desk.token())
    second = await desk.commands.use_invitation(await desk.token())
    await desk.commands.sign_out("made-up")
    await asyncio.gather(*(desk.commands.sign_out(first) for _ in range(3)))
    await desk.commands.sign_out(first)
    assert await desk.commands.staff_of(first) is None
    assert await desk.commands.staff_of(second) == OLENA
    assert len(await desk.store.read_stream(session_stream(first))) == 2


async def test_no_secret_stands_in_the_log(desk: Desk) -> None:
    """Neither in a fact nor in a stream's name; who reads the log signs in nowhere."""
    token = await desk.token()
    cookie = await desk.commands.use_invitation(token)
    await desk.commands.sign_out(cookie)
    log = str(await desk.store.pool.fetch("SELECT events::text FROM events"))
    for secret in (token, cookie):
        assert secret not in log
        assert secret[:12] not in log
    assert invitation_stream(token) in log
    assert session_stream(cookie) in log


def test_a_link_is_the_public_address_and_the_secret() -> None:
    """Whether or not the address ends in a slash."""
    for address in ("https://cashbot.example", "https://cashbot.example/"):
        assert console_link(address, "t") == "https://cashbot.example/console/enter/t"
