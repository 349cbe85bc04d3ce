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

"""What the product promises of a rig that runs, whoever has started it: plain processes or a launch file.

Each takes a RunningRig whose nodes are active, and leaves it as it was.
"""

from __future__ import annotations

import json
import signal
import time

from running_rig import NODES, START, judged, lit_moments, stamp
from sensor_msgs.msg import Image

from theylive_ros.mirrors.gate import GateSettings
from theylive_ros.nodes import qos

_GATE = GateSettings()
_WATCHERS = ("calibrator", "visualizer")  # it shines without them
_MEET = 1.0  # s: who publishes may learn later than the test does that somebody has subscribed
_GRAIN = 0.02  # s: how exactly the moment of a kill is known


def frames_become_targets(rig):
    """Every target is of a frame that was captured and looked at, each once and in order, and it is an alien that is aimed at."""
    pictures = rig.bench.hear(Image, rig.name("image_raw"), qos.IMAGE, keep=stamp)
    pictures.wait(lambda heard: len(heard) >= 5, 60)
    begun = max(pictures.messages[0], stamp(rig.detections.messages[0]), stamp(rig.truth.messages[0]))

    def new(messages):
        return [message for message in messages if stamp(message) > begun]

    rig.targets.wait(lambda heard: sum(t.has_target for t in new(heard)) >= 30, 60)
    targets = new(rig.targets.messages)
    stamps = [stamp(t) for t in targets]
    seen = [s for s in pictures.messages if s > begun]
    truth = {stamp(m): m for m in rig.truth.wait(lambda heard: stamp(heard[-1]) >= max(*seen, *stamps))}
    assert stamps == sorted(set(stamps))
    assert set(stamps) <= {stamp(m) for m in rig.detections.messages}
    assert set(stamps) | set(seen) <= set(truth)
    assert {(t.width, t.height) for t in targets} == {(320, 240)}
    chosen = [t for t in targets if t.has_target]
    right = [t for t in chosen if any(h.label == "alien" and _on(h, t.target.x, t.target.y) for h in truth[stamp(t)].heads)]
    assert len(right) >= 0.8 * len(chosen), f"{len(right)} of {len(chosen)} targets were on an alien"


def aliens_are_hit_and_john_is_not(rig, seconds=6.0, timeout=90.0):
    """Armed, it hits aliens, and no light falls on John, who is there for so long."""
    begun = len(rig.truth.messages)
    rig.arm()
    end = time.monotonic() + timeout
    while (report := judged(rig.truth.messages[begun:]))["hits"] == 0 or _time_with_john(rig.truth.messages[begun:]) < seconds:
        assert time.monotonic() < end, report
        time.sleep(0.5)
    assert report["john_hits"] == 0, report
    assert report["aliens_hit"] > 0
    rig.trigger("mirrors/disarm")


def every_node_goes_through_its_states_one_by_one(rig, nodes=NODES):
    """Down to unconfigured and up again, dark while one that is needed for light is not active; armed again it shines again."""
    for node in nodes:
        assert rig.state(node) == "active"
        assert not rig.change(node, "configure"), f"{node} was active and could be configured"
        rig.arm()
        rig.wait_until_it_shines()
        assert rig.change(node, "deactivate")
        down = time.time()
        assert rig.state(node) == "inactive"
        for transition, state in (("cleanup", "unconfigured"), ("configure", "inactive")):
            assert rig.change(node, transition), f"{node} could not {transition}"
            assert rig.state(node) == state
        lit = [moment for moment in lit_moments(rig.truth.messages) if moment > down + _GATE.target_timeout + _GATE.lease + _GRAIN]
        assert not lit or node in _WATCHERS, f"lit without {node}"
        assert rig.change(node, "activate")
        assert rig.state(node) == "active"
    rig.arm()
    rig.wait_until_it_shines()
    rig.trigger("mirrors/disarm")


def parameters_take_effect_while_it_runs(rig):
    """A changed parameter is the one that holds from then on; what cannot be is refused with its name, and the old value holds."""
    assert rig.set("detector", "detector.score_threshold", 1.0).successful
    rig.detections.next(lambda found: not found.detections, START)
    assert rig.set("detector", "detector.score_threshold", 0.5).successful
    rig.detections.next(lambda found: found.detections, START)

    rig.arm()
    rig.wait_until_it_shines()
    assert rig.set("mirrors", "gate.guard_radius", 1.0).successful
    rig.laser.next(lambda state: not state.on and "outside_seen" in state.reasons, START)
    assert rig.set("mirrors", "gate.guard_radius", 0.01).successful
    rig.wait_until_it_shines()
    rig.trigger("mirrors/disarm")

    for name, value in (("detector.score_threshold", 1.5), ("detector.score_threshold", "high"), ("detector.model", "another.tflite")):
        before = rig.get("detector", name)
        answer = rig.set("detector", name, value)
        assert not answer.successful
        assert name in answer.reason
        assert rig.get("detector", name) == before
    assert not rig.set("detector", "no_such", 1).successful


def mirrors_that_are_killed_come_back_disarmed(rig, kill):
    """Killed while lit: dark within the lease; they come back, and nobody arms them. kill: kills a node that is then started anew."""
    rig.arm()
    rig.wait_until_it_shines()
    kill("mirrors")
    dead = time.time()
    rig.wait_until_only_arming_is_missing()
    assert not any(moment > dead + _GATE.lease + _GRAIN for moment in lit_moments(rig.truth.messages))
    rig.stays_disarmed(2.0)


def all_others_that_are_killed_come_back_and_leave_it_disarmed(rig, kill, nodes=NODES):
    """Simulator, and so the controller, among them: the mirrors lose it, reach for the new one, and stay disarmed until somebody arms."""
    rig.arm()
    rig.wait_until_it_shines()
    others = [node for node in nodes if node != "mirrors"]
    for node in others:
        kill(node)
    rig.laser.next(lambda state: not state.armed, START)
    rig.wait_until_active(nodes)
    rig.wait_until_only_arming_is_missing()
    rig.stays_disarmed(1.0)
    rig.arm()
    rig.wait_until_it_shines()
    rig.trigger("mirrors/disarm")


def two_rigs_do_not_hear_each_other(left, right):
    """left: with heads on its board; right: with an empty one. What is done to one is nothing to the other."""
    left.arm()
    left.wait_until_it_shines()
    right.laser.next(lambda state: set(state.reasons) <= {"not_armed", "no_target"}, START)
    begun = len(right.targets.messages)
    right.targets.wait(lambda heard: len(heard) >= begun + 20, 60)
    for one, other in ((left, right), (right, left)):
        heard = {stamp(m) for m in one.targets.messages[-20:]}
        one.truth.wait(lambda truths, heard=heard: max(heard) <= stamp(truths[-1]))
        assert heard <= {stamp(m) for m in one.truth.messages}
        assert not heard & {stamp(m) for m in other.truth.messages}
    assert not any(found.detections for found in right.detections.messages)
    assert not any(state.armed or state.on for state in right.laser.messages)
    assert not lit_moments(right.truth.messages)
    assert right.set("detector", "detector.score_threshold", 0.9).successful
    assert left.get("detector", "detector.score_threshold") == 0.5
    right.press_stop(True)
    right.laser.next(lambda state: "stop_input" in state.reasons, START)
    left.wait_until_it_shines()
    left.trigger("mirrors/disarm")


def a_recording_of_it_replayed_gives_the_recorded_targets(rig, folder, theylive):
    """theylive: starts that command with words of its own. The selector begins within the recording, so its choices can be compared."""
    bag, report = folder / "bag", folder / "report.json"
    record(rig, bag, theylive)
    replay = theylive("replay", bag, "--report", report)
    assert replay.end() == 0, replay.text
    comparison = json.loads(report.read_text())["comparison"]
    assert comparison["same"]
    for what in ("detections", "tracks", "choices"):
        assert comparison[what]["compared"] >= 20, replay.text


def record(rig, bag, theylive, targets=60):
    """Record a rig from the first frame on that its detector sees and its selector hears of, until there are so many targets."""
    assert rig.change("detector", "deactivate")
    for transition in ("deactivate", "cleanup", "configure", "activate"):
        assert rig.change("selector", transition)
    recorder = theylive("record", bag, "--namespace", rig.namespace)
    ear = rig.bench.ear_node  # by name: nodes that were killed are still counted for a while
    rig.bench.until(lambda: any(h.node_name == "recorder" for h in ear.get_subscriptions_info_by_topic(rig.name("target"))), START)
    time.sleep(_MEET)
    begun = len(rig.targets.messages)
    assert rig.change("detector", "activate")
    rig.targets.wait(lambda heard: len(heard) >= begun + targets, START)
    recorder.ask_to_end(signal.SIGINT)
    assert recorder.end() == 0, recorder.text


def _on(head, x, y):
    return abs(x - head.x) <= head.width / 2 and abs(y - head.y) <= head.height / 2


def _time_with_john(truths):
    stamps = [stamp(truth) for truth in truths if any(head.label == "john" for head in truth.heads)]
    return stamps[-1] - stamps[0] if stamps else 0.0
