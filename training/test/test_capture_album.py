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

"""The folder of captured pictures: nothing is lost, overwritten or half written, whatever happens."""

import errno
import os
import time

import numpy as np
import pytest
from theylive_training.capture.album import Album
from theylive_training.capture.labels import Label, parse
from theylive_training.errors import TrainingError

from theylive_ros.simulator.camera import decode, encode

PICTURE = encode(np.full((64, 64, 3), 90, np.uint8), 90)
HEADS = [Label(0, 10, 20), Label(1, 30, 40), Label(0, 50, 60)]
NOON = time.mktime((2025, 6, 18, 12, 0, 0, 0, 0, -1))


class Said(list):
    __call__ = list.append


@pytest.fixture
def said():
    return Said()


@pytest.fixture
def album(tmp_path, said):
    made = Album(tmp_path / "shots", said)
    yield made
    made.close()


def rows(folder):
    return parse((folder / "labels.csv").read_bytes(), "labels.csv").rows if (folder / "labels.csv").exists() else ()


def check_sound(folder):
    """Every row has its whole picture and every picture all of its rows; nothing half written is left."""
    names = [row.name for row in rows(folder)]
    for name in set(names):
        assert decode((folder / name).read_bytes()).shape == (64, 64, 3)
        assert names.count(name) in (1, 3)
    assert not [p for p in folder.iterdir() if p.name != "labels.csv" and p.suffix != ".jpg"]


def test_a_picture_and_its_rows_are_saved(album, said):
    album.add(PICTURE, HEADS, NOON)
    album.add(PICTURE, [Label(2, 32, 32)], NOON + 1)
    assert (album.folder / "labels.csv").read_text() == (
        "capture_20250618_120000.jpg,10,20,0\ncapture_20250618_120000.jpg,30,40,1\ncapture_20250618_120000.jpg,50,60,0\n"
        "capture_20250618_120001.jpg,32,32,2\n"
    )
    assert (album.folder / "capture_20250618_120001.jpg").read_bytes() == PICTURE
    assert album.counts == {"alien": 2, "john": 1, "background": 1}
    assert said == []
    check_sound(album.folder)


def test_pictures_of_one_second_are_told_apart_by_milliseconds(album):
    names = [album.add(PICTURE, HEADS[:1], NOON + 0.25).name for _ in range(3)]
    assert names == ["capture_20250618_120000.jpg", "capture_20250618_120000_250.jpg", "capture_20250618_120000_251.jpg"]


def test_a_file_that_is_there_is_never_overwritten(album):
    (album.folder / "capture_20250618_120000.jpg").write_text("mine")
    assert album.add(PICTURE, HEADS, NOON).name == "capture_20250618_120000_000.jpg"
    assert (album.folder / "capture_20250618_120000.jpg").read_text() == "mine"


def test_the_name_of_a_removed_picture_is_not_used_again(album):
    (album.folder / album.add(PICTURE, HEADS, NOON).name).unlink()
    assert album.add(PICTURE, HEADS, NOON).name == "capture_20250618_120000_000.jpg"


def test_a_second_capture_into_the_folder_is_refused(album, said):
    with pytest.raises(TrainingError, match="another capture is writing"):
        Album(album.folder, said)
    album.close()
    Album(album.folder, said).close()


def test_a_picture_is_taken_back_with_its_rows(album):
    album.add(PICTURE, HEADS[:1], NOON)
    before = (album.folder / "labels.csv").read_bytes()
    album.take_back(album.add(PICTURE, HEADS, NOON + 1))
    assert (album.folder / "labels.csv").read_bytes() == before
    assert sorted(p.name for p in album.folder.iterdir()) == ["capture_20250618_120000.jpg", "labels.csv"]
    assert album.counts == {"alien": 1, "john": 0, "background": 0}
    assert album.add(PICTURE, HEADS, NOON + 1).name == "capture_20250618_120001.jpg"


def test_what_somebody_changed_is_not_taken_back(album):
    entry = album.add(PICTURE, HEADS, NOON)
    with open(album.folder / "labels.csv", "a") as file:
        file.write("other.jpg,1,2,0\n")
    with pytest.raises(TrainingError, match=r"labels.csv was changed"):
        album.take_back(entry)
    entry = album.add(PICTURE, HEADS, NOON)
    (album.folder / entry.name).write_bytes(b"better")
    with pytest.raises(TrainingError, match="was changed since it was saved"):
        album.take_back(entry)
    assert len(rows(album.folder)) == 7
    assert (album.folder / entry.name).read_bytes() == b"better"


def test_a_full_disk_leaves_the_folder_as_it_was(album, monkeypatch):
    album.add(PICTURE, HEADS, NOON)
    before = {p.name: p.read_bytes() for p in album.folder.iterdir()}
    write = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: write(handle, data[:20]))
    with pytest.raises(TrainingError, match="No space left"):
        album.add(PICTURE, HEADS, NOON + 1)
    monkeypatch.undo()

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TrainingError, match="make room"):
        album.add(PICTURE, HEADS, NOON + 1)
    monkeypatch.undo()
    assert {p.name: p.read_bytes() for p in album.folder.iterdir()} == before
    album.add(PICTURE, HEADS, NOON + 1)
    check_sound(album.folder)


def test_a_file_system_without_links_will_do(album, monkeypatch):
    def refuse(*_):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    assert [album.add(PICTURE, HEADS, NOON).name for _ in range(2)] == ["capture_20250618_120000.jpg", "capture_20250618_120000_000.jpg"]
    check_sound(album.folder)


def test_pictures_without_rows_are_named_and_kept(album, said):
    album.add(PICTURE, HEADS, NOON)
    album.close()
    (album.folder / "stray.jpg").write_bytes(PICTURE)
    (album.folder / "capture_20250618_120000.jpg").unlink()
    Album(album.folder, said).close()
    assert said == [
        "1 picture without a row in labels.csv, kept: stray.jpg",
        "1 name in labels.csv without a picture, kept: capture_20250618_120000.jpg",
    ]
    assert (album.folder / "stray.jpg").exists()


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda folder: folder.write_text(""), "is not a folder"),
        (lambda folder: (folder / "labels.csv").mkdir(parents=True), "cannot be read"),
        (lambda folder: (folder.mkdir(), (folder / "labels.csv").write_bytes(b"\x89PNG\r\n\n\0\n")), "line 1 is"),
    ],
)
def test_a_folder_that_cannot_be_one_is_refused_and_left_alone(spoil, says, tmp_path, said):
    spoil(tmp_path / "shots")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(TrainingError, match=says):
        Album(tmp_path / "shots", said)
    assert sorted(tmp_path.rglob("*")) == before


def dies_at(folder, step, act):
    """Let a process of its own do `act`, and end it as a kill would before its `step`-th touch of the disk. Whether it lived on."""
    child = os.fork()
    if child == 0:
        count = 0

        def fatal(name):
            real = getattr(os, name)

            def touch(*args, **more):
                nonlocal count
                count += 1
                if count == step:
                    if name == "write":
                        real(args[0], args[1][: len(args[1]) * 2 // 3])  # torn within
                    os._exit(9)
                return real(*args, **more)

            setattr(os, name, touch)

        album = Album(folder, lambda words: None)
        for name in ("write", "fsync", "link", "unlink", "ftruncate", "open"):
            fatal(name)
        act(album)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_capture_killed_at_any_step_of_saving_loses_at_most_that_picture(tmp_path, said):
    step, lived = 0, False
    while not lived:
        step += 1
        folder = tmp_path / str(step)
        album = Album(folder, said)
        album.add(PICTURE, HEADS, NOON)
        album.close()
        lived = dies_at(folder, step, lambda a: a.add(PICTURE, HEADS, NOON + 1))
        again = Album(folder, said)
        check_sound(folder)
        names = [row.name for row in rows(folder)]
        assert names.count("capture_20250618_120000.jpg") == 3
        assert len(list(folder.glob("*.jpg"))) <= 2
        again.add(PICTURE, HEADS, NOON + 2)
        again.close()
        check_sound(folder)
    assert step > 8
    assert len(names) == 6


def test_a_capture_killed_while_it_takes_back_leaves_no_row_without_a_picture(tmp_path, said):
    def act(album):
        entry = album.add(PICTURE, HEADS, NOON + 1)
        album.take_back(entry)

    step, lived = 0, False
    while not lived:
        step += 1
        folder = tmp_path / str(step)
        lived = dies_at(folder, step, act)
        Album(folder, said).close()
        check_sound(folder)
    assert rows(folder) == ()
    assert not list(folder.glob("*.jpg"))
