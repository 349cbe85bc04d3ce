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

"""Detections once more as vision_msgs/Detection2DArray, where that package is installed, for tools that know no other."""

from __future__ import annotations

from theylive_msgs import msg

from theylive_ros.nodes import qos
from theylive_ros.nodes.base import ManagedNode


class VisionMsgsPublisher:
    """Hears detections while somebody hears detections_2d."""

    def __init__(self, node: ManagedNode) -> None:
        self._node = node
        self._subscription = None
        try:
            import vision_msgs.msg as vision
        except ImportError:
            self._vision = None
            self.state = "not published: vision_msgs is not installed (apt install ros-$ROS_DISTRO-vision-msgs)"
        else:
            self._vision = vision
            self.state = "published"
            self._publisher = node.create_lifecycle_publisher(vision.Detection2DArray, "detections_2d", qos.RESULT)

    def look(self) -> None:
        """Begin or cease to hear, as there is somebody who hears this."""
        if self._vision is None or not self._publisher.get_subscription_count():
            self.stop()
        elif self._subscription is None:
            self._subscription = self._node.create_subscription(msg.Detections, "detections", self._on_detections, qos.RESULT)

    def stop(self) -> None:
        """Stop hearing."""
        if self._subscription is not None:
            self._node.destroy_subscription(self._subscription)
            self._subscription = None

    def _on_detections(self, message: msg.Detections) -> None:
        array = self._vision.Detection2DArray(header=message.header)
        for found in message.detections:
            hypothesis = self._vision.ObjectHypothesisWithPose()
            hypothesis.hypothesis.class_id, hypothesis.hypothesis.score = found.label, float(found.score)
            item = self._vision.Detection2D(header=message.header, results=[hypothesis])
            item.bbox.center.position.x, item.bbox.center.position.y = found.x, found.y
            item.bbox.size_x, item.bbox.size_y = found.width, found.height
            array.detections.append(item)
        self._publisher.publish(array)
