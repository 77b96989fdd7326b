"""``make teach``: teach the reader of lines and write its network.

Needs PyTorch, which nothing else here does: ``make teach`` gives it an environment of its own.
"""

import argparse
import math
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random

import torch
from rapidfuzz.distance import Levenshtein
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from handlers.reading.pixels.models import TRANSCRIBER
from handlers.reading.pixels.signs import SIGNS
from tests.receipts.teaching.lessons import Lesson, drawn, lesson_of, lessons
from tests.receipts.teaching.network import Reading, Transcriber, wrongness

_BATCH = 48
_RATE_MAX, _WARM_UP = 3e-3, 0.03
#: What is written is the mean of the last some hundred steps: steadier than any of them.
_MEMORY = 0.997
_EXAM_LINES = 480
_SECONDS_BETWEEN_EXAMS = 180


def main() -> None:
    """Teach for the given time, then write the network and say how well it reads."""
    asked = _parsed()
    torch.manual_seed(asked.seed)
    torch.set_num_threads(asked.threads)
    network = Transcriber().to(memory_format=torch.channels_last)
    if asked.begin:
        network.load_state_dict(torch.load(asked.begin, weights_only=True))
    taught = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(_MEMORY), use_buffers=True)
    exam = [lesson_of([line]) for line in islice(drawn(Random(f"exam/{asked.seed}")), _EXAM_LINES)]
    _teach(network, taught, lessons(str(asked.seed), _BATCH, asked.helpers), exam, asked)
    _write(taught.module, asked.into)


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.receipts.teaching", description=__doc__)
    parser.add_argument("--minutes", type=float, default=90.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2, help="of PyTorch")
    parser.add_argument("--helpers", type=int, default=2, help="processes that draw lines")
    parser.add_argument("--rate", type=float, default=_RATE_MAX, help="of learning, at most")
    parser.add_argument("--begin", type=Path, help="weights to go on from")
    parser.add_argument("--weights", type=Path, help="where weights are kept between exams")
    parser.add_argument("--into", type=Path, default=TRANSCRIBER)
    return parser.parse_args()


def _teach(
    network: Transcriber,
    taught: AveragedModel,
    lessons_: Iterator[Lesson],
    exam: list[Lesson],
    asked: argparse.Namespace,
) -> None:
    started = examined = time.monotonic()
    optimiser = torch.optim.AdamW(network.parameters(), lr=asked.rate, weight_decay=0.01)
    steps = 0
    while (done := (time.monotonic() - started) / (60 * asked.minutes)) < 1:
        for group in optimiser.param_groups:
            group["lr"] = asked.rate * _share(done)
        loss = _step(network, optimiser, next(lessons_))
        taught.update_parameters(network)
        steps += 1
        if time.monotonic() - examined > _SECONDS_BETWEEN_EXAMS:
            told = f"{steps * _BATCH} lines, {done:.0%}: loss {loss:.3f}, {_examined(taught, exam)}"
            print(told, file=sys.stderr, flush=True)
            if asked.weights:
                torch.save(taught.module.state_dict(), asked.weights)
            examined = time.monotonic()
    print(f"{steps * _BATCH} lines: {_examined(taught, exam)}", flush=True)


def _share(done: float) -> float:
    """Return the share of the highest rate: a short way up, then down along a cosine."""
    if done < _WARM_UP:
        return 0.05 + 0.95 * done / _WARM_UP
    return 0.5 + 0.5 * math.cos(math.pi * (done - _WARM_UP) / (1 - _WARM_UP)) + 1e-3


def _step(network: Transcriber, optimiser: torch.optim.Optimizer, lesson: Lesson) -> float:
    network.train()
    lines = lesson.lines.contiguous(memory_format=torch.channels_last)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = network(lines)
    loss = wrongness(logits, lesson.widths, lesson.texts)
    optimiser.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), 2.0)
    optimiser.step()
    return loss.item()


def _examined(taught: AveragedModel, exam: list[Lesson]) -> str:
    """Tell how many signs and lines of the exam are read wrong."""
    taught.eval()
    wrong = signs = lines = 0
    with torch.inference_mode():
        for lesson in exam:
            said = _said(taught(lesson.lines)[0])
            slips = Levenshtein.distance(said, lesson.texts[0])
            wrong, signs, lines = wrong + slips, signs + len(lesson.texts[0]), lines + (slips > 0)
    return f"{wrong / signs:.2%} of signs and {lines / len(exam):.1%} of lines wrong"


def _said(logits: Tensor) -> str:
    best = torch.unique_consecutive(logits.argmax(-1))
    return "".join(SIGNS[place - 1] for place in best.tolist() if place)


def _write(network: Transcriber, into: Path) -> None:
    reading = Reading(network).eval()
    example = torch.zeros(1, 1, 32, 256)
    torch.onnx.export(
        reading, (example,), into, input_names=["lines"], output_names=["shares"],
        dynamic_axes={"lines": {0: "batch", 3: "width"}, "shares": {0: "batch", 1: "steps"}},
        opset_version=17, dynamo=False,
    )  # fmt: skip


if __name__ == "__main__":
    main()
