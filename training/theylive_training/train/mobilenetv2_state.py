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

"""Everything that a Keras training needs to go on, in one file that is whole or not there."""

from __future__ import annotations

import dataclasses
import json
import zipfile
from pathlib import Path

import numpy as np

from theylive_training.errors import TrainingError
from theylive_training.train.history import History
from theylive_training.whole_file import write_whole

Arrays = list[np.ndarray]


@dataclasses.dataclass(frozen=True, eq=False)
class State:
    """pictures: a checksum of those learned from. learner: lists of arrays by name (Learner.state). best: the weights that judged best.

    history: one entry for each epoch that is done.
    """

    pictures: str
    learner: dict[str, Arrays]
    best: Arrays
    history: History


def save(state: State, path: Path) -> None:
    """Write a checkpoint, whole or not at all, and onto the disk. Raises TrainingError."""
    lists = {**state.learner, "best": state.best}
    arrays = {f"{name}.{i}": a for name, values in lists.items() for i, a in enumerate(values)}
    facts = {"pictures": state.pictures, "lists": {name: len(values) for name, values in lists.items()}, "history": state.history.to_json()}
    told = np.array(json.dumps(facts))
    write_whole(path, lambda file: np.savez(file, facts=told, **arrays), "make room, then give the command again")


def load(path: Path) -> State | None:
    """What `save` wrote; None where there is none yet. Raises TrainingError for another file."""
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as kept:
            facts = json.loads(str(kept["facts"]))
            lists = {name: [kept[f"{name}.{i}"] for i in range(count)] for name, count in facts["lists"].items()}
        best = lists.pop("best")
        return State(str(facts["pictures"]), lists, best, History.from_json(facts["history"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, IndexError, zipfile.BadZipFile) as cause:
        raise TrainingError(f"{path} is damaged ({type(cause).__name__}): remove it, and the training begins anew") from cause
