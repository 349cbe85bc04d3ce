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

"""A net's first filters, and what each of its blocks makes of a picture, drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from theylive_training.explain.kernels import likeness

_MOST = 64  # maps on a page
_ROW = 8  # maps of a block in the overview


def draw_filters(filters: np.ndarray, picture: np.ndarray, title: str) -> Figure:
    """filters: (n, height, width, channels), drawn in colour where they take three. picture: BGR, what the net is given.

    Each filter is stretched by itself, mid-grey being 0.
    """
    count = min(len(filters), _MOST)
    columns = min(8, count)
    rows = math.ceil(count / columns)
    figure = Figure(figsize=(1.55 * columns + 3.6, max(1.9 * rows, 3.4) + 1.0), layout="constrained")
    figure.suptitle(f"The first layer's filters: {title}", fontsize=12)
    left, right = figure.subfigures(1, 2, width_ratios=(3.4, 1.55 * columns))
    axes = left.subplots()
    axes.imshow(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))
    axes.set_title("what the net is given", fontsize=10)
    axes.axis("off")
    panels = np.atleast_1d(right.subplots(rows, columns)).ravel()
    for panel in panels:
        panel.axis("off")
    for number, (panel, one) in enumerate(zip(panels, filters, strict=False)):
        colours = one if one.shape[2] == 3 else one.mean(axis=2, keepdims=True)
        panel.imshow(0.5 + colours / (2 * max(float(np.abs(colours).max()), 1e-9)), cmap="gray", vmin=0, vmax=1)
        name, cosine = likeness(one)
        panel.set_title(f"{number}: {name}\n{cosine:+.2f}", fontsize=8)
    figure.supxlabel(
        "Red, green and blue show the weights of those channels. Named: the classic kernel most like it (1 the same, -1 its negative)",
        fontsize=9,
    )
    return figure


def draw_maps(maps: np.ndarray, title: str) -> Figure:
    """maps: (height, width, channels); of more than 64 the strongest. All in one scale; a vector (1 x 1) as bars."""
    if maps.shape[:2] == (1, 1):
        return _bars(maps[0, 0], title)
    shown = _strongest(maps, _MOST)
    columns = math.ceil(math.sqrt(len(shown)))
    rows = math.ceil(len(shown) / columns)
    figure = Figure(figsize=(9, 7.9 * rows * maps.shape[0] / (columns * maps.shape[1]) + 0.8), layout="constrained")
    figure.suptitle(f"{title}\n{_told(maps, len(shown))}", fontsize=11)
    axes = figure.subplots()
    drawn = _show(axes, _mosaic([maps[:, :, c] for c in sorted(shown)], columns), maps)
    figure.colorbar(drawn, ax=axes, shrink=0.6)
    return figure


def draw_overview(blocks: Sequence[tuple[str, np.ndarray]], picture: np.ndarray, title: str) -> Figure:
    """The strongest maps of each block, a row for each: how a net goes from edges to parts to heads. blocks: names and maps."""
    wide = [(name, maps) for name, maps in blocks if maps.shape[:2] != (1, 1)]
    figure = Figure(figsize=(_ROW * 1.3 + 1.4, (len(wide) + 1) * 1.5 + 0.5), layout="constrained")
    figure.suptitle(f"The strongest maps of each block: {title}", fontsize=12)
    rows = figure.subplots(len(wide) + 1, 1, squeeze=False)[:, 0]
    rows[0].imshow(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))
    rows[0].set_title("given", fontsize=9)
    rows[0].axis("off")
    for axes, (name, maps) in zip(rows[1:], wide, strict=True):
        shown = _strongest(maps, _ROW)
        blank = np.full(maps.shape[:2], np.nan, np.float32)
        images = [maps[:, :, c] for c in shown] + [blank] * (_ROW - len(shown))
        mosaic = _mosaic(images, _ROW)
        _show(axes, mosaic, maps)
        for place, channel in enumerate(shown):
            axes.text((place + 0.5) / _ROW, 1.01, str(channel), transform=axes.transAxes, fontsize=7, ha="center", va="bottom")
        told = f"{name}\n{maps.shape[0]} x {maps.shape[1]}\n{maps.shape[2]} maps"
        axes.text(-0.01, 0.5, told, transform=axes.transAxes, fontsize=9, ha="right", va="center")
    return figure


def asleep(maps: np.ndarray) -> int:
    """How many channels say the same everywhere."""
    if maps.shape[:2] == (1, 1):
        return 0
    return int((np.ptp(maps, axis=(0, 1)) <= 1e-6 * np.abs(maps).max()).sum())


def _strongest(maps: np.ndarray, count: int) -> list[int]:
    return np.argsort(-maps.std(axis=(0, 1)), kind="stable")[:count].tolist()


def _told(maps: np.ndarray, shown: int) -> str:
    height, width, channels = maps.shape
    which = f"all {channels}" if shown == channels else f"the strongest {shown} of {channels}"
    return f"{height} x {width}, {which} channels, in order; {asleep(maps)} say the same everywhere"


def _show(axes: Axes, image: np.ndarray, maps: np.ndarray) -> object:
    """Values of both signs about white, others from dark to bright; the scale is that of all the block's maps."""
    axes.axis("off")
    most = max(float(np.percentile(np.abs(maps), 99.5)), 1e-6)
    if maps.min() < -0.05 * most:
        return axes.imshow(image, cmap="RdBu_r", vmin=-most, vmax=most, interpolation="nearest")
    return axes.imshow(image, cmap="magma", vmin=0, vmax=most, interpolation="nearest")


def _mosaic(images: Sequence[np.ndarray], columns: int) -> np.ndarray:
    height, width = images[0].shape
    gap = max(1, width // 30)
    rows = math.ceil(len(images) / columns)
    whole = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap), np.nan, np.float32)
    for number, image in enumerate(images):
        top, left = number // columns * (height + gap), number % columns * (width + gap)
        whole[top : top + height, left : left + width] = image
    return whole


def _bars(values: np.ndarray, title: str) -> Figure:
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    axes = figure.subplots()
    axes.bar(np.arange(len(values)), values, width=1.0 if len(values) > 64 else 0.7, color="#1f77b4")
    axes.set_title(f"{title}\n{len(values)} numbers", fontsize=11)
    axes.set_xlabel("channel")
    axes.spines[["top", "right"]].set_visible(False)
    return figure
