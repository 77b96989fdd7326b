"""When people may be disturbed unasked: by day, in Kyiv. Pure."""

from datetime import UTC, datetime, time, timedelta

from eventstore.identity import KYIV

#: Nobody is disturbed from here on until the morning.
NIGHT_BEGINS = time(21)
NIGHT_ENDS = time(9)


def by_day(moment: datetime) -> datetime:
    """Return ``moment``, or the end of the night in Kyiv that it falls into."""
    there = moment.astimezone(KYIV)
    if NIGHT_ENDS <= there.time() < NIGHT_BEGINS:
        return moment
    evening = there.time() >= NIGHT_BEGINS
    morning = there.date() + timedelta(days=1 if evening else 0)
    return datetime.combine(morning, NIGHT_ENDS, tzinfo=KYIV).astimezone(UTC)
