"""Words of Debian's dictionaries and of the goods one may look at."""

import re
from functools import cache
from pathlib import Path

from tests.receipts.goods import goods_of

_DICTIONARIES = Path("/usr/share/hunspell")
#: Each with how many of its words are passed over for one that is taken.
_FILES = (("uk_UA.dic", 1), ("ru_RU.dic", 4), ("en_US.dic", 2))
_WORD = re.compile(r"[^\W\d_][^\W\d_'ʼ’-]{1,17}")


@cache
def dictionary() -> tuple[str, ...]:
    """Return words of Ukrainian, and fewer of Russian and English.

    Raises:
        FileNotFoundError: hunspell-uk, hunspell-ru or hunspell-en-us is not installed.
    """
    return tuple(word for name, step in _FILES for word in _words_in(name)[::step])


@cache
def stems() -> tuple[str, ...]:
    """Return the names of the known half of goods, without dose and pack."""
    return tuple({good.stem for goods in goods_of("known").values() for good in goods})


def _words_in(name: str) -> list[str]:
    lines = (_DICTIONARIES / name).read_text(encoding="utf-8-sig").splitlines()
    heads = (line.split("/")[0].strip() for line in lines[1:])
    return [head for head in heads if _WORD.fullmatch(head)]
