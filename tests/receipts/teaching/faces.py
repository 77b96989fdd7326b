"""Fonts to learn from: those receipts are drawn in but for two, and many more."""

from functools import cache
from random import Random

from tests.receipts.fonts import FACES, Face, is_installed

#: Receipts are drawn in these too, and the network has never seen them: the table by face in
#: docs/reading.md tells what that costs.
KEPT_APART = ("agave-r-autohinted.ttf", "Anonymous Pro.ttf")
#: Share of lines in the faces that receipts are drawn in.
_SHARE_OF_RECEIPTS = 0.5
_TTF, _X11 = "truetype/", "X11/misc/"
_BITMAPS = (("10x20", 20), ("9x18", 18), ("9x18B", 18), ("9x15", 15), ("9x15B", 15), ("8x13", 13),
            ("8x13B", 13), ("7x13", 13), ("7x14", 14), ("7x14B", 14), ("6x13B", 13))  # fmt: skip
_MONOSPACED = (
    ("cousine", "croscore/Cousine-Regular.ttf"), ("cousine", "croscore/Cousine-Bold.ttf"),
    ("go", "../fonts-go/Go-Mono.ttf"), ("go", "../fonts-go/Go-Mono-Bold.ttf"),
    ("fira", "firacode/FiraCode-Regular.ttf"), ("fira", "firacode/FiraCode-Bold.ttf"),
    ("noto", "noto/NotoSansMono-Regular.ttf"), ("noto", "noto/NotoSansMono-Bold.ttf"),
    ("monoid", "monoid/Monoid-Regular.ttf"), ("monoid", "monoid/Monoid-Bold.ttf"),
    ("fantasque", "fantasque-sans/Normal/TTF/FantasqueSansMono-Regular.ttf"),
    ("dejavu", "dejavu/DejaVuSansMono-Bold.ttf"), ("hack", "hack/Hack-Bold.ttf"),
    ("jetbrains", "jetbrains-mono/JetBrainsMono-Bold.ttf"),
    ("3270", "3270/3270SemiCondensed-Regular.ttf"),
    ("free", "freefont/FreeMono.ttf"), ("paratype", "paratype/PTM75F.ttf"),
)  # fmt: skip
_PROPORTIONAL = (
    "croscore/Arimo-Regular.ttf", "croscore/Arimo-Bold.ttf", "dejavu/DejaVuSans.ttf",
    "dejavu/DejaVuSans-Bold.ttf", "dejavu/DejaVuSansCondensed.ttf",
    "dejavu/DejaVuSansCondensed-Bold.ttf", "liberation/LiberationSansNarrow-Regular.ttf",
    "liberation/LiberationSansNarrow-Bold.ttf", "open-sans/OpenSans-Regular.ttf",
    "open-sans/OpenSans-CondBold.ttf", "roboto/unhinted/RobotoCondensed-Regular.ttf",
    "roboto/unhinted/RobotoCondensed-Bold.ttf", "roboto/unhinted/RobotoTTF/Roboto-Medium.ttf",
    "paratype/PTN57F.ttf", "paratype/PTS75F.ttf", "freefont/FreeSans.ttf",
)  # fmt: skip


@cache
def _of_receipts() -> tuple[Face, ...]:
    return tuple(
        face for face in FACES if not face.path.endswith(KEPT_APART) and is_installed(face)
    )


@cache
def _others() -> tuple[Face, ...]:
    bitmaps = (
        Face(path=f"{_X11}{name}.pcf.gz", package="xfonts-base", size=size, dots=dots)
        for name, size in _BITMAPS
        for dots in (True, False)
    )
    monospaced = (
        Face(path=_TTF + path, package=f"fonts-{name}", slashed=slashed)
        for name, path in _MONOSPACED
        for slashed in (False, True)
    )
    free = (
        Face(path=_TTF + path, package="", proportional=True, weight=1) for path in _PROPORTIONAL
    )
    return tuple(face for face in (*bitmaps, *monospaced, *free) if is_installed(face))


def choose(chance: Random) -> Face:
    """Return a face to print a line in.

    Raises:
        FileNotFoundError: the fonts of ``make teach`` are not installed.
    """
    faces = _of_receipts() if chance.random() < _SHARE_OF_RECEIPTS else _others()
    if len(faces) < 2:
        raise FileNotFoundError("fonts are missing: call «make teach»")
    return chance.choices(faces, [face.weight for face in faces])[0]
