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

"""The stack on real pictures, over real topics, with the shipped model: aliens become targets, John never does."""

import shutil
import signal
import sys

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 (rclpy)")

from processes import programs
from theylive_msgs import msg

from theylive_ros.nodes import qos

ALIEN, JOHN = 0, 1
COUNT = 8  # pictures of each kind
SHOWN = 12  # frames of each: a head stands before a camera for longer than it takes to be believed
NEAR = 6.0  # px


@pytest.fixture
def start():
    with programs() as made:
        yield made


def pictures(data_dir, kind):
    """Some validation pictures with one head of that kind, and where it is (px), spread over the days on which they were taken."""
    folder = data_dir / "humanxalien" / "data_yolov8n" / "targets"
    found = []
    for label in sorted((folder / "labels" / "val").glob("*.txt")):
        what, x, y, *_ = map(float, label.read_text().split())
        if what == kind:
            found.append((folder / "images" / "val" / f"{label.stem}.jpg", 224 * x, 224 * y))
    assert len(found) >= COUNT, f"{folder} has only {len(found)} pictures of kind {kind}"
    return found[:: len(found) // COUNT][:COUNT]


def targets(bench, start, folder, shown):
    """The targets of a run over pictures that are each shown SHOWN times; one entry for each frame."""
    for n, (picture, _, _) in enumerate(shown):
        for again in range(SHOWN):
            shutil.copy(picture, folder / f"{n * SHOWN + again:04}.jpg")
    ear = bench.hear(msg.Target, "target", qos.RESULT)
    slowly = ["--ros-args", "-p", "camera:camera.rate:=30.0"]
    run = start(sys.executable, "-c", "from theylive_ros.cli import main; main()", "run", "--camera", "images", "--source", folder, *slowly)
    ear.wait(lambda heard: len(heard) > (len(shown) + 1) * SHOWN, 60)  # it begins again after the last: each was seen from its start
    run.ask_to_end(signal.SIGINT)
    assert run.end() == 0, run.text
    return list(ear.messages)


def test_aliens_on_real_pictures_become_targets_where_they_are(bench, start, data_dir, tmp_path):
    shown = pictures(data_dir, ALIEN)
    heard = targets(bench, start, tmp_path, shown)
    places = [(m.target.x, m.target.y) for m in heard if m.has_target]
    assert {m.target.label for m in heard if m.has_target} == {"alien"}
    met = [any(abs(x - ax) < NEAR and abs(y - ay) < NEAR for ax, ay in places) for _, x, y in shown]
    assert sum(met) >= COUNT - 1, f"{met.count(False)} of {COUNT} aliens never became the target"


def test_john_on_real_pictures_is_protected_and_never_the_target(bench, start, data_dir, tmp_path):
    shown = pictures(data_dir, JOHN)
    heard = targets(bench, start, tmp_path, shown)
    assert not any(m.has_target for m in heard)
    places = [(t.x, t.y) for m in heard for t in m.protected_tracks if t.label == "john"]
    met = [any(abs(x - px) < NEAR and abs(y - py) < NEAR for px, py in places) for _, x, y in shown]
    assert sum(met) >= COUNT - 1, f"{met.count(False)} of {COUNT} Johns were never protected"
    assert all(m.clears_protected for m in heard)
