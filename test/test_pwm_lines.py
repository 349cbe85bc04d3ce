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
import os
import random

import pytest
from wired_rig import Clock, Rig, pwm

from theylive_ros.controller import messages as m
from theylive_ros.controller import rate_player
from theylive_ros.controller.config import build
from theylive_ros.controller.lines.interface import LinesError, RateLines
from theylive_ros.controller.lines.pwm import PwmConfig, PwmLines
from theylive_ros.controller.lines.pwm_channel import PwmChannel
from theylive_ros.controller.lines.rig import SimConfig
from theylive_ros.controller.rate_player import RatePlayer
from theylive_ros.simulator.hardware.pwm_standin import PwmStandinLines
from theylive_ros.simulator.hardware.pwm_tree import PwmTree


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def lines(clock):
    lines = PwmStandinLines(PwmConfig(laser_line=73), None, clock)
    lines.open()
    yield lines
    lines.close()


def files(lines, channel):
    folder = lines.tree.chip / f"pwm{channel}"
    return {name: int((folder / name).read_text().split()[0]) for name in ("period", "duty_cycle", "enable")}


def test_a_rate_is_a_period_and_every_period_a_microstep(lines, clock):
    lines.turn(0, 1, clock.us())
    clock.ns += 50_000
    assert lines.rate(0, 1500.0, clock.us()) == pytest.approx(1500.0, rel=1e-6)
    assert files(lines, 4) == {"period": 666_667, "duty_cycle": 20_000, "enable": 1}
    clock.ns += 9 * 666_667 + 1
    assert lines.rate(0, 0.0, clock.us()) == 0.0
    assert files(lines, 4)["enable"] == 0
    clock.ns += 1_000_000_000
    lines.tree.settle()
    assert lines.motors.position == (10, 0)
    assert lines.tree.pulses == {4: 10, 3: 0}


def test_a_negative_rate_is_the_same_with_the_other_dir(lines, clock):
    lines.turn(1, -1, clock.us())
    clock.ns += 50_000
    told = lines.rate(1, -333.3, clock.us())
    assert told == -1e9 / 3_000_300
    clock.ns += 5_000_000
    lines.rate(1, 0.0, clock.us())
    assert lines.motors.position == (0, -2)


def test_a_new_rate_begins_with_a_pulse_at_once(lines, clock):
    lines.rate(0, 1000.0, clock.us())
    clock.ns += 2_500_000
    lines.rate(0, 500.0, clock.us())
    clock.ns += 2_100_000
    lines.rate(0, 0.0, clock.us())
    assert lines.tree.pulses[4] == 3 + 2


def test_there_are_no_single_pulses(lines, clock):
    assert isinstance(lines, RateLines)
    with pytest.raises(LinesError, match="play them with RatePlayer"):
        lines.step(0, 1, clock.us())


def test_pulses_that_do_not_fit_the_rate_are_refused(lines, clock):
    with pytest.raises(LinesError, match="30000 microsteps/s leave no room for pulses of 20 us"):
        lines.rate(0, 30_000.0, clock.us())


def test_a_period_that_the_chip_refuses_is_told(lines, clock):
    lines.tree.refuse = lambda *a: (_ for _ in ()).throw(OSError(errno.EINVAL, os.strerror(errno.EINVAL)))
    with pytest.raises(LinesError, match=r"channel 4 of pwmchip0 refuses period 1000000000: Invalid argument; .* use another rate"):
        lines.rate(0, 1.0, clock.us())


def test_laser_and_switches_are_those_of_every_board(lines, clock):
    lines.light(True, clock.us())
    assert lines.motors.lit
    lines.motors.stop_pressed = True
    clock.ns += 2_000_000
    assert lines.inputs().stop
    assert lines.has_laser
    assert lines.has_limits
    assert lines.fds()


def test_limit_switches_see_pulses_that_nobody_watched(clock):
    lines = PwmStandinLines(PwmConfig(), SimConfig(limit_x=-5), clock)
    lines.open()
    lines.turn(0, -1, clock.us())
    lines.rate(0, -1000.0, clock.us())
    clock.ns += 20_000_000
    lines.inputs()
    clock.ns += 2_000_000
    assert lines.inputs().limit_x
    lines.close()


def test_closing_stops_both_channels_and_the_laser(clock):
    lines = PwmStandinLines(PwmConfig(laser_line=73), None, clock)
    lines.open()
    lines.rate(0, 1000.0, clock.us())
    lines.rate(1, 1000.0, clock.us())
    lines.light(True, clock.us())
    lines.close()
    lines.close()
    assert files(lines, 3)["enable"] == files(lines, 4)["enable"] == 0
    assert not lines.motors.lit
    with pytest.raises(LinesError, match="closed: reset opens it again"):
        lines.rate(0, 100.0, clock.us())


def test_a_channel_left_running_by_a_killed_controller_is_stopped_when_opened(clock):
    lines = PwmStandinLines(PwmConfig(), None, clock)
    lines.open()
    lines.rate(0, 40_000.0 / 2, clock.us())
    channel = lines.channel(lines.tree.chip, 4)
    channel.open(20_000, 1_000_000)
    assert files(lines, 4) == {"period": 1_000_000, "duty_cycle": 20_000, "enable": 0}
    channel.close()
    lines.close()


# --- played by the executor


def test_homing_and_moves_over_pwm_end_where_the_count_says(clock):
    chance = random.Random(2)
    rig = Rig(clock, pwm(clock, SimConfig(initial_offset_x=37, initial_offset_y=-21)), late=lambda: int(chance.expovariate(1 / 40)))
    assert isinstance(rig.executor.player, RatePlayer)
    rig.home()
    begun = rig.motors.position
    assert max(map(abs, begun)) <= 2  # a switch is seen at most one look later than it closes
    for _ in range(20):
        goal = (chance.randint(-140, 140), chance.randint(-140, 140))
        rig.move(*goal)
        rig.run(0.6)
        assert rig.position == goal
        off = [abs(t - b - g) for t, b, g in zip(rig.motors.position, begun, goal, strict=True)]
        assert all(o <= e for o, e in zip(off, rig.executor.player.count_error, strict=True))
    assert max(rig.executor.player.count_error) <= 2
    report = rig.executor.report(clock.us())
    assert (report.error_x, report.error_y) == rig.executor.player.count_error
    assert rig.motors.missed == (0, 0)
    assert rig.motors.complaints == []


def test_the_stop_switch_darkens_and_freezes_pwm(clock):
    rig = Rig(clock, pwm(clock))
    rig.home()
    rig.move(140, 140)
    rig.run(0.040)
    rig.motors.stop_pressed = True
    rig.run(0.004)
    assert rig.executor.fault == "stop"
    stood = rig.motors.position
    assert 0 < stood[0] < 140
    rig.run(1.0)
    assert rig.motors.position == stood
    assert rig.lines.tree.pulses == dict(zip((4, 3), rig.executor.player.pulses, strict=True))


def test_brake_comes_to_rest_over_pwm_and_keeps_the_count(clock):
    rig = Rig(clock, pwm(clock))
    rig.home()
    begun = rig.motors.position
    rig.move(140, -140)
    rig.run(0.050)
    rig.do(m.Brake())
    rig.run(0.2)
    assert not rig.executor.report(clock.us()).moving
    assert rig.executor.referenced
    assert 0 < rig.position[0] < 140
    assert [t - b for t, b in zip(rig.motors.position, begun, strict=True)] == list(rig.position)


def test_a_pwm_chip_that_is_lost_is_a_fault_of_the_driver(clock):
    rig = Rig(clock, pwm(clock))
    rig.home()
    rig.lines.tree.refuse = lambda *a: (_ for _ in ()).throw(OSError(errno.ENODEV, os.strerror(errno.ENODEV)))
    rig.move(100, 0)
    rig.run(0.2)
    assert rig.executor.fault == "driver"
    assert "channel 4 of pwmchip0 refuses period" in rig.executor.fault_text


# --- refusals: the real channel on a tree of files


@pytest.fixture
def tree(tmp_path):
    tree = PwmTree(tmp_path, lambda channel, ns: None)
    for number in (3, 4):
        tree.export(number)
    return tree


def refused(tmp_path, match, **config):
    lines = PwmLines(build(PwmConfig, {"pwm_root": str(tmp_path), **config}))
    with pytest.raises(LinesError, match=match) as caught:
        lines.open()
    assert "\n" not in str(caught.value)


def test_the_real_channel_writes_the_files(tree):
    channel = PwmChannel(tree.chip, 3)
    channel.open(20_000, 1_000_000)
    channel.start(500_000)
    folder = tree.chip / "pwm3"
    # a file keeps the tail of a longer earlier value, sysfs does not: a reader takes the first line
    assert [(folder / n).read_text().split("\n")[0] for n in ("period", "duty_cycle", "enable")] == ["500000", "20000", "1"]
    channel.stop()
    assert (folder / "enable").read_text().startswith("0\n")
    channel.close()
    channel.close()


def test_a_chip_that_is_not_there_is_refused_with_those_that_are(tree, tmp_path):
    refused(tmp_path, r"there is no .*/pwmchip7; PWM chips here: pwmchip0; set pwm_chip", pwm_chip="pwmchip7")
    refused(tmp_path / "no", "PWM chips here: none: is PWM enabled in the device tree")


def test_a_wrong_chip_is_refused_by_its_channels(tree, tmp_path):
    (tree.chip / "npwm").write_text("2\n")
    refused(tmp_path, "pwmchip0 has 2 channels, from 0: there is no 4; set pwm_chip or the channel")
    (tree.chip / "npwm").unlink()
    refused(tmp_path, "pwmchip0 is no PWM chip")


def test_an_unexported_channel_is_refused_with_the_cure(tree, tmp_path):
    refused(
        tmp_path,
        r"channel 5 of pwmchip0 is not exported: echo 5 \| sudo tee .*/pwmchip0/export, or `theylive setup-board`",
        step_x_channel=5,
    )


def test_missing_permission_is_refused_with_the_cure(tree, tmp_path, monkeypatch):
    real = os.open

    def denied(path, *rest):
        if str(path).endswith("pwm4/period"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path, *rest)

    monkeypatch.setattr(os, "open", denied)
    refused(tmp_path, "no permission to write .*pwm4/period: `theylive setup-board`")


def test_inversed_polarity_is_refused_with_the_cure(tree, tmp_path):
    (tree.chip / "pwm3" / "polarity").write_text("inversed\n")
    refused(tmp_path, "channel 3 of pwmchip0 has its polarity inversed: echo normal >")


def test_a_channel_given_twice_is_refused_before_anything_is_touched():
    with pytest.raises(ValueError, match="PWM channel 4 is given twice, as step_x_channel and step_y_channel"):
        build(PwmConfig, {"step_y_channel": 4})
    with pytest.raises(ValueError, match="line 75 is given twice"):
        build(PwmConfig, {"stop_line": 75})


def test_the_tree_refuses_what_the_kernel_refuses(tree):
    with pytest.raises(OSError, match="Invalid"):
        tree.refuse(3, "duty_cycle", 5)
    with pytest.raises(OSError, match="Invalid"):
        tree.refuse(3, "enable", 1)
    tree.refuse(3, "period", 1000)


def test_defaults_are_the_prototypes_channels():
    config = PwmConfig()
    assert (config.pwm_chip, config.step_x_channel, config.step_y_channel) == ("pwmchip0", 4, 3)
    assert 2 * config.pulse_us <= 1e6 / 2000.0
    assert 2 * config.pulse_us < rate_player.LONGEST_PERIOD_US
