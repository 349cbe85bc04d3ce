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

"""The history of a training says in plain words what its curves show."""

import json
import math

import pytest
from theylive_training.errors import TrainingError
from theylive_training.train.history import Epoch, History
from theylive_training.train.stopping import Patience


def history(train, val, count=40):
    """A training whose losses are functions of the share (0..1] of it that is done; every third epoch is a little worse."""
    shares = [(k + 1) / count for k in range(count)]
    wobble = [1.03 if k % 3 == 0 else 1.0 for k in range(count)]
    rows = [(train(s) * w, val(s) * w, 1 - 0.9 * math.exp(-5 * s)) for s, w in zip(shares, wobble, strict=True)]
    return History(
        [Epoch(k + 1, t, v, 0.001, 2.0, {"quality": q, "recall": 1.0, "centre_p50_px": 1.5}) for k, (t, v, q) in enumerate(rows)]
    )


def falling(floor, speed=8.0):
    return lambda share: floor + 5 * math.exp(-speed * share)


@pytest.mark.parametrize(
    ("curves", "says"),
    [
        (history(falling(1.0), falling(0.9)), ("Converged", "no overfitting")),
        (history(falling(0.6, 4), lambda s: falling(1.0)(s) + 0.6 * s**2), ("Overfitting", "the validation loss rose by")),
        (history(falling(0.5), falling(1.0)), ("Overfitting, mildly", "times the training loss")),
        (history(falling(1.0, 2), falling(0.9, 2)), ("Underfitting: it was still learning", "More --epochs help")),
        (history(lambda s: 3.0, lambda s: 3.0), ("Underfitting: the training loss hardly moved", "--rate")),
        (history(lambda s: math.nan if s > 0.5 else 1.0, lambda s: 1.0), ("fell apart", "lower --rate")),
        (history(falling(1.0), falling(0.9), count=2), ("Too short to judge: 2 epochs.",)),
        (History(), ("Too short to judge: 0 epochs.",)),
    ],
)
def test_the_verdict_names_what_the_curves_show_and_what_helps(curves, says):
    verdict = curves.verdict()
    assert all(words in verdict for words in says), verdict


def test_the_verdict_gives_the_best_epochs_scores():
    curves = history(falling(1.0), falling(0.9), count=10)
    assert curves.best.number == 10
    assert "Best at epoch 10 of 10: quality 0.994, recall 1.000, centre p50 1.50 px." in curves.verdict()


def test_one_bad_epoch_at_the_end_is_no_overfitting():
    curves = history(falling(1.0), falling(0.9))
    last = curves.epochs.pop()
    curves.add(Epoch(last.number, last.train_loss * 0.99, last.val_loss * 1.1, last.rate, last.seconds, last.scores))
    assert "Overfitting" not in curves.verdict()


def test_a_history_is_read_as_it_was_written(tmp_path):
    curves = history(falling(1.0), falling(0.9), count=3)
    curves.add(Epoch(4, 1.0, math.inf, 0.001, 2.0, {"quality": math.nan}))
    curves.save(tmp_path / "history.json")
    json.loads((tmp_path / "history.json").read_text(), parse_constant=pytest.fail)  # NaN is no JSON
    read = History.load(tmp_path / "history.json")
    assert read.epochs[:3] == curves.epochs[:3]
    assert math.isnan(read.epochs[3].score)
    assert read.best == curves.best


def test_a_net_that_finds_nothing_has_not_converged_however_flat_its_curves():
    flat = History([Epoch(k + 1, 2 - 0.01 * k, 1.0, 0.001, 2.0, {"quality": math.nan, "recall": 0.0}) for k in range(9)])
    assert "finds nothing yet" in flat.verdict()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"epochs": 7}', '{"epochs": [{"number": 1}]}', '{"epochs": [[]]}'])
def test_a_damaged_history_is_refused_in_one_line(tmp_path, text):
    (tmp_path / "history.json").write_text(text)
    with pytest.raises(TrainingError) as error:
        History.load(tmp_path / "history.json")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("count", [0, 1, 40])
def test_curves_are_drawn_however_short_the_training(tmp_path, count):
    history(falling(1.0), falling(0.9), count).plot(tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert [p.name for p in tmp_path.iterdir()] == ["curves.png"]


def test_patience_ends_after_so_many_epochs_without_a_better_one():
    patience = Patience(2)
    assert [patience.better(s) for s in (0.1, 0.3, 0.3, 0.4, 0.2)] == [True, True, False, True, False]
    assert not patience.exhausted
    patience.better(math.nan)
    assert patience.exhausted


def test_patience_waits_for_the_first_score():
    patience = Patience(2)
    for _ in range(9):
        patience.better(math.nan)
    assert not patience.exhausted
