"""A reminder that waited is said by day, within a day, to who is still here and sent nothing."""

from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from bot.answers import Answers, Settings
from bot.concerns import concerned
from bot.messenger import NotNow
from bot.words.notice import Notice
from eventstore.catalogue import ReminderDue
from eventstore.daytime import by_day
from eventstore.identity import KYIV, ShopperId, reminder_stream, shopper_stream
from eventstore.pool import Pool
from tests.handlers.people.leaving import Office
from tests.story import CONTEXT, append_of

ANN = ShopperId("ann")


@pytest.fixture
async def office(pool: Pool, tmp_path: Path) -> Office:
    """Where Ann agreed, and is to be reminded."""
    office = Office(pool=pool, folder=tmp_path / "attachments")
    await office.start(ANN)
    await office.arrive("ann")
    await office.store.append(append_of(reminder_stream(ANN), ReminderDue()), context=CONTEXT)
    return office


async def said_at(office: Office, moment: datetime) -> Notice | None:
    """Return what is said because of the reminder at a moment."""
    (due,) = await office.store.read_stream(reminder_stream(ANN))
    (concern,) = await concerned(office.store, due, staff=frozenset())
    answers = Answers(
        store=office.store, vault=office.vault, settings=Settings(), clock=lambda: moment
    )
    own = await office.store.read_stream(shopper_stream(ANN))
    return await answers.to(due, concern, own=own)


async def test_it_is_said_by_day(office: Office) -> None:
    """Also when it waited for hours."""
    told = await said_at(office, by_day(office.now))
    assert told is not None
    assert told.key == "reminder"


async def test_at_night_it_waits_for_the_morning(office: Office) -> None:
    """However it got there: nobody's phone rings."""
    night = office.now.astimezone(KYIV).replace(hour=23, minute=0, second=0, microsecond=0)
    with pytest.raises(NotNow) as waits:
        await said_at(office, night)
    assert waits.value.seconds == 10 * 3600


async def test_a_day_later_it_is_not_said(office: Office) -> None:
    """An outage or a flood took that long."""
    assert await said_at(office, by_day(office.now + timedelta(days=1, minutes=1))) is None


async def test_who_sent_a_receipt_meanwhile_is_not_reminded(office: Office) -> None:
    """It would be wrong."""
    await office.commands.record_upload(
        ANN, b"\xff\xd8\xff" + uuid4().bytes, source="telegram", upload_id="1"
    )
    assert await said_at(office, by_day(office.now)) is None


async def test_who_is_leaving_is_not_reminded(office: Office) -> None:
    """They want to hear no more of us."""
    await office.commands.request_forgetting(ANN, reason="/delete_me", actor="shopper")
    assert await said_at(office, by_day(office.now)) is None
