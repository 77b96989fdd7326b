"""How the sandbox bank is made to misbehave: a test says what the next calls go through."""

import asyncio
from typing import Annotated, Literal

from msgspec import Meta, Struct

from eventstore.catalogue import PayoutStep
from handlers.gateways.sandbox_answers import SCRIPTED

#: No client waits longer.
DELAY_SECONDS_MAX = 60.0


class Behaviour(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the bank does to one call; what is left out is done properly."""

    answer: Literal["ok", "fail", "drop", "garbage", "http_500"] = "ok"
    #: whether the step is done in the book, whatever is answered; a "fail" never is
    books: bool = True
    fail_code: str = SCRIPTED
    #: the step is done, then the answer is kept back this long
    delay_seconds: Annotated[float, Meta(ge=0.0, le=DELAY_SECONDS_MAX)] = 0.0
    #: the step is done, then the answer waits for this
    until: asyncio.Event | None = None
    #: of the pay step: "early" comes before the answer, "late" when the desk or a restart says
    #: so, "fail" books nothing
    callback: Literal["once", "twice", "lost", "early", "late", "fail", "ok_then_fail"] = "once"


PROPER = Behaviour()


class _Line(Struct, kw_only=True):
    """One line of the script."""

    behaviour: Behaviour
    phone: str | None
    step: PayoutStep | None
    times: int


class Script:
    """Lines that wait for their calls; a call takes the first line that fits."""

    def __init__(self) -> None:
        self._lines: list[_Line] = []

    def add(
        self, behaviour: Behaviour, *, phone: str | None, step: PayoutStep | None, times: int
    ) -> None:
        """Let the next ``times`` calls about ``phone`` and ``step`` (None: any) go this way."""
        self._lines.append(_Line(behaviour=behaviour, phone=phone, step=step, times=times))

    def clear(self) -> None:
        """Let every call go properly from here on."""
        self._lines.clear()

    def take(self, *, phone: str, step: PayoutStep) -> Behaviour:
        """Return what a call goes through: its line, or everything properly."""
        for line in self._lines:
            if line.phone in (None, phone) and line.step in (None, step):
                line.times -= 1
                if line.times < 1:
                    self._lines.remove(line)
                return line.behaviour
        return PROPER
