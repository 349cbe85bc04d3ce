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

"""A picture file with what is said of it: the form that all label formats share."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import cv2

from theylive_training.errors import TrainingError
from theylive_training.pictures.picture import Box, Picture


@dataclasses.dataclass(frozen=True)
class LabelledFile:
    """A picture file and the heads in it; none on a picture of the empty board."""

    path: Path
    boxes: tuple[Box, ...]

    def read(self) -> Picture:
        """The picture. Raises TrainingError when the file is damaged."""
        image = cv2.imread(str(self.path), cv2.IMREAD_COLOR)
        if image is None:
            raise TrainingError(f"{self.path} is not a picture: copy the data set again")
        return Picture(image, self.boxes)


@dataclasses.dataclass(frozen=True)
class Item:
    """A labelled picture as it was found. size: width, height (px). part: train, val, test, or "" where the layout has no parts.

    name: its path below the folder of its part's pictures, with /; what a label file calls it.
    """

    file: LabelledFile
    size: tuple[int, int]
    part: str
    name: str


@dataclasses.dataclass(frozen=True)
class Problem:
    """Something wrong in a data set. kind: one of the words below. path: the file that it is about. words: one line, with the cause.

    is_error: nobody should train on it; else it is worth a look.
    """

    kind: str
    path: Path
    words: str
    is_error: bool = True


# kinds of problems
MISSING = "missing"  # a label without its picture
UNLABELLED = "unlabelled"  # a picture without a label
UNREADABLE = "unreadable"  # a picture or a label file that cannot be read
BAD_ROW = "bad row"  # a line of a label file that is none, or that no picture can have
UNKNOWN_CLASS = "unknown class"
CONTRADICTION = "contradiction"  # two labels that cannot both hold


@dataclasses.dataclass(frozen=True)
class Survey:
    """All that lies in a folder. items: in order of capture, each picture once; those with an error of their own are left out.

    root: the folder that all paths lie in. layout: public, csv, yolo or coco.
    """

    root: Path
    layout: str
    items: tuple[Item, ...]
    problems: tuple[Problem, ...]

    @property
    def files(self) -> list[LabelledFile]:
        """The labelled pictures, in order of capture."""
        return [item.file for item in self.items]

    @property
    def errors(self) -> list[Problem]:
        """The problems that nobody should train on."""
        return [p for p in self.problems if p.is_error]

    def refuse_errors(self) -> None:
        """Raise TrainingError with the first error, and how many more there are; also where no picture is labelled."""
        errors = self.errors
        if errors:
            more = f" (and {len(errors) - 1} more: `theylive-train check` lists them)" if len(errors) > 1 else ""
            raise TrainingError(f"{errors[0].words}: mend it, or copy the data set again{more}")
        if not self.items:
            raise TrainingError(f"no picture in {self.root} has a label: capture some, or give another folder")
