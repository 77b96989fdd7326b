"""The signs that the reader of lines knows, and one alphabet for each word. Pure.

Print does not tell «А» from "A": what looks the same in both alphabets is what its neighbours are.
"""

import re

#: Class 0 is "nothing" (CTC's blank); class n is ``SIGNS[n - 1]``.
SIGNS = (
    " 0123456789"
    "АБВГҐДЕЄЖЗИІЇЙКЛМНОПРСТУФХЦЧШЩЬЮЯЁЪЫЭ"
    "абвгґдеєжзиіїйклмнопрстуфхцчшщьюяёъыэ"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "abcdefghijklmnopqrstuvwxyz"
    ".,:;!?-+=*/\\()[]<>#№%&@_'\"|~^$₴°{}"
)

#: Letters that look the same in both alphabets.
CYRILLIC_TWINS, LATIN_TWINS = "АВСЕНІКМОРТХасеіорху", "ABCEHIKMOPTXaceiopxy"
_TO_CYRILLIC = str.maketrans(LATIN_TWINS, CYRILLIC_TWINS)
_TO_LATIN = str.maketrans(CYRILLIC_TWINS, LATIN_TWINS)
_RUN = re.compile(r"[^\W_]+(?:[_\-]+[^\W_]+)*")


def of_one_alphabet(text: str) -> str:
    """Return ``text`` with each run of letters and digits in one alphabet.

    It is Latin when a letter of it is Latin beyond doubt and none Cyrillic, else Cyrillic.
    """
    return _RUN.sub(_spelt, text)


def _spelt(found: re.Match[str]) -> str:
    run = found[0]
    latin = any(sign.isascii() and sign.isalpha() and sign not in LATIN_TWINS for sign in run)
    cyrillic = any("Ѐ" <= sign <= "ӿ" and sign not in CYRILLIC_TWINS for sign in run)
    return run.translate(_TO_LATIN if latin and not cyrillic else _TO_CYRILLIC)
