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

"""What is measured of a model is what others measure, and what matters: heads missed, heads made up, and John called an alien."""

import json

import numpy as np
import pytest
from theylive_training.judge.average_precision import average_precision, curve
from theylive_training.judge.match import OVERLAPS, match
from theylive_training.judge.measure import Sighting, of_sightings
from theylive_training.judge.reliability import reliability
from theylive_training.pictures.picture import LABELS, Box, Picture

from theylive_ros.types import Detection

IMAGE = np.zeros((240, 320, 3), np.uint8)
ALIEN, JOHN = Box("alien", 100, 100, 64, 64), Box("john", 200, 100, 64, 64)


def see(label, x, y, score=0.9):
    return Detection(label, score, x, y, 64.0, 64.0)


def measure(*sightings, threshold=0.5, exhaustive=True):
    """Sightings: pairs of boxes and detections."""
    told = of_sightings([Sighting(Picture(IMAGE, tuple(b)), f) for b, f in sightings], threshold, exhaustive).to_json()
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    return told


def test_heads_found_in_their_places_are_counted_with_their_errors():
    result = measure(([ALIEN, JOHN], [see("alien", 103, 104), see("john", 200, 100)]))
    assert result["missed"] == {"alien": 0, "john": 0}
    assert result["recall"] == 1
    assert result["made_up"] == result["john_called_alien"] == 0
    assert result["centre_error_px"]["alien"]["max"] == 5
    assert result["centre_error_mm"]["alien"]["max"] == pytest.approx(5 * 0.785)
    assert (result["centre_error_px"]["alien"]["lean_x"], result["centre_error_px"]["alien"]["lean_y"]) == (3, 4)


def test_centre_errors_are_named_by_their_usual_names():
    offsets = [0, 1, 2, 3, 14]
    result = measure(*(([ALIEN], [see("alien", 100 + x, 100)]) for x in offsets))["centre_error_px"]
    assert result["alien"]["mae"] == pytest.approx(4)
    assert result["alien"]["rmse"] == pytest.approx(np.sqrt(np.mean(np.square(offsets))), abs=1e-3)
    assert (result["alien"]["p50"], result["alien"]["max"]) == (2, 14)
    assert result["john"] is None


def test_john_called_an_alien_counts_even_where_he_is_named_too():
    result = measure(([JOHN], [see("john", 200, 100), see("alien", 201, 101)]))
    assert result["john_called_alien"] == 1
    assert result["missed"]["john"] == 0


def test_an_alien_beside_john_is_not_john_called_an_alien():
    result = measure(([ALIEN._replace(x=180), JOHN], [see("alien", 181, 100), see("john", 200, 101)]))
    assert result["john_called_alien"] == 0
    assert result["recall"] == 1


def test_a_head_seen_twice_and_one_from_nowhere_are_made_up():
    assert measure(([ALIEN], [see("alien", 100, 100), see("alien", 110, 100), see("alien", 250, 50)]))["made_up"] == 2


def test_a_head_mostly_outside_may_be_missed_but_not_confused():
    outside = JOHN._replace(x=2)
    missed, found, wrong = ([], [see("john", 2, 100)], [see("alien", 2, 100)])
    assert measure(([outside], missed))["recall"] is None
    assert measure(([outside], found))["made_up"] == 0
    assert measure(([outside], wrong))["john_called_alien"] == 1
    whole = ([ALIEN], [see("alien", 100, 100)])
    for seen in (missed, found):
        assert measure(([outside], seen), whole)["map50"] == pytest.approx(0.995)


def test_detections_below_the_threshold_do_not_count_but_make_the_curve():
    result = measure(([ALIEN], [see("alien", 100, 100, 0.4), see("alien", 250, 50, 0.2)]))
    assert result["missed"]["alien"] == 1
    assert result["made_up"] == 0
    assert result["map50"] == pytest.approx(0.995)


def test_a_head_found_at_half_but_not_at_a_strict_score_is_said():
    result = measure(([ALIEN], [see("alien", 100, 100, 0.6)]))
    assert result["missed"]["alien"] == 0
    assert result["missed_at_strict"] == {"threshold": 0.65, "alien": 1, "john": 0}


def test_the_confusion_matrix_accounts_for_every_head_and_every_detection():
    result = measure(
        ([ALIEN, JOHN], [see("alien", 100, 100), see("alien", 201, 100)]),
        ([ALIEN], [see("john", 300, 200)]),
        ([], [see("alien", 50, 50)]),
    )
    assert result["confusion"]["classes"] == ["alien", "john", "background"]
    assert result["confusion"]["table"] == [[1, 0, 1], [1, 0, 0], [1, 1, 0]]


def test_scores_per_class_macro_and_micro():
    aliens = [([ALIEN], [see("alien", 100, 100)])] * 3 + [([ALIEN], [])]
    result = measure(*aliens, ([JOHN], [see("john", 200, 100), see("john", 60, 60)]))["scores"]
    assert result["alien"] == {"precision": 1, "recall": 0.75, "f1": pytest.approx(0.8571), "support": 4}
    assert result["john"] == {"precision": 0.5, "recall": 1, "f1": pytest.approx(0.6667), "support": 1}
    assert result["macro"]["precision"] == 0.75
    assert result["micro"]["precision"] == pytest.approx(4 / 5)
    assert result["micro"]["recall"] == pytest.approx(4 / 5)


def test_a_classifier_is_judged_by_the_picture():
    result = measure(
        ([ALIEN], [see("alien", 130, 100)]),
        ([JOHN], [see("alien", 200, 100)]),
        ([JOHN], [see("john", 200, 100, 0.4)]),
        ([], []),
        exhaustive=False,
    )
    assert result["accuracy"] == 0.5
    assert result["confusion"]["table"] == [[1, 0, 0], [1, 0, 1], [0, 0, 1]]
    assert result["john_called_alien"] == 1
    assert result["centre_error_px"]["alien"]["max"] == 30  # however far, for it has named the head
    assert "map50" not in result


def test_no_pictures_of_heads_give_no_average_precision():
    result = measure(([], []), ([], [see("john", 100, 100)]))
    assert "map50" not in result
    assert result["made_up"] == 1


def crowd(rng):
    """Random pictures of heads, and detections of them that are more or less right."""
    for _ in range(60):
        boxes = [
            Box(str(rng.choice(LABELS)), *rng.uniform([80, 80], [240, 160]), *rng.uniform(40, 70, 2)) for _ in range(rng.integers(0, 5))
        ]
        found = [
            Detection(
                str(rng.choice(LABELS)) if rng.random() < 0.1 else b.label,
                float(rng.random()),
                b.x + rng.normal(0, 5),
                b.y + rng.normal(0, 5),
                b.width * rng.uniform(0.8, 1.2),
                b.height * rng.uniform(0.8, 1.2),
            )
            for b in boxes
            for _ in range(rng.integers(0, 4))
        ]
        stray = [
            Detection(str(rng.choice(LABELS)), float(rng.random()), *rng.uniform(80, 160, 2), 60.0, 60.0) for _ in range(rng.integers(0, 3))
        ]
        yield Picture(IMAGE, tuple(boxes)), found + stray


@pytest.mark.parametrize("seed", range(5))
def test_average_precision_is_that_of_ultralytics(seed):
    import theylive_training.nets.detectors  # noqa: F401  lets ultralytics be imported without torchvision
    import torch
    from ultralytics.engine.validator import BaseValidator
    from ultralytics.utils.metrics import ap_per_class, box_iou

    def corners(boxes):
        rows = [[b.x - b.width / 2, b.y - b.height / 2, b.x + b.width / 2, b.y + b.height / 2] for b in boxes]
        return torch.tensor(rows, dtype=torch.float64).reshape(-1, 4)

    pictures = list(crowd(np.random.default_rng(seed)))
    ours = average_precision([match(p, found) for p, found in pictures])
    theirs = BaseValidator.__new__(BaseValidator)
    theirs.iouv = torch.from_numpy(OVERLAPS)
    right, scores, said, there = [], [], [], []
    for picture, found in pictures:
        found = sorted(found, key=lambda d: -d.score)
        labels = torch.tensor([LABELS.index(d.label) for d in found])
        heads = torch.tensor([LABELS.index(b.label) for b in picture.boxes])
        if found:
            overlap = box_iou(corners(picture.boxes), corners(found))
            right.append(theirs.match_predictions(labels, heads, overlap).numpy())
        scores += [d.score for d in found]
        said += labels.tolist()
        there += heads.tolist()
    expected = ap_per_class(np.concatenate(right), np.array(scores), np.array(said), np.array(there))[5]
    averages = np.stack([ours.curves[label].average for label in LABELS])
    assert 0.05 < expected.mean() < 0.9
    assert averages == pytest.approx(expected, abs=1e-6)
    assert ours.map50 == pytest.approx(expected[:, 0].mean(), abs=1e-6)
    assert ours.map75 == pytest.approx(expected[:, 5].mean(), abs=1e-6)
    assert ours.map50_95 == pytest.approx(expected.mean(), abs=1e-6)


def test_a_faultless_detector_gets_995():
    assert curve(np.linspace(0.5, 1, 40), np.ones((40, 10), bool), 40).average == pytest.approx(0.995)


def test_a_blind_detector_gets_nothing():
    blind = curve(np.zeros(0), np.zeros((0, 10), bool), 7)
    assert blind.average.tolist() == [0.0] * 10
    assert average_precision([match(Picture(IMAGE, (ALIEN,)), [])]).map50 == 0


def test_scores_that_mean_what_they_say_are_well_calibrated():
    rng = np.random.default_rng(1)
    scores = rng.uniform(0, 1, 20_000)
    honest, boaster = reliability(scores, rng.random(20_000) < scores), reliability(scores, rng.random(20_000) < scores / 2)
    assert honest.ece < 0.02
    assert boaster.ece == pytest.approx(0.26, abs=0.02)  # half of the mean score above 0.05
    assert reliability(np.zeros(0), np.zeros(0, bool)).ece is None


def test_a_score_of_one_falls_into_the_last_bin():
    assert reliability(np.array([1.0, 0.95]), np.array([True, False])).to_json()["count"] == [0] * 9 + [2]
