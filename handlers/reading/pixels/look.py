"""How a receipt's print looks: 256 bits, near for two photos of one paper, far for two papers.

All papers of a register have the same heading, frame and rows, and so the same picture: what
tells them apart is small print. A look is therefore made of what was read, three signs at a
time, and not of pixels: each of these grams votes on every bit (SimHash: Charikar, 2002). A
figure has more weight than a word, and what was read surely more than what was guessed. A long
number weighs no more than a price: who photographs a paper twice may have changed its number,
and a slip in it must not make another paper of it. Light, angle and crop move nothing.

How well that works: ``python -m tests.receipts.looks``, docs/reading.md.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b

import numpy as np

from handlers.goods.letters import fold
from handlers.judging.looks import LOOK_BITS
from handlers.reading.rows import Row, Seen

#: Signs taken together: two are alike on all papers, four are lost to one slip.
_GRAM = 3
#: Weight of a word that is no figure: goods and headings repeat from paper to paper.
_LETTERS_WEIGH = 0.2
#: A word with more grams than a price has them share its weight.
_GRAMS_OF_A_PRICE = 4
#: A receipt has some hundreds of grams; with less than these a slip would be a large share.
_GRAMS_MIN = 40
#: More than any receipt has; of a page full of print the rest is not looked at.
_GRAMS_MAX = 2_000


def look_of(rows: Sequence[Row]) -> str | None:
    """Return the look of the paper with these rows in hex, None when hardly anything was read."""
    weights = _weights(word for row in rows for word in row.words)
    return None if len(weights) < _GRAMS_MIN else _voted(weights)


def _weights(words: Iterable[Seen]) -> Mapping[str, float]:
    """Return each gram with the weight of the surest word it stands in."""
    weights: defaultdict[str, float] = defaultdict(float)
    for word in words:
        grams = _grams(word.text)
        weight = _weight(word) / max(_GRAMS_OF_A_PRICE, len(grams))
        for gram in grams:
            weights[gram] = max(weights[gram], weight)
        if len(weights) >= _GRAMS_MAX:
            break
    return weights


def _weight(word: Seen) -> float:
    digits = sum(sign.isdigit() for sign in word.text)
    is_figure = 2 * digits >= sum(sign.isalnum() for sign in word.text)
    return (1.0 if is_figure else _LETTERS_WEIGH) * word.confidence**2


def _grams(text: str) -> list[str]:
    """Return the grams of a word, its ends marked; look-alike letters are one."""
    signs = "".join(sign for sign in fold(text) if sign.isalnum())
    marked = f"_{signs}_" if signs else ""
    return [marked[at : at + _GRAM] for at in range(len(marked) - _GRAM + 1)]


def _voted(weights: Mapping[str, float]) -> str:
    digests = b"".join(
        blake2b(gram.encode(), digest_size=LOOK_BITS // 8).digest() for gram in weights
    )
    bits = np.unpackbits(np.frombuffer(digests, np.uint8).reshape(len(weights), -1), axis=1)
    votes = np.fromiter(weights.values(), np.float64) @ (bits * 2.0 - 1.0)
    return np.packbits(votes > 0).tobytes().hex()
