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

"""Each picture file is opened once, and what the checks need of it kept: some ten kilobytes instead of the picture."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np

from theylive_ros.camera import jpeg
from theylive_training.data import label_noise, phash
from theylive_training.data.capture_time import capture_time
from theylive_training.data.checks.rows import CUT_SHORT, UNREADABLE, Look
from theylive_training.pictures.picture import Box

_JPEG, _PNG, _PNG_END = b"\xff\xd8\xff", b"\x89PNG", b"IEND\xae\x42\x60\x82"
SMALL_BOX = 32.0  # px of a box in the small pictures
_TAIL = 64  # bytes that may follow a PNG's end


def look_at(pictures: Sequence[tuple[Path, str, Sequence[Box]]], box: float, step: Callable[[], object], threads: int = 2) -> list[Look]:
    """A look at each (path, name, boxes), in their order; `step` is called after each. box: usual side (px).

    The same bytes again are not looked at again: the patches are of the labels of their first name.
    """
    known: dict[str, Look] = {}

    def one(picture: tuple[Path, str, Sequence[Box]]) -> Look:
        look = _look(*picture, box, known)
        known.setdefault(look.sha256, look)
        step()
        return look

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one, pictures))


def fault_of(data: bytes) -> str:
    """ "", or CUT_SHORT for a JPEG or PNG file without its end. Whether it decodes is another question."""
    if data.startswith(_JPEG):
        return "" if jpeg.complete(data) else CUT_SHORT
    if data.startswith(_PNG):
        return "" if _PNG_END in data[-_TAIL:] else CUT_SHORT
    return ""


def _look(path: Path, name: str, boxes: Sequence[Box], box: float, known: Mapping[str, Look]) -> Look:
    taken = capture_time(path)
    try:
        data = path.read_bytes()
    except OSError:
        return Look(path, name, "", UNREADABLE, None, None, taken, None, ())
    digest, fault = hashlib.sha256(data).hexdigest(), fault_of(data)
    if digest in known:
        return dataclasses.replace(known[digest], path=path, name=name, taken=taken)
    if fault:
        return Look(path, name, digest, fault, jpeg.size(data), None, taken, None, ())
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if image is None:
        return Look(path, name, digest, UNREADABLE, None, None, taken, None, ())
    height, width = image.shape[:2]
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    scale = min(SMALL_BOX / box, 1.0)
    small = cv2.resize(grey, (max(round(width * scale), 1), max(round(height * scale), 1)), interpolation=cv2.INTER_AREA)
    cuts = (label_noise.cut(grey, name, b.label, b.x, b.y, box) for b in boxes)
    patches = tuple(c for c in cuts if c is not None)
    return Look(path, name, digest, "", (width, height), phash.difference_hash(image), taken, small, patches)
