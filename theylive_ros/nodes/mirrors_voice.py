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

"""What the mirrors node says: `laser`, `pointing` and `joint_states`."""

from __future__ import annotations

import math

from builtin_interfaces.msg import Time
from rclpy.duration import Duration
from sensor_msgs.msg import JointState
from std_msgs.msg import Header
from theylive_msgs import msg

from theylive_ros.mirrors.pointer import PointerState
from theylive_ros.nodes import conversions, qos
from theylive_ros.nodes.base import ManagedNode
from theylive_ros.viewing.rig_view import MIRRORS

JOINTS = list(MIRRORS)
_STATE_PERIOD = 0.1  # s between two laser messages that say the same
_JOINTS_PERIOD = 0.02  # s
_LAST_WORD = Duration(seconds=0.3)


class Voice:
    """Publishes the planner's state, as often as each topic is worth."""

    def __init__(self, node: ManagedNode) -> None:
        self._node = node
        self._laser = node.create_lifecycle_publisher(msg.LaserState, "laser", qos.STATE)
        self._pointing = node.create_lifecycle_publisher(msg.Pointing, "pointing", qos.RESULT)
        self._joints = node.create_lifecycle_publisher(JointState, "joint_states", qos.RESULT)
        self.begin()

    def begin(self) -> None:
        """Say everything anew."""
        self._told: tuple[object, ...] = ()
        self._told_at = self._joints_at = -math.inf

    def say(self, state: PointerState, heard: msg.Target | None, now: float) -> None:
        """Tell what became of a tick at `now` (monotonic, s). heard: the newest target that it was the first to hear of."""
        stamp = self._node.get_clock().now().to_msg()
        told = (state.mode, state.lit, state.armed, state.track_id, state.reasons)
        if told != self._told or now - self._told_at >= _STATE_PERIOD:
            self._told, self._told_at = told, now
            self._laser.publish(_laser(state, stamp))
        if now - self._joints_at >= _JOINTS_PERIOD:
            self._joints_at = now
            head = conversions.header(stamp, "")
            self._joints.publish(JointState(header=head, name=JOINTS, position=list(state.angles), velocity=list(state.rates)))
        if heard is not None:
            self._pointing.publish(_pointing(state, heard.header))

    def say_dark(self) -> None:
        """The last word of the node, for whoever still listens."""
        head = conversions.header(self._node.get_clock().now().to_msg(), "")
        self._laser.publish(msg.LaserState(header=head, reasons=["not_armed"]))

    def wait_until_heard(self) -> None:
        """Wait a little for those who listen: or the last word may be lost with this process, and the laser look lit for ever."""
        self._laser.wait_for_all_acked(_LAST_WORD)


def _laser(state: PointerState, stamp: Time) -> msg.LaserState:
    return msg.LaserState(
        header=conversions.header(stamp, ""),
        mode=msg.LaserState.MODE_COMMISSIONING if state.mode == "commissioning" else msg.LaserState.MODE_TARGETING,
        on=state.lit,
        armed=state.armed,
        track_id=state.track_id if state.lit else 0,
        reasons=list(state.reasons),
    )


def _pointing(state: PointerState, head: Header) -> msg.Pointing:
    aim, spot = state.aim or (math.nan, math.nan), state.spot or (math.nan, math.nan)
    return msg.Pointing(
        header=head,
        track_id=state.track_id,
        aim_x=aim[0],
        aim_y=aim[1],
        spot_x=spot[0],
        spot_y=spot[1],
        error=state.error,
        settled=state.settled,
        referenced=state.referenced,
        latency=state.latency,
        lag=state.lag,
        trim_x=state.trim[0],
        trim_y=state.trim[1],
        missed_steps=list(state.missed_steps),
    )
