"""``python -m tests.receipts``: how well made-up and real receipts are read; ``make eval``.

``python -m tests.receipts draw FOLDER`` only draws photos and their labels.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct, structs
from rich.console import Console

from eventstore.process import configure_logging
from handlers.reading.protocol import SMALL, ChildSettings
from tests.receipts import labels, report, sheet, trials, yardstick
from tests.receipts.goods import HALVES
from tests.receipts.making import LEVELS, Photo
from tests.receipts.scores import Score, failing, score
from tests.receipts.trials import Trial

#: Labelled photos of real receipts, where a checkout has them beside it.
_REAL_PHOTOS = Path(__file__).parents[3] / "shared" / "receipts"
_BREAKDOWNS = ("layout", "face", "kind")


class Run(Struct, kw_only=True):
    """Everything one run measured."""

    seed: int
    goods: str
    trials: dict[str, list[Trial]]
    scores: dict[str, Score]
    #: the yardstick's p50 as a multiple of ours on the same photos
    times_faster: float | None = None


def main(arguments: Sequence[str]) -> None:
    """Do what ``arguments`` say."""
    asked = _parsed(arguments)
    if asked.folder is not None:
        _draw(asked)
        return
    run = asyncio.run(_evaluated(asked))
    _tell(run, asked)
    if asked.json:
        asked.json.write_bytes(msgspec.json.encode(run))


def _parsed(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.receipts", description=__doc__)
    parser.add_argument("draw", nargs="?", choices=["draw"], help="draw photos and stop")
    parser.add_argument("folder", nargs="?", type=Path, help="where draw puts them")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--n", type=int, default=120, help="receipts; levels take turns")
    parser.add_argument("--goods", choices=HALVES, default="unseen")
    parser.add_argument("--photos", type=Path, default=_REAL_PHOTOS, help="with a labels.jsonl")
    parser.add_argument("--yardstick", type=int, default=30, metavar="N", help="0 leaves it out")
    parser.add_argument("--children", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--by", nargs="*", choices=_BREAKDOWNS, default=[])
    parser.add_argument(
        "--also",
        action="append",
        type=_setting,
        default=[],
        metavar="NAME=JSON",
        help="read the same photos with other settings of a child; «small» is the small profile",
    )
    parser.add_argument("--into", type=Path, help="a page whose table is replaced by this run's")
    parser.add_argument("--json", type=Path, help="everything that was measured")
    parser.add_argument("--keep", type=Path, help="write the photos that failed, and what was read")
    parser.add_argument("--sheet", type=Path, help="draw photos that failed on one picture")
    asked = parser.parse_args(arguments)
    if asked.draw and asked.folder is None:
        parser.error("draw needs a folder")
    if asked.photos != _REAL_PHOTOS and not (asked.photos / "labels.jsonl").is_file():
        parser.error(f"--photos: there is no labels.jsonl in {asked.photos}")
    return asked


def _draw(asked: argparse.Namespace) -> None:
    photos = trials.drawn(seed=asked.seed, count=asked.n, half=asked.goods)
    asked.folder.mkdir(parents=True, exist_ok=True)
    for photo in photos:
        (asked.folder / photo.label.file).write_bytes(photo.jpeg)
    labels.write([photo.label for photo in photos], asked.folder)


async def _evaluated(asked: argparse.Namespace) -> Run:
    photos = trials.drawn(seed=asked.seed, count=asked.n, half=asked.goods)
    real = trials.taken(asked.photos) if (asked.photos / "labels.jsonl").is_file() else []
    _say(f"{len(photos)} receipts drawn, {len(real)} real ones; reading")
    done, peak_mb = await trials.read_all([*photos, *real], children=asked.children)
    ours, on_real = done[: len(photos)], done[len(photos) :]
    _keep([*photos, *real], done, asked)
    scores = _scores(ours, peak_mb) | ({"real": score(on_real)} if real else {})
    run = Run(seed=asked.seed, goods=asked.goods, trials={"ours": done}, scores=scores)
    for name, settings in asked.also:
        _say(f"the same photos as «{name}»")
        others, peak_mb = await trials.read_all(
            [*photos, *real], settings=settings, children=asked.children
        )
        run.trials[name] = others
        run.scores[name] = structs.replace(score(others[: len(photos)]), peak_mb=peak_mb)
        if real:
            run.scores[f"{name}, real"] = score(others[len(photos) :])
    if asked.yardstick and photos:
        _measure_yardstick(run, photos[: asked.yardstick], ours[: asked.yardstick], asked)
    return run


def _scores(ours: list[Trial], peak_mb: int | None) -> dict[str, Score]:
    levels = [(level, [t for t in ours if t.label.level == level]) for level in LEVELS]
    everything = structs.replace(score(ours), peak_mb=peak_mb)
    return {level: score(group) for level, group in levels if group} | {"all": everything}


def _measure_yardstick(
    run: Run, photos: list[Photo], ours: list[Trial], asked: argparse.Namespace
) -> None:
    _say(f"the yardstick reads {len(photos)} of them; that takes minutes")
    theirs = yardstick.read_all(photos, children=asked.children)
    run.trials["yardstick"] = theirs
    run.scores[f"ours on {len(photos)}"] = score(ours)
    run.scores[f"yardstick on {len(photos)}"] = slow = score(theirs)
    run.times_faster = slow.around_p50_seconds / max(0.001, score(ours).around_p50_seconds)


def _keep(photos: list[Photo], done: list[Trial], asked: argparse.Namespace) -> None:
    pairs = list(zip(photos, done, strict=True))
    if asked.keep:
        trials.keep([(photo, trial) for photo, trial in pairs if failing(trial)], asked.keep)
    if asked.sheet:
        sheet.draw(pairs, asked.sheet)


def _tell(run: Run, asked: argparse.Namespace) -> None:
    console = Console(width=None if sys.stdout.isatty() else 190)
    ours = run.trials["ours"]
    report.show(report.rows_of(run.scores), console, f"seed {run.seed}, goods {run.goods}")
    report.show(report.reasons(ours), console, "")
    for by in asked.by:
        report.show(report.breakdown(ours, by), console, f"by {by}")
    for line in _sentences(run):
        print(line)
    if asked.into:
        report.put_into(asked.into, _page(run, asked))


def _sentences(run: Run) -> list[str]:
    told = report.named(run.trials["ours"]) or ["No false accept, none lost."]
    if run.times_faster is not None:
        told.append(
            f"{run.times_faster:.1f} times faster than the yardstick at p50, on the same photos."
        )
    return told


def _page(run: Run, asked: argparse.Namespace) -> str:
    """Return what a run says as Markdown, beginning with how to have it again."""
    command = f"make eval SEED={run.seed} N={asked.n} GOODS={run.goods}"
    lines = [f"- {line}" for line in _sentences(run)]
    ours = run.trials["ours"]
    by = (report.breakdown(ours, name) for name in _BREAKDOWNS)
    tables = (report.rows_of(run.scores), report.reasons(ours), *by)
    parts = (f"`{command}`:", *map(report.markdown, tables), "\n".join(lines))
    return "\n" + "\n\n".join(parts) + "\n"


def _setting(text: str) -> tuple[str, ChildSettings]:
    name, _, settings = text.partition("=")
    if not settings and name == "small":
        return name, ChildSettings(reading=SMALL)
    return name, msgspec.json.decode(settings, type=ChildSettings)


def _say(text: str) -> None:
    print(text, file=sys.stderr)


if __name__ == "__main__":
    configure_logging(level="ERROR", for_people=True)
    main(sys.argv[1:])
