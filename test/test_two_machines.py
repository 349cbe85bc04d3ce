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

"""Camera and mirrors on one machine, the detector on another: what the network may do to them, and which clock counts.

Two network namespaces stand for the machines (two_machines.py); real processes, real DDS over the cable between them.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 (rclpy)")

from processes import programs
from two_machines import LAPTOP, RIG, two_machines

from theylive_ros.mirrors.gate import GateSettings

HERE = Path(__file__).parent
THEYLIVE = (sys.executable, "-c", "from theylive_ros.cli import main; main()", "run", "--sim", "one_alien", "--quiet")
WITNESS, TALKER = (sys.executable, HERE / "witness.py"), (sys.executable, HERE / "talker.py")
# Humble and older know but one word for it.
OLD = "ROS_LOCALHOST_ONLY" in os.environ
ANYBODY = {"ROS_LOCALHOST_ONLY": "0"} if OLD else {"ROS_AUTOMATIC_DISCOVERY_RANGE": "SUBNET"}
NOBODY = {"ROS_LOCALHOST_ONLY": "1"} if OLD else {"ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}
# The simulator with a clock of its own: as many seconds ahead as a file says.
CLOCK_OFF = """
import pathlib, sys
from theylive_ros.nodes.simulator import SimulatorNode, main
file, told = pathlib.Path(sys.argv.pop(1)), SimulatorNode.ros_now
SimulatorNode.ros_now = lambda node: told(node) + float(file.read_text() or 0.0)
main()
"""


@pytest.fixture
def cable():
    with two_machines() as made:
        yield made


@pytest.fixture
def start(cable):
    """A function that starts a program on one of the machines."""
    with programs() as made:
        yield lambda machine, *command, **environment: made(*cable.on(machine, *command), **environment)


def last_light(witness):
    """When it shone last (monotonic, s)."""
    return max(float(line.split()[1]) for line in list(witness.lines) if line.startswith("light "))


@contextlib.contextmanager
def news(witness, words, timeout=40.0):
    """Do something, then wait for a line with these words that came since."""
    seen = len(witness.lines)
    yield
    end = time.monotonic() + timeout
    while not any(words in line for line in witness.lines[seen:]):
        assert time.monotonic() < end, f"never said {words!r}:\n{witness.text}"
        time.sleep(0.01)


def test_a_cut_cable_is_dark_within_the_targets_timeout_and_when_it_is_mended_the_armed_rig_shines_again(cable, start):
    rig = start(RIG, *THEYLIVE, "--nodes", "simulator,mirrors", "--arm", **ANYBODY)
    start(LAPTOP, *THEYLIVE, "--nodes", "detector,selector", **ANYBODY)
    witness, elsewhere = start(RIG, *WITNESS, **ANYBODY), start(LAPTOP, *WITNESS, **ANYBODY)
    rig.says("arm: done")
    witness.says("lit")
    elsewhere.says("lit")
    with news(witness, "target_stale"):
        cable.cut()
        cut = time.monotonic()
    time.sleep(1.0)
    gate = GateSettings()
    assert last_light(witness) <= cut + gate.target_timeout + gate.lease
    with news(witness, "light "):
        cable.mend()
    told = witness.lines[witness.lines.index("armed") :]
    assert "disarmed" not in told


def test_mirrors_on_another_machine_than_the_camera_are_dark_while_its_clock_is_another(start, tmp_path):
    ahead, socket = tmp_path / "ahead", f"controller_socket:={tmp_path}/controller.sock"
    ahead.write_text("0")
    told = ("--ros-args", "--params-file", HERE.parent / "config" / "sim.yaml", "-p", "scenario:=one_alien", "-p", socket)
    start(RIG, sys.executable, "-c", CLOCK_OFF, ahead, *told, **ANYBODY)
    there = start(LAPTOP, *THEYLIVE, "--nodes", "detector,selector,mirrors", "--arm", "--ros-args", "-p", f"mirrors:{socket}", **ANYBODY)
    witness = start(LAPTOP, *WITNESS, **ANYBODY)
    witness.says("lit")
    for off, side in (("0.03", "ahead of"), ("-0.03", "behind"), ("86400", "ahead of")):
        with news(witness, "clocks_differ"):
            ahead.write_text(off)
        there.says(f"s {side} this machine's, so the laser stays dark: set both")
        with news(witness, "lit"):
            ahead.write_text("0")
    assert "disarmed" not in witness.lines[witness.lines.index("armed") :]


def test_a_rig_that_keeps_to_its_machine_is_not_heard_on_another(start):
    start(RIG, *TALKER, **NOBODY)
    here, there = start(RIG, *WITNESS, **NOBODY), start(LAPTOP, *WITNESS, **ANYBODY)
    here.says("disarmed")
    time.sleep(3.0)  # as long as it may take a neighbour
    assert not there.lines


PEERS = (HERE.parent / "config" / "fastdds" / "peers.xml").read_text()


@pytest.mark.parametrize("way", ["static peers", "static peers and nobody else", "the file config/fastdds/peers.xml"])
def test_without_multicast_machines_that_are_named_hear_each_other(cable, start, tmp_path, way):
    try:
        cable.forget_multicast()
    except OSError as error:
        pytest.skip(f"this kernel cannot lose multicast: {error}")
    if OLD and "static" in way:
        pytest.skip("ROS_STATIC_PEERS is of Iron and newer")
    rig, laptop = ({"ROS_STATIC_PEERS": cable.address[other]} for other in (LAPTOP, RIG))
    common = NOBODY if "nobody" in way else ANYBODY
    if "file" in way:
        assert all(f"<address>{address}</address>" in PEERS for address in cable.address.values())
        rig = laptop = {"FASTRTPS_DEFAULT_PROFILES_FILE": str(HERE.parent / "config" / "fastdds" / "peers.xml")}
    start(RIG, *TALKER, **common, **rig)
    start(LAPTOP, *WITNESS, **common, **laptop).says("disarmed")


def test_without_multicast_machines_that_are_not_named_hear_nothing(cable, start):
    try:
        cable.forget_multicast()
    except OSError as error:
        pytest.skip(f"this kernel cannot lose multicast: {error}")
    start(RIG, *TALKER, **ANYBODY)
    here, there = start(RIG, *WITNESS, **ANYBODY), start(LAPTOP, *WITNESS, **ANYBODY)
    here.says("disarmed")
    time.sleep(3.0)
    assert not there.lines


def test_compressed_pictures_pass_a_narrow_network_and_in_one_that_delays_them_it_is_dark(cable, start):
    """8 Mbit/s, as a poor wireless network gives: raw pictures of 320x240 ask for 53, compressed ones for 1.4."""
    try:
        cable.narrow("8mbit")
    except OSError as error:
        pytest.skip(f"this kernel cannot narrow the cable: {error}")
    start(RIG, *THEYLIVE, "--nodes", "simulator,mirrors", "--arm", "--ros-args", "-p", "simulator:compressed:=true", **ANYBODY)
    start(LAPTOP, *THEYLIVE, "--nodes", "detector,selector", "--ros-args", "-p", "detector:compressed:=true", **ANYBODY)
    witness = start(RIG, *WITNESS, **ANYBODY)
    witness.says("lit")
    with news(witness, "target_stale"):
        cable.narrow("1mbit", "400ms")
    time.sleep(2.0)  # until the queue is full, so that what comes through is old
    delayed = time.monotonic()
    time.sleep(1.0)
    assert last_light(witness) < delayed
    with news(witness, "lit"):
        cable.narrow("8mbit")
