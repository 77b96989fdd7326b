"""What a photo may take of memory, and that a queue of photos fills the cores."""

import os

import pytest

from handlers.ports import Reading
from tests.benchmarks.photos import PROFILES, peak_of, photos, queue_ratio

#: A dyno of 512 MB holds the small one beside everything else.
MIB_MAX = {"normal": 450, "small": 250}
#: On quiet cores the ratio is at least 0.9, as ``python -m tests.benchmarks.photos`` prints;
#: tests share theirs with other tests, and here it only shows that children work at once.
FILLED_MIN_AMONG_TESTS = 1.05 if len(os.sched_getaffinity(0)) > 1 else 0.5


@pytest.mark.parametrize("profile", list(PROFILES))
@pytest.mark.parametrize("name", ["12 MP", "messenger", "smeared", "long receipt"])
async def test_a_photo_is_read_within_its_memory(profile: str, name: str) -> None:
    """A child and its Tesseract together, at their peak; and the total is right all the same."""
    peak, outcome = await peak_of(photos()[name], PROFILES[profile])
    assert isinstance(outcome, Reading)
    assert outcome.total_kopecks == (584400 if name == "long receipt" else 9700)
    assert peak.together_mib <= MIB_MAX[profile], peak
    assert (peak.tesseract_kib > 0) == (name == "smeared")


async def test_two_children_read_more_than_one() -> None:
    """Photos of one queue are read at once, or another core would be bought for nothing."""
    one, both = await queue_ratio(2, photos()["messenger"], 4)
    assert both > FILLED_MIN_AMONG_TESTS * one
