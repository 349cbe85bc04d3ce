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

"""sim.launch.py twice, in two namespaces, each rig composed into one process."""

import sys
import unittest
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

pytest.importorskip("rclpy", reason="needs ROS 2 (rclpy)")
pytest.importorskip("launch_testing", reason="needs ROS 2's launch_testing, which is no wheel: source a ROS 2 installation")

import launch_testing
import promises
from launched import Rigs, description, include, kill, launch_test

RIGS = Rigs("left", "right")


@launch_test
def generate_test_description():
    both = {"composed": "true", "respawn_delay": "0.5"}
    return description(
        include("sim.launch.py", namespace="left", scenario="default", **both),
        include("sim.launch.py", namespace="right", scenario="empty_board", **both),
    )


class TestTwoRigsLaunch(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.left, cls.right = RIGS.open()
        cls.left.wait_until_active()
        cls.right.wait_until_active()

    @classmethod
    def tearDownClass(cls):
        RIGS.end()

    def test_two_rigs_do_not_hear_each_other(self):
        promises.two_rigs_do_not_hear_each_other(self.left, self.right)

    def test_a_composed_rig_that_is_killed_is_respawned_and_stays_disarmed(self):
        promises.mirrors_that_are_killed_come_back_disarmed(self.left, lambda _: kill("theylive", "left"))


@launch_testing.post_shutdown_test()
class TestTheEnd(unittest.TestCase):
    @classmethod
    def tearDownClass(cls):
        RIGS.close()

    def test_all_end_in_time_in_order_and_dark(self, proc_info):
        RIGS.check_the_end(proc_info)
