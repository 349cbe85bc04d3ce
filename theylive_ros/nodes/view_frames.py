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

"""The rig's frames on tf and tf_static, where this ROS installation has tf2_msgs, and its URDF on robot_description."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import TransformStamped
from std_msgs.msg import String

from theylive_ros.nodes import qos
from theylive_ros.nodes.base import ManagedNode
from theylive_ros.nodes.conversions import header
from theylive_ros.viewing import urdf
from theylive_ros.viewing.poses import quaternion
from theylive_ros.viewing.rig_view import MIRRORS, RigView


class ViewFrames:
    """Speaks for the whole rig, as robot_state_publisher would. Topic names are relative: in a namespace, RViz is started with
    /tf and /tf_static remapped to tf and tf_static."""

    def __init__(self, node: ManagedNode) -> None:
        self._node = node
        self._view: RigView | None = None
        self._description = node.create_publisher(String, "robot_description", qos.STATE)
        try:
            from tf2_msgs.msg import TFMessage
        except ImportError:
            self.state = "not published: tf2_msgs is not installed (apt install ros-$ROS_DISTRO-tf2-msgs)"
            self._kind = None
        else:
            self.state = "published"
            self._kind = TFMessage
            self._static = node.create_publisher(TFMessage, "tf_static", qos.STATE)
            self._moving = node.create_publisher(TFMessage, "tf", qos.RESULT)

    def show(self, view: RigView) -> None:
        """Say where all parts of this rig are, from now on."""
        self._view = view
        self._description.publish(String(data=urdf.describe(view)))
        if self._kind is not None:
            stamp = self._node.get_clock().now().to_msg()
            fixed = [_transform(j.parent, j.child, j.pose, stamp) for j in view.joints if not j.turns]
            self._static.publish(self._kind(transforms=fixed))

    @property
    def watched(self) -> bool:
        """Whether anybody hears how the mirrors turn."""
        return self._kind is not None and self._moving.get_subscription_count() > 0

    def turn(self, angles: Sequence[float], stamp: Time) -> None:
        """Say how the mirrors stand (rad)."""
        if self._view is None or not self.watched:
            return
        by_name = dict(zip(MIRRORS, angles, strict=True))
        turned = [_transform(j.parent, j.child, j.at(by_name[j.name]), stamp) for j in self._view.joints if j.turns]
        self._moving.publish(self._kind(transforms=turned))


def _transform(parent: str, child: str, pose: np.ndarray, stamp: Time) -> TransformStamped:
    transform = TransformStamped(header=header(stamp, parent), child_frame_id=child)
    place, turn = transform.transform.translation, transform.transform.rotation
    place.x, place.y, place.z = (float(v) for v in pose[:3, 3])
    turn.x, turn.y, turn.z, turn.w = quaternion(pose)
    return transform
