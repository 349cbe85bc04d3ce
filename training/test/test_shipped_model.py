"""The shipped model is what its manifest says, and good enough."""

import os
from pathlib import Path

import pytest
from theylive_training.data import dataset
from theylive_training.judge.exam import LIMITS, make_exam, shortfalls
from theylive_training.judge.judge import Judge

from theylive_ros.detector import manifest
from theylive_ros.share import share_path

MODEL = share_path("models", "compact_yolo_224_int8.tflite")
needs_data = pytest.mark.skipif("THEYLIVE_DATA" not in os.environ, reason="THEYLIVE_DATA names no data set")


@pytest.fixture(scope="module")
def judge():
    judge = Judge(MODEL)
    yield judge
    judge.close()


def test_its_manifest_says_how_it_was_made_and_judged():
    told = manifest.load(MODEL)
    assert told.labels == ("alien", "john")
    facts = told.training
    assert facts["licence"]["model"].startswith("AGPL-3.0")
    assert facts["edgetpu_check"]["ok"]
    assert set(facts["metrics"]["sets"]) == set(LIMITS)
    assert shortfalls(facts["metrics"]["sets"]) == []


def test_it_knows_the_simulators_heads(judge):
    result = judge.judge(make_exam(None, seed=11, renders=60)["simulated"])
    assert result["john_called_alien"] == 0
    assert result["recall"] > 0.98


@needs_data
def test_it_knows_the_real_heads_and_the_empty_board(judge):
    data = dataset.load(Path(os.environ["THEYLIVE_DATA"]))
    results = {name: judge.judge(pictures) for name, pictures in make_exam(data, seed=11, composed=40, renders=1).items()}
    assert shortfalls({name: results[name] for name in ("validation", "backgrounds")}) == []
    assert results["composed"]["john_called_alien"] == 0
    assert results["composed"]["recall"] > 0.96


@needs_data
def test_its_manifest_names_the_pictures_that_it_learned_from():
    data = dataset.load(Path(os.environ["THEYLIVE_DATA"]))
    assert manifest.load(MODEL).training["pictures"]["sha256_of_sorted_sha256s"] == dataset.hash_files(data.train.paths)
