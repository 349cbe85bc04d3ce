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

"""What the checks look at: what each layout of a data set says of each picture, and what the picture's file itself shows."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from theylive_training.data.label_noise import Patch
from theylive_training.pictures.picture import Box

CUT_SHORT = "cut short"
UNREADABLE = "unreadable"


@dataclasses.dataclass(frozen=True)
class Row:
    """What one layout says of one picture. part: "train", "val", "test", or "" where it is not divided. boxes: in px, as Box."""

    path: Path
    name: str
    part: str
    boxes: tuple[Box, ...]


@dataclasses.dataclass(frozen=True)
class Layout:
    """One set of labels. name: for a person. rows: a picture each, in order of capture; the picture's file may be missing."""

    name: str
    rows: tuple[Row, ...]


@dataclasses.dataclass(frozen=True, eq=False)
class Look:
    """What a picture's file shows.

    fault: "", CUT_SHORT or UNREADABLE. size: width, height (px), None where unreadable. taken: seconds, of the capture,
    None where unknown. Of sound pictures only, bits: the perceptual hash, uint64 (4,); small: grey, shrunk so that heads are some 32 px;
    patches: of its heads, for the label noise.
    """

    path: Path
    name: str
    sha256: str
    fault: str
    size: tuple[int, int] | None
    bits: np.ndarray | None
    taken: float | None
    small: np.ndarray | None
    patches: tuple[Patch, ...]
