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

import json

import numpy as np
import pytest
import tiny_tflite

from theylive_ros import cli
from theylive_ros.detector import manifest
from theylive_ros.detector.decode import BINS, DISTANCES, LOGIT, NORMALISED, PIXELS, PROBABILITY
from theylive_ros.detector.interface import DetectorError
from theylive_ros.detector.layout import BOXES, CENTRE, PREDICTIONS, SCORES
from theylive_ros.detector.network import input_table
from theylive_ros.detector.tflite import Tensor


@pytest.fixture
def model(tmp_path):
    return tiny_tflite.squares(tmp_path / "m.tflite")


@pytest.fixture
def written(model):
    manifest.save(manifest.make(model, ["alien", "john"], training={"seed": 7, "licence": "AGPL-3.0"}), manifest.path_of(model))
    return model


def change(model, edit):
    path = manifest.path_of(model)
    data = json.loads(path.read_text())
    edit(data)
    path.write_text(json.dumps(data))


def test_a_manifest_is_read_back_as_it_was_written(written):
    loaded = manifest.load(written)
    assert loaded == manifest.make(written, ["alien", "john"], training={"seed": 7, "licence": "AGPL-3.0"})
    assert (loaded.labels, loaded.architecture, loaded.fit, loaded.model) == (("alien", "john"), "yolov8", "letterbox", "m.tflite")
    assert (loaded.input.width, loaded.input.height, loaded.input.colour) == (32, 32, "rgb")


def test_the_manifest_lies_beside_the_model_under_its_name(written):
    assert sorted(p.name for p in written.parent.iterdir()) == ["m.json", "m.tflite"]


def test_a_missing_manifest_names_the_command_that_writes_it(model):
    with pytest.raises(DetectorError, match=rf"has no manifest m\.json.*theylive manifest {model} --labels alien,john"):
        manifest.load(model)


def test_a_model_that_was_replaced_is_refused(written):
    written.write_bytes(written.read_bytes() + b"\0")
    with pytest.raises(DetectorError, match=r"not the file that m\.json describes"):
        manifest.load(written)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda d: d.pop("labels"), "no 'labels'"),
        (lambda d: d.update(labels="alien"), "labels are 'alien'"),
        (lambda d: d.update(labels=[]), "labels are none"),
        (lambda d: d.update(labels=["alien", "alien"]), "name each class"),
        (lambda d: d.update(labels=["alien", 3]), "give a list of names"),
        (lambda d: d.update(schema=2), "schema 2"),
        (lambda d: d.update(architecture="vgg"), "architecture is 'vgg'"),
        (lambda d: d["input"].update(shape=[1, 3, 32, 32]), "export it as NHWC"),
        (lambda d: d["input"].update(colour="grey"), "colour is 'grey'"),
        (lambda d: d["outputs"][0].update(meaning="magic"), "meaning is 'magic'"),
        (lambda d: d["input"].update(range=[0]), "damaged"),
    ],
)
def test_a_damaged_manifest_is_refused_in_one_line(written, edit, message):
    change(written, edit)
    with pytest.raises(DetectorError, match=message) as error:
        manifest.load(written)
    assert "\n" not in str(error.value)


def test_text_that_is_no_json_is_refused(written):
    manifest.path_of(written).write_text("{")
    with pytest.raises(DetectorError, match="is damaged"):
        manifest.load(written)


def test_tensors_are_matched_by_name_and_a_difference_is_refused(written):
    told = manifest.load(written)
    tensors = [o.tensor for o in told.outputs]
    assert [o.tensor.name for o in manifest.check_tensors(told, [told.input.tensor], tensors[::-1])] == ["scores", "boxes"]
    other = Tensor("boxes", (1, 4, 4, 4), "int8", tensors[0].scale, tensors[0].zero_point)
    with pytest.raises(DetectorError, match=r"does not describe its tensor boxes \[1, 4, 4, 4\]"):
        manifest.check_tensors(told, [told.input.tensor], [other, tensors[1]])


def test_a_failed_write_leaves_the_old_manifest(written, monkeypatch):
    before = manifest.path_of(written).read_text()
    made = manifest.make(written, ["john", "alien"])

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(manifest.os, "replace", fail)
    with pytest.raises(DetectorError, match="No space left"):
        manifest.save(made, manifest.path_of(written))
    assert manifest.path_of(written).read_text() == before
    assert len(list(written.parent.iterdir())) == 2


def test_a_wrong_number_of_labels_is_refused(model):
    with pytest.raises(DetectorError, match="none of the yolov8 layouts for 3 labels"):
        manifest.make(model, ["alien", "john", "dog"])


def test_meanings_and_values_are_told_from_shapes_and_ranges(tmp_path):
    made = manifest.make(tiny_tflite.squares(tmp_path / "a.tflite"), ["alien", "john"])
    assert [(o.meaning, o.values) for o in made.outputs] == [(BOXES, DISTANCES), (SCORES, PROBABILITY)]
    made = manifest.make(tiny_tflite.one_head(tmp_path / "b.tflite"), ["background", "alien", "john"], architecture="mobilenetv2")
    assert [(o.meaning, o.values) for o in made.outputs] == [(CENTRE, NORMALISED), (SCORES, PROBABILITY)]
    # 64x64 px: 84 cells of strides 8, 16 and 32
    path = tiny_tflite.reshape(tmp_path / "c.tflite", (1, 64, 64, 3), [(1, 64 * 192)])
    with pytest.raises(DetectorError, match="none of the mobilenetv2 layouts"):
        manifest.make(path, ["alien", "john"])


@pytest.mark.parametrize(
    ("tensor", "meaning", "extremes", "values"),
    [
        (Tensor("t", (1, 8, 8, 64), "int8", 0.1, 2), BOXES, (-13, 12.5), BINS),
        (Tensor("t", (1, 8, 8, 2), "int8", 0.1, 80), SCORES, (-20.8, 4.7), LOGIT),
        (Tensor("t", (1, 6, 84), "int8", 1 / 255, -128), PREDICTIONS, (0, 1), NORMALISED),
        (Tensor("t", (1, 6, 84), "float32", 0, 0), PREDICTIONS, (0, 219.5), PIXELS),
    ],
)
def test_values_follow_the_range(tensor, meaning, extremes, values):
    assert manifest._guess_values(tensor, meaning, *extremes) == values


def test_floats_are_told_from_a_trial_run(tmp_path):
    made = manifest.make(tiny_tflite.squares(tmp_path / "a.tflite", "float32"), ["alien", "john"])
    assert {o.tensor.name: o.values for o in made.outputs} == {"boxes": DISTANCES, "scores": LOGIT}  # -0.5 for grey


@pytest.mark.parametrize(
    ("scale", "zero_point", "expected"),
    [(1 / 255, -128, (0, 1)), (2 / 255, 0, (-1, 1)), (1.0, -128, (0, 255)), (0.0187, -14, (0, 1))],
)
def test_the_input_range_is_told_from_its_quantisation(scale, zero_point, expected):
    assert manifest._guess_range(Tensor("t", (1, 8, 8, 3), "int8", scale, zero_point)) == expected


def test_the_input_table_is_the_byte_with_its_top_bit_turned_for_the_usual_int8_model():
    table = input_table(manifest.Input(Tensor("t", (1, 8, 8, 3), "int8", 1 / 255, -128), "rgb", 0.0, 1.0))
    assert (table[0].view(np.uint8) == np.arange(256) ^ 0x80).all()


@pytest.mark.parametrize(
    ("tensor", "low", "high", "first", "last"),
    [
        (Tensor("t", (1, 8, 8, 3), "uint8", 1 / 255, 0), 0.0, 1.0, 0, 255),
        (Tensor("t", (1, 8, 8, 3), "int8", 2 / 255, 0), -1.0, 1.0, -128, 127),
        (Tensor("t", (1, 8, 8, 3), "int8", 0.0187, -14), 0.0, 1.0, -14, 39),
        (Tensor("t", (1, 8, 8, 3), "float32", 0, 0), -1.0, 1.0, -1.0, 1.0),
    ],
)
def test_the_input_table_follows_type_scale_and_range(tensor, low, high, first, last):
    table = input_table(manifest.Input(tensor, "rgb", low, high))
    assert table.dtype == tensor.dtype
    assert (table[0, 0], table[0, 255]) == (first, last)
    assert (np.diff(table[0].astype(float)) >= 0).all()


def test_the_command_writes_a_manifest_and_does_not_replace_one_unasked(model, capsys):
    command = ["manifest", str(model), "--labels", "alien, john", "--fit", "crop", "--licence", "CC0-1.0"]
    assert cli._main(command) == 0
    assert capsys.readouterr().out.strip() == str(manifest.path_of(model))
    assert (manifest.load(model).fit, manifest.load(model).training) == ("crop", {"licence": "CC0-1.0"})
    assert cli._main(command) == 2
    assert "--force" in capsys.readouterr().err
    assert cli._main(["manifest", str(model), "--labels", "john,alien", "--force"]) == 0
    assert manifest.load(model).labels == ("john", "alien")


def test_the_command_describes_a_compiled_model_without_an_edge_tpu(tmp_path):
    path = tiny_tflite.compiled(tmp_path / "m_edgetpu.tflite")
    assert cli._main(["manifest", str(path), "--labels", "alien,john"]) == 0
    assert manifest.load(path).labels == ("alien", "john")


@pytest.mark.parametrize(("outputs", "message"), [("boxes", "2 outputs.*a meaning for each"), ("boxes,magic", "mean one of")])
def test_wrong_meanings_are_refused(model, outputs, message, capsys):
    assert cli._main(["manifest", str(model), "--labels", "alien,john", "--outputs", outputs]) == 2
    with pytest.raises(DetectorError, match=message):
        manifest.make(model, ["alien", "john"], meanings=outputs.split(","))
