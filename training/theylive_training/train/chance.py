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

"""What chance does to every picture each time that a net sees it, whatever the net; labels move with the pixels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from theylive_training.pictures.picture import Picture, turn


def chanced(pictures: Sequence[Picture], rng: np.random.Generator) -> tuple[list[Picture], np.ndarray]:
    """The pictures mirrored and turned by right angles where they may be, and a tint for each: (n, 3) factors of red, green, blue."""
    turned = [p if p.upright else turn(p, int(rng.integers(4)), bool(rng.integers(2))) for p in pictures]
    return turned, np.exp(rng.normal(0, 0.08, (len(turned), 1)) + rng.normal(0, 0.04, (len(turned), 3)))


def tinted(picture: Picture, factors: np.ndarray) -> Picture:
    """The picture in another light. factors: (3,), of red, green, blue."""
    image = np.clip(np.rint(picture.image * factors[::-1]), 0, 255).astype(np.uint8)
    return Picture(image, picture.boxes, picture.upright)
