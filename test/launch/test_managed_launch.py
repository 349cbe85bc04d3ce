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

"""`ros2 launch theylive_ros sim.launch.py autostart:=false`: every node waits for `ros2 lifecycle set`."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import launched
from running_rig import NODES, START

RIGS = launched.Rigs("")


@launched.launch_test
def generate_test_description():
    return launched.description(launched.include("sim.launch.py", autostart="false", scenario="one_alien"))


class TestManagedLaunch(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        (cls.rig,) = RIGS.open()

    @classmethod
    def tearDownClass(cls):
        RIGS.end()

    def test_nodes_do_what_they_are_told_and_nothing_else(self):
        rig = self.rig
        for node in NODES:
            assert rig.state(node, START) == "unconfigured"
            assert not rig.change(node, "activate")
        assert not rig.change("mirrors", "configure"), "there is no controller yet"
        for node in NODES:
            self.walk(node, "configure", "inactive")
        assert not rig.truth.messages + rig.detections.messages + rig.targets.messages + rig.laser.messages
        for node in reversed(NODES):
            self.walk(node, "activate", "active")
        rig.arm()
        rig.wait_until_it_shines()
        self.walk("mirrors", "deactivate", "inactive")
        assert not rig.laser.wait(lambda heard: not heard[-1].on)[-1].armed
        self.walk("mirrors", "activate", "active")
        rig.wait_until_only_arming_is_missing()
        for node in NODES:
            self.walk(node, "deactivate", "inactive")
            self.walk(node, "cleanup", "unconfigured")
            self.walk(node, "shutdown", "finalized")

    def walk(self, node, transition, state):
        assert self.rig.change(node, transition), f"{node} could not {transition}"
        assert self.rig.state(node) == state


TestTheEnd = launched.the_end(RIGS)
