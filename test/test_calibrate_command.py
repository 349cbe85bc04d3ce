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

"""`theylive calibrate`: progress and result of the action, a picture of the residuals, and an exit status that tells how it went."""

import dataclasses
import os
import signal
import threading

import cv2
import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 (rclpy)")

from sensor_msgs.msg import CompressedImage
from theylive_msgs.action import Calibrate

from theylive_ros import cli
from theylive_ros.commands import calibrate
from theylive_ros.mirrors.calibration import Observed, nominal
from theylive_ros.mirrors.calibration_file import save
from theylive_ros.nodes import qos
from theylive_ros.nodes.base import ManagedNode, Worker
from theylive_ros.nodes.calibrate_server import CalibrateServer

NAN = float("nan")
POINTS = tuple(Observed(x, y, (x - 160) / 2, (y - 120) / 2, 0.1, 1e-4) for x in (40.0, 160.0, 280.0) for y in (40.0, 200.0))


class Calibrator(ManagedNode):
    """Answers every goal by `script(job)`, in a thread of its own."""

    def __init__(self, script, **options):
        super().__init__("calibrator", **options)
        self.script, self.jobs = script, []
        self.server = CalibrateServer(self, lambda: "")
        self.ready()

    def start(self):
        self.worker = Worker(self, "look", self.look)

    def stop(self):
        if hasattr(self, "worker"):
            self.worker.join()

    def look(self, worker):
        while not worker.pause(0.02):
            if (job := self.server.take()) is not None:
                self.jobs.append(job)
                self.server.done(self.script(job, worker))

    def destroy_node(self):
        self._halt()
        self.server.destroy()
        super().destroy_node()


def feedback(job):
    job.tell(Calibrate.Feedback(stage="grid", progress=0.5, tried=20, found=18, residual=0.25))


def patiently(job, worker):
    """Until it is cancelled."""
    while not job.cancelled and not worker.pause(0.02):
        feedback(job)
    return Calibrate.Result(message="cancelled; the old calibration is as it was", rms=NAN, p95=NAN)


@pytest.fixture
def calibrator(bench):
    return lambda script, *arguments: bench.add(lambda **options: Calibrator(script, **options), *arguments)


def theylive(*words):
    with pytest.raises(SystemExit) as ended:
        cli.main(["calibrate", *map(str, words)])
    return ended.value.code


def test_it_shows_progress_and_result_and_draws_the_residuals(calibrator, tmp_path, capsys):
    file, picture = tmp_path / "rig.yaml", tmp_path / "rig.png"

    def script(job, _):
        feedback(job)
        save(dataclasses.replace(nominal(), method="sweep", points=POINTS, rejected=2, rms_px=0.11, p95_m=0.0002), job.request.file)
        return Calibrate.Result(success=True, message="6 places", file=job.request.file, points=6, rms=0.11, p95=0.0002)

    node = calibrator(script)
    assert theylive("--file", file, "--columns", 5, "--rows", 4, "--picture", picture) == 0
    (job,) = node.jobs
    assert (job.request.columns, job.request.rows, job.request.file) == (5, 4, str(file))
    said = capsys.readouterr()
    assert "50 %  grid   18 of 20 places, residual 0.25 px" in said.err
    for words in ("6 seen and believed, 2 rejected", "0.11 px RMS, 0.20 mm p95", "100 % of the picture of 320x240 px", str(picture)):
        assert words in said.out
    assert cv2.imread(str(picture)) is not None


def test_the_residuals_are_drawn_over_what_the_camera_sees(bench, calibrator, tmp_path):
    camera = bench.say(CompressedImage, "image_raw/compressed", qos.IMAGE)
    seen = cv2.imencode(".png", np.full((240, 320, 3), (60, 60, 200), np.uint8))[1].tobytes()

    def script(job, worker):
        save(dataclasses.replace(nominal(), method="sweep", points=POINTS), job.request.file)
        return Calibrate.Result(success=True, message="6 places", file=job.request.file)

    calibrator(script)
    picture, over = tmp_path / "rig.png", threading.Event()

    def film():
        while not over.wait(0.03):
            camera.publish(CompressedImage(format="png", data=seen))

    thread = threading.Thread(target=film)
    thread.start()
    try:
        assert theylive("--file", tmp_path / "rig.yaml", "--picture", picture) == 0
    finally:
        over.set()
        thread.join()
    blue, _, red = cv2.imread(str(picture))[300, 200]
    assert red > blue + 40


def test_what_was_refused_ends_with_status_1_and_the_reason(calibrator, tmp_path, capsys):
    calibrator(lambda job, _: Calibrate.Result(message="the spot was seen at none of 5 places", rms=NAN, p95=NAN))
    assert theylive("--picture", tmp_path / "none.png") == 1
    assert "the spot was seen at none of 5 places" in capsys.readouterr().out
    assert not (tmp_path / "none.png").exists()


def test_ctrl_c_cancels_and_waits_for_the_end(calibrator, capsys):
    node = calibrator(patiently)

    def interrupt():
        while not node.jobs:
            threading.Event().wait(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Thread(target=interrupt)
    timer.start()
    assert theylive() == 1
    timer.join()
    said = capsys.readouterr()
    assert "cancelling" in said.err
    assert "the old calibration is as it was" in said.out


def test_a_rig_in_a_namespace_is_reached_by_its_name(calibrator, monkeypatch, capsys):
    calibrator(lambda job, _: Calibrate.Result(message="reached", rms=NAN, p95=NAN), "-r", "__ns:=/left")
    assert theylive("--namespace", "left") == 1
    assert "reached" in capsys.readouterr().out
    monkeypatch.setattr(calibrate, "_PATIENCE", 1.0)
    assert theylive() == 2
    assert "no calibrator answers" in capsys.readouterr().err


def test_a_calibrator_that_leaves_is_missed(bench, calibrator, capsys):
    node = calibrator(patiently)

    def destroy():  # by the thread that spins it, as rclpy wants it
        bench.executor.remove_node(node)
        bench.nodes.remove(node)
        node.destroy_node()

    def leave():
        while not node.jobs:
            threading.Event().wait(0.02)
        bench.executor.create_task(destroy)

    leaver = threading.Thread(target=leave)
    leaver.start()
    assert theylive() == 2
    leaver.join()
    assert "the calibrator is gone" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--columns", "-1"], "--columns is -1; it must be"),
        (["--picture", "no/such/folder/a.png"], "lie in a folder that is there"),
        (["--picture", "residuals.txt"], "must end in .png or .jpg"),
    ],
)
def test_arguments_that_cannot_be_are_refused_before_anything_is_asked(words, said, capsys):
    assert theylive(*words) == 2
    assert said in capsys.readouterr().err
