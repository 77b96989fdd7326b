"""What a bench measured: the same work done in turns by us and by others."""

import statistics
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

#: One round of one contestant: does the work and returns its figure.
Contestant = Callable[[], Awaitable[float]]

DIGITS = 4


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One comparison; the median of each side counts."""

    bench: str
    ours: float
    #: None when there is nobody to compare with
    peer: str | None
    theirs: float | None
    #: more is better: ours/theirs for rates, theirs/ours for times
    ratio: float | None
    rounds: int
    #: of ours
    min: float
    max: float
    #: further figures of ours by name
    extra: dict[str, float] = {}

    def as_json(self) -> str:
        """Return the line as one JSON object, the further figures at its end."""
        fields: dict[str, Any] = msgspec.to_builtins(self)
        extra = fields.pop("extra")
        return msgspec.json.encode(fields | extra).decode()


def line_from(text: str) -> Line:
    """Return the line that ``as_json`` wrote; ``msgspec.ValidationError`` if it is none."""
    fields: dict[str, Any] = msgspec.json.decode(text, type=dict[str, Any])
    known = set(Line.__struct_fields__) - {"extra"}
    extra = {name: value for name, value in fields.items() if name not in known}
    return msgspec.convert(
        {name: fields[name] for name in known & set(fields)} | {"extra": extra}, type=Line
    )


def rounded(figure: float) -> float:
    """Return ``figure`` with as many digits as mean something."""
    return float(f"{figure:.{DIGITS}g}")


def compared(
    bench: str,
    ours: Sequence[float],
    *,
    peer: str | None = None,
    theirs: Sequence[float] = (),
    less_is_better: bool = False,
    extra: Mapping[str, float] | None = None,
) -> Line:
    """Return the comparison of the rounds of both sides."""
    mine = statistics.median(ours)
    other = statistics.median(theirs) if theirs else None
    ratio = None
    if other is not None:
        ratio = rounded(other / mine if less_is_better else mine / other)
    return Line(
        bench=bench,
        ours=rounded(mine),
        peer=peer,
        theirs=None if other is None else rounded(other),
        ratio=ratio,
        rounds=len(ours),
        min=rounded(min(ours)),
        max=rounded(max(ours)),
        extra={name: rounded(figure) for name, figure in (extra or {}).items()},
    )


async def in_turns(
    bench: str, *, rounds: int, ours: Contestant, peers: Mapping[str, Contestant]
) -> list[Line]:
    """Let us and all peers work in turns (A B C, A B C, …); return a line per peer.

    A round before the first one warms up and does not count.
    """
    mine: list[float] = []
    others: dict[str, list[float]] = {name: [] for name in peers}
    for number in range(rounds + 1):
        figure = await ours()
        figures = {name: await peer() for name, peer in peers.items()}
        if number:
            mine.append(figure)
            for name in peers:
                others[name].append(figures[name])
    if not peers:
        return [compared(bench, mine)]
    return [compared(bench, mine, peer=name, theirs=others[name]) for name in peers]


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which ``share`` (0 to 1) of ``values`` lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def table(lines: Iterable[Line]) -> str:
    """Return ``lines`` as a table in Markdown."""
    rows = [
        "| bench | ours | min–max | peer | theirs | ratio | rounds | further |",
        "|---|--:|--:|---|--:|--:|--:|---|",
    ]
    for line in lines:
        further = ", ".join(f"{name} {figure:,g}" for name, figure in line.extra.items())
        theirs = "" if line.theirs is None else f"{line.theirs:,g}"
        ratio = "" if line.ratio is None else f"{line.ratio:g}"
        rows.append(
            f"| {line.bench} | {line.ours:,g} | {line.min:,g}–{line.max:,g} | {line.peer or ''} "
            f"| {theirs} | {ratio} | {line.rounds} | {further} |"
        )
    return "\n".join(rows)
