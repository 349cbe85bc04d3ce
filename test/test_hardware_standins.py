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

import dataclasses
import inspect
import select
from datetime import timedelta

import pytest
from wired_rig import Clock, Rig, gpio, pwm

from theylive_ros import plugins
from theylive_ros.controller.lines.board import BoardConfig
from theylive_ros.controller.lines.gpio import GpioConfig
from theylive_ros.controller.lines.rig import SimConfig
from theylive_ros.mirrors.optics import Geometry
from theylive_ros.simulator.board import BoardSettings, draw_board
from theylive_ros.simulator.camera import CameraSettings, SimCamera
from theylive_ros.simulator.hardware import fake_gpiod, fake_line
from theylive_ros.simulator.hardware.edge_motors import EdgeMotors
from theylive_ros.simulator.hardware.wires import Chip, Edge
from theylive_ros.simulator.lit import LitPlaces

gpiod = pytest.importorskip("gpiod", reason="needs the Python module gpiod (libgpiod 2)")


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def chip(clock):
    return Chip(clock_ns=clock)


def public(kind):
    return {
        name: value
        for name, value in inspect.getmembers(kind)
        if not name.startswith("_") and (inspect.isfunction(value) or isinstance(value, property))
    }


def shape(function):
    return [(p.name, p.kind, p.default) for p in inspect.signature(function).parameters.values()]


@pytest.mark.parametrize("name", ["Chip", "LineRequest"])
def test_every_method_of_the_stand_in_is_one_of_the_real_package_with_the_same_arguments(name):
    ours, real = getattr(fake_gpiod, name), getattr(gpiod, name)
    assert public(ours)
    for method, member in public(ours).items():
        there = inspect.getattr_static(real, method)
        assert isinstance(member, property) == isinstance(there, property), method
        if not isinstance(member, property):
            assert shape(member) == shape(there), method


def test_the_stand_in_is_made_and_asked_as_the_real_package_is():
    assert shape(fake_gpiod.Chip.__init__) == shape(gpiod.Chip.__init__)
    assert shape(fake_gpiod.FakeGpiod.is_gpiochip_device)[1:] == shape(gpiod.is_gpiochip_device)
    module = fake_gpiod.FakeGpiod([])
    assert all(hasattr(gpiod, name) for name in vars(module) if name[0].isupper() or name == "line")


def test_settings_and_events_have_fields_of_the_real_ones_with_the_same_defaults():
    ours, real = fake_gpiod.LineSettings(), gpiod.LineSettings()
    names = [f.name for f in dataclasses.fields(ours)]
    assert names == [f.name for f in dataclasses.fields(real)]
    for name in names:
        mine, theirs = getattr(ours, name), getattr(real, name)
        assert getattr(mine, "name", mine) == getattr(theirs, "name", theirs)
    for kind in ("EdgeEvent", "ChipInfo", "LineInfo"):
        mine = {f.name for f in dataclasses.fields(getattr(fake_gpiod, kind))}
        assert mine <= {f.name for f in dataclasses.fields(getattr(gpiod, kind))}


@pytest.mark.parametrize("name", ["Value", "Direction", "Bias", "Drive", "Edge", "Clock"])
def test_every_word_of_a_line_is_the_real_one(name):
    assert [m.name for m in getattr(fake_line, name)] == [m.name for m in getattr(gpiod.line, name)]


def test_an_edge_event_has_the_types_of_the_real_one():
    assert [m.name for m in fake_gpiod.EdgeEvent.Type] == [m.name for m in gpiod.EdgeEvent.Type]


def request(chip, **settings):
    module = fake_gpiod.FakeGpiod([chip])
    with module.Chip(chip.path) as opened:
        return opened.request_lines({5: fake_gpiod.LineSettings(**settings)}, consumer="test")


def switch(chip, **settings):
    return request(chip, direction=fake_line.Direction.INPUT, edge_detection=fake_line.Edge.BOTH, **settings)


def test_outputs_leave_a_trace_of_edges_with_their_times(chip, clock):
    taken = request(chip, direction=fake_line.Direction.OUTPUT)
    clock.ns = 2_000
    taken.set_value(5, fake_line.Value.ACTIVE)
    taken.set_value(5, fake_line.Value.ACTIVE)
    clock.ns = 3_500
    taken.set_values({5: fake_line.Value.INACTIVE})
    assert list(chip.edges) == [Edge(2_000, 5, True), Edge(3_500, 5, False)]
    taken.release()


def test_a_line_belongs_to_one_request_until_it_is_released(chip):
    taken = switch(chip)
    with pytest.raises(OSError, match="busy"):
        switch(chip)
    taken.release()
    taken.release()
    with pytest.raises(RuntimeError, match="released"):
        taken.get_values()
    switch(chip).release()


def test_an_edge_wakes_a_select_and_is_read_once(chip, clock):
    taken = switch(chip, active_low=True, bias=fake_line.Bias.PULL_UP)
    assert taken.get_value(5) is fake_line.Value.INACTIVE
    assert not select.select([taken.fd], [], [], 0)[0]
    chip.press(5, False)
    assert select.select([taken.fd], [], [], 0)[0]
    assert taken.wait_edge_events(0)
    (event,) = taken.read_edge_events()
    assert (event.event_type, event.timestamp_ns, event.line_offset) == (fake_gpiod.EdgeEvent.Type.RISING_EDGE, clock.ns, 5)
    assert not select.select([taken.fd], [], [], 0)[0]
    assert not taken.wait_edge_events(0)
    taken.release()


def test_a_bounce_shorter_than_the_debounce_period_is_never_seen(chip, clock):
    taken = switch(chip, debounce_period=timedelta(milliseconds=1))
    for _ in range(5):
        chip.press(5, True)
        clock.ns += 300_000
        chip.press(5, False)
        clock.ns += 300_000
    clock.ns += 2_000_000
    assert taken.get_value(5) is fake_line.Value.INACTIVE
    assert not taken.wait_edge_events(0)
    chip.press(5, True)
    clock.ns += 999_000
    assert taken.get_value(5) is fake_line.Value.INACTIVE
    clock.ns += 2_000
    assert taken.get_value(5) is fake_line.Value.ACTIVE
    assert len(taken.read_edge_events()) == 1
    taken.release()


WIRING = GpioConfig(step_x_line=1, step_y_line=2, enable_line=3, laser_line=4)


def pulse(chip, clock, offset, high_ns=1_000, low_ns=500_000):
    chip.drive(offset, True)
    clock.ns += high_ns
    chip.drive(offset, False)
    clock.ns += low_ns


def test_motors_turn_by_rising_edges_in_the_direction_of_dir(chip, clock):
    motors = EdgeMotors(chip, WIRING)
    chip.drive(WIRING.dir_x_line, True)
    clock.ns += 1_000
    for _ in range(10):
        pulse(chip, clock, 1)
    chip.drive(WIRING.dir_x_line, False)
    clock.ns += 1_000
    for _ in range(3):
        pulse(chip, clock, 1)
        pulse(chip, clock, 2)
    assert motors.position == (7, -3)
    assert motors.complaints == []


def test_a_motor_that_is_not_enabled_does_not_turn(chip, clock):
    motors = EdgeMotors(chip, WIRING)
    chip.drive(3, True)  # ENABLE is active low
    pulse(chip, clock, 1)
    assert motors.position == (0, 0)
    assert "not enabled" in motors.complaints[0]


def test_what_breaks_the_drivers_timing_is_told(chip, clock):
    motors = EdgeMotors(chip, WIRING)
    pulse(chip, clock, 1, high_ns=400)
    assert "was high for 400 ns" in motors.complaints.pop()
    pulse(chip, clock, 1, low_ns=100)
    pulse(chip, clock, 1)
    assert "was low for 100 ns" in motors.complaints.pop()
    chip.drive(WIRING.dir_x_line, True)
    clock.ns += 100
    pulse(chip, clock, 1)
    assert "DIR X changed 100 ns before STEP" in motors.complaints.pop()
    chip.drive(1, True)
    chip.drive(WIRING.dir_x_line, False)
    assert "DIR X changed 0 ns after STEP" in motors.complaints.pop()
    assert not motors.complaints


def test_switches_follow_the_motors_and_a_broken_wire_reads_as_pressed(chip, clock):
    wiring = dataclasses.replace(WIRING, limits_active_low=True)
    motors = EdgeMotors(chip, wiring, SimConfig(limit_x=-3))
    assert chip.high(wiring.limit_x_line)
    assert not chip.high(wiring.stop_line)
    for _ in range(3):
        pulse(chip, clock, 1)
    assert not chip.high(wiring.limit_x_line)
    motors.stop_pressed = True
    assert chip.high(wiring.stop_line)
    assert BoardConfig().pull == "up"
    assert not BoardConfig().stop_active_low  # no wire: the pull reads high, which is pressed


def test_a_laser_on_its_line_follows_the_level(chip, clock):
    motors = EdgeMotors(chip, WIRING)
    chip.drive(4, True)
    assert motors.lit
    clock.ns += 9_000_000_000
    motors.settle()
    assert motors.lit
    chip.drive(4, False)
    assert not motors.lit


def test_a_laser_on_a_monostable_takes_a_static_level_for_dark(chip, clock):
    motors = EdgeMotors(chip, WIRING, monostable_us=5_000)
    chip.drive(4, True)
    rose_us = clock.us()
    clock.ns += 4_000_000
    chip.drive(4, False)
    motors.settle()
    assert motors.lit
    clock.ns += 4_000_000
    motors.settle()
    assert not motors.lit
    assert motors.drain()[-1].time_us == rose_us + 5_000


@pytest.mark.parametrize("wired", [gpio, pwm])
def test_executor_lines_motors_and_beam_are_one(clock, wired):
    rig = Rig(clock, wired(clock))
    rig.home()
    geometry, camera = Geometry(), SimCamera(CameraSettings(), draw_board(BoardSettings(), 320, 240), 1)
    places = LitPlaces(rig.motors, geometry, camera)
    rig.move(40, -25)
    rig.run(0.5)
    begun_us = clock.us()
    rig.light()
    rig.run(0.060)
    samples = places.until(clock.us())
    assert not places.shining
    assert len(samples) == pytest.approx(50, abs=1)  # the lease, a sample a millisecond
    assert samples[0].t == pytest.approx(begun_us * 1e-6, abs=1e-5)
    there = camera.to_px(*geometry.board_point(geometry.angles(rig.motors.position)))
    assert all((sample.x, sample.y) == pytest.approx(there) for sample in samples)
    assert rig.motors.position == pytest.approx((40, -25), abs=2)


@pytest.mark.parametrize(
    ("name", "simulated"), [("sim", True), ("gpio_standin", True), ("pwm_standin", True), ("gpio", False), ("pwm", False)]
)
def test_lines_that_move_nothing_real_say_so(name, simulated):
    assert plugins.load(plugins.LINES, name).simulated is simulated
