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

"""Fixed frames as they are heard, and the way from one to another."""

from __future__ import annotations

import numpy as np

from theylive_ros.viewing.poses import inverse


class FrameError(ValueError):
    """There is no fixed way between two frames; one line with the cause and the cure."""


class FrameTree:
    """Child frames with their parents. A leading slash is no part of a name."""

    def __init__(self) -> None:
        self._parents: dict[str, tuple[str, np.ndarray]] = {}

    def put(self, parent: str, child: str, pose: np.ndarray) -> None:
        """Hold a child at a pose in its parent, whatever was before."""
        # anew, so that another thread may look for its way meanwhile
        self._parents = {**self._parents, child.lstrip("/"): (parent.lstrip("/"), pose)}

    def way(self, source: str, goal: str) -> np.ndarray:
        """The pose of the frame `source` in the frame `goal`. Raises FrameError."""
        up, down = self._to_root(source.lstrip("/")), self._to_root(goal.lstrip("/"))
        if up[0] != down[0]:
            known = ", ".join(sorted(self._parents)) or "none"
            raise FrameError(f"no fixed transform leads from frame {source!r} to {goal!r} (heard of: {known})")
        return inverse(down[1]) @ up[1]

    def _to_root(self, name: str) -> tuple[str, np.ndarray]:
        pose, parents = np.eye(4), self._parents
        for _ in parents:
            if name not in parents:
                return name, pose
            name, step = parents[name]
            pose = step @ pose
        if name in parents:
            raise FrameError(f"the frames above {name!r} run in a circle")
        return name, pose
