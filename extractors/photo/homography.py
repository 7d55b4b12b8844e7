"""Plane homographies: what a camera does to a flat sheet of paper.

Hartley and Zisserman, "Multiple View Geometry", 2nd ed., chapters 2 and 4. Coordinates are
continuous: the pixel in column 0 covers x from 0 to 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Homography:
    """A projective map of the plane. `matrix` is 3 x 3 and acts on column vectors (x, y, 1)."""

    matrix: Floats

    @classmethod
    def identity(cls) -> Homography:
        """The map that moves nothing."""
        return cls(np.eye(3))

    @classmethod
    def between(cls, source: Floats, target: Floats) -> Homography:
        """The map that takes four points to four others; both are 4 x 2.

        Raises:
            ValueError: three of the points lie on a line.
        """
        rows: list[list[float]] = []
        for (x, y), (u, v) in zip(source.tolist(), target.tolist(), strict=True):
            rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
            rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
        try:
            solved = np.linalg.solve(np.array(rows), target.reshape(-1))
        except np.linalg.LinAlgError as error:
            raise ValueError("three of four points lie on a line") from error
        return cls(np.append(solved, 1.0).reshape(3, 3).astype(np.float64))

    def apply(self, points: Floats) -> Floats:
        """Where points (n x 2) go; those on the horizon go to infinity."""
        mapped = np.column_stack((points, np.ones(len(points)))) @ self.matrix.T
        with np.errstate(divide="ignore", invalid="ignore"):
            return mapped[:, :2] / mapped[:, 2:]

    def inverse(self) -> Homography:
        """The way back."""
        return Homography(np.linalg.inv(self.matrix).astype(np.float64))
