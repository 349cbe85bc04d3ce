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

"""What a person's clicks and keys do to the picture in hand: the click window without a window."""

from __future__ import annotations

import collections
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from theylive_training.capture.album import Album, Entry
from theylive_training.capture.heads import Head, alike, near
from theylive_training.capture.labels import BACKGROUND, CLASSES
from theylive_training.capture.shot import Shot
from theylive_training.errors import TrainingError

_DEPTH = 20  # saved pictures that can be taken back

Take = Callable[[], Shot]
Propose = Callable[[np.ndarray], tuple[Head, ...]]


class _State(NamedTuple):
    shot: Shot | None
    heads: tuple[Head, ...]


class _Saved(NamedTuple):
    entry: Entry
    state: _State
    history: tuple[_State, ...]


_LIVE = _State(None, ())


class Desk:
    """No picture in hand (the camera's is shown), or one with its heads. Each method is one thing that a person did.

    `message` then says what came of it, and `is_refusal` whether nothing did. A TrainingError becomes such a message.
    """

    def __init__(self, album: Album, take: Take, propose: Propose | None = None, class_id: int = 0) -> None:
        """take: a fresh picture from the camera; may raise TrainingError. propose: a model's heads. class_id: chosen at first."""
        self._album, self._take, self._propose = album, take, propose
        self._state = _LIVE
        self._history: tuple[_State, ...] = ()
        self._saved: collections.deque[_Saved] = collections.deque(maxlen=_DEPTH)
        self.active = -1  # which of the heads the arrow keys move
        self.class_id = class_id
        self.pictures = 0  # saved since the start
        self.message, self.is_refusal = self._hint(), False

    @property
    def shot(self) -> Shot | None:
        """The picture in hand."""
        return self._state.shot

    @property
    def heads(self) -> tuple[Head, ...]:
        """Its heads."""
        return self._state.heads

    def choose(self, class_id: int) -> None:
        """The class of the heads to come."""
        self.class_id = class_id
        self._say(self._hint() if self.shot is None else f"the next click marks {CLASSES[class_id]}")

    def press(self, x: float, y: float) -> bool:
        """The left button at a place (px of what is saved): takes a picture where none is in hand, and sets a head's centre there.

        Whether there is a head now that may be dragged.
        """
        was_live = self.shot is None
        if not self._hold():
            return False
        width, height = self.shot.size
        if not (0 <= x < width and 0 <= y < height):
            if was_live:
                self._drop()
            self._refuse("only what is inside the bright square is saved: click there")
        elif self.class_id != BACKGROUND:
            self._set(x, y)
            return True
        elif self.heads:
            self._refuse("the empty board has no heads: choose alien or john, or undo the heads")
        else:
            self._say("an empty board in hand: space saves it, undo drops it")
        return False

    def drag(self, x: float, y: float) -> None:
        """The left button is held and moved: the head goes along."""
        if self.active >= 0:
            self._move(x, y)

    def nudge(self, dx: float, dy: float) -> None:
        """Move the last head by so many px."""
        if self.active < 0:
            self._refuse("no head in hand that could be moved: click on one")
            return
        head = self.heads[self.active]
        self._move(head.x + dx, head.y + dy)
        head = self.heads[self.active]
        self._say(f"the head is at {head.x:.0f}, {head.y:.0f}: space saves")

    def right_press(self, x: float, y: float, seen: tuple[Head, ...] = ()) -> None:
        """The right button: removes a proposal that is under it, else undoes. seen: proposals shown over the camera's picture."""
        if self.shot is None and near(seen, x, y) >= 0 and not self._hold():
            return
        index = near(self.heads, x, y)
        if index >= 0 and self.heads[index].proposed:
            self._edit(self.heads[:index] + self.heads[index + 1 :], -1)
            self._say(f"the proposal is gone, {_count(len(self.heads), 'head')} left: space saves")
        else:
            self.undo()

    def space(self, seen: tuple[Head, ...] = ()) -> None:
        """Save the picture in hand. With none in hand, take one, and save it if a model sees in it what the person saw (`seen`)."""
        if self.shot is None:
            if self._propose is None and self.class_id != BACKGROUND:
                self._refuse("nothing in hand: click on a head first (for an empty board choose background)")
                return
            if not self._hold():
                return
            if not alike(seen, self.heads):
                self._say(f"look again, the fresh picture has {_count(len(self.heads), 'proposal')}: space accepts, a click corrects")
                return
        if self.heads and self.class_id == BACKGROUND:
            self._refuse(f"{_count(len(self.heads), 'head')} marked, so the board is not empty: undo, or choose alien or john, then space")
        elif not self.heads and self.class_id != BACKGROUND:
            self._refuse("no head marked: click on it (for an empty board choose background, then space)")
        else:
            self._save()

    def undo(self) -> None:
        """Undo the last thing done to the picture in hand; with none in hand, take the last saved picture back into it."""
        if self._history:
            *before, self._state = self._history
            self._history = tuple(before)
            self.active = len(self.heads) - 1
            self._say(f"undone: {_count(len(self.heads), 'head')} in hand" if self.shot else f"undone: {self._hint()}")
        elif self._saved:
            self._take_back(self._saved.pop())
        else:
            self._refuse(f"only the last {_DEPTH} pictures can be taken back" if self.pictures else "there is nothing to undo")

    def skip(self) -> None:
        """Drop the picture in hand."""
        self._drop()
        self._say(self._hint())

    def _hold(self) -> bool:
        """Have a picture in hand; False, and said, where the camera gives none."""
        if self.shot is not None:
            return True
        try:
            shot = self._take()
        except TrainingError as cause:
            self._refuse(str(cause))
            return False
        self._state = _State(shot, self._propose(shot.image) if self._propose else ())
        self._history, self.active = (_LIVE,), -1
        return True

    def _drop(self) -> None:
        self._state, self._history, self.active = _LIVE, (), -1

    def _set(self, x: float, y: float) -> None:
        """A head's centre: of one that is near, else of a new one."""
        head, name = Head(self.class_id, x, y), CLASSES[self.class_id]
        index = near(self.heads, x, y)
        if index >= 0:
            self._edit((*self.heads[:index], head, *self.heads[index + 1 :]), index)
            self._say(f"this head is set anew, as {name}: space saves")
        else:
            self._edit((*self.heads, head), len(self.heads))
            self._say(f"{_count(len(self.heads), 'head')} in hand: space saves, another click adds a head")

    def _edit(self, heads: tuple[Head, ...], active: int) -> None:
        # The first click took the picture and set the head: one thing, undone as one.
        if self.heads or len(self._history) > 1:
            self._history = (*self._history, self._state)
        self._state = self._state._replace(heads=heads)
        self.active = active

    def _move(self, x: float, y: float) -> None:
        width, height = self.shot.size
        moved = self.heads[self.active]._replace(x=min(max(x, 0.0), width - 1.0), y=min(max(y, 0.0), height - 1.0), proposed=False)
        heads = (*self.heads[: self.active], moved, *self.heads[self.active + 1 :])
        self._state = self._state._replace(heads=heads)

    def _save(self) -> None:
        shot = self.shot
        marks = [shot.label(h.class_id, h.x, h.y) for h in self.heads] or [shot.empty()]
        try:
            entry = self._album.add(shot.data(), marks, shot.when)
        except TrainingError as cause:
            self._refuse(str(cause))
            return
        self._saved.append(_Saved(entry, self._state, self._history))
        self.pictures += 1
        what = _count(len(self.heads), "head") if self.heads else "an empty board"
        self._drop()
        self._say(f"saved {entry.name}, {what}")

    def _take_back(self, saved: _Saved) -> None:
        try:
            self._album.take_back(saved.entry)
        except TrainingError as cause:
            self._refuse(f"not undone: {cause}")
            return
        self.pictures -= 1
        self._state, self._history, self.active = saved.state, saved.history, len(saved.state.heads) - 1
        self._say(f"{saved.entry.name} is back in hand, no longer saved: space saves it again")

    def _hint(self) -> str:
        if self._propose is not None:
            return "space accepts what is proposed, a click corrects it, a right click removes it"
        if self.class_id == BACKGROUND:
            return "space saves the empty board"
        return f"click on the centre of a head ({CLASSES[self.class_id]})"

    def _say(self, words: str) -> None:
        self.message, self.is_refusal = words, False

    def _refuse(self, words: str) -> None:
        self.message, self.is_refusal = words, True


def _count(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"
