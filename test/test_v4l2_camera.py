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

"""The Video4Linux camera, on a device that behaves as OpenCV and a driver do: buffers, stamps, unplugging, other modes than asked for."""

from __future__ import annotations

import collections
import errno
import itertools
import os
import struct
import threading
import time

import cv2
import numpy as np
import pytest

from theylive_ros.camera import v4l2_query
from theylive_ros.camera.interface import CameraError
from theylive_ros.camera.reopen import Backoff
from theylive_ros.camera.v4l2 import V4l2Camera

PERIOD = 1 / 120
TRANSFER = 0.006  # from a frame's stamp to its arrival in a buffer (s)
MODES = (v4l2_query.Mode("MJPG", 320, 240, 120.0), v4l2_query.Mode("YUYV", 640, 480, 30.0))


def make_jpeg(number):
    image = np.full((240, 320, 3), number % 200 + 20, np.uint8)
    return cv2.imencode(".jpg", image)[1].tobytes()


class FakeDevice:
    """cv2.VideoCapture on a camera whose driver fills buffers while nobody reads, and drops new frames once all are full."""

    def __init__(self, clock, **twists):
        self.clock = clock
        self.twists = twists
        self.values = {
            cv2.CAP_PROP_FOURCC: cv2.VideoWriter_fourcc(*"YUYV"),
            cv2.CAP_PROP_FRAME_WIDTH: 640,
            cv2.CAP_PROP_FRAME_HEIGHT: 480,
            cv2.CAP_PROP_FPS: 30.0,
            cv2.CAP_PROP_BUFFERSIZE: 4,
            cv2.CAP_PROP_CONVERT_RGB: 1,
        }
        self.full = collections.deque()
        self.number = 0
        self.start = clock[0]
        self.held = None
        self.plugged = True
        self.released = False
        self.retrieved = []

    def isOpened(self):  # noqa: N802  (OpenCV's name)
        return self.twists.get("opens", True)

    def set(self, prop, value):
        if prop in self.twists.get("refuses", {}):
            return False
        self.values[prop] = self.twists.get("takes", {}).get(prop, value)
        return True

    def get(self, prop):
        if prop == cv2.CAP_PROP_POS_MSEC:
            return (self._stamp(self.held) + self.twists.get("clock_offset", 0.0)) * 1e3
        return self.values[prop]

    def _stamp(self, number):
        return self.start + number * PERIOD

    def _run(self):
        while self._stamp(self.number) + TRANSFER <= self.clock[0]:
            if len(self.full) < 4:
                self.full.append(self.number)
            self.number += 1

    def grab(self):
        if self.twists.get("hangs"):
            self.twists["hangs"].wait(10)
        if not self.plugged:
            return False
        self._run()
        if not self.full:
            self.clock[0] = self._stamp(self.number) + TRANSFER + 1e-9
            self._run()
        self.held = self.full.popleft()
        return True

    def retrieve(self):
        self.retrieved.append(self.held)
        data = self.twists.get("data", make_jpeg)(self.held)
        if self.values[cv2.CAP_PROP_CONVERT_RGB]:
            return True, np.zeros((240, 320, 3), np.uint8)
        return True, np.frombuffer(data, np.uint8).reshape(1, -1)

    def release(self):
        self.released = True


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def make(clock, config=None, **twists):
    """A camera, and the list of the devices that it opens."""
    devices = []

    def capture(path, api):
        assert (path, api) == ("/dev/video0", cv2.CAP_V4L2)
        devices.append(FakeDevice(clock, **twists))
        return devices[-1]

    camera = V4l2Camera(V4l2Camera.Config(**(config or {})), capture, lambda path: v4l2_query.Camera("Rig Cam", "uvcvideo", MODES))
    return camera, devices


def opened(clock, config=None, **twists):
    camera, devices = make(clock, config, **twists)
    camera.open()
    return camera, devices[0]


def test_frames_come_decoded_and_carry_the_drivers_stamp(clock):
    camera, device = opened(clock)
    frame = camera.read()
    assert frame.image.shape == (240, 320, 3)
    assert frame.jpeg is None
    assert frame.stamp == pytest.approx(device._stamp(device.held))


def test_jpeg_is_passed_on_undecoded_when_asked(clock):
    camera, device = opened(clock, {"jpeg": True})
    frame = camera.read()
    assert frame.image is None
    assert frame.jpeg == make_jpeg(device.held)


def test_what_drivers_leave_behind_a_jpeg_is_cut_off(clock):
    camera, _ = opened(clock, {"jpeg": True}, data=lambda n: make_jpeg(n) + b"\0" * 77 + make_jpeg(3)[300:])
    assert camera.read().jpeg == make_jpeg(0)


@pytest.mark.parametrize("clock_offset", [0.0, 1.7e9])  # the driver's stamps on the monotonic clock, or on the wall clock
@pytest.mark.parametrize("work", [0.0, 0.004, 0.009, 0.03, 0.5])
def test_the_newest_frame_is_read_however_slow_the_reader(clock, clock_offset, work):
    camera, device = opened(clock, clock_offset=clock_offset)
    numbers, ages = [], []
    for _ in range(40):
        frame = camera.read()
        numbers.append(device.held)
        ages.append(clock[0] - device._stamp(device.held))
        assert frame.stamp == pytest.approx(device._stamp(device.held) if not clock_offset else clock[0])
        clock[0] += work
    assert max(ages) <= TRANSFER + 1.3 * PERIOD
    # nothing old is decoded, and nobody waits for longer than needed
    assert device.retrieved == numbers
    steps = [b - a for a, b in itertools.pairwise(numbers)]
    assert max(steps) <= work / PERIOD + 2
    if clock_offset == 0.0:
        assert sum(steps) / len(steps) <= max(1.0, work / PERIOD) + 1.01


def test_an_implausible_stamp_is_replaced_by_the_end_of_the_grab(clock):
    camera, _ = opened(clock, clock_offset=-3600.0)
    assert camera.read().stamp == clock[0]


@pytest.mark.parametrize(
    ("takes", "taken"),
    [
        ({cv2.CAP_PROP_FRAME_WIDTH: 640, cv2.CAP_PROP_FRAME_HEIGHT: 480}, "MJPG 640x480 at 120 fps"),
        ({cv2.CAP_PROP_FPS: 30.0}, "MJPG 320x240 at 30 fps"),
        ({cv2.CAP_PROP_FOURCC: cv2.VideoWriter_fourcc(*"YUYV")}, "YUYV 320x240 at 120 fps"),
    ],
)
def test_a_mode_other_than_asked_for_is_refused_with_what_the_camera_offers(clock, takes, taken):
    camera, devices = make(clock, takes=takes)
    with pytest.raises(
        CameraError, match=f"Rig Cam.* takes {taken} instead of MJPG 320x240 at 120 fps: it offers MJPG 320x240 at 120 fps, YUYV"
    ):
        camera.open()
    assert devices[0].released


@pytest.mark.parametrize("fps", [120.101, 0.0, -1.0])
def test_a_rate_that_is_nearly_right_or_not_told_will_do(clock, fps):
    opened(clock, takes={cv2.CAP_PROP_FPS: fps})[0].read()


def test_one_broken_picture_is_left_out(clock):
    camera, device = opened(clock, data=lambda n: make_jpeg(n)[:200] if n == 1 else make_jpeg(n))
    camera.read()
    camera.read()
    assert device.held == 2


def test_nothing_but_broken_pictures_is_an_error(clock):
    camera, _ = opened(clock, data=lambda n: b"\0" * 500)
    with pytest.raises(CameraError, match="broken pictures: try another cable"):
        camera.read()


def test_an_unplugged_camera_is_an_error_and_it_opens_again_when_it_is_back(clock, tmp_path):
    camera, devices = make(clock)
    camera._path = "/dev/video0"
    camera.open()
    camera.read()
    devices[0].plugged = False
    with pytest.raises(CameraError, match=r"/dev/video0 (was unplugged|gives no more frames)"):
        camera.read()
    camera.close()
    assert devices[0].released
    camera.open()
    assert camera.read().image is not None
    assert len(devices) == 2


def test_an_opencv_that_throws_is_an_error_with_a_cure(clock):
    camera, device = opened(clock)

    def throw():
        raise cv2.error("select failed")

    device.grab = throw
    with pytest.raises(CameraError, match="plug it in again"):
        camera.read()


def test_exposure_and_gain_are_set_or_refused(clock):
    _, device = opened(clock, {"exposure": 0.004, "gain": 7})
    assert [device.values[p] for p in (cv2.CAP_PROP_AUTO_EXPOSURE, cv2.CAP_PROP_EXPOSURE, cv2.CAP_PROP_GAIN)] == [1, 40, 7]
    _, device = opened(clock)
    assert device.values[cv2.CAP_PROP_AUTO_EXPOSURE] == 3
    assert cv2.CAP_PROP_GAIN not in device.values
    for config, prop in (({"exposure": 0.004}, cv2.CAP_PROP_EXPOSURE), ({"gain": 7}, cv2.CAP_PROP_GAIN)):
        with pytest.raises(CameraError, match="leave"):
            opened(clock, config, refuses={prop})


def test_a_camera_without_exposure_control_works_all_the_same(clock):
    opened(clock, refuses={cv2.CAP_PROP_AUTO_EXPOSURE})[0].read()


def test_jpeg_of_a_stream_that_is_none_is_refused(clock):
    with pytest.raises(CameraError, match="set fourcc to MJPG"):
        opened(clock, {"jpeg": True, "fourcc": "YUYV"})


def test_an_opencv_without_video4linux_is_named(clock):
    with pytest.raises(CameraError, match="built with Video4Linux"):
        opened(clock, opens=False)


def test_a_closed_camera_is_not_read(clock):
    camera, device = opened(clock)
    camera.close()
    camera.close()
    assert device.released
    with pytest.raises(CameraError, match="open it first"):
        camera.read()


def test_close_during_a_read_ends_it_and_releases_only_when_the_read_is_over(monkeypatch):
    monkeypatch.setattr("theylive_ros.camera.v4l2._PATIENCE", 0.01)
    go_on = threading.Event()
    devices = []

    class Slow(FakeDevice):
        def grab(self):
            entered.set()
            go_on.wait(10)
            assert not self.released
            return False

    entered = threading.Event()
    camera, _ = make([0.0])
    camera._make_capture = lambda path, api: devices.append(Slow([0.0])) or devices[-1]
    camera.open()
    ended = []

    def read():
        try:
            camera.read()
        except CameraError as error:
            ended.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    assert entered.wait(10)
    camera.close()
    assert not devices[0].released
    go_on.set()
    thread.join(10)
    assert ended
    assert devices[0].released


def test_waiting_times_for_opening_again_grow_to_a_limit_and_start_anew():
    backoff = Backoff(first=0.5, factor=2, longest=3)
    assert [backoff.next() for _ in range(5)] == [0.5, 1, 2, 3, 3]
    backoff.reset()
    assert backoff.next() == 0.5
    with pytest.raises(ValueError, match="Backoff"):
        Backoff(first=5, longest=1)


class FakeNode:
    """The ioctls of a node, as the kernel answers them."""

    def __init__(self, able=1 | 0x80000000, node=1, busy=False, stepwise=False):
        self.able, self.node, self.busy, self.stepwise = able, node, busy, stepwise

    def __call__(self, handle, number, buffer):
        what = number & 0xFF
        index = struct.unpack_from("I", buffer)[0]
        mjpg = int.from_bytes(b"MJPG", "little")
        if what == 0:
            struct.pack_into("16s32s32sIII", buffer, 0, b"uvcvideo", b"Rig Cam: Rig Cam", b"usb-1", 0x60100, self.able, self.node)
        elif what == 5 and self.busy:
            raise OSError(errno.EBUSY, "busy")
        elif what == 2:
            if index > 0:
                raise OSError(errno.EINVAL, "end")
            struct.pack_into("I", buffer, 44, mjpg)
        elif what == 74:
            if index >= (1 if self.stepwise else 2):
                raise OSError(errno.EINVAL, "end")
            assert struct.unpack_from("I", buffer, 4)[0] == mjpg
            if self.stepwise:
                struct.pack_into("7I", buffer, 8, 3, 32, 1920, 2, 24, 1080, 2)
            else:
                struct.pack_into("III", buffer, 8, 1, *((320, 240), (640, 480))[index])
        elif what == 75:
            if index >= 2:
                raise OSError(errno.EINVAL, "end")
            struct.pack_into("III", buffer, 16, 1, 1, (120, 60)[index])
        return 0


def test_a_node_is_asked_for_its_name_and_modes():
    camera = v4l2_query.query("/dev/null", FakeNode())
    assert (camera.name, camera.driver) == ("Rig Cam: Rig Cam", "uvcvideo")
    assert v4l2_query.describe(camera.modes) == "MJPG 320x240 at 120 fps, MJPG 640x480 at 120 fps"
    assert len(camera.modes) == 4
    stepwise = v4l2_query.query("/dev/null", FakeNode(stepwise=True))
    assert v4l2_query.describe(stepwise.modes) == "MJPG 32x24, MJPG 1920x1080"


@pytest.mark.parametrize(
    ("path", "node", "message"),
    [
        ("/dev/video-none", FakeNode(), "there is no camera at /dev/video-none: plug it in"),
        ("/dev/null", FakeNode(busy=True), "in use by another program: stop it"),
        ("/dev/null", FakeNode(node=0x00800000), "gives no pictures: take the camera's other node"),
    ],
)
def test_a_node_that_will_not_do_is_named_with_the_cure(path, node, message):
    with pytest.raises(CameraError, match=message):
        v4l2_query.query(path, node)


def test_what_is_no_camera_at_all_is_named():
    with pytest.raises(CameraError, match="/dev/null is not a camera: set `device`"):
        v4l2_query.query("/dev/null")


def test_a_node_without_permission_names_the_group(monkeypatch):
    def refuse(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(CameraError, match="usermod -aG video"):
        v4l2_query.query("/dev/video0")


def test_the_real_opencv_and_kernel_say_that_there_is_no_camera():
    camera = V4l2Camera(V4l2Camera.Config(device="63"))
    with pytest.raises(CameraError, match="there is no camera at /dev/video63"):
        camera.open()
