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

"""A split keeps twins apart, keeps the shares, is the same for the same seed, and is refused where it does not fit the data."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from theylive_training.__main__ import main
from theylive_training.data import dataset, division, find, time_division
from theylive_training.data.capture_time import capture_time, order, series_number
from theylive_training.data.labelled import LabelledFile
from theylive_training.errors import TrainingError
from theylive_training.pictures.picture import Box

SHARES = {"train": 0.8, "val": 0.2, "test": 0.0}
THREE = {"train": 0.7, "val": 0.2, "test": 0.1}


def named(second, *labels):
    """A picture taken so many seconds after noon, with these heads."""
    hours, rest = divmod(12 * 3600 + second, 3600)
    name = f"capture_20250618_{hours:02}{rest // 60:02}{rest % 60:02}.jpg"
    return LabelledFile(Path("/data", name), tuple(Box(label, 100, 100, 64, 64) for label in labels))


def sitting(start, label, count, every=6):
    return [named(start + i * every, *([label] if label else [])) for i in range(count)]


def several_sittings():
    """Five sittings of each class, ten minutes apart."""
    labels = ["alien"] * 5 + ["john"] * 5 + [None] * 5
    return [f for i, label in enumerate(labels) for f in sitting(i * 600, label, 20)]


def seconds_between_parts(files, parts):
    times = {part: [capture_time(f.path) for f, p in zip(files, parts, strict=True) if p == part] for part in find.PARTS}
    return min(abs(a - b) for p in find.PARTS for q in find.PARTS if p < q for a in times[p] for b in times[q])


@pytest.fixture
def folder(tmp_path):
    """Captured pictures: four sittings of 8 heads and 12 backgrounds of a burst, with labels.csv."""
    data = tmp_path / "data"
    data.mkdir()
    rng = np.random.default_rng(0)
    files = [f for i in range(4) for f in sitting(i * 600, ("alien", "john")[i % 2], 8)]
    names = [f.path.name for f in files] + [f"capture_{i}.jpg" for i in range(12)]
    for name in names:
        cv2.imwrite(str(data / name), rng.integers(0, 255, (40, 40, 3), np.uint8))
    rows = [f"{f.path.name},20,20,{0 if f.boxes[0].label == 'alien' else 1}" for f in files]
    (data / "labels.csv").write_text("\n".join([*rows, *(f"{n},?,?,2" for n in names[len(files) :])]) + "\n")
    return data


def split(folder, *words):
    out = folder.parent / "split.json"
    return main(["split", str(folder), "--out", str(out), *(words or ("--gap", "2"))]), out


def test_a_name_tells_when_a_picture_was_taken():
    assert capture_time("capture_20250618_063107.jpg") == capture_time("capture_20250618_063007_500.jpg") + 59.5
    assert capture_time("capture_20251318_063107.jpg") is None
    assert capture_time("capture_12.jpg") is None
    assert series_number("capture_12.jpg") == ("capture_", 12)
    assert sorted(["b.jpg", "c_10.jpg", "c_9.jpg", "x_20250618_063107.jpg"], key=order) == [
        "x_20250618_063107.jpg",
        "c_9.jpg",
        "c_10.jpg",
        "b.jpg",
    ]


def test_sittings_go_to_one_side_whole_where_the_shares_allow_it():
    files = several_sittings()
    divided = time_division.by_time(files, SHARES, seed=1)
    assert not divided.why
    for i in range(15):
        assert len(set(divided.parts[i * 20 : i * 20 + 20])) == 1
    counts = division.counts(files, divided.parts)
    assert counts["val"] == {"pictures": 60, "alien": 20, "john": 20, "background": 20}


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("shares", [SHARES, THREE])
def test_one_long_sitting_is_cut_with_a_margin_that_is_dropped(shares, seed):
    files = sitting(0, "alien", 200) + sitting(5000, "john", 150)
    divided = time_division.by_time(files, shares, seed)
    assert seconds_between_parts(files, divided.parts) >= 60
    assert 0 < len(divided.why) <= 60
    counts = division.counts(files, divided.parts)
    for label in ("alien", "john"):
        total = sum(counts[part][label] for part in counts)
        assert counts["val"][label] / total == pytest.approx(0.2, abs=0.07)
        assert counts["test"][label] / total == pytest.approx(shares["test"], abs=0.07)


def test_heads_of_both_classes_taken_in_turns_stay_apart_in_time():
    files = [named(i * 6, ("alien", "john")[i % 2]) for i in range(200)]
    divided = time_division.by_time(files, SHARES, seed=1)
    assert seconds_between_parts(files, divided.parts) >= 60
    counts = division.counts(files, divided.parts)
    assert abs(counts["val"]["alien"] - counts["val"]["john"]) <= 2


def test_numbered_pictures_are_kept_apart_by_as_many_numbers():
    files = [LabelledFile(Path(f"/data/capture_{i}.jpg"), ()) for i in range(400)]
    divided = time_division.by_time(files, SHARES, seed=1, gap=30)
    train, val = ([i for i, p in enumerate(divided.parts) if p == part] for part in ("train", "val"))
    assert min(abs(a - b) for a in train for b in val) == 30


def test_seeds_differ_and_repeat():
    files = several_sittings()
    divisions = [time_division.by_time(files, SHARES, seed).parts for seed in (1, 1, 2, 3, 4, 5)]
    assert divisions[0] == divisions[1]
    assert len(set(divisions)) > 1


def test_too_few_pictures_for_a_margin_are_refused_with_the_ways_out():
    with pytest.raises(TrainingError, match=r"no picture of alien is left for val.*--gap below 60 s, or use --by random"):
        time_division.by_time(sitting(0, "alien", 10), SHARES, seed=1)


def test_names_without_a_time_are_refused_by_time():
    with pytest.raises(TrainingError, match=r"tells no time of capture.*--by random"):
        time_division.by_time([LabelledFile(Path("/data/x.jpg"), ())], SHARES, seed=1)


def test_chance_keeps_the_shares_of_every_class():
    files = several_sittings()
    digests = [str(i) for i in range(len(files))]
    counts = division.counts(files, division.at_random(files, digests, THREE, seed=1).parts)
    assert counts["val"] == {"pictures": 60, "alien": 20, "john": 20, "background": 20}
    assert counts["test"]["john"] == 10


def test_a_set_that_grows_keeps_nearly_all_pictures_on_their_side():
    files = several_sittings()
    digests = [str(i) for i in range(len(files))]
    before = division.at_random(files[:-10], digests[:-10], SHARES, seed=1).parts
    after = division.at_random(files, digests, SHARES, seed=1).parts
    assert sum(a != b for a, b in zip(before, after, strict=False)) <= 4


def test_the_same_seed_writes_the_same_bytes_wherever_the_data_lie(folder, capsys):
    status, out = split(folder)
    assert status == 0
    first = out.read_bytes()
    out.unlink()
    moved = folder.rename(folder.with_name("elsewhere"))
    assert split(moved)[0] == 0
    assert out.read_bytes() == first
    table = json.loads(first)
    assert {g["part"] for g in table["groups"]} == {"train", "val"}
    assert str(folder.parent) not in first.decode()
    assert "sittings" in capsys.readouterr().out


def test_what_was_split_is_what_is_loaded(folder):
    _, out = split(folder)
    table, data = json.loads(out.read_text()), dataset.load(folder, out)
    for part in find.PARTS:
        assert {p.name for p in getattr(data, part).paths} == {row["path"] for row in table["parts"][part]}
    assert data.split == "time"
    assert data.left_out == len(table["dropped"]) > 0
    assert [capture_time(p.path) for p in data.train.heads] == sorted(capture_time(p.path) for p in data.train.heads)


def test_a_picture_that_is_there_twice_is_taken_once(folder):
    names = sorted(p.name for p in folder.glob("capture_2025*.jpg"))
    (folder / names[-1]).write_bytes((folder / names[0]).read_bytes())
    _, out = split(folder, "--by", "random")
    (dropped,) = json.loads(out.read_text())["dropped"]
    assert (dropped["path"], dropped["why"]) == (names[-1], f"the same picture as {names[0]}")
    assert dataset.load(folder, out).left_out == 1


def edit(out, change):
    table = json.loads(out.read_text())
    change(table)
    out.write_text(json.dumps(table))


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (lambda d, o: edit(o, lambda t: t["parts"]["val"].append(t["parts"]["train"][0])), "on one side of a split, once"),
        (lambda d, o: (d / json.loads(o.read_text())["parts"]["val"][0]["path"]).unlink(), "missing"),
        (
            lambda d, o: (d / json.loads(o.read_text())["parts"]["val"][0]["path"]).write_bytes((d / "capture_0.jpg").read_bytes()),
            "has changed",
        ),
        (lambda d, o: edit(o, lambda t: t["parts"]["val"].clear()), "no pictures in train or in val"),
        (lambda d, o: edit(o, lambda t: t["parts"]["val"][0].pop("sha256")), "damaged"),
        (lambda d, o: edit(o, lambda t: t["parts"].update(val=7)), "damaged"),
        (lambda d, o: edit(o, lambda t: t["parts"]["val"][0].update(path="../secret.jpg")), "damaged"),
        (lambda d, o: edit(o, lambda t: t.update(schema=99)), "no split file"),
        (lambda d, o: o.write_text(o.read_text()[:500]), "damaged"),
        (lambda d, o: o.write_text("[]"), "damaged"),
        (lambda d, o: o.unlink(), "cannot be read"),
    ],
)
def test_a_split_that_does_not_fit_is_refused_in_one_line(folder, harm, says):
    _, out = split(folder)
    harm(folder, out)
    with pytest.raises(TrainingError, match=says) as error:
        dataset.load(folder, out)
    assert "\n" not in str(error.value)


def test_a_picture_without_its_label_is_refused(folder):
    _, out = split(folder, "--by", "random")
    name = json.loads(out.read_text())["parts"]["train"][0]["path"]
    rows = [line for line in (folder / "labels.csv").read_text().splitlines() if not line.startswith(name)]
    (folder / "labels.csv").write_text("\n".join(rows))
    with pytest.raises(TrainingError, match="has no label"):
        dataset.load(folder, out)


def test_another_file_is_not_overwritten(folder, capsys):
    out = folder.parent / "split.json"
    out.write_text("mine")
    assert split(folder)[0] == 2
    assert out.read_text() == "mine"
    error = capsys.readouterr().err
    assert "is there already" in error
    assert error.count("\n") == 1
    assert sorted(p.name for p in folder.parent.iterdir()) == ["data", "split.json"]


@pytest.mark.parametrize(
    "words",
    [
        ["--shares", "0.5"],
        ["--shares", "0.8", "0.3"],
        ["--shares", "1", "0"],
        ["--gap", "10", "--by", "random"],
    ],
)
def test_wrong_wishes_are_refused_in_one_line(folder, words, capsys):
    status, out = split(folder, *words)
    assert status == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not out.exists()


def test_an_empty_folder_and_a_damaged_one_are_refused(tmp_path, folder, capsys):
    (tmp_path / "empty").mkdir()
    assert split(tmp_path / "empty")[0] == 2
    assert split(tmp_path / "nowhere")[0] == 2
    (folder / "capture_3.jpg").unlink()
    assert split(folder)[0] == 2
    assert "capture_3.jpg is missing" in capsys.readouterr().err
    assert not (folder.parent / "split.json").exists()
