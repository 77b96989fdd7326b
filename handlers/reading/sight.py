"""A picture turned upright, and the words seen on it."""

import numpy as np
from msgspec import Struct, structs
from PIL import Image

from eventstore.catalogue import Box, UnreadableReason
from handlers.reading.codes import Symbol
from handlers.reading.light import looks_printed, sharpness
from handlers.reading.page import Seen, good_words, words_of
from handlers.reading.prepare import Look, Page, flatten, quarter_of
from handlers.reading.protocol import Engine

#: Fewer good words than this may be a receipt lying on its side.
_GOOD_WORDS_UPRIGHT = 15
#: Fewer than this, and no QR, is no reading at all.
_GOOD_WORDS_MIN = 6
#: Of the photos whose words could be read none was under 0.08, of blurred ones none over 0.05.
_SHARPNESS_MIN = 0.06
#: The brightest hundredth of a photo darker than this shows no paper.
_LIGHT_MIN = 60
#: Levels between the darkest and the lightest hundredth; a blank sheet has fewer.
_CONTRAST_MIN = 24


class Sight(Struct, frozen=True, kw_only=True):
    """An upright picture, its page and the words on it."""

    picture: Image.Image
    grey: Image.Image
    #: the receipt's own QR, its angle that of the upright picture
    symbol: Symbol | None
    page: Page
    words: list[Seen]

    def place(self, words: list[Seen]) -> Box:
        """Return where words stand on the upright picture, in fractions of it."""
        left, right = min(word.left for word in words), max(word.right for word in words)
        top = min(word.top for word in words)
        below = max(word.top + word.height for word in words)
        corners = [self.page.on_picture(x, y) for x in (left, right) for y in (top, below)]
        across = [_fraction(x, self.picture.width) for x, _ in corners]
        down = [_fraction(y, self.picture.height) for _, y in corners]
        return Box(
            left=min(across),
            top=min(down),
            width=max(across) - min(across),
            height=max(down) - min(down),
        )

    def again(self, look: Look, engine: Engine) -> "Sight":
        """Return the same picture looked at in another way."""
        page = flatten(self.grey, self.symbol, look)
        return structs.replace(self, page=page, words=words_of(page, engine))


def see_upright(picture: Image.Image, symbol: Symbol | None, engine: Engine) -> Sight:
    """Read the picture the way its QR lies; without a QR try until words appear."""
    if symbol is not None:
        angle = symbol.angle - 90.0 * round(symbol.angle / 90.0)
        straight = structs.replace(symbol, angle=angle)
        return _seen(picture, quarter_of(symbol), straight, engine)
    best = _seen(picture, 0, None, engine)
    if not _turning_may_help(best):
        return best
    for quarter in (2, 1, 3):
        other = _seen(picture, quarter, None, engine)
        best = max(best, other, key=lambda sight: good_words(sight.words))
        if good_words(best.words) >= _GOOD_WORDS_UPRIGHT:
            break
    return best


def why_unreadable(sight: Sight) -> UnreadableReason | None:
    """Return why nothing could be read, or None when enough words were."""
    if good_words(sight.words) >= _GOOD_WORDS_MIN:
        return None
    darkest, lightest = np.percentile(np.asarray(sight.grey), (1, 99))
    if lightest < _LIGHT_MIN:
        return "too_dark"
    if lightest - darkest < _CONTRAST_MIN:
        return "no_text"
    return "blurred" if sharpness(sight.grey) < _SHARPNESS_MIN else "no_text"


def _turning_may_help(sight: Sight) -> bool:
    """Tell whether a turn is worth a second: few words, though something sharp is there."""
    few = good_words(sight.words) < _GOOD_WORDS_UPRIGHT
    return few and len(sight.words) >= _GOOD_WORDS_MIN and sharpness(sight.grey) > _SHARPNESS_MIN


def _seen(picture: Image.Image, quarter: int, symbol: Symbol | None, engine: Engine) -> Sight:
    upright = picture.rotate(90 * quarter, expand=True) if quarter else picture
    grey = upright.convert("L")
    page = flatten(grey, symbol)
    worth_reading = symbol is not None or looks_printed(page.pixels)
    words = words_of(page, engine) if worth_reading else []
    return Sight(picture=upright, grey=grey, symbol=symbol, page=page, words=words)


def _fraction(pixel: float, side: int) -> float:
    return min(1.0, max(0.0, pixel / side))
