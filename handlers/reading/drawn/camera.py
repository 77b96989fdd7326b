"""A strip of paper on a table, as a phone sees it. Every touch comes from the seed."""

from io import BytesIO

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Floats = NDArray[np.float32]

#: Long side of the photo, what a messenger leaves of it or a little more.
_LONG_SIDE = 2000
#: Table around the paper, as a share of the paper's width.
_TABLE_SHARE = 0.16


class Shot(Struct, frozen=True, kw_only=True):
    """How the photo is taken."""

    seed: int
    #: the paper is turned clockwise by so many degrees
    angle: float = 0.0
    #: radius of the blur in pixels of the photo; 0.5 is a steady hand, 12 shows nothing
    blur: float = 0.5
    #: a shadow takes up to this share of the light
    shadow: float = 0.25
    #: spread of the sensor's noise, of 255
    noise: float = 3.0
    jpeg_quality: int = 86


def photograph(paper: Image.Image, shot: Shot) -> bytes:
    """Return a JPEG of the grey ``paper`` on a table."""
    chance = np.random.default_rng(shot.seed)
    scene = _laid_on_table(paper, shot, chance)
    scene.thumbnail((_LONG_SIDE, _LONG_SIDE), Image.Resampling.LANCZOS)
    if shot.blur > 0:
        scene = scene.filter(ImageFilter.GaussianBlur(shot.blur))
    light = _light(scene.size, shot, chance)[..., None]
    noise = chance.normal(0.0, shot.noise, (scene.height, scene.width, 3))
    pixels = np.asarray(scene, np.float32) * light + noise
    seen = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    out = BytesIO()
    seen.save(out, "JPEG", quality=shot.jpeg_quality)
    return out.getvalue()


def _laid_on_table(paper: Image.Image, shot: Shot, chance: np.random.Generator) -> Image.Image:
    margin = round(paper.width * _TABLE_SHARE)
    size = (paper.width + 2 * margin, paper.height + 2 * margin)
    sheet = Image.new("L", size, 0)
    sheet.paste(paper, (margin, margin))
    cover = Image.new("L", size, 0)
    cover.paste(255, (margin, margin, margin + paper.width, margin + paper.height))
    table = _table(size, chance)
    coloured = Image.merge("RGB", (sheet, sheet, sheet.point(lambda level: level * 0.97)))
    table.paste(_turned(coloured, shot.angle), mask=_turned(cover, shot.angle))
    return table


def _turned(picture: Image.Image, angle: float) -> Image.Image:
    """Turn clockwise about the centre."""
    return picture.rotate(-angle, Image.Resampling.BICUBIC)


def _table(size: tuple[int, int], chance: np.random.Generator) -> Image.Image:
    """Return a dark wooden board: soft streaks along it."""
    streaks = chance.normal(0.0, 1.0, (max(2, size[1] // 160), max(2, size[0] // 14)))
    board = Image.fromarray(streaks.astype(np.float32)).resize(size, Image.Resampling.BICUBIC)
    grain = np.asarray(board)[..., None] * 9.0
    colour = np.array([98.0, 74.0, 54.0], np.float32) + chance.uniform(-12, 12)
    return Image.fromarray(np.clip(colour + grain, 0, 255).astype(np.uint8))


def _light(size: tuple[int, int], shot: Shot, chance: np.random.Generator) -> Floats:
    """Return the share of light at each pixel: one slanted shadow, axes (y, x)."""
    width, height = size
    across = np.linspace(-1.0, 1.0, width, dtype=np.float32)[None, :]
    down = np.linspace(-1.0, 1.0, height, dtype=np.float32)[:, None]
    slant, edge = chance.uniform(-0.6, 0.6), chance.uniform(-0.3, 0.3)
    side = 1.0 / (1.0 + np.exp(-6.0 * (across + slant * down - edge)))
    light: Floats = (1.0 - shot.shadow * side).astype(np.float32)
    return light
