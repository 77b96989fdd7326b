"""What can happen in a history, step by step; a plan is a row of these."""

from typing import Literal

from msgspec import Struct

from eventstore.catalogue import PayoutStep
from handlers.gateways.sandbox_script import Behaviour
from tests.faults.money.workers import Death

Unpaid = Literal["open", "failed"]
Forgery = Literal["wrong_token", "too_large", "bomb", "wrong_amount"]


class Upload(Struct, frozen=True):
    """A shopper sends a paper for the first time."""

    paper: int
    shopper: int
    #: a person must look at it
    doubtful: bool


class UploadAgain(Struct, frozen=True):
    """A paper comes in once more: by another shopper, or as a photo whose number was misread."""

    paper: int
    shopper: int
    misread: bool


class Misbehave(Struct, frozen=True):
    """The bank does so to the next calls about a shopper's phone."""

    shopper: int
    step: PayoutStep
    behaviour: Behaviour
    times: int = 1


class Work(Struct, frozen=True):
    """Worker processes work at once; those with a death are killed there."""

    deaths: tuple[Death | None, ...]


class TimePasses(Struct, frozen=True):
    """An hour goes by: leases end, pauses are over."""


class CallbacksArrive(Struct, frozen=True):
    """What the bank owes is delivered; ``late``: what it kept back too."""

    late: bool


class Repeat(Struct, frozen=True):
    """Each callback that was true so far is delivered again, so often at the same moment."""

    times: int


class Forge(Struct, frozen=True):
    """Somebody else than the bank calls back, or the bank says what cannot be."""

    how: Forgery


class Pause(Struct, frozen=True):
    """A person holds all money."""


class Resume(Struct, frozen=True):
    """A person lets it go again."""


class PayByHand(Struct, frozen=True):
    """The bank's clerk pays the bills that rest."""


Step = (
    Upload
    | UploadAgain
    | Misbehave
    | Work
    | TimePasses
    | CallbacksArrive
    | Repeat
    | Forge
    | Pause
    | Resume
    | PayByHand
)


class Plan(Struct, frozen=True):
    """One history, before it is lived."""

    #: whether the pay step is on; else bills rest
    pays: bool
    steps: tuple[Step, ...]
    #: how an operator's statement calls bills that were not paid, None: there is no statement
    statement: Unpaid | None
