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

"""Configurations that would harm or miss are refused before anything moves, in words that name the cause."""

from __future__ import annotations

import dataclasses

import pytest

from theylive_ros.controller.config import ExecutorSettings, build
from theylive_ros.controller.lines.gpio import GpioConfig
from theylive_ros.controller.lines.sim import SimConfig
from theylive_ros.mirrors.calibration import CalibrationError, nominal
from theylive_ros.mirrors.calibration_file import load, save
from theylive_ros.mirrors.optics import Geometry
from theylive_ros.settings import check


def test_a_line_that_is_given_twice():
    with pytest.raises(ValueError, match="line 75 is given twice"):
        build(GpioConfig, {"step_x_line": 75})


@pytest.mark.parametrize("kind", [SimConfig, Geometry])
def test_no_steps_in_a_turn(kind):
    with pytest.raises(ValueError, match="steps_per_turn is 0; it must be"):
        build(kind, {"steps_per_turn": 0}) if kind is SimConfig else check(kind(steps_per_turn=0))


def test_pulses_closer_than_their_least_distance_and_homing_faster_than_the_motors():
    with pytest.raises(ValueError, match="min_interval_us 400 forbids max_rate 12000"):
        build(ExecutorSettings, {"max_rate": 12000.0})
    with pytest.raises(ValueError, match="homing_rate"):
        build(ExecutorSettings, {"homing_rate": 3000.0})


def test_a_calibration_for_pictures_of_another_size(tmp_path):
    save(nominal(), tmp_path / "rig.yaml")
    with pytest.raises(CalibrationError, match="is for pictures of 320x240 px, these are 640x480"):
        load(tmp_path / "rig.yaml", 640, 480)


@pytest.mark.parametrize("keep", [0.0, 0.3, 0.7, 0.95])
def test_a_calibration_that_was_cut_short(tmp_path, keep):
    file = tmp_path / "rig.yaml"
    save(nominal(), file)
    text = file.read_text()
    file.write_text(text[: int(keep * len(text))])
    with pytest.raises(CalibrationError, match="calibrat"):
        load(file)


def test_a_calibration_with_nonsense_in_it():
    with pytest.raises(CalibrationError):
        dataclasses.replace(nominal(), to_board=(float("nan"),) * 9)
