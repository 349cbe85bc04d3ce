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
