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

"""How far a person's clicks scatter about one and the same point of a head: the floor under every centre error.

A net can learn where on a head people click. It cannot learn by how much they missed on one picture. So the scatter of the clicks in the
head's own frame is what remains of the centre error of a perfect net that is judged by these labels. The method:

1. Each head that lies wholly in its picture is cut out, its clicked centre in the middle of the patch.
2. A mean head per class: patches are turned and shifted onto one of them (the best in a trial of three), then onto their own median. The
   turn is searched in steps of 15 degrees by normalised correlation at a quarter of the size, then refined with turn and shift by
   OpenCV's enhanced correlation coefficient, which sees neither brightness nor contrast. The label takes no part beyond the cut.
3. Every patch is so laid onto the mean head, which says where the head lies and how it is turned, to a fraction of a pixel.
4. With R the head's turn in the picture and h its place, the clicked centre is  h + R m + b + e:  m a point fixed on the head, b a lean
   of the hand that is fixed in the picture, e what is left. m and b come by least squares (heavy misses weigh less); e is the noise.

The registration's own error is measured by doing step 3 twice, on two halves of the head that share no pixel (a chequerboard of 8 px):
half their disagreement's length is close to the error of the whole. It is reported beside the noise, which in squares it adds to.
A turn of the mean head's frame changes m alone. Where heads lie in few directions m and b cannot be told apart, which the standard error
of b says; e is the same however they share.

What the noise says of a score: `best_map` is the mAP50-95 that a net would get which names h + R m + b on every picture, and whose
scores know nothing of the person's misses.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Container, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np

SIDE = 96  # of a patch (px), which shows 1.5 boxes
REACH = 36.0  # px from the middle of a patch within which a head lies
LEAST_HEADS = 30  # of a class, to say anything
MOST_HEADS = 1000  # of a class; more take time and say the same
_BOXES = 1.5
_ALIKE = 0.7  # least correlation of a head that lies on its mean head
_LEAST_SHARE = 0.6  # of the heads that must
_STEP = 15  # degrees of the first search
_SHRINK = 4
_SLACK = 12  # px by which the first search may shift a head
_TRIALS, _SEED_HEADS = 3, 48
_MIDDLE = SIDE / 2 - 0.5
_FAR = 2.5  # px beyond which a miss weighs less in the fit
_IOUS = np.linspace(0.5, 0.95, 10)


class UnmeasurableError(Exception):
    """The pictures do not allow the measurement; says why."""


@dataclasses.dataclass(frozen=True, eq=False)
class Patch:
    """A head cut out. name: its picture. grey: uint8 (SIDE, SIDE), the label's centre in its middle. scale: patch px per picture px."""

    name: str
    label: str
    grey: np.ndarray
    scale: float


@dataclasses.dataclass(frozen=True, eq=False)
class Noise:
    """Of one class. Lengths in px of the picture.

    names, misses: the measured pictures and e of each (n, 2), x to the right, y down. heads: how many were tried. lean: b; lean_error: its
    standard error. spot: m, from the middle of mean_head. registration: p50 of the registration's own error. box: usual side
    of a box. mean_head: float32 (SIDE, SIDE), grey.
    """

    label: str
    names: tuple[str, ...]
    misses: np.ndarray
    heads: int
    lean: tuple[float, float]
    lean_error: float
    spot: tuple[float, float]
    registration: float
    box: float
    mean_head: np.ndarray

    @property
    def lengths(self) -> np.ndarray:
        """Of the misses, (n,)."""
        return np.hypot(*self.misses.T)

    @property
    def p50(self) -> float:
        """Their median."""
        return float(np.median(self.lengths))

    @property
    def p95(self) -> float:
        """The length that 95 % of them do not exceed."""
        return float(np.percentile(self.lengths, 95))

    @property
    def largest(self) -> float:
        """The worst."""
        return float(self.lengths.max())

    @property
    def best_map(self) -> float:
        """0..1, see the module."""
        return best_map(self.misses, self.box)

    def among(self, names: Container[str]) -> Noise | None:
        """The same of some pictures only; None where none of them was measured."""
        kept = [i for i, name in enumerate(self.names) if name in names]
        return dataclasses.replace(self, names=tuple(self.names[i] for i in kept), misses=self.misses[kept]) if kept else None


def cut(image: np.ndarray, name: str, label: str, x: float, y: float, box: float) -> Patch | None:
    """The patch about a head with its label's centre at (x, y) px and a box of `box` px; None where it reaches beyond the picture."""
    half = box * _BOXES / 2
    if not (half * 0.8 <= x <= image.shape[1] - half * 0.8 and half * 0.8 <= y <= image.shape[0] - half * 0.8):
        return None
    scale = SIDE / (box * _BOXES)
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY) if image.ndim == 3 else image
    matrix = np.array([[scale, 0, _MIDDLE - scale * (x - 0.5)], [0, scale, _MIDDLE - scale * (y - 0.5)]])
    if scale < 0.8:  # finer grain than the patch can show would come out false
        grey = cv2.GaussianBlur(grey, (0, 0), 0.4 / scale)
    patch = cv2.warpAffine(grey, matrix, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE)
    return Patch(name, label, patch, scale)


def measure(patches: Sequence[Patch], box: float, threads: int = 2, seed: int = 0) -> Noise:
    """The noise of the labels of one class's patches, with boxes of `box` px in the picture. Raises UnmeasurableError."""
    label = patches[0].label if patches else "such"
    if len(patches) < LEAST_HEADS:
        raise UnmeasurableError(f"{len(patches)} {label} heads lie wholly in their pictures, {LEAST_HEADS} are needed")
    patches = _spread(patches, MOST_HEADS)
    greys = [p.grey.astype(np.float32) for p in patches]
    mean = mean_head(greys, seed)
    with ThreadPoolExecutor(threads) as pool:
        laid = list(pool.map(lambda pair: _refine(mean, pair[0], pair[1]), zip(greys, _first_guess(mean, greys)[0], strict=True)))
        good = [i for i, (alike, _) in enumerate(laid) if alike >= _ALIKE]
        if len(good) < max(LEAST_HEADS, _LEAST_SHARE * len(patches)):
            raise UnmeasurableError(
                f"{len(good)} of {len(patches)} {label} heads look like their mean: they are not one head, or not sharp"
            )
        some = np.random.default_rng(seed).permutation(good)[:64].tolist()
        halves = [list(pool.map(lambda i, m=mask: _refine(mean, greys[i], laid[i][1], m)[1], some)) for mask in _halves()]
    scale = np.array([patches[i].scale for i in good])
    turns, places = _in_patch(np.stack([laid[i][1] for i in good]))
    e, spot, lean, lean_error = fit(turns, -places / scale[:, None])
    between = np.hypot(*(_click(np.stack(halves[0])) - _click(np.stack(halves[1]))).T) / scale.mean()
    return Noise(
        label,
        tuple(patches[i].name for i in good),
        e,
        len(patches),
        (float(lean[0]), float(lean[1])),
        lean_error,
        (float(spot[0]), float(spot[1])),
        float(np.median(between)) / 2,
        box,
        mean,
    )


def mean_head(greys: Sequence[np.ndarray], seed: int = 0) -> np.ndarray:
    """The median of the heads laid onto each other, float32 (SIDE, SIDE), from a few dozen of `greys`, float32 (SIDE, SIDE)."""
    order = np.random.default_rng(seed).permutation(len(greys))
    few = [greys[i] for i in order[:_SEED_HEADS]]
    mean = max(few[:_TRIALS], key=lambda start: float(np.median(_first_guess(start, few)[1])))
    for _ in range(2):
        laid = [_refine(mean, grey, guess) for grey, guess in zip(few, _first_guess(mean, few)[0], strict=True)]
        best = np.argsort([-alike for alike, _ in laid])[: max(len(few) * 2 // 3, 1)]
        mean = np.median(np.stack([_even(_warp(few[i], laid[i][1])) for i in best]), axis=0).astype(np.float32)
    return mean


def likeness(mean: np.ndarray, greys: Sequence[np.ndarray]) -> np.ndarray:
    """How alike each head is to a mean head, turned and shifted as fits best: correlation -1..1, (n,)."""
    return _first_guess(mean, greys)[1]


def fit(turns: np.ndarray, clicks: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Solve click = R m + b + e, of turns R (n, 2, 2) and clicks (n, 2) relative to the heads' places.

    Returns e (n, 2), m (2,), b (2,), and the standard error of b along one axis, infinite where all heads lie in one direction.
    """
    design = np.zeros((len(turns), 2, 4))
    design[:, :, :2] = turns
    design[:, :, 2:] = np.eye(2)
    weight = np.ones(len(turns))
    for _ in range(10):
        w = np.repeat(np.sqrt(weight), 2)
        solution = np.linalg.lstsq(design.reshape(-1, 4) * w[:, None], clicks.reshape(-1) * w, rcond=None)[0]
        e = clicks - design @ solution
        weight = np.minimum(1.0, _FAR / np.maximum(np.hypot(*e.T), 1e-9))
    # m and b share what does not turn: b is known by how much the mean of all R falls short of a pure turn.
    apart = len(turns) * (1 - np.linalg.norm(turns.mean(axis=0)[:, 0]) ** 2)
    spread = float(np.sqrt((weight[:, None] * e**2).sum() / (2 * weight.sum())))
    return e, solution[:2], solution[2:], spread / float(np.sqrt(apart)) if apart > 1e-6 else float("inf")


def best_map(misses: np.ndarray, box: float) -> float:
    """mAP50-95 (0..1) of boxes of `box` px that are off by `misses` (n, 2) px, scores in no order.

    Where a share p of the boxes counts as found at an overlap, precision is p at every recall up to p: an average precision of p * p.
    """
    across = np.maximum(box - np.abs(misses), 0).prod(axis=1)
    overlap = across / (2 * box * box - across)
    return float(np.mean([(overlap >= iou).mean() ** 2 for iou in _IOUS]))


def _first_guess(mean: np.ndarray, greys: Sequence[np.ndarray]) -> tuple[list[np.ndarray], np.ndarray]:
    """Per patch the 2x3 matrix that lays it onto the mean head, to some px and degrees, and the correlation (n,)."""
    small = SIDE // _SHRINK
    slack = _SLACK // _SHRINK
    core = slice(slack + 2, small - slack - 2)
    angles = range(0, 360, _STEP)
    turned = [_small(_warp(mean, cv2.getRotationMatrix2D((_MIDDLE, _MIDDLE), a, 1.0)))[core, core].ravel() for a in angles]
    kernels = _unit(np.stack(turned))
    side = core.stop - core.start
    matrices, alike = [], []
    for grey in greys:
        field = _small(grey)[2:-2, 2:-2]
        windows = np.lib.stride_tricks.sliding_window_view(field, (side, side))
        rows = windows.shape[0]
        match = _unit(windows.reshape(rows * rows, -1)) @ kernels.T
        at, which = np.unravel_index(int(match.argmax()), match.shape)
        forth = cv2.getRotationMatrix2D((_MIDDLE, _MIDDLE), angles[which], 1.0)  # mean head -> patch
        forth[:, 2] += np.array([at % rows - slack, at // rows - slack]) * _SHRINK
        matrices.append(cv2.invertAffineTransform(forth))
        alike.append(match[at, which])
    return matrices, np.array(alike)


def _refine(mean: np.ndarray, grey: np.ndarray, guess: np.ndarray, mask: np.ndarray | None = None) -> tuple[float, np.ndarray]:
    """The correlation where the patch lies best on the mean head, -1 where nowhere, and the 2x3 matrix that lays it there."""
    # Laid down roughly first: the method measures a turn by its sine, which is blind to heads upside down.
    roughly = _warp(grey, guess)[_CORE]
    end = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 10, 1e-4)
    try:
        alike, rest = cv2.findTransformECC(
            roughly, mean[_CORE], np.eye(2, 3, dtype=np.float32), cv2.MOTION_EUCLIDEAN, end, (_DISC if mask is None else mask)[_CORE], 3
        )
    except cv2.error:  # it went astray
        return -1.0, guess
    turn, shift = rest[:, :2], rest[:, 2] + _EDGE - rest[:, :2] @ (_EDGE, _EDGE)
    return float(alike), turn @ guess + np.column_stack([np.zeros((2, 2)), shift])


def _in_patch(matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of matrices (n, 2, 3) patch -> mean head: the heads' turns (n, 2, 2) and where the mean head's middle lies from the patch's."""
    back = matrices[:, :, :2].transpose(0, 2, 1)  # of a turn the transpose is the inverse
    middle = np.array([_MIDDLE, _MIDDLE])
    return back, np.einsum("nij,nj->ni", back, middle - matrices[:, :, 2]) - middle


def _click(matrices: np.ndarray) -> np.ndarray:
    """Where the label's centre, the middle of the patch, comes to lie on the mean head: (n, 2)."""
    return matrices @ np.array([_MIDDLE, _MIDDLE, 1.0])


def _spread(patches: Sequence[Patch], most: int) -> Sequence[Patch]:
    """At most so many, evenly from first to last."""
    return [patches[i] for i in np.linspace(0, len(patches) - 1, min(len(patches), most)).astype(int)]


def _warp(grey: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    return cv2.warpAffine(grey, matrix, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE)


def _small(grey: np.ndarray) -> np.ndarray:
    return cv2.resize(grey, (SIDE // _SHRINK, SIDE // _SHRINK), interpolation=cv2.INTER_AREA)


def _unit(rows: np.ndarray) -> np.ndarray:
    """Rows of mean 0 and length 1, so that their products are correlations."""
    rows = rows - rows.mean(axis=1, keepdims=True)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)


def _even(grey: np.ndarray) -> np.ndarray:
    """Of one brightness and contrast, whatever the camera's exposure was."""
    inside = grey[_DISC > 0]
    return (grey - inside.mean()) / max(float(inside.std()), 1e-6) * 40 + 128


def _halves() -> Iterable[np.ndarray]:
    cells = (np.indices((SIDE, SIDE)) // 8).sum(axis=0)
    return (_DISC * (cells % 2 == k).astype(np.uint8) for k in (0, 1))


def _disc() -> np.ndarray:
    rows, columns = np.mgrid[:SIDE, :SIDE] - _MIDDLE
    return np.where(np.hypot(rows, columns) < REACH, 255, 0).astype(np.uint8)


_DISC = _disc()
_EDGE = 8  # px of a patch in which no head lies
_CORE = (slice(_EDGE, -_EDGE), slice(_EDGE, -_EDGE))
