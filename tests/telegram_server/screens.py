"""What a person sees of the bot: messages with their buttons and keyboards, in plain values."""

from dataclasses import dataclass, field

from tests.telegram_server.tl import T, Tl

#: A button under a message: its label, and its callback data or its address.
Button = tuple[str, str]


@dataclass(frozen=True)
class Keyboard:
    """The keyboard that a message put in place of a person's own."""

    rows: list[list[str]]
    asks_for_contact: bool


@dataclass(frozen=True)
class Attached:
    """A photo or file that the bot sent."""

    content: bytes
    name: str
    mime: str


@dataclass
class Shown:
    """One message of the bot on a person's screen, as it looks now."""

    id: int
    text: str
    random_id: int
    entities: list[Tl] = field(default_factory=list)
    buttons: list[list[Button]] = field(default_factory=list)
    keyboard: Keyboard | None = None
    #: Whether it took an earlier keyboard away.
    removes_keyboard: bool = False
    reply_to: int | None = None
    attached: Attached | None = None
    edits: int = 0
    deleted: bool = False
    #: Every text it had, the first one first.
    texts: list[str] = field(default_factory=list)

    def dress(self, text: str, entities: list[Tl] | None, markup: Tl | None) -> None:
        """Take this text, these entities and this markup."""
        self.text = text
        self.texts.append(text)
        self.entities = entities or []
        self.buttons = _buttons(markup)
        self.keyboard = _keyboard(markup)
        self.removes_keyboard = isinstance(markup, T.ReplyKeyboardHide)


def _buttons(markup: Tl | None) -> list[list[Button]]:
    if not isinstance(markup, T.ReplyInlineMarkup):
        return []
    return [[(button.text, _meaning(button.type)) for button in row.buttons] for row in markup.rows]


def _meaning(kind: Tl) -> str:
    """Return what pressing does: callback data, an address, or else the name of its kind."""
    if isinstance(kind, T.InlineButtonTypeCallback):
        return str(kind.data.decode())
    if isinstance(kind, T.InlineButtonTypeUrl):
        return str(kind.url)
    return type(kind).__name__


def _keyboard(markup: Tl | None) -> Keyboard | None:
    if not isinstance(markup, T.ReplyKeyboardMarkup):
        return None
    kinds = [button.type for row in markup.rows for button in row.buttons]
    return Keyboard(
        rows=[[button.text for button in row.buttons] for row in markup.rows],
        asks_for_contact=any(isinstance(kind, T.ButtonTypeRequestPhone) for kind in kinds),
    )
