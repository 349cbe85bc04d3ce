"""The node `visualizer`: an annotated picture for rqt, markers and frames for RViz."""

from __future__ import annotations

import dataclasses
import sys

from sensor_msgs.msg import CompressedImage, Image
from theylive_msgs import msg
from visualization_msgs.msg import MarkerArray

from theylive_ros import overlay
from theylive_ros.nodes import conversions, qos
from theylive_ros.nodes.base import ManagedNode, Worker, run_node
from theylive_ros.nodes.markers import markers
from theylive_ros.nodes.newest import Newest
from theylive_ros.nodes.scene_keeper import SceneKeeper
from theylive_ros.nodes.view_frames import ViewFrames
from theylive_ros.nodes.vision_msgs_publisher import VisionMsgsPublisher
from theylive_ros.settings import setting


@dataclasses.dataclass(frozen=True)
class VisualizerConfig:
    """Parameters of the node."""

    compressed: bool = setting(False, "Hear image_raw/compressed, and publish annotated/compressed", read_only=True)
    scale: int = setting(2, "Enlargement of the annotated picture", low=1, high=6)
    jpeg_quality: int = setting(85, "Quality of annotated/compressed", low=1, high=100)
    metres_per_pixel: float = setting(0.785e-3, "Size of a pixel on the board", unit="m", low=1e-5, high=1e-1)
    board_distance: float = setting(0.4, "Camera to board", unit="m", low=0.01, high=100.0)
    guard_radius: float = setting(0.010, "Distance kept from protected heads, drawn round them", unit="m", low=0.0, high=1.0)


class VisualizerNode(ManagedNode):
    """Draws every frame of which it hears both the picture and the target."""

    def __init__(self, **options: object) -> None:
        super().__init__("visualizer", **options)
        self._frames = ViewFrames(self)
        self._config = self.declare(VisualizerConfig, on_change=lambda config: self._frames.publish(config.board_distance))
        if self._config.value.compressed:
            self._annotated = self.create_lifecycle_publisher(CompressedImage, "annotated/compressed", qos.IMAGE)
        else:
            self._annotated = self.create_lifecycle_publisher(Image, "annotated", qos.IMAGE)
        self._markers = self.create_lifecycle_publisher(MarkerArray, "markers", qos.RESULT)
        self._vision = VisionMsgsPublisher(self)
        self._keeper: SceneKeeper | None = None
        self._slot: Newest[tuple[overlay.Scene, msg.Target]] = Newest()
        self._worker: Worker | None = None
        self.ready()

    def start(self) -> None:
        """Begin to hear."""
        self._vision.start()
        self._slot = Newest()
        self._worker = Worker(self, "draw", self._draw)
        self._keeper = SceneKeeper(self, self._config.value.compressed, self._guard, lambda scene, target: self._slot.put((scene, target)))

    def stop(self) -> None:
        """Stop hearing."""
        if self._keeper is not None:
            self._keeper.close()
            self._keeper = None
        self._vision.stop()
        self._slot.close()
        if self._worker is not None:
            self._worker.join()
            self._worker = None

    def facts(self) -> dict[str, str]:
        """What this ROS installation cannot show."""
        lost = self._keeper.without_picture if self._keeper is not None else 0
        return {"tf": self._frames.state, "vision_msgs": self._vision.state, "targets_without_picture": str(lost)}

    def _guard(self) -> float:
        return self._config.value.guard_radius / self._config.value.metres_per_pixel

    def _draw(self, worker: Worker) -> None:
        while (item := self._slot.take()) is not None:
            scene, target = item
            config = self._config.value
            picture = overlay.draw(scene, config.scale)
            if config.compressed:
                self._annotated.publish(conversions.to_compressed(conversions.encode(picture, config.jpeg_quality), target.header))
            else:
                self._annotated.publish(conversions.to_image(picture, target.header))
            self._markers.publish(markers(scene, target.header, config.metres_per_pixel, config.board_distance))
            self.meter.count("frames")
            self.meter.latency("capture_to_annotated", self.ros_now() - conversions.from_time(target.header.stamp))


def main() -> None:
    """Run the node as a process."""
    sys.exit(run_node(VisualizerNode))
