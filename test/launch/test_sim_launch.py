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

"""`ros2 launch theylive_ros sim.launch.py arm:=true`: one rig, each node a process, held to one promise after the other."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import launched
import promises

RIGS = launched.Rigs("")


@launched.launch_test
def generate_test_description():
    return launched.description(launched.include("sim.launch.py", arm="true", respawn_delay="0.5"))


class TestSimLaunch(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        (cls.rig,) = RIGS.open()
        cls.rig.wait_until_active()
        cls.rig.wait_until_it_shines()  # nobody but the launch file has armed it
        cls.rig.trigger("mirrors/disarm")

    @classmethod
    def tearDownClass(cls):
        cls.rig.arm()
        cls.rig.wait_until_it_shines()
        RIGS.end()

    def test_frames_become_targets(self):
        promises.frames_become_targets(self.rig)

    def test_aliens_are_hit_and_john_is_not(self):
        promises.aliens_are_hit_and_john_is_not(self.rig)

    def test_parameters_take_effect_while_it_runs(self):
        promises.parameters_take_effect_while_it_runs(self.rig)

    def test_every_node_goes_through_its_states_one_by_one(self):
        promises.every_node_goes_through_its_states_one_by_one(self.rig)

    def test_mirrors_that_are_killed_are_respawned_and_stay_disarmed(self):
        promises.mirrors_that_are_killed_come_back_disarmed(self.rig, launched.kill)

    def test_all_others_that_are_killed_are_respawned_and_leave_it_disarmed(self):
        promises.all_others_that_are_killed_come_back_and_leave_it_disarmed(self.rig, launched.kill)


TestTheEnd = launched.the_end(RIGS)
