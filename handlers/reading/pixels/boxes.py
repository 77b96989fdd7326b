"""Boxes around print and the frames they are seen in. Pure geometry, pixels, y downward."""

from math import cos, degrees, hypot, radians, sin

import numpy as np
from msgspec import Struct, structs
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


class TextBox(Struct, frozen=True):
    """A piece of print: centre, extent along and across the text, clockwise degrees."""

    x: float
    y: float
    width: float
    height: float
    angle: float

    @property
    def left(self) -> float:
        """Where the text begins, when it lies level."""
        return self.x - self.width / 2

    @property
    def right(self) -> float:
        """Where the text ends, when it lies level."""
        return self.x + self.width / 2

    @property
    def top(self) -> float:
        """Upper edge, when it lies level."""
        return self.y - self.height / 2

    @property
    def bottom(self) -> float:
        """Lower edge, when it lies level."""
        return self.y + self.height / 2

    def at(self, along: float, across: float) -> tuple[float, float]:
        """Return the point at fractions of the box: (0, 0) begins it, (1, 1) ends it."""
        turn = radians(self.angle)
        u, v = (along - 0.5) * self.width, (across - 0.5) * self.height
        return self.x + u * cos(turn) - v * sin(turn), self.y + u * sin(turn) + v * cos(turn)

    def height_at(self, x: float, slope: float) -> float:
        """Return the y of the text's middle line at ``x``, going on with ``slope``."""
        return self.y + (x - self.x) * slope


class Frame(Struct, frozen=True):
    """A turned and scaled view of a picture: view = scale · turn(picture) + shift."""

    scale: float = 1.0
    #: clockwise degrees by which the picture is turned to make the view
    angle: float = 0.0
    dx: float = 0.0
    dy: float = 0.0

    @classmethod
    def turning(cls, shape: tuple[int, ...], angle: float) -> "Frame":
        """Return the frame in which print turned clockwise by ``angle`` lies level.

        ``shape`` is the picture's (height, width, …); its centre becomes the origin.
        """
        x, y = shape[1] / 2, shape[0] / 2
        turn = radians(-angle)
        c, s = cos(turn), sin(turn)
        return cls(1.0, -angle, s * y - c * x, -s * x - c * y)

    @property
    def matrix(self) -> Matrix:
        """Picture to view, axes (2, 3), as OpenCV takes it."""
        turn = radians(self.angle)
        c, s = self.scale * cos(turn), self.scale * sin(turn)
        return np.array([[c, -s, self.dx], [s, c, self.dy]])

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Return where the picture's (x, y) is in the view."""
        (a, b, c), (d, e, f) = self.matrix
        return float(a * x + b * y + c), float(d * x + e * y + f)

    def back(self, x: float, y: float) -> tuple[float, float]:
        """Return where the view's (x, y) is in the picture."""
        turn = radians(self.angle)
        u, v = (x - self.dx) / self.scale, (y - self.dy) / self.scale
        return u * cos(turn) + v * sin(turn), v * cos(turn) - u * sin(turn)

    def box_in(self, box: TextBox) -> TextBox:
        """Return a box of the picture as the view shows it."""
        x, y = self.point(box.x, box.y)
        return TextBox(
            x, y, box.width * self.scale, box.height * self.scale, box.angle + self.angle
        )

    def box_back(self, box: TextBox) -> TextBox:
        """Return a box of the view as it lies on the picture."""
        x, y = self.back(box.x, box.y)
        return TextBox(
            x, y, box.width / self.scale, box.height / self.scale, box.angle - self.angle
        )

    def cropped(self, left: float, top: float, scale: float = 1.0) -> "Frame":
        """Return the frame whose origin is this one's (left, top), then scaled."""
        return structs.replace(
            self,
            scale=self.scale * scale,
            dx=(self.dx - left) * scale,
            dy=(self.dy - top) * scale,
        )


def box_of(corners: NDArray[np.float64]) -> TextBox:
    """Return the box with these four corners in order, axes (4, 2); text runs the long way."""
    first = corners[1] - corners[0]
    second = corners[2] - corners[1]
    long, short = (first, second) if hypot(*first) >= hypot(*second) else (second, first)
    angle = degrees(float(np.arctan2(long[1], long[0])))
    angle = (angle + 90.0) % 180.0 - 90.0
    x, y = corners.mean(axis=0)
    return TextBox(float(x), float(y), hypot(*long), hypot(*short), angle)


def levelled(box: TextBox) -> TextBox:
    """Return the box seen as level print, -45..45: a lone «1» is higher than wide."""
    angle = box.angle % 180.0
    if angle > 135.0:
        return structs.replace(box, angle=angle - 180.0)
    if angle > 45.0:
        return TextBox(box.x, box.y, box.height, box.width, angle - 90.0)
    return structs.replace(box, angle=angle)
