"""The console of a process as operators start it, for those whom the environment names."""

import asyncio
from pathlib import Path

import aiohttp

from eventstore.attachments import FolderAttachments
from eventstore.catalogue import StaffInvited
from eventstore.pool import Pool
from eventstore.vault import Vault
from handlers.commands import Commands, console_link
from tests.journeys.test_a_person_is_forgotten import a_free_port
from tests.processes import a_process, environment
from tests.story import a_store

SECRET = "5" * 64
ADMIN = 7_000_000_001


async def a_link(pool: Pool, home: Path, url: str) -> str:
    """Return the link that the bot would answer that person with."""
    vault = Vault(pool=pool, secret=bytes.fromhex(SECRET))
    store = a_store(pool)
    attachments = FolderAttachments(root=home / "attachments")
    staff = await vault.shopper_id(f"telegram:{ADMIN}")
    commands = Commands(store=store, attachments=attachments, vault=vault)
    await commands.invite_staff(staff, wish="1")
    row = await pool.fetchrow("SELECT event_id FROM events WHERE type = 'StaffInvited'")
    assert row is not None
    invited = (await store.read_events([row["event_id"]]))[0].event
    assert isinstance(invited, StaffInvited)
    token = await vault.open(staff, "invitation", invited.token_sealed)
    return console_link(url, token.decode())


async def test_who_is_on_the_list_gets_in(database_url: str, pool: Pool, tmp_path: Path) -> None:
    """By the link of the bot, with nothing but the variables of the guide."""
    port = a_free_port()
    env = environment(
        DATABASE_URL=database_url,
        ENCRYPTION_SECRET=SECRET,
        CASHBOT_HOME=str(tmp_path),
        PORT=port,
        TELEGRAM_ADMIN_IDS=f"42,{ADMIN}",
    )
    url = f"http://127.0.0.1:{port}"
    jar = aiohttp.CookieJar(unsafe=True)  # of an address, not of a name
    async with a_process("web", env=env), aiohttp.ClientSession(cookie_jar=jar) as browser:
        await served(browser, url)
        link = await a_link(pool, tmp_path, url)
        async with browser.get(f"{url}/console") as answer:
            assert answer.status == 401
        async with browser.post(link) as answer:
            assert (answer.status, answer.url.path) == (200, "/console")


async def served(browser: aiohttp.ClientSession, url: str) -> None:
    """Wait until the server answers."""
    while True:
        try:
            async with browser.get(f"{url}/healthz"):
                return
        except aiohttp.ClientConnectionError:
            await asyncio.sleep(0)
