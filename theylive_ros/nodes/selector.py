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

"""The node `selector`: follows the heads over frames and says of each frame what to aim at and what to spare."""

from __future__ import annotations

import dataclasses

from theylive_msgs import msg

from theylive_ros import messages, plugins
from theylive_ros.nodes import conversions, qos
from theylive_ros.nodes.base import ManagedNode
from theylive_ros.nodes.process import run_node
from theylive_ros.parting import leave
from theylive_ros.settings import setting
from theylive_ros.targeting.selection import Selection, SelectionSettings, check_selection
from theylive_ros.targeting.tracker import StaleFrameError


@dataclasses.dataclass(frozen=True)
class SelectorConfig:
    """Parameters of the node; those of the policy are under `selector.`."""

    plugin: str = setting("round_robin", "Selection policy (entry point group theylive_ros.selectors)", read_only=True)


class SelectorNode(ManagedNode):
    """A detections message in, a target message out, one for one."""

    def __init__(self, **options: object) -> None:
        super().__init__("selector", **options)
        self._selection: Selection | None = None
        self._config = self.declare(SelectorConfig)
        self._plugin, self._policy = self.declare_plugin(plugins.SELECTORS, self._config.value.plugin, "selector", self._on_policy)
        self._settings = self.declare(SelectionSettings, on_change=self._on_settings)
        self._publisher = self.create_lifecycle_publisher(msg.Target, "target", qos.RESULT)
        self._subscription = None
        self.ready()

    def open(self) -> None:
        """Start without a memory."""
        self._selection = Selection(self._settings.value, self._plugin(self._policy.value))

    def start(self) -> None:
        """Begin to hear detections."""
        self._subscription = self.create_subscription(msg.Detections, "detections", self._on_detections, qos.RESULT)

    def stop(self) -> None:
        """Stop hearing."""
        if self._subscription is not None:
            self.destroy_subscription(self._subscription)
            self._subscription = None

    def close(self) -> None:
        """Forget everything."""
        self._selection = None

    def facts(self) -> dict[str, str]:
        """Which policy."""
        return {"plugin": self._config.value.plugin}

    def _on_settings(self, settings: SelectionSettings) -> None:
        check_selection(settings)
        if self._selection is not None:
            self._selection.configure(settings)

    def _on_policy(self, config: object) -> None:
        if self._selection is not None:
            self._selection.selector.config = config

    def _on_detections(self, message: msg.Detections) -> None:
        try:
            target = self._selection.update(messages.from_detections(message), messages.from_time(message.header.stamp))
        except StaleFrameError:
            self.meter.count("late_frames")
            return
        except ValueError as error:
            # Nothing is said of such a frame: without news the gate closes.
            self.meter.count("refused_frames")
            self.get_logger().error(str(error), throttle_duration_sec=1.0)
            return
        self._publisher.publish(conversions.to_target(target, message.header))
        self.meter.count("frames")
        self.meter.count("targets", int(target.track is not None))
        self.meter.latency("capture_to_target", self.ros_now() - messages.from_time(message.header.stamp))


def main() -> None:
    """Run the node as a process."""
    leave(run_node(SelectorNode))
