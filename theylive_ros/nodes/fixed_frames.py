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

"""The fixed frames that tf_static tells of, where this ROS installation has tf2_msgs."""

from __future__ import annotations

from typing import Any

import numpy as np

from theylive_ros.nodes import qos
from theylive_ros.nodes.base import ManagedNode
from theylive_ros.viewing import poses
from theylive_ros.viewing.frame_tree import FrameError, FrameTree


class FixedFrames:
    """Subscribes when made; ends with `close`. tf2_ros would do as well, but is no wheel, and listens to all that moves."""

    def __init__(self, node: ManagedNode) -> None:
        self._node = node
        self._tree = FrameTree()
        try:
            from tf2_msgs.msg import TFMessage
        except ImportError:
            self._subscription = None
        else:
            self._subscription = node.create_subscription(TFMessage, "tf_static", self._hear, qos.FRAMES)

    def close(self) -> None:
        """Hear no more."""
        if self._subscription is not None:
            self._node.destroy_subscription(self._subscription)
            self._subscription = None

    def way(self, source: str, goal: str) -> np.ndarray:
        """The pose of the frame `source` in the frame `goal`. Raises FrameError."""
        try:
            return self._tree.way(source, goal)
        except FrameError as error:
            if self._subscription is None:
                raise FrameError(f"{error}: without tf2_msgs (apt install ros-$ROS_DISTRO-tf2-msgs) no other frame is known") from error
            raise

    def _hear(self, message: Any) -> None:
        for heard in message.transforms:
            place, turn = heard.transform.translation, heard.transform.rotation
            try:
                pose = poses.of((place.x, place.y, place.z), (turn.x, turn.y, turn.z, turn.w))
            except ValueError:
                continue  # whoever says so is not believed; tf2 does the same
            self._tree.put(heard.header.frame_id, heard.child_frame_id, pose)
