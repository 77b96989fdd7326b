"""Numbers for Prometheus, read from the database at each scrape.

Any web process gives the same truth, whichever one is asked. No label holds an id or a phone.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response

from eventstore import sql
from eventstore.identity import PAYOUTS_SWITCH
from projections import payouts, receipts, review_queue
from projections.receipts import Reads
from web.budget import Budget, budget_today
from web.surroundings import around

SQL = sql.load(Path(__file__).with_suffix(".sql"))


class _Scrape(Collector):
    """Metrics that were read already: Prometheus's own collecting cannot await."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        """Return what was read."""
        return self._metrics


async def show_metrics(request: Request) -> Response:
    """All numbers in Prometheus's text format."""
    registry = CollectorRegistry(auto_describe=False)
    surroundings = around(request)
    refused = _counter(
        "cashbot_callbacks_refused",
        "Callbacks that this process refused.",
        "reason",
        surroundings.refusals.totals,
    )
    registry.register(_Scrape([*await read_metrics(surroundings.reads), refused]))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


async def read_metrics(reads: Reads) -> list[Metric]:
    """Return every metric as the database has it now."""
    return [
        _counter(
            "cashbot_events",
            "Facts in the log.",
            "type",
            {row["type"]: row["total"] for row in await reads.fetch(SQL["events"])},
        ),
        _gauge("cashbot_receipts", "Receipts.", "state", await receipts.counts(reads)),
        _gauge("cashbot_payouts", "Payouts.", "state", await payouts.counts(reads)),
        *_of_review(await review_queue.load(reads)),
        *_of_cursors(await reads.fetch(SQL["cursors"])),
        *_of_work(await reads.fetch(SQL["work"])),
        *_of_unsealed(await reads.fetchrow(SQL["unsealed"])),
        *_of_checkpoints(await reads.fetchrow(SQL["checkpoints"])),
        GaugeMetricFamily(
            "cashbot_payouts_held",
            "1 while no money leaves until a person says so.",
            value=(await reads.fetchrow(SQL["hold"], PAYOUTS_SWITCH))["held"],
        ),
        GaugeMetricFamily(
            "cashbot_payouts_contradicted",
            "Payouts that something disagrees with and that no person has weighed since.",
            value=await payouts.contradicted(reads),
        ),
        GaugeMetricFamily(
            "cashbot_callbacks_unmatched",
            "Callbacks that fit no payout: a person must find out whose money it was.",
            value=(await reads.fetchrow(SQL["unmatched"]))["total"],
        ),
        _of_budget(await budget_today(reads)),
    ]


def _of_budget(budget: Budget) -> Metric:
    return GaugeMetricFamily(
        "cashbot_budget_left_kopecks",
        "What may still be asked of Portmone on this Kyiv day.",
        value=budget.left_kopecks,
    )


def _of_review(load: review_queue.Load) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "cashbot_review_queue_items", "Receipts that wait for a person.", value=load.items
    )
    yield GaugeMetricFamily(
        "cashbot_review_oldest_seconds",
        "How long the first of them has waited; it should be under a day.",
        value=load.oldest_seconds,
    )


def _of_cursors(rows: Sequence[Any]) -> Iterator[Metric]:
    yield _gauge(
        "cashbot_cursor_lag_events",
        "Facts a reader has yet to see.",
        "name",
        {row["name"]: row["lag"] for row in rows},
    )
    yield _counter(
        "cashbot_notify_missed",
        "Readings that only the backup poll found.",
        "name",
        {row["name"]: row["notify_missed"] for row in rows},
    )


def _of_work(rows: Sequence[Any]) -> Iterator[Metric]:
    metric = GaugeMetricFamily(
        "cashbot_work_items", "Work of a handler.", labels=["handler", "state"]
    )
    for row in rows:
        for state in ("waiting", "leased", "parked"):
            metric.add_metric([row["handler"], state], row[state])
    yield metric
    yield _gauge(
        "cashbot_work_overdue_seconds",
        "How long a handler's first item has been due; minutes mean that nobody works.",
        "handler",
        {row["handler"]: row["overdue_seconds"] for row in rows},
    )


def _of_unsealed(row: Any) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "cashbot_unsealed_events", "Facts committed and not yet ordered.", value=row["total"]
    )
    yield GaugeMetricFamily(
        "cashbot_unsealed_oldest_seconds",
        "Age of the oldest fact that is not yet ordered.",
        value=row["oldest_seconds"],
    )


def _of_checkpoints(row: Any) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "cashbot_unproved_events",
        "Facts in the ledger that no signed checkpoint covers yet.",
        value=row["unproved"],
    )
    yield GaugeMetricFamily(
        "cashbot_checkpoint_age_seconds", "Age of the newest checkpoint.", value=row["age_seconds"]
    )
    yield GaugeMetricFamily(
        "cashbot_uncopied_checkpoints",
        "Checkpoints that are not among the attachments yet.",
        value=row["uncopied"],
    )


def _gauge(name: str, meaning: str, label: str, values: dict[str, int]) -> Metric:
    metric = GaugeMetricFamily(name, meaning, labels=[label])
    for key, value in sorted(values.items()):
        metric.add_metric([key], value)
    return metric


def _counter(name: str, meaning: str, label: str, values: Mapping[str, int]) -> Metric:
    metric = CounterMetricFamily(name, meaning, labels=[label])
    for key, value in sorted(values.items()):
        metric.add_metric([key], value)
    return metric
