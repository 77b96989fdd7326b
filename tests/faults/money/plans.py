"""What can happen to a few receipts on their way to money, drawn by a hypothesis state machine.

A plan is drawn before anything happens, so that it depends on the seed alone, never on how fast
a machine is: history 137 of seed 1 is the same on every machine, with any number of lanes.
"""

from collections.abc import Iterator
from itertools import count
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from eventstore.catalogue import PayoutStep
from handlers.gateways.sandbox_script import Behaviour
from tests.faults.money.steps import (
    CallbacksArrive,
    Forge,
    Forgery,
    Misbehave,
    Pause,
    PayByHand,
    Plan,
    Repeat,
    Resume,
    Step,
    TimePasses,
    Unpaid,
    Upload,
    UploadAgain,
    Work,
)
from tests.faults.money.workers import Death
from tests.handlers.gateways.paying import TRANSIENT

#: What happens in one history, the beginning and the end left out.
STEPS = 8
#: Papers with which a history begins, each another shopper's.
PAPERS_FIRST_MAX = 2
#: Papers of one history; each may be uploaded again.
PAPERS_MAX = 3
#: Workers at once, of a database with a hundred connections.
WORKERS_MAX = 3
#: From the first look for work to a paid bonus there are fewer statements than this.
STATEMENTS_MAX = 60
#: Bills are asked for, paid, and each has a before and an after.
REQUESTS_MAX = 4
#: Plans drawn together: hypothesis begins each chunk with small ones and avoids repetition.
CHUNK = 200

HIDDEN = [
    Behaviour(answer="drop"),
    Behaviour(answer="drop", books=False),
    Behaviour(answer="garbage"),
    Behaviour(answer="garbage", books=False),
    Behaviour(answer="http_500"),
    Behaviour(answer="http_500", books=False),
    # Nobody tells in time that it was done: whoever tries again pays twice.
    Behaviour(answer="drop", callback="lost"),
    Behaviour(answer="drop", callback="late", delay_seconds=0.05),
    Behaviour(answer="garbage", callback="lost"),
    Behaviour(answer="garbage", callback="late"),
    Behaviour(answer="http_500", callback="lost"),
    Behaviour(answer="http_500", callback="late"),
]
TRY_AGAIN = Behaviour(answer="fail", fail_code=TRANSIENT)
REFUSALS = [Behaviour(answer="fail"), TRY_AGAIN, TRY_AGAIN, TRY_AGAIN]
CALLBACKS = [
    Behaviour(callback="twice"),
    Behaviour(callback="lost"),
    Behaviour(callback="early"),
    Behaviour(callback="late"),
    Behaviour(callback="fail"),
    Behaviour(callback="ok_then_fail"),
    Behaviour(callback="late", delay_seconds=0.05),
]

SHOPPERS = st.integers(0, 1)
BANK_STEPS = st.sampled_from(["create", "pay", "pay"])
DEATHS = st.one_of(
    st.builds(Death, st.just("statement"), st.integers(0, STATEMENTS_MAX)),
    st.builds(Death, st.just("request"), st.integers(0, REQUESTS_MAX - 1)),
)


class Planning(RuleBasedStateMachine):
    """Draws one plan step by step; a rule holds where its step makes sense."""

    def __init__(self, drawn: list[Plan]) -> None:
        super().__init__()
        self._drawn = drawn
        self._pays = True
        self._statement: Unpaid | None = None
        self._begun: list[Step] = []
        self._steps: list[Step] = []

    @initialize(
        pays=st.sampled_from([True] * 7 + [False]),
        statement=st.sampled_from([None, None, "open", "failed"]),
        papers=st.integers(1, PAPERS_FIRST_MAX),
    )
    def begin(self, pays: bool, statement: Unpaid | None, papers: int) -> None:
        """One or two shoppers send a paper each."""
        self._pays, self._statement = pays, statement
        self._begun = [Upload(paper=n, shopper=n, doubtful=False) for n in range(papers)]

    @precondition(lambda self: self._papers < PAPERS_MAX)
    @rule(shopper=SHOPPERS, doubtful=st.sampled_from([False, False, False, True]))
    def upload(self, shopper: int, doubtful: bool) -> None:
        """One more paper comes in."""
        self._do(Upload(paper=self._papers, shopper=shopper, doubtful=doubtful))

    @rule(data=st.data(), shopper=SHOPPERS, misread=st.booleans())
    def upload_again(self, data: Any, shopper: int, misread: bool) -> None:
        """A paper comes in once more."""
        paper = data.draw(st.integers(0, self._papers - 1))
        self._do(UploadAgain(paper=paper, shopper=shopper, misread=misread))

    @rule(shopper=SHOPPERS, step=BANK_STEPS, behaviour=st.sampled_from(HIDDEN))
    def hide_an_outcome(self, shopper: int, step: PayoutStep, behaviour: Behaviour) -> None:
        """The bank does a step, or does not, and gives no answer that tells."""
        self._do(Misbehave(shopper=shopper, step=step, behaviour=behaviour))

    @rule(
        shopper=SHOPPERS,
        step=BANK_STEPS,
        behaviour=st.sampled_from(REFUSALS),
        times=st.integers(1, 4),
    )
    def refuse(self, shopper: int, step: PayoutStep, behaviour: Behaviour, times: int) -> None:
        """The bank says no, for good or for now."""
        self._do(Misbehave(shopper=shopper, step=step, behaviour=behaviour, times=times))

    @rule(shopper=SHOPPERS, behaviour=st.sampled_from(CALLBACKS))
    def call_back_oddly(self, shopper: int, behaviour: Behaviour) -> None:
        """The bank tells the end of a bill at another time than it should."""
        self._do(Misbehave(shopper=shopper, step="pay", behaviour=behaviour))

    @rule(workers=st.integers(1, WORKERS_MAX))
    def work(self, workers: int) -> None:
        """Workers do what is due."""
        self._do(Work(deaths=(None,) * workers))

    @rule(death=DEATHS)
    def die(self, death: Death) -> None:
        """A worker is killed while it does so."""
        self._do(Work(deaths=(death,)))

    @rule(death=DEATHS, other=st.one_of(st.none(), DEATHS))
    def die_beside_others(self, death: Death, other: Death | None) -> None:
        """One is killed beside another that may be killed too."""
        self._do(Work(deaths=(death, other)))

    @rule()
    def time_passes(self) -> None:
        """An hour goes by."""
        self._do(TimePasses())

    @rule(late=st.booleans())
    def callbacks_arrive(self, late: bool) -> None:
        """What the bank owes is delivered."""
        self._do(CallbacksArrive(late=late))

    @rule(times=st.integers(2, 20))
    def repeat_callbacks(self, times: int) -> None:
        """The bank stutters."""
        self._do(Repeat(times=times))

    @rule(how=st.sampled_from(["wrong_token", "too_large", "bomb", "wrong_amount"]))
    def forge_a_callback(self, how: Forgery) -> None:
        """Somebody lies about the bills."""
        self._do(Forge(how=how))

    @precondition(lambda self: not self._paused)
    @rule()
    def pause(self) -> None:
        """A person holds all money."""
        self._do(Pause())

    @precondition(lambda self: self._paused)
    @rule()
    def resume(self) -> None:
        """A person lets it go."""
        self._do(Resume())

    @precondition(lambda self: not self._pays)
    @rule()
    def pay_by_hand(self) -> None:
        """The clerk pays what rests."""
        self._do(PayByHand())

    @property
    def _papers(self) -> int:
        return sum(isinstance(step, Upload) for step in [*self._begun, *self._steps])

    @property
    def _paused(self) -> bool:
        switched = [step for step in self._steps if isinstance(step, Pause | Resume)]
        return bool(switched) and isinstance(switched[-1], Pause)

    def _do(self, step: Step) -> None:
        self._steps.append(step)
        if len(self._steps) == STEPS:
            steps = (*self._begun, *self._steps)
            self._drawn.append(Plan(self._pays, steps, self._statement))


def plans_of(seed_number: int) -> Iterator[Plan]:
    """Yield the plans of a seed, without end; the first ones are the same however many follow."""
    for chunk in count():
        yield from dict.fromkeys(_drawn(f"{seed_number}/{chunk}"))


def _drawn(seed_text: str) -> list[Plan]:
    drawn: list[Plan] = []

    class Drawing(Planning):
        def __init__(self) -> None:
            super().__init__(drawn)

    draw = settings(
        max_examples=CHUNK,
        stateful_step_count=1 + STEPS,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(seed(seed_text)(Drawing), settings=draw)
    return drawn
