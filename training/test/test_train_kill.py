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

"""A training that is killed, at whatever moment, ends as though it had not been."""

import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest
import torch
from theylive_training.train.history import History

pytestmark = pytest.mark.timeout(600)  # seconds where nothing else runs

KILLS = 4
PLAN = "train compact --smoke --side 64 --width 0.25 --pictures 24 --batch 8 --epochs 8 --threads 1 --seed 7"

# Trains once into its first folder, undisturbed, which also loads and draws all that a training needs; each further training is then a
# process of its own by a fork.
TRAINER = """
import contextlib, os, sys
from theylive_training.__main__ import main
plan = sys.argv[2:]
with contextlib.redirect_stdout(sys.stderr):
    assert main([*plan, "--out", sys.argv[1]]) == 0
print("ready", flush=True)
for line in sys.stdin:
    pid = os.fork()
    if pid == 0:
        with open(line.strip() + ".log", "a") as log:
            os.dup2(log.fileno(), 1), os.dup2(log.fileno(), 2)
            os._exit(main([*plan, "--out", line.strip()]))
    print("pid", pid, flush=True)
    sys.stdin.readline()  # until then an ended process keeps its number
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The folder of a training that nobody stopped."""
    return tmp_path_factory.mktemp("undisturbed") / "run"


@pytest.fixture(scope="module")
def trainer(undisturbed):
    """Starts trainings: a function from a folder to the process' id and a function that waits for its exit status."""
    environment = {k: v for k, v in os.environ.items() if k != "THEYLIVE_DATA"} | {"OMP_NUM_THREADS": "1"}
    process = subprocess.Popen([sys.executable, "-c", TRAINER, undisturbed, *PLAN.split()], stdin=-1, stdout=-1, text=True, env=environment)

    def start(out):
        print(out, file=process.stdin, flush=True)
        told, pid = process.stdout.readline().split()
        assert told == "pid"
        return int(pid), wait

    def wait():
        print("wait", file=process.stdin, flush=True)
        return int(process.stdout.readline())

    assert process.stdout.readline() == "ready\n"
    yield start
    process.stdin.close()
    process.wait(60)


@pytest.fixture(scope="module")
def seconds(trainer, tmp_path_factory):
    """How long a training takes."""
    began = time.monotonic()
    _, wait = trainer(tmp_path_factory.mktemp("timed") / "run")
    assert wait() == 0
    return time.monotonic() - began


def epochs_done(out):
    try:
        return len(json.loads((out / "history.json").read_text())["epochs"])
    except OSError:
        return 0


def test_a_training_killed_again_and_again_ends_with_the_same_weights(trainer, undisturbed, seconds, tmp_path):
    seed = random.randrange(1000)  # other moments each time: the outcome must not depend on them
    print(f"seed {seed}")
    out, chance, kills = tmp_path / "run", random.Random(seed), 0
    for kill in range(KILLS):
        done = epochs_done(out)
        pid, wait = trainer(out)
        if kill % 2:  # soon after an epoch's end: while it is being kept, or in the next one
            while epochs_done(out) == done and not (out / "weights.pt").is_file():
                time.sleep(0.001)
            time.sleep(chance.uniform(0, 0.05))
        else:
            time.sleep(chance.uniform(0, seconds / 2))
        before = epochs_done(out)
        os.kill(pid, signal.SIGKILL)
        kills += wait() != 0
        assert epochs_done(out) >= before >= done
    _, wait = trainer(out)
    assert wait() == 0
    assert kills  # the more the better; on a busy machine some come after the end
    same_training(out, undisturbed)
    assert sorted(p.name for p in out.iterdir()) == sorted(p.name for p in undisturbed.iterdir())


def test_a_training_killed_while_it_writes_its_checkpoint_goes_on_from_the_one_before(trainer, undisturbed, tmp_path):
    out = tmp_path / "run"
    pid, wait = trainer(out)
    while not (out / "checkpoint.pt").is_file():
        time.sleep(0.001)
    os.kill(pid, signal.SIGKILL)
    wait()
    (out / ".checkpoint.pt.new").write_bytes((out / "checkpoint.pt").read_bytes()[:1000])
    (out / "history.json").unlink(missing_ok=True)  # the checkpoint has its own
    _, wait = trainer(out)
    assert wait() == 0
    same_training(out, undisturbed)


def same_training(one, other):
    states = [torch.load(p / "weights.pt", weights_only=True) for p in (one, other)]
    assert states[0].keys() == states[1].keys()
    assert all(torch.equal(a, b) for a, b in zip(states[0].values(), states[1].values(), strict=True))
    curves = [[(e.train_loss, e.val_loss, e.rate, str(e.scores)) for e in History.load(p / "history.json").epochs] for p in (one, other)]
    assert curves[0] == curves[1]
    facts = [json.loads((p / "run.json").read_text()) for p in (one, other)]
    assert {k: v for k, v in facts[0].items() if k not in ("minutes", "made_with")} == {
        k: v for k, v in facts[1].items() if k not in ("minutes", "made_with")
    }
