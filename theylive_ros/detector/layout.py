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

"""What each output of a model means, found by its shape."""

from __future__ import annotations

from collections.abc import Sequence

from theylive_ros.detector.interface import DetectorError
from theylive_ros.detector.tflite import Tensor

# meanings of outputs
BOXES, SCORES, PREDICTIONS, CENTRE = "boxes", "scores", "predictions", "centre"
MEANINGS = (BOXES, SCORES, PREDICTIONS, CENTRE)
ARCHITECTURES = ("yolov8", "mobilenetv2")

BOX_CHANNELS = (4, 64)  # distances to the four sides, each plain or as a distribution over 16 bins
STRIDES = (4, 8, 16, 32, 64)


def find_meanings(architecture: str, outputs: Sequence[Tensor], said: Sequence[str], classes: int, width: int, height: int) -> list[str]:
    """The meaning of each output; `said` holds what is known already ("" where nothing is). DetectorError if shapes do not tell.

    classes: number of labels; width, height: of the network's input (px).
    """
    if all(said):
        return list(said)
    if architecture == "mobilenetv2":
        found = _classifier(outputs, said, classes)
    else:
        found = _single(outputs, classes, width, height) or _maps(outputs, said, classes)
    if not found:
        shapes = ", ".join(str(list(o.shape)) for o in outputs)
        raise DetectorError(
            f"outputs {shapes} are none of the {architecture} layouts for {classes} labels: name as many labels as the model has classes, "
            "or choose another --architecture"
        )
    return found


def guess_architecture(outputs: Sequence[Tensor]) -> str:
    """A classifier's outputs are vectors, a detector's are not."""
    return "mobilenetv2" if all(len(o.shape) <= 2 for o in outputs) else "yolov8"


def anchors_of(cells: int, width: int, height: int) -> list[tuple[int, int, int]] | None:
    """The grids (columns, rows, stride) of neighbouring strides that together have this many cells, finest first, or None."""
    for first in range(len(STRIDES)):
        for last in range(first, len(STRIDES)):
            grids = [(width // s, height // s, s) for s in STRIDES[first : last + 1]]
            if sum(columns * rows for columns, rows, _ in grids) == cells:
                return grids
    return None


def pair(outputs: Sequence[Tensor], found: Sequence[str]) -> list[tuple[int, int]]:
    """Indices of each box output and the score output of the same grid. DetectorError when one is alone."""
    boxes = {_grid(o): i for i, o in enumerate(outputs) if found[i] == BOXES}
    scores = {_grid(o): i for i, o in enumerate(outputs) if found[i] == SCORES}
    if not boxes or set(boxes) != set(scores) or len(boxes) + len(scores) != len(outputs):
        shapes = ", ".join(f"{list(o.shape)} {m}" for o, m in zip(outputs, found, strict=True))
        raise DetectorError(f"box and score outputs do not pair up ({shapes}): export one of each per scale")
    return [(index, scores[grid]) for grid, index in boxes.items()]


def _classifier(outputs: Sequence[Tensor], said: Sequence[str], classes: int) -> list[str] | None:
    sizes = [_size(o) for o in outputs]
    if len(outputs) != 2 or sorted(sizes) != sorted([classes, 2]):
        return None
    if classes == 2:
        if not any(said):
            raise _ambiguous(outputs)
        return [m or (CENTRE if SCORES in said else SCORES) for m in said]
    return [SCORES if size == classes else CENTRE for size in sizes]


def _single(outputs: Sequence[Tensor], classes: int, width: int, height: int) -> list[str] | None:
    shape = outputs[0].shape
    fits = len(outputs) == 1 and len(shape) == 3 and shape[0] == 1 and shape[1] == 4 + classes
    return [PREDICTIONS] if fits and anchors_of(shape[2], width, height) else None


def _maps(outputs: Sequence[Tensor], said: Sequence[str], classes: int) -> list[str] | None:
    grids: dict[tuple[int, ...], list[int]] = {}
    for index, output in enumerate(outputs):
        if len(output.shape) not in (3, 4) or output.shape[0] != 1:
            return None
        grids.setdefault(_grid(output), []).append(index)
    found = list(said)
    for members in grids.values():
        if len(members) != 2:
            return None
        ways = [(b, s) for b, s in (members, members[::-1]) if _can_be(outputs[b], outputs[s], found[b], found[s], classes)]
        if len(ways) == 2:
            raise _ambiguous(outputs)
        if not ways:
            return None
        found[ways[0][0]], found[ways[0][1]] = BOXES, SCORES
    return found


def _can_be(box: Tensor, score: Tensor, box_said: str, score_said: str, classes: int) -> bool:
    return box.shape[-1] in BOX_CHANNELS and score.shape[-1] == classes and box_said in ("", BOXES) and score_said in ("", SCORES)


def _ambiguous(outputs: Sequence[Tensor]) -> DetectorError:
    names = ", ".join(o.name for o in outputs)
    return DetectorError(f"shapes do not tell which output is which ({names}): say it in this order with --outputs, e.g. boxes,scores")


def _grid(output: Tensor) -> tuple[int, ...]:
    return output.shape[1:-1]


def _size(output: Tensor) -> int:
    size = 1
    for length in output.shape:
        size *= length
    return size
