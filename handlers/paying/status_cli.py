"""The command `payouts status`."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from eventstore.catalogue import PayoutsHeld
from eventstore.groups import Groups
from eventstore.identity import PAYOUTS_SWITCH
from eventstore.log import Log, OpenLog
from eventstore.showing import kyiv, uah
from eventstore.store import Recorded, now_utc
from handlers.judging.terms import policy_now
from handlers.paying.budget import budget_after, stream_of
from handlers.paying.hold import SILENT, Hold
from handlers.paying.owing import over_a_day
from handlers.paying.statement_cli import CONNECTIONS, AsJson


def register(groups: Groups, *, open_log: OpenLog) -> None:
    """Add this file's command to ``groups``."""
    groups.payouts.command("status")(_status_command(open_log))


def _status_command(open_log: OpenLog) -> Callable[[bool], None]:
    def command(as_json: AsJson = False) -> None:
        """Say what holds payouts back, and what is left of today's budget.

        A restore is noticed here too.
        """
        told = asyncio.run(_status(open_log))
        if as_json:
            print(msgspec.json.encode(told).decode())
        else:
            _show(told)

    return command


async def _status(open_log: OpenLog) -> dict[str, Any]:
    async with open_log("payouts", CONNECTIONS) as log:
        hold = Hold(store=log.store, attachments=log.attachments)
        switch = await hold.look()
        records = await log.store.read_stream(PAYOUTS_SWITCH)
        budget = await _budget(log)
    holding = [record for record in records if isinstance(record.event, PayoutsHeld)]
    standing = holding[len(holding) - len(switch.holds) :]
    return {
        "held": switch.held is not None,
        "cause": None if switch.held is None else switch.held.cause,
        "checkpoint_size": None if switch.held is None else switch.held.checkpoint_size,
        "since": _at(records[-1]) if records else None,
        "holds": [
            {"cause": fact.event.cause, "since": _at(fact), "reason": fact.event.reason}
            for fact in standing
        ],
        "attachments_silent": hold.attachments_silent,
        "paused": switch.paused,
        "statement_needed": switch.must_compare,
        "budget": budget,
        "identity": switch.seen,
    }


async def _budget(log: Log) -> dict[str, Any]:
    policy = (await policy_now(log.store)).policy
    now = now_utc()
    stream = stream_of(now)
    last = (await log.store.read_lasts([stream])).get(stream)
    budget = budget_after(stream, last, limit_kopecks=policy.budget_per_day_kopecks)
    over = await over_a_day(log.store, limit_kopecks=budget.limit_kopecks)
    # Of what exceeds a whole day the end of the budget is told too, though some of it is left.
    reaches = over is not None and budget.left_kopecks >= policy.bonus_kopecks
    return {
        "day": stream.removeprefix("budget-"),
        "limit_kopecks": budget.limit_kopecks,
        "used_kopecks": budget.used_kopecks,
        "left_kopecks": budget.left_kopecks,
        "exhausted": budget.exhausted and not reaches,
        "over_a_day": over,
    }


def _at(record: Recorded) -> str:
    return record.recorded_at.isoformat(timespec="seconds")


def _show(told: Mapping[str, Any]) -> None:
    for hold in told["holds"]:
        why = f" ({hold['reason']})" if hold["reason"] else ""
        since = kyiv(datetime.fromisoformat(hold["since"]))
        print(f"payouts are held since {since}: {hold['cause']}{why}")
    if told["statement_needed"]:
        print("get Portmone's statement of that time, then see `payouts resume --help`")
    elif told["paused"]:
        print("`payouts resume --reason` lets them go")
    elif not told["attachments_silent"]:
        print("payouts go")
    if told["attachments_silent"]:
        print(SILENT)
    budget = told["budget"]
    used, limit = uah(budget["used_kopecks"]), uah(budget["limit_kopecks"])
    end = "; it is used up: what is owed waits for midnight in Kyiv" if budget["exhausted"] else ""
    print(f"budget of {budget['day']}: {used} of {limit} used{end}")
    if (over := budget["over_a_day"]) is not None:
        print(f"{over}: adopt a larger budget_per_day_kopecks")
