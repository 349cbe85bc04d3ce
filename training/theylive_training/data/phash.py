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

"""A perceptual hash: 256 bits that stay nearly the same while a picture does, however it is compressed, and the search for such pictures.

It is the difference hash ("dHash", as N. Krawetz described it): the picture in grey, shrunk to 17 x 16 by averaging, and one bit for each
of its 16 x 16 pairs of neighbours in a row: is the right one brighter? Light that changes over the whole picture changes no bit.

What a small distance means where a camera looks at one board: the board's grain sets most bits, and a head of 64 px in a picture of
224 px has a say in some 25 of them. So two pictures of the public set within 24 bits show the same board in the same light. Of the 105
validation pictures measured, 82 have such a training picture, and the closest one has its head within 32 px in 73 % of them, where chance
gives 8 %; which ones is for the caller to tell by the labels. A hash of 256 cosine terms ("pHash") sees the camera's noise on so plain
a board: it finds 3 of the 82.
"""

from __future__ import annotations

import cv2
import numpy as np

BITS = 256
NEAR = 24  # bits by which near-duplicates may differ
_SIDE = 16
_BLOCK = 256  # pictures compared at a time with all others


def difference_hash(image: np.ndarray) -> np.ndarray:
    """The hash, uint64 (4,), of a picture uint8 (height, width) or (height, width, 3) BGR."""
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY) if image.ndim == 3 else image
    small = cv2.resize(grey, (_SIDE + 1, _SIDE), interpolation=cv2.INTER_AREA)
    return np.packbits(small[:, 1:] > small[:, :-1]).view(np.uint64)


def distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Bits in which each of the hashes `a`, uint64 (n, 4), differs from each of `b` (m, 4): uint16 (n, m)."""
    return np.bitwise_count(a[:, None] ^ b[None]).sum(axis=2, dtype=np.uint16)


def near(a: np.ndarray, b: np.ndarray, limit: int = NEAR) -> np.ndarray:
    """Every pair within `limit` bits of a hash of `a` (n, 4) and one of `b` (m, 4): int64 (k, 3), rows of index, index, distance."""
    found = [np.empty((0, 3), np.int64)]
    for first in range(0, len(a), _BLOCK):
        apart = distances(a[first : first + _BLOCK], b)
        i, j = np.nonzero(apart <= limit)
        found.append(np.column_stack([i + first, j, apart[i, j]]))
    return np.concatenate(found)


def near_within(hashes: np.ndarray, limit: int = NEAR) -> np.ndarray:
    """Every pair within `limit` bits among `hashes` (n, 4), each once: int64 (k, 3), rows of index, a higher index, distance."""
    pairs = near(hashes, hashes, limit)
    return pairs[pairs[:, 0] < pairs[:, 1]]
