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

"""What every training needs of its pictures, whatever the net: the material, the choice for calibration, and the facts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from theylive_training.data import dataset
from theylive_training.pictures.cutout import cut_out
from theylive_training.pictures.pool import Material, Pool, material

Report = Callable[[str], None]
CALIBRATION = 300  # pictures by which export sets the int8 scales


def gather(data: dataset.Dataset | None, report: Report) -> Material:
    """Everything that pictures are made of; says what there is none of. Raises TrainingError."""
    if data is None:
        return material((), (), (), looks=4)
    report(f"{len(data.train.heads)} real pictures, {len(data.train.boards)} of the empty board; cutting the heads out")
    cutouts = cut_out(data.train.heads)
    if cutouts:
        report(f"{len(cutouts)} heads cut out")
    else:
        report("no head comes off its board, so no frames are composed of them: that takes a still camera and pictures one after the other")
    if not data.train.boards:
        report("no picture of the empty board: drawn boards stand in for it (`capture burst --label background` takes some)")
    return material(data.train.heads, data.train.boards, cutouts)


def calibration_choice(pool: Pool, seed: int) -> list[int]:
    """A fair choice of the pool: pictures of every kind, so that int8 holds what the net will see."""
    return np.random.default_rng(seed).permutation(len(pool.pictures))[:CALIBRATION].tolist()


def inputs(data: dataset.Dataset | None, given: Material) -> dict[str, Any]:
    """What the pictures were made of, for the manifest."""
    if data is None:
        return {"real": 0}
    return {
        "set": data.layout,
        "split": data.split,
        "real": len(data.train.heads),
        "empty_boards": len(data.train.boards),
        "heads_cut_out": len(given.cutouts),
        "sha256_of_sorted_sha256s": dataset.hash_files(data.train.paths),
        "never_learned_from": {
            "heads": len(data.val.heads) + len(data.test.heads),
            "empty_boards": len(data.val.boards) + len(data.test.boards),
        },
    }
