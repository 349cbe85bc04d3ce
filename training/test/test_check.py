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

"""Each fault of a data set is found and named, and a sound set is not blamed."""

import json
import os
import shutil

import cv2
import numpy as np
import pytest
from theylive_training.__main__ import main
from theylive_training.data.checks import inventory
from theylive_training.data.checks.audit import Limits, audit
from theylive_training.data.checks.finding import ERROR, NOTE, WARNING
from theylive_training.data.checks.looking import fault_of

SIDE, BOX = 224, 64
ALIEN, JOHN = 0, 1
PLACES = [(60, 60), (150, 70), (70, 150), (160, 160), (110, 110), (40, 110)]


def board(seed):
    """A board's grain, uint8 (224, 224, 3); another for each seed."""
    grain = np.random.default_rng(seed).integers(90, 160, (14, 40, 1), np.uint8)
    return cv2.resize(np.repeat(grain, 3, axis=2), (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)


def paint(image, kind, x, y):
    if kind == ALIEN:
        cv2.ellipse(image, (x, y), (15, 25), 0, 0, 360, (250, 250, 250), -1)
        cv2.circle(image, (x - 6, y - 6), 5, (0, 0, 0), -1)
        cv2.circle(image, (x + 6, y - 6), 5, (0, 0, 0), -1)
    else:
        cv2.ellipse(image, (x, y), (18, 24), 0, 0, 360, (10, 10, 60), -1)
        cv2.rectangle(image, (x - 14, y - 10), (x + 14, y), (255, 255, 255), -1)


def stamp(hour, second):
    return f"capture_20250618_{hour:02}{second // 60:02}{second % 60:02}"


def quietly(stage, steps):
    return lambda: None


class YoloSet:
    """A YOLO folder under construction. Each part has a board and an hour of its own."""

    def __init__(self, root):
        self.root = root
        self.count = 0
        root.mkdir(parents=True, exist_ok=True)
        (root / "data.yaml").write_text("names: [alien, john]\n")

    def add(self, part, heads, labels=None, name=None, seed=None):
        """A picture with `heads` (kind, x, y), labelled as `labels` say, or truly."""
        self.count += 1
        hour = {"train": 6, "val": 9, "test": 12}[part]
        name = name or stamp(hour, self.count)
        image = board(hour if seed is None else seed)
        for head in heads:
            paint(image, *head)
        noise = np.random.default_rng(self.count).normal(0, 2, image.shape)
        path = self.root / "images" / part / f"{name}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), np.clip(image + noise, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 95])
        self.label(path, heads if labels is None else labels)
        return path

    def label(self, path, labels):
        text = self.label_path(path)
        text.parent.mkdir(parents=True, exist_ok=True)
        text.write_text("".join(f"{k} {x / SIDE} {y / SIDE} {s / SIDE} {s / SIDE}\n" for k, x, y, s in ((*h, BOX)[:4] for h in labels)))

    def label_path(self, path):
        return self.root / "labels" / path.parent.name / f"{path.stem}.txt"

    def fill(self, part):
        """Sound pictures: both classes everywhere, two heads, none."""
        for x, y in PLACES:
            self.add(part, [(ALIEN, x, y)])
            self.add(part, [(JOHN, x, y)])
        self.add(part, [(ALIEN, 60, 60), (JOHN, 160, 150)])
        self.add(part, [])

    def findings(self, **limits):
        found = inventory.read(self.root)
        return audit(found.layouts, found.findings, Limits(**limits), quietly).findings

    def finding(self, kind, **limits):
        (one,) = [f for f in self.findings(**limits) if f.kind == kind]
        return one


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A sound set in two parts."""
    data = YoloSet(tmp_path_factory.mktemp("sound"))
    data.fill("train")
    data.fill("val")
    return data


@pytest.fixture
def made(sound, tmp_path):
    """A copy of it, to be broken."""
    shutil.copytree(sound.root, tmp_path / "set")
    data = YoloSet(tmp_path / "set")
    data.count = sound.count
    return data


@pytest.fixture
def picture(made):
    """A sound picture of it."""
    return made.add("train", [(ALIEN, 100, 100)])


def test_a_sound_set_has_neither_errors_nor_warnings(made):
    assert [f for f in made.findings() if f.severity != NOTE] == []


def test_a_label_without_its_picture_is_missing(made, picture):
    picture.unlink()
    finding = made.finding("missing")
    assert (finding.severity, finding.count) == (ERROR, 1)
    assert picture.stem in finding.names[0]


def test_a_picture_without_label_is_an_orphan(made, picture):
    made.label_path(picture).unlink()
    assert picture.stem in made.finding("orphan").names[0]


def test_a_file_that_is_no_picture_is_unreadable(made, picture):
    picture.write_bytes(b"no picture")
    assert made.finding("unreadable").severity == ERROR


@pytest.mark.parametrize("kept", [0.5, 0.9])
def test_a_picture_cut_short_is_found_though_it_can_be_decoded(made, picture, kept):
    data = picture.read_bytes()
    picture.write_bytes(data[: int(len(data) * kept)])
    finding = made.finding("truncated")
    assert (finding.severity, finding.names) == (ERROR, (f"train/{picture.name}",))


def test_a_png_cut_short_is_known_by_its_end():
    _, data = cv2.imencode(".png", board(0))
    assert fault_of(data.tobytes()) == ""
    assert fault_of(data.tobytes() + b"\0" * 8) == ""
    assert fault_of(data.tobytes()[:-20]) == "cut short"


def test_pictures_of_another_size_are_named(made, picture):
    cv2.imwrite(str(picture), cv2.resize(cv2.imread(str(picture)), (320, 240)))
    finding = made.finding("size")
    assert (finding.severity, finding.count) == (WARNING, 1)
    assert "1 of 320x240" in finding.detail


def test_exact_duplicates_in_a_part_are_wasted(made, picture):
    copy = picture.with_name("copy.jpg")
    shutil.copy(picture, copy)
    made.label(copy, [(ALIEN, 100, 100)])
    assert made.finding("duplicate").names == ("train/copy.jpg",) or made.finding("duplicate").names == (f"train/{picture.name}",)


def test_exact_duplicates_with_other_labels_contradict(made, picture):
    copy = picture.with_name("copy.jpg")
    shutil.copy(picture, copy)
    made.label(copy, [(JOHN, 100, 100)])
    assert made.finding("contradiction").severity == ERROR


def test_a_picture_on_both_sides_is_an_error(made, picture):
    copy = made.root / "images" / "val" / "capture_20250618_100000.jpg"
    shutil.copy(picture, copy)
    made.label(copy, [(ALIEN, 100, 100)])
    finding = made.finding("leak-exact")
    assert (finding.severity, finding.names, finding.of) == (ERROR, (f"val/{copy.name}",), 15)


def test_a_near_duplicate_on_both_sides_is_named_with_the_limit(made):
    made.add("val", [(ALIEN, 150, 72)], seed=6)  # on the board of the training pictures
    finding = made.finding("leak-near")
    assert (finding.severity, finding.count, finding.of) == (WARNING, 1, 15)
    assert "within 24 of 256 hash bits" in finding.detail
    assert "of 1 with a head 1 have it at the same place" in finding.detail
    assert not [f for f in made.findings(bits=0) if f.kind == "leak-near"]


def test_a_picture_taken_soon_after_a_training_picture_leaks(made):
    made.add("train", [(JOHN, 60, 60)], name="capture_20250618_095900")
    late = made.add("val", [(JOHN, 160, 60)], name="capture_20250618_095945", seed=99)
    assert made.finding("leak-time").names == (f"val/{late.name}",)
    assert not [f for f in made.findings(seconds=40) if f.kind == "leak-time"]


def test_a_split_file_takes_the_place_of_the_sets_own_division(made, tmp_path, capsys):
    split = tmp_path / "split.json"
    assert main(["split", str(made.root), "--by", "random", "--out", str(split)]) == 0
    found = inventory.read(made.root, split)
    result = audit(found.layouts, found.findings, Limits(), quietly)
    rows = result.as_json()["layouts"]["split split.json"]
    assert rows["train"]["pictures"] + rows["val"]["pictures"] == 28
    assert {f.kind for f in result.findings} >= {"leak-near", "leak-time"}  # by chance, so that each board is on both sides


def test_a_centre_outside_the_picture_is_an_error(made):
    made.add("train", [], labels=[(ALIEN, 250, 100)], name="out")
    finding = made.finding("outside")
    assert (finding.severity, finding.names) == (ERROR, ("train/out.jpg",))


def test_boxes_that_leave_the_picture_are_counted(made):
    made.add("train", [(ALIEN, 20, 100)])
    finding = made.finding("box-leaves")
    assert (finding.severity, finding.count) == (NOTE, 1)


@pytest.mark.parametrize("line", ["7 0.5 0.5 0.2 0.2", "-1 0.5 0.5 0.2 0.2"])
def test_an_unknown_class_is_an_error(made, picture, line):
    made.label_path(picture).write_text(line)
    finding = made.finding("unknown-class")
    assert finding.severity == ERROR
    assert "line 1" in finding.names[0]


@pytest.mark.parametrize("line", ["0 0.5 0.5", "nonsense", "0 nan 0.5 0.2 0.2", "0 0.5 0.5 0 0.2"])
def test_a_line_that_is_no_label_is_an_error(made, picture, line):
    made.label_path(picture).write_text(line)
    assert made.finding("bad-row").severity == ERROR


def test_one_head_labelled_as_two_classes_contradicts(made):
    made.add("train", [(ALIEN, 100, 100)], labels=[(ALIEN, 100, 100), (JOHN, 103, 100)], name="both")
    assert made.finding("contradiction").names == ("train/both.jpg",)


def test_one_head_labelled_twice_is_named(made):
    made.add("train", [(ALIEN, 100, 100)], labels=[(ALIEN, 100, 100), (ALIEN, 103, 100)], name="twice")
    assert made.finding("labelled-twice").names == ("train/twice.jpg",)


def test_boxes_all_of_one_size_are_called_a_convention(made):
    assert "64x64" in made.finding("fixed-box").detail


def test_a_box_far_from_the_usual_size_is_named(made):
    made.add("train", [(ALIEN, 100, 100)], labels=[(ALIEN, 100, 100, 120)], name="large")
    assert made.finding("box-size").names == ("train/large.jpg",)


def test_a_set_of_single_heads_says_what_it_lacks(tmp_path):
    data = YoloSet(tmp_path / "single")
    for x, y in PLACES:
        data.add("train", [(ALIEN, x, y)])
        data.add("train", [(JOHN, x, y)])
    kinds = {f.kind: f for f in data.findings()}
    assert kinds["single-head"].detail.startswith("pictures hold exactly one head")
    assert kinds["no-empty"].severity == WARNING


def test_a_class_that_a_part_lacks_is_named(tmp_path):
    data = YoloSet(tmp_path / "lopsided")
    data.fill("train")
    for x, y in PLACES:
        data.add("val", [(JOHN, x, y)])
    finding = data.finding("class-missing")
    assert finding.where == "yolo val"
    assert "alien" in finding.detail


def test_a_label_where_there_is_no_head_is_an_error(made):
    made.add("train", [(ALIEN, 60, 60)], labels=[(ALIEN, 160, 160)], name=stamp(6, 99))
    found = {f.kind: f for f in made.findings()}
    assert found["nothing-there"].names == (f"train/{stamp(6, 99)}.jpg",)
    assert found["unlabelled"].names == (f"train/{stamp(6, 99)}.jpg",)
    assert found["nothing-there"].severity == ERROR


def test_a_head_that_nobody_labelled_is_an_error(made):
    made.add("train", [(ALIEN, 60, 60), (JOHN, 160, 60)], labels=[(ALIEN, 60, 60)], name=stamp(6, 98))
    made.add("train", [(JOHN, 160, 160)], labels=[], name=stamp(6, 99))
    assert made.finding("unlabelled").names == (f"train/{stamp(6, 98)}.jpg", f"train/{stamp(6, 99)}.jpg")


def test_a_burst_of_one_place_is_not_blamed(tmp_path):
    data = YoloSet(tmp_path / "burst")
    for _ in range(12):
        data.add("train", [(ALIEN, 100, 100)])
    assert not [f for f in data.findings() if f.kind in ("nothing-there", "unlabelled")]


def test_places_that_were_never_seen_are_counted(made):
    finding = next(f for f in made.findings() if f.kind == "unseen-place")
    assert finding.of == 49
    assert 49 - finding.count == len({(x // 32, y // 32) for x, y in PLACES})


def test_wrong_classes_and_missed_clicks_show_against_the_mean_head(tmp_path):
    data = YoloSet(tmp_path / "many")
    rng = np.random.default_rng(0)
    for i in range(70):
        x, y = map(int, rng.integers(60, 164, 2))
        across, down = rng.normal(0, 1, 2)
        data.add("train", [(i % 2, x, y)], labels=[(i % 2, x + across, y + down)])
    data.add("train", [(ALIEN, 100, 100)], labels=[(JOHN, 100, 100)], name="john_in_name_only")
    data.add("train", [(ALIEN, 100, 100)], labels=[(ALIEN, 109, 100)], name="missed")
    found = {f.kind: f for f in data.findings()}
    assert found["wrong-class"].names == ("train/john_in_name_only.jpg",)
    assert found["missed-click"].names == ("train/missed.jpg",)


def test_two_layouts_that_disagree_contradict(tmp_path):
    data = YoloSet(tmp_path / "data_yolov8n" / "targets")
    data.fill("train")
    data.fill("val")
    (tmp_path / "data_mnetv2" / "targets").mkdir(parents=True)
    rows = []
    for path in sorted((data.root / "images").rglob("*.jpg")):
        shutil.copy(path, tmp_path / "data_mnetv2" / "targets" / path.name)
        heads = [line.split() for line in data.label_path(path).read_text().splitlines()]
        rows += [f"{path.name},{float(h[1]) * SIDE:.0f},{float(h[2]) * SIDE:.0f},{h[0]}" for h in heads] or [f"{path.name},112,112,2"]
    table = tmp_path / "data_mnetv2" / "labels_mnetv2.csv"
    table.write_text("\n".join(rows))
    found = inventory.read(tmp_path)
    whole = audit(found.layouts, found.findings, Limits(), quietly)
    assert whole.shared == 28
    assert not [f for f in whole.findings if f.severity == ERROR]
    name, x, y, kind = rows[0].split(",")
    table.write_text("\n".join([f"{name},{int(x) + 5},{y},{kind}", *rows[1:]]))
    found = inventory.read(tmp_path)
    (finding,) = [f for f in audit(found.layouts, found.findings, Limits(), quietly).findings if f.severity == ERROR]
    assert finding.kind == "contradiction"
    assert name in finding.names[0]


def test_the_command_reports_as_table_json_and_sheet(made, tmp_path, capsys):
    report, sheet = tmp_path / "a.json", tmp_path / "a.png"
    assert main(["check", str(made.root), "--json", str(report), "--sheet", str(sheet)]) == 0
    out = capsys.readouterr().out
    assert "28 pictures of 224x224" in out
    assert "0 errors, 0 warnings" in out
    figures = json.loads(report.read_text())
    assert figures["layouts"]["yolo"]["train"] == {"pictures": 14, "alien": 7, "john": 7, "empty": 1}
    assert np.sum(figures["heat"]["alien"]) == 14
    assert "heads lie wholly" in figures["label_noise_unmeasured"]["alien"]
    image = cv2.imread(str(sheet))
    assert image.shape[1] == 1600
    assert image.shape[0] > 1000


def test_errors_make_the_command_fail(made, picture, capsys):
    picture.write_bytes(b"")
    assert main(["check", str(made.root)]) == 1
    assert "Errors: mend these first" in capsys.readouterr().out


def test_a_table_without_one_good_row_is_told_as_errors(tmp_path, capsys):
    (tmp_path / "labels.csv").write_bytes(b"\xff\xfe\x00rubbish,,,\n")
    assert main(["check", str(tmp_path)]) == 1
    assert "Errors: mend these first" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["{nowhere}"], "no data set"),
        (["{empty}"], "no data set"),
        (["{set}", "--sheet", "{empty}/a.txt"], ".png"),
        (["{set}", "--json", "{nowhere}/a.json"], "no folder"),
        (["{set}", "--json", "{there}"], "there already"),
        (["{set}", "--split", "{nowhere}"], ""),
    ],
)
def test_what_cannot_be_used_is_one_line_and_nothing_written(made, tmp_path, capsys, words, says):
    empty, there = tmp_path / "empty", tmp_path / "there.json"
    empty.mkdir()
    there.write_text("mine")
    known = {"nowhere": tmp_path / "nowhere", "empty": empty, "set": made.root, "there": there}
    assert main(["check", *(w.format(**known) for w in words)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert says in error
    assert there.read_text() == "mine"
    assert list(empty.iterdir()) == []


@pytest.mark.skipif("THEYLIVE_DATA" not in os.environ, reason="THEYLIVE_DATA names no data set")
def test_the_public_set_shows_what_is_known_of_it(tmp_path, capsys):
    report = tmp_path / "a.json"
    assert main(["check", os.environ["THEYLIVE_DATA"], "--json", str(report)]) == 0
    figures = json.loads(report.read_text())
    found = {(f["where"], f["kind"]): f for f in figures["findings"]}
    heads = "data_yolov8n"
    assert figures["pictures"] == 1346
    assert figures["in_several_layouts"] == 905
    assert found[heads, "fixed-box"]["count"] == 905
    assert found[heads, "box-leaves"]["count"] / 905 == pytest.approx(87 / 1001, abs=0.01)
    assert found[heads, "leak-near"]["count"] / 105 == pytest.approx(148 / 201, abs=0.1)
    assert found[heads, "leak-time"]["count"] == 105
    assert found[heads, "single-head"]["detail"].startswith("pictures hold exactly one head")
    assert (heads, "no-empty") in found
    assert ("data_mnetv2", "no-empty") not in found
    assert not [f for f in figures["findings"] if f["severity"] == ERROR]
    for label in ("alien", "john"):
        assert 1.3 < figures["label_noise"][label]["p50_px"] < 1.8
        assert 2.4 < figures["label_noise"][label]["p95_px"] < 3.5
        assert 0.86 < figures["label_noise"][label]["best_map50_95"] < 0.92
        assert figures["label_noise"][label]["registration_error_px"] < 0.25
