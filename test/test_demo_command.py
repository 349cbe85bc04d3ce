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

"""`theylive demo`: a rig that calibrates itself, a film, a picture, a report, and John spared.

How fast it aims is measured by it, not asserted here.
"""

import json
import os
import subprocess
import sys

import cv2
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 (rclpy)")

from theylive_ros.commands.demo import failure


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("a demo")
    beside = tmp_path_factory.mktemp("elsewhere") / "one_alien"
    beside.mkdir()  # a folder of the scenario's name must not be taken for it
    command = [sys.executable, "-c", "from theylive_ros.cli import main; main()", "demo", "--seconds", "6", "--scenario", "one_alien"]
    command += [f"--{name}={folder}/demo.{kind}" for name, kind in (("report", "json"), ("video", "mp4"), ("picture", "png"))]
    ended = subprocess.run(command, cwd=beside.parent, env=os.environ, capture_output=True, text=True, timeout=110, check=False)
    return folder, ended


def test_it_ends_well_and_prints_a_short_table(demo):
    _, ended = demo
    assert ended.returncode == 0, ended.stderr
    assert "John hit" in ended.stdout
    assert "calibrating a rig of which nothing is known" in ended.stderr
    assert len(ended.stdout.splitlines()) < 16


def test_the_report_holds_what_was_promised(demo):
    report = json.loads((demo[0] / "demo.json").read_text())
    assert report["john_hits"] == 0
    assert report["hits"] >= 1
    assert report["frames"] > 60
    assert report["calibration"]["rms_px"] <= 0.5
    assert report["calibration"]["p95_mm"] <= 0.8
    assert report["calibration"]["places"] >= 24
    for name in ("time_to_target_s", "spot_to_aim_mm", "pointing_error_mm"):
        assert set(report[name]) == {"p50", "p95", "max"}
    for stage in ("inference", "detections", "target", "pointing"):
        assert {"p50", "p95", "p99"} <= set(report["latency_ms"][stage])
    assert "CPU" in report["detector"] or "Edge TPU" in report["detector"]
    assert set(report) >= {"fps", "shots", "aliens_missed", "memory_mb", "seed", "scenario"}


def test_the_film_plays_and_the_picture_shows_more_than_a_camera_does(demo):
    folder, _ = demo
    film = cv2.VideoCapture(str(folder / "demo.mp4"))
    frames = 0
    while film.grab():
        frames += 1
    assert frames > 60
    picture = cv2.imread(str(folder / "demo.png"))
    assert picture.shape[0] > 720
    assert picture.shape[1] == 960
    assert sorted(p.name for p in folder.iterdir()) == ["demo.json", "demo.mp4", "demo.png"]


@pytest.mark.parametrize(
    ("john_hits", "missed", "words"),
    [(0, 0, ""), (0, 1, "1 of 8 aliens that were due were not hit, with 17.5"), (2, 1, "John was lit 2 times")],
)
def test_a_run_that_is_not_as_it_must_be_says_why(john_hits, missed, words):
    said = failure({"john_hits": john_hits, "aliens_missed": missed, "aliens_due": 8, "fps": 17.5})
    assert words in said
    assert bool(said) == bool(words)
