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

"""The classic kernels of image processing, by hand what a net's first layer learns by itself."""

from __future__ import annotations

import cv2
import numpy as np

_BINOMIAL = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1])
KERNELS: dict[str, np.ndarray] = {
    "identity": np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]]),
    "sharpen": np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
    "Gauss": _BINOMIAL / 256,
    "Sobel x": np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]),
    "Sobel y": np.array([[-1, -2, -1], [0, 0, 0], [1, 2, 1]]),
    "Laplace": np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]]),
    "emboss": np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]]),
}
ABOUT = {
    "identity": "changes nothing",
    "sharpen": "the pixel against its neighbours",
    "Gauss": "blurs: a bell of weights that sum to 1",
    "Sobel x": "left against right: upright edges",
    "Sobel y": "above against below: level edges",
    "Laplace": "neighbours against the pixel: spots and lines",
    "emboss": "light from one corner",
}
MAGNITUDE = "Sobel magnitude"
SQUARED = "edges of any direction"


def applied(image: np.ndarray) -> dict[str, np.ndarray]:
    """What each kernel makes of a picture, uint8 (height, width, 3) BGR: of its grey in 0..1, float32 (height, width), edges mirrored.

    As in a net a kernel is laid on as it stands (correlation), not turned about as in mathematics (convolution).
    """
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float32) / 255
    made = {
        name: cv2.filter2D(grey, cv2.CV_32F, kernel.astype(np.float32), borderType=cv2.BORDER_REFLECT) for name, kernel in KERNELS.items()
    }
    return {**made, MAGNITUDE: np.hypot(made["Sobel x"], made["Sobel y"])}


def is_signed(name: str) -> bool:
    """Whether a kernel answers with both signs to a picture of positive numbers: its weights sum to nothing, or nearly."""
    return name in KERNELS and float(KERNELS[name].sum()) <= 0


def likeness(kernel: np.ndarray) -> tuple[str, float]:
    """The classic kernel that a filter (height, width, channels) is most like when its channels are added up, and how much.

    The cosine between the two, each as the numbers of one row: 1 the same, -1 its negative, 0 nothing in common.
    """
    grey = kernel.sum(axis=2)
    best = ("", 0.0)
    for name, classic in KERNELS.items():
        cosine = _cosine(grey, classic)
        if abs(cosine) > abs(best[1]):
            best = (name, cosine)
    return best


def written(kernel: np.ndarray) -> str:
    """Its numbers in rows."""
    if np.array_equal(kernel, np.round(kernel)):
        rows = [[f"{v:.0f}" for v in row] for row in kernel]
        return "\n".join("  ".join(v.rjust(max(len(c) for r in rows for c in r)) for v in row) for row in rows)
    return written(kernel * 256) + "\n/ 256"


def _cosine(one: np.ndarray, other: np.ndarray) -> float:
    """Of kernels of unlike sizes the smaller lies in the middle of the larger."""
    side = max(*one.shape, *other.shape)
    a, b = (_framed(k, side).ravel() for k in (one, other))
    lengths = np.linalg.norm(a) * np.linalg.norm(b)
    return float(a @ b / lengths) if lengths else 0.0


def _framed(kernel: np.ndarray, side: int) -> np.ndarray:
    frame = np.zeros((side, side))
    top, left = (side - kernel.shape[0]) // 2, (side - kernel.shape[1]) // 2
    frame[top : top + kernel.shape[0], left : left + kernel.shape[1]] = kernel
    return frame
