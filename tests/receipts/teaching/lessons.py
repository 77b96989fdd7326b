"""Batches of lines with their texts, drawn without end by helpers on other cores."""

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from handlers.reading.pixels.transcriber import HEIGHT
from tests.receipts.pixels import Bytes
from tests.receipts.teaching.faces import choose
from tests.receipts.teaching.signs import spelt
from tests.receipts.teaching.strips import cut_of
from tests.receipts.teaching.texts import texts

#: Lines of so many batches are sorted by width: hardly anything of a batch is filling.
_SORTED_BATCHES = 12
#: Wider lines are left to the reader: what they would teach shorter ones do.
_WIDTH_MAX = 1100


class Lesson(NamedTuple):
    """Lines of about one width, and what they say."""

    #: (batch, 1, ``HEIGHT``, widest), 0 paper to 1 ink
    lines: Tensor
    #: of each line, in pixels
    widths: Tensor
    texts: list[str]


class _Lessons(IterableDataset[Lesson]):
    def __init__(self, seed: str, size: int) -> None:
        super().__init__()
        self._seed, self._size = seed, size

    def __iter__(self) -> Iterator[Lesson]:
        helper = get_worker_info()
        cv2.setNumThreads(1)
        chance = Random(f"{self._seed}/{helper.id if helper else 0}")
        lines = drawn(chance)
        while True:
            pool = [next(lines) for _ in range(_SORTED_BATCHES * self._size)]
            pool.sort(key=lambda line: line[0].shape[1])
            batches = [pool[at : at + self._size] for at in range(0, len(pool), self._size)]
            chance.shuffle(batches)
            yield from map(lesson_of, batches)


def drawn(chance: Random) -> Iterator[tuple[Bytes, str]]:
    """Yield lines with their texts for ever."""
    rows = texts(chance)
    while True:
        said, above, below = next(rows), next(rows), next(rows)
        cut, text = cut_of(said, choose(chance), (above.text, below.text), chance)
        label = spelt(text)
        if label and cut.shape[1] <= _WIDTH_MAX:
            yield cut, label


def lesson_of(lines: list[tuple[Bytes, str]]) -> Lesson:
    """Return a batch, narrower lines filled up with paper."""
    widest = max(cut.shape[1] for cut, _ in lines)
    page = np.zeros((len(lines), 1, HEIGHT, widest), np.float32)
    for place, (cut, _) in enumerate(lines):
        page[place, 0, :, : cut.shape[1]] = 1.0 - cut.astype(np.float32) / 255.0
    widths = torch.tensor([cut.shape[1] for cut, _ in lines])
    return Lesson(torch.from_numpy(page), widths, [text for _, text in lines])


def lessons(seed: str, size: int, helpers: int) -> Iterator[Lesson]:
    """Yield batches of ``size`` lines for ever."""
    loader = DataLoader(
        _Lessons(seed, size),
        batch_size=None,
        num_workers=helpers,
        prefetch_factor=24,
        multiprocessing_context="spawn",  # a forked one waits for ever on locks of OpenCV
    )
    return iter(loader)
