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

"""The data set is read whole, or refused in one line."""

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from theylive_training.data import dataset, find
from theylive_training.data.image_size import image_size
from theylive_training.errors import TrainingError
from theylive_training.pictures.picture import Box


@pytest.fixture
def folder(tmp_path):
    """A data set of four heads and five backgrounds."""
    rng = np.random.default_rng(0)

    def write(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), rng.integers(0, 255, (224, 224, 3), np.uint8))

    for split in ("train", "val"):
        for i in range(2):
            write(tmp_path / find.HEADS / "images" / split / f"{split}{i}.jpg")
            label = tmp_path / find.HEADS / "labels" / split / f"{split}{i}.txt"
            label.parent.mkdir(parents=True, exist_ok=True)
            label.write_text(f"{i} 0.5 0.25 0.2857142857 0.2857142857\n")
    names = [f"capture_{i}.jpg" for i in (10, 2, 3, 4, 5)]
    for name in names:
        write(tmp_path / find.BACKGROUNDS / name)
    rows = [f"{n},112,112,2" for n in names] + ["train0.jpg,1,1,0"]
    (tmp_path / find.BACKGROUND_LABELS).write_text("\n".join(rows))
    return tmp_path


def test_heads_come_with_their_labels_in_pixels(folder):
    data = dataset.load(folder)
    (box,) = data.train.heads[1].boxes
    assert box.label == "john"
    assert box[1:] == pytest.approx((112, 56, 64, 64))
    assert data.val.heads[0].read().image.shape == (224, 224, 3)


def test_the_last_backgrounds_are_held_out(folder):
    data = dataset.load(folder)
    assert [p.path.name for p in data.val.boards] == ["capture_10.jpg"]
    assert [p.path.name for p in data.train.boards] == [f"capture_{i}.jpg" for i in (2, 3, 4, 5)]


def test_the_data_set_is_found_one_folder_down(folder, tmp_path_factory):
    above = tmp_path_factory.mktemp("above")
    (above / "humanxalien").symlink_to(folder)
    assert len(dataset.load(above).train.heads) == 2


def test_a_picture_on_both_sides_is_refused(folder):
    images = folder / find.HEADS / "images"
    (images / "val" / "val0.jpg").write_bytes((images / "train" / "train1.jpg").read_bytes())
    with pytest.raises(TrainingError, match="on one side of a split only"):
        dataset.load(folder)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(TrainingError, match="there is no data set"):
        dataset.load(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("path", "text", "says"),
    [
        (find.HEADS / "labels" / "train" / "train0.txt", "7 0.5 0.5 0.1 0.1", "class"),
        (find.HEADS / "labels" / "train" / "train0.txt", "0 0.5", "class"),
        (find.HEADS / "images" / "val" / "val1.jpg", "no picture", "not a picture"),
        (find.BACKGROUND_LABELS, "capture_2.jpg;112;112;2", "line 1 is .*not name,centre_x"),
        (find.BACKGROUND_LABELS, "capture_99.jpg,112,112,2", "missing"),
    ],
)
def test_damage_is_named_in_one_line(folder, path, text, says):
    (folder / path).write_text(text)
    with pytest.raises(TrainingError, match=says) as error:
        dataset.load(folder)
    assert "\n" not in str(error.value)


def test_a_hash_tells_data_not_names(folder):
    paths = dataset.load(folder).train.paths
    first = dataset.hash_files(paths)
    paths[0].rename(paths[0].with_name("zzz.jpg"))
    assert dataset.hash_files([paths[0].with_name("zzz.jpg"), *reversed(paths[1:])]) == first
    assert dataset.hash_files(paths[1:]) != first


def test_a_folder_of_captured_pictures_says_how_to_divide_it(tmp_path):
    cv2.imwrite(str(tmp_path / "capture_20250618_120000.jpg"), np.zeros((240, 320, 3), np.uint8))
    (tmp_path / "labels.csv").write_text("capture_20250618_120000.jpg,30,40,1\ncapture_20250618_120000.jpg,90,40,0\n")
    with pytest.raises(TrainingError, match=r"theylive-train split .* --out split.json"):
        dataset.load(tmp_path)
    (file,) = find.find(tmp_path)
    assert file.boxes == (Box("john", 30, 40, 64, 64), Box("alien", 90, 40, 64, 64))


def test_a_yolo_folder_has_its_own_division(folder):
    data = dataset.load(folder / find.HEADS)
    assert (data.split, len(data.train.heads), len(data.val.heads), data.train.boards) == ("own", 2, 2, ())


def test_the_public_sets_two_layouts_are_held_against_each_other(folder):
    table = folder / find.BACKGROUND_LABELS
    table.write_text(table.read_text() + "\ntrain1.jpg,112,56,0\nval0.jpg,112,56,0\ngone.jpg,1,1,1\n")
    found = find.survey(folder)
    warned = [(p.kind, next(n for n in ("train0", "train1", "gone") if n in p.words)) for p in found.problems if p.path == table]
    assert warned == [("contradiction", "train0"), ("contradiction", "train1"), ("missing", "gone")]
    assert not found.errors


def test_a_pictures_size_is_that_which_opencv_reads(tmp_path):
    for orientation in (1, 6):
        exif = Image.Exif()
        exif[0x0112] = orientation
        Image.new("RGB", (60, 40)).save(tmp_path / "x.jpg", exif=exif)
        assert image_size(tmp_path / "x.jpg") == cv2.imread(str(tmp_path / "x.jpg")).shape[1::-1]


@pytest.mark.skipif("THEYLIVE_DATA" not in os.environ, reason="THEYLIVE_DATA names no data set")
def test_the_public_data_set_is_whole_and_does_not_leak():
    data = dataset.load(Path(os.environ["THEYLIVE_DATA"]))
    assert len(data.train.heads) == 800
    assert len(data.val.heads) > 100
    assert all(len(p.boxes) == 1 for p in (*data.train.heads, *data.val.heads))
    assert len(data.train.boards) > 4 * len(data.val.boards) - 5 > 0
