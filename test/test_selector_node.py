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

"""The selector node: one target message for each detections message, John always among the protected."""

import time

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 (rclpy)")

from rclpy.parameter import Parameter
from theylive_msgs import msg

from theylive_ros.nodes import conversions, qos
from theylive_ros.nodes.parameters import ConfigurationError
from theylive_ros.nodes.selector import SelectorNode
from theylive_ros.types import Detection, Detections, Region


def detections(*items):
    return Detections(tuple(items), 320, 240, Region(0, 0, 320, 240), ("alien", "john"), True, 0.001)


ALIEN = Detection("alien", 0.9, 100, 100, 64, 64)
JOHN = Detection("john", 0.8, 250, 120, 64, 64)


@pytest.fixture
def talk(bench):
    """Starts a selector; returns a function that says detections and hears the target."""
    ear, say = bench.hear(msg.Target, "target", qos.RESULT), bench.say(msg.Detections, "detections", qos.RESULT)

    def start(*arguments):
        node = bench.add(SelectorNode, *arguments)
        bench.until(lambda: node.active and say.get_subscription_count() == 1 and node._publisher.get_subscription_count() == 1)
        frame = [0]

        def tell(*items):
            frame[0] += 1
            head = conversions.header(conversions.to_time(100 + frame[0] / 30), "camera_optical_frame")
            count = len(ear.messages)
            say.publish(conversions.to_detections(detections(*items), head))
            target = ear.wait(lambda heard: len(heard) > count)[-1]
            assert target.header == head
            return target

        return node, tell

    return start


def test_an_alien_seen_often_enough_becomes_the_target_and_john_is_protected(talk):
    _, tell = talk()
    assert not tell(ALIEN, JOHN).has_target
    targets = [tell(ALIEN, JOHN) for _ in range(5)]
    last = targets[-1]
    assert last.has_target
    assert last.target.label == "alien"
    assert abs(last.target.x - 100) < 1
    assert [t.label for t in last.protected_tracks] == ["john"]
    assert last.clears_protected


def test_a_target_is_said_for_an_empty_frame_too(talk):
    _, tell = talk()
    target = tell()
    assert not target.has_target
    assert target.seen.x_max == 320


def test_a_frame_that_comes_late_is_counted_and_not_used(bench, talk):
    node, tell = talk()
    tell(ALIEN)
    say = bench.say(msg.Detections, "detections", qos.RESULT)
    bench.until(lambda: say.get_subscription_count() == 1)
    time.sleep(0.1)
    say.publish(conversions.to_detections(detections(ALIEN), conversions.header(conversions.to_time(100.0), "")))
    bench.until(lambda: node.meter.counts().get("late_frames") == 1)


def test_whom_to_aim_at_is_set_by_label(talk):
    _, tell = talk("-p", "target_labels:=[john]", "-p", "protected_labels:=[alien]")
    for _ in range(6):
        target = tell(ALIEN, JOHN)
    assert target.target.label == "john"
    assert [t.label for t in target.protected_tracks] == ["alien"]


def test_a_label_cannot_be_shot_and_spared(bench):
    with pytest.raises(ConfigurationError, match="alien is in target_labels and in protected_labels"):
        bench.add(SelectorNode, "-p", "protected_labels:=[alien]")


def test_protection_cannot_be_contradicted_at_run_time(talk):
    node, _ = talk()
    result = node.set_parameters([Parameter("target_labels", value=["alien", "john"])])[0]
    assert not result.successful
    assert "john is in target_labels and in protected_labels" in result.reason
