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

import dataclasses

import numpy as np
import pytest
import tiny_tflite

from theylive_ros import plugins
from theylive_ros.detector import manifest
from theylive_ros.detector.decode import LOGIT, PIXELS, Output
from theylive_ros.detector.interface import DetectorError
from theylive_ros.detector.layout import CENTRE, SCORES, find_meanings
from theylive_ros.detector.mobilenetv2 import MobileNetV2Detector, class_probabilities
from theylive_ros.detector.tflite import DTYPES, Tensor
from theylive_ros.types import Region

RED, BLUE, BLACK = (0, 0, 255), (255, 0, 0), (0, 0, 0)  # BGR


def written(folder, dtype="int8", labels=("background", "alien", "john")):
    path = tiny_tflite.one_head(folder / "m.tflite", dtype)
    manifest.save(manifest.make(path, labels, architecture="mobilenetv2"), manifest.path_of(path))
    return path


def loaded(path, **settings):
    detector = MobileNetV2Detector(MobileNetV2Detector.Config(**{"model": str(path), "device": "cpu", "box_size": 4.0, **settings}))
    detector.load()
    return detector


def plain(colour, width=16, height=16):
    return np.full((height, width, 3), colour, np.uint8)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("colour", "label"), [(RED, "alien"), (BLUE, "john")])
def test_the_one_head_is_named_and_placed(tmp_path, dtype, colour, label):
    (head,) = loaded(written(tmp_path, dtype)).detect(plain(colour)).items
    assert (head.label, head.x, head.y, head.width, head.height) == (label, 4, 12, 4, 4)
    assert head.score == pytest.approx(1, abs=0.01)


def test_the_background_is_no_head(tmp_path):
    assert loaded(written(tmp_path)).detect(plain(BLACK)).items == ()


def test_it_never_claims_to_have_seen_every_head(tmp_path):
    found = loaded(written(tmp_path)).detect(plain(BLACK))
    assert not found.exhaustive
    assert found.labels == ("background", "alien", "john")


def test_the_place_comes_back_in_pixels_of_the_frame(tmp_path):
    detector = loaded(written(tmp_path), fit="crop")
    found = detector.detect(plain(RED, 64, 32))
    assert found.seen == Region(16, 0, 48, 32)
    assert [(h.x, h.y, h.width, h.height) for h in found.items] == [(24, 24, 8, 8)]


def test_a_centre_in_pixels_is_taken_as_it_is(tmp_path):
    path = written(tmp_path)
    made = manifest.load(path)
    outputs = tuple(dataclasses.replace(o, values=PIXELS) if o.meaning == CENTRE else o for o in made.outputs)
    manifest.save(dataclasses.replace(made, outputs=outputs), manifest.path_of(path))
    (head,) = loaded(path).detect(plain(RED)).items
    assert (head.x, head.y) == (0.25, 0.75)


def test_the_threshold_may_change_at_run_time(tmp_path):
    detector, dim = loaded(written(tmp_path)), plain((0, 0, 160))
    assert [h.label for h in detector.detect(dim).items] == ["alien"]
    detector.config = dataclasses.replace(detector.config, score_threshold=0.8)
    assert detector.detect(dim).items == ()


def test_logits_go_through_a_softmax():
    output = Output(Tensor("t", (1, 3), "float32", 0, 0), SCORES, LOGIT)
    assert class_probabilities(output, np.log(np.array([[1, 2, 7]], np.float32))) == pytest.approx([0.1, 0.2, 0.7])


def test_a_model_that_cannot_name_john_is_refused(tmp_path):
    with pytest.raises(DetectorError, match="cannot name john"):
        loaded(written(tmp_path, labels=("background", "alien", "human")))


def test_a_manifest_with_other_classes_than_the_model_is_refused(tmp_path):
    path = written(tmp_path)
    manifest.save(dataclasses.replace(manifest.load(path), labels=("alien", "john")), manifest.path_of(path))
    with pytest.raises(DetectorError, match="3 classes and 2 numbers of place, its manifest 2 labels"):
        loaded(path)


def test_two_classes_and_a_centre_must_be_told_apart_by_a_person():
    outputs = [Tensor("a", (1, 2), "float32", 0, 0), Tensor("b", (1, 2), "float32", 0, 0)]
    with pytest.raises(DetectorError, match="--outputs"):
        find_meanings("mobilenetv2", outputs, ["", ""], 2, 16, 16)
    assert find_meanings("mobilenetv2", outputs, ["", SCORES], 2, 16, 16) == [CENTRE, SCORES]


def test_it_is_found_as_a_plugin(tmp_path):
    detector = plugins.create(plugins.DETECTORS, "mobilenetv2", model=str(written(tmp_path)), device="cpu")
    with pytest.raises(DetectorError, match="not loaded"):
        detector.detect(plain(RED))
    detector.load()
    assert detector.device.startswith("CPU")
    detector.close()
    detector.close()
