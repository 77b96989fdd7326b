"""What can go wrong in the log. Each error carries its facts and says what to do."""

from eventstore.identity import EventId, StreamName


class EventStoreError(Exception):
    """Base of every error of the log."""


class WrongExpectedVersion(EventStoreError):
    """Somebody else appended to the stream first: read it again and decide again."""

    def __init__(self, stream: StreamName, expected: int, actual: int | None = None) -> None:
        self.stream = stream
        self.expected = expected
        #: None when another writer won while we were writing
        self.actual = actual
        now = "another writer was faster" if actual is None else f"it is at {actual}"
        super().__init__(
            f"{stream} was expected at version {expected}, but {now}; read it and decide again"
        )


class EventIdReused(EventStoreError):
    """The id stands in the log with other content: another fact was recorded under it."""

    def __init__(self, event_id: EventId | None) -> None:
        self.event_id = event_id
        super().__init__(
            f"event id {event_id} is taken by another fact; read the stream: that fact stands"
        )


class LogUnavailable(EventStoreError):
    """The database did not answer in time; nothing is known to be lost, try again."""


class DatabaseUnusable(EventStoreError):
    """The database cannot be reached, or does not let us in."""

    def __init__(self, place: str, why: str) -> None:
        #: which database, without its user and password
        self.place = place
        super().__init__(f"the {place} cannot be used ({why}): check DATABASE_URL")


class SchemaMissing(EventStoreError):
    """The database lacks a table, column or function of ours: it was not migrated."""

    def __init__(self, place: str, what: str) -> None:
        self.place = place
        super().__init__(f"the {place} is not up to date ({what}): run `python -m cashbot migrate`")


class UnknownEventType(EventStoreError):
    """A fact of a type the catalogue does not name was offered for appending."""


class SecretUnusable(EventStoreError):
    """ENCRYPTION_SECRET is malformed, or is not the one the keys were wrapped with."""
