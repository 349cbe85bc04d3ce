"""Non-maximum suppression per class, in NumPy alone."""

from __future__ import annotations

import numpy as np


def nms(boxes: np.ndarray, scores: np.ndarray, classes: np.ndarray, iou_threshold: float, max_detections: int) -> np.ndarray:
    """Indices of the boxes that survive, best score first.

    boxes: (n, 4) x_min, y_min, x_max, y_max; scores, classes: (n,). A box goes when it overlaps a better one of its own class by more
    than `iou_threshold` (intersection over union). Equal scores, frequent in int8, are ordered by class, then place, so that
    the result does not depend on the order of the input.
    """
    order = np.lexsort((*boxes.T[::-1], classes, -scores))
    kept: list[int] = []
    while len(order) and len(kept) < max_detections:
        best, rest = order[0], order[1:]
        kept.append(best)
        overlaps = (iou(boxes[best], boxes[rest]) > iou_threshold) & (classes[rest] == classes[best])
        order = rest[~overlaps]
    return np.array(kept, dtype=np.intp)


def iou(box: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Intersection over union of one box (4,) with each of boxes (n, 4); 0 where both have no area."""
    overlap = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    overlap = np.maximum(overlap, 0.0)
    shared = overlap[:, 0] * overlap[:, 1]
    total = _area(box) + _area(boxes) - shared
    return np.divide(shared, total, out=np.zeros_like(shared), where=total > 0)


def _area(boxes: np.ndarray) -> np.ndarray:
    return np.maximum(boxes[..., 2] - boxes[..., 0], 0.0) * np.maximum(boxes[..., 3] - boxes[..., 1], 0.0)
