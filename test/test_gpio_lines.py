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

from __future__ import annotations

import errno
import itertools
import json
import os
import random
import socket
import subprocess
import sys
import threading
import time

import pytest
from wired_rig import Clock, Rig, gpio

from theylive_ros.controller import messages as m
from theylive_ros.controller.config import ExecutorSettings, build
from theylive_ros.controller.executor import Executor
from theylive_ros.controller.lines import chip as chips
from theylive_ros.controller.lines.board import BoardConfig
from theylive_ros.controller.lines.gpio import GpioConfig, GpioLines
from theylive_ros.controller.lines.interface import Inputs, LinesError
from theylive_ros.controller.lines.rig import SimConfig
from theylive_ros.controller.protocol import encode
from theylive_ros.controller.server import monotonic_us, serve
from theylive_ros.controller.stream import FdStream
from theylive_ros.simulator.hardware.fake_gpiod import FakeGpiod
from theylive_ros.simulator.hardware.gpio_standin import GpioStandinLines, StandinConfig
from theylive_ros.simulator.hardware.wires import Chip


@pytest.fixture
def clock():
    return Clock()


def opened(clock, motors=None, **config):
    lines = gpio(clock, motors, **config)
    lines.open()
    return lines


def test_homing_and_moves_over_the_wires_end_where_the_count_says(clock):
    chance = random.Random(1)
    lines = gpio(clock, SimConfig(initial_offset_x=37, initial_offset_y=-21))
    rig = Rig(clock, lines, late=lambda: int(chance.expovariate(1 / 80)))
    rig.home()
    assert rig.position == rig.motors.position == (0, 0)
    for _ in range(20):
        goal = (chance.randint(-140, 140), chance.randint(-140, 140))
        rig.move(*goal)
        rig.run(0.5)
        assert rig.position == rig.motors.position == goal
    assert rig.motors.missed == (0, 0)
    assert rig.motors.complaints == []
    rose = [[e.time_ns for e in lines.chip.edges if e.high and e.offset == offset] for offset in (71, 72)]
    assert [len(times) for times in rose] == rig.executor.player.pulses
    assert all(b - a >= 400_000 for times in rose for a, b in itertools.pairwise(times))


def test_the_stop_switch_darkens_and_freezes_over_the_wires(clock):
    rig = Rig(clock, gpio(clock))
    rig.home()
    rig.light()
    assert rig.motors.lit
    rig.motors.drain()
    pressed_us = clock.us()
    rig.motors.stop_pressed = True
    rig.run(0.004)
    assert rig.executor.fault == "stop"
    assert not rig.motors.lit
    (dark,) = [change for change in rig.motors.drain()[1:] if not change.lit]
    assert dark.time_us - pressed_us <= 4_000  # debounce and one look at the switches


def test_a_limit_switch_hit_in_motion_is_a_fault_over_the_wires(clock):
    rig = Rig(clock, gpio(clock))
    rig.home()
    rig.motors.pulse = lambda axis, direction, now_us, pulse=rig.motors.pulse: pulse(axis, -1 if axis == 0 else direction, now_us)
    for goal in (100, -60, 100):  # DIR X is stuck: every move drives it on towards the switch
        if not rig.executor.fault:
            rig.move(goal, 0)
            rig.run(0.5)
    assert rig.executor.fault == "limit_x"
    assert not rig.executor.referenced


def test_a_pulse_is_high_long_enough_and_dir_is_active_for_plus(clock):
    lines = opened(clock)
    lines.chip.edges.clear()
    lines.turn(0, 1, clock.us())
    clock.ns += 20_000
    lines.step(0, 1, clock.us())
    dir_edge, rise, fall = lines.chip.edges
    assert (dir_edge.offset, dir_edge.high) == (75, True)
    assert (rise.offset, rise.high, fall.offset, fall.high) == (71, True, 71, False)
    assert fall.time_ns - rise.time_ns >= 1_000
    lines.turn(0, -1, clock.us())
    assert not lines.chip.high(75)
    lines.close()


def test_an_axis_can_be_turned_round(clock):
    lines = opened(clock, dir_y_inverted=True)
    lines.turn(1, 1, clock.us())
    clock.ns += 20_000
    lines.step(1, 1, clock.us())
    assert not lines.chip.high(226)
    assert lines.motors.position == (0, 1)
    lines.close()


@pytest.mark.parametrize(("microsteps", "levels"), [(1, (0, 0, 0)), (2, (1, 0, 0)), (4, (0, 1, 0)), (8, (1, 1, 0)), (16, (1, 1, 1))])
def test_microstep_and_enable_wires_are_set_where_there_are_any(clock, microsteps, levels):
    lines = opened(clock, ms1_line=10, ms2_line=11, ms3_line=12, enable_line=13, microsteps=microsteps)
    assert tuple(int(lines.chip.high(n)) for n in (10, 11, 12)) == levels
    assert not lines.chip.high(13)
    lines.close()
    assert lines.chip.high(13)  # no current, so that a mirror can be turned by hand


def test_the_laser_is_off_when_opened_when_told_and_when_closed(clock):
    for active_low in (False, True):
        lines = opened(clock, laser_active_low=active_low)
        assert lines.chip.high(73) == active_low
        lines.light(True, clock.us())
        assert lines.motors.lit
        assert lines.chip.high(73) != active_low
        lines.light(False, clock.us())
        assert not lines.motors.lit
        lines.light(True, clock.us())
        lines.close()
        lines.close()
        assert not lines.motors.lit


def test_a_laser_that_wants_edges_is_dark_when_they_stop(clock):
    lines = opened(clock, laser_retrigger_us=1000)
    assert lines.retrigger_us == 1000
    lines.retrigger(clock.us())
    assert not lines.motors.lit  # none was asked for
    lines.light(True, clock.us())
    for _ in range(50):
        clock.ns += 1_000_000
        lines.retrigger(clock.us())
        lines.motors.settle()
        assert lines.motors.lit
    clock.ns += 5_000_000
    lines.motors.settle()
    assert not lines.motors.lit
    lines.light(False, clock.us())
    lines.retrigger(clock.us())
    lines.motors.settle()
    assert not lines.motors.lit
    lines.close()


def test_the_executor_keeps_a_monostable_lit_for_the_lease_and_no_longer(clock):
    rig = Rig(clock, gpio(clock, laser_retrigger_us=1000))
    rig.home()
    rig.motors.drain()
    begun_us = clock.us()
    for _ in range(5):
        rig.light()
        rig.run(0.040)
    rig.run(0.1)
    lit, dark = rig.motors.drain()[1:]
    assert (lit.lit, dark.lit) == (True, False)
    assert lit.time_us - begun_us < 100
    lease_end_us = begun_us + 4 * 40_000 + 50_000
    assert lease_end_us - 1_000 <= dark.time_us <= lease_end_us + 5_000  # the monostable's time
    assert not rig.executor.lit


def test_a_monostable_goes_dark_when_the_controller_hangs_with_the_line_high(clock):
    rig = Rig(clock, gpio(clock, laser_retrigger_us=1000))
    rig.home()
    rig.light()
    rig.run(0.0201)
    while not rig.lines.chip.high(73):
        rig.run(0.001)
    clock.ns += 5_100_000
    rig.motors.settle()
    assert rig.lines.chip.high(73)
    assert not rig.motors.lit


def test_a_moved_switch_wakes_the_controller():
    lines = GpioStandinLines(StandinConfig(debounce_us=0))
    executor = Executor(lines, ExecutorSettings(input_period_us=20_000))
    executor.open(monotonic_us())
    ours, theirs = socket.socketpair()
    stop = threading.Event()
    thread = threading.Thread(target=serve, args=(executor, FdStream(theirs.fileno(), theirs.fileno(), theirs.close), stop))
    thread.start()
    try:
        ours.settimeout(5.0)
        ours.send(encode(m.Hello(m.VERSION), 1))
        assert b"HELLO" in ours.recv(4096)
        begun = time.monotonic()
        lines.motors.stop_pressed = True
        assert b"EVENT stop" in ours.recv(4096)
        assert time.monotonic() - begun < 0.050  # an idle controller looks at its switches every 100 ms here
    finally:
        stop.set()
        ours.close()
        thread.join()
        executor.close(monotonic_us())


def test_without_a_laser_line_there_is_none(clock):
    lines = opened(clock, laser_line=-1, laser_retrigger_us=1000)
    assert not lines.has_laser
    assert lines.retrigger_us == 0
    lines.light(False, clock.us())
    with pytest.raises(LinesError, match="no laser line is wired: set laser_line"):
        lines.light(True, clock.us())
    lines.close()


@pytest.mark.parametrize("active_low", [False, True])
def test_switches_are_read_with_their_polarity(clock, active_low):
    lines = opened(clock, SimConfig(limit_x=-1), limits_active_low=active_low, stop_active_low=active_low)
    assert lines.inputs() == Inputs(False, False, False)
    lines.turn(0, -1, clock.us())
    clock.ns += 1_000_000
    lines.step(0, -1, clock.us())
    lines.motors.stop_pressed = True
    assert lines.inputs() == Inputs(False, False, False)  # not yet believed
    clock.ns += 1_100_000
    assert lines.inputs() == Inputs(True, False, True)
    assert lines.has_limits
    lines.close()


def test_a_switch_pressed_only_between_two_looks_counts_once(clock):
    lines = opened(clock)
    lines.motors.stop_pressed = True
    clock.ns += 1_500_000
    lines.motors.stop_pressed = False
    clock.ns += 1_500_000
    assert lines.inputs().stop
    assert not lines.inputs().stop
    lines.close()


def test_a_moved_switch_can_be_waited_for(clock):
    lines = opened(clock, debounce_us=0)
    (fd,) = lines.fds()
    lines.motors.stop_pressed = True
    assert os.eventfd_read(fd)
    lines.close()
    assert lines.fds() == ()


def test_a_switch_that_is_not_wired_is_never_pressed(clock):
    lines = opened(clock, limit_y_line=-1, stop_line=-1)
    assert not lines.has_limits
    assert lines.inputs() == Inputs(False, False, False)
    lines.close()
    lines = opened(clock, limit_x_line=-1, limit_y_line=-1, stop_line=-1)
    assert lines.fds() == ()
    assert lines.inputs() == Inputs(False, False, False)
    lines.close()


def test_outputs_are_one_request_and_switches_another(clock):
    lines = gpio(clock)
    requests = []
    real = lines.gpiod.Chip.request_lines
    lines.gpiod.Chip.request_lines = lambda chip, config, **rest: requests.append(sorted(config)) or real(chip, config, **rest)
    lines.open()
    assert requests == [[71, 72, 73, 75, 226], [74, 78, 233]]
    lines.close()
    assert lines.chip.users == {}


def refused(lines, match):
    with pytest.raises(LinesError, match=match) as caught:
        lines.open()
    assert "\n" not in str(caught.value)
    assert lines.chip.edges == lines.chip.edges.__class__()
    assert set(lines.chip.users.values()) <= {"somebody"}


def test_a_line_given_twice_is_refused_before_any_is_touched():
    for values in ({"dir_x_line": 75, "stop_line": 75}, {"step_x_line": 226}):
        with pytest.raises(ValueError, match=r"line \d+ is given twice, as \w+_line and \w+_line"):
            build(GpioConfig, values)


def test_settings_without_meaning_are_refused():
    with pytest.raises(ValueError, match="microsteps is 3; an A4988 knows 1, 2, 4, 8, 16"):
        build(GpioConfig, {"microsteps": 3})
    with pytest.raises(ValueError, match="pull is 'sideways'; it must be one of up, down, none"):
        build(GpioConfig, {"pull": "sideways"})
    with pytest.raises(ValueError, match="dir_x_line is 'PC11'"):
        build(GpioConfig, {"dir_x_line": "PC11"})


def test_the_prototypes_wiring_has_no_step_lines_and_is_told_so():
    lines = GpioLines(GpioConfig())
    with pytest.raises(LinesError, match=r"step_x_line and step_y_line not set: .* use the lines pwm"):
        lines.open()
    with pytest.raises(LinesError, match="dir_y_line not set"):
        GpioLines(GpioConfig(step_x_line=1, step_y_line=2, dir_y_line=-1)).open()


def test_a_chip_of_another_label_is_refused_with_the_labels_there_are(clock):
    lines = gpio(clock)
    lines.gpiod = FakeGpiod([Chip("/dev/gpiochip0", "7022000.pinctrl"), Chip("/dev/gpiochip1", "other")])
    refused(lines, r"no GPIO chip is labelled '300b000.pinctrl'; there are gpiochip0 \(7022000.pinctrl\), gpiochip1 \(other\)")


def test_a_machine_without_gpio_is_told_so(clock):
    lines = gpio(clock)
    lines.gpiod = FakeGpiod([])
    refused(lines, "no /dev/gpiochipN here: this machine has no GPIO; without a rig use")


def test_missing_permission_is_told_with_the_cure(clock):
    lines = gpio(clock)
    lines.gpiod.denied = [lines.chip.path]
    refused(lines, "no permission to open /dev/gpiochip1: `theylive setup-board`")


def test_a_line_in_use_is_named_with_its_user(clock):
    lines = gpio(clock)
    lines.chip.users[78] = "somebody"
    refused(lines, r"in use: 78 \(stop switch\) by 'somebody'")


def test_a_line_that_the_chip_does_not_have_is_named(clock):
    refused(gpio(clock, laser_line=300), r"line 300 \(LASER\) does not exist: gpiochip1 \(300b000.pinctrl\) has 288 lines")


def test_an_old_kernel_is_told_with_the_cure(clock, monkeypatch):
    lines = gpio(clock)
    lines.gpiod.version_2 = False
    monkeypatch.setattr(chips.platform, "release", lambda: "5.4.125-legacy")
    refused(lines, "kernel 5.4.125-legacy is too old for libgpiod 2: use an image with kernel 5.10")
    monkeypatch.setattr(chips.platform, "release", lambda: "6.1.31")
    refused(lines, "gpiochip1 refuses lines")


@pytest.mark.parametrize(("module", "words"), [(None, "gpiod is missing .*pip install"), (type(sys)("gpiod"), "is of version 1")])
def test_a_missing_or_old_gpiod_module_is_told_with_the_cure(monkeypatch, module, words):
    monkeypatch.setitem(sys.modules, "gpiod", module)
    with pytest.raises(LinesError, match=words):
        GpioLines(GpioConfig(step_x_line=1, step_y_line=2)).open()


def test_the_real_module_is_taken_and_this_machines_chips_are_looked_for():
    gpiod = pytest.importorskip("gpiod", reason="needs the Python module gpiod (libgpiod 2)")
    lines = GpioLines(GpioConfig(chip="no such chip", step_x_line=1, step_y_line=2))
    assert lines.driver() is gpiod
    with pytest.raises(LinesError):
        lines.open()


def test_settings_of_lines_are_understood_by_the_real_module():
    gpiod = pytest.importorskip("gpiod", reason="needs the Python module gpiod (libgpiod 2)")
    on = chips.output(gpiod, on=True, active_low=True)
    assert (on.direction, on.output_value, on.active_low) == (gpiod.line.Direction.OUTPUT, gpiod.line.Value.ACTIVE, True)
    for pull, bias in (("up", "PULL_UP"), ("down", "PULL_DOWN"), ("none", "DISABLED")):
        made = chips.switch(gpiod, pull=pull, active_low=False, debounce_us=1500)
        assert made.bias.name == bias
        assert made.debounce_period.total_seconds() == 0.0015


def test_an_unplugged_chip_is_a_fault_of_the_driver_that_reset_mends(clock):
    rig = Rig(clock, gpio(clock))
    rig.home()
    rig.light()
    rig.lines.chip.trouble = OSError(errno.ENODEV, "No such device")
    rig.run(0.1)
    assert rig.executor.fault == "driver"
    assert "switches cannot be read: No such device; is the chip still there?" in rig.executor.fault_text
    assert not rig.executor.referenced
    rig.lines.chip.trouble = None
    rig.do(m.Reset())
    assert rig.executor.fault == ""
    assert not rig.lines.motors.lit  # opened anew, dark


def test_darkness_that_cannot_be_had_is_said_and_the_lines_are_let_go(clock):
    lines = opened(clock)
    lines.light(True, clock.us())
    lines.chip.trouble = OSError(errno.ENODEV, "No such device")
    with pytest.raises(LinesError, match="cut the laser's power"):
        lines.close()
    assert lines.chip.users == {}
    lines.close()
    with pytest.raises(LinesError, match="lines are closed"):
        lines.step(0, 1, clock.us())


def test_defaults_are_the_prototypes_pins():
    config = BoardConfig()
    assert (config.dir_x_line, config.dir_y_line, config.limit_x_line, config.limit_y_line, config.stop_line) == (75, 226, 233, 74, 78)
    assert config.laser_line == -1
    assert config.laser_retrigger_us == 0


def test_real_pulses_are_wide_enough_and_counted():
    lines = GpioStandinLines(StandinConfig())
    lines.open()
    lines.chip.edges.clear()
    for _ in range(50):
        lines.step(0, -1, 0)
    edges = list(lines.chip.edges)
    assert [edge.high for edge in edges] == [True, False] * 50
    assert all(fall.time_ns - rise.time_ns >= 2_000 for rise, fall in zip(edges[::2], edges[1::2], strict=True))
    lines.close()


@pytest.mark.parametrize("name", ["gpio_standin:GpioStandinLines", "pwm_standin:PwmStandinLines"])
def test_the_stand_ins_home_as_the_controllers_own_process(name):
    names = f"theylive_ros.simulator.hardware.{name}"
    executor = {"homing_rate": 1500.0, "silence_us": 10_000_000}
    settings = json.dumps({"lines": {"laser_line": 73}, "executor": executor, "process": {"priority": 0}})
    command = [sys.executable, "-m", "theylive_ros.controller", "--lines", names, "--settings", settings]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        timer = threading.Timer(20.0, child.kill)
        timer.start()
        child.stdin.write(encode(m.Hello(m.VERSION), 1) + encode(m.Home(), 2))
        child.stdin.flush()
        said = []
        for line in child.stdout:
            said.append(line)
            if b" homed " in line:
                break
        child.stdin.close()
        trouble = child.stderr.read()
        assert child.wait(10) == 0, trouble
        timer.cancel()
        timer.join()
    assert said[0].startswith(f"<0 HELLO 1 {m.VERSION} 1 1 ".encode()), said  # with laser and limit switches
    assert b" homed " in said[-1], (said, trouble)
