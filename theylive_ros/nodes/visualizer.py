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

"""The node `visualizer`: an annotated picture for rqt, markers and frames for RViz."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import time

import numpy as np
from rclpy.clock import Clock, ClockType
from sensor_msgs.msg import CompressedImage, Image, JointState
from std_msgs.msg import Header
from theylive_msgs import msg
from visualization_msgs.msg import MarkerArray

from theylive_ros import messages, overlay
from theylive_ros.mirrors.optics import Geometry, OpticsError
from theylive_ros.nodes import conversions, qos
from theylive_ros.nodes.base import ManagedNode, Worker
from theylive_ros.nodes.joint_ear import JointEar
from theylive_ros.nodes.markers import beam_marker, scene_markers
from theylive_ros.nodes.mirrors_calibration import CalibrationConfig
from theylive_ros.nodes.newest import Newest
from theylive_ros.nodes.pictures import Pictures
from theylive_ros.nodes.process import run_node
from theylive_ros.nodes.rig_keeper import RigKeeper
from theylive_ros.nodes.scene_keeper import SceneKeeper
from theylive_ros.nodes.view_frames import ViewFrames
from theylive_ros.nodes.vision_msgs_publisher import VisionMsgsPublisher
from theylive_ros.parting import leave
from theylive_ros.settings import setting
from theylive_ros.viewing.rig_view import RigView

_BEAM_PERIOD = 0.04  # s between two drawings of the beam
_LOOK = 0.2  # s between two looks whether anybody listens; a publisher of Humble does not tell


@dataclasses.dataclass(frozen=True)
class VisualizerConfig(CalibrationConfig):
    """Parameters of the node; more are under geometry."""

    compressed: bool = setting(False, "Hear image_raw/compressed instead of image_raw", read_only=True)
    scale: int = setting(2, "Enlargement of the annotated picture", low=1, high=6)
    jpeg_quality: int = setting(85, "Quality of annotated/compressed", low=1, high=100)
    guard_radius: float = setting(0.010, "Distance kept from protected heads, drawn round them", unit="m", low=0.0, high=1.0)
    publish_tf: bool = setting(True, "Publish tf, tf_static and robot_description; false where robot_state_publisher does", read_only=True)


class VisualizerNode(ManagedNode):
    """Draws every frame of which it hears both the picture and the target, and the rig with its beam as the mirrors turn.

    Nothing is drawn that nobody listens to, and nothing heard of which nothing is drawn.
    """

    def __init__(self, **options: object) -> None:
        super().__init__("visualizer", **options)
        self._config = self.declare(VisualizerConfig)
        self._geometry = self.declare(Geometry, "geometry")
        # both at any time, as image_transport has them: whoever looks chooses
        self._annotated = self.create_lifecycle_publisher(Image, "annotated", qos.IMAGE)
        self._compressed = self.create_lifecycle_publisher(CompressedImage, "annotated/compressed", qos.IMAGE)
        self._markers = self.create_lifecycle_publisher(MarkerArray, "markers", qos.RESULT)
        self._vision = VisionMsgsPublisher(self)
        self._frames = ViewFrames(self) if self._config.value.publish_tf else None
        self._rig: RigKeeper | None = None
        self._pictures = Pictures(self, self._config.value.compressed)
        self._keeper: SceneKeeper | None = None
        self._joints: JointEar | None = None
        self._look_timer = None
        self._slot: Newest[tuple[overlay.Scene, msg.Target]] = Newest()
        self._worker: Worker | None = None
        self._beam_at = -math.inf
        self.ready()

    def start(self) -> None:
        """Begin to look who listens."""
        self._slot = Newest()
        self._rig = RigKeeper(self, self._config.value, self._geometry.value, self._on_view)
        self._worker = Worker(self, "draw", self._draw)
        self._look()
        self._look_timer = self.create_timer(_LOOK, self._look, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def stop(self) -> None:
        """Stop hearing."""
        if self._look_timer is not None:
            self.destroy_timer(self._look_timer)
            self._look_timer = None
        self._pictures.end()
        self._end_scenes()
        self._end_joints()
        self._vision.stop()
        if self._rig is not None:
            self._rig.close()
        self._slot.close()
        if self._worker is not None:
            self._worker.join()
            self._worker = None
        self._rig = None

    def facts(self) -> dict[str, str]:
        """By which calibration it draws, and what this ROS installation cannot show."""
        return {
            "calibration": self._rig.state if self._rig is not None else "",
            "tf": self._frames.state if self._frames is not None else "left to robot_state_publisher",
            "vision_msgs": self._vision.state,
            "targets_without_picture": str(self._pictures.missed),
        }

    def _look(self) -> None:
        """Hear what is drawn for somebody, and nothing else."""
        pictures = self._annotated.get_subscription_count() or self._compressed.get_subscription_count()
        markers = self._markers.get_subscription_count()
        if pictures:
            self._pictures.begin()
        else:
            self._pictures.end()
        if not (pictures or markers):
            self._end_scenes()
        elif self._keeper is None:
            self._keeper = SceneKeeper(self, self._pictures, self._guard, lambda scene, target: self._slot.put((scene, target)))
        if not (markers or (self._frames is not None and self._frames.watched)):
            self._end_joints()
        elif self._joints is None:
            self._joints = JointEar(self, self._on_joints)
        self._vision.look()

    def _end_scenes(self) -> None:
        if self._keeper is not None:
            self._keeper.close()
            self._keeper = None

    def _end_joints(self) -> None:
        if self._joints is not None:
            self._joints.close()
            self._joints = None

    def _guard(self) -> float:
        calibration = self._rig.view.calibration
        return self._config.value.guard_radius / calibration.metres_per_pixel(calibration.width / 2, calibration.height / 2)

    def _on_view(self, view: RigView) -> None:
        if self._frames is not None:
            self._frames.show(view)

    def _on_joints(self, angles: tuple[float, float], message: JointState) -> None:
        if self._frames is not None:
            self._frames.turn(angles, message.header.stamp)
        now = time.monotonic()
        if now - self._beam_at < _BEAM_PERIOD or not self._markers.get_subscription_count():
            return
        self._beam_at = now
        laser = self._keeper.laser if self._keeper is not None else None
        with contextlib.suppress(OpticsError):  # stands so that no light reaches the board
            beam = beam_marker(self._rig.view.beam(angles), laser is not None and laser.on, message.header.stamp)
            self._markers.publish(MarkerArray(markers=[beam]))

    def _draw(self, worker: Worker) -> None:
        rig = self._rig
        while (item := self._slot.take()) is not None:
            scene, target = item
            config = self._config.value
            if scene.image is not None:
                self._annotate(overlay.draw(scene, config.scale), target.header, config.jpeg_quality)
            if self._markers.get_subscription_count():
                self._markers.publish(scene_markers(scene, rig.view, target.header.stamp, config.guard_radius))
            self.meter.count("frames")

    def _annotate(self, picture: np.ndarray, head: Header, quality: int) -> None:
        if self._annotated.get_subscription_count():
            self._annotated.publish(conversions.to_image(picture, head))
        if self._compressed.get_subscription_count():
            self._compressed.publish(conversions.to_compressed(conversions.encode(picture, quality), head))
        self.meter.latency("capture_to_annotated", self.ros_now() - messages.from_time(head.stamp))


def main() -> None:
    """Run the node as a process."""
    leave(run_node(VisualizerNode))
