"""What is said in a chat, told as facts."""

from typing import Any, Literal

import msgspec

from eventstore.catalogue import ShopperNotified
from eventstore.identity import ReceiptId, ShopperId
from eventstore.vault import Vault

Outcome = Literal["sent", "edited", "unchanged", "blocked", "gone", "refused"]


def notified(
    sealed: str,
    *,
    shopper: str = "somebody",
    outcome: Outcome = "sent",
    message: int | None = None,
    receipt: str | None = None,
    key: str = "reading",
) -> ShopperNotified:
    """Return the fact that ``sealed`` was said to ``shopper``."""
    return ShopperNotified(
        shopper=ShopperId(shopper),
        key=key,
        parameters={},
        locale="uk",
        text_sealed=sealed,
        outcome=outcome,
        message=message,
        receipt=None if receipt is None else ReceiptId(receipt),
    )


def a_notice(text: str, *, buttons: Any = (), keyboard: str = "") -> bytes:
    """Return a notice as it is sealed."""
    return msgspec.json.encode({"text": text, "buttons": buttons, "keyboard_label": keyboard})


async def sealed_notice(vault: Vault, shopper: str, text: str, **more: Any) -> str:
    """Return a notice sealed for ``shopper``."""
    return await vault.seal(shopper, "notice", a_notice(text, **more))
