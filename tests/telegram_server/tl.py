"""Telegram's type language as the client writes it, with what the library lacks for a server."""

import inspect
from io import BytesIO
from typing import Any, NamedTuple

from pyrogram import raw
from pyrogram.raw.core import Bool, TLObject, Vector

#: Any object of Telegram's: the classes are generated, and the codec checks their fields.
Tl = Any
#: Constructors of objects, and of what is asked: their generated unions only get in our way.
T: Any = raw.types
F: Any = raw.functions

#: A value for a required field nobody looks at, by the name of its type.
_BLANK: dict[str, Tl] = {"int": 0, "str": "", "bool": False, "bytes": b""}
_ID_BYTES = 4
_LONG_BYTES = 8


class Ignored(Exception):
    """Do not take a request at all: a bad_msg_notification with this code says why."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(str(code))


class RpcFailure(Exception):
    """What a method answers instead of a result: a code like HTTP's and a word of Telegram's."""

    def __init__(self, code: int, word: str) -> None:
        """Fail with ``code`` and ``word``, such as 400 and PEER_ID_INVALID."""
        super().__init__(f"{code} {word}")
        self.code = code
        self.word = word


class Inner(NamedTuple):
    """One message out of a packet."""

    id: int
    seq_no: int
    body: Tl


def read(content: bytes) -> Tl:
    """Return the object in ``content``; raise KeyError for a constructor that is unknown."""
    found: Tl = TLObject.read(BytesIO(content))
    return found


def objects(vector: list[Tl]) -> list[Tl]:
    """Return the objects of a vector; the library takes those of 4 or 8 bytes for numbers."""
    return [_object(each) if isinstance(each, int) else each for each in vector]


def _object(number: int) -> Tl:
    length = _ID_BYTES if -(1 << 31) <= number < 1 << 31 else _LONG_BYTES
    return read(number.to_bytes(length, "little", signed=True))


def name_of(request: Tl) -> str:
    """Return the name of a method as Telegram's documentation has it, but in our case of letters:
    ``messages.SendMessage``.
    """
    return str(request.QUALNAME).removeprefix("functions.")


def written(result: Tl) -> bytes:
    """Return the bytes of a result: an object, a truth value or a vector of objects."""
    if isinstance(result, bool):
        return bytes(Bool(result))
    if isinstance(result, list):
        return bytes(Vector(result))
    content: bytes = result.write()
    return content


def rpc_result(request_id: int, result: Tl) -> bytes:
    """Return the answer to the message ``request_id``."""
    head: bytes = T.RpcResult.ID.to_bytes(_ID_BYTES, "little")
    return head + request_id.to_bytes(_LONG_BYTES, "little", signed=True) + written(result)


def filled(constructor: Any, **known: Tl) -> Tl:
    """Return an object with these fields; others that must be there are zero or empty."""
    for name, parameter in inspect.signature(constructor).parameters.items():
        if parameter.default is inspect.Parameter.empty and name not in known:
            known[name] = _BLANK[str(parameter.annotation)]
    return constructor(**known)


def utf16_length(text: str) -> int:
    """Return the length of ``text`` as Telegram counts: in UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2
