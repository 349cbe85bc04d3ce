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

"""The detector node: one detections message for each picture it takes, in the picture's stamp; a lost device comes back."""

import dataclasses
import threading
import time

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 (rclpy)")

from rclpy.parameter import Parameter
from sensor_msgs.msg import CompressedImage, Image
from theylive_msgs import msg

from theylive_ros import plugins
from theylive_ros.detector.interface import Detector, DetectorError
from theylive_ros.nodes import conversions, qos
from theylive_ros.nodes.detector import DetectorNode
from theylive_ros.settings import setting
from theylive_ros.types import Detection, Detections, Region


class FakeDetector(Detector):
    """Finds one alien where the picture says: its first pixel is the x, its second the y."""

    absent = False
    fails = 0
    loads = 0
    hold = threading.Event()
    labels = ("alien", "john")
    device = "a fake"

    @dataclasses.dataclass(frozen=True)
    class Config:
        score: float = setting(0.5, "Score of what is found", low=0.0, high=1.0)
        model: str = setting("", "Model", read_only=True)

    def load(self):
        if type(self).absent:
            raise DetectorError("no model here: make one")
        type(self).loads += 1

    def detect(self, image):
        type(self).hold.wait(10)
        if type(self).fails:
            type(self).fails -= 1
            raise DetectorError("the Edge TPU does not answer: plug it in again")
        x, y = float(image[0, 0, 0]), float(image[0, 1, 0])
        height, width = image.shape[:2]
        items = (Detection("alien", self.config.score, x, y, 64, 64),)
        return Detections(items, width, height, Region(0, 0, width, height), self.labels, True, 0.001)

    def close(self):
        pass


@pytest.fixture
def detector(monkeypatch):
    FakeDetector.absent, FakeDetector.fails, FakeDetector.loads = False, 0, 0
    FakeDetector.hold.set()
    monkeypatch.setattr(plugins, "load", lambda group, name: FakeDetector)
    return FakeDetector


def picture(x, y):
    image = np.zeros((240, 320, 3), np.uint8)
    image[0, :2, 0] = x, y
    return image


def head(second):
    return conversions.header(conversions.to_time(second), "camera_optical_frame")


def start(bench, *arguments):
    node = bench.add(DetectorNode, *arguments)
    bench.until(lambda: node.active)
    return node


def send_until_heard(ear, say, message):
    end = time.monotonic() + 10
    while not ear.messages:
        assert time.monotonic() < end, "nothing was heard"
        say.publish(message)
        time.sleep(0.05)
    return ear.messages[0]


def test_detections_carry_the_pictures_stamp_and_pixels(bench, detector):
    ear, say = bench.hear(msg.Detections, "detections", qos.RESULT), bench.say(Image, "image_raw", qos.IMAGE)
    start(bench)
    found = send_until_heard(ear, say, conversions.to_image(picture(100, 50), head(12.25)))
    assert found.header == head(12.25)
    assert (found.width, found.height, list(found.labels), found.exhaustive) == (320, 240, ["alien", "john"], True)
    assert [(d.label, d.x, d.y) for d in found.detections] == [("alien", 100.0, 50.0)]


def test_compressed_pictures_are_heard_when_asked_for(bench, detector):
    ear = bench.hear(msg.Detections, "detections", qos.RESULT)
    say = bench.say(CompressedImage, "image_raw/compressed", qos.IMAGE)
    start(bench, "-p", "compressed:=true")
    jpeg = conversions.encode(np.zeros((240, 320, 3), np.uint8), 90)
    assert send_until_heard(ear, say, conversions.to_compressed(jpeg, head(1.0))).width == 320


def test_a_slow_model_works_on_the_newest_picture_and_counts_the_others(bench, detector):
    ear, say = bench.hear(msg.Detections, "detections", qos.RESULT), bench.say(Image, "image_raw", qos.IMAGE)
    node = start(bench)
    send_until_heard(ear, say, conversions.to_image(picture(1, 1), head(1.0)))
    detector.hold.clear()
    skipped = node.skipped
    for second in range(2, 12):
        say.publish(conversions.to_image(picture(second, 0), head(second)))
        time.sleep(0.02)
    bench.until(lambda: node.skipped >= skipped + 5)
    detector.hold.set()
    assert ear.next(lambda m: m.header.stamp.sec == 11).detections[0].x == 11.0
    assert len(ear.messages) < 11


def test_a_lost_device_is_loaded_again(bench, detector):
    ear, say = bench.hear(msg.Detections, "detections", qos.RESULT), bench.say(Image, "image_raw", qos.IMAGE)
    node = start(bench)
    send_until_heard(ear, say, conversions.to_image(picture(1, 1), head(1.0)))
    detector.fails = 1
    ear.messages.clear()
    send_until_heard(ear, say, conversions.to_image(picture(1, 1), head(2.0)))
    assert detector.loads == 2
    assert node.meter.counts()["lost"] == 1


def test_a_picture_in_an_unknown_encoding_is_counted_not_fatal(bench, detector):
    ear, say = bench.hear(msg.Detections, "detections", qos.RESULT), bench.say(Image, "image_raw", qos.IMAGE)
    node = start(bench)
    send_until_heard(ear, say, conversions.to_image(picture(1, 1), head(1.0)))
    say.publish(Image(height=1, width=1, encoding="no such encoding", step=1, data=b"\0"))
    bench.until(lambda: node.meter.counts().get("broken_frames") == 1)
    say.publish(conversions.to_image(picture(7, 1), head(3.0)))
    ear.next(lambda m: m.detections[0].x == 7.0)


def test_settings_change_while_it_runs(bench, detector):
    ear, say = bench.hear(msg.Detections, "detections", qos.RESULT), bench.say(Image, "image_raw", qos.IMAGE)
    node = start(bench)
    assert node.set_parameters([Parameter("detector.score", value=0.75)])[0].successful
    assert send_until_heard(ear, say, conversions.to_image(picture(1, 1), head(1.0))).detections[0].score == 0.75
    assert "read-only" in node.set_parameters([Parameter("detector.model", value="x")])[0].reason


def test_a_model_that_is_not_there_yet_is_tried_again(bench, detector):
    detector.absent = True
    node = bench.add(DetectorNode)
    bench.until(lambda: "no model here: make one" in node._message)
    detector.absent = False
    bench.until(lambda: node.active)
