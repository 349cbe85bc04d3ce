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

"""A model's curves, tables and errors as pictures. One column per set throughout; PNG bytes in the end (see pages.py)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from theylive_ros.simulator.heads import MM_PER_PX
from theylive_training.judge.counts import CLASSES
from theylive_training.judge.match import OVERLAPS
from theylive_training.judge.measure import Measures
from theylive_training.judge.reliability import BINS, LEAST_SCORE
from theylive_training.pictures.picture import LABELS

COLOURS = {"alien": "tab:red", "john": "tab:green"}
_SHOWN = ((0, "-"), (5, "--"), (8, ":"))  # of OVERLAPS, with the line's style
_DPI = 110


def precision_recall(name: str, measures: dict[str, Measures]) -> Figure | None:
    """Precision against recall at three overlaps, and both against the score; None for a classifier."""
    shown = {s: m for s, m in measures.items() if m.precision is not None}
    if not shown:
        return None
    figure, axes = _grid(2, len(shown), f"{name}: precision and recall of the heads")
    for k, (s, m) in enumerate(shown.items()):
        _curves(axes[0, k], m)
        _against_score(axes[1, k], m)
        axes[0, k].set_title(f"{s}\nmAP50 {m.precision.map50:.3f}, mAP50-95 {m.precision.map50_95:.3f}", fontsize=10)
    axes[0, 0].set_ylabel("precision")
    axes[1, 0].set_ylabel("share")
    axes[0, 0].legend(fontsize=8, loc="lower left")
    axes[1, 0].legend(fontsize=8, loc="lower left")
    return figure


def confusion(name: str, measures: dict[str, Measures]) -> Figure:
    """What was said of what is there; the deeper the colour, the larger the share of the row; blue is right, red is wrong."""
    figure, axes = _grid(1, len(measures), f"{name}: what is there, and what was said")
    for k, (s, m) in enumerate(measures.items()):
        table = np.array([[m.counts.pairs[there, said] for said in CLASSES] for there in CLASSES])
        place = axes[0, k]
        share = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
        right = np.eye(len(CLASSES), dtype=bool)
        place.imshow(np.where(right[:, :, None], colormaps["Blues"](0.85 * share), colormaps["Reds"](0.85 * share)))
        for row, column in np.ndindex(table.shape):
            if m.exhaustive and row == column == len(CLASSES) - 1:
                continue  # a detector does not say that there is nothing
            colour = "white" if share[row, column] > 0.5 else "black" if table[row, column] else "0.7"
            weight = "bold" if table[row, column] and row != column else "normal"
            place.text(column, row, str(table[row, column]), ha="center", va="center", fontsize=13, weight=weight, color=colour)
        place.set_xticks(range(len(CLASSES)), CLASSES)
        place.set_yticks(range(len(CLASSES)), CLASSES if k == 0 else [""] * len(CLASSES))
        place.set_xlabel("said")
        place.set_title(f"{s}, score of {m.threshold:g} or more", fontsize=10)
    axes[0, 0].set_ylabel("there")
    return figure


def centres(name: str, measures: dict[str, Measures]) -> Figure | None:
    """Where the found centres lie about the labelled ones, and how far off; None where no head was found."""
    shown = {s: m for s, m in measures.items() if any(len(c.offsets) for c in m.centres.values())}
    if not shown:
        return None
    figure, axes = _grid(2, len(shown), f"{name}: centres found minus centres labelled; rings: half and 95 % of the heads, cross: mean")
    reach = max(4.0, *(1.6 * told["p95"] for m in shown.values() for told in _told(m).values()))
    for k, (s, m) in enumerate(shown.items()):
        _scatter(axes[0, k], m, reach)
        _histogram(axes[1, k], m, reach)
        axes[0, k].set_title(s, fontsize=10)
    axes[0, 0].set_ylabel("down (px)")
    axes[1, 0].set_ylabel("heads (the last bar: all beyond, too)")
    return figure


def reliability(name: str, measures: dict[str, Measures]) -> Figure | None:
    """How often detections of a score are right; None where there are none."""
    shown = {s: m for s, m in measures.items() if m.reliability.count.sum()}
    if not shown:
        return None
    figure, axes = _grid(2, len(shown), f"{name}: is a score of 0.8 right in 8 of 10 cases?", heights=(3, 1))
    edges = np.arange(BINS) / BINS
    for k, (s, m) in enumerate(shown.items()):
        r, (top, bottom) = m.reliability, axes[:, k]
        top.plot([0, 1], [0, 1], color="0.5", lw=1, ls="--")
        there = r.count > 0
        top.bar(edges[there], r.right[there], 1 / BINS, align="edge", color="tab:blue", alpha=0.35, edgecolor="tab:blue")
        top.plot(r.score[there], r.right[there], "o", color="tab:blue", ms=5)
        top.set(xlim=(0, 1), ylim=(0, 1.04))
        top.set_title(f"{s}, calibration error {r.ece:.3f}", fontsize=10)
        bottom.bar(edges, r.count, 1 / BINS, align="edge", color="0.6", edgecolor="white")
        bottom.set(xlim=(0, 1), xlabel=f"score ({LEAST_SCORE:g} or more)", yscale="log", ylim=(0.7, max(10, 2 * r.count.max())))
        for place in (top, bottom):
            place.grid(alpha=0.25)
    axes[0, 0].set_ylabel("share that is right")
    axes[1, 0].set_ylabel("detections")
    return figure


def _curves(place: Any, m: Measures) -> None:
    for label, curve in m.precision.curves.items():
        for at, style in _SHOWN:
            recall = np.concatenate([[0], curve.recall[:, at]])
            precision = np.concatenate([[1], curve.precision[:, at]])
            words = f"{label}, overlap {OVERLAPS[at]:.2f}"
            place.plot(recall, precision, style, color=COLOURS[label], lw=1.6, label=words)
    place.set(xlim=(0, 1.02), ylim=(0, 1.04), xlabel="recall")
    place.grid(alpha=0.25)


def _against_score(place: Any, m: Measures) -> None:
    for label, curve in m.precision.curves.items():
        place.step(curve.scores, curve.precision[:, 0], color=COLOURS[label], lw=1.6, where="post", label=f"{label}, precision")
        scores, recall = np.concatenate([[1.0], curve.scores, [0.0]]), np.concatenate([[0.0], curve.recall[:, 0]])
        place.step(scores, np.append(recall, recall[-1]), "--", color=COLOURS[label], lw=1.6, where="post", label=f"{label}, recall")
    place.axvline(m.threshold, color="0.4", lw=1, ls=":")
    place.annotate("counted", (m.threshold, 0.5), rotation=90, ha="right", va="center", fontsize=8, color="0.4")
    place.set(xlim=(0, 1), ylim=(0, 1.04), xlabel=f"least score (overlap {OVERLAPS[0]:.2f})")
    place.grid(alpha=0.25)


def _scatter(place: Any, m: Measures, reach: float) -> None:
    angle = np.linspace(0, 2 * np.pi, 100)
    for label, told in _told(m).items():
        colour = COLOURS[label]
        place.plot(*m.centres[label].offsets.T, ".", color=colour, ms=4, alpha=0.45)
        for percentile, style in (("p50", "-"), ("p95", "--")):
            place.plot(told[percentile] * np.cos(angle), told[percentile] * np.sin(angle), style, color=colour, lw=1.2)
        place.plot(told["lean_x"], told["lean_y"], "P", color=colour, ms=9, mec="white")
    place.axhline(0, color="0.5", lw=0.8)
    place.axvline(0, color="0.5", lw=0.8)
    place.set(xlim=(-reach, reach), ylim=(reach, -reach), xlabel="to the right (px)", aspect="equal")
    place.grid(alpha=0.25)


def _histogram(place: Any, m: Measures, reach: float) -> None:
    bins = np.arange(0, reach + 0.5, 0.5)
    for label, told in _told(m).items():
        away = np.minimum(np.hypot(*m.centres[label].offsets.T), bins[-1] - 0.01)
        words = f"{label}: {told['p50']:.1f} / {told['p95']:.1f} / {told['max']:.1f}"
        place.hist(away, bins, color=COLOURS[label], alpha=0.25)
        place.hist(away, bins, color=COLOURS[label], histtype="step", lw=1.4, label=words)
    place.set(xlabel="distance (px)", xlim=(0, bins[-1]))
    in_mm = place.secondary_xaxis("top", functions=(lambda px: px * MM_PER_PX, lambda mm: mm / MM_PER_PX))
    in_mm.set_xlabel("mm on the board", fontsize=8)
    in_mm.tick_params(labelsize=8)
    place.legend(fontsize=8, title="p50 / p95 / max (px)", title_fontsize=8)
    place.grid(alpha=0.25)


def _told(m: Measures) -> dict[str, dict[str, float]]:
    """The labels whose heads were found."""
    return {label: told for label in LABELS if (told := m.centres[label].to_json("px"))}


def _grid(rows: int, columns: int, title: str, heights: tuple[float, ...] | None = None) -> tuple[Figure, np.ndarray]:
    figure = Figure(figsize=(max(6.0, 3.6 * columns), 0.8 + 3.4 * (rows if heights is None else sum(heights) / heights[0])), dpi=_DPI)
    figure.set_layout_engine("constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, squeeze=False, gridspec_kw={"height_ratios": heights or (1,) * rows})
    figure.suptitle(title, fontsize=12, x=0.01, ha="left")
    return figure, axes


PLOTS: dict[str, Callable[[str, dict[str, Measures]], Figure | None]] = {
    "precision_recall.png": precision_recall,
    "confusion.png": confusion,
    "centres.png": centres,
    "reliability.png": reliability,
}
