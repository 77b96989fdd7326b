"""What can go wrong between us and Telegram. Each error carries its facts and says what to do."""


class BotError(Exception):
    """Base of every error of this room."""


class TelegramAway(BotError):
    """There is no connection to Telegram right now; it is being made, ask again later."""

    def __init__(self, retry_seconds: float) -> None:
        #: when it makes sense to ask again
        self.retry_seconds = retry_seconds
        super().__init__(f"Telegram is away; try again in {retry_seconds:.0f} s")


class MustWait(BotError):
    """What came cannot be taken just now; that is known to pass."""

    def __init__(self, seconds: float) -> None:
        #: when it makes sense to take it again
        self.seconds = seconds
        super().__init__(f"take it again in {seconds:.0f} s")


class TokenRefused(BotError):
    """Telegram does not know the bot or the application: no retry helps."""

    def __init__(self, answer: str, variables: str) -> None:
        self.answer = answer
        super().__init__(f"Telegram answers {answer}: set {variables} right and start again")


class SessionUnreadable(BotError):
    """The kept session was sealed under another ENCRYPTION_SECRET."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"the kept Telegram session does not open ({why}); put the ENCRYPTION_SECRET it was"
            " sealed under in ENCRYPTION_SECRET_PREVIOUS"
        )


class KeyUnknown(BotError):
    """Telegram's front door does not know our key (transport error -404)."""


class StartUnanswered(BotError):
    """A line was open, but Telegram did not let us in within the time for a start."""


class SittingOver(BotError):
    """The session stopped answering: it is ended and begun anew."""


class OwnershipLost(BotError):
    """The lock's connection died, so another process may own the session by now."""
