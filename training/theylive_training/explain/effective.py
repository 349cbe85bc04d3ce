# Copyright 2026 theylive_ros developers
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""How much of its receptive field a cell really uses.

Luo et al., "Understanding the Effective Receptive Field in Deep Convolutional Neural Networks" (arXiv 1701.04128): the gradient of a
cell, averaged over random inputs, falls off like a bell from the middle of the field, so that a net minds far less than it could see.
"""

from __future__ import annotations

import dataclasses

import numpy as np

SHARE = 0.95  # of what moves a cell, that its extent holds


@dataclasses.dataclass(frozen=True)
class Extent:
    """Rows top..bottom and columns left..right of the picture, all included."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def height(self) -> int:
        """Rows."""
        return self.bottom - self.top + 1

    @property
    def width(self) -> int:
        """Columns."""
        return self.right - self.left + 1


def extent(moved: np.ndarray) -> Extent | None:
    """Where SHARE of a sensitivity (height, width) lies, in rows and in columns, as much left out on either side; None if nothing moved."""
    if not moved.any():
        return None
    top, bottom = _between(moved.sum(axis=1))
    left, right = _between(moved.sum(axis=0))
    return Extent(left, top, right, bottom)


def support(moved: np.ndarray) -> Extent | None:
    """The least rectangle that holds every pixel that moved something; None if none did."""
    rows, columns = np.flatnonzero(moved.any(axis=1)), np.flatnonzero(moved.any(axis=0))
    return Extent(int(columns[0]), int(rows[0]), int(columns[-1]), int(rows[-1])) if len(rows) else None


def _between(sums: np.ndarray) -> tuple[int, int]:
    grown = np.cumsum(sums) / sums.sum()
    first, last = np.searchsorted(grown, [(1 - SHARE) / 2, 1 - (1 - SHARE) / 2])
    return int(first), int(min(last, len(sums) - 1))
