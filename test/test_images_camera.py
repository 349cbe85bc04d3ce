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

"""The camera of pictures in files."""

from __future__ import annotations

import itertools
import logging
import threading
import time

import cv2
import numpy as np
import pytest

from theylive_ros import plugins
from theylive_ros.camera import jpeg
from theylive_ros.camera.images import ImagesCamera, find_pictures
from theylive_ros.camera.interface import CameraError, EndOfStream
from theylive_ros.camera.pace import Pace


def picture(value):
    return np.full((24, 32, 3), value, np.uint8)


def save(path, value):
    assert cv2.imwrite(str(path), picture(value))
    return path


@pytest.fixture
def folder(tmp_path):
    for number in (10, 2, 1):
        save(tmp_path / f"shot{number}.png", number)
    (tmp_path / "notes.txt").write_text("not a picture")
    return tmp_path


def opened(path, **values):
    camera = ImagesCamera(ImagesCamera.Config(path=str(path), **{"rate": 0.0, "loop": False, **values}))
    camera.open()
    return camera


def values(camera, most=100):
    out = []
    try:
        for _ in range(most):
            out.append(int(camera.read().image[0, 0, 0]))
    except EndOfStream:
        pass
    return out


def test_pictures_come_in_natural_order_and_end(folder):
    camera = opened(folder)
    assert values(camera) == [1, 2, 10]
    with pytest.raises(EndOfStream, match="all 3 pictures"):
        camera.read()


def test_a_loop_begins_again(folder):
    assert values(opened(folder, loop=True), 7) == [1, 2, 10, 1, 2, 10, 1]


def test_a_glob_and_a_single_file_will_do(folder):
    assert values(opened(folder / "shot1*.png")) == [1, 10]
    assert values(opened(folder / "shot2.png")) == [2]


def test_frames_are_whole_colour_pictures_with_growing_stamps(folder):
    camera = opened(folder)
    before = time.monotonic()
    frames = [camera.read() for _ in range(3)]
    stamps = [before, *(f.stamp for f in frames), time.monotonic()]
    assert stamps == sorted(stamps)
    assert all(f.image.shape == (24, 32, 3) and f.image.dtype == np.uint8 and f.jpeg is None for f in frames)


def test_jpeg_files_are_passed_on_undecoded_when_asked_and_others_decoded(tmp_path):
    file = save(tmp_path / "a.jpg", 100)
    save(tmp_path / "b.png", 50)
    camera = opened(tmp_path, jpeg=True)
    first, second = camera.read(), camera.read()
    assert first.image is None
    assert first.jpeg == file.read_bytes()
    assert second.jpeg is None
    assert second.image[0, 0, 0] == 50


@pytest.mark.parametrize("undecoded", [False, True])
def test_an_unreadable_picture_is_skipped_and_named_once(folder, caplog, undecoded):
    (folder / "shot3.png").write_bytes(b"")
    whole = save(folder / "whole.jpg", 7).read_bytes()
    (folder / "shot4.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "whole.jpg").unlink()
    camera = opened(folder, loop=True, jpeg=undecoded)
    with caplog.at_level(logging.WARNING):
        assert values(camera, 7) == [1, 2, 10, 1, 2, 10, 1]
    assert [r.getMessage().split(" is skipped")[0] for r in caplog.records] == [str(folder / "shot3.png"), str(folder / "shot4.jpg")]


def test_when_no_picture_can_be_read_it_says_so(tmp_path):
    (tmp_path / "a.png").write_bytes(b"nonsense")
    with pytest.raises(CameraError, match="none of the 1 pictures"):
        opened(tmp_path, loop=True).read()


@pytest.mark.parametrize(
    ("path", "message"), [("", "set `path`"), ("nowhere/*.png", "no file fits"), (".", "holds no pictures"), ("nowhere", "no file fits")]
)
def test_no_pictures_is_an_error_with_its_cure(tmp_path, monkeypatch, path, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CameraError, match=message):
        find_pictures(path)


def test_a_read_that_waits_is_ended_by_close_and_the_camera_opens_again(folder):
    camera = opened(folder, rate=0.001)
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
    camera.open()
    assert camera.read().image[0, 0, 0] == 1


def test_reading_before_opening_is_refused_and_closing_then_is_harmless(folder):
    camera = ImagesCamera(ImagesCamera.Config(path=str(folder)))
    camera.close()
    with pytest.raises(CameraError, match="open it first"):
        camera.read()


def test_the_pace_is_steady_and_what_is_late_is_not_made_up_for(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    pace = Pace(10)

    def sleep(seconds):
        now[0] += seconds
        return False

    pace._ended.wait = sleep
    shown = []
    for k in range(8):
        if k == 4:
            now[0] += 1.0  # a slow reader
        assert pace.wait()
        shown.append(now[0])
    gaps = [b - a for a, b in itertools.pairwise(shown)]
    assert gaps == [pytest.approx(0.1)] * 3 + [pytest.approx(1.0)] + [pytest.approx(0.1)] * 3


HEAD = b"\xff\xd8\xff\xe1\0\x06th\xff\xd9"  # with a thumbnail that has an end of its own
SCAN = b"\xff\xda\0\x04ab\xff\0cd\xff\xd9"


@pytest.mark.parametrize(
    ("data", "whole"),
    [
        (HEAD + SCAN, HEAD + SCAN),
        (HEAD + SCAN + b"\0\0\0", HEAD + SCAN),
        (HEAD + SCAN + b"old" + SCAN, HEAD + SCAN),
        (HEAD + SCAN[:-1], None),
        (HEAD, None),
        (HEAD[:5], None),
        (SCAN, None),
        (b"\xff\xd9", None),
        (b"", None),
    ],
)
def test_a_jpeg_file_is_taken_whole_and_without_padding(data, whole):
    assert jpeg.complete(data) == whole


def test_the_plugin_is_found_by_its_name(folder):
    camera = plugins.create(plugins.CAMERAS, "images", path=str(folder), rate=0)
    camera.open()
    assert camera.read().image[0, 0, 0] == 1
