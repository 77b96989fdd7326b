"""Where the next start goes on is never beyond a message that is not finished."""

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot.connection.watermark import AHEAD_MAX, SEEN_MAX, Place, Progress, Watermark

START = Progress(Place(pts=0, qts=0, date=0), ())


class Reading(RuleBasedStateMachine):
    """A Telegram of numbered messages, read by pushes and differences in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.written = 0
        self.handed_out: list[int] = []
        self.done: set[int] = set()
        self.watermark = Watermark(START)
        self.furthest = START.place
        self.born_at = 0

    @rule()
    def write(self) -> None:
        """Somebody writes; the push gets lost."""
        self.written += 1

    @rule()
    def write_and_push(self) -> None:
        """Somebody writes, and the push arrives."""
        self.written += 1
        self.push(self.written)

    @precondition(lambda self: self.written > self.born_at)
    @rule(data=st.data())
    def push_again(self, data: st.DataObject) -> None:
        """A push arrives late, or a second time; what another process read is not pushed."""
        self.push(data.draw(st.integers(self.born_at + 1, self.written)))

    @rule(upto=st.floats(0, 1))
    def read(self, upto: float) -> None:
        """Read a difference, or the first part of one."""
        asked = self.watermark.newest.pts
        until = asked + round((self.written - asked) * upto)
        ids = range(asked + 1, until + 1)
        self.handed_out += self.watermark.read(Place(until, 0, 0), list(ids))

    @precondition(lambda self: self.open())
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        """A worker finishes any message that it has in hand."""
        message_id = data.draw(st.sampled_from(self.open()))
        self.done.add(message_id)
        self.watermark.finished(message_id)

    @rule()
    def die(self) -> None:
        """The process dies, and the next one goes on from what was kept."""
        kept = self.watermark.progress()
        self.watermark = Watermark(kept)
        self.handed_out = [
            message_id
            for message_id in self.handed_out
            if message_id <= kept.place.pts or message_id in kept.finished
        ]
        self.furthest = kept.place
        self.born_at = kept.place.pts

    @invariant()
    def nothing_unfinished_lies_behind(self) -> None:
        """All up to the kept place is done, and so is what is kept beside it."""
        kept = self.watermark.progress()
        assert set(range(1, kept.place.pts + 1)) <= self.done
        assert set(kept.finished) <= self.done

    @invariant()
    def it_never_goes_back(self) -> None:
        """The kept place only grows."""
        place = self.watermark.progress().place
        assert place >= self.furthest
        self.furthest = place

    @invariant()
    def nothing_is_handed_out_twice(self) -> None:
        """A message that was finished and kept is handed out once."""
        assert len(set(self.handed_out)) == len(self.handed_out)

    def teardown(self) -> None:
        """Read to the end and finish all: the place is the newest, with nothing beside it."""
        self.read(1.0)
        for message_id in self.open():
            self.watermark.finished(message_id)
        kept = self.watermark.progress()
        assert kept == Progress(self.watermark.newest, ())
        assert kept.place.pts == self.written

    def push(self, message_id: int) -> None:
        """Let a push of ``message_id`` arrive."""
        if self.watermark.arrived(message_id):
            self.handed_out.append(message_id)

    def open(self) -> list[int]:
        """Return what was handed out and is not done."""
        return sorted(set(self.handed_out) - self.done)


TestReading = Reading.TestCase
TestReading.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


@given(st.integers(1, 50))
def test_what_is_remembered_has_a_limit(more: int) -> None:
    """Pushes alone, without a difference, fill neither memory nor the kept row."""
    watermark = Watermark(START)
    for message_id in range(1, SEEN_MAX + more):
        watermark.arrived(message_id)
        watermark.finished(message_id)
    kept = watermark.progress()
    assert len(kept.finished) == AHEAD_MAX
    assert kept.finished[-1] == SEEN_MAX + more - 1
    assert kept.place == START.place
