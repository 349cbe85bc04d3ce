"""The exam counts what matters: heads missed, heads made up, and John called an alien."""

import numpy as np
from theylive_training.judge.exam import shortfalls
from theylive_training.judge.judge import Tally
from theylive_training.pictures.picture import Box, Picture

from theylive_ros.types import Detection

IMAGE = np.zeros((240, 320, 3), np.uint8)
ALIEN, JOHN = Box("alien", 100, 100, 64, 64), Box("john", 200, 100, 64, 64)


def see(label, x, y, score=0.9):
    return Detection(label, score, x, y, 64.0, 64.0)


def count(boxes, found):
    tally = Tally()
    tally.add(Picture(IMAGE, tuple(boxes)), found)
    return tally.summary()


def test_heads_found_in_their_places_are_counted_with_their_errors():
    result = count([ALIEN, JOHN], [see("alien", 103, 104), see("john", 200, 100)])
    assert result["missed"] == {"alien": 0, "john": 0}
    assert result["recall"] == 1
    assert result["made_up"] == result["john_called_alien"] == 0
    assert result["centre_error_px"]["alien"]["max"] == 5


def test_john_called_an_alien_counts_even_where_he_is_named_too():
    result = count([JOHN], [see("john", 200, 100), see("alien", 201, 101)])
    assert result["john_called_alien"] == 1
    assert result["missed"]["john"] == 0


def test_an_alien_beside_john_is_not_john_called_an_alien():
    result = count([ALIEN._replace(x=180), JOHN], [see("alien", 181, 100), see("john", 200, 101)])
    assert result["john_called_alien"] == 0
    assert result["recall"] == 1


def test_a_head_seen_twice_and_one_from_nowhere_are_made_up():
    assert count([ALIEN], [see("alien", 100, 100), see("alien", 110, 100), see("alien", 250, 50)])["made_up"] == 2


def test_a_head_mostly_outside_may_be_missed_but_not_confused():
    outside = JOHN._replace(x=2)
    assert count([outside], [])["recall"] is None
    assert count([outside], [see("john", 2, 100)])["made_up"] == 0
    assert count([outside], [see("alien", 2, 100)])["john_called_alien"] == 1


def test_a_model_that_calls_john_an_alien_falls_short():
    good = count([ALIEN, JOHN], [see("alien", 100, 100), see("john", 200, 100)])
    bad = count([ALIEN, JOHN], [see("alien", 100, 100), see("alien", 200, 100)])
    assert shortfalls({"validation": good}) == []
    assert any("John" in line for line in shortfalls({"validation": bad}))
