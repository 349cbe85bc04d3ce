"""Non-maximum suppression per class, in NumPy alone."""

from __future__ import annotations

import numpy as np

MAX_CANDIDATES = 512  # the best so many are looked at; a head is some ten of them
_NO_AREA = 1e-12  # px^2; two boxes without any do not overlap


def nms(boxes: np.ndarray, scores: np.ndarray, classes: np.ndarray, iou_threshold: float, max_detections: int) -> np.ndarray:
    """Indices of the boxes that survive, best score first.

    boxes: (n, 4) x_min, y_min, x_max, y_max; scores, classes: (n,). A box goes when it overlaps a better one of its own class by more
    than `iou_threshold` (intersection over union). Equal scores, frequent in int8, are ordered by class, then place, so that
    the result does not depend on the order of the input.
    """
    order = np.lexsort((*boxes.T[::-1], classes, -scores))[:MAX_CANDIDATES]
    x0, y0, x1, y1 = boxes[order].T
    area = np.maximum(x1 - x0, 0) * np.maximum(y1 - y0, 0)
    # All pairs at once: a few operations on a small matrix take less time than many on its rows.
    shared = np.maximum(np.minimum.outer(x1, x1) - np.maximum.outer(x0, x0), 0)
    shared *= np.maximum(np.minimum.outer(y1, y1) - np.maximum.outer(y0, y0), 0)
    total = np.maximum(np.add.outer(area, area) - shared, _NO_AREA)
    hidden_by = (shared / total > iou_threshold) & np.equal.outer(classes[order], classes[order])
    left = np.ones(len(order), bool)
    kept: list[int] = []
    for i in range(len(order)):
        if left[i]:
            kept.append(i)
            left &= ~hidden_by[i]
        if len(kept) == max_detections:
            break
    return order[kept]
