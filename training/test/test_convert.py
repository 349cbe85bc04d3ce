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

"""Labels survive every way between the formats, and a converted folder is there whole or not at all."""

import errno
import fcntl
import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from theylive_training.__main__ import main
from theylive_training.data import find
from theylive_training.data.new_folder import new_folder
from theylive_training.errors import TrainingError

CSV = """capture_20250618_120000.jpg,48,38,0
capture_20250618_120006.jpg,3,221,1
capture_20250618_120012.jpg,100,100,0
capture_20250618_120012.jpg,150,60,1
capture_20250618_120012.jpg,-5,230,0
capture_20250618_120018.jpg,100.25,7.125,1
capture_3.jpg,160,120,2
"""


@pytest.fixture
def captured(tmp_path):
    """What capture writes: 320x240 pictures, one with three heads, one of the empty board."""
    folder = tmp_path / "captured"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for name in dict.fromkeys(line.split(",")[0] for line in CSV.splitlines()):
        cv2.imwrite(str(folder / name), rng.integers(0, 255, (240, 320, 3), np.uint8))
    (folder / "labels.csv").write_text(CSV)
    return folder


@pytest.fixture
def yolo(tmp_path):
    """A YOLO folder with parts, boxes of all sizes, some beyond the picture, and names in another order than ours."""
    folder = tmp_path / "yolo"
    rng = np.random.default_rng(1)
    for part, sizes in {"train": [(224, 224), (320, 240)], "val": [(1920, 1080)], "test": [(37, 53)]}.items():
        for i, (width, height) in enumerate(sizes):
            image = folder / "images" / part / f"capture_{part}_{i}.png"
            label = folder / "labels" / part / f"capture_{part}_{i}.txt"
            image.parent.mkdir(parents=True, exist_ok=True)
            label.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(image), np.zeros((height, width, 3), np.uint8))
            boxes = rng.uniform([0, 0, 0.05, 0.05], [1, 1, 0.9, 0.9], (3, 4))
            label.write_text("".join(f"{k % 2} {x:.6f} {y:.6f} {w:.6f} {h:.6f}\n" for k, (x, y, w, h) in enumerate(boxes)))
    (folder / "data.yaml").write_text("train: images/train\nval: images/val\nnames: {0: John, 1: Alien}\n")
    return folder


def convert(source, form, out, *words):
    status = main(["convert", str(source), "--to", form, "--out", str(out), *words])
    assert status == 0
    return out


def heads(folder):
    """Of each picture: part, name, and boxes as label and shares of the picture."""
    table = {}
    for item in find.survey(folder).items:
        (width, height), boxes = item.size, item.file.boxes
        table[item.part, item.name] = [(b.label, b.x / width, b.y / height, b.width / width, b.height / height) for b in boxes]
    return table


def test_csv_comes_back_from_yolo_and_coco_to_the_letter(captured, tmp_path):
    there = convert(captured, "yolo", tmp_path / "a", "--backgrounds")
    over = convert(there, "coco", tmp_path / "b", "--backgrounds")
    back = convert(over, "csv", tmp_path / "c", "--backgrounds")
    assert (back / "labels.csv").read_text() == CSV
    for path in captured.glob("*.jpg"):
        assert (back / path.name).read_bytes() == path.read_bytes()
        assert (back / path.name).stat().st_ino != path.stat().st_ino


def test_yolo_comes_back_from_coco(yolo, tmp_path):
    before = heads(yolo)
    assert set(before) == {
        ("train", "capture_train_0.png"),
        ("train", "capture_train_1.png"),
        ("val", "capture_val_0.png"),
        ("test", "capture_test_0.png"),
    }
    back = heads(convert(convert(yolo, "coco", tmp_path / "a"), "yolo", tmp_path / "b"))
    assert set(back) == set(before)
    for key, boxes in before.items():
        assert [b[0] for b in back[key]] == [b[0] for b in boxes] == ["john", "alien", "john"]
        np.testing.assert_allclose([b[1:] for b in back[key]], [b[1:] for b in boxes], atol=1e-6, rtol=0)
        assert any(b[1] + b[3] / 2 > 1 or b[1] - b[3] / 2 < 0 or b[2] + b[4] / 2 > 1 or b[2] - b[4] / 2 < 0 for b in boxes)


def test_names_decide_not_numbers(yolo, tmp_path):
    out = convert(yolo, "yolo", tmp_path / "a")
    assert "names:\n- alien\n- john\n" in (out / "data.yaml").read_text()
    ids = [line.split()[0] for line in (out / "labels" / "val" / "capture_val_0.txt").read_text().splitlines()]
    assert ids == ["1", "0", "1"]


def test_coco_has_what_its_readers_expect(captured, tmp_path):
    out = convert(captured, "coco", tmp_path / "a", "--backgrounds")
    table = json.loads((out / "annotations" / "instances.json").read_text())
    assert [c["name"] for c in sorted(table["categories"], key=lambda c: c["id"])] == ["alien", "john"]
    assert min(c["id"] for c in table["categories"]) == 1
    assert len({a["id"] for a in table["annotations"]}) == 6
    first = table["annotations"][0]
    assert first["bbox"] == [16.0, 6.0, 64.0, 64.0]
    assert first["area"] == 64 * 64
    assert all((out / "images" / image["file_name"]).is_file() for image in table["images"])
    with_heads = {a["image_id"] for a in table["annotations"]}
    assert [i["file_name"] for i in table["images"] if i["id"] not in with_heads] == ["capture_3.jpg"]


def test_backgrounds_are_kept_only_if_asked_and_that_is_said(captured, tmp_path, capsys):
    out = convert(captured, "yolo", tmp_path / "a")
    assert "left out: 1 pictures without heads" in capsys.readouterr().out
    assert not (out / "images" / "capture_3.jpg").exists()
    out = convert(captured, "yolo", tmp_path / "b", "--backgrounds")
    assert (out / "labels" / "capture_3.txt").read_text() == ""


def test_a_given_box_becomes_every_heads_size(captured, yolo, tmp_path, capsys):
    for source in (captured, yolo):
        out = convert(source, "coco", tmp_path / f"{source.name}_50", "--box", "50")
        for path in (out / "annotations").iterdir():
            assert {tuple(a["bbox"][2:]) for a in json.loads(path.read_text())["annotations"]} == {(50.0, 50.0)}
    convert(tmp_path / "captured_50", "csv", tmp_path / "back")
    assert "of 6 heads 6 have another size, --box 50 gives it back" in capsys.readouterr().out


def test_csv_says_what_it_cannot_hold(yolo, captured, tmp_path, capsys):
    convert(yolo, "csv", tmp_path / "a")
    said = capsys.readouterr().out
    assert "of 12 heads 12 have another size, their sizes are lost" in said
    assert "csv has no parts: 2 train, 1 val, 1 test" in said
    convert(captured, "csv", tmp_path / "b")
    assert "csv" not in capsys.readouterr().out.split("as csv")[1].replace("--backgrounds", "")


def test_parts_follow_a_split_file(captured, tmp_path, capsys):
    split = tmp_path / "split.json"
    assert main(["split", str(captured), "--out", str(split), "--by", "random", "--shares", "0.5", "0.5"]) == 0
    out = convert(captured, "yolo", tmp_path / "a", "--split", str(split), "--backgrounds")
    table = json.loads(split.read_text())
    for part in ("train", "val"):
        assert {p.name for p in (out / "images" / part).iterdir()} == {row["path"] for row in table["parts"][part]}


def board_with_head(path, x, y, label, seed):
    """A plain board with a head that is `20 + seed` px wide and 50 px high."""
    image = np.full((224, 224, 3), (116, 152, 151), np.uint8)
    if label is not None:
        cv2.rectangle(image, (x - 20, y - 25), (x + 19, y + 24), ((40, 30, 20), (20, 20, 90))[label], -1)
    cv2.imwrite(str(path), image)


@pytest.fixture
def plain(tmp_path):
    """Ten heads of 40 x 50 px of each class, wandering over a plain board; the last of each leaves the picture."""
    folder = tmp_path / "plain"
    folder.mkdir()
    rows = []
    for i in range(20):
        x, y, label = (60 + 30 * (i % 4), 70 + 20 * (i % 5), i // 10) if i % 10 != 9 else (5, 100, i // 10)
        name = f"capture_20250618_1200{i:02}.png"
        board_with_head(folder / name, x, y, label, i)
        rows.append(f"{name},{x},{y},{label}")
    (folder / "labels.csv").write_text("\n".join(rows) + "\n")
    return folder


def test_a_measured_box_holds_the_head_and_the_rest_is_said(plain, tmp_path, capsys):
    out = convert(plain, "yolo", tmp_path / "a", "--box", "measured")
    said = capsys.readouterr().out
    for label in ("alien", "john"):
        assert f"{label}: 9 of 10 heads measured; the other 1 get the median" in said
    for file in find.find(out):
        (box,) = file.boxes
        assert box.width == pytest.approx(40, abs=3)
        assert box.height == pytest.approx(50, abs=3)
    assert [f.boxes[0][1:3] for f in find.find(out)] == [pytest.approx(f.boxes[0][1:3], abs=1e-6) for f in find.find(plain)]


def test_heads_that_cannot_be_measured_are_no_guess(captured, tmp_path, capsys):
    assert main(["convert", str(captured), "--to", "yolo", "--out", str(tmp_path / "a"), "--box", "measured"]) == 2
    error = capsys.readouterr().err
    assert "only 0 of 3 alien heads can be measured" in error
    assert error.count("\n") == 1
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (lambda f: (f / "labels.csv").write_text(CSV + "capture_3.jpg,9\n"), "line 8 is"),
        (lambda f: (f / "labels.csv").write_text(CSV + "capture_3.jpg,9,9,7\n"), "class '7'"),
        (lambda f: (f / "labels.csv").write_text(CSV + "capture_3.jpg,9,9,1\n"), "a head and that it is a background"),
        (lambda f: (f / "labels.csv").write_text(CSV + "../x.jpg,9,9,1\n"), "line 8 is"),
        (lambda f: (f / "labels.csv").write_text(CSV + "capture_3.jpg,nan,9,1\n"), "no pair of numbers"),
        (lambda f: (f / "labels.csv").write_bytes(b"\xff\xfe\0\1"), "not a text file"),
        (lambda f: (f / "labels.csv").write_text(""), "has a label"),
        (lambda f: (f / "labels.csv").unlink(), "there is no data set"),
        (lambda f: (f / "capture_3.jpg").unlink(), "capture_3.jpg is missing"),
        (lambda f: (f / "capture_3.jpg").write_bytes(b""), "is not a picture"),
        (lambda f: [(f / "labels.csv").rename(f / "labels_1.csv"), (f / "labels_2.csv").write_text(CSV)], "2 label files"),
    ],
)
def test_a_damaged_source_is_named_in_one_line_and_nothing_is_written(captured, harm, says, tmp_path, capsys):
    harm(captured)
    assert main(["convert", str(captured), "--to", "yolo", "--out", str(tmp_path / "a")]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == ["captured"]


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("labels/val/capture_val_0.txt", "0 0.5 0.5 0.1", "not class x y width height"),
        ("labels/val/capture_val_0.txt", "2 0.5 0.5 0.1 0.1", "class 2"),
        ("labels/val/capture_val_0.txt", "0 112 112 64 64", "shares of the picture"),
        ("labels/val/capture_val_0.txt", "0 0.5 0.5 0 0.1", "shares of the picture"),
        ("labels/val/other.txt", "0 0.5 0.5 0.1 0.1", "has no picture"),
        ("data.yaml", "names: 7", "does not say which names"),
        ("data.yaml", "names: [cat, dog]", "class 0 (cat)"),
        ("data.yaml", "a: [", "does not say which names"),
    ],
)
def test_damage_in_a_yolo_folder_is_named(yolo, file, text, says):
    (yolo / file).write_text(text)
    with pytest.raises(TrainingError) as error:
        find.find(yolo)
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_a_picture_without_a_label_file_is_not_taken_for_an_empty_board(yolo):
    (yolo / "labels/val/capture_val_0.txt").unlink()
    with pytest.raises(TrainingError, match="has no label file"):
        find.find(yolo)


def break_coco(table, way):
    if way == "category":
        table["annotations"][0]["category_id"] = 9
    elif way == "bbox":
        table["annotations"][0]["bbox"] = [1, 2, 3]
    elif way == "image":
        table["annotations"][0]["image_id"] = 99
    elif way == "size":
        table["images"][0]["width"] = 10
    elif way == "twice":
        table["images"].append({**table["images"][0], "id": 77})
    elif way == "outside":
        table["images"][0]["file_name"] = "../../x.jpg"
    elif way == "crowd":
        table["annotations"][0]["iscrowd"] = 1


@pytest.mark.parametrize(
    ("way", "says"),
    [
        ("category", "has category '9'"),
        ("bbox", "bbox of four numbers"),
        ("image", "annotations of image '99'"),
        ("size", "320x240 px, but"),
        ("twice", "more than once"),
        ("outside", "file_name within the folder"),
        ("crowd", "no box of one head"),
    ],
)
def test_damage_in_a_coco_json_is_named(captured, tmp_path, way, says):
    out = convert(captured, "coco", tmp_path / "a")
    path = out / "annotations" / "instances.json"
    table = json.loads(path.read_text())
    break_coco(table, way)
    path.write_text(json.dumps(table))
    with pytest.raises(TrainingError) as error:
        find.find(out)
    assert says in str(error.value)


def test_all_damage_is_listed_and_the_rest_is_read(captured):
    (captured / "labels.csv").write_text(CSV.replace("48,38,0", "48,38,8") + "gone.jpg,1,1,0\n")
    found = find.survey(captured)
    assert [(p.kind, p.is_error) for p in found.problems] == [("unknown class", True), ("missing", True), ("unlabelled", False)]
    assert len(found.items) == 4


@pytest.mark.parametrize("way", ["file", "full", "inside"])
def test_an_output_folder_in_use_is_left_as_it_was(captured, tmp_path, way, capsys):
    out = captured / "sub" if way == "inside" else tmp_path / "out"
    if way == "file":
        out.write_text("mine")
    elif way == "full":
        out.mkdir()
        (out / "mine").write_text("mine")
    before = sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*"))
    assert main(["convert", str(captured), "--to", "yolo", "--out", str(out)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*")) == before


def test_an_empty_output_folder_is_filled(captured, tmp_path):
    (tmp_path / "out").mkdir()
    convert(captured, "yolo", tmp_path / "out")


def test_two_pictures_that_would_get_one_name_are_refused(yolo, tmp_path, capsys):
    twin = yolo / "images" / "val" / "capture_train_0.png"
    twin.write_bytes((yolo / "images" / "val" / "capture_val_0.png").read_bytes())
    (yolo / "labels" / "val" / "capture_train_0.txt").write_text("")
    assert main(["convert", str(yolo), "--to", "csv", "--backgrounds", "--out", str(tmp_path / "a")]) == 2
    assert "would get the same name" in capsys.readouterr().err


def test_a_folder_that_fails_half_way_leaves_nothing(tmp_path):
    def fill_up():
        with new_folder(tmp_path / "out") as folder:
            (folder / "half").write_text("x")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(TrainingError, match="No space left"):
        fill_up()
    assert list(tmp_path.iterdir()) == []


def test_what_a_kill_left_goes_at_the_next_try_but_not_while_another_fills_it(tmp_path):
    part = tmp_path / ".out.part"
    (part / "deep").mkdir(parents=True)
    (part / "deep" / "half").write_text("x")
    handle = os.open(part, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with pytest.raises(TrainingError, match="another command"), new_folder(tmp_path / "out"):
        pass
    assert (part / "deep" / "half").exists()
    os.close(handle)
    with new_folder(tmp_path / "out") as folder:
        (folder / "whole").write_text("x")
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["whole"]
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


@pytest.mark.skipif("THEYLIVE_DATA" not in os.environ, reason="THEYLIVE_DATA names no data set")
def test_the_public_csv_makes_the_public_yolo_labels_and_comes_back(tmp_path):
    source = next(p.parent for p in Path(os.environ["THEYLIVE_DATA"]).rglob("labels_mnetv2.csv"))
    there = convert(source, "yolo", tmp_path / "a", "--backgrounds")
    mine = {name: boxes for (_, name), boxes in heads(there).items() if boxes}
    theirs = {name: boxes for (_, name), boxes in heads(source.parent / "data_yolov8n" / "targets").items()}
    assert set(mine) == set(theirs)
    for name, boxes in theirs.items():
        assert mine[name][0][0] == boxes[0][0]
        assert mine[name][0][1:] == pytest.approx(boxes[0][1:], abs=1e-6)
    back = convert(there, "csv", tmp_path / "b", "--backgrounds")
    assert sorted((back / "labels.csv").read_text().split()) == sorted((source / "labels_mnetv2.csv").read_text().split())
