"""Non-maximum suppression per class, in NumPy alone."""

from __future__ import annotations

import numpy as np

_NO_AREA = 1e-12  # px^2; two boxes without any do not overlap


def nms(boxes: np.ndarray, scores: np.ndarray, classes: np.ndarray, iou_threshold: float, max_detections: int) -> np.ndarray:
    """Indices of the boxes that survive, best score first.

    boxes: (n, 4) x_min, y_min, x_max, y_max; scores, classes: (n,). A box goes when it overlaps a better one of its own class by more
    than `iou_threshold` (intersection over union). Equal scores, frequent in int8, are ordered by class, then place, so that
    the result does not depend on the order of the input.
    """
    order = np.lexsort((*boxes.T[::-1], classes, -scores))
    apart = np.ptp(boxes) + 1.0 if len(boxes) else 0.0  # classes are laid side by side, so that boxes of two never overlap
    x0, y0, x1, y1 = (boxes[order] + apart * classes[order, None]).T
    area = np.maximum(x1 - x0, 0.0) * np.maximum(y1 - y0, 0.0)
    rest = np.stack((x0, y0, x1, y1, area, np.arange(len(order))))
    kept: list[int] = []
    while rest.shape[1] and len(kept) < max_detections:
        best, rest = rest[:, 0], rest[:, 1:]
        kept.append(int(best[5]))
        shared = np.maximum(np.minimum(best[2], rest[2]) - np.maximum(best[0], rest[0]), 0.0)
        shared *= np.maximum(np.minimum(best[3], rest[3]) - np.maximum(best[1], rest[1]), 0.0)
        total = np.maximum(best[4] + rest[4] - shared, _NO_AREA)
        rest = rest[:, shared / total <= iou_threshold]
    return order[kept]
