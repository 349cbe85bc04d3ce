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

"""What the product promises of a rig that runs, each node a process of its own, with no launch: the same in test/launch, with it."""

import functools
import os
import signal
import time

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 (rclpy)")

import promises
from processes import THEYLIVE, alive, executable, programs
from ros_bench import open_bench
from running_rig import NODES, RunningRig

from theylive_ros.share import share_path

END = 5.0  # s


class Processes(RunningRig):
    """The nodes of sim.launch.py in a namespace, each a process; a killed one is started anew."""

    def __init__(self, bench, start):
        super().__init__(bench, "left")
        self._start = start
        self.programs = {node: self._begin(node) for node in NODES}

    def _begin(self, node):
        ros = ["--ros-args", "--params-file", share_path("config", "sim.yaml"), "-r", f"__ns:=/{self.namespace}"]
        return self._start(*executable(node), *ros)

    def check(self):
        for node, program in self.programs.items():
            assert program.process.poll() is None, f"{node} has ended:\n{program.text}"

    def kill(self, node):
        program = self.programs[node]
        os.kill(program.process.pid, signal.SIGKILL)
        program.process.wait()
        self.programs[node] = self._begin(node)


@pytest.fixture(scope="module")
def start():
    with programs() as made:
        yield made


@pytest.fixture(scope="module")
def rig(start):
    with open_bench() as bench:
        made = Processes(bench, start)
        made.wait_until_active()
        yield made


def test_frames_become_targets(rig):
    promises.frames_become_targets(rig)


def test_aliens_are_hit_and_john_is_not(rig):
    promises.aliens_are_hit_and_john_is_not(rig)


def test_parameters_take_effect_while_it_runs(rig):
    promises.parameters_take_effect_while_it_runs(rig)


def test_every_node_goes_through_its_states_one_by_one(rig):
    promises.every_node_goes_through_its_states_one_by_one(rig)


def test_mirrors_that_are_killed_come_back_disarmed(rig):
    promises.mirrors_that_are_killed_come_back_disarmed(rig, rig.kill)


def test_all_other_nodes_that_are_killed_come_back_and_leave_it_disarmed(rig):
    promises.all_others_that_are_killed_come_back_and_leave_it_disarmed(rig, rig.kill)


def test_a_recording_of_it_replayed_gives_the_recorded_targets(rig, start, tmp_path):
    promises.a_recording_of_it_replayed_gives_the_recorded_targets(rig, tmp_path, functools.partial(start, *THEYLIVE))


def test_two_rigs_in_two_namespaces_do_not_hear_each_other(rig, start):
    nodes = "simulator,detector,selector,mirrors"
    other = start(*THEYLIVE, "run", "--sim", "empty_board", "--namespace", "right", "--nodes", nodes, "--quiet")
    promises.two_rigs_do_not_hear_each_other(rig, RunningRig(rig.bench, "right"))
    other.ask_to_end(signal.SIGINT)
    assert other.end() == 0, other.text


def test_at_ctrl_c_it_ends_at_once_in_order_and_dark(rig):
    """The last of this file: the rig is gone afterwards."""
    rig.arm()
    rig.wait_until_it_shines()
    begun = time.monotonic()
    for program in rig.programs.values():
        program.ask_to_end(signal.SIGINT)
    for node, program in rig.programs.items():
        assert program.end() == 0, f"{node}:\n{program.text}"
        assert "Traceback" not in program.text, program.text
    assert time.monotonic() - begun < END
    assert not rig.laser.messages[-1].on
    assert not any(alive(program.process.pid) for program in rig.programs.values())
