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

"""What clicks and keys do, without a window: the picture in hand, its heads, undoing, and what is saved."""

import numpy as np
import pytest
from theylive_training.capture.album import Album
from theylive_training.capture.desk import Desk
from theylive_training.capture.heads import Head
from theylive_training.capture.shot import Crop, Shot
from theylive_training.errors import TrainingError


@pytest.fixture
def album(tmp_path):
    made = Album(tmp_path / "shots", lambda words: None)
    yield made
    made.close()


class Camera:
    """Gives a new picture whenever one is taken, and counts them."""

    def __init__(self):
        self.taken = 0
        self.broken = False

    def __call__(self):
        if self.broken:
            raise TrainingError("the cable is out")
        self.taken += 1
        frame = np.full((240, 320, 3), self.taken, np.uint8)
        return Shot(frame, Crop(0, 0, 224).cut(frame), 1750000000.0 + self.taken)


@pytest.fixture
def camera():
    return Camera()


@pytest.fixture
def desk(album, camera):
    return Desk(album, camera)


def rows(album):
    file = album.folder / "labels.csv"
    return [tuple(map(int, line.split(",")[1:])) for line in file.read_text().splitlines()] if file.exists() else []


def test_a_click_takes_a_fresh_picture_and_sets_a_head_and_space_saves_both(desk, album, camera):
    desk.press(48.3, 37.8)
    assert (camera.taken, desk.heads) == (1, (Head(0, 48.3, 37.8),))
    desk.space()
    assert rows(album) == [(48, 38, 0)]
    assert desk.shot is None
    assert desk.pictures == 1


def test_further_clicks_add_heads_of_the_chosen_class_to_the_same_picture(desk, album, camera):
    desk.press(40, 40)
    desk.choose(1)
    desk.press(150, 60)
    desk.space()
    assert rows(album) == [(40, 40, 0), (150, 60, 1)]
    assert camera.taken == 1
    assert len(list(album.folder.glob("*.jpg"))) == 1


def test_a_click_on_a_head_corrects_it_so_that_a_double_click_is_one_head(desk, album):
    desk.press(40, 40)
    desk.choose(1)
    desk.press(44, 41)
    assert desk.heads == (Head(1, 44, 41),)
    desk.undo()
    assert desk.heads == (Head(0, 40, 40),)


def test_an_empty_board_is_saved_with_the_middle_as_in_the_public_set(desk, album):
    desk.choose(2)
    desk.space()
    assert rows(album) == [(112, 112, 2)]


def test_undo_goes_back_step_by_step_and_then_takes_the_saved_picture_back_into_hand(desk, album):
    desk.press(40, 40)
    desk.press(100, 100)
    desk.space()
    desk.undo()
    assert rows(album) == []
    assert not list(album.folder.glob("*.jpg"))
    assert len(desk.heads) == 2
    desk.undo()
    assert desk.heads == (Head(0, 40, 40),)
    desk.space()
    assert rows(album) == [(40, 40, 0)]
    desk.undo()
    desk.undo()
    assert desk.shot is None
    desk.undo()
    assert desk.message == "there is nothing to undo"
    assert desk.is_refusal
    assert desk.pictures == 0


def test_the_right_button_undoes_the_last_head_wherever_it_is(desk):
    desk.press(40, 40)
    desk.press(100, 100)
    desk.right_press(40, 40)
    assert desk.heads == (Head(0, 40, 40),)


def test_a_saved_picture_that_somebody_changed_is_not_undone_and_that_is_said(desk, album):
    desk.press(40, 40)
    desk.space()
    (album.folder / "labels.csv").write_text("other.jpg,1,2,0\n")
    desk.undo()
    assert desk.is_refusal
    assert "labels.csv was changed" in desk.message
    assert len(list(album.folder.glob("*.jpg"))) == 1


def test_a_head_is_dragged_and_nudged_but_not_out_of_the_picture(desk, album):
    assert desk.press(40, 40)
    desk.drag(50, 60)
    desk.nudge(-1, 2)
    assert desk.heads == (Head(0, 49, 62),)
    desk.drag(500, -3)
    desk.space()
    assert rows(album) == [(223, 0, 0)]


def test_the_last_half_pixel_is_still_inside_the_picture(desk, album):
    desk.press(223.9, 223.9)
    desk.space()
    assert rows(album) == [(223, 223, 0)]


@pytest.mark.parametrize("place", [(224, 100), (100, 224), (300, 20), (-0.1, 5)])
def test_a_click_outside_the_crop_is_refused_and_keeps_no_picture(desk, place):
    assert not desk.press(*place)
    assert desk.shot is None
    assert "bright square" in desk.message


def test_a_click_outside_the_crop_changes_nothing_in_hand(desk):
    desk.press(40, 40)
    desk.press(300, 40)
    assert desk.heads == (Head(0, 40, 40),)


def test_space_without_a_head_says_what_to_do(desk, album, camera):
    desk.space()
    assert desk.is_refusal
    assert "click on a head first" in desk.message
    assert (camera.taken, rows(album)) == (0, [])


def test_heads_are_not_saved_as_an_empty_board(desk, album):
    desk.press(40, 40)
    desk.choose(2)
    desk.space()
    desk.press(100, 100)
    assert desk.is_refusal
    assert rows(album) == []


def test_a_camera_that_gives_nothing_is_said_and_what_is_in_hand_can_be_saved(desk, album, camera):
    desk.press(40, 40)
    camera.broken = True
    desk.space()
    desk.press(60, 60)
    assert desk.message == "the cable is out"
    assert rows(album) == [(40, 40, 0)]


def test_a_disk_that_is_full_leaves_the_picture_in_hand(desk, album, monkeypatch):
    desk.press(40, 40)

    def full(*_):
        raise TrainingError("make room")

    monkeypatch.setattr(album, "add", full)
    desk.space()
    assert (desk.message, desk.heads) == ("make room", (Head(0, 40, 40),))
    monkeypatch.undo()
    desk.space()
    assert rows(album) == [(40, 40, 0)]


def test_a_dropped_picture_is_not_saved(desk, album):
    desk.press(40, 40)
    desk.skip()
    assert desk.shot is None
    desk.undo()
    assert desk.is_refusal
    assert rows(album) == []


def test_twenty_pictures_can_be_taken_back(desk, album):
    for _ in range(22):
        desk.press(40, 40)
        desk.space()
    for _ in range(20):
        desk.undo()
        desk.skip()
    desk.undo()
    assert "only the last 20" in desk.message
    assert len(rows(album)) == 2


SEEN = (Head(0, 50.2, 60.1, True), Head(1, 150.0, 60.0, True))


@pytest.fixture
def helped(album, camera):
    helper = Helped(album, camera)
    helper.found = SEEN
    return helper


class Helped(Desk):
    """With a model that sees what a test says."""

    def __init__(self, album, camera):
        self.found = ()
        super().__init__(album, camera, lambda image: self.found)


def test_space_accepts_and_saves_the_proposals_that_were_seen(helped, album):
    helped.space(SEEN)
    assert rows(album) == [(50, 60, 0), (150, 60, 1)]


def test_other_proposals_than_were_seen_are_kept_in_hand_to_be_looked_at(helped, album):
    helped.space(SEEN[:1])
    assert rows(album) == []
    assert "look again" in helped.message
    helped.space()
    assert rows(album) == [(50, 60, 0), (150, 60, 1)]


def test_a_left_click_on_a_proposal_corrects_it(helped, album):
    helped.press(146, 64)
    assert helped.heads == (SEEN[0], Head(0, 146, 64))
    helped.space()
    assert rows(album) == [(50, 60, 0), (146, 64, 0)]


def test_a_right_click_on_a_proposal_removes_it_and_undo_brings_it_back(helped, album):
    helped.right_press(150, 62, SEEN)
    assert helped.heads == SEEN[:1]
    helped.undo()
    assert helped.heads == SEEN
    helped.right_press(50, 62)
    helped.space()
    assert rows(album) == [(150, 60, 1)]


def test_proposals_are_not_saved_as_an_empty_board(helped, album):
    helped.choose(2)
    helped.space(SEEN)
    assert rows(album) == []
    helped.right_press(50, 60)
    helped.right_press(150, 60)
    helped.space()
    assert rows(album) == [(112, 112, 2)]


def test_a_board_that_the_model_finds_empty_is_saved_as_such_when_chosen(helped, album):
    helped.found = ()
    helped.space(())
    assert "no head marked" in helped.message
    helped.skip()
    helped.choose(2)
    helped.space(())
    assert rows(album) == [(112, 112, 2)]
