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

"""The classic kernels drawn: each with its numbers and what it makes of a picture."""

from __future__ import annotations

import cv2
import numpy as np
from matplotlib.figure import Figure

from theylive_training.explain.kernels import ABOUT, KERNELS, MAGNITUDE, SQUARED, applied, is_signed, written

_COLUMNS = 3


def draw(image: np.ndarray, title: str) -> Figure:
    """A page. image: uint8 (height, width, 3) BGR."""
    made = applied(image)
    rows = -(-(len(made) + 1) // _COLUMNS)
    height = 3.9 * image.shape[0] / image.shape[1]
    figure = Figure(figsize=(4 * _COLUMNS, (height + 0.6) * rows + 0.9), layout="constrained")
    figure.suptitle(f"Classic kernels: {title}", fontsize=14)
    panels = figure.subplots(rows, _COLUMNS).ravel()
    for axes in panels:
        axes.axis("off")
    panels[0].imshow(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
    panels[0].set_title("the picture", fontsize=11)
    for axes, (name, result) in zip(panels[1:], made.items(), strict=False):
        if is_signed(name):
            most = max(float(np.percentile(np.abs(result), 99.5)), 1e-6)
            axes.imshow(result, cmap="gray", vmin=-most, vmax=most)
        else:
            axes.imshow(result, cmap="gray", vmin=0, vmax=max(1.0, float(np.percentile(result, 99.5))) if name == MAGNITUDE else 1)
        axes.set_title(f"{name}: {ABOUT.get(name, SQUARED)}", fontsize=10)
        if name in KERNELS:
            numbers = written(KERNELS[name])
            box = {"facecolor": "white", "alpha": 0.85, "edgecolor": "none"}
            axes.text(0.985, 0.02, numbers, transform=axes.transAxes, family="monospace", fontsize=9, va="bottom", ha="right", bbox=box)
    figure.supxlabel(
        "Of the picture's grey. Where a kernel's weights sum to 0, mid-grey is 0, white positive and black negative.", fontsize=10
    )
    return figure
