"""How a register prints the name of a good: dose, pack, maker before or after, cut. Pure."""

from random import Random

from tests.receipts.goods import Good

_DASHES = ("-", "-", "-", "-", "–", " - ", " -")
#: Fewer letters of the maker than these prove nothing after a cut.
_MAKER_LETTERS_MIN = 5
_MAKER = "Дарниця"


def printed(good: Good, chance: Random, *, upper: bool, cut_at: int | None) -> str:
    """Return the name as printed, cut at ``cut_at`` characters.

    A cut never takes so much of «Дарниця» that the name would prove nothing: then the form
    is left out.
    """
    stem = good.stem if upper else _named(good.stem)
    name = _whole(stem, good, chance)
    if cut_at is not None and len(name) > cut_at:
        name = _cut(name, stem, good, cut_at)
    if upper:
        name = name.upper()
    return name


def _named(stem: str) -> str:
    """Lower all but the first letter of each word, as shops write names."""
    if not stem.isupper():
        return stem
    head, *rest = stem.split(" ")
    return " ".join([_capital(head), *(w if len(w) < 4 else w.lower() for w in rest)])


def _capital(word: str) -> str:
    parts = word.split("-")
    return "-".join(part if len(part) < 3 else part.capitalize() for part in parts)


def _whole(stem: str, good: Good, chance: Random) -> str:
    if good.kind == "suffix":
        return chance.choice((f"{stem}-Д №10", f"{stem}-Д табл. №6", f"{stem}-Д N10 ТАБЛ."))
    if good.kind == "darnitsa":
        return _with_maker(stem, good.form, chance)
    if good.maker:
        return chance.choice((
            f"{stem} {good.form} {good.maker}",
            f"{stem}-{good.maker} {good.form}",
            f"{stem} {good.form} ({good.maker})",
        ))  # fmt: skip
    return f"{stem} {good.form}".strip()


def _with_maker(stem: str, form: str, chance: Random) -> str:
    maker = "Дарница" if chance.random() < 0.03 else _MAKER
    tied = f"{stem}{chance.choice(_DASHES)}{maker}"
    forms = (
        (0.62, f"{tied} {form}"),
        (0.14, f"{stem} {form} {maker}"),
        (0.07, f"{tied} {form} {maker}"),
        (0.06, f"{stem} {form} ({maker})"),
        (0.04, f'{stem} {form} "{maker}"'),
        (0.04, f"{maker} {stem} {form}"),
        (0.015, f"{stem} {form} ПрАТ {maker}"),
    )
    weights = [weight for weight, _ in forms]
    return chance.choices([text for _, text in forms], weights)[0]


def _cut(name: str, stem: str, good: Good, cut_at: int) -> str:
    short = name[:cut_at].rstrip()
    if good.kind != "darnitsa" or maker_letters(short) >= _MAKER_LETTERS_MIN:
        return short
    tied = f"{stem}-{_MAKER} {good.form}"
    return tied[: max(cut_at, len(stem) + 1 + len(_MAKER))].rstrip()


def maker_letters(text: str) -> int:
    """Return how many letters of the maker's word a text holds at most, from its start."""
    low = text.lower()
    return max(
        (n for n in range(1, 8) if _MAKER[:n].lower() in low or "дарница"[:n] in low), default=0
    )
