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

"""What the calibrator says of where the laser is seen, frame by frame."""

import types

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 (rclpy)")

from theylive_msgs import msg

from theylive_ros.calibrator.seen import SpotSettings
from theylive_ros.nodes import conversions
from theylive_ros.nodes.meter import Meter
from theylive_ros.nodes.spot_eye import SpotEye

BLACK = np.zeros((240, 320, 3), np.uint8)


@pytest.fixture
def eye():
    """One that has seen the laser come on at 0.9 s; `said` holds what it has told."""
    said = []
    publisher = types.SimpleNamespace(publish=said.append)
    node = types.SimpleNamespace(create_lifecycle_publisher=lambda *_: publisher, meter=Meter(), ros_now=lambda: 0.0)
    made = SpotEye(node, SpotSettings)
    made.said = said
    tell(made, 0.9)
    return made


def head(stamp):
    return conversions.header(conversions.to_time(stamp), "")


def tell(eye, stamp, on=True):
    eye.on_laser(msg.LaserState(header=head(stamp), on=on))


def show(eye, stamp):
    eye.on_picture(conversions.to_image(BLACK, head(stamp)))


def test_a_spot_that_is_not_there_is_told_once_the_laser_is_known_to_have_shone(eye):
    show(eye, 1.0)
    assert not eye.said
    tell(eye, 1.1)
    assert [s.found for s in eye.said] == [False]


def test_a_spot_that_is_not_there_is_no_news_where_the_laser_went_out_meanwhile(eye):
    show(eye, 1.0)
    tell(eye, 1.01, on=False)
    tell(eye, 1.1, on=False)
    assert not eye.said


def test_where_nobody_speaks_of_the_laser_any_more_nothing_piles_up(eye):
    for i in range(100):
        show(eye, 1.0 + i / 30)
    tell(eye, 5.0)
    assert 0 < len(eye.said) < 10
