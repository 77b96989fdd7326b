"""Who wrote or pressed something, and how they stand with us."""

from msgspec import Struct

from eventstore.chats import ShopperNow
from eventstore.identity import ShopperId


class Writer(Struct, frozen=True, kw_only=True):
    """Somebody who wants something."""

    shopper: ShopperId
    now: ShopperNow
    #: Telegram's id of the person
    user_id: int
    #: Telegram's id of the message, or of the one whose button was pressed
    message: int
    #: names what was written or pressed: the same one again is the same wish
    wish: str
    #: among TELEGRAM_ADMIN_IDS
    staff: bool
