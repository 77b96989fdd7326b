"""How paper bends: curl, folds and crumples, as shifts and shades over the strip."""

from random import Random

import cv2
import numpy as np
from msgspec import Struct

from tests.receipts.pixels import Floats, floats

#: Shifts and shades are made at one sample for so many pixels, and are smooth between.
STEP = 4


class Bend(Struct, frozen=True, kw_only=True):
    """Fields over the strip, one sample for ``STEP`` pixels; axes (y, x)."""

    #: what is seen at a place lies so many pixels to the right and below
    right: Floats
    down: Floats
    #: share of light, about 1
    shade: Floats


def bend(size: tuple[int, int], cell: float, level: str, chance: Random) -> Bend:
    """Return the bends of a strip of ``size`` (width, height) with characters ``cell`` wide."""
    width, height = size[0] // STEP + 2, size[1] // STEP + 2
    across = np.linspace(0, 1, width, dtype=np.float32)[None, :]
    along = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    source = np.random.default_rng(chance.getrandbits(32))
    strength = {"easy": 0.25, "medium": 0.6, "hard": 1.0}[level] * chance.uniform(0.3, 1.0)
    right, down, shade = _curl(across, along, cell * strength, strength, chance)
    if chance.random() < {"easy": 0.15, "medium": 0.5, "hard": 0.85}[level]:
        relief = _crumpled((height, width), cell, source, chance) * strength
        moved = cv2.GaussianBlur(relief, (0, 0), 3.0 * cell / STEP)
        right = right + 0.45 * moved * cell * chance.uniform(-1, 1)
        down = down + 0.45 * moved * cell * chance.uniform(-1, 1)
        slope = cv2.Sobel(relief, cv2.CV_32F, 1, 1, ksize=3) * 0.4 + _slope(relief, chance)
        shade = shade * np.clip(1.0 + 0.9 * slope, 0.74, 1.1)
    if chance.random() < {"easy": 0.1, "medium": 0.3, "hard": 0.5}[level]:
        shade = shade * _fold(across, along, chance)
    return Bend(
        right=right.astype(np.float32), down=down.astype(np.float32),
        shade=shade.astype(np.float32),
    )  # fmt: skip


def _curl(
    across: Floats, along: Floats, reach: float, strength: float, chance: Random
) -> tuple[Floats, Floats, Floats]:
    """Return a strip that curls up at its ends and is a little wavy sideways."""
    turns, phase = chance.uniform(0.4, 1.3), chance.uniform(0, 6.28)
    wave = np.sin(2 * np.pi * turns * along + phase)
    bow = np.sin(np.pi * across + chance.uniform(-0.4, 0.4))
    right = 1.1 * reach * wave + 0 * across
    down = 0.6 * reach * bow * np.cos(2 * np.pi * turns * along + phase)
    shade = 1.0 - 0.16 * strength * (0.5 + 0.5 * wave) + 0 * across
    return right, down, shade


def _crumpled(
    shape: tuple[int, int], cell: float, source: np.random.Generator, chance: Random
) -> Floats:
    """Return a relief of facets: the folds of noise, and straight creases; about -1..1."""
    relief = np.zeros(shape, np.float32)
    for letters, weight in ((24, 1.0), (12, 0.4), (6, 0.12)):
        grid = max(2.0, letters * cell / STEP)
        coarse = (int(shape[0] / grid) + 3, int(shape[1] / grid) + 3)
        noise = source.normal(0, 1, coarse).astype(np.float32)
        smooth = cv2.resize(noise, shape[::-1], interpolation=cv2.INTER_CUBIC)
        relief += weight * (np.abs(smooth) - 0.8)
    return relief + _creases(shape, chance)


def _creases(shape: tuple[int, int], chance: Random) -> Floats:
    rows = np.arange(shape[0], dtype=np.float32)[:, None]
    columns = np.arange(shape[1], dtype=np.float32)[None, :]
    relief = np.zeros(shape, np.float32)
    for _ in range(chance.randint(5, 16)):
        angle = chance.uniform(0, np.pi)
        y, x = chance.uniform(0, shape[0]), chance.uniform(0, shape[1])
        apart = (columns - x) * np.cos(angle) + (rows - y) * np.sin(angle)
        beside = (rows - y) * np.cos(angle) - (columns - x) * np.sin(angle)
        reach, length = shape[1] * chance.uniform(0.08, 0.4), shape[1] * chance.uniform(0.2, 0.8)
        ridge = np.exp(-np.abs(apart) / reach - (beside / length) ** 2)
        relief += chance.uniform(-0.9, 0.9) * ridge
    return relief


def _slope(relief: Floats, chance: Random) -> Floats:
    angle = chance.uniform(0, 6.28)
    down, right = np.gradient(relief)
    return floats(np.cos(angle) * right + np.sin(angle) * down)


def _fold(across: Floats, along: Floats, chance: Random) -> Floats:
    """Return the shade of a strip folded once: a line, and a half turned from the light."""
    at, tilt = chance.uniform(0.25, 0.75), chance.uniform(-0.03, 0.03)
    apart = along - at + tilt * across
    line = 1.0 - 0.18 * np.exp(-((apart / 0.004) ** 2))
    half = 1.0 - chance.uniform(0.03, 0.14) * (0.5 + 0.5 * np.tanh(apart / 0.008))
    return floats(line * half)
