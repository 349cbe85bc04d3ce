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

"""A mirrors node with a controller process of its own, and a selector and a hand that say what a test wants."""

import dataclasses

from sensor_msgs.msg import JointState
from std_srvs.srv import SetBool, Trigger
from theylive_msgs import msg

from theylive_ros.nodes import conversions, qos
from theylive_ros.nodes.camera_clock import ClockTeller
from theylive_ros.nodes.mirrors import MirrorsNode
from theylive_ros.types import Region, Target, Track

COVARIANCE = tuple(v for row in range(4) for v in (1.0 if row == column else 0.0 for column in range(4)))
ALIEN = Track(1, "alien", 0.9, 200.0, 100.0, 64, 64, 0, 0, COVARIANCE, True, 0.0)
JOHN = dataclasses.replace(ALIEN, id=2, label="john", x=60.0, y=180.0)


class Rig:
    """A mirrors node, and a selector that says at 50 Hz whatever `track` and `protected` are set to, of pictures of a camera whose clock
    is `ahead` of this one's (s)."""

    def __init__(self, bench):
        self.bench = bench
        self.ahead = 0.0
        bench.ear_node.ros_now = lambda: bench.ear_node.get_clock().now().nanoseconds * 1e-9 + self.ahead
        self.teller = ClockTeller(bench.ear_node)
        self.laser = bench.hear(msg.LaserState, "laser", qos.STATE)
        self.pointing = bench.hear(msg.Pointing, "pointing", qos.RESULT)
        self.joints = bench.hear(JointState, "joint_states", qos.RESULT)
        self.track, self.protected, self.lag, self.clears, self.silent = ALIEN, (), 0.0, True, False
        self.order = None  # angles and light, repeated as long as it is not None
        self._say = bench.say(msg.Target, "target", qos.RESULT)
        self._say_order = bench.say(msg.Commission, "commission", qos.ORDER)

    def start(self, *arguments):
        self.node = self.bench.add(MirrorsNode, *arguments)
        self.bench.until(lambda: self.node.active)
        self.bench.repeat(self._speak)
        return self.node

    def _speak(self):
        if self.silent:
            return
        if self.order is not None:
            self.say_order(*self.order)
        stamp = self.node.ros_now() + self.ahead - self.lag
        seen = [dataclasses.replace(t, last_seen=stamp) for t in (self.track, *self.protected) if t is not None]
        track = seen.pop(0) if self.track is not None else None
        target = Target(stamp, 320, 240, track, tuple(seen), (), Region(0, 0, 320, 240), self.clears)
        head = conversions.header(conversions.to_time(stamp), "camera_optical_frame")
        self._say.publish(conversions.to_target(target, head))

    def say_order(self, angles, light, age=0.0):
        head = conversions.header(conversions.to_time(self.node.ros_now() - age), "")
        self._say_order.publish(msg.Commission(header=head, angles=list(angles), light=light))

    def commission(self, on=True):
        return self.bench.call(SetBool, "mirrors/commission", SetBool.Request(data=on))

    def commissioned(self):
        """Wait until the axes are referenced, then change to commissioning with nobody on the board."""
        self.track = None
        self.laser.next(lambda m: "unreferenced" not in m.reasons and "link_silent" not in m.reasons)
        assert self.commission().success
        self.laser.next(lambda m: m.mode == m.MODE_COMMISSIONING)

    def call(self, name):
        return self.bench.call(Trigger, f"mirrors/{name}", Trigger.Request())

    def dark_for(self, *reasons):
        return self.laser.next(lambda m: not m.on and set(reasons) <= set(m.reasons))

    def lit(self):
        return self.laser.next(lambda m: m.on)

    def armed(self):
        """Wait until only arming is missing, then arm and wait for light."""
        self.laser.next(lambda m: list(m.reasons) == ["not_armed"])
        assert self.call("arm").success
        return self.lit()
