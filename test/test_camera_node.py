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

"""The camera node: what the plugin gives is what the topic says, and a lost camera comes back."""

import queue
import time

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 (rclpy)")

import dataclasses

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from lifecycle_msgs.msg import Transition
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from theylive_ros import messages, plugins
from theylive_ros.camera.interface import Camera, CameraError, EndOfStream
from theylive_ros.nodes import conversions, qos
from theylive_ros.nodes.base import TransitionCallbackReturn
from theylive_ros.nodes.camera import CameraNode
from theylive_ros.settings import setting
from theylive_ros.types import Frame

PICTURE = np.full((240, 320, 3), 90, np.uint8)
END = object()


class FakeCamera(Camera):
    """Says what the test puts in its queue: frames, errors, END."""

    feed: queue.Queue
    opened = 0
    absent = False

    @dataclasses.dataclass(frozen=True)
    class Config:
        gain: float = setting(1.0, "Gain", low=0.0, high=10.0)

    def open(self):
        if type(self).absent:
            raise CameraError("no camera at /dev/video9: plug it in")
        type(self).opened += 1
        self.closed = False

    def read(self):
        while not self.closed:
            try:
                item = type(self).feed.get(timeout=0.01)
            except queue.Empty:
                continue
            if item is END:
                raise EndOfStream
            if isinstance(item, Exception):
                raise item
            return item
        raise CameraError("closed")

    def close(self):
        self.closed = True


@pytest.fixture
def camera(monkeypatch):
    FakeCamera.feed, FakeCamera.opened, FakeCamera.absent = queue.Queue(), 0, False
    monkeypatch.setattr(plugins, "load", lambda group, name: FakeCamera)
    return FakeCamera


def show(camera, **what):
    camera.feed.put(Frame(time.monotonic(), **(what or {"image": PICTURE})))


def heard(ear, node):
    """Best effort may lose what is said before the two have met: repeat until something is heard."""
    show(node)
    end = time.monotonic() + 10
    while not ear.messages:
        assert time.monotonic() < end, "no picture was heard"
        time.sleep(0.02)
        show(node)
    return ear.messages[0]


def test_frames_are_published_with_the_moment_of_their_capture(bench, camera):
    ear, infos = bench.hear(Image, "image_raw", qos.IMAGE), bench.hear(CameraInfo, "camera_info", qos.IMAGE)
    node = bench.add(CameraNode)
    bench.until(lambda: node.active)
    message = heard(ear, camera)
    assert np.array_equal(conversions.from_image(message), PICTURE)
    assert 0 <= node.ros_now() - messages.from_time(message.header.stamp) < 5
    assert message.header.frame_id == "camera_optical_frame"
    info = infos.wait()[0]
    assert (info.width, info.height, info.k[0]) == (320, 240, 509.6)


def test_a_jpeg_is_passed_on_byte_by_byte(bench, camera):
    ear, infos = bench.hear(CompressedImage, "image_raw/compressed", qos.IMAGE), bench.hear(CameraInfo, "camera_info", qos.IMAGE)
    node = bench.add(CameraNode, "-p", "compressed:=true")
    bench.until(lambda: node.active)
    jpeg = conversions.encode(PICTURE, 80)
    end = time.monotonic() + 10
    while not ear.messages and time.monotonic() < end:
        show(camera, jpeg=jpeg)
        time.sleep(0.02)
    assert bytes(ear.wait()[0].data) == jpeg
    assert (infos.wait()[0].width, infos.messages[0].height) == (320, 240)


def test_a_broken_jpeg_is_counted_and_the_next_frame_is_shown(bench, camera):
    ear = bench.hear(Image, "image_raw", qos.IMAGE)
    node = bench.add(CameraNode)
    bench.until(lambda: node.active)
    show(camera, jpeg=b"\xff\xd8 no picture")
    heard(ear, camera)
    assert node.meter.counts()["broken_frames"] == 1


def test_a_camera_absent_at_boot_is_opened_when_it_comes(bench, camera):
    camera.absent = True
    ear = bench.hear(DiagnosticArray, "/diagnostics", qos.DIAGNOSTICS)
    node = bench.add(CameraNode, "-p", "diagnostics_period:=0.1")
    status = ear.next(lambda m: m.status[0].level == DiagnosticStatus.ERROR).status[0]
    assert "no camera at /dev/video9: plug it in" in status.message
    camera.absent = False
    bench.until(lambda: node.active)


def test_an_unplugged_camera_is_opened_again(bench, camera):
    ear = bench.hear(Image, "image_raw", qos.IMAGE)
    node = bench.add(CameraNode)
    bench.until(lambda: node.active)
    heard(ear, camera)
    camera.feed.put(CameraError("the camera is gone: plug it in"))
    bench.until(lambda: camera.opened == 2)
    ear.messages.clear()
    heard(ear, camera)
    assert node.meter.counts()["lost"] == 1


def test_a_camera_that_hangs_is_heard_of_once_and_opened_anew(bench, camera, monkeypatch):
    monkeypatch.setattr(camera, "live", True)
    ear = bench.hear(Image, "image_raw", qos.IMAGE)
    node = bench.add(CameraNode)
    bench.until(lambda: node.active)
    shown = 0
    end = time.monotonic() + 10
    while not ear.messages and time.monotonic() < end:  # best effort: until the two have met
        show(camera, image=np.full_like(PICTURE, shown := shown + 1))
        time.sleep(0.02)
    assert ear.messages
    time.sleep(0.1)
    ear.messages.clear()
    now = time.monotonic()
    for k in range(12):
        camera.feed.put(Frame(now + k * 0.1, image=np.full_like(PICTURE, shown)))
    bench.until(lambda: camera.opened == 2)
    assert not ear.messages
    assert node.meter.counts()["repeated_frames"] >= 8
    assert "very same picture" in node.health()[1]
    show(camera, image=np.full_like(PICTURE, shown + 1))
    bench.until(lambda: bool(ear.messages) and node.health()[1] == "active")


def test_the_end_of_the_stream_is_told(bench, camera):
    node = bench.add(CameraNode)
    camera.feed.put(END)
    bench.until(lambda: node.ended)


def test_deactivate_and_activate_start_it_anew(bench, camera):
    node = bench.add(CameraNode)
    bench.until(lambda: node.active)
    assert node.trigger_deactivate() == TransitionCallbackReturn.SUCCESS
    assert not node.active
    assert node.trigger_activate() == TransitionCallbackReturn.SUCCESS
    heard(bench.hear(Image, "image_raw", qos.IMAGE), camera)


def test_without_autostart_it_waits_for_its_manager(bench, camera):
    from lifecycle_msgs.srv import ChangeState

    node = bench.add(CameraNode, "-p", "autostart:=false")
    for transition in (Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE):
        assert not node.active
        request = ChangeState.Request()
        request.transition.id = transition
        assert bench.call(ChangeState, "camera/change_state", request).success
    assert node.active
