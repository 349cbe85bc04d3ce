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

"""Points clicked in RViz turn the mirrors in commissioning mode, and nothing else does with them."""

import contextlib
import time

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 (rclpy)")

from geometry_msgs.msg import Point, PointStamped, TransformStamped
from mirrors_rig import JOHN, Rig
from theylive_msgs import msg

from theylive_ros.mirrors.optics import Geometry
from theylive_ros.nodes import clicks, conversions, qos

PLACE = (0.03, -0.02)  # m of the board, right and up from its middle


class Clicker(Rig):
    """A mirrors node, and somebody at RViz."""

    def __init__(self, bench):
        super().__init__(bench)
        self._say_click = bench.say(PointStamped, "clicked_point", qos.RESULT)
        self.track = None

    def click(self, place=PLACE, frame="base_link", age=0.0, forward=0.4):
        head = conversions.header(conversions.to_time(self.node.ros_now() - age), frame)
        self._say_click.publish(PointStamped(header=head, point=Point(x=forward, y=-place[0], z=-place[1])))

    def stands_at(self, place):
        """Wait until the mirrors stand where the beam meets this place."""
        wanted, step = Geometry().mirror_angles(place), Geometry().microstep
        self.joints.next(lambda m: all(abs(p - w) <= step / 2 + 1e-9 for p, w in zip(m.position, wanted, strict=True)))

    def click_until(self, holds, *where, **how):
        """Click once a second until the laser's state is such: on a busy machine a click may come too late to count."""
        end = time.monotonic() + 15
        while time.monotonic() < end:
            self.click(*where, **how)
            with contextlib.suppress(AssertionError):
                return self.laser.next(holds, timeout=1.0)
        raise AssertionError(f"no click did it: {self.laser.messages[-1]}")

    def refused(self, **how):
        """Click, and wait until that is refused."""
        before = self.node.meter.counts().get("refused_orders", 0)
        self.click(**how)
        self.bench.until(lambda: self.node.meter.counts().get("refused_orders", 0) > before)


@pytest.fixture
def rig(bench):
    return Clicker(bench)


def test_a_click_turns_the_mirrors_and_shows_the_spot_for_a_moment(rig):
    rig.start()
    rig.commissioned()
    lit = rig.click_until(lambda m: m.on)
    assert lit.mode == msg.LaserState.MODE_COMMISSIONING
    rig.stands_at(PLACE)
    begun = time.monotonic()
    rig.dark_for("no_order")
    assert time.monotonic() - begun < clicks.LASTS + 2.0
    assert rig.joints.next().velocity.tolist() == [0, 0]


def test_the_newest_click_counts_and_an_order_ends_it(rig):
    rig.start()
    rig.commissioned()
    rig.click_until(lambda m: m.on)
    rig.stands_at(PLACE)
    rig.click_until(lambda m: "slewing" in m.reasons, (-0.02, 0.02))
    rig.stands_at((-0.02, 0.02))
    rig.order = ((0.0, 0.0), False)
    rig.stands_at((0.0, 0.0))
    rig.order = None
    assert not rig.laser.next(lambda m: "no_order" in m.reasons).on


def test_a_click_is_refused_outside_the_mode_late_and_where_no_beam_is_sent(rig):
    rig.start()
    rig.laser.next(lambda m: "not_armed" in m.reasons and "unreferenced" not in m.reasons)
    rig.refused()
    rig.commissioned()
    before = rig.joints.next(lambda m: not any(m.velocity)).position.tolist()
    rig.refused(age=1.0)
    rig.refused(age=-1.0)
    rig.refused(place=(0.3, 0.0))
    rig.refused(place=(float("nan"), 0.0))
    rig.refused(forward=-0.4)
    rig.refused(frame="nobodys_frame")
    assert rig.joints.next().position.tolist() == before
    assert not rig.laser.next().on


def test_john_in_view_keeps_a_click_dark_and_the_end_of_the_mode_ends_it(rig):
    rig.start()
    rig.commissioned()
    rig.protected = (JOHN,)
    rig.dark_for("protected_in_view")
    dark = rig.click_until(lambda m: "no_order" not in m.reasons)
    assert "protected_in_view" in dark.reasons
    assert not dark.on
    rig.protected = ()
    rig.click_until(lambda m: m.on)
    assert rig.commission(on=False).success
    assert not rig.laser.next(lambda m: m.mode == m.MODE_TARGETING).on


def test_another_reference_ends_a_click_whose_place_is_another_then(rig):
    rig.start()
    rig.commissioned()
    rig.click_until(lambda m: m.on)
    assert rig.call("reference").success
    rig.laser.next()
    begun = len(rig.laser.messages)
    rig.laser.wait(lambda heard: len(heard) >= begun + 5)
    assert all("no_order" in m.reasons and m.mode == m.MODE_COMMISSIONING for m in rig.laser.messages[begun:])


def test_a_click_in_any_fixed_frame_of_tf_is_understood(rig):
    tf2 = pytest.importorskip("tf2_msgs.msg", reason="needs tf2_msgs, which no wheel holds")
    table = TransformStamped(child_frame_id="base_link")
    table.header.frame_id = "table"
    table.transform.translation.z = 1.0
    rig.bench.say(tf2.TFMessage, "tf_static", qos.STATE).publish(tf2.TFMessage(transforms=[table]))
    node = rig.start()
    rig.commissioned()
    rig.bench.until(lambda: "base_link" in node._ear._clicks._frames._tree._parents)
    rig.click_until(lambda m: m.on, (PLACE[0], PLACE[1] - 1.0), frame="table")
    rig.stands_at(PLACE)
