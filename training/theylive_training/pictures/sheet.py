"""A contact sheet: some pictures of each kind with their labels drawn, for a person to look at before training."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from theylive_training.pictures.picture import Picture

_COLOURS = {"alien": (60, 60, 255), "john": (80, 220, 80)}  # BGR


def save_sheet(pictures: Sequence[Picture], kinds: dict[str, int], path: Path, columns: int = 8) -> None:
    """One row per kind; `pictures` lie in the order of `kinds`, which says how many there are of each."""
    rows, first = [], 0
    for kind, count in kinds.items():
        chosen = np.linspace(first, first + count - 1, columns).astype(int) if count else []
        first += count
        if len(chosen):
            row = np.hstack([draw(pictures[i]) for i in chosen])
            cv2.putText(row, kind, (4, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 1, cv2.LINE_AA)
            rows.append(row)
    if rows:
        cv2.imwrite(str(path), np.vstack(rows))


def draw(picture: Picture) -> np.ndarray:
    """A copy of the picture with its boxes and their centres."""
    image = picture.image.copy()
    for b in picture.boxes:
        corners = np.rint([b.x - b.width / 2, b.y - b.height / 2, b.x + b.width / 2, b.y + b.height / 2]).astype(int).tolist()
        cv2.rectangle(image, tuple(corners[:2]), tuple(corners[2:]), _COLOURS[b.label], 1)
        cv2.circle(image, (int(b.x), int(b.y)), 1, (255, 120, 0), -1)
    return image
