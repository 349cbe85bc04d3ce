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

"""What a training of a YOLO keeps after each epoch, to go on after a stop as though there had been none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from theylive_training.errors import TrainingError
from theylive_training.whole_file import write_whole

KEYS = {"pictures", "net", "mean", "best", "optimizer", "history"}


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write KEYS, whole or not at all, and onto the disk. Raises TrainingError."""
    save_whole(path, {k: state[k] for k in KEYS})


def load_checkpoint(path: Path, device: str) -> dict[str, Any] | None:
    """What `save_checkpoint` wrote; None where there is none yet. Raises TrainingError for another file."""
    if not path.is_file():
        return None
    try:
        state = torch.load(path, map_location=device, weights_only=True)
    except Exception as cause:  # torch raises whatever it likes for a file that is not its own
        raise TrainingError(f"{path} is damaged ({type(cause).__name__}): remove it, and the training begins anew") from cause
    if not isinstance(state, dict) or set(state) != KEYS:
        raise TrainingError(f"{path} is no checkpoint of theylive-train: remove it, and the training begins anew")
    return state


def save_whole(path: Path, state: Any) -> None:
    """torch.save, whole or not at all, and onto the disk. Raises TrainingError."""
    write_whole(path, lambda file: torch.save(state, file), "make room, then give the command again")
