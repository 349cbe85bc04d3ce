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

"""A simulated rig recorded by `theylive record`, then `ros2 launch theylive_ros replay.launch.py bag:=...`."""

import functools
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import launched
import promises
import pytest
from processes import THEYLIVE, programs
from ros_bench import open_bench
from running_rig import START, RunningRig, stamp

from theylive_ros.targeting.tracker import TrackerSettings

NODES = ("visualizer", "selector", "detector", "player")
RIGS = launched.Rigs("")
RECORDED = {}  # stamp: detections, target
TRACKER = TrackerSettings()
MEMORY = max(TRACKER.coast, TRACKER.protected_coast, TRACKER.label_memory) + 0.1  # s


def record(bag):
    """One alien, and John who walks by it."""
    with programs() as start, open_bench() as bench:
        rig = RunningRig(bench, "left")
        nodes = ("simulator", "detector", "selector")
        start(*THEYLIVE, "run", "--sim", "john_walks_through", "--namespace", "left", "--nodes", ",".join(nodes), "--quiet")
        rig.wait_until_active(nodes)
        promises.record(rig, bag, functools.partial(start, *THEYLIVE), targets=150)
        found = {stamp(message): message for message in rig.detections.messages}
        RECORDED.update({stamp(message): (found[stamp(message)], message) for message in rig.targets.messages})


@pytest.mark.skipif(
    not launched.there("rosbags") or not launched.there("mcap"), reason="no ROS packages bring them: pip install rosbags mcap"
)
@launched.launch_test
def generate_test_description():
    folder = RIGS.keep(tempfile.TemporaryDirectory(prefix="theylive-"))
    record(Path(folder, "bag"))
    return launched.description(launched.include("replay.launch.py", bag=str(Path(folder, "bag")), rate="0.5", autostart="false"))


class TestReplayLaunch(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        (cls.rig,) = RIGS.open()

    @classmethod
    def tearDownClass(cls):
        RIGS.end()

    def test_the_recording_gives_the_recorded_detections_and_targets(self):
        for node in NODES:  # a transition is asked for once, so it waits until the node is heard
            assert self.rig.state(node, START) == "unconfigured"
        for node in NODES:  # the player last, so that nobody misses how it begins
            assert self.rig.change(node, "configure")
            assert self.rig.change(node, "activate")
        targets = self.rig.targets.wait(lambda heard: len(settled(heard)) >= 30, START)
        detections = {stamp(message): message for message in self.rig.detections.messages}
        both = [target for target in targets if stamp(target) in RECORDED and stamp(target) in detections]
        assert len(both) >= 20
        for target in both:
            found, (recorded, _) = detections[stamp(target)], RECORDED[stamp(target)]
            assert heads(found.detections) == heads(recorded.detections)
        same = [target for target in settled(targets) if aimed(target) == aimed(RECORDED[stamp(target)][1])]
        assert len(same) >= 0.9 * len(settled(targets)), f"{len(same)} of {len(settled(targets))} targets are the recorded ones"
        assert any(target.has_target for target in same)
        assert not self.rig.laser.messages, "there are no mirrors"


def settled(targets):
    """Those that were recorded, from where on both runs have forgotten what only one of them saw before the first."""
    both = [target for target in targets if stamp(target) in RECORDED]
    return [target for target in both if stamp(target) > stamp(both[0]) + MEMORY]


def heads(items):
    return [(item.label, round(item.score, 3), round(item.x, 2), round(item.y, 2)) for item in items]


def aimed(target):
    """What is aimed at and what is spared, to the nearest 4 px: the filters began at other moments."""
    chosen = [target.target] if target.has_target else []
    return [(track.label, round(track.x / 4), round(track.y / 4)) for track in chosen], [t.label for t in target.protected_tracks]


TestTheEnd = launched.the_end(RIGS)
