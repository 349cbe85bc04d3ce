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

"""An int8 model passes when it is as good as its float net, and what verify found stands in its manifest."""

import dataclasses
import json
import os
import shutil

import pytest
from fake_compiler import WHOLE, compiled, install
from theylive_training.__main__ import main
from theylive_training.tflite.cost import DETECTOR, differences, failures, limits

from theylive_ros.detector import manifest, tflite
from theylive_ros.share import share_path

DATA = os.environ.get("THEYLIVE_DATA", "")
SHIPPED = share_path("models", "compact_yolo_224_int8.tflite")


@pytest.fixture
def model(tmp_path, monkeypatch):
    """The shipped model, which knows drawn heads; itself stands for its float net, so that it loses nothing."""
    monkeypatch.delenv("THEYLIVE_DATA", raising=False)
    monkeypatch.setattr("theylive_training.tflite.verify._RENDERS", 24)
    folder = tmp_path / "run"
    folder.mkdir()
    model = folder / "m_int8.tflite"
    for name in ("m_int8", "m_float"):
        shutil.copy(SHIPPED, folder / f"{name}.tflite")
        told = dataclasses.replace(manifest.load(SHIPPED), model=f"{name}.tflite")
        manifest.save(dataclasses.replace(told, training={**told.training, "metrics": {}}), folder / f"{name}.json")
    return model


def change(model, **changes):
    told = manifest.load(model)
    manifest.save(dataclasses.replace(told, **changes), manifest.path_of(model))


def there(folder):
    return {p.name: p.read_bytes() for p in folder.iterdir()}


def test_a_model_that_loses_nothing_passes_and_its_manifest_says_so(model, capsys):
    assert main(["verify", str(model)]) == 0
    said = capsys.readouterr().out
    assert "drawn pictures, for lack of --data" in said
    assert said.splitlines()[-1] == "passed"
    told = manifest.load(model)
    assert told.training["verify"]["passed"] is True
    assert told.training["verify"]["sha256"] == told.sha256
    assert told.training["metrics"]["sets"]["simulated"]["recall"] > 0.95
    written = json.loads(model.with_name("verify.json").read_text())
    assert set(written["figures"]) == {"float", "int8"}
    assert written["limits"] == DETECTOR
    assert written["differences"]["int8"]["map50_95_drop"] == 0
    assert written["edgetpu_check"]["ok"]


def test_verify_written_twice_is_the_same_to_the_byte(model):
    assert main(["verify", str(model)]) == 0
    before = there(model.parent)
    assert main(["verify", str(model)]) == 0
    assert there(model.parent) == before


def test_a_model_that_calls_john_an_alien_fails_and_it_is_said(model, capsys):
    change(model, labels=("john", "alien"))
    assert main(["verify", str(model)]) == 1
    captured = capsys.readouterr()
    assert "johns called aliens more" in captured.err
    assert captured.out.splitlines()[-1] == "not passed"
    verdict = manifest.load(model).training["verify"]
    assert verdict["passed"] is False
    assert any("johns called aliens more" in line for line in verdict["failed"])


def test_a_float_net_that_knows_nothing_does_not_let_its_int8_file_pass(model):
    for path in (model, model.with_name("m_float.tflite")):
        change(path, labels=("john", "alien"))
    assert main(["verify", str(model)]) == 1
    assert any("map50 " in line for line in manifest.load(model).training["verify"]["failed"])


def result(**changes):
    told = {"exhaustive": True, "map50": 0.995, "map50_95": 0.885, "accuracy": None, "john_called_alien": 1}
    return {**told, "centre_error_px": off(1.7, 3.3), **changes}


def off(p50, p95):
    return {"alien": {"p50": p50, "p95": p95}, "john": None}


@pytest.mark.parametrize(
    ("of_int8", "says"),
    [
        (result(), None),
        (result(map50_95=0.9, john_called_alien=0, centre_error_px=off(1.5, 3.0)), None),
        (result(map50_95=0.88), None),
        (result(map50_95=0.8799), "map50 95 drop 0.0051"),
        (result(john_called_alien=2), "johns called aliens more 1, at most 0"),
        (result(centre_error_px=off(1.91, 3.3)), "alien centre p50 growth"),
        (result(centre_error_px=off(1.7, 3.71)), "alien centre p95 growth"),
        (result(centre_error_px={"alien": None, "john": None}), "alien centre p50 growth px is unknown"),
        (result(map50=0.89), "map50 0.89, at least 0.9"),
    ],
)
def test_each_limit_is_kept_to_the_last_digit(of_int8, says):
    lines = failures(differences(result(), of_int8), limits(result()))
    assert (lines == []) if says is None else any(line.startswith(says) for line in lines), lines


@pytest.mark.parametrize(("accuracy", "passes"), [(0.99, True), (0.985, True), (0.984, False), (None, False)])
def test_a_classifier_is_held_to_its_accuracy(accuracy, passes):
    of_float = result(exhaustive=False, accuracy=0.99, map50=None, map50_95=None)
    assert (failures(differences(of_float, {**of_float, "accuracy": accuracy}), limits(of_float)) == []) is passes


def test_what_would_stay_off_the_edge_tpu_fails(model, monkeypatch, capsys):
    from theylive_training.tflite import edgetpu_check

    report = dataclasses.replace(edgetpu_check.check(model), errors=("operator 3 GELU: not on the Edge TPU",))
    monkeypatch.setattr("theylive_training.tflite.edgetpu_check.check", lambda path: report)
    assert main(["verify", str(model)]) == 1
    assert "Edge TPU: operator 3 GELU" in capsys.readouterr().err


@pytest.fixture
def compiled_model(model, tmp_path):
    assert main(["compile", str(model), "--compiler", str(install(tmp_path, WHOLE, compiled(SHIPPED)))]) == 0
    return model


def test_a_compiled_model_without_a_device_is_said_to_be_not_run(compiled_model, capsys):
    assert main(["verify", str(compiled_model)]) == 0
    assert "m_int8_edgetpu.tflite was not run" in capsys.readouterr().err


def test_a_compiled_model_is_judged_where_there_is_a_device(compiled_model, monkeypatch, capsys):
    monkeypatch.setattr("theylive_ros.detector.edgetpu.open_on_edgetpu", lambda path: tflite.open_on_cpu(SHIPPED, 1))  # stands for one
    assert main(["verify", str(compiled_model)]) == 0
    captured = capsys.readouterr()
    assert "compiled" in captured.out
    assert "not run" not in captured.err


def test_what_was_compiled_of_other_bytes_is_not_judged(compiled_model, capsys):
    path = manifest.path_of(compiled_model.with_name("m_int8_edgetpu.tflite"))
    told = json.loads(path.read_text())
    told["training"]["compiled"]["compiled_from"] = "0" * 64
    path.write_text(json.dumps(told))
    assert main(["verify", str(compiled_model)]) == 0
    assert "compile again" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("model gone", "no model"),
        ("model cut", "not the file"),
        ("no manifest", "has no manifest"),
        ("no float", "m_float.tflite"),
        ("other weights", "not made of the same weights"),
        ("float given", "m_float_float.tflite"),
        ("a folder of something else", "not the folder of a training"),
        ("no data there", "nowhere"),
    ],
)
def test_wrong_input_is_one_line_and_nothing_changes(wrong, says, model, capsys):
    given, more = model, []
    if wrong == "model gone":
        model.unlink()
    elif wrong == "model cut":
        model.write_bytes(model.read_bytes()[:1000])
    elif wrong == "no manifest":
        manifest.path_of(model).unlink()
    elif wrong == "no float":
        model.with_name("m_float.tflite").unlink()
    elif wrong == "other weights":
        change(model, training={"weights_sha256": "1"})
    elif wrong == "float given":
        given = model.with_name("m_float.tflite")
    elif wrong == "no data there":
        more = ["--data", str(model.parent / "nowhere")]
    else:
        given = model.parent
    before = there(model.parent)
    assert main(["verify", str(given), *more]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
    assert there(model.parent) == before


@pytest.mark.skipif(not DATA, reason="THEYLIVE_DATA names no data set")
def test_on_real_pictures_the_verdict_names_them(model):
    assert main(["verify", str(model), "--data", DATA]) == 0
    facts = manifest.load(model).training["verify"]["data"]
    assert (facts["kind"], facts["part"], facts["split"]) == ("real", "val", "random")
    assert len(facts["sha256_of_sorted_sha256s"]) == 64
    assert facts["doubt"] is None
