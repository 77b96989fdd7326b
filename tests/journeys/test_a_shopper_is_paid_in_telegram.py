"""A shopper writes to the bot and gets the hryvnia: all of it real but the two far ends."""

from pathlib import Path

import pytest

from tests.journeys.telegram import journey
from tests.telegram_server.keys import ServerKey


@pytest.mark.timeout(180)
async def test_a_shopper_goes_from_start_to_paid(
    telegram_key: ServerKey, database_url: str, tmp_path: Path
) -> None:
    """Start, consent, phone, photo: read and paid by the product's processes, and told so."""
    assert await journey(telegram_key, database_url=database_url, home=tmp_path, run="one") > 0
