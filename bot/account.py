"""Which bot we are, and what is decided about it from outside; nothing here needs the library."""

from dataclasses import dataclass, field

from pydantic import SecretStr


@dataclass(frozen=True, kw_only=True)
class Account:
    """The bot, and the application it is run by."""

    token: SecretStr
    api_id: int
    api_hash: SecretStr

    @property
    def bot_id(self) -> int:
        """The bot's own Telegram id, which its token begins with."""
        return int(self.token.get_secret_value().partition(":")[0])


@dataclass(frozen=True, kw_only=True)
class BotSettings:
    """What the environment decides about the bot."""

    #: None: there is no Telegram, what would be said is only recorded
    account: Account | None = None
    #: Telegram ids
    staff: frozenset[int] = field(default_factory=frozenset)
    #: Portmone is the one of our own
    sandbox: bool = True
    #: the pay step is on
    pays: bool = True
    #: of the web, "" where nobody outside can reach it
    public_url: str = ""
    privacy_url: str = ""
    support: str = ""
