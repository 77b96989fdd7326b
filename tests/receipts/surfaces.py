"""What surrounds the paper: tables, cloths, a hand; and the light on all of it."""

from random import Random

import cv2
import numpy as np

from tests.receipts.pixels import Floats, floats

Size = tuple[int, int]


def table(size: Size, chance: Random) -> Floats:
    """Return a background of ``size`` (width, height): axes (y, x, RGB), 0..255."""
    source = np.random.default_rng(chance.getrandbits(32))
    kinds = (_wood, _cloth, _dark, _bright, _checks)
    small = (max(8, size[0] // 2), max(8, size[1] // 2))
    made = chance.choices(kinds, (30, 20, 28, 14, 8))[0](small, source, chance)
    full = floats(cv2.resize(np.clip(made, 0, 255), size, interpolation=cv2.INTER_LINEAR))
    if chance.random() < 0.08:
        _lay_palm(full, chance)
    if chance.random() < 0.08:
        _lay_page(full, chance)
    return full


def light(size: Size, level: str, chance: Random) -> Floats:
    """Return the share of light at each pixel: a slope, a lamp and shadows; axes (y, x)."""
    width, height = max(4, size[0] // 16), max(4, size[1] // 16)
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    much = {"easy": 0.35, "medium": 0.7, "hard": 1.0}[level]
    angle = chance.uniform(0, 6.28)
    slope = 1.0 - much * 0.16 * (np.cos(angle) * x + np.sin(angle) * y)
    fall = 1.0 - much * chance.uniform(0, 0.22) * (x**2 + y**2) / 2
    lit = slope * fall
    for _ in range(chance.choice((0, 1)) if level == "easy" else chance.choice((0, 1, 2))):
        lit = lit * _shadow(x, y, much, chance)
    exposure = chance.uniform(*{"easy": (0.88, 1.04), "medium": (0.8, 1.08),
                                "hard": (0.66, 1.1)}[level])  # fmt: skip
    lit = floats(lit * exposure)
    return floats(cv2.resize(lit, size, interpolation=cv2.INTER_CUBIC))


def hand(scene: Floats, touches: list[tuple[Floats, Floats]], thick: float, chance: Random) -> None:
    """Draw a finger for each of ``touches``: where it ends (x, y), and which way it points."""
    skin = floats((206, 158, 130)) * chance.uniform(0.55, 1.05)
    layer = np.zeros(scene.shape[:2], np.float32)
    far = float(sum(scene.shape[:2]))
    for end, way in touches:
        tip = end - way * thick * 0.55
        root = tip - way * far
        (x, y), (root_x, root_y) = np.rint(tip).astype(int), np.rint(root).astype(int)
        cv2.line(layer, (int(root_x), int(root_y)), (int(x), int(y)), 1.0, max(4, round(thick)))
    layer = floats(cv2.GaussianBlur(layer, (0, 0), max(1.0, thick * 0.08)))
    lit = 0.7 + 0.3 * floats(cv2.GaussianBlur(layer, (0, 0), max(1.0, thick * 0.3)))
    scene[:] = scene * (1 - layer[..., None]) + (layer * lit)[..., None] * skin


def _lay_palm(scene: Floats, chance: Random) -> None:
    """Draw an open hand that holds the paper from below."""
    height, width = scene.shape[:2]
    layer = np.zeros((height, width), np.float32)
    middle = (round(width * chance.uniform(0.35, 0.65)), round(height * chance.uniform(0.6, 0.8)))
    reach = width * chance.uniform(0.3, 0.42)
    cv2.ellipse(layer, middle, (round(reach), round(reach * 1.2)), 0, 0, 360, 1.0, -1)
    for angle in (-2.6, -2.1, -1.6, -1.1, -0.4):
        tip = (
            round(middle[0] + 2.1 * reach * np.cos(angle)),
            round(middle[1] + 2.1 * reach * np.sin(angle)),
        )
        cv2.line(layer, middle, tip, 1.0, max(4, round(reach * 0.42)))
    layer = floats(cv2.GaussianBlur(layer, (0, 0), reach * 0.04))
    skin = floats((206, 152, 124)) * chance.uniform(0.5, 1.05)
    lit = 0.65 + 0.35 * floats(cv2.GaussianBlur(layer, (0, 0), reach * 0.15))
    scene[:] = scene * (1 - layer[..., None]) + (layer * lit)[..., None] * skin


def _lay_page(scene: Floats, chance: Random) -> None:
    """Draw a page of grey lines that look like print from afar, cut by the edge of the photo."""
    height, width = scene.shape[:2]
    page = np.full((height, width), 235, np.float32)
    step = max(8, round(width * chance.uniform(0.02, 0.035)))
    for top in range(step, height, step):
        left = 0
        while left < width:
            word = step * chance.uniform(0.8, 4)
            ends = (left, top), (round(left + word), top)
            cv2.line(page, *ends, chance.uniform(60, 130), max(1, step // 4))
            left += round(word + step * 0.5)
    side = chance.choice((-1, 1))
    shift = width * chance.uniform(0.55, 0.8) * side
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), chance.uniform(-25, 25), 1.0)
    turn[0, 2] += shift
    there = cv2.warpAffine(np.ones_like(page), turn, (width, height))
    moved = cv2.warpAffine(page, turn, (width, height))
    scene[:] = np.where(there[..., None] > 0.5, moved[..., None], scene)


def _shadow(x: Floats, y: Floats, much: float, chance: Random) -> Floats:
    angle, edge = chance.uniform(0, 6.28), chance.uniform(-0.6, 0.6)
    soft = chance.uniform(2.5, 22.0)
    far = np.cos(angle) * x + np.sin(angle) * y + 0.25 * np.sin(3 * x + chance.uniform(0, 6)) * y
    side = 1.0 / (1.0 + np.exp(-soft * (far - edge)))
    return floats(1.0 - much * chance.uniform(0.1, 0.38) * side)


def _colour(base: tuple[float, float, float], chance: Random, spread: float) -> Floats:
    return np.array([part + chance.uniform(-spread, spread) for part in base], np.float32)


def _streaks(size: Size, source: np.random.Generator, along: int, across: int) -> Floats:
    shape = (max(2, size[1] // along), max(2, size[0] // across))
    noise = source.normal(0, 1, shape).astype(np.float32)
    return floats(cv2.resize(noise, size, interpolation=cv2.INTER_CUBIC))


def _wood(size: Size, source: np.random.Generator, chance: Random) -> Floats:
    tone = chance.choice(((172, 128, 86), (122, 88, 60), (86, 62, 46), (205, 180, 148)))
    grain = 11 * _streaks(size, source, 90, 5) + 6 * _streaks(size, source, 30, 2)
    if chance.random() < 0.5:
        turned = _streaks(size, source, 5, 90)
        grain = 11 * turned
    return floats(_colour(tone, chance, 14) + grain[..., None] * np.float32(1.0))


def _cloth(size: Size, source: np.random.Generator, chance: Random) -> Floats:
    tone = chance.choice(((96, 104, 122), (150, 60, 58), (70, 92, 70), (188, 178, 160)))
    weave = (
        9 * np.sin(np.arange(size[0]) * 1.9)[None, :]
        + 9 * np.sin(np.arange(size[1]) * 1.9)[:, None]
    )
    rough = source.normal(0, 8, (size[1], size[0]))
    folds = 16 * _streaks(size, source, 160, 160)
    return floats(_colour(tone, chance, 12) + (weave + rough + folds)[..., None])


def _dark(size: Size, source: np.random.Generator, chance: Random) -> Floats:
    rough = source.normal(0, 3, (size[1], size[0])) + 4 * _streaks(size, source, 60, 60)
    return floats(_colour((26, 26, 30), chance, 10) + rough[..., None])


def _bright(size: Size, source: np.random.Generator, chance: Random) -> Floats:
    rough = source.normal(0, 2, (size[1], size[0])) + 3 * _streaks(size, source, 80, 80)
    tone = chance.choice(((214, 212, 206), (196, 202, 210), (226, 214, 190)))
    return floats(_colour(tone, chance, 10) + rough[..., None])


def _checks(size: Size, source: np.random.Generator, chance: Random) -> Floats:
    step = chance.uniform(18, 60)
    x, y = np.arange(size[0]) // step, np.arange(size[1]) // step
    squares = ((x[None, :] + y[:, None]) % 2) * chance.uniform(20, 70)
    rough = source.normal(0, 3, (size[1], size[0]))
    return floats(_colour((140, 130, 120), chance, 30) + (squares + rough)[..., None])
