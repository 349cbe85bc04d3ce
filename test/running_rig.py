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

"""A rig that runs in other processes, as somebody beside it hears and calls it. Needs a bench, see ros_bench."""

from __future__ import annotations

import math
import time

from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.srv import GetParameters, SetParameters
from rclpy.parameter import Parameter, parameter_value_to_python
from std_srvs.srv import SetBool, Trigger
from theylive_msgs import msg

from theylive_ros.messages import from_time
from theylive_ros.nodes import qos
from theylive_ros.simulator.score import Score
from theylive_ros.simulator.truth import LitSample, TrueHead

NODES = ("simulator", "detector", "selector", "mirrors", "calibrator", "visualizer")
START = 90.0  # s that a rig may take to start on a machine that is busy with other things
_MM_PER_PX = 0.785
_ANSWER = 30.0  # s
_PATIENCE = 3.0  # s


class RunningRig:
    """Ears on what a rig in `namespace` says, and its services."""

    def __init__(self, bench, namespace=""):
        self.bench = bench
        self.namespace = namespace
        self._clients = {}
        self.laser = bench.hear(msg.LaserState, self.name("laser"), qos.STATE)
        self.truth = bench.hear(msg.GroundTruth, self.name("ground_truth"), qos.RESULT)
        self.detections = bench.hear(msg.Detections, self.name("detections"), qos.RESULT)
        self.targets = bench.hear(msg.Target, self.name("target"), qos.RESULT)

    def name(self, name):
        """The full name of one of its topics or services."""
        return f"/{self.namespace}/{name}" if self.namespace else f"/{name}"

    def check(self):
        """Fail the test at once when a process of the rig has ended by itself, where that can be known."""

    def ask(self, kind, name, request, timeout=_ANSWER, patience=_PATIENCE):
        """Call a service; anew after `patience` (s) without an answer, for a node that was killed is thought to be there for a while."""
        client = self._clients.get(name)
        if client is None:
            client = self._clients[name] = self.bench.ear_node.create_client(kind, self.name(name))
            self.bench.executor.wake()
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            self.check()
            if not client.wait_for_service(0.2):
                continue
            future = client.call_async(request)
            try:
                self.bench.until(future.done, patience)
            except AssertionError:
                client.remove_pending_request(future)
                continue
            return future.result()
        raise AssertionError(f"{self.name(name)} does not answer")

    def state(self, node, timeout=_ANSWER):
        """The lifecycle state of a node."""
        return self.ask(GetState, f"{node}/get_state", GetState.Request(), timeout).current_state.label

    def change(self, node, transition):
        """Ask for a transition by name; whether it was made."""
        request = ChangeState.Request(transition=Transition(label=transition))
        return self.ask(ChangeState, f"{node}/change_state", request, patience=_ANSWER).success  # once: the simulator takes its time

    def wait_until_active(self, nodes=NODES, timeout=START):
        """Wait for every one of the nodes."""
        end = time.monotonic() + timeout
        for node in nodes:
            while (state := self.state(node, max(1.0, end - time.monotonic()))) != "active":
                assert time.monotonic() < end, f"{node} is {state}"
                time.sleep(0.1)

    def set(self, node, name, value):
        """Set one parameter, as `ros2 param set` does; the answer has `successful` and `reason`."""
        request = SetParameters.Request(parameters=[Parameter(name, value=value).to_parameter_msg()])
        return self.ask(SetParameters, f"{node}/set_parameters", request).results[0]

    def get(self, node, name):
        """The value of one parameter."""
        (value,) = self.ask(GetParameters, f"{node}/get_parameters", GetParameters.Request(names=[name])).values
        return parameter_value_to_python(value)

    def trigger(self, name):
        """Call a service without arguments."""
        return self.ask(Trigger, name, Trigger.Request())

    def press_stop(self, pressed):
        """Press or release the simulated stop switch."""
        assert self.ask(SetBool, "simulator/press_stop", SetBool.Request(data=pressed)).success

    def arm(self):
        """Arm it once nothing but that keeps it dark, or nothing but what comes and goes with the scene."""
        end = time.monotonic() + START
        while not (answer := self.trigger("mirrors/arm")).success:
            assert time.monotonic() < end, answer.message
            time.sleep(0.2)

    def wait_until_it_shines(self, timeout=60.0):
        """Wait for light on a target."""
        self.laser.next(lambda state: state.on, timeout)

    def wait_until_only_arming_is_missing(self, timeout=START):
        """Wait until it would shine if it were armed: it works again, and is disarmed."""
        self.laser.next(lambda state: list(state.reasons) == ["not_armed"], timeout)

    def stays_disarmed(self, seconds):
        """Assert that for so long nobody arms it and nothing is lit."""
        states, truths = len(self.laser.messages), len(self.truth.messages)
        time.sleep(seconds)
        assert len(self.laser.messages) > states, "the mirrors say nothing"
        assert not any(state.armed or state.on for state in self.laser.messages[states:])
        assert not lit_moments(self.truth.messages[truths:])


def stamp(message):
    """The stamp of a message with a header (s)."""
    return from_time(message.header.stamp)


def lit_moments(truths):
    """ROS times (s) of each millisecond of light."""
    return [stamp(truth) - age for truth in truths for age in truth.lit_age]


def judged(truths):
    """The score, see simulator.score, of what is true of frame after frame."""
    score = Score(_MM_PER_PX)
    for truth in truths:
        t = stamp(truth)
        heads = [TrueHead(h.id, h.label, h.x, h.y, h.width, h.height, h.visible, h.vx, h.vy, t - h.age) for h in truth.heads]
        lit = zip(truth.lit_x, truth.lit_y, truth.lit_age, strict=True)
        score.feed(t, heads, [LitSample(t - age, x, y, math.nan, math.nan) for x, y, age in lit])
    return score.report()
