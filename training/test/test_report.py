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

"""The report is one page that holds all that is known, names what is not, and never takes the place of a person's file."""

import dataclasses
import json
import re
import shutil
from html.parser import HTMLParser

import cv2
import numpy as np
import pytest
from theylive_training.__main__ import main
from theylive_training.judge.evaluation import Judged, Terms, summary
from theylive_training.judge.measure import Sighting, of_sightings
from theylive_training.pictures.picture import Box, Picture
from theylive_training.report.file import MARK

from theylive_ros.detector import manifest
from theylive_ros.share import share_path
from theylive_ros.types import Detection

SHIPPED = share_path("models", "compact_yolo_224_int8.tflite")
IMAGE = np.zeros((224, 224, 3), np.uint8)
EDGE_TPU = {"ok": True, "on_cpu": 0, "errors": [], "warnings": [], "operators": {"CONV_2D": 37}}
FACTS = {
    "schema": 1,
    "spec": {"net": "compact", "side": 224, "width": None},
    "made_with": "theylive-train train compact --data DIR --out DIR",
    "schedule": {"epochs": 16, "batch": 16, "rate": 0.003, "seed": 7},
    "pictures": {
        "pool": {"real": 300, "composed_frame": 100},
        "set": "public",
        "split": "random",
        "real": 800,
        "empty_boards": 353,
        "never_learned_from": {"heads": 105, "empty_boards": 88},
    },
    "versions": {"python": "3.11"},
    "parameters": 785174,
    "minutes": 11.5,
    "epochs": {"done": 16, "best": 14},
    "verdict": "Converged: no need for more epochs.",
}
FLOOR = {"heads": 40, "p50_px": 1.31, "p95_px": 2.72, "best_map50_95": 0.897}
AUDIT = {
    "data": "humanxalien",
    "pictures": 1346,
    "layouts": {"yolo": {"train": {"pictures": 800, "alien": 397, "john": 403}, "val": {"pictures": 8, "alien": 4, "john": 4}}},
    "findings": [
        {
            "kind": "leak-time",
            "severity": "warning",
            "where": "yolo",
            "count": 105,
            "of": 105,
            "detail": "val pictures were taken within 60 s of a train picture",
            "cure": "`split` divides by capture time",
            "names": ["a.jpg", "b.jpg"],
        }
    ],
    "heat": {"alien": [[0, 3], [5, 1]]},
    "label_noise": {"alien": {**FLOOR, "p50_px": 9.0, "parts": {"val": FLOOR}}},
    "label_noise_unmeasured": {"john": "4 john heads lie wholly in their pictures, 30 are needed"},
}


def measures(off=0.4):
    """A detector that finds every head, each centre so many px to the right."""
    seen = []
    for k in range(8):
        label, x = ("alien", "john")[k % 2], 60.0 + 10 * k
        found = Detection(label, 0.9, x + off, 100.0, 64.0, 64.0)
        seen.append(Sighting(Picture(IMAGE, (Box(label, x, 100.0, 64.0, 64.0),)), [found]))
    return {"validation": of_sightings(seen, 0.5, True)}


def judged(path, name, off=0.4, is_peer=False):
    times = {"p50": 1.2, "p95": 1.3, "p99": 1.4, "cpu_p50": 1.25, "to_peer": 0.5, "network_cpu_p50": 0.7, "network_to_peer": 0.4}
    return Judged(name, path, "CPU", True, {}, measures(off), times, "224x224", is_peer, None)


@pytest.fixture
def run(tmp_path):
    """A finished training with its exported model."""
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps(FACTS))
    (folder / "weights.pt").write_bytes(b"weights")
    told = manifest.load(SHIPPED)
    shutil.copy(SHIPPED, folder)
    told = dataclasses.replace(told, training={"licence": {"model": "AGPL-3.0: why", "data": "PDDL-1.0"}, "edgetpu_check": EDGE_TPU})
    manifest.save(told, manifest.path_of(folder / SHIPPED.name))
    cv2.imwrite(str(folder / "curves.png"), IMAGE)
    cv2.imwrite(str(folder / "pictures.jpg"), IMAGE)
    return folder


@pytest.fixture
def evaluation(run, tmp_path):
    return evaluate(tmp_path / "evaluation", [judged(run / SHIPPED.name, "mine"), judged(tmp_path / "x", "<b>peer</b>", 5.0, True)])


def evaluate(folder, models, split="random"):
    folder.mkdir(exist_ok=True)
    results = summary(models, Terms("val", 0.5, 10, 1), 1, None, {"validation": [0] * 8})
    results |= {"split": split, "part": "val"}
    (folder / "metrics.json").write_text(json.dumps(results))
    for model in models:
        (folder / model.folder).mkdir(exist_ok=True)
        cv2.imwrite(str(folder / model.folder / "confusion.png"), IMAGE)
        cv2.imwrite(str(folder / model.folder / "worst_validation.png"), IMAGE)
    return folder


@pytest.fixture
def audit(tmp_path):
    path = tmp_path / "check.json"
    path.write_text(json.dumps(AUDIT))
    return path


def verified(run, **changes):
    """What `verify` leaves."""
    sets = {"validation": measures()["validation"].to_json()}
    told = {
        "sha256": manifest.load(run / SHIPPED.name).sha256,
        "passed": True,
        "failed": [],
        "data": {"kind": "real", "split": "random", "part": "val", "doubt": None},
        "limits": {"map50_95_drop": 0.005},
        "differences": {"int8": {"map50_95_drop": 0.0012}},
        "main": "validation",
        "figures": {"float": sets, "int8": sets},
    }
    (run / "verify.json").write_text(json.dumps({**told, **changes}))


def report(out, run, *more):
    return main(["report", str(run), "--out", str(out), *map(str, more)])


class Text(HTMLParser):
    """The words of a page, its pictures, and whatever it would load."""

    def __init__(self, page):
        super().__init__()
        self.words, self.pictures, self.loaded, self.open = [], [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        self.pictures += [told["src"]] if tag == "img" else []
        self.loaded += [told["src"]] if tag == "script" else [told["href"]] if tag == "link" else []
        self.words += [" "] if tag in ("td", "th", "dd", "div", "p", "li") else []
        if tag not in ("meta", "br", "img", "wbr", "link", "!doctype"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)


def read(path):
    page = Text(path.read_text())
    assert page.open == []
    return page, re.sub(r"\s+", " ", "".join(page.words))


def test_the_page_says_what_a_model_is_good_for_and_what_it_falls_short_of(run, evaluation, tmp_path):
    verified(run, failed=["int8: map50 95 drop 0.02, at most 0.005 is needed"], passed=False)
    assert report(tmp_path / "r.html", run, "--evaluation", evaluation) == 0
    words = read(tmp_path / "r.html")[1]
    assert "The model falls short" not in words
    assert "All 2 judged models fall short of what a shipped model must reach." in words
    assert "Finds all 8 heads on real pictures, calls no John an alien." in words
    assert "int8 against float: map50 95 drop 0.02, at most 0.005 is needed" in words


def test_a_model_that_keeps_every_limit_is_good_enough(run, evaluation, tmp_path):
    assert report(tmp_path / "r.html", run, "--evaluation", evaluation) == 0
    words = read(tmp_path / "r.html")[1]
    assert "1 of 2 judged models reaches every goal: compact_yolo_224_int8." in words
    assert "Good enough to be shipped, by every limit on real pictures" in words


def test_all_that_was_found_stands_on_the_page(run, evaluation, audit, tmp_path):
    verified(run)
    assert report(tmp_path / "r.html", run, "--evaluation", evaluation, "--data-check", audit) == 0
    page, words = read(tmp_path / "r.html")
    for told in (
        "Converged: no need for more epochs.",
        "800 real pictures with heads and 353 of the empty board",
        "real heads on real boards, whole frames at 0.7",
        "mAP50-95 lost 0.0012 ≤ 0.005",
        "All 37 operators should map onto it",
        "679,126, as exported",
        "theylive-train train compact --data DIR --out DIR",
        "AGPL-3.0: why",
        "val pictures were taken within 60 s of a train picture",
        "john: not measured, 4 john heads lie wholly in their pictures",
    ):
        assert told in words, told
    assert len(page.pictures) == 4  # sheet, curves, confusion, worst


def test_centre_errors_stand_beside_the_goal_and_the_floor_of_the_same_labels(run, evaluation, audit, tmp_path):
    assert report(tmp_path / "r.html", run, "--evaluation", evaluation, "--data-check", audit) == 0
    words = read(tmp_path / "r.html")[1]
    assert "floor: the labels of the part val 1.31 / 2.72 px" in words
    assert "goal 1.70 +0.39 3.40" in words
    assert "compact_yolo_224_int8 0.40 -0.91 0.40" in words


def test_the_floor_is_that_of_the_pictures_that_verify_looked_at(run, audit, tmp_path):
    verified(run)
    assert report(tmp_path / "r.html", run, "--data-check", audit) == 0
    assert "floor: the labels of the part val 1.31 / 2.72 px" in read(tmp_path / "r.html")[1]


def test_the_floor_is_that_of_the_whole_set_when_other_pictures_judged(run, evaluation, audit, tmp_path):
    audit.write_text(json.dumps({**AUDIT, "layouts": {"yolo": {"val": {"pictures": 9, "alien": 5, "john": 4}}}}))
    assert report(tmp_path / "r.html", run, "--evaluation", evaluation, "--data-check", audit) == 0
    assert "floor: the labels of the whole set" in read(tmp_path / "r.html")[1]


def test_the_page_holds_its_pictures_and_loads_nothing(run, evaluation, tmp_path):
    assert report(tmp_path / "r.html", run, "--evaluation", evaluation) == 0
    page, _ = read(tmp_path / "r.html")
    assert page.pictures
    assert all(p.startswith("data:image/") for p in page.pictures)
    assert not page.loaded
    assert not re.search(r"(src|href)=\"https?:|@import|url\(", (tmp_path / "r.html").read_text())


def test_names_from_files_are_words_and_never_markup(run, evaluation, tmp_path):
    assert report(tmp_path / "r.html", run, "--evaluation", evaluation) == 0
    assert "<b>peer" not in (tmp_path / "r.html").read_text()
    assert "<b>peer</b>" in read(tmp_path / "r.html")[1]


def test_a_large_picture_becomes_smaller(run, tmp_path):
    noise = np.random.default_rng(1).integers(0, 255, (1500, 3000, 3), np.uint8)
    cv2.imwrite(str(run / "pictures.jpg"), noise)
    assert report(tmp_path / "r.html", run) == 0
    assert (tmp_path / "r.html").stat().st_size < 0.5 * (run / "pictures.jpg").stat().st_size


def test_what_is_missing_is_named_with_the_command_that_makes_it(run, tmp_path):
    for name in ("curves.png", "pictures.jpg", SHIPPED.name):
        (run / name).unlink()
    assert report(tmp_path / "r.html", run) == 0
    words = read(tmp_path / "r.html")[1]
    assert "Not judged yet" in words
    for command in (f"export {run}", "evaluate", "check DATA --json check.json", "sweep --data DATA --out sweep", "--preview preview.png"):
        assert f"theylive-train {command}" in words or command in words
    assert "Its curves are not in the folder" in words


def test_a_damaged_picture_is_missing(run, tmp_path):
    (run / "curves.png").write_bytes(b"no picture")
    assert report(tmp_path / "r.html", run) == 0
    assert "Its curves are not in the folder, or damaged" in read(tmp_path / "r.html")[1]


def test_a_verify_of_other_bytes_does_not_count(run, tmp_path):
    verified(run, sha256="0" * 64)
    assert report(tmp_path / "r.html", run) == 0
    words = read(tmp_path / "r.html")[1]
    assert f"theylive-train verify {run} --data DATA" in words
    assert "Not judged yet" in words


def test_verify_judges_where_there_is_no_evaluation(run, tmp_path):
    verified(run)
    assert report(tmp_path / "r.html", run) == 0
    words = read(tmp_path / "r.html")[1]
    assert "compact_yolo_224_int8 reaches every goal of a model that is shipped." in words
    assert "Beware: judged by `verify` alone" in words


def test_a_copy_of_a_runs_model_is_no_other_model(run, evaluation, tmp_path):
    twice = [judged(run / SHIPPED.name, "mine"), judged(SHIPPED, "copy", is_peer=True)]
    evaluate(evaluation, twice)
    assert report(tmp_path / "r.html", run, "--evaluation", evaluation) == 0
    assert "compact_yolo_224_int8 reaches every goal" in read(tmp_path / "r.html")[1]


def by_time(run, tmp_path, *models):
    """A second evaluation, by pictures taken at another time, in which the run's model does worse."""
    found = models or (judged(run / SHIPPED.name, "mine", 3.0, True), judged(tmp_path / "y", "other"))
    return evaluate(tmp_path / "by_time", list(found), "time")


def test_evaluations_of_two_splits_stand_side_by_side(run, evaluation, tmp_path):
    two = ("--evaluation", evaluation, "--evaluation", by_time(run, tmp_path))
    assert report(tmp_path / "r.html", run, *two) == 0
    page, words = read(tmp_path / "r.html")
    assert "Part val of the split random. 1 of 2 judged models reaches every goal: compact_yolo_224_int8." in words
    assert "Part val of the split time. 1 of 2 judged models reaches every goal: other." in words
    table = words.partition("Side by side")[2]
    assert re.search(r"part val of the split random compact_yolo_224_int8 0\.995.*<b>peer</b>.*part val of the split time compact", table)
    assert "good enough: part val of the split random" in words
    assert "falls short: part val of the split time" in words
    assert "How it does: part val of the split time" in words
    assert "compact_yolo_224_int8 3.00 " in words  # its centres' errors by time
    assert words.count("How the training went") == 1  # of the one run
    assert len(page.pictures) == 6  # sheet, curves, and of each evaluation confusion, worst


def test_the_order_of_the_evaluations_is_that_in_which_they_were_given(run, evaluation, tmp_path):
    assert report(tmp_path / "r.html", run, "--evaluation", by_time(run, tmp_path), "--evaluation", evaluation) == 0
    words = read(tmp_path / "r.html")[1]
    assert words.index("the split time") < words.index("the split random")


def test_the_same_evaluation_given_twice_stands_there_once(run, evaluation, tmp_path):
    assert report(tmp_path / "r.html", run, "--evaluation", evaluation, "--evaluation", evaluation) == 0
    assert "How it does: " not in read(tmp_path / "r.html")[1]


def test_evaluations_of_one_split_are_told_apart_by_their_folders(run, evaluation, tmp_path):
    again = evaluate(tmp_path / "again", [judged(run / SHIPPED.name, "mine", 1.0, True)])
    assert report(tmp_path / "r.html", run, "--evaluation", evaluation, "--evaluation", again) == 0
    assert f"Part val of the split random ({again})." in read(tmp_path / "r.html")[1]


def test_a_run_that_no_evaluation_has_judged_stands_apart(run, evaluation, tmp_path):
    shutil.copytree(run, tmp_path / "second")
    (tmp_path / "second" / SHIPPED.name).unlink()
    assert main(["report", str(run), str(tmp_path / "second"), "--evaluation", str(evaluation), "--out", str(tmp_path / "r.html")]) == 0
    words = read(tmp_path / "r.html")[1]
    assert "In no evaluation. No model has been judged yet" in words
    assert "It has not been exported, so there is no model to judge" in words


def test_a_sweep_tells_its_front(run, tmp_path):
    point = {"net": "compact", "width": 1.0, "accuracy": None, "recall": 1.0}
    points = [
        {**point, "model": "slow", "side": 224, "ms": 2.0, "map50_95": 0.8, "centre_p50": 2.0},
        {**point, "model": "fast", "side": 96, "ms": 1.0, "map50_95": 0.9, "centre_p50": 1.5},
    ]
    folder = tmp_path / "sweep"
    folder.mkdir()
    (folder / "sweep.json").write_text(json.dumps({"schema": 1, "judged_on": "simulated pictures", "points": points}))
    assert report(tmp_path / "r.html", run, "--sweep", folder) == 0
    words = read(tmp_path / "r.html")[1]
    assert re.search(r"fast ● 96.*slow 224", words)
    assert "Its plot is not there" in words


def test_a_report_is_replaced_when_asked_and_only_then(run, tmp_path, capsys):
    out = tmp_path / "r.html"
    assert report(out, run) == 0
    first = out.read_text()
    (run / "run.json").write_text(json.dumps({**FACTS, "verdict": "Another verdict."}))
    assert report(out, run) == 2
    assert "--replace" in capsys.readouterr().err
    assert out.read_text() == first
    assert report(out, run, "--replace") == 0
    assert "Another verdict." in out.read_text()
    assert MARK in out.read_text()


def test_a_file_that_is_no_report_is_never_replaced(run, tmp_path, capsys):
    out = tmp_path / "diary.html"
    out.write_text("<!doctype html><p>mine")
    assert report(out, run, "--replace") == 2
    assert "is no report of ours" in capsys.readouterr().err
    assert out.read_text() == "<!doctype html><p>mine"


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("run/run.json", lambda text: text[: len(text) // 2]),
        ("run/run.json", lambda text: "[]"),
        ("run/run.json", lambda text: text.replace('"minutes": 11.5', '"minutes": "long"')),
        ("run/run.json", lambda text: text.replace('"pool"', '"puddle"')),
        ("run/run.json", lambda text: text.replace('"net": "compact"', '"net": ["compact"]')),
        ("run/verify.json", lambda text: text.replace('"main"', '"mane"')),
        ("run/verify.json", lambda text: text.replace('"heads": {', '"hats": {')),
        ("run/compact_yolo_224_int8.json", lambda text: text.replace('"edgetpu_check": {', '"edgetpu_check": [], "x": {')),
        ("run/compact_yolo_224_int8.tflite", lambda text: text[:100]),
        ("evaluation/metrics.json", lambda text: text[:200]),
        ("evaluation/metrics.json", lambda text: "{}"),
        ("evaluation/metrics.json", lambda text: text.replace('"folder": "mine"', '"folder": "../mine"')),
        ("evaluation/metrics.json", lambda text: text.replace('"cpu_p50": 1.25', '"cpu_p50": "1.25"')),
        ("evaluation/metrics.json", lambda text: text.replace('"models": [', '"models": 3, "x": [')),
        ("check.json", lambda text: ""),
        ("check.json", lambda text: "{}"),
        ("check.json", lambda text: text.replace('"severity": "warning"', '"severity": "doom"')),
        ("check.json", lambda text: text.replace('"p50_px": 1.31', '"p50_px": []')),
        ("sweep/sweep.json", lambda text: text.replace('"ms": 1.0', '"ms": null')),
        ("sweep/sweep.json", lambda text: "{}"),
    ],
)
def test_damaged_files_are_one_line_and_no_page(name, damage, run, evaluation, audit, tmp_path, capsys):
    verified(run)
    sweep = tmp_path / "sweep"
    sweep.mkdir()
    point = {"model": "m", "net": "compact", "side": 96, "width": 1.0, "ms": 1.0, "map50_95": 0.9, "accuracy": None, "recall": 1.0}
    (sweep / "sweep.json").write_text(json.dumps({"judged_on": "simulated pictures", "points": [{**point, "centre_p50": 1.0}]}))
    path = tmp_path / name
    before = path.read_bytes().decode("latin-1")
    path.write_bytes(damage(before).encode("latin-1"))
    assert path.read_bytes().decode("latin-1") != before
    out = tmp_path / "r.html"
    assert report(out, run, "--evaluation", evaluation, "--data-check", audit, "--sweep", sweep) == 2
    error = capsys.readouterr().err
    assert error.startswith("theylive-train report: ")
    assert error.count("\n") == 1
    assert not out.exists()
    assert not list(tmp_path.glob(".r.html*"))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["{tmp}/nothing", "--out", "{tmp}/r.html"], "is not the folder of a training"),
        (["{tmp}/half", "--out", "{tmp}/r.html"], "is not done"),
        (["{tmp}/run", "--out", "{tmp}/no/r.html"], "in a folder that is there"),
        (["{tmp}/run", "--out", "{tmp}"], "cannot be written"),
        (["{tmp}/run", "--out", "{tmp}/r.pdf"], "does not end in .html"),
        (["{tmp}/run", "--out", "{tmp}/r.html", "--evaluation", "{tmp}"], "is not the folder of an evaluation"),
        (["{tmp}/run", "--out", "{tmp}/r.html", "--data-check", "{tmp}/none.json"], "cannot be read"),
        (["{tmp}/run", "--out", "{tmp}/r.html", "--sweep", "{tmp}"], "is not the folder of a finished sweep"),
    ],
)
def test_wrong_arguments_are_one_line_and_exit_code_2(arguments, says, run, tmp_path, capsys):
    half = tmp_path / "half"
    half.mkdir()
    (half / "run.json").write_text(json.dumps(FACTS))
    assert main(["report", *(a.format(tmp=tmp_path) for a in arguments)]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
    assert not (tmp_path / "r.html").exists()
