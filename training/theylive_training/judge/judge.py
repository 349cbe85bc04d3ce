"""How good a model is, judged by the decoder that the robot runs, on pictures that it has never seen."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from theylive_ros.detector.yolov8 import YoloV8Config, YoloV8Detector
from theylive_ros.types import Detection
from theylive_training.pictures.picture import LABELS, Box, Picture, inside

ALIEN, JOHN = LABELS
LEAST_OVERLAP = 0.5  # intersection over union from which a detection is of a head
LEAST_INSIDE = 0.7  # a head of which less is in the picture need not be found


class Judge:
    """Runs a model over pictures and counts."""

    def __init__(self, model: Path, score_threshold: float | None = None) -> None:
        """model: with its manifest beside it. score_threshold: None for the robot's default. Raises DetectorError."""
        config = YoloV8Config(model=str(model), device="cpu", threads=1)
        if score_threshold is not None:
            config.score_threshold = score_threshold
        self.score_threshold = config.score_threshold
        self._detector = YoloV8Detector(config)
        self._detector.load()

    def judge(self, pictures: Sequence[Picture]) -> dict[str, Any]:
        """Counts over the pictures; see `Tally.summary`."""
        tally = Tally()
        for picture in pictures:
            tally.add(picture, self._detector.detect(picture.image).items)
        return tally.summary()

    def latency(self, picture: np.ndarray, runs: int = 300) -> dict[str, float]:
        """Medians over `runs`: from a BGR picture to detections, one thread (ms)."""
        for _ in range(20):
            self._detector.detect(picture)
        times = []
        for _ in range(runs):
            start = time.perf_counter()
            self._detector.detect(picture)
            times.append((time.perf_counter() - start) * 1000)
        return {"detect_ms_p50": round(statistics.median(times), 3), "detect_ms_best": round(min(times), 3)}

    def close(self) -> None:
        """Give the model back."""
        self._detector.close()


class Tally:
    """Counts what was found, missed, confused and made up, picture by picture."""

    def __init__(self) -> None:
        self._pictures = 0
        self._heads: Counter[str] = Counter()
        self._found: Counter[str] = Counter()
        self._confused: Counter[tuple[str, str]] = Counter()
        self._false = 0
        self._errors: dict[str, list[float]] = {label: [] for label in LABELS}

    def add(self, picture: Picture, found: Sequence[Detection]) -> None:
        """Count one picture. A head that need not be found (LEAST_INSIDE) is neither missed nor made up, but it can be confused."""
        size = picture.image.shape[1], picture.image.shape[0]
        counted = [inside(b, size) >= LEAST_INSIDE for b in picture.boxes]
        self._pictures += 1
        self._heads.update(b.label for b, c in zip(picture.boxes, counted, strict=True) if c)
        open_boxes = set(range(len(picture.boxes)))
        for detection in sorted(found, key=lambda d: -d.score):
            overlaps = [(_overlap(b, detection), i) for i, b in enumerate(picture.boxes)]
            own = [(o, i) for o, i in overlaps if o >= LEAST_OVERLAP and i in open_boxes and picture.boxes[i].label == detection.label]
            if own:
                _, i = max(own)
                open_boxes.remove(i)
                if counted[i]:
                    box = picture.boxes[i]
                    self._found[box.label] += 1
                    self._errors[box.label].append(float(np.hypot(box.x - detection.x, box.y - detection.y)))
                continue
            overlap, i = max(overlaps, default=(0.0, -1))
            if overlap < LEAST_OVERLAP:
                self._false += 1
            elif picture.boxes[i].label != detection.label:
                self._confused[picture.boxes[i].label, detection.label] += 1
            else:
                self._false += 1  # the same head twice

    def summary(self) -> dict[str, Any]:
        """Counts per label; centre errors (px of the pictures that came in) of the heads that were found."""
        heads = sum(self._heads.values())
        return {
            "pictures": self._pictures,
            "heads": {label: self._heads[label] for label in LABELS},
            "missed": {label: self._heads[label] - self._found[label] for label in LABELS},
            "recall": round(sum(self._found.values()) / heads, 4) if heads else None,
            "john_called_alien": self._confused[JOHN, ALIEN],
            "alien_called_john": self._confused[ALIEN, JOHN],
            "made_up": self._false,
            "centre_error_px": {label: _percentiles(self._errors[label]) for label in LABELS},
        }


def _overlap(box: Box, detection: Detection) -> float:
    """Intersection over union."""
    across = min(box.x + box.width / 2, detection.x + detection.width / 2) - max(box.x - box.width / 2, detection.x - detection.width / 2)
    down = min(box.y + box.height / 2, detection.y + detection.height / 2) - max(box.y - box.height / 2, detection.y - detection.height / 2)
    shared = max(across, 0.0) * max(down, 0.0)
    return shared / (box.width * box.height + detection.width * detection.height - shared)


def _percentiles(errors: Sequence[float]) -> dict[str, float] | None:
    if not errors:
        return None
    p50, p95, most = np.percentile(errors, [50, 95, 100])
    return {"p50": round(float(p50), 2), "p95": round(float(p95), 2), "max": round(float(most), 2)}
