"""Where no token is set the same facts are told to the log alone, for the page of the demo."""

import asyncio

import msgspec

from bot.words.notice import Rendered
from eventstore.catalogue import ShopperNotified
from eventstore.identity import ShopperId, chat_stream
from tests.bot.conftest import NewTalk
from tests.bot.talks import PHONE, PHOTO, Talk
from tests.bot.words import said

ANN = ShopperId("ann")


async def come(talk: Talk) -> None:
    """Let Ann agree and share a phone on the page."""
    await talk.commands.give_consent(ANN, text_version="1", text="yes", locale="en")
    await talk.commands.share_phone(ANN, PHONE)


async def test_a_web_shopper_is_told_in_the_log(new_talk: NewTalk) -> None:
    """Consent, phone, and each stage of a receipt: sent, then edited, under one message."""
    async with new_talk(account=None) as talk:
        await come(talk)
        receipt = await talk.commands.record_upload(ANN, PHOTO, source="web", upload_id="1")
        await talk.all_told()
        await talk.judged(receipt, said.READ, said.rejected("too_old"))
        await talk.all_told()
        answers = await talk.facts(chat_stream(ANN), ShopperNotified)
        assert [each.key for each in answers] == ["consent.given", "phone.saved"]
        told = await talk.told(receipt)
        assert [(each.key, each.outcome) for each in told] == [
            ("receipt.reading", "sent"),
            ("receipt.rejected.too_old", "edited"),
        ]
        assert told[0].message == told[1].message
        opened = await talk.log.vault.open(ANN, "notice", told[-1].text_sealed)
        words = msgspec.json.decode(opened, type=Rendered)
        assert "too many days ago" in words.text
        assert words.buttons[0][0].action == f"why:{receipt}"


async def test_two_processes_record_each_once(new_talk: NewTalk) -> None:
    """Worker and bot may both run: leases and ids let each fact be told once."""
    async with new_talk(account=None) as one, new_talk(account=None) as two:
        await come(one)
        receipts = await asyncio.gather(
            *(
                one.commands.record_upload(ANN, PHOTO + str(n).encode(), source="web", upload_id=n)
                for n in "12345"
            )
        )
        await two.all_told()
        for receipt in receipts:
            assert [each.key for each in await one.told(receipt)] == ["receipt.reading"]


async def test_it_stops_when_told(new_talk: NewTalk) -> None:
    """Also when it was told before it had begun."""
    async with new_talk(account=None) as talk:
        await talk.stop()
        await talk.again()
        await come(talk)
        await talk.all_told()
        await talk.stop()
