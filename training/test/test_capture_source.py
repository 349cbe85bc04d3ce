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

"""Cameras for capture: how they are set, how their frames come, and what becomes of a frame."""

import threading
import time

import cv2
import numpy as np
import pytest
from theylive_training.capture import source
from theylive_training.capture.display import render, zoom_for
from theylive_training.capture.feed import Feed
from theylive_training.capture.shot import Crop, develop
from theylive_training.capture.source import Flow, Source
from theylive_training.errors import TrainingError

from theylive_ros.camera.interface import Camera, CameraError, EndOfStream
from theylive_ros.simulator.camera import encode
from theylive_ros.types import Frame

PICTURE = np.random.default_rng(3).integers(0, 255, (240, 320, 3), np.uint8)


class Counting(Camera):
    """Gives so many frames, each its number as grey, as fast as they are taken."""

    def __init__(self, frames, pause=0.0):
        super().__init__(None)
        self.frames, self.pause = frames, pause
        self.read_by = set()
        self.number = 0
        self.closed = threading.Event()

    def open(self):
        pass

    def read(self):
        self.read_by.add(threading.current_thread())
        self.closed.wait(self.pause)
        if self.closed.is_set():
            raise CameraError("closed")
        if self.number == self.frames:
            raise EndOfStream("that was all")
        self.number += 1
        return Frame(time.monotonic(), np.full((4, 4, 3), self.number, np.uint8))

    def close(self):
        self.closed.set()


def number(frame):
    return int(frame.image[0, 0, 0])


def test_a_usb_cameras_jpeg_is_passed_on_unless_it_sends_none():
    assert source.make("v4l2", []).camera.config.jpeg
    assert not source.make("v4l2", ["fourcc=YUYV"]).camera.config.jpeg
    assert not source.make("v4l2", ["jpeg=false"]).camera.config.jpeg


def test_settings_take_their_declared_types():
    config = source.make("v4l2", ["device=/dev/video3", "width=640", "fps=30", "exposure=0.004"]).camera.config
    assert (config.device, config.width, config.fps, config.exposure) == ("/dev/video3", 640, 30.0, 0.004)


def test_a_folder_is_stepped_a_video_played_and_everything_else_live():
    flows = {name: source.make(name, []).flow for name in ("images", "video", "simulator", "v4l2")}
    assert flows == {"images": Flow.STEPPED, "video": Flow.PLAYED, "simulator": Flow.LIVE, "v4l2": Flow.LIVE}


def test_a_fresh_frame_was_captured_after_it_was_asked_for():
    feed = Feed(Source("c", Counting(10**9, 0.02), Flow.LIVE))
    time.sleep(0.05)
    asked = time.monotonic()
    assert feed.fresh().stamp >= asked
    feed.close()


def test_a_folder_gives_its_next_picture_only_when_asked():
    camera = Counting(3)
    feed = Feed(Source("c", camera, Flow.STEPPED))
    time.sleep(0.05)
    assert (number(feed.newest), camera.number) == (1, 1)
    assert [number(feed.fresh()), number(feed.fresh())] == [2, 3]
    with pytest.raises(EndOfStream):
        feed.fresh()
    assert number(feed.newest) == 3
    feed.close()


def test_a_video_stands_still_while_a_picture_is_in_hand():
    camera = Counting(10**9, 0.01)
    feed = Feed(Source("c", camera, Flow.PLAYED))
    feed.hold()
    time.sleep(0.05)
    stood = camera.number
    time.sleep(0.1)
    assert camera.number == stood
    feed.advance()
    time.sleep(0.1)
    assert camera.number > stood
    feed.close()


def test_the_cameras_thread_has_ended_when_the_feed_is_closed():
    camera = Counting(10**9, 30.0)
    camera.pause = 0.0
    feed = Feed(Source("c", camera, Flow.LIVE))
    camera.pause = 30.0
    feed.close()
    feed.close()
    assert camera.read_by
    assert not any(thread.is_alive() for thread in camera.read_by)


def test_a_camera_that_gives_no_frame_is_said_in_time():
    feed = Feed(Source("c", Counting(1, 0.0), Flow.STEPPED))
    feed._camera.pause = 30.0
    with pytest.raises(CameraError, match=r"no frame for 0\.1 s"):
        feed.fresh(0.1)
    feed.close()


def test_the_whole_frame_is_saved_as_the_camera_sent_it_and_a_crop_is_not_scaled():
    jpeg = encode(PICTURE, 80)
    assert develop(Frame(0.0, jpeg=jpeg), None).data() == jpeg
    shot = develop(Frame(0.0, image=PICTURE), Crop(10, 5, 200))
    assert np.array_equal(shot.image, PICTURE[5:205, 10:210])
    assert shot.size == (200, 200)


def test_a_damaged_jpeg_is_no_picture():
    assert develop(Frame(0.0, jpeg=b"\xff\xd8\xff rubbish"), None) is None


def test_a_grey_camera_will_do():
    assert develop(Frame(0.0, image=PICTURE[:, :, 0]), None).image.shape == (240, 320, 3)


def test_a_crop_that_leaves_the_frame_is_refused():
    with pytest.raises(TrainingError, match="does not lie within a frame of 320x240"):
        develop(Frame(0.0, image=PICTURE), Crop(0, 100, 224))


def test_a_shot_knows_when_it_was_captured():
    assert develop(Frame(time.monotonic() - 5, image=PICTURE), None).when == pytest.approx(time.time() - 5, abs=0.5)


def test_the_screens_picture_is_enlarged_and_dark_outside_the_crop():
    ppm = render(np.full((240, 320, 3), (10, 100, 200), np.uint8), Crop(0, 0, 224), 2.0)
    shown = cv2.imdecode(np.frombuffer(ppm, np.uint8), cv2.IMREAD_COLOR)
    assert shown.shape == (480, 640, 3)
    assert shown[100, 100].tolist() == [10, 100, 200]
    assert shown[100, 600].tolist() == [4, 40, 80]


@pytest.mark.parametrize(
    ("size", "room", "zoom"), [((320, 240), (1228, 791), 3), ((320, 240), (5000, 3000), 4), ((1920, 1080), (1228, 791), 0.6396)]
)
def test_a_picture_is_enlarged_by_whole_numbers_and_made_smaller_by_any(size, room, zoom):
    assert zoom_for(size, room) == pytest.approx(zoom, abs=1e-3)
