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

"""A camera that hangs and repeats its last picture is noticed, whatever stamps it gives."""

import time

import numpy as np
import pytest

from theylive_ros.camera.frozen import PATIENCE, RepeatWatch
from theylive_ros.camera.images import ImagesCamera
from theylive_ros.camera.interface import CameraError
from theylive_ros.camera.v4l2 import V4l2Camera
from theylive_ros.camera.video import VideoCamera
from theylive_ros.types import Frame


def noisy(seed):
    return np.random.default_rng(seed).integers(88, 92, (240, 320, 3), dtype=np.uint8)


def test_pictures_of_a_real_sensor_are_all_new():
    watch = RepeatWatch()
    assert all(watch.is_new(Frame(k / 120, image=noisy(k))) for k in range(50))


def test_a_repeated_picture_is_no_news_though_its_stamp_is_fresh():
    watch = RepeatWatch()
    assert watch.is_new(Frame(0.0, image=noisy(1)))
    assert not watch.is_new(Frame(0.01, image=noisy(1)))
    assert watch.is_new(Frame(0.02, image=noisy(2)))


def test_one_changed_pixel_is_news():
    watch, picture = RepeatWatch(), noisy(1)
    watch.is_new(Frame(0.0, image=picture))
    changed = picture.copy()
    changed[239, 319, 2] ^= 1
    assert watch.is_new(Frame(0.01, image=changed))


def test_jpegs_and_pictures_that_are_parts_of_larger_ones_do_as_well():
    watch = RepeatWatch()
    assert watch.is_new(Frame(0.0, jpeg=b"\xff\xd8 one"))
    assert not watch.is_new(Frame(0.1, jpeg=b"\xff\xd8 one"))
    part = np.zeros((10, 20, 3), np.uint8)[:, ::2]
    assert watch.is_new(Frame(0.2, image=part))
    assert not watch.is_new(Frame(0.3, image=part.copy()))


def test_a_second_without_news_is_an_error_with_a_cure():
    watch = RepeatWatch()
    watch.is_new(Frame(5.0, jpeg=b"x"))
    assert not watch.is_new(Frame(5.0 + PATIENCE - 0.01, jpeg=b"x"))
    with pytest.raises(CameraError, match="hangs or sees nothing at all: take the cap off"):
        watch.is_new(Frame(5.0 + PATIENCE, jpeg=b"x"))


def test_the_old_picture_is_no_news_after_the_camera_was_opened_anew():
    watch = RepeatWatch()
    watch.is_new(Frame(0.0, jpeg=b"x"))
    with pytest.raises(CameraError):
        watch.is_new(Frame(PATIENCE, jpeg=b"x"))
    assert not watch.is_new(Frame(PATIENCE + 0.6, jpeg=b"x"))
    assert watch.is_new(Frame(PATIENCE + 0.7, jpeg=b"y"))


def test_only_cameras_with_a_sensor_are_watched():
    assert V4l2Camera.live
    assert not ImagesCamera.live
    assert not VideoCamera.live


def test_looking_costs_a_small_part_of_a_frames_time():
    watch, pictures = RepeatWatch(), [noisy(1), noisy(2)]
    begin = time.process_time()
    for k in range(100):
        watch.is_new(Frame(k * 0.01, image=pictures[k % 2]))
    assert (time.process_time() - begin) / 100 < 0.001
