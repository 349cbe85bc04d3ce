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

"""The command train: what it leaves, what it refuses, and what it does when memory is short or the loss falls apart."""

import fcntl
import json
import os

import pytest
import torch
from theylive_training.__main__ import main
from theylive_training.nets import torchvision_stub
from theylive_training.train import detector
from theylive_training.train.history import History
from theylive_training.train.plan import USUAL_ON_CPU, USUAL_ON_GPU, Schedule

TINY = ["--smoke", "--side", "64", "--width", "0.25", "--pictures", "24", "--batch", "8", "--threads", "1"]


@pytest.fixture(autouse=True)
def _no_data(monkeypatch):
    monkeypatch.delenv("THEYLIVE_DATA", raising=False)


def train(out, *more, net="compact"):
    return main(["train", net, *TINY, "--out", str(out), *more])


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("THEYLIVE_DATA", raising=False)
        out = tmp_path_factory.mktemp("done") / "run"
        assert train(out, "--epochs", "2") == 0
    return out


def contents(folder):
    return {p.name: (p.stat().st_mtime_ns, p.read_bytes()) for p in folder.iterdir()}


def one_line(capsys):
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    return error


def test_a_training_leaves_its_net_its_curves_and_its_facts(done):
    names = {p.name for p in done.iterdir()}
    assert names == {"run.json", "weights.pt", "history.json", "curves.png", "pictures.jpg", "calibration.npz"}
    facts = json.loads((done / "run.json").read_text())
    history = History.load(done / "history.json")
    assert facts["verdict"] == history.verdict()
    assert facts["epochs"]["done"] == len(history.epochs) == 2
    assert facts["schedule"]["batch"] == 8
    assert all(e.seconds > 0 and e.train_loss > 0 and e.val_loss > 0 for e in history.epochs)


def test_a_training_that_is_done_says_so_and_touches_nothing(done, capsys):
    before = contents(done)
    assert train(done, "--epochs", "2") == 0
    assert "is done" in capsys.readouterr().out
    assert contents(done) == before


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--epochs", "3"], "epochs 2, not 3"),
        (["--epochs", "2", "--seed", "5"], "seed 1, not 5"),
        (["--epochs", "2", "--pictures", "25"], "pictures 24, not 25"),
        (["--epochs", "2", "--width", "0.3"], "width 0.25, not 0.3"),
        (["--epochs", "2", "--rate", "0.1"], "rate 0.003, not 0.1"),
    ],
)
def test_the_folder_of_another_training_is_refused_and_left_alone(done, more, says, capsys):
    before = contents(done)
    assert train(done, *more) == 2
    error = one_line(capsys)
    assert says in error
    assert "--out" in error
    assert contents(done) == before


def test_a_folder_of_other_things_is_refused_and_left_alone(tmp_path, capsys):
    (tmp_path / "letter.txt").write_text("dear")
    assert train(tmp_path) == 2
    assert "--out" in one_line(capsys)
    assert [p.name for p in tmp_path.iterdir()] == ["letter.txt"]


def test_two_processes_do_not_train_in_one_folder(tmp_path, capsys):
    handle = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    assert train(tmp_path) == 2
    assert "another process" in one_line(capsys)
    os.close(handle)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"PK\x03\x04 torn"])
def test_a_damaged_checkpoint_is_named_in_one_line(tmp_path, capsys, content, done):
    for name in ("run.json", "history.json"):
        (tmp_path / name).write_bytes((done / name).read_bytes())
    (tmp_path / "checkpoint.pt").write_bytes(content)
    assert train(tmp_path, "--epochs", "2") == 2
    assert "checkpoint.pt" in one_line(capsys)
    assert (tmp_path / "checkpoint.pt").read_bytes() == content


def test_a_batch_for_which_there_is_no_memory_is_halved(tmp_path, capsys, monkeypatch):
    learn, sizes = detector._Learner.learn, []

    def scarce(self, batch, rate, keep):
        sizes.append(len(batch["img"]))
        if len(batch["img"]) > 2:
            raise torch.OutOfMemoryError("no memory")
        return learn(self, batch, rate, keep)

    monkeypatch.setattr(detector._Learner, "learn", scarce)
    assert train(tmp_path / "run") == 0
    said = capsys.readouterr().out
    assert "now 4 pictures to a batch" in said
    assert "now 2 pictures to a batch" in said
    assert [s for s in sizes if s > 2] == [8, 4]


def test_a_net_too_large_for_any_batch_is_one_line(tmp_path, capsys, monkeypatch):
    def never(self, batch, rate, keep):
        raise torch.OutOfMemoryError("no memory")

    monkeypatch.setattr(detector._Learner, "learn", never)
    assert train(tmp_path / "run", "--batch", "1") == 2
    assert "--side" in one_line(capsys)


def test_a_loss_that_is_no_number_ends_the_training_and_leaves_the_epoch_before(tmp_path, capsys, monkeypatch):
    learn, steps = detector._Learner.learn, []

    def falling_apart(self, batch, rate, keep):
        steps.append(rate)
        return learn(self, batch, rate, keep) * (float("nan") if len(steps) > 6 else 1)

    monkeypatch.setattr(detector._Learner, "learn", falling_apart)
    assert train(tmp_path / "run", "--epochs", "3") == 2
    assert "lower --rate" in one_line(capsys)
    assert len(History.load(tmp_path / "run" / "history.json").epochs) == 1


def test_it_ends_after_its_patience_and_keeps_the_best_net(tmp_path, capsys, monkeypatch):
    qualities, means = iter([0.5, 0.7, 0.6, 0.65, 0.9]), []

    def judge(net, pictures, size, device):
        means.append({k: v.clone() for k, v in net.state_dict().items()})
        return 1.0, {"quality": next(qualities)}

    monkeypatch.setattr(detector, "validate", judge)
    assert train(tmp_path / "run", "--epochs", "5", "--patience", "2") == 0
    assert "nothing better in 2 epochs" in capsys.readouterr().out
    assert json.loads((tmp_path / "run" / "run.json").read_text())["epochs"] == {"done": 4, "best": 2}
    kept = torch.load(tmp_path / "run" / "weights.pt", weights_only=True)
    assert all(torch.equal(kept[k], means[1][k]) for k in kept)
    assert not all(torch.equal(kept[k], means[3][k]) for k in kept)


def test_a_preview_is_drawn_and_never_over_a_file(tmp_path, capsys):
    for name in ("look.png", "look.jpg"):
        assert main(["train", "compact", "--smoke", "--pictures", "12", "--side", "64", "--preview", str(tmp_path / name)]) == 0
    assert (tmp_path / "look.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "look.jpg").read_bytes().startswith(b"\xff\xd8")
    capsys.readouterr()
    before = contents(tmp_path)
    assert main(["train", "compact", "--smoke", "--preview", str(tmp_path / "look.png")]) == 2
    assert "there already" in one_line(capsys)
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--rate", "0"], "--rate"),
        (["--rate", "nan"], "--rate"),
        (["--width", "9"], "--width"),
        (["--epochs", "0"], "--epochs"),
        (["--batch", "many"], "--batch"),
        (["--preview", "x.png"], "not allowed with"),
    ],
)
def test_arguments_out_of_range_are_refused(tmp_path, more, says, capsys):
    with pytest.raises(SystemExit) as end:
        train(tmp_path / "run", *more)
    assert end.value.code == 2
    assert says in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("more", "says"),
    [(["--side", "100"], "multiple of 32"), (["--weights", "imagenet"], "mobilenetv2")],
)
def test_what_cannot_be_is_one_line_and_leaves_no_folder(tmp_path, more, says, capsys):
    assert train(tmp_path / "run", *more) == 2
    assert says in one_line(capsys)
    assert not (tmp_path / "run").exists()


def test_every_net_has_usual_values_for_every_machine():
    for usual in (USUAL_ON_CPU, USUAL_ON_GPU):
        assert set(usual) == {"compact", "yolov8n", "mobilenetv2"}
        assert all(u.schedule.patience <= u.schedule.epochs for u in usual.values())
    assert all(u.schedule.batch > Schedule.batch for u in USUAL_ON_GPU.values())


def torchvision_in(folder, text):
    (folder / "torchvision").mkdir()
    (folder / "torchvision" / "__init__.py").write_text("from torchvision import ops")
    (folder / "torchvision" / "ops.py").write_text(text)


@pytest.mark.parametrize(
    ("text", "works"),
    [
        ("def nms(boxes, scores, iou_threshold): return scores", True),
        ("def nms(boxes, scores, iou_threshold): raise RuntimeError('operator torchvision::nms does not exist')", False),
        ("raise RuntimeError('built for another torch')", False),
    ],
)
def test_a_torchvision_that_works_is_used_and_one_that_does_not_is_not(tmp_path, monkeypatch, text, works):
    import sys

    for name in [n for n in sys.modules if n.split(".")[0] == "torchvision"]:
        monkeypatch.delitem(sys.modules, name)
    torchvision_in(tmp_path, text)
    monkeypatch.syspath_prepend(tmp_path)
    assert torchvision_stub._works() is works
    assert ("torchvision" in sys.modules) is works
    for name in [n for n in sys.modules if n.split(".")[0] == "torchvision"]:
        del sys.modules[name]
