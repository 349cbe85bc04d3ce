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

import dataclasses

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 (rclpy)")

from sensor_msgs.msg import Image

from theylive_ros import messages
from theylive_ros.nodes import conversions
from theylive_ros.types import Detection, Detections, Region, Target, Track

HEAD = conversions.header(conversions.to_time(12.5), "camera_optical_frame")
TRACK = Track(3, "alien", 0.5, 10.0, 20.0, 64.0, 60.0, -5.0, 2.0, tuple(float(i) for i in range(16)), True, 12.25)


def picture(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def test_a_bgr_picture_comes_back_unchanged():
    image = picture(24, 32, 3)
    assert np.array_equal(conversions.from_image(conversions.to_image(image, HEAD)), image)


def test_a_bgr_message_is_read_without_a_copy():
    message = conversions.to_image(picture(24, 32, 3), HEAD)
    assert np.shares_memory(conversions.from_image(message), np.frombuffer(message.data, np.uint8))


def test_a_picture_that_is_a_slice_of_another_is_sent_whole():
    image = picture(24, 64, 3)[:, ::2]
    assert np.array_equal(conversions.from_image(conversions.to_image(image, HEAD)), image)


def test_grey_and_rgb_pictures_are_read_as_bgr():
    grey = picture(8, 8)
    assert np.array_equal(conversions.from_image(conversions.to_image(grey, HEAD))[:, :, 1], grey)
    image = picture(8, 8, 3)
    message = conversions.to_image(image, HEAD)
    message.encoding = "rgb8"
    assert np.array_equal(conversions.from_image(message), image[:, :, ::-1])


def test_padded_rows_are_understood():
    image = picture(4, 5, 3)
    padded = np.zeros((4, 20), np.uint8)
    padded[:, :15] = image.reshape(4, 15)
    message = Image(height=4, width=5, encoding="bgr8", step=20, data=padded.tobytes())
    assert np.array_equal(conversions.from_image(message), image)


def test_a_truncated_picture_is_refused():
    message = conversions.to_image(picture(4, 5, 3), HEAD)
    message.data = message.data[:-1]
    with pytest.raises(messages.ConversionError, match="holds only"):
        conversions.from_image(message)


def test_an_encoding_that_needs_cv_bridge_names_it():
    try:
        import cv_bridge  # noqa: F401
    except ImportError:
        message = Image(height=1, width=1, encoding="bayer_rggb8", step=1, data=b"\0")
        with pytest.raises(messages.ConversionError, match=r"bayer_rggb8.*cv_bridge"):
            conversions.from_image(message)
    else:
        message = Image(height=2, width=2, encoding="bayer_rggb8", step=2, data=b"\0\1\2\3")
        assert conversions.from_image(message).shape == (2, 2, 3)


def test_a_jpeg_passes_undecoded():
    jpeg = conversions.encode(picture(24, 32, 3), 90)
    message = conversions.to_compressed(jpeg, HEAD)
    assert bytes(message.data) == jpeg
    assert messages.from_compressed(message).shape == (24, 32, 3)


@pytest.mark.parametrize("rubbish", [b"", b"not a picture"])
def test_a_broken_jpeg_is_refused(rubbish):
    with pytest.raises(messages.ConversionError, match="cannot be decoded"):
        messages.decode(rubbish)


def test_detections_come_back_unchanged():
    found = Detections((Detection("alien", 0.5, 1.0, 2.0, 3.0, 4.0),), 320, 240, Region(0, 0, 320, 240), ("alien", "john"), True, 0.001)
    assert messages.from_detections(conversions.to_detections(found, HEAD)) == found


def test_a_target_comes_back_unchanged():
    john = dataclasses.replace(TRACK, id=4, label="john")
    target = Target(12.5, 320, 240, TRACK, (john,), (dataclasses.replace(TRACK, id=5),), Region(0, 8, 320, 232), True)
    assert messages.from_target(conversions.to_target(target, HEAD)) == target
    nothing = dataclasses.replace(target, track=None)
    assert messages.from_target(conversions.to_target(nothing, HEAD)) == nothing


def test_camera_info_counts_from_the_centre_of_the_first_pixel():
    info = conversions.to_camera_info(HEAD, 320, 240, 500.0)
    assert (info.k[2], info.k[5]) == (159.5, 119.5)
    assert not any(conversions.to_camera_info(HEAD, 320, 240, 0.0).k)
