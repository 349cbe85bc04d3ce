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

"""The nets that can be trained, and what a trained one is called."""

from __future__ import annotations

import dataclasses

from theylive_training.errors import TrainingError
from theylive_training.pictures.picture import LABELS

BACKGROUND = "background"
TORCH, KERAS = "torch", "keras"


@dataclasses.dataclass(frozen=True)
class Kind:
    """A family of nets. architecture: the robot's detector plugin; width: the channels' usual share of the published net's."""

    stem: str
    architecture: str
    framework: str
    labels: tuple[str, ...]
    width: float
    licence: str


_ULTRALYTICS = "AGPL-3.0: trained with ultralytics, which asks for it"
KINDS = {
    "compact": Kind("compact_yolo", "yolov8", TORCH, LABELS, 1.0, _ULTRALYTICS),
    "yolov8n": Kind("yolov8n", "yolov8", TORCH, LABELS, 1.0, _ULTRALYTICS),
    "mobilenetv2": Kind("mobilenetv2", "mobilenetv2", KERAS, (*LABELS, BACKGROUND), 0.35, "Apache-2.0"),
}


@dataclasses.dataclass(frozen=True)
class NetSpec:
    """Which net, for a square input of `side` px, with `width` times its family's channels (None: the family's usual width)."""

    net: str
    side: int = 224
    width: float | None = None

    def __post_init__(self) -> None:
        """Raise TrainingError for what cannot be."""
        if self.net not in KINDS:
            raise TrainingError(f"there is no net {self.net!r}: choose one of {', '.join(KINDS)}")
        if self.side % 32 or not 64 <= self.side <= 640:
            raise TrainingError(f"an input of {self.side} px cannot be: give a multiple of 32 from 64 to 640")
        if self.width is not None and not 0.1 <= self.width <= 2:
            raise TrainingError(f"a width of {self.width} cannot be: give 0.1 to 2")

    @property
    def kind(self) -> Kind:
        """The net's family."""
        return KINDS[self.net]

    @property
    def channels(self) -> float:
        """Channels as a share of the published net's."""
        return self.kind.width if self.width is None else self.width

    @property
    def model_name(self) -> str:
        """The exported file's name without its ending: compact_yolo_224_int8, or compact_yolo_w0.5_224_int8 for another width."""
        width = "" if self.width in (None, self.kind.width) else f"_w{self.width:g}"
        return f"{self.kind.stem}{width}_{self.side}_int8"
