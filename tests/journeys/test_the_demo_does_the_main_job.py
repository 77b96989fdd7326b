"""One command on a machine with nothing set: seven receipts, one of them paid, once."""

import json
import re
from pathlib import Path

import pytest

from handlers.samples import made_up_phone
from tests.processes import cashbot, environment

#: Facts of the seven samples besides what was said: three per shopper and upload, what handlers
#: add, and the one that says where the log lives.
EVENTS = 56


@pytest.mark.timeout(180)
async def test_the_demo_pays_exactly_the_eligible_sample(tmp_path: Path) -> None:
    """Every sample has its outcome, one top-up was booked, and the caller's variables count not."""
    env = environment(DATABASE_URL="postgres://nowhere.invalid/x", PORTMONE_LOGIN="half a group")

    status, out, talk = await cashbot("demo", "--once", env=env | {"TMPDIR": str(tmp_path)})

    assert status == 0, talk
    report = json.loads(out.splitlines()[-1])
    assert report.pop("seconds") > 0
    assert report == {
        "receipts": 7,
        "paid": 1,
        "rejected": 4,
        "review": 1,
        "unreadable": 1,
        "paid_twice": 0,
        "told": 7,
        "events": EVENTS,
    }
    assert list(tmp_path.iterdir()) == []


def test_no_run_of_the_demo_names_the_phones_of_another() -> None:
    """A phone of many accounts is a matter for a person: the demo would stop paying."""
    phones = {made_up_phone(f"sample:{run}/{name}") for run in range(100) for name in range(7)}
    assert len(phones) > 690
    assert all(re.fullmatch(r"3806700\d{5}", phone) for phone in phones)
