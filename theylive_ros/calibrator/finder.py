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

"""Where the laser's spot is: lit frames against dark ones of the same scene, to a small part of a pixel.

Found by what is brighter in every lit frame than in any dark one, so that what moves, flickers or merely shines does not count. Its middle
is taken between two levels that the sensor can still tell apart everywhere in the spot: whatever is brighter counts as the upper one,
so that neither saturation nor bloom nor the wood behind pulls it aside.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from theylive_ros.calibrator.middle import middle

_SATURATED = 250  # grey level of one channel from which on it says no more than "bright"
_LEAST_RISE = 18.0  # sum of three channels' grey levels by which a spot must stand out
_LEAST_UPPER = 40.0  # the same for the upper level
_SIGMAS = 7.0  # by how many deviations of the smoothed difference it must stand out
_RIVAL = 0.5  # share of the strongest rise at which a second one makes both doubtful
_LARGEST = 0.02  # share of the picture that a spot may cover
_LONGEST = 2.2  # ratio of a spot's axes
_BLIND = 0.15  # share of a spot in which the dark frames may be saturated
_UNSTEADY = 1.0  # px between the middles of two lit frames
_STILL = 20.0  # sum of three channels' grey levels by which dark frames may differ where nothing moves
_CALM = 0.03  # share of a spot in which they may differ by more
_FLOOR = 0.04  # px; no middle is known better than this, for the light is cut into pixels and compressed


class Found(NamedTuple):
    """Middle of the spot (px) and its standard deviation per axis (px)."""

    x: float
    y: float
    sigma: float


class Missing(NamedTuple):
    """No spot that could be believed, and why."""

    reason: str


def find(lit: Sequence[np.ndarray], dark: Sequence[np.ndarray]) -> Found | Missing:
    """The spot that shines in the lit frames: uint8 (h, w, 3) BGR, one or more of each kind, all of one size.

    Dark frames from before and after the lit ones let nothing that moves pass for a spot.
    Raises ValueError for frames that do not belong together.
    """
    if not lit or not dark:
        return Missing("no lit frame" if dark else "no dark frame")
    if len({f.shape for f in (*lit, *dark)}) != 1 or lit[0].ndim != 3:
        raise ValueError("all frames must be colour pictures of one size")
    # each frame made as bright as the first dark one: the rows of a rolling shutter see a lamp's flicker one after the other
    dark_even = np.stack([_even(frame, dark[0]) for frame in dark])
    lit_even = np.stack([_even(frame, dark[0]) for frame in lit])
    soft = np.stack([cv2.blur(frame, (3, 3)) for frame in dark_even])
    unrest = np.ptp(soft, axis=0)
    restless = (unrest > max(_STILL, 4 * float(np.median(unrest)))).astype(np.uint8)
    blob = _strongest(lit_even.min(axis=0) - dark_even.max(axis=0), cv2.dilate(restless, np.ones((5, 5), np.uint8)) > 0)
    if isinstance(blob, Missing):
        return blob
    scene = _Scene(
        rises=lit_even - np.median(dark_even, axis=0),
        restless=restless > 0,
        saturated=np.max(lit, axis=(0, 3)) >= _SATURATED,
        blind=np.max(dark, axis=(0, 3)) >= _SATURATED,
    )
    whole = _middle(scene, scene.rises.mean(axis=0), blob)
    if isinstance(whole, Missing) or len(lit) == 1:
        return whole
    single = [_middle(scene, rise, blob) for rise in scene.rises]
    middles = [(s.x, s.y) for s in single if isinstance(s, Found)]
    apart = max((math.dist(a, b) for a in middles for b in middles), default=0.0)
    if len(middles) < len(lit) or apart > _UNSTEADY + 6 * whole.sigma:
        return Missing("the spot does not stand still")
    return whole


class _Scene(NamedTuple):
    """What is known of every pixel: rises are sums of three channels, (frames, h, w), the rest is true or false, (h, w)."""

    rises: np.ndarray  # of each lit frame over the dark ones
    restless: np.ndarray  # the dark frames differ
    saturated: np.ndarray  # some channel of a lit frame tells no more
    blind: np.ndarray  # some channel of a dark frame does


def _even(frame: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Sum of a frame's channels as it were in the light of the reference: each channel's gain, then each row's offset taken out."""
    some, same = frame[::4, ::4].reshape(-1, 3) + np.float32(1), reference[::4, ::4].reshape(-1, 3) + np.float32(1)
    gains = 1 / np.median(some / same, axis=0)
    even = cv2.transform(frame.astype(np.float32), gains.astype(np.float32)[None, :])
    off = even[:, ::2] - cv2.transform(reference[:, ::2].astype(np.float32), np.ones((1, 3), np.float32))
    return even - np.median(off, axis=1, keepdims=True)


class _Blob(NamedTuple):
    x: int  # its strongest pixel
    y: int


def _strongest(sure: np.ndarray, restless: np.ndarray) -> _Blob | Missing:
    """The one compact place that stands out from the picture, apart from where something moves."""
    smooth = cv2.GaussianBlur(sure, (0, 0), 1.5)
    middle = float(np.median(smooth))
    smooth -= middle
    noise = 1.4826 * float(np.median(np.abs(smooth)))
    overall = float(smooth.max())
    smooth[restless] = 0
    _, peak, _, (x, y) = cv2.minMaxLoc(smooth)
    if peak < max(_LEAST_RISE, _SIGMAS * noise):
        return Missing("something moves, and no spot is seen elsewhere" if overall > _LEAST_RISE else "no spot is seen")
    count, labels, stats, _ = cv2.connectedComponentsWithStats((smooth > peak / 2).astype(np.uint8))
    label = labels[y, x]
    area = stats[label, cv2.CC_STAT_AREA]
    if area > _LARGEST * sure.size:
        return Missing("what lights up is too large for a spot: bad light, or the picture changed")
    if count > 2:
        others = [k for k in range(1, count) if k != label]
        if any(float(smooth[labels == k].max()) > _RIVAL * peak for k in others):
            return Missing("several spots are seen")
    ys, xs = np.nonzero(labels == label)
    if area >= 6 and _ratio(xs, ys) > _LONGEST and not _touches(xs, ys, sure.shape):
        return Missing("what lights up is no round spot")
    return _Blob(x, y)


def _middle(scene: _Scene, rise: np.ndarray, blob: _Blob) -> Found | Missing:
    """The middle of the blob, between two levels of the rise."""
    noise = 1.4826 * float(np.median(np.abs(rise - np.median(rise))))
    found = middle(rise, scene.saturated, blob.x, blob.y)
    if found is None:
        return Missing("no spot is seen")
    size = np.count_nonzero(found.region)
    if np.count_nonzero(scene.blind & found.region) > _BLIND * size:
        return Missing("bad light: the picture is saturated where the spot is")
    if found.upper < max(_LEAST_UPPER, 6 * noise):
        return Missing("bad light: the spot is hardly brighter than what is behind it")
    if found.cut:
        return Missing("the edge of the picture cuts the spot")
    if size > _LARGEST * rise.size:
        return Missing("what lights up is too large for a spot: bad light, or the picture changed")
    if np.count_nonzero(scene.restless & found.region) > _CALM * size:
        return Missing("something moves where the spot is")
    return Found(found.x, found.y, math.hypot(noise * found.spread, _FLOOR))


def _touches(xs: np.ndarray, ys: np.ndarray, shape: tuple[int, ...]) -> bool:
    return bool(xs.min() == 0 or ys.min() == 0 or xs.max() == shape[1] - 1 or ys.max() == shape[0] - 1)


def _ratio(xs: np.ndarray, ys: np.ndarray) -> float:
    """Ratio of the axes of a set of pixels."""
    values = np.linalg.eigvalsh(np.cov(np.stack([xs, ys])) + np.eye(2) / 12)
    return math.sqrt(values[1] / values[0])
