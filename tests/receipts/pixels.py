"""Arrays of pixels by their element, so that every function says which it takes and gives."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: 0 black to 255 white; axes (y, x) or (y, x, RGB)
Bytes = NDArray[np.uint8]
#: the same scale, or a share; axes (y, x) or (y, x, RGB)
Floats = NDArray[np.float32]


def floats(values: ArrayLike) -> Floats:
    """Return values as float32."""
    return np.asarray(values, np.float32)


def whole(values: ArrayLike) -> Bytes:
    """Return values cut to 0..255 as bytes."""
    return np.asarray(np.clip(values, 0, 255), np.uint8)
