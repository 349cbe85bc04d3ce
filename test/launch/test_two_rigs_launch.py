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

sys.path.insert(0, str(Path(__file__).resolve().parent))

import launched
import promises

RIGS = launched.Rigs("left", "right")


@launched.launch_test
def generate_test_description():
    both = {"composed": "true", "respawn_delay": "0.5"}
    return launched.description(
        launched.include("sim.launch.py", namespace="left", scenario="default", **both),
        launched.include("sim.launch.py", namespace="right", scenario="empty_board", **both),
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
        promises.mirrors_that_are_killed_come_back_disarmed(self.left, lambda _: launched.kill("theylive", "left"))


TestTheEnd = launched.the_end(RIGS)
