"""What shoppers ask by commands and buttons is answered to them, about their own things only."""

import pytest

from bot.words.notice import plain
from bot.words.texts import load_texts
from eventstore.catalogue import ShopperAsked
from tests.bot.talks import Talk, has
from tests.bot.words import said
from tests.telegram_server.server import TelegramServer

TEXTS = load_texts()["uk"]


@pytest.mark.parametrize(
    ("word", "key"),
    [
        ("/help", "help.what"),
        ("/help@loopback_bot", "help.what"),
        ("/Help", "help.what"),
        ("/HISTORY@Loopback_Bot", "history.none"),
        ("/history", "history.none"),
        ("/change_phone", "phone.change"),
        ("/language", "language.ask"),
        ("/privacy", "privacy"),
        ("/support", "support"),
        ("/delete_me", "delete.ask"),
        ("/nothing_like_this", "not_understood"),
        ("where is my money?", "not_understood"),
    ],
)
async def test_each_word_has_its_answer(
    talk: Talk, telegram: TelegramServer, word: str, key: str
) -> None:
    """Commands, and a kind hint for everything else."""
    ann = telegram.person()
    await talk.welcome(ann)
    ann.say(word)
    await has(ann, 4)
    await talk.all_told()
    assert (await talk.answers(ann))[-1].key == key


async def test_a_receipt_that_has_just_come_is_counted(
    talk: Talk, telegram: TelegramServer
) -> None:
    """Nobody who sent one is told that they sent none, as long as the list lags behind."""
    ann = telegram.person()
    await talk.welcome(ann)
    await talk.receives(ann)
    await has(ann, 4)
    ann.say("/history")
    await has(ann, 5)
    await talk.all_told()
    assert (await talk.answers(ann))[-1].key == "history.lags"


async def test_why_explains(talk: Talk, telegram: TelegramServer) -> None:
    """The button under a refusal tells the reason and the terms, in a message of its own."""
    ann = telegram.person()
    await talk.welcome(ann)
    receipt = await talk.receives(ann)
    await talk.judged(receipt, said.READ, said.rejected("too_old"))
    refused = await ann.sees(lambda shown: "why:" in str(shown.buttons))
    await ann.answered(ann.press(refused, f"why:{receipt}"))
    explained = await ann.sees(plain(TEXTS("why.too_old")))
    assert receipt[:8] in explained.text


async def test_a_receipt_of_somebody_else_is_told_nothing_of(
    talk: Talk, telegram: TelegramServer
) -> None:
    """Who sends back another's id, or an unknown button, hears nothing and adds nothing."""
    ann, bob = telegram.person(), telegram.person()
    await talk.welcome(ann)
    await talk.welcome(bob)
    receipt = await talk.receives(ann)
    await has(ann, 4)
    own = await talk.receives(bob)
    await talk.judged(own, said.READ, said.rejected("too_old"))
    refused = await bob.sees(lambda shown: "why:" in str(shown.buttons))
    await talk.all_told()
    for data in (f"why:{receipt}", "why:", "why:nothing", "of an older release", "seen:1", "pause"):
        refused.buttons[0][0] = ("forged", data)
        await bob.answered(bob.press(refused, data))
    bob.say("/support")
    await bob.sees("@bonus_support")
    await talk.all_told()
    assert [each.about for each in await talk.own(bob, ShopperAsked)] == ["support"]
    assert len(bob.screen) == 5


FORGED = (
    "why:\x00",
    "why:" + "x" * 60,
    "why:1F0C2D3E-4B5A-4697-8877-665544332211",
    "agree:\x00",
    "agree:a:\x00",
    "language:\x00",
    "seen:\x00",
    "\x00",
    ":",
    "secret-of-mine",
)


async def test_what_no_button_of_ours_sends_asks_for_nothing(
    talk: Talk, telegram: TelegramServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """No failure, no fact, and no word of it in our logs."""
    ann = telegram.person()
    await talk.welcome(ann)
    ann.say("/delete_me")
    asked = await ann.sees(lambda shown: "delete_not" in str(shown.buttons))
    for data in FORGED:
        asked.buttons[0][0] = ("forged", data)
        await ann.answered(ann.press(asked, data))
    ann.say("/support")
    await ann.sees("@bonus_support")
    assert [each.about for each in await talk.own(ann, ShopperAsked)] == ["delete_me", "support"]
    told = capsys.readouterr().out
    assert "bot.button_unknown" in told
    assert "secret-of-mine" not in told
    assert "bot.update_failed" not in told
