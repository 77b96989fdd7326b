"""The one door from the edges: a wish is checked against a stream and becomes a fact.

Each command may be repeated after a crash: the same wish makes the same fact. What a wish does
stands with those it is about: shoppers, their chats, their photos, staff, and Portmone.
"""

from handlers.paying.callback_wishes import CallbackWishes
from handlers.paying.callback_wishes import ParsedCallback as ParsedCallback  # noqa: PLC0414
from handlers.paying.phones import PhoneRefused as PhoneRefused  # noqa: PLC0414 - for edges
from handlers.people.chat_wishes import ChatWishes
from handlers.people.chat_wishes import ReceiptNotTheirs as ReceiptNotTheirs  # noqa: PLC0414
from handlers.people.chat_wishes import (
    WrittenBeforeForgetting as WrittenBeforeForgetting,  # noqa: PLC0414
)
from handlers.people.shopper_wishes import ShopperWishes
from handlers.people.staff_wishes import ENTRANCE as ENTRANCE  # noqa: PLC0414 - for edges
from handlers.people.staff_wishes import InvitationExpired as InvitationExpired  # noqa: PLC0414
from handlers.people.staff_wishes import InvitationRefused as InvitationRefused  # noqa: PLC0414
from handlers.people.staff_wishes import InvitationSpent as InvitationSpent  # noqa: PLC0414
from handlers.people.staff_wishes import InvitationUnknown as InvitationUnknown  # noqa: PLC0414
from handlers.people.staff_wishes import StaffWishes
from handlers.people.staff_wishes import console_link as console_link  # noqa: PLC0414
from handlers.people.upload_wishes import UploadWishes
from handlers.wishes import CommandError as CommandError  # noqa: PLC0414
from handlers.wishes import ForgettingUnderWay as ForgettingUnderWay  # noqa: PLC0414
from handlers.wishes import ShopperUnknown as ShopperUnknown  # noqa: PLC0414
from handlers.wishes import UploadRefused as UploadRefused  # noqa: PLC0414


class Commands(ShopperWishes, ChatWishes, UploadWishes, StaffWishes, CallbackWishes):
    """What edges may ask for."""
