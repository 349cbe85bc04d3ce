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

"""A burst: pictures of one class at an interval."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator, Sequence

from theylive_training.capture.album import Album
from theylive_training.capture.feed import Feed
from theylive_training.capture.heads import Head
from theylive_training.capture.labels import BACKGROUND, CLASSES
from theylive_training.capture.proposals import Proposer
from theylive_training.capture.shot import Crop, Shot, develop
from theylive_training.capture.source import Flow
from theylive_training.errors import TrainingError


@dataclasses.dataclass(frozen=True)
class Burst:
    """What to take. interval: from one picture to the next (s). centre: of the head (px of what is saved), None for the board alone."""

    class_id: int
    count: int
    interval: float
    crop: Crop | None
    centre: tuple[float, float] | None = None


def check_first(burst: Burst, feed: Feed) -> None:
    """Raise TrainingError where crop or centre do not suit the camera's picture: better said before anything is written."""
    shot = develop(feed.newest, burst.crop)
    if shot is not None:
        _check_centre(burst, shot)


def take(burst: Burst, feed: Feed, album: Album, propose: Proposer | None) -> Iterator[str]:
    """Look at `burst.count` frames, one at each step, and save those that will do. Gives '' or, in words, why it was refused.

    propose: its one head's centre is taken, and a frame in which it does not see what it should is refused. Raises EndOfStream where
    there are fewer frames, TrainingError, and what the camera raises; everything saved so far stays.
    """
    due = time.monotonic() + feed.settle
    for number in range(burst.count):
        time.sleep(max(0.0, due - time.monotonic()))
        # A late one shifts those that follow: the interval is never shorter than asked.
        due = time.monotonic() + burst.interval
        shot = develop(feed.fresh() if number > 0 or feed.flow is Flow.LIVE else feed.newest, burst.crop)
        yield "the camera's JPEG is damaged" if shot is None else _add(burst, shot, album, propose)


def refusal(class_id: int, found: Sequence[Head]) -> str:
    """Why a picture in which a model found these heads is no picture of the class; '' where it is."""
    counts = [sum(head.class_id == i for head in found) for i in range(BACKGROUND)]
    seen = " and ".join(f"{n} {name}{'' if n == 1 else 's'}" for n, name in zip(counts, CLASSES, strict=False) if n)
    wanted = [int(i == class_id) for i in range(BACKGROUND)]
    if counts == wanted:
        return ""
    return f"the model sees {seen or 'no head'}, not {'the empty board' if class_id == BACKGROUND else f'1 {CLASSES[class_id]}'}"


def _add(burst: Burst, shot: Shot, album: Album, propose: Proposer | None) -> str:
    """Save the picture; or why it is refused."""
    _check_centre(burst, shot)
    found = propose(shot.image) if propose else ()
    why = refusal(burst.class_id, found) if propose else ""
    if why:
        return why
    if burst.class_id == BACKGROUND:
        label = shot.empty()
    else:
        x, y = (found[0].x, found[0].y) if propose else burst.centre
        label = shot.label(burst.class_id, x, y)
    album.add(shot.data(), [label], shot.when)
    return ""


def _check_centre(burst: Burst, shot: Shot) -> None:
    width, height = shot.size
    if burst.centre is not None and not (0 <= burst.centre[0] < width and 0 <= burst.centre[1] < height):
        raise TrainingError(
            f"--centre {burst.centre[0]:g} {burst.centre[1]:g} is outside the picture that is saved ({width}x{height} px): "
            "give the head's place in it, or change --crop"
        )
