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

"""The camera that plays a video file."""

from __future__ import annotations

import threading

import cv2
import numpy as np
import pytest

from theylive_ros.camera.interface import CameraError, EndOfStream
from theylive_ros.camera.video import VideoCamera


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    path = tmp_path_factory.mktemp("video") / "film.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 25.0, (64, 48))
    assert writer.isOpened()
    for k in range(5):
        writer.write(np.full((48, 64, 3), 40 * k, np.uint8))
    writer.release()
    return path


def opened(path, **values):
    camera = VideoCamera(VideoCamera.Config(path=str(path), **{"rate": 1000.0, "loop": False, **values}))
    camera.open()
    return camera


def value(frame):
    return round(float(frame.image.mean()) / 40)


def test_a_video_is_played_once(film):
    camera = opened(film)
    frames = [camera.read() for _ in range(5)]
    assert [value(f) for f in frames] == [0, 1, 2, 3, 4]
    assert [f.stamp for f in frames] == sorted(f.stamp for f in frames)
    with pytest.raises(EndOfStream):
        camera.read()
    camera.close()


def test_a_loop_begins_again(film):
    camera = opened(film, loop=True)
    assert [value(camera.read()) for _ in range(12)] == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1]
    camera.close()


def test_without_a_rate_the_files_own_is_kept(film):
    camera = opened(film, rate=0.0)
    assert camera._pace._period == pytest.approx(1 / 25)
    camera.close()


def test_what_is_no_video_is_refused_with_the_cure(tmp_path):
    other = tmp_path / "x.mp4"
    other.write_bytes(b"nonsense")
    for path, message in ((str(other), "cannot play"), (str(tmp_path / "none.mp4"), "there is no video file"), ("", "set `path`")):
        with pytest.raises(CameraError, match=message):
            opened(path)


def test_a_read_that_waits_is_ended_by_close(film):
    camera = opened(film, rate=0.001)
    camera.read()
    ended = []

    def wait():
        try:
            camera.read()
        except CameraError as error:
            ended.append(str(error))

    thread = threading.Thread(target=wait)
    thread.start()
    camera.close()
    thread.join(10)
    assert not thread.is_alive()
    assert "closed" in ended[0]
    camera.close()
    with pytest.raises(CameraError, match="open it first"):
        camera.read()
