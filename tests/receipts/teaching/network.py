"""The network that reads a line: columns of print to signs, and how wrong it is (CTC).

Convolutions look at strokes, then at letters; dilated ones along the line see eight letters
around each. Everything is a convolution: the time for a line grows with its length only, and a
line says the same in whatever batch it stands. After Shi et al., «An end-to-end trainable
neural network for image-based sequence recognition» (2015), without the recurrent part.
"""

import torch
from torch import Tensor, nn

from handlers.reading.pixels.signs import SIGNS
from handlers.reading.pixels.transcriber import HEIGHT, STEP

CLASSES = len(SIGNS) + 1
_WIDTHS = (24, 40, 80, 144, 192)


class Transcriber(nn.Module):
    """Lines, axes (batch, 1, y, x), 0 paper to 1 ink -> axes (batch, step, class), as logits."""

    def __init__(self) -> None:
        """Make it, untaught."""
        super().__init__()
        strokes, parts, letters, signs, along = _WIDTHS
        self.seen = nn.Sequential(
            _conv(1, strokes, (2, 2)), _conv(strokes, parts, (2, 2)), _Again(parts),
            _conv(parts, letters, (2, 1)), _Again(letters), _conv(letters, signs, (2, 1)),
        )  # fmt: skip
        self.stood = nn.Sequential(
            nn.Conv2d(signs, along, (HEIGHT // 16, 1), bias=False), nn.BatchNorm2d(along), nn.ReLU()
        )
        self.said = nn.Sequential(*(_Along(along, reach) for reach in (1, 2, 4, 1)))
        self.named = nn.Conv1d(along, CLASSES, 1)

    def forward(self, lines: Tensor) -> Tensor:
        """Return how likely each class is at each step, as logits."""
        columns = self.stood(self.seen(lines))[:, :, 0]
        return self.named(self.said(columns)).transpose(1, 2)


class Reading(nn.Module):
    """The network as it is written out: shares instead of logits."""

    def __init__(self, network: Transcriber) -> None:
        """Take the network that was taught."""
        super().__init__()
        self.network = network

    def forward(self, lines: Tensor) -> Tensor:
        """Return the share of each class at each step."""
        return self.network(lines).softmax(-1)


class _Again(nn.Module):
    """Look twice more and add what was seen."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.look = nn.Sequential(
            _conv(width, width, (1, 1)),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
        )

    def forward(self, seen: Tensor) -> Tensor:
        return torch.relu(seen + self.look(seen))


class _Along(nn.Module):
    """Look along the line, ``reach`` steps apart, and add what follows from it."""

    def __init__(self, width: int, reach: int) -> None:
        super().__init__()
        self.look = nn.Sequential(
            nn.Conv1d(width, width, 5, padding=2 * reach, dilation=reach, groups=width, bias=False),
            nn.BatchNorm1d(width),
            nn.Conv1d(width, 2 * width, 1),
            nn.ReLU(),
            nn.Conv1d(2 * width, width, 1),
        )

    def forward(self, seen: Tensor) -> Tensor:
        return seen + self.look(seen)


def _conv(before: int, after: int, stride: tuple[int, int]) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, 3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(),
    )


def wrongness(logits: Tensor, widths: Tensor, texts: list[str]) -> Tensor:
    """Return the CTC loss of a batch; ``widths`` are the lines' own, in pixels."""
    spelt = [torch.tensor([SIGNS.index(sign) + 1 for sign in text]) for text in texts]
    return nn.functional.ctc_loss(
        logits.float().log_softmax(-1).transpose(0, 1),
        torch.cat(spelt),
        torch.div(widths + STEP - 1, STEP, rounding_mode="floor"),
        torch.tensor([len(one) for one in spelt]),
        zero_infinity=True,
    )
