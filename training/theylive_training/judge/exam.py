"""The pictures that a model is judged by, none of which it has learned from, and what it must reach on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theylive_training.data.dataset import Dataset
from theylive_training.pictures.compose import compose, extend
from theylive_training.pictures.cutout import cut_out
from theylive_training.pictures.picture import Picture
from theylive_training.pictures.pool import FRAME, simulated
from theylive_training.pictures.wear import photograph, shine

_APART = 7_000_000  # seeds of an exam are this far from those of a pool


def make_exam(data: Dataset | None, seed: int, composed: int = 300, renders: int = 400) -> dict[str, list[Picture]]:
    """Sets of pictures by name; those of the real world only where there is data.

    validation: as the camera took them (224 x 224). backgrounds: held-out empty boards. composed: whole frames (320 x 240) of one to
    five validation heads on held-out boards. simulated: whole frames with faces among which are some that no pool shows.
    """
    exam: dict[str, list[Picture]] = {}
    if data:
        boards = [b.read().image for b in data.val.boards]
        heads = cut_out(sorted((*data.train.heads, *data.val.heads), key=lambda p: p.path.name), data.val.heads)
        exam["validation"] = [p.read() for p in data.val.heads]
        exam["backgrounds"] = [Picture(b, ()) for b in boards] + [Picture(extend(b, *FRAME), ()) for b in boards]
        exam["composed"] = []
        for i in range(composed):
            rng = np.random.default_rng([seed + _APART, 0, i])
            picture = compose(rng, heads, boards[i % len(boards)], FRAME, 1 + i % 5, (0.95, 1.05), any_angle=i % 2 == 1)
            exam["composed"].append(_worn(rng, picture))
    exam["simulated"] = [simulated(np.random.default_rng([seed + _APART, 1, i]), *FRAME, (0.9, 1.1), looks=160) for i in range(renders)]
    return exam


# set -> what it must reach: most missed heads or least recall, highest p95 of the aliens' centre error (px); John is never called an alien
LIMITS: dict[str, dict[str, float]] = {
    "validation": {"missed": 1, "centre_p95": 4.0, "made_up": 0},
    "backgrounds": {"made_up": 0},
    "composed": {"recall": 0.98},
    "simulated": {"recall": 0.99, "centre_p95": 3.0},
}


def shortfalls(results: dict[str, dict[str, Any]]) -> list[str]:
    """What a model does not reach, one line each; none means that it may be shipped."""
    lines = []
    for name, result in results.items():
        limits = LIMITS[name]
        if result["john_called_alien"]:
            lines.append(f"{name}: John called an alien {result['john_called_alien']} times")
        missed = sum(result["missed"].values())
        if missed > limits.get("missed", missed):
            lines.append(f"{name}: {missed} heads missed, at most {limits['missed']:.0f} may be")
        if result["recall"] is not None and result["recall"] < limits.get("recall", 0):
            lines.append(f"{name}: recall {result['recall']}, at least {limits['recall']} is needed")
        error = result["centre_error_px"]["alien"]
        if "centre_p95" in limits and (error is None or error["p95"] > limits["centre_p95"]):
            lines.append(f"{name}: aliens' centres p95 {error and error['p95']} px, at most {limits['centre_p95']} may be")
        if result["made_up"] > limits.get("made_up", result["made_up"]):
            lines.append(f"{name}: {result['made_up']} heads where there are none")
    return lines


def table(results: dict[str, dict[str, Any]]) -> str:
    """The results for a person."""
    rows = [f"{'':12} pictures heads missed recall  John->alien made up  alien centre p50/p95/max px"]
    for name, r in results.items():
        error = r["centre_error_px"]["alien"]
        errors = f"{error['p50']:.2f} / {error['p95']:.2f} / {error['max']:.2f}" if error else "-"
        recall = "-" if r["recall"] is None else f"{r['recall']:.4f}"
        heads, missed = sum(r["heads"].values()), sum(r["missed"].values())
        rows.append(f"{name:12} {r['pictures']:8} {heads:5} {missed:6} {recall:6} {r['john_called_alien']:12} {r['made_up']:7}  {errors}")
    return "\n".join(rows)


def _worn(rng: np.random.Generator, picture: Picture) -> Picture:
    image = picture.image.copy()
    if rng.random() < 0.3:
        shine(rng, image, picture.boxes)
    return Picture(photograph(rng, image, 0.4), picture.boxes)


def sizes(exam: dict[str, Sequence[Picture]]) -> dict[str, int]:
    """How many pictures each set has."""
    return {name: len(pictures) for name, pictures in exam.items()}
