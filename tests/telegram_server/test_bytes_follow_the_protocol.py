"""The wire is Telegram's: checked against published bytes and a client that shares no code."""

import struct
from hashlib import sha256

from pyrogram.crypto import aes, mtproto, rsa

from tests.telegram_server.handmade import HandmadeClient, ige, message_keys, string
from tests.telegram_server.keys import PublicKey
from tests.telegram_server.server import TelegramServer
from tests.telegram_server.tl import F, T, read

#: The answer to req_pq of core.telegram.org/mtproto/samples-auth_key, without its envelope.
SAMPLE_RES_PQ = bytes.fromhex(
    "632416053e0549828cca27e966b301a48fece2fca5cf4d33f4a11ea877ba4aa573907330"
    "0817ed48941a08f98100000015c4b51c01000000216be86c022bb4c3"
)
#: The first published vector for AES-128 in this mode: a key that counts, an iv that counts,
#: two blocks of zeros.
SAMPLE_IGE = "1a8519a6557be652e9da8e43da4ef4453cf456b4ca488aa383c79c98b34797cb"
#: The fingerprint in the sample: of Telegram's first public key, which the library holds.
SAMPLE_FINGERPRINT = 0xC3B42B026CE86B21 - (1 << 64)


def test_the_published_sample_is_read() -> None:
    """The sample handshake says what Telegram's page says it says."""
    answer = read(SAMPLE_RES_PQ)
    assert isinstance(answer, T.ResPQ)
    assert answer.pq == (0x494C553B * 0x53911073).to_bytes(8, "big")
    assert list(answer.server_public_key_fingerprints) == [SAMPLE_FINGERPRINT]
    assert answer.write() == SAMPLE_RES_PQ


def test_fingerprints_are_those_of_telegram() -> None:
    """Telegram's own key has by our reckoning the name that Telegram gave it."""
    theirs = rsa.server_public_keys[SAMPLE_FINGERPRINT]
    assert PublicKey(theirs.m, theirs.e).fingerprint == SAMPLE_FINGERPRINT


def test_the_cipher_is_ige() -> None:
    """The fast cipher does what the published vector says of a slow one beside it."""
    counting = bytes(range(16))
    slow = ige(bytes(32), counting, bytes(range(32)), encrypt=True)
    assert slow.hex() == SAMPLE_IGE
    key, iv, text = bytes(range(32)), bytes(range(64, 96)), sha256(b"text").digest() * 2
    hidden = aes.ige256_encrypt(text, key, iv)
    assert hidden == ige(text, key, iv, encrypt=True)
    assert ige(hidden, key, iv, encrypt=False) == text == aes.ige256_decrypt(hidden, key, iv)


def test_message_keys_follow_the_description() -> None:
    """Key and iv of a message are what the text on MTProto 2.0 says, each way."""
    auth_key = b"".join(sha256(bytes([number])).digest() for number in range(8))
    for to_server in (True, False):
        by_hand = message_keys(auth_key, bytes(range(16)), to_server=to_server)
        assert mtproto.kdf(auth_key, bytes(range(16)), to_server) == by_hand


def test_methods_are_written_by_the_scheme() -> None:
    """A question and a message are the bytes that the scheme makes of them."""
    nonce = int.from_bytes(bytes(range(16)), "little", signed=True)
    question = F.ReqPqMulti(nonce=nonce).write()
    assert question == struct.pack("<I", 0xBE7E8EF1) + bytes(range(16))
    peer = T.InputPeerUser(user_id=5_000_000_001, access_hash=-2)
    text = "Дякую! " * 50
    message = F.messages.SendMessage(peer=peer, message=text, random_id=-7)
    assert message.write() == (
        struct.pack("<II", 0xFEF48F62, 0)
        + struct.pack("<Iqq", 0xDDE8A54C, 5_000_000_001, -2)
        + string(text.encode())
        + struct.pack("<q", -7)
    )


async def test_a_handmade_client_is_served(telegram: TelegramServer) -> None:
    """A client that shares no code with the library agrees on a key, and its ping comes back."""
    client = HandmadeClient(telegram.port, telegram.public_key)
    await client.shake_hands()
    ping = struct.pack("<Iq", 0x7ABE77EC, 4711)
    both = await client.ask(ping, salt=bytes(8))
    assert struct.unpack("<II", both[:8]) == (0x73F1F8DC, 2)
    assert struct.unpack("<I", both[24:28]) == (0x9EC20908,)
    constructor, *_, code = struct.unpack("<IqII", both[68:88])
    assert (constructor, code, both[88:]) == (0xEDAB447B, 48, client.salt)
    pong = await client.ask(ping, salt=client.salt)
    assert struct.unpack("<I", pong[:4]) == (0x347773C5,)
    assert pong[12:] == struct.pack("<q", 4711)
    await client.leave()
