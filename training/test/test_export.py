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

"""An export leaves whole files or none, says what they are made of, and gives the same bytes each time."""

import dataclasses
import json
import os
import shutil
import subprocess
import sys

import cv2
import numpy as np
import pytest
import torch
from theylive_training.__main__ import main
from theylive_training.errors import TrainingError
from theylive_training.nets.detectors import build
from theylive_training.nets.spec import NetSpec
from theylive_training.run_folder import RunFolder
from theylive_training.tflite.export import export
from theylive_training.tflite.workshop import workshop

from theylive_ros.detector import manifest
from theylive_ros.detector.yolov8 import YoloV8Config, YoloV8Detector

pytestmark = pytest.mark.timeout(300)  # TensorFlow is slow on a busy machine
SPEC = NetSpec("compact", 64, 0.25)  # as small as it gets
INT8, FLOAT = "compact_yolo_w0.25_64_int8", "compact_yolo_w0.25_64_float"


def noise(seed=0):
    rng = np.random.default_rng(seed)
    return cv2.GaussianBlur(rng.integers(0, 256, (64, 64, 3), np.uint8), (0, 0), 3)


def finished(folder):
    """The folder of a training that is done: a net of random weights."""
    torch.manual_seed(1)
    run = RunFolder.make(folder)
    run.save_facts(
        {
            "spec": dataclasses.asdict(SPEC),
            "made_with": "theylive-train train compact",
            "schedule": {"seed": 1},
            "pictures": {"real": 0},
            "versions": {"python": "3"},
        }
    )
    run.save_calibration([noise(i) for i in range(12)])
    torch.save(build(SPEC).state_dict(), run.weights)
    return run


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    run = finished(tmp_path_factory.mktemp("run"))
    assert main(["export", str(run.path)]) == 0
    return run


@pytest.fixture
def run(exported, tmp_path):
    shutil.copytree(exported.path, tmp_path / "run")
    return RunFolder(tmp_path / "run")


def there(folder):
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}


def test_the_int8_and_the_float_model_lie_there_with_their_manifests(exported):
    told, floating = manifest.load(exported.model), manifest.load(exported.float_model)
    assert (exported.model.stem, exported.float_model.stem) == (INT8, FLOAT)
    assert {t.dtype for t in (told.input.tensor, *(o.tensor for o in told.outputs))} == {"int8"}
    assert {t.dtype for t in (floating.input.tensor, *(o.tensor for o in floating.outputs))} == {"float32"}
    assert {(o.meaning, o.tensor.shape, o.values) for o in told.outputs} == {
        (o.meaning, o.tensor.shape, o.values) for o in floating.outputs
    }
    assert (floating.labels, floating.input.low, floating.input.high) == (told.labels, told.input.low, told.input.high)
    assert told.training["calibration"]["pictures"] == 12
    assert told.training["weights_sha256"] == manifest.sha256(exported.weights)
    assert told.training["edgetpu_check"]["ok"]
    assert {p.suffix for p in exported.path.iterdir() if p.name.startswith(".")} == set()


def test_the_robots_detector_reads_both_alike(exported):
    found = []
    for model in (exported.model, exported.float_model):
        detector = YoloV8Detector(YoloV8Config(model=str(model), device="cpu", score_threshold=0.0, iou_threshold=1.0))
        detector.load()
        found.append(sorted((d.label, round(d.x), round(d.y), d.width, d.score) for d in detector.detect(noise(99)).items))
        detector.close()
    assert [f[:3] for f in found[0]] == [f[:3] for f in found[1]] != []
    np.testing.assert_allclose([f[3] for f in found[0]], [f[3] for f in found[1]], atol=1)
    np.testing.assert_allclose([f[4] for f in found[0]], [f[4] for f in found[1]], atol=0.02)


@pytest.fixture
def converted(exported, monkeypatch):
    """Stands in for the conversion, which takes seconds: gives the files that were made once; says how many pictures it was given."""
    asked = []

    def convert_files(weights, spec, calibration, int8, floating, report):
        asked.append(len(calibration))
        int8.write_bytes(exported.model.read_bytes() + (b"" if len(calibration) == 12 else b"other scales"))
        floating.write_bytes(exported.float_model.read_bytes())

    monkeypatch.setattr("theylive_training.tflite.from_torch.convert_files", convert_files)
    return asked


def with_verify(model):
    told = manifest.load(model)
    manifest.save(dataclasses.replace(told, training={**told.training, "verify": {"passed": True}}), manifest.path_of(model))


def test_exporting_the_same_bytes_again_keeps_what_verify_found(run, converted):
    with_verify(run.model)
    assert main(["export", str(run.path)]) == 0
    assert converted == [12]
    assert manifest.load(run.model).training["verify"] == {"passed": True}


def test_fewer_pictures_calibrate_another_model_that_nobody_has_verified(run, converted):
    with_verify(run.model)
    export(run, calibration=5)
    assert converted == [5]
    after = manifest.load(run.model)
    assert after.training["calibration"]["pictures"] == 5
    assert "verify" not in after.training


@pytest.mark.parametrize(
    ("pictures", "given", "says"),
    [
        ({"real": 0}, [], "Apache-2.0: drawn by theylive_ros.simulator"),
        ({"real": 800, "set": "public"}, [], "PDDL-1.0: chxadr/humanxalien-dataset; the rest Apache-2.0: drawn by theylive_ros.simulator"),
        ({"real": 5, "set": "csv"}, [], ""),  # nobody has said it: such a model is not shipped
        ({"real": 5, "set": "csv"}, ["--data-licence", "mine"], "mine; the rest Apache-2.0: drawn by theylive_ros.simulator"),
    ],
)
def test_the_manifest_names_the_licence_of_the_pictures(pictures, given, says, run, converted):
    run.save_facts({**run.facts(), "pictures": pictures})
    assert main(["export", str(run.path), *given]) == 0
    assert manifest.load(run.model).training["licence"]["data"] == says


def test_a_killed_export_leaves_what_was_there_and_the_next_one_cleans_up(run, converted):
    before = there(run.path)
    code = """
import sys, time, types
from pathlib import Path
def convert_files(weights, spec, calibration, int8, floating, report):
    int8.write_bytes(b"half")
    print("working", flush=True)
    time.sleep(60)
sys.modules["theylive_training.tflite.from_torch"] = types.SimpleNamespace(convert_files=convert_files)
from theylive_training.__main__ import main
main(["export", sys.argv[1]])
"""
    process = subprocess.Popen([sys.executable, "-c", code, str(run.path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout.readline() == "working\n"
    process.kill()
    process.communicate()
    assert there(run.path) == before
    assert [p for p in run.path.iterdir() if p.is_dir()]
    assert main(["export", str(run.path)]) == 0
    assert not [p for p in run.path.iterdir() if p.is_dir()]


def test_what_is_being_made_by_a_living_process_is_left_alone(tmp_path):
    other = tmp_path / f".making-{os.getppid()}-x"
    other.mkdir()
    with workshop(tmp_path):
        assert other.is_dir()


def test_a_full_disk_is_said_in_one_line(tmp_path):
    with pytest.raises(TrainingError, match="make room"), workshop(tmp_path):
        raise OSError(28, "No space left on device")
    assert not list(tmp_path.iterdir())


def _damage(run, what):
    if what == "weights gone":
        run.weights.unlink()
    elif what == "weights cut":
        run.weights.write_bytes(run.weights.read_bytes()[:2000])
    elif what == "another net's weights":
        torch.save(build(NetSpec("compact", 64, 0.5)).state_dict(), run.weights)
    elif what == "no calibration":
        run.calibration_file.unlink()
    elif what == "calibration cut":
        run.calibration_file.write_bytes(run.calibration_file.read_bytes()[:500])
    elif what == "other calibration":
        run.save_calibration([np.zeros((32, 32, 3), np.uint8)])
    elif what == "empty facts":
        run.facts_file.write_text("")
    elif what == "wrong facts":
        run.facts_file.write_text(json.dumps({"spec": {"net": "compact", "side": "wide"}}))
    else:
        run.facts_file.unlink()


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("weights gone", "is not done"),
        ("weights cut", "holds no weights of this net"),
        ("another net's weights", "holds no weights of this net"),
        ("no calibration", "calibration.npz"),
        ("calibration cut", "calibration.npz"),
        ("other calibration", "64 x 64 px"),
        ("empty facts", "run.json"),
        ("wrong facts", "run.json"),
        ("no facts", "not the folder of a training"),
    ],
)
def test_what_is_damaged_is_named_and_nothing_changes(what, says, run, capsys):
    _damage(run, what)
    before = there(run.path)
    assert main(["export", str(run.path)]) == 2
    error = capsys.readouterr().err.splitlines()
    assert says in error[-1]
    assert not [line for line in error[:-1] if not line.startswith("export: ")]
    assert there(run.path) == before
    assert not [p for p in run.path.iterdir() if p.is_dir()]


def test_more_calibration_than_was_kept_is_refused(run, capsys):
    assert main(["export", str(run.path), "--calibration", "100"]) == 2
    assert "kept 12 pictures" in capsys.readouterr().err
