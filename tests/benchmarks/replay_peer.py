"""Comparable work done by ``eventsourcing``: its runner, one upsert per event."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import closing
from threading import Event
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import psycopg
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.sql import SQL

from tests.benchmarks.stories import STORY_EVENTS

PAGE_EVENTS = 5_000
#: Aggregates saved together.
TOGETHER = 50
SECONDS_MAX = 300.0


class Story(Aggregate):
    """An aggregate with as many events as a receipt's story."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.state = "uploaded"

    @event("Moved")
    def move(self, state: str, detail: dict[str, Any]) -> None:
        """Note a further fact, about as large as ours are."""
        self.state = state


class Stories(Application[UUID]):
    """Their events."""

    name = "peer_stories"


class View(PostgresTrackingRecorder):
    """A table with one row per story."""

    def __init__(self, datastore: PostgresDatastore, **kwargs: Any) -> None:
        super().__init__(datastore, **kwargs)
        self.sql_create_statements.append(
            SQL(
                "CREATE TABLE IF NOT EXISTS peer_view"
                " (story uuid PRIMARY KEY, topic text, steps integer)"
            ).format()
        )

    def note(self, story: UUID, topic: str, tracking: Tracking) -> None:
        """Count an event of a story, together with the runner's place."""
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(
                "INSERT INTO peer_view VALUES (%s, %s, 1) ON CONFLICT (story)"
                " DO UPDATE SET topic = excluded.topic, steps = peer_view.steps + 1",
                (story, topic),
                prepare=True,
            )


class Told(Projection[View]):
    """Counts the events of each story."""

    name = "peer_told"
    #: place of the last event there is, and what to set when it was processed
    last: ClassVar[int] = 0
    done: ClassVar[Event] = Event()

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        """Note ``domain_event``."""
        self.view.note(domain_event.originator_id, type(domain_event).__name__, tracking)
        if tracking.notification_id >= self.last:
            self.done.set()


def _environment(url: str) -> dict[str, str]:
    parts = urlsplit(url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": parts.path.strip("/"),
        "POSTGRES_HOST": parse_qs(parts.query)["host"][0],
        "POSTGRES_PORT": "5432",
        "POSTGRES_USER": parts.username or "",
        "POSTGRES_PASSWORD": "",
    }


async def filled(url: str, *, events: int) -> None:
    """Let its log hold about ``events`` events."""
    await asyncio.to_thread(_fill, url, events)


def _fill(url: str, events: int) -> None:
    detail = {"merchant": "ТОВ АПТЕКА-ПРИКЛАД", "total_kopecks": 3650, "sha256": "ab" * 32}
    with closing(Stories(_environment(url))) as stories:
        for _ in range(events // STORY_EVENTS // TOGETHER + 1):
            told: Sequence[Story] = [Story("peer") for _ in range(TOGETHER)]
            for story in told:
                for number in range(STORY_EVENTS - 1):
                    story.move(f"state-{number}", detail)
            stories.save(*told)


async def reading(url: str) -> float:
    """Read and decode every event; per second."""
    return await asyncio.to_thread(_read, url)


def _read(url: str) -> float:
    with closing(Stories(_environment(url))) as stories:
        started = time.perf_counter()
        last = 0
        while page := stories.recorder.select_notifications(last + 1, PAGE_EVENTS):
            for notification in page:
                stories.mapper.to_domain_event(notification)
            last = page[-1].id
        return last / (time.perf_counter() - started)


async def replaying(url: str) -> float:
    """Run its projection over every event from the first on; events per second."""
    return await asyncio.to_thread(_replay, url)


def _replay(url: str) -> float:
    _forget(url)
    with closing(Stories(_environment(url))) as stories:
        Told.last = stories.recorder.max_notification_id() or 0
    Told.done.clear()
    started = time.perf_counter()
    with ProjectionRunner(
        application_class=Stories,
        projection_class=Told,
        view_class=View,
        env=_environment(url),
    ):
        assert Told.done.wait(SECONDS_MAX), "the peer's projection does not arrive"
        return Told.last / (time.perf_counter() - started)


def _forget(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for table in ("peer_view", "peer_told_tracking"):
            if connection.execute("SELECT to_regclass(%s)", (table,)).fetchone() != (None,):
                connection.execute(f"DROP TABLE {table}")
