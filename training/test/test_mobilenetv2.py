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

"""The one-head net: what it is punished for, how it goes on after a stop, how it begins with another's trunk, and what comes out of it."""

import contextlib
import json

import cv2
import numpy as np
import pytest
from theylive_training.__main__ import main
from theylive_training.errors import TrainingError
from theylive_training.nets import mobilenetv2 as nets  # before keras: it chooses the backend
from theylive_training.nets.spec import NetSpec
from theylive_training.pictures.picture import Box, Picture
from theylive_training.pictures.pool import material
from theylive_training.pictures.single import SHARES, make_single_pool
from theylive_training.run_folder import RunFolder
from theylive_training.tflite.edgetpu_check import check
from theylive_training.train import mobilenetv2_learner
from theylive_training.train.mobilenetv2_loss import loss, quality, truth
from theylive_training.train.plan import Schedule

from theylive_ros.detector import manifest
from theylive_ros.detector.mobilenetv2 import MobileNetV2Config, MobileNetV2Detector

import keras  # isort: skip
import tensorflow as tf  # isort: skip

pytestmark = pytest.mark.timeout(600)
LABELS = ("alien", "john", "background")
TINY = NetSpec("mobilenetv2", 64, 0.1)
TRAIN = ["train", "mobilenetv2", "--smoke", "--side", "64", "--width", "0.1", "--pictures", "16", "--batch", "8", "--threads", "1"]


@pytest.fixture(autouse=True)
def _no_data(monkeypatch):
    monkeypatch.delenv("THEYLIVE_DATA", raising=False)


@contextlib.contextmanager
def without_graph():
    """A few steps are done sooner than their graph is compiled."""
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("THEYLIVE_DATA", raising=False)
        out = tmp_path_factory.mktemp("done") / "run"
        with without_graph():
            assert main([*TRAIN, "--epochs", "3", "--out", str(out)]) == 0
        assert main(["export", str(out)]) == 0
    return out


def picture(*boxes, side=64):
    return Picture(np.full((side, side, 3), 90, np.uint8), tuple(boxes))


def head(label, x, y):
    return Box(label, x, y, 20, 20)


def weights(path):
    return keras.models.load_model(path).get_weights()


# what it is punished for


def test_where_there_is_no_head_the_centre_costs_nothing():
    told = truth([picture(), picture(head("john", 16, 48))], LABELS, "background")
    scores = tf.constant([[0.2, 0.2, 0.6], [0.1, 0.8, 0.1]])
    centre = tf.Variable([[0.9, 0.1], [0.5, 0.75]])
    with tf.GradientTape() as tape:
        _, away = loss(scores, centre, told.classes, told.centres, told.heads, 64)
    np.testing.assert_allclose(away, 1.0, atol=1e-4)  # John alone: 16 px beside his centre, which is one cell
    slope = tape.gradient(away, centre).numpy()
    assert not slope[0].any()
    assert slope[1].any()


def test_a_batch_of_empty_boards_costs_only_their_class():
    told = truth([picture(), picture()], LABELS, "background")
    entropy, away = loss(tf.constant([[0.0, 0.0, 1.0]] * 2), tf.constant([[0.3, 0.9]] * 2), told.classes, told.centres, told.heads, 64)
    assert float(entropy) == pytest.approx(0, abs=1e-6)
    assert float(away) == 0


def test_quality_still_rises_when_all_classes_are_right():
    told = truth([picture(head("alien", 32, 32)), picture()], LABELS, "background")
    scores = np.array([[0.9, 0.05, 0.05], [0.1, 0.1, 0.8]])
    far, near = (quality(scores, np.array([[0.5 + off / 64, 0.5], [0.0, 0.0]]), told, 64) for off in (8, 2))
    assert far["accuracy"] == near["accuracy"] == 1
    assert far["right_and_near"] < near["right_and_near"] < 1
    assert near["centre_p50_px"] == pytest.approx(2)
    wrong = quality(scores[::-1], np.full((2, 2), 0.5), told, 64)
    assert wrong["right_and_near"] == wrong["accuracy"] == 0
    assert "centre_p50_px" not in wrong


def test_a_new_net_tells_a_cell_by_its_place():
    centre = nets.build(TINY).get_layer("centre")
    shares = np.zeros((1, 16), np.float32)
    shares[0, 4 * 2 + 3] = 1  # row 2, column 3 of 4 x 4
    np.testing.assert_allclose(centre(shares), [[3.5 / 4, 2.5 / 4]], atol=1e-6)


# what it learns from


@pytest.fixture(scope="module")
def pool():
    given = material((), (), (), looks=2)
    return make_single_pool(given, 60, 64, seed=4)


def test_no_picture_has_two_heads_and_enough_are_empty(pool):
    heads = [len(p.boxes) for p in pool.pictures]
    assert max(heads) == 1
    assert 0.2 < heads.count(0) / len(heads) < 0.5
    assert all(p.image.shape == (64, 64, 3) for p in pool.pictures)


def test_without_real_pictures_the_drawn_ones_fill_the_pool(pool):
    assert sum(pool.kinds.values()) == len(pool.pictures) == pytest.approx(60, abs=3)
    assert not {"real", "composed", "board"} & set(pool.kinds)
    assert sum(SHARES.values()) == pytest.approx(1)


def test_real_pictures_stay_upright_and_moved_ones_keep_their_head():
    real = [picture(head("alien", 8, 56)), picture(head("john", 60, 4))]
    given = material((), (), (), looks=2)
    given = type(given)(real, [real[0].image], given.drawn_cutouts, given.drawn_cutouts, given.drawn_boards)
    pool = make_single_pool(given, 100, 64, seed=2)
    first, upright = 0, {}
    for kind, count in pool.kinds.items():
        upright[kind] = {p.upright for p in pool.pictures[first : first + count]}
        if kind.startswith("real"):
            assert all(len(p.boxes) == 1 for p in pool.pictures[first : first + count])
        first += count
    assert upright["real"] == upright["real_moved"] == {True}
    assert upright["composed"] == {False}


def test_without_heads_that_come_off_their_board_none_is_composed():
    given = material((), (), (), looks=2)
    given = type(given)([picture(head("alien", 8, 56))], [], (), given.drawn_cutouts, given.drawn_boards)
    kinds = make_single_pool(given, 60, 64, seed=2).kinds
    assert {"real", "real_moved", "mixed", "simulated", "board"} <= set(kinds)
    assert not any(kind.startswith("composed") for kind in kinds)


def shots(folder, **parts):
    """A set in YOLO's layout; of each part the numbers of heads in its pictures."""
    for part, pictures in parts.items():
        for place in ("images", "labels"):
            (folder / place / part).mkdir(parents=True)
        for number, heads in enumerate(pictures):
            image = np.random.default_rng([len(part), number]).integers(0, 255, (64, 64, 3), np.uint8)
            cv2.imwrite(str(folder / "images" / part / f"{number}.png"), image)
            (folder / "labels" / part / f"{number}.txt").write_text("".join(f"{k % 2} 0.5 0.{k + 3} 0.2 0.2\n" for k in range(heads)))
    (folder / "data.yaml").write_text("names: [alien, john]\n")
    return str(folder)


def test_pictures_of_several_heads_are_left_out_and_that_is_said(tmp_path, capsys):
    data = shots(tmp_path / "data", train=[1, 1, 2], val=[1, 3, 0])
    with without_graph():
        assert main([*TRAIN, "--data", data, "--out", str(tmp_path / "run")]) == 0
    assert "left out: 2 pictures of several heads" in capsys.readouterr().out
    told = json.loads((tmp_path / "run" / "run.json").read_text())["pictures"]
    assert told["real"] == 2
    assert told["never_learned_from"] == {"heads": 1, "empty_boards": 1}


def test_without_a_validation_picture_of_one_head_it_is_not_trained(tmp_path, capsys):
    data = shots(tmp_path / "data", train=[1, 1], val=[2])
    assert main([*TRAIN, "--data", data, "--out", str(tmp_path / "run")]) == 2
    assert "no validation pictures of one head" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_the_real_pictures_of_a_small_pool_are_of_all_sittings():
    real = [Picture(np.full((64, 64, 3), 40 + n, np.uint8), (head("alien" if n < 50 else "john", 32, 32),)) for n in range(100)]
    given = material((), (), (), looks=2)
    given = type(given)(real, [real[0].image], given.drawn_cutouts, given.drawn_cutouts, given.drawn_boards)
    pool = make_single_pool(given, 50, 64, seed=2)
    assert [p.boxes[0].label for p in pool.pictures[: pool.kinds["real"]]].count("john") == pool.kinds["real"] // 2


# training


def test_a_training_leaves_its_net_its_curves_and_its_facts(done):
    names = {p.name for p in done.iterdir()}
    assert {"run.json", "weights.keras", "history.json", "curves.png", "pictures.jpg", "calibration.npz"} <= names
    assert not [n for n in names if n.startswith("checkpoint") or n.startswith(".")]
    facts = RunFolder(done).facts()
    assert facts["epochs"]["done"] == 3
    assert facts["parameters"] == sum(w.size for w in weights(done / "weights.keras"))
    assert set(facts["pictures"]["pool"]) <= set(SHARES)
    assert keras.models.load_model(done / "weights.keras").output_names == ["scores", "centre"]  # no code of ours is needed to open it


def test_killed_at_any_moment_it_ends_with_the_same_weights(done, tmp_path, monkeypatch, capsys):
    learn, steps = mobilenetv2_learner.Learner.learn, []

    def killed(self, *given):
        steps.append(1)
        if len(steps) == 4:  # two to an epoch: in the middle of the second
            raise KeyboardInterrupt
        return learn(self, *given)

    out = tmp_path / "run"
    with monkeypatch.context() as patch, without_graph():
        patch.setattr(mobilenetv2_learner.Learner, "learn", killed)
        assert main([*TRAIN, "--epochs", "3", "--out", str(out)]) == 130
    assert not (out / "weights.keras").exists()
    with without_graph():
        assert main([*TRAIN, "--epochs", "3", "--out", str(out)]) == 0
    assert "going on after epoch 1 of 3" in capsys.readouterr().out
    for ours, whole in zip(weights(out / "weights.keras"), weights(done / "weights.keras"), strict=True):
        np.testing.assert_array_equal(ours, whole)


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"PK\x03\x04 torn"])
def test_a_damaged_checkpoint_is_named_in_one_line(done, tmp_path, capsys, content):
    (tmp_path / "run.json").write_bytes((done / "run.json").read_bytes())
    (tmp_path / "checkpoint.keras").write_bytes(content)
    assert main([*TRAIN, "--epochs", "3", "--out", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert "checkpoint.keras is damaged" in error
    assert error.count("\n") == 1
    assert (tmp_path / "checkpoint.keras").read_bytes() == content


def test_without_anything_better_it_ends_early(tmp_path, monkeypatch, capsys):
    learner = mobilenetv2_learner.Learner
    monkeypatch.setattr(learner, "hold", lambda self, frozen: None)
    monkeypatch.setattr(learner, "learn", lambda self, *given: 1.0)
    monkeypatch.setattr(learner, "judge_mean", lambda self, pictures: (1.0, {"right_and_near": 0.5, "accuracy": 0.5}))
    assert main([*TRAIN, "--epochs", "9", "--patience", "2", "--out", str(tmp_path / "run")]) == 0
    assert "it ends here" in capsys.readouterr().out
    assert json.loads((tmp_path / "run" / "run.json").read_text())["epochs"] == {"done": 3, "best": 1}


# beginning with another's trunk


@pytest.fixture(scope="module")
def trunk(tmp_path_factory):
    keras.utils.set_random_seed(5)
    net = keras.applications.MobileNetV2((64, 64, 3), alpha=0.1, include_top=False, weights=None)
    rng = np.random.default_rng(0)
    net.set_weights([w + rng.uniform(0, 0.2, w.shape) for w in net.get_weights()])
    path = tmp_path_factory.mktemp("trunk") / "no_top.weights.h5"
    net.save_weights(path)
    return net, path


def test_a_published_trunk_sees_in_0_to_1_what_it_saw_in_its_own_range(trunk):
    theirs, path = trunk
    net = nets.build(TINY)
    nets.load_trunk(net, TINY, path)
    shown = np.random.default_rng(1).random((1, 64, 64, 3), np.float32)
    inner = "bn_Conv1"
    ours = keras.Model(net.input, net.get_layer(inner).output)(shown, training=False).numpy()
    said = keras.Model(theirs.input, theirs.get_layer(inner).output)(2 * shown - 1, training=False).numpy()
    np.testing.assert_allclose(ours[:, :-1, :-1], said[:, :-1, :-1], atol=1e-4)  # beyond the edge theirs see grey, ours black


def test_a_frozen_trunk_stands_still_while_our_heads_learn():
    net = nets.build(TINY)
    ours = {v.path for v in net.variables} - {v.path for layer in nets.trunk_layers(net) for v in layer.variables}
    learner = mobilenetv2_learner.Learner(net, TINY, Schedule())
    learner.hold(frozen=True)
    before = {v.path: v.numpy().copy() for v in net.variables}
    shown = [picture(head("john", 16, 48)), picture()]
    learner.learn(mobilenetv2_learner.rgb(shown), truth(shown, LABELS, "background"), rate=0.01, keep=0.5)
    moved = {v.path for v in net.variables if (v.numpy() != before[v.path]).any()}
    assert moved
    assert moved <= ours  # not even the statistics of its normalisations move


def test_a_given_trunk_is_frozen_first_and_thawed_later(trunk, tmp_path, monkeypatch):
    held, learner = [], mobilenetv2_learner.Learner
    monkeypatch.setattr(learner, "hold", lambda self, frozen: held.append((frozen, self.net.get_layer("Conv1").get_weights()[0])))
    monkeypatch.setattr(learner, "learn", lambda self, *given: 1.0)
    monkeypatch.setattr(learner, "judge_mean", lambda self, pictures: (1.0, {"right_and_near": 0.5, "accuracy": 0.5}))
    assert main([*TRAIN, "--epochs", "5", "--weights", str(trunk[1]), "--out", str(tmp_path / "run")]) == 0
    assert [frozen for frozen, _ in held] == [True, False]
    np.testing.assert_allclose(held[0][1], 2 * trunk[0].get_layer("Conv1").get_weights()[0])
    assert RunFolder(tmp_path / "run").facts()["trunk_began_with"] == trunk[1].name


@pytest.mark.parametrize("content", [b"", b"no weights", b"\x89HDF\r\n\x1a\n"])
def test_a_file_that_holds_no_trunk_is_refused(tmp_path, content, done):
    (tmp_path / "given.h5").write_bytes(content)
    with pytest.raises(TrainingError, match=r"holds no MobileNetV2 of width 0\.1 "):
        nets.load_trunk(keras.models.load_model(done / "weights.keras"), TINY, tmp_path / "given.h5")


def test_the_weights_of_another_net_are_refused(tmp_path, done):
    other = keras.Sequential([keras.layers.Input((64, 64, 3)), keras.layers.Conv2D(4, 3), keras.layers.GlobalAveragePooling2D()])
    other.save_weights(tmp_path / "other.weights.h5")
    other.save(tmp_path / "other.keras")
    net = keras.models.load_model(done / "weights.keras")
    before = net.get_weights()
    with pytest.raises(TrainingError, match="holds no MobileNetV2"):
        nets.load_trunk(net, TINY, tmp_path / "other.weights.h5")
    for path in ("other.weights.h5", "other.keras", "none.keras"):
        with pytest.raises(TrainingError, match="holds no weights of this net"):
            nets.load_weights(net, tmp_path / path)
    assert all((a == b).all() for a, b in zip(before, net.get_weights(), strict=True))


def test_a_trunk_of_another_width_is_one_line_and_no_folder(trunk, tmp_path, capsys):
    assert main([*TRAIN, "--width", "0.15", "--weights", str(trunk[1]), "--out", str(tmp_path / "run")]) == 2
    error = capsys.readouterr().err
    assert "holds no MobileNetV2 of width 0.15" in error
    assert error.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_imagenet_weights_that_cannot_be_fetched_are_one_line(tmp_path, capsys, monkeypatch):
    make = keras.applications.MobileNetV2

    def offline(*given, weights=None, **more):
        if weights == "imagenet":
            raise Exception("URL fetch failure on https://storage.googleapis.com: None")
        return make(*given, weights=weights, **more)

    monkeypatch.setattr(keras.applications, "MobileNetV2", offline)
    assert main([*TRAIN, "--width", "0.35", "--weights", "imagenet", "--out", str(tmp_path / "run")]) == 2
    error = capsys.readouterr().err
    assert "cannot be fetched" in error
    assert error.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_imagenet_weights_of_a_width_that_keras_has_not_are_refused(done):
    with pytest.raises(TrainingError, match=r"no ImageNet weights for a width of 0\.1:"):
        nets.load_imagenet(keras.models.load_model(done / "weights.keras"), TINY)


# what comes out of it


def test_the_exported_model_runs_in_the_robots_detector(done):
    model = RunFolder(done).model
    told = manifest.load(model)
    assert told.labels == LABELS
    assert {o.meaning: (o.tensor.shape, o.values) for o in told.outputs} == {
        "scores": ((1, 3), "probability"),
        "centre": ((1, 2), "normalised"),
    }
    given = told.input
    assert (given.tensor.dtype, given.tensor.zero_point, given.low, given.high) == ("int8", -128, 0.0, 1.0)
    assert given.tensor.scale == pytest.approx(1 / 255, rel=1e-3)
    detector = MobileNetV2Detector(MobileNetV2Config(model=str(model), device="cpu", score_threshold=0.0))
    detector.load()
    found = detector.detect(np.full((240, 320, 3), 120, np.uint8))
    detector.close()
    assert len(found.items) <= 1
    assert not found.exhaustive


def test_the_exported_model_maps_onto_the_edge_tpu(done):
    assert check(RunFolder(done).model).errors == ()


def test_int8_says_what_the_float_net_says(done):
    from ai_edge_litert.interpreter import Interpreter

    run = RunFolder(done)
    net = keras.models.load_model(run.weights)
    interpreter = Interpreter(str(run.model), num_threads=1)
    interpreter.allocate_tensors()
    (given,), outputs = interpreter.get_input_details(), interpreter.get_output_details()
    for image in run.calibration()[:8]:
        interpreter.set_tensor(given["index"], (image[None, :, :, ::-1].astype(np.int16) - 128).astype(np.int8))
        interpreter.invoke()
        said = [o.numpy() for o in net(image[None, :, :, ::-1].astype(np.float32) / 255, training=False)]
        for output in outputs:
            scale, zero = output["quantization"]
            real = (interpreter.get_tensor(output["index"]).astype(np.float32) - zero) * scale
            np.testing.assert_allclose(real, next(s for s in said if s.shape == real.shape), atol=0.03)
